//! Surveys: written, published, closed.

use rapport_contract::name;
use rapport_status::{Error, Reason, Result};
use rapport_storage::Transaction;
use sea_orm::ConnectionTrait;
use sha2::{Digest as _, Sha256};

use crate::{
    domain::{
        questionnaire::{CaseRule, Question, Questionnaire},
        questionnaire_rules, resource,
        submission::require_etag,
        survey::{Change, Survey, no_such_survey, no_such_version},
    },
    store::surveys,
    usecase::{ListRequest, UseCases},
    wire,
};

/// A survey with what one of its versions asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SurveyView {
    /// The survey.
    pub(crate) survey: Survey,
    /// The version shown.
    pub(crate) version: i32,
    /// What it asks.
    pub(crate) questionnaire: Questionnaire,
}

/// New values for a survey's draft; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SurveyChange {
    /// The title.
    pub(crate) title: Option<String>,
    /// All questions.
    pub(crate) questions: Option<Vec<Question>>,
    /// All case rules.
    pub(crate) case_rules: Option<Vec<CaseRule>>,
}

impl SurveyChange {
    fn apply_to(&self, present: &Questionnaire) -> Questionnaire {
        Questionnaire {
            title: self.title.clone().unwrap_or_else(|| present.title.clone()),
            questions: self
                .questions
                .clone()
                .unwrap_or_else(|| present.questions.clone()),
            case_rules: self
                .case_rules
                .clone()
                .unwrap_or_else(|| present.case_rules.clone()),
        }
    }
}

impl UseCases {
    /// Creates a survey as a draft, under an id that the caller chose or, when that is empty, one of ours.
    /// The same content under the same id again gives the survey that is there.
    pub(crate) async fn create_survey(
        &self,
        tenant: &str,
        id: &str,
        questionnaire: Questionnaire,
    ) -> Result<SurveyView> {
        questionnaire_rules::check(&questionnaire)?;
        let made_id = self.new_id();
        let name = name::SURVEY.format([if id.is_empty() { &made_id } else { id }]);
        let fingerprint = Sha256::digest(wire::survey::encode(&questionnaire)).to_vec();
        let (name, fingerprint, questionnaire) = (&name, &fingerprint, &questionnaire);
        self.store
            .write("create_survey", |transaction| async move {
                let connection = transaction.connection();
                match surveys::creation_fingerprint(connection, tenant, name).await? {
                    Some(known) if known == *fingerprint => {
                        let there = latest(connection, tenant, name).await?;
                        return transaction.abandon(there).await;
                    }
                    Some(_) => return Err(taken(name)),
                    None => {}
                }
                let survey = Survey::draft(name.clone(), self.clock.now());
                surveys::insert(connection, tenant, &survey, questionnaire, fingerprint).await?;
                let view = SurveyView {
                    version: survey.latest_version,
                    survey,
                    questionnaire: questionnaire.clone(),
                };
                transaction.commit(view).await
            })
            .await
    }

    /// A survey with what a version asks; version 0 is the latest.
    pub(crate) async fn survey(&self, tenant: &str, name: &str, version: i32) -> Result<SurveyView> {
        let connection = self.store.read();
        if version == 0 {
            return latest(connection, tenant, name).await;
        }
        let survey = existing(connection, tenant, name).await?;
        let questionnaire = surveys::version(connection, tenant, name, version)
            .await?
            .ok_or_else(|| no_such_version(name, version))?;
        Ok(SurveyView {
            survey,
            version,
            questionnaire,
        })
    }

    /// A page of surveys, and the token of the next page.
    pub(crate) async fn surveys(
        &self,
        tenant: &str,
        request: &ListRequest<'_>,
    ) -> Result<(Vec<SurveyView>, String)> {
        let page = self.page(
            request,
            &surveys::LISTING,
            surveys::DEFAULT_ORDER,
            "surveys",
            tenant,
        )?;
        let (found, next) = surveys::list(self.store.read(), tenant, &page).await?;
        let view = |(survey, questionnaire): (Survey, Questionnaire)| SurveyView {
            version: survey.latest_version,
            survey,
            questionnaire,
        };
        Ok((found.into_iter().map(view).collect(), next))
    }

    /// Changes the draft of a survey, which begins one when there is none.
    pub(crate) async fn update_survey(
        &self,
        tenant: &str,
        name: &str,
        etag: &str,
        change: &SurveyChange,
    ) -> Result<SurveyView> {
        self.store
            .write("update_survey", |transaction| async move {
                let connection = transaction.connection();
                let mut view = latest(connection, tenant, name).await?;
                require_etag(resource::SURVEY, name, etag, view.survey.revision)?;
                let had_draft = view.survey.has_draft();
                let new = change.apply_to(&view.questionnaire);
                if view.survey.revise(&view.questionnaire, &new, self.clock.now())? == Change::None {
                    return transaction.abandon(view).await;
                }
                surveys::update(connection, tenant, &view.survey, &new.title).await?;
                if had_draft {
                    surveys::update_draft(connection, tenant, &view.survey, &new).await?;
                } else {
                    surveys::insert_version(connection, tenant, &view.survey, &new).await?;
                }
                view.version = view.survey.latest_version;
                view.questionnaire = new;
                transaction.commit(view).await
            })
            .await
    }

    /// Publishes the draft of a survey.
    pub(crate) async fn publish_survey(&self, tenant: &str, name: &str) -> Result<SurveyView> {
        self.store
            .write("publish_survey", |transaction| async move {
                let mut view = latest(transaction.connection(), tenant, name).await?;
                if view.survey.publish(&view.questionnaire, self.clock.now())? == Change::None {
                    return transaction.abandon(view).await;
                }
                store_state(&transaction, tenant, &view).await?;
                surveys::seal_published(transaction.connection(), tenant, &view.survey).await?;
                transaction.commit(view).await
            })
            .await
    }

    /// Closes a survey.
    pub(crate) async fn close_survey(&self, tenant: &str, name: &str) -> Result<SurveyView> {
        self.store
            .write("close_survey", |transaction| async move {
                let mut view = latest(transaction.connection(), tenant, name).await?;
                if view.survey.close(self.clock.now())? == Change::None {
                    return transaction.abandon(view).await;
                }
                store_state(&transaction, tenant, &view).await?;
                transaction.commit(view).await
            })
            .await
    }
}

async fn store_state(transaction: &Transaction, tenant: &str, view: &SurveyView) -> Result<()> {
    surveys::update(
        transaction.connection(),
        tenant,
        &view.survey,
        &view.questionnaire.title,
    )
    .await
}

async fn existing(connection: &impl ConnectionTrait, tenant: &str, name: &str) -> Result<Survey> {
    surveys::find(connection, tenant, name)
        .await?
        .ok_or_else(|| no_such_survey(name))
}

async fn latest(connection: &impl ConnectionTrait, tenant: &str, name: &str) -> Result<SurveyView> {
    let survey = existing(connection, tenant, name).await?;
    let version = survey.latest_version;
    let questionnaire = surveys::existing_version(connection, tenant, name, version).await?;
    Ok(SurveyView {
        survey,
        version,
        questionnaire,
    })
}

fn taken(name: &str) -> Error {
    Error::about(
        Reason::SurveyAlreadyExists,
        resource::SURVEY,
        name,
        format!("{name} was created with other content; choose another id, or change it with UpdateSurvey"),
    )
}
