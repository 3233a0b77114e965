//! The methods of the contract.

use rapport_contract::{
    audit::v1::{
        AuditRecord, CallerKind, GetAuditRecordRequest, ListAuditRecordsRequest, ListAuditRecordsResponse,
        audit_service_server::{AuditService, AuditServiceServer},
    },
    instant, name,
};
use rapport_listing::TokenKey;
use rapport_server::{caller, listing::refused, tuned};
use rapport_status::{Error, Reason, Result};
use rapport_storage::trail::audit_record;
use tonic::{Request, Response, Status};

use crate::{Log, store};

/// The order of lists for which the request states none.
const USUAL_ORDER: &str = "call_time desc";

/// The methods of the audit service, over the logs of one process.
#[derive(Debug, Clone)]
pub struct Rpc {
    logs: Vec<Log>,
    token_key: TokenKey,
}

/// The audit service, for a server: it answers for these logs, and signs page tokens with the key.
pub fn service(logs: Vec<Log>, token_key: TokenKey) -> AuditServiceServer<Rpc> {
    tuned!(AuditServiceServer::new(Rpc { logs, token_key }))
}

#[tonic::async_trait]
impl AuditService for Rpc {
    async fn get_audit_record(
        &self,
        request: Request<GetAuditRecordRequest>,
    ) -> Result<Response<AuditRecord>, Status> {
        let tenant = caller(&request)?.tenant;
        let name = request.into_inner().name;
        let [id] = name::AUDIT_RECORD.require("name", &name)?;
        let row = store::find(&self.logs, &tenant, id).await?;
        let row = row.ok_or_else(|| not_found(&name))?;
        Ok(Response::new(record(row)?))
    }

    async fn list_audit_records(
        &self,
        request: Request<ListAuditRecordsRequest>,
    ) -> Result<Response<ListAuditRecordsResponse>, Status> {
        let tenant = caller(&request)?.tenant;
        let request = request.into_inner();
        let order = match request.order_by.trim() {
            "" => USUAL_ORDER,
            order => order,
        };
        let page = store::SCHEMA
            .page(
                request.page_size,
                &request.page_token,
                &request.filter,
                order,
                &format!("ListAuditRecords {tenant}"),
                &self.token_key,
            )
            .map_err(|error| refused(&error))?;
        let (rows, next_page_token) = store::list(&self.logs, &tenant, &page).await?;
        Ok(Response::new(ListAuditRecordsResponse {
            audit_records: rows.into_iter().map(record).collect::<Result<_>>()?,
            next_page_token,
        }))
    }
}

fn not_found(name: &str) -> Error {
    Error::about(
        Reason::AuditRecordNotFound,
        "rapport.example/AuditRecord",
        name,
        format!("there is no {name} in this process; each service keeps the records of its own calls"),
    )
}

fn record(row: audit_record::Model) -> Result<AuditRecord> {
    let call_time = jiff::Timestamp::from_microsecond(row.call_time)
        .map_err(|error| Error::internal("a stored audit record has no possible time").because(error))?;
    let caller_kind = match row.caller_kind.as_str() {
        "LOCAL" => CallerKind::Local,
        "TOKEN" => CallerKind::Token,
        "API_KEY" => CallerKind::ApiKey,
        "SERVICE" => CallerKind::Service,
        other => {
            let message = format!("a stored audit record has the unknown kind of caller {other:?}");
            return Err(Error::internal(message));
        }
    };
    Ok(AuditRecord {
        name: name::AUDIT_RECORD.format([&row.id]),
        call_time: Some(instant::to_wire(call_time)),
        subject: row.subject,
        caller_kind: caller_kind.into(),
        method: row.method,
        target: row.target,
        code: row.code,
        reason: row.reason,
    })
}
