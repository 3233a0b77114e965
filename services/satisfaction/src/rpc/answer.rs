//! What callers are answered.

use rapport_contract::{
    instant, name,
    satisfaction::v1::{CustomerSatisfaction, MetricRow},
    r#type::v1::Interval,
};

use crate::domain::{customer::CustomerAnswers, figures::Figures, query::Group};

pub(super) fn row((group, figures): (Group, Figures)) -> MetricRow {
    MetricRow {
        day: group.day.map(instant::date_to_wire),
        survey: group
            .survey
            .map(|survey| name::SURVEY.format([&survey]))
            .unwrap_or_default(),
        question: group.question.unwrap_or_default(),
        touchpoint: group.touchpoint.unwrap_or_default(),
        location: group.location.unwrap_or_default(),
        answer_count: figures.answer_count,
        value: figures.value,
        interval: figures.interval.map(|interval| Interval {
            low: interval.low,
            high: interval.high,
        }),
        standard_deviation: figures.standard_deviation,
        top_share: figures.top_share,
        bottom_share: figures.bottom_share,
        score_counts: figures.score_counts.map(Vec::from).unwrap_or_default(),
    }
}

pub(super) fn customer(name: String, answers: &CustomerAnswers) -> CustomerSatisfaction {
    CustomerSatisfaction {
        name,
        answer_set_count: answers.answer_sets,
        index: answers.index(),
        latest_nps: answers.latest_nps,
        latest_csat: answers.latest_csat,
        latest_answer_time: Some(instant::to_wire(answers.latest_at)),
    }
}
