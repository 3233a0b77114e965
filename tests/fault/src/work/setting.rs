//! What there is before the faults begin: a program, a survey, customers who are members.

use std::time::{Duration, Instant};

use rapport_contract::{
    feedback::v1::{
        CaseRule, CreateSurveyRequest, EffortQuestion, PublishSurveyRequest, Question,
        RecommendationQuestion, SatisfactionQuestion, Survey, question,
    },
    loyalty::v1::{CreateProgramRequest, EarningRule, GetBalanceRequest, Program},
    profile::v1::{CreateCustomerRequest, Customer},
    r#type::v1::{LocalizedText, Priority},
};

use crate::services::Clients;

/// How many customers there are.
pub(crate) const CUSTOMERS: usize = 16;

pub(crate) const PROGRAM: &str = "programs/harbour-club";
pub(crate) const SURVEY: &str = "surveys/after-the-stay";

/// A recommendation of this or less opens a case.
pub(crate) const LOW: i32 = 3;

/// The attribute of customers that updates count up.
pub(crate) const NUMBER: &str = "number";

/// How long it may take until every new customer is a member.
const PATIENCE: Duration = Duration::from_mins(1);

/// The name of a customer.
pub(crate) fn customer(place: usize) -> String {
    format!("customers/guest-{place:02}")
}

/// The name of a customer's membership.
pub(crate) fn member(place: usize) -> String {
    format!("{PROGRAM}/members/guest-{place:02}")
}

/// Makes all of it, and waits until the events have made every customer a member.
pub(crate) async fn prepare(clients: &Clients) {
    program(clients).await;
    survey(clients).await;
    for place in 0..CUSTOMERS {
        let request = CreateCustomerRequest {
            customer_id: format!("guest-{place:02}"),
            customer: Some(Customer::default()),
        };
        let created = clients.profile.clone().create_customer(request).await;
        created.expect("the customer is new");
    }
    let begun = Instant::now();
    for place in 0..CUSTOMERS {
        let balance = || {
            let request = GetBalanceRequest {
                name: format!("{}/balance", member(place)),
                ..GetBalanceRequest::default()
            };
            let mut loyalty = clients.loyalty.clone();
            async move { loyalty.get_balance(request).await }
        };
        while let Err(status) = balance().await {
            assert!(
                begun.elapsed() < PATIENCE,
                "{} did not become a member: {status}",
                customer(place)
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A program that gives a point for each dollar, lasts for ever, and takes every new customer in.
async fn program(clients: &Clients) {
    let program = Program {
        title: "Harbour Club".to_owned(),
        earning_rule: Some(EarningRule {
            currency_code: "USD".to_owned(),
            points: 1,
            per_amount_minor: 100,
        }),
        enrols_automatically: true,
        ..Program::default()
    };
    let request = CreateProgramRequest {
        program_id: "harbour-club".to_owned(),
        program: Some(program),
    };
    let created = clients.loyalty.clone().create_program(request).await;
    created.expect("the program is new");
}

async fn survey(clients: &Clients) {
    let question = |id: &str, kind| Question {
        id: id.to_owned(),
        text: vec![LocalizedText {
            language: "en".to_owned(),
            text: format!("What about {id}?"),
        }],
        kind: Some(kind),
        ..Question::default()
    };
    let survey = Survey {
        title: "After the stay".to_owned(),
        questions: vec![
            question(
                "recommend",
                question::Kind::Recommendation(RecommendationQuestion {}),
            ),
            question("stay", question::Kind::Satisfaction(SatisfactionQuestion {})),
            question("ease", question::Kind::Effort(EffortQuestion {})),
        ],
        case_rules: vec![CaseRule {
            question: "recommend".to_owned(),
            at_most: LOW,
            priority: Priority::High.into(),
            ..CaseRule::default()
        }],
        ..Survey::default()
    };
    let request = CreateSurveyRequest {
        survey_id: "after-the-stay".to_owned(),
        survey: Some(survey),
    };
    let created = clients.feedback.clone().create_survey(request).await;
    created.expect("the survey is new");
    let request = PublishSurveyRequest {
        name: SURVEY.to_owned(),
    };
    let published = clients.feedback.clone().publish_survey(request).await;
    published.expect("the survey is complete");
}
