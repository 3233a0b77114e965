//! Who calls.

use std::sync::Arc;

use http::HeaderMap;
use rapport_access::{Access, Caller, Peer, Proof, Scopes, acting};
use rapport_contract::audit::v1::CallerKind;
use rapport_status::{Error, Result};

/// How callers are known.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// No keys are configured: whoever reaches the loopback address is this tenant's operator.
    Local {
        /// The tenant.
        tenant: String,
    },
    /// Callers prove who they are, by tokens, API keys or certificates.
    Keys(Arc<Access>),
}

impl Credentials {
    /// Those that are configured; without any, local callers work for a tenant.
    pub fn of(access: Option<Access>, tenant: impl Into<String>) -> Self {
        match access {
            Some(access) => Self::Keys(Arc::new(access)),
            None => Self::Local {
                tenant: tenant.into(),
            },
        }
    }

    /// Who may call, in a few words for people.
    pub fn describe(&self) -> String {
        match self {
            Self::Local { tenant } => {
                format!("anybody on this machine, for tenant {tenant:?}: no keys are configured")
            }
            Self::Keys(access) => access.describe(),
        }
    }

    /// How a caller proved who it is, as audit records tell it.
    pub(crate) fn kind_of(&self, caller: &Caller) -> CallerKind {
        match (self, caller.proof()) {
            (Self::Local { .. }, _) => CallerKind::Local,
            (Self::Keys(_), Proof::Token) => CallerKind::Token,
            (Self::Keys(_), Proof::ApiKey) => CallerKind::ApiKey,
            (Self::Keys(_), Proof::Connection) => CallerKind::Service,
        }
    }

    /// The caller of a request.
    pub(crate) async fn caller(&self, headers: &HeaderMap, peer: Peer<'_>) -> Result<Caller> {
        match self {
            Self::Keys(access) => access.authenticate(headers, peer).await,
            Self::Local { .. } if peer == Peer::InProcess && acting::is_stated(headers) => {
                acting::read(headers)
            }
            Self::Local { tenant } => Ok(Caller::new(tenant, "local", Scopes::All)),
        }
    }
}

/// The caller of a request that came through the server.
pub fn caller<T>(request: &tonic::Request<T>) -> Result<Caller> {
    request
        .extensions()
        .get::<Caller>()
        .cloned()
        .ok_or_else(|| Error::internal("a request reached its handler without passing the policy layer"))
}
