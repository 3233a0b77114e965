//! The hotel survey of the demonstration, its SYNTHETIC answers, and the cases that they open.

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use jiff::{ToSpan as _, civil::date, tz::TimeZone};
use rapport_contract::{
    feedback::v1::{
        Answer, AnswerSet, AssignCaseRequest, CaseRule, CreateSurveyRequest, LikertQuestion,
        OpenTextQuestion, PublishSurveyRequest, Question, RecommendationQuestion, ResolveCaseRequest,
        SatisfactionQuestion, SubmitAnswerSetRequest, Survey, answer::Value, question::Kind,
    },
    instant, name,
    satisfaction::v1::{Metric, QueryMetricRequest},
    r#type::v1::{LocalizedText, Priority},
};

use super::{progress, samples};
use rapport_process::Failure;

use crate::client::Clients;

const SURVEY: &str = "hotel-stay";
const LOCATIONS: [&str; 3] = ["Harbour", "Garden", "Station"];
const CONCURRENT: usize = 16;

/// Days over which the answers are spread.
const DAYS: usize = 14;

/// How long scoring may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// Latent variables of the questionnaire, by the letters that its questions begin with.
const DIMENSIONS: [(&str, &str, &str, &str); 8] = [
    ("imag", "image", "Image of the hotel", "酒店形象"),
    ("cuex", "expectation", "What you expected", "您的期望"),
    ("perq", "quality", "Quality of the stay", "入住质量"),
    ("perv", "value", "Value for money", "性价比"),
    ("cusa", "satisfaction", "Your satisfaction", "您的满意度"),
    ("cusco", "complaints", "How complaints are handled", "投诉处理"),
    ("cusl", "loyalty", "Coming back", "再次入住"),
    ("", "other", "Other", "其他"),
];

pub(super) fn survey() -> String {
    name::SURVEY.format([SURVEY])
}

fn texts(english: &str, chinese: &str) -> Vec<LocalizedText> {
    vec![
        LocalizedText {
            language: "en".to_owned(),
            text: english.to_owned(),
        },
        LocalizedText {
            language: "zh-CN".to_owned(),
            text: chinese.to_owned(),
        },
    ]
}

fn question(id: &str, wording: (&str, &str), dimension: &str, required: bool, kind: Kind) -> Question {
    Question {
        id: id.to_owned(),
        text: texts(wording.0, wording.1),
        dimension: dimension.to_owned(),
        touchpoint: "stay".to_owned(),
        required,
        kind: Some(kind),
    }
}

fn scale_question(id: &str) -> Question {
    let letters = id.trim_end_matches(|character: char| character.is_ascii_digit());
    let number = &id[letters.len()..];
    let (_, dimension, english, chinese) = DIMENSIONS
        .iter()
        .find(|(prefix, ..)| *prefix == letters)
        .unwrap_or(&DIMENSIONS[7]);
    let wording = (format!("{english} {number}"), format!("{chinese} {number}"));
    let kind = Kind::Likert(LikertQuestion { points: 10 });
    question(id, (wording.0.trim(), wording.1.trim()), dimension, false, kind)
}

/// Opens a case for unhappy guests.
fn rule(question: &str, at_most: i32, priority: Priority, due_hours: i32) -> CaseRule {
    CaseRule {
        question: question.to_owned(),
        at_most,
        priority: priority.into(),
        due_hours,
        owner: String::new(),
    }
}

fn questionnaire(stays: &[samples::Stay]) -> Survey {
    let mut questions = vec![
        question(
            "overall",
            (
                "How satisfied are you with your stay?",
                "您对本次入住的满意程度如何？",
            ),
            "",
            true,
            Kind::Satisfaction(SatisfactionQuestion {}),
        ),
        question(
            "recommend",
            (
                "How likely are you to recommend us?",
                "您向朋友推荐我们的可能性有多大？",
            ),
            "",
            true,
            Kind::Recommendation(RecommendationQuestion {}),
        ),
    ];
    let scales = stays
        .first()
        .map(|stay| stay.scores.as_slice())
        .unwrap_or_default();
    questions.extend(scales.iter().map(|(id, _)| scale_question(id)));
    questions.push(question(
        "remarks",
        ("What should we know?", "您还有什么想告诉我们的？"),
        "",
        false,
        Kind::OpenText(OpenTextQuestion { max_length: 1000 }),
    ));
    Survey {
        title: "Hotel stay (synthetic sample)".to_owned(),
        questions,
        case_rules: vec![
            rule("overall", 2, Priority::High, 24),
            rule("recommend", 4, Priority::Normal, 72),
        ],
        ..Survey::default()
    }
}

/// Publishes the survey and submits every answer set. Gives the cases that were opened, in the order of the guests.
pub(super) async fn submit(clients: &Clients, stays: &[samples::Stay]) -> Result<Vec<String>, Failure> {
    let survey_request = CreateSurveyRequest {
        survey_id: SURVEY.to_owned(),
        survey: Some(questionnaire(stays)),
    };
    clients.feedback.clone().create_survey(survey_request).await?;
    clients
        .feedback
        .clone()
        .publish_survey(PublishSurveyRequest { name: survey() })
        .await?;
    let customers = samples::purchases()?;
    let customers = samples::customers(&customers);
    let bar = progress::bar("submitting answers", stays.len());
    let opened: Vec<String> = futures::stream::iter(stays.iter().zip(customers).enumerate())
        .map(|(index, (stay, customer))| {
            let request = submission(index, stay, customer);
            let (mut feedback, bar) = (clients.feedback.clone(), &bar);
            async move {
                let answer = feedback.submit_answer_set(request).await?.into_inner();
                bar.inc(1);
                Ok::<_, Failure>(answer.opened_case)
            }
        })
        .buffered(CONCURRENT)
        .try_collect()
        .await?;
    let opened: Vec<String> = opened.into_iter().filter(|case| !case.is_empty()).collect();
    progress::done(
        &bar,
        &format!(
            "{} SYNTHETIC answer sets submitted, {} cases opened by rule",
            stays.len(),
            opened.len()
        ),
    );
    Ok(opened)
}

fn submission(index: usize, stay: &samples::Stay, customer: &str) -> SubmitAnswerSetRequest {
    let answer = |question: &str, score: i32| Answer {
        question: question.to_owned(),
        value: Some(Value::Score(score)),
    };
    // The sample has no five-point question: the ten points of overall satisfaction are halved, rounding up.
    let overall = (stay.score("cusa1") + 1) / 2;
    let mut answers = vec![
        answer("overall", overall),
        answer("recommend", stay.score("cusl1")),
    ];
    answers.extend(stay.scores.iter().map(|(id, score)| answer(id, *score)));
    let day = i64::try_from(index % DAYS).unwrap_or_default();
    let morning = date(1998, 6, 1).at(10, 0, 0, 0);
    let time = morning
        .checked_add(day.days())
        .and_then(|time| TimeZone::UTC.to_timestamp(time));
    SubmitAnswerSetRequest {
        request_id: format!("demo-stay-{}", index + 1),
        answer_set: Some(AnswerSet {
            survey: survey(),
            survey_version: 1,
            customer: name::CUSTOMER.format([customer]),
            answers,
            answer_time: time.ok().map(instant::to_wire),
            touchpoint: "stay".to_owned(),
            location: LOCATIONS[index % LOCATIONS.len()].to_owned(),
            channel: "app".to_owned(),
            language: "en".to_owned(),
            ..AnswerSet::default()
        }),
    }
}

/// Assigns and resolves every third case, with compensation. Gives their number.
pub(super) async fn resolve_some(clients: &Clients, opened: &[String]) -> Result<usize, Failure> {
    let chosen: Vec<&String> = opened.iter().step_by(3).collect();
    let bar = progress::bar("resolving cases", chosen.len());
    for case in &chosen {
        let resolve = ResolveCaseRequest {
            name: (*case).clone(),
            resolution: "Apologised in person and upgraded the next stay".to_owned(),
            compensate: true,
        };
        // A case that an earlier run resolved gives the same answer again; only an open one needs an owner first.
        if !is_resolved(clients, case).await? {
            let assign = AssignCaseRequest {
                name: (*case).clone(),
                owner: "guest-relations".to_owned(),
                due_time: None,
            };
            clients.feedback.clone().assign_case(assign).await?;
        }
        clients.feedback.clone().resolve_case(resolve).await?;
        bar.inc(1);
    }
    progress::done(
        &bar,
        &format!("{} cases resolved with compensation", chosen.len()),
    );
    Ok(chosen.len())
}

async fn is_resolved(clients: &Clients, case: &str) -> Result<bool, Failure> {
    use rapport_contract::feedback::v1::{CaseState, GetCaseRequest};
    let case = clients
        .feedback
        .clone()
        .get_case(GetCaseRequest {
            name: case.to_owned(),
        })
        .await?
        .into_inner();
    Ok(matches!(case.state(), CaseState::Resolved | CaseState::Closed))
}

/// Waits until every answer set is scored.
pub(super) async fn wait_until_scored(clients: &Clients, answer_sets: usize) -> Result<(), Failure> {
    let expected = i64::try_from(answer_sets).unwrap_or(i64::MAX);
    let scored = async {
        loop {
            let request = QueryMetricRequest {
                metric: Metric::Index.into(),
                survey: survey(),
                ..QueryMetricRequest::default()
            };
            let rows = clients
                .satisfaction
                .clone()
                .query_metric(request)
                .await?
                .into_inner()
                .rows;
            if rows.iter().map(|row| row.answer_count).sum::<i64>() == expected {
                return Ok::<(), Failure>(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, scored).await.map_err(|_| {
        Failure::new("the answers were not scored in time")
            .mend("run it again: it goes on where it was; the log tells what was in the way")
    })?
}
