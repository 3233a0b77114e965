//! Evaluates what is asked about records, maps, lists and strings.

use super::{Evaluated, Frame, equality::equal};
use crate::{
    fault::{Fault, FaultKind},
    node::{Node, Question},
    position::Span,
    standard::Within,
    steps::{self, CONVERSION, KEY, OPERATION},
    value::Value,
};

impl Question {
    pub(super) fn evaluate<'a>(&'a self, frame: &mut Frame<'a>) -> Evaluated<bool> {
        match self {
            Self::HasField(of, field) => {
                frame.charge(OPERATION)?;
                has(
                    of,
                    frame,
                    |record| matches!(record, Value::Record(fields) if fields.get(*field).is_some_and(|value| *value != Value::Absent)),
                )
            }
            Self::HasEntry(of, key) => {
                frame.charge(KEY)?;
                has(
                    of,
                    frame,
                    |map| matches!(map, Value::Map(entries) if find_key(entries, key).is_some()),
                )
            }
            Self::KeyIn(sides) => {
                frame.charge(KEY)?;
                let (key, map) = (sides[0].value(frame)?, sides[1].value(frame)?);
                match (key, map) {
                    (Value::String(key), Value::Map(entries)) => Ok(find_key(entries, key).is_some()),
                    (_, other) => Err(Frame::misfit(other, Span::NOWHERE)),
                }
            }
            Self::InList(sides) => {
                frame.charge(OPERATION)?;
                let (element, list) = (sides[0].value(frame)?, sides[1].value(frame)?);
                let Value::List(elements) = list else {
                    return Err(Frame::misfit(list, Span::NOWHERE));
                };
                for candidate in elements {
                    frame.charge(OPERATION)?;
                    if equal(element, *candidate, frame)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::OneOfStrings(of, strings) => {
                frame.charge(OPERATION)?;
                let text = of.evaluate(frame)?;
                Ok(strings
                    .binary_search_by(|candidate| candidate.as_ref().cmp(text))
                    .is_ok())
            }
            Self::OneOfInts(of, ints) => {
                frame.charge(OPERATION)?;
                let value = of.evaluate(frame)?;
                Ok(ints.binary_search(&value).is_ok())
            }
            Self::Search(within, sides) => {
                let (text, part) = (sides[0].evaluate(frame)?, sides[1].evaluate(frame)?);
                search(*within, text, part, frame)
            }
            Self::Matches(of, pattern) => {
                let text = of.evaluate(frame)?;
                frame.charge(OPERATION.saturating_add(steps::matching(text.len() as u64, pattern.steps)))?;
                Ok(pattern.fits(text))
            }
            Self::Read(of, at) => {
                let text = of.evaluate(frame)?;
                frame.charge(CONVERSION + steps::text(text.len() as u64))?;
                match text {
                    "true" | "True" | "TRUE" | "t" | "T" | "1" => Ok(true),
                    "false" | "False" | "FALSE" | "f" | "F" | "0" => Ok(false),
                    _ => Err(frame.fault(FaultKind::NotConvertible, *at, Value::String(text))),
                }
            }
        }
    }
}

/// What `has` says: what has no value has no fields or entries either.
fn has<'a>(of: &'a Node, frame: &mut Frame<'a>, holds: impl FnOnce(Value<'a>) -> bool) -> Evaluated<bool> {
    match of.value(frame) {
        Ok(value) => Ok(holds(value)),
        Err(Fault {
            kind: FaultKind::NoValue,
            ..
        }) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// The entry of a key, by halves.
pub(super) fn find_key<'v, 'a>(entries: &'v [(&'a str, Value<'a>)], key: &str) -> Option<&'v Value<'a>> {
    let index = entries
        .binary_search_by(|(candidate, _)| (*candidate).cmp(key))
        .ok()?;
    entries.get(index).map(|(_, value)| value)
}

fn search(within: Within, text: &str, part: &str, frame: &mut Frame<'_>) -> Evaluated<bool> {
    let shorter = text.len().min(part.len()) as u64;
    let (bytes, found): (_, fn(&str, &str) -> bool) = match within {
        Within::Anywhere => ((text.len() + part.len()) as u64, |text, part| text.contains(part)),
        Within::Start => (shorter, |text, part| text.starts_with(part)),
        Within::End => (shorter, |text, part| text.ends_with(part)),
    };
    frame.charge(OPERATION + steps::text(bytes))?;
    Ok(found(text, part))
}
