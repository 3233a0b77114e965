//! Tokens to try with: a pair of keys, and what it signs. Real tokens come from an identity provider.

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{AlgorithmParameters, Jwk},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::Misconfigured;

/// What comes before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410).
const PKCS8_ED25519: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// A private key for tokens (Ed25519), as a JWK (RFC 8037).
#[derive(Clone, Serialize, Deserialize)]
pub struct DevelopmentKey {
    kty: String,
    crv: String,
    kid: String,
    /// The public part.
    x: String,
    /// The private part.
    d: String,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'a> {
    /// Who made it.
    pub issuer: &'a str,
    /// Who it is for.
    pub audience: &'a str,
    /// Who calls.
    pub subject: &'a str,
    /// Whose data it opens.
    pub tenant: &'a str,
    /// What it allows, separated by spaces.
    pub scope: &'a str,
    /// When it was made.
    pub made: Timestamp,
    /// How long it is valid.
    pub lifetime: SignedDuration,
}

impl DevelopmentKey {
    /// A key of 256 random bits.
    pub fn of(random: &[u8; 32]) -> Result<Self, Misconfigured> {
        let unusable = || Misconfigured::new("the random bytes make no key", "try again");
        let jwk = Jwk::from_encoding_key(&encoding_key(random), Algorithm::EdDSA).map_err(|_| unusable())?;
        let AlgorithmParameters::OctetKeyPair(public) = jwk.algorithm else {
            return Err(unusable());
        };
        let digest = Sha256::digest(&public.x);
        Ok(Self {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            kid: format!("dev-{}", BASE64URL_NOPAD.encode(&digest[..6])),
            x: public.x,
            d: BASE64URL_NOPAD.encode(random),
        })
    }

    /// Reads a key from a file that [`DevelopmentKey::to_jwk`] made.
    pub fn parse(text: &str) -> Result<Self, Misconfigured> {
        let wrong = |wrong: &str| {
            Misconfigured::new(
                format!("it is no private key for tokens: {wrong}"),
                "make one with `rapport token --new-keys FOLDER` and give its private.jwk",
            )
        };
        let key: Self = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
        if key.kty != "OKP" || key.crv != "Ed25519" {
            return Err(wrong("it is not of the kind Ed25519"));
        }
        match key.secret() {
            Some(_) => Ok(key),
            None => Err(wrong("its private part \"d\" is not 32 bytes in base64url")),
        }
    }

    fn secret(&self) -> Option<[u8; 32]> {
        BASE64URL_NOPAD.decode(self.d.as_bytes()).ok()?.try_into().ok()
    }

    /// The private key, to be kept secret.
    pub fn to_jwk(&self) -> String {
        json!({"kty": self.kty, "crv": self.crv, "alg": "EdDSA", "use": "sig", "kid": self.kid, "x": self.x, "d": self.d})
            .to_string()
    }

    /// The public key as a set, for `access.jwks`.
    pub fn to_jwks(&self) -> String {
        json!({"keys": [{"kty": self.kty, "crv": self.crv, "alg": "EdDSA", "use": "sig", "kid": self.kid, "x": self.x}]})
            .to_string()
    }

    /// The key as the library of tokens wants it.
    pub fn encoding_key(&self) -> EncodingKey {
        // Keys are made and read with 32 bytes only.
        encoding_key(&self.secret().unwrap_or_default())
    }

    /// Signs a token.
    pub fn sign(&self, statement: &Statement<'_>) -> Result<String, Misconfigured> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        let expires = statement
            .made
            .saturating_add(statement.lifetime)
            .unwrap_or(Timestamp::MAX);
        let claims = json!({
            "iss": statement.issuer,
            "aud": statement.audience,
            "sub": statement.subject,
            "tenant": statement.tenant,
            "scope": statement.scope,
            "iat": statement.made.as_second(),
            "exp": expires.as_second(),
        });
        let unusable =
            |wrong: String| Misconfigured::new(format!("the key cannot sign: {wrong}"), "make a new one");
        jsonwebtoken::encode(&header, &claims, &self.encoding_key())
            .map_err(|error| unusable(error.to_string()))
    }
}

fn encoding_key(secret: &[u8; 32]) -> EncodingKey {
    EncodingKey::from_ed_der(&[PKCS8_ED25519.as_slice(), secret].concat())
}
