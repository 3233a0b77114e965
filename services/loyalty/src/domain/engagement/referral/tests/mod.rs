//! The rules by example.

mod checks;
mod model;
mod refusals;
mod terms;

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};
use rapport_money::{Currency, Money};
use rapport_status::{Error, Reason};
use uuid::Uuid;

use super::*;
use crate::domain::engagement::{Effect, Reward};

fn points(points: i64) -> Reward {
    Reward::Points {
        wallet: "main".to_owned(),
        points,
    }
}

fn dollars(minor: i64) -> Money {
    Money {
        minor,
        currency: Currency::USD,
    }
}

fn party(name: &str) -> Party {
    Party {
        member: format!("programs/p/members/{name}"),
        customer: format!("customers/{name}"),
    }
}

/// The friend gets 500 points, the referrer 1,000, the level above 300: for one purchase of 50 dollars within 30 days,
/// with a fraud window of 14 days.
fn terms() -> Terms {
    Terms {
        version: 1,
        friend_rewards: vec![points(500)],
        referrer_rewards: vec![vec![points(1_000)], vec![points(300)]],
        qualification: Qualification {
            rule: QualifyingRule::OnePurchase,
            minimum: dollars(5_000),
            within_days: 30,
        },
        invitation_days: 60,
        fraud_window_days: 14,
        refused_ties: BTreeSet::from([Tie::Household, Tie::Device]),
        accepts_known_customers: false,
        caps: Caps {
            in_window: Some(3),
            window_days: 30,
            in_total: Some(5),
        },
        velocity: Some(Velocity {
            registrations: 2,
            hours: 24,
        }),
    }
}

struct Example {
    terms: Terms,
    zone: TimeZone,
    referral: Referral,
    now: Timestamp,
    ids: u128,
}

/// What the effects do, in short: to whom, how many points.
fn told(decision: &Decision) -> Vec<(&'static str, String, i64)> {
    let short = |effect: &Effect| {
        let what = match effect {
            Effect::Promise(_) => "promise",
            Effect::Give(_) => "give",
            Effect::Withdraw(_) => "withdraw",
            Effect::TakeBack(_) => "take back",
        };
        let Reward::Points { points, .. } = effect.grant().reward else {
            panic!("no points: {effect:?}")
        };
        let member = effect.grant().member.rsplit('/').next().unwrap().to_owned();
        (what, member, points)
    };
    decision.effects().map(short).collect()
}

fn all(what: &'static str) -> Vec<(&'static str, String, i64)> {
    let each = [("bob", 500), ("ann", 1_000), ("zoe", 300)];
    each.map(|(member, points)| (what, member.to_owned(), points))
        .to_vec()
}

fn reversed(mut told: Vec<(&'static str, String, i64)>) -> Vec<(&'static str, String, i64)> {
    told.reverse();
    told
}

impl Example {
    /// Ann, whom Zoe brought, invites somebody at noon of 1 March 2026 (in New York, where the clocks go forward on
    /// 8 March).
    fn new() -> Self {
        let now = "2026-03-01T17:00:00Z".parse().unwrap();
        Self {
            terms: terms(),
            zone: TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap(),
            referral: Referral::invite(Uuid::nil(), 1, party("ann"), now),
            now,
            ids: 0,
        }
    }

    fn at(&mut self, moment: &str) -> &mut Self {
        self.now = moment.parse().unwrap();
        self
    }

    fn decide(&mut self, command: &Command) -> Result<Decision, Error> {
        let rules = Rules {
            terms: &self.terms,
            zone: &self.zone,
        };
        let ids = &mut self.ids;
        decide(&self.referral, command, &rules, self.now, &mut || {
            *ids += 1;
            Uuid::from_u128(*ids)
        })
    }

    fn take(&mut self, command: &Command) -> Decision {
        let decision = self.decide(command).unwrap();
        for change in &decision.changes {
            self.referral.apply(change);
        }
        decision
    }

    fn registration(&self) -> Registration {
        Registration {
            friend: party("bob"),
            time: self.now,
            ancestors: vec![party("zoe").member, party("old").member],
        }
    }

    fn register_with(&mut self, facts: Facts) -> Decision {
        let registration = self.registration();
        self.take(&Command::Register { registration, facts })
    }

    fn register(&mut self) -> Decision {
        self.register_with(Facts::default())
    }

    fn buy(&mut self, id: &str, moment: &str, minor: i64) -> Decision {
        self.buy_beside(id, moment, minor, Others::default())
    }

    fn buy_beside(&mut self, id: &str, moment: &str, minor: i64, others: Others) -> Decision {
        let purchase = Purchase {
            id: id.to_owned(),
            time: moment.parse().unwrap(),
            amount: dollars(minor),
        };
        self.take(&Command::Purchase { purchase, others })
    }

    fn give_back(&mut self, id: &str, purchase: &str, moment: &str, minor: i64) -> Decision {
        self.take(&Command::Return(Return {
            id: id.to_owned(),
            purchase: purchase.to_owned(),
            time: moment.parse().unwrap(),
            amount: dollars(minor),
        }))
    }

    fn state(&self) -> State {
        self.referral.state
    }

    fn due_time(&self) -> Option<Timestamp> {
        let rules = Rules {
            terms: &self.terms,
            zone: &self.zone,
        };
        standing(&self.referral, &rules, self.now).due_time
    }
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn rewards_are_promised_at_the_purchase_and_given_when_the_fraud_window_is_over() {
    let mut example = Example::new();
    // The invitation holds until the end of 30 April, in summer time.
    assert_eq!(example.due_time(), Some(moment("2026-05-01T04:00:00Z")));
    example.at("2026-03-02T12:00:00Z").register();
    assert_eq!(example.state(), State::Registered);
    assert_eq!(example.due_time(), Some(moment("2026-04-02T04:00:00Z")));
    example.at("2026-03-05T12:00:00Z");
    assert!(told(&example.buy("small", "2026-03-05T12:00:00Z", 4_999)).is_empty());
    let promised = example.buy("large", "2026-03-05T12:00:00Z", 5_000);
    assert_eq!(told(&promised), all("promise"));
    let release = moment("2026-03-20T04:00:00Z");
    assert_eq!(example.due_time(), Some(release));
    example.at("2026-03-20T03:59:59.999999999Z");
    assert_eq!(example.take(&Command::Settle), Decision::default());
    example.now = release;
    assert_eq!(told(&example.take(&Command::Settle)), all("give"));
    let qualify_time = moment("2026-03-05T12:00:00Z");
    let rewarded = State::Rewarded {
        qualify_time,
        release_time: release,
    };
    assert_eq!((example.state(), example.due_time()), (rewarded, None));
    assert_eq!(example.take(&Command::Settle), Decision::default());
}

#[test]
fn a_return_within_the_window_rolls_back_and_a_later_one_changes_nothing() {
    let mut example = Example::new();
    example.at("2026-03-02T12:00:00Z").register();
    example
        .at("2026-03-06T12:00:00Z")
        .buy("a", "2026-03-05T12:00:00Z", 6_000);
    example.at("2026-03-10T12:00:00Z");
    assert!(told(&example.give_back("r1", "a", "2026-03-10T12:00:00Z", 1_000)).is_empty());
    let withdrawn = example.give_back("r2", "a", "2026-03-10T12:00:00Z", 1);
    assert_eq!(told(&withdrawn), reversed(all("withdraw")));
    assert_eq!((example.state(), example.due_time()), (State::RolledBack, None));
    assert!(example.referral.live.is_empty());

    let again = example.buy("b", "2026-03-09T12:00:00Z", 5_000);
    assert_eq!(
        told(&again),
        all("promise"),
        "another purchase in time qualifies again"
    );
    example.at("2026-03-24T04:00:00Z").take(&Command::Settle);
    // The window of the second purchase ended with 23 March in New York.
    assert!(told(&example.give_back("r3", "b", "2026-03-24T04:00:00Z", 5_000)).is_empty());
    let late_news = example.give_back("r4", "b", "2026-03-24T03:59:59Z", 1);
    assert_eq!(told(&late_news), reversed(all("take back")));
    assert_eq!(example.state(), State::RolledBack);
}

#[test]
fn a_return_that_moves_the_qualification_to_a_later_purchase_promises_anew() {
    let mut example = Example::new();
    example.at("2026-03-02T12:00:00Z").register();
    example
        .at("2026-03-21T12:00:00Z")
        .buy("a", "2026-03-05T12:00:00Z", 5_000);
    assert!(matches!(example.state(), State::Rewarded { .. }));
    assert!(told(&example.buy("b", "2026-03-20T12:00:00Z", 5_000)).is_empty());
    let moved = example.give_back("r", "a", "2026-03-06T12:00:00Z", 5_000);
    let expected: Vec<_> = reversed(all("take back"))
        .into_iter()
        .chain(all("promise"))
        .collect();
    assert_eq!(told(&moved), expected);
    assert!(matches!(example.state(), State::Qualified { .. }));
}

#[test]
fn with_total_spend_the_purchases_add_up() {
    let mut example = Example::new();
    example.terms.qualification.rule = QualifyingRule::TotalSpend;
    example.at("2026-03-02T12:00:00Z").register();
    example.at("2026-03-09T12:00:00Z");
    assert!(told(&example.buy("b", "2026-03-08T12:00:00Z", 3_000)).is_empty());
    example.give_back("early", "a", "2026-03-07T12:00:00Z", 999_999);
    assert!(
        told(&example.buy("a", "2026-03-06T12:00:00Z", 2_500)).is_empty(),
        "it was given back, and no more"
    );
    assert_eq!(
        told(&example.buy("c", "2026-03-09T12:00:00Z", 2_000)),
        all("promise")
    );
    let qualify_time = moment("2026-03-09T12:00:00Z");
    assert!(matches!(example.state(), State::Qualified { qualify_time: at, .. } if at == qualify_time));
}

#[test]
fn purchases_count_from_registering_to_the_end_of_the_last_day_in_the_currency_of_the_terms() {
    let mut example = Example::new();
    example.at("2026-03-02T12:00:00Z").register();
    example.at("2026-06-01T12:00:00Z").take(&Command::Settle);
    assert_eq!(example.state(), State::Expired);
    for (id, time) in [
        ("before", "2026-03-02T11:59:59Z"),
        ("after", "2026-04-02T04:00:00Z"),
    ] {
        assert!(example.buy(id, time, 5_000).changes.is_empty(), "{id}");
    }
    let purchase = Purchase {
        id: "yen".to_owned(),
        time: moment("2026-03-03T12:00:00Z"),
        amount: Money {
            minor: 50_000,
            currency: "JPY".parse().unwrap(),
        },
    };
    let others = Others::default();
    assert!(
        example
            .take(&Command::Purchase { purchase, others })
            .changes
            .is_empty()
    );
    let late_news = example.buy("last moment", "2026-04-02T03:59:59Z", 5_000);
    assert_eq!(told(&late_news), all("give"), "the fraud window is over already");
}

#[test]
fn without_a_fraud_window_rewards_are_given_at_once_and_for_good() {
    let mut example = Example::new();
    example.terms.fraud_window_days = 0;
    example.at("2026-03-02T12:00:00Z").register();
    assert_eq!(
        told(
            &example
                .at("2026-03-03T12:00:00Z")
                .buy("a", "2026-03-03T12:00:00Z", 5_000)
        ),
        all("give")
    );
    assert!(told(&example.give_back("r", "a", "2026-03-03T12:00:00Z", 5_000)).is_empty());
}

#[test]
fn rejecting_by_hand_takes_back_what_was_given() {
    let mut example = Example::new();
    example.register();
    example
        .at("2026-03-21T12:00:00Z")
        .buy("a", "2026-03-05T12:00:00Z", 5_000);
    let reason = "the card was stolen".to_owned();
    let decision = example.take(&Command::Reject {
        reason: reason.clone(),
    });
    assert_eq!(told(&decision), reversed(all("take back")));
    assert_eq!(example.referral.rejection, Some(Rejection::ByHand(reason)));
    let again = Command::Reject {
        reason: "twice".to_owned(),
    };
    assert_eq!(example.take(&again), Decision::default());
    let blank = Command::Reject {
        reason: " ".to_owned(),
    };
    assert_eq!(
        example.decide(&blank).unwrap_err().reason(),
        Reason::InvalidFields
    );
}

#[test]
fn a_clock_that_goes_back_takes_nothing_back() {
    let mut example = Example::new();
    example.at("2026-03-02T12:00:00Z").register();
    example
        .at("2026-03-21T12:00:00Z")
        .buy("a", "2026-03-05T12:00:00Z", 5_000);
    assert!(matches!(example.state(), State::Rewarded { .. }));
    assert_eq!(example.referral.decide_time, example.now);
    let rewarded = example.referral.clone();
    example.at("2026-03-06T12:00:00Z").take(&Command::Settle);
    assert_eq!(example.referral, rewarded);
}
