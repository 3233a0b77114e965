//! Cases: opened by hand, followed up step by step, counted.

use rapport_events::outbox;
use rapport_privacy::TenantKeys;
use rapport_status::{Error, Reason, Result};
use sea_orm::ConnectionTrait;
use sha2::{Digest as _, Sha256};

use crate::{
    domain::{
        case::{Case, CaseAction, CaseEvent, Opening, Step, no_such_case},
        resource,
    },
    store::cases::{self, CaseCount, NewCase},
    usecase::{ListRequest, UseCases},
    wire,
};

/// A case with its history, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaseView {
    /// The case.
    pub(crate) case: Case,
    /// What happened with it.
    pub(crate) history: Vec<CaseEvent>,
}

/// Counts of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaseSummary {
    /// By state and priority; those that are 0 are left out.
    pub(crate) counts: Vec<CaseCount>,
    /// Neither resolved nor closed, and past their deadline.
    pub(crate) overdue_count: i64,
}

impl UseCases {
    /// Opens a case by hand. The same content under the same name again gives the case that is there.
    pub(crate) async fn create_case(&self, tenant: &str, actor: &str, opening: &Opening) -> Result<CaseView> {
        let keys = &self.privacy.keys(tenant).await?;
        let fingerprint = &Fingerprint::of(opening, keys);
        self.store
            .write("create_case", |transaction| async move {
                let connection = transaction.connection();
                match cases::find_with_fingerprint(connection, keys, &opening.name).await? {
                    Some((case, known)) if fingerprint.is(&known) => {
                        let there = with_history(connection, keys, case).await?;
                        return transaction.abandon(there).await;
                    }
                    Some(_) => return Err(taken(&opening.name)),
                    None => {}
                }
                let (case, event) = Case::open(opening.clone(), actor, self.clock.now());
                let new = NewCase {
                    keys,
                    case: &case,
                    event: &event,
                    creation_fingerprint: &fingerprint.keyed,
                };
                cases::insert(connection, &[new]).await?;
                let told = wire::event::case_opened(&case);
                let told = outbox::event(&self.clock, tenant, case.event_key(), &told);
                outbox::append(connection, vec![told]).await?;
                let view = CaseView {
                    case,
                    history: vec![event],
                };
                transaction.commit(view).await
            })
            .await
    }

    /// A case with its history.
    pub(crate) async fn case(&self, tenant: &str, name: &str) -> Result<CaseView> {
        let keys = self.privacy.keys(tenant).await?;
        let case = existing(self.store.read(), &keys, name).await?;
        with_history(self.store.read(), &keys, case).await
    }

    /// A page of cases, and the token of the next page.
    pub(crate) async fn cases(&self, tenant: &str, request: &ListRequest<'_>) -> Result<(Vec<Case>, String)> {
        let page = self.page(request, &cases::LISTING, cases::DEFAULT_ORDER, "cases", tenant)?;
        let keys = self.privacy.keys(tenant).await?;
        cases::list(self.store.read(), &keys, &page).await
    }

    /// Takes a step in a case. A step that was taken already changes nothing.
    pub(crate) async fn step_case(
        &self,
        tenant: &str,
        name: &str,
        actor: &str,
        step: &Step,
    ) -> Result<CaseView> {
        let keys = &self.privacy.keys(tenant).await?;
        self.store
            .write("step_case", |transaction| async move {
                let connection = transaction.connection();
                let mut case = existing(connection, keys, name).await?;
                let Some(event) = case.take(step.clone(), actor, self.clock.now())? else {
                    let there = with_history(connection, keys, case).await?;
                    return transaction.abandon(there).await;
                };
                cases::update(connection, keys, &case, &event).await?;
                if let (CaseAction::Resolved, Some(resolution)) = (event.action, &case.resolution) {
                    let told = wire::event::case_resolved(&case, resolution);
                    let told = outbox::event(&self.clock, tenant, case.event_key(), &told);
                    outbox::append(connection, vec![told]).await?;
                }
                let view = with_history(connection, keys, case).await?;
                transaction.commit(view).await
            })
            .await
    }

    /// Counts the cases of a tenant, as of now.
    pub(crate) async fn summarize_cases(&self, tenant: &str) -> Result<CaseSummary> {
        let connection = self.store.read();
        Ok(CaseSummary {
            counts: cases::counts(connection, tenant).await?,
            overdue_count: cases::overdue_count(connection, tenant, self.clock.now()).await?,
        })
    }
}

/// Tells a repeated creation from another case: what was asked for, not what became of it.
#[derive(Debug)]
struct Fingerprint {
    /// As it is stored: nobody who has not the keys can try subjects out on it.
    keyed: [u8; 32],
    /// As the version before stored it.
    plain: Vec<u8>,
}

impl Fingerprint {
    fn of(opening: &Opening, keys: &TenantKeys) -> Self {
        let plain = digest(opening);
        Self {
            keyed: keys.hash_bytes("creation of a case", &plain),
            plain,
        }
    }

    fn is(&self, stored: &[u8]) -> bool {
        stored == self.keyed || stored == self.plain
    }
}

fn digest(opening: &Opening) -> Vec<u8> {
    let due_time = opening.due_time.map(|due| due.as_microsecond().to_string());
    let mut hasher = Sha256::new();
    for part in [
        opening.subject.expose().as_str(),
        opening.priority.name(),
        &opening.customer,
        &opening.owner,
        due_time.as_deref().unwrap_or_default(),
    ] {
        // No part can have this character: it keeps parts apart that join to the same text.
        hasher.update(part);
        hasher.update(b"\0");
    }
    hasher.finalize().to_vec()
}

async fn existing(connection: &impl ConnectionTrait, keys: &TenantKeys, name: &str) -> Result<Case> {
    cases::find(connection, keys, name)
        .await?
        .ok_or_else(|| no_such_case(name))
}

async fn with_history(connection: &impl ConnectionTrait, keys: &TenantKeys, case: Case) -> Result<CaseView> {
    let history = cases::history(connection, keys, &case.name).await?;
    Ok(CaseView { case, history })
}

fn taken(name: &str) -> Error {
    Error::about(
        Reason::CaseAlreadyExists,
        resource::CASE,
        name,
        format!("{name} was created with other content; choose another id"),
    )
}
