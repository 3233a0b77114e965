//! A state that is carried on equals a replay.

use std::cell::Cell;

use super::{
    super::*, Member, date, generator::Family, hotel, id, moment, nights, properties::on_cases, rules,
};

const ALL: [Family; 4] = [Family::Calendar, Family::Membership, Family::Months, Family::Days];

#[test]
fn a_state_that_is_carried_on_equals_a_replay_of_the_history() {
    let (carried_on, replayed) = (Cell::new(0_u32), Cell::new(0_u32));
    on_cases("carried on", &ALL, 2_000, |case, _, random| {
        let begin = case.history.enrolled().max(case.rules.versions()[0].effective);
        let mut known = History::new(case.history.enrolled()).unwrap();
        let mut evaluation = evaluate(&case.rules, &known, begin).unwrap();
        let mut facts: Vec<Fact> = case.history.facts().cloned().collect();
        facts.sort_by_key(|fact| (fact.time(), fact.id()));
        for facts in facts.chunk_by(|one, other| one.time() == other.time()) {
            let now = facts[0].time().max(begin);
            for fact in facts {
                known.add(fact.clone()).unwrap();
            }
            let replay = evaluate(&case.rules, &known, now).unwrap();
            let returned_before = facts.iter().any(|fact| {
                known
                    .facts()
                    .any(|other| matches!(other, Fact::Return(back) if back.event == fact.id()))
            });
            if returned_before {
                evaluation = replay;
                continue;
            }
            let mut state = evaluation.state.clone();
            if random.one_in(4) && now > state.processed {
                let before = now - jiff::SignedDuration::from_nanos(1);
                if let Ok(changes) = state.advance(&case.rules, before) {
                    evaluation.timeline.extend(changes);
                }
            }
            match state.apply(&case.rules, facts) {
                Ok(changes) => {
                    carried_on.set(carried_on.get() + 1);
                    evaluation.timeline.extend(changes);
                    state.processed = state.processed.max(replay.state.processed);
                    assert_eq!(state, replay.state, "the state at {now}");
                    assert_eq!(evaluation.timeline, replay.timeline, "the timeline at {now}");
                    let later = now + jiff::SignedDuration::from_hours(24 * 40);
                    if let Ok(standing) = state.standing(&case.rules, later) {
                        assert_eq!(standing, tier_at(&case.rules, &known, later).unwrap());
                    }
                    evaluation.state = state;
                }
                Err(needed) => {
                    replayed.set(replayed.get() + 1);
                    assert_reason(needed, facts, &evaluation.state, case, now);
                    evaluation = replay;
                }
            }
        }
    });
    let (carried_on, replayed) = (carried_on.get(), replayed.get());
    println!("{carried_on} steps carried on, {replayed} replayed");
    assert!(
        carried_on > 12_000,
        "{carried_on} steps carried on, {replayed} replayed"
    );
}

/// A replay is asked for only when there is a reason.
fn assert_reason(
    needed: ReplayNeeded,
    facts: &[Fact],
    state: &State,
    case: &super::generator::Case,
    now: jiff::Timestamp,
) {
    let holds = match needed {
        ReplayNeeded::Return => facts.iter().any(|fact| matches!(fact, Fact::Return(_))),
        ReplayNeeded::LateFact => now <= state.processed,
        ReplayNeeded::NewVersion => case.rules.in_force(now).unwrap().version != state.version,
        ReplayNeeded::OtherRules => false,
    };
    assert!(holds, "{needed} at {now}, with the state at {}", state.processed);
}

fn stay(number: u128, time: &str, amount: i64) -> Fact {
    Fact::Event(Event {
        id: id(number),
        time: moment(time),
        measure: nights(),
        amount,
    })
}

#[test]
fn a_fact_that_is_not_after_the_state_asks_for_a_replay_and_changes_nothing() {
    let rules = rules(hotel());
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.stays("2026-02-01T12:00:00Z", 9);
    let mut state = evaluate(&rules, &member.history, moment("2026-03-01T00:00:00Z"))
        .unwrap()
        .state;
    let before = state.clone();
    for time in ["2026-02-01T12:00:00Z", "2026-01-31T00:00:00Z"] {
        assert_eq!(
            state.apply(&rules, &[stay(9, time, 1)]),
            Err(ReplayNeeded::LateFact)
        );
        assert_eq!(state, before);
    }
    let changes = state
        .apply(&rules, &[stay(9, "2026-02-01T12:00:00.000000001Z", 1)])
        .unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(state.current.tier, "silver");
}

#[test]
fn what_was_bought_before_the_enrolment_day_is_left_out_without_a_replay() {
    let rules = rules(hotel());
    let member = Member::enrolled("2026-01-05T10:00:00Z");
    let mut state = evaluate(&rules, &member.history, moment("2026-03-01T00:00:00Z"))
        .unwrap()
        .state;
    let before = state.clone();
    assert_eq!(
        state.apply(&rules, &[stay(9, "2026-01-04T23:59:59Z", 50)]),
        Ok(Vec::new())
    );
    assert_eq!(state.apply(&rules, &[]), Ok(Vec::new()));
    assert_eq!(state, before);
    assert_eq!(
        state.apply(&rules, &[stay(9, "2026-01-05T00:00:00Z", 50)]),
        Err(ReplayNeeded::LateFact),
        "the enrolment day counts, at the moment of the enrolment"
    );
}

#[test]
fn a_return_and_a_new_version_ask_for_a_replay() {
    let second = TierSet {
        version: 2,
        effective: moment("2026-06-01T00:00:00Z"),
        ..hotel()
    };
    let both = Rules::new(vec![hotel(), second], jiff::tz::TimeZone::UTC, &super::known()).unwrap();
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    let event = member.stays("2026-02-01T12:00:00Z", 9);
    let mut state = evaluate(&both, &member.history, moment("2026-03-01T00:00:00Z"))
        .unwrap()
        .state;
    let back = Fact::Return(Return {
        id: id(9),
        time: moment("2026-04-01T00:00:00Z"),
        event,
        amount: 1,
    });
    assert_eq!(state.apply(&both, &[back]), Err(ReplayNeeded::Return));
    assert!(
        state
            .advance(&both, moment("2026-05-31T23:59:59.999999999Z"))
            .is_ok()
    );
    assert_eq!(
        state.advance(&both, moment("2026-06-01T00:00:00Z")),
        Err(ReplayNeeded::NewVersion)
    );
    assert_eq!(
        state.standing(&both, moment("2026-06-01T00:00:00Z")),
        Err(ReplayNeeded::NewVersion)
    );
    state.version = 2;
    assert_eq!(
        state.advance(&both, moment("2026-05-01T00:00:00Z")),
        Err(ReplayNeeded::OtherRules)
    );
    assert!(
        ReplayNeeded::OtherRules
            .to_string()
            .contains("replay the history")
    );
}

#[test]
fn a_standing_is_not_told_for_a_moment_before_the_state() {
    let rules = rules(hotel());
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.stays("2026-02-01T12:00:00Z", 10);
    let state = evaluate(&rules, &member.history, moment("2026-03-01T00:00:00Z"))
        .unwrap()
        .state;
    assert_eq!(state.processed, moment("2026-02-01T12:00:00Z"));
    let silver = state.standing(&rules, moment("2026-02-01T12:00:00Z")).unwrap();
    assert_eq!(silver.tier, "silver");
    assert_eq!(
        state.standing(&rules, moment("2026-02-01T11:59:59Z")),
        Err(ReplayNeeded::LateFact)
    );
}

#[test]
fn a_state_does_not_grow_with_the_history() {
    let rolling = TierSet {
        window: Window::RollingDays(30),
        validity: Validity::Months(1),
        ..hotel()
    };
    for (set, most) in [(hotel(), 0), (rolling, 30)] {
        let rules = rules(set);
        let member = Member::enrolled("2026-01-01T00:00:00Z");
        let mut state = evaluate(&rules, &member.history, moment("2026-01-01T00:00:00Z"))
            .unwrap()
            .state;
        for day in 1..700 {
            let time = date("2026-01-01").saturating_add(jiff::Span::new().days(day));
            let time = format!("{time}T12:00:00Z");
            state.apply(&rules, &[stay(1, &time, 1)]).unwrap();
        }
        assert!(state.awards.len() <= 3, "{:?}", state.awards);
        let leaving = match &state.collected {
            Collected::Rolling { leaving, .. } => leaving.len(),
            Collected::Fixed { .. } => 0,
        };
        assert_eq!(leaving, most);
    }
}

#[test]
fn a_state_can_be_advanced_to_the_end_of_time() {
    for window in [Window::MembershipYear, Window::RollingMonths(120)] {
        let rules = rules(TierSet {
            window,
            validity: Validity::Months(120),
            landing: Landing::OneTier,
            grace: Grace::Months(24),
            ..hotel()
        });
        let member = Member::enrolled("9000-01-01T00:00:00Z");
        let mut state = evaluate(&rules, &member.history, moment("9000-01-01T00:00:00Z"))
            .unwrap()
            .state;
        state
            .apply(&rules, &[stay(1, "9990-06-01T00:00:00Z", 60)])
            .unwrap();
        state.advance(&rules, jiff::Timestamp::MAX).unwrap();
        assert_ne!(state.current.tier, "member", "the last landing has no end");
    }
}
