//! Answers are submitted: many callers, one transaction.

use std::collections::{HashMap, HashSet};

use prost::Message as _;
use rapport_clock::Clock;
use rapport_contract::{feedback::v1, name};
use rapport_events::{Event, outbox};
use rapport_status::{Error, Result};
use rapport_storage::{
    group::Batch,
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

impl UseCases {
    /// Submits a set of answers. The same request again gives the first answer, byte for byte: that is why the answer
    /// comes as the message that was remembered.
    pub(crate) async fn submit_answer_set(&self, operation: SubmitOperation) -> Result<v1::AnswerSet> {
        let answer = self.submissions.submit(operation).await?;
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
struct Decided {
    sets: Vec<(String, AnswerSet)>,
    cases: Vec<(String, OpenedCase)>,
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

    fn decide(
        &self,
        surveys: &Surveys,
        operation: &SubmitOperation,
        decided: &mut Decided,
    ) -> Result<Vec<u8>> {
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
            decided.cases.push((tenant.clone(), (case, event)));
        }
        let answer = wire::answer_set::to_wire(&set).encode_to_vec();
        decided.sets.push((tenant.clone(), set));
        decided.answers.push((operation.key.clone(), answer.clone()));
        Ok(answer)
    }
}

#[async_trait::async_trait]
impl Batch for SubmissionBatch {
    type Operation = SubmitOperation;
    type Answer = Vec<u8>;

    fn name(&self) -> &'static str {
        "submit_answer_sets"
    }

    async fn execute(
        &self,
        transaction: &DatabaseTransaction,
        operations: &[SubmitOperation],
    ) -> Result<Vec<Result<Vec<u8>>>> {
        let keys: Vec<&RequestKey> = operations.iter().map(|operation| &operation.key).collect();
        let mut known = KnownRequests::load(transaction, &keys).await?;
        let surveys = Surveys::load(transaction, operations).await?;
        let mut decided = Decided::default();
        let mut results = Vec::with_capacity(operations.len());
        for operation in operations {
            let result = match known.answer(&operation.key) {
                Ok(Some(answer)) => Ok(answer.to_vec()),
                Ok(None) => operation
                    .origin
                    .in_scope(|| self.decide(&surveys, operation, &mut decided)),
                Err(reused) => Err(reused),
            };
            if let Ok(answer) = &result {
                known.remember(&operation.key, answer.clone());
            }
            results.push(result);
        }
        self.write(transaction, decided).await?;
        Ok(results)
    }
}

impl SubmissionBatch {
    async fn write(&self, connection: &impl ConnectionTrait, decided: Decided) -> Result<()> {
        let sets: Vec<(&str, &AnswerSet)> = decided
            .sets
            .iter()
            .map(|(tenant, set)| (tenant.as_str(), set))
            .collect();
        answer_sets::insert(connection, &sets).await?;
        let cases: Vec<NewCase<'_>> = decided
            .cases
            .iter()
            .map(|(tenant, (case, event))| NewCase {
                tenant,
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
    async fn load(connection: &impl ConnectionTrait, operations: &[SubmitOperation]) -> Result<Self> {
        let named: HashSet<SurveyKey> = operations.iter().map(survey_key).collect();
        let surveys = surveys::surveys(connection, &named).await?;
        let shown: HashSet<VersionKey> = operations
            .iter()
            .filter_map(|operation| {
                let (tenant, name) = survey_key(operation);
                let survey = surveys.get(&(tenant.clone(), name.clone()))?;
                let version = survey
                    .version_for_answers(operation.submission.survey_version)
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

fn survey_key(operation: &SubmitOperation) -> SurveyKey {
    (operation.key.tenant.clone(), operation.submission.survey.clone())
}
