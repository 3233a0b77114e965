//! Personal values that can be told from everything else, put in through the contract and read back.

use std::collections::BTreeMap;

use rapport::client::Clients;
use rapport_contract::{
    feedback::v1::{
        Answer, AnswerSet, Case, CloseCaseRequest, CreateCaseRequest, CreateSurveyRequest,
        GetAnswerSetRequest, GetCaseRequest, OpenTextQuestion, PublishSurveyRequest, Question,
        ReopenCaseRequest, ResolveCaseRequest, SubmitAnswerSetRequest, Survey, answer, question,
    },
    google::r#type::Date,
    profile::v1::{
        CreateCustomerRequest, Customer, GetCustomerViewRequest, Identity, IdentityType,
        ListCustomersRequest, LookupCustomerRequest,
    },
    r#type::v1::{LocalizedText, Priority},
};

use crate::world;

/// Not personal: that it is found shows that the files are looked through.
pub(crate) const CUSTOMER: &str = "guest-of-room-0815";

/// The values that are put in, by the field of the contract that they go through. Those that are read back by another
/// field stand under both.
pub(crate) fn values() -> BTreeMap<&'static str, Vec<&'static str>> {
    BTreeMap::from([
        (
            "rapport.profile.v1.Identity.value",
            vec![
                "+4930901820573",
                "zqvx.wert@post-zqvx.example",
                "Kärtchen/ZQ-55501",
            ],
        ),
        (
            "rapport.profile.v1.Customer.display_name",
            vec!["Żółćisława Quaxelmöser"],
        ),
        (
            "rapport.profile.v1.Customer.language",
            vec!["qzx-Vbnmkqwz-Plokijuh"],
        ),
        ("rapport.profile.v1.Customer.birth_date", vec!["1907-03-29"]),
        (
            "rapport.profile.v1.Customer.attributes",
            vec!["zqvxAllergyTo", "Haselnüsse und Quittengelee"],
        ),
        (
            "rapport.profile.v1.CaseView.subject",
            vec!["Brummendes Aquarium im Flur"],
        ),
        (
            "rapport.feedback.v1.Case.subject",
            vec!["Brummendes Aquarium im Flur"],
        ),
        (
            "rapport.feedback.v1.Case.resolution",
            vec!["Der Wels wurde verlegt zu Frau Quaxel"],
        ),
        (
            "rapport.feedback.v1.CaseEvent.note",
            vec![
                "Der Wels wurde verlegt zu Frau Quaxel",
                "Herr Vbnmk hört ihn weiterhin",
            ],
        ),
        (
            "rapport.feedback.v1.Answer.text",
            vec!["Mein Schwager Plokij schnarchte nebenan"],
        ),
        (
            "rapport.feedback.v1.ResolveCaseRequest.resolution",
            vec!["Der Wels wurde verlegt zu Frau Quaxel"],
        ),
        (
            "rapport.feedback.v1.ReopenCaseRequest.reason",
            vec!["Herr Vbnmk hört ihn weiterhin"],
        ),
    ])
}

fn value(field: &str) -> String {
    values()[field][0].to_owned()
}

fn identities() -> Vec<Identity> {
    let values = &values()["rapport.profile.v1.Identity.value"];
    let identity = |kind: IdentityType, system: &str, value: &str| Identity {
        r#type: kind.into(),
        system: system.to_owned(),
        value: value.to_owned(),
        verified: false,
    };
    vec![
        identity(IdentityType::Phone, "", values[0]),
        identity(IdentityType::Email, "", values[1]),
        identity(IdentityType::External, "till", values[2]),
    ]
}

fn birth_date() -> Date {
    let text = value("rapport.profile.v1.Customer.birth_date");
    rapport_contract::instant::date_to_wire(text.parse().expect("the value is a date"))
}

/// Creates a customer with all of these values, a purchase, answers and cases.
pub(crate) async fn put_in(clients: &Clients) {
    let attributes = &values()["rapport.profile.v1.Customer.attributes"];
    let customer = Customer {
        display_name: value("rapport.profile.v1.Customer.display_name"),
        identities: identities(),
        language: value("rapport.profile.v1.Customer.language"),
        birth_date: Some(birth_date()),
        attributes: [(attributes[0].to_owned(), attributes[1].to_owned())].into(),
        ..Customer::default()
    };
    let request = CreateCustomerRequest {
        customer_id: CUSTOMER.to_owned(),
        customer: Some(customer),
    };
    clients
        .profile
        .clone()
        .create_customer(request)
        .await
        .expect("the customer is new");
    world::record(clients, CUSTOMER, world::purchase("1", 20, None)).await;
    submit(clients).await;
    open_case(clients, "fish").await;
    open_case(clients, "open").await;
    follow_up(clients).await;
}

async fn submit(clients: &Clients) {
    let text = |text: &str| {
        vec![LocalizedText {
            language: "en".to_owned(),
            text: text.to_owned(),
        }]
    };
    let survey = Survey {
        title: "After the stay".to_owned(),
        questions: vec![Question {
            id: "remarks".to_owned(),
            text: text("Anything else?"),
            kind: Some(question::Kind::OpenText(OpenTextQuestion { max_length: 200 })),
            ..Question::default()
        }],
        ..Survey::default()
    };
    let request = CreateSurveyRequest {
        survey_id: "stay".to_owned(),
        survey: Some(survey),
    };
    let mut feedback = clients.feedback.clone();
    feedback.create_survey(request).await.expect("the survey is new");
    let name = "surveys/stay".to_owned();
    let request = PublishSurveyRequest { name: name.clone() };
    feedback
        .publish_survey(request)
        .await
        .expect("the survey can be published");
    let first = feedback
        .submit_answer_set(submission())
        .await
        .expect("the answers fit")
        .into_inner();
    let again = feedback
        .submit_answer_set(submission())
        .await
        .expect("the answers fit")
        .into_inner();
    assert_eq!(first, again, "the request is known by its id");
}

fn submission() -> SubmitAnswerSetRequest {
    SubmitAnswerSetRequest {
        request_id: "answers of room 0815".to_owned(),
        answer_set: Some(AnswerSet {
            survey: "surveys/stay".to_owned(),
            customer: format!("customers/{CUSTOMER}"),
            answers: vec![Answer {
                question: "remarks".to_owned(),
                value: Some(answer::Value::Text(value("rapport.feedback.v1.Answer.text"))),
            }],
            ..AnswerSet::default()
        }),
    }
}

async fn open_case(clients: &Clients, id: &str) {
    let request = CreateCaseRequest {
        case_id: id.to_owned(),
        case: Some(Case {
            subject: value("rapport.feedback.v1.Case.subject"),
            priority: Priority::High.into(),
            customer: format!("customers/{CUSTOMER}"),
            ..Case::default()
        }),
    };
    clients
        .feedback
        .clone()
        .create_case(request)
        .await
        .expect("the case is new");
}

/// Resolved, opened again, and resolved for good.
async fn follow_up(clients: &Clients) {
    let name = "cases/fish".to_owned();
    let resolve = ResolveCaseRequest {
        name: name.clone(),
        resolution: value("rapport.feedback.v1.ResolveCaseRequest.resolution"),
        ..ResolveCaseRequest::default()
    };
    let reopen = ReopenCaseRequest {
        name: name.clone(),
        reason: value("rapport.feedback.v1.ReopenCaseRequest.reason"),
        ..ReopenCaseRequest::default()
    };
    let mut feedback = clients.feedback.clone();
    feedback
        .resolve_case(resolve.clone())
        .await
        .expect("the case is open");
    feedback.reopen_case(reopen).await.expect("the case is resolved");
    feedback
        .resolve_case(resolve)
        .await
        .expect("the case is open again");
    feedback
        .close_case(CloseCaseRequest { name })
        .await
        .expect("the case is resolved");
}

/// Fails unless every value is read back by the fields that it stands under.
pub(crate) async fn read_back(clients: &Clients) {
    let mut profile = clients.profile.clone();
    let request = GetCustomerViewRequest {
        name: format!("customers/{CUSTOMER}/view"),
    };
    let view = profile
        .get_customer_view(request)
        .await
        .expect("the customer is there")
        .into_inner();
    let open: Vec<&str> = view.open_cases.iter().map(|case| case.subject.as_str()).collect();
    assert_eq!(
        open,
        values()["rapport.profile.v1.CaseView.subject"],
        "{:?}",
        view.missing_parts
    );
    let customer = view.customer.expect("the view has the customer");
    assert_eq!(
        customer.display_name,
        value("rapport.profile.v1.Customer.display_name")
    );
    assert_eq!(customer.language, value("rapport.profile.v1.Customer.language"));
    assert_eq!(customer.birth_date, Some(birth_date()));
    assert_eq!(customer.identities, identities());
    let attributes: Vec<&str> = customer
        .attributes
        .iter()
        .flat_map(|(key, value)| [key.as_str(), value])
        .collect();
    assert_eq!(attributes, values()["rapport.profile.v1.Customer.attributes"]);
    for identity in identities() {
        let request = LookupCustomerRequest {
            identity: Some(identity),
        };
        let found = profile
            .lookup_customer(request)
            .await
            .expect("the identity is known");
        assert_eq!(found.into_inner().name, customer.name);
    }
    let request = ListCustomersRequest {
        filter: format!("display_name = \"{}\"", customer.display_name),
        ..ListCustomersRequest::default()
    };
    let listed = profile
        .list_customers(request)
        .await
        .expect("the filter can be read")
        .into_inner();
    assert_eq!(listed.customers, [customer]);
    read_feedback_back(clients).await;
}

async fn read_feedback_back(clients: &Clients) {
    let mut feedback = clients.feedback.clone();
    let first = feedback
        .submit_answer_set(submission())
        .await
        .expect("the request is known")
        .into_inner();
    let request = GetAnswerSetRequest {
        name: first.name.clone(),
    };
    let set = feedback
        .get_answer_set(request)
        .await
        .expect("the answers are there")
        .into_inner();
    assert_eq!(set, first);
    let text = answer::Value::Text(value("rapport.feedback.v1.Answer.text"));
    assert_eq!(set.answers[0].value, Some(text));
    let request = GetCaseRequest {
        name: "cases/fish".to_owned(),
    };
    let case = feedback
        .get_case(request)
        .await
        .expect("the case is there")
        .into_inner();
    assert_eq!(case.subject, value("rapport.feedback.v1.Case.subject"));
    assert_eq!(case.resolution, value("rapport.feedback.v1.Case.resolution"));
    let mut notes: Vec<&str> = case.history.iter().map(|event| event.note.as_str()).collect();
    notes.retain(|note| !note.is_empty());
    let [resolved, reopened] = values()["rapport.feedback.v1.CaseEvent.note"][..] else {
        panic!("two notes are expected")
    };
    assert_eq!(notes, [resolved, reopened, resolved]);
}
