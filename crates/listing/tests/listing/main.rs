//! Tests of filters, orders, pages and field masks through the public interface.

#![allow(
    clippy::unwrap_used,
    reason = "the setting for tests does not reach their helper functions"
)]

use std::cmp::Ordering;

use rapport_listing::{Comparison, Expression, Field, Kind, Operator, Schema, TokenKey, Value};

mod filter;
mod mask;
mod order;
mod page;
mod properties;

const STATES: &[&str] = &["OPEN", "PENDING", "CLOSED"];

static FIELDS: [Field; 9] = [
    Field::new("name", Kind::Text, "display_name"),
    Field::new("amount", Kind::Integer, "amount_minor"),
    Field::new("score", Kind::Decimal, "score"),
    Field::new("done", Kind::Boolean, "is_done"),
    Field::new("create_time", Kind::Timestamp, "created_at"),
    Field::new("birth_date", Kind::Date, "birth_date"),
    Field::new("state", Kind::Enumeration(STATES), "state"),
    Field::new("note", Kind::Text, "note").not_sortable(),
    Field::new("id", Kind::Integer, "case_id").not_filterable(),
];
static SCHEMA: Schema = Schema::new(&FIELDS, "id").with_page_sizes(20, 100);

fn key() -> TokenKey {
    TokenKey::new([42; 32])
}

fn field(name: &str) -> &'static Field {
    FIELDS.iter().find(|field| field.name == name).unwrap()
}

fn comparison(name: &str, operator: Operator, value: Value) -> Expression {
    Expression::comparison(field(name), operator, value)
}

/// A row as a database would hold it: the name of a field gives its value.
trait Row {
    fn value(&self, field: &str) -> Value;
}

/// What a storage layer does with a condition, on a row in memory.
fn holds(expression: &Expression, row: &impl Row) -> bool {
    match expression {
        Expression::And(parts) => parts.iter().all(|part| holds(part, row)),
        Expression::Or(parts) => parts.iter().any(|part| holds(part, row)),
        Expression::Not(part) => !holds(part, row),
        Expression::Comparison(Comparison {
            field,
            operator,
            value,
        }) => {
            let actual = row.value(field.name);
            let ordering = compare(&actual, value);
            match operator {
                Operator::Equal => ordering == Ordering::Equal,
                Operator::NotEqual => ordering != Ordering::Equal,
                Operator::Less => ordering == Ordering::Less,
                Operator::LessOrEqual => ordering != Ordering::Greater,
                Operator::Greater => ordering == Ordering::Greater,
                Operator::GreaterOrEqual => ordering != Ordering::Less,
                Operator::Contains => match (&actual, value) {
                    (Value::Text(text), Value::Text(part)) => {
                        text.to_lowercase().contains(&part.to_lowercase())
                    }
                    _ => panic!("only text contains something"),
                },
            }
        }
    }
}

fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Integer(left), Value::Integer(right)) | (Value::Timestamp(left), Value::Timestamp(right)) => {
            left.cmp(right)
        }
        (Value::Decimal(left), Value::Decimal(right)) => left.partial_cmp(right).unwrap(),
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Enumeration(left), Value::Enumeration(right)) => left.cmp(right),
        _ => panic!("{left:?} and {right:?} are of different kinds"),
    }
}
