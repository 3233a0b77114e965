//! What callers ask: read from the request, with every violation at once.

use jiff::civil::Date;
use rapport_contract::{google, instant, name, satisfaction::v1 as wire};
use rapport_status::{Error, FieldViolation, Reason, Result};

use crate::{
    domain::{
        metric::{Dimension, Metric},
        query::Query,
    },
    usecase::metrics::Part,
};

/// Confidence of intervals when the request states none.
const USUAL_CONFIDENCE: f64 = 0.95;

/// Reads a question about a metric.
pub(super) fn read(request: wire::QueryMetricRequest) -> Result<(Query, Part)> {
    let survey = match request.survey.as_str() {
        "" => None,
        survey => Some(name::SURVEY.require::<1>("survey", survey)?[0].to_owned()),
    };
    let mut found = Vec::new();
    let metric = metric(request.metric()).unwrap_or_else(|| {
        found.push(FieldViolation::new(
            "metric",
            "must be stated: METRIC_CSAT, for example",
        ));
        Metric::Csat
    });
    let query = Query {
        metric,
        start: day("start_date", request.start_date, &mut found),
        end: day("end_date", request.end_date, &mut found),
        survey,
        group_by: dimensions(&request, &mut found),
        confidence: confidence(request.confidence_level, &mut found),
        question: filter(request.question),
        touchpoint: filter(request.touchpoint),
        location: filter(request.location),
    };
    found.extend(query.violations());
    if found.is_empty() {
        Ok((
            query,
            Part {
                page_size: request.page_size,
                page_token: request.page_token,
            },
        ))
    } else {
        Err(Error::invalid(Reason::InvalidFields, found))
    }
}

const fn metric(metric: wire::Metric) -> Option<Metric> {
    Some(match metric {
        wire::Metric::Unspecified => return None,
        wire::Metric::Csat => Metric::Csat,
        wire::Metric::Nps => Metric::Nps,
        wire::Metric::Ces => Metric::Ces,
        wire::Metric::Likert => Metric::Likert,
        wire::Metric::Index => Metric::Index,
    })
}

/// The dimensions; none when one is not stated, so that places in the list are never told wrong.
fn dimensions(request: &wire::QueryMetricRequest, found: &mut Vec<FieldViolation>) -> Vec<Dimension> {
    let before = found.len();
    let mut dimensions = Vec::with_capacity(request.group_by.len());
    for (index, wire) in request.group_by().enumerate() {
        match dimension(wire) {
            Some(dimension) => dimensions.push(dimension),
            None => found.push(FieldViolation::new(
                format!("group_by[{index}]"),
                "must be stated: DIMENSION_DAY, for example",
            )),
        }
    }
    if found.len() == before {
        dimensions
    } else {
        Vec::new()
    }
}

const fn dimension(dimension: wire::Dimension) -> Option<Dimension> {
    Some(match dimension {
        wire::Dimension::Unspecified => return None,
        wire::Dimension::Day => Dimension::Day,
        wire::Dimension::Survey => Dimension::Survey,
        wire::Dimension::Question => Dimension::Question,
        wire::Dimension::Touchpoint => Dimension::Touchpoint,
        wire::Dimension::Location => Dimension::Location,
    })
}

fn day(field: &str, date: Option<google::r#type::Date>, found: &mut Vec<FieldViolation>) -> Option<Date> {
    match instant::date_from_wire(date?) {
        Ok(date) => Some(date),
        Err(wrong) => {
            found.push(FieldViolation::new(field, wrong));
            None
        }
    }
}

fn filter(value: String) -> Option<String> {
    Some(value).filter(|value| !value.is_empty())
}

fn confidence(level: f64, found: &mut Vec<FieldViolation>) -> f64 {
    if level == 0.0 {
        return USUAL_CONFIDENCE;
    }
    if !(0.5..=0.999).contains(&level) {
        found.push(FieldViolation::new(
            "confidence_level",
            format!("is {level}; it must be 0.5 to 0.999, or 0 for 0.95"),
        ));
    }
    level
}
