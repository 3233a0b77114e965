//! A feedback service to call, and what most tests say to it.

use jiff::{SignedDuration, Timestamp};
use prost::Name;
use rapport_clock::ManualClock;
use rapport_contract::{
    feedback::v1::{
        Answer, AnswerSet, AnswerSetDeleted, AnswerSetScored, Case, CaseOpened, CaseResolved, CaseRule,
        ChoiceOption, CreateCaseRequest, CreateSurveyRequest, EffortQuestion, LikertQuestion,
        OpenTextQuestion, PublishSurveyRequest, Question, RecommendationQuestion, SatisfactionQuestion,
        SingleChoiceQuestion, SubmitAnswerSetRequest, Survey, answer,
        feedback_service_client::FeedbackServiceClient, question::Kind,
    },
    r#type::v1::{LocalizedText, Priority},
};
use rapport_feedback::{Feedback, Parts, migrations};
use rapport_listing::TokenKey;
use rapport_privacy::MasterKeys;
use rapport_server::{Credentials, Server};
use rapport_storage::{MigrationList, Store, tables::outbox};
use rapport_testkit::{Serving, TemporaryStore, reason};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tonic::{Response, Status, transport::Channel};

/// A client of the service.
pub(crate) type Client = FeedbackServiceClient<Channel>;

/// A running service with a clock that stands still.
pub(crate) struct Service {
    pub(crate) client: Client,
    pub(crate) clock: ManualClock,
    pub(crate) store: Store,
    _folder: TemporaryStore,
}

/// An event that waits in the outbox.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Told {
    Scored(AnswerSetScored),
    Deleted(AnswerSetDeleted),
    Opened(CaseOpened),
    Resolved(CaseResolved),
}

/// The moment at which the clock of every test begins.
pub(crate) fn start() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

impl Service {
    /// A new service of the tenant `hotel-group`.
    pub(crate) async fn start() -> Self {
        let folder = TemporaryStore::new(MigrationList(migrations)).await;
        let clock = ManualClock::at(start());
        let client = client_of(&folder.store, &clock, "hotel-group").await;
        Self {
            client,
            clock,
            store: folder.store.clone(),
            _folder: folder,
        }
    }

    /// A client of another tenant, on the same data.
    pub(crate) async fn of_tenant(&self, tenant: &str) -> Client {
        client_of(&self.store, &self.clock, tenant).await
    }

    /// Moves the clock on.
    pub(crate) fn wait(&self, hours: i64) {
        let now = self.clock.clock().now();
        self.clock.set(now + SignedDuration::from_hours(hours));
    }

    /// Everything that other services were told, with the key of each event.
    pub(crate) async fn told(&self) -> Vec<(String, Told)> {
        let rows = outbox::Entity::find()
            .order_by_asc(outbox::Column::Sequence)
            .all(self.store.read())
            .await
            .unwrap();
        rows.into_iter()
            .map(|row| (row.key.clone(), told(&row)))
            .collect()
    }

    /// Creates and publishes the survey that most tests use.
    pub(crate) async fn publish_hotel(&mut self) -> Survey {
        self.create("hotel", hotel()).await.unwrap();
        let request = PublishSurveyRequest {
            name: "surveys/hotel".to_owned(),
        };
        self.client.publish_survey(request).await.unwrap().into_inner()
    }

    /// Creates a survey.
    pub(crate) async fn create(&mut self, id: &str, survey: Survey) -> Result<Survey, Status> {
        let request = CreateSurveyRequest {
            survey_id: id.to_owned(),
            survey: Some(survey),
        };
        self.client.create_survey(request).await.map(Response::into_inner)
    }

    /// Submits a set of answers.
    pub(crate) async fn submit(&mut self, request_id: &str, set: AnswerSet) -> Result<AnswerSet, Status> {
        let request = SubmitAnswerSetRequest {
            request_id: request_id.to_owned(),
            answer_set: Some(set),
        };
        self.client
            .submit_answer_set(request)
            .await
            .map(Response::into_inner)
    }

    /// Opens a case by hand.
    pub(crate) async fn open_case(&mut self, id: &str, case: Case) -> Result<Case, Status> {
        let request = CreateCaseRequest {
            case_id: id.to_owned(),
            case: Some(case),
        };
        self.client.create_case(request).await.map(Response::into_inner)
    }
}

async fn client_of(store: &Store, clock: &ManualClock, tenant: &str) -> Client {
    let parts = Parts {
        store: store.clone(),
        clock: clock.clock(),
        token_key: TokenKey::new([7; 32]),
        master_keys: MasterKeys::new([8; 32], &[]),
    };
    let feedback = Feedback::open(parts).await.unwrap();
    let credentials = Credentials::Local {
        tenant: tenant.to_owned(),
    };
    let server = Server::new(credentials, clock.clock())
        .unwrap()
        .with(feedback.server());
    FeedbackServiceClient::new(Serving::start(server).channel)
}

fn told(row: &outbox::Model) -> Told {
    fn read<M: Name + Default>(row: &outbox::Model) -> Option<M> {
        (row.topic == M::full_name()).then(|| M::decode(row.payload.as_slice()).unwrap())
    }
    read(row)
        .map(Told::Scored)
        .or_else(|| read(row).map(Told::Deleted))
        .or_else(|| read(row).map(Told::Opened))
        .or_else(|| read(row).map(Told::Resolved))
        .unwrap_or_else(|| panic!("an event of an unexpected topic: {}", row.topic))
}

/// The reason and the violated fields of a refused call.
pub(crate) fn refusal<T: std::fmt::Debug>(outcome: Result<T, Status>) -> (String, Vec<String>) {
    use tonic_types::StatusExt as _;
    let status = outcome.expect_err("the call should have been refused");
    let fields = status
        .get_details_bad_request()
        .into_iter()
        .flat_map(|bad| bad.field_violations)
        .map(|violation| violation.field)
        .collect();
    (reason(&status), fields)
}

/// The reason of a refused call.
pub(crate) fn why<T: std::fmt::Debug>(outcome: Result<T, Status>) -> String {
    refusal(outcome).0
}

pub(crate) fn texts(text: &str) -> Vec<LocalizedText> {
    vec![LocalizedText {
        language: "en".to_owned(),
        text: text.to_owned(),
    }]
}

pub(crate) fn question(id: &str, text: &str, kind: Kind) -> Question {
    Question {
        id: id.to_owned(),
        text: texts(text),
        kind: Some(kind),
        ..Question::default()
    }
}

/// A survey with every kind of question; `stay` is required; low scores of `stay` and `recommend` open cases.
pub(crate) fn hotel() -> Survey {
    let option = |id: &str| ChoiceOption {
        id: id.to_owned(),
        text: texts(id),
    };
    let options = vec![option("business"), option("leisure")];
    let mut stay = question(
        "stay",
        "How was your stay?",
        Kind::Satisfaction(SatisfactionQuestion {}),
    );
    stay.required = true;
    stay.dimension = "satisfaction".to_owned();
    let mut breakfast = question(
        "breakfast",
        "How was breakfast?",
        Kind::Likert(LikertQuestion { points: 7 }),
    );
    breakfast.touchpoint = "breakfast".to_owned();
    let rule = |question: &str, at_most, priority: Priority, owner: &str| CaseRule {
        question: question.to_owned(),
        at_most,
        priority: priority.into(),
        due_hours: 0,
        owner: owner.to_owned(),
    };
    Survey {
        title: "Hotel stay".to_owned(),
        questions: vec![
            stay,
            question(
                "recommend",
                "Would you recommend us?",
                Kind::Recommendation(RecommendationQuestion {}),
            ),
            question("ease", "How easy was check-in?", Kind::Effort(EffortQuestion {})),
            breakfast,
            question(
                "purpose",
                "Why did you travel?",
                Kind::SingleChoice(SingleChoiceQuestion { options }),
            ),
            question(
                "remarks",
                "Anything else?",
                Kind::OpenText(OpenTextQuestion { max_length: 20 }),
            ),
        ],
        case_rules: vec![
            rule("recommend", 6, Priority::Normal, ""),
            rule("stay", 2, Priority::Urgent, "duty-manager"),
        ],
        ..Survey::default()
    }
}

pub(crate) fn score(question: &str, score: i32) -> Answer {
    Answer {
        question: question.to_owned(),
        value: Some(answer::Value::Score(score)),
    }
}

pub(crate) fn choice(question: &str, choice: &str) -> Answer {
    Answer {
        question: question.to_owned(),
        value: Some(answer::Value::Choice(choice.to_owned())),
    }
}

pub(crate) fn text(question: &str, text: &str) -> Answer {
    Answer {
        question: question.to_owned(),
        value: Some(answer::Value::Text(text.to_owned())),
    }
}

/// Answers of customer 00004 to the hotel survey.
pub(crate) fn answers(answers: Vec<Answer>) -> AnswerSet {
    AnswerSet {
        survey: "surveys/hotel".to_owned(),
        customer: "customers/00004".to_owned(),
        answers,
        touchpoint: "stay".to_owned(),
        location: "Lisbon".to_owned(),
        channel: "app".to_owned(),
        language: "en".to_owned(),
        ..AnswerSet::default()
    }
}

/// A case about a subject, as a caller opens it.
pub(crate) fn complaint(subject: &str, priority: Priority) -> Case {
    Case {
        subject: subject.to_owned(),
        priority: priority.into(),
        customer: "customers/00004".to_owned(),
        ..Case::default()
    }
}
