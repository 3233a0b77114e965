//! What was recorded of purchases and points.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rapport_status::{Error, Result};
use rapport_storage::{Stored as _, rows, rows::among};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::entity::tier_fact;
use crate::{
    domain::tiers::{Extent, Record, Recorded},
    store::{codes::moment, programs::currency},
};

const SALE: &str = "SALE";
const RETURN: &str = "RETURN";
const POINTS: &str = "POINTS";
const TAKEN_BACK: &str = "TAKEN_BACK";

/// Records by whom they are about: a customer or a member.
pub(crate) type BySubject = BTreeMap<String, Vec<Record>>;

/// Adds records, and gives those that are new. Of several with one id the first counts, as it does for points: whoever
/// tells of purchases sees to it that each has an id of its own.
pub(crate) async fn add(
    transaction: &DatabaseTransaction,
    tenant: &str,
    records: BySubject,
) -> Result<BySubject> {
    if records.is_empty() {
        return Ok(records);
    }
    let ids = records.values().flatten().map(|record| record.id).collect();
    let known = with(transaction, tenant, &records, tier_fact::Column::Id, ids).await?;
    let mut known: BTreeSet<(String, Uuid)> = known.into_iter().map(|row| (row.subject, row.id)).collect();
    let mut fresh = BySubject::new();
    for (subject, records) in records {
        for record in records {
            let place = (subject.clone(), record.id);
            if known.insert(place) {
                fresh.entry(subject.clone()).or_default().push(record);
            }
        }
    }
    insert(transaction, tenant, &fresh).await?;
    Ok(fresh)
}

/// Adds records that are new.
pub(crate) async fn insert(
    transaction: &DatabaseTransaction,
    tenant: &str,
    records: &BySubject,
) -> Result<()> {
    let mut rows: Vec<tier_fact::Model> = records
        .iter()
        .flat_map(|(subject, records)| records.iter().map(|record| to_row(tenant, subject, record)))
        .collect();
    rows.sort_by(|a, b| (&a.subject, a.id).cmp(&(&b.subject, b.id)));
    rows::insert::<tier_fact::Entity>(transaction, "record what counts for tiers", rows).await
}

/// Which of new records are reduced by something that came before them.
pub(crate) async fn reduced(
    connection: &impl ConnectionTrait,
    tenant: &str,
    records: &BySubject,
) -> Result<HashSet<Uuid>> {
    if records.is_empty() {
        return Ok(HashSet::new());
    }
    let ids = records.values().flatten().map(|record| record.id).collect();
    let rows = with(connection, tenant, records, tier_fact::Column::Reduces, ids).await?;
    Ok(rows.into_iter().filter_map(|row| row.reduces).collect())
}

async fn with(
    connection: &impl ConnectionTrait,
    tenant: &str,
    of: &BySubject,
    column: tier_fact::Column,
    ids: Vec<Uuid>,
) -> Result<Vec<tier_fact::Model>> {
    tier_fact::Entity::find()
        .filter(tier_fact::Column::Tenant.eq(tenant))
        .filter(among(connection, tier_fact::Column::Subject, of.keys().cloned()))
        .filter(among(connection, column, ids))
        .all(connection)
        .await
        .stored("look for what counts for tiers")
}

/// Everything that was recorded of customers and members.
pub(crate) async fn all_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    subjects: BTreeSet<String>,
) -> Result<BySubject> {
    let rows = tier_fact::Entity::find()
        .filter(tier_fact::Column::Tenant.eq(tenant))
        .filter(among(connection, tier_fact::Column::Subject, subjects))
        .all(connection)
        .await
        .stored("read what counts for tiers")?;
    let mut found = BySubject::new();
    for row in rows {
        let subject = row.subject.clone();
        found.entry(subject).or_default().push(from_row(row)?);
    }
    Ok(found)
}

fn to_row(tenant: &str, subject: &str, record: &Record) -> tier_fact::Model {
    let (kind, unit, amount, quantity) = match &record.content {
        Recorded::Sale(extent) => (
            SALE,
            extent.amount.currency.code(),
            extent.amount.minor,
            extent.quantity,
        ),
        Recorded::Return { extent, .. } => (
            RETURN,
            extent.amount.currency.code(),
            extent.amount.minor,
            extent.quantity,
        ),
        Recorded::Points { wallet, points } => (POINTS, wallet.as_str(), *points, 0),
        Recorded::TakenBack { points, .. } => (TAKEN_BACK, "", *points, 0),
    };
    tier_fact::Model {
        tenant: tenant.to_owned(),
        subject: subject.to_owned(),
        id: record.id,
        time: record.time.as_microsecond(),
        kind: kind.to_owned(),
        unit: unit.to_owned(),
        amount,
        quantity,
        reduces: record.reduces(),
    }
}

fn from_row(row: tier_fact::Model) -> Result<Record> {
    let extent = || Ok::<_, Error>(Extent::new(currency(&row.unit)?, row.amount, row.quantity));
    let reduced = || {
        row.reduces
            .ok_or_else(|| Error::internal("a stored tier fact names nothing that it reduces"))
    };
    Ok(Record {
        id: row.id,
        time: moment(row.time)?,
        content: match row.kind.as_str() {
            SALE => Recorded::Sale(extent()?),
            RETURN => Recorded::Return {
                sale: reduced()?,
                extent: extent()?,
            },
            POINTS => Recorded::Points {
                wallet: row.unit,
                points: row.amount,
            },
            TAKEN_BACK => Recorded::TakenBack {
                earned: reduced()?,
                points: row.amount,
            },
            kind => {
                return Err(Error::internal(format!(
                    "the stored kind of tier fact {kind:?} means nothing"
                )));
            }
        },
    })
}
