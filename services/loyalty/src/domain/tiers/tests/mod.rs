//! The rules by example, and the function against a naive model.

mod benefits;
mod calendar;
mod config;
mod decisions;
mod examples;
mod generator;
mod history;
mod incremental;
mod landing;
mod model;
mod naive;
mod projection;
mod properties;
mod status;
mod versions;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rapport_money::Currency;
use rapport_testkit::Random;
use uuid::Uuid;

use super::*;

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn nights() -> Measure {
    Measure::Count("nights".to_owned())
}

fn flights() -> Measure {
    Measure::Count("flights".to_owned())
}

fn points() -> Measure {
    Measure::Points("qualifying".to_owned())
}

fn dollars() -> Measure {
    Measure::Spend(Currency::USD)
}

fn known() -> KnownMeasures {
    KnownMeasures {
        wallets: ["qualifying".to_owned()].into(),
        currencies: [Currency::USD].into(),
        counts: ["nights".to_owned(), "flights".to_owned()].into(),
    }
}

/// A qualification; none without thresholds.
fn asks(combination: Combination, thresholds: &[(Measure, i64)]) -> Option<Qualification> {
    let of = |(measure, at_least): &(Measure, i64)| Threshold {
        measure: measure.clone(),
        at_least: *at_least,
    };
    (!thresholds.is_empty()).then(|| Qualification {
        combination,
        thresholds: thresholds.iter().map(of).collect(),
    })
}

fn tier(id: &str, rank: i32, qualification: Option<Qualification>) -> Tier {
    Tier {
        id: id.to_owned(),
        titles: Titles::of("en", id),
        rank,
        qualification,
        lifetime: None,
        inherits: false,
        benefits: Vec::new(),
    }
}

/// Silver for 10 nights, Gold for 25, Platinum for 60, in a calendar year; kept to the end of the next.
fn hotel() -> TierSet {
    let of = |nights_asked| asks(Combination::All, &[(nights(), nights_asked)]);
    TierSet {
        id: "nights".to_owned(),
        version: 1,
        effective: moment("2019-01-01T00:00:00Z"),
        tiers: vec![
            tier("member", 0, None),
            tier("silver", 10, of(10)),
            tier("gold", 20, of(25)),
            tier("platinum", 30, of(60)),
        ],
        window: Window::CalendarYear { first_month: 1 },
        validity: Validity::EndOfNextWindow,
        grace: Grace::None,
        landing: Landing::Qualified,
        carry_over: false,
    }
}

fn rules(set: TierSet) -> Rules {
    Rules::new(vec![set], TimeZone::UTC, &known()).unwrap()
}

/// A member's history that is built fact by fact.
struct Member {
    history: History,
    facts: u128,
}

impl Member {
    fn enrolled(time: &str) -> Self {
        Self {
            history: History::new(moment(time)).unwrap(),
            facts: 0,
        }
    }

    fn add(&mut self, fact: impl FnOnce(Uuid) -> Fact) -> Uuid {
        self.facts += 1;
        let id = id(self.facts);
        assert!(self.history.add(fact(id)).unwrap());
        id
    }

    fn counts(&mut self, time: &str, measure: Measure, amount: i64) -> Uuid {
        let time = moment(time);
        self.add(|id| {
            Fact::Event(Event {
                id,
                time,
                measure,
                amount,
            })
        })
    }

    fn stays(&mut self, time: &str, amount: i64) -> Uuid {
        self.counts(time, nights(), amount)
    }

    fn returns(&mut self, time: &str, event: Uuid, amount: i64) -> Uuid {
        let time = moment(time);
        self.add(|id| {
            Fact::Return(Return {
                id,
                time,
                event,
                amount,
            })
        })
    }

    fn grants(&mut self, time: &str, tier: &str, until: &str, kind: GrantKind) -> Uuid {
        self.add(|id| {
            Fact::Grant(Grant {
                id,
                time: moment(time),
                tier: tier.to_owned(),
                until: date(until),
                kind,
                reason: "a good reason".to_owned(),
                by: "operators/anna".to_owned(),
            })
        })
    }

    fn revokes(&mut self, time: &str, grant: Uuid) -> Uuid {
        self.add(|id| {
            Fact::Revocation(Revocation {
                id,
                time: moment(time),
                grant,
                reason: "a mistake".to_owned(),
                by: "operators/anna".to_owned(),
            })
        })
    }

    fn standing(&self, rules: &Rules, as_of: &str) -> Standing {
        tier_at(rules, &self.history, moment(as_of)).unwrap()
    }

    /// The timeline as lines that a failing test shows well.
    fn timeline(&self, rules: &Rules, as_of: &str) -> Vec<String> {
        let evaluation = evaluate(rules, &self.history, moment(as_of)).unwrap();
        evaluation.timeline.iter().map(line).collect()
    }
}

/// A change in one line: when, which tier, why, until when.
fn line(change: &Change) -> String {
    let basis = match change.basis {
        Basis::Base => "base",
        Basis::Grace => "grace",
        Basis::Gifted { .. } => "gifted",
        Basis::Matched { kept: false, .. } => "trial",
        Basis::Matched { kept: true, .. } => "matched",
        Basis::SoftLanding => "soft landing",
        Basis::Qualified => "qualified",
        Basis::Lifetime => "lifetime",
    };
    let until = change
        .valid_until
        .map_or_else(String::new, |until| format!(" until {until}"));
    format!("{} {} {basis}{until}", change.time, change.tier)
}

/// The match of a status elsewhere, kept when a number of nights is reached.
fn trial(nights_asked: i64) -> GrantKind {
    GrantKind::Match {
        evidence: "card 1234 of another hotel".to_owned(),
        challenge: asks(Combination::All, &[(nights(), nights_asked)]).unwrap(),
    }
}
