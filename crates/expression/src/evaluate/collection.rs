//! Evaluates what makes lists and maps.

use super::{Evaluated, Frame};
use crate::{
    fault::FaultKind,
    node::{Collection, Condition, Each, Node, Text},
    position::Span,
    steps::{KEY, OPERATION},
    value::Value,
};

impl Collection {
    pub(super) fn value<'a>(&'a self, frame: &mut Frame<'a>) -> Evaluated<Value<'a>> {
        match self {
            Self::List(items) => {
                frame.charge(OPERATION + items.len() as u64)?;
                let mut made = frame.arena.growing(items.len());
                for item in items {
                    made.push(item.value(frame)?);
                }
                Ok(Value::List(made.into_bump_slice()))
            }
            Self::Map(entries, at) => make_map(entries, *at, frame),
            Self::Join(sides) => {
                let (left, right) = (sides[0].value(frame)?, sides[1].value(frame)?);
                let (Value::List(left), Value::List(right)) = (left, right) else {
                    return Err(Frame::misfit(left, Span::NOWHERE));
                };
                frame.charge(OPERATION + (left.len() + right.len()) as u64)?;
                Ok(frame.arena.list(left.iter().chain(right).copied()))
            }
            Self::Filter(each) => filter(each, frame),
            Self::MapEach(each) => map_each(each, frame),
        }
    }
}

fn make_map<'a>(entries: &'a [(Text, Node)], at: Span, frame: &mut Frame<'a>) -> Evaluated<Value<'a>> {
    frame.charge(OPERATION + KEY * entries.len() as u64)?;
    let mut made = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        made.push((key.evaluate(frame)?, value.value(frame)?));
    }
    made.sort_by_key(|&(key, _)| key);
    match made.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(frame.fault(FaultKind::DuplicateKey, at, Value::String(pair[0].0))),
        None => Ok(frame.arena.map(made)),
    }
}

fn filter<'a>(each: &'a Each<Condition>, frame: &mut Frame<'a>) -> Evaluated<Value<'a>> {
    let elements = frame.elements(each)?;
    let mut taken = frame.arena.growing(elements.len());
    for element in elements {
        frame.turn(each.slot, element)?;
        if each.body.evaluate(frame)? {
            taken.push(*element);
        }
    }
    Ok(Value::List(taken.into_bump_slice()))
}

fn map_each<'a>(each: &'a Each<(Option<Condition>, Node)>, frame: &mut Frame<'a>) -> Evaluated<Value<'a>> {
    let (condition, body) = &each.body;
    let elements = frame.elements(each)?;
    let mut made = frame.arena.growing(elements.len());
    for element in elements {
        frame.turn(each.slot, element)?;
        let is_taken = match condition {
            Some(condition) => condition.evaluate(frame)?,
            None => true,
        };
        if is_taken {
            made.push(body.value(frame)?);
        }
    }
    Ok(Value::List(made.into_bump_slice()))
}
