//! Signed page tokens.
//!
//! A token is, in URL-safe base64 without padding: one byte of version, 16 bytes of fingerprint, the values of the
//! sort keys of the last row, and 32 bytes of HMAC-SHA256 over all that (RFC 2104, FIPS 180-4). It is signed, not
//! encrypted.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::order::{Order, OrderKey};
use crate::schema::Kind;
use crate::value::Value;

const VERSION: u8 = 1;
const FINGERPRINT_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 32;

/// What a token belongs to: a digest of the scope, the filter and the order.
pub(crate) type Fingerprint = [u8; FINGERPRINT_BYTES];

/// The secret key that signs page tokens. All replicas of a service share it; changing it ends every running listing.
#[derive(Clone)]
pub struct TokenKey {
    hasher: Hmac<Sha256>,
}

impl TokenKey {
    /// Makes a key of 32 secret random bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        // A key of exactly the block size of SHA-256, padded with zeros as RFC 2104 does, cannot have a wrong length.
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block[..secret.len()].copy_from_slice(&secret);
        Self {
            hasher: Hmac::new(&block),
        }
    }
}

/// Does not print the secret.
impl fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenKey(…)")
    }
}

pub(crate) fn fingerprint(scope: &str, filter: &str, order: &str) -> Fingerprint {
    let mut hasher = Sha256::new();
    for part in [scope, filter, order] {
        // The length keeps texts apart that join to the same bytes.
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    let mut fingerprint = [0; FINGERPRINT_BYTES];
    fingerprint.copy_from_slice(&digest[..FINGERPRINT_BYTES]);
    fingerprint
}

pub(crate) fn encode(key: &TokenKey, fingerprint: &Fingerprint, values: &[Value]) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(fingerprint);
    for value in values {
        write(&mut bytes, value);
    }
    let signature = key.hasher.clone().chain_update(&bytes).finalize().into_bytes();
    bytes.extend_from_slice(&signature);
    BASE64URL_NOPAD.encode(&bytes)
}

/// Why a token is refused.
pub(crate) enum Refusal {
    /// Not a token of this key.
    Forged,
    /// A true token of another list, filter or order.
    Foreign,
}

pub(crate) fn decode(
    key: &TokenKey,
    fingerprint: &Fingerprint,
    order: &Order,
    token: &str,
) -> Result<Vec<Value>, Refusal> {
    let bytes = BASE64URL_NOPAD
        .decode(token.as_bytes())
        .map_err(|_| Refusal::Forged)?;
    let content_length = bytes.len().checked_sub(SIGNATURE_BYTES).ok_or(Refusal::Forged)?;
    let (content, signature) = bytes.split_at(content_length);
    // Nothing of the content is looked at before the signature is found to be right, in constant time.
    key.hasher
        .clone()
        .chain_update(content)
        .verify_slice(signature)
        .map_err(|_| Refusal::Forged)?;
    let mut reader = Reader { bytes: content };
    // A version or layout that this release does not know comes from another release.
    if reader.take(1) != Some(&[VERSION]) || reader.take(FINGERPRINT_BYTES) != Some(fingerprint) {
        return Err(Refusal::Foreign);
    }
    let values = order
        .keys()
        .iter()
        .map(|key| reader.value(key))
        .collect::<Option<Vec<_>>>();
    values.filter(|_| reader.bytes.is_empty()).ok_or(Refusal::Foreign)
}

fn write(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(text) => write_text(bytes, text),
        Value::Enumeration(name) => write_text(bytes, name),
        Value::Integer(number) | Value::Timestamp(number) => bytes.extend_from_slice(&number.to_be_bytes()),
        Value::Decimal(number) => bytes.extend_from_slice(&number.to_bits().to_be_bytes()),
        Value::Boolean(boolean) => bytes.push(u8::from(*boolean)),
        Value::Date(days) => bytes.extend_from_slice(&days.to_be_bytes()),
    }
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    fn array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        self.take(LENGTH)?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(u64::from_be_bytes(self.array()?)).ok()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    /// Reads a value of the kind of the key. The fingerprint covers the names of the keys, so that the kinds can
    /// only differ from those that were written when the schema has changed since.
    fn value(&mut self, key: &OrderKey) -> Option<Value> {
        let value = match key.field.kind {
            Kind::Text => Value::Text(self.text()?.to_owned()),
            Kind::Integer => Value::Integer(i64::from_be_bytes(self.array()?)),
            Kind::Decimal => Value::Decimal(f64::from_bits(u64::from_be_bytes(self.array()?))),
            Kind::Boolean => Value::Boolean(match self.array()? {
                [0] => false,
                [1] => true,
                _ => return None,
            }),
            Kind::Timestamp => Value::Timestamp(i64::from_be_bytes(self.array()?)),
            Kind::Date => Value::Date(i32::from_be_bytes(self.array()?)),
            Kind::Enumeration(names) => {
                let name = self.text()?;
                Value::Enumeration(names.iter().find(|known| **known == name).copied()?)
            }
        };
        key.field.kind.admits(&value).then_some(value)
    }
}
