//! Evaluates what gives a bool.

use super::{Evaluated, Frame, equality::equal};
use crate::{
    node::{Condition, Each},
    position::Span,
    steps::{self, OPERATION},
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
            Self::Question(question) => question.evaluate(frame),
            Self::Loop(kind, each) => looping(*kind, each, frame),
        }
    }
}

fn bool_of(value: Value<'_>, at: Span) -> Evaluated<bool> {
    match value {
        Value::Bool(value) => Ok(value),
        other => Err(Frame::misfit(other, at)),
    }
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
