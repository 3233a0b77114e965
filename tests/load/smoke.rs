//! Every part of the load figures runs, for a moment: what it measures then means nothing, that it measures does.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{path::Path, time::Duration};

use rapport_load::{Plan, run};

#[tokio::test]
async fn every_part_measures_something() {
    let plan = Plan {
        time: Duration::from_millis(300),
        rounds: 1,
        members: 1_000,
        ..Plan::all()
    };
    let report = run(&plan, Path::new(env!("CARGO_BIN_EXE_rapport-load")))
        .await
        .unwrap();
    let table = report.table();
    for part in [
        "earn, 64 callers",
        "balance",
        "recovery",
        "Zipf 2.0",
        "lag purchase",
        "answer sets",
    ] {
        assert!(table.contains(part), "{part} is missing in\n{table}");
    }
}
