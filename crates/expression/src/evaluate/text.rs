//! Evaluates what gives a string.

use super::{Evaluated, Frame};
use crate::{
    node::{Node, Text},
    position::Span,
    steps::{self, CONVERSION, OPERATION},
    time,
    value::Value,
};

impl Text {
    #[allow(
        clippy::inline_always,
        reason = "what constants and paths give is read without a call: measured, a quarter less time"
    )]
    #[inline(always)]
    pub(crate) fn evaluate<'a>(&'a self, frame: &mut Frame<'a>) -> Evaluated<&'a str> {
        match self {
            Self::Constant(value) => Ok(value),
            Self::Path(path) => text_of(*frame.find(path)?, path.at),
            Self::Value(node, at) => text_of(node.value(frame)?, *at),
            Self::Join(sides) => join(sides, frame),
            Self::From(of) => write(of, frame),
        }
    }
}

fn join<'a>(sides: &'a [Text; 2], frame: &mut Frame<'a>) -> Evaluated<&'a str> {
    let (left, right) = (sides[0].evaluate(frame)?, sides[1].evaluate(frame)?);
    frame.charge(OPERATION + steps::text((left.len() + right.len()) as u64))?;
    Ok(frame.arena.joined(left, right))
}

fn write<'a>(of: &'a Node, frame: &mut Frame<'a>) -> Evaluated<&'a str> {
    frame.charge(CONVERSION)?;
    let written = match of.value(frame)? {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Double(value) => double_text(value),
        Value::Timestamp(value) => value.to_string(),
        Value::Duration(value) => time::duration_text(value),
        other => return Err(Frame::misfit(other, Span::NOWHERE)),
    };
    Ok(frame.arena.text(&written))
}

fn text_of(value: Value<'_>, at: Span) -> Evaluated<&str> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(Frame::misfit(other, at)),
    }
}

/// The shortest number that reads as the same double, with an exponent where it would have very many digits.
fn double_text(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() || (1e-7..1e21).contains(&size) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}
