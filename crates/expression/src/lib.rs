//! The expression language of Rapport: CEL (Common Expression Language), typed against a declared context, bounded when
//! an expression is saved, and fast when it is evaluated.
//!
//! ```
//! use rapport_expression::{Arena, Context, Kind, RecordType, Schema, Type, Value};
//!
//! let line = RecordType::new("Line", "One line of an order.")
//!     .field("category", Type::string(64), "What was bought.")
//!     .field("quantity", Type::Int, "How many.")
//!     .into_type();
//! let schema = Schema::builder()
//!     .variable("lines", Type::list(line, 500), "The lines of the order.")
//!     .build()?;
//!
//! let rule = schema.compile("lines.exists(line, line.category == 'coffee' && line.quantity >= 2)", &[Kind::Bool])?;
//!
//! let arena = Arena::new();
//! let lines = arena.list([
//!     arena.record([Value::from("tea"), Value::from(5)]),
//!     arena.record([Value::from("coffee"), Value::from(2)]),
//! ]);
//! let order = Context::new(&schema, [("lines", lines)])?;
//! assert!(rule.holds(&order)?);
//!
//! let refusal = schema.compile("lines.exists(line, line.categry == 'coffee')", &[Kind::Bool]).unwrap_err();
//! assert_eq!(
//!     refusal.to_string(),
//!     "line 1, column 25: `line` has no field `categry`; did you mean `line.category`?"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what is in it |
//! |---|---|
//! | `lexer`, `literal`, `parser`, [`syntax`], `print` | text into an expression, and back |
//! | `types`, `schema`, `function`, `standard`, `mathematics` | what expressions may speak of |
//! | `check`, `typed`, `cost`, `suggest`, `problem` | whether an expression makes sense and is not too dear |
//! | `compile`, `node`, `evaluate`, `steps`, `fault` | the compiled form, and its values |
//! | `value`, `context`, `time`, `pattern` | values, moments, regular expressions |
//! | `program` | all of it together |
//!
//! Nothing here knows the time or the place: both come in as variables. The language is described for users in
//! `docs/expressions.md`.

pub mod limits;
pub mod syntax;

mod check;
mod compile;
mod context;
mod cost;
mod evaluate;
mod fault;
mod function;
mod lexer;
mod literal;
mod mathematics;
mod node;
mod parser;
mod pattern;
mod position;
mod print;
mod problem;
mod program;
mod schema;
mod standard;
mod steps;
mod suggest;
mod time;
mod typed;
mod types;
mod value;

pub use context::{Context, ContextError};
pub use fault::{EvaluationError, FaultKind};
pub use function::Function;
pub use parser::parse;
pub use position::{Position, Span};
pub use problem::{Problem, ProblemKind, Refusal};
pub use program::Program;
pub use schema::{Entry, FunctionEntry, Schema, SchemaBuilder, SchemaError, Variable};
pub use types::{Field, Kind, RecordType, Type};
pub use value::{Arena, Outcome, Value};
