//! Vouchers and their uses.

use std::collections::HashMap;

use jiff::Timestamp;
use rapport_money::Money;
use rapport_status::Result;
use rapport_storage::{MOST_VARIABLES, Stored as _, rows::among};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use uuid::Uuid;

use super::entity::{voucher, voucher_use};
use crate::{
    domain::rewards::{
        codes::LookupCode,
        validity::Period,
        voucher::{Change, Offer, Use, Voucher},
    },
    store::{
        codes::{moment, moment_or_never},
        programs::currency,
    },
    wire::rewards as wire,
};

/// What a voucher is looked for by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key<'k> {
    /// The code that somebody typed.
    Code(LookupCode),
    /// Its id.
    Id(&'k Uuid),
}

/// Finds a voucher of a program; locks it when it is to be changed.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &str,
    key: Key<'_>,
    lock: bool,
) -> Result<Option<Voucher>> {
    let mut query = voucher::Entity::find()
        .filter(voucher::Column::Tenant.eq(tenant))
        .filter(voucher::Column::Program.eq(program))
        .filter(match key {
            Key::Code(code) => voucher::Column::Code.eq(code.compact()),
            Key::Id(id) => voucher::Column::Id.eq(*id),
        });
    if lock {
        query = query.lock_exclusive();
    }
    let row = query.one(connection).await.stored("read the voucher")?;
    row.map(from_row).transpose()
}

/// The vouchers of redemptions in the order in which they were issued; locked, in the order of ids, when they may be changed.
pub(super) async fn of_redemptions(
    connection: &impl ConnectionTrait,
    tenant: &str,
    redemptions: &[Uuid],
    lock: bool,
) -> Result<HashMap<Uuid, Vec<voucher::Model>>> {
    let mut found: HashMap<Uuid, Vec<voucher::Model>> = HashMap::new();
    for chunk in redemptions.chunks(MOST_VARIABLES - 1) {
        let mut query = voucher::Entity::find()
            .filter(voucher::Column::Tenant.eq(tenant))
            .filter(among(
                connection,
                voucher::Column::Redemption,
                chunk.iter().copied(),
            ))
            .order_by_asc(voucher::Column::Id);
        if lock {
            query = query.lock_exclusive();
        }
        let rows = query
            .all(connection)
            .await
            .stored("read vouchers of redemptions")?;
        for row in rows {
            found.entry(row.redemption).or_default().push(row);
        }
    }
    for rows in found.values_mut() {
        rows.sort_by_key(|row| row.place);
    }
    Ok(found)
}

/// The row of a voucher that was issued for a redemption.
pub(super) fn to_row(
    tenant: &str,
    (redemption, member, place): (Uuid, &str, i32),
    offer: &Offer,
    code: LookupCode,
) -> voucher::Model {
    voucher::Model {
        tenant: tenant.to_owned(),
        id: offer.voucher,
        program: offer.program.clone(),
        member: member.to_owned(),
        redemption,
        place,
        code: code.compact(),
        terms: wire::stored_voucher_terms(&offer.terms),
        valid_from: offer.valid.from.map(Timestamp::as_microsecond),
        valid_until: offer.valid.until.map(Timestamp::as_microsecond),
        uses: offer.terms.uses,
        used: 0,
        cancel_time: None,
    }
}

fn from_row(row: voucher::Model) -> Result<Voucher> {
    let terms = wire::voucher_terms(&row.terms)?;
    Ok(Voucher {
        offer: Offer {
            program: row.program,
            voucher: row.id,
            member: terms.bound.then_some(row.member),
            terms,
            valid: Period {
                from: moment_or_never(row.valid_from)?,
                until: moment_or_never(row.valid_until)?,
            },
        },
        used: row.used,
        cancel_time: moment_or_never(row.cancel_time)?,
    })
}

/// Finds a use of a voucher.
pub(crate) async fn find_use(
    connection: &impl ConnectionTrait,
    tenant: &str,
    voucher: Uuid,
    id: &str,
) -> Result<Option<Use>> {
    let row = voucher_use::Entity::find_by_id((tenant.to_owned(), voucher, id.to_owned()))
        .one(connection)
        .await
        .stored("read the use of the voucher")?;
    row.map(|row| {
        Ok(Use {
            id: row.id,
            use_time: moment(row.use_time)?,
            order_minor: row.order_minor,
            discount: Money {
                minor: row.discount_minor,
                currency: currency(&row.currency)?,
            },
            undo_time: moment_or_never(row.undo_time)?,
        })
    })
    .transpose()
}

/// Writes a change of a voucher that is locked.
pub(crate) async fn write(
    connection: &impl ConnectionTrait,
    tenant: &str,
    voucher: &Voucher,
    change: &Change,
) -> Result<()> {
    let id = voucher.offer.voucher;
    match change {
        Change::Used(used) => {
            let row = use_row(tenant, id, used).into_active_model().reset_all();
            voucher_use::Entity::insert(row)
                .exec_without_returning(connection)
                .await
                .stored("add the use of the voucher")?;
        }
        Change::Undone(undone) => {
            let row = use_row(tenant, id, undone).into_active_model().reset_all();
            voucher_use::Entity::update_many()
                .set(row)
                .filter(voucher_use::Column::Tenant.eq(tenant))
                .filter(voucher_use::Column::Voucher.eq(id))
                .filter(voucher_use::Column::Id.eq(&undone.id))
                .exec(connection)
                .await
                .stored("undo the use of the voucher")?;
        }
        Change::Cancelled(_) => {}
    }
    voucher::Entity::update_many()
        .col_expr(voucher::Column::Used, Expr::value(voucher.used))
        .col_expr(
            voucher::Column::CancelTime,
            Expr::value(voucher.cancel_time.map(Timestamp::as_microsecond)),
        )
        .filter(voucher::Column::Tenant.eq(tenant))
        .filter(voucher::Column::Id.eq(id))
        .exec(connection)
        .await
        .stored("change the voucher")?;
    Ok(())
}

fn use_row(tenant: &str, voucher: Uuid, known: &Use) -> voucher_use::Model {
    voucher_use::Model {
        tenant: tenant.to_owned(),
        voucher,
        id: known.id.clone(),
        use_time: known.use_time.as_microsecond(),
        currency: known.discount.currency.code().to_owned(),
        order_minor: known.order_minor,
        discount_minor: known.discount.minor,
        undo_time: known.undo_time.map(Timestamp::as_microsecond),
    }
}
