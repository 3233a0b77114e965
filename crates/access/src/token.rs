//! Tokens (JWT, RFC 7519 and RFC 8725): who calls, stated by an issuer that is trusted.
//!
//! Everything here is pure: the keys, what is expected and the time come in.

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Validation};
use rapport_contract::name;
use rapport_status::{Error, Reason, Result};
use serde::Deserialize;

use crate::{Caller, Scopes, caller::is_subject, key_set::PublicKey};

/// Longest token in bytes.
pub(crate) const LONGEST: usize = 8 * 1024;

/// How far clocks may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// What a token must name.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    /// Its issuer (`iss`).
    pub(crate) issuer: String,
    /// Its audience (`aud`).
    pub(crate) audience: String,
}

/// What the first part of a token says.
#[derive(Debug, Deserialize)]
pub(crate) struct Header {
    alg: String,
    /// Id of the key that signed it.
    pub(crate) kid: Option<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: Option<String>,
    aud: Option<OneOrMany>,
    sub: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    tenant: Option<String>,
    scope: Option<String>,
    scopes: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn names(&self, wanted: &str) -> bool {
        match self {
            Self::One(name) => name == wanted,
            Self::Many(names) => names.iter().any(|name| name == wanted),
        }
    }
}

/// A token that can be trusted.
#[derive(Debug)]
pub(crate) struct Verified {
    /// Who calls.
    pub(crate) caller: Caller,
    /// From when on it is trusted no more.
    pub(crate) until: Timestamp,
}

pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(Reason::TokenInvalid, message)
}

/// Reads the first part of a token, which names the key.
pub(crate) fn header(token: &str) -> Result<Header> {
    if token.len() > LONGEST {
        return Err(invalid(format!(
            "the token has more than {LONGEST} bytes; ask its issuer for one with fewer claims"
        )));
    }
    let whole = "the token is no JWT; send it whole, as its issuer gave it";
    let (first, rest) = token.split_once('.').ok_or_else(|| invalid(whole))?;
    if rest.split('.').count() != 2 {
        return Err(invalid(whole));
    }
    let bytes = BASE64URL_NOPAD
        .decode(first.as_bytes())
        .map_err(|_| invalid(whole))?;
    let header: Header = serde_json::from_slice(&bytes).map_err(|_| invalid(whole))?;
    if header.crit.is_some() {
        return Err(invalid(
            "the token demands an extension (crit) that this server does not know; ask for one without",
        ));
    }
    if algorithm(&header.alg).is_none() {
        return Err(invalid(
            "the token is not signed with RS256, ES256 or EdDSA; no other algorithm is taken",
        ));
    }
    Ok(header)
}

fn algorithm(name: &str) -> Option<Algorithm> {
    match name {
        "RS256" => Some(Algorithm::RS256),
        "ES256" => Some(Algorithm::ES256),
        "EdDSA" => Some(Algorithm::EdDSA),
        _ => None,
    }
}

/// Checks a token with the key that its header names.
pub(crate) fn verify(
    token: &str,
    header: &Header,
    key: &PublicKey,
    expected: &Expected,
    now: Timestamp,
) -> Result<Verified> {
    // The key decides: a token cannot have its RSA public key taken for the secret of an HMAC, or the like.
    if algorithm(&header.alg) != Some(key.algorithm) {
        return Err(invalid(format!(
            "the token's algorithm does not fit its key, which is for {:?}",
            key.algorithm
        )));
    }
    let mut validation = Validation::new(key.algorithm);
    // Only the signature is left to the library: it would read the machine's clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Claims>(token, &key.key, &validation)
        .map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::Json(_) => {
                invalid("the token's claims cannot be read; exp and nbf are numbers, scopes a list of texts")
            }
            _ => invalid("the token's signature is wrong; send it whole, as its issuer gave it"),
        })?
        .claims;
    claims.check(expected, now)
}

impl Claims {
    fn check(self, expected: &Expected, now: Timestamp) -> Result<Verified> {
        if self.iss.as_deref() != Some(expected.issuer.as_str()) {
            return Err(invalid(format!(
                "the token's issuer (iss) is not {:?}; get one from there",
                expected.issuer
            )));
        }
        if !self
            .aud
            .as_ref()
            .is_some_and(|audience| audience.names(&expected.audience))
        {
            return Err(invalid(format!(
                "the token is not for this server: its audience (aud) is not {:?}; get one for that audience",
                expected.audience
            )));
        }
        let Some(expires) = self.exp.and_then(moment) else {
            return Err(invalid(
                "the token does not say when it expires (exp); get one that does",
            ));
        };
        let until = expires.saturating_add(LEEWAY).unwrap_or(Timestamp::MAX);
        if now >= until {
            return Err(Error::new(
                Reason::TokenExpired,
                format!("the token expired at {expires}; get a new one from its issuer"),
            ));
        }
        if let Some(from) = self.nbf {
            let from = moment(from).ok_or_else(|| invalid("the token's nbf is no moment; get a new one"))?;
            if now.saturating_add(LEEWAY).unwrap_or(Timestamp::MAX) < from {
                return Err(invalid(format!(
                    "the token is valid only from {from} on; wait, or compare the clocks"
                )));
            }
        }
        Ok(Verified {
            caller: self.caller()?,
            until,
        })
    }
}

impl Claims {
    fn caller(self) -> Result<Caller> {
        let subject = self.sub.filter(|subject| is_subject(subject)).ok_or_else(|| {
            invalid("the token names no subject (sub) of 1 to 255 bytes without control characters; get one that does")
        })?;
        let tenant = self.tenant.filter(|tenant| name::is_id(tenant)).ok_or_else(|| {
            invalid("the token names no tenant, or one that is no id (1 to 63 of a-z 0-9 - _ .); have its issuer set the claim \"tenant\"")
        })?;
        let words = self.scope.as_deref().unwrap_or_default().split(' ');
        let listed = self
            .scopes
            .as_deref()
            .unwrap_or_default()
            .iter()
            .map(String::as_str);
        Ok(Caller::new(
            tenant,
            subject,
            Scopes::from_list(words.chain(listed)),
        ))
    }
}

/// A moment in seconds since 1970, as tokens state it.
fn moment(seconds: f64) -> Option<Timestamp> {
    let since = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::UNIX_EPOCH.checked_add(since).ok()
}
