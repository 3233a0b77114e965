//! Functions for amounts that every schema has: `math.…` as the CEL extension of that name defines them, and sums.

use crate::{
    function::Function,
    limits::MAX_LIST_LENGTH,
    types::Type,
    value::{Arena, Value},
};

/// The functions, in the order in which they are documented.
pub(crate) fn mathematics() -> Vec<Function> {
    let mut functions = vec![
        rounding(
            "math.round",
            "The nearest whole number; halves go away from zero.",
            f64::round,
        ),
        rounding("math.floor", "The next whole number below.", f64::floor),
        rounding("math.ceil", "The next whole number above.", f64::ceil),
        rounding("math.trunc", "The whole number towards zero.", f64::trunc),
        Function::new(
            "math.abs",
            [Type::Double],
            Type::Double,
            "The number without its sign.",
            |arguments, _| double(arguments, 0).map(|value| Value::Double(value.abs())),
        ),
        Function::new(
            "math.abs",
            [Type::Int],
            Type::Int,
            "The number without its sign.",
            |arguments, _| {
                let value = int(arguments, 0)?;
                value
                    .checked_abs()
                    .map(Value::Int)
                    .ok_or_else(|| format!("the absolute value of {value} is no int"))
            },
        ),
    ];
    for (name, meaning, greatest) in [
        ("math.greatest", "The greater of two numbers.", true),
        ("math.least", "The smaller of two numbers.", false),
    ] {
        functions.push(Function::new(
            name,
            [Type::Int, Type::Int],
            Type::Int,
            meaning,
            move |arguments, _| {
                let (left, right) = (int(arguments, 0)?, int(arguments, 1)?);
                Ok(Value::Int(if greatest {
                    left.max(right)
                } else {
                    left.min(right)
                }))
            },
        ));
        functions.push(Function::new(
            name,
            [Type::Double, Type::Double],
            Type::Double,
            meaning,
            move |arguments, _| {
                let (left, right) = (double(arguments, 0)?, double(arguments, 1)?);
                Ok(Value::Double(if (left >= right) == greatest {
                    left
                } else {
                    right
                }))
            },
        ));
    }
    functions.push(
        Function::new(
            "sum",
            [list(Type::Int)],
            Type::Int,
            "The sum of the elements; 0 without any.",
            sum_of_ints,
        )
        .as_method(),
    );
    functions.push(
        Function::new(
            "sum",
            [list(Type::Double)],
            Type::Double,
            "The sum of the elements; 0 without any.",
            |a, _| {
                let mut sum = 0.0;
                for index in 0..elements(a)?.len() {
                    sum += double(elements(a)?, index)?;
                }
                Ok(Value::Double(sum))
            },
        )
        .as_method(),
    );
    functions
}

fn list(of: Type) -> Type {
    Type::list(of, MAX_LIST_LENGTH)
}

fn rounding(name: &str, meaning: &str, round: fn(f64) -> f64) -> Function {
    Function::new(
        name,
        [Type::Double],
        Type::Double,
        meaning,
        move |arguments, _| double(arguments, 0).map(|value| Value::Double(round(value))),
    )
}

fn sum_of_ints<'a>(arguments: &[Value<'a>], _: &'a Arena) -> Result<Value<'a>, String> {
    let elements = elements(arguments)?;
    let mut sum = 0_i64;
    for index in 0..elements.len() {
        sum = sum
            .checked_add(int(elements, index)?)
            .ok_or("the sum is too large for an int")?;
    }
    Ok(Value::Int(sum))
}

fn int(values: &[Value<'_>], index: usize) -> Result<i64, String> {
    match values.get(index) {
        Some(Value::Int(value)) => Ok(*value),
        _ => Err(unfit()),
    }
}

fn double(values: &[Value<'_>], index: usize) -> Result<f64, String> {
    match values.get(index) {
        Some(Value::Double(value)) => Ok(*value),
        _ => Err(unfit()),
    }
}

fn elements<'v, 'a>(arguments: &'v [Value<'a>]) -> Result<&'v [Value<'a>], String> {
    match arguments.first() {
        Some(Value::List(elements)) => Ok(elements),
        _ => Err(unfit()),
    }
}

/// Cannot be: arguments are checked before the call.
fn unfit() -> String {
    "an argument has not the declared type".to_owned()
}
