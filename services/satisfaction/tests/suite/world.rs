//! A service with its store and its server, and the events that it is fed.

use std::sync::Arc;

use rapport_clock::{Clock, ManualClock};
use rapport_contract::{
    feedback::v1::{AnswerSetDeleted, AnswerSetScored, ScoreKind, ScoredAnswer},
    instant,
    satisfaction::v1::{
        CustomerSatisfaction, Dimension, GetCustomerSatisfactionRequest, Metric, MetricRow,
        QueryMetricRequest, QueryMetricResponse, VerifyRollupsRequest, VerifyRollupsResponse,
        satisfaction_service_client::SatisfactionServiceClient,
    },
};
use rapport_events::{Consumer, Event, outbox};
use rapport_listing::TokenKey;
use rapport_satisfaction::{Parts, Satisfaction, migrations};
use rapport_server::{Credentials, Server};
use rapport_storage::{MigrationList, Store};
use rapport_testkit::{Serving, TemporaryStore};
use sea_orm::ConnectionTrait as _;
use tonic::{Status, transport::Channel};

/// The tenant of the callers.
pub(crate) const TENANT: &str = "acme";

/// A running service.
pub(crate) struct World {
    /// Its store.
    pub(crate) temporary: TemporaryStore,
    /// What takes its events.
    pub(crate) consumer: Arc<dyn Consumer>,
    /// A clock that stands still.
    pub(crate) clock: Clock,
    /// For calls that are not written down below.
    pub(crate) client: SatisfactionServiceClient<Channel>,
    _serving: Serving,
}

impl World {
    /// A service without any answers.
    pub(crate) async fn new() -> Self {
        let clock = ManualClock::at("2026-03-31T12:00:00Z".parse().unwrap()).clock();
        let temporary = TemporaryStore::new(MigrationList(migrations)).await;
        let token_key = TokenKey::new([7; 32]);
        let parts = Parts {
            store: temporary.store.clone(),
            clock: clock.clone(),
            token_key,
        };
        let service = Satisfaction::open(parts).await.unwrap();
        let credentials = Credentials::Local {
            tenant: TENANT.to_owned(),
        };
        let server = Server::new(credentials, clock.clone())
            .unwrap()
            .with(service.server());
        let serving = Serving::start(server);
        let client = SatisfactionServiceClient::new(serving.channel.clone());
        let consumer = service.consumers().remove(0);
        Self {
            temporary,
            consumer,
            clock,
            client,
            _serving: serving,
        }
    }

    /// The store.
    pub(crate) fn store(&self) -> &Store {
        &self.temporary.store
    }

    /// The event of a scored answer set.
    pub(crate) fn scored(&self, message: &AnswerSetScored) -> Event {
        outbox::event(&self.clock, TENANT, &message.customer, message)
    }

    /// The event of a deleted answer set.
    pub(crate) fn deleted(&self, answer_set: &str, revision: i32) -> Event {
        let message = AnswerSetDeleted {
            answer_set: format!("answerSets/{answer_set}"),
            revision,
            customer: String::new(),
        };
        outbox::event(&self.clock, TENANT, "", &message)
    }

    /// Has the consumer take events.
    pub(crate) async fn deliver(&self, events: &[Event]) {
        self.consumer.handle(events).await.expect("the events are taken");
    }

    /// Has the consumer take answer sets.
    pub(crate) async fn score(&self, messages: &[AnswerSetScored]) {
        let events: Vec<Event> = messages.iter().map(|message| self.scored(message)).collect();
        for batch in events.chunks(100) {
            self.deliver(batch).await;
        }
    }

    /// Asks for a metric.
    pub(crate) async fn query(&self, request: QueryMetricRequest) -> Result<QueryMetricResponse, Status> {
        self.client
            .clone()
            .query_metric(request)
            .await
            .map(tonic::Response::into_inner)
    }

    /// All rows of a metric, however many pages they fill.
    pub(crate) async fn rows(&self, metric: Metric, group_by: &[Dimension]) -> Vec<MetricRow> {
        let mut request = question(metric, group_by);
        let mut rows = Vec::new();
        loop {
            let answer = self.query(request.clone()).await.expect("the query is answered");
            rows.extend(answer.rows);
            if answer.next_page_token.is_empty() {
                return rows;
            }
            request.page_token = answer.next_page_token;
        }
    }

    /// The one row of a metric over all answers.
    pub(crate) async fn total(&self, metric: Metric) -> MetricRow {
        let mut rows = self.rows(metric, &[]).await;
        assert_eq!(
            rows.len(),
            1,
            "{metric:?} has one row without a breakdown: {rows:?}"
        );
        rows.remove(0)
    }

    /// How satisfied a customer is.
    pub(crate) async fn customer(&self, id: &str) -> Result<CustomerSatisfaction, Status> {
        let request = GetCustomerSatisfactionRequest {
            name: format!("customers/{id}/satisfaction"),
        };
        self.client
            .clone()
            .get_customer_satisfaction(request)
            .await
            .map(tonic::Response::into_inner)
    }

    /// Recomputes the roll-ups.
    pub(crate) async fn verify(&self) -> VerifyRollupsResponse {
        self.client
            .clone()
            .verify_rollups(VerifyRollupsRequest {})
            .await
            .expect("verifying works")
            .into_inner()
    }

    /// Changes the store behind the service's back.
    pub(crate) async fn tamper(&self, sql: &str) {
        let transaction = self.store().begin("tamper").await.unwrap();
        let changed = transaction.connection().execute_unprepared(sql).await.unwrap();
        assert_eq!(changed.rows_affected(), 1, "one row is tampered with: {sql}");
        transaction.commit(()).await.unwrap();
    }
}

/// A question without filters.
pub(crate) fn question(metric: Metric, group_by: &[Dimension]) -> QueryMetricRequest {
    QueryMetricRequest {
        metric: metric.into(),
        group_by: group_by.iter().map(|dimension| (*dimension).into()).collect(),
        ..QueryMetricRequest::default()
    }
}

/// An anonymous answer set of the hotel survey in its first revision.
pub(crate) fn answer_set(id: &str, answers: Vec<ScoredAnswer>) -> AnswerSetScored {
    AnswerSetScored {
        answer_set: format!("answerSets/{id}"),
        revision: 1,
        survey: "surveys/hotel".to_owned(),
        survey_version: 1,
        customer: String::new(),
        answer_time: Some(at("2026-03-01T10:00:00Z")),
        location: "vienna".to_owned(),
        channel: "web".to_owned(),
        answers,
    }
}

/// The same answer set of a customer at a moment.
pub(crate) fn given_by(mut message: AnswerSetScored, customer: &str, moment: &str) -> AnswerSetScored {
    message.customer = format!("customers/{customer}");
    message.answer_time = Some(at(moment));
    message
}

/// A moment as the contract has it.
pub(crate) fn at(moment: &str) -> prost_types::Timestamp {
    instant::to_wire(moment.parse().unwrap())
}

/// An answer at the checkout; a scale answer is one of satisfaction, on five points.
pub(crate) fn answer(kind: ScoreKind, score: i32) -> ScoredAnswer {
    let (question, scale_maximum) = match kind {
        ScoreKind::Satisfaction => ("satisfied", 5),
        ScoreKind::Recommendation => ("recommend", 10),
        ScoreKind::Effort => ("ease", 7),
        ScoreKind::Likert | ScoreKind::Unspecified => ("room", 5),
    };
    ScoredAnswer {
        question: question.to_owned(),
        kind: kind.into(),
        score,
        scale_maximum,
        dimension: "satisfaction".to_owned(),
        touchpoint: "checkout".to_owned(),
    }
}

/// Answer sets with one answer each: so many of each score.
pub(crate) fn many(kind: ScoreKind, counts: &[(i32, usize)]) -> Vec<AnswerSetScored> {
    let scores = counts
        .iter()
        .flat_map(|(score, count)| std::iter::repeat_n(*score, *count));
    let answers = scores.enumerate();
    answers
        .map(|(index, score)| {
            answer_set(
                &format!("{}-{index}", kind.as_str_name().to_lowercase()),
                vec![answer(kind, score)],
            )
        })
        .collect()
}

/// Fails unless two numbers are equal to 1e-9.
pub(crate) fn assert_close(actual: f64, expected: f64, what: &str) {
    assert!(
        (actual - expected).abs() <= 1e-9,
        "{what}: {actual} is not {expected}"
    );
}
