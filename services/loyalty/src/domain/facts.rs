//! What rules may know of a member: for whom a campaign applies, and who may have a reward.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rapport_expression::{Arena, RecordType, Type, Value};
use rapport_status::FieldViolation;

use super::program::MOST_WALLETS;

/// Most tier sets of which a member's tier is told.
pub const MOST_TIER_SETS: usize = 20;

/// Most segments that a member is told to be in.
pub const MOST_SEGMENTS: usize = 100;

/// Most attributes of a member or an activity.
pub const MOST_ATTRIBUTES: usize = 50;

/// Longest id of a wallet, tier set, tier or segment, in bytes.
pub const LONGEST_ID: usize = 128;

/// Longest key of an attribute, in bytes.
pub const LONGEST_KEY: usize = 64;

/// Longest value of an attribute, in bytes.
pub const LONGEST_TEXT: usize = 500;

/// Longest name of a member, in bytes.
pub const LONGEST_NAME: usize = 300;

/// What rules may know of a member at the moment for which they are asked, before what is being decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberFacts {
    /// `programs/{program}/members/{member}`.
    pub name: String,
    /// When the customer was enrolled.
    pub enrol_time: Timestamp,
    /// Available points by the id of the wallet. Every wallet of the program is there, those of nothing with 0: a rule
    /// that asks for a wallet that is not there goes wrong.
    pub balances: BTreeMap<String, i64>,
    /// The id of the tier by the id of the tier set.
    pub tiers: BTreeMap<String, String>,
    /// Ids of the segments that the customer is in.
    pub segments: Vec<String>,
    /// Anything else, by key.
    pub attributes: BTreeMap<String, String>,
}

impl MemberFacts {
    /// Facts of a member of whom only the name and the enrolment are known.
    pub fn new(name: impl Into<String>, enrol_time: Timestamp) -> Self {
        Self {
            name: name.into(),
            enrol_time,
            balances: BTreeMap::new(),
            tiers: BTreeMap::new(),
            segments: Vec::new(),
            attributes: BTreeMap::new(),
        }
    }

    /// The type of `member` in expressions.
    pub fn record_type() -> Type {
        RecordType::new("Member", "A member of the program.")
            .field(
                "name",
                text(LONGEST_NAME),
                "Its name: `programs/{program}/members/{member}`.",
            )
            .field("enrol_time", Type::Timestamp, "When the customer was enrolled.")
            .field(
                "balances",
                Type::map(Type::Int, bound(MOST_WALLETS)),
                "Available points by wallet, before this activity; every wallet of the program is there: `member.balances['miles']`.",
            )
            .field(
                "tiers",
                Type::map(text(LONGEST_ID), bound(MOST_TIER_SETS)),
                "The tier by tier set: `'status' in member.tiers && member.tiers['status'] == 'gold'`.",
            )
            .field(
                "segments",
                Type::list(text(LONGEST_ID), bound(MOST_SEGMENTS)),
                "The segments that the customer is in: `'families' in member.segments`.",
            )
            .field("attributes", attributes_type(), "Anything else, by key.")
            .into_type()
    }

    /// The value of `member` in expressions.
    pub fn value<'a>(&'a self, arena: &'a Arena) -> Value<'a> {
        let texts = |map: &'a BTreeMap<String, String>| attributes_value(map, arena);
        let balances = self.balances.iter();
        arena.record([
            Value::from(self.name.as_str()),
            Value::from(self.enrol_time),
            arena.map(balances.map(|(wallet, points)| (wallet.as_str(), Value::from(*points)))),
            texts(&self.tiers),
            arena.list(self.segments.iter().map(|segment| Value::from(segment.as_str()))),
            texts(&self.attributes),
        ])
    }

    /// What is beyond the bounds, under field paths that begin with `path`.
    pub fn check(&self, path: &str) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        check_text(&format!("{path}.name"), &self.name, LONGEST_NAME, &mut found);
        check_count(
            &format!("{path}.balances"),
            self.balances.len(),
            MOST_WALLETS,
            &mut found,
        );
        for wallet in self.balances.keys().take(MOST_WALLETS) {
            check_text(&format!("{path}.balances"), wallet, LONGEST_ID, &mut found);
        }
        check_count(
            &format!("{path}.tiers"),
            self.tiers.len(),
            MOST_TIER_SETS,
            &mut found,
        );
        for (set, tier) in self.tiers.iter().take(MOST_TIER_SETS) {
            check_text(&format!("{path}.tiers"), set, LONGEST_ID, &mut found);
            check_text(&format!("{path}.tiers[{set:?}]"), tier, LONGEST_ID, &mut found);
        }
        check_count(
            &format!("{path}.segments"),
            self.segments.len(),
            MOST_SEGMENTS,
            &mut found,
        );
        for (place, segment) in self.segments.iter().take(MOST_SEGMENTS).enumerate() {
            check_text(
                &format!("{path}.segments[{place}]"),
                segment,
                LONGEST_ID,
                &mut found,
            );
        }
        check_attributes(&format!("{path}.attributes"), &self.attributes, &mut found);
        found
    }
}

/// A bound as the types of expressions have it.
pub(super) fn bound(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// Text of at most so many bytes.
pub(super) fn text(at_most: usize) -> Type {
    Type::string(bound(at_most))
}

/// The type of attributes in expressions.
pub(super) fn attributes_type() -> Type {
    Type::map(text(LONGEST_TEXT), bound(MOST_ATTRIBUTES))
}

/// Attributes as a value of expressions.
pub(super) fn attributes_value<'a>(attributes: &'a BTreeMap<String, String>, arena: &'a Arena) -> Value<'a> {
    arena.map(
        attributes
            .iter()
            .map(|(key, value)| (key.as_str(), Value::from(value.as_str()))),
    )
}

/// Reports a text that is too long.
pub(super) fn check_text(path: &str, text: &str, at_most: usize, found: &mut Vec<FieldViolation>) {
    if text.len() > at_most {
        let description = format!("must have at most {at_most} bytes; it has {}", text.len());
        found.push(FieldViolation::new(path, description));
    }
}

/// Reports too many entries.
pub(super) fn check_count(path: &str, count: usize, at_most: usize, found: &mut Vec<FieldViolation>) {
    if count > at_most {
        let description = format!("must have at most {at_most} entries; it has {count}");
        found.push(FieldViolation::new(path, description));
    }
}

/// Reports attributes that are too many or too long.
pub(super) fn check_attributes(
    path: &str,
    attributes: &BTreeMap<String, String>,
    found: &mut Vec<FieldViolation>,
) {
    check_count(path, attributes.len(), MOST_ATTRIBUTES, found);
    for (key, value) in attributes.iter().take(MOST_ATTRIBUTES) {
        check_text(path, key, LONGEST_KEY, found);
        if value.len() > LONGEST_TEXT {
            let shown: String = key.chars().take(LONGEST_KEY).collect();
            check_text(&format!("{path}[{shown:?}]"), value, LONGEST_TEXT, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use rapport_expression::{Context, Kind, Schema};

    use super::*;

    fn ann() -> MemberFacts {
        MemberFacts {
            balances: BTreeMap::from([("miles".to_owned(), 320)]),
            tiers: BTreeMap::from([("status".to_owned(), "gold".to_owned())]),
            segments: vec!["families".to_owned()],
            attributes: BTreeMap::from([("city".to_owned(), "Köln".to_owned())]),
            ..MemberFacts::new("programs/p/members/ann", Timestamp::UNIX_EPOCH)
        }
    }

    #[test]
    fn expressions_can_ask_for_every_fact() {
        let schema = Schema::builder()
            .variable("member", MemberFacts::record_type(), "The member.")
            .build()
            .unwrap();
        let (arena, ann) = (Arena::new(), ann());
        let context = Context::new(&schema, [("member", ann.value(&arena))]).unwrap();
        for condition in [
            "member.name.endsWith('/ann')",
            "member.enrol_time == timestamp('1970-01-01T00:00:00Z')",
            "member.balances['miles'] == 320",
            "'status' in member.tiers && member.tiers['status'] == 'gold'",
            "'families' in member.segments",
            "member.attributes['city'] == 'Köln'",
        ] {
            let program = schema.compile(condition, &[Kind::Bool]).unwrap();
            assert_eq!(program.holds(&context), Ok(true), "{condition}");
        }
    }

    #[test]
    fn facts_beyond_the_bounds_are_told_all_at_once() {
        let many = |count: usize| (0..count).map(|number| format!("k{number:03}"));
        let mut facts = MemberFacts {
            name: "n".repeat(LONGEST_NAME + 1),
            balances: many(MOST_WALLETS + 1).map(|wallet| (wallet, 1)).collect(),
            tiers: BTreeMap::from([("status".to_owned(), "t".repeat(LONGEST_ID + 1))]),
            segments: many(MOST_SEGMENTS + 1).collect(),
            attributes: BTreeMap::from([("key".to_owned(), "v".repeat(LONGEST_TEXT + 1))]),
            ..ann()
        };
        let found = facts.check("member");
        let fields: Vec<_> = found.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "member.name",
                "member.balances",
                "member.tiers[\"status\"]",
                "member.segments",
                "member.attributes[\"key\"]"
            ]
        );
        facts = ann();
        facts.segments = many(MOST_SEGMENTS).collect();
        facts.attributes = many(MOST_ATTRIBUTES)
            .map(|key| (key, "v".repeat(LONGEST_TEXT)))
            .collect();
        assert_eq!(facts.check("member"), []);
    }
}
