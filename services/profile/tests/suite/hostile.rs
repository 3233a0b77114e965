//! Hostile input: random well-typed requests never find a fault of the service.

use std::collections::BTreeMap;

use rapport_contract::{
    google::r#type::{Date, Money},
    profile::v1 as wire,
};
use tonic::{Code, Status};

use crate::{Bench, sale};

/// Requests for each method.
const REQUESTS: usize = 500;

/// A small generator of random numbers (xorshift64*), so that a seed gives the same requests again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    fn text(&mut self) -> String {
        let choices = [
            "",
            "a",
            "\0",
            "a\0b",
            "ä",
            "😀",
            "' OR 1=1 --",
            "\"",
            "%",
            "_",
            "\\",
            "customers/ada",
            "ada",
            "USD",
            "\u{202e}abc",
            "../..",
            "0",
            "-1",
            "NaN",
            "ada@example.com",
            "+8613800138000",
            "zh-CN",
            "*",
            "shop",
        ];
        match self.below(20) {
            0 => "x".repeat(self.below(3_000)),
            1 => "\u{1F600}".repeat(self.below(300)),
            _ => self.pick(&choices).to_owned(),
        }
    }

    fn name(&mut self, suffix: &str) -> String {
        if self.one_in(3) {
            return self.text();
        }
        let id = self.pick(&["ada", "bob", "nobody", "-", "A", "", "ada/purchases/1"]);
        format!("customers/{id}{suffix}")
    }

    fn number(&mut self) -> i64 {
        self.pick(&[
            0,
            1,
            -1,
            5,
            100,
            999_999_999,
            1_000_000,
            i64::from(i32::MAX),
            i64::MAX,
            i64::MIN,
        ])
    }

    fn small(&mut self) -> i32 {
        self.pick(&[0, 1, 2, 3, 4, 7, -1, 12, 31, 2026, 1_000, i32::MAX, i32::MIN])
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.one_in(4) { None } else { Some(make(self)) }
    }

    fn timestamp(&mut self) -> prost_types::Timestamp {
        prost_types::Timestamp {
            seconds: self.pick(&[
                0,
                1_700_000_000,
                -62_135_596_800,
                253_402_300_799,
                i64::MAX,
                i64::MIN,
                -1,
            ]),
            nanos: self.pick(&[0, 1, 999_999_999, 1_000_000_000, -1, i32::MIN, i32::MAX]),
        }
    }

    fn date(&mut self) -> Date {
        if self.one_in(2) {
            return Date {
                year: self.pick(&[1, 1970, 1997, 2026, 9999]),
                month: self.pick(&[1, 2, 12]),
                day: self.pick(&[1, 28, 30]),
            };
        }
        Date {
            year: self.small(),
            month: self.small(),
            day: self.small(),
        }
    }

    fn money(&mut self) -> Money {
        Money {
            currency_code: self
                .pick(&["USD", "JPY", "KWD", "XXX", "usd", "", "€"])
                .to_owned(),
            units: self.number(),
            nanos: self.pick(&[0, 10_000_000, 1, -1, i32::MAX, i32::MIN]),
        }
    }

    fn identity(&mut self) -> wire::Identity {
        wire::Identity {
            r#type: self.pick(&[0, 1, 2, 3, 4, -1, i32::MAX]),
            system: self.pick(&["", "pos", "POS", "\0"]).to_owned(),
            value: self.text(),
            verified: self.one_in(2),
        }
    }

    fn customer(&mut self) -> wire::Customer {
        wire::Customer {
            name: self.name(""),
            display_name: self.text(),
            identities: (0..self.below(4)).map(|_| self.identity()).collect(),
            language: self.text(),
            birth_date: self.maybe(Self::date),
            attributes: (0..self.below(3))
                .map(|_| (self.text(), self.text()))
                .collect::<BTreeMap<_, _>>(),
            create_time: self.maybe(Self::timestamp),
            update_time: self.maybe(Self::timestamp),
            etag: self.pick(&["", "\"1\"", "\"2\"", "\0"]).to_owned(),
        }
    }

    fn creation(&mut self) -> wire::CreateCustomerRequest {
        wire::CreateCustomerRequest {
            customer_id: self.pick(&["", "ada", "new", "-", "A", "\0", "a/b"]).to_owned(),
            customer: self.maybe(Self::customer),
        }
    }

    fn purchase(&mut self) -> wire::Purchase {
        if self.one_in(4) {
            return sale(&self.text(), "2026-01-01", 100);
        }
        wire::Purchase {
            name: self.text(),
            source: self.pick(&["shop", "", "Shop", "\0"]).to_owned(),
            source_id: self.text(),
            kind: self.pick(&[0, 1, 2, 3, -1]),
            original_source_id: self.text(),
            purchase_time: self.maybe(Self::timestamp),
            amount: self.maybe(Self::money),
            quantity: self.number(),
            location: self.text(),
            create_time: self.maybe(Self::timestamp),
            channel: self.text(),
            lines: (0..self.pick(&[0, 0, 1, 3, 101]))
                .map(|_| wire::PurchaseLine {
                    line_id: self.text(),
                    sku: self.text(),
                    category: self.text(),
                    quantity: self.number(),
                    amount_minor: self.number(),
                })
                .collect(),
        }
    }

    fn row(&mut self) -> wire::PurchaseRow {
        wire::PurchaseRow {
            row: self.number(),
            owner: match self.below(3) {
                0 => None,
                1 => Some(wire::purchase_row::Owner::Customer(self.name(""))),
                _ => Some(wire::purchase_row::Owner::Identity(self.identity())),
            },
            purchase: self.maybe(Self::purchase),
        }
    }

    fn filter(&mut self) -> String {
        let known = [
            "",
            "stage = MATURE",
            "frequency > 1",
            "monetary < -5",
            "display_name : \"%\"",
            "language = \"\0\"",
            "create_time > \"0001-01-01T00:00:00Z\"",
            "recency_days = 9223372036854775807",
            "NOT stage = NEW",
            "((((",
        ];
        if self.one_in(3) {
            self.text()
        } else {
            self.pick(&known).to_owned()
        }
    }

    fn order(&mut self) -> String {
        let known = [
            "",
            "monetary",
            "display_name desc",
            "create_time, update_time desc",
            "name",
            ",,",
            "monetary up",
        ];
        self.pick(&known).to_owned()
    }

    fn mask(&mut self) -> prost_types::FieldMask {
        let known = [
            "display_name",
            "identities",
            "*",
            "name",
            "etag",
            "",
            "\0",
            "attributes.key",
        ];
        prost_types::FieldMask {
            paths: (0..self.below(3)).map(|_| self.pick(&known).to_owned()).collect(),
        }
    }
}

/// Fails when the service is at fault, or does not say why it refuses.
fn judge<T>(seed: u64, method: &str, request: &str, outcome: Result<T, Status>) {
    let Err(status) = outcome else { return };
    let at_fault = matches!(
        status.code(),
        Code::Internal | Code::Unknown | Code::DataLoss | Code::Unimplemented | Code::Unavailable
    );
    let explained = rapport_status::reason_of(&status).is_some();
    assert!(
        !at_fault && explained,
        "seed {seed}, {method}: {status:?}\nthe request was {request}"
    );
}

macro_rules! bombard {
    ($bench:ident, $random:ident, $seed:ident, $method:ident, $request:expr) => {
        for _ in 0..REQUESTS {
            let request = $request;
            let shown = format!("{request:?}");
            let outcome = $bench.client.clone().$method(request).await;
            judge($seed, stringify!($method), &shown, outcome);
        }
    };
}

async fn bench_with_customers() -> Bench {
    let bench = Bench::new().await;
    for customer in ["ada", "bob"] {
        bench.create(customer).await;
        bench
            .record(customer, sale(customer, "2025-12-01", 100))
            .await
            .unwrap();
    }
    bench
}

fn seed() -> u64 {
    let seed = jiff::Timestamp::now().as_microsecond().unsigned_abs() | 1;
    println!("seed {seed}");
    seed
}

#[tokio::test]
async fn random_requests_that_change_customers_find_no_fault() {
    let (bench, seed) = (bench_with_customers().await, seed());
    let mut random = Random(seed);
    bombard!(bench, random, seed, create_customer, random.creation());
    bombard!(
        bench,
        random,
        seed,
        batch_create_customers,
        wire::BatchCreateCustomersRequest {
            requests: (0..random.below(5)).map(|_| random.creation()).collect(),
        }
    );
    bombard!(
        bench,
        random,
        seed,
        update_customer,
        wire::UpdateCustomerRequest {
            customer: random.maybe(Random::customer),
            update_mask: random.maybe(Random::mask),
        }
    );
    bombard!(
        bench,
        random,
        seed,
        record_purchase,
        wire::RecordPurchaseRequest {
            parent: random.name(""),
            purchase: random.maybe(Random::purchase),
        }
    );
    bombard!(
        bench,
        random,
        seed,
        evaluate_customers,
        wire::EvaluateCustomersRequest {
            as_of_date: random.maybe(Random::date),
            currency_code: random.pick(&["", "USD", "XXX", "usd", "\0\0\0"]).to_owned(),
        }
    );
    bombard!(
        bench,
        random,
        seed,
        delete_customer,
        wire::DeleteCustomerRequest {
            name: random.name(""),
            etag: random.pick(&["", "\"1\"", "\0"]).to_owned(),
            allow_missing: random.one_in(2),
        }
    );
    bench.settle().await;
}

#[tokio::test]
async fn random_streams_of_purchases_find_no_fault() {
    let (bench, seed) = (bench_with_customers().await, seed());
    let mut random = Random(seed);
    for _ in 0..REQUESTS {
        let messages: Vec<_> = (0..random.below(3))
            .map(|_| wire::ImportPurchasesRequest {
                rows: (0..random.below(6)).map(|_| random.row()).collect(),
                validate_only: random.one_in(3),
                create_missing_customers: random.one_in(2),
            })
            .collect();
        let shown = format!("{messages:?}");
        judge(seed, "import_purchases", &shown, bench.import(messages).await);
    }
    bench.evaluate("2026-01-15").await;
    bench.settle().await;
}

#[tokio::test]
async fn random_requests_for_lists_find_no_fault() {
    let (bench, seed) = (bench_with_customers().await, seed());
    bench.evaluate("2026-01-10").await;
    let mut random = Random(seed);
    bombard!(
        bench,
        random,
        seed,
        list_customers,
        wire::ListCustomersRequest {
            page_size: random.small(),
            page_token: random.text(),
            filter: random.filter(),
            order_by: random.order(),
        }
    );
    bombard!(
        bench,
        random,
        seed,
        list_timeline_entries,
        wire::ListTimelineEntriesRequest {
            parent: random.name(""),
            page_size: random.small(),
            page_token: random.text(),
        }
    );
    bombard!(
        bench,
        random,
        seed,
        list_customer_values,
        wire::ListCustomerValuesRequest {
            page_size: random.small(),
            page_token: random.text(),
            filter: random.filter(),
            order_by: random.order(),
        }
    );
    bombard!(
        bench,
        random,
        seed,
        summarize_customers,
        wire::SummarizeCustomersRequest {}
    );
}

#[tokio::test]
async fn random_requests_for_one_thing_find_no_fault() {
    let (bench, seed) = (bench_with_customers().await, seed());
    bench.evaluate("2026-01-10").await;
    let mut random = Random(seed);
    bombard!(
        bench,
        random,
        seed,
        get_customer,
        wire::GetCustomerRequest {
            name: random.name("")
        }
    );
    bombard!(
        bench,
        random,
        seed,
        lookup_customer,
        wire::LookupCustomerRequest {
            identity: random.maybe(Random::identity),
        }
    );
    bombard!(
        bench,
        random,
        seed,
        get_evaluation,
        wire::GetEvaluationRequest {
            name: random
                .pick(&["", "evaluations/latest", "evaluations/2", "\0", "evaluations/"])
                .to_owned(),
        }
    );
    bombard!(
        bench,
        random,
        seed,
        get_customer_value,
        wire::GetCustomerValueRequest {
            name: random.name("/value"),
        }
    );
    bombard!(
        bench,
        random,
        seed,
        get_customer_view,
        wire::GetCustomerViewRequest {
            name: random.name("/view"),
        }
    );
}
