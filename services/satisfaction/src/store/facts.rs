//! The present scores of answer sets: what all roll-ups are made of.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};
use rapport_status::{Error, Result};
use rapport_storage::{Stored as _, rows};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use super::{
    codes,
    entity::{answer_set, score},
};
use crate::domain::answer_set::{AnswerSet, Digest, Revision, Scale, Score};

/// Ids that one statement names.
const IDS_PER_STATEMENT: usize = 8_192;

/// The place of an answer set that is there already is left as it is.
const PLACE: &str = "ON CONFLICT (tenant, answer_set) DO NOTHING";

/// All but the key takes the values of the new revision.
const REPLACEMENT: &str = "ON CONFLICT (tenant, answer_set) DO UPDATE SET revision = excluded.revision, \
    deleted = excluded.deleted, survey = excluded.survey, survey_version = excluded.survey_version, \
    customer = excluded.customer, answered_at = excluded.answered_at, day = excluded.day, \
    location = excluded.location, channel = excluded.channel, index_value = excluded.index_value, \
    nps = excluded.nps, csat = excluded.csat";

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

/// Reads answer sets as they stand, and locks them until the transaction ends. The ids are in order, so that two
/// transactions never wait for each other in a circle. An answer set that was never heard of is there in revision 0,
/// which every event replaces.
pub async fn lock(
    transaction: &DatabaseTransaction,
    tenant: &str,
    ids: &[&str],
) -> Result<HashMap<String, Revision>> {
    // A row that is not there cannot be locked: without a place for it, two transactions could both take an answer set
    // for a new one.
    let places = ids.iter().map(|id| mark(tenant, id, 0)).collect();
    rows::upsert::<answer_set::Entity>(transaction, "make a place for answer sets", places, PLACE).await?;
    let mut locked = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(IDS_PER_STATEMENT) {
        let present = answer_set::Entity::find()
            .filter(answer_set::Column::Tenant.eq(tenant))
            .filter(rows::among(
                transaction,
                answer_set::Column::AnswerSet,
                chunk.iter().map(|id| (*id).to_owned()),
            ))
            .order_by_asc(answer_set::Column::AnswerSet)
            .lock_exclusive()
            .all(transaction)
            .await
            .stored("read answer sets")?;
        let mut scores = scores_of(transaction, tenant, &present).await?;
        for row in present {
            let id = row.answer_set.clone();
            let number = row.revision;
            let content = if row.deleted {
                None
            } else {
                Some(content(row, scores.remove(&id).unwrap_or_default())?)
            };
            let revision = Revision {
                answer_set: id.clone(),
                number,
                content,
            };
            locked.insert(id, revision);
        }
    }
    Ok(locked)
}

/// Puts revisions in the place of those that are stored. `replaced` are the ids of those whose stored revision has
/// scores.
pub async fn replace(
    transaction: &DatabaseTransaction,
    tenant: &str,
    revisions: &[&Revision],
    replaced: &[&str],
) -> Result<()> {
    for chunk in replaced.chunks(IDS_PER_STATEMENT) {
        score::Entity::delete_many()
            .filter(score::Column::Tenant.eq(tenant))
            .filter(rows::among(
                transaction,
                score::Column::AnswerSet,
                chunk.iter().map(|id| (*id).to_owned()),
            ))
            .exec(transaction)
            .await
            .stored("remove replaced scores")?;
    }
    let answer_sets = revisions.iter().map(|revision| row(tenant, revision)).collect();
    rows::upsert::<answer_set::Entity>(transaction, "store answer sets", answer_sets, REPLACEMENT).await?;
    let scores = revisions.iter().flat_map(|revision| score_rows(tenant, revision));
    rows::insert::<score::Entity>(transaction, "store scores", scores.collect()).await
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
    let mut by_answer_set: HashMap<String, Vec<score::Model>> = HashMap::new();
    let present: Vec<String> = answer_sets
        .iter()
        .filter(|row| !row.deleted)
        .map(|row| row.answer_set.clone())
        .collect();
    if present.is_empty() {
        return Ok(by_answer_set);
    }
    let rows = score::Entity::find()
        .filter(score::Column::Tenant.eq(tenant))
        .filter(rows::among(connection, score::Column::AnswerSet, present))
        .order_by_asc(score::Column::AnswerSet)
        .order_by_asc(score::Column::Position)
        .all(connection)
        .await
        .stored("read scores")?;
    for row in rows {
        by_answer_set.entry(row.answer_set.clone()).or_default().push(row);
    }
    Ok(by_answer_set)
}

/// The mark that an answer set was deleted in a revision. Holds nothing else of it.
fn mark(tenant: &str, id: &str, revision: i32) -> answer_set::Model {
    answer_set::Model {
        tenant: tenant.to_owned(),
        answer_set: id.to_owned(),
        revision,
        deleted: true,
        survey: String::new(),
        survey_version: 0,
        customer: String::new(),
        answered_at: 0,
        day: 0,
        location: String::new(),
        channel: String::new(),
        index_value: None,
        nps: None,
        csat: None,
    }
}

fn row(tenant: &str, revision: &Revision) -> answer_set::Model {
    let mark = mark(tenant, &revision.answer_set, revision.number);
    let Some(content) = &revision.content else {
        return mark;
    };
    let digest = content.digest();
    answer_set::Model {
        deleted: false,
        survey: content.survey.clone(),
        survey_version: content.survey_version,
        customer: content.customer.clone().unwrap_or_default(),
        answered_at: content.answered_at.as_microsecond(),
        day: codes::of_day(content.day()),
        location: content.location.clone(),
        channel: content.channel.clone(),
        index_value: digest.index,
        nps: digest.nps.map(i16::from),
        csat: digest.csat.map(i16::from),
        ..mark
    }
}

fn score_rows(tenant: &str, revision: &Revision) -> impl Iterator<Item = score::Model> {
    let scores = revision.content.iter().flat_map(|content| &content.scores);
    (0..).zip(scores).map(move |(position, score)| score::Model {
        tenant: tenant.to_owned(),
        answer_set: revision.answer_set.clone(),
        position,
        metric: codes::of_metric(score.scale.metric()),
        question: score.question.clone(),
        value: i16::from(score.value),
        points: i16::from(score.scale.highest()),
        dimension: score.dimension.clone(),
        touchpoint: score.touchpoint.clone(),
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
