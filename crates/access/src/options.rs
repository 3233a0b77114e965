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
}

impl Default for AccessOptions {
    fn default() -> Self {
        Self {
            jwks: None,
            issuer: String::new(),
            audience: "rapport".to_owned(),
            refresh_seconds: 300,
            api_keys: None,
        }
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
    /// Calls that may be under way in this process at a time.
    pub calls_in_flight: usize,
    /// Calls a second that this process takes from one tenant, for one method; 0 means without limit.
    pub calls_per_second: u32,
    /// Other rates for some methods, by full name such as `rapport.loyalty.v1.LoyaltyService/GetBalance`.
    pub methods: BTreeMap<String, u32>,
}

impl Default for LimitOptions {
    fn default() -> Self {
        Self {
            calls_in_flight: 1_024,
            calls_per_second: 0,
            methods: BTreeMap::new(),
        }
    }
}
