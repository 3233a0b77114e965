//! Work that one process at a time does, whichever of several replicas that is.
//!
//! A duty is an advisory lock of a PostgreSQL session. When its holder dies, the server sees the connection end and
//! the duty is free at once: no time has to pass, and no clocks are compared. On a file there is one process, which
//! has every duty. A duty keeps work from being done twice at the same time; what is done must still do no harm when
//! it is done twice, for a holder that lost its connection may not know it yet.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use rapport_status::{Error, Reason, Result};
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};

use crate::Location;

/// The duties of one store, as one process sees them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Duties(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// How the server is reached; none on a file.
    address: Option<PgConnectOptions>,
    /// The session whose locks the duties are.
    session: tokio::sync::Mutex<Session>,
    /// What this process holds: a session may lock twice what it holds already.
    held: Mutex<HashSet<String>>,
    /// Given up without being released.
    dropped: Mutex<Vec<String>>,
}

#[derive(Debug, Default)]
struct Session {
    connection: Option<PgConnection>,
    /// Counts the connections: a duty of an earlier one is lost.
    generation: u64,
}

/// A duty that this process has.
#[derive(Debug)]
pub struct Duty {
    name: String,
    generation: u64,
    duties: Duties,
    released: bool,
}

impl Duties {
    pub(crate) fn of(location: &Location) -> Result<Self> {
        Ok(Self(Arc::new(Shared {
            address: location.server()?,
            session: tokio::sync::Mutex::default(),
            held: Mutex::default(),
            dropped: Mutex::default(),
        })))
    }

    /// Takes a duty, if nobody has it. The name says what is to be done, such as `relay`.
    pub async fn take(&self, name: &str) -> Result<Option<Duty>> {
        let mut session = self.0.session.lock().await;
        if !self.held().insert(name.to_owned()) {
            return Ok(None);
        }
        let taken = match self.lock(&mut session, name).await {
            Ok(taken) => taken,
            Err(error) => {
                self.held().remove(name);
                return Err(error);
            }
        };
        if !taken {
            self.held().remove(name);
            return Ok(None);
        }
        Ok(Some(Duty {
            name: name.to_owned(),
            generation: session.generation,
            duties: self.clone(),
            released: false,
        }))
    }

    async fn lock(&self, session: &mut Session, name: &str) -> Result<bool> {
        let Some(address) = &self.0.address else {
            return Ok(true);
        };
        if session.connection.is_none() {
            session.connection = Some(address.connect().await.map_err(unreachable)?);
            session.generation += 1;
        }
        // Taken before the loop: the guard must not live while the server is waited for.
        let dropped = std::mem::take(&mut *self.dropped());
        for name in dropped {
            self.unlock(session, &name).await;
        }
        // Databases of a server have their own locks, schemas of a database have not.
        self.ask(
            session,
            "SELECT pg_try_advisory_lock(hashtextextended(current_schema() || ' ' || $1, 0))",
            name,
        )
        .await
    }

    /// A failure ends the session, and the server gives all of its locks back.
    async fn unlock(&self, session: &mut Session, name: &str) {
        let question = "SELECT pg_advisory_unlock(hashtextextended(current_schema() || ' ' || $1, 0))";
        if let Err(error) = self.ask(session, question, name).await {
            tracing::debug!(
                duty = name,
                error = error.chain(),
                "a duty was lost with its session"
            );
        }
    }

    async fn ask(&self, session: &mut Session, question: &'static str, name: &str) -> Result<bool> {
        let Some(connection) = &mut session.connection else {
            return Ok(false);
        };
        match sqlx::query_scalar(question)
            .bind(name)
            .fetch_one(connection)
            .await
        {
            Ok(answer) => Ok(answer),
            Err(error) => {
                session.connection = None;
                Err(unreachable(error))
            }
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dropped(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.dropped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives every duty back.
    pub(crate) async fn close(&self) {
        let mut session = self.0.session.lock().await;
        if let Some(connection) = session.connection.take() {
            // The locks end with the session in any case.
            let _ = connection.close().await;
        }
    }
}

impl Duty {
    /// Whether the duty is still this process's: the server is asked.
    pub async fn is_held(&self) -> bool {
        let mut session = self.duties.0.session.lock().await;
        if self.duties.0.address.is_none() {
            return true;
        }
        if session.generation != self.generation {
            return false;
        }
        let Some(connection) = &mut session.connection else {
            return false;
        };
        let alive = connection.ping().await.is_ok();
        if !alive {
            session.connection = None;
        }
        alive
    }

    /// Gives the duty back, so that another process may take it at once.
    pub async fn release(mut self) {
        self.released = true;
        let mut session = self.duties.0.session.lock().await;
        if session.generation == self.generation {
            self.duties.unlock(&mut session, &self.name).await;
        }
        self.duties.held().remove(&self.name);
    }
}

/// A duty that is dropped is given back before this process takes the next one.
impl Drop for Duty {
    fn drop(&mut self) {
        if !self.released {
            self.duties.held().remove(&self.name);
            if self.duties.0.address.is_some() {
                self.duties.dropped().push(self.name.clone());
            }
        }
    }
}

fn unreachable(error: sqlx::Error) -> Error {
    Error::new(
        Reason::StorageUnavailable,
        "the database cannot be reached to share out work; it is tried again",
    )
    .because(error)
}
