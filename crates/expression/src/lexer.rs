//! Text into tokens.

use crate::{
    position::Span,
    problem::{Finding, ProblemKind},
};

/// What a token is. Names, numbers and strings are read from the text by their span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Name,
    Int,
    Double,
    String,
    /// An operator or a bracket, as it is written.
    Symbol(&'static str),
    End,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) at: Span,
}

/// Longer ones first: the first that fits is taken.
const SYMBOLS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")",
    "[", "]", "{", "}",
];

/// The tokens of a text, with [`TokenKind::End`] as the last one.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Finding> {
    let mut lexer = Lexer { text, offset: 0 };
    let mut tokens = Vec::with_capacity(text.len() / 4 + 1);
    loop {
        let token = lexer.next()?;
        tokens.push(token);
        if token.kind == TokenKind::End {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    offset: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.offset + ahead).copied()
    }

    /// Goes over the bytes that fit.
    fn skip(&mut self, fits: impl Fn(u8) -> bool) {
        while self.byte(0).is_some_and(&fits) {
            self.offset += 1;
        }
    }

    fn skip_space(&mut self) {
        loop {
            self.skip(|byte| byte.is_ascii_whitespace());
            if !self.rest().starts_with("//") {
                return;
            }
            self.skip(|byte| byte != b'\n');
        }
    }

    fn token(&self, kind: TokenKind, start: usize) -> Token {
        Token {
            kind,
            at: Span::new(start, self.offset),
        }
    }

    fn next(&mut self) -> Result<Token, Finding> {
        self.skip_space();
        let start = self.offset;
        let Some(first) = self.byte(0) else {
            return Ok(self.token(TokenKind::End, start));
        };
        if let Some(prefix) = self.string_prefix() {
            return self.string(start, prefix);
        }
        if first.is_ascii_alphabetic() || first == b'_' {
            self.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            return Ok(self.token(TokenKind::Name, start));
        }
        if first.is_ascii_digit() || first == b'.' && self.byte(1).is_some_and(|byte| byte.is_ascii_digit()) {
            return self.number(start);
        }
        for symbol in SYMBOLS {
            if self.rest().starts_with(symbol) {
                self.offset += symbol.len();
                return Ok(self.token(TokenKind::Symbol(symbol), start));
            }
        }
        Err(self.unreadable(start))
    }

    /// Length of the prefix (`r`, `b`, `rb` …) of a string that begins here; zero without a prefix.
    fn string_prefix(&self) -> Option<usize> {
        (0..=2).find(|&length| {
            let prefix = self.rest().as_bytes().get(..length).unwrap_or_default();
            prefix
                .iter()
                .all(|byte| matches!(byte, b'r' | b'R' | b'b' | b'B'))
                && matches!(self.byte(length), Some(b'"' | b'\''))
        })
    }

    fn string(&mut self, start: usize, prefix: usize) -> Result<Token, Finding> {
        let prefix_text = self.rest().get(..prefix).unwrap_or_default().to_ascii_lowercase();
        if prefix_text.contains('b') {
            return Err(Finding::new(
                ProblemKind::Syntax,
                Span::new(start, start + prefix),
                "there are no byte strings here",
            )
            .hint("leave the b out to write a string"));
        }
        let raw = !prefix_text.is_empty();
        self.offset += prefix;
        let quote = self.byte(0).unwrap_or_default();
        let tripled = self.byte(1) == Some(quote) && self.byte(2) == Some(quote);
        let quotes = if tripled { 3 } else { 1 };
        self.offset += quotes;
        loop {
            match self.byte(0) {
                None => return Err(unclosed(start)),
                Some(b'\n' | b'\r') if !tripled => return Err(unclosed(start)),
                Some(b'\\') if !raw => self.offset += 2,
                Some(byte) if byte == quote && (0..quotes).all(|ahead| self.byte(ahead) == Some(quote)) => {
                    self.offset += quotes;
                    return Ok(self.token(TokenKind::String, start));
                }
                Some(_) => self.offset += 1,
            }
        }
    }

    fn number(&mut self, start: usize) -> Result<Token, Finding> {
        let mut kind = TokenKind::Int;
        if self.byte(0) == Some(b'0') && matches!(self.byte(1), Some(b'x' | b'X')) {
            self.offset += 2;
            self.skip(|byte| byte.is_ascii_hexdigit());
        } else {
            self.skip(|byte| byte.is_ascii_digit());
            if self.byte(0) == Some(b'.') && self.byte(1).is_some_and(|byte| byte.is_ascii_digit()) {
                kind = TokenKind::Double;
                self.offset += 1;
                self.skip(|byte| byte.is_ascii_digit());
            }
            let sign = usize::from(matches!(self.byte(1), Some(b'+' | b'-')));
            if matches!(self.byte(0), Some(b'e' | b'E'))
                && self.byte(1 + sign).is_some_and(|byte| byte.is_ascii_digit())
            {
                kind = TokenKind::Double;
                self.offset += 1 + sign;
                self.skip(|byte| byte.is_ascii_digit());
            }
        }
        if self
            .byte(0)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Err(self.bad_number(start));
        }
        Ok(self.token(kind, start))
    }

    fn bad_number(&mut self, start: usize) -> Finding {
        self.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let at = Span::new(start, self.offset);
        let written = at.of(self.text);
        let digits = written.trim_end_matches(['u', 'U']);
        let finding = Finding::new(ProblemKind::Syntax, at, format!("`{written}` is not a number"));
        if written.len() == digits.len() + 1 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            finding.hint(format!("there are no unsigned numbers here: write {digits}"))
        } else {
            finding.hint("write numbers like 12, 0x1F, 1.5 or 2e3, and names with a letter first")
        }
    }

    fn unreadable(&self, start: usize) -> Finding {
        let found = self.rest().chars().next().unwrap_or_default();
        let at = Span::new(start, start + found.len_utf8());
        let finding = Finding::new(
            ProblemKind::Syntax,
            at,
            format!("unexpected character `{}`", found.escape_debug()),
        );
        match found {
            '=' => finding.hint("equality is written `==`"),
            '&' => finding.hint("\"and\" is written `&&`"),
            '|' => finding.hint("\"or\" is written `||`"),
            '“' | '”' | '‘' | '’' | '„' | '«' | '»' => {
                finding.hint("quotes of strings are ' or \"")
            }
            '×' => finding.hint("multiplication is written `*`"),
            '÷' => finding.hint("division is written `/`"),
            '≤' => finding.hint("write `<=`"),
            '≥' => finding.hint("write `>=`"),
            '≠' => finding.hint("write `!=`"),
            '`' => finding.hint("names are written without quotes"),
            '，' => finding.hint("write the comma `,` of the Latin keyboard"),
            '（' | '）' => finding.hint("write the brackets `(` `)` of the Latin keyboard"),
            _ => finding,
        }
    }
}

fn unclosed(start: usize) -> Finding {
    Finding::new(ProblemKind::Syntax, Span::new(start, start + 1), "the string that begins here is not closed")
        .hint("close it with the same quote on the same line; strings of several lines have three quotes on each side")
}
