//! The standard functions of CEL: what they are called, what they take and give, and what they mean.

use crate::{
    time::Part,
    types::{Kind, Type},
};

/// What a standard function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Size,
    /// Looks for a string in another.
    Search(Within),
    Matches,
    /// Makes a value of the type that the function gives.
    Convert,
    /// Gives a part of a moment or duration.
    Part(Part),
}

/// Where in a string another one is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Within {
    Anywhere,
    Start,
    End,
}

/// One signature of a standard function.
#[derive(Debug)]
pub(crate) struct Standard {
    pub(crate) name: &'static str,
    /// Called on the first of what it takes.
    pub(crate) is_method: bool,
    pub(crate) takes: &'static [Kind],
    pub(crate) gives: Kind,
    pub(crate) operation: Operation,
    pub(crate) meaning: &'static str,
}

impl Standard {
    /// The type of what it gives.
    pub(crate) fn result(&self) -> Type {
        match self.gives {
            Kind::Bool => Type::Bool,
            Kind::Double => Type::Double,
            Kind::String => Type::string(CONVERTED_BYTES),
            Kind::Timestamp => Type::Timestamp,
            Kind::Duration => Type::Duration,
            _ => Type::Int,
        }
    }
}

/// Most bytes of a number, moment or duration that is converted to a string.
pub(crate) const CONVERTED_BYTES: u32 = 40;

const fn function(
    name: &'static str,
    takes: &'static [Kind],
    gives: Kind,
    operation: Operation,
    meaning: &'static str,
) -> Standard {
    Standard {
        name,
        is_method: false,
        takes,
        gives,
        operation,
        meaning,
    }
}

const fn method(
    name: &'static str,
    takes: &'static [Kind],
    gives: Kind,
    operation: Operation,
    meaning: &'static str,
) -> Standard {
    Standard {
        name,
        is_method: true,
        takes,
        gives,
        operation,
        meaning,
    }
}

use Kind::{Bool, Double, Duration, Int, List, Map, String, Timestamp};
use Operation::{Convert, Matches, Search, Size};

const CHARACTERS: &str = "Number of characters.";
const ELEMENTS: &str = "Number of elements.";
const ENTRIES: &str = "Number of entries.";
const PATTERN: &str =
    "Whether the regular expression, which must be a literal, fits some part of the string.";
const SAME: &str = "The value itself.";

/// Every signature of every standard function.
pub(crate) const STANDARD: &[Standard] = &[
    function("size", &[String], Int, Size, CHARACTERS),
    method("size", &[String], Int, Size, CHARACTERS),
    function("size", &[List], Int, Size, ELEMENTS),
    method("size", &[List], Int, Size, ELEMENTS),
    function("size", &[Map], Int, Size, ENTRIES),
    method("size", &[Map], Int, Size, ENTRIES),
    method(
        "contains",
        &[String, String],
        Bool,
        Search(Within::Anywhere),
        "Whether the other string is a part of it.",
    ),
    method(
        "startsWith",
        &[String, String],
        Bool,
        Search(Within::Start),
        "Whether it begins with the other string.",
    ),
    method(
        "endsWith",
        &[String, String],
        Bool,
        Search(Within::End),
        "Whether it ends with the other string.",
    ),
    method("matches", &[String, String], Bool, Matches, PATTERN),
    function("matches", &[String, String], Bool, Matches, PATTERN),
    function("bool", &[Bool], Bool, Convert, SAME),
    function(
        "bool",
        &[String],
        Bool,
        Convert,
        "Reads `true`, `t`, `1`, `false`, `f` or `0`; anything else is an error.",
    ),
    function("int", &[Int], Int, Convert, SAME),
    function(
        "int",
        &[Double],
        Int,
        Convert,
        "Cuts the decimal places off; an error beyond the ints.",
    ),
    function(
        "int",
        &[String],
        Int,
        Convert,
        "Reads a whole number; an error if it is none.",
    ),
    function(
        "int",
        &[Timestamp],
        Int,
        Convert,
        "Seconds since 1970-01-01T00:00:00Z.",
    ),
    function("double", &[Double], Double, Convert, SAME),
    function("double", &[Int], Double, Convert, "The nearest double."),
    function(
        "double",
        &[String],
        Double,
        Convert,
        "Reads a number; an error if it is none.",
    ),
    function("string", &[String], String, Convert, SAME),
    function("string", &[Bool], String, Convert, "`true` or `false`."),
    function("string", &[Int], String, Convert, "The digits."),
    function(
        "string",
        &[Double],
        String,
        Convert,
        "The shortest number that reads as the same double.",
    ),
    function(
        "string",
        &[Timestamp],
        String,
        Convert,
        "As RFC 3339 in UTC: `2026-04-01T08:30:00Z`.",
    ),
    function("string", &[Duration], String, Convert, "In seconds: `5400s`."),
    function("timestamp", &[Timestamp], Timestamp, Convert, SAME),
    function(
        "timestamp",
        &[String],
        Timestamp,
        Convert,
        "Reads RFC 3339, such as `2026-04-01T08:30:00+08:00`.",
    ),
    function(
        "timestamp",
        &[Int],
        Timestamp,
        Convert,
        "That many seconds since 1970-01-01T00:00:00Z.",
    ),
    function("duration", &[Duration], Duration, Convert, SAME),
    function(
        "duration",
        &[String],
        Duration,
        Convert,
        "Reads numbers with h, m, s, ms, us, ns, such as `1h30m`.",
    ),
    part("getFullYear", &[Timestamp], Part::FullYear, "Year, in UTC."),
    part(
        "getFullYear",
        &[Timestamp, String],
        Part::FullYear,
        "Year in the time zone.",
    ),
    part(
        "getMonth",
        &[Timestamp],
        Part::Month,
        "Month in UTC, January is 0.",
    ),
    part(
        "getMonth",
        &[Timestamp, String],
        Part::Month,
        "Month in the time zone, January is 0.",
    ),
    part(
        "getDate",
        &[Timestamp],
        Part::Date,
        "Day of the month in UTC, from 1.",
    ),
    part(
        "getDate",
        &[Timestamp, String],
        Part::Date,
        "Day of the month in the time zone, from 1.",
    ),
    part(
        "getDayOfMonth",
        &[Timestamp],
        Part::DayOfMonth,
        "Day of the month in UTC, from 0.",
    ),
    part(
        "getDayOfMonth",
        &[Timestamp, String],
        Part::DayOfMonth,
        "Day of the month in the time zone, from 0.",
    ),
    part(
        "getDayOfWeek",
        &[Timestamp],
        Part::DayOfWeek,
        "Day of the week in UTC, Sunday is 0.",
    ),
    part(
        "getDayOfWeek",
        &[Timestamp, String],
        Part::DayOfWeek,
        "Day of the week in the time zone, Sunday is 0.",
    ),
    part(
        "getDayOfYear",
        &[Timestamp],
        Part::DayOfYear,
        "Day of the year in UTC, from 0.",
    ),
    part(
        "getDayOfYear",
        &[Timestamp, String],
        Part::DayOfYear,
        "Day of the year in the time zone, from 0.",
    ),
    part("getHours", &[Timestamp], Part::Hours, "Hour in UTC."),
    part(
        "getHours",
        &[Timestamp, String],
        Part::Hours,
        "Hour in the time zone.",
    ),
    part("getHours", &[Duration], Part::Hours, "Whole hours."),
    part("getMinutes", &[Timestamp], Part::Minutes, "Minute in UTC."),
    part(
        "getMinutes",
        &[Timestamp, String],
        Part::Minutes,
        "Minute in the time zone.",
    ),
    part("getMinutes", &[Duration], Part::Minutes, "Whole minutes."),
    part("getSeconds", &[Timestamp], Part::Seconds, "Second in UTC."),
    part(
        "getSeconds",
        &[Timestamp, String],
        Part::Seconds,
        "Second in the time zone.",
    ),
    part("getSeconds", &[Duration], Part::Seconds, "Whole seconds."),
    part(
        "getMilliseconds",
        &[Timestamp],
        Part::Milliseconds,
        "Milliseconds of the second.",
    ),
    part(
        "getMilliseconds",
        &[Timestamp, String],
        Part::Milliseconds,
        "Milliseconds of the second.",
    ),
    part(
        "getMilliseconds",
        &[Duration],
        Part::Milliseconds,
        "Milliseconds beyond the whole seconds.",
    ),
];

const fn part(name: &'static str, takes: &'static [Kind], part: Part, meaning: &'static str) -> Standard {
    method(name, takes, Int, Operation::Part(part), meaning)
}
