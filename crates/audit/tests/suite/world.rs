//! Two stores with logs, and a server that answers from them.

use rapport_audit::{Audit, Log};
use rapport_clock::ManualClock;
use rapport_contract::audit::v1::{
    AuditRecord, ListAuditRecordsRequest, ListAuditRecordsResponse, audit_service_client::AuditServiceClient,
};
use rapport_listing::TokenKey;
use rapport_server::{Credentials, Server};
use rapport_storage::{
    MigrationList, Store, tables,
    trail::{self, audit_record},
};
use rapport_testkit::{Serving, TemporaryStore};
use tonic::{Status, transport::Channel};

/// The tenant that calls.
pub(crate) const TENANT: &str = "acme";

pub(crate) type Client = AuditServiceClient<Channel>;

pub(crate) struct World {
    pub(crate) first: TemporaryStore,
    pub(crate) second: TemporaryStore,
    pub(crate) clock: ManualClock,
    pub(crate) client: Client,
    serving: Serving,
}

impl World {
    pub(crate) async fn start() -> Self {
        let first = store().await;
        let second = store().await;
        let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
        let stores = [
            ("profile", first.store.clone()),
            ("loyalty", second.store.clone()),
        ];
        let serving = serve(&clock, |server| {
            Audit::start(&stores, TokenKey::new([7; 32])).add_to(server)
        });
        Self {
            client: Client::new(serving.channel.clone()),
            first,
            second,
            clock,
            serving,
        }
    }

    /// The logs that the server answers from.
    pub(crate) fn logs(&self) -> [Log; 2] {
        [
            log("profile", &self.first.store),
            log("loyalty", &self.second.store),
        ]
    }

    /// A page of the log.
    pub(crate) async fn page(
        &self,
        request: ListAuditRecordsRequest,
    ) -> Result<ListAuditRecordsResponse, Status> {
        let answer = self.client.clone().list_audit_records(request).await?;
        Ok(answer.into_inner())
    }

    /// The records that a filter selects, the newest first.
    pub(crate) async fn records(&self, filter: &str) -> Vec<AuditRecord> {
        let request = ListAuditRecordsRequest {
            filter: filter.to_owned(),
            ..ListAuditRecordsRequest::default()
        };
        self.page(request).await.unwrap().audit_records
    }

    pub(crate) async fn stop(self) {
        drop(self.client);
        self.serving.stop().await;
    }
}

/// Serves what is added to a server; the caller is the local operator.
pub(crate) fn serve(clock: &ManualClock, add_to: impl FnOnce(Server) -> Server) -> Serving {
    let credentials = Credentials::Local {
        tenant: TENANT.to_owned(),
    };
    Serving::start(add_to(Server::new(credentials, clock.clock()).unwrap()))
}

pub(crate) async fn store() -> TemporaryStore {
    TemporaryStore::new(MigrationList(tables::migrations)).await
}

pub(crate) fn log(service: &'static str, store: &Store) -> Log {
    Log {
        service,
        store: store.clone(),
    }
}

/// Appends the record of a call that came at the clock's moment, and gives the record's name.
pub(crate) async fn append(
    clock: &ManualClock,
    store: &Store,
    tenant: &str,
    method: &str,
    code: &str,
) -> String {
    let clock = clock.clock();
    let id = format!("{}.change", clock.new_id());
    let record = audit_record::Model {
        tenant: tenant.to_owned(),
        call_time: clock.now().as_millisecond() * 1_000,
        id: id.clone(),
        subject: "ada".to_owned(),
        caller_kind: "TOKEN".to_owned(),
        method: method.to_owned(),
        target: "customers/li".to_owned(),
        code: code.to_owned(),
        reason: String::new(),
    };
    trail::append(store.read(), vec![record]).await.unwrap();
    format!("auditRecords/{id}")
}
