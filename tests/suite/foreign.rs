//! The tour of the README, taken by clients in other languages that know the contract and nothing else of Rapport.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::suite_process::{Ended, SuiteProcess, run};

#[test]
fn the_tour_can_be_taken_in_python_with_what_the_server_says_of_itself() {
    take_the_tour("python", &python(), &root().join("tests/clients/python/tour.py"));
}

#[test]
fn the_tour_can_be_taken_in_node_with_the_files_of_the_contract() {
    let packages = root().join("tests/clients/node/node_modules/@grpc/grpc-js");
    assert!(
        packages.exists(),
        "the Node packages are missing; run tests/set_up"
    );
    take_the_tour(
        "node",
        Path::new("node"),
        &root().join("tests/clients/node/tour.js"),
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn python() -> PathBuf {
    let python = root().join(".tools/python/bin/python");
    assert!(
        python.exists(),
        "{} is missing; run tests/set_up",
        python.display()
    );
    python
}

/// Takes the tour in Python once, over services that answer at addresses of their own.
pub(crate) fn take_the_tour_of_services(addresses: &str) {
    let ended = run(Command::new(python())
        .arg(root().join("tests/clients/python/tour.py"))
        .arg(addresses));
    assert!(
        ended.status.success(),
        "the tour ended early: {}\n{}",
        ended.stdout,
        ended.stderr
    );
    insta::assert_snapshot!("tour_in_python", ended.stdout);
}

/// Takes the tour twice: the second time it finds everything done, and changes nothing.
fn take_the_tour(language: &str, interpreter: &Path, tour: &Path) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let suite = SuiteProcess::start(folder.path());
    let take = || {
        run(Command::new(interpreter)
            .arg(tour)
            .arg(suite.address().to_string()))
    };
    let first = take();
    assert_tour(&first, &suite);
    insta::assert_snapshot!(format!("tour_in_{language}"), first.stdout);
    let second = take();
    assert_tour(&second, &suite);
    let done = first
        .stdout
        .replace("42 points after the purchase", "242 points after the purchase");
    assert_eq!(second.stdout, done, "the second tour changed something");
    suite.stop();
}

fn assert_tour(ended: &Ended, suite: &SuiteProcess) {
    assert!(
        ended.status.success(),
        "the tour ended early: {}\n{}\nlog of the server: {}",
        ended.stdout,
        ended.stderr,
        suite.log()
    );
}
