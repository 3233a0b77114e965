//! Who calls.

use std::sync::Arc;

use http::{HeaderMap, Uri, header::ORIGIN};
use rapport_access::{Access, Caller, Peer, Proof, Scopes, acting};
use rapport_contract::audit::v1::CallerKind;
use rapport_status::{Error, Reason, Result};

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
            Self::Local { .. } if is_foreign_page(headers) => Err(Error::new(
                Reason::TokenMissing,
                "pages of other machines cannot call a server without keys; configure keys, or serve the page from this machine",
            )),
            Self::Local { tenant } => Ok(Caller::new(tenant, "local", Scopes::All)),
        }
    }
}

/// Whether a browser sends the call for a page that is not of this machine. Without keys, any page that an operator looks
/// at could otherwise call the server in the operator's name. Other clients send no `origin`.
fn is_foreign_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return false;
    };
    let page = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let host = page.as_ref().and_then(Uri::host);
    !matches!(host, Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// The caller of a request that came through the server.
pub fn caller<T>(request: &tonic::Request<T>) -> Result<Caller> {
    request
        .extensions()
        .get::<Caller>()
        .cloned()
        .ok_or_else(|| Error::internal("a request reached its handler without passing the policy layer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_only_pages_of_this_machine_can_call() {
        for (origin, foreign) in [
            ("http://localhost:3000", false),
            ("http://127.0.0.1:50051", false),
            ("https://[::1]:8443", false),
            ("http://example.test", true),
            ("http://localhost.example.test", true),
            ("http://127.0.0.1.example.test:50051", true),
            ("null", true),
            ("", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ORIGIN, origin.parse().unwrap());
            assert_eq!(is_foreign_page(&headers), foreign, "{origin:?}");
        }
        assert!(
            !is_foreign_page(&HeaderMap::new()),
            "other clients send no origin"
        );
    }
}
