//! Roll-ups: changed by upserts of differences, queried by their key.

use jiff::civil::Date;
use rapport_listing::Page;
use rapport_status::Result;
use rapport_storage::{Stored as _, listing, rows};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, Condition, ConnectionTrait,
    DatabaseTransaction, EntityTrait as _, IdenStatic as _, QueryFilter as _, QueryOrder as _, QueryResult,
    QuerySelect as _, QueryTrait as _, Select, TryGetable, sea_query::ExprTrait as _,
};

use super::{
    codes,
    entity::rollup::{ActiveModel, Column, Entity},
};
use crate::domain::{
    metric::{Dimension, Metric},
    query::{Group, Query},
    rollup::{Key, Rollups, SCORES, Sums},
};

/// On a row that exists: every sum becomes itself and the difference.
const ADDITION: &str = "ON CONFLICT (tenant, metric, day, survey, question, touchpoint, location) DO UPDATE SET \
    answers = metric_rollup.answers + excluded.answers, \
    total = metric_rollup.total + excluded.total, \
    squares = metric_rollup.squares + excluded.squares, \
    score_0 = metric_rollup.score_0 + excluded.score_0, \
    score_1 = metric_rollup.score_1 + excluded.score_1, \
    score_2 = metric_rollup.score_2 + excluded.score_2, \
    score_3 = metric_rollup.score_3 + excluded.score_3, \
    score_4 = metric_rollup.score_4 + excluded.score_4, \
    score_5 = metric_rollup.score_5 + excluded.score_5, \
    score_6 = metric_rollup.score_6 + excluded.score_6, \
    score_7 = metric_rollup.score_7 + excluded.score_7, \
    score_8 = metric_rollup.score_8 + excluded.score_8, \
    score_9 = metric_rollup.score_9 + excluded.score_9, \
    score_10 = metric_rollup.score_10 + excluded.score_10";

/// Keys that one statement names: each is a part of its condition.
const KEYS_PER_STATEMENT: usize = 100;

const SUMS: [Column; 3 + SCORES] = [
    Column::Answers,
    Column::Total,
    Column::Squares,
    Column::Score0,
    Column::Score1,
    Column::Score2,
    Column::Score3,
    Column::Score4,
    Column::Score5,
    Column::Score6,
    Column::Score7,
    Column::Score8,
    Column::Score9,
    Column::Score10,
];

/// Adds a change to the roll-ups of a tenant. Rows that become empty are removed.
pub async fn add(transaction: &DatabaseTransaction, tenant: &str, change: &Rollups) -> Result<()> {
    // In the order of the key, so that two transactions lock the rows that they share in the same order.
    let changed: Vec<ActiveModel> = change
        .by_key()
        .iter()
        .map(|(key, sums)| row(tenant, key, sums))
        .collect();
    rows::upsert::<Entity>(transaction, "change the roll-ups", changed, ADDITION).await?;
    remove_empty(transaction, tenant, change).await
}

/// Only rows from which something was taken can have become empty. They are named one by one: this transaction has
/// changed and so locked each of them. To look at others would mean to wait for those who have locked them, perhaps in a
/// circle.
async fn remove_empty(transaction: &DatabaseTransaction, tenant: &str, change: &Rollups) -> Result<()> {
    let lessened: Vec<&Key> = change
        .by_key()
        .iter()
        .filter(|(_, sums)| sums.count < 0)
        .map(|(key, _)| key)
        .collect();
    for chunk in lessened.chunks(KEYS_PER_STATEMENT) {
        let named = chunk
            .iter()
            .fold(Condition::any(), |any, key| any.add(is(tenant, key)));
        Entity::delete_many()
            .filter(named)
            // A row without answers that still holds a sum is wrong: it is left for the recomputation to find.
            .filter(Column::Answers.eq(0))
            .filter(Column::Total.eq(0))
            .filter(Column::Squares.eq(0))
            .exec(transaction)
            .await
            .stored("remove empty roll-ups")?;
    }
    Ok(())
}

/// Whether a row is that of a key.
fn is(tenant: &str, key: &Key) -> Condition {
    Condition::all()
        .add(Column::Tenant.eq(tenant))
        .add(Column::Metric.eq(codes::of_metric(key.metric)))
        .add(Column::Day.eq(codes::of_day(key.day)))
        .add(Column::Survey.eq(&key.survey))
        .add(Column::Question.eq(&key.question))
        .add(Column::Touchpoint.eq(&key.touchpoint))
        .add(Column::Location.eq(&key.location))
}

/// The groups of a query, one more than the page has. Only roll-ups are read.
pub async fn query(
    connection: &impl ConnectionTrait,
    tenant: &str,
    query: &Query,
    page: &Page,
) -> Result<Vec<Group>> {
    let rows = connection
        .query_all(&select(tenant, query, page).into_query())
        .await
        .stored("query the roll-ups")?;
    rows.iter().map(|row| group(row, &query.group_by)).collect()
}

fn select(tenant: &str, query: &Query, page: &Page) -> Select<Entity> {
    let mut select = Entity::find()
        .select_only()
        .filter(Column::Tenant.eq(tenant))
        .filter(Column::Metric.eq(codes::of_metric(query.metric)));
    for column in SUMS {
        // PostgreSQL adds whole numbers up to a decimal of any length; the cast brings it back.
        select = select.column_as(column.sum().cast_as("BIGINT"), column);
    }
    if let Some(start) = query.start {
        select = select.filter(Column::Day.gte(codes::of_day(start)));
    }
    if let Some(end) = query.end {
        select = select.filter(Column::Day.lte(codes::of_day(end)));
    }
    let filters = [
        (Column::Survey, &query.survey),
        (Column::Question, &query.question),
        (Column::Touchpoint, &query.touchpoint),
        (Column::Location, &query.location),
    ];
    for (column, filter) in filters {
        if let Some(value) = filter {
            select = select.filter(column.eq(value));
        }
    }
    for dimension in &query.group_by {
        let column = column(*dimension);
        select = select.column(column).group_by(column);
    }
    select = select.having(Column::Answers.sum().ne(0));
    if query.group_by.is_empty() {
        select
    } else {
        listing::paged(select, page)
    }
}

const fn column(dimension: Dimension) -> Column {
    match dimension {
        Dimension::Day => Column::Day,
        Dimension::Survey => Column::Survey,
        Dimension::Question => Column::Question,
        Dimension::Touchpoint => Column::Touchpoint,
        Dimension::Location => Column::Location,
    }
}

fn group(row: &QueryResult, dimensions: &[Dimension]) -> Result<Group> {
    let mut group = Group {
        sums: sums(row)?,
        ..Group::default()
    };
    for dimension in dimensions {
        match dimension {
            Dimension::Day => group.day = Some(codes::to_day(read(row, Column::Day)?)?),
            Dimension::Survey => group.survey = Some(read(row, Column::Survey)?),
            Dimension::Question => group.question = Some(read(row, Column::Question)?),
            Dimension::Touchpoint => group.touchpoint = Some(read(row, Column::Touchpoint)?),
            Dimension::Location => group.location = Some(read(row, Column::Location)?),
        }
    }
    Ok(group)
}

/// The roll-ups of a day as they are stored, whatever they hold.
pub async fn of_day(connection: &impl ConnectionTrait, tenant: &str, day: Date) -> Result<Vec<(Key, Sums)>> {
    let select = Entity::find()
        .filter(Column::Tenant.eq(tenant))
        // Names every metric, so that the key can be entered at the day of each.
        .filter(Column::Metric.is_in(Metric::ALL.map(codes::of_metric)))
        .filter(Column::Day.eq(codes::of_day(day)));
    let rows = connection
        .query_all(&select.into_query())
        .await
        .stored("read the roll-ups of a day")?;
    rows.iter().map(|row| Ok((key(row)?, sums(row)?))).collect()
}

/// The first day after another that has a roll-up; the first of all when there is no other.
pub async fn next_day(
    connection: &impl ConnectionTrait,
    tenant: &str,
    after: Option<Date>,
) -> Result<Option<Date>> {
    let mut first: Option<i32> = None;
    for metric in Metric::ALL {
        let mut select = Entity::find()
            .select_only()
            .column(Column::Day)
            .filter(Column::Tenant.eq(tenant))
            .filter(Column::Metric.eq(codes::of_metric(metric)))
            .order_by_asc(Column::Day);
        if let Some(after) = after {
            select = select.filter(Column::Day.gt(codes::of_day(after)));
        }
        let day: Option<i32> = select
            .into_tuple()
            .one(connection)
            .await
            .stored("find the next day of the roll-ups")?;
        first = first.into_iter().chain(day).min();
    }
    first.map(codes::to_day).transpose()
}

fn row(tenant: &str, key: &Key, sums: &Sums) -> ActiveModel {
    let mut row = ActiveModel {
        tenant: Set(tenant.to_owned()),
        metric: Set(codes::of_metric(key.metric)),
        day: Set(codes::of_day(key.day)),
        survey: Set(key.survey.clone()),
        question: Set(key.question.clone()),
        touchpoint: Set(key.touchpoint.clone()),
        location: Set(key.location.clone()),
        ..Default::default()
    };
    let [answers, total, squares, scores @ ..] = SUMS;
    row.set(answers, sums.count.into());
    row.set(total, sums.sum.into());
    row.set(squares, sums.squares.into());
    for (column, count) in scores.into_iter().zip(sums.by_score) {
        row.set(column, count.into());
    }
    row
}

fn key(row: &QueryResult) -> Result<Key> {
    Ok(Key {
        metric: codes::to_metric(read(row, Column::Metric)?)?,
        day: codes::to_day(read(row, Column::Day)?)?,
        survey: read(row, Column::Survey)?,
        question: read(row, Column::Question)?,
        touchpoint: read(row, Column::Touchpoint)?,
        location: read(row, Column::Location)?,
    })
}

fn sums(row: &QueryResult) -> Result<Sums> {
    let [answers, total, squares, scores @ ..] = SUMS;
    let mut sums = Sums {
        count: read(row, answers)?,
        sum: read(row, total)?,
        squares: read(row, squares)?,
        ..Sums::default()
    };
    for (count, column) in sums.by_score.iter_mut().zip(scores) {
        *count = read(row, column)?;
    }
    Ok(sums)
}

fn read<T: TryGetable>(row: &QueryResult, column: Column) -> Result<T> {
    row.try_get("", column.as_str()).stored("read a roll-up")
}

#[cfg(test)]
mod tests {
    use rapport_listing::{Field, Kind, Schema, TokenKey};

    use super::*;
    use crate::store::plan_of;

    static FIELDS: [Field; 1] = [Field::new("day", Kind::Date, "day")];
    static BY_DAY: Schema = Schema::new(&FIELDS, "day");

    fn by_day() -> Query {
        Query {
            metric: Metric::Nps,
            start: Some(jiff::civil::date(2026, 3, 1)),
            end: Some(jiff::civil::date(2026, 3, 31)),
            survey: None,
            question: None,
            touchpoint: None,
            location: Some("vienna".to_owned()),
            group_by: vec![Dimension::Day],
            confidence: 0.95,
        }
    }

    #[tokio::test]
    async fn a_query_searches_the_roll_ups_by_their_key_and_reads_no_other_table() {
        let page = BY_DAY.page(0, "", "", "", "", &TokenKey::new([7; 32])).unwrap();
        let plan = plan_of(select("acme", &by_day(), &page)).await;
        insta::assert_snapshot!(
            plan,
            @"SEARCH metric_rollup USING INDEX sqlite_autoindex_metric_rollup_1 (tenant=? AND metric=? AND day>? AND day<?)"
        );
    }
}
