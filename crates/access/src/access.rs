//! Who a call comes from.

use std::{collections::BTreeSet, sync::Arc};

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use rapport_clock::Clock;
use rapport_status::{Error, Reason, Result};

use crate::{
    AccessOptions, Caller, Misconfigured, TlsOptions, acting,
    api_key::{self, ApiKeys},
    issuer::Issuer,
    known::KnownTokens,
    source::Source,
    tls, token,
    watched::{LOOK_AT_FILES, Watched},
};

/// Where a call comes from, as the connection tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer<'a> {
    /// From this process itself.
    InProcess,
    /// From the network, with the verified certificate (DER) of the other end if it showed one.
    Network(Option<&'a [u8]>),
}

/// Knows callers by their tokens, API keys and certificates.
#[derive(Debug)]
pub struct Access {
    issuer: Option<Issuer>,
    api_keys: Option<Arc<Watched<ApiKeys>>>,
    /// Names of the sister services; none when certificates are not asked for.
    services: BTreeSet<String>,
    known: KnownTokens,
    clock: Clock,
}

impl Access {
    /// Opens what is configured; none if nothing is, so that only local callers can be served.
    pub async fn open(
        options: &AccessOptions,
        tls: Option<&TlsOptions>,
        clock: &Clock,
    ) -> Result<Option<Self>, Misconfigured> {
        let mutual = tls.is_some_and(|tls| tls.authorities.is_some());
        if !options.tells_callers_apart(tls) {
            return Ok(None);
        }
        let issuer = match &options.jwks {
            Some(jwks) => Some(Issuer::open(jwks, options, clock).await?),
            None => None,
        };
        let api_keys = match &options.api_keys {
            Some(path) => {
                let keys = Watched::new(
                    "the file of API keys",
                    vec![Source::File(path.clone())],
                    ApiKeys::parse,
                );
                keys.read().await.map_err(|wrong| {
                    Misconfigured::new(
                        format!("the file of API keys cannot be used: {wrong}"),
                        "set access.api_keys to a TOML file with the entries that `rapport key` prints",
                    )
                })?;
                keys.keep_current(LOOK_AT_FILES);
                Some(keys)
            }
            None => None,
        };
        let services = options.services.iter().filter(|_| mutual).cloned().collect();
        Ok(Some(Self {
            issuer,
            api_keys,
            services,
            known: KnownTokens::default(),
            clock: clock.clone(),
        }))
    }

    /// Who calls. A token or key in `authorization` counts before anything else; only where there is none, a trusted
    /// peer may say for whom it calls.
    pub async fn authenticate(&self, headers: &HeaderMap, peer: Peer<'_>) -> Result<Caller> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        match (given.next(), given.next()) {
            (None, _) if acting::is_stated(headers) && self.trusts(peer) => acting::read(headers),
            (None, _) => Err(Error::new(
                Reason::TokenMissing,
                "the call brings no credentials; send the header \"authorization: Bearer …\" with a token or an API key",
            )),
            (Some(authorization), None) => self.by_authorization(authorization).await,
            (Some(_), Some(_)) => Err(token::invalid(
                "the call brings more than one authorization header; send one",
            )),
        }
    }

    /// Whether a peer may say for whom it calls.
    fn trusts(&self, peer: Peer<'_>) -> bool {
        match peer {
            Peer::InProcess => true,
            Peer::Network(None) => false,
            Peer::Network(Some(certificate)) => tls::names(certificate)
                .iter()
                .any(|name| self.services.contains(name)),
        }
    }

    async fn by_authorization(&self, authorization: &HeaderValue) -> Result<Caller> {
        let secret = bearer(authorization)?;
        if secret.starts_with(api_key::PREFIX) {
            let keys = self.api_keys.as_deref().and_then(Watched::current);
            let keys = keys.ok_or_else(api_key::unknown)?;
            let caller = keys.caller(secret, self.clock.now())?;
            return Ok(caller.proven_by(authorization));
        }
        let Some(issuer) = &self.issuer else {
            return Err(token::invalid(
                "this server takes no tokens, for it knows no issuer; send an API key",
            ));
        };
        let now = self.clock.now();
        if let Some(caller) = self.known.get(secret, issuer.keys().as_ref(), now) {
            return Ok(caller);
        }
        let verified = issuer.verify(secret).await?;
        let caller = verified.caller.proven_by(authorization);
        self.known
            .add(secret, issuer.keys(), caller.clone(), verified.until, now);
        Ok(caller)
    }

    /// Who may call, in a few words for people.
    pub fn describe(&self) -> String {
        let mut ways = Vec::new();
        if let Some(issuer) = &self.issuer {
            ways.push(format!("who has a token of {}", issuer.name()));
        }
        if self.api_keys.is_some() {
            ways.push("who has an API key".to_owned());
        }
        if !self.services.is_empty() {
            ways.push("sister services with a certificate".to_owned());
        }
        ways.join(", ")
    }
}

/// The secret of an authorization header.
fn bearer(authorization: &HeaderValue) -> Result<&str> {
    let wrong = || {
        token::invalid("the authorization header must read \"Bearer\", a space, and a token or an API key")
    };
    let text = authorization.to_str().map_err(|_| wrong())?;
    let (scheme, secret) = text.split_once(' ').ok_or_else(wrong)?;
    let secret = secret.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !secret.is_empty() {
        Ok(secret)
    } else {
        Err(wrong())
    }
}
