//! The values that one evaluation speaks of, checked against their schema.

use std::{
    error::Error,
    fmt::{self, Display, Formatter},
};

use crate::{
    limits::MAX_KEY_BYTES,
    schema::Schema,
    types::{RecordType, Type},
    value::{Arena, Value},
};

/// A value for every variable of a schema.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    pub(crate) schema: Schema,
    pub(crate) values: Vec<Value<'a>>,
}

/// A value does not fit what the schema declares. It is the fault of what made the value, not of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextError {
    /// Which value, as in `order.lines[3].category`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl Display for ContextError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the context of expressions is wrong at `{}`: {}",
            self.path, self.message
        )
    }
}

impl Error for ContextError {}

impl<'a> Context<'a> {
    /// A context of these variables.
    ///
    /// Errors: a variable that is not declared, a variable without a value, a value that has not the declared type or is
    /// larger than declared.
    pub fn new<'n>(
        schema: &Schema,
        variables: impl IntoIterator<Item = (&'n str, Value<'a>)>,
    ) -> Result<Self, ContextError> {
        let values = vec![Value::Absent; schema.variables().len()];
        let mut context = Self {
            schema: schema.clone(),
            values,
        };
        for (name, value) in variables {
            context.set(name, value)?;
        }
        let mut pairs = schema.variables().iter().zip(&context.values);
        match pairs.find(|(_, value)| **value == Value::Absent) {
            Some((variable, _)) => Err(error(&variable.name, "has no value")),
            None => Ok(context),
        }
    }

    /// Gives one variable another value, such as the next line of an order. Only this value is checked.
    ///
    /// Errors: as of [`new`](Self::new); the variable then keeps its value.
    pub fn set(&mut self, name: &str, value: Value<'a>) -> Result<(), ContextError> {
        let (index, variable) = self
            .schema
            .find(name)
            .ok_or_else(|| error(name, "is not declared"))?;
        check(&variable.of, &value).map_err(|(path, message)| error(format!("{name}{path}"), message))?;
        self.values[index] = value;
        Ok(())
    }
}

impl RecordType {
    /// A record of this type with fields given by name; optional ones may be left out.
    ///
    /// Errors: a field that is not declared. That the values fit is checked when the [`Context`] is made.
    pub fn record<'a, 'n>(
        &self,
        arena: &'a Arena,
        fields: impl IntoIterator<Item = (&'n str, Value<'a>)>,
    ) -> Result<Value<'a>, ContextError> {
        let mut values = vec![Value::Absent; self.fields().len()];
        for (name, value) in fields {
            let (index, _) = self
                .find(name)
                .ok_or_else(|| error(format!("{}.{name}", self.name()), "is not declared"))?;
            values[index] = value;
        }
        Ok(arena.record(values))
    }
}

fn error(path: impl Into<String>, message: impl Into<String>) -> ContextError {
    ContextError {
        path: path.into(),
        message: message.into(),
    }
}

/// Where within the value it does not fit, and how.
type Misfit = (String, String);

/// Checks that the value has the type and keeps to its bounds.
pub(crate) fn check(of: &Type, value: &Value<'_>) -> Result<(), Misfit> {
    match (of, value) {
        (Type::Bool, Value::Bool(_))
        | (Type::Int, Value::Int(_))
        | (Type::Double, Value::Double(_))
        | (Type::Timestamp, Value::Timestamp(_))
        | (Type::Duration, Value::Duration(_)) => Ok(()),
        (Type::String { at_most }, Value::String(text)) => bounded(text.len(), *at_most, "bytes"),
        (Type::List { of, at_most }, Value::List(elements)) => {
            bounded(elements.len(), *at_most, "elements")?;
            for (index, element) in elements.iter().enumerate() {
                check(of, element).map_err(|(path, message)| (format!("[{index}]{path}"), message))?;
            }
            Ok(())
        }
        (Type::Map { of, at_most }, Value::Map(entries)) => {
            bounded(entries.len(), *at_most, "entries")?;
            if !entries.is_sorted_by(|left, right| left.0 < right.0) {
                return Err((String::new(), "the keys do not ascend".to_owned()));
            }
            for (key, value) in *entries {
                bounded(key.len(), MAX_KEY_BYTES, "bytes in a key")?;
                check(of, value).map_err(|(path, message)| (format!("['{key}']{path}"), message))?;
            }
            Ok(())
        }
        (Type::Record(record), Value::Record(values)) => check_record(record, values),
        (_, Value::Absent) => Err((String::new(), "has no value".to_owned())),
        _ => Err((String::new(), format!("is no {of}"))),
    }
}

fn check_record(record: &RecordType, values: &[Value<'_>]) -> Result<(), Misfit> {
    if values.len() != record.fields().len() {
        let message = format!(
            "has {} fields; {} has {}",
            values.len(),
            record.name(),
            record.fields().len()
        );
        return Err((String::new(), message));
    }
    for (field, value) in record.fields().iter().zip(values) {
        if !(field.optional && *value == Value::Absent) {
            check(&field.of, value).map_err(|(path, message)| (format!(".{}{path}", field.name), message))?;
        }
    }
    Ok(())
}

fn bounded(size: usize, at_most: u32, what: &str) -> Result<(), Misfit> {
    if size <= at_most as usize {
        Ok(())
    } else {
        Err((
            String::new(),
            format!("has {size} {what}; at most {at_most} are declared"),
        ))
    }
}
