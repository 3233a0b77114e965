//! Answers: how many sets of answers are stored and scored a second.

use std::time::{Duration, Instant};

use rapport_contract::{
    feedback::v1::{
        Answer, AnswerSet, CreateSurveyRequest, LikertQuestion, PublishSurveyRequest, Question,
        RecommendationQuestion, SatisfactionQuestion, SubmitAnswerSetRequest, Survey, answer::Value,
        feedback_service_client::FeedbackServiceClient, question::Kind,
    },
    satisfaction::v1::{Metric, QueryMetricRequest, VerifyRollupsRequest},
    r#type::v1::LocalizedText,
};
use rapport_testkit::Nats;
use tonic::{Status, transport::Channel};
use uuid::Uuid;

use crate::{
    Outcome, Plan,
    measure::{Calls, closed_loop, number},
    report::{Report, Target},
    stage::{Running, Stage},
};

const SURVEY: &str = "surveys/stay";

/// Sets a second that have to be stored and scored.
const WANTED: f64 = 2_000.0;

const CALLERS: u64 = 64;

/// How long scoring may take before the run is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Measures answers.
pub async fn measure(stage: &Stage, plan: &Plan, report: &mut Report) -> Outcome<()> {
    let broker = Nats::start();
    let databases = stage.databases("answers")?;
    let feedback = databases
        .service("feedback", "measured", Some(&broker), &[])
        .await?;
    let satisfaction = databases
        .service("satisfaction", "measured", Some(&broker), &[])
        .await?;
    publish(&feedback).await?;
    // Databases that have worked for a while: their planners know the tables.
    let warm = answer(&feedback, plan.time / 4, 500_000).await?;
    all_scored(&satisfaction, warm.answered()).await?;
    for service in ["feedback", "satisfaction"] {
        databases.sql(service, "VACUUM ANALYZE");
    }
    let begun = Instant::now();
    let calls = answer(&feedback, plan.time * 2, 0).await?;
    all_scored(&satisfaction, warm.answered() + calls.answered()).await?;
    let drained = begun.elapsed();
    let rollups = satisfaction
        .satisfaction(0)
        .verify_rollups(VerifyRollupsRequest {})
        .await?
        .into_inner();
    if rollups.difference_count != 0 {
        return Err(format!(
            "the roll-ups differ from their recomputation: {:?}",
            rollups.differences
        )
        .into());
    }
    report.add(
        "answer sets stored and scored",
        number(calls.answered()) / drained.as_secs_f64(),
        "per s",
        Some(Target::AtLeast(WANTED)),
        format!(
            "five answers a set, 64 callers; {:.0} stored a second, p50 {:.1} ms, p99 {:.1} ms; all scored {:.2} s after \
             the last; roll-ups equal their recomputation",
            calls.per_second(),
            calls.millis(0.5),
            calls.millis(0.99),
            (drained.saturating_sub(calls.elapsed)).as_secs_f64()
        ),
    );
    feedback.end().await?;
    satisfaction.end().await
}

/// Has callers answer for a time; `first` numbers the first set of each.
async fn answer(feedback: &Running, time: Duration, first: u64) -> Outcome<Calls> {
    let clients = [feedback.feedback(0), feedback.feedback(1)];
    closed_loop(CALLERS, time, move |caller, turn| {
        let client = clients[usize::try_from(caller).unwrap_or_default() % clients.len()].clone();
        submit(client, caller * 1_000_000 + first + turn)
    })
    .await?
    .faultless("submitting answers")
}

/// Waits until a number of sets are scored.
async fn all_scored(satisfaction: &Running, sets: u64) -> Outcome<()> {
    let (begun, sets) = (Instant::now(), i64::try_from(sets)?);
    loop {
        let scored = scored(satisfaction).await?;
        if scored >= sets {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("{scored} of {sets} sets were scored within {PATIENCE:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn publish(feedback: &Running) -> Outcome<()> {
    let question = |id: &str, kind: Kind| Question {
        id: id.to_owned(),
        text: vec![LocalizedText {
            language: "en".to_owned(),
            text: format!("How was the {id}?"),
        }],
        dimension: "satisfaction".to_owned(),
        required: true,
        kind: Some(kind),
        ..Question::default()
    };
    let scale = || Kind::Likert(LikertQuestion { points: 10 });
    let survey = Survey {
        title: "Load".to_owned(),
        questions: vec![
            question("stay", Kind::Satisfaction(SatisfactionQuestion {})),
            question("recommend", Kind::Recommendation(RecommendationQuestion {})),
            question("room", scale()),
            question("breakfast", scale()),
            question("staff", scale()),
        ],
        ..Survey::default()
    };
    let request = CreateSurveyRequest {
        survey_id: "stay".to_owned(),
        survey: Some(survey),
    };
    feedback.feedback(0).create_survey(request).await?;
    let request = PublishSurveyRequest {
        name: SURVEY.to_owned(),
    };
    feedback.feedback(0).publish_survey(request).await?;
    Ok(())
}

async fn submit(mut client: FeedbackServiceClient<Channel>, number: u64) -> Result<(), Status> {
    let score = |question: &str, most: u64| Answer {
        question: question.to_owned(),
        value: Some(Value::Score(i32::try_from(number % most).unwrap_or_default() + 1)),
    };
    let request = SubmitAnswerSetRequest {
        request_id: Uuid::now_v7().to_string(),
        answer_set: Some(AnswerSet {
            survey: SURVEY.to_owned(),
            customer: format!("customers/{}", number % 10_000),
            answers: vec![
                score("stay", 5),
                score("recommend", 10),
                score("room", 10),
                score("breakfast", 10),
                score("staff", 10),
            ],
            touchpoint: "stay".to_owned(),
            location: format!("house {}", number % 7),
            channel: "app".to_owned(),
            language: "en".to_owned(),
            ..AnswerSet::default()
        }),
    };
    client.submit_answer_set(request).await?;
    Ok(())
}

/// Sets whose first answer is in the roll-ups.
async fn scored(satisfaction: &Running) -> Outcome<i64> {
    let request = QueryMetricRequest {
        metric: Metric::Csat.into(),
        survey: SURVEY.to_owned(),
        ..QueryMetricRequest::default()
    };
    let rows = satisfaction
        .satisfaction(0)
        .query_metric(request)
        .await?
        .into_inner()
        .rows;
    Ok(rows.first().map_or(0, |row| row.answer_count))
}
