//! Who calls, and what that caller may do.

use std::sync::Arc;

use http::HeaderValue;

use crate::api_key;

/// Who calls, and what that caller may do. Put on every request by the layer that checks policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant whose data the caller works on.
    pub tenant: String,
    /// The caller, as histories name it.
    pub subject: String,
    /// What the caller may do.
    pub scopes: Scopes,
    /// The header that proved it, to be passed on to sister services. Marked as sensitive, so that it is never shown.
    authorization: Option<HeaderValue>,
}

impl Caller {
    /// A caller who is known without a token: by a verified sister service, or because no keys are configured.
    pub fn new(tenant: impl Into<String>, subject: impl Into<String>, scopes: Scopes) -> Self {
        Self {
            tenant: tenant.into(),
            subject: subject.into(),
            scopes,
            authorization: None,
        }
    }

    /// The same caller, with the header that proved it.
    pub(crate) fn proven_by(mut self, authorization: &HeaderValue) -> Self {
        let mut header = authorization.clone();
        header.set_sensitive(true);
        self.authorization = Some(header);
        self
    }

    /// How the caller proved who it is.
    pub fn proof(&self) -> Proof {
        let Some(header) = &self.authorization else {
            return Proof::Connection;
        };
        let secret = header.to_str().ok().and_then(|header| header.split_once(' '));
        match secret {
            Some((_, secret)) if secret.trim().starts_with(api_key::PREFIX) => Proof::ApiKey,
            _ => Proof::Token,
        }
    }

    /// The header that proved it, if there was one.
    pub fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

/// How a caller proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// By where the call came from: this machine when no keys are configured, or a sister service.
    Connection,
    /// By a signed token.
    Token,
    /// By an API key.
    ApiKey,
}

/// Longest subject in bytes.
const LONGEST_SUBJECT: usize = 255;

/// Whether a text can name a caller in histories and headers.
pub(crate) fn is_subject(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_SUBJECT && !text.chars().any(char::is_control)
}

/// What a caller may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scopes {
    /// Everything.
    All,
    /// What these scopes allow. A scope that ends in `.*` stands for all that begin like it: `loyalty.*` allows
    /// `loyalty.points.write`.
    Some(Arc<[String]>),
}

impl Scopes {
    /// The scopes of a list, such as that of a token. `*` by itself allows everything.
    pub fn from_list<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Self {
        let scopes: Vec<String> = scopes
            .into_iter()
            .filter(|scope| !scope.is_empty())
            .map(str::to_owned)
            .collect();
        if scopes.iter().any(|scope| scope == "*") {
            Self::All
        } else {
            Self::Some(scopes.into())
        }
    }

    /// Whether a scope is among them.
    pub fn allow(&self, scope: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(held) => held.iter().any(|held| match held.strip_suffix('*') {
                Some(beginning) => beginning.ends_with('.') && scope.starts_with(beginning),
                None => held == scope,
            }),
        }
    }

    /// The scopes in one line, as a token's claim `scope` has them.
    pub fn to_line(&self) -> String {
        match self {
            Self::All => "*".to_owned(),
            Self::Some(scopes) => scopes.join(" "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_allows_itself_and_a_star_after_a_dot_all_below() {
        for (held, asked, allowed) in [
            ("loyalty.points.write", "loyalty.points.write", true),
            ("loyalty.points.write", "loyalty.points.read", false),
            ("loyalty.*", "loyalty.points.write", true),
            ("loyalty.points.*", "loyalty.programs.write", false),
            ("loyalty.*", "loyaltyplus.points.write", false),
            ("loy*", "loyalty.points.write", false),
            ("*", "profile.customers.read", true),
            ("", "profile.customers.read", false),
        ] {
            let scopes = Scopes::from_list(held.split(' '));
            assert_eq!(scopes.allow(asked), allowed, "{held:?} on {asked}");
        }
    }

    #[test]
    fn a_caller_knows_how_it_was_proven() {
        let caller = Caller::new("harbour", "ada", Scopes::All);
        assert_eq!(caller.proof(), Proof::Connection);
        for (header, proof) in [("Bearer abc", Proof::Token), ("bearer  rk_abc", Proof::ApiKey)] {
            let caller = caller.clone().proven_by(&HeaderValue::from_static(header));
            assert_eq!(caller.proof(), proof, "{header}");
        }
    }

    #[test]
    fn a_caller_never_shows_its_token() {
        let caller =
            Caller::new("harbour", "ada", Scopes::All).proven_by(&HeaderValue::from_static("Bearer secret"));
        assert!(!format!("{caller:?}").contains("secret"), "{caller:?}");
    }
}
