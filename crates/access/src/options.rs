//! What can be configured of callers.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

/// How callers prove who they are. Without keys and tokens only this machine can call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessOptions {
    /// Where the public keys of the token issuer are: a file or an http(s) address of a JWKS.
    pub jwks: Option<String>,
    /// The issuer that tokens must name (`iss`).
    pub issuer: String,
    /// The audience that tokens must name (`aud`).
    pub audience: String,
    /// After how many seconds the JWKS is read again. An unknown key id has it read at once, at most every ten seconds.
    pub refresh_seconds: u64,
    /// A file with the hashes of API keys, in TOML. `rapport key` makes keys.
    pub api_keys: Option<PathBuf>,
    /// Names of the sister services: DNS names or URIs (SPIFFE ids) in the certificates that they show. Whoever shows
    /// one of these may say for which tenant it calls.
    pub services: Vec<String>,
}

impl Default for AccessOptions {
    fn default() -> Self {
        Self {
            jwks: None,
            issuer: String::new(),
            audience: "rapport".to_owned(),
            refresh_seconds: 300,
            api_keys: None,
            services: ["profile", "feedback", "satisfaction", "loyalty"]
                .map(|service| format!("rapport-{service}"))
                .to_vec(),
        }
    }
}

impl AccessOptions {
    /// Whether anything is configured by which callers are known: keys of tokens, API keys, or authorities of
    /// certificates. Only then can calls from other machines be served.
    pub fn tells_callers_apart(&self, tls: Option<&TlsOptions>) -> bool {
        self.jwks.is_some() || self.api_keys.is_some() || tls.is_some_and(|tls| tls.authorities.is_some())
    }
}

/// Certificates of this process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsOptions {
    /// Certificate chain in PEM: shown to callers, and to sister services.
    pub certificate: PathBuf,
    /// Its private key in PEM.
    pub key: PathBuf,
    /// Authorities in PEM whose certificates callers may show (mutual TLS), and that sister services' certificates must
    /// come from.
    pub authorities: Option<PathBuf>,
}

/// How much callers may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitOptions {
    /// Calls that may be under way in this process at a time, however fast they are answered.
    pub calls_in_flight: usize,
    /// Calls that may be under way at a time although they are answered slowly: the limit never goes below.
    pub least_calls_in_flight: usize,
    /// How many milliseconds calls may be held up by others on average before fewer are let in at a time; 0 keeps the
    /// limit at `calls_in_flight`.
    pub held_up_milliseconds: u64,
    /// Streams that may be open in this process at a time.
    pub streams: usize,
    /// Calls a second that this process takes from one tenant, for one method; 0 means without limit.
    pub calls_per_second: u32,
    /// Other rates for some methods, by full name such as `rapport.loyalty.v1.LoyaltyService/GetBalance`.
    pub methods: BTreeMap<String, u32>,
}

impl Default for LimitOptions {
    fn default() -> Self {
        Self {
            calls_in_flight: 1_024,
            least_calls_in_flight: 64,
            held_up_milliseconds: 10,
            streams: 256,
            calls_per_second: 0,
            methods: BTreeMap::new(),
        }
    }
}
