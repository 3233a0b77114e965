//! The bounds of the language. An expression beyond one of them is refused when it is saved.

/// Longest text of an expression in bytes.
pub const MAX_TEXT_BYTES: usize = 10_000;

/// Deepest nesting: brackets, calls, branches, signs, and operators in a row, which nest to the left. A chain of one and
/// the same `&&` or `||` counts as one level.
pub const MAX_DEPTH: u16 = 50;

/// Most parts (literals, names, operators, calls) of one expression.
pub const MAX_PARTS: usize = 1_000;

/// Deepest nesting of `all`, `exists`, `exists_one`, `filter` and `map` in each other.
pub const MAX_LOOP_DEPTH: usize = 2;

/// Longest string that an expression may make, in bytes.
pub const MAX_STRING_BYTES: u32 = 65_536;

/// Longest list that may be declared or that an expression may make.
pub const MAX_LIST_LENGTH: u32 = 10_000;

/// Longest key of a map in bytes.
pub const MAX_KEY_BYTES: u32 = 256;

/// Longest pattern of `matches` in bytes.
pub const MAX_PATTERN_BYTES: usize = 500;

/// Most memory of a compiled pattern of `matches` in bytes.
pub const MAX_PATTERN_SIZE: usize = 65_536;

/// Most problems that are told about one expression.
pub const MAX_PROBLEMS: usize = 10;

/// Most steps of one evaluation, unless the schema says otherwise. A step is one operation, or one element of a loop.
pub const DEFAULT_STEP_LIMIT: u64 = 100_000;
