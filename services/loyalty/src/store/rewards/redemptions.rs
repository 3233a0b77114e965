//! Redemptions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use rapport_contract::loyalty::v1 as contract;
use rapport_listing::{Field, Kind as FieldKind, Page, Schema, Value};
use rapport_status::{Error, Result};
use rapport_storage::{MOST_VARIABLES, Stored as _, listing::paged, rows::among};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::Expr,
};
use uuid::Uuid;

use super::{
    catalogue,
    entity::{redemption, redemption_payment, reward_code, voucher},
    pools, vouchers,
};
use crate::{
    domain::rewards::{
        codes::LookupCode,
        limits::{Use, Uses},
        redemption::{ReceivedVoucher, Redemption, State},
        terms::Terms,
    },
    store::codes::{Code as _, moment},
    wire::rewards as wire,
};

const STATES: &[&str] = &[
    "RESERVED",
    "CONFIRMED",
    "PREPARING",
    "SENT",
    "FULFILLED",
    "REFUNDED",
    "CANCELLED",
    "TIMED_OUT",
];

static FIELDS: [Field; 4] = [
    Field::new("reward", FieldKind::Text, "reward").not_sortable(),
    Field::new("state", FieldKind::Enumeration(STATES), "state").not_sortable(),
    Field::new("reserve_time", FieldKind::Timestamp, "reserve_time"),
    Field::new("id", FieldKind::Text, "id")
        .not_filterable()
        .not_sortable(),
];

/// What lists of redemptions can be filtered and sorted by.
pub(crate) static SCHEMA: Schema = Schema::new(&FIELDS, "id");

/// Overdue reservations of one batch at most.
const MOST_OVERDUE: u64 = 1_000;

/// What a redemption has in the ledger of one wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Id of the wallet.
    pub(crate) wallet: String,
    /// How many points.
    pub(crate) points: i64,
    /// The hold that keeps or kept them.
    pub(crate) hold: Uuid,
    /// The transaction that spent them, if one did.
    pub(crate) spending: Option<Uuid>,
}

/// A redemption with what belongs to it.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// The redemption.
    pub(crate) redemption: Redemption,
    /// Its units that count in limits.
    pub(crate) counted: i64,
    /// What it has in the ledger.
    pub(crate) parts: Vec<Part>,
    /// The rows of its codes.
    pub(super) codes: Vec<reward_code::Model>,
    /// The rows of its vouchers.
    pub(super) vouchers: Vec<voucher::Model>,
}

impl Kept {
    /// Those of its vouchers that were used and not given back.
    pub(super) fn used_vouchers(&self) -> BTreeSet<Uuid> {
        let used = self.vouchers.iter().filter(|row| row.used > 0);
        used.map(|row| row.id).collect()
    }

    /// The message that tells it as of a moment. Codes are told as soon as they were shown.
    pub(crate) fn message(&self, now: Timestamp) -> Result<contract::Redemption> {
        let shown = matches!(self.redemption.state, State::Fulfilled | State::Refunded);
        let codes = self.codes.iter().filter(|_| shown);
        let vouchers = self.vouchers.iter().map(|row| {
            let code = LookupCode::parse(&row.code)
                .map_err(|error| Error::internal("a stored code of a voucher is none").because(error))?;
            Ok(code.to_string())
        });
        Ok(wire::redemption(
            &self.redemption,
            codes.map(|row| row.code.clone()).collect(),
            &vouchers.collect::<Result<Vec<_>>>()?,
            now,
        ))
    }
}

/// Finds one redemption.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    member: &str,
    id: Uuid,
) -> Result<Option<Kept>> {
    let row = redemption::Entity::find_by_id((tenant.to_owned(), member.to_owned(), id))
        .one(connection)
        .await
        .stored("read the redemption")?;
    let found = complete(connection, tenant, row.into_iter().collect(), false).await?;
    Ok(found.into_iter().next())
}

/// A page of the redemptions of a member, with the token of the next.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    tenant: &str,
    member: &str,
    page: &Page,
) -> Result<(Vec<Kept>, String)> {
    let query = redemption::Entity::find()
        .filter(redemption::Column::Tenant.eq(tenant))
        .filter(redemption::Column::Member.eq(member));
    let rows = paged(query, page)
        .all(connection)
        .await
        .stored("list redemptions")?;
    let (rows, next) = page
        .complete(rows, |row| {
            page.order()
                .keys()
                .iter()
                .map(|key| value(row, key.field.name))
                .collect()
        })
        .map_err(|error| Error::internal("the page of redemptions cannot be told").because(error))?;
    Ok((complete(connection, tenant, rows, false).await?, next))
}

fn value(row: &redemption::Model, field: &str) -> Value {
    match field {
        "reserve_time" => Value::Timestamp(row.reserve_time),
        _ => Value::Text(row.id.to_string()),
    }
}

/// Reservations whose time is over, over all tenants, those that wait longest first: tenant, member, and id.
pub(crate) async fn due(
    connection: &impl ConnectionTrait,
    now: Timestamp,
    most: u64,
) -> Result<Vec<(String, String, Uuid)>> {
    redemption::Entity::find()
        .select_only()
        .column(redemption::Column::Tenant)
        .column(redemption::Column::Member)
        .column(redemption::Column::Id)
        .filter(Expr::cust("state = 'RESERVED'"))
        .filter(redemption::Column::ExpireTime.lte(now.as_microsecond()))
        .order_by_asc(redemption::Column::ExpireTime)
        .limit(most)
        .into_tuple()
        .all(connection)
        .await
        .stored("look for overdue reservations")
}

/// The redemptions with these ids, for changes: their members are locked.
pub(super) async fn named(
    connection: &impl ConnectionTrait,
    tenant: &str,
    named: &BTreeSet<(String, Uuid)>,
) -> Result<Vec<redemption::Model>> {
    let mut found = Vec::new();
    let named: Vec<_> = named.iter().collect();
    for chunk in named.chunks(MOST_VARIABLES / 3) {
        let members: BTreeSet<String> = chunk.iter().map(|(member, _)| member.clone()).collect();
        let rows = redemption::Entity::find()
            .filter(redemption::Column::Tenant.eq(tenant))
            .filter(among(connection, redemption::Column::Member, members))
            .filter(among(
                connection,
                redemption::Column::Id,
                chunk.iter().map(|(_, id)| *id),
            ))
            .all(connection)
            .await
            .stored("read redemptions")?;
        found.extend(rows);
    }
    Ok(found)
}

/// Reservations of members whose time is over at a moment.
pub(super) async fn overdue(
    connection: &impl ConnectionTrait,
    tenant: &str,
    members: &BTreeSet<String>,
    now: Timestamp,
) -> Result<Vec<redemption::Model>> {
    redemption::Entity::find()
        .filter(redemption::Column::Tenant.eq(tenant))
        .filter(among(
            connection,
            redemption::Column::Member,
            members.iter().cloned(),
        ))
        .filter(Expr::cust("state = 'RESERVED'"))
        .filter(redemption::Column::ExpireTime.lte(now.as_microsecond()))
        .order_by_asc(redemption::Column::ExpireTime)
        .limit(MOST_OVERDUE)
        .all(connection)
        .await
        .stored("read overdue reservations")
}

/// What members have redeemed of rewards: each redemption from a moment on, and all before it together.
pub(super) async fn uses(
    connection: &impl ConnectionTrait,
    tenant: &str,
    (members, rewards): (&BTreeSet<String>, &BTreeSet<String>),
    since: Timestamp,
) -> Result<HashMap<(String, String), Uses>> {
    let of_both = || {
        redemption::Entity::find()
            .filter(redemption::Column::Tenant.eq(tenant))
            .filter(among(
                connection,
                redemption::Column::Member,
                members.iter().cloned(),
            ))
            .filter(among(
                connection,
                redemption::Column::Reward,
                rewards.iter().cloned(),
            ))
            .filter(redemption::Column::CountedUnits.gt(0))
    };
    let before: Vec<(String, String, i64)> = of_both()
        .select_only()
        .column(redemption::Column::Member)
        .column(redemption::Column::Reward)
        .expr_as(Expr::cust("CAST(SUM(counted_units) AS BIGINT)"), "units")
        .filter(redemption::Column::ReserveTime.lt(since.as_microsecond()))
        .group_by(redemption::Column::Member)
        .group_by(redemption::Column::Reward)
        .into_tuple()
        .all(connection)
        .await
        .stored("count redeemed units")?;
    let mut uses: HashMap<(String, String), Uses> = HashMap::new();
    for (member, reward, units) in before {
        uses.entry((member, reward)).or_default().units_before = units;
    }
    let listed: Vec<(String, String, Uuid, i64, i64)> = of_both()
        .select_only()
        .columns([
            redemption::Column::Member,
            redemption::Column::Reward,
            redemption::Column::Id,
            redemption::Column::ReserveTime,
            redemption::Column::CountedUnits,
        ])
        .filter(redemption::Column::ReserveTime.gte(since.as_microsecond()))
        .into_tuple()
        .all(connection)
        .await
        .stored("read redeemed units")?;
    for (member, reward, redemption, time, units) in listed {
        uses.entry((member, reward)).or_default().listed.push(Use {
            redemption,
            time: moment(time)?,
            units,
        });
    }
    Ok(uses)
}

/// Redemptions of their rows, with what belongs to them, in the same order. When they may be changed, their vouchers are
/// locked.
pub(super) async fn complete(
    connection: &impl ConnectionTrait,
    tenant: &str,
    rows: Vec<redemption::Model>,
    changing: bool,
) -> Result<Vec<Kept>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let versions = rows.iter().map(|row| (row.reward.clone(), row.version)).collect();
    let versions = catalogue::versions(connection, tenant, &versions).await?;
    let mut codes = pools::of_redemptions(connection, tenant, &ids).await?;
    let mut vouchers = vouchers::of_redemptions(connection, tenant, &ids, changing).await?;
    let mut parts = parts(connection, tenant, &rows).await?;
    rows.into_iter()
        .map(|row| {
            let codes = codes.remove(&row.id).unwrap_or_default();
            let vouchers = vouchers.remove(&row.id).unwrap_or_default();
            let parts = parts.remove(&row.id).unwrap_or_default();
            from_row(&row, &versions, (parts, codes, vouchers))
        })
        .collect()
}

fn from_row(
    row: &redemption::Model,
    versions: &BTreeMap<(String, i64), Terms>,
    (parts, codes, vouchers): (Vec<Part>, Vec<reward_code::Model>, Vec<voucher::Model>),
) -> Result<Kept> {
    let terms = versions.get(&(row.reward.clone(), row.version));
    let terms = terms
        .ok_or_else(|| Error::internal(format!("version {} of {} is not there", row.version, row.reward)))?;
    let received = vouchers.iter().map(|voucher| ReceivedVoucher {
        id: voucher.id,
        cancelled: voucher.cancel_time.is_some(),
    });
    let held = codes.iter().map(pools::code).collect::<Result<_>>()?;
    Ok(Kept {
        redemption: wire::stored_redemption(&row.record, terms, held, received.collect())?,
        counted: row.counted_units,
        parts,
        codes,
        vouchers,
    })
}

async fn parts(
    connection: &impl ConnectionTrait,
    tenant: &str,
    rows: &[redemption::Model],
) -> Result<HashMap<Uuid, Vec<Part>>> {
    let mut found: HashMap<Uuid, Vec<Part>> = HashMap::new();
    for chunk in rows.chunks(MOST_VARIABLES / 3) {
        let members: BTreeSet<String> = chunk.iter().map(|row| row.member.clone()).collect();
        let payments = redemption_payment::Entity::find()
            .filter(redemption_payment::Column::Tenant.eq(tenant))
            .filter(among(connection, redemption_payment::Column::Member, members))
            .filter(among(
                connection,
                redemption_payment::Column::Redemption,
                chunk.iter().map(|row| row.id),
            ))
            .order_by_asc(redemption_payment::Column::Wallet)
            .all(connection)
            .await
            .stored("read payments of redemptions")?;
        for row in payments {
            found.entry(row.redemption).or_default().push(Part {
                wallet: row.wallet,
                points: row.points,
                hold: row.hold,
                spending: row.spending,
            });
        }
    }
    Ok(found)
}

/// The rows of a redemption: its own, and one of each part that it has in the ledger.
pub(super) fn to_rows(tenant: &str, kept: &Kept) -> (redemption::Model, Vec<redemption_payment::Model>) {
    let known = &kept.redemption;
    let row = redemption::Model {
        tenant: tenant.to_owned(),
        member: known.member.clone(),
        id: known.id,
        reward: known.reward.clone(),
        version: known.agreed.version,
        state: known.state.code().to_owned(),
        units: known.order.units,
        counted_units: kept.counted,
        reserve_time: known.reserve_time.as_microsecond(),
        expire_time: known.expire_time.as_microsecond(),
        record: wire::record(known),
    };
    let payments = kept.parts.iter().map(|part| redemption_payment::Model {
        tenant: tenant.to_owned(),
        member: known.member.clone(),
        redemption: known.id,
        wallet: part.wallet.clone(),
        points: part.points,
        hold: part.hold,
        spending: part.spending,
    });
    (row, payments.collect())
}
