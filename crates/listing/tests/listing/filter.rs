//! Filters: what they mean, and what is said when they are wrong.

use rapport_listing::{ErrorKind, Expression, ListingError, Operator, Value};

use crate::{SCHEMA, comparison};

fn parsed(text: &str) -> Expression {
    SCHEMA.filter(text).unwrap().into_expression().unwrap()
}

fn refused(text: &str) -> ListingError {
    let error = SCHEMA.filter(text).unwrap_err();
    assert_eq!(
        (error.kind, error.field, error.reason()),
        (ErrorKind::InvalidFilter, "filter", "INVALID_FILTER")
    );
    error
}

#[test]
fn an_empty_filter_accepts_every_row() {
    assert_eq!(SCHEMA.filter("").unwrap().expression(), None);
    assert_eq!(SCHEMA.filter(" \n ").unwrap().to_string(), "");
}

#[test]
fn the_documented_example_becomes_a_typed_tree() {
    let filter = r#"name = "x" AND (amount >= 10 OR state = OPEN) AND NOT done = true"#;
    let expected = Expression::And(vec![
        comparison("name", Operator::Equal, Value::Text("x".into())),
        Expression::Or(vec![
            comparison("amount", Operator::GreaterOrEqual, Value::Integer(10)),
            comparison("state", Operator::Equal, Value::Enumeration("OPEN")),
        ]),
        Expression::Not(Box::new(comparison(
            "done",
            Operator::Equal,
            Value::Boolean(true),
        ))),
    ]);
    assert_eq!(parsed(filter), expected);
}

#[test]
fn or_binds_more_tightly_than_and() {
    assert_eq!(
        parsed("amount=1 AND amount=2 OR amount=3"),
        parsed("amount=1 AND (amount=2 OR amount=3)")
    );
    assert_ne!(
        parsed("amount=1 AND amount=2 OR amount=3"),
        parsed("(amount=1 AND amount=2) OR amount=3")
    );
}

#[test]
fn literals_take_the_kind_of_their_field() {
    let cases = [
        ("amount = -5", Value::Integer(-5)),
        ("amount = 9223372036854775807", Value::Integer(i64::MAX)),
        ("score = 2.5e-3", Value::Decimal(0.0025)),
        ("score = 7", Value::Decimal(7.0)),
        ("done = false", Value::Boolean(false)),
        ("state = \"OPEN\"", Value::Enumeration("OPEN")),
        ("name = plain", Value::Text("plain".into())),
        ("name = '10'", Value::Text("10".into())),
        ("birth_date = 1970-01-02", Value::Date(1)),
        ("birth_date = '1969-12-31'", Value::Date(-1)),
        ("birth_date = '2024-02-29'", Value::Date(19_782)),
        ("create_time = '1970-01-01T00:00:00Z'", Value::Timestamp(0)),
        (
            "create_time = '1970-01-01T08:00:00.000001+08:00'",
            Value::Timestamp(1),
        ),
        (
            "create_time = '1969-12-31t23:59:59.9999999z'",
            Value::Timestamp(-1),
        ),
        (
            "create_time = '2026-03-31T18:00:00-00:00'",
            Value::Timestamp(1_774_980_000_000_000),
        ),
    ];
    for (text, value) in cases {
        let Expression::Comparison(found) = parsed(text) else {
            panic!("{text}")
        };
        assert_eq!(found.value, value, "{text}");
    }
}

#[test]
fn quoted_text_has_escapes() {
    let Expression::Comparison(found) = parsed(r#"name = "a\"b\'c\\d\n\r\t'张 AND""#) else {
        panic!()
    };
    assert_eq!(found.value, Value::Text("a\"b'c\\d\n\r\t'张 AND".into()));
    let Expression::Comparison(found) = parsed(r#"name = 'say "hi"'"#) else {
        panic!()
    };
    assert_eq!(found.value, Value::Text("say \"hi\"".into()));
}

#[test]
fn every_operator_is_read() {
    let cases = [
        ("=", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<", Operator::Less),
        ("<=", Operator::LessOrEqual),
        (">", Operator::Greater),
        (">=", Operator::GreaterOrEqual),
        (":", Operator::Contains),
    ];
    for (symbol, operator) in cases {
        assert_eq!(
            parsed(&format!("name{symbol}x")),
            comparison("name", operator, Value::Text("x".into()))
        );
    }
}

#[test]
fn errors_point_to_the_character() {
    let cases = [
        ("nam = 1", 0, "there is no field"),
        ("name = \"张三\" AND nam = 1", 16, "there is no field"),
        ("id = 1", 0, "cannot be filtered"),
        ("amount = 1 amount = 2", 11, "AND, OR or the end"),
        ("amount = 1 and amount = 2", 11, "AND, OR or the end"),
        ("amount = x", 9, "does not fit"),
        ("amount = \"1\"", 9, "does not fit"),
        ("amount : 1", 7, "cannot be compared with :"),
        ("state < OPEN", 6, "cannot be compared with <"),
        ("state = Open", 8, "does not fit"),
        ("done > true", 5, "cannot be compared with >"),
        ("score = NaN", 8, "does not fit"),
        ("score = 1e999", 8, "does not fit"),
        ("birth_date = '2025-02-29'", 13, "does not fit"),
        ("birth_date = '2025-2-9'", 13, "does not fit"),
        ("create_time = '2025-01-01'", 14, "does not fit"),
        ("create_time = '2025-01-01T00:00Z'", 14, "does not fit"),
        ("create_time = '2025-01-01T00:00:00'", 14, "does not fit"),
        ("create_time = '2025-01-01T00:00:00Z[UTC]'", 14, "does not fit"),
        ("create_time = '0000-01-01T00:00:00+08:00'", 14, "does not fit"),
        ("name", 4, "an operator is expected"),
        ("name =", 6, "a value is expected"),
        ("name = AND", 7, "a value is expected"),
        ("name == x", 5, "not an operator"),
        ("name ! x", 5, "not an operator"),
        ("name = \"x", 7, "no closing quote"),
        ("name = 'a\\q'", 9, "not an escape"),
        ("name = 'a\0'", 9, "the character zero"),
        ("name = a, amount = 1", 8, "not expected here"),
        ("(name = a", 0, "not closed"),
        ("(name = a name = b)", 10, "AND, OR or a closing"),
        ("name = a)", 8, "has no opening"),
        ("()", 1, "a field is expected"),
        ("NOT NOT name = a", 4, "a field is expected"),
        ("name = a AND", 12, "a field is expected"),
        ("\"name\" = a", 0, "a field is expected"),
    ];
    for (text, position, message) in cases {
        let error = refused(text);
        assert_eq!(error.position, Some(position), "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[test]
fn an_unknown_field_is_answered_with_the_known_ones() {
    let error = refused("  nam = 1");
    assert_eq!(
        error.to_string(),
        "filter (character 2): there is no field \"nam\"; the fields that can be filtered are name, amount, score, \
         done, create_time, birth_date, state, note"
    );
}

#[test]
fn an_unknown_name_of_an_enumeration_is_answered_with_the_known_ones() {
    assert_eq!(
        refused("state = LOST").hint.unwrap(),
        "give one of OPEN, PENDING, CLOSED"
    );
}

#[test]
fn filters_are_bounded() {
    let nested = |depth: usize| format!("{}amount = 1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(SCHEMA.filter(&nested(8)).is_ok());
    assert_eq!(refused(&nested(9)).position, Some(8));

    let many = |count: usize| vec!["amount = 1"; count].join(" OR ");
    assert!(SCHEMA.filter(&many(32)).is_ok());
    assert!(refused(&many(33)).message.contains("more than 32 comparisons"));

    let long = |length: usize| format!("name = {}", "张".repeat(length - 7));
    assert!(SCHEMA.filter(&long(2_048)).is_ok());
    assert!(
        refused(&long(2_049))
            .message
            .contains("more than 2048 characters")
    );
}
