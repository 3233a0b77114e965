//! An expression that was accepted: ready to be evaluated as often as needed, from any thread.

use std::fmt::{self, Debug, Display, Formatter};

use crate::{
    check::check,
    compile,
    context::Context,
    cost::{Cost, cost},
    evaluate::Frame,
    fault::{EvaluationError, Fault, FaultKind},
    node::Node,
    parser::parse,
    position::{Position, Span},
    problem::{Finding, ProblemKind, Refusal},
    schema::Schema,
    types::Kind,
    value::{Arena, Outcome, Value},
};

/// A compiled expression.
pub struct Program {
    schema: Schema,
    text: Box<str>,
    at: Span,
    gives: Kind,
    steps: u64,
    variables: Vec<String>,
    root: Node,
}

impl Debug for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("text", &self.text)
            .field("gives", &self.gives)
            .finish_non_exhaustive()
    }
}

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Schema {
    /// Reads, checks and compiles an expression whose result must be of one of the kinds wanted, such as
    /// `&[Kind::Bool]` for a condition or `&[Kind::Int, Kind::Double]` for an amount.
    ///
    /// Errors: everything that is wrong with it, see [`Refusal`]. What is accepted takes at most
    /// [`step_limit`](Self::step_limit) steps, whatever the context.
    pub fn compile(&self, text: &str, wanted: &[Kind]) -> Result<Program, Refusal> {
        let expression = parse(text)?;
        let typed = check(&expression, text, self, wanted).map_err(|findings| Refusal::of(findings, text))?;
        let scalar = !matches!(typed.of.kind(), Kind::List | Kind::Map | Kind::Record);
        let cost = cost(&typed);
        let refused = if !scalar {
            let message = format!("the result must be one value; this is {}", typed.of);
            Some(Finding::new(ProblemKind::Type, typed.at, message))
        } else if cost.steps > self.step_limit() {
            Some(too_dear(cost, typed.at, self.step_limit()))
        } else {
            None
        };
        if let Some(finding) = refused {
            return Err(Refusal::of(vec![finding], text));
        }
        Ok(Program {
            schema: self.clone(),
            text: text.into(),
            at: typed.at,
            gives: typed.of.kind(),
            steps: cost.steps,
            variables: expression.variables().into_iter().map(str::to_owned).collect(),
            root: compile::node(&typed),
        })
    }
}

fn too_dear(cost: Cost, whole: Span, limit: u64) -> Finding {
    let at = cost.dearest.map_or(whole, |(_, at)| at);
    let message = format!(
        "the expression may take {} steps when all lists are full; at most {limit} are allowed",
        cost.steps
    );
    Finding::new(ProblemKind::Limit, at, message).hint(
        "this loop takes the most of them; do without a loop within it, or ask for less of each element",
    )
}

impl Program {
    /// The expression as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What kind of value it gives.
    pub fn gives(&self) -> Kind {
        self.gives
    }

    /// The most steps that an evaluation can take, when every list of the context is as long as declared.
    pub fn most_steps(&self) -> u64 {
        self.steps
    }

    /// The variables that it reads.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(String::as_str)
    }

    /// The value of the expression.
    ///
    /// Errors: see [`FaultKind`].
    pub fn evaluate(&self, context: &Context<'_>) -> Result<Outcome, EvaluationError> {
        self.evaluate_counted(context).map(|(outcome, _)| outcome)
    }

    /// The value of the expression, and how many steps it took to find it.
    ///
    /// Errors: see [`FaultKind`].
    pub fn evaluate_counted(&self, context: &Context<'_>) -> Result<(Outcome, u64), EvaluationError> {
        self.run(context, |value| match value {
            Value::Bool(value) => Some(Outcome::Bool(value)),
            Value::Int(value) => Some(Outcome::Int(value)),
            Value::Double(value) => Some(Outcome::Double(value)),
            Value::String(text) => Some(Outcome::String(text.to_owned())),
            Value::Timestamp(moment) => Some(Outcome::Timestamp(moment)),
            Value::Duration(duration) => Some(Outcome::Duration(duration)),
            Value::Absent | Value::List(_) | Value::Map(_) | Value::Record(_) => None,
        })
    }

    /// The value of an expression that gives a bool.
    ///
    /// Errors: see [`FaultKind`]; [`FaultKind::Misfit`] when it gives something else.
    pub fn holds(&self, context: &Context<'_>) -> Result<bool, EvaluationError> {
        let held = self.run(context, |value| match value {
            Value::Bool(value) => Some(value),
            _ => None,
        });
        held.map(|(value, _)| value)
    }

    fn run<T>(
        &self,
        context: &Context<'_>,
        convert: impl FnOnce(Value<'_>) -> Option<T>,
    ) -> Result<(T, u64), EvaluationError> {
        if !self.schema.is(&context.schema) {
            return Err(self.error(
                Fault {
                    kind: FaultKind::OtherSchema,
                    at: self.at,
                },
                None,
            ));
        }
        let arena = Arena::new();
        let mut frame = Frame::new(&context.values, &arena, self.schema.step_limit());
        let result = self.root.value(&mut frame).and_then(|value| {
            convert(value).ok_or(Fault {
                kind: FaultKind::Misfit,
                at: self.at,
            })
        });
        match result {
            Ok(value) => Ok((value, self.schema.step_limit() - frame.steps_left())),
            Err(fault) => Err(self.error(fault, frame.detail_of(fault))),
        }
    }

    fn error(&self, fault: Fault, detail: Option<String>) -> EvaluationError {
        // A fault that belongs to no part belongs to the whole.
        let at = if fault.at.start == fault.at.end {
            self.at
        } else {
            fault.at
        };
        EvaluationError {
            kind: fault.kind,
            position: Position::of(at.start.into(), &self.text),
            part: at.of(&self.text).to_owned(),
            detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Type;

    #[test]
    fn an_evaluation_stops_at_the_step_limit_and_nothing_absorbs_that() {
        let schema = Schema::builder()
            .variable("a", Type::list(Type::Int, 10), "Ints.")
            .build()
            .unwrap();
        let arena = Arena::new();
        let context = Context::new(&schema, [("a", arena.list((0..10).map(Value::Int)))]).unwrap();
        for text in [
            "a.all(x, x >= 0)",
            "a.exists(x, x > 100) || a[0] == 0",
            "!a.exists(x, x > 100 && x < 200)",
            "a.exists_one(x, x == 9)",
            "size(a.filter(x, x > 2)) == 7",
            "a.filter(x, x > 2)[0] == 3",
            "a.map(x, x > 7, 'x' + string(x))[1] == 'x9'",
            "a + a != a && 5 in a && [9] != a",
            "a.map(x, x * 2).sum() == 90",
            "has({'a': 1}.a) && {'a': 1}['a'] == 1 && 'abc'.contains('b') && 'abc'.matches('b')",
        ] {
            let program = schema.compile(text, &[Kind::Bool]).unwrap();
            let (value, steps) = program.evaluate_counted(&context).unwrap();
            assert_eq!(value, Outcome::Bool(true), "{text}");
            for limit in 0..=steps {
                let mut frame = Frame::new(&context.values, &arena, limit);
                let result = program.root.value(&mut frame).map_err(|fault| fault.kind);
                let expected = if limit < steps {
                    Err(FaultKind::TooManySteps)
                } else {
                    Ok(Value::Bool(true))
                };
                assert_eq!(result, expected, "{text} with {limit} of {steps} steps");
            }
        }
    }
}
