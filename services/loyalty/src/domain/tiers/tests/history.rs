//! Histories: what is taken and what is refused.

use jiff::Timestamp;
use rapport_status::Reason;

use super::{super::*, Member, asks, hotel, id, moment, nights, rules, trial};

fn event(number: u128, amount: i64) -> Fact {
    Fact::Event(Event {
        id: id(number),
        time: moment("2026-02-01T12:00:00Z"),
        measure: nights(),
        amount,
    })
}

fn fields(fact: &Fact) -> Vec<String> {
    fact.check()
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}

#[test]
fn a_fact_is_added_once_and_its_id_is_its_own_for_ever() {
    let mut history = History::new(moment("2026-01-01T00:00:00Z")).unwrap();
    assert!(history.add(event(1, 5)).unwrap());
    assert!(!history.add(event(1, 5)).unwrap(), "the same again");
    let error = history.add(event(1, 6)).unwrap_err();
    assert_eq!(error.reason(), Reason::InternalError, "{error}");
    assert_eq!(history.facts().count(), 1);
}

#[test]
fn amounts_have_bounds() {
    for amount in [1, -1, MOST_AMOUNT, -MOST_AMOUNT] {
        assert_eq!(fields(&event(1, amount)), Vec::<String>::new(), "{amount}");
    }
    for amount in [0, MOST_AMOUNT + 1, -MOST_AMOUNT - 1, i64::MIN] {
        assert_eq!(fields(&event(1, amount)), ["fact.amount"], "{amount}");
    }
    let back = |amount| {
        Fact::Return(Return {
            id: id(2),
            time: moment("2026-02-01T12:00:00Z"),
            event: id(1),
            amount,
        })
    };
    for amount in [1, MOST_AMOUNT] {
        assert_eq!(fields(&back(amount)), Vec::<String>::new(), "{amount}");
    }
    for amount in [0, -1, MOST_AMOUNT + 1] {
        assert_eq!(fields(&back(amount)), ["fact.amount"], "{amount}");
    }
}

#[test]
fn a_grant_tells_why_and_who_until_when() {
    let mut grant = Grant {
        id: id(1),
        time: moment("2026-02-01T12:00:00Z"),
        tier: "gold".to_owned(),
        until: super::date("2026-12-31"),
        kind: trial(1),
        reason: "a reason".to_owned(),
        by: "x".repeat(1_000),
    };
    assert_eq!(fields(&Fact::Grant(grant.clone())), Vec::<String>::new());
    grant.until = super::date("9001-01-01");
    grant.reason = " ".to_owned();
    grant.by = "x".repeat(1_001);
    let asked = asks(Combination::All, &[(nights(), 0), (nights(), 1)]).unwrap();
    grant.kind = GrantKind::Match {
        evidence: String::new(),
        challenge: asked,
    };
    assert_eq!(
        fields(&Fact::Grant(grant)),
        [
            "fact.until",
            "fact.reason",
            "fact.by",
            "fact.evidence",
            "fact.challenge.thresholds[0].at_least",
            "fact.challenge.thresholds[1].measure",
        ]
    );
    let revocation = Revocation {
        id: id(2),
        time: moment("2026-02-01T12:00:00Z"),
        grant: id(1),
        reason: String::new(),
        by: String::new(),
    };
    assert_eq!(fields(&Fact::Revocation(revocation)), ["fact.reason", "fact.by"]);
}

#[test]
fn moments_lie_between_the_years_1900_and_9000() {
    for (time, taken) in [
        ("1899-12-31T23:59:59Z", false),
        ("1900-01-01T00:00:00Z", true),
        ("9000-12-31T23:59:59Z", true),
        ("9001-01-01T00:00:00Z", false),
    ] {
        assert_eq!(History::new(moment(time)).is_ok(), taken, "enrolled {time}");
        let fact = Fact::Event(Event {
            id: id(1),
            time: moment(time),
            measure: nights(),
            amount: 1,
        });
        assert_eq!(fields(&fact).is_empty(), taken, "{time}");
    }
    let error = History::new(Timestamp::MAX).unwrap_err();
    assert_eq!(error.reason(), Reason::InvalidFields);
    assert_eq!(error.violations()[0].field, "enrol_time");
}

#[test]
fn a_history_has_a_bounded_number_of_facts() {
    let mut history = History::new(moment("2026-01-01T00:00:00Z")).unwrap();
    for number in 1..=MOST_FACTS {
        history.add(event(number as u128, 1)).unwrap();
    }
    assert!(!history.add(event(1, 1)).unwrap(), "a known one is still known");
    let error = history.add(event(0, 1)).unwrap_err();
    assert_eq!(error.violations()[0].field, "fact");
}

#[test]
fn the_reason_of_a_grant_can_be_looked_up() {
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    let stay = member.stays("2026-02-01T00:00:00Z", 1);
    let grant = member.grants("2026-02-01T00:00:00Z", "gold", "2026-12-31", GrantKind::Gift);
    assert_eq!(member.history.grant(grant).unwrap().reason, "a good reason");
    assert_eq!(member.history.grant(stay), None);
    assert_eq!(member.history.grant(id(99)), None);
    assert_eq!(member.history.enrolled(), moment("2026-01-01T00:00:00Z"));
}

#[test]
fn each_kind_of_fact_has_its_id_and_moment() {
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    let stay = member.stays("2026-02-01T00:00:00Z", 1);
    member.returns("2026-03-01T00:00:00Z", stay, 1);
    let grant = member.grants("2026-04-01T00:00:00Z", "gold", "2026-12-31", GrantKind::Gift);
    member.revokes("2026-05-01T00:00:00Z", grant);
    let told: Vec<_> = member
        .history
        .facts()
        .map(|fact| (fact.id(), fact.time().to_string()))
        .collect();
    let expected = [2, 3, 4, 5].map(|month| (id(month - 1), format!("2026-0{month}-01T00:00:00Z")));
    assert_eq!(told, expected);
}

#[test]
fn a_standing_is_refused_before_its_beginning_and_outside_the_years() {
    let rules = rules(TierSet {
        effective: moment("2026-03-01T00:00:00Z"),
        ..hotel()
    });
    for (enrolled, begin) in [
        ("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("2026-04-01T10:00:00Z", "2026-04-01T10:00:00Z"),
    ] {
        let history = History::new(moment(enrolled)).unwrap();
        let before = moment(begin) - jiff::SignedDuration::from_nanos(1);
        let error = tier_at(&rules, &history, before).unwrap_err();
        assert_eq!(error.violations()[0].field, "as_of", "{error}");
        let standing = tier_at(&rules, &history, moment(begin)).unwrap();
        assert_eq!(standing.since, moment(begin));
    }
    let history = History::new(moment("2026-01-01T00:00:00Z")).unwrap();
    let error = tier_at(&rules, &history, Timestamp::MAX).unwrap_err();
    assert_eq!(error.violations()[0].field, "as_of", "{error}");
}

#[test]
fn sums_beyond_64_bits_are_exact_inside_and_told_at_the_edge() {
    let huge = i128::from(i64::MAX) + 10;
    let mut tally: Tally = [(nights(), huge)].into_iter().collect();
    assert_eq!(
        (tally.exact(&nights()), tally.amount(&nights())),
        (huge, i64::MAX)
    );
    tally.add(&nights(), -2 * huge);
    assert_eq!(
        (tally.exact(&nights()), tally.amount(&nights())),
        (-huge, i64::MIN)
    );
    tally.add(&nights(), huge);
    assert!(tally.is_empty(), "a sum of 0 is not kept");
    assert_eq!(tally.iter().count(), 0);
    assert_eq!(tally.amount(&nights()), 0);
}
