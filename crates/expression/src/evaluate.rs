//! The compiled form on a context.
//!
//! Values are handed on as references into the context, the compiled form or the arena of the evaluation. An evaluation
//! that makes no strings, lists or maps takes no memory.

mod collection;
mod condition;
mod equality;
mod number;
mod question;
mod text;
mod value;

use crate::{
    fault::{Fault, FaultKind},
    limits::MAX_LOOP_DEPTH,
    node::{Each, Path, Root},
    position::Span,
    steps::OPERATION,
    value::{Arena, Value},
};

type Evaluated<T> = Result<T, Fault>;

/// What an evaluation reads and counts.
pub(crate) struct Frame<'a> {
    variables: &'a [Value<'a>],
    /// The elements of the loops that are being gone through.
    locals: [&'a Value<'a>; MAX_LOOP_DEPTH],
    arena: &'a Arena,
    steps_left: u64,
    detail: Option<(Span, Detail<'a>)>,
}

/// What the latest fault was about.
enum Detail<'a> {
    Value(Value<'a>),
    Message(String),
}

impl<'a> Frame<'a> {
    pub(crate) fn new(variables: &'a [Value<'a>], arena: &'a Arena, step_limit: u64) -> Self {
        Self {
            variables,
            locals: [&Value::Absent; MAX_LOOP_DEPTH],
            arena,
            steps_left: step_limit,
            detail: None,
        }
    }

    /// How many steps may still be taken.
    pub(crate) fn steps_left(&self) -> u64 {
        self.steps_left
    }

    /// What is known about a fault beyond its kind.
    pub(crate) fn detail_of(&self, fault: Fault) -> Option<String> {
        match &self.detail {
            Some((at, detail)) if *at == fault.at => match detail {
                Detail::Message(message) => Some(message.clone()),
                Detail::Value(Value::String(text)) => Some(format!("'{}'", text.escape_debug())),
                Detail::Value(Value::Int(value)) => Some(value.to_string()),
                Detail::Value(Value::Double(value)) => Some(format!("{value:?}")),
                Detail::Value(_) => None,
            },
            _ => None,
        }
    }

    #[inline]
    fn charge(&mut self, steps: u64) -> Evaluated<()> {
        match self.steps_left.checked_sub(steps) {
            Some(left) => {
                self.steps_left = left;
                Ok(())
            }
            None => Err(Fault {
                kind: FaultKind::TooManySteps,
                at: Span::NOWHERE,
            }),
        }
    }

    /// A fault with the value that it is about.
    #[cold]
    fn fault(&mut self, kind: FaultKind, at: Span, about: Value<'a>) -> Fault {
        self.detail = Some((at, Detail::Value(about)));
        Fault { kind, at }
    }

    /// The value is not of the type that is read.
    #[cold]
    fn misfit(value: Value<'a>, at: Span) -> Fault {
        let kind = if value == Value::Absent {
            FaultKind::NoValue
        } else {
            FaultKind::Misfit
        };
        Fault { kind, at }
    }

    /// The value at the end of a path.
    #[inline]
    fn find(&self, path: &Path) -> Evaluated<&'a Value<'a>> {
        let root = match path.root {
            Root::Variable(slot) => self.variables.get(slot),
            Root::Local(slot) => self.locals.get(slot).copied(),
        };
        let mut value = root.unwrap_or(&Value::Absent);
        for field in path.fields() {
            value = match value {
                Value::Record(fields) => fields.get(usize::from(*field)).unwrap_or(&Value::Absent),
                other => return Err(Self::misfit(*other, path.at)),
            };
        }
        Ok(value)
    }

    /// What a loop goes through: the elements of a list, or the keys of a map.
    fn elements<B>(&mut self, each: &'a Each<B>) -> Evaluated<&'a [Value<'a>]> {
        self.charge(OPERATION)?;
        match each.range.value(self)? {
            Value::List(elements) => Ok(elements),
            Value::Map(entries) => Ok(self
                .arena
                .slice(entries.iter().map(|(key, _)| Value::String(key)))),
            other => Err(Self::misfit(other, Span::NOWHERE)),
        }
    }

    /// The next turn of a loop.
    #[inline]
    fn turn(&mut self, slot: usize, element: &'a Value<'a>) -> Evaluated<()> {
        self.charge(OPERATION)?;
        if let Some(local) = self.locals.get_mut(slot) {
            *local = element;
        }
        Ok(())
    }
}
