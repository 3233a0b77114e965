//! What earlier releases stored is served as they served it, and their programs can still work on the present schema.
//!
//! `tests/data/releases` has a folder for each release; docs/upgrading.md says what is in it and how it is made.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use rapport::suite::schemas;
use rapport_storage::{DatabaseOptions, Location, Store};
use rapport_testkit::Postgres;
use sea_orm::ConnectionTrait as _;
use tonic::transport::Channel;

use crate::{
    dynamic,
    suite_process::{SuiteProcess, rapport},
    written::{Fields, method, request},
};

/// What is asked of the data of a release: everything that its tour has made.
const QUESTIONS: &[(&str, Fields<'_>)] = &[
    ("ProfileService/ListCustomers", &[]),
    ("ProfileService/GetCustomer", &[("name", "customers/ada")]),
    (
        "ProfileService/LookupCustomer",
        &[
            ("identity.type", "IDENTITY_TYPE_EMAIL"),
            ("identity.value", "ada@example.com"),
        ],
    ),
    (
        "ProfileService/ListTimelineEntries",
        &[("parent", "customers/li")],
    ),
    ("ProfileService/GetCustomerView", &[("name", "customers/li/view")]),
    ("ProfileService/ListCustomerValues", &[]),
    (
        "ProfileService/GetCustomerValue",
        &[("name", "customers/li/value")],
    ),
    ("ProfileService/GetEvaluation", &[("name", "evaluations/latest")]),
    ("ProfileService/SummarizeCustomers", &[]),
    ("FeedbackService/ListSurveys", &[]),
    ("FeedbackService/GetSurvey", &[("name", "surveys/after-the-stay")]),
    ("FeedbackService/ListAnswerSets", &[]),
    ("FeedbackService/ListCases", &[]),
    ("FeedbackService/GetCase", &[("name", "cases/lost-key")]),
    ("FeedbackService/SummarizeCases", &[]),
    (
        "SatisfactionService/QueryMetric",
        &[("metric", "METRIC_NPS"), ("group_by", "DIMENSION_DAY")],
    ),
    (
        "SatisfactionService/QueryMetric",
        &[("metric", "METRIC_CSAT"), ("group_by", "DIMENSION_LOCATION")],
    ),
    (
        "SatisfactionService/GetCustomerSatisfaction",
        &[("name", "customers/li/satisfaction")],
    ),
    ("SatisfactionService/VerifyRollups", &[]),
    ("LoyaltyService/ListPrograms", &[]),
    (
        "LoyaltyService/ListMembers",
        &[("parent", "programs/harbour-club")],
    ),
    (
        "LoyaltyService/GetBalance",
        &[("name", "programs/harbour-club/members/ada/balance")],
    ),
    (
        "LoyaltyService/ListTransactions",
        &[("parent", "programs/harbour-club/members/ada")],
    ),
    (
        "LoyaltyService/ListTransactions",
        &[("parent", "programs/harbour-club/members/li")],
    ),
    (
        "LoyaltyService/SummarizeLedger",
        &[("program", "programs/harbour-club")],
    ),
    ("LoyaltyService/VerifyLedger", &[]),
];

fn releases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/releases");
    let entries = fs::read_dir(folder).expect("the releases are there");
    let mut releases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    releases.sort();
    assert!(!releases.is_empty(), "tests/data/releases has no release");
    releases
}

/// Makes the data folder of a release as its program left it.
async fn unpack(release: &Path, data: &Path) {
    fs::create_dir_all(data).unwrap();
    for (service, _) in schemas() {
        let rows = fs::read_to_string(release.join(format!("{service}.sql"))).unwrap();
        let store = Store::open(&Location::in_folder(data, service)).await.unwrap();
        let read = store.read().execute_unprepared(&rows).await;
        read.unwrap_or_else(|error| panic!("{service} of {}: {error}", release.display()));
        store.close().await.unwrap();
    }
}

/// The answers to all questions, one field a line. What depends on the moment of asking is left out.
async fn answers(channel: &Channel) -> String {
    let mut text = String::new();
    for (name, fields) in QUESTIONS {
        let method = method(name);
        let answers = dynamic::call(channel, &method, vec![request(&method, fields)]).await;
        let answers = answers.unwrap_or_else(|status| panic!("{name} {fields:?}: {status:?}"));
        let _ = writeln!(text, "# {name} {fields:?}");
        for answer in answers {
            let shown = format!("{answer:#}");
            let lasting = shown
                .split("read_time {")
                .enumerate()
                .map(|(index, part)| match index {
                    0 => part,
                    _ => part.split_once('}').map_or("", |(_, rest)| rest),
                });
            for line in lasting
                .collect::<String>()
                .lines()
                .filter(|line| !line.trim().is_empty())
            {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_data_of_every_release_are_served_as_the_release_served_them() {
    for release in releases() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        unpack(&release, &data).await;
        let migrated = rapport(&["migrate", "--data", data.to_str().unwrap()]);
        assert!(migrated.status.success(), "{}: {migrated:?}", release.display());
        let suite = SuiteProcess::start(&data);
        let answers = answers(&suite.channel().await).await;
        let verified = rapport(&["verify", "--server", &suite.url()]);
        assert!(verified.status.success(), "{}: {verified:?}", release.display());
        suite.stop();
        let mut kept = insta::Settings::clone_current();
        kept.set_snapshot_path(&release);
        kept.set_prepend_module_to_snapshot(false);
        kept.set_omit_expression(true);
        kept.bind(|| insta::assert_snapshot!("answers", answers));
    }
}

/// The statements of a release on the store of a service.
fn statements(release: &Path, service: &str) -> Vec<String> {
    let file = release.join(format!("{service}.statements.sql"));
    let text = fs::read_to_string(file).unwrap();
    let statements = text.lines().map(|line| line.trim_end_matches(';').to_owned());
    let statements: Vec<String> = statements.collect();
    assert!(
        statements.len() > 10,
        "{service} has {} statements",
        statements.len()
    );
    statements
}

#[tokio::test]
async fn every_statement_of_every_release_can_still_be_prepared_on_a_file() {
    for release in releases() {
        let folder = tempfile::tempdir().unwrap();
        unpack(&release, folder.path()).await;
        let mut refused = Vec::new();
        for (service, migrations) in schemas() {
            let location = Location::in_folder(folder.path(), service);
            let store = Store::open(&location).await.unwrap();
            store.migrate(&migrations).await.unwrap();
            for statement in statements(&release, service) {
                let prepared = store
                    .read()
                    .execute_unprepared(&format!("EXPLAIN {statement}"))
                    .await;
                refused.extend(
                    prepared
                        .err()
                        .map(|error| format!("{service}: {error}: {statement}")),
                );
            }
            store.close().await.unwrap();
        }
        assert!(
            refused.is_empty(),
            "{}:\n{}",
            release.display(),
            refused.join("\n")
        );
    }
}

#[tokio::test]
async fn the_tables_and_columns_of_every_release_are_still_there_on_a_server() {
    let server = Postgres::start();
    for (service, migrations) in schemas() {
        server.create_database(service);
        let options = DatabaseOptions {
            url: server.url(service),
            // What one statement prepares, the next must find.
            connections: 1,
            ..DatabaseOptions::default()
        };
        let store = Store::open(&Location::on_server(&options, service))
            .await
            .unwrap();
        store.migrate(&migrations).await.unwrap();
        let (mut prepared, mut foreign, mut missing) = (0, 0, Vec::new());
        for statement in releases().iter().flat_map(|release| statements(release, service)) {
            let prepare = format!("PREPARE old AS {}", numbered(&statement));
            match store.read().execute_unprepared(&prepare).await {
                Ok(_) => {
                    store.read().execute_unprepared("DEALLOCATE ALL").await.unwrap();
                    prepared += 1;
                }
                Err(error) if lacks_a_place(&error.to_string()) => {
                    missing.push(format!("{error}: {statement}"));
                }
                // Some of SQLite's statements are none of PostgreSQL's: only what they name has to be there.
                Err(_) => foreign += 1,
            }
        }
        store.close().await.unwrap();
        assert!(missing.is_empty(), "{service}:\n{}", missing.join("\n"));
        assert!(
            prepared > foreign,
            "{service}: only {prepared} statements could be prepared, {foreign} could not"
        );
    }
}

/// Whether an error says that a table or a column is not there.
fn lacks_a_place(error: &str) -> bool {
    error.contains("does not exist") && (error.contains("relation ") || error.contains("column "))
}

/// A statement with the placeholders of PostgreSQL.
fn numbered(statement: &str) -> String {
    let mut parts = statement.split('?');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (number, part) in (1..).zip(parts) {
        let _ = write!(text, "${number}{part}");
    }
    text
}
