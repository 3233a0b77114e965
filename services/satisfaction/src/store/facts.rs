//! The present scores of answer sets: what all roll-ups are made of.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};
use rapport_status::{Error, Result};
use rapport_storage::{Stored as _, rows_per_statement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::OnConflict,
};

use super::{
    codes,
    entity::{answer_set, score},
};
use crate::domain::answer_set::{AnswerSet, Digest, Revision, Scale, Score};

const ANSWER_SET_COLUMNS: usize = 14;
const SCORE_COLUMNS: usize = 9;

/// An answer set as it is stored, with what is stored twice: to be compared.
#[derive(Debug)]
pub struct StoredAnswerSet {
    /// Id of the answer set.
    pub id: String,
    /// The digest that is stored with it.
    pub digest: Digest,
    /// Its scores.
    pub content: AnswerSet,
}

/// Reads answer sets as they stand, and locks them until the transaction ends. An answer set that was never heard of
/// is there in revision 0, which every event replaces.
pub async fn lock(
    transaction: &DatabaseTransaction,
    tenant: &str,
    ids: &[&str],
) -> Result<HashMap<String, Revision>> {
    let mut locked = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(rows_per_statement(ANSWER_SET_COLUMNS)) {
        // A row that is not there cannot be locked: without a place for it, two transactions could both take an
        // answer set for a new one.
        answer_set::Entity::insert_many(chunk.iter().map(|id| mark(tenant, id, 0)))
            .on_conflict(OnConflict::columns(ANSWER_SET_KEY).do_nothing().to_owned())
            .exec_without_returning(transaction)
            .await
            .stored("make a place for answer sets")?;
        let rows = answer_set::Entity::find()
            .filter(answer_set::Column::Tenant.eq(tenant))
            .filter(answer_set::Column::AnswerSet.is_in(chunk.iter().copied()))
            .order_by_asc(answer_set::Column::AnswerSet)
            .lock_exclusive()
            .all(transaction)
            .await
            .stored("read answer sets")?;
        let mut scores = scores_of(transaction, tenant, &rows).await?;
        for row in rows {
            let id = row.answer_set.clone();
            let number = row.revision;
            let content = if row.deleted {
                None
            } else {
                Some(content(row, scores.remove(&id).unwrap_or_default())?)
            };
            locked.insert(
                id.clone(),
                Revision {
                    answer_set: id,
                    number,
                    content,
                },
            );
        }
    }
    Ok(locked)
}

/// Puts revisions in the place of those that are stored.
pub async fn replace(transaction: &DatabaseTransaction, tenant: &str, revisions: &[Revision]) -> Result<()> {
    for chunk in revisions.chunks(rows_per_statement(ANSWER_SET_COLUMNS)) {
        score::Entity::delete_many()
            .filter(score::Column::Tenant.eq(tenant))
            .filter(score::Column::AnswerSet.is_in(chunk.iter().map(|revision| revision.answer_set.as_str())))
            .exec(transaction)
            .await
            .stored("remove replaced scores")?;
        answer_set::Entity::insert_many(chunk.iter().map(|revision| row(tenant, revision)))
            .on_conflict(replacement())
            .exec_without_returning(transaction)
            .await
            .stored("store answer sets")?;
    }
    let scores: Vec<score::ActiveModel> = revisions
        .iter()
        .flat_map(|revision| score_rows(tenant, revision))
        .collect();
    for chunk in scores.chunks(rows_per_statement(SCORE_COLUMNS)) {
        score::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(transaction)
            .await
            .stored("store scores")?;
    }
    Ok(())
}

/// The answer sets of a day that follow another one in the order of their ids, a limited number of them.
pub async fn of_day(
    connection: &impl ConnectionTrait,
    tenant: &str,
    day: Date,
    after: &str,
    limit: u64,
) -> Result<Vec<StoredAnswerSet>> {
    let rows = answer_set::Entity::find()
        .filter(answer_set::Column::Tenant.eq(tenant))
        .filter(answer_set::Column::Day.eq(codes::of_day(day)))
        .filter(answer_set::Column::AnswerSet.gt(after))
        .filter(answer_set::Column::Deleted.eq(false))
        .order_by_asc(answer_set::Column::AnswerSet)
        .limit(limit)
        .all(connection)
        .await
        .stored("read the answer sets of a day")?;
    let mut scores = scores_of(connection, tenant, &rows).await?;
    rows.into_iter()
        .map(|row| {
            let id = row.answer_set.clone();
            let digest = digest(&row);
            let content = content(row, scores.remove(&id).unwrap_or_default())?;
            Ok(StoredAnswerSet { id, digest, content })
        })
        .collect()
}

/// The first day after another on which there are answer sets; the first of all when there is no other.
pub async fn next_day(
    connection: &impl ConnectionTrait,
    tenant: &str,
    after: Option<Date>,
) -> Result<Option<Date>> {
    let mut select = answer_set::Entity::find()
        .select_only()
        .column(answer_set::Column::Day)
        .filter(answer_set::Column::Tenant.eq(tenant))
        .filter(answer_set::Column::Deleted.eq(false))
        .order_by_asc(answer_set::Column::Day);
    if let Some(after) = after {
        select = select.filter(answer_set::Column::Day.gt(codes::of_day(after)));
    }
    let day: Option<i32> = select
        .into_tuple()
        .one(connection)
        .await
        .stored("find the next day of answer sets")?;
    day.map(codes::to_day).transpose()
}

async fn scores_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    answer_sets: &[answer_set::Model],
) -> Result<HashMap<String, Vec<score::Model>>> {
    let present = answer_sets
        .iter()
        .filter(|row| !row.deleted)
        .map(|row| row.answer_set.as_str());
    let rows = score::Entity::find()
        .filter(score::Column::Tenant.eq(tenant))
        .filter(score::Column::AnswerSet.is_in(present))
        .order_by_asc(score::Column::AnswerSet)
        .order_by_asc(score::Column::Position)
        .all(connection)
        .await
        .stored("read scores")?;
    let mut by_answer_set: HashMap<String, Vec<score::Model>> = HashMap::new();
    for row in rows {
        by_answer_set.entry(row.answer_set.clone()).or_default().push(row);
    }
    Ok(by_answer_set)
}

const ANSWER_SET_KEY: [answer_set::Column; 2] = [answer_set::Column::Tenant, answer_set::Column::AnswerSet];

fn replacement() -> OnConflict {
    use answer_set::Column;
    OnConflict::columns(ANSWER_SET_KEY)
        .update_columns([
            Column::Revision,
            Column::Deleted,
            Column::Survey,
            Column::SurveyVersion,
            Column::Customer,
            Column::AnsweredAt,
            Column::Day,
            Column::Location,
            Column::Channel,
            Column::IndexValue,
            Column::Nps,
            Column::Csat,
        ])
        .to_owned()
}

/// The mark that an answer set was deleted in a revision. Holds nothing else of it.
fn mark(tenant: &str, id: &str, revision: i32) -> answer_set::ActiveModel {
    answer_set::ActiveModel {
        tenant: Set(tenant.to_owned()),
        answer_set: Set(id.to_owned()),
        revision: Set(revision),
        deleted: Set(true),
        survey: Set(String::new()),
        survey_version: Set(0),
        customer: Set(String::new()),
        answered_at: Set(0),
        day: Set(0),
        location: Set(String::new()),
        channel: Set(String::new()),
        index_value: Set(None),
        nps: Set(None),
        csat: Set(None),
    }
}

fn row(tenant: &str, revision: &Revision) -> answer_set::ActiveModel {
    let mark = mark(tenant, &revision.answer_set, revision.number);
    let Some(content) = &revision.content else {
        return mark;
    };
    let digest = content.digest();
    answer_set::ActiveModel {
        deleted: Set(false),
        survey: Set(content.survey.clone()),
        survey_version: Set(content.survey_version),
        customer: Set(content.customer.clone().unwrap_or_default()),
        answered_at: Set(content.answered_at.as_microsecond()),
        day: Set(codes::of_day(content.day())),
        location: Set(content.location.clone()),
        channel: Set(content.channel.clone()),
        index_value: Set(digest.index),
        nps: Set(digest.nps.map(i16::from)),
        csat: Set(digest.csat.map(i16::from)),
        ..mark
    }
}

fn score_rows(tenant: &str, revision: &Revision) -> impl Iterator<Item = score::ActiveModel> {
    let scores = revision.content.iter().flat_map(|content| &content.scores);
    (0..)
        .zip(scores)
        .map(move |(position, score)| score::ActiveModel {
            tenant: Set(tenant.to_owned()),
            answer_set: Set(revision.answer_set.clone()),
            position: Set(position),
            metric: Set(codes::of_metric(score.scale.metric())),
            question: Set(score.question.clone()),
            value: Set(i16::from(score.value)),
            points: Set(i16::from(score.scale.highest())),
            dimension: Set(score.dimension.clone()),
            touchpoint: Set(score.touchpoint.clone()),
        })
}

fn digest(row: &answer_set::Model) -> Digest {
    let score = |column: Option<i16>| column.and_then(|score| u8::try_from(score).ok());
    Digest {
        index: row.index_value,
        nps: score(row.nps),
        csat: score(row.csat),
    }
}

fn content(row: answer_set::Model, scores: Vec<score::Model>) -> Result<AnswerSet> {
    let broken = |what: &str| Error::internal(format!("answer set {} has a stored {what}", row.answer_set));
    let answered_at = Timestamp::from_microsecond(row.answered_at)
        .map_err(|error| broken("time that is none").because(error))?;
    let scores = scores
        .into_iter()
        .map(|score| {
            let value = u8::try_from(score.value).ok();
            let points = u8::try_from(score.points).ok();
            let metric = codes::to_metric(score.metric)?;
            let scale = points.and_then(|points| Scale::of(metric, points));
            let (Some(value), Some(scale)) = (value, scale) else {
                return Err(broken("score that fits no scale"));
            };
            Ok(Score {
                question: score.question,
                scale,
                value,
                dimension: score.dimension,
                touchpoint: score.touchpoint,
            })
        })
        .collect::<Result<_>>()?;
    Ok(AnswerSet {
        survey: row.survey,
        survey_version: row.survey_version,
        customer: Some(row.customer).filter(|customer| !customer.is_empty()),
        answered_at,
        location: row.location,
        channel: row.channel,
        scores,
    })
}
