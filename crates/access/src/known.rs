//! Tokens that were verified before: a caller sends the same one with every call, and signatures are dear.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::{Caller, key_set::KeySet};

/// Most tokens that are remembered.
const MOST: usize = 10_000;

/// Tokens by their SHA-256, as long as they are valid and the keys are the same.
#[derive(Debug, Default)]
pub(crate) struct KnownTokens(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The keys that they were verified with.
    keys: Option<Arc<KeySet>>,
    tokens: HashMap<[u8; 32], (Caller, Timestamp)>,
}

impl KnownTokens {
    /// The caller of a token that was verified with these keys and is valid still.
    pub(crate) fn get(&self, token: &str, keys: Option<&Arc<KeySet>>, now: Timestamp) -> Option<Caller> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_same(known.keys.as_ref(), keys) {
            return None;
        }
        let (caller, until) = known.tokens.get(&digest)?;
        (now < *until).then(|| caller.clone())
    }

    /// Remembers a token until a moment.
    pub(crate) fn add(
        &self,
        token: &str,
        keys: Option<Arc<KeySet>>,
        caller: Caller,
        until: Timestamp,
        now: Timestamp,
    ) {
        let digest: [u8; 32] = Sha256::digest(token).into();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_same(known.keys.as_ref(), keys.as_ref()) {
            known.tokens.clear();
            known.keys = keys;
        }
        if known.tokens.len() >= MOST {
            known.tokens.retain(|_, (_, until)| now < *until);
        }
        if known.tokens.len() >= MOST {
            known.tokens.clear();
        }
        known.tokens.insert(digest, (caller, until));
    }
}

fn is_same(one: Option<&Arc<KeySet>>, other: Option<&Arc<KeySet>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        _ => false,
    }
}
