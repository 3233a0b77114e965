//! Accounts as decisions need them, many with a few queries.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use rapport_status::Result;
use rapport_storage::{MOST_VARIABLES, Stored as _, rows::among};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait as _, FromQueryResult,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    codes::{Code as _, moment, moment_or_never},
    entity::{compensation, hold, hold_allocation, lot, member, purchase},
    programs::currency,
};
use crate::domain::{
    ledger::{
        Account, Allocation, Change, Elsewhere, Hold, HoldState, Lot, Purchase, PurchaseKind, Sale, SaleKey,
    },
    member::MemberState,
};

/// What a batch must know of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// Names of members, and how much of each account is needed.
    pub(crate) members: BTreeMap<String, Extent>,
    /// Holds that are named; open ones are loaded anyway.
    pub(crate) holds: BTreeSet<Uuid>,
    /// Source ids of purchases, and of the sales that they return.
    pub(crate) sales: BTreeSet<String>,
    /// Names of cases.
    pub(crate) cases: BTreeSet<String>,
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

/// A member's account with what the store knows beside it, and what was decided on it and waits to be written.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    /// The tenant.
    pub(crate) tenant: String,
    /// What the ledger's tables know the member by.
    pub(crate) id: Uuid,
    /// `programs/{program}`.
    pub(crate) program: String,
    /// The version that the program had.
    pub(crate) program_version: i64,
    /// `customers/{customer}`.
    pub(crate) customer: String,
    /// The version that was read.
    pub(crate) version: i64,
    /// The account.
    pub(crate) account: Account,
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

    /// Keeps in mind that a case was compensated.
    pub(crate) fn compensated(&mut self, case: &str, points: i64) {
        self.cases.insert(case.to_owned());
        self.new_cases.push((case.to_owned(), points));
    }
}

/// Members of one tenant whom nobody else can change until the transaction ends.
#[derive(Debug)]
pub(crate) struct Locked(Vec<LockedMember>);

#[derive(Debug, FromQueryResult)]
struct LockedMember {
    #[sea_orm(nested)]
    row: member::Model,
    /// Version of the member's program.
    program_version: i64,
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

/// Loads the accounts of members for decisions at a moment.
pub(crate) async fn load(
    connection: &impl ConnectionTrait,
    tenant: &str,
    Locked(members): Locked,
    needs: &Needs,
    now: Timestamp,
) -> Result<HashMap<String, Ledger>> {
    let (members, versions): (Vec<member::Model>, Vec<i64>) = members
        .into_iter()
        .map(|locked| (locked.row, locked.program_version))
        .unzip();
    let ids: Vec<Uuid> = members.iter().map(|row| row.account).collect();
    let mut purchases = purchases(connection, tenant, &ids, needs).await?;
    let mut cases = cases(connection, tenant, &ids, needs).await?;
    let whole: Vec<Uuid> = members
        .iter()
        .filter(|row| {
            let of_account = purchases.get(&row.account);
            needs.members.get(&row.name) == Some(&Extent::All)
                || row
                    .due_time
                    .is_some_and(|due_time| due_time <= now.as_microsecond())
                || of_account
                    .into_iter()
                    .flatten()
                    .any(|purchase| purchase.kind == PurchaseKind::Return)
        })
        .map(|row| row.account)
        .collect();
    let mut lots = lots(connection, tenant, &whole).await?;
    let mut holds = holds(connection, tenant, &whole, needs).await?;
    let whole: HashSet<Uuid> = whole.into_iter().collect();
    let mut ledgers = HashMap::with_capacity(members.len());
    for (row, program_version) in members.into_iter().zip(versions) {
        let purchases = purchases.remove(&row.account).unwrap_or_default();
        let mut account = Account::new(&row.name).with_sales(sales(&purchases));
        account.active = MemberState::read(&row.state)? == MemberState::Active;
        account.transaction_count = row.transaction_count;
        account = if whole.contains(&row.account) {
            account
                .with_lots(lots.remove(&row.account).unwrap_or_default())
                .with_holds(holds.remove(&row.account).unwrap_or_default())
        } else {
            account.with_elsewhere(Elsewhere {
                available: row.available_points,
                reserved: row.reserved_points,
                due_time: moment_or_never(row.due_time)?,
            })
        };
        let ledger = Ledger {
            tenant: row.tenant,
            id: row.account,
            program: row.program,
            program_version,
            customer: row.customer,
            version: row.version,
            account,
            purchases: purchases
                .into_iter()
                .map(|purchase| (purchase.sale.source, purchase.source_id))
                .collect(),
            cases: cases.remove(&row.account).unwrap_or_default(),
            changes: Vec::new(),
            new_cases: Vec::new(),
        };
        ledgers.insert(row.name, ledger);
    }
    Ok(ledgers)
}

/// Loads one account to be looked at.
pub(crate) async fn load_one(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
    now: Timestamp,
) -> Result<Option<Ledger>> {
    let row = member::Entity::find_by_id((tenant.to_owned(), name.to_owned()))
        .one(connection)
        .await
        .stored("read the member")?;
    let needs = Needs {
        members: BTreeMap::from([(name.to_owned(), Extent::All)]),
        ..Needs::default()
    };
    let members = row.into_iter().map(|row| LockedMember {
        row,
        // No command is decided on what is only looked at.
        program_version: 0,
    });
    let members = Locked(members.collect());
    Ok(load(connection, tenant, members, &needs, now).await?.remove(name))
}

async fn lots(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Lot>>> {
    let mut lots: HashMap<Uuid, Vec<Lot>> = HashMap::new();
    for chunk in ids.chunks(MOST_VARIABLES - 2) {
        let rows = lot::Entity::find()
            .filter(lot::Column::Tenant.eq(tenant))
            .filter(among(connection, lot::Column::Account, chunk.iter().copied()))
            // Not a bound value, so that the index of open lots is found to fit.
            .filter(Expr::cust("remaining > 0"))
            .all(connection)
            .await
            .stored("read lots")?;
        for row in rows {
            lots.entry(row.account).or_default().push(Lot {
                id: row.id,
                number: row.number,
                original: row.original,
                remaining: row.remaining,
                reserved: row.reserved,
                expire_time: moment_or_never(row.expire_time)?,
            });
        }
    }
    Ok(lots)
}

async fn holds(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
    needs: &Needs,
) -> Result<HashMap<Uuid, Vec<Hold>>> {
    let mut holds: HashMap<Uuid, Vec<Hold>> = HashMap::new();
    let named =
        (!needs.holds.is_empty()).then(|| among(connection, hold::Column::Id, needs.holds.iter().copied()));
    let wanted = Condition::any()
        .add(Expr::cust("state = 'OPEN'"))
        .add_option(named);
    for chunk in ids.chunks(MOST_VARIABLES / 2) {
        let rows = hold::Entity::find()
            .filter(hold::Column::Tenant.eq(tenant))
            .filter(among(connection, hold::Column::Account, chunk.iter().copied()))
            .filter(wanted.clone())
            .order_by_asc(hold::Column::Id)
            .all(connection)
            .await
            .stored("read holds")?;
        let mut allocations = allocations(connection, tenant, &rows).await?;
        for row in rows {
            let allocations = allocations.remove(&row.id).unwrap_or_default();
            holds
                .entry(row.account)
                .or_default()
                .push(hold_from_rows(row, allocations)?);
        }
    }
    Ok(holds)
}

/// A hold of its row and those of its allocations.
pub(super) fn hold_from_rows(row: hold::Model, allocations: Vec<Allocation>) -> Result<Hold> {
    Ok(Hold {
        id: row.id,
        points: row.points,
        state: HoldState::read(&row.state)?,
        captured_points: row.captured_points,
        reason: row.reason,
        create_time: moment(row.create_time)?,
        expire_time: moment(row.expire_time)?,
        allocations,
    })
}

async fn allocations(
    connection: &impl ConnectionTrait,
    tenant: &str,
    holds: &[hold::Model],
) -> Result<HashMap<Uuid, Vec<Allocation>>> {
    let mut allocations: HashMap<Uuid, Vec<Allocation>> = HashMap::new();
    for chunk in holds.chunks(MOST_VARIABLES / 3) {
        let rows = hold_allocation::Entity::find()
            .filter(hold_allocation::Column::Tenant.eq(tenant))
            .filter(among(
                connection,
                hold_allocation::Column::Account,
                chunk.iter().map(|hold| hold.account),
            ))
            .filter(among(
                connection,
                hold_allocation::Column::Hold,
                chunk.iter().map(|hold| hold.id),
            ))
            .order_by_asc(hold_allocation::Column::Position)
            .all(connection)
            .await
            .stored("read allocations of holds")?;
        for row in rows {
            allocations.entry(row.hold).or_default().push(Allocation {
                lot: row.lot,
                points: row.points,
            });
        }
    }
    Ok(allocations)
}

async fn purchases(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
    needs: &Needs,
) -> Result<HashMap<Uuid, Vec<Purchase>>> {
    let mut purchases: HashMap<Uuid, Vec<Purchase>> = HashMap::new();
    if needs.sales.is_empty() {
        return Ok(purchases);
    }
    let of_sales = Condition::any()
        .add(among(
            connection,
            purchase::Column::SaleSourceId,
            needs.sales.iter().cloned(),
        ))
        .add(among(
            connection,
            purchase::Column::SourceId,
            needs.sales.iter().cloned(),
        ));
    for chunk in ids.chunks(MOST_VARIABLES / 2) {
        let rows = purchase::Entity::find()
            .filter(purchase::Column::Tenant.eq(tenant))
            .filter(among(
                connection,
                purchase::Column::Account,
                chunk.iter().copied(),
            ))
            .filter(of_sales.clone())
            .all(connection)
            .await
            .stored("read purchases")?;
        for row in rows {
            purchases.entry(row.account).or_default().push(Purchase {
                sale: SaleKey {
                    source: row.source,
                    source_id: row.sale_source_id,
                    currency: currency(&row.currency)?,
                },
                source_id: row.source_id,
                kind: PurchaseKind::read(&row.kind)?,
                amount_minor: row.amount_minor,
                earned_points: row.earned_points,
                lot: row.lot,
                claimed_points: row.claimed_points,
            });
        }
    }
    Ok(purchases)
}

/// What is known of each sale from the purchases of it.
fn sales(purchases: &[Purchase]) -> Vec<Sale> {
    let mut sales: BTreeMap<&SaleKey, Sale> = BTreeMap::new();
    for purchase in purchases {
        let sale = sales
            .remove(&purchase.sale)
            .unwrap_or_else(|| Sale::unknown(purchase.sale.clone()));
        sales.insert(&purchase.sale, sale.after(purchase));
    }
    sales.into_values().collect()
}

async fn cases(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
    needs: &Needs,
) -> Result<HashMap<Uuid, HashSet<String>>> {
    let mut cases: HashMap<Uuid, HashSet<String>> = HashMap::new();
    if needs.cases.is_empty() {
        return Ok(cases);
    }
    for chunk in ids.chunks(MOST_VARIABLES / 2) {
        let rows: Vec<(Uuid, String)> = compensation::Entity::find()
            .select_only()
            .column(compensation::Column::Account)
            .column(compensation::Column::CaseName)
            .filter(compensation::Column::Tenant.eq(tenant))
            .filter(among(
                connection,
                compensation::Column::Account,
                chunk.iter().copied(),
            ))
            .filter(among(
                connection,
                compensation::Column::CaseName,
                needs.cases.iter().cloned(),
            ))
            .into_tuple()
            .all(connection)
            .await
            .stored("read compensations")?;
        for (account, case) in rows {
            cases.entry(account).or_default().insert(case);
        }
    }
    Ok(cases)
}
