//! Whether two values are equal, whatever their type.

use super::{Evaluated, Frame};
use crate::{
    steps::{self, OPERATION},
    value::Value,
};

/// Equality of all levels. A value that is absent on both sides is equal, a NaN equals nothing.
pub(super) fn equal<'a>(left: Value<'a>, right: Value<'a>, frame: &mut Frame<'a>) -> Evaluated<bool> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => {
            frame.charge(steps::text(left.len().min(right.len()) as u64))?;
            Ok(left == right)
        }
        (Value::List(left), Value::List(right)) | (Value::Record(left), Value::Record(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right) {
                frame.charge(OPERATION)?;
                if !equal(*left, *right, frame)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Map(left), Value::Map(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for ((left_key, left), (right_key, right)) in left.iter().zip(right) {
                frame.charge(OPERATION)?;
                let keys = equal(Value::String(left_key), Value::String(right_key), frame)?;
                if !keys || !equal(*left, *right, frame)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => Ok(left == right),
    }
}
