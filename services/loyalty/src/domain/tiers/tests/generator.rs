//! Random rules and histories.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use uuid::Uuid;

use super::{super::*, Random, asks, date, dollars, known, nights, points, tier};

/// Time zones: none, north and south, clocks set back over midnight, a midnight that does not exist, half an hour, the
/// first zone to see a day.
pub(super) const ZONES: [&str; 7] = [
    "UTC0",
    "EST5EDT,M3.2.0,M11.1.0",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01",
    "<-03>3<-02>,M10.3.0/0,M2.3.0/0",
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "<+14>-14",
];

/// Kinds of windows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Family {
    Calendar,
    Membership,
    Months,
    Days,
}

/// Rules and a history.
pub(super) struct Case {
    pub(super) rules: Rules,
    pub(super) history: History,
    /// The last moment that is looked at.
    pub(super) end: Timestamp,
}

/// The days of a time zone with their first moments, for a model that looks them up by walking.
pub(super) struct Days {
    first: Date,
    starts: Vec<Timestamp>,
}

impl Days {
    pub(super) fn new(zone: &TimeZone) -> Self {
        let first = date("2018-01-01");
        let mut starts = Vec::new();
        let mut day = first;
        while day < date("2040-01-01") {
            let start = zone.to_ambiguous_timestamp(day.at(0, 0, 0, 0));
            starts.push(start.compatible().unwrap());
            day = day.tomorrow().unwrap();
        }
        Self { first, starts }
    }

    pub(super) fn start(&self, day: Date) -> Timestamp {
        let years = usize::try_from(day.year() - 2018).unwrap();
        let leap_days = (years + 1) / 4;
        self.starts[years * 365 + leap_days + usize::try_from(day.day_of_year()).unwrap() - 1]
    }

    /// The last day that has begun.
    pub(super) fn of(&self, moment: Timestamp) -> Date {
        let begun = self.starts.partition_point(|start| *start <= moment);
        let days = i32::try_from(begun).unwrap() - 1;
        self.first.saturating_add(jiff::Span::new().days(days))
    }
}

pub(super) fn zone(text: &str) -> TimeZone {
    TimeZone::posix(text).unwrap()
}

/// Rules and a history whose windows are mostly of one kind.
pub(super) fn case(random: &mut Random, family: Family, zone: &TimeZone, days: &Days) -> Case {
    let (enrolled, length) = match family {
        Family::Calendar | Family::Membership => (enrolment(random, days), random.between(450, 950)),
        Family::Months | Family::Days => (enrolment(random, days), random.between(100, 450)),
    };
    let first_day = days.of(enrolled);
    let last_day = first_day.saturating_add(jiff::Span::new().days(length));
    let rules = rules(random, family, zone, days, enrolled, length);
    let mut history = History::new(enrolled).unwrap();
    let mut events: Vec<Event> = Vec::new();
    for _ in 0..random.below(26) {
        let time = time(random, days, first_day, length, &events, enrolled);
        let amount = i64::from(random.between(1, 20)) * if random.one_in(8) { -1 } else { 1 };
        let event = Event {
            id: Uuid::from_u128(u128::from(random.next())),
            time,
            measure: random
                .pick(&[points(), points(), nights(), dollars(), Measure::Purchases])
                .clone(),
            amount,
        };
        history.add(Fact::Event(event.clone())).unwrap();
        events.push(event);
    }
    for _ in 0..random.below(5) {
        let event = if events.is_empty() || random.one_in(8) {
            Uuid::from_u128(1)
        } else {
            random.pick(&events).id
        };
        let back = Return {
            id: Uuid::from_u128(u128::from(random.next())),
            time: time(random, days, first_day, length, &events, enrolled),
            event,
            amount: i64::from(random.between(1, 20)),
        };
        history.add(Fact::Return(back)).unwrap();
    }
    grants(random, days, first_day, length, &events, &mut history);
    let end = days.start(last_day) + SignedDuration::from_secs(i64::from(random.between(0, 90_000)));
    Case { rules, history, end }
}

fn enrolment(random: &mut Random, days: &Days) -> Timestamp {
    let day = match random.below(4) {
        0 => date("2020-02-29"),
        1 => date("2024-02-29"),
        _ => date("2019-01-01").saturating_add(jiff::Span::new().days(random.between(0, 2_000))),
    };
    days.start(day) + SignedDuration::from_secs(i64::from(random.between(0, 80_000)))
}

/// A moment in the history: often at midnight, just before, or together with an event.
fn time(
    random: &mut Random,
    days: &Days,
    first: Date,
    length: i32,
    events: &[Event],
    enrolled: Timestamp,
) -> Timestamp {
    let day = first.saturating_add(jiff::Span::new().days(random.between(-1, length)));
    match random.below(8) {
        0 => days.start(day),
        1 => days.start(day) - SignedDuration::from_nanos(1),
        2 if !events.is_empty() => random.pick(events).time,
        3 if random.one_in(4) => enrolled,
        _ => days.start(day) + SignedDuration::from_secs(i64::from(random.between(0, 86_400))),
    }
}

fn grants(
    random: &mut Random,
    days: &Days,
    first: Date,
    length: i32,
    events: &[Event],
    history: &mut History,
) {
    let enrolled = history.enrolled();
    for _ in 0..random.below(4) {
        let from = time(random, days, first, length, events, enrolled);
        let kind = if random.one_in(2) {
            GrantKind::Gift
        } else {
            let at_least = i64::from(random.between(1, 25));
            let challenge = asks(Combination::Any, &[(points(), at_least), (nights(), at_least)]);
            GrantKind::Match {
                evidence: "a card".to_owned(),
                challenge: challenge.unwrap(),
            }
        };
        let grant = Grant {
            id: Uuid::from_u128(u128::from(random.next())),
            time: from,
            tier: (*random.pick(&["base", "t1", "t2", "t3", "t4", "t9"])).to_owned(),
            until: days
                .of(from)
                .saturating_add(jiff::Span::new().days(random.between(-2, 150))),
            kind,
            reason: "a reason".to_owned(),
            by: "somebody".to_owned(),
        };
        history.add(Fact::Grant(grant.clone())).unwrap();
        if random.one_in(3) {
            let delay = SignedDuration::from_hours(i64::from(random.between(-24, 2_400)));
            let revocation = Revocation {
                id: Uuid::from_u128(u128::from(random.next())),
                time: if random.one_in(5) { from } else { from + delay },
                grant: grant.id,
                reason: "a mistake".to_owned(),
                by: "somebody".to_owned(),
            };
            history.add(Fact::Revocation(revocation)).unwrap();
        }
    }
}

fn rules(
    random: &mut Random,
    family: Family,
    zone: &TimeZone,
    days: &Days,
    enrolled: Timestamp,
    length: i32,
) -> Rules {
    let mut versions: Vec<TierSet> = Vec::new();
    let first_day = days.of(enrolled);
    let mut effective = match random.below(4) {
        0 => days.start(first_day.saturating_add(jiff::Span::new().days(random.between(0, length / 3)))),
        1 => enrolled,
        _ => days.start(date("2018-06-01")),
    };
    let count = 1 + random.below(3);
    for number in 0..count {
        let family = if random.one_in(6) {
            *random.pick(&[Family::Calendar, Family::Membership, Family::Months, Family::Days])
        } else {
            family
        };
        versions.push(set(random, family, u32::try_from(number + 1).unwrap(), effective));
        let later = days.of(effective.max(enrolled));
        let later = later.saturating_add(jiff::Span::new().days(random.between(1, 300)));
        let later = if random.one_in(2) {
            later.first_of_month()
        } else {
            later
        };
        let seconds = if random.one_in(2) {
            0
        } else {
            random.between(0, 80_000)
        };
        effective = (days.start(later) + SignedDuration::from_secs(i64::from(seconds)))
            .max(effective + SignedDuration::from_secs(1));
    }
    Rules::new(versions, zone.clone(), &known()).unwrap()
}

fn set(random: &mut Random, family: Family, version: u32, effective: Timestamp) -> TierSet {
    let window = match family {
        Family::Calendar => Window::CalendarYear {
            first_month: i8::try_from(random.between(1, 12)).unwrap(),
        },
        Family::Membership => Window::MembershipYear,
        Family::Months => Window::RollingMonths(random.between(1, 6)),
        Family::Days => Window::RollingDays(random.between(1, 60)),
    };
    let validity = match random.below(3) {
        _ if window.is_rolling() => Validity::Months(random.between(1, 5)),
        0 => Validity::EndOfWindow,
        1 => Validity::EndOfNextWindow,
        _ => Validity::Months(random.between(1, 14)),
    };
    let grace = match random.below(3) {
        0 => Grace::None,
        1 => Grace::Days(random.between(1, 40)),
        _ => Grace::Months(random.between(1, 3)),
    };
    TierSet {
        id: "status".to_owned(),
        version,
        effective,
        tiers: tiers(random),
        window,
        validity,
        grace,
        landing: *random.pick(&[Landing::Qualified, Landing::OneTier]),
        carry_over: !window.is_rolling() && random.one_in(2),
    }
}

/// A base tier and one to four above it; some are missing in some versions, some are by invitation.
fn tiers(random: &mut Random) -> Vec<Tier> {
    let combination = *random.pick(&[Combination::All, Combination::Any]);
    let choices = [
        vec![points()],
        vec![points(), nights()],
        vec![points(), dollars(), Measure::Purchases],
    ];
    let measures = random.pick(&choices);
    let mut tiers = vec![tier("base", 0, None)];
    let mut at_least = 0;
    for number in 1..=4 {
        if random.one_in(4) {
            continue;
        }
        at_least += i64::from(random.between(3, 25));
        let thresholds: Vec<_> = measures
            .iter()
            .map(|measure| (measure.clone(), at_least))
            .collect();
        let qualification = if random.one_in(8) {
            None
        } else {
            asks(combination, &thresholds)
        };
        let mut tier = tier(&format!("t{number}"), number * 10, qualification);
        if random.one_in(5) {
            tier.lifetime = asks(combination, &[(points(), at_least * 3)]);
        }
        tiers.push(tier);
    }
    if tiers.len() == 1 {
        tiers.push(tier("t4", 40, asks(combination, &[(points(), 10)])));
    }
    tiers
}
