//! Customers: what is known of a person, and how it changes.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use rapport_privacy::Personal;
use rapport_status::{Error, FieldViolation, Reason};

use super::identity::{Identity, IdentityKey};

/// The type of the resource, as errors name it.
pub(crate) const RESOURCE: &str = "rapport.example/Customer";

/// What a caller can say of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Profile {
    /// How the person is addressed.
    pub display_name: Personal<String>,
    /// Phones, e-mail addresses and ids in other systems, in the order in which they were given.
    pub identities: Vec<Identity>,
    /// Preferred language as a BCP 47 tag; empty when not known.
    pub language: Personal<String>,
    /// Date of birth.
    pub birth_date: Option<Personal<Date>>,
    /// Free attributes.
    pub attributes: Personal<BTreeMap<String, String>>,
}

impl Profile {
    /// The rules that go beyond single fields and those that need the date of today (UTC). `at` is the field path
    /// of the customer.
    pub(crate) fn violations(&self, at: &str, today: Date) -> Vec<FieldViolation> {
        let mut violations = Vec::new();
        if !is_language_tag(self.language.expose()) {
            violations.push(FieldViolation::new(
                format!("{at}.language"),
                "must be a BCP 47 language tag, such as zh-CN",
            ));
        }
        if self
            .birth_date
            .as_ref()
            .is_some_and(|date| *date.expose() > today)
        {
            violations.push(FieldViolation::new(
                format!("{at}.birth_date"),
                format!("lies after today, {today}"),
            ));
        }
        for (index, identity) in self.identities.iter().enumerate() {
            if self.identities[..index]
                .iter()
                .any(|earlier| earlier.key == identity.key)
            {
                violations.push(FieldViolation::new(
                    format!("{at}.identities[{index}]"),
                    "is given twice; two spellings of one identifier count as the same",
                ));
            }
        }
        violations
    }
}

/// One person over every channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Customer {
    /// The id within the tenant.
    pub id: String,
    /// What is known.
    pub profile: Profile,
    /// When the record was made.
    pub create_time: Timestamp,
    /// When the record last changed.
    pub update_time: Timestamp,
    /// Counts the changes, from 1.
    pub version: i64,
}

impl Customer {
    /// A new customer.
    pub(crate) fn new(id: String, profile: Profile, now: Timestamp) -> Self {
        Self {
            id,
            profile,
            create_time: now,
            update_time: now,
            version: 1,
        }
    }

    /// The resource name.
    pub(crate) fn name(&self) -> String {
        name_of(&self.id)
    }

    /// The etag: changes with every change of the record.
    pub(crate) fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }

    /// Refuses an etag that is not the current one; an empty etag asks for nothing.
    pub(crate) fn require_etag(&self, etag: &str) -> Result<(), Error> {
        if etag.is_empty() || etag == self.etag() {
            return Ok(());
        }
        Err(Error::about(
            Reason::EtagMismatch,
            RESOURCE,
            self.name(),
            format!(
                "{} has changed since it was read: its etag is {} now; read it again and repeat the change",
                self.name(),
                self.etag()
            ),
        ))
    }

    /// The customer with the named fields taken from another profile. A change that changes nothing leaves the
    /// version as it is.
    pub(crate) fn changed(&self, fields: &[ProfileField], from: &Profile, now: Timestamp) -> Self {
        let mut profile = self.profile.clone();
        for field in fields {
            match field {
                ProfileField::DisplayName => profile.display_name.clone_from(&from.display_name),
                ProfileField::Identities => profile.identities.clone_from(&from.identities),
                ProfileField::Language => profile.language.clone_from(&from.language),
                ProfileField::BirthDate => profile.birth_date.clone_from(&from.birth_date),
                ProfileField::Attributes => profile.attributes.clone_from(&from.attributes),
            }
        }
        if profile == self.profile {
            return self.clone();
        }
        Self {
            profile,
            update_time: now,
            version: self.version + 1,
            ..self.clone()
        }
    }
}

/// A field of a profile that an update can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProfileField {
    /// `display_name`
    DisplayName,
    /// `identities`
    Identities,
    /// `language`
    Language,
    /// `birth_date`
    BirthDate,
    /// `attributes`
    Attributes,
}

/// The resource name of a customer.
pub(crate) fn name_of(id: &str) -> String {
    format!("customers/{id}")
}

/// No such customer.
pub(crate) fn not_found(id: &str) -> Error {
    let name = name_of(id);
    let message = format!("there is no customer {name}; check the name, or create the customer first");
    Error::about(Reason::CustomerNotFound, RESOURCE, name, message)
}

/// Nobody has the identity. The message names the kind only.
pub(crate) fn nobody_has(identity: &IdentityKey) -> Error {
    Error::new(
        Reason::CustomerNotFound,
        format!(
            "no customer has this {}; check it, or create the customer first",
            identity.kind().words()
        ),
    )
}

/// An identity belongs to another customer. The message tells neither the identifier nor who has it.
pub(crate) fn identity_taken(identity: &IdentityKey) -> Error {
    Error::new(
        Reason::IdentityTaken,
        format!(
            "the {} belongs to another customer; an identity can belong to one customer only",
            identity.kind().words()
        ),
    )
    .with("identity_type", identity.kind().words())
}

/// The form of BCP 47 tags (RFC 5646 section 2.1, without looking subtags up): letters first, subtags of 1 to 8.
fn is_language_tag(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let mut subtags = text.split('-');
    let primary = subtags.next().unwrap_or_default();
    (2..=8).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags.all(|subtag| {
            (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::IdentityKind;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn email(value: &str) -> Identity {
        Identity {
            key: IdentityKey::new(IdentityKind::Email, "", value, "identity").unwrap(),
            verified: false,
        }
    }

    #[test]
    fn a_change_touches_only_the_named_fields_and_counts_the_version_up() {
        let profile = Profile {
            display_name: "Ada".into(),
            language: "en".into(),
            ..Profile::default()
        };
        let customer = Customer::new("ada".into(), profile, moment("2026-01-01T00:00:00Z"));
        let other = Profile {
            display_name: "Grace".into(),
            ..Profile::default()
        };
        let later = moment("2026-01-02T00:00:00Z");
        let changed = customer.changed(&[ProfileField::DisplayName], &other, later);
        assert_eq!(changed.profile.display_name.expose(), "Grace");
        assert_eq!(changed.profile.language.expose(), "en");
        assert_eq!((changed.version, changed.update_time), (2, later));
        let same = changed.changed(
            &[ProfileField::DisplayName],
            &other,
            moment("2026-01-03T00:00:00Z"),
        );
        assert_eq!(
            same, changed,
            "a change that changes nothing leaves the record as it is"
        );
    }

    #[test]
    fn only_the_current_etag_or_none_is_taken() {
        let customer = Customer::new("ada".into(), Profile::default(), moment("2026-01-01T00:00:00Z"));
        assert!(customer.require_etag("").is_ok());
        assert!(customer.require_etag("\"1\"").is_ok());
        let refused = customer.require_etag("\"2\"").unwrap_err();
        assert_eq!(refused.reason(), Reason::EtagMismatch);
    }

    #[test]
    fn every_violation_of_a_profile_is_listed() {
        let profile = Profile {
            language: "en_US".into(),
            birth_date: Some(jiff::civil::date(2030, 1, 1).into()),
            identities: vec![email("a@b.c"), email("A@B.C")],
            ..Profile::default()
        };
        let fields: Vec<_> = profile
            .violations("customer", jiff::civil::date(2026, 1, 1))
            .into_iter()
            .map(|violation| violation.field)
            .collect();
        assert_eq!(
            fields,
            [
                "customer.language",
                "customer.birth_date",
                "customer.identities[1]"
            ]
        );
    }

    #[test]
    fn language_tags_are_recognised_by_their_form() {
        for right in ["", "en", "zh-CN", "zh-Hant-TW", "de-1996"] {
            assert!(is_language_tag(right), "{right:?}");
        }
        for wrong in ["e", "en_US", "-en", "en-", "123", "en-toolongsubtag", "e\u{0}n"] {
            assert!(!is_language_tag(wrong), "{wrong:?}");
        }
    }
}
