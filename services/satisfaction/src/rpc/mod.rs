//! The service's methods: contract to domain and back, nothing else.

mod answer;
mod question;

use rapport_contract::{
    name,
    satisfaction::v1::{
        CustomerSatisfaction, GetCustomerSatisfactionRequest, QueryMetricRequest, QueryMetricResponse,
        VerifyRollupsRequest, VerifyRollupsResponse, satisfaction_service_server::SatisfactionService,
    },
};
use rapport_listing::TokenKey;
use rapport_server::caller;
use rapport_storage::Store;
use tonic::{Request, Response, Status};

use crate::usecase::{customers, metrics, verification};

/// The methods of the service.
#[derive(Debug, Clone)]
pub struct Rpc {
    store: Store,
    token_key: TokenKey,
}

impl Rpc {
    /// Methods over a store; page tokens are signed with the key.
    pub(crate) const fn new(store: Store, token_key: TokenKey) -> Self {
        Self { store, token_key }
    }
}

#[tonic::async_trait]
impl SatisfactionService for Rpc {
    async fn query_metric(
        &self,
        request: Request<QueryMetricRequest>,
    ) -> Result<Response<QueryMetricResponse>, Status> {
        let tenant = caller(&request)?.tenant;
        let (query, part) = question::read(request.into_inner())?;
        let (rows, next_page_token) =
            metrics::query(&self.store, &tenant, &self.token_key, &query, &part).await?;
        let rows = rows.into_iter().map(answer::row).collect();
        Ok(Response::new(QueryMetricResponse {
            rows,
            next_page_token,
        }))
    }

    async fn get_customer_satisfaction(
        &self,
        request: Request<GetCustomerSatisfactionRequest>,
    ) -> Result<Response<CustomerSatisfaction>, Status> {
        let tenant = caller(&request)?.tenant;
        let name = request.into_inner().name;
        let [customer] = name::CUSTOMER_SATISFACTION.require("name", &name)?;
        let answers = customers::satisfaction(&self.store, &tenant, customer).await?;
        Ok(Response::new(answer::customer(name, &answers)))
    }

    async fn verify_rollups(
        &self,
        request: Request<VerifyRollupsRequest>,
    ) -> Result<Response<VerifyRollupsResponse>, Status> {
        let tenant = caller(&request)?.tenant;
        let found = verification::verify(&self.store, &tenant).await?;
        Ok(Response::new(VerifyRollupsResponse {
            score_count: found.scores,
            rollup_count: found.rollups,
            difference_count: found.differences,
            differences: found.told,
        }))
    }
}
