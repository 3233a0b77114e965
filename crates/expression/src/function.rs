//! Functions beyond the standard ones: declared with their signatures, written in Rust.

use std::{
    fmt::{self, Debug, Display, Formatter},
    sync::Arc,
};

use crate::{
    types::Type,
    value::{Arena, Value},
};

type Body = dyn for<'a> Fn(&[Value<'a>], &'a Arena) -> Result<Value<'a>, String> + Send + Sync;

/// A function that expressions of a schema may call. Several may share a name when their parameters differ.
#[derive(Clone)]
pub struct Function {
    pub(crate) name: String,
    pub(crate) is_method: bool,
    pub(crate) parameters: Vec<Type>,
    pub(crate) result: Type,
    pub(crate) meaning: String,
    pub(crate) steps: u64,
    pub(crate) body: Arc<Body>,
}

impl Function {
    /// A function that is called as `name(…)`; the name may have dots, as in `math.round`.
    ///
    /// The body gets one value of its type for each parameter, must depend on nothing else, and says in its error what
    /// was wrong with them. A call costs one step and one for each element of its arguments; work beyond that is
    /// declared with [`steps`](Self::steps).
    pub fn new(
        name: impl Into<String>,
        parameters: impl IntoIterator<Item = Type>,
        result: Type,
        meaning: impl Into<String>,
        body: impl for<'a> Fn(&[Value<'a>], &'a Arena) -> Result<Value<'a>, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            is_method: false,
            parameters: parameters.into_iter().collect(),
            result,
            meaning: meaning.into(),
            steps: 0,
            body: Arc::new(body),
        }
    }

    /// Called on its first parameter, as in `lines.sum()`.
    #[must_use]
    pub fn as_method(mut self) -> Self {
        self.is_method = true;
        self
    }

    /// Steps that a call takes beyond those for its arguments.
    #[must_use]
    pub fn steps(mut self, steps: u64) -> Self {
        self.steps = steps;
        self
    }

    /// How it is called: `math.round(double)`, `list(int).sum()`.
    pub fn signature(&self) -> String {
        signature(&self.name, self.is_method, &self.parameters)
    }
}

impl Debug for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.signature(), self.result)
    }
}

/// How a function with these parameters is called.
pub(crate) fn signature<T: Display>(name: &str, is_method: bool, parameters: &[T]) -> String {
    let listed = |parameters: &[T]| {
        parameters
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match parameters.split_first() {
        Some((receiver, arguments)) if is_method => format!("{receiver}.{name}({})", listed(arguments)),
        _ => format!("{name}({})", listed(parameters)),
    }
}
