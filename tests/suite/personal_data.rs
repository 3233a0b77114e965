//! Personal data do not lie about: neither the files nor the logs of the suite have any of the personal values that were
//! put in through the contract.

use std::path::Path;

use rapport::client::Clients;
use rapport_testkit::Scanner;

use crate::{
    contract::{enum_option, fields},
    personal_values::{CUSTOMER, put_in, read_back, values},
    suite_process::{SuiteProcess, rapport},
};

const PERSONAL_DATA: &str = "rapport.policy.v1.personal_data";

#[test]
fn every_personal_field_of_the_contract_has_values_here() {
    let mut personal: Vec<String> = fields()
        .iter()
        .filter(|field| enum_option(&field.options(), PERSONAL_DATA).is_some())
        .map(|field| field.full_name().to_owned())
        .collect();
    personal.sort();
    let covered: Vec<&str> = values().into_keys().collect();
    assert_eq!(
        personal, covered,
        "put values through every personal field of the contract in tests/suite/personal_values.rs, and read them back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_files_nor_logs_have_personal_values() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let data = folder.path().join("data");
    let everything_logged = [("RAPPORT_LOG", "trace")];

    let suite = SuiteProcess::start_with(&data, &everything_logged);
    let clients = Clients::connect(&suite.url()).await.expect("the suite serves");
    put_in(&clients).await;
    read_back(&clients).await;
    let log = suite.log();
    // Without a warning, so that the write-ahead logs are looked through as well.
    suite.kill();
    assert_nothing_lies_about(&data, &log);

    let rotated = rapport(&["keys", "rotate", "--data", data.to_str().unwrap()]);
    assert!(rotated.status.success(), "{rotated:?}");
    let suite = SuiteProcess::start_with(&data, &everything_logged);
    let clients = Clients::connect(&suite.url()).await.expect("the suite serves");
    read_back(&clients).await;
    let ended = suite.stop();
    assert_nothing_lies_about(&data, &(ended.stdout + &ended.stderr));
}

fn assert_nothing_lies_about(data: &Path, log: &str) {
    let scanner = Scanner::new(values().into_values().flatten());
    assert_eq!(scanner.scan(data), [], "personal values lie in the data folder");
    assert_eq!(
        scanner.scan_bytes(log.as_bytes(), "log"),
        [],
        "personal values are in the log"
    );
    assert!(log.contains("TRACE"), "the log has everything that can be logged");
    let there = Scanner::new([CUSTOMER]).scan(data);
    assert!(
        !there.is_empty(),
        "the id of the customer is found, for ids are not sealed"
    );
}
