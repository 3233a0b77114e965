//! Calls of standard functions and of those that the schema declares.

use super::{Checker, conversion, shown};
use jiff::tz::TimeZone;

use crate::{
    function::signature,
    pattern::Pattern,
    position::Span,
    problem::{Finding, ProblemKind},
    standard::{Operation, STANDARD, Standard},
    suggest::nearest,
    syntax::{Call, Expression, ExpressionKind, LoopKind},
    time,
    typed::{Constant, Form, Typed, Zone},
    types::{Kind, Type},
};

impl<'c> Checker<'c> {
    pub(super) fn call(&mut self, call: &'c Call, at: Span) -> Option<Typed> {
        if let Some(name) = self.qualified(call) {
            return self.resolve(&name, false, &call.arguments.iter().collect::<Vec<_>>(), call, at);
        }
        let arguments: Vec<_> = call.receiver.iter().chain(&call.arguments).collect();
        self.resolve(&call.function.text, call.receiver.is_some(), &arguments, call, at)
    }

    /// `math.round` when `math` is no variable but the schema has a function of the whole name.
    fn qualified(&self, call: &Call) -> Option<String> {
        let mut path = dotted(call.receiver.as_ref()?)?;
        let root = path.split('.').next().unwrap_or_default();
        let is_variable =
            self.scope.iter().any(|(name, _)| *name == root) || self.schema.find(root).is_some();
        let is_space = self
            .schema
            .functions()
            .iter()
            .any(|function| function.name.starts_with(&format!("{path}.")));
        path = format!("{path}.{}", call.function.text);
        (!is_variable && is_space).then_some(path)
    }

    fn resolve(
        &mut self,
        name: &str,
        is_method: bool,
        arguments: &[&'c Expression],
        call: &Call,
        at: Span,
    ) -> Option<Typed> {
        let checked: Vec<_> = arguments
            .iter()
            .map(|argument| self.check(argument, None))
            .collect();
        let candidates = Candidates::of(self, name, is_method);
        if candidates.is_empty() {
            // Of something that has a problem itself, the methods are not known.
            if is_method && checked.first().is_some_and(Option::is_none) {
                return None;
            }
            let finding = self.unknown_function(name, is_method, call);
            return self.refuse(finding);
        }
        let arguments: Vec<_> = checked.into_iter().collect::<Option<_>>()?;
        for standard in &candidates.standard {
            let fits = standard.takes.len() == arguments.len()
                && standard
                    .takes
                    .iter()
                    .zip(&arguments)
                    .all(|(kind, argument)| *kind == argument.of.kind());
            if fits {
                return self.standard(standard, arguments, at);
            }
        }
        for &index in &candidates.own {
            let function = &self.schema.functions()[index];
            let fits = function.parameters.len() == arguments.len()
                && function
                    .parameters
                    .iter()
                    .zip(&arguments)
                    .all(|(of, argument)| of.same(&argument.of));
            if fits {
                return Some(Typed {
                    of: function.result.clone(),
                    at,
                    form: Form::Own(function.clone(), arguments),
                });
            }
        }
        let finding = self.no_signature(name, is_method, &candidates, &arguments, at);
        self.refuse(finding)
    }

    fn unknown_function(&self, name: &str, is_method: bool, call: &Call) -> Finding {
        let what = if is_method { "method" } else { "function" };
        let finding = Finding::new(
            ProblemKind::Unknown,
            call.function.at,
            format!("there is no {what} `{name}`"),
        );
        let other_form = !Candidates::of(self, name, !is_method).is_empty()
            || !is_method && LoopKind::ALL.iter().any(|kind| kind.name() == name);
        let names = STANDARD.iter().map(|standard| standard.name);
        let names = names.chain(
            self.schema
                .functions()
                .iter()
                .map(|function| function.name.as_str()),
        );
        let hint = if other_form && is_method {
            Some(format!("call it as a function: `{name}(…)`"))
        } else if other_form {
            Some(format!("call it on what it is about: `….{name}(…)`"))
        } else if matches!(name, "now" | "today") {
            Some("moments come from the variables of the context".to_owned())
        } else {
            nearest(name, names.chain(LoopKind::ALL.map(LoopKind::name)))
                .map(|near| format!("did you mean `{near}`?"))
        };
        finding.maybe_hint(hint)
    }

    fn no_signature(
        &self,
        name: &str,
        is_method: bool,
        candidates: &Candidates<'_>,
        arguments: &[Typed],
        at: Span,
    ) -> Finding {
        let given: Vec<_> = arguments.iter().map(|argument| argument.of.to_string()).collect();
        let called = signature(name, is_method, &given);
        let takes: Vec<_> = candidates.signatures(self);
        let finding = Finding::new(
            ProblemKind::Type,
            at,
            format!("`{called}` is no way to call it: {}", takes.join(", ")),
        );
        // One argument that has to be converted.
        let hint = candidates
            .kinds(self)
            .into_iter()
            .filter(|kinds| kinds.len() == arguments.len())
            .find_map(|kinds| {
                let mut unfit = arguments
                    .iter()
                    .zip(kinds)
                    .filter(|(argument, kind)| argument.of.kind() != *kind);
                match (unfit.next(), unfit.next()) {
                    (Some((argument, kind)), None) => conversion(kind, argument, self.text),
                    _ => None,
                }
            });
        finding.maybe_hint(hint)
    }

    fn standard(&mut self, standard: &Standard, arguments: Vec<Typed>, at: Span) -> Option<Typed> {
        let mut arguments = arguments.into_iter();
        let (first, second) = (arguments.next()?, arguments.next());
        let of = standard.result();
        let form = match standard.operation {
            Operation::Size => Form::Size(Box::new(first)),
            Operation::Search(within) => Form::Search(within, Box::new([first, second?])),
            Operation::Matches => Form::Matches(Box::new(first), self.pattern(&second?)?),
            Operation::Part(part) => Form::Part(part, Box::new(first), self.zone(second)?),
            // What has the type already stays what it is.
            Operation::Convert if first.of.kind() == standard.gives => return Some(Typed { at, ..first }),
            Operation::Convert => match (standard.gives, literal(&first)) {
                (Kind::Timestamp | Kind::Duration, Some(text)) => {
                    Form::Constant(self.time_literal(standard.gives, text, first.at)?)
                }
                _ => Form::Convert(Box::new(first)),
            },
        };
        Some(Typed { of, at, form })
    }

    fn pattern(&mut self, written: &Typed) -> Option<Pattern> {
        let compiled = match literal(written) {
            Some(text) => Pattern::new(text),
            None => Err("the pattern of `matches` must be a literal string".to_owned()),
        };
        let finding = |problem| Finding::new(ProblemKind::Literal, written.at, problem);
        compiled
            .map_err(|problem| self.findings.push(finding(problem)))
            .ok()
    }

    fn time_literal(&mut self, kind: Kind, text: &str, at: Span) -> Option<Constant> {
        let (constant, example) = if kind == Kind::Timestamp {
            (
                time::parse_moment(text).map(Constant::Timestamp),
                "2026-04-01T08:30:00+08:00",
            )
        } else {
            (time::parse_duration(text).map(Constant::Duration), "1h30m")
        };
        if constant.is_none() {
            let message = format!("{} is no {kind}", shown(self.text, at));
            let hint = format!("write it like '{example}'");
            self.findings
                .push(Finding::new(ProblemKind::Literal, at, message).hint(hint));
        }
        constant
    }

    /// The time zone that is given; UTC when none is.
    fn zone(&mut self, given: Option<Typed>) -> Option<Zone> {
        let Some(given) = given else {
            return Some(Zone::Known(TimeZone::UTC));
        };
        let Some(name) = literal(&given) else {
            return Some(Zone::Computed(Box::new(given)));
        };
        let zone = time::zone(name);
        if zone.is_none() {
            let message = format!("there is no time zone {}", shown(self.text, given.at));
            let hint = "write an IANA name such as 'Asia/Shanghai', or an offset such as '+08:00'";
            self.findings
                .push(Finding::new(ProblemKind::Literal, given.at, message).hint(hint));
        }
        zone.map(Zone::Known)
    }
}

/// A string that is written out.
fn literal(typed: &Typed) -> Option<&str> {
    match &typed.form {
        Form::Constant(Constant::String(text)) => Some(text),
        _ => None,
    }
}

/// The functions of a name, in the form in which it is called.
struct Candidates<'c> {
    standard: Vec<&'static Standard>,
    /// Places in the schema.
    own: Vec<usize>,
    name: &'c str,
}

impl<'c> Candidates<'c> {
    fn of(checker: &Checker<'_>, name: &'c str, is_method: bool) -> Self {
        let standard = STANDARD
            .iter()
            .filter(|standard| standard.name == name && standard.is_method == is_method);
        let own = checker.schema.functions().iter().enumerate();
        let own = own.filter(|(_, function)| function.name == name && function.is_method == is_method);
        Self {
            standard: standard.collect(),
            own: own.map(|(index, _)| index).collect(),
            name,
        }
    }

    fn is_empty(&self) -> bool {
        self.standard.is_empty() && self.own.is_empty()
    }

    fn signatures(&self, checker: &Checker<'_>) -> Vec<String> {
        let standard = self
            .standard
            .iter()
            .map(|standard| signature(self.name, standard.is_method, standard.takes));
        let own = self
            .own
            .iter()
            .map(|&index| checker.schema.functions()[index].signature());
        standard
            .chain(own)
            .map(|signature| format!("`{signature}`"))
            .collect()
    }

    fn kinds(&self, checker: &Checker<'_>) -> Vec<Vec<Kind>> {
        let standard = self.standard.iter().map(|standard| standard.takes.to_vec());
        let own = self
            .own
            .iter()
            .map(|&index| &checker.schema.functions()[index].parameters);
        standard
            .chain(own.map(|parameters| parameters.iter().map(Type::kind).collect()))
            .collect()
    }
}

/// `a.b.c`, when the expression is nothing but names.
fn dotted(expression: &Expression) -> Option<String> {
    match &expression.kind {
        ExpressionKind::Name(name) => Some(name.clone()),
        ExpressionKind::Select(of, field) => Some(format!("{}.{}", dotted(of)?, field.text)),
        _ => None,
    }
}
