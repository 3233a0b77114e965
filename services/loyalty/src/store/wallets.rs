//! Wallets of programs.

use std::{collections::BTreeMap, fmt::Write as _};

use rapport_status::{Error, Result};
use rapport_storage::{Stored as _, rows::among};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _,
};

use super::{
    codes::{Code as _, moment},
    entity::wallet,
};
use crate::domain::{
    expiry::{DayOfYear, Expiry, Rounding},
    ledger::{BurnOrder, DebtPolicy},
    wallet::{Activities, Wallet, WalletKind, WalletTerms},
};

const EARNING: &str = "EARNING";
const REDEEMING: &str = "REDEEMING";

/// The wallets of programs that have terms of their own, by program and id.
pub(crate) async fn of_programs(
    connection: &impl ConnectionTrait,
    tenant: &str,
    programs: Vec<String>,
) -> Result<BTreeMap<String, BTreeMap<String, Wallet>>> {
    let mut found: BTreeMap<String, BTreeMap<String, Wallet>> = BTreeMap::new();
    if programs.is_empty() {
        return Ok(found);
    }
    let rows = wallet::Entity::find()
        .filter(wallet::Column::Tenant.eq(tenant))
        .filter(among(connection, wallet::Column::Program, programs))
        .order_by_asc(wallet::Column::Id)
        .all(connection)
        .await
        .stored("read wallets")?;
    for row in rows {
        let program = row.program.clone();
        let wallet = from_row(row)?;
        found
            .entry(program)
            .or_default()
            .insert(wallet.id.clone(), wallet);
    }
    Ok(found)
}

/// Adds a wallet.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &str,
    wallet: &Wallet,
) -> Result<()> {
    let row = to_row(tenant, program, wallet).into_active_model().reset_all();
    wallet::Entity::insert(row)
        .exec_without_returning(connection)
        .await
        .stored("add the wallet")?;
    Ok(())
}

/// Replaces a wallet that still has the version before. Tells whether it had.
pub(crate) async fn update(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &str,
    wallet: &Wallet,
) -> Result<bool> {
    let row = to_row(tenant, program, wallet).into_active_model().reset_all();
    let updated = wallet::Entity::update_many()
        .set(row)
        .filter(wallet::Column::Tenant.eq(tenant))
        .filter(wallet::Column::Program.eq(program))
        .filter(wallet::Column::Id.eq(&wallet.id))
        .filter(wallet::Column::Version.eq(wallet.version - 1))
        .exec(connection)
        .await
        .stored("change the wallet")?;
    Ok(updated.rows_affected == 1)
}

fn to_row(tenant: &str, program: &str, wallet: &Wallet) -> wallet::Model {
    let terms = &wallet.terms;
    let mut row = wallet::Model {
        tenant: tenant.to_owned(),
        program: program.to_owned(),
        id: wallet.id.clone(),
        title: terms.title.clone(),
        kind: terms.kind.code().to_owned(),
        expiry: String::new(),
        expiry_months: 0,
        expiry_rounding: Rounding::default().code().to_owned(),
        expiry_days: String::new(),
        expiry_activities: String::new(),
        burn_order: terms.burn_order.code().to_owned(),
        debt: terms.debt.code().to_owned(),
        pending_days: terms.pending_days,
        create_time: wallet.create_time.as_microsecond(),
        update_time: wallet.update_time.as_microsecond(),
        version: wallet.version,
    };
    let expiry = match &terms.expiry {
        Expiry::Never => "NEVER",
        Expiry::Rolling { months, rounding } => {
            row.expiry_months = *months;
            rounding.code().clone_into(&mut row.expiry_rounding);
            "ROLLING"
        }
        Expiry::FixedDays {
            days,
            at_least_months,
        } => {
            row.expiry_months = *at_least_months;
            for day in days {
                let _ = write!(row.expiry_days, "{:02}-{:02} ", day.month, day.day);
            }
            "FIXED_DAYS"
        }
        Expiry::Sliding { months, activities } => {
            row.expiry_months = *months;
            let named = [(activities.earning, EARNING), (activities.redeeming, REDEEMING)];
            let named: Vec<&str> = named
                .into_iter()
                .filter_map(|(is, name)| is.then_some(name))
                .collect();
            row.expiry_activities = named.join(" ");
            "SLIDING"
        }
    };
    expiry.clone_into(&mut row.expiry);
    row
}

fn from_row(row: wallet::Model) -> Result<Wallet> {
    let months = row.expiry_months;
    let expiry = match row.expiry.as_str() {
        "NEVER" => Expiry::Never,
        "ROLLING" => Expiry::Rolling {
            months,
            rounding: Rounding::read(&row.expiry_rounding)?,
        },
        "FIXED_DAYS" => Expiry::FixedDays {
            days: row
                .expiry_days
                .split_whitespace()
                .map(day)
                .collect::<Result<_>>()?,
            at_least_months: months,
        },
        "SLIDING" => Expiry::Sliding {
            months,
            activities: Activities {
                earning: row.expiry_activities.contains(EARNING),
                redeeming: row.expiry_activities.contains(REDEEMING),
            },
        },
        other => {
            return Err(Error::internal(format!(
                "the stored expiry {other:?} means nothing"
            )));
        }
    };
    Ok(Wallet {
        id: row.id,
        terms: WalletTerms {
            title: row.title,
            kind: WalletKind::read(&row.kind)?,
            expiry,
            burn_order: BurnOrder::read(&row.burn_order)?,
            debt: DebtPolicy::read(&row.debt)?,
            pending_days: row.pending_days,
        },
        create_time: moment(row.create_time)?,
        update_time: moment(row.update_time)?,
        version: row.version,
    })
}

fn day(text: &str) -> Result<DayOfYear> {
    let parsed = text
        .split_once('-')
        .and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
    let (month, day) =
        parsed.ok_or_else(|| Error::internal(format!("the stored day {text:?} does not exist")))?;
    Ok(DayOfYear { month, day })
}
