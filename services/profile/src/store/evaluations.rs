//! Evaluations: one row for each date and currency.

use rapport_status::Error;
use rapport_storage::Stored as _;
use rapport_value::{
    purchase_model::{PurchaseFamily, PurchaseModel, PurchaseParameters},
    rfm::{Band, Bands, EffectiveThresholds},
    spend_model::{SpendModel, SpendParameters},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, Iterable as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, sea_query::OnConflict,
};
use serde::{Deserialize, Serialize};

use super::{
    columns,
    counters::{self, Counter},
};
use crate::domain::evaluation::{Evaluation, Models};

/// The table of evaluations.
mod evaluation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "evaluation")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub run: i64,
        pub as_of_date: i32,
        pub create_time: i64,
        pub currency: String,
        pub customer_count: i64,
        pub buyer_count: i64,
        pub accepted: bool,
        pub finding: String,
        pub purchase_r: Option<f64>,
        pub purchase_alpha: Option<f64>,
        pub purchase_a: Option<f64>,
        pub purchase_b: Option<f64>,
        pub purchase_log_likelihood: Option<f64>,
        pub spend_p: Option<f64>,
        pub spend_q: Option<f64>,
        pub spend_gamma: Option<f64>,
        pub spend_log_likelihood: Option<f64>,
        pub thresholds: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Thresholds as they are written: smallest and largest value of each score.
#[derive(Debug, Serialize, Deserialize)]
struct Thresholds {
    recency_days: [Option<(i64, i64)>; 5],
    frequency: [Option<(i64, i64)>; 5],
    monetary_minor: [Option<(i64, i64)>; 5],
}

/// The evaluation that was run last.
pub(crate) async fn latest(
    connection: &impl ConnectionTrait,
    tenant: &str,
) -> Result<Option<Evaluation>, Error> {
    let row = evaluation::Entity::find()
        .filter(evaluation::Column::Tenant.eq(tenant))
        .order_by_desc(evaluation::Column::Run)
        .limit(1)
        .one(connection)
        .await
        .stored("read the latest evaluation")?;
    row.as_ref().map(evaluation_of).transpose()
}

/// The evaluation with an id.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    id: &str,
) -> Result<Option<Evaluation>, Error> {
    let row = evaluation::Entity::find_by_id((tenant.to_owned(), id.to_owned()))
        .one(connection)
        .await
        .stored("read an evaluation")?;
    row.as_ref().map(evaluation_of).transpose()
}

/// Stores an evaluation as the latest, in place of an earlier one for the same date and currency.
pub(crate) async fn store(
    connection: &impl ConnectionTrait,
    tenant: &str,
    evaluation: &Evaluation,
) -> Result<(), Error> {
    let run = counters::take(connection, tenant, Counter::Evaluations, 1).await?;
    let row = row_of(tenant, run, evaluation)?;
    let key = [evaluation::Column::Tenant, evaluation::Column::Id];
    let others = evaluation::Column::iter().skip(key.len());
    evaluation::Entity::insert(row)
        .on_conflict(OnConflict::columns(key).update_columns(others).to_owned())
        .exec_without_returning(connection)
        .await
        .stored("write an evaluation")?;
    Ok(())
}

fn row_of(tenant: &str, run: i64, evaluation: &Evaluation) -> Result<evaluation::ActiveModel, Error> {
    let models = &evaluation.models;
    let purchase = models.purchase.as_ref().map(|(model, _)| model.parameters());
    let spend = models.spend.as_ref().map(|(model, _)| model.parameters());
    Ok(evaluation::ActiveModel {
        tenant: Set(tenant.to_owned()),
        id: Set(evaluation.id()),
        run: Set(run),
        as_of_date: Set(columns::days(evaluation.as_of)),
        create_time: Set(evaluation.create_time.as_microsecond()),
        currency: Set(evaluation.currency.code().to_owned()),
        customer_count: Set(evaluation.customer_count),
        buyer_count: Set(evaluation.buyer_count),
        accepted: Set(models.accepted),
        finding: Set(models.finding.clone()),
        purchase_r: Set(purchase.map(|parameters| parameters.r)),
        purchase_alpha: Set(purchase.map(|parameters| parameters.alpha)),
        purchase_a: Set(purchase.map(|parameters| parameters.a)),
        purchase_b: Set(purchase.map(|parameters| parameters.b)),
        purchase_log_likelihood: Set(models.purchase.as_ref().map(|(_, likelihood)| *likelihood)),
        spend_p: Set(spend.map(|parameters| parameters.p)),
        spend_q: Set(spend.map(|parameters| parameters.q)),
        spend_gamma: Set(spend.map(|parameters| parameters.gamma)),
        spend_log_likelihood: Set(models.spend.as_ref().map(|(_, likelihood)| *likelihood)),
        thresholds: Set(written(&evaluation.thresholds)?),
    })
}

fn evaluation_of(row: &evaluation::Model) -> Result<Evaluation, Error> {
    Ok(Evaluation {
        as_of: columns::date(row.as_of_date),
        create_time: columns::moment(row.create_time)?,
        currency: columns::currency(&row.currency)?,
        customer_count: row.customer_count,
        buyer_count: row.buyer_count,
        models: Models {
            accepted: row.accepted,
            finding: row.finding.clone(),
            purchase: purchase_model(row)?,
            spend: spend_model(row)?,
        },
        thresholds: read(&row.thresholds)?,
    })
}

fn purchase_model(row: &evaluation::Model) -> Result<Option<(PurchaseModel, f64)>, Error> {
    let parameters = (row.purchase_r, row.purchase_alpha, row.purchase_a, row.purchase_b);
    let (Some(r), Some(alpha), Some(a), Some(b)) = parameters else {
        return Ok(None);
    };
    let parameters = PurchaseParameters { r, alpha, a, b };
    let model = PurchaseModel::new(PurchaseFamily::BgNbd, parameters)
        .map_err(|error| columns::unreadable("purchase model").because(error))?;
    Ok(Some((model, row.purchase_log_likelihood.unwrap_or(f64::NAN))))
}

fn spend_model(row: &evaluation::Model) -> Result<Option<(SpendModel, f64)>, Error> {
    let (Some(p), Some(q), Some(gamma)) = (row.spend_p, row.spend_q, row.spend_gamma) else {
        return Ok(None);
    };
    let model = SpendModel::new(SpendParameters { p, q, gamma })
        .map_err(|error| columns::unreadable("spend model").because(error))?;
    Ok(Some((model, row.spend_log_likelihood.unwrap_or(f64::NAN))))
}

fn written(thresholds: &EffectiveThresholds) -> Result<String, Error> {
    let bands = |bands: &Bands| bands.map(|band| band.map(|band| (band.smallest, band.largest)));
    let written = Thresholds {
        recency_days: bands(&thresholds.recency_days),
        frequency: bands(&thresholds.frequency),
        monetary_minor: bands(&thresholds.monetary_minor),
    };
    serde_json::to_string(&written)
        .map_err(|error| Error::internal("could not write thresholds").because(error))
}

fn read(text: &str) -> Result<EffectiveThresholds, Error> {
    let read: Thresholds =
        serde_json::from_str(text).map_err(|error| columns::unreadable("threshold").because(error))?;
    let bands = |bands: [Option<(i64, i64)>; 5]| {
        bands.map(|band| band.map(|(smallest, largest)| Band { smallest, largest }))
    };
    Ok(EffectiveThresholds {
        recency_days: bands(read.recency_days),
        frequency: bands(read.frequency),
        monetary_minor: bands(read.monetary_minor),
    })
}
