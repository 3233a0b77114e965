//! What the contract says of the fields that callers send: forms of names, words, ranges.

use std::collections::HashMap;

use prost_reflect::{FieldDescriptor, Value};

use crate::contract::{at, behaviors, comment, inbound_fields, messages, option};

/// What is known of one field.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// The form of the resource name that it holds, such as `customers/{customer}`.
    pub(super) form: Option<String>,
    /// The single words that its comment quotes: fields of a filter, an order or a mask.
    pub(super) words: Vec<String>,
    /// The smallest and largest number that the rules take.
    pub(super) range: Option<(i64, i64)>,
    /// Whether a careful client always sets it.
    pub(super) expected: bool,
}

/// The facts of every field that a caller can send, by its full name.
pub(super) fn of_all_fields() -> HashMap<String, Facts> {
    inbound_fields()
        .iter()
        .map(|field| (field.full_name().to_owned(), of(field)))
        .collect()
}

fn of(field: &FieldDescriptor) -> Facts {
    let quoted = quoted(comment(&field.parent_file(), field.path()));
    let is_word = |text: &&String| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let stated = behaviors(field);
    Facts {
        form: quoted
            .iter()
            .find(|text| text.contains('{'))
            .cloned()
            .or_else(|| form_of_many(field.name())),
        words: quoted.iter().filter(is_word).cloned().collect(),
        range: range(field),
        // Who leaves the number of points open takes all of them, and little is left for others. Rewards have prices.
        expected: (field.name() == "points" && !field.parent_message().name().ends_with("RewardRequest"))
            || stated
                .iter()
                .any(|behavior| matches!(behavior.as_str(), "REQUIRED" | "IDENTIFIER")),
    }
}

/// The parts of a comment between backquotes.
fn quoted(comment: &str) -> Vec<String> {
    comment.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn range(field: &FieldDescriptor) -> Option<(i64, i64)> {
    let rules = option(&field.options(), "buf.validate.field")?;
    let limit = |family: &str, name: &str| {
        let value = at(&rules, &[family, name])?;
        match value {
            Value::I32(number) => Some(i64::from(number)),
            Value::I64(number) => Some(number),
            _ => None,
        }
    };
    ["int32", "int64"]
        .iter()
        .find_map(|family| Some((limit(family, "gte")?, limit(family, "lte").unwrap_or(100))))
}

/// The form of the resources that a field names many of, such as `customers`.
fn form_of_many(field: &str) -> Option<String> {
    messages()
        .iter()
        .filter_map(|message| option(&message.options(), "google.api.resource"))
        .find(|resource| at(resource, &["plural"]).is_some_and(|plural| plural.as_str() == Some(field)))
        .and_then(|resource| match at(&resource, &["pattern"])? {
            Value::List(patterns) => patterns.first()?.as_str().map(str::to_owned),
            _ => None,
        })
}
