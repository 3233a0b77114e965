//! Ports and data folders that cannot be used.

use std::{fs, path::Path};

use rapport::client::Clients;
use rapport_storage::{Location, Store};
use sea_orm::ConnectionTrait as _;

use super::{shown, text};
use crate::{
    suite_process::{SuiteProcess, rapport},
    world,
};

/// The version that a program of the future has applied.
const FUTURE: &str = "m9999_points_in_orbit";

#[tokio::test(flavor = "multi_thread")]
async fn data_of_a_newer_version_are_refused_and_left_as_they_are() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let suite = SuiteProcess::start(folder.path());
    world::create_program(&Clients::connect(&suite.url()).await.expect("the suite serves")).await;
    suite.stop();

    execute(
        folder.path(),
        &format!("INSERT INTO seaql_migrations VALUES ('{FUTURE}', 0)"),
    )
    .await;
    let places = [(text(folder.path()), "FOLDER")];
    let refused = SuiteProcess::try_start(folder.path(), "127.0.0.1:0").expect_err("the data are too new");
    insta::assert_snapshot!("newer_data", shown(&refused, &places));
    let refused = rapport(&["migrate", "--data", text(folder.path())]);
    insta::assert_snapshot!("newer_data_migrate", shown(&refused, &places));

    execute(
        folder.path(),
        &format!("DELETE FROM seaql_migrations WHERE version = '{FUTURE}'"),
    )
    .await;
    let suite = SuiteProcess::start(folder.path());
    world::ledger(&Clients::connect(&suite.url()).await.expect("the suite serves")).await;
    suite.stop();
}

/// Runs a statement on the loyalty service's file.
async fn execute(data: &Path, statement: &str) {
    let store = Store::open(&Location::in_folder(data, "loyalty"))
        .await
        .expect("the store opens");
    let statement = statement.to_owned();
    let outcome = store
        .write("of_a_test", |transaction| {
            let statement = statement.clone();
            async move {
                let executed = transaction.connection().execute_unprepared(&statement).await;
                executed.unwrap_or_else(|error| panic!("{statement}: {error}"));
                transaction.commit(()).await
            }
        })
        .await;
    outcome.expect("the statement is committed");
    store.close().await.expect("the store closes");
}

#[test]
fn a_busy_port_is_named_before_any_data_are_touched() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let suite = SuiteProcess::start(&first);
    let address = suite.address().to_string();
    let refused = SuiteProcess::try_start(&second, &address).expect_err("the port is taken");
    insta::assert_snapshot!("busy_port", shown(&refused, &[(&address, "ADDRESS")]));
    assert!(!second.exists(), "the folder of the second was made");
    suite.stop();
}

#[test]
fn a_data_folder_serves_one_process_at_a_time() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let suite = SuiteProcess::start(folder.path());
    let refused = SuiteProcess::try_start(folder.path(), "127.0.0.1:0").expect_err("the folder is taken");
    insta::assert_snapshot!("busy_folder", shown(&refused, &[(text(folder.path()), "FOLDER")]));
    suite.stop();
}

#[test]
fn a_file_in_place_of_the_data_folder_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("data");
    fs::write(&file, "not a folder").expect("a temporary file can be written");
    let refused = SuiteProcess::try_start(&file, "127.0.0.1:0").expect_err("it is no folder");
    insta::assert_snapshot!(
        "file_as_folder",
        shown(&refused, &[(text(folder.path()), "FOLDER")])
    );
}
