//! Surveys and their versions.

use std::collections::{HashMap, HashSet};

use rapport_listing::{Field, Kind, Page, Schema, Value};
use rapport_status::{Error, Result};
use rapport_storage::{Stored as _, listing::paged, rows, rows_per_statement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, sea_query::Expr,
};

use crate::{
    domain::{
        questionnaire::Questionnaire,
        survey::{Survey, SurveyState},
    },
    store::{
        entity::{survey, survey_version},
        moment, no_token, unknown_word, updated,
    },
    wire,
};

/// Words of the states, for filters.
const STATES: [&str; 3] = [
    SurveyState::Draft.name(),
    SurveyState::Published.name(),
    SurveyState::Closed.name(),
];

static FIELDS: [Field; 5] = [
    Field::new("title", Kind::Text, "title"),
    Field::new("state", Kind::Enumeration(&STATES), "state").not_sortable(),
    Field::new("create_time", Kind::Timestamp, "created_at"),
    Field::new("update_time", Kind::Timestamp, "updated_at"),
    Field::new("name", Kind::Text, "name")
        .not_filterable()
        .not_sortable(),
];

/// How surveys are listed.
pub(crate) static LISTING: Schema = Schema::new(&FIELDS, "name");

/// The order of a list that asks for none.
pub(crate) const DEFAULT_ORDER: &str = "create_time desc";

/// The survey with a name.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
) -> Result<Option<Survey>> {
    let row = survey::Entity::find_by_id((tenant.to_owned(), name.to_owned()))
        .one(connection)
        .await
        .stored("read a survey")?;
    row.map(from_row).transpose()
}

/// What a survey was created with, as a fingerprint.
pub(crate) async fn creation_fingerprint(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
) -> Result<Option<Vec<u8>>> {
    let row = survey::Entity::find_by_id((tenant.to_owned(), name.to_owned()))
        .one(connection)
        .await
        .stored("read a survey")?;
    Ok(row.map(|row| row.creation_fingerprint))
}

/// What a version of a survey asks.
pub(crate) async fn version(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
    version: i32,
) -> Result<Option<Questionnaire>> {
    let row = survey_version::Entity::find_by_id((tenant.to_owned(), name.to_owned(), version))
        .one(connection)
        .await
        .stored("read a version of a survey")?;
    row.map(|row| wire::survey::decode(&row.content)).transpose()
}

/// What a version of a survey asks that must be there.
pub(crate) async fn existing_version(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
    number: i32,
) -> Result<Questionnaire> {
    version(connection, tenant, name, number)
        .await?
        .ok_or_else(|| Error::internal(format!("version {number} of {name} is missing")))
}

/// Adds a survey with its first version.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    tenant: &str,
    survey: &Survey,
    questionnaire: &Questionnaire,
    creation_fingerprint: &[u8],
) -> Result<()> {
    let row = survey::ActiveModel {
        tenant: Set(tenant.to_owned()),
        name: Set(survey.name.clone()),
        title: Set(questionnaire.title.clone()),
        state: Set(survey.state.name().to_owned()),
        published_version: Set(survey.published_version),
        latest_version: Set(survey.latest_version),
        created_at: Set(survey.create_time.as_microsecond()),
        updated_at: Set(survey.update_time.as_microsecond()),
        revision: Set(survey.revision),
        creation_fingerprint: Set(creation_fingerprint.to_vec()),
    };
    rows::insert::<survey::Entity>(connection, "add a survey", vec![row]).await?;
    insert_version(connection, tenant, survey, questionnaire).await
}

/// Stores a survey whose revision went one up, with the title of its latest version.
pub(crate) async fn update(
    connection: &impl ConnectionTrait,
    tenant: &str,
    survey: &Survey,
    title: &str,
) -> Result<()> {
    let outcome = survey::Entity::update_many()
        .col_expr(survey::Column::Title, Expr::value(title))
        .col_expr(survey::Column::State, Expr::value(survey.state.name()))
        .col_expr(
            survey::Column::PublishedVersion,
            Expr::value(survey.published_version),
        )
        .col_expr(survey::Column::LatestVersion, Expr::value(survey.latest_version))
        .col_expr(
            survey::Column::UpdatedAt,
            Expr::value(survey.update_time.as_microsecond()),
        )
        .col_expr(survey::Column::Revision, Expr::value(survey.revision))
        .filter(survey::Column::Tenant.eq(tenant))
        .filter(survey::Column::Name.eq(&survey.name))
        .filter(survey::Column::Revision.eq(survey.revision - 1))
        .exec(connection)
        .await
        .stored("change a survey")?;
    updated(outcome.rows_affected)
}

/// Adds the latest version of a survey as a draft.
pub(crate) async fn insert_version(
    connection: &impl ConnectionTrait,
    tenant: &str,
    survey: &Survey,
    questionnaire: &Questionnaire,
) -> Result<()> {
    let row = survey_version::ActiveModel {
        tenant: Set(tenant.to_owned()),
        survey: Set(survey.name.clone()),
        version: Set(survey.latest_version),
        content: Set(wire::survey::encode(questionnaire)),
        published_at: Set(None),
    };
    rows::insert::<survey_version::Entity>(connection, "add a version of a survey", vec![row]).await
}

/// Changes the draft of a survey. A published version is never changed, whatever is asked.
pub(crate) async fn update_draft(
    connection: &impl ConnectionTrait,
    tenant: &str,
    survey: &Survey,
    questionnaire: &Questionnaire,
) -> Result<()> {
    let outcome = survey_version::Entity::update_many()
        .col_expr(
            survey_version::Column::Content,
            Expr::value(wire::survey::encode(questionnaire)),
        )
        .filter(survey_version::Column::Tenant.eq(tenant))
        .filter(survey_version::Column::Survey.eq(&survey.name))
        .filter(survey_version::Column::Version.eq(survey.latest_version))
        .filter(survey_version::Column::PublishedAt.is_null())
        .exec(connection)
        .await
        .stored("change a draft")?;
    updated(outcome.rows_affected)
}

/// Marks the published version of a survey: from now on its row never changes.
pub(crate) async fn seal_published(
    connection: &impl ConnectionTrait,
    tenant: &str,
    survey: &Survey,
) -> Result<()> {
    let outcome = survey_version::Entity::update_many()
        .col_expr(
            survey_version::Column::PublishedAt,
            Expr::value(survey.update_time.as_microsecond()),
        )
        .filter(survey_version::Column::Tenant.eq(tenant))
        .filter(survey_version::Column::Survey.eq(&survey.name))
        .filter(survey_version::Column::Version.eq(survey.published_version))
        .filter(survey_version::Column::PublishedAt.is_null())
        .exec(connection)
        .await
        .stored("publish a version")?;
    updated(outcome.rows_affected)
}

/// A page of surveys with what their latest versions ask, and the token of the next page.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    tenant: &str,
    page: &Page,
) -> Result<(Vec<(Survey, Questionnaire)>, String)> {
    let rows = paged(
        survey::Entity::find().filter(survey::Column::Tenant.eq(tenant)),
        page,
    )
    .all(connection)
    .await
    .stored("list surveys")?;
    let (rows, next) = page
        .complete(rows, |row| {
            let value = |key: &rapport_listing::OrderKey| match key.field.name {
                "title" => Value::Text(row.title.clone()),
                "create_time" => Value::Timestamp(row.created_at),
                "update_time" => Value::Timestamp(row.updated_at),
                _ => Value::Text(row.name.clone()),
            };
            page.order().keys().iter().map(value).collect()
        })
        .map_err(no_token)?;
    let wanted: HashSet<VersionKey> = rows
        .iter()
        .map(|row| (tenant.to_owned(), row.name.clone(), row.latest_version))
        .collect();
    let mut versions = versions(connection, &wanted).await?;
    let mut surveys = Vec::with_capacity(rows.len());
    for row in rows {
        let key = (tenant.to_owned(), row.name.clone(), row.latest_version);
        let questionnaire = versions
            .remove(&key)
            .ok_or_else(|| Error::internal(format!("the latest version of {} is missing", row.name)))?;
        surveys.push((from_row(row)?, questionnaire));
    }
    Ok((surveys, next))
}

/// Tenant and name of a survey.
pub(crate) type SurveyKey = (String, String);

/// Tenant, name and version of a survey.
pub(crate) type VersionKey = (String, String, i32);

/// The surveys with these keys, in one query a tenant.
pub(crate) async fn surveys(
    connection: &impl ConnectionTrait,
    wanted: &HashSet<SurveyKey>,
) -> Result<HashMap<SurveyKey, Survey>> {
    let mut found = HashMap::new();
    for (tenant, names) in by_tenant(
        wanted
            .iter()
            .map(|(tenant, name)| (tenant.as_str(), name.as_str())),
    ) {
        for chunk in names.chunks(rows_per_statement(1) - 1) {
            let rows = survey::Entity::find()
                .filter(survey::Column::Tenant.eq(tenant))
                .filter(rows::among(
                    connection,
                    survey::Column::Name,
                    chunk.iter().map(|name| (*name).to_owned()),
                ))
                .all(connection)
                .await
                .stored("read surveys")?;
            for row in rows {
                found.insert((row.tenant.clone(), row.name.clone()), from_row(row)?);
            }
        }
    }
    Ok(found)
}

/// What these versions ask, in one query a tenant and version number.
pub(crate) async fn versions(
    connection: &impl ConnectionTrait,
    wanted: &HashSet<VersionKey>,
) -> Result<HashMap<VersionKey, Questionnaire>> {
    let mut by_number: HashMap<(&str, i32), Vec<&str>> = HashMap::new();
    for (tenant, survey, version) in wanted {
        by_number.entry((tenant, *version)).or_default().push(survey);
    }
    let mut found = HashMap::new();
    for ((tenant, version), names) in by_number {
        for chunk in names.chunks(rows_per_statement(1) - 2) {
            let rows = survey_version::Entity::find()
                .filter(survey_version::Column::Tenant.eq(tenant))
                .filter(rows::among(
                    connection,
                    survey_version::Column::Survey,
                    chunk.iter().map(|name| (*name).to_owned()),
                ))
                .filter(survey_version::Column::Version.eq(version))
                .all(connection)
                .await
                .stored("read versions of surveys")?;
            for row in rows {
                let questionnaire = wire::survey::decode(&row.content)?;
                found.insert((row.tenant, row.survey, row.version), questionnaire);
            }
        }
    }
    Ok(found)
}

fn by_tenant<'k>(keys: impl Iterator<Item = (&'k str, &'k str)>) -> HashMap<&'k str, Vec<&'k str>> {
    let mut groups: HashMap<&str, Vec<&str>> = HashMap::new();
    for (tenant, name) in keys {
        groups.entry(tenant).or_default().push(name);
    }
    groups
}

fn from_row(row: survey::Model) -> Result<Survey> {
    Ok(Survey {
        state: SurveyState::named(&row.state).ok_or_else(|| unknown_word("survey state", &row.state))?,
        name: row.name,
        published_version: row.published_version,
        latest_version: row.latest_version,
        create_time: moment(row.created_at)?,
        update_time: moment(row.updated_at)?,
        revision: row.revision,
    })
}
