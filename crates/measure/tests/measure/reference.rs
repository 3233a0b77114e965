//! The reference numbers of the project, computed by statsmodels.

use rapport_measure::{Effort, NetPromoter, Proportion, ProportionInterval, Tally};
use serde_json::Value;

use crate::{assert_close, assert_interval, counts_from_one, usual};

const TOLERANCE: f64 = 1e-9;

fn reference() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/data/reference/satisfaction/metrics.json"
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[track_caller]
fn assert_limits(found: rapport_measure::Interval, expected: &Value) {
    assert_interval(found, number(&expected[0]), number(&expected[1]), TOLERANCE);
}

#[test]
fn the_net_promoter_score_is_the_reference() {
    let expected = &reference()["nps_promoters120_passives50_detractors30"];
    let tally = Tally::from_counts([1, 2, 3, 4, 5, 6, 9, 20, 30, 50, 70]).unwrap();
    let found = NetPromoter::of(&tally, usual()).unwrap().unwrap();
    assert_eq!((found.promoters, found.passives, found.detractors), (120, 50, 30));
    assert_eq!(Some(found.n), expected["n"].as_i64());
    assert_close(found.score, number(&expected["nps"]), TOLERANCE);
    assert_close(found.variance, number(&expected["var"]), TOLERANCE);
    assert_close(found.standard_error, number(&expected["se"]), TOLERANCE);
    assert_close(found.margin_of_error, number(&expected["moe"]), TOLERANCE);
    assert_limits(found.interval, &expected["ci"]);
    assert_close(found.adjusted.score, number(&expected["adj_nps"]), TOLERANCE);
    assert_close(
        found.adjusted.standard_error,
        number(&expected["adj_se"]),
        TOLERANCE,
    );
    assert_limits(found.adjusted.interval, &expected["adj_ci"]);
}

#[test]
fn the_intervals_of_a_share_are_the_reference() {
    let methods = [
        ("normal", ProportionInterval::Normal),
        ("wilson", ProportionInterval::Wilson),
        ("agresti_coull", ProportionInterval::AgrestiCoull),
        ("beta", ProportionInterval::ClopperPearson),
        ("jeffreys", ProportionInterval::Jeffreys),
    ];
    let reference = reference();
    for (text, part, whole) in [("412/500", 412, 500), ("0/12", 0, 12)] {
        let expected = reference["csat_ci"][text].as_object().unwrap();
        assert_eq!(expected.len(), methods.len());
        for (name, method) in methods {
            let found = Proportion::of(part, whole, usual(), method).unwrap().unwrap();
            assert_limits(found.interval, &expected[name]);
        }
    }
}

#[test]
fn the_effort_score_is_the_reference() {
    let reference = reference();
    let counts = reference["ces_7pt_counts_from_7_down_to_1"].as_array().unwrap();
    let counts: Vec<i64> = counts.iter().rev().map(|count| count.as_i64().unwrap()).collect();
    let found = Effort::of(&counts_from_one(&counts), usual()).unwrap().unwrap();
    let expected = &reference["ces"];
    assert_eq!(Some(found.n), expected["n"].as_i64());
    assert_close(found.mean, number(&expected["mean"]), TOLERANCE);
    assert_close(
        found.standard_deviation.unwrap(),
        number(&expected["sd"]),
        TOLERANCE,
    );
    assert_limits(found.interval.unwrap(), &expected["t_ci"]);
    assert_close(found.top_three_share, number(&expected["top3_share"]), TOLERANCE);
    assert_close(found.net_easy, number(&expected["net_easy"]), TOLERANCE);
}
