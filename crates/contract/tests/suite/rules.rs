//! The field rules agree with what the contract says of its fields, and everything that comes in has a limit.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, Value};

use crate::contract::{Offenders, at, behaviors, fields, inbound_fields, name_at, option};

/// The rules of a field, or none where it has none.
fn rules(field: &FieldDescriptor) -> Option<Value> {
    option(&field.options(), "buf.validate.field")
}

fn rule(field: &FieldDescriptor, path: &[&str]) -> Option<Value> {
    at(&rules(field)?, path)
}

fn has_behavior(field: &FieldDescriptor, behavior: &str) -> bool {
    behaviors(field).iter().any(|stated| stated == behavior)
}

/// Whether the rules refuse a field that is left out.
fn refuses_absence(field: &FieldDescriptor) -> bool {
    let positive = |family: &str| {
        rule(field, &[family, "gte"])
            .and_then(|least| least.as_i64().or_else(|| least.as_i32().map(i64::from)))
            .is_some_and(|least| least > 0)
    };
    rule(field, &["required"]) == Some(Value::Bool(true))
        || matches!(rule(field, &["repeated", "min_items"]), Some(Value::U64(least)) if least > 0)
        || positive("int32")
        || positive("int64")
}

#[test]
fn what_is_required_is_refused_when_absent() {
    let mut offenders = Offenders::against(
        "A field is REQUIRED exactly when its rules refuse its absence (required, min_items, or a range above zero).",
    );
    for field in fields() {
        match (has_behavior(&field, "REQUIRED"), refuses_absence(&field)) {
            (true, false) => offenders.add(field.full_name(), "is REQUIRED, and no rule refuses its absence"),
            (false, true) => offenders.add(field.full_name(), "is refused when absent, and is not REQUIRED"),
            (true, true) | (false, false) => {}
        }
    }
    offenders.must_be_none();
}

/// All patterns anywhere in the rules of a field.
fn patterns(rules: &DynamicMessage, found: &mut Vec<String>) {
    for (field, value) in rules.fields() {
        match value {
            Value::String(pattern) if field.name() == "pattern" => found.push(pattern.clone()),
            Value::Message(inner) => patterns(inner, found),
            _ => {}
        }
    }
}

#[test]
fn every_pattern_compiles_and_covers_the_whole_text() {
    let mut offenders = Offenders::against("Every pattern compiles, and is anchored at both ends.");
    for field in fields() {
        let mut found = Vec::new();
        if let Some(Value::Message(rules)) = rules(&field) {
            patterns(&rules, &mut found);
        }
        for pattern in found {
            if let Err(error) = regex_lite::Regex::new(&pattern) {
                offenders.add(field.full_name(), error);
            }
            let anchored = pattern.starts_with('^') && pattern.ends_with('$');
            offenders.unless(anchored, field.full_name(), format_args!("has {pattern:?}"));
        }
    }
    offenders.must_be_none();
}

/// Whether a field is checked by the service, row by row, and not with the whole request.
fn is_checked_later(field: &FieldDescriptor) -> bool {
    rules(field)
        .and_then(|rules| name_at(&rules, "ignore"))
        .is_some_and(|ignore| ignore == "IGNORE_ALWAYS")
}

/// Whether the service, not the caller, decides what a field holds. Names are read by their form, which is bounded.
fn is_ignored_from_callers(field: &FieldDescriptor) -> bool {
    has_behavior(field, "OUTPUT_ONLY") || has_behavior(field, "IDENTIFIER")
}

#[test]
fn every_text_that_comes_in_has_a_limit() {
    let mut offenders = Offenders::against("Every text of a request has a largest length.");
    for field in inbound_fields() {
        let limits: &[&[&str]] = match (field.kind(), field.is_list(), field.is_map()) {
            (Kind::String, false, _) => &[&["string"]],
            (Kind::String, true, _) => &[&["repeated", "items", "string"]],
            (Kind::Message(_), _, true) => &[&["map", "keys", "string"], &["map", "values", "string"]],
            _ => continue,
        };
        for path in limits {
            let limited = ["max_len", "len"]
                .iter()
                .any(|limit| rule(&field, &[path, &[*limit][..]].concat()).is_some());
            offenders.unless(
                limited || is_ignored_from_callers(&field) || is_checked_later(&field),
                field.full_name(),
                format_args!("has no {}.max_len", path.join(".")),
            );
        }
    }
    offenders.must_be_none();
}

#[test]
fn every_list_that_comes_in_has_a_limit() {
    let mut offenders = Offenders::against("Every list and map of a request has a largest number of items.");
    for field in inbound_fields() {
        let limit: &[&str] = match (field.is_list(), field.is_map()) {
            (true, _) => &["repeated", "max_items"],
            (_, true) => &["map", "max_pairs"],
            _ => continue,
        };
        offenders.unless(
            rule(&field, limit).is_some() || is_ignored_from_callers(&field),
            field.full_name(),
            format_args!("has no {}", limit.join(".")),
        );
    }
    offenders.must_be_none();
}

#[test]
fn every_enumeration_that_comes_in_takes_only_what_it_defines() {
    let mut offenders = Offenders::against("Every enumeration of a request has the rule defined_only.");
    for field in inbound_fields() {
        if !matches!(field.kind(), Kind::Enum(_)) || is_ignored_from_callers(&field) {
            continue;
        }
        let path: &[&str] = if field.is_list() {
            &["repeated", "items", "enum", "defined_only"]
        } else {
            &["enum", "defined_only"]
        };
        offenders.unless(
            rule(&field, path) == Some(Value::Bool(true)),
            field.full_name(),
            "takes values that the contract does not know",
        );
    }
    offenders.must_be_none();
}

#[test]
fn rules_that_are_checked_later_say_so_only_in_rows() {
    let mut offenders = Offenders::against(
        "Only rows of a stream, which are refused one by one, have rules with IGNORE_ALWAYS.",
    );
    for field in fields() {
        offenders.unless(
            !is_checked_later(&field) || field.parent_message().name().ends_with("Row"),
            field.full_name(),
            "is checked later",
        );
    }
    offenders.must_be_none();
}
