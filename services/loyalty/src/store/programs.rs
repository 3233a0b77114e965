//! Programs.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use rapport_listing::{Field, Kind, Page, Schema, Value};
use rapport_money::Currency;
use rapport_status::{Error, Result};
use rapport_storage::{Stored as _, listing::paged, rows::among};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, ExprTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, sea_query::Expr,
};

use super::{codes::moment, entity::program, wallets};
use crate::domain::{
    program::{EarningRule, Priority, Program, Terms, UNIVERSAL_TIME},
    wallet::Wallet,
};

static FIELDS: [Field; 4] = [
    Field::new("title", Kind::Text, "title"),
    Field::new("create_time", Kind::Timestamp, "create_time"),
    Field::new("update_time", Kind::Timestamp, "update_time"),
    Field::new("name", Kind::Text, "name")
        .not_filterable()
        .not_sortable(),
];

/// What lists of programs can be filtered and sorted by.
pub(crate) static SCHEMA: Schema = Schema::new(&FIELDS, "name");

/// Finds one program.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
) -> Result<Option<Program>> {
    let found = find_all(connection, tenant, vec![name.to_owned()]).await?;
    Ok(found.into_iter().next())
}

/// Programs that are kept in memory at most.
const MOST_KNOWN: usize = 10_000;

/// Programs as they were read last, by tenant and name. They are used as long as the store has no other version.
#[derive(Debug, Default)]
pub(crate) struct KnownPrograms(Mutex<HashMap<(String, String), Arc<Program>>>);

impl KnownPrograms {
    /// The programs with these names and versions, by name; those of other versions are read.
    pub(crate) async fn of_versions(
        &self,
        connection: &impl ConnectionTrait,
        tenant: &str,
        wanted: &BTreeMap<&str, i64>,
    ) -> Result<BTreeMap<String, Arc<Program>>> {
        let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
        {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (name, version) in wanted {
                match known.get(&(tenant.to_owned(), (*name).to_owned())) {
                    Some(program) if program.version == *version => {
                        found.insert((*name).to_owned(), Arc::clone(program));
                    }
                    _ => missing.push((*name).to_owned()),
                }
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let read = find_all(connection, tenant, missing).await?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + read.len() > MOST_KNOWN {
            known.clear();
        }
        for program in read {
            let program = Arc::new(program);
            known.insert((tenant.to_owned(), program.name.clone()), Arc::clone(&program));
            found.insert(program.name.clone(), program);
        }
        Ok(found)
    }
}

/// Finds programs.
pub(crate) async fn find_all(
    connection: &impl ConnectionTrait,
    tenant: &str,
    names: Vec<String>,
) -> Result<Vec<Program>> {
    let rows = program::Entity::find()
        .filter(program::Column::Tenant.eq(tenant))
        .filter(among(connection, program::Column::Name, names))
        .all(connection)
        .await
        .stored("read programs")?;
    let names = rows.iter().map(|row| row.name.clone()).collect();
    let mut wallets = wallets::of_programs(connection, tenant, names).await?;
    rows.into_iter()
        .map(|row| {
            let wallets = wallets.remove(&row.name).unwrap_or_default();
            from_row(row, wallets)
        })
        .collect()
}

/// Counts a change of something that belongs to a program, so that nobody goes on with what was read before.
pub(crate) async fn touch(connection: &impl ConnectionTrait, tenant: &str, name: &str) -> Result<()> {
    program::Entity::update_many()
        .col_expr(
            program::Column::Version,
            Expr::col(program::Column::Version).add(1),
        )
        .filter(program::Column::Tenant.eq(tenant))
        .filter(program::Column::Name.eq(name))
        .exec(connection)
        .await
        .stored("count a change of the program")?;
    Ok(())
}

/// The names of the programs that every new customer becomes a member of, in their order.
pub(crate) async fn that_enrol(connection: &impl ConnectionTrait, tenant: &str) -> Result<Vec<String>> {
    let rows = program::Entity::find()
        .filter(program::Column::Tenant.eq(tenant))
        .filter(program::Column::EnrolsAutomatically.eq(true))
        .order_by_asc(program::Column::Name)
        .all(connection)
        .await
        .stored("read programs that enrol")?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

/// A page of programs, with the token of the next.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    tenant: &str,
    page: &Page,
) -> Result<(Vec<Program>, String)> {
    let query = program::Entity::find().filter(program::Column::Tenant.eq(tenant));
    let rows = paged(query, page).all(connection).await.stored("list programs")?;
    let (rows, next) = page
        .complete(rows, |row| {
            page.order()
                .keys()
                .iter()
                .map(|key| value(row, key.field.name))
                .collect()
        })
        .map_err(|error| Error::internal("the page of programs cannot be told").because(error))?;
    let names = rows.iter().map(|row| row.name.clone()).collect();
    let mut wallets = wallets::of_programs(connection, tenant, names).await?;
    let programs = rows
        .into_iter()
        .map(|row| {
            let wallets = wallets.remove(&row.name).unwrap_or_default();
            from_row(row, wallets)
        })
        .collect::<Result<_>>()?;
    Ok((programs, next))
}

fn value(row: &program::Model, field: &str) -> Value {
    match field {
        "title" => Value::Text(row.title.clone()),
        "create_time" => Value::Timestamp(row.create_time),
        "update_time" => Value::Timestamp(row.update_time),
        _ => Value::Text(row.name.clone()),
    }
}

/// Adds a program.
pub(crate) async fn insert(connection: &impl ConnectionTrait, tenant: &str, program: &Program) -> Result<()> {
    let row = to_row(tenant, program).into_active_model().reset_all();
    program::Entity::insert(row)
        .exec_without_returning(connection)
        .await
        .stored("add the program")?;
    Ok(())
}

/// Replaces a program that still has the version before. Tells whether it had.
pub(crate) async fn update(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &Program,
) -> Result<bool> {
    let row = to_row(tenant, program).into_active_model().reset_all();
    let updated = program::Entity::update_many()
        .set(row)
        .filter(program::Column::Tenant.eq(tenant))
        .filter(program::Column::Name.eq(&program.name))
        .filter(program::Column::Version.eq(program.version - 1))
        .exec(connection)
        .await
        .stored("change the program")?;
    Ok(updated.rows_affected == 1)
}

fn to_row(tenant: &str, program: &Program) -> program::Model {
    let terms = &program.terms;
    let compensation = |priority| terms.compensation.get(&priority).copied();
    program::Model {
        tenant: tenant.to_owned(),
        name: program.name.clone(),
        title: terms.title.clone(),
        earning_currency: terms.earning_rule.map(|rule| rule.currency.code().to_owned()),
        earning_points: terms.earning_rule.map(|rule| rule.points),
        earning_per_amount: terms.earning_rule.map(|rule| rule.per_amount_minor),
        compensation_low: compensation(Priority::Low),
        compensation_normal: compensation(Priority::Normal),
        compensation_high: compensation(Priority::High),
        compensation_urgent: compensation(Priority::Urgent),
        lifetime_months: terms.lifetime_months,
        enrols_automatically: terms.enrols_automatically,
        time_zone: Some(terms.time_zone.clone()),
        create_time: program.create_time.as_microsecond(),
        update_time: program.update_time.as_microsecond(),
        version: program.version,
    }
}

fn from_row(row: program::Model, wallets: BTreeMap<String, Wallet>) -> Result<Program> {
    let compensation = [
        (Priority::Low, row.compensation_low),
        (Priority::Normal, row.compensation_normal),
        (Priority::High, row.compensation_high),
        (Priority::Urgent, row.compensation_urgent),
    ];
    let earning_rule = match (&row.earning_currency, row.earning_points, row.earning_per_amount) {
        (Some(code), Some(points), Some(per_amount_minor)) => Some(EarningRule {
            currency: currency(code)?,
            points,
            per_amount_minor,
        }),
        _ => None,
    };
    let terms = Terms {
        title: row.title,
        earning_rule,
        compensation: compensation
            .into_iter()
            .filter_map(|(priority, points)| Some((priority, points?)))
            .collect(),
        lifetime_months: row.lifetime_months,
        enrols_automatically: row.enrols_automatically,
        time_zone: row.time_zone.unwrap_or_else(|| UNIVERSAL_TIME.to_owned()),
    };
    let times = (moment(row.create_time)?, moment(row.update_time)?);
    Ok(Program::new(row.name, terms, wallets, times, row.version))
}

/// A stored currency.
pub(super) fn currency(code: &str) -> Result<Currency> {
    code.parse().map_err(|error| {
        Error::internal(format!("the stored currency {code:?} does not exist")).because(error)
    })
}
