//! Who calls.

use rapport_access::{Caller, Scopes};
use rapport_status::{Error, Result};

/// How callers are known.
#[derive(Debug, Clone)]
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
        Caller::new(tenant, "local", Scopes::All)
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
