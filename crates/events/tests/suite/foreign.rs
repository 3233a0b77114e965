//! Somebody else's program reads the events: the Python subscriber of docs/events.md.

use std::{path::PathBuf, process::Stdio};

use rapport_clock::Clock;
use rapport_contract::profile::v1::PurchaseRecorded;
use rapport_events::{Event, outbox};
use rapport_testkit::Nats;
use serde_json::{Value, json};

use crate::world::{bus, new_store, settle};

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Runs the subscriber until it has some events, and gives what it printed.
fn subscribe(nats: &Nats, arguments: &[&str]) -> Vec<Value> {
    let python = root().join(".tools/python/bin/python");
    assert!(
        python.is_file(),
        "the Python packages are not there; tests/set_up brings them"
    );
    let output = std::process::Command::new(python)
        .arg(root().join("tests/clients/python/subscribe.py"))
        .args(["--url", &nats.url()])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "subscribe.py: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_subscriber_reads_cloud_events_and_decodes_them_with_the_contract() {
    let nats = Nats::start();
    let source = new_store().await;
    let clock = Clock::system();
    let purchase = |customer: &str, id: &str| PurchaseRecorded {
        customer: customer.to_owned(),
        source: "till".to_owned(),
        source_id: id.to_owned(),
        ..PurchaseRecorded::default()
    };
    let trace_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let traced = Event {
        trace_parent: Some(trace_parent.to_owned()),
        ..outbox::event(&clock, "harbour", "customers/1", &purchase("customers/1", "A-1"))
    };
    let events = vec![
        traced.clone(),
        outbox::event(
            &clock,
            "other.tenant",
            "customers/1",
            &purchase("customers/1", "B-1"),
        ),
        outbox::event(&clock, "harbour", "customers/2", &purchase("customers/2", "A-2")),
    ];
    source
        .store
        .write("tell", |transaction| {
            let events = events.clone();
            async move {
                outbox::append(transaction.connection(), events).await?;
                transaction.commit(()).await
            }
        })
        .await
        .unwrap();
    let publishing = bus(&nats).await.publish_from(source.store.clone(), "profile");
    settle(&source.store).await;
    publishing.stop().await;

    let mut found = subscribe(&nats, &["--tenant", "harbour", "--count", "2"]);
    found.sort_by_key(|event| event["data"]["source_id"].to_string());
    assert_eq!(
        found[0],
        json!({
            "attributes": {
                "specversion": "1.0",
                "id": traced.id.to_string(),
                "source": "/rapport/profile",
                "type": "rapport.profile.v1.PurchaseRecorded",
                "time": traced.occurred_at.to_string(),
                "subject": "customers/1",
                "tenant": "harbour",
                "datacontenttype": "application/protobuf",
            },
            "traceparent": trace_parent,
            "data": {"customer": "customers/1", "source": "till", "source_id": "A-1"},
        })
    );
    assert_eq!(found[1]["data"]["source_id"], "A-2");
    assert_eq!(found[1]["traceparent"], Value::Null);

    let others = subscribe(
        &nats,
        &[
            "--tenant",
            "other.tenant",
            "--type",
            "rapport.profile.v1.PurchaseRecorded",
            "--count",
            "1",
        ],
    );
    assert_eq!(others[0]["data"]["source_id"], "B-1");
}
