//! How long the fit of the purchase models on the 2,357 CDNOW customers takes. The budget is 50 ms.

use std::{path::Path, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use rapport_value::purchase_model::{PurchaseFamily, PurchaseModel, RepeatHistory};

fn customers() -> Vec<RepeatHistory> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/reference/value/cdnow_customers_summary_with_transactions.csv");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    let number = |field: &str| -> f64 {
        field
            .trim()
            .parse()
            .unwrap_or_else(|error| panic!("{field:?} is not a number: {error}"))
    };
    text.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            RepeatHistory {
                repeats: fields[1]
                    .parse()
                    .unwrap_or_else(|error| panic!("repeats in {line:?}: {error}")),
                last_repeat_weeks: number(fields[2]),
                observed_weeks: number(fields[3]),
            }
        })
        .collect()
}

fn fit(criterion: &mut Criterion) {
    let customers = customers();
    for (name, family) in [
        ("bg_nbd", PurchaseFamily::BgNbd),
        ("mbg_nbd", PurchaseFamily::MbgNbd),
    ] {
        criterion.bench_function(&format!("fit_{name}_2357_customers"), |bencher| {
            bencher.iter(|| PurchaseModel::fit(family, std::hint::black_box(&customers)));
        });
    }
    let model = PurchaseModel::fit(PurchaseFamily::BgNbd, &customers)
        .unwrap_or_else(|error| panic!("the reference data must fit: {error}"))
        .model;
    criterion.bench_function("expected_purchases_2357_customers", |bencher| {
        bencher.iter(|| {
            let horizon = std::hint::black_box(39.0);
            customers
                .iter()
                .map(|customer| model.expected_purchases(customer, horizon))
                .sum::<f64>()
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = fit
}
criterion_main!(benches);
