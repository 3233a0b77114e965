//! Reading what customers are worth.

use jiff::civil::Date;
use rapport_listing::Page;
use rapport_money::Currency;
use rapport_status::{Error, Reason};

use super::{Ports, customers, evaluate};
use crate::{
    domain::{
        customer::name_of,
        evaluation::Evaluation,
        summary::{Summand, Summary, summarize},
        value::CustomerValue,
    },
    store,
};

/// The type of the resource, as errors name it.
const RESOURCE: &str = "rapport.example/CustomerValue";

/// The evaluation with an id, or the latest.
pub(crate) async fn evaluation(ports: &Ports, tenant: &str, id: Option<&str>) -> Result<Evaluation, Error> {
    let connection = ports.store.read();
    let found = match id {
        Some(id) => store::evaluations::find(connection, tenant, id).await?,
        None => store::evaluations::latest(connection, tenant).await?,
    };
    found.ok_or_else(|| {
        Error::about(
            Reason::EvaluationNotFound,
            "rapport.example/Evaluation",
            format!("evaluations/{}", id.unwrap_or("latest")),
            "there is no such evaluation; call EvaluateCustomers, then ask for evaluations/latest",
        )
    })
}

/// The value of one customer.
pub(crate) async fn get(ports: &Ports, tenant: &str, id: &str) -> Result<CustomerValue, Error> {
    let connection = ports.store.read();
    if let Some(value) = store::values::find(connection, tenant, &[id.to_owned()])
        .await?
        .pop()
    {
        return Ok(value);
    }
    customers::require_existing(connection, tenant, id).await?;
    let name = format!("{}/value", name_of(id));
    Err(Error::about(
        Reason::ValueNotFound,
        RESOURCE,
        name,
        format!("{} was not evaluated yet; call EvaluateCustomers", name_of(id)),
    ))
}

/// A page of values and the token of the next.
pub(crate) async fn list(
    ports: &Ports,
    tenant: &str,
    page: &Page,
) -> Result<(Vec<CustomerValue>, String), Error> {
    store::values::list(ports.store.read(), tenant, page).await
}

/// Counts over all customers, with date and currency of the latest evaluation, if there is one.
pub(crate) async fn summarize_all(
    ports: &Ports,
    tenant: &str,
) -> Result<(Summary, Option<(Date, Currency)>), Error> {
    let connection = ports.store.read();
    let latest = store::evaluations::latest(connection, tenant).await?;
    let mut summands = store::values::summands(connection, tenant).await?;
    let customers = store::customers::count(connection, tenant).await?;
    // Customers who came after the evaluation have no value yet, but are customers.
    let not_valued = customers.saturating_sub(u64::try_from(summands.len()).unwrap_or(u64::MAX));
    summands.extend((0..not_valued).map(|_| Summand {
        stage: None,
        score: None,
        monetary_minor: 0,
        lifetime_value_minor: None,
    }));
    let summary = summarize(&summands);
    let Some(latest) = latest else {
        return Ok((summary, None));
    };
    let currency = evaluate::currency_under(connection, tenant, &latest).await?;
    Ok((summary, Some((latest.as_of, currency))))
}
