//! Evaluates what gives a value of any type.

use super::{Detail, Evaluated, Frame, question::find_key};
use crate::{
    context,
    fault::{Fault, FaultKind},
    node::{Call, Node, Time},
    position::Span,
    steps::{self, CONVERSION, KEY, OPERATION},
    time,
    typed::Arithmetic,
    value::Value,
};

impl Node {
    pub(crate) fn value<'a>(&'a self, frame: &mut Frame<'a>) -> Evaluated<Value<'a>> {
        match self {
            Self::Constant(constant) => Ok(constant.value()),
            Self::Path(path) => present(*frame.find(path)?, path.at),
            Self::Condition(condition) => condition.evaluate(frame).map(Value::Bool),
            Self::Whole(whole) => whole.evaluate(frame).map(Value::Int),
            Self::Real(real) => real.evaluate(frame).map(Value::Double),
            Self::Text(text) => text.evaluate(frame).map(Value::String),
            Self::Choice(parts) => {
                frame.charge(OPERATION)?;
                let (condition, yes, no) = parts.as_ref();
                if condition.evaluate(frame)? {
                    yes.value(frame)
                } else {
                    no.value(frame)
                }
            }
            Self::Field(of, field, at) => match of.value(frame)? {
                Value::Record(fields) => present(fields.get(*field).copied().unwrap_or(Value::Absent), *at),
                other => Err(Frame::misfit(other, *at)),
            },
            Self::Element(sides, at) => {
                frame.charge(OPERATION)?;
                let (list, index) = (sides.0.value(frame)?, sides.1.evaluate(frame)?);
                let Value::List(elements) = list else {
                    return Err(Frame::misfit(list, *at));
                };
                let element = usize::try_from(index).ok().and_then(|index| elements.get(index));
                element
                    .copied()
                    .ok_or_else(|| frame.fault(FaultKind::NoElement, *at, Value::Int(index)))
            }
            Self::Entry(sides, at) => {
                frame.charge(KEY)?;
                let (map, key) = (sides.0.value(frame)?, sides.1.evaluate(frame)?);
                let Value::Map(entries) = map else {
                    return Err(Frame::misfit(map, *at));
                };
                let entry = find_key(entries, key).copied();
                entry.ok_or_else(|| frame.fault(FaultKind::NoKey, *at, Value::String(key)))
            }
            Self::Time(time) => time.value(frame),
            Self::Collection(collection) => collection.value(frame),
            Self::Own(call) => call.value(frame),
        }
    }
}

impl Time {
    fn value<'a>(&'a self, frame: &mut Frame<'a>) -> Evaluated<Value<'a>> {
        match self {
            Self::Arithmetic(arithmetic, sides, at) => {
                frame.charge(OPERATION)?;
                let (left, right) = (sides[0].value(frame)?, sides[1].value(frame)?);
                calculate(*arithmetic, left, right).ok_or(Fault {
                    kind: FaultKind::Overflow,
                    at: *at,
                })
            }
            Self::Moment(of, at) => {
                let value = of.value(frame)?;
                let moment = match value {
                    Value::String(text) => {
                        frame.charge(CONVERSION + steps::text(text.len() as u64))?;
                        time::parse_moment(text)
                    }
                    Value::Int(seconds) => {
                        frame.charge(CONVERSION)?;
                        time::moment_of_seconds(seconds)
                    }
                    other => return Err(Frame::misfit(other, *at)),
                };
                moment
                    .map(Value::Timestamp)
                    .ok_or_else(|| frame.fault(FaultKind::NotConvertible, *at, value))
            }
            Self::Duration(of, at) => {
                let text = of.evaluate(frame)?;
                frame.charge(CONVERSION + steps::text(text.len() as u64))?;
                let duration = time::parse_duration(text).map(Value::Duration);
                duration.ok_or_else(|| frame.fault(FaultKind::NotConvertible, *at, Value::String(text)))
            }
        }
    }
}

/// A value that is there.
fn present(value: Value<'_>, at: Span) -> Evaluated<Value<'_>> {
    if matches!(value, Value::Absent) {
        Err(Frame::misfit(value, at))
    } else {
        Ok(value)
    }
}

fn calculate<'a>(arithmetic: Arithmetic, left: Value<'a>, right: Value<'a>) -> Option<Value<'a>> {
    let adds = arithmetic == Arithmetic::Add;
    match (left, right) {
        (Value::Timestamp(left), Value::Timestamp(right)) => time::between(left, right).map(Value::Duration),
        (Value::Timestamp(moment), Value::Duration(by)) | (Value::Duration(by), Value::Timestamp(moment)) => {
            let by = if adds { by } else { time::reversed(by)? };
            time::moved(moment, by).map(Value::Timestamp)
        }
        (Value::Duration(left), Value::Duration(right)) => {
            let right = if adds { right } else { time::reversed(right)? };
            time::sum(left, right).map(Value::Duration)
        }
        _ => None,
    }
}

impl Call {
    fn value<'a>(&'a self, frame: &mut Frame<'a>) -> Evaluated<Value<'a>> {
        let arguments: Vec<_> = self
            .arguments
            .iter()
            .map(|argument| argument.value(frame))
            .collect::<Evaluated<_>>()?;
        let sizes = arguments.iter().map(|argument| match argument {
            Value::String(text) => steps::text(text.len() as u64),
            Value::List(elements) => elements.len() as u64,
            Value::Map(entries) => entries.len() as u64,
            _ => 0,
        });
        frame.charge(sizes.fold(OPERATION.saturating_add(self.function.steps), u64::saturating_add))?;
        let result = (self.function.body)(&arguments, frame.arena).and_then(|value| {
            // The bounds of the result were reckoned with.
            context::check(&self.function.result, &value)
                .map(|()| value)
                .map_err(|(path, message)| format!("what it gives{path} {message}"))
        });
        result.map_err(|message| {
            frame.detail = Some((self.at, Detail::Message(message)));
            Fault {
                kind: FaultKind::Function,
                at: self.at,
            }
        })
    }
}
