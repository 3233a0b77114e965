//! Sets of answers that are there: read, corrected, deleted.

use rapport_contract::name;
use rapport_events::outbox;
use rapport_privacy::TenantKeys;
use rapport_status::{Reason, Result};
use sea_orm::ConnectionTrait;

use crate::{
    domain::{
        answer_set::{Answer, AnswerSet, no_such_answer_set},
        submission::{self, Correction, next_revision},
    },
    store::{
        answer_sets,
        cases::{self, NewCase},
        surveys,
    },
    usecase::{ListRequest, UseCases},
    wire,
};

impl UseCases {
    /// A set of answers.
    pub(crate) async fn answer_set(&self, tenant: &str, name: &str) -> Result<AnswerSet> {
        let keys = self.privacy.keys(tenant).await?;
        existing(self.store.read(), &keys, name).await
    }

    /// A page of sets of answers, and the token of the next page.
    pub(crate) async fn answer_sets(
        &self,
        tenant: &str,
        request: &ListRequest<'_>,
    ) -> Result<(Vec<AnswerSet>, String)> {
        let page = self.page(
            request,
            &answer_sets::LISTING,
            answer_sets::DEFAULT_ORDER,
            "answer_sets",
            tenant,
        )?;
        let keys = self.privacy.keys(tenant).await?;
        answer_sets::list(self.store.read(), &keys, &page).await
    }

    /// Replaces the answers of a set. The scores follow by event; a case is opened where none was and a score is low.
    pub(crate) async fn correct_answer_set(
        &self,
        tenant: &str,
        name: &str,
        answers: &[Answer],
        etag: &str,
    ) -> Result<AnswerSet> {
        let keys = &self.privacy.keys(tenant).await?;
        self.store
            .write("correct_answer_set", |transaction| async move {
                let connection = transaction.connection();
                let mut set = existing(connection, keys, name).await?;
                let questionnaire =
                    surveys::existing_version(connection, tenant, &set.survey, set.survey_version).await?;
                let case_name = name::CASE.format([&self.clock.new_id().to_string()]);
                let now = self.clock.now();
                let correction =
                    submission::correct(&mut set, &questionnaire, answers.to_vec(), etag, case_name, now)?;
                let Correction::Changed(opened) = correction else {
                    return transaction.abandon(set).await;
                };
                answer_sets::replace_answers(connection, keys, &set).await?;
                let scored = wire::event::answer_set_scored(&set, &questionnaire);
                let mut events = vec![outbox::event(&self.clock, tenant, set.event_key(), &scored)];
                if let Some((case, event)) = opened.as_deref() {
                    let new = NewCase {
                        keys,
                        case,
                        event,
                        creation_fingerprint: &[],
                    };
                    cases::insert(connection, &[new]).await?;
                    let told = wire::event::case_opened(case);
                    events.push(outbox::event(&self.clock, tenant, case.event_key(), &told));
                }
                outbox::append(connection, events).await?;
                transaction.commit(set).await
            })
            .await
    }

    /// Deletes a set of answers. What it opened stays: a case lives on without the answers.
    pub(crate) async fn delete_answer_set(
        &self,
        tenant: &str,
        name: &str,
        allow_missing: bool,
    ) -> Result<()> {
        let keys = &self.privacy.keys(tenant).await?;
        let deleted = self
            .store
            .write("delete_answer_set", |transaction| async move {
                let connection = transaction.connection();
                let set = existing(connection, keys, name).await?;
                answer_sets::delete(connection, tenant, &set).await?;
                let told = wire::event::answer_set_deleted(&set, next_revision(&set)?);
                let event = outbox::event(&self.clock, tenant, set.event_key(), &told);
                outbox::append(connection, vec![event]).await?;
                transaction.commit(()).await
            })
            .await;
        match deleted {
            Err(error) if allow_missing && error.reason() == Reason::AnswerSetNotFound => Ok(()),
            outcome => outcome,
        }
    }
}

async fn existing(connection: &impl ConnectionTrait, keys: &TenantKeys, name: &str) -> Result<AnswerSet> {
    answer_sets::find(connection, keys, name)
        .await?
        .ok_or_else(|| no_such_answer_set(name))
}
