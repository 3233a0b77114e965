//! What customers are worth, one row a customer.

use std::collections::HashMap;

use rapport_listing::{Field, Kind, Page, Schema, Value};
use rapport_status::Error;
use rapport_storage::{Stored as _, listing, rows};
use rapport_value::{lifecycle::Stage, rfm::RfmScore};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IdenStatic as _, Iterable as _,
    QueryFilter as _, QuerySelect as _,
};

use super::columns;
use crate::domain::{
    summary::Summand,
    value::{CustomerValue, Forecast},
};

/// The table of values.
mod customer_value {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "customer_value")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub customer: String,
        pub as_of_date: i32,
        pub sequence: i64,
        pub currency: String,
        pub recency_days: Option<i32>,
        pub recency_order: i64,
        pub frequency: i32,
        pub monetary: i64,
        pub recency_score: Option<i32>,
        pub frequency_score: Option<i32>,
        pub monetary_score: Option<i32>,
        pub rfm_group: String,
        pub stage: String,
        pub stage_since_date: i32,
        pub stage_reason: String,
        pub repurchase_probability: Option<f64>,
        pub expected_purchases: Option<f64>,
        pub expected_spend: Option<i64>,
        pub lifetime_value: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Customers whose values one statement reads.
const CUSTOMERS_PER_STATEMENT: usize = 1_000;
/// Stands for the recency of a customer without a purchase: longer ago than any purchase.
const NEVER: i64 = i64::MAX;

const STAGE_WORDS: &[&str] = &[
    "POTENTIAL",
    "NEW",
    "GROWTH",
    "MATURE",
    "DECLINING",
    "CHURNED",
    "WON_BACK",
];

static FIELDS: [Field; 6] = [
    Field::new("stage", Kind::Enumeration(STAGE_WORDS), "stage").not_sortable(),
    Field::new("rfm_group", Kind::Text, "rfm_group").not_sortable(),
    Field::new("recency_days", Kind::Integer, "recency_order"),
    Field::new("frequency", Kind::Integer, "frequency"),
    Field::new("monetary", Kind::Integer, "monetary"),
    Field::new("name", Kind::Text, "customer")
        .not_filterable()
        .not_sortable(),
];

/// What lists of values can be filtered and ordered by.
pub(crate) static LISTED: Schema = Schema::new(&FIELDS, "name");

/// The values of these customers, as far as they have one.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customers: &[String],
) -> Result<Vec<CustomerValue>, Error> {
    let mut found = Vec::new();
    for customers in customers.chunks(CUSTOMERS_PER_STATEMENT) {
        let rows = customer_value::Entity::find()
            .filter(customer_value::Column::Tenant.eq(tenant))
            .filter(rows::among(
                connection,
                customer_value::Column::Customer,
                customers.iter().cloned(),
            ))
            .all(connection)
            .await
            .stored("read values")?;
        for row in rows {
            found.push(value_of(row)?);
        }
    }
    Ok(found)
}

/// A page of values and the token of the next.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    tenant: &str,
    page: &Page,
) -> Result<(Vec<CustomerValue>, String), Error> {
    let query = customer_value::Entity::find().filter(customer_value::Column::Tenant.eq(tenant));
    let rows = listing::paged(query, page)
        .all(connection)
        .await
        .stored("list values")?;
    let (rows, next) = page
        .complete(rows, |row| {
            let keys = page.order().keys().iter();
            keys.map(|key| listed_value(row, key.field.name)).collect()
        })
        .map_err(|error| Error::internal("could not make a page token").because(error))?;
    let values = rows.into_iter().map(value_of).collect::<Result<_, _>>()?;
    Ok((values, next))
}

fn listed_value(row: &customer_value::Model, field: &str) -> Value {
    match field {
        "recency_days" => Value::Integer(row.recency_order),
        "frequency" => Value::Integer(i64::from(row.frequency)),
        "monetary" => Value::Integer(row.monetary),
        _ => Value::Text(row.customer.clone()),
    }
}

/// The stage of every customer who has a value.
pub(crate) async fn all_stages(
    connection: &impl ConnectionTrait,
    tenant: &str,
) -> Result<HashMap<String, Stage>, Error> {
    let rows: Vec<(String, String)> = customer_value::Entity::find()
        .select_only()
        .columns([customer_value::Column::Customer, customer_value::Column::Stage])
        .filter(customer_value::Column::Tenant.eq(tenant))
        .into_tuple()
        .all(connection)
        .await
        .stored("read the stages of customers")?;
    rows.into_iter()
        .map(|(customer, stage)| Ok((customer, columns::stage(&stage)?)))
        .collect()
}

type SummandRow = (String, Option<i32>, Option<i32>, Option<i32>, i64, Option<i64>);

/// What a summary needs to know of every customer who has a value.
pub(crate) async fn summands(connection: &impl ConnectionTrait, tenant: &str) -> Result<Vec<Summand>, Error> {
    let rows: Vec<SummandRow> = customer_value::Entity::find()
        .select_only()
        .columns([
            customer_value::Column::Stage,
            customer_value::Column::RecencyScore,
            customer_value::Column::FrequencyScore,
            customer_value::Column::MonetaryScore,
            customer_value::Column::Monetary,
            customer_value::Column::LifetimeValue,
        ])
        .filter(customer_value::Column::Tenant.eq(tenant))
        .into_tuple()
        .all(connection)
        .await
        .stored("read all values")?;
    rows.into_iter()
        .map(|(stage, recency, frequency, monetary, money, lifetime_value)| {
            Ok(Summand {
                stage: Some(columns::stage(&stage)?),
                score: score(recency, frequency, monetary),
                monetary_minor: money,
                lifetime_value_minor: lifetime_value,
            })
        })
        .collect()
}

/// Stores values in place of those that were stored.
pub(crate) async fn replace(
    connection: &impl ConnectionTrait,
    tenant: &str,
    values: &[&CustomerValue],
) -> Result<(), Error> {
    let new = values.iter().map(|value| row_of(tenant, value)).collect();
    let others = customer_value::Column::iter().skip(2);
    let others = others.map(|column| format!("{0} = excluded.{0}", column.as_str()));
    let in_place = format!(
        "ON CONFLICT (tenant, customer) DO UPDATE SET {}",
        others.collect::<Vec<_>>().join(", ")
    );
    rows::upsert::<customer_value::Entity>(connection, "write values", new, &in_place)
        .await
        .map(drop)
}

/// Deletes the value of a customer.
pub(crate) async fn delete(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customer: &str,
) -> Result<(), Error> {
    customer_value::Entity::delete_many()
        .filter(customer_value::Column::Tenant.eq(tenant))
        .filter(customer_value::Column::Customer.eq(customer))
        .exec(connection)
        .await
        .stored("delete a value")?;
    Ok(())
}

fn row_of(tenant: &str, value: &CustomerValue) -> customer_value::ActiveModel {
    let score = |of: fn(RfmScore) -> u8| value.score.map(|score| i32::from(of(score)));
    let forecast = value.forecast;
    customer_value::ActiveModel {
        tenant: Set(tenant.to_owned()),
        customer: Set(value.customer.clone()),
        as_of_date: Set(columns::days(value.as_of)),
        sequence: Set(value.sequence),
        currency: Set(value.monetary.currency.code().to_owned()),
        recency_days: Set(value.recency_days),
        recency_order: Set(value.recency_days.map_or(NEVER, i64::from)),
        frequency: Set(value.frequency),
        monetary: Set(value.monetary.minor),
        recency_score: Set(score(RfmScore::recency)),
        frequency_score: Set(score(RfmScore::frequency)),
        monetary_score: Set(score(RfmScore::monetary)),
        rfm_group: Set(value.rfm_group()),
        stage: Set(columns::stage_word(value.stage).to_owned()),
        stage_since_date: Set(columns::days(value.stage_since)),
        stage_reason: Set(value.stage_reason.clone()),
        repurchase_probability: Set(forecast.map(|forecast| forecast.repurchase_probability)),
        expected_purchases: Set(forecast.map(|forecast| forecast.expected_purchases)),
        expected_spend: Set(forecast.map(|forecast| forecast.expected_spend.minor)),
        lifetime_value: Set(forecast.map(|forecast| forecast.lifetime_value.minor)),
    }
}

fn value_of(row: customer_value::Model) -> Result<CustomerValue, Error> {
    let money = |minor| columns::money(minor, &row.currency);
    let forecast = match (
        row.repurchase_probability,
        row.expected_purchases,
        row.expected_spend,
        row.lifetime_value,
    ) {
        (Some(repurchase_probability), Some(expected_purchases), Some(spend), Some(lifetime)) => {
            Some(Forecast {
                repurchase_probability,
                expected_purchases,
                expected_spend: money(spend)?,
                lifetime_value: money(lifetime)?,
            })
        }
        _ => None,
    };
    Ok(CustomerValue {
        as_of: columns::date(row.as_of_date),
        sequence: row.sequence,
        recency_days: row.recency_days,
        frequency: row.frequency,
        monetary: money(row.monetary)?,
        score: score(row.recency_score, row.frequency_score, row.monetary_score),
        stage: columns::stage(&row.stage)?,
        stage_since: columns::date(row.stage_since_date),
        stage_reason: row.stage_reason,
        forecast,
        customer: row.customer,
    })
}

fn score(recency: Option<i32>, frequency: Option<i32>, monetary: Option<i32>) -> Option<RfmScore> {
    let score = |stored: Option<i32>| u8::try_from(stored?).ok();
    RfmScore::new(score(recency)?, score(frequency)?, score(monetary)?)
}
