//! Evaluates what gives a bool.

use super::{Evaluated, Frame, equality::equal};
use crate::{
    fault::{Fault, FaultKind},
    node::{Condition, Each, Text},
    position::Span,
    steps::{self, CONVERSION, KEY, OPERATION},
    syntax::LoopKind,
    typed::Relation,
    value::Value,
};

impl Condition {
    pub(crate) fn evaluate<'a>(&'a self, frame: &mut Frame<'a>) -> Evaluated<bool> {
        match self {
            Self::Constant(value) => Ok(*value),
            Self::Path(path) => bool_of(*frame.find(path)?, path.at),
            Self::Value(node, at) => bool_of(node.value(frame)?, *at),
            Self::Not(of) => {
                frame.charge(OPERATION)?;
                of.evaluate(frame).map(|value| !value)
            }
            Self::Every(parts) => chain(parts, true, frame),
            Self::Any(parts) => chain(parts, false, frame),
            Self::CompareInts(relation, sides) => {
                frame.charge(OPERATION)?;
                let (left, right) = (sides[0].evaluate(frame)?, sides[1].evaluate(frame)?);
                Ok(relation.holds(&left, &right))
            }
            Self::CompareDoubles(relation, sides) => {
                frame.charge(OPERATION)?;
                let (left, right) = (sides[0].evaluate(frame)?, sides[1].evaluate(frame)?);
                Ok(relation.holds(&left, &right))
            }
            Self::CompareStrings(relation, sides) => {
                let (left, right) = (sides[0].evaluate(frame)?, sides[1].evaluate(frame)?);
                frame.charge(OPERATION + steps::text(left.len().min(right.len()) as u64))?;
                Ok(relation.holds(left, right))
            }
            Self::Compare(relation, sides) => {
                frame.charge(OPERATION)?;
                let (left, right) = (sides[0].value(frame)?, sides[1].value(frame)?);
                compare(*relation, left, right, frame)
            }
            Self::Loop(kind, each) => looping(*kind, each, frame),
            _ => self.look_into(frame),
        }
    }

    /// Whether something is in a record, map, list or string.
    fn look_into<'a>(&'a self, frame: &mut Frame<'a>) -> Evaluated<bool> {
        match self {
            Self::HasField(of, field) => {
                frame.charge(OPERATION)?;
                match of.value(frame) {
                    Ok(Value::Record(fields)) => {
                        Ok(fields.get(*field).is_some_and(|value| *value != Value::Absent))
                    }
                    // What has no value has no fields with a value either.
                    Ok(_)
                    | Err(Fault {
                        kind: FaultKind::NoValue,
                        ..
                    }) => Ok(false),
                    Err(fault) => Err(fault),
                }
            }
            Self::HasKey(sides) => {
                frame.charge(KEY)?;
                // As it is written: the key stands on the left of `in`.
                let key = sides.1.evaluate(frame)?;
                let map = sides.0.value(frame)?;
                Ok(matches!(map, Value::Map(entries) if find_key(entries, key).is_some()))
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
            Self::InList(sides) => {
                frame.charge(OPERATION)?;
                let (element, list) = (sides[0].value(frame)?, sides[1].value(frame)?);
                let Value::List(elements) = list else {
                    return Ok(false);
                };
                for candidate in elements {
                    frame.charge(OPERATION)?;
                    if equal(element, *candidate, frame)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Contains(sides) => {
                let (text, part) = both(sides, frame)?;
                frame.charge(OPERATION + steps::text((text.len() + part.len()) as u64))?;
                Ok(text.contains(part))
            }
            Self::StartsWith(sides) => {
                let (text, part) = both(sides, frame)?;
                frame.charge(OPERATION + steps::text(text.len().min(part.len()) as u64))?;
                Ok(text.starts_with(part))
            }
            Self::EndsWith(sides) => {
                let (text, part) = both(sides, frame)?;
                frame.charge(OPERATION + steps::text(text.len().min(part.len()) as u64))?;
                Ok(text.ends_with(part))
            }
            Self::Matches(of, pattern) => {
                let text = of.evaluate(frame)?;
                frame.charge(OPERATION.saturating_add(steps::matching(text.len() as u64, pattern.steps)))?;
                Ok(pattern.fits(text))
            }
            Self::FromText(of, at) => {
                let text = of.evaluate(frame)?;
                frame.charge(CONVERSION + steps::text(text.len() as u64))?;
                match text {
                    "true" | "True" | "TRUE" | "t" | "T" | "1" => Ok(true),
                    "false" | "False" | "FALSE" | "f" | "F" | "0" => Ok(false),
                    _ => Err(frame.fault(FaultKind::NotConvertible, *at, Value::String(text))),
                }
            }
            // The others are evaluated above.
            _ => Ok(false),
        }
    }
}

fn both<'a>(sides: &'a [Text; 2], frame: &mut Frame<'a>) -> Evaluated<(&'a str, &'a str)> {
    Ok((sides[0].evaluate(frame)?, sides[1].evaluate(frame)?))
}

fn bool_of(value: Value<'_>, at: Span) -> Evaluated<bool> {
    match value {
        Value::Bool(value) => Ok(value),
        other => Err(Frame::misfit(other, at)),
    }
}

/// The entry of a key, by halves.
pub(super) fn find_key<'v, 'a>(entries: &'v [(&'a str, Value<'a>)], key: &str) -> Option<&'v Value<'a>> {
    let index = entries
        .binary_search_by(|(candidate, _)| (*candidate).cmp(key))
        .ok()?;
    entries.get(index).map(|(_, value)| value)
}

/// `&&` (when `every`) and `||`: the first part that decides gives the answer, even after one that went wrong; what went
/// wrong first counts when none decides.
fn chain<'a>(parts: &'a [Condition], every: bool, frame: &mut Frame<'a>) -> Evaluated<bool> {
    frame.charge(OPERATION)?;
    let mut wrong = None;
    for part in parts {
        match part.evaluate(frame) {
            Ok(value) if value == every => {}
            Ok(value) => return Ok(value),
            Err(fault) if fault.is_absorbed() => wrong = wrong.or(Some(fault)),
            Err(fault) => return Err(fault),
        }
    }
    wrong.map_or(Ok(every), Err)
}

fn looping<'a>(kind: LoopKind, each: &'a Each<Condition>, frame: &mut Frame<'a>) -> Evaluated<bool> {
    let elements = frame.elements(each)?;
    if kind == LoopKind::ExistsOne {
        let mut found = 0;
        for element in elements {
            frame.turn(each.slot, element)?;
            found += usize::from(each.body.evaluate(frame)?);
        }
        return Ok(found == 1);
    }
    // `all` is a chain of `&&`, `exists` one of `||`.
    let every = kind == LoopKind::All;
    let mut wrong = None;
    for element in elements {
        frame.turn(each.slot, element)?;
        match each.body.evaluate(frame) {
            Ok(value) if value == every => {}
            Ok(value) => return Ok(value),
            Err(fault) if fault.is_absorbed() => wrong = wrong.or(Some(fault)),
            Err(fault) => return Err(fault),
        }
    }
    wrong.map_or(Ok(every), Err)
}

/// Compares values that are no numbers and no strings.
fn compare<'a>(
    relation: Relation,
    left: Value<'a>,
    right: Value<'a>,
    frame: &mut Frame<'a>,
) -> Evaluated<bool> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Ok(relation.holds(&left, &right)),
        (Value::Timestamp(left), Value::Timestamp(right)) => Ok(relation.holds(&left, &right)),
        (Value::Duration(left), Value::Duration(right)) => Ok(relation.holds(&left, &right)),
        _ => equal(left, right, frame).map(|equal| equal == (relation == Relation::Equal)),
    }
}
