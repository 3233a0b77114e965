//! Accounts as decisions need them, many with a few queries.

mod chain;
mod holds;
mod lots;
mod purchases;
mod reversibles;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;
use rapport_status::Result;
use rapport_storage::{MOST_VARIABLES, Stored as _, rows::among};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, FromQueryResult,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use uuid::Uuid;

use chain::{ChainEnd, read_link};
pub(super) use chain::{stored, stored_movement};
pub(super) use holds::hold_from_rows;
pub(super) use lots::{from_row as lot_from_row, pending, vintage};

use super::{
    codes::{Code as _, moment_or_never},
    entity::{member, wallet_account},
};
use crate::domain::{
    ledger::{
        Account, Change, Elsewhere, PurchaseKind,
        chain::{FIRST, Link},
    },
    member::MemberState,
    program::Program,
    wallet::{AccountKey, POINTS},
};

/// What a batch must know of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// Accounts, and how much of each is needed.
    pub(crate) accounts: BTreeMap<AccountKey, Extent>,
    /// Holds that are named; open ones are loaded anyway.
    pub(crate) holds: BTreeSet<Uuid>,
    /// Lots that are named; those with points left are loaded anyway.
    pub(crate) lots: BTreeSet<Uuid>,
    /// Transactions that are to be reversed.
    pub(crate) reversals: BTreeSet<Uuid>,
    /// Source ids of purchases, and of the sales that they return.
    pub(crate) sales: BTreeSet<String>,
    /// Names of cases.
    pub(crate) cases: BTreeSet<String>,
    /// Whether the accounts are only looked at: then nothing follows what is in them.
    pub(crate) only_looks: bool,
}

/// How much of an account is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Extent {
    /// Points are only given: the sums are enough, unless something is due or a purchase was returned before it was
    /// recorded.
    Sums,
    /// Lots and holds too.
    All,
}

/// Where the sums of an account stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the row of the member: the account in the wallet that every program has.
    Member,
    /// In a row of its own.
    Own,
    /// Nowhere yet: the member has never had points of this wallet.
    Nowhere,
}

/// A member's account with what the store knows beside it, and what was decided on it and waits to be written.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    /// The tenant.
    pub(crate) tenant: String,
    /// What the ledger's tables know the account by.
    pub(crate) id: Uuid,
    /// `programs/{program}`.
    pub(crate) program: String,
    /// `customers/{customer}`.
    pub(crate) customer: String,
    /// Where the sums stand.
    pub(crate) place: Place,
    /// The wallet.
    pub(crate) wallet: String,
    /// The version that was read.
    pub(crate) version: i64,
    /// The account.
    pub(crate) account: Account,
    /// The link of its last transaction.
    pub(crate) link: Link,
    /// The purchases that were recorded before: source and id in it.
    pub(crate) purchases: HashSet<(String, String)>,
    /// The cases that were compensated before.
    pub(crate) cases: HashSet<String>,
    /// What was decided and is not written yet.
    pub(crate) changes: Vec<Change>,
    /// Cases that were compensated and are not written yet, with the points.
    pub(crate) new_cases: Vec<(String, i64)>,
}

impl Ledger {
    /// Whether something waits to be written.
    pub(crate) fn is_changed(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Carries a change out in memory and keeps it to be written.
    pub(crate) fn record(&mut self, change: Change) {
        self.account.apply(&change);
        if let Change::Recorded(purchase) = &change {
            let key = (purchase.sale.source.clone(), purchase.source_id.clone());
            self.purchases.insert(key);
        }
        self.changes.push(change);
    }

    /// Has the account work by the terms of its program and wallet.
    pub(crate) fn work_by(&mut self, program: &Program, now: Timestamp) {
        if let Some(wallet) = program.wallets.get(&self.wallet) {
            self.account.set_rules(wallet.terms.rules(now, &program.zone));
        }
    }

    /// Keeps in mind that a case was compensated.
    pub(crate) fn compensated(&mut self, case: &str, points: i64) {
        self.cases.insert(case.to_owned());
        self.new_cases.push((case.to_owned(), points));
    }
}

/// Members of one tenant whom nobody else can change until the transaction ends, nor any account of theirs.
#[derive(Debug)]
pub(crate) struct Locked(Vec<LockedMember>);

#[derive(Debug, FromQueryResult)]
struct LockedMember {
    #[sea_orm(nested)]
    row: member::Model,
    /// Version of the member's program.
    program_version: i64,
}

impl Locked {
    /// The programs of the members, with their versions.
    pub(crate) fn programs(&self) -> BTreeMap<&str, i64> {
        let members = self.0.iter();
        members
            .map(|member| (member.row.program.as_str(), member.program_version))
            .collect()
    }

    /// What is needed when the rules of wallets are looked at: where getting points moves the expiry of all points, lots
    /// are needed to get some.
    pub(crate) fn widened(&self, mut needs: Needs, programs: &BTreeMap<String, Arc<Program>>) -> Needs {
        for member in &self.0 {
            let Some(program) = programs.get(&member.row.program) else {
                continue;
            };
            if !program
                .wallets
                .values()
                .any(|wallet| wallet.terms.slides_with_earning())
            {
                continue;
            }
            for (key, extent) in &mut needs.accounts {
                let wallet = program.wallets.get(&key.wallet);
                if key.member == member.row.name
                    && wallet.is_some_and(|wallet| wallet.terms.slides_with_earning())
                {
                    *extent = Extent::All;
                }
            }
        }
        needs
    }
}

/// Read with the member: a program that is known by its version need not be read again.
const PROGRAM_VERSION: &str = "(SELECT program.version FROM program \
                               WHERE program.tenant = member.tenant AND program.name = member.program)";

/// Locks members by their names; those that are not there are left out.
///
/// Every transaction locks the members it may change in one pass, in the order of tenant and name, before it reads or
/// writes anything else: so two of them never wait for each other in a circle, and what is read afterwards is what the
/// one before has left. SQLite has no row locks and needs none: it has one writer.
pub(crate) async fn lock(
    transaction: &DatabaseTransaction,
    tenant: &str,
    names: impl IntoIterator<Item = &String>,
) -> Result<Locked> {
    let names: Vec<&String> = names.into_iter().collect();
    let mut rows = Vec::with_capacity(names.len());
    for chunk in names.chunks(MOST_VARIABLES - 1) {
        let names = chunk.iter().map(|name| (*name).clone());
        let found = member::Entity::find()
            .filter(member::Column::Tenant.eq(tenant))
            .filter(among(transaction, member::Column::Name, names))
            .column_as(Expr::cust(PROGRAM_VERSION), "program_version")
            .order_by_asc(member::Column::Name)
            .lock_exclusive()
            .into_model::<LockedMember>()
            .all(transaction)
            .await
            .stored("lock members")?;
        rows.extend(found);
    }
    Ok(Locked(rows))
}

/// The account in the wallet that every program has, which stands in the row of the member, as a row of its own.
pub(super) fn account_of(row: &member::Model) -> wallet_account::Model {
    wallet_account::Model {
        tenant: row.tenant.clone(),
        member: row.name.clone(),
        wallet: POINTS.to_owned(),
        account: row.account,
        available_points: row.available_points,
        reserved_points: row.reserved_points,
        blocked_points: row.blocked_points,
        pending_points: row.pending_points,
        debt_points: row.debt_points,
        transaction_count: row.transaction_count,
        version: row.version,
        due_time: row.due_time,
        chain: row.chain.clone(),
        chain_number: row.chain_number,
    }
}

/// The sums of an account as its row has them.
struct State {
    id: Uuid,
    place: Place,
    wallet: String,
    version: i64,
    transaction_count: i64,
    debt: i64,
    elsewhere: Elsewhere,
    chain: Option<Vec<u8>>,
    chain_number: i64,
}

impl State {
    fn of(row: wallet_account::Model, place: Place) -> Result<Self> {
        Ok(Self {
            id: row.account,
            place,
            wallet: row.wallet,
            version: row.version,
            transaction_count: row.transaction_count,
            debt: row.debt_points,
            elsewhere: Elsewhere {
                available: row.available_points,
                reserved: row.reserved_points,
                blocked: row.blocked_points,
                pending: row.pending_points,
                due_time: moment_or_never(row.due_time)?,
            },
            chain: row.chain,
            chain_number: row.chain_number,
        })
    }

    fn new(wallet: &str, id: Uuid) -> Self {
        Self {
            id,
            place: Place::Nowhere,
            wallet: wallet.to_owned(),
            version: 0,
            transaction_count: 0,
            debt: 0,
            elsewhere: Elsewhere::default(),
            chain: None,
            chain_number: 0,
        }
    }

    /// Where its chain ends, and what that chain still lacks.
    fn chain_end(&self) -> Result<ChainEnd> {
        Ok(ChainEnd {
            account: self.id,
            number: self.chain_number,
            last: self.transaction_count,
            link: read_link(self.chain.as_deref())?,
        })
    }
}

/// Loads the accounts of members for decisions at a moment. An account that a member never had before gets a new id.
pub(crate) async fn load(
    connection: &impl ConnectionTrait,
    tenant: &str,
    Locked(members): Locked,
    needs: &Needs,
    now: Timestamp,
    new_id: impl Fn() -> Uuid,
) -> Result<HashMap<AccountKey, Ledger>> {
    let mut found = Vec::with_capacity(needs.accounts.len());
    let mut wallets = wallet_accounts(connection, tenant, needs).await?;
    for member in &members {
        for key in of_member(needs, &member.row.name) {
            let state = match wallets.remove(key) {
                _ if key.wallet == POINTS => State::of(account_of(&member.row), Place::Member)?,
                Some(row) => State::of(row, Place::Own)?,
                None => State::new(&key.wallet, new_id()),
            };
            found.push((member, state));
        }
    }
    let ids: Vec<Uuid> = found.iter().map(|(_, state)| state.id).collect();
    let mut purchases = purchases::purchases(connection, tenant, &ids, &needs.sales).await?;
    let mut cases = purchases::cases(connection, tenant, &ids, &needs.cases).await?;
    let whole: Vec<Uuid> = found
        .iter()
        .filter(|(member, state)| {
            let key = AccountKey {
                member: member.row.name.clone(),
                wallet: state.wallet.clone(),
            };
            let of_account = purchases.get(&state.id);
            needs.accounts.get(&key) == Some(&Extent::All)
                || state.elsewhere.due_time.is_some_and(|due_time| due_time <= now)
                || of_account
                    .into_iter()
                    .flatten()
                    .any(|purchase| purchase.kind == PurchaseKind::Return)
        })
        .map(|(_, state)| state.id)
        .collect();
    let links = if needs.only_looks {
        HashMap::new()
    } else {
        let ends = found.iter().map(|(_, state)| state.chain_end());
        chain::links(connection, tenant, ends.collect::<Result<_>>()?).await?
    };
    let mut reversibles = reversibles::reversibles(connection, tenant, &whole, &needs.reversals).await?;
    let mut named = needs.lots.clone();
    let reversed = reversibles.values().flatten();
    named.extend(reversed.flat_map(|reversible| reversible.movements.iter().map(|(lot, _)| *lot)));
    let mut lots = lots::lots(connection, tenant, &whole, &named).await?;
    let mut holds = holds::holds(connection, tenant, &whole, &needs.holds).await?;
    let whole: HashSet<Uuid> = whole.into_iter().collect();
    let mut ledgers = HashMap::with_capacity(found.len());
    for (member, state) in found {
        let row = &member.row;
        let purchases = purchases.remove(&state.id).unwrap_or_default();
        let mut account = Account::new(&row.name)
            .in_wallet(&state.wallet)
            .with_sales(purchases::sales(&purchases))
            .with_debt(state.debt);
        account.active = MemberState::read(&row.state)? == MemberState::Active;
        account.transaction_count = state.transaction_count;
        account = if whole.contains(&state.id) {
            account
                .with_lots(lots.remove(&state.id).unwrap_or_default())
                .with_holds(holds.remove(&state.id).unwrap_or_default())
                .with_reversibles(reversibles.remove(&state.id).unwrap_or_default())
        } else {
            account.with_elsewhere(state.elsewhere)
        };
        let key = AccountKey {
            member: row.name.clone(),
            wallet: state.wallet.clone(),
        };
        let ledger = Ledger {
            tenant: row.tenant.clone(),
            id: state.id,
            program: row.program.clone(),
            customer: row.customer.clone(),
            place: state.place,
            wallet: state.wallet,
            version: state.version,
            link: links.get(&state.id).copied().unwrap_or(FIRST),
            account,
            purchases: purchases
                .into_iter()
                .map(|purchase| (purchase.sale.source, purchase.source_id))
                .collect(),
            cases: cases.remove(&state.id).unwrap_or_default(),
            changes: Vec::new(),
            new_cases: Vec::new(),
        };
        ledgers.insert(key, ledger);
    }
    Ok(ledgers)
}

/// The accounts of one member that are needed.
fn of_member<'n>(needs: &'n Needs, member: &str) -> impl Iterator<Item = &'n AccountKey> {
    let first = AccountKey {
        member: member.to_owned(),
        wallet: String::new(),
    };
    let member = member.to_owned();
    needs
        .accounts
        .range(first..)
        .map(|(key, _)| key)
        .take_while(move |key| key.member == member)
}

/// The rows of accounts in other wallets than the one that every program has.
async fn wallet_accounts(
    connection: &impl ConnectionTrait,
    tenant: &str,
    needs: &Needs,
) -> Result<HashMap<AccountKey, wallet_account::Model>> {
    let others = || needs.accounts.keys().filter(|key| key.wallet != POINTS);
    let members: BTreeSet<&String> = others().map(|key| &key.member).collect();
    let wallets: BTreeSet<&String> = others().map(|key| &key.wallet).collect();
    let mut found = HashMap::new();
    let members: Vec<&String> = members.into_iter().collect();
    for chunk in members.chunks(MOST_VARIABLES / 2) {
        let members = chunk.iter().map(|member| (*member).clone());
        let rows = wallet_account::Entity::find()
            .filter(wallet_account::Column::Tenant.eq(tenant))
            .filter(among(connection, wallet_account::Column::Member, members))
            .filter(among(
                connection,
                wallet_account::Column::Wallet,
                wallets.iter().map(|wallet| (*wallet).clone()),
            ))
            .all(connection)
            .await
            .stored("read accounts of wallets")?;
        found.extend(rows.into_iter().map(|row| {
            let key = AccountKey {
                member: row.member.clone(),
                wallet: row.wallet.clone(),
            };
            (key, row)
        }));
    }
    Ok(found)
}

/// Loads one account to be looked at; none when there is no such member.
pub(crate) async fn load_one(
    connection: &impl ConnectionTrait,
    tenant: &str,
    key: &AccountKey,
    now: Timestamp,
) -> Result<Option<Ledger>> {
    look_at(connection, tenant, key, BTreeSet::new(), now).await
}

/// The same with a hold that may have been resolved.
pub(crate) async fn load_with_hold(
    connection: &impl ConnectionTrait,
    tenant: &str,
    key: &AccountKey,
    hold: Uuid,
    now: Timestamp,
) -> Result<Option<Ledger>> {
    look_at(connection, tenant, key, BTreeSet::from([hold]), now).await
}

async fn look_at(
    connection: &impl ConnectionTrait,
    tenant: &str,
    key: &AccountKey,
    holds: BTreeSet<Uuid>,
    now: Timestamp,
) -> Result<Option<Ledger>> {
    let row = member::Entity::find_by_id((tenant.to_owned(), key.member.clone()))
        .one(connection)
        .await
        .stored("read the member")?;
    let needs = Needs {
        accounts: BTreeMap::from([(key.clone(), Extent::All)]),
        holds,
        only_looks: true,
        ..Needs::default()
    };
    let members = row.into_iter().map(|row| LockedMember {
        row,
        // No command is decided on what is only looked at.
        program_version: 0,
    });
    let members = Locked(members.collect());
    // An account that is not there is only looked at: it needs no id.
    let mut ledgers = load(connection, tenant, members, &needs, now, Uuid::nil).await?;
    Ok(ledgers.remove(key))
}
