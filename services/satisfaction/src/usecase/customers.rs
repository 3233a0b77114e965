//! Tells how satisfied a customer is.

use rapport_contract::name;
use rapport_status::{Error, Reason, Result};
use rapport_storage::Store;

use crate::{
    domain::customer::CustomerAnswers,
    store::{customers, snapshot},
};

/// What the answers of a customer add up to. Refused with `SATISFACTION_NOT_FOUND` when the customer never answered.
pub async fn satisfaction(store: &Store, tenant: &str, customer: &str) -> Result<CustomerAnswers> {
    // One state for all reads: an answer that comes in between counts in every figure or in none.
    let snapshot = snapshot(store).await?;
    customers::answers(&snapshot, tenant, customer)
        .await?
        .ok_or_else(|| {
            let name = name::CUSTOMER_SATISFACTION.format([customer]);
            let message =
                format!("no answers of customer {customer} are known; ask again after a survey was answered");
            Error::about(
                Reason::SatisfactionNotFound,
                "rapport.example/CustomerSatisfaction",
                name,
                message,
            )
        })
}
