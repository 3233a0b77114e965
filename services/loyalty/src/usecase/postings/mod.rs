//! Moves points: the one way in which calls, events and timers do it, many at a time.

mod intent;
mod rewards;
#[cfg(test)]
mod tests;
mod tiers;
mod trial;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use jiff::Timestamp;
use prost::Message as _;
use rapport_clock::Clock;
use rapport_events::outbox;
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

pub(crate) use intent::{Intent, Purchase};
pub(crate) use rewards::Errand;
use trial::Trial;

use crate::{
    domain::{
        ledger::{Command, Note, Outcome, Posting, TransactionKind, hold_not_found},
        member,
        program::Program,
        wallet::AccountKey,
    },
    store::{
        accounts::{self, Ledger, Needs},
        postings::{self, Beside},
        programs::KnownPrograms,
        rewards::{add_writes, shelf::Shelf},
        tiers::facts::BySubject,
    },
    usecase::tiers::record_points,
    wire,
};

/// Something that is to be done with a member's points.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// The tenant.
    pub(crate) tenant: String,
    /// The member and the wallet.
    pub(crate) account: AccountKey,
    /// For calls: the request, whose answer is remembered for ever.
    pub(crate) request: Option<RequestKey>,
    /// What is to be done.
    pub(crate) intent: Intent,
    /// Where in a trace it was asked for.
    pub(crate) origin: Origin,
}

impl Operation {
    /// The account that it moves points to, if it concerns a second one.
    fn counterpart(&self) -> Option<AccountKey> {
        match &self.intent {
            Intent::Transfer { to, .. } => Some(AccountKey {
                member: to.clone(),
                wallet: self.account.wallet.clone(),
            }),
            _ => None,
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
        (&operation.tenant, &operation.account.member).hash(&mut hasher);
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
            let names: BTreeSet<&String> = needs.accounts.keys().map(|key| &key.member).collect();
            let members = accounts::lock(transaction, tenant, names).await?;
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
        let wanted = rewards::wanted(operations);
        let mut tenants = HashMap::new();
        for (tenant, mut needs, members) in locked {
            let programs = self
                .programs
                .of_versions(transaction, tenant, &members.programs())
                .await?;
            let wanted = wanted.get(tenant);
            let lying = rewards::shelf(transaction, tenant, wanted, &programs, (&mut needs, now)).await?;
            let needs = members.widened(needs, &programs);
            let new_id = || self.clock.new_id();
            let mut ledgers = accounts::load(transaction, tenant, members, &needs, now, new_id).await?;
            for ledger in ledgers.values_mut() {
                if let Some(program) = programs.get(&ledger.program) {
                    ledger.work_by(program, now);
                }
            }
            let known = Tenant {
                ledgers,
                programs,
                shelf: lying,
            };
            tenants.insert(tenant.to_owned(), known);
        }
        let mut desk = Desk {
            clock: &self.clock,
            now,
            known,
            tenants,
            beside: Beside::default(),
            counted: BTreeMap::new(),
        };
        let answers = operations
            .iter()
            .map(|operation| operation.origin.in_scope(|| desk.serve(operation)))
            .collect();
        for (tenant, counted) in std::mem::take(&mut desk.counted) {
            let events = record_points(transaction, &self.clock, &tenant, counted).await?;
            desk.beside.events.extend(events);
        }
        let ledgers = desk.tenants.values().flat_map(|tenant| tenant.ledgers.values());
        let changed = ledgers.filter(|ledger| ledger.is_changed());
        let mut writes = postings::writes(changed, desk.beside, now);
        add_writes(desk.tenants.values().map(|tenant| &tenant.shelf), &mut writes);
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
        for account in [operation.account.clone()]
            .into_iter()
            .chain(operation.counterpart())
        {
            let of_account = needs.accounts.entry(account).or_insert(extent);
            *of_account = extent.max(*of_account);
        }
    }
    needs
}

/// What is known of one tenant.
struct Tenant {
    ledgers: HashMap<AccountKey, Ledger>,
    programs: BTreeMap<String, Arc<Program>>,
    shelf: Shelf,
}

/// Where a batch is decided.
struct Desk<'d> {
    clock: &'d Clock,
    now: Timestamp,
    known: KnownRequests,
    tenants: HashMap<String, Tenant>,
    beside: Beside,
    /// What counts for tiers, by tenant.
    counted: BTreeMap<String, BySubject>,
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
        if let Some(errand) = operation.intent.errand() {
            return self.redeem(operation, errand);
        }
        let not_there = || absent(operation);
        let tenant = self.tenants.get(&operation.tenant).ok_or_else(not_there)?;
        let ledger = tenant.ledgers.get(&operation.account).ok_or_else(not_there)?;
        let program = tenant.programs.get(&ledger.program).ok_or_else(not_there)?;
        let terms = &program.wallet(&ledger.wallet)?.terms;
        let Some(command) = operation.intent.command(ledger, program, terms, self.now)? else {
            return Ok(Vec::new());
        };
        let mut trial = Trial::new(&tenant.ledgers, self.clock, self.now);
        let outcome = trial.decide(&operation.account, &command)?;
        if let (Some(receiver), Intent::Transfer { note, .. }) = (operation.counterpart(), &operation.intent)
        {
            receive(&mut trial, ledger, &receiver, &outcome, note)?;
        }
        for (account, posting) in trial.finish() {
            self.carry_out(&operation.tenant, &account, posting)?;
        }
        if let (Intent::Compensate { case, .. }, Command::Compensate { points, .. }) =
            (&operation.intent, &command)
            && let Some(ledger) = self.ledger(&operation.tenant, &operation.account)
        {
            ledger.compensated(case, *points);
        }
        Ok(answer(&operation.account, &outcome))
    }

    fn ledger(&mut self, tenant: &str, account: &AccountKey) -> Option<&mut Ledger> {
        self.tenants.get_mut(tenant)?.ledgers.get_mut(account)
    }

    /// Carries out what was decided, and tells it.
    fn carry_out(&mut self, tenant: &str, account: &AccountKey, posting: Posting) -> Result<()> {
        let clock = self.clock;
        let known = self.tenants.get_mut(tenant);
        let ledger = known
            .and_then(|known| known.ledgers.get_mut(account))
            .ok_or_else(|| Error::internal("what was decided belongs to no account that was loaded"))?;
        for transaction in posting.transactions() {
            if let Some(movement) = movement(transaction.kind) {
                points_moved(movement, transaction.amounts.points + transaction.amounts.pending);
            }
            let message = wire::points_posted(account, &ledger.customer, transaction);
            self.beside
                .events
                .push(outbox::event(clock, tenant, &ledger.customer, &message));
        }
        let records = tiers::records(ledger, &posting);
        if !records.is_empty() {
            let of_tenant = self.counted.entry(tenant.to_owned()).or_default();
            of_tenant
                .entry(account.member.clone())
                .or_default()
                .extend(records);
        }
        for change in posting.changes {
            ledger.record(change);
        }
        Ok(())
    }
}

/// The other side of a transfer: the member who gets the points.
fn receive(
    trial: &mut Trial<'_>,
    giver: &Ledger,
    receiver: &AccountKey,
    outcome: &Outcome,
    note: &Note,
) -> Result<()> {
    let Outcome::Transaction(withdrawal) = outcome else {
        return Err(Error::internal("a transfer was told by no transaction"));
    };
    let command = Command::TransferIn {
        parts: giver.account.parts_of(withdrawal)?,
        note: note.clone(),
    };
    trial.decide(receiver, &command)?;
    Ok(())
}

/// The bytes of the message that tells a caller the outcome; none when nobody waits for it.
fn answer(account: &AccountKey, outcome: &Outcome) -> Vec<u8> {
    match outcome {
        Outcome::Transaction(transaction) => wire::transaction(account, transaction).encode_to_vec(),
        Outcome::Hold(hold) => wire::hold(account, hold).encode_to_vec(),
        Outcome::Done => Vec::new(),
    }
}

/// What is counted as what; what comes back, or moves within the member's own accounts or between members, is not.
fn movement(kind: TransactionKind) -> Option<Movement> {
    match kind {
        TransactionKind::Earn | TransactionKind::Compensate | TransactionKind::Reinstate => {
            Some(Movement::Issued)
        }
        TransactionKind::Redeem => Some(Movement::Redeemed),
        TransactionKind::TakeBack | TransactionKind::Cancel | TransactionKind::Forfeit => {
            Some(Movement::TakenBack)
        }
        TransactionKind::Adjust => Some(Movement::Adjusted),
        TransactionKind::Expire => Some(Movement::Expired),
        TransactionKind::Refund
        | TransactionKind::Release
        | TransactionKind::TransferOut
        | TransactionKind::TransferIn
        | TransactionKind::Extend
        | TransactionKind::PayDebt => None,
    }
}

/// What is not there when the member is not: for the methods of holds, the hold.
fn absent(operation: &Operation) -> Error {
    let member = &operation.account.member;
    match &operation.intent {
        Intent::Direct(Command::Capture { hold, .. } | Command::Release { hold }) => {
            hold_not_found(&format!("{member}/holds/{hold}"))
        }
        Intent::Redemption(errand) => errand.absent(member),
        _ => member::not_found(member),
    }
}
