//! Lifecycle stages.

use proptest::prelude::*;
use rapport_value::{
    Day,
    lifecycle::{Evaluation, LifecycleConfig, Reason, Stage, evaluate},
    purchase_model::{PurchaseFamily, PurchaseModel},
};

use crate::purchase_model::model;

const CONFIG_VERSION: u32 = 1;

fn days(numbers: &[i32]) -> Vec<Day> {
    numbers.iter().copied().map(Day).collect()
}

/// By the recency rule with the default configuration, known since day 0.
fn by_silence(purchases: &[i32], as_of: i32) -> Evaluation {
    evaluate(
        Day(0),
        &days(purchases),
        &LifecycleConfig::default(),
        None,
        Day(as_of),
    )
}

fn path(evaluation: &Evaluation) -> Vec<(i32, Stage, Reason)> {
    evaluation
        .transitions
        .iter()
        .map(|change| (change.day.0, change.to, change.reason))
        .collect()
}

fn cdnow_model() -> PurchaseModel {
    model(PurchaseFamily::BgNbd, &[0.243, 4.414, 0.793, 2.426])
}

#[test]
fn the_defaults_are_valid_and_contradictions_are_named() {
    let config = LifecycleConfig::default();
    assert_eq!(config.validate(), Ok(()));
    let broken = LifecycleConfig {
        gap_recovered: 3.0,
        ..config
    };
    assert!(
        broken
            .validate()
            .unwrap_err()
            .to_string()
            .contains("gap_recovered")
    );
    let broken = LifecycleConfig {
        probability_recovered: 0.2,
        ..config
    };
    assert!(
        broken
            .validate()
            .unwrap_err()
            .to_string()
            .contains("probability_recovered")
    );
    let broken = LifecycleConfig {
        horizon_weeks: f64::NAN,
        ..config
    };
    assert!(
        broken
            .validate()
            .unwrap_err()
            .to_string()
            .contains("horizon_weeks")
    );
}

#[test]
fn a_known_person_without_purchase_is_potential() {
    let found = by_silence(&[], 1_000);
    assert_eq!(
        (found.stage, found.since, found.next_change),
        (Stage::Potential, Day(0), None)
    );
    assert!(found.transitions.is_empty());
    assert_eq!(found.config_version, CONFIG_VERSION);
    assert_eq!(by_silence(&[50], 49).stage, Stage::Potential);
}

#[test]
fn purchases_lead_from_new_over_growth_to_mature() {
    let found = by_silence(&[10, 60, 110, 160, 190], 200);
    // The fifth purchase comes on day 190 = first + 180.
    assert_eq!(
        path(&found),
        [
            (10, Stage::New, Reason::FirstPurchase),
            (60, Stage::Growth, Reason::RepeatPurchase),
            (190, Stage::Mature, Reason::Established)
        ]
    );
    assert_eq!((found.stage, found.since), (Stage::Mature, Day(190)));
}

#[test]
fn tenure_alone_makes_a_frequent_buyer_mature_on_the_exact_day() {
    let purchases = [0, 30, 60, 90, 120, 150];
    assert_eq!(by_silence(&purchases, 179).stage, Stage::Growth);
    assert_eq!(by_silence(&purchases, 179).next_change, Some(Day(180)));
    let found = by_silence(&purchases, 181);
    assert_eq!((found.stage, found.since), (Stage::Mature, Day(180)));
}

#[test]
fn silence_leads_over_declining_to_churned_and_a_purchase_wins_back() {
    // Two purchases: the usual rhythm of 60 days. Warning at 120 days of silence, churn at 240.
    let found = by_silence(&[0, 50, 400, 420], 430);
    assert_eq!(
        path(&found),
        [
            (0, Stage::New, Reason::FirstPurchase),
            (50, Stage::Growth, Reason::RepeatPurchase),
            (170, Stage::Declining, Reason::SilenceWarning),
            (290, Stage::Churned, Reason::SilenceChurn),
            (400, Stage::WonBack, Reason::ReturnPurchase),
            (420, Stage::Growth, Reason::Settled),
        ]
    );
    let warning = found.transitions[2];
    assert_eq!((warning.from, warning.inputs.purchases), (Stage::Growth, 2));
    assert_eq!(
        (warning.inputs.silence_days, warning.inputs.probability),
        (Some(120), None)
    );
    assert!((warning.inputs.rhythm_days - 60.0).abs() < 1e-12, "{warning:?}");
    let return_purchase = found.transitions[4];
    assert_eq!(
        return_purchase.inputs.silence_days,
        Some(350),
        "the gap before the purchase"
    );
}

#[test]
fn the_customers_own_rhythm_counts_once_it_is_known() {
    // Gaps of 100 days: warning after 200 days instead of 120.
    let purchases = [0, 100, 200, 300];
    assert_eq!(by_silence(&purchases, 300).next_change, Some(Day(500)));
    // Gaps of 7 days: the shortest rhythm is 30, so the warning comes after 60 days.
    assert_eq!(by_silence(&[0, 7, 14, 21], 21).next_change, Some(Day(81)));
}

#[test]
fn one_late_purchase_does_not_end_declining_but_the_old_pace_or_a_second_one_does() {
    let late = by_silence(&[0, 50, 180], 200);
    assert_eq!(
        late.stage,
        Stage::Declining,
        "a gap of 130 days is more than 1.5 rhythms of 60"
    );
    let pace = by_silence(&[0, 50, 180, 250], 250);
    assert_eq!(
        path(&pace).last(),
        Some(&(250, Stage::Growth, Reason::RhythmRecovered))
    );
    let second = by_silence(&[0, 50, 180, 290], 290);
    assert_eq!(
        path(&second).last(),
        Some(&(290, Stage::Growth, Reason::PurchasesRecovered))
    );
}

#[test]
fn time_alone_respects_the_minimum_dwell_and_a_purchase_does_not() {
    let config = LifecycleConfig {
        minimum_dwell_days: 300,
        ..LifecycleConfig::default()
    };
    let found = evaluate(Day(0), &days(&[0, 10]), &config, None, Day(2_000));
    assert_eq!(
        path(&found),
        [
            (0, Stage::New, Reason::FirstPurchase),
            (10, Stage::Growth, Reason::RepeatPurchase),
            (310, Stage::Declining, Reason::SilenceWarning),
            (610, Stage::Churned, Reason::SilenceChurn),
        ]
    );
}

#[test]
fn with_a_model_the_probability_decides_and_the_reason_says_so() {
    let (config, model) = (LifecycleConfig::default(), cdnow_model());
    let found = evaluate(Day(0), &days(&[0]), &config, Some(&model), Day(3_000));
    let steps = path(&found);
    assert_eq!(steps[1].1, Stage::Declining);
    assert_eq!(steps[1].2, Reason::ProbabilityWarning);
    assert_eq!(steps[2].1, Stage::Churned);
    assert_eq!(steps[2].2, Reason::ProbabilityChurn);
    let probability = |day: i32| {
        evaluate(
            Day(0),
            &days(&[0]),
            &LifecycleConfig {
                minimum_dwell_days: 0,
                ..config
            },
            Some(&model),
            Day(day),
        )
        .transitions
        .last()
        .and_then(|change| change.inputs.probability)
        .unwrap()
    };
    let warning = found.transitions[1].inputs.probability.unwrap();
    assert!(
        warning < 0.3 && warning > 0.29,
        "the first day below 0.3 has {warning}"
    );
    assert!(probability(steps[2].0) < 0.1);
    assert!(Reason::ProbabilityChurn.to_string().contains("purchase model"));
    assert!(Reason::SilenceChurn.to_string().contains("recency rule"));
}

#[test]
fn with_a_model_declining_ends_only_at_the_higher_probability() {
    let (config, model) = (LifecycleConfig::default(), cdnow_model());
    let alone = evaluate(Day(0), &days(&[0]), &config, Some(&model), Day(400));
    assert_eq!(alone.stage, Stage::Declining, "{:?}", path(&alone));
    let back = evaluate(Day(0), &days(&[0, 400]), &config, Some(&model), Day(400));
    let change = back.transitions.last().unwrap();
    let probability = change.inputs.probability.unwrap();
    assert_eq!(
        (change.to, change.reason),
        (Stage::Growth, Reason::ProbabilityRecovered)
    );
    assert!(probability >= 0.4, "{probability}");
    let strict = LifecycleConfig {
        probability_recovered: probability + 0.01,
        ..config
    };
    let still = evaluate(Day(0), &days(&[0, 400]), &strict, Some(&model), Day(400));
    assert_eq!(still.stage, Stage::Declining);
}

#[test]
fn extreme_days_and_numbers_do_not_panic() {
    let extreme = [i32::MIN, -1, 0, i32::MAX - 1, i32::MAX];
    let odd = LifecycleConfig {
        growth_purchases: 0,
        own_rhythm_gaps: 0,
        rhythm_bounds_days: (120, 30),
        silence_declining: f64::INFINITY,
        silence_churned: f64::NAN,
        minimum_dwell_days: i32::MIN,
        ..LifecycleConfig::default()
    };
    for config in [LifecycleConfig::default(), odd] {
        for model in [None, Some(&cdnow_model())] {
            let found = evaluate(Day(i32::MIN), &days(&extreme), &config, model, Day(i32::MAX));
            assert!(
                found.transitions.is_sorted_by_key(|change| change.day),
                "{:?}",
                path(&found)
            );
        }
    }
}

fn histories() -> impl Strategy<Value = Vec<i32>> {
    prop::collection::vec(prop_oneof![3 => 1..90_i32, 1 => 90..700_i32], 0..14).prop_map(|gaps| {
        gaps.iter()
            .scan(0, |day, gap| {
                *day += gap;
                Some(*day)
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn an_earlier_evaluation_is_the_beginning_of_a_later_one(
        purchases in histories(), earlier in 0..4_000_i32, later in 0..3_000_i32, with_model in any::<bool>(),
        dwell in 0..60_i32,
    ) {
        let model = cdnow_model();
        let model = with_model.then_some(&model);
        let config = LifecycleConfig { minimum_dwell_days: dwell, ..LifecycleConfig::default() };
        let at = |as_of: i32| evaluate(Day(0), &days(&purchases), &config, model, Day(as_of));
        let (before, after) = (at(earlier), at(earlier + later));
        prop_assert!(after.transitions.starts_with(&before.transitions), "{before:?}\n{after:?}");
        let cut = after.transitions.iter().filter(|change| change.day <= Day(earlier)).count();
        prop_assert_eq!(cut, before.transitions.len(), "every change up to the earlier day must be known by then");
    }

    #[test]
    fn order_and_duplicates_do_not_matter(purchases in histories(), as_of in 0..5_000_i32, turn in 0..20_usize) {
        let config = LifecycleConfig::default();
        let mut turned = days(&purchases);
        turned.extend(days(&purchases));
        if !turned.is_empty() {
            let middle = turn % turned.len();
            turned.rotate_left(middle);
        }
        let plain = evaluate(Day(0), &days(&purchases), &config, None, Day(as_of));
        prop_assert_eq!(evaluate(Day(0), &turned, &config, None, Day(as_of)), plain);
    }

    #[test]
    fn transitions_form_a_chain_and_the_next_change_happens_on_its_day(
        purchases in histories(), as_of in 0..5_000_i32, with_model in any::<bool>(),
    ) {
        let model = cdnow_model();
        let model = with_model.then_some(&model);
        let config = LifecycleConfig::default();
        let known = days(&purchases).into_iter().filter(|&day| day <= Day(as_of)).collect::<Vec<_>>();
        let found = evaluate(Day(0), &known, &config, model, Day(as_of));
        let mut stage = Stage::Potential;
        let mut since = Day(0);
        for change in &found.transitions {
            prop_assert_eq!(change.from, stage);
            prop_assert!(change.to != stage && since <= change.day && change.day <= Day(as_of), "{change:?}");
            (stage, since) = (change.to, change.day);
        }
        prop_assert_eq!((found.stage, found.since), (stage, since));
        if let Some(next) = found.next_change {
            prop_assert!(next > Day(as_of));
            let eve = evaluate(Day(0), &known, &config, model, next.plus_days(-1));
            prop_assert_eq!(&eve.transitions, &found.transitions);
            let changed = evaluate(Day(0), &known, &config, model, next);
            prop_assert_eq!(changed.since, next);
            prop_assert_eq!(changed.transitions.len(), found.transitions.len() + 1);
        }
    }
}
