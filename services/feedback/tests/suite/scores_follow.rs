//! Whoever follows the events has exactly the scores of the answers that are there.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use rapport_contract::feedback::v1::{
    Answer, AnswerSet, CorrectAnswerSetRequest, DeleteAnswerSetRequest, ListAnswerSetsRequest, answer::Value,
};

use crate::service::{Service, Told, answers, score, text};

/// What happens to answers; places beyond the sets that there are count from the first again.
#[derive(Debug, Clone)]
enum Step {
    Submit(Vec<Answer>),
    Correct(usize, Vec<Answer>),
    Delete(usize),
}

fn steps() -> impl Strategy<Value = Step> {
    let answers =
        (1..=5, prop::option::of(0..=10), any::<bool>()).prop_map(|(stay, recommend, has_remark)| {
            let mut answers = vec![score("stay", stay)];
            answers.extend(recommend.map(|recommend| score("recommend", recommend)));
            answers.extend(has_remark.then(|| text("remarks", "Fine")));
            answers
        });
    prop_oneof![
        3 => answers.clone().prop_map(Step::Submit),
        3 => (any::<usize>(), answers).prop_map(|(place, answers)| Step::Correct(place, answers)),
        1 => any::<usize>().prop_map(Step::Delete),
    ]
}

/// Scores by set and question.
type Scores = BTreeMap<String, BTreeMap<String, i32>>;

async fn take(service: &mut Service, step: Step, names: &mut Vec<String>, request: usize) {
    match step {
        Step::Submit(given) => {
            let set = service
                .submit(&format!("r-{request}"), answers(given))
                .await
                .unwrap();
            names.push(set.name);
        }
        Step::Correct(place, answers) if !names.is_empty() => {
            let request = CorrectAnswerSetRequest {
                name: names[place % names.len()].clone(),
                answers,
                etag: String::new(),
            };
            service.client.correct_answer_set(request).await.unwrap();
        }
        Step::Delete(place) if !names.is_empty() => {
            let request = DeleteAnswerSetRequest {
                name: names.swap_remove(place % names.len()),
                allow_missing: false,
            };
            service.client.delete_answer_set(request).await.unwrap();
        }
        Step::Correct(..) | Step::Delete(_) => {}
    }
}

/// The scores that a follower has: those of the highest revision of each set, unless it was deleted.
fn followed(told: &[(String, Told)]) -> Scores {
    let mut latest: BTreeMap<&str, (i32, BTreeMap<String, i32>)> = BTreeMap::new();
    for (_, event) in told {
        let (set, revision, scores) = match event {
            Told::Scored(event) => {
                let scores = event
                    .answers
                    .iter()
                    .map(|answer| (answer.question.clone(), answer.score));
                (event.answer_set.as_str(), event.revision, scores.collect())
            }
            Told::Deleted(event) => (event.answer_set.as_str(), event.revision, BTreeMap::new()),
            Told::Opened(_) | Told::Resolved(_) => continue,
        };
        let before = latest
            .insert(set, (revision, scores))
            .map_or(0, |(revision, _)| revision);
        assert_eq!(revision, before + 1, "revisions of {set} count up by one");
    }
    let scores = latest
        .into_iter()
        .map(|(set, (_, scores))| (set.to_owned(), scores));
    scores.filter(|(_, scores)| !scores.is_empty()).collect()
}

fn scores(set: &AnswerSet) -> BTreeMap<String, i32> {
    let score = |answer: &Answer| match answer.value {
        Some(Value::Score(score)) => Some((answer.question.clone(), score)),
        _ => None,
    };
    set.answers.iter().filter_map(score).collect()
}

async fn check(steps: Vec<Step>) {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let mut names = Vec::new();
    for (request, step) in steps.into_iter().enumerate() {
        take(&mut service, step, &mut names, request).await;
    }
    let request = ListAnswerSetsRequest {
        page_size: 1_000,
        ..ListAnswerSetsRequest::default()
    };
    let there = service
        .client
        .list_answer_sets(request)
        .await
        .unwrap()
        .into_inner()
        .answer_sets;
    let there: Scores = there.iter().map(|set| (set.name.clone(), scores(set))).collect();
    let told = service.told().await;
    assert_eq!(followed(&told), there);
    let opened = told.iter().filter_map(|(_, event)| match event {
        Told::Opened(event) => Some(event.case.clone()),
        _ => None,
    });
    let mut opened: Vec<String> = opened.collect();
    let all = opened.len();
    opened.sort();
    opened.dedup();
    assert_eq!(opened.len(), all, "a case is told to be opened once");
}

#[test]
fn following_the_events_gives_the_scores_of_the_answers_that_are_there() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    proptest!(ProptestConfig::with_cases(24), |(steps in vec(steps(), 1..40))| {
        runtime.block_on(check(steps));
    });
}
