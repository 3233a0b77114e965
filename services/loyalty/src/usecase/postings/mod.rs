//! Moves points: the one way in which calls, events and timers do it, many at a time.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use rapport_clock::Clock;
use rapport_events::outbox;
use rapport_money::Money;
use rapport_status::{Error, Result};
use rapport_storage::{
    group::{Batch, Executed},
    request::{KnownRequests, RequestKey},
};
use rapport_telemetry::{
    context::Origin,
    metrics::business::{Movement, points_moved},
};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use crate::{
    domain::{
        expiry::expire_time,
        ledger::{Command, Note, Outcome, SaleKey, TransactionKind, decide, hold_not_found},
        member,
        program::{Priority, Program},
    },
    store::{
        accounts::{self, Extent, Ledger, Needs},
        postings::{self, Beside},
        programs::KnownPrograms,
    },
    wire,
};

/// Something that is to be done with a member's points.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// The tenant.
    pub(crate) tenant: String,
    /// The member.
    pub(crate) member: String,
    /// For calls: the request, whose answer is remembered for ever.
    pub(crate) request: Option<RequestKey>,
    /// What is to be done.
    pub(crate) intent: Intent,
    /// Where in a trace it was asked for.
    pub(crate) origin: Origin,
}

/// What is to be done, before the program's terms are looked at.
#[derive(Debug, Clone)]
pub(crate) enum Intent {
    /// Give points that expire at a moment, or as the program says.
    Earn {
        points: i64,
        expire_time: Option<Timestamp>,
        note: Note,
    },
    /// Spend points.
    Redeem { points: i64, note: Note },
    /// Correct the balance.
    Adjust { points: i64, note: Note },
    /// Keep points for a time.
    Reserve {
        points: i64,
        seconds: i64,
        reason: String,
    },
    /// Spend the points of a hold.
    Capture { hold: Uuid, points: Option<i64> },
    /// Give the points of a hold back.
    Release { hold: Uuid },
    /// A sale was recorded.
    Sale(Purchase),
    /// A sale was returned.
    Return {
        purchase: Purchase,
        original_source_id: String,
    },
    /// A case was resolved with compensation.
    Compensate { case: String, priority: Priority },
    /// Book what is due.
    Settle,
}

/// A purchase as the profile service tells it.
#[derive(Debug, Clone)]
pub(crate) struct Purchase {
    /// `customers/{customer}/purchases/{purchase}`.
    pub(crate) name: String,
    /// The system that it comes from.
    pub(crate) source: String,
    /// Its id in that system.
    pub(crate) source_id: String,
    /// Its amount.
    pub(crate) amount: Money,
}

impl Purchase {
    fn key(&self) -> (String, String) {
        (self.source.clone(), self.source_id.clone())
    }

    fn sale(&self, source_id: &str) -> SaleKey {
        SaleKey {
            source: self.source.clone(),
            source_id: source_id.to_owned(),
            currency: self.amount.currency,
        }
    }

    fn note(&self) -> Note {
        Note {
            reason: "a purchase".to_owned(),
            cause: self.name.clone(),
        }
    }
}

/// Posts points: in the batches of the group commit, and for events.
#[derive(Debug, Clone)]
pub(crate) struct Postings {
    clock: Clock,
    programs: Arc<KnownPrograms>,
}

#[async_trait::async_trait]
impl Batch for Postings {
    type Operation = Operation;
    type Answer = Vec<u8>;

    fn name(&self) -> &'static str {
        "post_points"
    }

    /// The member.
    fn subject(&self, operation: &Operation) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&operation.tenant, &operation.member).hash(&mut hasher);
        hasher.finish()
    }

    async fn execute(
        &self,
        transaction: &DatabaseTransaction,
        operations: &[Operation],
    ) -> Result<Executed<Vec<u8>>> {
        self.decide(transaction, operations).await
    }
}

impl Postings {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            programs: Arc::default(),
        }
    }

    /// Decides operations in their order and writes their effects. Each has its own result, as [`Self::decide`] says.
    pub(crate) async fn post(
        &self,
        transaction: &DatabaseTransaction,
        operations: &[Operation],
    ) -> Result<Vec<Result<Vec<u8>>>> {
        let executed = self.decide(transaction, operations).await?;
        executed.writes.run(transaction).await?;
        Ok(executed.answers)
    }

    /// Decides operations in their order. Each has its own result: the bytes of the answering message (none for operations
    /// that nobody waits for), or a refusal, which changes nothing and is not remembered, so that the same request can be
    /// sent again when the state has changed.
    async fn decide(
        &self,
        transaction: &DatabaseTransaction,
        operations: &[Operation],
    ) -> Result<Executed<Vec<u8>>> {
        let needs = needs(operations);
        let mut locked = Vec::with_capacity(needs.len());
        for (tenant, needs) in needs {
            let members = accounts::lock(transaction, tenant, needs.members.keys()).await?;
            locked.push((tenant, needs, members));
        }
        // Read when the locks are held: whoever did the same request on the same member before has stored the answer.
        let keys: Vec<&RequestKey> = operations
            .iter()
            .filter_map(|operation| operation.request.as_ref())
            .collect();
        let known = KnownRequests::load(transaction, &keys).await?;
        // After the locks, so that the times of a member's transactions have the order of their numbers.
        let now = self.clock.now();
        let mut tenants = HashMap::new();
        for (tenant, needs, members) in locked {
            let ledgers = accounts::load(transaction, tenant, members, &needs, now).await?;
            let versions = ledgers
                .values()
                .map(|ledger| (ledger.program.as_str(), ledger.program_version))
                .collect();
            let programs = self.programs.of_versions(transaction, tenant, &versions).await?;
            tenants.insert(tenant.to_owned(), Tenant { ledgers, programs });
        }
        let mut desk = Desk {
            clock: &self.clock,
            now,
            known,
            tenants,
            beside: Beside::default(),
        };
        let answers = operations
            .iter()
            .map(|operation| operation.origin.in_scope(|| desk.serve(operation)))
            .collect();
        let ledgers = desk.tenants.values().flat_map(|tenant| tenant.ledgers.values());
        let changed = ledgers.filter(|ledger| ledger.is_changed());
        let writes = postings::writes(changed, desk.beside, now);
        Ok(Executed { answers, writes })
    }
}

/// What the operations need, by tenant.
fn needs(operations: &[Operation]) -> BTreeMap<&str, Needs> {
    let mut needs: BTreeMap<&str, Needs> = BTreeMap::new();
    for operation in operations {
        let needs = needs.entry(&operation.tenant).or_default();
        operation.intent.add_needs(needs);
        let extent = operation.intent.extent();
        let of_member = needs.members.entry(operation.member.clone()).or_insert(extent);
        *of_member = extent.max(*of_member);
    }
    needs
}

/// What is known of one tenant.
struct Tenant {
    ledgers: HashMap<String, Ledger>,
    programs: BTreeMap<String, Arc<Program>>,
}

/// Where a batch is decided.
struct Desk<'d> {
    clock: &'d Clock,
    now: Timestamp,
    known: KnownRequests,
    tenants: HashMap<String, Tenant>,
    beside: Beside,
}

impl Desk<'_> {
    /// Does one operation, or gives the answer that its request had before.
    fn serve(&mut self, operation: &Operation) -> Result<Vec<u8>> {
        let Some(key) = &operation.request else {
            return self.decide(operation);
        };
        if let Some(answer) = self.known.answer(key)? {
            return Ok(answer.to_vec());
        }
        let answer = self.decide(operation)?;
        self.known.remember(key, answer.clone());
        self.beside.answers.push((key.clone(), answer.clone()));
        Ok(answer)
    }

    fn decide(&mut self, operation: &Operation) -> Result<Vec<u8>> {
        let not_there = || absent(operation);
        let tenant = self.tenants.get_mut(&operation.tenant).ok_or_else(not_there)?;
        let ledger = tenant.ledgers.get_mut(&operation.member).ok_or_else(not_there)?;
        let program = tenant.programs.get(&ledger.program).ok_or_else(not_there)?;
        let Some(command) = operation.intent.command(ledger, program, self.now)? else {
            return Ok(Vec::new());
        };
        let clock = self.clock;
        let posting = decide(&ledger.account, &command, self.now, &mut || clock.new_id())?;
        for transaction in posting.transactions() {
            points_moved(movement(transaction.kind), transaction.points);
            let message = wire::points_posted(&operation.member, &ledger.customer, transaction);
            self.beside.events.push(outbox::event(
                clock,
                &operation.tenant,
                &ledger.customer,
                &message,
            ));
        }
        for change in posting.changes {
            ledger.record(change);
        }
        if let (Intent::Compensate { case, .. }, Command::Compensate { points, .. }) =
            (&operation.intent, &command)
        {
            ledger.compensated(case, *points);
        }
        Ok(match posting.outcome {
            Outcome::Transaction(transaction) => {
                wire::transaction(&operation.member, &transaction).encode_to_vec()
            }
            Outcome::Hold(hold) => wire::hold(&operation.member, &hold).encode_to_vec(),
            Outcome::Done => Vec::new(),
        })
    }
}

/// What is counted as what.
fn movement(kind: TransactionKind) -> Movement {
    match kind {
        TransactionKind::Earn | TransactionKind::Compensate => Movement::Issued,
        TransactionKind::Redeem => Movement::Redeemed,
        TransactionKind::TakeBack => Movement::TakenBack,
        TransactionKind::Adjust => Movement::Adjusted,
        TransactionKind::Expire => Movement::Expired,
    }
}

/// What is not there when the member is not: for the methods of holds, the hold.
fn absent(operation: &Operation) -> Error {
    match &operation.intent {
        Intent::Capture { hold, .. } | Intent::Release { hold } => {
            hold_not_found(&format!("{}/holds/{hold}", operation.member))
        }
        _ => member::not_found(&operation.member),
    }
}

impl Intent {
    /// How much of the account it needs.
    fn extent(&self) -> Extent {
        match self {
            Self::Earn { .. } | Self::Sale(_) | Self::Compensate { .. } => Extent::Sums,
            Self::Adjust { points, .. } if *points > 0 => Extent::Sums,
            Self::Adjust { .. }
            | Self::Redeem { .. }
            | Self::Reserve { .. }
            | Self::Capture { .. }
            | Self::Release { .. }
            | Self::Return { .. }
            | Self::Settle => Extent::All,
        }
    }

    /// Adds what else must be known: holds, purchases and cases that it names.
    fn add_needs(&self, needs: &mut Needs) {
        match self {
            Self::Capture { hold, .. } | Self::Release { hold } => {
                needs.holds.insert(*hold);
            }
            Self::Sale(purchase) => {
                needs.sales.insert(purchase.source_id.clone());
            }
            Self::Return {
                purchase,
                original_source_id,
            } => {
                let ids = [&purchase.source_id, original_source_id];
                needs.sales.extend(ids.into_iter().cloned());
            }
            Self::Compensate { case, .. } => {
                needs.cases.insert(case.clone());
            }
            Self::Earn { .. }
            | Self::Redeem { .. }
            | Self::Adjust { .. }
            | Self::Reserve { .. }
            | Self::Settle => {}
        }
    }

    /// The command for an account under the terms of its program; none when there is nothing to do, because it was
    /// done before or the program has no rule for it.
    fn command(&self, ledger: &Ledger, program: &Program, now: Timestamp) -> Result<Option<Command>> {
        let lifetime = expire_time(now, program.terms.lifetime_months);
        Ok(Some(match self {
            Self::Earn {
                points,
                expire_time,
                note,
            } => Command::Earn {
                points: *points,
                expire_time: expire_time.or(lifetime),
                note: note.clone(),
            },
            Self::Redeem { points, note } => Command::Redeem {
                points: *points,
                note: note.clone(),
            },
            Self::Adjust { points, note } => Command::Adjust {
                points: *points,
                expire_time: lifetime,
                note: note.clone(),
            },
            Self::Reserve {
                points,
                seconds,
                reason,
            } => Command::Reserve {
                points: *points,
                expire_time: now
                    .checked_add(SignedDuration::from_secs(*seconds))
                    .unwrap_or(Timestamp::MAX),
                reason: reason.clone(),
            },
            Self::Capture { hold, points } => Command::Capture {
                hold: *hold,
                points: *points,
            },
            Self::Release { hold } => Command::Release { hold: *hold },
            Self::Sale(purchase) => return sale(purchase, ledger, program, lifetime),
            Self::Return {
                purchase,
                original_source_id,
            } => {
                if ledger.purchases.contains(&purchase.key()) {
                    return Ok(None);
                }
                Command::RecordReturn {
                    sale: purchase.sale(original_source_id),
                    source_id: purchase.source_id.clone(),
                    amount_minor: purchase.amount.minor,
                    note: purchase.note(),
                }
            }
            Self::Compensate { case, priority } => {
                let points = program.terms.compensation.get(priority).copied();
                let Some(points) = points.filter(|_| !ledger.cases.contains(case)) else {
                    return Ok(None);
                };
                Command::Compensate {
                    points,
                    expire_time: lifetime,
                    note: Note {
                        reason: "a resolved case".to_owned(),
                        cause: case.clone(),
                    },
                }
            }
            Self::Settle => Command::Settle,
        }))
    }
}

fn sale(
    purchase: &Purchase,
    ledger: &Ledger,
    program: &Program,
    expire_time: Option<Timestamp>,
) -> Result<Option<Command>> {
    let Some(rule) = &program.terms.earning_rule else {
        return Ok(None);
    };
    if ledger.purchases.contains(&purchase.key()) {
        return Ok(None);
    }
    let Some(points) = rule.points_for(purchase.amount)? else {
        return Ok(None);
    };
    Ok(Some(Command::RecordSale {
        sale: purchase.sale(&purchase.source_id),
        amount_minor: purchase.amount.minor,
        points,
        expire_time,
        note: purchase.note(),
    }))
}

#[cfg(test)]
mod tests;
