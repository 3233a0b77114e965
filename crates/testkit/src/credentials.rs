//! Issuers of tokens and authorities of certificates that only tests believe.

use std::{
    fs,
    path::{Path, PathBuf},
};

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use rapport_access::development::DevelopmentKey;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use serde_json::{Value, json};

/// Made once: a key of this kind takes seconds to make.
const RSA: &str = include_str!("../data/rsa-2048.pem");

/// An issuer with one key of each kind. The ids of its keys are `rsa`, `ec` and `ed`.
#[derive(Debug)]
pub struct TestIssuer {
    keys: Vec<(&'static str, Algorithm, EncodingKey)>,
}

impl Default for TestIssuer {
    fn default() -> Self {
        let ec = KeyPair::generate().expect("a key of P-256 can be made");
        let ed = DevelopmentKey::of(&[7; 32]).expect("any 32 bytes are a key of Ed25519");
        Self {
            keys: vec![
                (
                    "rsa",
                    Algorithm::RS256,
                    EncodingKey::from_rsa_pem(RSA.as_bytes()).expect("the key of the tests can be read"),
                ),
                (
                    "ec",
                    Algorithm::ES256,
                    EncodingKey::from_ec_der(ec.serialized_der()),
                ),
                ("ed", Algorithm::EdDSA, ed.encoding_key()),
            ],
        }
    }
}

impl TestIssuer {
    /// Its name (`iss`).
    pub const NAME: &'static str = "https://issuer.test";

    /// The public keys.
    pub fn jwks(&self) -> String {
        self.jwks_of(&["rsa", "ec", "ed"])
    }

    /// Some of the public keys.
    pub fn jwks_of(&self, ids: &[&str]) -> String {
        let keys: Vec<Jwk> = self
            .keys
            .iter()
            .filter(|(id, ..)| ids.contains(id))
            .map(|(id, algorithm, key)| {
                let mut jwk =
                    Jwk::from_encoding_key(key, *algorithm).expect("a private key has a public part");
                jwk.common.key_id = Some((*id).to_owned());
                jwk
            })
            .collect();
        json!({ "keys": keys }).to_string()
    }

    /// What a good token says: valid for an hour around a moment.
    pub fn claims(tenant: &str, scope: &str, now: Timestamp) -> Value {
        json!({
            "iss": Self::NAME,
            "aud": "rapport",
            "sub": "ada@harbour.test",
            "tenant": tenant,
            "scope": scope,
            "nbf": now.as_second() - 1_800,
            "exp": now.as_second() + 1_800,
        })
    }

    /// A token signed with one of the keys.
    pub fn token(&self, id: &str, claims: &Value) -> String {
        self.token_naming(id, id, claims)
    }

    /// A token signed with one key that names another one.
    pub fn token_naming(&self, signing: &str, named: &str, claims: &Value) -> String {
        let (_, algorithm, key) = self
            .keys
            .iter()
            .find(|(id, ..)| *id == signing)
            .unwrap_or_else(|| panic!("the issuer has no key {signing:?}"));
        let mut header = Header::new(*algorithm);
        header.kid = Some(named.to_owned());
        jsonwebtoken::encode(&header, claims, key).expect("claims can be signed")
    }

    /// A token with an HMAC under a secret: what one would make whose server takes a public key for a secret.
    pub fn token_under_secret(secret: &[u8], named: &str, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(named.to_owned());
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret))
            .expect("claims can be signed")
    }

    /// A token that nobody signed.
    pub fn unsigned_token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        format!("{}.{}.", part(header), part(claims))
    }
}

/// An authority of certificates, and the folder that its files are written to.
#[derive(Debug)]
pub struct TestAuthority {
    authority: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

/// The files of one certificate.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The certificate in PEM.
    pub certificate: PathBuf,
    /// Its private key in PEM.
    pub key: PathBuf,
}

impl TestAuthority {
    /// A new authority that writes to a folder.
    pub fn new(folder: &Path) -> Self {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "an authority of tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key can be made");
        let authority = CertifiedIssuer::self_signed(params, key).expect("an authority signs itself");
        fs::create_dir_all(folder).expect("the folder can be made");
        fs::write(folder.join("authority.pem"), authority.pem()).expect("the folder can be written");
        Self {
            authority,
            folder: folder.to_path_buf(),
        }
    }

    /// The file of its own certificate.
    pub fn file(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// Makes a certificate for a DNS name, or for a URI if it has a scheme, and for this machine. It serves both ends.
    pub fn certify(&self, name: &str) -> CertificateFiles {
        let mut params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])
            .expect("these are names");
        let name_in = name.to_owned().try_into().expect("the name is plain");
        params.subject_alt_names.push(if name.contains("://") {
            SanType::URI(name_in)
        } else {
            SanType::DnsName(name_in)
        });
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params
            .signed_by(&key, &self.authority)
            .expect("an authority signs");
        let stem = name.replace(['/', ':'], "_");
        let files = CertificateFiles {
            certificate: self.folder.join(format!("{stem}.pem")),
            key: self.folder.join(format!("{stem}.key")),
        };
        fs::write(&files.certificate, certificate.pem()).expect("the folder can be written");
        fs::write(&files.key, key.serialize_pem()).expect("the folder can be written");
        files
    }
}
