//! Transactions that can be reversed, with what was reversed of them so far.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rapport_status::Result;
use rapport_storage::{Stored as _, rows::among};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    domain::ledger::{Reversible, TransactionKind},
    store::{
        attributions,
        codes::Code as _,
        entity::{ledger_transaction, lot, lot_movement, purchase},
    },
};

/// The transactions of accounts that have one of these ids. Few are asked for at a time: each by a caller who names it.
pub(super) async fn reversibles(
    connection: &impl ConnectionTrait,
    tenant: &str,
    accounts: &[Uuid],
    wanted: &BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, Vec<Reversible>>> {
    let mut found: HashMap<Uuid, Vec<Reversible>> = HashMap::new();
    if wanted.is_empty() || accounts.is_empty() {
        return Ok(found);
    }
    let scope = Scope {
        connection,
        tenant,
        accounts,
        wanted,
    };
    let transactions = scope.transactions().await?;
    let reversals = scope.reversals().await?;
    let of_sales = scope.lots_of_sales().await?;
    let movements = scope.movements(transactions.iter().chain(&reversals)).await?;
    for row in transactions {
        let mut reversible = Reversible {
            id: row.id,
            kind: TransactionKind::read(&row.kind)?,
            movements: movements
                .get(&(row.account, row.number))
                .cloned()
                .unwrap_or_default(),
            returned: BTreeMap::new(),
            reversed: 0,
            is_of_sale: of_sales.contains(&(row.account, row.id))
                || attributions::is_of_sale(row.attribution.as_deref())?,
            is_reversal: row.reverses.is_some(),
        };
        for reversal in &reversals {
            if reversal.account == row.account && reversal.reverses == Some(row.id) {
                reversible.reversed += (reversal.points + reversal.pending_points + reversal.debt_points)
                    .abs()
                    + reversal.shortfall_points;
                for (lot, points) in movements
                    .get(&(reversal.account, reversal.number))
                    .into_iter()
                    .flatten()
                {
                    *reversible.returned.entry(*lot).or_default() += points;
                }
            }
        }
        found.entry(row.account).or_default().push(reversible);
    }
    Ok(found)
}

struct Scope<'s, C> {
    connection: &'s C,
    tenant: &'s str,
    accounts: &'s [Uuid],
    wanted: &'s BTreeSet<Uuid>,
}

/// What lots were moved by how much by a transaction: by account and number.
type Movements = HashMap<(Uuid, i64), Vec<(Uuid, i64)>>;

impl<C: ConnectionTrait> Scope<'_, C> {
    /// Those that take have an index by their id; those that give are found by the lot that they opened, which has it too.
    /// The few others can only be refused: they are looked for among all transactions of their accounts.
    async fn transactions(&self) -> Result<Vec<ledger_transaction::Model>> {
        let mut rows = self.find(Condition::all().add(Expr::cust("points <= 0"))).await?;
        let opened = self.opened_lots().await?;
        if !opened.is_empty() {
            let opening = self.find(numbered(&opened)).await?;
            add_new(&mut rows, opening);
        }
        if rows.len() < self.wanted.len() {
            let others = self.find(Condition::all()).await?;
            add_new(&mut rows, others);
        }
        Ok(rows)
    }

    /// The condition that a row belongs to one of the accounts.
    fn of_accounts<Column: ColumnTrait>(&self, tenant: Column, account: Column) -> Condition {
        Condition::all().add(tenant.eq(self.tenant)).add(among(
            self.connection,
            account,
            self.accounts.iter().copied(),
        ))
    }

    async fn find(&self, which: Condition) -> Result<Vec<ledger_transaction::Model>> {
        ledger_transaction::Entity::find()
            .filter(self.of_accounts(
                ledger_transaction::Column::Tenant,
                ledger_transaction::Column::Account,
            ))
            .filter(among(
                self.connection,
                ledger_transaction::Column::Id,
                self.wanted.iter().copied(),
            ))
            .filter(which)
            .all(self.connection)
            .await
            .stored("read transactions")
    }

    /// The accounts and numbers of the transactions that opened the lots with these ids.
    async fn opened_lots(&self) -> Result<Vec<(Uuid, i64)>> {
        lot::Entity::find()
            .select_only()
            .column(lot::Column::Account)
            .column(lot::Column::Number)
            .filter(self.of_accounts(lot::Column::Tenant, lot::Column::Account))
            .filter(among(
                self.connection,
                lot::Column::Id,
                self.wanted.iter().copied(),
            ))
            .into_tuple()
            .all(self.connection)
            .await
            .stored("read lots")
    }

    async fn reversals(&self) -> Result<Vec<ledger_transaction::Model>> {
        ledger_transaction::Entity::find()
            .filter(self.of_accounts(
                ledger_transaction::Column::Tenant,
                ledger_transaction::Column::Account,
            ))
            .filter(among(
                self.connection,
                ledger_transaction::Column::Reverses,
                self.wanted.iter().copied(),
            ))
            .filter(ledger_transaction::Column::Reverses.is_not_null())
            .all(self.connection)
            .await
            .stored("read reversals")
    }

    /// Which of the lots that are named were opened by sales, also before it was kept what points are due to.
    async fn lots_of_sales(&self) -> Result<BTreeSet<(Uuid, Uuid)>> {
        let rows: Vec<(Uuid, Option<Uuid>)> = purchase::Entity::find()
            .select_only()
            .column(purchase::Column::Account)
            .column(purchase::Column::Lot)
            .filter(self.of_accounts(purchase::Column::Tenant, purchase::Column::Account))
            .filter(among(
                self.connection,
                purchase::Column::Lot,
                self.wanted.iter().copied(),
            ))
            .into_tuple()
            .all(self.connection)
            .await
            .stored("read purchases")?;
        Ok(rows
            .into_iter()
            .filter_map(|(account, lot)| Some((account, lot?)))
            .collect())
    }

    async fn movements<'m>(
        &self,
        transactions: impl Iterator<Item = &'m ledger_transaction::Model>,
    ) -> Result<Movements> {
        let numbers: Vec<(Uuid, i64)> = transactions.map(|row| (row.account, row.number)).collect();
        let mut movements = Movements::new();
        if numbers.is_empty() {
            return Ok(movements);
        }
        let mut any = Condition::any();
        for (account, number) in numbers {
            any = any.add(
                lot_movement::Column::Account
                    .eq(account)
                    .and(lot_movement::Column::Number.eq(number)),
            );
        }
        let rows = lot_movement::Entity::find()
            .filter(lot_movement::Column::Tenant.eq(self.tenant))
            .filter(any)
            .order_by_asc(lot_movement::Column::Position)
            .all(self.connection)
            .await
            .stored("read lot movements")?;
        for row in rows {
            movements
                .entry((row.account, row.number))
                .or_default()
                .push((row.lot, row.points));
        }
        Ok(movements)
    }
}

/// Adds rows that are not there yet.
fn add_new(rows: &mut Vec<ledger_transaction::Model>, found: Vec<ledger_transaction::Model>) {
    let known: BTreeSet<Uuid> = rows.iter().map(|row| row.id).collect();
    rows.extend(found.into_iter().filter(|row| !known.contains(&row.id)));
}

fn numbered(numbers: &[(Uuid, i64)]) -> Condition {
    numbers.iter().fold(Condition::any(), |any, (account, number)| {
        any.add(
            ledger_transaction::Column::Account
                .eq(*account)
                .and(ledger_transaction::Column::Number.eq(*number)),
        )
    })
}
