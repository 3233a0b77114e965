//! Properties that hold for every set of answers.

use proptest::collection::vec;
use proptest::prelude::*;
use rapport_measure::{
    Confidence, Effort, Index, Mean, NetPromoter, Proportion, ProportionInterval, Scale, Tally,
    satisfaction_share,
};

use crate::{assert_close, usual};

fn any_answers() -> impl Strategy<Value = Vec<i64>> {
    vec(
        prop_oneof![4 => 0..=10_i64, 1 => -1_000_000..1_000_000_i64],
        0..60,
    )
}

fn any_confidence() -> impl Strategy<Value = Confidence> {
    (0.01..0.999_999_f64).prop_map(|level| Confidence::new(level).unwrap())
}

fn any_share() -> impl Strategy<Value = (i64, i64)> {
    prop_oneof![1..40_i64, 1..200_000_i64].prop_flat_map(|whole| (0..=whole, Just(whole)))
}

fn tally(answers: &[i64]) -> Tally {
    Tally::of(answers.iter().copied()).unwrap()
}

fn sum(left: &Tally, right: &Tally) -> Tally {
    let mut sum = *left;
    sum.add_tally(right).unwrap();
    sum
}

proptest! {
    #[test]
    fn what_is_added_is_subtracted_exactly(kept in any_answers(), taken in any_answers()) {
        let mut found = tally(&kept);
        for answer in &taken {
            found.add_value(*answer).unwrap();
        }
        for answer in taken.iter().rev() {
            found.subtract_value(*answer).unwrap();
        }
        prop_assert_eq!(found, tally(&kept));
        found.add_tally(&tally(&taken)).unwrap();
        found.subtract_tally(&tally(&kept)).unwrap();
        prop_assert_eq!(found, tally(&taken));
    }

    #[test]
    fn tallies_merge_in_any_grouping_and_order(one in any_answers(), two in any_answers(), three in any_answers()) {
        let whole = tally(&[one.clone(), two.clone(), three.clone()].concat());
        let (one, two, three) = (tally(&one), tally(&two), tally(&three));
        prop_assert_eq!(sum(&sum(&one, &two), &three), whole);
        prop_assert_eq!(sum(&one, &sum(&two, &three)), whole);
        prop_assert_eq!(sum(&three, &sum(&two, &one)), whole);
    }

    #[test]
    fn the_net_promoter_score_of_counts_is_that_of_the_answers(answers in vec(0..=10_i64, 1..200)) {
        let scored: Vec<f64> = answers
            .iter()
            .map(|answer| match answer {
                9 | 10 => 1.0,
                7 | 8 => 0.0,
                _ => -1.0,
            })
            .collect();
        let n = f64::from(u32::try_from(scored.len()).unwrap());
        let mean = scored.iter().sum::<f64>() / n;
        let variance = scored.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / n;
        let found = NetPromoter::of(&tally(&answers), usual()).unwrap().unwrap();
        assert_close(found.score, 100.0 * mean, 1e-9);
        assert_close(found.variance, variance, 1e-12);
        assert_close(found.standard_error, 100.0 * (variance / n).sqrt(), 1e-9);
        prop_assert!(found.interval.contains(found.score));
        prop_assert!(found.adjusted.interval.contains(found.adjusted.score));
        prop_assert!(-100.0 <= found.interval.low && found.interval.high <= 100.0);
        prop_assert!(-100.0 <= found.adjusted.interval.low && found.adjusted.interval.high <= 100.0);
    }

    #[test]
    fn the_mean_and_spread_of_a_tally_are_those_of_the_answers(answers in any_answers(), confidence in any_confidence()) {
        let Some(found) = Mean::of(&tally(&answers), confidence) else {
            prop_assert!(answers.is_empty());
            return Ok(());
        };
        let values: Vec<f64> = answers.iter().map(|answer| f64::from(i32::try_from(*answer).unwrap())).collect();
        let n = f64::from(u32::try_from(values.len()).unwrap());
        let mean = values.iter().sum::<f64>() / n;
        assert_close(found.mean, mean, 1e-9);
        prop_assert_eq!(found.standard_deviation.is_some(), values.len() > 1);
        prop_assert_eq!(found.interval.is_some(), values.len() > 1);
        if let (Some(deviation), Some(interval)) = (found.standard_deviation, found.interval) {
            let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
            assert_close(deviation, (squares / (n - 1.0)).sqrt(), 1e-6);
            prop_assert!(interval.contains(found.mean));
        }
    }

    #[test]
    fn indices_and_efforts_stay_on_their_scales(answers in vec(1..=7_i64, 1..60), confidence in any_confidence()) {
        let tally = tally(&answers);
        let effort = Effort::of(&tally, confidence).unwrap().unwrap();
        prop_assert!((1.0..=7.0).contains(&effort.mean));
        prop_assert!((0.0..=1.0).contains(&effort.top_three_share));
        prop_assert!((-1.0..=1.0).contains(&effort.net_easy));
        let index = Index::of(&tally, Scale::new(1, 7).unwrap(), confidence).unwrap().unwrap();
        prop_assert!((0.0..=100.0).contains(&index.score));
        assert_close(index.score, (effort.mean - 1.0) / 6.0 * 100.0, 1e-9);
        if let Some(interval) = index.interval {
            prop_assert!(interval.contains(index.score));
            prop_assert!(0.0 <= interval.low && interval.high <= 100.0);
        }
    }

    #[test]
    fn the_satisfaction_share_of_counts_is_that_of_the_answers(answers in vec(1..=5_i64, 1..200)) {
        let satisfied = i64::try_from(answers.iter().filter(|answer| **answer >= 4).count()).unwrap();
        let whole = i64::try_from(answers.len()).unwrap();
        let method = ProportionInterval::Wilson;
        prop_assert_eq!(
            satisfaction_share(&tally(&answers), usual(), method),
            Proportion::of(satisfied, whole, usual(), method)
        );
    }

    #[test]
    fn intervals_contain_the_share(share in any_share(), confidence in any_confidence()) {
        let (part, whole) = share;
        for method in [
            ProportionInterval::Wilson,
            ProportionInterval::Normal,
            ProportionInterval::AgrestiCoull,
            ProportionInterval::ClopperPearson,
            ProportionInterval::Jeffreys,
        ] {
            let found = Proportion::of(part, whole, confidence, method).unwrap().unwrap();
            let interval = found.interval;
            prop_assert!(0.0 <= interval.low && interval.low <= interval.high && interval.high <= 1.0);
            // The middle of a posterior distribution need not hold the share: at 0 and 1 it never does, and at low
            // levels it does not where the distribution is skew.
            let must = method != ProportionInterval::Jeffreys
                || (0 < part && part < whole && confidence.level() >= 0.8);
            let slack = 1e-13;
            let contained = interval.low - slack <= found.share && found.share <= interval.high + slack;
            prop_assert!(contained || !must, "{:?} {:?}", method, found);
        }
    }

    #[test]
    fn intervals_of_the_complement_are_mirrored_and_higher_levels_are_wider(share in any_share()) {
        let (part, whole) = share;
        for method in [
            ProportionInterval::Wilson,
            ProportionInterval::AgrestiCoull,
            ProportionInterval::ClopperPearson,
            ProportionInterval::Jeffreys,
        ] {
            let interval = |part, level| {
                let confidence = Confidence::new(level).unwrap();
                Proportion::of(part, whole, confidence, method).unwrap().unwrap().interval
            };
            let (one, other) = (interval(part, 0.9), interval(whole - part, 0.9));
            assert_close(one.low, 1.0 - other.high, 1e-12);
            assert_close(one.high, 1.0 - other.low, 1e-12);
            let wider = interval(part, 0.99);
            prop_assert!(wider.low <= one.low + 1e-13 && one.high <= wider.high + 1e-13);
        }
    }
}
