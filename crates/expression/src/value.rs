//! Values, and the memory that holds those which are made.

use std::fmt::{self, Display, Formatter};

use bumpalo::Bump;
use jiff::{SignedDuration, Timestamp};

/// A value, as small as a reference: strings, lists, maps and records lie elsewhere, often in an [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// An optional field without a value.
    Absent,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Text.
    String(&'a str),
    /// A moment.
    Timestamp(Timestamp),
    /// A span of time.
    Duration(SignedDuration),
    /// Elements in their order.
    List(&'a [Value<'a>]),
    /// Entries by ascending keys, each key once; [`Arena::map`] makes one.
    Map(&'a [(&'a str, Value<'a>)]),
    /// The values of the fields, in the order in which the record's type declares them.
    Record(&'a [Value<'a>]),
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::String(value)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Timestamp(value)
    }
}

impl From<SignedDuration> for Value<'_> {
    fn from(value: SignedDuration) -> Self {
        Self::Duration(value)
    }
}

impl<'a, V: Into<Value<'a>>> From<Option<V>> for Value<'a> {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

/// Memory for the values of one context or one evaluation. It is given back as a whole.
#[derive(Debug, Default)]
pub struct Arena(Bump);

impl Arena {
    /// An empty arena; it takes no memory until something is put in.
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of the text.
    pub fn text(&self, text: &str) -> &str {
        self.0.alloc_str(text)
    }

    /// A list of these elements.
    pub fn list<'a>(&'a self, elements: impl IntoIterator<Item = Value<'a>>) -> Value<'a> {
        Value::List(self.slice(elements))
    }

    /// A record of the values of its fields, in the order in which its type declares them.
    pub fn record<'a>(&'a self, fields: impl IntoIterator<Item = Value<'a>>) -> Value<'a> {
        Value::Record(self.slice(fields))
    }

    /// A map of these entries; of two with the same key the later one counts.
    pub fn map<'a>(&'a self, entries: impl IntoIterator<Item = (&'a str, Value<'a>)>) -> Value<'a> {
        let mut sorted: Vec<_> = entries.into_iter().collect();
        // The sort keeps the order of equal keys, so that the last of them is the later one.
        sorted.sort_by_key(|&(key, _)| key);
        sorted.reverse();
        sorted.dedup_by_key(|&mut (key, _)| key);
        sorted.reverse();
        Value::Map(self.0.alloc_slice_copy(&sorted))
    }

    /// The texts one after the other.
    pub(crate) fn joined(&self, left: &str, right: &str) -> &str {
        let mut text = bumpalo::collections::String::with_capacity_in(left.len() + right.len(), &self.0);
        text.push_str(left);
        text.push_str(right);
        text.into_bump_str()
    }

    /// A list that is filled element by element, with room for so many.
    pub(crate) fn growing(&self, room: usize) -> bumpalo::collections::Vec<'_, Value<'_>> {
        bumpalo::collections::Vec::with_capacity_in(room, &self.0)
    }

    pub(crate) fn slice<'a>(&'a self, values: impl IntoIterator<Item = Value<'a>>) -> &'a [Value<'a>] {
        let mut slice = bumpalo::collections::Vec::new_in(&self.0);
        slice.extend(values);
        slice.into_bump_slice()
    }
}

/// What an evaluation gives: a value that stands by itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Text.
    String(String),
    /// A moment.
    Timestamp(Timestamp),
    /// A span of time.
    Duration(SignedDuration),
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Double(value) => write!(f, "{value:?}"),
            Self::String(value) => f.write_str(value),
            Self::Timestamp(value) => write!(f, "{value}"),
            Self::Duration(value) => f.write_str(&crate::time::duration_text(*value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_three_words() {
        assert_eq!(size_of::<Value<'_>>(), 24);
    }

    #[test]
    fn a_map_is_sorted_and_the_later_of_equal_keys_counts() {
        let arena = Arena::new();
        let map = arena.map([("b", Value::Int(1)), ("a", Value::Int(2)), ("b", Value::Int(3))]);
        assert_eq!(map, Value::Map(&[("a", Value::Int(2)), ("b", Value::Int(3))]));
    }
}
