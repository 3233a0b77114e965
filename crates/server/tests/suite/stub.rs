//! A service that tells what it is told: who calls it, and what it would pass on.

use std::sync::Arc;

use rapport_contract::satisfaction::v1::{
    CustomerSatisfaction, GetCustomerSatisfactionRequest, QueryMetricRequest, QueryMetricResponse,
    VerifyRollupsRequest, VerifyRollupsResponse, satisfaction_service_server::SatisfactionService,
};
use rapport_server::caller;
use rapport_status::{Error, Reason};
use tokio::sync::{Notify, Semaphore};
use tonic::{Request, Response, Status};

pub(crate) const TELL: &str = "/rapport.satisfaction.v1.SatisfactionService/GetCustomerSatisfaction";
pub(crate) const WAIT: &str = "/rapport.satisfaction.v1.SatisfactionService/VerifyRollups";

/// The service.
#[derive(Debug)]
pub(crate) struct Stub {
    /// Told of each call that begins to wait.
    pub(crate) waits: Notify,
    /// Calls that wait go on with a permit of this.
    pub(crate) go_on: Semaphore,
}

impl Stub {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            waits: Notify::new(),
            go_on: Semaphore::new(0),
        })
    }
}

#[tonic::async_trait]
impl SatisfactionService for Stub {
    /// Refuses.
    async fn query_metric(
        &self,
        _request: Request<QueryMetricRequest>,
    ) -> Result<Response<QueryMetricResponse>, Status> {
        Err(Error::new(Reason::SatisfactionNotFound, "there is nothing").into())
    }

    /// Tells who calls, and what is known for further calls.
    async fn get_customer_satisfaction(
        &self,
        request: Request<GetCustomerSatisfactionRequest>,
    ) -> Result<Response<CustomerSatisfaction>, Status> {
        let caller = caller(&request)?;
        let mut passed_on: Vec<String> = rapport_server::outgoing()
            .iter()
            .map(|(name, value)| format!("{name}={}", value.to_str().unwrap_or("?")))
            .collect();
        passed_on.sort();
        let left = rapport_server::deadline().map(|until| until.duration_since(tokio::time::Instant::now()));
        let name = format!(
            "{} {} {} | {} | deadline within a minute: {}",
            caller.tenant,
            caller.subject,
            caller.scopes.to_line(),
            passed_on.join(" "),
            left.is_some_and(|left| left.as_secs() < 60)
        );
        Ok(Response::new(CustomerSatisfaction {
            name,
            ..CustomerSatisfaction::default()
        }))
    }

    /// Waits until it is told to go on.
    async fn verify_rollups(
        &self,
        _request: Request<VerifyRollupsRequest>,
    ) -> Result<Response<VerifyRollupsResponse>, Status> {
        self.waits.notify_one();
        self.go_on.acquire().await.unwrap().forget();
        Ok(Response::new(VerifyRollupsResponse::default()))
    }
}
