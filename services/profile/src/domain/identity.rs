//! Identities: the ways by which a customer is known.

use rapport_privacy::Personal;
use rapport_status::FieldViolation;

/// Longest identifier, in characters.
const LONGEST_VALUE: usize = 254;

/// What kind of identifier an identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum IdentityKind {
    /// A phone number in E.164 form.
    Phone,
    /// An e-mail address, in lower case.
    Email,
    /// An id in another system.
    External,
}

impl IdentityKind {
    /// Every kind.
    pub(crate) const ALL: [Self; 3] = [Self::Phone, Self::Email, Self::External];

    /// The kind in words, as messages name it.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Phone => "phone number",
            Self::Email => "e-mail address",
            Self::External => "external id",
        }
    }
}

/// An identifier in its normal form: two spellings of one identifier are equal. One customer at most has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct IdentityKey {
    kind: IdentityKind,
    system: String,
    value: Personal<String>,
}

impl IdentityKey {
    /// Brings an identifier into its normal form, or lists what is wrong with the fields `system` and `value`
    /// below the field path `at`.
    pub(crate) fn new(
        kind: IdentityKind,
        system: &str,
        value: &str,
        at: &str,
    ) -> Result<Self, Vec<FieldViolation>> {
        let mut violations = Vec::new();
        if let Some(wrong) = wrong_system(kind, system) {
            violations.push(FieldViolation::new(format!("{at}.system"), wrong));
        }
        let normal = match kind {
            IdentityKind::Phone => phone(value),
            IdentityKind::Email => email(value),
            IdentityKind::External => external(value),
        };
        match normal {
            Ok(value) if violations.is_empty() => Ok(Self {
                kind,
                system: system.to_owned(),
                value: value.into(),
            }),
            Ok(_) => Err(violations),
            Err(wrong) => {
                violations.push(FieldViolation::new(format!("{at}.value"), wrong));
                Err(violations)
            }
        }
    }

    /// An identifier that is known to be in its normal form: read from storage.
    pub(crate) fn stored(kind: IdentityKind, system: String, value: Personal<String>) -> Self {
        Self { kind, system, value }
    }

    /// What kind of identifier it is.
    pub(crate) const fn kind(&self) -> IdentityKind {
        self.kind
    }

    /// The other system; empty for phones and e-mail addresses.
    pub(crate) fn system(&self) -> &str {
        &self.system
    }

    /// The identifier in its normal form.
    pub(crate) fn value(&self) -> &str {
        self.value.expose()
    }
}

/// An identifier of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The identifier.
    pub key: IdentityKey,
    /// Whether the customer has proved to own it.
    pub verified: bool,
}

fn wrong_system(kind: IdentityKind, system: &str) -> Option<&'static str> {
    match (kind, system.is_empty()) {
        (IdentityKind::External, true) => {
            Some("is empty; an external id needs the name of the system that it is from, such as pos")
        }
        (IdentityKind::Phone | IdentityKind::Email, false) => {
            Some("must be empty: only an external id belongs to a system")
        }
        _ => None,
    }
}

/// E.164: a plus sign and 6 to 15 digits. People write spaces, dashes and brackets in between.
fn phone(text: &str) -> Result<String, &'static str> {
    let normal: String = text
        .chars()
        .filter(|character| !matches!(character, ' ' | '-' | '(' | ')' | '[' | ']'))
        .collect();
    let digits = normal.strip_prefix('+').unwrap_or_default();
    let fits = (6..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if fits {
        Ok(normal)
    } else {
        Err("must be a phone number in E.164 form: + and 6 to 15 digits, such as +8613800138000")
    }
}

fn email(text: &str) -> Result<String, &'static str> {
    let normal = text.trim().to_lowercase();
    let fits = normal.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && !normal
                .chars()
                .any(|character| character.is_whitespace() || character.is_control())
    });
    if fits && normal.chars().count() <= LONGEST_VALUE {
        Ok(normal)
    } else {
        Err("must be an e-mail address of at most 254 characters, such as name@example.com")
    }
}

fn external(text: &str) -> Result<String, &'static str> {
    let normal = text.trim();
    let fits = !normal.is_empty()
        && normal.chars().count() <= LONGEST_VALUE
        && !normal.chars().any(char::is_control);
    if fits {
        Ok(normal.to_owned())
    } else {
        Err("must be 1 to 254 characters without control characters")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kind: IdentityKind, system: &str, value: &str) -> Result<IdentityKey, Vec<FieldViolation>> {
        IdentityKey::new(kind, system, value, "identity")
    }

    #[test]
    fn spellings_of_one_identifier_are_equal() {
        let phone = key(IdentityKind::Phone, "", "+86 (138) 0013-8000").unwrap();
        assert_eq!(phone.value(), "+8613800138000");
        let email = key(IdentityKind::Email, "", " Ada.Lovelace@Example.COM ").unwrap();
        assert_eq!(email.value(), "ada.lovelace@example.com");
        let external = key(IdentityKind::External, "pos", " A-17 ").unwrap();
        assert_eq!((external.system(), external.value()), ("pos", "A-17"));
    }

    #[test]
    fn what_is_no_identifier_of_its_kind_is_refused() {
        for phone in [
            "",
            "8613800138000",
            "+12345",
            "+1234567890123456",
            "+86 abc def",
            "+٣٣٣٣٣٣٣",
        ] {
            assert!(key(IdentityKind::Phone, "", phone).is_err(), "{phone:?}");
        }
        for email in ["", "ada", "@example.com", "ada@", "a@b@c", "a b@c", "a\u{0}@b"] {
            assert!(key(IdentityKind::Email, "", email).is_err(), "{email:?}");
        }
        for external in ["", "  ", "a\u{0}b", &"x".repeat(255)] {
            assert!(
                key(IdentityKind::External, "pos", external).is_err(),
                "{external:?}"
            );
        }
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let fields = |violations: Vec<FieldViolation>| -> Vec<String> {
            violations.into_iter().map(|violation| violation.field).collect()
        };
        let external = key(IdentityKind::External, "", "").unwrap_err();
        assert_eq!(fields(external), ["identity.system", "identity.value"]);
        let phone = key(IdentityKind::Phone, "pos", "+8613800138000").unwrap_err();
        assert_eq!(fields(phone), ["identity.system"]);
    }
}
