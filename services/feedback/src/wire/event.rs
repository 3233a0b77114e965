//! Events that tell other services what happened.

use rapport_contract::{feedback::v1, instant};

use crate::{
    domain::{
        answer_set::{AnswerSet, ScoredAnswer},
        case::{Case, Resolution},
        questionnaire::{Questionnaire, ScoreKind},
    },
    wire::priority,
};

/// The present scores of a set of answers.
pub(crate) fn answer_set_scored(set: &AnswerSet, questionnaire: &Questionnaire) -> v1::AnswerSetScored {
    v1::AnswerSetScored {
        answer_set: set.name.clone(),
        revision: set.revision,
        survey: set.survey.clone(),
        survey_version: set.survey_version,
        customer: set.customer.clone(),
        answer_time: Some(instant::to_wire(set.answer_time)),
        location: set.location.clone(),
        channel: set.channel.clone(),
        answers: set.scores(questionnaire).into_iter().map(scored_answer).collect(),
    }
}

fn scored_answer(answer: ScoredAnswer) -> v1::ScoredAnswer {
    let kind = match answer.kind {
        ScoreKind::Satisfaction => v1::ScoreKind::Satisfaction,
        ScoreKind::Recommendation => v1::ScoreKind::Recommendation,
        ScoreKind::Effort => v1::ScoreKind::Effort,
        ScoreKind::Likert => v1::ScoreKind::Likert,
    };
    v1::ScoredAnswer {
        question: answer.question,
        kind: kind.into(),
        score: answer.score,
        scale_maximum: answer.scale_maximum,
        dimension: answer.dimension,
        touchpoint: answer.touchpoint,
    }
}

/// A set of answers was deleted; `revision` follows the last of its scores.
pub(crate) fn answer_set_deleted(set: &AnswerSet, revision: i32) -> v1::AnswerSetDeleted {
    v1::AnswerSetDeleted {
        answer_set: set.name.clone(),
        revision,
        customer: set.customer.clone(),
    }
}

/// A case was opened.
pub(crate) fn case_opened(case: &Case) -> v1::CaseOpened {
    v1::CaseOpened {
        case: case.name.clone(),
        customer: case.customer.clone(),
        priority: priority::to_wire(case.priority).into(),
        due_time: Some(instant::to_wire(case.due_time)),
    }
}

/// A case was resolved.
pub(crate) fn case_resolved(case: &Case, resolution: &Resolution) -> v1::CaseResolved {
    v1::CaseResolved {
        case: case.name.clone(),
        customer: case.customer.clone(),
        priority: priority::to_wire(case.priority).into(),
        compensate: resolution.compensate,
        resolve_time: Some(instant::to_wire(resolution.time)),
    }
}
