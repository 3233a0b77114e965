//! How a sister service says for whom it calls.
//!
//! A service that calls another one passes the original caller's `authorization` on, which proves everything by itself.
//! Where there was none (no keys are configured, or the service acts by itself), it names tenant, subject and scopes in
//! plain. They are believed only from a peer that is trusted by its connection: see [`crate::Peer`].

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use rapport_contract::name;
use rapport_status::{Error, Reason, Result};

use crate::{Caller, Scopes, caller::is_subject};

/// The tenant that is acted for.
pub const TENANT: HeaderName = HeaderName::from_static("rapport-tenant");
/// The subject that is acted for.
pub const SUBJECT: HeaderName = HeaderName::from_static("rapport-subject");
/// What that subject may do, separated by spaces. Acting for somebody never allows more than that.
pub const SCOPES: HeaderName = HeaderName::from_static("rapport-scopes");

/// Writes for whom a call is made.
pub fn write(caller: &Caller, headers: &mut HeaderMap) {
    if let Some(authorization) = caller.authorization() {
        headers.insert(AUTHORIZATION, authorization.clone());
        return;
    }
    let scopes = caller.scopes.to_line();
    for (name, value) in [
        (TENANT, &caller.tenant),
        (SUBJECT, &caller.subject),
        (SCOPES, &scopes),
    ] {
        // Callers have been checked to fit into headers; were one not to, the call is refused as naming nobody.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.insert(name, value);
        }
    }
}

/// Whether a call says for whom it is made.
pub fn is_stated(headers: &HeaderMap) -> bool {
    headers.contains_key(TENANT)
}

/// Reads for whom a call is made. Only for peers that are trusted by their connection.
pub fn read(headers: &HeaderMap) -> Result<Caller> {
    let text = |name: HeaderName| {
        headers
            .get(name)
            .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    };
    let wrong = |what: &str| {
        Error::new(
            Reason::TokenInvalid,
            format!("the sister service names {what}; it must be of the same version as this one"),
        )
    };
    let tenant = text(TENANT).filter(|tenant| name::is_id(tenant));
    let tenant = tenant.ok_or_else(|| wrong("no tenant, or one that is no id"))?;
    let subject = text(SUBJECT).filter(|subject| is_subject(subject));
    let subject = subject.ok_or_else(|| wrong("no subject, or one that cannot be used"))?;
    let scopes = text(SCOPES).unwrap_or_default();
    Ok(Caller::new(tenant, subject, Scopes::from_list(scopes.split(' '))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for scopes in [
            Scopes::All,
            Scopes::from_list(["loyalty.*", "profile.customers.read"]),
        ] {
            let caller = Caller::new("harbour", "Zoë at the desk", scopes);
            let mut headers = HeaderMap::new();
            write(&caller, &mut headers);
            assert_eq!(read(&headers).unwrap(), caller);
        }
    }

    #[test]
    fn a_caller_with_a_token_is_named_by_the_token_alone() {
        let token = HeaderValue::from_static("Bearer abc");
        let mut headers = HeaderMap::new();
        write(
            &Caller::new("harbour", "ada", Scopes::All).proven_by(&token),
            &mut headers,
        );
        assert_eq!(headers.get(AUTHORIZATION), Some(&token));
        assert_eq!(headers.len(), 1, "{headers:?}");
    }

    #[test]
    fn a_call_that_names_a_wrong_tenant_or_nobody_is_refused() {
        let whole = [("rapport-tenant", "harbour"), ("rapport-subject", "ada")];
        for (left_out, put_in) in [
            ("rapport-tenant", None),
            ("rapport-tenant", Some("A B")),
            ("rapport-subject", None),
            ("rapport-subject", Some("")),
        ] {
            let mut headers: HeaderMap = whole
                .iter()
                .filter(|(name, _)| *name != left_out)
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            if let Some(value) = put_in {
                headers.insert(left_out, HeaderValue::from_static(value));
            }
            let refused = read(&headers).unwrap_err();
            assert_eq!(refused.reason(), Reason::TokenInvalid, "{headers:?}");
        }
    }

    #[test]
    fn who_states_no_scopes_may_do_nothing() {
        let caller = Caller::new("harbour", "ada", Scopes::All);
        let mut headers = HeaderMap::new();
        write(&caller, &mut headers);
        headers.remove(SCOPES);
        assert!(!read(&headers).unwrap().scopes.allow("profile.customers.read"));
    }
}
