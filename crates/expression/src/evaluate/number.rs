//! Evaluates what gives an int or a double.

use super::{Evaluated, Frame};
use crate::{
    fault::{Fault, FaultKind},
    node::{Calculation, Calendar, Real, Whole},
    position::Span,
    steps::{self, CALENDAR, CONVERSION, OPERATION, ZONE},
    time::{self, Part},
    typed::Arithmetic,
    value::Value,
};

/// 2⁶³ as a double: the ints end below it.
const BEYOND_INTS: f64 = 9_223_372_036_854_775_808.0;

impl Whole {
    #[allow(
        clippy::inline_always,
        reason = "what constants and paths give is read without a call: measured, a quarter less time"
    )]
    #[inline(always)]
    pub(crate) fn evaluate<'a>(&'a self, frame: &mut Frame<'a>) -> Evaluated<i64> {
        match self {
            Self::Constant(value) => Ok(*value),
            Self::Path(path) => int_of(*frame.find(path)?, path.at),
            Self::Value(node, at) => int_of(node.value(frame)?, *at),
            Self::Calculated(calculation) => calculation.evaluate(frame),
        }
    }
}

impl Calculation {
    fn evaluate<'a>(&'a self, frame: &mut Frame<'a>) -> Evaluated<i64> {
        match self {
            Self::Negate(of, at) => {
                frame.charge(OPERATION)?;
                let value = of.evaluate(frame)?;
                value.checked_neg().ok_or(Fault {
                    kind: FaultKind::Overflow,
                    at: *at,
                })
            }
            Self::Arithmetic(arithmetic, sides, at) => {
                frame.charge(OPERATION)?;
                let (left, right) = (sides[0].evaluate(frame)?, sides[1].evaluate(frame)?);
                calculate(*arithmetic, left, right).map_err(|kind| Fault { kind, at: *at })
            }
            Self::SizeOfText(of) => {
                let text = of.evaluate(frame)?;
                frame.charge(OPERATION + steps::text(text.len() as u64))?;
                Ok(count(text.chars().count()))
            }
            Self::Size(of) => {
                frame.charge(OPERATION)?;
                match of.value(frame)? {
                    Value::List(elements) => Ok(count(elements.len())),
                    Value::Map(entries) => Ok(count(entries.len())),
                    other => Err(Frame::misfit(other, Span::NOWHERE)),
                }
            }
            Self::Count(each) => {
                frame.charge(OPERATION)?;
                let mut found = 0;
                for element in frame.elements(each)? {
                    frame.turn(each.slot, element)?;
                    found += i64::from(each.body.evaluate(frame)?);
                }
                Ok(found)
            }
            Self::FromReal(of, at) => {
                frame.charge(CONVERSION)?;
                let value = of.evaluate(frame)?;
                truncate(value)
                    .ok_or_else(|| frame.fault(FaultKind::NotConvertible, *at, Value::Double(value)))
            }
            Self::FromText(of, at) => {
                let text = of.evaluate(frame)?;
                frame.charge(CONVERSION + steps::text(text.len() as u64))?;
                text.parse()
                    .map_err(|_| frame.fault(FaultKind::NotConvertible, *at, Value::String(text)))
            }
            Self::FromMoment(of) => {
                frame.charge(CONVERSION)?;
                match of.value(frame)? {
                    Value::Timestamp(moment) => Ok(time::seconds_of_moment(moment)),
                    other => Err(Frame::misfit(other, Span::NOWHERE)),
                }
            }
            Self::Part(part, of, calendar) => calendar_part(*part, of.value(frame)?, calendar, frame),
        }
    }
}

fn calendar_part<'a>(
    part: Part,
    of: Value<'a>,
    calendar: &'a Calendar,
    frame: &mut Frame<'a>,
) -> Evaluated<i64> {
    frame.charge(CALENDAR)?;
    match (of, calendar) {
        (Value::Duration(duration), _) => Ok(time::part_of_duration(duration, part)),
        (Value::Timestamp(moment), Calendar::Known(zone)) => Ok(time::part_of_moment(moment, zone, part)),
        (Value::Timestamp(moment), Calendar::Named(name, at)) => {
            frame.charge(ZONE)?;
            let name = name.evaluate(frame)?;
            match time::zone(name) {
                Some(zone) => Ok(time::part_of_moment(moment, &zone, part)),
                None => Err(frame.fault(FaultKind::NoTimeZone, *at, Value::String(name))),
            }
        }
        (other, _) => Err(Frame::misfit(other, Span::NOWHERE)),
    }
}

fn int_of(value: Value<'_>, at: Span) -> Evaluated<i64> {
    match value {
        Value::Int(value) => Ok(value),
        other => Err(Frame::misfit(other, at)),
    }
}

fn count(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn calculate(arithmetic: Arithmetic, left: i64, right: i64) -> Result<i64, FaultKind> {
    if right == 0 && matches!(arithmetic, Arithmetic::Divide | Arithmetic::Remainder) {
        return Err(FaultKind::DivisionByZero);
    }
    let result = match arithmetic {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide => left.checked_div(right),
        Arithmetic::Remainder => left.checked_rem(right),
    };
    result.ok_or(FaultKind::Overflow)
}

/// The double without its decimal places, strictly between -2⁶³ and 2⁶³.
fn truncate(value: f64) -> Option<i64> {
    let within = -BEYOND_INTS < value && value < BEYOND_INTS;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the bounds are checked, and decimal places are to be cut off"
    )]
    within.then_some(value as i64)
}

impl Real {
    #[allow(
        clippy::inline_always,
        reason = "what constants and paths give is read without a call: measured, a quarter less time"
    )]
    #[inline(always)]
    pub(crate) fn evaluate<'a>(&'a self, frame: &mut Frame<'a>) -> Evaluated<f64> {
        match self {
            Self::Constant(value) => Ok(*value),
            Self::Path(path) => double_of(*frame.find(path)?, path.at),
            Self::Value(node, at) => double_of(node.value(frame)?, *at),
            Self::Negate(of) => {
                frame.charge(OPERATION)?;
                of.evaluate(frame).map(|value| -value)
            }
            Self::Arithmetic(arithmetic, sides) => {
                frame.charge(OPERATION)?;
                let (left, right) = (sides[0].evaluate(frame)?, sides[1].evaluate(frame)?);
                Ok(match arithmetic {
                    Arithmetic::Add => left + right,
                    Arithmetic::Subtract => left - right,
                    Arithmetic::Multiply => left * right,
                    Arithmetic::Divide => left / right,
                    // CEL has none of doubles, and the checker lets none through.
                    Arithmetic::Remainder => left % right,
                })
            }
            Self::FromWhole(of) => {
                frame.charge(CONVERSION)?;
                #[allow(
                    clippy::cast_precision_loss,
                    reason = "the nearest double is what the conversion gives"
                )]
                of.evaluate(frame).map(|value| value as f64)
            }
            Self::FromText(of, at) => {
                let text = of.evaluate(frame)?;
                frame.charge(CONVERSION + steps::text(text.len() as u64))?;
                text.parse()
                    .map_err(|_| frame.fault(FaultKind::NotConvertible, *at, Value::String(text)))
            }
        }
    }
}

fn double_of(value: Value<'_>, at: Span) -> Evaluated<f64> {
    match value {
        Value::Double(value) => Ok(value),
        other => Err(Frame::misfit(other, at)),
    }
}
