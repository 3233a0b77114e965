//! Orders, and positions in them.

use rapport_listing::{ErrorKind, KeyValuesError, Keyset, Value};

use crate::SCHEMA;

fn printed(text: &str) -> String {
    SCHEMA.order(text).unwrap().to_string()
}

#[test]
fn the_tie_breaker_makes_every_order_total() {
    assert_eq!(printed(""), "id");
    assert_eq!(printed("name"), "name, id");
    assert_eq!(
        printed(" create_time  desc ,name asc"),
        "create_time desc, name, id"
    );
}

#[test]
fn the_tie_breaker_goes_the_way_of_the_key_before_it() {
    assert_eq!(
        printed("name, create_time desc"),
        "name, create_time desc, id desc"
    );
}

#[test]
fn keys_after_the_tie_breaker_are_dropped() {
    assert_eq!(printed("name, id desc, amount"), "name, id desc");
}

#[test]
fn wrong_orders_are_refused_with_their_position() {
    let cases = [
        ("nam", 0, "there is no field"),
        ("name, note", 6, "cannot be sorted"),
        ("name down", 0, "not a direction"),
        ("name desc amount", 0, "a comma is expected"),
        ("name,", 5, "a field is expected"),
        (",name", 0, "a field is expected"),
        ("name, amount, name desc", 14, "appears twice"),
        ("name, amount, score, done, state", 27, "more than 4 fields"),
    ];
    for (text, position, message) in cases {
        let error = SCHEMA.order(text).unwrap_err();
        assert_eq!(
            (error.kind, error.field, error.reason()),
            (ErrorKind::InvalidOrderBy, "order_by", "INVALID_ORDER_BY")
        );
        assert_eq!(error.position, Some(position), "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
    let long = format!("name{}", " ".repeat(2_045));
    assert!(
        SCHEMA
            .order(&long)
            .unwrap_err()
            .message
            .contains("more than 2048 characters")
    );
}

#[test]
fn an_unknown_key_is_answered_with_those_that_can_be_sorted() {
    let hint = SCHEMA.order("note").unwrap_err().hint.unwrap();
    assert_eq!(
        hint,
        "the fields that can be sorted are name, amount, score, done, create_time, birth_date, state, id"
    );
}

#[test]
fn a_position_becomes_a_lexicographic_condition() {
    let order = SCHEMA.order("name, amount desc, id").unwrap();
    let values = vec![Value::Text("n".into()), Value::Integer(5), Value::Integer(1)];
    let condition = Keyset::new(&order, values).unwrap().condition();
    assert_eq!(
        condition.to_string(),
        "name >= \"n\" AND (name > \"n\" OR (amount <= 5 AND (amount < 5 OR id > 1)))"
    );
}

#[test]
fn a_position_needs_one_value_of_the_right_kind_for_each_key() {
    let order = SCHEMA.order("score").unwrap();
    let wrong = |values: Vec<Value>| Keyset::new(&order, values).unwrap_err();
    assert_eq!(
        wrong(vec![Value::Decimal(1.0)]),
        KeyValuesError::Count {
            expected: 2,
            actual: 1
        }
    );
    assert_eq!(
        wrong(vec![Value::Integer(1), Value::Integer(1)]),
        KeyValuesError::Kind { key: "score" }
    );
    assert_eq!(
        wrong(vec![Value::Decimal(f64::NAN), Value::Integer(1)]),
        KeyValuesError::Kind { key: "score" }
    );
}
