//! API keys, for machines that cannot get tokens: random secrets of which only hashes are kept.

use std::{collections::HashMap, fmt::Write as _};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use figment::{
    Figment,
    providers::{Format as _, Toml},
};
use jiff::Timestamp;
use rapport_contract::name;
use rapport_status::{Error, Reason, Result};
use serde::{Deserialize, Deserializer, de::Error as _};
use sha2::{Digest as _, Sha256};

use crate::{Caller, Scopes, caller::is_subject};

/// What every API key begins with, so that people and scanners know one when they see it.
pub(crate) const PREFIX: &str = "rk_";

/// A new API key.
#[derive(Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// The key, to be shown once and given to the machine.
    pub key: String,
    /// Its SHA-256 in hexadecimal, for the file of keys.
    pub sha256: String,
}

impl NewApiKey {
    /// A key of 256 random bits.
    pub fn of(random: &[u8; 32]) -> Self {
        let key = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(random));
        let sha256 = HEXLOWER.encode(&Sha256::digest(&key));
        Self { key, sha256 }
    }
}

/// One entry of the file of keys.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyEntry {
    /// SHA-256 of the key in hexadecimal.
    pub sha256: String,
    /// The tenant whose data it opens.
    pub tenant: String,
    /// The caller that it stands for, as histories name it.
    pub subject: String,
    /// What it allows.
    pub scopes: Vec<String>,
    /// From when on it is refused; never if left out.
    #[serde(default, deserialize_with = "moment")]
    pub expires: Option<Timestamp>,
}

impl ApiKeyEntry {
    /// Says what is wrong with an entry.
    pub fn check(&self) -> Result<(), String> {
        self.digest()?;
        if !name::is_id(&self.tenant) {
            return Err(format!(
                "the tenant {:?} is no id: use 1 to 63 of a-z 0-9 - _ . beginning with a letter or digit",
                self.tenant
            ));
        }
        if !is_subject(&self.subject) {
            return Err("the subject must have 1 to 255 bytes without control characters".to_owned());
        }
        if self.scopes.is_empty() {
            return Err("it allows nothing: give at least one scope".to_owned());
        }
        Ok(())
    }

    /// The entry as the file of keys has it.
    pub fn to_toml(&self) -> String {
        // Texts of JSON are texts of TOML too.
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let scopes: Vec<String> = self.scopes.iter().map(|scope| text(scope)).collect();
        let mut entry = format!(
            "[[keys]]\nsha256 = {}\ntenant = {}\nsubject = {}\nscopes = [{}]\n",
            text(&self.sha256),
            text(&self.tenant),
            text(&self.subject),
            scopes.join(", ")
        );
        if let Some(expires) = self.expires {
            let _ = writeln!(entry, "expires = \"{expires}\"");
        }
        entry
    }

    fn digest(&self) -> Result<[u8; 32], String> {
        HEXLOWER_PERMISSIVE
            .decode(self.sha256.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| "sha256 must be 64 hexadecimal digits, as `rapport key` prints them".to_owned())
    }
}

fn moment<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(source)?;
    let moment = text.parse().map_err(|error| {
        D::Error::custom(format!(
            "expires must be a moment such as 2027-01-01T00:00:00Z: {error}"
        ))
    })?;
    Ok(Some(moment))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    keys: Vec<ApiKeyEntry>,
}

/// Keys by their hashes.
///
/// The time that a look-up takes tells something of the hash of what was sent, which its sender knows, and nothing of
/// the keys: to use it one would have to find a text with a given SHA-256.
#[derive(Debug)]
pub(crate) struct ApiKeys(HashMap<[u8; 32], ApiKeyEntry>);

impl ApiKeys {
    /// Reads the file of keys.
    pub(crate) fn parse(sources: &[Vec<u8>]) -> Result<Self, String> {
        let text = std::str::from_utf8(sources.first().map(Vec::as_slice).unwrap_or_default())
            .map_err(|_| "it is no text in UTF-8".to_owned())?;
        let document: Document = Figment::from(Toml::string(text))
            .extract()
            .map_err(|error| error.to_string())?;
        let mut keys = HashMap::new();
        for (index, entry) in document.keys.into_iter().enumerate() {
            let wrong = |wrong| format!("[[keys]] number {}: {wrong}", index + 1);
            entry.check().map_err(wrong)?;
            let digest = entry.digest().map_err(wrong)?;
            if keys.insert(digest, entry).is_some() {
                return Err(wrong("the same key is there twice".to_owned()));
            }
        }
        Ok(Self(keys))
    }

    /// Who calls with a key.
    pub(crate) fn caller(&self, key: &str, now: Timestamp) -> Result<Caller> {
        let digest: [u8; 32] = Sha256::digest(key).into();
        let Some(entry) = self.0.get(&digest) else {
            return Err(unknown());
        };
        if let Some(expires) = entry.expires.filter(|expires| now >= *expires) {
            return Err(Error::new(
                Reason::ApiKeyExpired,
                format!("the API key expired at {expires}; make a new one with `rapport key`"),
            ));
        }
        let scopes = Scopes::from_list(entry.scopes.iter().map(String::as_str));
        Ok(Caller::new(&entry.tenant, &entry.subject, scopes))
    }
}

/// What is said of a key that is not known.
pub(crate) fn unknown() -> Error {
    Error::new(
        Reason::ApiKeyInvalid,
        "the API key is not known; check that it is whole, or make a new one with `rapport key`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(expires: &str) -> (NewApiKey, Result<ApiKeys, String>) {
        let new = NewApiKey::of(&[7; 32]);
        let text = format!(
            "[[keys]]\nsha256 = \"{}\"\ntenant = \"harbour\"\nsubject = \"till 7\"\nscopes = [\"loyalty.*\"]\n{expires}",
            new.sha256
        );
        (new, ApiKeys::parse(&[text.into_bytes()]))
    }

    #[test]
    fn a_key_is_known_until_it_expires() {
        let (new, keys) = file("expires = \"2027-01-01T00:00:00Z\"\n");
        let keys = keys.unwrap();
        let caller = keys
            .caller(&new.key, "2026-12-31T23:59:59Z".parse().unwrap())
            .unwrap();
        assert_eq!(
            (caller.tenant.as_str(), caller.subject.as_str()),
            ("harbour", "till 7")
        );
        assert!(
            caller.scopes.allow("loyalty.points.write") && !caller.scopes.allow("profile.customers.read")
        );
        let refused = keys
            .caller(&new.key, "2027-01-01T00:00:00Z".parse().unwrap())
            .unwrap_err();
        assert_eq!(refused.reason(), Reason::ApiKeyExpired);
        let refused = keys.caller("rk_other", Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(refused.reason(), Reason::ApiKeyInvalid);
    }

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let entry = ApiKeyEntry {
            sha256: NewApiKey::of(&[7; 32]).sha256,
            tenant: "harbour".to_owned(),
            subject: "till \"7\" \\ Zoë".to_owned(),
            scopes: vec!["loyalty.*".to_owned(), "profile.customers.read".to_owned()],
            expires: Some("2027-01-01T00:00:00Z".parse().unwrap()),
        };
        let keys = ApiKeys::parse(&[entry.to_toml().into_bytes()]).unwrap();
        assert_eq!(keys.0.into_values().collect::<Vec<_>>(), [entry]);
    }

    #[test]
    fn a_file_that_cannot_be_used_says_where() {
        let (_, keys) = file("expries = 1\n");
        assert!(keys.unwrap_err().contains("expries"));
        for (text, expected) in [
            (
                "[[keys]]\nsha256 = \"12\"\ntenant = \"a\"\nsubject = \"s\"\nscopes = [\"*\"]",
                "number 1: sha256 must be",
            ),
            ("keys = 7", "keys"),
        ] {
            let wrong = ApiKeys::parse(&[text.into()]).unwrap_err();
            assert!(wrong.contains(expected), "{text}: {wrong}");
        }
        assert!(
            ApiKeys::parse(&[Vec::new()]).unwrap().0.is_empty(),
            "an empty file knows no key"
        );
    }
}
