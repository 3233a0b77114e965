//! The service on the wire: thin handlers that read the request, have the use case done, and write the answer.

mod customers;
mod purchases;
mod values;
mod view;

use rapport_contract::{
    name,
    profile::v1::{self as wire, profile_service_server::ProfileService},
};
use rapport_listing::{Page, Schema, TokenKey};
use rapport_server::{caller, listing::refused};
use rapport_status::{Error, Reason};
use rapport_storage::group::Committer;
use tonic::{Request, Response, Status, Streaming};

use crate::{
    domain::{
        intake::{Owner, Row},
        purchase::day_of,
        registry::{Creation, NewCustomer},
    },
    sisters::Sisters,
    store,
    usecase::{
        self, Ports,
        purchases::{Import, PurchaseBatch, Refusal},
    },
};

/// The handlers. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Rpc {
    pub ports: Ports,
    pub committer: Committer<PurchaseBatch>,
    pub sisters: Sisters,
    pub token_key: TokenKey,
}

type Answer<T> = Result<Response<T>, Status>;

impl Rpc {
    fn new_customer(
        &self,
        request: wire::CreateCustomerRequest,
        at: &str,
    ) -> Result<NewCustomer, Vec<rapport_status::FieldViolation>> {
        let clock = &self.ports.clock;
        customers::new_customer(request, at, clock.new_id().to_string(), day_of(clock.now()))
    }
}

/// What a list request asks for.
struct Listed<'r> {
    schema: &'static Schema,
    size: i32,
    token: &'r str,
    filter: &'r str,
    order: &'r str,
    default_order: &'r str,
    /// What tells this list from every other.
    scope: String,
}

impl Rpc {
    fn page(&self, listed: &Listed<'_>) -> Result<Page, Error> {
        let order = match listed.order.trim() {
            "" => listed.default_order,
            _ => listed.order,
        };
        listed
            .schema
            .page(
                listed.size,
                listed.token,
                listed.filter,
                order,
                &listed.scope,
                &self.token_key,
            )
            .map_err(|error| refused(&error))
    }
}

#[tonic::async_trait]
impl ProfileService for Rpc {
    async fn create_customer(&self, request: Request<wire::CreateCustomerRequest>) -> Answer<wire::Customer> {
        let tenant = caller(&request)?.tenant;
        let wish = self
            .new_customer(request.into_inner(), "")
            .map_err(|violations| Error::invalid(Reason::InvalidFields, violations))?;
        let mut decisions = usecase::customers::create(&self.ports, &tenant, &[wish]).await?;
        let decision = decisions
            .pop()
            .unwrap_or_else(|| Err(Error::internal("creating a customer gave no answer")));
        match decision? {
            Creation::Created(customer) | Creation::Existing(customer) => {
                Ok(Response::new(customers::customer(customer)))
            }
        }
    }

    async fn batch_create_customers(
        &self,
        request: Request<wire::BatchCreateCustomersRequest>,
    ) -> Answer<wire::BatchCreateCustomersResponse> {
        let tenant = caller(&request)?.tenant;
        let mut answer = wire::BatchCreateCustomersResponse::default();
        let mut refusals = Vec::new();
        let (mut rows, mut wishes) = (Vec::new(), Vec::new());
        for (row, request) in (0..).zip(request.into_inner().requests) {
            match self.new_customer(request, "") {
                Ok(wish) => {
                    rows.push(row);
                    wishes.push(wish);
                }
                Err(violations) => {
                    refusals.extend(Refusal::of_violations(row, Reason::InvalidFields, violations));
                }
            }
        }
        let decisions = usecase::customers::create(&self.ports, &tenant, &wishes).await?;
        for (row, decision) in rows.into_iter().zip(decisions) {
            match decision {
                Ok(Creation::Created(_)) => answer.created_count += 1,
                Ok(Creation::Existing(_)) => answer.existing_count += 1,
                Err(error) => refusals.extend(Refusal::of(row, &error)),
            }
        }
        refusals.sort_by_key(|refusal| refusal.row);
        answer.errors = refusals.into_iter().map(customers::row_error).collect();
        Ok(Response::new(answer))
    }

    async fn get_customer(&self, request: Request<wire::GetCustomerRequest>) -> Answer<wire::Customer> {
        let tenant = caller(&request)?.tenant;
        let [id] = name::CUSTOMER.require("name", &request.get_ref().name)?;
        let customer = usecase::customers::get(&self.ports, &tenant, id).await?;
        Ok(Response::new(customers::customer(customer)))
    }

    async fn list_customers(
        &self,
        request: Request<wire::ListCustomersRequest>,
    ) -> Answer<wire::ListCustomersResponse> {
        let tenant = caller(&request)?.tenant;
        let request = request.into_inner();
        let page = self.page(&Listed {
            schema: &store::customers::LISTED,
            size: request.page_size,
            token: &request.page_token,
            filter: &request.filter,
            order: &request.order_by,
            default_order: "create_time desc",
            scope: format!("ListCustomers {tenant}"),
        })?;
        let (listed, next_page_token) = usecase::customers::list(&self.ports, &tenant, &page).await?;
        Ok(Response::new(wire::ListCustomersResponse {
            customers: listed.into_iter().map(customers::customer).collect(),
            next_page_token,
        }))
    }

    async fn update_customer(&self, request: Request<wire::UpdateCustomerRequest>) -> Answer<wire::Customer> {
        let tenant = caller(&request)?.tenant;
        let change = customers::change(request.into_inner(), day_of(self.ports.clock.now()))?;
        let customer = usecase::customers::update(&self.ports, &tenant, &change).await?;
        Ok(Response::new(customers::customer(customer)))
    }

    async fn delete_customer(&self, request: Request<wire::DeleteCustomerRequest>) -> Answer<()> {
        let tenant = caller(&request)?.tenant;
        let request = request.into_inner();
        let [id] = name::CUSTOMER.require("name", &request.name)?;
        usecase::customers::delete(&self.ports, &tenant, id, &request.etag, request.allow_missing).await?;
        Ok(Response::new(()))
    }

    async fn lookup_customer(&self, request: Request<wire::LookupCustomerRequest>) -> Answer<wire::Customer> {
        let tenant = caller(&request)?.tenant;
        let identity = request.into_inner().identity.unwrap_or_default();
        let key = customers::identity_key(&identity, "identity")
            .map_err(|violations| Error::invalid(Reason::InvalidFields, violations))?;
        let customer = usecase::customers::lookup(&self.ports, &tenant, &key).await?;
        Ok(Response::new(customers::customer(customer)))
    }

    async fn record_purchase(&self, request: Request<wire::RecordPurchaseRequest>) -> Answer<wire::Purchase> {
        let tenant = caller(&request)?.tenant;
        let request = request.into_inner();
        let [customer] = name::CUSTOMER.require("parent", &request.parent)?;
        let clock = &self.ports.clock;
        let purchase = request.purchase.unwrap_or_default();
        let (key, content) = purchases::content(purchase, "purchase", clock.now())
            .map_err(|violations| Error::invalid(Reason::InvalidFields, violations))?;
        let row = Row {
            owner: Owner::Customer(customer.to_owned()),
            key,
            content,
            new_purchase_id: clock.new_id().to_string(),
            missing_customer: None,
        };
        let purchase = usecase::purchases::record(&self.ports, &self.committer, &tenant, row).await?;
        Ok(Response::new(purchases::purchase(purchase)))
    }

    async fn import_purchases(
        &self,
        request: Request<Streaming<wire::ImportPurchasesRequest>>,
    ) -> Answer<wire::ImportPurchasesResponse> {
        let tenant = caller(&request)?.tenant;
        let mut stream = request.into_inner();
        let mut import = None;
        let mut create_missing = false;
        while let Some(message) = stream.message().await? {
            let import = import.get_or_insert_with(|| {
                create_missing = message.create_missing_customers;
                self.import(&tenant, message.validate_only)
            });
            let clock = &self.ports.clock;
            let rows = message
                .rows
                .into_iter()
                .map(|row| purchases::row(row, create_missing, clock));
            import.take(rows.collect()).await?;
        }
        let tally = import.map(Import::finish).unwrap_or_default();
        Ok(Response::new(purchases::import_answer(tally)))
    }

    async fn list_timeline_entries(
        &self,
        request: Request<wire::ListTimelineEntriesRequest>,
    ) -> Answer<wire::ListTimelineEntriesResponse> {
        let tenant = caller(&request)?.tenant;
        let request = request.into_inner();
        let [customer] = name::CUSTOMER.require("parent", &request.parent)?;
        let page = self.page(&Listed {
            schema: &usecase::timeline::LISTED,
            size: request.page_size,
            token: &request.page_token,
            filter: "",
            order: "",
            default_order: usecase::timeline::ORDER,
            scope: format!("ListTimelineEntries {tenant} {customer}"),
        })?;
        let (entries, next_page_token) =
            usecase::timeline::list(&self.ports, &tenant, customer, &page).await?;
        Ok(Response::new(wire::ListTimelineEntriesResponse {
            timeline_entries: entries.into_iter().map(view::timeline_entry).collect(),
            next_page_token,
        }))
    }

    async fn evaluate_customers(
        &self,
        request: Request<wire::EvaluateCustomersRequest>,
    ) -> Answer<wire::Evaluation> {
        let tenant = caller(&request)?.tenant;
        let (as_of, currency) = values::evaluate_request(request.get_ref())?;
        let evaluation = usecase::evaluate::all(&self.ports, &tenant, as_of, currency).await?;
        Ok(Response::new(values::evaluation(evaluation)))
    }

    async fn get_evaluation(&self, request: Request<wire::GetEvaluationRequest>) -> Answer<wire::Evaluation> {
        let tenant = caller(&request)?.tenant;
        let id = values::evaluation_id(&request.get_ref().name)?;
        let evaluation = usecase::values::evaluation(&self.ports, &tenant, id).await?;
        Ok(Response::new(values::evaluation(evaluation)))
    }

    async fn get_customer_value(
        &self,
        request: Request<wire::GetCustomerValueRequest>,
    ) -> Answer<wire::CustomerValue> {
        let tenant = caller(&request)?.tenant;
        let [id] = name::CUSTOMER_VALUE.require("name", &request.get_ref().name)?;
        let value = usecase::values::get(&self.ports, &tenant, id).await?;
        Ok(Response::new(values::customer_value(value)))
    }

    async fn list_customer_values(
        &self,
        request: Request<wire::ListCustomerValuesRequest>,
    ) -> Answer<wire::ListCustomerValuesResponse> {
        let tenant = caller(&request)?.tenant;
        let request = request.into_inner();
        let page = self.page(&Listed {
            schema: &store::values::LISTED,
            size: request.page_size,
            token: &request.page_token,
            filter: &request.filter,
            order: &request.order_by,
            default_order: "monetary desc",
            scope: format!("ListCustomerValues {tenant}"),
        })?;
        let (listed, next_page_token) = usecase::values::list(&self.ports, &tenant, &page).await?;
        Ok(Response::new(wire::ListCustomerValuesResponse {
            customer_values: listed.into_iter().map(values::customer_value).collect(),
            next_page_token,
        }))
    }

    async fn summarize_customers(
        &self,
        request: Request<wire::SummarizeCustomersRequest>,
    ) -> Answer<wire::CustomerSummary> {
        let tenant = caller(&request)?.tenant;
        let (summary, latest) = usecase::values::summarize_all(&self.ports, &tenant).await?;
        Ok(Response::new(values::summary(summary, latest)))
    }

    async fn get_customer_view(
        &self,
        request: Request<wire::GetCustomerViewRequest>,
    ) -> Answer<wire::CustomerView> {
        let tenant = caller(&request)?.tenant;
        let [id] = name::CUSTOMER_VIEW.require("name", &request.get_ref().name)?;
        let gathered = usecase::view::get(&self.ports, &self.sisters, &tenant, id).await?;
        Ok(Response::new(view::view(gathered)))
    }
}

impl Rpc {
    fn import(&self, tenant: &str, validate_only: bool) -> Import {
        let (ports, committer) = (self.ports.clone(), self.committer.clone());
        Import::begin(ports, committer, tenant.to_owned(), validate_only)
    }
}
