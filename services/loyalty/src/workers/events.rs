//! Takes the events of the sister services: purchases earn, returns take back, resolved cases compensate, new customers
//! are enrolled, and the members of deleted customers are closed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rapport_clock::Clock;
use rapport_contract::{
    feedback::v1::CaseResolved,
    money,
    profile::v1::{CustomerCreated, CustomerDeleted, PurchaseKind, PurchaseRecorded},
};
use rapport_events::{Consumer, Event, inbox};
use rapport_status::{Error, Reason, Result};
use rapport_storage::Store;
use sea_orm::DatabaseTransaction;

use crate::{
    domain::program::Priority,
    store::members::{self, Membership},
    usecase::{
        members::enrol_new_customers,
        postings::{Intent, Operation, Purchase, execute},
    },
    wire,
};

const PURCHASE_RECORDED: &str = "rapport.profile.v1.PurchaseRecorded";
const CUSTOMER_CREATED: &str = "rapport.profile.v1.CustomerCreated";
const CUSTOMER_DELETED: &str = "rapport.profile.v1.CustomerDeleted";
const CASE_RESOLVED: &str = "rapport.feedback.v1.CaseResolved";

/// The consumer.
#[derive(Debug)]
pub(crate) struct Events {
    store: Store,
    clock: Clock,
}

impl Events {
    pub(crate) fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }
}

#[async_trait::async_trait]
impl Consumer for Events {
    fn name(&self) -> &'static str {
        "loyalty"
    }

    fn topics(&self) -> &'static [&'static str] {
        &[
            PURCHASE_RECORDED,
            CUSTOMER_CREATED,
            CUSTOMER_DELETED,
            CASE_RESOLVED,
        ]
    }

    fn store(&self) -> &Store {
        &self.store
    }

    async fn handle(&self, events: &[Event]) -> Result<()> {
        self.store
            .write("take_events", |transaction| async move {
                let connection = transaction.connection();
                let now = self.clock.now();
                let fresh = inbox::first_deliveries(connection, self.name(), events, now).await?;
                for (tenant, facts) in runs(&fresh)? {
                    self.take(connection, tenant, &facts).await?;
                }
                transaction.commit(()).await
            })
            .await
    }
}

/// What an event says.
enum Fact {
    Created {
        customer: String,
    },
    Deleted {
        customer: String,
    },
    /// Something for every membership of a customer.
    Points {
        customer: String,
        intent: Intent,
    },
}

impl Fact {
    /// Facts that are taken in one go.
    fn goes_with(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// The facts of events in their order, cut into runs of one tenant and one kind.
fn runs<'e>(events: &[&'e Event]) -> Result<Vec<(&'e str, Vec<Fact>)>> {
    let mut runs: Vec<(&str, Vec<Fact>)> = Vec::new();
    for event in events {
        let Some(fact) = read(event)? else { continue };
        match runs.last_mut() {
            Some((tenant, facts))
                if *tenant == event.tenant && facts.last().is_some_and(|last| last.goes_with(&fact)) =>
            {
                facts.push(fact);
            }
            _ => runs.push((&event.tenant, vec![fact])),
        }
    }
    Ok(runs)
}

/// What an event says; none when it is of no concern.
fn read(event: &Event) -> Result<Option<Fact>> {
    Ok(match event.topic.as_str() {
        CUSTOMER_CREATED => Some(Fact::Created {
            customer: event.message::<CustomerCreated>()?.customer,
        }),
        CUSTOMER_DELETED => Some(Fact::Deleted {
            customer: event.message::<CustomerDeleted>()?.customer,
        }),
        PURCHASE_RECORDED => read_purchase(event.message()?)?,
        CASE_RESOLVED => read_case(&event.message()?),
        _ => None,
    })
}

fn read_purchase(event: PurchaseRecorded) -> Result<Option<Fact>> {
    let kind = event.kind();
    let amount = event
        .amount
        .as_ref()
        .ok_or_else(|| wrong("amount", "is missing"))?;
    let amount = money::from_wire(amount).map_err(|error| wrong("amount", &error.to_string()))?;
    if amount.minor < 0 {
        return Err(wrong("amount", "is negative"));
    }
    let purchase = Purchase {
        name: event.purchase,
        source: event.source,
        source_id: event.source_id,
        amount,
    };
    let intent = match kind {
        PurchaseKind::Unspecified | PurchaseKind::Sale => Intent::Sale(purchase),
        // Nothing says what was returned, so that nothing can be taken back for it.
        PurchaseKind::Return if event.original_source_id.is_empty() => return Ok(None),
        PurchaseKind::Return => Intent::Return {
            purchase,
            original_source_id: event.original_source_id,
        },
    };
    Ok(Some(Fact::Points {
        customer: event.customer,
        intent,
    }))
}

fn wrong(field: &str, what: &str) -> Error {
    Error::new(Reason::InvalidFields, format!("the {field} of a purchase {what}"))
}

fn read_case(event: &CaseResolved) -> Option<Fact> {
    if !event.compensate || event.customer.is_empty() {
        return None;
    }
    Some(Fact::Points {
        customer: event.customer.clone(),
        intent: Intent::Compensate {
            case: event.case.clone(),
            priority: wire::from_priority(event.priority()).unwrap_or(Priority::Normal),
        },
    })
}

impl Events {
    async fn take(&self, transaction: &DatabaseTransaction, tenant: &str, facts: &[Fact]) -> Result<()> {
        let mut created = BTreeSet::new();
        let mut points = Vec::new();
        for fact in facts {
            match fact {
                Fact::Created { customer } => {
                    created.insert(customer.as_str());
                }
                Fact::Deleted { customer } => members::close(transaction, tenant, customer).await?,
                Fact::Points { customer, intent } => points.push((customer.as_str(), intent)),
            }
        }
        if !created.is_empty() {
            let created: Vec<&str> = created.into_iter().collect();
            enrol_new_customers(transaction, &self.clock, tenant, &created).await?;
        }
        if points.is_empty() {
            return Ok(());
        }
        let operations = operations(transaction, tenant, &points).await?;
        for result in execute(transaction, &self.clock, &operations).await? {
            result?;
        }
        Ok(())
    }
}

/// An operation for every membership that a fact concerns. Closed members earn nothing, but what they earned before is
/// taken back when it is returned.
async fn operations(
    transaction: &DatabaseTransaction,
    tenant: &str,
    points: &[(&str, &Intent)],
) -> Result<Vec<Operation>> {
    let customers: BTreeSet<&str> = points.iter().map(|(customer, _)| *customer).collect();
    let customers: Vec<&str> = customers.into_iter().collect();
    let mut memberships: HashMap<String, BTreeMap<String, Membership>> = HashMap::new();
    for membership in members::of_customers(transaction, tenant, &customers).await? {
        memberships
            .entry(membership.customer.clone())
            .or_default()
            .insert(membership.name.clone(), membership);
    }
    let mut operations = Vec::new();
    for (customer, intent) in points {
        let of_customer = memberships.get(*customer).into_iter().flat_map(BTreeMap::values);
        let concerned =
            of_customer.filter(|membership| membership.active || matches!(intent, Intent::Return { .. }));
        operations.extend(concerned.map(|membership| Operation {
            tenant: tenant.to_owned(),
            member: membership.name.clone(),
            request: None,
            intent: (*intent).clone(),
        }));
    }
    Ok(operations)
}
