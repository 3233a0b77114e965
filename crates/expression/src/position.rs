//! Places in the text of an expression.

use std::fmt;

/// A range of bytes in the text of an expression. Texts are at most [`MAX_TEXT_BYTES`](crate::limits::MAX_TEXT_BYTES) long,
/// so that 16 bits are enough, and a fault fits in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u16,
    /// Offset after the last byte.
    pub end: u16,
}

impl Span {
    /// The place of what concerns no part more than another: the whole expression is shown for it.
    pub(crate) const NOWHERE: Self = Self { start: 0, end: 0 };

    pub(crate) fn new(start: usize, end: usize) -> Self {
        let offset = |value: usize| u16::try_from(value).unwrap_or(u16::MAX);
        Self {
            start: offset(start),
            end: offset(end),
        }
    }

    /// From the beginning of this one to the end of the other.
    pub(crate) fn to(self, end: Self) -> Self {
        Self {
            start: self.start,
            end: end.end,
        }
    }

    /// What the text says there; nothing when the span does not lie in this text.
    pub fn of(self, text: &str) -> &str {
        text.get(usize::from(self.start)..usize::from(self.end))
            .unwrap_or_default()
    }
}

/// Where something stands, for people and for editors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Offset in bytes, from zero.
    pub offset: usize,
    /// Line, from one.
    pub line: usize,
    /// Column in characters, from one.
    pub column: usize,
}

impl Position {
    /// The position of a byte offset in a text; an offset beyond the text stands at its end.
    pub fn of(offset: usize, text: &str) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            offset: before.len(),
            line: 1 + before.matches('\n').count(),
            column: 1 + before.get(line_start..).unwrap_or_default().chars().count(),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_columns_count_characters() {
        let text = "a\n'è' + b\n";
        let at = |offset| {
            let position = Position::of(offset, text);
            (position.offset, position.line, position.column)
        };
        assert_eq!(at(0), (0, 1, 1));
        assert_eq!(at(1), (1, 1, 2));
        assert_eq!(at(2), (2, 2, 1));
        assert_eq!(at(9), (9, 2, 7), "the b after a letter of two bytes");
        assert_eq!(at(text.len()), (11, 3, 1));
        assert_eq!(at(99), (11, 3, 1), "beyond the end");
    }

    #[test]
    fn a_span_outside_of_a_text_is_empty_there() {
        assert_eq!(Span::new(2, 4).of("abcdef"), "cd");
        assert_eq!(Span::new(2, 9).of("abcdef"), "");
    }
}
