//! Tokens of numbers and strings into their values.

use crate::{
    position::Span,
    problem::{Finding, ProblemKind},
};

/// An int as it is written, `negative` when a minus stands before it.
pub(crate) fn int(written: &str, negative: bool, at: Span) -> Result<i64, Finding> {
    let hex = written.strip_prefix("0x").or_else(|| written.strip_prefix("0X"));
    let magnitude = match hex {
        Some("") => {
            return Err(Finding::new(
                ProblemKind::Syntax,
                at,
                "`0x` needs digits after it",
            ));
        }
        Some(digits) => u64::from_str_radix(digits, 16),
        None => written.parse(),
    };
    magnitude
        .ok()
        .and_then(|magnitude| {
            if negative {
                0_i64.checked_sub_unsigned(magnitude)
            } else {
                i64::try_from(magnitude).ok()
            }
        })
        .ok_or_else(|| {
            Finding::new(ProblemKind::Syntax, at, "this int is too large").hint(
                "ints go from -9223372036854775808 to 9223372036854775807; write it with .0 to have a double",
            )
        })
}

/// A double as it is written.
pub(crate) fn double(written: &str, at: Span) -> Result<f64, Finding> {
    written
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
        .ok_or_else(|| {
            Finding::new(ProblemKind::Syntax, at, "this double is too large")
                .hint("the largest is about 1.8e308")
        })
}

/// The value of a string token, quotes and prefix included in `written`.
pub(crate) fn string(written: &str, at: Span) -> Result<String, Finding> {
    let unprefixed = written.trim_start_matches(['r', 'R']);
    let raw = unprefixed.len() < written.len();
    let quotes = if is_tripled(unprefixed) { 3 } else { 1 };
    let content = unprefixed
        .get(quotes..unprefixed.len().saturating_sub(quotes))
        .unwrap_or_default();
    if raw {
        return Ok(content.to_owned());
    }
    let content_start = usize::from(at.start) + (written.len() - unprefixed.len()) + quotes;
    unescape(content, content_start)
}

fn is_tripled(quoted: &str) -> bool {
    quoted.len() >= 6 && (quoted.starts_with("'''") || quoted.starts_with("\"\"\""))
}

fn unescape(content: &str, content_start: usize) -> Result<String, Finding> {
    let mut value = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(backslash) = rest.find('\\') {
        value.push_str(rest.get(..backslash).unwrap_or_default());
        let escape = rest.get(backslash..).unwrap_or_default();
        let (character, length) = escaped(escape).ok_or_else(|| {
            let start = content_start + (content.len() - escape.len());
            let shown: String = escape.chars().take(2).collect();
            Finding::new(
                ProblemKind::Syntax,
                Span::new(start, start + shown.len()),
                format!("`{shown}` is no escape"),
            )
            .hint("a backslash is written `\\\\`; r'…' takes every character as it is")
        })?;
        value.push(character);
        rest = escape.get(length..).unwrap_or_default();
    }
    value.push_str(rest);
    Ok(value)
}

/// The character that an escape stands for, and the bytes that the escape takes.
fn escaped(escape: &str) -> Option<(char, usize)> {
    let letter = escape.chars().nth(1)?;
    let simple = match letter {
        '\\' | '?' | '"' | '\'' | '`' => letter,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' | 'X' => return numbered(escape, 2, 2, 16),
        'u' => return numbered(escape, 2, 4, 16),
        'U' => return numbered(escape, 2, 8, 16),
        '0'..='3' => return numbered(escape, 1, 3, 8),
        _ => return None,
    };
    Some((simple, 2))
}

fn numbered(escape: &str, start: usize, digits: usize, radix: u32) -> Option<(char, usize)> {
    let written = escape.get(start..start + digits)?;
    // from_str_radix would take a sign.
    let value = written
        .chars()
        .all(|digit| digit.is_digit(radix))
        .then(|| u32::from_str_radix(written, radix).ok())??;
    Some((char::from_u32(value)?, start + digits))
}
