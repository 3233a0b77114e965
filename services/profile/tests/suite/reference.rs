//! The real CDNOW purchases, through the service, against the reference numbers.

use std::{collections::HashMap, path::PathBuf, time::Instant};

use rapport_contract::profile::v1::{
    CustomerValue, GetCustomerValueRequest, ImportPurchasesRequest, ListCustomerValuesRequest, Purchase,
    SummarizeCustomersRequest,
};
use serde_json::Value;

use crate::{Bench, external, row, sale};

const CUSTOMERS: i64 = 2_357;
const PURCHASES: i64 = 6_919;

fn reference(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/reference");
    let file = root.join(path);
    std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", file.display()))
}

/// The rows of the published file: id in the full data, id in the sample, day, number of CDs, dollars.
fn messages() -> Vec<ImportPurchasesRequest> {
    let text = reference("purchases/cdnow_sample.txt");
    let rows: Vec<_> = (1_i64..)
        .zip(text.lines())
        .map(|(line, text)| {
            let fields: Vec<&str> = text.split_whitespace().collect();
            let [customer, _, day, quantity, dollars] = fields[..] else {
                panic!("line {line} has not five fields: {text:?}")
            };
            let day = format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]);
            let cents = rapport_money::Money::parse(dollars, rapport_money::Currency::USD)
                .unwrap()
                .minor;
            let purchase = Purchase {
                source: "cdnow".to_owned(),
                quantity: quantity.parse().unwrap(),
                ..sale(&format!("{customer}-{line}"), &day, cents)
            };
            row(line, external("cdnow", customer), purchase)
        })
        .collect();
    rows.chunks(1_000)
        .map(|rows| ImportPurchasesRequest {
            rows: rows.to_vec(),
            validate_only: false,
            create_missing_customers: true,
        })
        .collect()
}

async fn value(bench: &Bench, customer: &str) -> CustomerValue {
    let request = GetCustomerValueRequest {
        name: format!("customers/{customer}/value"),
    };
    bench
        .client
        .clone()
        .get_customer_value(request)
        .await
        .unwrap()
        .into_inner()
}

fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    println!("{what}: {found}, reference {expected}");
    assert!(
        (found - expected).abs() <= tolerance,
        "{what} is {found}, and the reference is {expected} ± {tolerance}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cdnow_purchases_give_the_reference_figures() {
    let bench = Bench::new().await;
    let begun = Instant::now();
    let first = bench.import(messages()).await.unwrap();
    let took = begun.elapsed();
    println!("{PURCHASES} purchases imported in {took:?}");
    assert_eq!(
        (
            first.added_count,
            first.created_customer_count,
            first.rejected_count
        ),
        (PURCHASES, CUSTOMERS, 0),
        "{:?}",
        first.errors.first()
    );
    assert!(took.as_secs() < 10, "the import took {took:?}");
    let second = bench.import(messages()).await.unwrap();
    assert_eq!((second.added_count, second.known_count), (0, PURCHASES));

    let begun = Instant::now();
    let evaluation = bench.evaluate("1997-09-30").await;
    println!("evaluated in {:?}: {}", begun.elapsed(), evaluation.model_finding);
    assert_eq!(
        (evaluation.customer_count, evaluation.buyer_count),
        (CUSTOMERS, CUSTOMERS)
    );
    assert!(evaluation.model_accepted, "{}", evaluation.model_finding);
    check_scores(&bench).await;
    check_models(&evaluation);

    let topics = bench.topics().await;
    assert_eq!(
        bench.evaluate("1997-09-30").await,
        evaluation,
        "the same purchases give the same figures"
    );
    assert_eq!(bench.topics().await, topics, "and move nobody");
    let begun = Instant::now();
    bench.settle().await;
    println!("{} events followed in {:?}", topics.len(), begun.elapsed());
    assert_eq!(
        bench.topics().await,
        topics,
        "nor do the events of purchases that the date leaves out"
    );
}

async fn check_scores(bench: &Bench) {
    let expected: Value = serde_json::from_str(&reference("value/rfm_cdnow_sample.json")).unwrap();
    let mut client = bench.client.clone();
    let summary = client
        .summarize_customers(SummarizeCustomersRequest {})
        .await
        .unwrap()
        .into_inner();
    for (name, histogram) in [
        ("R", &summary.recency_histogram),
        ("F", &summary.frequency_histogram),
        ("M", &summary.monetary_histogram),
    ] {
        let key = format!("{name}_histogram_1_to_5");
        assert_eq!(serde_json::json!(histogram), expected[&key], "{key}");
    }
    let mut cells: HashMap<(i32, i32, i32), i64> = HashMap::new();
    for value in all_values(bench).await {
        let score = value.rfm_score.unwrap();
        *cells
            .entry((score.recency, score.frequency, score.monetary))
            .or_default() += 1;
    }
    assert_eq!(expected["cell_555"], cells[&(5, 5, 5)]);
    assert_eq!(expected["distinct_cells"], cells.len());
    for (customer, figures) in expected["named"].as_object().unwrap() {
        let value = value(bench, customer).await;
        let score = value.rfm_score.unwrap();
        assert_eq!(figures["recency_days"], value.recency_days.unwrap(), "{customer}");
        assert_eq!(figures["frequency"], value.frequency, "{customer}");
        assert_eq!(
            figures["scores"],
            serde_json::json!([score.recency, score.frequency, score.monetary]),
            "{customer}"
        );
        let monetary = rapport_contract::money::from_wire(&value.monetary.unwrap()).unwrap();
        assert_eq!(
            format!("{} USD", figures["monetary"]),
            monetary.to_string(),
            "{customer}"
        );
    }
}

/// The reference was fitted on a summary with weeks rounded to hundredths and spend rounded to cents; the service works
/// on exact days and cents. The difference is smaller than these tolerances, and they are far smaller than the
/// standard errors of the estimates.
fn check_models(evaluation: &rapport_contract::profile::v1::Evaluation) {
    let expected: Value = serde_json::from_str(&reference("value/btyd_cdnow_sample.json")).unwrap();
    let number = |model: &str, position: usize| expected[model]["params"][position].as_f64().unwrap();
    let purchase = evaluation.purchase_model.as_ref().unwrap();
    let parameters = [purchase.r, purchase.alpha, purchase.a, purchase.b];
    for (position, (found, tolerance)) in parameters.into_iter().zip([1e-3; 4]).enumerate() {
        close(
            &format!("BG/NBD parameter {position}"),
            found,
            number("BGNBD", position),
            tolerance,
        );
    }
    let likelihood = expected["BGNBD"]["LL"].as_f64().unwrap();
    close(
        "the log-likelihood of BG/NBD",
        purchase.log_likelihood,
        likelihood,
        1e-2,
    );
    let spend = evaluation.spend_model.as_ref().unwrap();
    for (position, (found, tolerance)) in [spend.p, spend.q, spend.v].into_iter().zip([5e-3; 3]).enumerate() {
        close(
            &format!("Gamma-Gamma parameter {position}"),
            found,
            number("GammaGamma", position),
            tolerance,
        );
    }
    let likelihood = expected["GammaGamma"]["LL"].as_f64().unwrap();
    close(
        "the log-likelihood of Gamma-Gamma",
        spend.log_likelihood,
        likelihood,
        1e-2,
    );
}

async fn all_values(bench: &Bench) -> Vec<CustomerValue> {
    let mut values = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListCustomerValuesRequest {
            page_size: 1_000,
            page_token: page_token.clone(),
            ..ListCustomerValuesRequest::default()
        };
        let page = bench
            .client
            .clone()
            .list_customer_values(request)
            .await
            .unwrap()
            .into_inner();
        values.extend(page.customer_values);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return values;
        }
    }
}
