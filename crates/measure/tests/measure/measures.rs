//! Measures: small numbers worked out by hand, and the edges of their domains.

use rapport_measure::{
    Confidence, Effort, Index, Mean, MeasureError, NetPromoter, Proportion, ProportionInterval, Scale, Tally,
    satisfaction_share,
};

use crate::{assert_close, assert_interval, counts_from_one, usual};

const METHODS: [ProportionInterval; 5] = [
    ProportionInterval::Wilson,
    ProportionInterval::Normal,
    ProportionInterval::AgrestiCoull,
    ProportionInterval::ClopperPearson,
    ProportionInterval::Jeffreys,
];

#[test]
fn no_answers_have_no_measure() {
    let empty = Tally::default();
    assert_eq!(NetPromoter::of(&empty, usual()), Ok(None));
    assert_eq!(Effort::of(&empty, usual()), Ok(None));
    assert_eq!(Mean::of(&empty, usual()), None);
    assert_eq!(Index::of(&empty, Scale::new(1, 5).unwrap(), usual()), Ok(None));
    for method in METHODS {
        assert_eq!(satisfaction_share(&empty, usual(), method), Ok(None));
        assert_eq!(Proportion::of(0, 0, usual(), method), Ok(None));
    }
}

#[test]
fn one_answer_has_a_mean_but_no_spread() {
    let tally = Tally::of([5]).unwrap();
    let mean = Mean::of(&tally, usual()).unwrap();
    assert_eq!(
        mean,
        Mean {
            n: 1,
            mean: 5.0,
            standard_deviation: None,
            interval: None
        }
    );
    let effort = Effort::of(&tally, usual()).unwrap().unwrap();
    assert_eq!((effort.standard_deviation, effort.interval), (None, None));
    assert_close(effort.top_three_share, 1.0, 0.0);
    assert_close(effort.net_easy, 0.0, 0.0);
    let index = Index::of(&tally, Scale::new(0, 10).unwrap(), usual())
        .unwrap()
        .unwrap();
    assert_eq!(
        index,
        Index {
            n: 1,
            score: 50.0,
            standard_deviation: None,
            interval: None
        }
    );
}

#[test]
fn one_answer_has_a_net_promoter_score_whose_adjusted_interval_is_wide() {
    let found = NetPromoter::of(&Tally::of([10]).unwrap(), usual())
        .unwrap()
        .unwrap();
    assert_close(found.score, 100.0, 0.0);
    assert_interval(found.interval, 100.0, 100.0, 0.0);
    assert!(found.adjusted.interval.low < 0.0 && found.adjusted.interval.high <= 100.0);
}

#[test]
fn the_net_promoter_groups_are_0_to_6_7_to_8_and_9_to_10() {
    for answer in 0..=10 {
        let found = NetPromoter::of(&Tally::of([answer]).unwrap(), usual())
            .unwrap()
            .unwrap();
        let expected = match answer {
            0..=6 => (0, 0, 1),
            7 | 8 => (0, 1, 0),
            _ => (1, 0, 0),
        };
        assert_eq!(
            (found.promoters, found.passives, found.detractors),
            expected,
            "{answer}"
        );
    }
}

#[test]
fn the_satisfaction_share_counts_answers_of_4_and_5() {
    let tally = counts_from_one(&[1, 2, 3, 4, 6]);
    let found = satisfaction_share(&tally, usual(), ProportionInterval::default())
        .unwrap()
        .unwrap();
    assert_eq!((found.part, found.whole), (10, 16));
    assert_close(found.share, 0.625, 0.0);
}

#[test]
fn a_mean_is_worked_out_by_hand() {
    let mean = Mean::of(&Tally::of([2, 4, 4, 4, 5, 5, 7, 9]).unwrap(), usual()).unwrap();
    assert_close(mean.mean, 5.0, 0.0);
    let deviation = (32.0_f64 / 7.0).sqrt();
    assert_close(mean.standard_deviation.unwrap(), deviation, 1e-15);
    let half_width = 2.364_624_251_592_784_4 * deviation / 8.0_f64.sqrt();
    assert_interval(mean.interval.unwrap(), 5.0 - half_width, 5.0 + half_width, 1e-12);
}

#[test]
fn the_spread_of_large_answers_loses_no_digits() {
    let mean = Mean::of(
        &Tally::of([1_000_000_000, 1_000_000_001, 1_000_000_002]).unwrap(),
        usual(),
    )
    .unwrap();
    assert_close(mean.standard_deviation.unwrap(), 1.0, 0.0);
}

#[test]
fn an_index_is_the_mean_moved_to_0_to_100() {
    let tally = counts_from_one(&[1, 0, 2, 3, 4]);
    let mean = Mean::of(&tally, usual()).unwrap();
    let index = Index::of(&tally, Scale::new(1, 5).unwrap(), usual())
        .unwrap()
        .unwrap();
    assert_close(index.score, 72.5, 1e-12);
    assert_close(
        index.standard_deviation.unwrap(),
        25.0 * mean.standard_deviation.unwrap(),
        1e-12,
    );
    let interval = mean.interval.unwrap();
    assert_interval(
        index.interval.unwrap(),
        25.0 * (interval.low - 1.0),
        25.0 * (interval.high - 1.0),
        1e-12,
    );
}

#[test]
fn an_index_and_its_interval_stay_within_0_and_100() {
    let index = |answers: [i64; 3]| {
        Index::of(&Tally::of(answers).unwrap(), Scale::new(1, 5).unwrap(), usual())
            .unwrap()
            .unwrap()
    };
    assert_close(index([5, 5, 4]).interval.unwrap().high, 100.0, 0.0);
    assert_close(index([1, 1, 2]).interval.unwrap().low, 0.0, 0.0);
    assert_interval(index([5, 5, 5]).interval.unwrap(), 100.0, 100.0, 0.0);
}

#[test]
fn an_index_can_have_a_scale_beyond_10() {
    let scale = Scale::new(-100, 100).unwrap();
    let index = Index::of(&Tally::of([-50, 100, 5, 45]).unwrap(), scale, usual())
        .unwrap()
        .unwrap();
    assert_close(index.score, 62.5, 1e-12);
}

#[test]
fn answers_outside_the_scale_are_refused() {
    let off = |minimum, maximum| MeasureError::OffScale { minimum, maximum };
    let with = |answer| Tally::of([3, answer]).unwrap();
    for answer in [-1, 11, 300] {
        assert_eq!(NetPromoter::of(&with(answer), usual()), Err(off(0, 10)));
    }
    for answer in [0, 8, -5] {
        assert_eq!(Effort::of(&with(answer), usual()), Err(off(1, 7)));
    }
    for answer in [0, 6, 50] {
        assert_eq!(
            satisfaction_share(&with(answer), usual(), ProportionInterval::Wilson),
            Err(off(1, 5))
        );
    }
    let scale = Scale::new(5, 100).unwrap();
    assert_eq!(Index::of(&with(50), scale, usual()), Err(off(5, 100)));
    assert_eq!(
        Index::of(&Tally::of([50, 500]).unwrap(), scale, usual()),
        Err(off(5, 100))
    );
}

#[test]
fn a_scale_has_a_length() {
    assert_eq!(
        Scale::new(5, 5),
        Err(MeasureError::Scale {
            minimum: 5,
            maximum: 5
        })
    );
    let scale = Scale::new(i64::MIN, i64::MAX).unwrap();
    assert_eq!((scale.minimum(), scale.maximum()), (i64::MIN, i64::MAX));
    let index = Index::of(&Tally::of([0, 0]).unwrap(), scale, usual())
        .unwrap()
        .unwrap();
    assert_close(index.score, 50.0, 1e-12);
}

#[test]
fn a_part_lies_within_its_whole() {
    for (part, whole) in [(-1, 5), (6, 5), (0, -1), (-2, -1)] {
        let found = Proportion::of(part, whole, usual(), ProportionInterval::Wilson);
        assert_eq!(found, Err(MeasureError::Share { part, whole }));
    }
}

#[test]
fn a_confidence_level_lies_between_0_and_1() {
    for level in [0.0, 1e-300, 1.0, -0.5, 95.0, f64::INFINITY] {
        assert_eq!(Confidence::new(level), Err(MeasureError::Confidence { level }));
    }
    assert!(Confidence::new(f64::NAN).is_err());
    assert_eq!(Confidence::new(0.95), Ok(usual()));
    assert_close(Confidence::new(0.9).unwrap().level(), 0.9, 0.0);
}

#[test]
fn even_extreme_levels_and_sizes_give_limits() {
    let counts = [0, 1, 2, 1_000, 500_000, 1_000_000_000];
    for level in [1e-15, 1e-9, 0.5, 1.0 - f64::EPSILON / 2.0] {
        let confidence = Confidence::new(level).unwrap();
        for whole in counts {
            for part in counts.into_iter().filter(|part| *part <= whole && whole > 0) {
                for method in METHODS {
                    let found = Proportion::of(part, whole, confidence, method)
                        .unwrap()
                        .unwrap()
                        .interval;
                    assert!(
                        0.0 <= found.low && found.low <= found.high + 1e-12 && found.high <= 1.0,
                        "{part}/{whole} {method:?} {level}: {found:?}"
                    );
                }
            }
        }
        let mean = Mean::of(&Tally::of([1, 2]).unwrap(), confidence).unwrap();
        assert!(mean.interval.unwrap().low.is_finite());
    }
}
