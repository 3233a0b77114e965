//! Answers a question about a metric, page by page, from the roll-ups alone.

use rapport_listing::{Field, Kind, Page, Schema, TokenKey, Value};
use rapport_measure::Confidence;
use rapport_server::listing::refused;
use rapport_status::{Error, Result};
use rapport_storage::Store;

use crate::{
    domain::{
        figures::Figures,
        metric::Dimension,
        query::{Group, Query},
    },
    store::{day_number, rollups},
};

static FIELDS: [Field; 5] = [
    Field::new("day", Kind::Date, "day"),
    Field::new("survey", Kind::Text, "survey"),
    Field::new("question", Kind::Text, "question"),
    Field::new("touchpoint", Kind::Text, "touchpoint"),
    Field::new("location", Kind::Text, "location"),
];

/// Groups are unique by all their dimensions together; so the last one breaks the ties that the others leave.
static ENDING_WITH_DAY: Schema = ending_with("day");
static ENDING_WITH_SURVEY: Schema = ending_with("survey");
static ENDING_WITH_QUESTION: Schema = ending_with("question");
static ENDING_WITH_TOUCHPOINT: Schema = ending_with("touchpoint");
static ENDING_WITH_LOCATION: Schema = ending_with("location");

const fn ending_with(last: &'static str) -> Schema {
    Schema::new(&FIELDS, last).with_page_sizes(100, 1_000)
}

/// Which part of the rows is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// How many rows at most; 0 means 100, more than 1,000 means 1,000.
    pub page_size: i32,
    /// The token of the page before; empty for the first.
    pub page_token: String,
}

/// The figures of the groups of a page, and the token of the next page, empty when there is none.
pub async fn query(
    store: &Store,
    tenant: &str,
    key: &TokenKey,
    query: &Query,
    part: &Part,
) -> Result<(Vec<(Group, Figures)>, String)> {
    let page = page(tenant, key, query, part)?;
    let confidence = Confidence::new(query.confidence)
        .map_err(|error| Error::invalid_field("confidence_level", error.to_string()))?;
    let groups = rollups::query(store.read(), tenant, query, &page).await?;
    let (groups, token) = page
        .complete(groups, |last| position(query, last))
        .map_err(|error| Error::internal("a row of roll-ups has no position").because(error))?;
    let mut rows = Vec::with_capacity(groups.len());
    for group in groups {
        let figures = Figures::of(query.metric, &group.sums, confidence).map_err(|error| {
            Error::internal(format!("the roll-ups of {} are wrong; verify them", query.metric)).because(error)
        })?;
        rows.extend(figures.map(|figures| (group, figures)));
    }
    Ok((rows, token))
}

fn page(tenant: &str, key: &TokenKey, query: &Query, part: &Part) -> Result<Page> {
    // Without a breakdown there is one row, and no token that could be continued with: any token is refused.
    let (last, others) = query.group_by.split_last().unwrap_or((&Dimension::Day, &[]));
    let schema = match last {
        Dimension::Day => &ENDING_WITH_DAY,
        Dimension::Survey => &ENDING_WITH_SURVEY,
        Dimension::Question => &ENDING_WITH_QUESTION,
        Dimension::Touchpoint => &ENDING_WITH_TOUCHPOINT,
        Dimension::Location => &ENDING_WITH_LOCATION,
    };
    let order: Vec<&str> = others.iter().map(|dimension| dimension.name()).collect();
    schema
        .page(
            part.page_size,
            &part.page_token,
            "",
            &order.join(", "),
            &query.scope(tenant),
            key,
        )
        .map_err(|error| refused(&error))
}

fn position(query: &Query, group: &Group) -> Vec<Value> {
    let text = |text: &Option<String>| Value::Text(text.clone().unwrap_or_default());
    let value = |dimension: &Dimension| match dimension {
        Dimension::Day => Value::Date(group.day.map_or(0, day_number)),
        Dimension::Survey => text(&group.survey),
        Dimension::Question => text(&group.question),
        Dimension::Touchpoint => text(&group.touchpoint),
        Dimension::Location => text(&group.location),
    };
    query.group_by.iter().map(value).collect()
}
