//! The demonstration shows the reference numbers, and a second run on the same data adds nothing.

use std::path::Path;

use rapport::client::Clients;
use rapport_contract::{
    loyalty::v1::SummarizeLedgerRequest,
    profile::v1::{GetCustomerValueRequest, GetEvaluationRequest, SummarizeCustomersRequest},
    satisfaction::v1::{Metric, MetricRow, QueryMetricRequest},
};
use serde_json::Value;

use crate::{
    cdnow,
    suite_process::{Ended, SuiteProcess, rapport},
};

/// RFM of the purchases until 1997-09-30, computed apart from this project's code.
const RFM: &str = include_str!("../data/reference/value/rfm_cdnow_sample.json");

/// Synthetic answers of hotel guests, on scales of 1 to 10.
const STAYS: &str = include_str!("../data/reference/satisfaction/hotel_ecsi_synth_250x24.csv");

/// 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_shows_the_reference_numbers_and_adds_nothing_when_run_again() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let first = demo(folder.path());
    insta::assert_snapshot!("demo_tables", tables(&first));

    let second = demo(folder.path());
    assert_eq!(
        tables(&first),
        tables(&second),
        "the second run changed the tables"
    );
    let figures = cdnow::figures();
    for nothing_added in [
        format!("0 customers created, {} known before", figures.customers),
        format!("0 members enrolled, {} before", figures.customers),
        format!("0 purchases imported, {} known before", figures.purchases),
    ] {
        assert!(
            second.stdout.contains(&nothing_added),
            "the second run lacks {nothing_added:?}: {second:?}"
        );
    }

    let suite = SuiteProcess::start(folder.path());
    let clients = Clients::connect(&suite.url()).await.expect("the suite serves");
    customers_are_scored_as_the_reference_has_it(&clients).await;
    the_models_are_those_of_the_literature(&clients).await;
    satisfaction_is_what_the_answers_say(&clients).await;
    points_are_what_was_bought(&clients, &first).await;
    let verified = rapport(&["verify", "--server", &suite.url()]);
    assert!(verified.status.success(), "the figures do not hold: {verified:?}");
    suite.stop();
}

fn demo(data: &Path) -> Ended {
    let data = data.to_str().expect("temporary folders have plain names");
    let ended = rapport(&["demo", "--once", "--listen", "127.0.0.1:0", "--data", data]);
    assert!(ended.status.success(), "the demonstration ended early: {ended:?}");
    ended
}

/// The closing tables, without the progress before them.
fn tables(ended: &Ended) -> &str {
    let begin = ended.stdout.find("Customers by lifecycle stage");
    ended.stdout[begin.unwrap_or_else(|| panic!("no tables: {ended:?}"))..].trim_end()
}

async fn customers_are_scored_as_the_reference_has_it(clients: &Clients) {
    let reference: Value = serde_json::from_str(RFM).expect("the reference is JSON");
    let summary = clients
        .profile
        .clone()
        .summarize_customers(SummarizeCustomersRequest {})
        .await;
    let summary = summary.expect("the customers are evaluated").into_inner();
    let histogram = |name: &str| -> Vec<i64> {
        serde_json::from_value(reference[name].clone()).expect("the reference has the histogram")
    };
    assert_eq!(summary.recency_histogram, histogram("R_histogram_1_to_5"));
    assert_eq!(summary.frequency_histogram, histogram("F_histogram_1_to_5"));
    assert_eq!(summary.monetary_histogram, histogram("M_histogram_1_to_5"));

    for (id, expected) in reference["named"]
        .as_object()
        .expect("the reference names customers")
    {
        let request = GetCustomerValueRequest {
            name: format!("customers/{id}/value"),
        };
        let value = clients.profile.clone().get_customer_value(request).await;
        let value = value.expect("the customer is evaluated").into_inner();
        let monetary = value.monetary.expect("the customer bought something");
        let cents = monetary.units * 100 + i64::from(monetary.nanos) / 10_000_000;
        let expected_cents = (expected["monetary"].as_f64().expect("an amount") * 100.0).round() as i64;
        let scores = value.rfm_score.expect("the customer has scores");
        assert_eq!(
            value.recency_days.map(i64::from),
            expected["recency_days"].as_i64(),
            "{id}"
        );
        assert_eq!(
            i64::from(value.frequency),
            expected["frequency"].as_i64().unwrap(),
            "{id}"
        );
        assert_eq!(cents, expected_cents, "{id}");
        assert_eq!(
            serde_json::json!([scores.recency, scores.frequency, scores.monetary]),
            expected["scores"],
            "{id}"
        );
    }
}

async fn the_models_are_those_of_the_literature(clients: &Clients) {
    let evaluation = clients
        .profile
        .clone()
        .get_evaluation(GetEvaluationRequest::default())
        .await;
    let evaluation = evaluation.expect("an evaluation has run").into_inner();
    let model = evaluation.purchase_model.expect("the model was fitted");
    // Fader, Hardie and Lee (2005), table 2.
    for (name, value, published) in [
        ("r", model.r, 0.243),
        ("alpha", model.alpha, 4.414),
        ("a", model.a, 0.793),
        ("b", model.b, 2.426),
    ] {
        assert!(
            (value - published).abs() < 1e-3,
            "{name} is {value} instead of {published}"
        );
    }
    // The published −9582.4 is of weeks rounded to two decimals; these are exact days.
    let published = -9_582.425_6;
    assert!(
        (model.log_likelihood - published).abs() < 1e-2,
        "{}",
        model.log_likelihood
    );
}

/// The scores of one question of the sample.
fn scores(question: &str) -> Vec<i32> {
    let mut lines = STAYS.lines();
    let heading = lines.next().expect("the sample has a heading");
    let place = heading
        .split(',')
        .position(|name| name.eq_ignore_ascii_case(question));
    let place = place.unwrap_or_else(|| panic!("the sample has no {question}"));
    lines
        .map(|line| {
            line.split(',')
                .nth(place)
                .and_then(|score| score.parse().ok())
                .expect("a score")
        })
        .collect()
}

async fn satisfaction_is_what_the_answers_say(clients: &Clients) {
    let recommend = scores("cusl1");
    let count = recommend.len() as f64;
    let promoters = recommend.iter().filter(|score| **score >= 9).count() as f64 / count;
    let detractors = recommend.iter().filter(|score| **score <= 6).count() as f64 / count;
    let nps = promoters - detractors;
    let margin = Z * ((promoters + detractors - nps * nps) / count).sqrt();
    let row = metric(clients, Metric::Nps).await;
    close(
        &row,
        100.0 * nps,
        [100.0 * (nps - margin), 100.0 * (nps + margin)],
    );

    // The demonstration halves the ten points of the first satisfaction question, rounding up.
    let overall = scores("cusa1").into_iter().map(|score| (score + 1) / 2);
    let share = overall.filter(|score| *score >= 4).count() as f64 / count;
    let (middle, width) = wilson(share, count);
    let row = metric(clients, Metric::Csat).await;
    close(
        &row,
        100.0 * share,
        [100.0 * (middle - width), 100.0 * (middle + width)],
    );
}

/// Middle and half width of the Wilson interval (1927).
fn wilson(share: f64, count: f64) -> (f64, f64) {
    let scale = 1.0 + Z * Z / count;
    let middle = (share + Z * Z / (2.0 * count)) / scale;
    let width = Z / scale * (share * (1.0 - share) / count + Z * Z / (4.0 * count * count)).sqrt();
    (middle, width)
}

async fn metric(clients: &Clients, metric: Metric) -> MetricRow {
    let request = QueryMetricRequest {
        metric: metric.into(),
        ..QueryMetricRequest::default()
    };
    let answer = clients.satisfaction.clone().query_metric(request).await;
    let mut rows = answer.expect("the metric is known").into_inner().rows;
    assert_eq!(rows.len(), 1, "{metric:?} over everything is one row: {rows:?}");
    rows.remove(0)
}

fn close(row: &MetricRow, value: f64, [low, high]: [f64; 2]) {
    let interval = row.interval.expect("250 answers have an interval");
    for (found, expected) in [(row.value, value), (interval.low, low), (interval.high, high)] {
        assert!(
            (found - expected).abs() < 1e-9,
            "{found} instead of {expected} in {row:?}"
        );
    }
}

async fn points_are_what_was_bought(clients: &Clients, demo: &Ended) {
    let request = SummarizeLedgerRequest {
        program: "programs/harbour-stars".to_owned(),
        ..SummarizeLedgerRequest::default()
    };
    let summary = clients.loyalty.clone().summarize_ledger(request).await;
    let summary = summary.expect("the program is there").into_inner();
    let figures = cdnow::figures();
    assert_eq!(summary.member_count, figures.customers as i64);
    assert_eq!(summary.earned_points, figures.points);
    assert_eq!(
        summary.outstanding_points,
        summary.earned_points + summary.compensated_points + summary.adjusted_points
            - summary.redeemed_points
            - summary.taken_back_points
            - summary.expired_points,
        "{summary:?}"
    );
    assert!(
        tables(demo).contains(&summary.outstanding_points.to_string()),
        "the tables do not show the liability {}",
        summary.outstanding_points
    );
}
