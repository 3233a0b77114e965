//! A question about a metric.

use std::fmt::Write as _;

use jiff::civil::Date;
use rapport_status::FieldViolation;

use super::{
    metric::{Dimension, Metric},
    rollup::Sums,
};

/// Asks for a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What to measure.
    pub metric: Metric,
    /// First day; none means from the beginning.
    pub start: Option<Date>,
    /// Last day, included; none means to the end.
    pub end: Option<Date>,
    /// Only answers to the survey with this id; none means all.
    pub survey: Option<String>,
    /// Only answers to this question; none means all.
    pub question: Option<String>,
    /// Only this touchpoint; none means all.
    pub touchpoint: Option<String>,
    /// Only this location; none means all.
    pub location: Option<String>,
    /// What to break down by, in the order of the rows.
    pub group_by: Vec<Dimension>,
    /// Confidence of the intervals, between 0 and 1.
    pub confidence: f64,
}

impl Query {
    /// What is wrong with the query: dimensions that the metric does not have, dimensions given twice, days that run
    /// backwards.
    pub fn violations(&self) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        let filters = [
            (Dimension::Survey, &self.survey),
            (Dimension::Question, &self.question),
            (Dimension::Touchpoint, &self.touchpoint),
            (Dimension::Location, &self.location),
        ];
        for (dimension, filter) in filters {
            if filter.is_some() && !self.metric.has(dimension) {
                found.push(FieldViolation::new(dimension.name(), self.lacks(dimension)));
            }
        }
        for (index, dimension) in self.group_by.iter().enumerate() {
            let path = format!("group_by[{index}]");
            if self.group_by[..index].contains(dimension) {
                found.push(FieldViolation::new(
                    path,
                    format!("{} is given twice; give it once", dimension.name()),
                ));
            } else if !self.metric.has(*dimension) {
                found.push(FieldViolation::new(path, self.lacks(*dimension)));
            }
        }
        if let (Some(start), Some(end)) = (self.start, self.end)
            && start > end
        {
            found.push(FieldViolation::new(
                "start_date",
                format!("{start} is after end_date, {end}"),
            ));
        }
        found
    }

    /// Everything that selects the rows, as one text: a page token is only good for the query that it was given for.
    pub fn scope(&self, tenant: &str) -> String {
        let mut scope = format!("QueryMetric {tenant} {}", self.metric);
        // The debug form quotes texts, so that two different queries never give the same scope.
        let _ = write!(
            scope,
            " {:?} {:?} {:?} {:?} {:?} {:?} {:?} {}",
            self.start,
            self.end,
            self.survey,
            self.question,
            self.touchpoint,
            self.location,
            self.group_by,
            self.confidence
        );
        scope
    }

    fn lacks(&self, dimension: Dimension) -> String {
        format!(
            "the {} is not observed by {}, but by day, survey and location only",
            self.metric,
            dimension.name()
        )
    }
}

/// What the answers of one group add up to. Has those dimensions that the query is broken down by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// The day.
    pub day: Option<Date>,
    /// Id of the survey.
    pub survey: Option<String>,
    /// Id of the question.
    pub question: Option<String>,
    /// The touchpoint.
    pub touchpoint: Option<String>,
    /// The location.
    pub location: Option<String>,
    /// What the answers add up to.
    pub sums: Sums,
}
