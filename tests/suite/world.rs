//! A small hotel with guests: what the closed loop needs, and everything that can be seen of it.

mod points;
mod rewards;
mod tiers;

use std::fmt::Write as _;

use rapport::client::Clients;
use rapport_contract::{
    feedback::v1::{
        Answer, AnswerSet, CaseRule, CreateSurveyRequest, EffortQuestion, GetCaseRequest, LikertQuestion,
        ListAnswerSetsRequest, ListCasesRequest, PublishSurveyRequest, Question, RecommendationQuestion,
        SatisfactionQuestion, SubmitAnswerSetRequest, SummarizeCasesRequest, Survey, answer, question,
    },
    google::r#type::Money,
    loyalty::v1::{
        Balance, CompensationRule, CreateProgramRequest, EarningRule, GetBalanceRequest, LedgerSummary,
        ListMembersRequest, ListTransactionsRequest, Program, SummarizeLedgerRequest,
    },
    profile::v1::{
        CreateCustomerRequest, Customer, GetCustomerViewRequest, ListCustomerValuesRequest,
        ListTimelineEntriesRequest, Purchase, PurchaseKind, RecordPurchaseRequest, SummarizeCustomersRequest,
    },
    satisfaction::v1::{Dimension, GetCustomerSatisfactionRequest, Metric, QueryMetricRequest},
    r#type::v1::{LocalizedText, Priority},
};

pub(crate) use points::moved_points;
pub(crate) use rewards::{create_rewards, order, rewards, wanted_rewards};
pub(crate) use tiers::{create_tiers, granted_tiers, tier_set};

pub(crate) const PROGRAM: &str = "programs/harbour-club";
pub(crate) const SURVEY: &str = "surveys/after-the-stay";

/// Points for a member whose urgent case was resolved.
pub(crate) const COMPENSATION: i64 = 200;

/// 2025-06-01T10:15:00Z: long enough ago for every clock.
const MORNING: i64 = 1_748_772_900;

/// The name of a guest.
pub(crate) fn customer(id: &str) -> String {
    format!("customers/{id}")
}

/// The name of a guest's membership.
pub(crate) fn member(id: &str) -> String {
    format!("{PROGRAM}/members/{id}")
}

/// Creates the program, which gives a point for each dollar, lasts for ever, and takes every new customer in.
pub(crate) async fn create_program(clients: &Clients) {
    let program = Program {
        title: "Harbour Club".to_owned(),
        earning_rule: Some(EarningRule {
            currency_code: "USD".to_owned(),
            points: 1,
            per_amount_minor: 100,
        }),
        compensation_rules: vec![CompensationRule {
            priority: Priority::High.into(),
            points: COMPENSATION,
        }],
        enrols_automatically: true,
        ..Program::default()
    };
    let request = CreateProgramRequest {
        program_id: "harbour-club".to_owned(),
        program: Some(program),
    };
    clients
        .loyalty
        .clone()
        .create_program(request)
        .await
        .expect("the program is new");
}

/// Creates a guest.
pub(crate) async fn create_customer(clients: &Clients, id: &str) {
    let request = CreateCustomerRequest {
        customer_id: id.to_owned(),
        customer: Some(Customer {
            display_name: format!("Guest {id}"),
            ..Customer::default()
        }),
    };
    clients
        .profile
        .clone()
        .create_customer(request)
        .await
        .expect("the guest is new");
}

/// A purchase of some dollars, or the return of one.
pub(crate) fn purchase(source_id: &str, dollars: i64, returned: Option<&str>) -> Purchase {
    let kind = if returned.is_some() {
        PurchaseKind::Return
    } else {
        PurchaseKind::Sale
    };
    Purchase {
        source: "till".to_owned(),
        source_id: source_id.to_owned(),
        kind: kind.into(),
        original_source_id: returned.unwrap_or_default().to_owned(),
        purchase_time: Some(moment(0)),
        amount: Some(Money {
            currency_code: "USD".to_owned(),
            units: dollars,
            nanos: 0,
        }),
        quantity: 1,
        ..Purchase::default()
    }
}

/// Records a purchase of a guest.
pub(crate) async fn record(clients: &Clients, id: &str, purchase: Purchase) {
    let request = RecordPurchaseRequest {
        parent: customer(id),
        purchase: Some(purchase),
    };
    clients
        .profile
        .clone()
        .record_purchase(request)
        .await
        .expect("the purchase is taken");
}

fn moment(minutes: i64) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: MORNING + minutes * 60,
        nanos: 0,
    }
}

/// Creates and publishes the survey: one question of each kind that is measured, and a rule for cases.
pub(crate) async fn publish_survey(clients: &Clients) {
    let question = |id: &str, dimension: &str, kind| Question {
        id: id.to_owned(),
        text: vec![LocalizedText {
            language: "en".to_owned(),
            text: format!("What about {id}?"),
        }],
        dimension: dimension.to_owned(),
        kind: Some(kind),
        ..Question::default()
    };
    let survey = Survey {
        title: "After the stay".to_owned(),
        questions: vec![
            question(
                "recommend",
                "",
                question::Kind::Recommendation(RecommendationQuestion {}),
            ),
            question("stay", "", question::Kind::Satisfaction(SatisfactionQuestion {})),
            question("ease", "", question::Kind::Effort(EffortQuestion {})),
            question(
                "room",
                "satisfaction",
                question::Kind::Likert(LikertQuestion { points: 7 }),
            ),
        ],
        case_rules: vec![CaseRule {
            question: "recommend".to_owned(),
            at_most: 6,
            priority: Priority::High.into(),
            ..CaseRule::default()
        }],
        ..Survey::default()
    };
    let request = CreateSurveyRequest {
        survey_id: "after-the-stay".to_owned(),
        survey: Some(survey),
    };
    clients
        .feedback
        .clone()
        .create_survey(request)
        .await
        .expect("the survey is new");
    let request = PublishSurveyRequest {
        name: SURVEY.to_owned(),
    };
    clients
        .feedback
        .clone()
        .publish_survey(request)
        .await
        .expect("the survey is complete");
}

/// Submits a guest's answers to the questions in their order, and gives the stored set.
pub(crate) async fn answer(clients: &Clients, id: &str, scores: [i32; 4]) -> AnswerSet {
    let answers = ["recommend", "stay", "ease", "room"].iter().zip(scores);
    let request = SubmitAnswerSetRequest {
        request_id: format!("answers-of-{id}"),
        answer_set: Some(AnswerSet {
            survey: SURVEY.to_owned(),
            customer: customer(id),
            answers: answers
                .map(|(question, score)| Answer {
                    question: (*question).to_owned(),
                    value: Some(answer::Value::Score(score)),
                })
                .collect(),
            answer_time: Some(moment(60)),
            touchpoint: "stay".to_owned(),
            location: "harbour".to_owned(),
            ..AnswerSet::default()
        }),
    };
    let stored = clients.feedback.clone().submit_answer_set(request).await;
    stored.expect("the answers fit").into_inner()
}

/// What a guest has now, without the moment of asking.
pub(crate) async fn balance(clients: &Clients, id: &str) -> Balance {
    let request = GetBalanceRequest {
        name: format!("{}/balance", member(id)),
        ..GetBalanceRequest::default()
    };
    let balance = clients.loyalty.clone().get_balance(request).await;
    Balance {
        read_time: None,
        ..balance.expect("the guest is a member").into_inner()
    }
}

/// The sums of the program's ledger, without the moment of asking.
pub(crate) async fn ledger(clients: &Clients) -> LedgerSummary {
    let request = SummarizeLedgerRequest {
        program: PROGRAM.to_owned(),
        ..SummarizeLedgerRequest::default()
    };
    let summary = clients.loyalty.clone().summarize_ledger(request).await;
    LedgerSummary {
        read_time: None,
        ..summary.expect("the program is there").into_inner()
    }
}

/// Everything that callers can see of these guests and of the whole suite, one thing a line.
pub(crate) async fn everything(clients: &Clients, guests: &[&str]) -> String {
    let mut seen = String::new();
    for id in guests {
        see(&mut seen, id, &balance(clients, id).await);
        of_guest(clients, id, &mut seen).await;
    }
    see(&mut seen, "ledger", &ledger(clients).await);
    of_lists(clients, &mut seen).await;
    of_metrics(clients, &mut seen).await;
    seen
}

fn see(seen: &mut String, what: &str, answer: &impl std::fmt::Debug) {
    let _ = writeln!(seen, "{what}: {answer:?}");
}

async fn of_guest(clients: &Clients, id: &str, seen: &mut String) {
    let request = GetCustomerViewRequest {
        name: format!("{}/view", customer(id)),
    };
    see(
        seen,
        id,
        &clients
            .profile
            .clone()
            .get_customer_view(request)
            .await
            .unwrap()
            .into_inner(),
    );
    let request = ListTimelineEntriesRequest {
        parent: customer(id),
        ..ListTimelineEntriesRequest::default()
    };
    see(
        seen,
        id,
        &clients
            .profile
            .clone()
            .list_timeline_entries(request)
            .await
            .unwrap()
            .into_inner(),
    );
    let request = ListTransactionsRequest {
        parent: member(id),
        ..ListTransactionsRequest::default()
    };
    see(
        seen,
        id,
        &clients
            .loyalty
            .clone()
            .list_transactions(request)
            .await
            .unwrap()
            .into_inner(),
    );
    let request = GetCustomerSatisfactionRequest {
        name: format!("{}/satisfaction", customer(id)),
    };
    let satisfaction = clients
        .satisfaction
        .clone()
        .get_customer_satisfaction(request)
        .await;
    see(
        seen,
        id,
        &satisfaction
            .map(tonic::Response::into_inner)
            .map_err(|status| status.code()),
    );
}

async fn of_lists(clients: &Clients, seen: &mut String) {
    let request = ListMembersRequest {
        parent: PROGRAM.to_owned(),
        ..ListMembersRequest::default()
    };
    see(
        seen,
        "members",
        &clients
            .loyalty
            .clone()
            .list_members(request)
            .await
            .unwrap()
            .into_inner(),
    );
    let answer_sets = clients
        .feedback
        .clone()
        .list_answer_sets(ListAnswerSetsRequest::default())
        .await;
    see(seen, "answer sets", &answer_sets.unwrap().into_inner());
    let cases = clients
        .feedback
        .clone()
        .list_cases(ListCasesRequest::default())
        .await
        .unwrap()
        .into_inner();
    for case in cases.cases {
        let request = GetCaseRequest { name: case.name };
        see(
            seen,
            "case",
            &clients
                .feedback
                .clone()
                .get_case(request)
                .await
                .unwrap()
                .into_inner(),
        );
    }
    let counts = clients
        .feedback
        .clone()
        .summarize_cases(SummarizeCasesRequest {})
        .await;
    see(seen, "cases", &counts.unwrap().into_inner());
    let summary = clients
        .profile
        .clone()
        .summarize_customers(SummarizeCustomersRequest {})
        .await;
    see(seen, "customers", &summary.unwrap().into_inner());
    let values = clients
        .profile
        .clone()
        .list_customer_values(ListCustomerValuesRequest::default())
        .await;
    see(seen, "values", &values.unwrap().into_inner());
}

async fn of_metrics(clients: &Clients, seen: &mut String) {
    let dimensions = [
        Dimension::Day,
        Dimension::Survey,
        Dimension::Question,
        Dimension::Location,
    ];
    for metric in [
        Metric::Csat,
        Metric::Nps,
        Metric::Ces,
        Metric::Likert,
        Metric::Index,
    ] {
        for dimension in dimensions {
            if metric == Metric::Index && dimension == Dimension::Question {
                continue;
            }
            let request = QueryMetricRequest {
                metric: metric.into(),
                group_by: vec![dimension.into()],
                ..QueryMetricRequest::default()
            };
            let answer = clients.satisfaction.clone().query_metric(request).await;
            see(seen, metric.as_str_name(), &answer.unwrap().into_inner());
        }
    }
}
