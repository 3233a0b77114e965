//! Purchases, and the keys of those whose customers were deleted.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use rapport_money::Currency;
use rapport_status::Error;
use rapport_storage::{Stored as _, rows};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select,
    sea_query::{Expr, ExprTrait as _, Query},
};

use serde::{Deserialize, Serialize};

use super::{
    columns,
    counters::{self, Counter},
};
use crate::domain::{
    history::DayTotal,
    intake::Record,
    purchase::{Purchase, PurchaseContent, PurchaseKey, PurchaseLine},
    timeline::{PURCHASE_RANK, Position},
    valuation::Arrival,
};

/// The table of purchases: its key is (source, source id), for ever.
mod purchase {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "purchase")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub source: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub source_id: String,
        pub id: String,
        pub customer: String,
        pub kind: String,
        pub original_source_id: String,
        pub purchase_time: i64,
        pub purchase_day: i32,
        pub amount: i64,
        pub currency: String,
        pub quantity: i64,
        pub location: String,
        pub create_time: i64,
        pub sequence: i64,
        pub channel: String,
        /// The lines as a JSON list of [`super::StoredLine`]; none when there are none.
        pub lines: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Keys of purchases whose customers were deleted: nothing else is left of them, and they do not come back.
mod deleted_purchase {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "deleted_purchase")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub source: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub source_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Keys looked up by one statement.
const KEYS_PER_STATEMENT: usize = 1_000;

/// What is recorded under these keys.
pub(crate) async fn records(
    connection: &impl ConnectionTrait,
    tenant: &str,
    keys: &[&PurchaseKey],
) -> Result<HashMap<PurchaseKey, Record>, Error> {
    let mut records = HashMap::new();
    for (source, ids) in by_source(keys) {
        for ids in ids.chunks(KEYS_PER_STATEMENT) {
            let rows = purchase::Entity::find()
                .filter(purchase::Column::Tenant.eq(tenant))
                .filter(purchase::Column::Source.eq(source))
                .filter(rows::among(connection, purchase::Column::SourceId, owned(ids)))
                .all(connection)
                .await
                .stored("read purchases")?;
            for row in rows {
                let purchase = purchase_of(row)?;
                records.insert(purchase.key.clone(), Record::Purchase(Box::new(purchase)));
            }
            let deleted = deleted_purchase::Entity::find()
                .filter(deleted_purchase::Column::Tenant.eq(tenant))
                .filter(deleted_purchase::Column::Source.eq(source))
                .filter(rows::among(
                    connection,
                    deleted_purchase::Column::SourceId,
                    owned(ids),
                ))
                .all(connection)
                .await
                .stored("read the keys of deleted purchases")?;
            for row in deleted {
                let key = PurchaseKey {
                    source: row.source,
                    id: row.source_id,
                };
                records.insert(key, Record::OfDeletedCustomer);
            }
        }
    }
    Ok(records)
}

/// The purchases with these keys that are still there.
pub(crate) async fn arrived_under(
    connection: &impl ConnectionTrait,
    tenant: &str,
    keys: &[&PurchaseKey],
) -> Result<Vec<Arrival>, Error> {
    let mut found = Vec::new();
    for (source, ids) in by_source(keys) {
        for ids in ids.chunks(KEYS_PER_STATEMENT) {
            let query = purchase::Entity::find()
                .filter(purchase::Column::Source.eq(source))
                .filter(rows::among(connection, purchase::Column::SourceId, owned(ids)));
            found.extend(arrivals_of(connection, tenant, query).await?);
        }
    }
    Ok(found)
}

/// The purchases that were stored after the one with this number.
pub(crate) async fn arrived_after(
    connection: &impl ConnectionTrait,
    tenant: &str,
    sequence: i64,
) -> Result<Vec<Arrival>, Error> {
    let query = purchase::Entity::find().filter(purchase::Column::Sequence.gt(sequence));
    arrivals_of(connection, tenant, query).await
}

async fn arrivals_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    query: Select<purchase::Entity>,
) -> Result<Vec<Arrival>, Error> {
    let rows: Vec<(String, i64, i32)> = query
        .select_only()
        .columns([
            purchase::Column::Customer,
            purchase::Column::Sequence,
            purchase::Column::PurchaseDay,
        ])
        .filter(purchase::Column::Tenant.eq(tenant))
        .into_tuple()
        .all(connection)
        .await
        .stored("read the numbers of purchases")?;
    Ok(rows
        .into_iter()
        .map(|(customer, sequence, day)| Arrival {
            customer,
            sequence,
            day: columns::date(day),
        })
        .collect())
}

fn owned<'i>(ids: &'i [&'i str]) -> impl Iterator<Item = String> + 'i {
    ids.iter().map(|id| (*id).to_owned())
}

fn by_source<'k>(keys: &[&'k PurchaseKey]) -> BTreeMap<&'k str, Vec<&'k str>> {
    let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in keys {
        ids.entry(&key.source).or_default().push(&key.id);
    }
    ids
}

/// Writes new purchases, numbered on in the order of storing. A key that another transaction took meanwhile is a
/// conflict: running again decides with what is stored then.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    tenant: &str,
    purchases: &[&Purchase],
) -> Result<(), Error> {
    let count = i64::try_from(purchases.len()).unwrap_or(i64::MAX);
    let last = counters::take(connection, tenant, Counter::Purchases, count).await?;
    let numbered = (last - count + 1..).zip(purchases);
    let new = numbered.map(|(sequence, purchase)| row_of(tenant, sequence, purchase));
    rows::insert::<purchase::Entity>(connection, "write purchases", new.collect()).await
}

/// The number of the purchase that was stored last; 0 before the first. No smaller number is stored after it.
pub(crate) async fn last_sequence(connection: &impl ConnectionTrait, tenant: &str) -> Result<i64, Error> {
    let last: Option<i64> = purchase::Entity::find()
        .select_only()
        .column(purchase::Column::Sequence)
        .filter(purchase::Column::Tenant.eq(tenant))
        .order_by_desc(purchase::Column::Sequence)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await
        .stored("read the last number of a purchase")?;
    Ok(last.unwrap_or_default())
}

/// The currency that most purchases up to a day have; of several, the first in the alphabet.
pub(crate) async fn most_used_currency(
    connection: &impl ConnectionTrait,
    tenant: &str,
    as_of: Date,
) -> Result<Option<Currency>, Error> {
    let code: Option<String> = purchase::Entity::find()
        .select_only()
        .column(purchase::Column::Currency)
        .filter(purchase::Column::Tenant.eq(tenant))
        .filter(purchase::Column::PurchaseDay.lte(columns::days(as_of)))
        .group_by(purchase::Column::Currency)
        .order_by_desc(purchase::Column::SourceId.count())
        .order_by_asc(purchase::Column::Currency)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await
        .stored("find the usual currency")?;
    code.as_deref().map(columns::currency).transpose()
}

/// Which purchases count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted<'c> {
    /// Only of these customers; absent means all.
    pub customers: Option<&'c [String]>,
    /// Only up to this day.
    pub as_of: Date,
    /// Only of this currency.
    pub currency: Currency,
    /// Only those stored up to this number.
    pub sequence: i64,
}

#[derive(FromQueryResult)]
struct TotalRow {
    customer: String,
    purchase_day: i32,
    kind: String,
    amount: i64,
}

/// What each customer bought and gave back on each day, by customer and day.
pub(crate) async fn day_totals(
    connection: &impl ConnectionTrait,
    tenant: &str,
    counted: Counted<'_>,
) -> Result<HashMap<String, Vec<DayTotal>>, Error> {
    let all = purchase::Entity::find()
        .select_only()
        .columns([
            purchase::Column::Customer,
            purchase::Column::PurchaseDay,
            purchase::Column::Kind,
        ])
        .column_as(
            Expr::col(purchase::Column::Amount).sum().cast_as("BIGINT"),
            "amount",
        )
        .filter(purchase::Column::Tenant.eq(tenant))
        .filter(purchase::Column::PurchaseDay.lte(columns::days(counted.as_of)))
        .filter(purchase::Column::Currency.eq(counted.currency.code()))
        .filter(purchase::Column::Sequence.lte(counted.sequence))
        .group_by(purchase::Column::Customer)
        .group_by(purchase::Column::PurchaseDay)
        .group_by(purchase::Column::Kind);
    let mut totals = HashMap::new();
    match counted.customers {
        None => gather(connection, all, &mut totals).await?,
        Some(customers) => {
            for customers in customers.chunks(KEYS_PER_STATEMENT) {
                let among = rows::among(connection, purchase::Column::Customer, customers.iter().cloned());
                let some = all.clone().filter(among);
                gather(connection, some, &mut totals).await?;
            }
        }
    }
    Ok(totals)
}

async fn gather(
    connection: &impl ConnectionTrait,
    query: Select<purchase::Entity>,
    totals: &mut HashMap<String, Vec<DayTotal>>,
) -> Result<(), Error> {
    let rows = query
        .into_model::<TotalRow>()
        .all(connection)
        .await
        .stored("sum purchases by day")?;
    for row in rows {
        let total = DayTotal {
            day: columns::date(row.purchase_day),
            kind: columns::purchase_kind(&row.kind)?,
            amount_minor: row.amount,
        };
        totals.entry(row.customer).or_default().push(total);
    }
    Ok(())
}

/// Purchases of a customer that come after a position, the newest first.
pub(crate) async fn newest(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customer: &str,
    after: Option<&Position>,
    limit: u64,
) -> Result<Vec<Purchase>, Error> {
    let mut query = purchase::Entity::find()
        .filter(purchase::Column::Tenant.eq(tenant))
        .filter(purchase::Column::Customer.eq(customer));
    if let Some(after) = after {
        query = query.filter(later_in_list(after));
    }
    query
        .order_by_desc(purchase::Column::PurchaseTime)
        .order_by_desc(purchase::Column::Id)
        .limit(limit)
        .all(connection)
        .await
        .stored("list purchases")?
        .into_iter()
        .map(purchase_of)
        .collect()
}

/// The purchases that stand after a position of the timeline.
fn later_in_list(after: &Position) -> Condition {
    let micros = after.time.as_microsecond();
    let before = Condition::any().add(purchase::Column::PurchaseTime.lt(micros));
    let same_time = Condition::all().add(purchase::Column::PurchaseTime.eq(micros));
    match after.rank.cmp(&PURCHASE_RANK) {
        std::cmp::Ordering::Greater => before.add(same_time),
        std::cmp::Ordering::Equal => before.add(same_time.add(purchase::Column::Id.lt(after.id.as_str()))),
        std::cmp::Ordering::Less => before,
    }
}

/// Deletes the purchases of a customer; their keys stay taken.
pub(crate) async fn delete(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customer: &str,
) -> Result<(), Error> {
    let keys = Query::select()
        .columns([
            purchase::Column::Tenant,
            purchase::Column::Source,
            purchase::Column::SourceId,
        ])
        .from(purchase::Entity)
        .and_where(purchase::Column::Tenant.eq(tenant))
        .and_where(purchase::Column::Customer.eq(customer))
        .to_owned();
    let mut keep = Query::insert();
    keep.into_table(deleted_purchase::Entity).columns([
        deleted_purchase::Column::Tenant,
        deleted_purchase::Column::Source,
        deleted_purchase::Column::SourceId,
    ]);
    keep.select_from(keys)
        .map_err(|error| Error::internal("could not keep the keys of deleted purchases").because(error))?;
    connection
        .execute(&keep)
        .await
        .stored("keep the keys of deleted purchases")?;
    purchase::Entity::delete_many()
        .filter(purchase::Column::Tenant.eq(tenant))
        .filter(purchase::Column::Customer.eq(customer))
        .exec(connection)
        .await
        .stored("delete purchases")?;
    Ok(())
}

fn row_of(tenant: &str, sequence: i64, purchase: &Purchase) -> purchase::ActiveModel {
    let content = &purchase.content;
    purchase::ActiveModel {
        tenant: Set(tenant.to_owned()),
        source: Set(purchase.key.source.clone()),
        source_id: Set(purchase.key.id.clone()),
        id: Set(purchase.id.clone()),
        customer: Set(purchase.customer.clone()),
        kind: Set(columns::purchase_kind_word(content.kind).to_owned()),
        original_source_id: Set(content.original_source_id.clone()),
        purchase_time: Set(content.time.as_microsecond()),
        purchase_day: Set(columns::days(content.day())),
        amount: Set(content.amount.minor),
        currency: Set(content.amount.currency.code().to_owned()),
        quantity: Set(content.quantity),
        location: Set(content.location.clone()),
        create_time: Set(purchase.create_time.as_microsecond()),
        sequence: Set(sequence),
        channel: Set(content.channel.clone()),
        lines: Set(lines_text(&content.lines)),
    }
}

/// A line of a purchase as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredLine {
    id: String,
    sku: String,
    category: String,
    quantity: i64,
    amount_minor: i64,
}

fn lines_text(lines: &[PurchaseLine]) -> Option<String> {
    if lines.is_empty() {
        return None;
    }
    let lines: Vec<StoredLine> = lines
        .iter()
        .cloned()
        .map(|line| StoredLine {
            id: line.id,
            sku: line.sku,
            category: line.category,
            quantity: line.quantity,
            amount_minor: line.amount_minor,
        })
        .collect();
    // Texts and numbers always have a form in JSON.
    serde_json::to_string(&lines).ok()
}

fn lines_of(text: Option<&str>) -> Result<Vec<PurchaseLine>, Error> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let lines: Vec<StoredLine> = serde_json::from_str(text)
        .map_err(|error| Error::internal("the stored lines of a purchase cannot be read").because(error))?;
    Ok(lines
        .into_iter()
        .map(|line| PurchaseLine {
            id: line.id,
            sku: line.sku,
            category: line.category,
            quantity: line.quantity,
            amount_minor: line.amount_minor,
        })
        .collect())
}

fn purchase_of(row: purchase::Model) -> Result<Purchase, Error> {
    Ok(Purchase {
        id: row.id,
        customer: row.customer,
        key: PurchaseKey {
            source: row.source,
            id: row.source_id,
        },
        content: PurchaseContent {
            kind: columns::purchase_kind(&row.kind)?,
            original_source_id: row.original_source_id,
            time: columns::moment(row.purchase_time)?,
            amount: columns::money(row.amount, &row.currency)?,
            quantity: row.quantity,
            location: row.location,
            channel: row.channel,
            lines: lines_of(row.lines.as_deref())?,
        },
        create_time: columns::moment(row.create_time)?,
    })
}
