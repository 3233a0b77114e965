//! An expression whose names are resolved and whose types fit: what [`check`](crate::check) makes and
//! [`cost`](crate::cost) and [`compile`](crate::compile) read.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    function::Function, pattern::Pattern, position::Span, standard::Within, syntax::LoopKind, time::Part,
    types::Type, value::Value,
};

/// An expression with the type of its value.
#[derive(Debug)]
pub(crate) struct Typed {
    pub(crate) of: Type,
    pub(crate) at: Span,
    pub(crate) form: Form,
}

/// What it does.
#[derive(Debug)]
pub(crate) enum Form {
    Constant(Constant),
    /// A variable of the context, by its place in the schema.
    Variable(usize),
    /// The element of a loop around it, by the depth of the loop.
    Local(usize),
    /// A field of a record, by its place.
    Field(Box<Typed>, usize),
    HasField(Box<Typed>, usize),
    /// Whether a map has a key that is written out.
    HasEntry(Box<Typed>, Box<str>),
    /// An element of a list.
    Element(Box<[Typed; 2]>),
    /// An entry of a map.
    Entry(Box<[Typed; 2]>),
    Not(Box<Typed>),
    Negate(Box<Typed>),
    Every(Vec<Typed>),
    Any(Vec<Typed>),
    Choice(Box<[Typed; 3]>),
    Compare(Relation, Box<[Typed; 2]>),
    Arithmetic(Arithmetic, Box<[Typed; 2]>),
    /// Whether the first is an element of the second, a list.
    InList(Box<[Typed; 2]>),
    /// Whether the first is a key of the second, a map.
    KeyIn(Box<[Typed; 2]>),
    List(Vec<Typed>),
    Map(Vec<(Typed, Typed)>),
    Loop(Box<TypedLoop>),
    Size(Box<Typed>),
    /// Whether the second string is in the first.
    Search(Within, Box<[Typed; 2]>),
    Matches(Box<Typed>, Pattern),
    /// A value of another type, made into this one.
    Convert(Box<Typed>),
    Part(Part, Box<Typed>, Zone),
    /// A function of the schema.
    Own(Arc<Function>, Vec<Typed>),
}

/// A loop, with the slot that holds its element.
#[derive(Debug)]
pub(crate) struct TypedLoop {
    pub(crate) kind: LoopKind,
    pub(crate) slot: usize,
    pub(crate) range: Typed,
    pub(crate) condition: Option<Typed>,
    pub(crate) body: Typed,
}

/// In which time zone a moment is looked at.
#[derive(Debug)]
pub(crate) enum Zone {
    Known(TimeZone),
    Computed(Box<Typed>),
}

/// A value that is known when the expression is saved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Bool(bool),
    Int(i64),
    Double(f64),
    String(Box<str>),
    Timestamp(Timestamp),
    Duration(SignedDuration),
}

impl Constant {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Double(value) => Value::Double(*value),
            Self::String(value) => Value::String(value),
            Self::Timestamp(value) => Value::Timestamp(*value),
            Self::Duration(value) => Value::Duration(*value),
        }
    }
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    /// Whether it holds for two values; NaN is neither equal to, less nor greater than anything.
    #[inline]
    pub(crate) fn holds<T: PartialOrd + ?Sized>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

/// How two values are joined to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}
