//! How vouchers are written.
//!
//! A **look-up code** ([`LookupCode`]) is sixteen characters to type: it says nothing by itself, and the service knows its
//! voucher. A **signed code** ([`sign`], [`verify`]) carries the whole offer with the program's signature: a till that has
//! the public key needs no network to know what it is worth. It is meant for QR codes, whose alphanumeric mode is made
//! for capitals and digits. How often it was used before, no code can tell: a till reports the uses that it took, and the
//! service counts them.

mod base32;
mod layout;
mod lookup;
mod signed;

pub use lookup::{LOOKUP_LENGTH, LookupCode};
pub use signed::{LONGEST_TEXT, PublicKeys, public_key, sign, verify};

use rapport_status::{Error, FieldViolation};

use super::reasons;

/// The error that a text is no code.
fn invalid(description: impl Into<String>) -> Error {
    Error::invalid(
        reasons::INVALID_CODE,
        vec![FieldViolation::new("code", description)],
    )
}
