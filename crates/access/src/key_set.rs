//! The public keys of a token issuer (JWKS, RFC 7517).

use std::{collections::HashMap, fmt};

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;

/// Most keys of a set.
const MOST_KEYS: usize = 100;

/// Least bytes of an RSA modulus: 2,048 bits.
const LEAST_RSA_BYTES: usize = 256;

/// A public key and the one algorithm that it is used with. The key decides the algorithm, never the token.
pub(crate) struct PublicKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({:?})", self.algorithm)
    }
}

/// The keys by their ids.
#[derive(Debug)]
pub(crate) struct KeySet(HashMap<String, PublicKey>);

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Reads a set. Keys for other uses, of other kinds, or without an id are left out; a set without any key that can
    /// be used is refused.
    pub(crate) fn parse(sources: &[Vec<u8>]) -> Result<Self, String> {
        let bytes = sources.first().map(Vec::as_slice).unwrap_or_default();
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|error| format!("it is no JWKS, which is JSON with a list \"keys\": {error}"))?;
        if document.keys.len() > MOST_KEYS {
            return Err(format!("it has more than {MOST_KEYS} keys"));
        }
        let mut keys = HashMap::new();
        for value in document.keys {
            let Some((id, key)) = usable(value) else { continue };
            keys.entry(id).or_insert(key);
        }
        if keys.is_empty() {
            return Err(
                "it has no key with an id (kid) for RS256 (from 2,048 bits), ES256 or EdDSA (Ed25519)"
                    .to_owned(),
            );
        }
        Ok(Self(keys))
    }

    /// The key with an id.
    pub(crate) fn get(&self, id: &str) -> Option<&PublicKey> {
        self.0.get(id)
    }
}

/// A key that tokens may be signed with, and its id.
fn usable(value: serde_json::Value) -> Option<(String, PublicKey)> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(key) => {
            let modulus = BASE64URL_NOPAD.decode(key.n.as_bytes()).ok()?;
            (modulus.len() >= LEAST_RSA_BYTES).then_some(Algorithm::RS256)
        }
        AlgorithmParameters::EllipticCurve(key) => {
            (key.curve == EllipticCurve::P256).then_some(Algorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) => {
            (key.curve == EllipticCurve::Ed25519).then_some(Algorithm::EdDSA)
        }
        _ => None,
    }?;
    if jwk
        .common
        .key_algorithm
        .is_some_and(|stated| stated != KeyAlgorithm::from(algorithm))
    {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some((jwk.common.key_id?, PublicKey { algorithm, key }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<KeySet, String> {
        KeySet::parse(&[text.as_bytes().to_vec()])
    }

    #[test]
    fn keys_for_other_uses_and_of_other_kinds_are_left_out() {
        let set = parse(
            r#"{"keys": [
                {"kid": "good", "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
                {"kid": "secret", "kty": "oct", "k": "c2VjcmV0"},
                {"kid": "short", "kty": "RSA", "n": "AQAB", "e": "AQAB"},
                {"kid": "sealing", "use": "enc", "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
                {"kid": "other", "alg": "RS256", "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
                {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
                {"kid": "new", "kty": "ML-DSA"}, 7
            ]}"#,
        )
        .unwrap();
        assert_eq!(set.0.len(), 1, "{set:?}");
        assert_eq!(set.get("good").unwrap().algorithm, Algorithm::EdDSA);
    }

    #[test]
    fn a_set_that_cannot_be_used_says_why() {
        for (text, expected) in [
            ("", "it is no JWKS"),
            ("{}", "missing field `keys`"),
            (r#"{"keys": []}"#, "no key with an id"),
            (
                r#"{"keys": [{"kid": "1", "kty": "oct", "k": "c2VjcmV0"}]}"#,
                "no key with an id",
            ),
        ] {
            let wrong = parse(text).unwrap_err();
            assert!(wrong.contains(expected), "{text:?}: {wrong}");
        }
        let many = format!(r#"{{"keys": [{}1]}}"#, "1,".repeat(MOST_KEYS));
        assert!(parse(&many).unwrap_err().contains("more than 100 keys"));
    }
}
