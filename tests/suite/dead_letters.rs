//! What could not be taken is listed and sent again with the command line, beside the running suite.

use std::path::Path;

use prost::{Message as _, Name as _};
use rapport_clock::Clock;
use rapport_contract::profile::v1::{CustomerCreated, PurchaseRecorded};
use rapport_storage::{Location, Store, tables::dead_letter};
use sea_orm::{ActiveValue::Set, EntityTrait as _};

use crate::suite_process::{Ended, SuiteProcess, rapport};

/// Puts an event with the dead letters of the loyalty service, and gives its id.
async fn put_aside(data: &Path, topic: String, payload: Vec<u8>) -> String {
    let store = Store::open(&Location::in_folder(data, "loyalty")).await.unwrap();
    let clock = Clock::system();
    let (id, now) = (clock.new_id(), clock.now().as_microsecond());
    let row = dead_letter::ActiveModel {
        tenant: Set("default".to_owned()),
        consumer: Set("loyalty".to_owned()),
        event_id: Set(id),
        key: Set("customers/ann".to_owned()),
        topic: Set(topic),
        payload: Set(payload),
        occurred_at: Set(now),
        reason: Set("INTERNAL_ERROR: mended since".to_owned()),
        failed_at: Set(now),
        trace_parent: Set(None),
        replay_requested_at: Set(None),
    };
    dead_letter::Entity::insert(row)
        .exec_without_returning(store.read())
        .await
        .unwrap();
    store.close().await.unwrap();
    id.to_string()
}

fn events(data: &Path, arguments: &[&str]) -> Ended {
    let data = data.to_str().unwrap();
    rapport(&[&["events"], arguments, &["--data", data]].concat())
}

#[tokio::test]
async fn dead_letters_are_listed_and_sent_again_while_the_suite_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let suite = SuiteProcess::start(data);
    let created = CustomerCreated {
        customer: "customers/ann".to_owned(),
    };
    let mended = put_aside(data, CustomerCreated::full_name(), created.encode_to_vec()).await;
    let unreadable = put_aside(data, PurchaseRecorded::full_name(), vec![0xff]).await;

    let listed = events(data, &["dead-letters"]);
    assert!(listed.status.success(), "{listed:?}");
    for expected in [
        &mended,
        &unreadable,
        "INTERNAL_ERROR: mended since",
        "dead letters: 2",
    ] {
        assert!(listed.stdout.contains(expected), "{expected}: {listed:?}");
    }
    let tried = events(data, &["replay", "--all", "--dry-run"]);
    assert!(tried.stdout.contains("would be sent again: 2"), "{tried:?}");

    let sent = events(data, &["replay", "--event", &mended]);
    assert!(sent.status.success(), "{sent:?}");
    assert!(
        sent.stdout.contains("sent again: 1; taken: 1; failed again: 0"),
        "{sent:?}"
    );
    let sent = events(data, &["replay", "--consumer", "loyalty"]);
    assert!(!sent.status.success(), "{sent:?}");
    assert!(
        sent.stdout.contains("sent again: 1; taken: 0; failed again: 1"),
        "{sent:?}"
    );

    let listed = events(data, &["dead-letters", "--consumer", "loyalty"]);
    assert!(listed.stdout.contains(&unreadable), "{listed:?}");
    assert!(listed.stdout.contains("MALFORMED_MESSAGE"), "{listed:?}");
    assert!(!listed.stdout.contains(&mended), "{listed:?}");
    let refilled = events(data, &["refill", "--since", "2020-01-01T00:00:00Z"]);
    assert!(
        refilled.stdout.contains("loyalty: 0 events are published again"),
        "{refilled:?}"
    );
    suite.stop();
}

#[test]
fn commands_on_events_say_what_is_wrong_with_what_they_are_given() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (vec!["dead-letters"], "no store is in"),
        (vec!["replay"], "required arguments"),
        (
            vec!["replay", "--all", "--consumer", "loyalty"],
            "cannot be used with",
        ),
        (vec!["replay", "--event", "7"], "invalid value '7'"),
        (
            vec!["refill", "--since", "yesterday"],
            "invalid value 'yesterday'",
        ),
        (
            vec![
                "refill",
                "--since",
                "2026-01-01T00:00:00Z",
                "--service",
                "royalty",
            ],
            "there is no service \"royalty\"",
        ),
    ] {
        let refused = events(folder.path(), &arguments);
        assert!(!refused.status.success(), "{arguments:?}: {refused:?}");
        assert!(refused.stderr.contains(expected), "{arguments:?}: {refused:?}");
    }
}
