//! The issuer whose tokens are trusted: its keys, read again in time.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use rapport_clock::Clock;
use rapport_status::{Error, Reason, Result};
use tokio::sync::{Mutex, Semaphore};

use crate::{
    AccessOptions, Misconfigured,
    key_set::KeySet,
    source::Source,
    token::{self, Expected, Verified},
    watched::{LOOK_AT_FILES, Watched},
};

/// Unknown key ids have the keys read again at most this often.
const LEAST_PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// Calls that may wait for the keys at a time; others with unknown keys are refused.
const MOST_WAITING: usize = 64;

/// An issuer of tokens.
#[derive(Debug)]
pub(crate) struct Issuer {
    keys: Arc<Watched<KeySet>>,
    expected: Expected,
    clock: Clock,
    /// When an unknown key id had the keys read last.
    asked: Mutex<Option<Timestamp>>,
    waiting: Semaphore,
}

impl Issuer {
    /// Opens the keys of an issuer. A file must be there; an address may answer later.
    pub(crate) async fn open(
        jwks: &str,
        options: &AccessOptions,
        clock: &Clock,
    ) -> Result<Self, Misconfigured> {
        if options.issuer.is_empty() || options.audience.is_empty() {
            return Err(Misconfigured::new(
                "access.jwks is given without access.issuer and access.audience, so that tokens meant for others would be taken",
                "set access.issuer to the \"iss\" of your tokens, and access.audience to their \"aud\"",
            ));
        }
        let source = Source::named(jwks).map_err(|wrong| cannot_read(&wrong))?;
        let is_file = matches!(source, Source::File(_));
        let keys = Watched::new("the keys of the token issuer", vec![source], KeySet::parse);
        match keys.read().await {
            Err(wrong) if is_file => return Err(cannot_read(&wrong)),
            // The log was told; the address is asked again with the first token.
            _ => {}
        }
        keys.keep_current(if is_file {
            LOOK_AT_FILES
        } else {
            Duration::from_secs(options.refresh_seconds.max(1))
        });
        Ok(Self {
            keys,
            expected: Expected {
                issuer: options.issuer.clone(),
                audience: options.audience.clone(),
            },
            clock: clock.clone(),
            asked: Mutex::new(None),
            waiting: Semaphore::new(MOST_WAITING),
        })
    }

    /// Checks a token.
    pub(crate) async fn verify(&self, text: &str) -> Result<Verified> {
        let header = token::header(text)?;
        let Some(id) = header.kid.as_deref() else {
            return Err(token::invalid(
                "the token does not name its key (kid); have its issuer set it in the header",
            ));
        };
        let check = |keys: &KeySet| {
            keys.get(id)
                .map(|key| token::verify(text, &header, key, &self.expected, self.clock.now()))
        };
        if let Some(verified) = self.keys.current().as_deref().and_then(check) {
            return verified;
        }
        self.ask_again().await;
        let Some(keys) = self.keys.current() else {
            return Err(Error::new(
                Reason::IssuerUnavailable,
                "the keys of the token issuer are not there yet; send it again later",
            )
            .retry_after(Duration::from_secs(10)));
        };
        check(&keys).unwrap_or_else(|| {
            Err(token::invalid(
                "the token is signed with a key that its issuer does not publish; get a new one from the issuer that this server trusts",
            ))
        })
    }

    /// Its name, as tokens have it.
    pub(crate) fn name(&self) -> &str {
        &self.expected.issuer
    }

    /// The keys as they are now; the same as long as nothing has changed.
    pub(crate) fn keys(&self) -> Option<Arc<KeySet>> {
        self.keys.current()
    }

    /// Reads the keys again, unless that was done just now.
    async fn ask_again(&self) {
        let Ok(_place) = self.waiting.try_acquire() else {
            return;
        };
        let mut asked = self.asked.lock().await;
        let now = self.clock.now();
        if asked.is_some_and(|last| now.duration_since(last).abs() < LEAST_PAUSE) {
            return;
        }
        *asked = Some(now);
        // The log was told of a failure.
        let _ = self.keys.read().await;
    }
}

fn cannot_read(wrong: &str) -> Misconfigured {
    Misconfigured::new(
        format!("the keys of the token issuer cannot be read: {wrong}"),
        "set access.jwks to a file or an address of a JWKS; `rapport token --new-keys FOLDER` makes one to try with",
    )
}
