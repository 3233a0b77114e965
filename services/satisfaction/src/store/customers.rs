//! What is stored of the answers of one customer.

use jiff::Timestamp;
use rapport_status::{Error, Result};
use rapport_storage::Stored as _;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Select, sea_query::ExprTrait as _,
};

use super::entity::answer_set::{Column, Entity};
use crate::domain::customer::CustomerAnswers;

/// What the answer sets of a customer add up to; none when there is no answer set.
pub async fn answers(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customer: &str,
) -> Result<Option<CustomerAnswers>> {
    let sums: Option<(i64, i64, Option<i64>, Option<i64>)> = Entity::find()
        .select_only()
        .column_as(Column::AnswerSet.count(), "answer_sets")
        .column_as(Column::IndexValue.count(), "indexes")
        .column_as(Column::IndexValue.sum().cast_as("BIGINT"), "index_sum")
        .column_as(Column::AnsweredAt.max(), "latest_at")
        .filter(Column::Tenant.eq(tenant))
        .filter(Column::Customer.eq(customer))
        .into_tuple()
        .one(connection)
        .await
        .stored("add up a customer's answers")?;
    let Some((answer_sets, indexes, index_sum, Some(latest_at))) = sums else {
        return Ok(None);
    };
    let latest_at = Timestamp::from_microsecond(latest_at)
        .map_err(|error| Error::internal("a stored answer has no possible time").because(error))?;
    Ok(Some(CustomerAnswers {
        answer_sets,
        indexes,
        index_sum: index_sum.unwrap_or_default(),
        latest_nps: latest(connection, tenant, customer, Column::Nps).await?,
        latest_csat: latest(connection, tenant, customer, Column::Csat).await?,
        latest_at,
    }))
}

/// The latest score of a customer in a column. Of two at the same moment that of the later id counts.
async fn latest(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customer: &str,
    score: Column,
) -> Result<Option<i32>> {
    let score: Option<i16> = scores(tenant, customer, score)
        .into_tuple()
        .one(connection)
        .await
        .stored("read a customer's latest score")?;
    Ok(score.map(i32::from))
}

/// The scores of a customer in a column, the latest first.
fn scores(tenant: &str, customer: &str, score: Column) -> Select<Entity> {
    Entity::find()
        .select_only()
        .column(score)
        .filter(Column::Tenant.eq(tenant))
        .filter(Column::Customer.eq(customer))
        .filter(score.is_not_null())
        .order_by_desc(Column::AnsweredAt)
        .order_by_desc(Column::AnswerSet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::plan_of;

    #[tokio::test]
    async fn the_latest_score_is_found_at_the_end_of_the_customers_answers_without_sorting() {
        let plan = plan_of(scores("acme", "zoe", Column::Nps)).await;
        insta::assert_snapshot!(
            plan,
            @"SEARCH answer_set USING INDEX answer_set_customer (tenant=? AND customer=?)"
        );
    }
}
