//! What is read from files or addresses and read again when it may have changed. What cannot be used leaves in force
//! what was there before.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::sync::Mutex;

use crate::source::Source;

/// How often files are looked at. They are small; reading them also finds changes that keep the time of a file.
pub(crate) const LOOK_AT_FILES: Duration = Duration::from_secs(2);

type Parse<T> = fn(&[Vec<u8>]) -> Result<T, String>;

/// A value made of one or more sources.
pub(crate) struct Watched<T> {
    /// What it is, for the log.
    what: &'static str,
    sources: Vec<Source>,
    parse: Parse<T>,
    current: RwLock<Option<Arc<T>>>,
    reading: Mutex<Reading>,
}

#[derive(Default)]
struct Reading {
    /// What was read last, to find out whether it has changed.
    bytes: Vec<Vec<u8>>,
    /// Whether the last reading failed: the log is told once.
    failing: bool,
}

impl<T> fmt::Debug for Watched<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Watched({} from {:?})", self.what, self.sources)
    }
}

impl<T: Send + Sync + 'static> Watched<T> {
    /// A value that was not read yet.
    pub(crate) fn new(what: &'static str, sources: Vec<Source>, parse: Parse<T>) -> Arc<Self> {
        Arc::new(Self {
            what,
            sources,
            parse,
            current: RwLock::new(None),
            reading: Mutex::new(Reading::default()),
        })
    }

    /// The value, if it was ever read.
    pub(crate) fn current(&self) -> Option<Arc<T>> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads it again, and says what is wrong if it cannot be used.
    pub(crate) async fn read(&self) -> Result<(), String> {
        let mut reading = self.reading.lock().await;
        let outcome = self.read_into(&mut reading).await;
        match &outcome {
            Err(wrong) if !reading.failing => {
                tracing::warn!(
                    what = self.what,
                    wrong,
                    "cannot be read; what was read before stays in force"
                );
            }
            Ok(()) if reading.failing => tracing::info!(what = self.what, "can be read again"),
            _ => {}
        }
        reading.failing = outcome.is_err();
        outcome
    }

    async fn read_into(&self, reading: &mut Reading) -> Result<(), String> {
        let mut bytes = Vec::with_capacity(self.sources.len());
        for source in &self.sources {
            bytes.push(
                source
                    .read()
                    .await
                    .map_err(|wrong| format!("{source}: {wrong}"))?,
            );
        }
        if bytes == reading.bytes && self.current().is_some() {
            return Ok(());
        }
        let value = (self.parse)(&bytes).map_err(|wrong| match self.sources.as_slice() {
            [source] => format!("{source}: {wrong}"),
            _ => wrong,
        })?;
        reading.bytes = bytes;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(value));
        Ok(())
    }

    /// Reads it again and again, as long as somebody holds it.
    pub(crate) fn keep_current(self: &Arc<Self>, every: Duration) {
        let watched = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                let Some(watched) = watched.upgrade() else { return };
                // The log was told.
                let _ = watched.read().await;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn number(sources: &[Vec<u8>]) -> Result<u32, String> {
        let text = String::from_utf8_lossy(&sources[0]).into_owned();
        text.parse().map_err(|_| format!("{text:?} is no number"))
    }

    #[tokio::test]
    async fn what_cannot_be_used_leaves_in_force_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("number");
        let watched = Watched::new("a number", vec![Source::File(file.clone())], number);
        assert!(watched.read().await.is_err(), "the file is not there");
        assert_eq!(watched.current(), None);
        for (text, expected) in [("1", 1), ("nonsense", 1), ("2", 2), ("", 2)] {
            fs::write(&file, text).unwrap();
            let outcome = watched.read().await;
            assert_eq!(
                outcome.is_ok(),
                text == expected.to_string(),
                "{text:?}: {outcome:?}"
            );
            assert_eq!(watched.current().as_deref(), Some(&expected), "after {text:?}");
        }
        fs::write(&file, "3".repeat(2_000_000)).unwrap();
        let wrong = watched.read().await.unwrap_err();
        assert!(wrong.contains("more than 1048576 bytes"), "{wrong}");
    }
}
