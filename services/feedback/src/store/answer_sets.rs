//! Sets of answers. Many are written with a handful of statements.

use std::collections::HashMap;

use rapport_listing::{Field, Kind, OrderKey, Page, Schema, Value};
use rapport_status::Result;
use rapport_storage::{Stored as _, listing::paged, rows_per_statement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    sea_query::Expr,
};

use crate::{
    domain::answer_set::{Answer, AnswerSet, AnswerValue},
    store::{
        entity::{answer, answer_set},
        inserted, moment, no_token, updated,
    },
};

static FIELDS: [Field; 8] = [
    Field::new("survey", Kind::Text, "survey").not_sortable(),
    Field::new("customer", Kind::Text, "customer").not_sortable(),
    Field::new("touchpoint", Kind::Text, "touchpoint").not_sortable(),
    Field::new("location", Kind::Text, "location").not_sortable(),
    Field::new("channel", Kind::Text, "channel").not_sortable(),
    Field::new("answer_time", Kind::Timestamp, "answered_at"),
    Field::new("create_time", Kind::Timestamp, "created_at").not_filterable(),
    Field::new("name", Kind::Text, "name")
        .not_filterable()
        .not_sortable(),
];

/// How sets of answers are listed.
pub(crate) static LISTING: Schema = Schema::new(&FIELDS, "name");

/// The order of a list that asks for none.
pub(crate) const DEFAULT_ORDER: &str = "answer_time desc";

const SET_COLUMNS: usize = 13;
const ANSWER_COLUMNS: usize = 7;

/// The set with a name.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
) -> Result<Option<AnswerSet>> {
    let row = answer_set::Entity::find_by_id((tenant.to_owned(), name.to_owned()))
        .one(connection)
        .await
        .stored("read an answer set")?;
    match row {
        None => Ok(None),
        Some(row) => Ok(with_answers(connection, tenant, vec![row]).await?.pop()),
    }
}

/// A page of sets, and the token of the next page.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    tenant: &str,
    page: &Page,
) -> Result<(Vec<AnswerSet>, String)> {
    let query = answer_set::Entity::find().filter(answer_set::Column::Tenant.eq(tenant));
    let rows = paged(query, page)
        .all(connection)
        .await
        .stored("list answer sets")?;
    let (rows, next) = page
        .complete(rows, |row| {
            let value = |key: &OrderKey| match key.field.name {
                "answer_time" => Value::Timestamp(row.answered_at),
                "create_time" => Value::Timestamp(row.created_at),
                _ => Value::Text(row.name.clone()),
            };
            page.order().keys().iter().map(value).collect()
        })
        .map_err(no_token)?;
    Ok((with_answers(connection, tenant, rows).await?, next))
}

/// Adds sets, each of a tenant.
pub(crate) async fn insert(connection: &impl ConnectionTrait, sets: &[(&str, &AnswerSet)]) -> Result<()> {
    let rows: Vec<answer_set::ActiveModel> = sets.iter().map(|(tenant, set)| to_row(tenant, set)).collect();
    for chunk in rows.chunks(rows_per_statement(SET_COLUMNS)) {
        let added = answer_set::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(connection)
            .await;
        inserted(added, "add answer sets")?;
    }
    insert_answers(connection, sets).await
}

/// Stores a corrected set, whose revision went one up.
pub(crate) async fn replace_answers(
    connection: &impl ConnectionTrait,
    tenant: &str,
    set: &AnswerSet,
) -> Result<()> {
    let outcome = answer_set::Entity::update_many()
        .col_expr(answer_set::Column::Revision, Expr::value(set.revision))
        .col_expr(
            answer_set::Column::OpenedCase,
            Expr::value(set.opened_case.as_str()),
        )
        .filter(answer_set::Column::Tenant.eq(tenant))
        .filter(answer_set::Column::Name.eq(&set.name))
        .filter(answer_set::Column::Revision.eq(set.revision - 1))
        .exec(connection)
        .await
        .stored("correct an answer set")?;
    updated(outcome.rows_affected)?;
    delete_answers(connection, tenant, &set.name).await?;
    insert_answers(connection, &[(tenant, set)]).await
}

/// Deletes a set at the revision that was read.
pub(crate) async fn delete(connection: &impl ConnectionTrait, tenant: &str, set: &AnswerSet) -> Result<()> {
    let outcome = answer_set::Entity::delete_many()
        .filter(answer_set::Column::Tenant.eq(tenant))
        .filter(answer_set::Column::Name.eq(&set.name))
        .filter(answer_set::Column::Revision.eq(set.revision))
        .exec(connection)
        .await
        .stored("delete an answer set")?;
    updated(outcome.rows_affected)?;
    delete_answers(connection, tenant, &set.name).await
}

async fn delete_answers(connection: &impl ConnectionTrait, tenant: &str, name: &str) -> Result<()> {
    answer::Entity::delete_many()
        .filter(answer::Column::Tenant.eq(tenant))
        .filter(answer::Column::AnswerSet.eq(name))
        .exec(connection)
        .await
        .stored("delete answers")?;
    Ok(())
}

async fn insert_answers(connection: &impl ConnectionTrait, sets: &[(&str, &AnswerSet)]) -> Result<()> {
    let rows: Vec<answer::ActiveModel> = sets
        .iter()
        .flat_map(|(tenant, set)| {
            (0..)
                .zip(&set.answers)
                .map(move |(position, answer)| answer_row(tenant, &set.name, position, answer))
        })
        .collect();
    for chunk in rows.chunks(rows_per_statement(ANSWER_COLUMNS)) {
        answer::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(connection)
            .await
            .stored("add answers")?;
    }
    Ok(())
}

/// Puts the answers into the sets of one tenant, in one query.
async fn with_answers(
    connection: &impl ConnectionTrait,
    tenant: &str,
    rows: Vec<answer_set::Model>,
) -> Result<Vec<AnswerSet>> {
    let names = rows.iter().map(|row| row.name.as_str());
    let found = answer::Entity::find()
        .filter(answer::Column::Tenant.eq(tenant))
        .filter(answer::Column::AnswerSet.is_in(names))
        .order_by_asc(answer::Column::AnswerSet)
        .order_by_asc(answer::Column::Position)
        .all(connection)
        .await
        .stored("read answers")?;
    let mut answers: HashMap<String, Vec<Answer>> = HashMap::new();
    for row in found {
        let value = match (row.score, row.choice, row.text) {
            (Some(score), _, _) => Some(AnswerValue::Score(score)),
            (_, Some(choice), _) => Some(AnswerValue::Choice(choice)),
            (_, _, text) => text.map(AnswerValue::Text),
        };
        answers.entry(row.answer_set).or_default().push(Answer {
            question: row.question,
            value,
        });
    }
    rows.into_iter()
        .map(|row| {
            let answers = answers.remove(&row.name).unwrap_or_default();
            from_row(row, answers)
        })
        .collect()
}

fn to_row(tenant: &str, set: &AnswerSet) -> answer_set::ActiveModel {
    answer_set::ActiveModel {
        tenant: Set(tenant.to_owned()),
        name: Set(set.name.clone()),
        survey: Set(set.survey.clone()),
        survey_version: Set(set.survey_version),
        customer: Set(set.customer.clone()),
        answered_at: Set(set.answer_time.as_microsecond()),
        touchpoint: Set(set.touchpoint.clone()),
        location: Set(set.location.clone()),
        channel: Set(set.channel.clone()),
        language: Set(set.language.clone()),
        created_at: Set(set.create_time.as_microsecond()),
        revision: Set(set.revision),
        opened_case: Set(set.opened_case.clone()),
    }
}

fn answer_row(tenant: &str, set: &str, position: i32, answer: &Answer) -> answer::ActiveModel {
    let (score, choice, text) = match &answer.value {
        Some(AnswerValue::Score(score)) => (Some(*score), None, None),
        Some(AnswerValue::Choice(choice)) => (None, Some(choice.clone()), None),
        Some(AnswerValue::Text(text)) => (None, None, Some(text.clone())),
        None => (None, None, None),
    };
    answer::ActiveModel {
        tenant: Set(tenant.to_owned()),
        answer_set: Set(set.to_owned()),
        position: Set(position),
        question: Set(answer.question.clone()),
        score: Set(score),
        choice: Set(choice),
        text: Set(text),
    }
}

fn from_row(row: answer_set::Model, answers: Vec<Answer>) -> Result<AnswerSet> {
    Ok(AnswerSet {
        name: row.name,
        survey: row.survey,
        survey_version: row.survey_version,
        customer: row.customer,
        answers,
        answer_time: moment(row.answered_at)?,
        touchpoint: row.touchpoint,
        location: row.location,
        channel: row.channel,
        language: row.language,
        create_time: moment(row.created_at)?,
        revision: row.revision,
        opened_case: row.opened_case,
    })
}
