//! Request ids, remembered for ever (AIP-155): the same id with the same request gives the first answer, byte for
//! byte; with another request it is refused.
//!
//! Only answers are remembered, never refusals: a refused request changed nothing, and the same id may be sent again
//! when the state has changed.

use std::collections::HashMap;

use jiff::Timestamp;
use rapport_status::{Error, Reason, Result};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};
use sha2::{Digest as _, Sha256};

use crate::{failure::Stored as _, rows, rows_per_statement, tables::request};

/// What identifies a request: who asks which method under which id, and with what body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The tenant.
    pub tenant: String,
    /// Short name of the method, such as `redeem_points`.
    pub method: &'static str,
    /// The id that the caller chose.
    pub request_id: String,
    /// SHA-256 of the request's bytes.
    pub fingerprint: [u8; 32],
}

impl RequestKey {
    /// The key of a request with these bytes (its deterministic encoding).
    pub fn new(tenant: &str, method: &'static str, request_id: &str, body: &[u8]) -> Self {
        Self {
            tenant: tenant.to_owned(),
            method,
            request_id: request_id.to_owned(),
            fingerprint: Sha256::digest(body).into(),
        }
    }

    fn place(&self) -> Place {
        (
            self.tenant.clone(),
            self.method.to_owned(),
            self.request_id.clone(),
        )
    }

    fn reused(&self) -> Error {
        Error::new(
            Reason::RequestIdReused,
            format!(
                "request_id {:?} was used before for another {} request; take a new id for a new request",
                self.request_id, self.method
            ),
        )
        .with("request_id", &self.request_id)
    }
}

/// Tenant, method and request id.
type Place = (String, String, String);

/// What a request was and what it was answered.
#[derive(Debug)]
struct Answered {
    fingerprint: Vec<u8>,
    answer: Vec<u8>,
}

/// The answers that requests had before, by tenant, method and id.
#[derive(Debug, Default)]
pub struct KnownRequests(HashMap<Place, Answered>);

impl KnownRequests {
    /// Reads which of these requests were answered before.
    pub async fn load(connection: &impl ConnectionTrait, keys: &[&RequestKey]) -> Result<Self> {
        let mut by_method: HashMap<(&str, &str), Vec<&str>> = HashMap::new();
        for key in keys {
            by_method
                .entry((&key.tenant, key.method))
                .or_default()
                .push(&key.request_id);
        }
        let mut known = Self::default();
        for ((tenant, method), ids) in by_method {
            for chunk in ids.chunks(rows_per_statement(1) - 2) {
                let rows = request::Entity::find()
                    .filter(request::Column::Tenant.eq(tenant))
                    .filter(request::Column::Method.eq(method))
                    .filter(rows::among(
                        connection,
                        request::Column::RequestId,
                        chunk.iter().map(|id| (*id).to_owned()),
                    ))
                    .all(connection)
                    .await
                    .stored("read request ids")?;
                for row in rows {
                    let answered = Answered {
                        fingerprint: row.fingerprint,
                        answer: row.answer,
                    };
                    known.0.insert((row.tenant, row.method, row.request_id), answered);
                }
            }
        }
        Ok(known)
    }

    /// The first answer to a request, if it had one. Refused when the id was used for another request.
    pub fn answer(&self, key: &RequestKey) -> Result<Option<&[u8]>> {
        match self.0.get(&key.place()) {
            None => Ok(None),
            Some(known) if known.fingerprint == key.fingerprint => Ok(Some(&known.answer)),
            Some(_) => Err(key.reused()),
        }
    }

    /// Remembers an answer, so that a repetition in the same batch gets it too.
    pub fn remember(&mut self, key: &RequestKey, answer: Vec<u8>) {
        self.0.insert(
            key.place(),
            Answered {
                fingerprint: key.fingerprint.to_vec(),
                answer,
            },
        );
    }
}

/// Stores answers for ever, in the transaction of their effects.
pub async fn store_answers(
    connection: &impl ConnectionTrait,
    answers: Vec<(RequestKey, Vec<u8>)>,
    now: Timestamp,
) -> Result<()> {
    rows::insert::<request::Entity>(connection, "store request ids", answer_rows(answers, now)).await
}

/// Answers to be stored for ever, as rows in the order of their keys: of two transactions that store the same ones, one
/// waits for the other, and never each for the other.
pub fn answer_rows(mut answers: Vec<(RequestKey, Vec<u8>)>, now: Timestamp) -> Vec<request::ActiveModel> {
    fn place(key: &RequestKey) -> (&str, &str, &str) {
        (&key.tenant, key.method, &key.request_id)
    }
    answers.sort_by(|(a, _), (b, _)| place(a).cmp(&place(b)));
    answers
        .into_iter()
        .map(|(key, answer)| request::ActiveModel {
            tenant: Set(key.tenant),
            method: Set(key.method.to_owned()),
            request_id: Set(key.request_id),
            fingerprint: Set(key.fingerprint.to_vec()),
            answer: Set(answer),
            created_at: Set(now.as_microsecond()),
        })
        .collect()
}
