//! Who calls.

use rapport_status::{Error, Result};

/// Who calls, and what that caller may do. Put on every request by the layer that checks policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant whose data the caller works on.
    pub tenant: String,
    /// The caller, as histories name it.
    pub subject: String,
    /// What the caller may do.
    pub scopes: Scopes,
}

/// What a caller may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scopes {
    /// Everything.
    All,
    /// What these scopes allow.
    Some(Vec<String>),
}

impl Scopes {
    /// Whether a scope is among them.
    pub fn allow(&self, scope: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(scopes) => scopes.iter().any(|held| held == scope),
        }
    }
}

/// How callers are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// No keys are configured: whoever reaches the loopback address is this tenant's operator.
    Local {
        /// The tenant.
        tenant: String,
    },
}

impl Credentials {
    /// The caller of a request.
    pub(crate) fn caller(&self) -> Caller {
        let Self::Local { tenant } = self;
        Caller {
            tenant: tenant.clone(),
            subject: "local".to_owned(),
            scopes: Scopes::All,
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
