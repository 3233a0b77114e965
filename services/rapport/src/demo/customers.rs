//! Customers and their purchases.

use jiff::tz::TimeZone;
use rapport_contract::{
    google::r#type::Date,
    instant, money, name,
    profile::v1::{
        BatchCreateCustomersRequest, CreateCustomerRequest, Customer, EvaluateCustomersRequest, Identity,
        IdentityType, ImportPurchasesRequest, Purchase, PurchaseKind, PurchaseRow, purchase_row::Owner,
    },
};

use super::{progress, samples};
use rapport_process::Failure;

use crate::client::Clients;

/// The shop, as source of purchases and as system of customer ids.
const SHOP: &str = "cdnow";

/// The end of the calibration half of the published data: value and stage are shown as of this day.
const AS_OF: Date = Date {
    year: 1997,
    month: 9,
    day: 30,
};

const CUSTOMERS_PER_CALL: usize = 500;
const ROWS_PER_CALL: usize = 1_000;

/// Creates every customer who has a purchase.
pub(super) async fn create(clients: &Clients, purchases: &[samples::Purchase]) -> Result<(), Failure> {
    let customers = samples::customers(purchases);
    let bar = progress::bar("creating customers", customers.len());
    let (mut created, mut existing) = (0, 0);
    for part in customers.chunks(CUSTOMERS_PER_CALL) {
        let requests = part.iter().map(|id| create_request(id)).collect();
        let answer = clients
            .profile
            .clone()
            .batch_create_customers(BatchCreateCustomersRequest { requests })
            .await?
            .into_inner();
        if let Some(error) = answer.errors.first() {
            return Err(Failure::new(format!(
                "a customer was refused: {} {}",
                error.reason, error.message
            ))
            .mend("give an empty folder with --data"));
        }
        created += answer.created_count;
        existing += answer.existing_count;
        bar.inc(part.len() as u64);
    }
    progress::done(
        &bar,
        &format!("{created} customers created, {existing} known before"),
    );
    Ok(())
}

fn create_request(id: &str) -> CreateCustomerRequest {
    CreateCustomerRequest {
        customer_id: id.to_owned(),
        customer: Some(Customer {
            display_name: format!("Customer {id}"),
            identities: vec![Identity {
                r#type: IdentityType::External.into(),
                system: SHOP.to_owned(),
                value: id.to_owned(),
                verified: true,
            }],
            language: "en".to_owned(),
            ..Customer::default()
        }),
    }
}

/// Streams every purchase in.
pub(super) async fn import(clients: &Clients, purchases: &[samples::Purchase]) -> Result<(), Failure> {
    let bar = progress::bar("importing purchases", purchases.len());
    let (mut added, mut known) = (0, 0);
    for (call, part) in purchases.chunks(ROWS_PER_CALL).enumerate() {
        let rows = part
            .iter()
            .zip(call * ROWS_PER_CALL..)
            .map(|(purchase, index)| row(purchase, index))
            .collect();
        let message = ImportPurchasesRequest {
            rows,
            ..ImportPurchasesRequest::default()
        };
        let answer = clients
            .profile
            .clone()
            .import_purchases(tokio_stream::once(message))
            .await?
            .into_inner();
        if let Some(error) = answer.errors.first() {
            return Err(Failure::new(format!(
                "line {} was refused: {} {}",
                error.row, error.reason, error.message
            ))
            .mend("give an empty folder with --data"));
        }
        added += answer.added_count;
        known += answer.known_count;
        bar.inc(part.len() as u64);
    }
    progress::done(&bar, &format!("{added} purchases imported, {known} known before"));
    Ok(())
}

fn row(purchase: &samples::Purchase, index: usize) -> PurchaseRow {
    let midday = TimeZone::UTC.to_timestamp(purchase.day.at(12, 0, 0, 0));
    PurchaseRow {
        row: i64::try_from(index + 1).unwrap_or(i64::MAX),
        owner: Some(Owner::Customer(name::CUSTOMER.format([&purchase.customer]))),
        purchase: Some(Purchase {
            source: SHOP.to_owned(),
            source_id: purchase.source_id.clone(),
            kind: PurchaseKind::Sale.into(),
            purchase_time: midday.ok().map(instant::to_wire),
            amount: Some(money::to_wire(purchase.amount)),
            quantity: purchase.quantity,
            ..Purchase::default()
        }),
    }
}

/// Computes value and stage of every customer.
pub(super) async fn evaluate(clients: &Clients) -> Result<(), Failure> {
    let bar = progress::bar("evaluating customers", 1);
    let request = EvaluateCustomersRequest {
        as_of_date: Some(AS_OF),
        currency_code: "USD".to_owned(),
    };
    let evaluation = clients
        .profile
        .clone()
        .evaluate_customers(request)
        .await?
        .into_inner();
    progress::done(
        &bar,
        &format!(
            "{} customers evaluated as of 1997-09-30: {}",
            evaluation.customer_count, evaluation.model_finding
        ),
    );
    Ok(())
}
