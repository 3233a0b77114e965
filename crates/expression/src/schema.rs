//! What expressions may speak of: variables with their types, functions with their signatures, all with their meanings.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    fmt::{self, Display, Formatter},
    sync::Arc,
};

use crate::{
    function::{Function, signature},
    limits::DEFAULT_STEP_LIMIT,
    mathematics::mathematics,
    standard::STANDARD,
    syntax::{LoopKind, RESERVED},
    types::{RecordType, Type, excessive_bound},
};

/// The declared context of expressions. Copies are cheap and are the same schema.
#[derive(Clone, Debug)]
pub struct Schema {
    inner: Arc<Declared>,
}

#[derive(Debug)]
struct Declared {
    variables: Vec<Variable>,
    functions: Vec<Arc<Function>>,
    step_limit: u64,
}

/// A variable of the context.
#[derive(Clone, Debug)]
pub struct Variable {
    /// As it is written in expressions.
    pub name: String,
    /// The type of its value.
    pub of: Type,
    /// What it means.
    pub meaning: String,
}

/// One row of the table that documents a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// How it is written; fields of the elements of a list after `[]`: `order.lines[].category`.
    pub path: String,
    /// The name of its type.
    pub of: String,
    /// Most bytes, elements or entries, where the type has such a bound.
    pub at_most: Option<u32>,
    /// Whether it may have no value.
    pub optional: bool,
    /// What it means.
    pub meaning: String,
}

/// One row of the table that documents the functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionEntry {
    /// How it is called, with the types of what it takes.
    pub signature: String,
    /// The type of what it gives.
    pub gives: String,
    /// What it means.
    pub meaning: String,
}

/// A schema contradicts itself: the fault of the program that declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    message: String,
}

impl Display for SchemaError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "the schema of expressions is wrong: {}", self.message)
    }
}

impl Error for SchemaError {}

/// Declares a schema piece by piece.
#[derive(Debug)]
pub struct SchemaBuilder {
    variables: Vec<Variable>,
    functions: Vec<Function>,
    step_limit: u64,
}

impl Schema {
    /// A schema without variables, with the standard functions.
    pub fn builder() -> SchemaBuilder {
        SchemaBuilder {
            variables: Vec::new(),
            functions: mathematics(),
            step_limit: DEFAULT_STEP_LIMIT,
        }
    }

    /// The variables, in the order of their declaration.
    pub fn variables(&self) -> &[Variable] {
        &self.inner.variables
    }

    /// Most steps that an evaluation may take.
    pub fn step_limit(&self) -> u64 {
        self.inner.step_limit
    }

    pub(crate) fn functions(&self) -> &[Arc<Function>] {
        &self.inner.functions
    }

    pub(crate) fn find(&self, name: &str) -> Option<(usize, &Variable)> {
        self.inner
            .variables
            .iter()
            .enumerate()
            .find(|(_, variable)| variable.name == name)
    }

    /// Whether both are one schema, and not two that look alike.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Every variable and field with its type and meaning, in the order of the declarations.
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for variable in self.variables() {
            enter(
                &mut entries,
                variable.name.clone(),
                &variable.of,
                false,
                &variable.meaning,
            );
        }
        entries
    }

    /// Every function with its signature and meaning: the standard ones, then those of the schema.
    pub fn function_entries(&self) -> Vec<FunctionEntry> {
        let standard = STANDARD.iter().map(|standard| FunctionEntry {
            signature: signature(standard.name, standard.is_method, standard.takes),
            gives: standard.gives.to_string(),
            meaning: standard.meaning.to_owned(),
        });
        let own = self.functions().iter().map(|function| FunctionEntry {
            signature: function.signature(),
            gives: function.result.to_string(),
            meaning: function.meaning.clone(),
        });
        standard.chain(own).collect()
    }

    /// The variables and fields as a table in Markdown, for the page that documents the context.
    pub fn context_table(&self) -> String {
        let rows = self.entries().into_iter().map(
            |Entry {
                 path,
                 of,
                 at_most,
                 optional,
                 meaning,
             }| {
                let optional = if optional { ", optional" } else { "" };
                let bound = at_most
                    .map(|at_most| format!(", at most {at_most}"))
                    .unwrap_or_default();
                format!("| `{path}` | {of}{bound}{optional} | {meaning} |\n")
            },
        );
        format!(
            "| name | type | meaning |\n|---|---|---|\n{}",
            rows.collect::<String>()
        )
    }

    /// The functions as a table in Markdown.
    pub fn function_table(&self) -> String {
        let rows = self.function_entries().into_iter().map(
            |FunctionEntry {
                 signature,
                 gives,
                 meaning,
             }| { format!("| `{signature}` | {gives} | {meaning} |\n") },
        );
        format!(
            "| function | gives | meaning |\n|---|---|---|\n{}",
            rows.collect::<String>()
        )
    }
}

fn enter(entries: &mut Vec<Entry>, path: String, of: &Type, optional: bool, meaning: &str) {
    let at_most = match of {
        Type::String { at_most } | Type::List { at_most, .. } | Type::Map { at_most, .. } => Some(*at_most),
        _ => None,
    };
    let (inner, inner_path) = innermost(of, &path);
    let entry = Entry {
        path,
        of: of.to_string(),
        at_most,
        optional,
        meaning: meaning.to_owned(),
    };
    entries.push(entry);
    if let Type::Record(record) = inner {
        for field in record.fields() {
            enter(
                entries,
                format!("{inner_path}.{}", field.name),
                &field.of,
                field.optional,
                &field.meaning,
            );
        }
    }
}

/// What lists and maps hold in the end, and how it is written.
fn innermost<'t>(of: &'t Type, path: &str) -> (&'t Type, String) {
    match of {
        Type::List { of, .. } | Type::Map { of, .. } => innermost(of, &format!("{path}[]")),
        _ => (of, path.to_owned()),
    }
}

impl SchemaBuilder {
    /// Declares a variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, of: Type, meaning: impl Into<String>) -> Self {
        self.variables.push(Variable {
            name: name.into(),
            of,
            meaning: meaning.into(),
        });
        self
    }

    /// Declares a function beyond the standard ones.
    #[must_use]
    pub fn function(mut self, function: Function) -> Self {
        self.functions.push(function);
        self
    }

    /// Sets how many steps an evaluation may take; [`DEFAULT_STEP_LIMIT`] otherwise.
    #[must_use]
    pub fn step_limit(mut self, steps: u64) -> Self {
        self.step_limit = steps;
        self
    }

    /// The schema.
    ///
    /// Errors: a name that is no name or declared twice, or a bound beyond the limits of the language.
    pub fn build(self) -> Result<Schema, SchemaError> {
        let Self {
            variables,
            functions,
            step_limit,
        } = self;
        let mut seen = HashSet::new();
        for variable in &variables {
            check_name(&variable.name, "variable")?;
            if !seen.insert(&variable.name) {
                return Err(wrong(format!("variable `{}` is declared twice", variable.name)));
            }
            check_type(&variable.name, &variable.of)?;
        }
        for (index, function) in functions.iter().enumerate() {
            check_function(function, &functions[..index], &variables)?;
        }
        let own = functions
            .iter()
            .flat_map(|function| function.parameters.iter().chain([&function.result]));
        check_record_names(variables.iter().map(|variable| &variable.of).chain(own))?;
        let functions = functions.into_iter().map(Arc::new).collect();
        Ok(Schema {
            inner: Arc::new(Declared {
                variables,
                functions,
                step_limit,
            }),
        })
    }
}

fn wrong(message: String) -> SchemaError {
    SchemaError { message }
}

fn check_name(name: &str, what: &str) -> Result<(), SchemaError> {
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let first = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if letters && first && !RESERVED.contains(&name) {
        Ok(())
    } else {
        Err(wrong(format!("`{name}` is no name for a {what}")))
    }
}

fn check_type(path: &str, of: &Type) -> Result<(), SchemaError> {
    if let Some(bound) = excessive_bound(of) {
        return Err(wrong(format!("`{path}` may have {bound}")));
    }
    match innermost(of, path) {
        (Type::Record(record), path) => check_record(&path, record),
        _ => Ok(()),
    }
}

fn check_record(path: &str, record: &RecordType) -> Result<(), SchemaError> {
    let mut seen = HashSet::new();
    for field in record.fields() {
        check_name(&field.name, "field")?;
        let path = format!("{path}.{}", field.name);
        if !seen.insert(&field.name) {
            return Err(wrong(format!("field `{path}` is declared twice")));
        }
        check_type(&path, &field.of)?;
    }
    Ok(())
}

/// Records of one name are one type, wherever they are declared.
fn check_record_names<'t>(types: impl Iterator<Item = &'t Type>) -> Result<(), SchemaError> {
    let mut known: HashMap<&str, &RecordType> = HashMap::new();
    let mut waiting: Vec<&Type> = types.collect();
    while let Some(of) = waiting.pop() {
        if let (Type::Record(record), _) = innermost(of, "") {
            if known
                .insert(record.name(), record)
                .is_some_and(|other| !other.is_like(record))
            {
                return Err(wrong(format!(
                    "two records with different fields are called `{}`",
                    record.name()
                )));
            }
            waiting.extend(record.fields().iter().map(|field| &field.of));
        }
    }
    Ok(())
}

fn check_function(
    function: &Function,
    before: &[Function],
    variables: &[Variable],
) -> Result<(), SchemaError> {
    let name = &function.name;
    for part in name.split('.') {
        check_name(part, "function")?;
    }
    for of in function.parameters.iter().chain([&function.result]) {
        check_type(&function.signature(), of)?;
    }
    let is_standard = STANDARD.iter().any(|standard| standard.name == name)
        || LoopKind::ALL.iter().any(|kind| kind.name() == name)
        || name == "has";
    let same_call = |other: &Function| {
        other.name == *name
            && other.is_method == function.is_method
            && other.parameters.len() == function.parameters.len()
            && other
                .parameters
                .iter()
                .zip(&function.parameters)
                .all(|(left, right)| left.same(right))
    };
    let root = name.split('.').next().unwrap_or_default();
    if is_standard || before.iter().any(same_call) {
        Err(wrong(format!(
            "function `{}` is declared already",
            function.signature()
        )))
    } else if name.contains('.') && variables.iter().any(|variable| variable.name == root) {
        Err(wrong(format!(
            "function `{name}` would be a field of the variable `{root}`"
        )))
    } else if function.is_method && (function.parameters.is_empty() || name.contains('.')) {
        Err(wrong(format!(
            "method `{name}` needs a simple name and something that it is called on"
        )))
    } else {
        Ok(())
    }
}
