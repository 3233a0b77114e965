//! Customer 360: everything that the suite knows of a customer, in one answer.

use rapport_contract::profile::v1::{CaseView, MembershipView, SatisfactionView};
use rapport_status::Error;

use super::{Ports, customers};
use crate::{
    domain::{
        customer::{Customer, name_of},
        purchase::Purchase,
        value::CustomerValue,
    },
    sisters::{Part, Sisters},
    store,
};

/// Purchases that the view shows.
const LATEST_PURCHASES: u64 = 5;

/// Customer 360. The parts of the sister services are there, or say why not.
#[derive(Debug)]
pub(crate) struct View {
    /// The profile.
    pub customer: Customer,
    /// RFM, value and stage; none before the first evaluation.
    pub value: Option<CustomerValue>,
    /// The newest first.
    pub latest_purchases: Vec<Purchase>,
    /// How satisfied the customer is.
    pub satisfaction: Part<Option<SatisfactionView>>,
    /// Memberships with their balances.
    pub memberships: Part<Vec<MembershipView>>,
    /// Cases on which somebody has to work.
    pub open_cases: Part<Vec<CaseView>>,
}

/// Gathers customer 360. Only a customer who is not there is an error: the sister services are asked at the same time,
/// and what they do not give in time is named as missing.
pub(crate) async fn get(ports: &Ports, sisters: &Sisters, tenant: &str, id: &str) -> Result<View, Error> {
    let connection = ports.store.read();
    let customer = customers::get(ports, tenant, id).await?;
    let value = store::values::find(connection, tenant, &[id.to_owned()])
        .await?
        .pop();
    let latest_purchases = store::purchases::newest(connection, tenant, id, None, LATEST_PURCHASES).await?;
    let name = name_of(id);
    let (satisfaction, memberships, open_cases) = futures::join!(
        sisters.satisfaction(&name),
        sisters.memberships(&name),
        sisters.open_cases(&name),
    );
    Ok(View {
        customer,
        value,
        latest_purchases,
        satisfaction,
        memberships,
        open_cases,
    })
}
