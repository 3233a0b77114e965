use std::{sync::Arc, time::Duration};

use rapport_audit::{Recorder, service};
use rapport_contract::audit::v1::{AuditRecord, CallerKind, GetAuditRecordRequest};
use rapport_listing::TokenKey;
use rapport_testkit::described;
use tonic::Code;

use crate::world::{Client, TENANT, World, append, log, serve, store};

const LIST: &str = "rapport.audit.v1.AuditService/ListAuditRecords";
const GET: &str = "rapport.audit.v1.AuditService/GetAuditRecord";

#[tokio::test]
async fn reading_the_log_is_itself_recorded_before_it_is_answered() {
    let world = World::start().await;
    let filter = format!("method = \"{LIST}\"");
    assert_eq!(world.records(&filter).await, []);
    let records = world.records(&filter).await;
    let [record] = &records[..] else {
        panic!("one call came before: {records:?}");
    };
    assert_eq!(
        (
            record.subject.as_str(),
            record.caller_kind(),
            record.target.as_str()
        ),
        ("local", CallerKind::Local, "auditRecords")
    );
    assert_eq!((record.code.as_str(), record.reason.as_str()), ("OK", ""));
    world.stop().await;
}

#[tokio::test]
async fn a_refused_call_is_recorded_with_what_it_asked_for_and_why_it_was_refused() {
    let world = World::start().await;
    let ghost = format!("auditRecords/{}.change", world.clock.clock().new_id());
    let request = GetAuditRecordRequest { name: ghost.clone() };
    let refused = world.client.clone().get_audit_record(request).await.unwrap_err();
    let id = refused.metadata().get("x-request-id").unwrap().to_str().unwrap();
    // A refusal does not wait for its record.
    let record = eventually(&world, &format!("method = \"{GET}\"")).await;
    assert_eq!(record.name, format!("auditRecords/{id}.answer"));
    assert_eq!(
        (
            record.target.as_str(),
            record.code.as_str(),
            record.reason.as_str()
        ),
        (ghost.as_str(), "NOT_FOUND", "AUDIT_RECORD_NOT_FOUND")
    );
    world.stop().await;
}

#[tokio::test]
async fn words_that_are_no_names_are_never_kept() {
    let world = World::start().await;
    for name in ["auditRecords/Jane Doe", "jane@example.com", "Jane"] {
        let request = GetAuditRecordRequest {
            name: name.to_owned(),
        };
        world.client.clone().get_audit_record(request).await.unwrap_err();
    }
    eventually(&world, "reason = \"INVALID_NAME\"").await;
    for record in world.records("reason = \"INVALID_NAME\"").await {
        assert_eq!(record.target, "", "{record:?}");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_shown() {
    let world = World::start().await;
    let name = append(&world.clock, &world.first.store, TENANT, GET, "OK").await;
    // The records are in one store, and those of reading them would go to another one, which is away.
    let away = store().await;
    let recorder = Recorder::start(&[log("audit", &away.store)]);
    away.store.clone().close().await.unwrap();
    let serving = serve(&world.clock, |server| {
        let service = service(world.logs().to_vec(), TokenKey::new([7; 32]));
        server.with_record(Arc::new(recorder)).with(service)
    });
    let client = Client::new(serving.channel.clone());
    let request = GetAuditRecordRequest { name };
    let refused = client.clone().get_audit_record(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{}", described(&refused));
    drop(client);
    serving.stop().await;
    world.stop().await;
}

/// Waits for a record that a filter selects; fails after ten seconds.
async fn eventually(world: &World, filter: &str) -> AuditRecord {
    for _ in 0..1_000 {
        if let Some(record) = world.records(filter).await.pop() {
            return record;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no record that {filter} came within ten seconds");
}
