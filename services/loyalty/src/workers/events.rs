//! Takes the events of the sister services: purchases earn, returns take back, resolved cases compensate, new customers
//! are enrolled, and the members of deleted customers are closed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_contract::{
    feedback::v1::CaseResolved,
    instant, money,
    profile::v1::{CustomerCreated, CustomerDeleted, PurchaseKind, PurchaseRecorded},
};
use rapport_events::{Consumer, Event, inbox};
use rapport_money::Money;
use rapport_status::{Error, Reason, Result};
use rapport_storage::Store;
use rapport_telemetry::context::Origin;
use sea_orm::DatabaseTransaction;

use crate::{
    domain::{
        activity::{Activity, Line, Trigger},
        program::Priority,
        tiers::{self, Record, Recorded},
        wallet::AccountKey,
    },
    store::{
        members::{self, Membership},
        tiers::facts::BySubject,
    },
    usecase::{
        members::enrol_new_customers,
        postings::{Intent, Operation, Postings, Purchase},
        tiers::{enrolled as tiers_of_new, lock_customers, record_purchases},
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
    postings: Postings,
}

impl Events {
    pub(crate) fn new(store: Store, clock: Clock, postings: Postings) -> Self {
        Self {
            store,
            clock,
            postings,
        }
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
        for part in parts(events)? {
            self.store
                .write("take_events", |transaction| async move {
                    self.take(transaction.connection(), part).await?;
                    transaction.commit(()).await
                })
                .await?;
        }
        Ok(())
    }
}

/// Cuts events so that within a part a customer's creation comes before everything else of that customer: then all new
/// members of a part can be added first, and together.
fn parts(events: &[Event]) -> Result<Vec<&[Event]>> {
    let mut parts = Vec::new();
    let (mut begin, mut met) = (0, HashSet::new());
    for (place, event) in events.iter().enumerate() {
        let Some(fact) = read(event)? else { continue };
        let customer = (&event.tenant, fact.customer().to_owned());
        if matches!(fact, Fact::Created { .. }) && met.contains(&customer) {
            parts.push(&events[begin..place]);
            begin = place;
            met.clear();
        }
        met.insert(customer);
    }
    parts.push(&events[begin..]);
    Ok(parts)
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
        intent: Box<Intent>,
        /// What it is for tiers; none when it counts for none.
        counts: Option<Record>,
        /// The trace of what happened.
        origin: Origin,
    },
}

impl Fact {
    fn customer(&self) -> &str {
        match self {
            Self::Created { customer } | Self::Deleted { customer } | Self::Points { customer, .. } => {
                customer
            }
        }
    }

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
    let origin = Origin::of(event.trace_parent.as_deref());
    Ok(match event.topic.as_str() {
        CUSTOMER_CREATED => Some(Fact::Created {
            customer: event.message::<CustomerCreated>()?.customer,
        }),
        CUSTOMER_DELETED => Some(Fact::Deleted {
            customer: event.message::<CustomerDeleted>()?.customer,
        }),
        PURCHASE_RECORDED => read_purchase(event.message()?, event.occurred_at, origin)?,
        CASE_RESOLVED => read_case(&event.message()?, origin),
        _ => None,
    })
}

fn read_purchase(event: PurchaseRecorded, occurred_at: Timestamp, origin: Origin) -> Result<Option<Fact>> {
    let kind = event.kind();
    let customer = event.customer.clone();
    let amount = event
        .amount
        .as_ref()
        .ok_or_else(|| wrong("amount", "is missing"))?;
    let amount = money::from_wire(amount).map_err(|error| wrong("amount", &error.to_string()))?;
    if amount.minor < 0 {
        return Err(wrong("amount", "is negative"));
    }
    let original_source_id = event.original_source_id.clone();
    let counts = counts(&event, amount, occurred_at);
    let purchase = Purchase {
        name: event.purchase.clone(),
        activity: activity(event, amount, occurred_at)?,
        amount,
    };
    let intent = match kind {
        PurchaseKind::Unspecified | PurchaseKind::Sale => Intent::Sale(purchase),
        // Nothing says what was returned, so that nothing can be taken back for it.
        PurchaseKind::Return if original_source_id.is_empty() => return Ok(None),
        PurchaseKind::Return => Intent::Return {
            purchase,
            original_source_id,
        },
    };
    Ok(Some(Fact::Points {
        customer,
        intent: Box::new(intent),
        counts,
        origin,
    }))
}

/// A purchase as rules see it.
fn activity(event: PurchaseRecorded, amount: Money, occurred_at: Timestamp) -> Result<Activity> {
    let stated = event.purchase_time.as_ref().map(instant::from_wire).transpose();
    let time = stated.map_err(|error| wrong("purchase_time", error))?;
    let lines = event.lines.into_iter().map(|line| Line {
        id: line.line_id,
        sku: line.sku,
        category: line.category,
        quantity: line.quantity,
        amount_minor: line.amount_minor,
    });
    Ok(Activity {
        trigger: Trigger::Purchase,
        source: event.source,
        source_id: event.source_id,
        time: time.unwrap_or(occurred_at),
        amount: Some(amount),
        quantity: event.quantity,
        location: event.location,
        channel: event.channel,
        lines: lines.collect(),
        attributes: BTreeMap::new(),
    })
}

/// What a purchase is for tiers: none when it happened at a moment that nobody can mean.
fn counts(event: &PurchaseRecorded, amount: Money, occurred_at: Timestamp) -> Option<Record> {
    let stated = event.purchase_time.as_ref().map(instant::from_wire);
    let time = match stated {
        Some(stated) => stated.ok()?,
        None => occurred_at,
    };
    let extent = tiers::Extent::new(amount.currency, amount.minor, event.quantity);
    let content = match event.kind() {
        PurchaseKind::Unspecified | PurchaseKind::Sale => Recorded::Sale(extent),
        PurchaseKind::Return => Recorded::Return {
            sale: tiers::purchase_id(&event.source, &event.original_source_id),
            extent,
        },
    };
    tiers::can_tell(time).then(|| Record {
        id: tiers::purchase_id(&event.source, &event.source_id),
        time,
        content,
    })
}

fn wrong(field: &str, what: &str) -> Error {
    Error::new(Reason::InvalidFields, format!("the {field} of a purchase {what}"))
}

fn read_case(event: &CaseResolved, origin: Origin) -> Option<Fact> {
    if !event.compensate || event.customer.is_empty() {
        return None;
    }
    Some(Fact::Points {
        customer: event.customer.clone(),
        intent: Box::new(Intent::Compensate {
            case: event.case.clone(),
            priority: wire::from_priority(event.priority()).unwrap_or(Priority::Normal),
        }),
        counts: None,
        origin,
    })
}

impl Events {
    /// Takes events in one transaction. Whatever they say, the order of locks is the same: members that are there, the
    /// record of the events, new members.
    async fn take(&self, transaction: &DatabaseTransaction, events: &[Event]) -> Result<()> {
        let mut concerned: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for event in events {
            if let Some(fact) = read(event)? {
                let customers = concerned.entry(&event.tenant).or_default();
                customers.insert(fact.customer().to_owned());
            }
        }
        let mut memberships = BTreeMap::new();
        for (tenant, customers) in &concerned {
            let found = members::lock_of_customers(transaction, tenant, customers).await?;
            memberships.insert(*tenant, Memberships::of(found));
        }
        let fresh = inbox::first_deliveries(transaction, self.name(), events, self.clock.now()).await?;
        let runs = runs(&fresh)?;
        let enrolled = self.enrol(transaction, &runs, &mut memberships).await?;
        for (tenant, customers) in &concerned {
            lock_customers(transaction, tenant, customers).await?;
        }
        for (tenant, customers) in &enrolled {
            tiers_of_new(transaction, &self.clock, tenant, customers).await?;
        }
        for (tenant, facts) in &runs {
            if let Some(memberships) = memberships.get(tenant) {
                self.take_run(transaction, tenant, facts, memberships).await?;
            }
        }
        Ok(())
    }

    /// Enrols all customers who were created, and gives them.
    async fn enrol<'e>(
        &self,
        transaction: &DatabaseTransaction,
        runs: &[(&'e str, Vec<Fact>)],
        memberships: &mut BTreeMap<&'e str, Memberships>,
    ) -> Result<BTreeMap<&'e str, BTreeSet<String>>> {
        let mut created: BTreeMap<&'e str, BTreeSet<String>> = BTreeMap::new();
        for (tenant, facts) in runs {
            for fact in facts {
                if let Fact::Created { customer } = fact {
                    created.entry(*tenant).or_default().insert(customer.clone());
                }
            }
        }
        for (tenant, customers) in &created {
            let customers: Vec<&str> = customers.iter().map(String::as_str).collect();
            let new = enrol_new_customers(transaction, &self.clock, tenant, &customers).await?;
            if let Some(memberships) = memberships.get_mut(tenant) {
                memberships.add(new);
            }
        }
        Ok(created)
    }

    async fn take_run(
        &self,
        transaction: &DatabaseTransaction,
        tenant: &str,
        facts: &[Fact],
        memberships: &Memberships,
    ) -> Result<()> {
        let mut operations = Vec::new();
        let mut purchases = BySubject::new();
        for fact in facts {
            match fact {
                Fact::Created { .. } => {}
                Fact::Deleted { customer } => members::close(transaction, tenant, customer).await?,
                Fact::Points {
                    customer,
                    intent,
                    counts,
                    origin,
                } => {
                    purchases
                        .entry(customer.clone())
                        .or_default()
                        .extend(counts.clone());
                    operations.extend(memberships.operations(tenant, customer, intent, *origin));
                }
            }
        }
        if !operations.is_empty() {
            for result in self.postings.post(transaction, &operations).await? {
                result?;
            }
        }
        purchases.retain(|_, records| !records.is_empty());
        record_purchases(transaction, &self.clock, tenant, purchases, &memberships.names()).await
    }
}

/// The members whom the events of a tenant concern, by customer and name. Customers who are enrolled by somebody else
/// meanwhile are none of them: they are enrolled after these events.
#[derive(Debug, Default)]
struct Memberships(BTreeMap<String, BTreeMap<String, Membership>>);

impl Memberships {
    fn of(found: Vec<Membership>) -> Self {
        let mut memberships = Self::default();
        memberships.add(found);
        memberships
    }

    fn add(&mut self, found: Vec<Membership>) {
        for membership in found {
            self.0
                .entry(membership.customer.clone())
                .or_default()
                .insert(membership.name.clone(), membership);
        }
    }

    /// The names of all.
    fn names(&self) -> BTreeSet<&str> {
        let of_customers = self.0.values().flat_map(BTreeMap::keys);
        of_customers.map(String::as_str).collect()
    }

    /// An operation for every membership that a fact concerns. Closed members earn nothing, but what they earned before
    /// is taken back when it is returned.
    fn operations<'m>(
        &'m self,
        tenant: &'m str,
        customer: &str,
        intent: &'m Intent,
        origin: Origin,
    ) -> impl Iterator<Item = Operation> + 'm {
        let of_customer = self.0.get(customer).into_iter().flat_map(BTreeMap::values);
        of_customer
            .filter(move |membership| membership.active || matches!(intent, Intent::Return { .. }))
            .map(move |membership| Operation {
                tenant: tenant.to_owned(),
                account: AccountKey::of_points(&membership.name),
                request: None,
                intent: intent.clone(),
                origin,
            })
    }
}
