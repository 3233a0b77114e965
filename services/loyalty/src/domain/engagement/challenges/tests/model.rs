//! Random histories against a naive model, which tries all possibilities each time.

use std::collections::BTreeMap;

use jiff::{SignedDuration, ToSpan as _, civil::Date};

use super::*;
use rapport_testkit::Random;

const HISTORIES: usize = 20_000;

/// The first day of all histories. On 8 March the clocks go forward.
const FIRST_DAY: Date = jiff::civil::date(2026, 2, 23);

/// The key of the period that a day lies in, without any arithmetic of ours.
fn key(period: Period, day: Date) -> (i16, i16) {
    match period {
        Period::Day => (day.year(), day.day_of_year()),
        Period::Week => (day.iso_week_date().year(), i16::from(day.iso_week_date().week())),
        Period::Month => (day.year(), i16::from(day.month())),
    }
}

/// All periods that histories touch, in their order.
fn periods(period: Period) -> Vec<(i16, i16)> {
    let mut keys: Vec<_> = (0..40).map(|days| key(period, FIRST_DAY + days.days())).collect();
    keys.dedup();
    keys
}

fn day(activity: &Activity) -> Date {
    new_york().to_datetime(activity.time).date()
}

/// Activities with what is left of them, in the order of time.
type History = Vec<(Activity, i64)>;

fn longest_run(history: &[(Activity, i64)], period: Period, per_period: i64, freezes: i64) -> i64 {
    let mut counts: BTreeMap<(i16, i16), i64> = BTreeMap::new();
    for (activity, _) in history {
        *counts.entry(key(period, day(activity))).or_default() += 1;
    }
    let active: Vec<bool> = periods(period)
        .iter()
        .map(|key| counts.get(key).is_some_and(|count| *count >= per_period))
        .collect();
    let mut longest = 0;
    for first in 0..active.len() {
        let (mut met, mut missed) = (0, 0);
        for period in active[first..].iter().take_while(|_| active[first]) {
            if *period {
                met += 1;
            } else {
                missed += 1;
            }
            if *period && missed <= freezes {
                longest = longest.max(met);
            }
        }
    }
    longest
}

fn can_be_done(steps: &[Filter], history: &[(Activity, i64)]) -> bool {
    let Some((first, rest)) = steps.split_first() else {
        return true;
    };
    (0..history.len()).any(|place| {
        let (activity, left) = &history[place];
        first.allows(activity, *left) && can_be_done(rest, &history[place + 1..])
    })
}

fn value(terms: &Terms, history: &[(Activity, i64)]) -> i64 {
    let different = |names: Vec<&Option<String>>| {
        let names: BTreeSet<_> = names.into_iter().flatten().collect();
        i64::try_from(names.len()).unwrap()
    };
    match &terms.goal {
        Goal::Streak {
            period,
            activities_per_period,
            freezes,
        } => longest_run(history, *period, *activities_per_period, *freezes),
        Goal::Count => i64::try_from(history.len()).unwrap(),
        Goal::Spend { .. } => history.iter().map(|(_, left)| left).sum(),
        Goal::DistinctCategories => {
            different(history.iter().map(|(activity, _)| &activity.category).collect())
        }
        Goal::DistinctLocations => {
            different(history.iter().map(|(activity, _)| &activity.location).collect())
        }
        Goal::Steps { steps } => {
            let done = (0..=steps.len())
                .filter(|done| can_be_done(&steps[..*done], history))
                .max();
            i64::try_from(done.unwrap()).unwrap()
        }
    }
}

/// What stands of all that is known, by instance.
fn histories(terms: &Terms, known: &[Command]) -> BTreeMap<Option<(i16, i16)>, History> {
    let mut histories: BTreeMap<Option<(i16, i16)>, History> = BTreeMap::new();
    for command in known {
        let Command::Record(activity) = command else {
            continue;
        };
        let mut left = activity.amount.map_or(0, |amount| amount.minor);
        let mut undone = false;
        for other in known {
            match other {
                Command::Reverse(reversal) if reversal.activity == activity.id => match reversal.minor {
                    Some(minor) => left -= minor,
                    None => undone = true,
                },
                _ => {}
            }
        }
        undone |= activity.amount.is_some() && left <= 0;
        let counts = terms.filter.kinds.contains(&activity.kind)
            && terms
                .filter
                .minimum_minor
                .is_none_or(|minimum| left.max(0) >= minimum)
            && terms.end_time.is_none_or(|end| activity.time < end);
        if counts && !undone {
            let instance = match terms.recurrence {
                Recurrence::Once => None,
                Recurrence::Each(period) => Some(key(period, day(activity))),
            };
            histories
                .entry(instance)
                .or_default()
                .push((activity.clone(), left.max(0)));
        }
    }
    for history in histories.values_mut() {
        history.sort_by_key(|(activity, _)| (activity.time, activity.id.clone()));
    }
    histories
}

/// Instance, level, and when it is reached.
type Reached = Vec<(Option<(i16, i16)>, usize, Timestamp)>;

fn reached(terms: &Terms, known: &[Command]) -> Reached {
    let mut reached = Vec::new();
    for (instance, history) in histories(terms, known) {
        let values: Vec<i64> = (1..=history.len())
            .map(|length| value(terms, &history[..length]))
            .collect();
        for (level, target) in terms.levels.iter().map(|level| level.target).enumerate() {
            let enough = values.iter().position(|value| *value >= target);
            if let Some(place) = enough {
                reached.push((instance, level, history[place].0.time));
            }
        }
    }
    reached
}

fn random_terms(random: &mut Random) -> Terms {
    let period = [Period::Day, Period::Week, Period::Month][random.below(3)];
    let goal = match random.below(6) {
        0 => Goal::Count,
        1 => Goal::Spend {
            currency: Currency::USD,
        },
        2 => Goal::DistinctCategories,
        3 => Goal::DistinctLocations,
        4 => Goal::Steps {
            steps: (0..3).map(|_| random_filter(random)).collect(),
        },
        _ => Goal::Streak {
            period,
            activities_per_period: random.between(1, 2),
            freezes: random.between(0, 2),
        },
    };
    let unit = if matches!(goal, Goal::Spend { .. }) { 7 } else { 1 };
    let mut terms = terms(goal, vec![level(unit, 1), level(2 * unit, 2), level(3 * unit, 3)]);
    terms.filter.kinds = names(&["purchase", "visit"]);
    if random.one_in(3) {
        terms.filter.minimum_minor = Some(3);
    }
    if random.one_in(3) {
        terms.end_time = Some(moment("2026-03-12T07:00:00Z"));
    }
    let streak = matches!(terms.goal, Goal::Streak { .. });
    if random.one_in(2) && !streak {
        terms.recurrence = Recurrence::Each([Period::Day, Period::Week, Period::Month][random.below(3)]);
    }
    terms
}

fn random_filter(random: &mut Random) -> Filter {
    Filter {
        kinds: names(&[["purchase", "visit"][random.below(2)]]),
        ..Filter::default()
    }
}

fn random_news(random: &mut Random, step: usize) -> Command {
    if random.one_in(3) {
        return Command::Reverse(Reversal {
            id: step.to_string(),
            activity: random.below(step + 2).to_string(),
            minor: if random.one_in(3) {
                None
            } else {
                Some(random.between(1, 6))
            },
        });
    }
    let mut time = moment("2026-02-23T05:00:00Z");
    time += SignedDuration::from_hours(random.between(0, 20 * 24))
        + SignedDuration::from_secs(random.between(-1, 1).max(0));
    Command::Record(Activity {
        id: step.to_string(),
        kind: ["purchase", "visit", "review"][random.below(3)].to_owned(),
        time,
        amount: if random.one_in(4) {
            None
        } else {
            Some(dollars(random.between(1, 8)))
        },
        category: (!random.one_in(4)).then(|| random.below(4).to_string()),
        location: (!random.one_in(4)).then(|| random.below(4).to_string()),
    })
}

/// Everything that stands, with the keys of the model.
fn standing_reached(example: &Example) -> Reached {
    let rules = example.rules();
    let period = match example.terms.recurrence {
        Recurrence::Once => None,
        Recurrence::Each(period) => Some(period),
    };
    let mut reached: Reached = example
        .standing
        .awards()
        .map(|award| {
            let now_reached = example.standing.progress(award.instance, &rules).reached[award.level];
            let instance = award.instance.map(|day| key(period.unwrap(), day));
            (instance, award.level, now_reached)
        })
        .collect();
    reached.sort_unstable();
    reached
}

#[test]
fn random_histories_reach_what_a_naive_model_reaches_in_any_order_of_the_news() {
    let mut random = Random::announced("challenges");
    let (mut given, mut taken) = (0, 0);
    for history in 0..HISTORIES {
        let terms = random_terms(&mut random);
        let mut example = Example::new(terms.clone());
        let mut known: Vec<Command> = Vec::new();
        let mut live: BTreeMap<Uuid, bool> = BTreeMap::new();
        for step in 0..random.below(14) {
            let news = random_news(&mut random, step);
            known.push(news.clone());
            let context = || format!("history {history}, {terms:#?}, {known:#?}");
            for effect in example.take(&news).effects() {
                let id = effect.grant().id;
                if matches!(effect, Effect::Give(_)) {
                    assert_eq!(live.insert(id, true), None, "given twice: {}", context());
                    given += 1;
                } else {
                    assert_eq!(
                        live.insert(id, false),
                        Some(true),
                        "taken without being given: {}",
                        context()
                    );
                    taken += 1;
                }
            }
            let expected = reached(&terms, &known);
            assert_eq!(standing_reached(&example), expected, "{}", context());
            let standing: BTreeSet<Uuid> = example
                .standing
                .awards()
                .flat_map(|award| award.grants.iter().map(|grant| grant.id))
                .collect();
            let given: BTreeSet<Uuid> = live
                .iter()
                .filter(|(_, live)| **live)
                .map(|(id, _)| *id)
                .collect();
            assert_eq!(standing, given, "{}", context());
        }
        let mut shuffled = known.clone();
        random.shuffle(&mut shuffled);
        let mut other = Example::new(terms.clone());
        for news in &shuffled {
            other.take(news);
        }
        let context = || format!("history {history}, {terms:#?}, in the order {shuffled:#?}");
        assert_eq!(
            standing_reached(&other),
            standing_reached(&example),
            "{}",
            context()
        );
    }
    println!("{given} given, {taken} taken back");
    assert!(
        given > 10_000 && taken > 1_000,
        "the histories hardly did anything"
    );
}

#[test]
fn one_more_activity_never_makes_less_progress() {
    let mut random = Random::announced("more activity");
    for history in 0..HISTORIES / 4 {
        let terms = random_terms(&mut random);
        let zone = new_york();
        let rules = Rules {
            terms: &terms,
            zone: &zone,
        };
        let activities: Vec<Activity> = (0..8)
            .filter_map(|step| match random_news(&mut random, step) {
                Command::Record(activity) => Some(activity),
                Command::Reverse(_) => None,
            })
            .collect();
        let of = |activities: &[Activity]| {
            progress(
                &rules,
                activities
                    .iter()
                    .map(|activity| (activity, activity.amount.map_or(0, |a| a.minor))),
            )
        };
        let all = of(&activities);
        for place in 0..activities.len() {
            let mut fewer = activities.clone();
            fewer.remove(place);
            let less = of(&fewer);
            assert!(
                less.value <= all.value && less.reached.len() <= all.reached.len(),
                "history {history}: {} without {:?}, {} with it; {terms:#?}, {activities:#?}",
                less.value,
                activities[place],
                all.value
            );
        }
    }
}
