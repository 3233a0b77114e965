//! Recording purchases, one by one and in streams. Both go through the group commit.

use std::collections::BTreeMap;

use rapport_clock::Clock;
use rapport_events::{Event, outbox};
use rapport_privacy::TenantKeys;
use rapport_status::{Error, FieldViolation, Reason};
use rapport_storage::group::{Batch, Committer, Executed};
use rapport_telemetry::{context::Origin, metrics::business::purchase_recorded};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::{Ports, events};
use crate::{
    domain::{
        customer::Customer,
        intake::{IntakeState, Outcome, Owner, Row},
        purchase::{Purchase, PurchaseKind},
        registry::Registry,
    },
    store::{self, customers::Hold},
};

/// Rows that one import takes at most.
pub(crate) const MOST_ROWS: i64 = 100_000;
/// Reasons that the answer of an import lists at most.
const MOST_ERRORS: usize = 1_000;

/// A row of a tenant, for the committer.
#[derive(Debug)]
pub(crate) struct Intake {
    /// The keys of the tenant.
    keys: TenantKeys,
    row: Row,
    /// Where in a trace it was sent.
    origin: Origin,
}

/// Decides and writes purchases of many callers in one transaction.
#[derive(Debug)]
pub(crate) struct PurchaseBatch {
    /// Time and event ids.
    pub clock: Clock,
}

#[async_trait::async_trait]
impl Batch for PurchaseBatch {
    type Operation = Intake;
    type Answer = Outcome;

    fn name(&self) -> &'static str {
        "record_purchases"
    }

    async fn execute(
        &self,
        transaction: &DatabaseTransaction,
        operations: &[Intake],
    ) -> Result<Executed<Outcome>, Error> {
        let mut by_tenant: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, operation) in operations.iter().enumerate() {
            by_tenant.entry(operation.keys.tenant()).or_default().push(index);
        }
        let mut decisions: Vec<Option<Result<Outcome, Error>>> = operations.iter().map(|_| None).collect();
        for indexes in by_tenant.into_values() {
            // The keys that were read last: each operation brings those of its own time.
            let Some(last) = indexes.last() else { continue };
            let keys = &operations[*last].keys;
            let rows: Vec<&Row> = indexes.iter().map(|index| &operations[*index].row).collect();
            let origins: Vec<Origin> = indexes.iter().map(|index| operations[*index].origin).collect();
            let outcomes = self.record(transaction, keys, &rows, &origins).await?;
            for (index, outcome) in indexes.into_iter().zip(outcomes) {
                decisions[index] = Some(outcome);
            }
        }
        // Every operation belongs to one tenant, so that each has its decision.
        Ok(Executed::written(decisions.into_iter().flatten().collect()))
    }
}

impl PurchaseBatch {
    /// Decides rows of one tenant in their order and writes what is new.
    async fn record(
        &self,
        connection: &impl ConnectionTrait,
        keys: &TenantKeys,
        rows: &[&Row],
        origins: &[Origin],
    ) -> Result<Vec<Result<Outcome, Error>>, Error> {
        let tenant = keys.tenant();
        let mut state = stored_state(connection, keys, rows).await?;
        let now = self.clock.now();
        let outcomes: Vec<_> = rows.iter().map(|row| state.decide(row, now)).collect();
        let mut purchases: Vec<&Purchase> = Vec::new();
        let mut customers: Vec<Customer> = Vec::new();
        let mut events: Vec<Event> = Vec::new();
        for (outcome, origin) in outcomes.iter().zip(origins) {
            if let Ok(Outcome::Added { purchase, created }) = outcome {
                if let Some(customer) = created {
                    events.push(
                        origin.in_scope(|| events::customer_created(&self.clock, tenant, &customer.id)),
                    );
                    customers.push(customer.clone());
                }
                events.push(origin.in_scope(|| events::purchase_recorded(&self.clock, tenant, purchase)));
                purchase_recorded(purchase.content.kind == PurchaseKind::Return);
                purchases.push(purchase);
            }
        }
        if !purchases.is_empty() {
            store::customers::insert(connection, keys, &customers).await?;
            store::purchases::insert(connection, tenant, &purchases).await?;
            outbox::append(connection, events).await?;
        }
        Ok(outcomes)
    }
}

/// What is stored that decisions on these rows depend on. The customers stay until the transaction ends.
async fn stored_state(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    rows: &[&Row],
) -> Result<IntakeState, Error> {
    let purchases: Vec<_> = rows.iter().map(|row| &row.key).collect();
    let mut ids: Vec<String> = Vec::new();
    let mut identities = Vec::new();
    for row in rows {
        match &row.owner {
            Owner::Customer(id) => ids.push(id.clone()),
            Owner::Identity(identity) => identities.push(identity),
        }
        let missing = row.missing_customer.as_ref();
        ids.extend(missing.and_then(|missing| missing.preferred_id.clone()));
    }
    identities.sort_unstable();
    identities.dedup();
    let owners = store::identities::owners(connection, keys, &identities).await?;
    ids.extend(owners.iter().map(|(_, id)| id.clone()));
    ids.sort_unstable();
    ids.dedup();
    let existing = store::customers::hold(connection, keys.tenant(), &ids, Hold::Existing).await?;
    let is_gone = |id: &String| existing.binary_search(id).is_err();
    if owners.iter().any(|(_, id)| is_gone(id)) {
        // Somebody was deleted between the two questions.
        return Err(store::raced("record purchases"));
    }
    Ok(IntakeState {
        registry: Registry::of_ids(existing, owners),
        records: store::purchases::records(connection, keys.tenant(), &purchases).await?,
    })
}

/// Records one purchase.
pub(crate) async fn record(
    ports: &Ports,
    committer: &Committer<PurchaseBatch>,
    tenant: &str,
    row: Row,
) -> Result<Purchase, Error> {
    let keys = ports.privacy.keys(tenant).await?;
    let operation = Intake {
        keys,
        row,
        origin: Origin::current(),
    };
    match committer.submit(operation).await? {
        Outcome::Added { purchase, .. } | Outcome::Known(purchase) => Ok(purchase),
    }
}

/// One reason why a row of an import or batch was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The row, as the caller numbered it.
    pub row: i64,
    /// The reason.
    pub reason: Reason,
    /// The field that is wrong; empty when the whole row is.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl Refusal {
    /// The reasons of an error: one for each field that it names, or one for the whole row.
    pub(crate) fn of(row: i64, error: &Error) -> Vec<Self> {
        if error.violations().is_empty() {
            return vec![Self {
                row,
                reason: error.reason(),
                field: String::new(),
                message: error.message().to_owned(),
            }];
        }
        Self::of_violations(row, error.reason(), error.violations().to_vec())
    }

    /// One reason for each violation.
    pub(crate) fn of_violations(row: i64, reason: Reason, violations: Vec<FieldViolation>) -> Vec<Self> {
        violations
            .into_iter()
            .map(|violation| Self {
                row,
                reason,
                field: violation.field,
                message: violation.description,
            })
            .collect()
    }
}

/// What became of an import so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Rows received.
    pub rows: i64,
    /// Rows newly stored, or that would be.
    pub added: i64,
    /// Rows that were there before with the same content.
    pub known: i64,
    /// Rows refused.
    pub rejected: i64,
    /// Customers created, or that would be.
    pub created_customers: i64,
    /// The first reasons of refusal.
    pub refusals: Vec<Refusal>,
}

impl Tally {
    fn refuse(&mut self, refusals: Vec<Refusal>) {
        self.rejected += 1;
        let room = MOST_ERRORS.saturating_sub(self.refusals.len());
        self.refusals.extend(refusals.into_iter().take(room));
    }
}

/// A row as the caller numbered it: read, or refused with every reason.
pub(crate) type NumberedRow = (i64, Result<Row, Vec<FieldViolation>>);

/// An import under way. Memory holds one piece of the stream at a time; a mere check also keeps what the rows before
/// would have changed.
#[derive(Debug)]
pub(crate) struct Import {
    ports: Ports,
    committer: Committer<PurchaseBatch>,
    tenant: String,
    tally: Tally,
    /// The state that a mere check decides on; absent when rows are stored.
    checked: Option<IntakeState>,
}

impl Import {
    /// Begins an import, or a mere check.
    pub(crate) fn begin(
        ports: Ports,
        committer: Committer<PurchaseBatch>,
        tenant: String,
        validate_only: bool,
    ) -> Self {
        Self {
            ports,
            committer,
            tenant,
            tally: Tally::default(),
            checked: validate_only.then(IntakeState::default),
        }
    }

    /// Takes the next rows of the stream. They are stored when this returns.
    pub(crate) async fn take(&mut self, rows: Vec<NumberedRow>) -> Result<(), Error> {
        let received = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        if self.tally.rows.saturating_add(received) > MOST_ROWS {
            return Err(Error::new(
                Reason::TooManyRows,
                format!(
                    "one import takes at most {MOST_ROWS} rows; the first {} were taken in. Send the others in \
                     another call: rows that are known already change nothing",
                    self.tally.rows
                ),
            ));
        }
        self.tally.rows += received;
        let mut numbers = Vec::with_capacity(rows.len());
        let mut readable = Vec::with_capacity(rows.len());
        for (number, row) in rows {
            match row {
                Ok(row) => {
                    numbers.push(number);
                    readable.push(row);
                }
                Err(violations) => {
                    let refusals = Refusal::of_violations(number, Reason::InvalidFields, violations);
                    self.tally.refuse(refusals);
                }
            }
        }
        let outcomes = match &mut self.checked {
            Some(state) => check(&self.ports, &self.tenant, state, &readable).await?,
            None => self.store(readable).await?,
        };
        for (number, outcome) in numbers.into_iter().zip(outcomes) {
            self.count(number, outcome)?;
        }
        Ok(())
    }

    /// What became of the rows.
    pub(crate) fn finish(self) -> Tally {
        self.tally
    }

    async fn store(&self, rows: Vec<Row>) -> Result<Vec<Result<Outcome, Error>>, Error> {
        let keys = self.ports.privacy.keys(&self.tenant).await?;
        let origin = Origin::current();
        let operations = rows.into_iter().map(|row| Intake {
            keys: keys.clone(),
            row,
            origin,
        });
        Ok(self.committer.submit_all(operations.collect()).await)
    }

    fn count(&mut self, number: i64, outcome: Result<Outcome, Error>) -> Result<(), Error> {
        match outcome {
            Ok(Outcome::Added { created, .. }) => {
                self.tally.added += 1;
                self.tally.created_customers += i64::from(created.is_some());
            }
            Ok(Outcome::Known(_)) => self.tally.known += 1,
            Err(error) if is_about_the_row(&error) => self.tally.refuse(Refusal::of(number, &error)),
            // Storage that fails is no fault of the row: the caller repeats the import, and known rows are passed over.
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn is_about_the_row(error: &Error) -> bool {
    matches!(
        error.reason(),
        Reason::CustomerNotFound | Reason::PurchaseConflict | Reason::IdentityTaken | Reason::InvalidFields
    )
}

/// Decides rows as if they were stored, and stores nothing.
async fn check(
    ports: &Ports,
    tenant: &str,
    state: &mut IntakeState,
    rows: &[Row],
) -> Result<Vec<Result<Outcome, Error>>, Error> {
    let referred: Vec<&Row> = rows.iter().collect();
    let keys = ports.privacy.keys(tenant).await?;
    state.learn(stored_state(ports.store.read(), &keys, &referred).await?);
    let now = ports.clock.now();
    Ok(rows.iter().map(|row| state.decide(row, now)).collect())
}
