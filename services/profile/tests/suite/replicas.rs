//! Several replicas on the same data: nothing is lost, nothing is there twice, and nobody is refused because of it.

use futures::{future::join_all, stream};
use rapport_contract::profile::v1::{
    DeleteCustomerRequest, GetCustomerValueRequest, ImportPurchasesRequest, ImportPurchasesResponse,
};
use sea_orm::{ConnectionTrait as _, Statement};

use crate::{Bench, external, row, sale};

const REPLICAS: usize = 3;
const MESSAGES: usize = 4;
const ROWS: usize = 50;
const CUSTOMERS: usize = 20;

/// Rows of one sender, whose customers all senders share.
fn messages(sender: usize) -> Vec<ImportPurchasesRequest> {
    let message = |number: usize| {
        let rows = (0..ROWS).map(|index| {
            let id = number * ROWS + index;
            let identity = external("pos", &format!("c{}", (id * 7 + sender) % CUSTOMERS));
            let purchase = sale(&format!("{sender}-{id}"), "2026-01-01", 100);
            row(i64::try_from(id).unwrap(), identity, purchase)
        });
        ImportPurchasesRequest {
            rows: rows.collect(),
            validate_only: false,
            create_missing_customers: true,
        }
    };
    (0..MESSAGES).map(message).collect()
}

async fn number(bench: &Bench, sql: &str) -> i64 {
    let connection = bench.store().read();
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_into_several_replicas_number_every_purchase_once_without_a_gap() {
    let bench = Bench::new().await;
    let mut replicas = Vec::new();
    for _ in 0..REPLICAS {
        replicas.push(bench.replica().await);
    }
    let imports = replicas.iter().enumerate().map(|(sender, client)| {
        let mut client = client.clone();
        async move {
            client
                .import_purchases(stream::iter(messages(sender)))
                .await
                .unwrap()
                .into_inner()
        }
    });
    let answers: Vec<ImportPurchasesResponse> = join_all(imports).await;
    let all = i64::try_from(REPLICAS * MESSAGES * ROWS).unwrap();
    let sum = |of: fn(&ImportPurchasesResponse) -> i64| answers.iter().map(of).sum::<i64>();
    assert_eq!(sum(|answer| answer.added_count), all, "{answers:?}");
    assert_eq!(
        sum(|answer| answer.created_customer_count),
        i64::try_from(CUSTOMERS).unwrap()
    );
    assert_eq!(
        number(&bench, "SELECT COUNT(DISTINCT sequence) FROM purchase").await,
        all
    );
    assert_eq!(number(&bench, "SELECT MAX(sequence) FROM purchase").await, all);
    assert_eq!(
        number(&bench, "SELECT COUNT(*) FROM outbox").await,
        all + i64::try_from(CUSTOMERS).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn purchases_deletions_and_evaluations_at_the_same_time_leave_nothing_behind() {
    let bench = Bench::new().await;
    bench.import(messages(0)).await.unwrap();
    let (buyer, other) = (bench.replica().await, bench.replica().await);
    let buying = async {
        let mut client = buyer;
        client.import_purchases(stream::iter(messages(1))).await.unwrap();
    };
    let deleting = async {
        for number in (0..CUSTOMERS).step_by(4) {
            let request = DeleteCustomerRequest {
                name: format!("customers/c{number}"),
                ..DeleteCustomerRequest::default()
            };
            other.clone().delete_customer(request).await.unwrap();
        }
    };
    let evaluating = async {
        for day in 10..14 {
            bench.evaluate(&format!("2026-01-{day}")).await;
        }
    };
    futures::join!(buying, deleting, evaluating, bench.settle());
    bench.settle().await;

    for table in ["purchase", "customer_value", "stage_change", "identity"] {
        let left = format!(
            "SELECT COUNT(*) FROM {table} LEFT JOIN customer ON customer.tenant = {table}.tenant AND \
             customer.id = {table}.customer WHERE customer.id IS NULL"
        );
        assert_eq!(
            number(&bench, &left).await,
            0,
            "{table} has rows of customers who are gone"
        );
    }
    // Every customer who bought is valued with all purchases in.
    let stale = "SELECT COUNT(*) FROM (SELECT customer, MAX(sequence) AS last FROM purchase GROUP BY customer) AS bought \
                 JOIN customer_value ON customer_value.customer = bought.customer WHERE bought.last > customer_value.sequence";
    assert_eq!(number(&bench, stale).await, 0, "values without the last purchase");
    let request = GetCustomerValueRequest {
        name: "customers/c1/value".to_owned(),
    };
    let value = bench
        .client
        .clone()
        .get_customer_value(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(value.frequency, 1, "all purchases are of one day");
    let runs = number(&bench, "SELECT COUNT(DISTINCT run) FROM evaluation").await;
    assert_eq!(runs, number(&bench, "SELECT COUNT(*) FROM evaluation").await);
}
