//! The rules of the contract on single fields, checked on every request.

use std::{fmt, sync::LazyLock};

use rapport_status::FieldViolation;
use regex_lite::Regex;

use crate::target::{Part, join};

/// Items of one list or map that are checked; the list's own limit refuses longer ones.
const MOST_CHECKED: usize = 10_000;

/// Violations that are reported of one request.
const MOST_REPORTED: usize = 100;

/// A message whose field rules can be checked.
pub trait Check {
    /// Adds every violation in this message, which lies at a place of the request.
    fn check(&self, at: &Place<'_>, found: &mut Violations);
}

/// A message that the codec decodes.
pub trait Inbound: Check {
    /// Whether it is the request of a method: only those are checked.
    const IS_REQUEST: bool;

    /// The resource that it is about, as the method's policy says; empty when it names none.
    fn target(&self) -> String {
        String::new()
    }
}

impl Check for () {
    fn check(&self, _: &Place<'_>, _: &mut Violations) {}
}

impl Inbound for () {
    const IS_REQUEST: bool = false;
}

/// Every violation in a message: empty when it keeps the rules.
pub fn violations(message: &impl Check) -> Vec<FieldViolation> {
    let mut found = Violations::default();
    message.check(&Place::Root, &mut found);
    found.0
}

/// A place in a request, from its root.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// The request itself.
    Root,
    /// A field of a message.
    Field(&'a Place<'a>, &'static str),
    /// An item of a list.
    Item(&'a Place<'a>, &'static str, usize),
    /// The value under a key of a map.
    Entry(&'a Place<'a>, &'static str, &'a str),
}

impl<'a> Place<'a> {
    /// A field of the message at this place.
    #[must_use]
    pub fn field(&'a self, name: &'static str) -> Self {
        Place::Field(self, name)
    }

    /// An item of a list field of the message at this place.
    #[must_use]
    pub fn item(&'a self, name: &'static str, index: usize) -> Self {
        Place::Item(self, name, index)
    }

    /// An entry of a map field of the message at this place.
    #[must_use]
    pub fn entry(&'a self, name: &'static str, key: &'a str) -> Self {
        Place::Entry(self, name, key)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parent, name) = match self {
            Place::Root => return Ok(()),
            Place::Field(parent, name) | Place::Item(parent, name, _) | Place::Entry(parent, name, _) => {
                (parent, name)
            }
        };
        parent.fmt(formatter)?;
        if !matches!(parent, Place::Root) {
            formatter.write_str(".")?;
        }
        formatter.write_str(name)?;
        match self {
            Place::Item(_, _, index) => write!(formatter, "[{index}]"),
            Place::Entry(_, _, key) => write!(formatter, "[{:?}]", key.chars().take(63).collect::<String>()),
            Place::Root | Place::Field(..) => Ok(()),
        }
    }
}

/// The violations found so far.
#[derive(Debug, Default)]
pub struct Violations(Vec<FieldViolation>);

impl Violations {
    /// A violation of a field of the message at a place.
    pub fn add(&mut self, at: &Place<'_>, field: &'static str, description: impl Into<String>) {
        self.add_at(&at.field(field), description);
    }

    fn add_at(&mut self, at: &Place<'_>, description: impl Into<String>) {
        if self.0.len() < MOST_REPORTED {
            self.0.push(FieldViolation::new(at.to_string(), description));
        }
    }

    /// Databases do not store the character zero in texts.
    fn storable(&mut self, at: &Place<'_>, text: &str) {
        if text.contains('\0') {
            self.add_at(at, "contains the character U+0000, which no text may");
        }
    }

    fn at_least_items(&mut self, at: &Place<'_>, field: &'static str, count: usize, least: usize) {
        if count < least {
            self.add(
                at,
                field,
                format!("has {count} items; at least {least} are needed"),
            );
        }
    }

    fn at_most_items(&mut self, at: &Place<'_>, field: &'static str, count: usize, most: usize) {
        if count > most {
            self.add(at, field, format!("has {count} items; at most {most} are taken"));
        }
    }

    fn exact_length(&mut self, at: &Place<'_>, text: &str, exact: usize) {
        let length = text.chars().count();
        if length != exact {
            self.add_at(at, format!("has {length} characters; exactly {exact} are needed"));
        }
    }

    fn shortest(&mut self, at: &Place<'_>, text: &str, least: usize) {
        let length = text.chars().count();
        if length < least {
            self.add_at(
                at,
                format!("has {length} characters; at least {least} are needed"),
            );
        }
    }

    fn longest(&mut self, at: &Place<'_>, text: &str, most: usize) {
        // Bytes are an upper limit of characters: most texts need no count.
        if text.len() > most {
            let length = text.chars().count();
            if length > most {
                self.add_at(at, format!("has {length} characters; at most {most} are taken"));
            }
        }
    }

    fn pattern(&mut self, at: &Place<'_>, text: &str, pattern: &Regex, shown: &str) {
        if !pattern.is_match(text) {
            self.add_at(at, format!("must match {shown}"));
        }
    }

    fn at_least(&mut self, at: &Place<'_>, value: i64, least: i64) {
        if value < least {
            self.add_at(at, format!("is {value}; it must be {least} or more"));
        }
    }

    fn at_most(&mut self, at: &Place<'_>, value: i64, most: i64) {
        if value > most {
            self.add_at(at, format!("is {value}; it must be {most} or less"));
        }
    }

    fn at_least_decimal(&mut self, at: &Place<'_>, value: f64, least: f64) {
        if value < least || value.is_nan() {
            self.add_at(at, format!("is {value}; it must be {least} or more"));
        }
    }

    fn at_most_decimal(&mut self, at: &Place<'_>, value: f64, most: f64) {
        if value > most || value.is_nan() {
            self.add_at(at, format!("is {value}; it must be {most} or less"));
        }
    }

    fn defined(&mut self, at: &Place<'_>, number: i32, known: &[i32]) {
        if !known.contains(&number) {
            self.add_at(
                at,
                format!("has no value {number}; the contract lists the values it has"),
            );
        }
    }
}

/// A pattern of the contract, compiled once. The build has no other way to write a static than a macro.
macro_rules! pattern {
    ($pattern:literal) => {{
        static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
            #[allow(clippy::expect_used, reason = "a test compiles every pattern of the contract")]
            Regex::new($pattern).expect("a pattern of the contract compiles")
        });
        &PATTERN
    }};
}

#[allow(
    clippy::all,
    clippy::pedantic,
    reason = "generated from the rules of the contract"
)]
mod generated {
    use super::{Check, Inbound, LazyLock, MOST_CHECKED, Part, Place, Regex, Violations, join};
    include!(concat!(env!("OUT_DIR"), "/checks.rs"));
}
