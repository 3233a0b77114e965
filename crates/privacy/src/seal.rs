//! The form of sealed values.
//!
//! A text is `sealed:1:<number of the data key>:<nonce, ciphertext and tag in base64>`; bytes are `00 01`, the number in
//! four bytes, then the same. No message of the contract begins with a zero byte, so that neither form can be mistaken
//! for what was stored before values were sealed. What is empty has nothing to hide and stays empty.

use aes_gcm::{
    Aes256Gcm,
    aead::{Aead as _, Payload},
};
use data_encoding::BASE64URL_NOPAD;

/// Before every sealed text.
const TEXT: &str = "sealed:1:";

/// Before sealed bytes.
const BYTES: [u8; 2] = [0, 1];

/// Bytes of a nonce: random, never used twice.
pub(crate) const NONCE_BYTES: usize = 12;

/// Where a value is stored. It is authenticated with the value: a value that was moved to another row, column, table
/// or tenant does not open.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The key of the row without the tenant.
    pub row: &'p [&'p str],
}

impl Place<'_> {
    fn authenticated(&self, tenant: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128);
        let parts = [tenant, self.table, self.column];
        for part in parts.into_iter().chain(self.row.iter().copied()) {
            // With their lengths, so that no two places have the same bytes.
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

/// A sealed value, read apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// Number of the data key.
    pub(crate) key: u32,
    /// Nonce, ciphertext and tag.
    pub(crate) content: Vec<u8>,
}

impl Sealed {
    /// Encrypts a value for its place.
    pub(crate) fn make(
        number: u32,
        key: &Aes256Gcm,
        nonce: [u8; NONCE_BYTES],
        tenant: &str,
        place: &Place<'_>,
        value: &[u8],
    ) -> Option<Self> {
        let payload = Payload {
            msg: value,
            aad: &place.authenticated(tenant),
        };
        let encrypted = key.encrypt(&nonce.into(), payload).ok()?;
        let mut content = Vec::with_capacity(NONCE_BYTES + encrypted.len());
        content.extend_from_slice(&nonce);
        content.extend_from_slice(&encrypted);
        Some(Self { key: number, content })
    }

    /// Decrypts it; none when it was changed, moved, or sealed under another key.
    pub(crate) fn open(&self, key: &Aes256Gcm, tenant: &str, place: &Place<'_>) -> Option<Vec<u8>> {
        let (nonce, encrypted) = self.content.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: encrypted,
            aad: &place.authenticated(tenant),
        };
        key.decrypt(&(*nonce).into(), payload).ok()
    }

    pub(crate) fn to_text(&self) -> String {
        format!("{TEXT}{}:{}", self.key, BASE64URL_NOPAD.encode(&self.content))
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        [&BYTES[..], &self.key.to_be_bytes(), &self.content].concat()
    }

    /// None: the text was stored before values were sealed.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let (key, content) = text.strip_prefix(TEXT)?.split_once(':')?;
        Some(Self {
            key: key.parse().ok()?,
            content: BASE64URL_NOPAD.decode(content.as_bytes()).ok()?,
        })
    }

    /// None: the bytes were stored before values were sealed.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (key, content) = bytes.strip_prefix(&BYTES)?.split_first_chunk::<4>()?;
        Some(Self {
            key: u32::from_be_bytes(*key),
            content: content.to_vec(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use aes_gcm::KeyInit as _;
    use proptest::prelude::*;

    use super::*;

    const PLACE: Place<'_> = Place {
        table: "customer",
        column: "sealed",
        row: &["ada"],
    };

    fn key(byte: u8) -> Aes256Gcm {
        Aes256Gcm::new(&[byte; 32].into())
    }

    #[test]
    fn a_value_opens_only_in_its_place_with_its_key_and_as_it_was_written() {
        let sealed = Sealed::make(3, &key(1), [9; 12], "hotel", &PLACE, b"Ada").unwrap();
        assert_eq!(sealed.open(&key(1), "hotel", &PLACE).unwrap(), b"Ada");
        assert!(sealed.open(&key(2), "hotel", &PLACE).is_none(), "another key");
        assert!(sealed.open(&key(1), "shop", &PLACE).is_none(), "another tenant");
        for place in [
            Place {
                table: "identity",
                ..PLACE
            },
            Place {
                column: "other",
                ..PLACE
            },
            Place {
                row: &["bob"],
                ..PLACE
            },
            Place {
                row: &["ad", "a"],
                ..PLACE
            },
        ] {
            assert!(sealed.open(&key(1), "hotel", &place).is_none(), "{place:?}");
        }
        for index in 0..sealed.content.len() {
            let mut changed = Sealed {
                key: 3,
                content: sealed.content.clone(),
            };
            changed.content[index] ^= 1;
            assert!(changed.open(&key(1), "hotel", &PLACE).is_none(), "byte {index}");
        }
    }

    #[test]
    fn what_was_stored_before_values_were_sealed_is_told_apart() {
        for text in [
            "",
            "Ada",
            "sealed",
            "sealed:1:",
            "sealed:2:1:AAAA",
            "sealed:1:x:AAAA",
            "sealed:1:1:%",
        ] {
            assert_eq!(Sealed::of_text(text), None, "{text}");
        }
        for bytes in [&b""[..], b"\x0a\x03", b"\0", b"\0\x01\0"] {
            assert_eq!(Sealed::of_bytes(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_give_the_value_back(number: u32, nonce: [u8; 12], value: Vec<u8>) {
            let sealed = Sealed::make(number, &key(1), nonce, "hotel", &PLACE, &value).unwrap();
            for read in [Sealed::of_text(&sealed.to_text()), Sealed::of_bytes(&sealed.to_bytes())] {
                let read = read.unwrap();
                prop_assert_eq!(&read, &sealed);
                prop_assert_eq!(read.open(&key(1), "hotel", &PLACE).unwrap(), value.clone());
            }
        }
    }
}
