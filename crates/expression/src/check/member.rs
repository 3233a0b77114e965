//! Variables, fields, elements and entries.

use super::{Checker, conversion, shown};
use crate::{
    position::Span,
    problem::{Finding, ProblemKind},
    suggest::nearest,
    syntax::{Expression, Name},
    typed::{Constant, Form, Typed},
    types::{Kind, RecordType, Type},
};

impl<'c> Checker<'c> {
    pub(super) fn name(&mut self, name: &str, at: Span) -> Option<Typed> {
        // The innermost loop that has the name.
        if let Some(slot) = self.scope.iter().rposition(|(variable, _)| *variable == name) {
            return Some(Typed {
                of: self.scope[slot].1.clone(),
                at,
                form: Form::Local(slot),
            });
        }
        if let Some((slot, variable)) = self.schema.find(name) {
            return Some(Typed {
                of: variable.of.clone(),
                at,
                form: Form::Variable(slot),
            });
        }
        let hint = self.meant(name).map(|meant| format!("did you mean `{meant}`?"));
        let finding =
            Finding::new(ProblemKind::Unknown, at, format!("there is no variable `{name}`")).maybe_hint(hint);
        self.refuse(finding)
    }

    /// What an unknown name may stand for: a variable that is spelt like it, or a field of that name.
    fn meant(&self, name: &str) -> Option<String> {
        let variables = self
            .schema
            .variables()
            .iter()
            .map(|variable| variable.name.as_str());
        let locals = self.scope.iter().rev().map(|(variable, _)| *variable);
        if let Some(near) = nearest(name, locals.chain(variables)) {
            return Some(near.to_owned());
        }
        for (local, of) in self.scope.iter().rev() {
            if let Type::Record(record) = of
                && let Some((_, field)) = record.find(name)
            {
                return Some(format!("{local}.{}", field.name));
            }
        }
        let entries = self.schema.entries();
        let paths = entries
            .iter()
            .map(|entry| entry.path.as_str())
            .filter(|path| !path.contains('['));
        paths
            .filter(|path| path.rsplit('.').next() == Some(name))
            .min_by_key(|path| path.len())
            .map(str::to_owned)
    }

    pub(super) fn select(&mut self, of: &'c Expression, field: &Name, at: Span) -> Option<Typed> {
        let record = self.check(of, None)?;
        match &record.of {
            Type::Record(declared) => {
                let index = self.field(declared, field, record.at)?;
                let of = declared.fields()[index].of.clone();
                Some(Typed {
                    of,
                    at,
                    form: Form::Field(Box::new(record), index),
                })
            }
            Type::Map { of, .. } => {
                let of = of.as_ref().clone();
                let key = key_constant(field);
                Some(Typed {
                    of,
                    at,
                    form: Form::Entry(Box::new([record, key])),
                })
            }
            _ => {
                let finding = self.no_fields(&record, field);
                self.refuse(finding)
            }
        }
    }

    pub(super) fn has(&mut self, of: &'c Expression, field: &Name, at: Span) -> Option<Typed> {
        let record = self.check(of, None)?;
        let form = match &record.of {
            Type::Record(declared) => {
                let index = self.field(declared, field, record.at)?;
                Form::HasField(Box::new(record), index)
            }
            Type::Map { .. } => Form::HasEntry(Box::new(record), field.text.as_str().into()),
            _ => {
                let finding = self.no_fields(&record, field);
                return self.refuse(finding);
            }
        };
        Some(Typed {
            of: Type::Bool,
            at,
            form,
        })
    }

    /// The place of a field in a record that is written at `at`.
    fn field(&mut self, record: &RecordType, field: &Name, at: Span) -> Option<usize> {
        if let Some((index, _)) = record.find(&field.text) {
            return Some(index);
        }
        let written = shown(self.text, at);
        let names = record.fields().iter().map(|field| field.name.as_str());
        let hint = match nearest(&field.text, names.clone()) {
            Some(near) => format!("did you mean `{written}.{near}`?"),
            None => format!("its fields are {}", names.collect::<Vec<_>>().join(", ")),
        };
        let message = format!("`{written}` has no field `{}`", field.text);
        self.findings
            .push(Finding::new(ProblemKind::Unknown, field.at, message).hint(hint));
        None
    }

    fn no_fields(&self, of: &Typed, field: &Name) -> Finding {
        let written = shown(self.text, of.at);
        let hint = match of.of.kind() {
            Kind::List => Some(format!(
                "ask about its elements: `{written}.exists(item, item.{} == …)`",
                field.text
            )),
            Kind::Timestamp => Some(format!(
                "write `{written}.getFullYear()`, `{written}.getHours('Asia/Shanghai')` …"
            )),
            _ => None,
        };
        let message = format!("`{written}` is {}, which has no fields", of.of);
        Finding::new(ProblemKind::Type, field.at, message).maybe_hint(hint)
    }

    pub(super) fn index(&mut self, of: &'c Expression, index: &'c Expression, at: Span) -> Option<Typed> {
        let container = self.check(of, None);
        match container.as_ref().map(|container| container.of.clone()) {
            Some(Type::Map { of, .. }) => {
                let (map, key) = (container?, self.key(index)?);
                Some(Typed {
                    of: of.as_ref().clone(),
                    at,
                    form: Form::Entry(Box::new([map, key])),
                })
            }
            Some(Type::List { of, .. }) => {
                let (list, index) = (container?, self.check(index, None)?);
                if index.of.kind() != Kind::Int {
                    let message = format!("the index of a list is an int; this is {}", index.of);
                    let hint = conversion(Kind::Int, &index, self.text);
                    return self.refuse(Finding::new(ProblemKind::Type, index.at, message).maybe_hint(hint));
                }
                Some(Typed {
                    of: of.as_ref().clone(),
                    at,
                    form: Form::Element(Box::new([list, index])),
                })
            }
            Some(other) => {
                self.check(index, None);
                let message = format!("only lists and maps have elements; this is {other}");
                self.refuse(Finding::new(ProblemKind::Type, of.at, message))
            }
            None => {
                self.check(index, None);
                None
            }
        }
    }
}

/// `map.key` is the entry under that key.
fn key_constant(name: &Name) -> Typed {
    let at_most = u32::try_from(name.text.len()).unwrap_or(u32::MAX);
    let form = Form::Constant(Constant::String(name.text.as_str().into()));
    Typed {
        of: Type::string(at_most),
        at: name.at,
        form,
    }
}
