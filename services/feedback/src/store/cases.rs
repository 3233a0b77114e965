//! Cases and their history.

use jiff::Timestamp;
use rapport_listing::{Field, Kind, OrderKey, Page, Schema, Value};
use rapport_privacy::{Personal, Place, TenantKeys};
use rapport_status::Result;
use rapport_storage::{Stored as _, listing::paged, rows};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use crate::{
    domain::{
        case::{Case, CaseAction, CaseEvent, CaseState, Resolution},
        priority::Priority,
    },
    store::{
        entity::{feedback_case, feedback_case_event},
        moment, no_token, unknown_word, updated,
    },
};

/// Words of the states, for filters.
const STATES: [&str; 4] = [
    CaseState::Open.name(),
    CaseState::Assigned.name(),
    CaseState::Resolved.name(),
    CaseState::Closed.name(),
];

/// Words of the priorities, for filters.
const PRIORITIES: [&str; 4] = [
    Priority::Low.name(),
    Priority::Normal.name(),
    Priority::High.name(),
    Priority::Urgent.name(),
];

static FIELDS: [Field; 9] = [
    Field::new("state", Kind::Enumeration(&STATES), "state").not_sortable(),
    Field::new("priority", Kind::Enumeration(&PRIORITIES), "priority").not_sortable(),
    Field::new("owner", Kind::Text, "owner").not_sortable(),
    Field::new("customer", Kind::Text, "customer").not_sortable(),
    Field::new("survey", Kind::Text, "survey").not_sortable(),
    Field::new("due_time", Kind::Timestamp, "due_at"),
    Field::new("create_time", Kind::Timestamp, "created_at"),
    Field::new("priority_rank", Kind::Integer, "priority_rank").not_filterable(),
    Field::new("name", Kind::Text, "name")
        .not_filterable()
        .not_sortable(),
];

/// How cases are listed.
pub(crate) static LISTING: Schema = Schema::new(&FIELDS, "name");

/// The order of a list that asks for none.
pub(crate) const DEFAULT_ORDER: &str = "due_time";

/// A case that is new, with the first line of its history.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewCase<'c> {
    /// The keys of the tenant.
    pub(crate) keys: &'c TenantKeys,
    /// The case.
    pub(crate) case: &'c Case,
    /// How it was opened.
    pub(crate) event: &'c CaseEvent,
    /// What it was created with; empty when a rule opened it.
    pub(crate) creation_fingerprint: &'c [u8],
}

/// Number of cases with one state and priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CaseCount {
    /// The state.
    pub(crate) state: CaseState,
    /// The priority.
    pub(crate) priority: Priority,
    /// How many.
    pub(crate) count: i64,
}

/// The case with a name.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    name: &str,
) -> Result<Option<Case>> {
    let found = find_with_fingerprint(connection, keys, name).await?;
    Ok(found.map(|(case, _)| case))
}

/// The case with a name, and the fingerprint of what it was created with.
pub(crate) async fn find_with_fingerprint(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    name: &str,
) -> Result<Option<(Case, Vec<u8>)>> {
    let row = feedback_case::Entity::find_by_id((keys.tenant().to_owned(), name.to_owned()))
        .one(connection)
        .await
        .stored("read a case")?;
    match row {
        Some(row) => Ok(Some(from_row(keys, row).await?)),
        None => Ok(None),
    }
}

/// What happened with a case, the oldest first.
pub(crate) async fn history(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    name: &str,
) -> Result<Vec<CaseEvent>> {
    let rows = feedback_case_event::Entity::find()
        .filter(feedback_case_event::Column::Tenant.eq(keys.tenant()))
        .filter(feedback_case_event::Column::CaseName.eq(name))
        .order_by_asc(feedback_case_event::Column::Revision)
        .all(connection)
        .await
        .stored("read the history of a case")?;
    let mut history = Vec::with_capacity(rows.len());
    for row in rows {
        let place = [row.case_name.as_str(), &row.revision.to_string()];
        history.push(CaseEvent {
            time: moment(row.happened_at)?,
            actor: row.actor,
            action: CaseAction::named(&row.action).ok_or_else(|| unknown_word("case action", &row.action))?,
            note: keys.open(&note_of(&place), &row.note).await?,
        });
    }
    Ok(history)
}

/// Where the subject or resolution of a case is.
fn text_of<'p>(column: &'static str, row: &'p [&'p str]) -> Place<'p> {
    Place {
        table: "feedback_case",
        column,
        row,
    }
}

/// Where the note of a line of a history is.
fn note_of<'p>(row: &'p [&'p str]) -> Place<'p> {
    Place {
        table: "feedback_case_event",
        column: "note",
        row,
    }
}

/// A page of cases, and the token of the next page.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    page: &Page,
) -> Result<(Vec<Case>, String)> {
    let query = feedback_case::Entity::find().filter(feedback_case::Column::Tenant.eq(keys.tenant()));
    let rows = paged(query, page).all(connection).await.stored("list cases")?;
    let (rows, next) = page
        .complete(rows, |row| {
            let value = |key: &OrderKey| match key.field.name {
                "due_time" => Value::Timestamp(row.due_at),
                "create_time" => Value::Timestamp(row.created_at),
                "priority_rank" => Value::Integer(row.priority_rank.into()),
                _ => Value::Text(row.name.clone()),
            };
            page.order().keys().iter().map(value).collect()
        })
        .map_err(no_token)?;
    let mut cases = Vec::with_capacity(rows.len());
    for row in rows {
        cases.push(from_row(keys, row).await?.0);
    }
    Ok((cases, next))
}

/// Adds cases, each with the first line of its history.
pub(crate) async fn insert(connection: &impl ConnectionTrait, new: &[NewCase<'_>]) -> Result<()> {
    let cases: Result<Vec<feedback_case::ActiveModel>> = new.iter().map(to_row).collect();
    rows::insert::<feedback_case::Entity>(connection, "add cases", cases?).await?;
    let events = new.iter().map(|new| event_row(new.keys, new.case, new.event));
    let events: Result<Vec<feedback_case_event::ActiveModel>> = events.collect();
    rows::insert::<feedback_case_event::Entity>(connection, "add to the histories of cases", events?).await
}

/// Stores a case whose revision went one up, and adds to its history what happened.
pub(crate) async fn update(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    case: &Case,
    event: &CaseEvent,
) -> Result<()> {
    let resolution = case.resolution.as_ref();
    let change = feedback_case::ActiveModel {
        state: Set(case.state.name().to_owned()),
        owner: Set(case.owner.clone()),
        due_at: Set(case.due_time.as_microsecond()),
        resolution: Set(sealed_resolution(keys, case)?),
        compensate: Set(resolution.map(|resolution| resolution.compensate)),
        resolved_at: Set(resolution.map(|resolution| resolution.time.as_microsecond())),
        updated_at: Set(case.update_time.as_microsecond()),
        revision: Set(case.revision),
        ..Default::default()
    };
    let outcome = feedback_case::Entity::update_many()
        .set(change)
        .filter(feedback_case::Column::Tenant.eq(keys.tenant()))
        .filter(feedback_case::Column::Name.eq(&case.name))
        .filter(feedback_case::Column::Revision.eq(case.revision - 1))
        .exec(connection)
        .await
        .stored("change a case")?;
    updated(outcome.rows_affected)?;
    let line = vec![event_row(keys, case, event)?];
    rows::insert::<feedback_case_event::Entity>(connection, "add to the history of a case", line).await
}

/// Counts the cases of a tenant by state and priority.
pub(crate) async fn counts(connection: &impl ConnectionTrait, tenant: &str) -> Result<Vec<CaseCount>> {
    let rows: Vec<(String, String, i64)> = feedback_case::Entity::find()
        .select_only()
        .column(feedback_case::Column::State)
        .column(feedback_case::Column::Priority)
        .column_as(feedback_case::Column::Name.count(), "case_count")
        .filter(feedback_case::Column::Tenant.eq(tenant))
        .group_by(feedback_case::Column::State)
        .group_by(feedback_case::Column::Priority)
        .into_tuple()
        .all(connection)
        .await
        .stored("count cases")?;
    let mut counts = rows
        .into_iter()
        .map(|(state, priority, count)| {
            Ok(CaseCount {
                state: named_state(&state)?,
                priority: named_priority(&priority)?,
                count,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    counts.sort_unstable();
    Ok(counts)
}

/// Counts the cases of a tenant that are neither resolved nor closed and past their deadline.
pub(crate) async fn overdue_count(
    connection: &impl ConnectionTrait,
    tenant: &str,
    now: Timestamp,
) -> Result<i64> {
    let pending = [CaseState::Open.name(), CaseState::Assigned.name()];
    let count = feedback_case::Entity::find()
        .filter(feedback_case::Column::Tenant.eq(tenant))
        .filter(feedback_case::Column::State.is_in(pending))
        .filter(feedback_case::Column::DueAt.lt(now.as_microsecond()))
        .count(connection)
        .await
        .stored("count overdue cases")?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

fn sealed_resolution(keys: &TenantKeys, case: &Case) -> Result<Option<String>> {
    let place = [case.name.as_str()];
    let seal = |text: &Personal<String>| keys.seal(&text_of("resolution", &place), text.expose());
    let resolution = case.resolution.as_ref();
    resolution.map(|resolution| seal(&resolution.text)).transpose()
}

fn to_row(new: &NewCase<'_>) -> Result<feedback_case::ActiveModel> {
    let (keys, case) = (new.keys, new.case);
    let place = [case.name.as_str()];
    let resolution = case.resolution.as_ref();
    Ok(feedback_case::ActiveModel {
        tenant: Set(keys.tenant().to_owned()),
        name: Set(case.name.clone()),
        subject: Set(keys.seal(&text_of("subject", &place), case.subject.expose())?),
        state: Set(case.state.name().to_owned()),
        priority: Set(case.priority.name().to_owned()),
        priority_rank: Set(case.priority.rank()),
        customer: Set(case.customer.clone()),
        answer_set: Set(case.answer_set.clone()),
        survey: Set(case.survey.clone()),
        owner: Set(case.owner.clone()),
        due_at: Set(case.due_time.as_microsecond()),
        resolution: Set(sealed_resolution(keys, case)?),
        compensate: Set(resolution.map(|resolution| resolution.compensate)),
        resolved_at: Set(resolution.map(|resolution| resolution.time.as_microsecond())),
        created_at: Set(case.create_time.as_microsecond()),
        updated_at: Set(case.update_time.as_microsecond()),
        revision: Set(case.revision),
        creation_fingerprint: Set(new.creation_fingerprint.to_vec()),
    })
}

/// Each change of a case adds one line to its history: the revision that it led to numbers the line.
fn event_row(keys: &TenantKeys, case: &Case, event: &CaseEvent) -> Result<feedback_case_event::ActiveModel> {
    let place = [case.name.as_str(), &case.revision.to_string()];
    Ok(feedback_case_event::ActiveModel {
        tenant: Set(keys.tenant().to_owned()),
        case_name: Set(case.name.clone()),
        revision: Set(case.revision),
        happened_at: Set(event.time.as_microsecond()),
        actor: Set(event.actor.clone()),
        action: Set(event.action.name().to_owned()),
        note: Set(keys.seal(&note_of(&place), event.note.expose())?),
    })
}

async fn from_row(keys: &TenantKeys, row: feedback_case::Model) -> Result<(Case, Vec<u8>)> {
    let place = [row.name.as_str()];
    let subject = keys.open(&text_of("subject", &place), &row.subject).await?;
    let resolution = match (&row.resolution, row.resolved_at) {
        (Some(text), Some(resolved_at)) => Some(Resolution {
            text: keys.open(&text_of("resolution", &place), text).await?,
            compensate: row.compensate.unwrap_or_default(),
            time: moment(resolved_at)?,
        }),
        _ => None,
    };
    let case = Case {
        state: named_state(&row.state)?,
        priority: named_priority(&row.priority)?,
        name: row.name,
        subject,
        customer: row.customer,
        answer_set: row.answer_set,
        survey: row.survey,
        owner: row.owner,
        due_time: moment(row.due_at)?,
        resolution,
        create_time: moment(row.created_at)?,
        update_time: moment(row.updated_at)?,
        revision: row.revision,
    };
    Ok((case, row.creation_fingerprint))
}

fn named_state(name: &str) -> Result<CaseState> {
    CaseState::named(name).ok_or_else(|| unknown_word("case state", name))
}

fn named_priority(name: &str) -> Result<Priority> {
    Priority::named(name).ok_or_else(|| unknown_word("priority", name))
}
