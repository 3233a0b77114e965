//! The events of answer sets as states of them, with every violation at once.

use jiff::Timestamp;
use rapport_contract::{
    feedback::v1::{AnswerSetDeleted, AnswerSetScored, ScoreKind, ScoredAnswer},
    instant,
    name::{self, Pattern},
};
use rapport_events::Event;
use rapport_status::{Error, FieldViolation, Reason, Result};

use crate::domain::{
    answer_set::{AnswerSet, Revision, Scale, Score},
    metric::Metric,
};

/// Topic of the present scores of an answer set.
pub(super) const SCORED: &str = "rapport.feedback.v1.AnswerSetScored";

/// Topic of the deletion of an answer set.
pub(super) const DELETED: &str = "rapport.feedback.v1.AnswerSetDeleted";

/// Scores that an answer set has at most: far more than a survey has questions.
const MOST_SCORES: usize = 1_000;

/// The state of the answer set that an event tells of.
pub(super) fn revision(event: &Event) -> Result<Revision> {
    if event.topic == DELETED {
        deleted(&event.message()?)
    } else {
        scored(event.message()?)
    }
}

fn deleted(message: &AnswerSetDeleted) -> Result<Revision> {
    let mut found = Vec::new();
    let revision = Revision {
        answer_set: id(name::ANSWER_SET, "answer_set", &message.answer_set, &mut found),
        number: number(message.revision, &mut found),
        content: None,
    };
    finish(revision, found)
}

fn scored(message: AnswerSetScored) -> Result<Revision> {
    let mut found = Vec::new();
    let customer = match message.customer.as_str() {
        "" => None,
        customer => Some(id(name::CUSTOMER, "customer", customer, &mut found)),
    };
    let revision = Revision {
        answer_set: id(name::ANSWER_SET, "answer_set", &message.answer_set, &mut found),
        number: number(message.revision, &mut found),
        content: Some(AnswerSet {
            survey: id(name::SURVEY, "survey", &message.survey, &mut found),
            survey_version: message.survey_version,
            customer,
            answered_at: moment(message.answer_time.as_ref(), &mut found),
            location: text("location", message.location, &mut found),
            channel: text("channel", message.channel, &mut found),
            scores: scores(message.answers, &mut found),
        }),
    };
    finish(revision, found)
}

fn finish(revision: Revision, found: Vec<FieldViolation>) -> Result<Revision> {
    if found.is_empty() {
        Ok(revision)
    } else {
        Err(Error::invalid(Reason::InvalidFields, found))
    }
}

fn id(pattern: Pattern, field: &str, name: &str, found: &mut Vec<FieldViolation>) -> String {
    match pattern.require::<1>(field, name) {
        Ok([id]) => id.to_owned(),
        Err(error) => {
            found.extend_from_slice(error.violations());
            String::new()
        }
    }
}

fn number(revision: i32, found: &mut Vec<FieldViolation>) -> i32 {
    if revision < 1 {
        found.push(FieldViolation::new(
            "revision",
            format!("is {revision}; revisions begin with 1"),
        ));
    }
    revision
}

fn moment(time: Option<&prost_types::Timestamp>, found: &mut Vec<FieldViolation>) -> Timestamp {
    let moment = time.ok_or("is missing").and_then(instant::from_wire);
    moment.unwrap_or_else(|wrong| {
        found.push(FieldViolation::new("answer_time", wrong));
        Timestamp::UNIX_EPOCH
    })
}

fn text(path: &str, text: String, found: &mut Vec<FieldViolation>) -> String {
    if text.contains('\0') {
        found.push(FieldViolation::new(
            path,
            "has the character U+0000, which no text may have",
        ));
    }
    text
}

fn scores(answers: Vec<ScoredAnswer>, found: &mut Vec<FieldViolation>) -> Vec<Score> {
    if answers.len() > MOST_SCORES {
        let description = format!("has {} scores; at most {MOST_SCORES} are taken", answers.len());
        found.push(FieldViolation::new("answers", description));
        return Vec::new();
    }
    let scores = answers.into_iter().enumerate();
    scores
        .filter_map(|(index, answer)| score(&format!("answers[{index}]"), answer, found))
        .collect()
}

fn score(path: &str, answer: ScoredAnswer, found: &mut Vec<FieldViolation>) -> Option<Score> {
    let Some(scale) = scale(answer.kind(), answer.scale_maximum) else {
        let description = "is no scale: the kind must be stated, and a Likert scale has 2 to 10 points";
        found.push(FieldViolation::new(format!("{path}.kind"), description));
        return None;
    };
    let value = u8::try_from(answer.score)
        .ok()
        .filter(|value| (scale.lowest()..=scale.highest()).contains(value));
    let Some(value) = value else {
        let (score, lowest, highest) = (answer.score, scale.lowest(), scale.highest());
        let description = format!("is {score}; the scale goes from {lowest} to {highest}");
        found.push(FieldViolation::new(format!("{path}.score"), description));
        return None;
    };
    Some(Score {
        scale,
        value,
        question: text(&format!("{path}.question"), answer.question, found),
        dimension: text(&format!("{path}.dimension"), answer.dimension, found),
        touchpoint: text(&format!("{path}.touchpoint"), answer.touchpoint, found),
    })
}

/// The scale of a kind of score. Only that of a Likert scale has a length of its own.
fn scale(kind: ScoreKind, points: i32) -> Option<Scale> {
    let metric = match kind {
        ScoreKind::Unspecified => return None,
        ScoreKind::Satisfaction => Metric::Csat,
        ScoreKind::Recommendation => Metric::Nps,
        ScoreKind::Effort => Metric::Ces,
        ScoreKind::Likert => Metric::Likert,
    };
    Scale::of(metric, u8::try_from(points).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use rapport_clock::Clock;
    use rapport_events::outbox;

    use super::*;

    fn message() -> AnswerSetScored {
        AnswerSetScored {
            answer_set: "answerSets/a".to_owned(),
            revision: 1,
            survey: "surveys/hotel".to_owned(),
            survey_version: 1,
            customer: "customers/c".to_owned(),
            answer_time: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }),
            location: "Vienna".to_owned(),
            channel: "web".to_owned(),
            answers: vec![ScoredAnswer {
                question: "room".to_owned(),
                kind: ScoreKind::Likert.into(),
                score: 5,
                scale_maximum: 5,
                dimension: "satisfaction".to_owned(),
                touchpoint: "stay".to_owned(),
            }],
        }
    }

    fn paths(message: &AnswerSetScored) -> Vec<String> {
        let event = outbox::event(&Clock::system(), "acme", "c", message);
        let error = revision(&event).expect_err("the message is wrong");
        error
            .violations()
            .iter()
            .map(|violation| violation.field.clone())
            .collect()
    }

    #[test]
    fn the_topics_are_the_names_of_the_messages() {
        let clock = Clock::system();
        assert_eq!(
            outbox::event(&clock, "acme", "c", &AnswerSetScored::default()).topic,
            SCORED
        );
        assert_eq!(
            outbox::event(&clock, "acme", "c", &AnswerSetDeleted::default()).topic,
            DELETED
        );
    }

    #[test]
    fn every_violation_of_a_scored_answer_set_is_told_at_once() {
        let mut wrong = message();
        wrong.answer_set = "answers/a".to_owned();
        wrong.revision = 0;
        wrong.survey = String::new();
        wrong.customer = "c".to_owned();
        wrong.answer_time = None;
        wrong.location = "a\0b".to_owned();
        wrong.answers[0].touchpoint = "\0".to_owned();
        for (kind, score, scale_maximum) in [
            (0, 1, 5),
            (ScoreKind::Likert as i32, 1, 11),
            (ScoreKind::Satisfaction as i32, 6, 5),
            (99, 1, 5),
        ] {
            wrong.answers.push(ScoredAnswer {
                kind,
                score,
                scale_maximum,
                ..ScoredAnswer::default()
            });
        }
        assert_eq!(
            paths(&wrong),
            [
                "customer",
                "answer_set",
                "revision",
                "survey",
                "answer_time",
                "location",
                "answers[0].touchpoint",
                "answers[1].kind",
                "answers[2].kind",
                "answers[3].score",
                "answers[4].kind",
            ]
        );
    }

    #[test]
    fn more_scores_than_any_survey_has_are_refused() {
        let mut wrong = message();
        wrong.answers = vec![wrong.answers[0].clone(); MOST_SCORES + 1];
        assert_eq!(paths(&wrong), ["answers"]);
    }

    #[test]
    fn an_event_of_another_topic_is_refused() {
        let mut event = outbox::event(&Clock::system(), "acme", "c", &message());
        event.topic = "rapport.feedback.v1.CaseOpened".to_owned();
        assert_eq!(revision(&event).unwrap_err().reason(), Reason::MalformedMessage);
    }
}
