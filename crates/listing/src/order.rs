//! Total orders and positions in them.

use std::fmt;

use crate::error::{ErrorKind, KeyValuesError, ListingError};
use crate::expression::{Expression, Operator};
use crate::schema::{Field, MAXIMUM_ORDER_KEYS, MAXIMUM_TEXT_CHARACTERS, Schema};
use crate::value::Value;

/// The direction of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Small values first.
    #[default]
    Ascending,
    /// Large values first.
    Descending,
}

/// One key of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderKey {
    /// The field; its `column` is what the storage layer sorts.
    pub field: &'static Field,
    /// The direction.
    pub direction: Direction,
}

/// A total order: its last key is the tie breaker of the schema, which is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    keys: Vec<OrderKey>,
}

impl Order {
    /// The keys, the most significant first: at least one, at most [`MAXIMUM_ORDER_KEYS`] and the tie breaker.
    pub fn keys(&self) -> &[OrderKey] {
        &self.keys
    }

    pub(crate) fn parse(schema: &Schema, text: &str) -> Result<Self, ListingError> {
        if text.chars().nth(MAXIMUM_TEXT_CHARACTERS).is_some() {
            return Err(error(format!(
                "the order has more than {MAXIMUM_TEXT_CHARACTERS} characters"
            ))
            .at(MAXIMUM_TEXT_CHARACTERS));
        }
        let mut keys: Vec<OrderKey> = Vec::new();
        if !text.trim().is_empty() {
            let mut start = 0;
            for part in text.split(',') {
                let lead = part
                    .chars()
                    .take_while(|character| character.is_whitespace())
                    .count();
                let position = start + lead;
                start += part.chars().count() + 1;
                if keys.len() == MAXIMUM_ORDER_KEYS {
                    return Err(
                        error(format!("the order has more than {MAXIMUM_ORDER_KEYS} fields")).at(position),
                    );
                }
                let key = parse_key(schema, part).map_err(|error| error.at(position))?;
                if keys.iter().any(|earlier| earlier.field.name == key.field.name) {
                    let message = format!("the field \"{}\" appears twice", key.field.name);
                    return Err(error(message).at(position));
                }
                keys.push(key);
            }
        }
        let tie_breaker = schema.tie_breaker();
        if let Some(index) = keys.iter().position(|key| key.field.name == tie_breaker.name) {
            keys.truncate(index + 1);
        } else {
            let direction = keys.last().map_or(Direction::Ascending, |key| key.direction);
            keys.push(OrderKey {
                field: tie_breaker,
                direction,
            });
        }
        Ok(Self { keys })
    }

    /// Checks that the values are those of a row: one for each key, each of the kind of its key.
    pub(crate) fn check(&self, values: &[Value]) -> Result<(), KeyValuesError> {
        if values.len() != self.keys.len() {
            return Err(KeyValuesError::Count {
                expected: self.keys.len(),
                actual: values.len(),
            });
        }
        match self
            .keys
            .iter()
            .zip(values)
            .find(|(key, value)| !key.field.kind.admits(value))
        {
            Some((key, _)) => Err(KeyValuesError::Kind { key: key.field.name }),
            None => Ok(()),
        }
    }
}

fn error(message: impl Into<String>) -> ListingError {
    ListingError::new(ErrorKind::InvalidOrderBy, message)
}

fn parse_key(schema: &Schema, part: &str) -> Result<OrderKey, ListingError> {
    const HINT: &str = "an order is a list such as create_time desc, name";
    let mut words = part.split_whitespace();
    let Some(name) = words.next() else {
        return Err(error("a field is expected here").hint(HINT));
    };
    let direction = match words.next() {
        None => Direction::Ascending,
        Some(word) if word.eq_ignore_ascii_case("asc") => Direction::Ascending,
        Some(word) if word.eq_ignore_ascii_case("desc") => Direction::Descending,
        Some(word) => return Err(error(format!("{word:?} is not a direction; use asc or desc")).hint(HINT)),
    };
    if words.next().is_some() {
        return Err(error("a comma is expected between two fields").hint(HINT));
    }
    let field = schema.find(name, |field| field.sortable, "sorted", ErrorKind::InvalidOrderBy)?;
    Ok(OrderKey { field, direction })
}

/// Prints the order in its standard form, with the tie breaker.
impl fmt::Display for Order {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.keys.iter().enumerate() {
            let separator = if index > 0 { ", " } else { "" };
            let direction = match key.direction {
                Direction::Ascending => "",
                Direction::Descending => " desc",
            };
            write!(formatter, "{separator}{}{direction}", key.field.name)?;
        }
        Ok(())
    }
}

/// A position in an order: the values of the keys of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyset {
    keys: Vec<OrderKey>,
    values: Vec<Value>,
}

impl Keyset {
    /// The position of the row that has these values, one for each key of the order.
    pub fn new(order: &Order, values: Vec<Value>) -> Result<Self, KeyValuesError> {
        order.check(&values)?;
        Ok(Self {
            keys: order.keys.clone(),
            values,
        })
    }

    /// The values, one for each key.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The condition that a row comes after this position.
    ///
    /// With the keys k₁ … kₙ and the values v₁ … vₙ it is `k₁ ≥ v₁ AND (k₁ > v₁ OR …)`, where the dots are the same
    /// for k₂ … kₙ, and `kₙ > vₙ` for the last key; a descending key turns the signs. This is the lexicographic
    /// order; the form with the leading `k₁ ≥ v₁` lets a database enter an index on the first key, which the usual
    /// disjunction does not.
    pub fn condition(&self) -> Expression {
        let mut condition: Option<Expression> = None;
        for (key, value) in self.keys.iter().zip(&self.values).rev() {
            let (after, after_or_same) = match key.direction {
                Direction::Ascending => (Operator::Greater, Operator::GreaterOrEqual),
                Direction::Descending => (Operator::Less, Operator::LessOrEqual),
            };
            let strict = Expression::comparison(key.field, after, value.clone());
            condition = Some(match condition {
                None => strict,
                Some(rest) => Expression::And(vec![
                    Expression::comparison(key.field, after_or_same, value.clone()),
                    Expression::Or(vec![strict, rest]),
                ]),
            });
        }
        // An order has at least one key, so that the fallback is never reached.
        condition.unwrap_or_else(|| Expression::And(Vec::new()))
    }
}
