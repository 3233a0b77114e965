//! Codes that a till can check without a network.
//!
//! The text is base 32 (Crockford, capitals only) of the bytes that [`layout`] describes, followed by 64 bytes of an
//! Ed25519 signature (RFC 8032). What is signed is the words `rapport voucher` in ASCII, a zero byte, and the bytes: so no
//! signature that the key gives for another purpose is one of a voucher. A signature is checked strictly: no key of small
//! order, and no second form of the same signature.

use std::collections::BTreeMap;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use rapport_status::Error;

use crate::domain::rewards::voucher::Offer;

use super::{base32, invalid, layout};

/// Most characters of a signed code. The largest offer that keeps the rules of vouchers has fewer than a thousand.
pub const LONGEST_TEXT: usize = 1_200;

const SIGNATURE_LENGTH: usize = 64;
const PURPOSE: &[u8] = b"rapport voucher\0";

/// The public keys of a program, by their ids. A till keeps those of all vouchers that may still be used.
pub type PublicKeys = BTreeMap<u16, [u8; 32]>;

/// The public key that belongs to the 32 bytes of a secret key.
pub fn public_key(secret: &[u8; 32]) -> [u8; 32] {
    SigningKey::from_bytes(secret).verifying_key().to_bytes()
}

/// The signed code of an offer. The same offer and key always give the same code. Refused when the offer breaks a rule.
pub fn sign(offer: &Offer, key: u16, secret: &[u8; 32]) -> Result<String, Error> {
    let mut bytes = layout::write(offer, key)?;
    let signature = SigningKey::from_bytes(secret).sign(&message(&bytes));
    bytes.extend(signature.to_bytes());
    Ok(base32::encode(&bytes))
}

/// The offer of a signed code, when a key of the program has signed it. Needs no network and no clock: what the offer is
/// worth for an order at a moment, [`Offer::check`] tells.
///
/// Refused is a text that is no such code, one that is signed with a key that is not among `keys`, one that was altered or
/// not signed by that key, and one of another program.
pub fn verify(text: &str, program: &str, keys: &PublicKeys) -> Result<Offer, Error> {
    let no_code = || invalid("is no signed code of a voucher; scan it once more, or type the look-up code");
    if text.len() > LONGEST_TEXT {
        return Err(no_code());
    }
    let bytes = base32::decode(text).ok_or_else(no_code)?;
    let (bytes, signature) = bytes.split_last_chunk::<SIGNATURE_LENGTH>().ok_or_else(no_code)?;
    let key = layout::key(bytes).ok_or_else(no_code)?;
    let known = keys.get(&key).ok_or_else(|| {
        invalid(format!(
            "is signed with key {key}, which is not known here; fetch the program's public keys again"
        ))
    })?;
    let known = VerifyingKey::from_bytes(known).map_err(|error| {
        Error::internal(format!("the public key {key} of {program} is none")).because(error)
    })?;
    known
        .verify_strict(&message(bytes), &Signature::from_bytes(signature))
        .map_err(|_| invalid("was altered or not signed by the program; do not accept it"))?;
    let offer = layout::read(bytes)?;
    if offer.program != program {
        return Err(invalid(format!(
            "is a voucher of {}, not of {program}",
            offer.program
        )));
    }
    Ok(offer)
}

fn message(bytes: &[u8]) -> Vec<u8> {
    [PURPOSE, bytes].concat()
}
