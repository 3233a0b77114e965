//! The types of values, as a schema declares them.

use std::{
    fmt::{self, Display, Formatter},
    sync::Arc,
};

use crate::limits::{MAX_KEY_BYTES, MAX_LIST_LENGTH, MAX_STRING_BYTES};

/// The type of a value. Strings, lists and maps carry how large they can be, from which the most steps of an expression
/// are reckoned; two types that differ in this alone are the same type.
#[derive(Clone, Debug)]
pub enum Type {
    /// True or false.
    Bool,
    /// A whole number of 64 bits with a sign.
    Int,
    /// A floating-point number of 64 bits.
    Double,
    /// Text, of this many bytes at most.
    String {
        /// Most bytes.
        at_most: u32,
    },
    /// A moment, to the nanosecond, from 0001-01-01T00:00:00Z to 9999-12-30T22:00:00.999999999Z.
    Timestamp,
    /// A span of time, to the nanosecond.
    Duration,
    /// Elements of one type in an order.
    List {
        /// Type of the elements.
        of: Arc<Type>,
        /// Most elements.
        at_most: u32,
    },
    /// Values of one type by string keys.
    Map {
        /// Type of the values.
        of: Arc<Type>,
        /// Most entries.
        at_most: u32,
    },
    /// Named fields of declared types.
    Record(Arc<RecordType>),
}

/// A type without its inner types and bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A floating-point number.
    Double,
    /// Text.
    String,
    /// A moment.
    Timestamp,
    /// A span of time.
    Duration,
    /// Elements in an order.
    List,
    /// Values by keys.
    Map,
    /// Named fields.
    Record,
}

impl Display for Kind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Double => "double",
            Self::String => "string",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::List => "list",
            Self::Map => "map",
            Self::Record => "record",
        })
    }
}

impl Type {
    /// Text of at most this many bytes.
    pub const fn string(at_most: u32) -> Self {
        Self::String { at_most }
    }

    /// A list of at most this many elements.
    pub fn list(of: Self, at_most: u32) -> Self {
        Self::List {
            of: Arc::new(of),
            at_most,
        }
    }

    /// A map of at most this many entries.
    pub fn map(of: Self, at_most: u32) -> Self {
        Self::Map {
            of: Arc::new(of),
            at_most,
        }
    }

    /// The type without its inner types and bounds.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Bool => Kind::Bool,
            Self::Int => Kind::Int,
            Self::Double => Kind::Double,
            Self::String { .. } => Kind::String,
            Self::Timestamp => Kind::Timestamp,
            Self::Duration => Kind::Duration,
            Self::List { .. } => Kind::List,
            Self::Map { .. } => Kind::Map,
            Self::Record(_) => Kind::Record,
        }
    }

    /// Whether it is the same type, whatever the bounds.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List { of: left, .. }, Self::List { of: right, .. })
            | (Self::Map { of: left, .. }, Self::Map { of: right, .. }) => left.same(right),
            (Self::Record(left), Self::Record(right)) => Arc::ptr_eq(left, right) || left.name == right.name,
            _ => self.kind() == other.kind(),
        }
    }

    /// The type that holds the values of both; they must be the same but for their bounds.
    pub(crate) fn wider(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::String { at_most: left }, Self::String { at_most: right }) => {
                Self::string(*left.max(right))
            }
            (
                Self::List { of: left, at_most },
                Self::List {
                    of: right,
                    at_most: other_most,
                },
            ) => Self::list(left.wider(right), *at_most.max(other_most)),
            (
                Self::Map { of: left, at_most },
                Self::Map {
                    of: right,
                    at_most: other_most,
                },
            ) => Self::map(left.wider(right), *at_most.max(other_most)),
            _ => self.clone(),
        }
    }

    /// Whether a string of that many bytes keeps to the bound of this type.
    pub(crate) const fn holds_string(&self, bytes: u32) -> bool {
        matches!(self, Self::String { at_most } if bytes <= *at_most)
    }

    /// Whether `<` and its like put values of this type in order.
    pub(crate) fn is_ordered(&self) -> bool {
        !matches!(self.kind(), Kind::List | Kind::Map | Kind::Record)
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::List { of, .. } => write!(f, "list({of})"),
            Self::Map { of, .. } => write!(f, "map(string, {of})"),
            Self::Record(record) => f.write_str(&record.name),
            _ => Display::fmt(&self.kind(), f),
        }
    }
}

/// Named fields of declared types, such as an order or one line of it.
#[derive(Debug)]
pub struct RecordType {
    name: String,
    meaning: String,
    fields: Vec<Field>,
}

/// A field of a record.
#[derive(Clone, Debug)]
pub struct Field {
    /// As it is written in expressions.
    pub name: String,
    /// The type of its values.
    pub of: Type,
    /// What it means, for the table of the context: units, ranges, when it is there.
    pub meaning: String,
    /// Whether a record may have no value here. Reading it then is an error; `has(record.field)` asks first.
    pub optional: bool,
}

impl RecordType {
    /// A record without fields, to which [`field`](Self::field) and [`optional`](Self::optional) add.
    pub fn new(name: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            meaning: meaning.into(),
            fields: Vec::new(),
        }
    }

    /// Adds a field that every record has.
    #[must_use]
    pub fn field(self, name: impl Into<String>, of: Type, meaning: impl Into<String>) -> Self {
        self.with(name.into(), of, meaning.into(), false)
    }

    /// Adds a field that a record may lack.
    #[must_use]
    pub fn optional(self, name: impl Into<String>, of: Type, meaning: impl Into<String>) -> Self {
        self.with(name.into(), of, meaning.into(), true)
    }

    fn with(mut self, name: String, of: Type, meaning: String, optional: bool) -> Self {
        self.fields.push(Field {
            name,
            of,
            meaning,
            optional,
        });
        self
    }

    /// The type of such records.
    pub fn into_type(self) -> Type {
        Type::Record(Arc::new(self))
    }

    /// The name of the type.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What such a record is.
    pub fn meaning(&self) -> &str {
        &self.meaning
    }

    /// The fields, in the order in which [`Value::Record`](crate::Value::Record) has their values.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether both have the same fields in the same order.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let alike = |(left, right): (&Field, &Field)| {
            left.name == right.name && left.optional == right.optional && left.of.same(&right.of)
        };
        self.fields.len() == other.fields.len() && self.fields.iter().zip(&other.fields).all(alike)
    }

    /// A field and its place.
    pub(crate) fn find(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields
            .iter()
            .enumerate()
            .find(|(_, field)| field.name == name)
    }
}

/// The bound that is too large, if one of a type is.
pub(crate) fn excessive_bound(of: &Type) -> Option<String> {
    match of {
        Type::String { at_most } if *at_most > MAX_STRING_BYTES => Some(format!(
            "a string of {at_most} bytes; at most {MAX_STRING_BYTES} are allowed"
        )),
        Type::List { at_most, .. } | Type::Map { at_most, .. } if *at_most > MAX_LIST_LENGTH => Some(
            format!("{at_most} elements; at most {MAX_LIST_LENGTH} are allowed"),
        ),
        Type::List { of, .. } | Type::Map { of, .. } => excessive_bound(of),
        _ => None,
    }
}

/// The type of the keys of maps.
pub(crate) const KEY: Type = Type::string(MAX_KEY_BYTES);
