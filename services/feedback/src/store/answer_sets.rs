//! Sets of answers. Many are written with a handful of statements.

use std::collections::HashMap;

use rapport_listing::{Field, Kind, OrderKey, Page, Schema, Value};
use rapport_privacy::{Place, TenantKeys};
use rapport_status::Result;
use rapport_storage::{Stored as _, listing::paged, rows};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    sea_query::Expr,
};

use crate::{
    domain::answer_set::{Answer, AnswerSet, AnswerValue},
    store::{
        entity::{answer, answer_set},
        moment, no_token, updated,
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

/// The set with a name.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    name: &str,
) -> Result<Option<AnswerSet>> {
    let row = answer_set::Entity::find_by_id((keys.tenant().to_owned(), name.to_owned()))
        .one(connection)
        .await
        .stored("read an answer set")?;
    match row {
        None => Ok(None),
        Some(row) => Ok(with_answers(connection, keys, vec![row]).await?.pop()),
    }
}

/// A page of sets, and the token of the next page.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    page: &Page,
) -> Result<(Vec<AnswerSet>, String)> {
    let query = answer_set::Entity::find().filter(answer_set::Column::Tenant.eq(keys.tenant()));
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
    Ok((with_answers(connection, keys, rows).await?, next))
}

/// Adds sets, each with the keys of its tenant.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    sets: &[(&TenantKeys, AnswerSet)],
) -> Result<()> {
    let new: Vec<answer_set::ActiveModel> = sets
        .iter()
        .map(|(keys, set)| to_row(keys.tenant(), set))
        .collect();
    rows::insert::<answer_set::Entity>(connection, "add answer sets", new).await?;
    let new = answer_rows(sets.iter().map(|(keys, set)| (*keys, set)))?;
    rows::insert::<answer::Entity>(connection, "add answers", new).await
}

/// Stores a corrected set, whose revision went one up.
pub(crate) async fn replace_answers(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    set: &AnswerSet,
) -> Result<()> {
    let tenant = keys.tenant();
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
    let new = answer_rows([(keys, set)])?;
    rows::insert::<answer::Entity>(connection, "add answers", new).await
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

fn answer_rows<'s>(
    sets: impl IntoIterator<Item = (&'s TenantKeys, &'s AnswerSet)>,
) -> Result<Vec<answer::ActiveModel>> {
    let mut rows = Vec::new();
    for (keys, set) in sets {
        for (position, answer) in (0..).zip(&set.answers) {
            rows.push(answer_row(keys, &set.name, position, answer)?);
        }
    }
    Ok(rows)
}

/// Puts the answers into the sets of one tenant, in one query.
async fn with_answers(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    sets: Vec<answer_set::Model>,
) -> Result<Vec<AnswerSet>> {
    let names = sets.iter().map(|row| row.name.clone());
    let found = answer::Entity::find()
        .filter(answer::Column::Tenant.eq(keys.tenant()))
        .filter(rows::among(connection, answer::Column::AnswerSet, names))
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
            (_, _, Some(text)) => {
                let row = [row.answer_set.as_str(), &row.position.to_string()];
                Some(AnswerValue::Text(keys.open(&text_of(&row), &text).await?))
            }
            (None, None, None) => None,
        };
        answers.entry(row.answer_set).or_default().push(Answer {
            question: row.question,
            value,
        });
    }
    sets.into_iter()
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

/// Where the text of an answer is.
fn text_of<'p>(row: &'p [&'p str]) -> Place<'p> {
    Place {
        table: "answer",
        column: "text",
        row,
    }
}

fn answer_row(keys: &TenantKeys, set: &str, position: i32, answer: &Answer) -> Result<answer::ActiveModel> {
    let (score, choice, text) = match &answer.value {
        Some(AnswerValue::Score(score)) => (Some(*score), None, None),
        Some(AnswerValue::Choice(choice)) => (None, Some(choice.clone()), None),
        Some(AnswerValue::Text(text)) => {
            let row = [set, &position.to_string()];
            (None, None, Some(keys.seal(&text_of(&row), text.expose())?))
        }
        None => (None, None, None),
    };
    Ok(answer::ActiveModel {
        tenant: Set(keys.tenant().to_owned()),
        answer_set: Set(set.to_owned()),
        position: Set(position),
        question: Set(answer.question.clone()),
        score: Set(score),
        choice: Set(choice),
        text: Set(text),
    })
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
