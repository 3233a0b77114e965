//! Answers are submitted: many callers, one transaction.

use std::collections::{HashMap, HashSet};

use prost::Message as _;
use rapport_clock::Clock;
use rapport_contract::{feedback::v1, name};
use rapport_events::{Event, outbox};
use rapport_privacy::{Place, TenantKeys};
use rapport_status::{Error, Result};
use rapport_storage::{
    group::{Batch, Executed},
    request::{KnownRequests, RequestKey, store_answers},
};
use rapport_telemetry::{context::Origin, metrics::business::answers_taken};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::{
    domain::{
        answer_set::AnswerSet,
        questionnaire::Questionnaire,
        submission::{self, NewNames, OpenedCase, Submission},
        survey::{Survey, no_such_survey, no_such_version},
    },
    store::{
        answer_sets,
        cases::{self, NewCase},
        surveys::{self, SurveyKey, VersionKey},
    },
    usecase::UseCases,
    wire,
};

/// One caller's submission, with what identifies the request.
#[derive(Debug)]
pub(crate) struct SubmitOperation {
    /// Identifies the request for ever; also has the tenant.
    pub(crate) key: RequestKey,
    /// The answers.
    pub(crate) submission: Submission,
    /// Where in a trace they were submitted.
    pub(crate) origin: Origin,
}

/// An operation with what it takes to keep its answers to their tenant.
#[derive(Debug)]
pub(crate) struct Sealing {
    operation: SubmitOperation,
    /// The key under which the request is stored: its fingerprint is keyed, so that nobody who has not the keys can try
    /// answers out on it.
    stored_key: RequestKey,
    keys: TenantKeys,
}

impl Sealing {
    fn new(operation: SubmitOperation, keys: TenantKeys) -> Self {
        let fingerprint = keys.hash_bytes("submission of answers", &operation.key.fingerprint);
        let stored_key = RequestKey {
            fingerprint,
            ..operation.key.clone()
        };
        Self {
            operation,
            stored_key,
            keys,
        }
    }

    /// The sealed answer that the request had before, if it had one. The version before stored fingerprints without a key.
    fn known<'k>(&self, known: &'k KnownRequests) -> Result<Option<&'k [u8]>> {
        known
            .answer(&self.stored_key)
            .or_else(|reused| known.answer(&self.operation.key).map_err(|_| reused))
    }

    fn seal(&self, answer: &[u8]) -> Result<Vec<u8>> {
        let row = [self.stored_key.method, &self.stored_key.request_id];
        self.keys.seal_bytes(&place(&row), answer)
    }

    async fn open(&self, answer: &[u8]) -> Result<Vec<u8>> {
        let row = [self.stored_key.method, &self.stored_key.request_id];
        self.keys.open_bytes(&place(&row), answer).await
    }
}

fn place<'p>(row: &'p [&'p str]) -> Place<'p> {
    Place {
        table: "request",
        column: "answer",
        row,
    }
}

impl UseCases {
    /// Submits a set of answers. The same request again gives the first answer, byte for byte: that is why the answer
    /// comes as the message that was remembered.
    pub(crate) async fn submit_answer_set(&self, operation: SubmitOperation) -> Result<v1::AnswerSet> {
        let keys = self.privacy.keys(&operation.key.tenant).await?;
        let answer = self.submissions.submit(Sealing::new(operation, keys)).await?;
        v1::AnswerSet::decode(answer.as_slice())
            .map_err(|error| Error::internal("a remembered answer cannot be read").because(error))
    }
}

/// Decides and writes submissions together.
#[derive(Debug)]
pub(crate) struct SubmissionBatch {
    clock: Clock,
}

/// What a batch has decided and not written yet.
#[derive(Debug, Default)]
struct Decided<'o> {
    sets: Vec<(&'o TenantKeys, AnswerSet)>,
    cases: Vec<(&'o TenantKeys, OpenedCase)>,
    events: Vec<Event>,
    answers: Vec<(RequestKey, Vec<u8>)>,
}

/// The surveys that a batch is about.
#[derive(Debug)]
struct Surveys {
    surveys: HashMap<SurveyKey, Survey>,
    versions: HashMap<VersionKey, Questionnaire>,
}

impl SubmissionBatch {
    /// A batch handler that takes times and names from a clock.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock }
    }

    /// Decides on one submission, and gives the answer as it is stored.
    fn decide<'o>(
        &self,
        surveys: &Surveys,
        sealing: &'o Sealing,
        decided: &mut Decided<'o>,
    ) -> Result<Vec<u8>> {
        let Sealing { operation, keys, .. } = sealing;
        let tenant = &operation.key.tenant;
        let (survey, version, questionnaire) = surveys.shown(tenant, &operation.submission)?;
        let names = NewNames {
            answer_set: name::ANSWER_SET.format([&self.clock.new_id().to_string()]),
            case: name::CASE.format([&self.clock.new_id().to_string()]),
        };
        let (set, opened) = submission::submit(
            survey,
            version,
            questionnaire,
            &operation.submission,
            names,
            self.clock.now(),
        )?;
        answers_taken();
        let scored = wire::event::answer_set_scored(&set, questionnaire);
        decided
            .events
            .push(outbox::event(&self.clock, tenant, set.event_key(), &scored));
        if let Some((case, event)) = opened {
            let told = wire::event::case_opened(&case);
            decided
                .events
                .push(outbox::event(&self.clock, tenant, case.event_key(), &told));
            decided.cases.push((keys, (case, event)));
        }
        let answer = sealing.seal(&wire::answer_set::to_wire(&set).encode_to_vec())?;
        decided.sets.push((keys, set));
        decided.answers.push((sealing.stored_key.clone(), answer.clone()));
        Ok(answer)
    }
}

#[async_trait::async_trait]
impl Batch for SubmissionBatch {
    type Operation = Sealing;
    type Answer = Vec<u8>;

    fn name(&self) -> &'static str {
        "submit_answer_sets"
    }

    async fn execute(
        &self,
        transaction: &DatabaseTransaction,
        operations: &[Sealing],
    ) -> Result<Executed<Vec<u8>>> {
        let keys: Vec<&RequestKey> = operations.iter().map(|operation| &operation.stored_key).collect();
        let mut known = KnownRequests::load(transaction, &keys).await?;
        let surveys = Surveys::load(transaction, operations).await?;
        let mut decided = Decided::default();
        let mut results = Vec::with_capacity(operations.len());
        for operation in operations {
            let result = match operation.known(&known) {
                Ok(Some(answer)) => Ok(answer.to_vec()),
                Ok(None) => operation
                    .operation
                    .origin
                    .in_scope(|| self.decide(&surveys, operation, &mut decided)),
                Err(reused) => Err(reused),
            };
            results.push(match result {
                Ok(answer) => {
                    known.remember(&operation.stored_key, answer.clone());
                    operation.open(&answer).await
                }
                Err(refused) => Err(refused),
            });
        }
        self.write(transaction, decided).await?;
        Ok(Executed::written(results))
    }
}

impl SubmissionBatch {
    async fn write(&self, connection: &impl ConnectionTrait, decided: Decided<'_>) -> Result<()> {
        answer_sets::insert(connection, &decided.sets).await?;
        let cases: Vec<NewCase<'_>> = decided
            .cases
            .iter()
            .map(|(keys, (case, event))| NewCase {
                keys,
                case,
                event,
                creation_fingerprint: &[],
            })
            .collect();
        cases::insert(connection, &cases).await?;
        outbox::append(connection, decided.events).await?;
        store_answers(connection, decided.answers, self.clock.now()).await
    }
}

impl Surveys {
    /// Reads the surveys and versions that operations name, with one query for each of both kinds.
    async fn load(connection: &impl ConnectionTrait, operations: &[Sealing]) -> Result<Self> {
        let named: HashSet<SurveyKey> = operations.iter().map(survey_key).collect();
        let surveys = surveys::surveys(connection, &named).await?;
        let shown: HashSet<VersionKey> = operations
            .iter()
            .filter_map(|operation| {
                let (tenant, name) = survey_key(operation);
                let survey = surveys.get(&(tenant.clone(), name.clone()))?;
                let version = survey
                    .version_for_answers(operation.operation.submission.survey_version)
                    .ok()?;
                Some((tenant, name, version))
            })
            .collect();
        let versions = surveys::versions(connection, &shown).await?;
        Ok(Self { surveys, versions })
    }

    /// The survey that answers are for, and what the version asks that was shown.
    fn shown(&self, tenant: &str, submission: &Submission) -> Result<(&Survey, i32, &Questionnaire)> {
        let name = &submission.survey;
        let survey = self
            .surveys
            .get(&(tenant.to_owned(), name.clone()))
            .ok_or_else(|| no_such_survey(name))?;
        let version = survey.version_for_answers(submission.survey_version)?;
        let questionnaire = self
            .versions
            .get(&(tenant.to_owned(), name.clone(), version))
            .ok_or_else(|| no_such_version(name, version))?;
        Ok((survey, version, questionnaire))
    }
}

fn survey_key(sealing: &Sealing) -> SurveyKey {
    let operation = &sealing.operation;
    (operation.key.tenant.clone(), operation.submission.survey.clone())
}
