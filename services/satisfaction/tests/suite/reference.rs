//! NPS, CSAT and CES through the service, against the reference numbers.

use rapport_contract::{
    feedback::v1::ScoreKind,
    satisfaction::v1::{Metric, MetricRow},
};
use serde_json::Value;

use crate::world::{World, assert_close, many};

fn reference() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/data/reference/satisfaction/metrics.json"
    );
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path} can be read: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// How many answers there are of which score.
type Counts = &'static [(i32, usize)];

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

/// Compares value and interval; the reference is multiplied with a factor to come to the unit of the contract.
fn assert_row(row: &MetricRow, value: f64, interval: &Value, factor: f64, what: &str) {
    assert_close(row.value, value * factor, &format!("{what}: value"));
    let found = row
        .interval
        .unwrap_or_else(|| panic!("{what} has an interval: {row:?}"));
    assert_close(
        found.low,
        number(&interval[0]) * factor,
        &format!("{what}: lower limit"),
    );
    assert_close(
        found.high,
        number(&interval[1]) * factor,
        &format!("{what}: upper limit"),
    );
}

#[tokio::test]
async fn nps_with_its_wald_interval_is_that_of_the_reference() {
    let reference = &reference()["nps_promoters120_passives50_detractors30"];
    let world = World::new().await;
    let counts = [(10, 70), (9, 50), (8, 30), (7, 20), (6, 10), (3, 10), (0, 10)];
    world.score(&many(ScoreKind::Recommendation, &counts)).await;
    let row = world.total(Metric::Nps).await;
    assert_row(&row, number(&reference["nps"]), &reference["ci"], 1.0, "NPS");
    assert_eq!(row.answer_count, 200);
    assert_eq!((row.top_share, row.bottom_share), (Some(0.6), Some(0.15)));
    assert_eq!(row.score_counts, [10, 0, 0, 10, 0, 0, 10, 20, 30, 50, 70]);
    assert_eq!(row.standard_deviation, None);
}

#[tokio::test]
async fn csat_with_its_wilson_interval_is_that_of_the_reference() {
    let reference = &reference()["csat_ci"];
    let cases: [(&str, Counts, f64); 2] = [
        (
            "412/500",
            &[(5, 300), (4, 112), (3, 60), (2, 20), (1, 8)],
            412.0 / 500.0,
        ),
        ("0/12", &[(3, 5), (2, 4), (1, 3)], 0.0),
    ];
    for (name, counts, share) in cases {
        let world = World::new().await;
        world.score(&many(ScoreKind::Satisfaction, counts)).await;
        let row = world.total(Metric::Csat).await;
        assert_row(&row, share, &reference[name]["wilson"], 100.0, name);
        assert_close(row.top_share.unwrap(), share, name);
    }
}

#[tokio::test]
async fn ces_with_its_t_interval_is_that_of_the_reference() {
    let reference = reference();
    let counts = reference["ces_7pt_counts_from_7_down_to_1"]
        .as_array()
        .unwrap()
        .iter();
    let counts: Vec<(i32, usize)> = (1..=7)
        .rev()
        .zip(counts.map(|count| usize::try_from(count.as_u64().unwrap()).unwrap()))
        .collect();
    let world = World::new().await;
    world.score(&many(ScoreKind::Effort, &counts)).await;
    let row = world.total(Metric::Ces).await;
    let expected = &reference["ces"];
    assert_row(&row, number(&expected["mean"]), &expected["t_ci"], 1.0, "CES");
    assert_close(
        row.standard_deviation.unwrap(),
        number(&expected["sd"]),
        "CES: deviation",
    );
    assert_close(
        row.top_share.unwrap(),
        number(&expected["top3_share"]),
        "CES: top share",
    );
    assert_eq!(row.answer_count, 160);
}
