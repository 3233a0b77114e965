//! Values, evaluations and summaries.

use rapport_contract::google::r#type::Date;
use rapport_contract::profile::v1::{
    EvaluateCustomersRequest, GetCustomerValueRequest, GetEvaluationRequest, ListCustomerValuesRequest,
    SummarizeCustomersRequest,
};
use rapport_contract::r#type::v1::LifecycleStage;

use crate::{Bench, assert_refused, money, returned, sale};

#[tokio::test]
async fn there_is_no_evaluation_before_the_first() {
    let bench = Bench::new().await;
    let get = async |name: &str| {
        let name = name.to_owned();
        bench
            .client
            .clone()
            .get_evaluation(GetEvaluationRequest { name })
            .await
    };
    assert_refused(get("").await, "EVALUATION_NOT_FOUND");
    assert_refused(get("customers/1").await, "INVALID_NAME");
    let evaluation = bench.evaluate("2026-01-10").await;
    assert_eq!(get("").await.unwrap().into_inner(), evaluation);
    assert_eq!(get("evaluations/latest").await.unwrap().into_inner(), evaluation);
    assert_eq!(get(&evaluation.name).await.unwrap().into_inner(), evaluation);
    assert_refused(get("evaluations/other").await, "EVALUATION_NOT_FOUND");
    assert!(!evaluation.model_accepted, "{}", evaluation.model_finding);
    assert!(evaluation.purchase_model.is_none() && evaluation.spend_model.is_none());
}

#[tokio::test]
async fn a_wrong_date_or_currency_of_an_evaluation_is_refused() {
    let bench = Bench::new().await;
    let evaluate = async |as_of_date: Option<Date>, currency: &str| {
        let request = EvaluateCustomersRequest {
            as_of_date,
            currency_code: currency.to_owned(),
        };
        bench.client.clone().evaluate_customers(request).await
    };
    let impossible = Date {
        year: 2026,
        month: 2,
        day: 30,
    };
    assert_refused(evaluate(Some(impossible), "").await, "INVALID_FIELDS");
    assert_refused(evaluate(None, "usd").await, "INVALID_FIELDS");
    evaluate(None, "EUR").await.expect("no date means today");
}

#[tokio::test]
async fn returns_lower_the_money_and_other_currencies_do_not_count() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    bench.record("ada", sale("1", "2026-01-02", 1000)).await.unwrap();
    bench
        .record("ada", returned("2", "2026-01-05", 250))
        .await
        .unwrap();
    let mut yen = sale("3", "2026-01-06", 0);
    yen.amount = Some(rapport_contract::google::r#type::Money {
        currency_code: "JPY".to_owned(),
        units: 9_000,
        nanos: 0,
    });
    bench.record("ada", yen).await.unwrap();
    let evaluation = bench.evaluate("2026-01-10").await;
    assert_eq!(
        (evaluation.currency_code.as_str(), evaluation.buyer_count),
        ("USD", 1)
    );
    let request = GetCustomerValueRequest {
        name: "customers/ada/value".to_owned(),
    };
    let value = bench
        .client
        .clone()
        .get_customer_value(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (value.monetary, value.frequency, value.recency_days),
        (Some(money(750)), 1, Some(8))
    );
}

#[tokio::test]
async fn values_are_listed_the_most_valuable_first_filtered_and_in_pages() {
    let bench = Bench::new().await;
    for index in 0..12 {
        let customer = format!("c{index:02}");
        bench.create(&customer).await;
        for purchase in 0..index % 4 {
            let day = format!("2026-01-{:02}", 1 + 3 * purchase);
            let id = format!("{index}-{purchase}");
            bench
                .record(&customer, sale(&id, &day, 100 * (1 + index)))
                .await
                .unwrap();
        }
    }
    bench.evaluate("2026-01-15").await;
    let list = async |filter: &str, order_by: &str| {
        let mut values = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListCustomerValuesRequest {
                page_size: 5,
                page_token: page_token.clone(),
                filter: filter.to_owned(),
                order_by: order_by.to_owned(),
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
    };
    let all = list("", "").await;
    assert_eq!(all.len(), 12);
    let amounts: Vec<i64> = all
        .iter()
        .map(|value| value.monetary.as_ref().unwrap().units)
        .collect();
    assert!(amounts.is_sorted_by(|left, right| left >= right), "{amounts:?}");
    assert_eq!(list("frequency >= 2", "recency_days").await.len(), 6);
    assert_eq!(list("stage = POTENTIAL", "").await.len(), 3);
    assert_eq!(list("monetary > 2000", "frequency desc, monetary").await.len(), 3);
    let by_group = list(&format!("rfm_group = \"{}\"", all[0].rfm_group), "").await;
    assert!(by_group.contains(&all[0]));
}

#[tokio::test]
async fn a_summary_counts_every_customer_once() {
    let bench = Bench::new().await;
    for (customer, cents) in [("ada", 900), ("bob", 100)] {
        bench.create(customer).await;
        bench
            .record(customer, sale(customer, "2026-01-02", cents))
            .await
            .unwrap();
    }
    bench.create("cleo").await;
    let mut client = bench.client.clone();
    let before = client
        .summarize_customers(SummarizeCustomersRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!((before.customer_count, before.as_of_date), (3, None));
    bench.evaluate("2026-01-10").await;
    bench.create("late").await;
    let summary = client
        .summarize_customers(SummarizeCustomersRequest {})
        .await
        .unwrap()
        .into_inner();
    let stages: Vec<_> = summary
        .stages
        .iter()
        .map(|count| (count.stage(), count.customer_count))
        .collect();
    assert_eq!(
        stages,
        [
            (LifecycleStage::Potential, 1),
            (LifecycleStage::New, 2),
            (LifecycleStage::Unspecified, 1)
        ]
    );
    assert_eq!(
        (summary.customer_count, summary.total_monetary),
        (4, Some(money(1000)))
    );
    assert_eq!(summary.recency_histogram.iter().sum::<i64>(), 2);
    assert_eq!(
        summary
            .rfm_groups
            .iter()
            .map(|group| group.customer_count)
            .sum::<i64>(),
        2
    );
    assert_eq!(summary.concentration.len(), 5);
}
