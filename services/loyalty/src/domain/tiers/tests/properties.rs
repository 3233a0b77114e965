//! The function against the naive model, and what must hold for any history.

use jiff::{SignedDuration, Timestamp};

use super::{
    super::*,
    Random,
    generator::{Case, Days, Family, ZONES, case, zone},
    line, model,
};

/// Runs a test on random cases, over all time zones.
pub(super) fn on_cases(
    name: &str,
    families: &[Family],
    count: usize,
    test: impl Fn(&Case, &Days, &mut Random),
) {
    let mut random = Random::announced(name);
    for zone_text in ZONES {
        let zone = zone(zone_text);
        let days = Days::new(&zone);
        for _ in 0..count.div_ceil(ZONES.len()) {
            let seed = random.next();
            let mut own = Random::new(seed);
            let family = families[own.below(families.len())];
            let case = case(&mut own, family, &zone, &days);
            let outcome =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&case, &days, &mut own)));
            if let Err(panic) = outcome {
                eprintln!("the case: zone {zone_text}, {family:?}, seed {seed}");
                show(&case);
                std::panic::resume_unwind(panic);
            }
        }
    }
}

fn show(case: &Case) {
    for set in case.rules.versions() {
        eprintln!(
            "version {} from {}: {:?} {:?} {:?} {:?} carry over {}",
            set.version, set.effective, set.window, set.validity, set.grace, set.landing, set.carry_over
        );
        for tier in &set.tiers {
            eprintln!(
                "  {} {:?} for life {:?}",
                tier.id, tier.qualification, tier.lifetime
            );
        }
    }
    eprintln!("enrolled {}", case.history.enrolled());
    let mut facts: Vec<_> = case.history.facts().collect();
    facts.sort_by_key(|fact| fact.time());
    for fact in facts {
        eprintln!("  {fact:?}");
    }
}

const ALL: [Family; 4] = [Family::Calendar, Family::Membership, Family::Months, Family::Days];

fn begin(case: &Case) -> Timestamp {
    case.history.enrolled().max(case.rules.versions()[0].effective)
}

/// Compares with the model at the end, and the standing at a moment on the way.
fn agrees_with_the_model(case: &Case, days: &Days, random: &mut Random) {
    let as_of = case.end.max(begin(case));
    let told = model::walk(case, days, as_of);
    let evaluation = evaluate(&case.rules, &case.history, as_of).unwrap();
    let lines = |changes: &[Change]| changes.iter().map(line).collect::<Vec<_>>();
    assert_eq!(
        lines(&evaluation.timeline),
        lines(&told.timeline),
        "as of {as_of}"
    );
    assert_eq!(evaluation.timeline, told.timeline, "as of {as_of}");
    assert_eq!(evaluation.standing.since, told.since, "since when");
    assert_eq!(evaluation.standing.next_review, told.next_review, "next review");
    assert_eq!(evaluation.standing.progress, told.progress, "progress");
    assert_eq!(evaluation.standing.decision, *told.timeline.last().unwrap());

    let seconds = (as_of - begin(case)).as_secs().max(0);
    let part = i64::try_from(random.next() % 1_000).unwrap();
    let earlier = begin(case) + SignedDuration::from_secs(seconds / 1_000 * part);
    let standing = tier_at(&case.rules, &case.history, earlier).unwrap();
    let last = told
        .timeline
        .iter()
        .rfind(|change| change.time <= earlier)
        .unwrap();
    assert_eq!(standing.decision, *last, "as of {earlier}");
}

#[test]
fn calendar_years_agree_with_a_walk_over_every_day() {
    on_cases(
        "calendar years",
        &[Family::Calendar],
        4_000,
        agrees_with_the_model,
    );
}

#[test]
fn membership_years_agree_with_a_walk_over_every_day() {
    on_cases(
        "membership years",
        &[Family::Membership],
        4_000,
        agrees_with_the_model,
    );
}

#[test]
fn rolling_months_agree_with_a_walk_over_every_day() {
    on_cases("rolling months", &[Family::Months], 6_000, agrees_with_the_model);
}

#[test]
fn rolling_days_agree_with_a_walk_over_every_day() {
    on_cases("rolling days", &[Family::Days], 6_000, agrees_with_the_model);
}

#[test]
fn the_order_in_which_facts_arrive_does_not_matter() {
    on_cases("order of arrival", &ALL, 1_000, |case, _, random| {
        let as_of = case.end.max(begin(case));
        let expected = evaluate(&case.rules, &case.history, as_of).unwrap();
        let mut facts: Vec<_> = case.history.facts().cloned().collect();
        for last in (1..facts.len()).rev() {
            facts.swap(last, random.below(last + 1));
        }
        let mut history = History::new(case.history.enrolled()).unwrap();
        for fact in &facts {
            assert!(history.add(fact.clone()).unwrap());
        }
        for fact in facts.iter().filter(|_| random.one_in(2)) {
            assert!(!history.add(fact.clone()).unwrap(), "known facts are known");
        }
        assert_eq!(evaluate(&case.rules, &history, as_of).unwrap(), expected);
    });
}

#[test]
fn what_was_returned_was_never_bought() {
    on_cases("returns", &ALL, 2_000, |case, _, _| {
        let as_of = case.end.max(begin(case));
        let mut without = History::new(case.history.enrolled()).unwrap();
        for fact in case.history.facts() {
            match fact {
                Fact::Event(event) => {
                    let returned = case.history.facts().filter_map(|fact| match fact {
                        Fact::Return(back) if back.event == event.id => Some(back.amount),
                        _ => None,
                    });
                    let mut left = event.clone();
                    if event.amount > 0 {
                        left.amount = (event.amount - returned.sum::<i64>()).max(0);
                    }
                    if left.amount != 0 {
                        without.add(Fact::Event(left)).unwrap();
                    }
                }
                Fact::Return(_) => {}
                other => {
                    without.add(other.clone()).unwrap();
                }
            }
        }
        assert_eq!(
            evaluate(&case.rules, &case.history, as_of).unwrap(),
            evaluate(&case.rules, &without, as_of).unwrap()
        );
    });
}

#[test]
fn the_timeline_as_of_a_moment_is_the_beginning_of_every_later_one() {
    on_cases("timelines", &ALL, 1_000, |case, _, random| {
        let end = case.end.max(begin(case));
        let whole = evaluate(&case.rules, &case.history, end).unwrap().timeline;
        let part = i64::try_from(random.next() % 1_000).unwrap();
        let seconds = (end - begin(case)).as_secs();
        let earlier = begin(case) + SignedDuration::from_secs(seconds / 1_000 * part);
        let known: Vec<_> = whole
            .into_iter()
            .filter(|change| change.time <= earlier)
            .collect();
        assert_eq!(
            evaluate(&case.rules, &case.history, earlier).unwrap().timeline,
            known,
            "as of {earlier}"
        );
    });
}
