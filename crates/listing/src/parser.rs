//! The reader of filters: characters to words, words to a typed tree.

use crate::error::{ErrorKind, ListingError};
use crate::expression::{Expression, Filter, Operator};
use crate::schema::{MAXIMUM_COMPARISONS, MAXIMUM_DEPTH, MAXIMUM_TEXT_CHARACTERS, Schema};

#[derive(Debug, Clone, PartialEq)]
enum Symbol {
    Open,
    Close,
    Operator(Operator),
    Word(String),
    Quoted(String),
}

#[derive(Debug, Clone)]
struct Token {
    symbol: Symbol,
    position: usize,
}

pub(crate) fn parse(schema: &Schema, text: &str) -> Result<Filter, ListingError> {
    let characters: Vec<char> = text.chars().take(MAXIMUM_TEXT_CHARACTERS + 1).collect();
    if characters.len() > MAXIMUM_TEXT_CHARACTERS {
        return Err(error(format!(
            "the filter has more than {MAXIMUM_TEXT_CHARACTERS} characters"
        ))
        .at(MAXIMUM_TEXT_CHARACTERS));
    }
    let tokens = Lexer {
        characters: &characters,
        position: 0,
    }
    .tokens()?;
    if tokens.is_empty() {
        return Ok(Filter::default());
    }
    let mut parser = Parser {
        schema,
        tokens: &tokens,
        next: 0,
        end: characters.len(),
        comparisons: 0,
    };
    let expression = parser.expression(0)?;
    match parser.peek() {
        None => Ok(Filter::new(Some(expression))),
        Some(Token {
            symbol: Symbol::Close,
            position,
        }) => Err(error("a closing parenthesis has no opening one").at(*position)),
        Some(token) => Err(error("AND, OR or the end of the filter is expected")
            .at(token.position)
            .hint("join comparisons with AND or OR, in capitals")),
    }
}

fn error(message: impl Into<String>) -> ListingError {
    ListingError::new(ErrorKind::InvalidFilter, message)
}

struct Lexer<'a> {
    characters: &'a [char],
    position: usize,
}

impl Lexer<'_> {
    fn tokens(mut self) -> Result<Vec<Token>, ListingError> {
        let mut tokens = Vec::new();
        while let Some(character) = self.peek() {
            let position = self.position;
            if character.is_whitespace() {
                self.position += 1;
                continue;
            }
            let symbol = match character {
                '"' | '\'' => self.quoted(character)?,
                '(' => self.single(Symbol::Open),
                ')' => self.single(Symbol::Close),
                '=' | '!' | '<' | '>' | ':' => self.operator(character)?,
                _ if is_word(character) => self.word(),
                _ => {
                    return Err(error(format!("the character {character:?} is not expected here"))
                        .at(position)
                        .hint("put text with special characters in quotes"));
                }
            };
            tokens.push(Token { symbol, position });
        }
        Ok(tokens)
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.position).copied()
    }

    fn single(&mut self, symbol: Symbol) -> Symbol {
        self.position += 1;
        symbol
    }

    fn operator(&mut self, first: char) -> Result<Symbol, ListingError> {
        let position = self.position;
        let followed_by_equal = self.characters.get(position + 1) == Some(&'=');
        let (operator, length) = match (first, followed_by_equal) {
            ('!', true) => (Operator::NotEqual, 2),
            ('<', true) => (Operator::LessOrEqual, 2),
            ('>', true) => (Operator::GreaterOrEqual, 2),
            ('=', false) => (Operator::Equal, 1),
            ('<', false) => (Operator::Less, 1),
            ('>', false) => (Operator::Greater, 1),
            (':', false) => (Operator::Contains, 1),
            _ => {
                return Err(error("this is not an operator")
                    .at(position)
                    .hint("the operators are =, !=, <, <=, >, >= and :"));
            }
        };
        self.position += length;
        Ok(Symbol::Operator(operator))
    }

    fn word(&mut self) -> Symbol {
        let start = self.position;
        while self.peek().is_some_and(is_word) {
            self.position += 1;
        }
        Symbol::Word(self.characters[start..self.position].iter().collect())
    }

    fn quoted(&mut self, quote: char) -> Result<Symbol, ListingError> {
        let start = self.position;
        self.position += 1;
        let mut text = String::new();
        while let Some(character) = self.peek() {
            let position = self.position;
            self.position += 1;
            match character {
                _ if character == quote => return Ok(Symbol::Quoted(text)),
                // PostgreSQL cannot hold it, so no database is asked about it.
                '\0' => return Err(error("text cannot contain the character zero").at(position)),
                '\\' => text.push(self.escaped(position)?),
                _ => text.push(character),
            }
        }
        Err(error("the text that starts here has no closing quote")
            .at(start)
            .hint("write a quote inside text as \\\" or \\'"))
    }

    fn escaped(&mut self, position: usize) -> Result<char, ListingError> {
        let character = match self.peek() {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(character @ ('"' | '\'' | '\\')) => character,
            _ => {
                return Err(error("this is not an escape")
                    .at(position)
                    .hint("the escapes are \\\", \\', \\\\, \\n, \\r and \\t; write a backslash as \\\\"));
            }
        };
        self.position += 1;
        Ok(character)
    }
}

fn is_word(character: char) -> bool {
    !(character.is_whitespace() || character.is_control() || "\"'\\(),=!<>:".contains(character))
}

struct Parser<'a> {
    schema: &'a Schema,
    tokens: &'a [Token],
    next: usize,
    /// The position reported when the text ends too early.
    end: usize,
    comparisons: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    fn position(&self) -> usize {
        self.peek().map_or(self.end, |token| token.position)
    }

    fn take(&mut self) -> Option<&'a Token> {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token { symbol: Symbol::Word(found), .. }) if found == word);
        if found {
            self.next += 1;
        }
        found
    }

    fn expression(&mut self, depth: usize) -> Result<Expression, ListingError> {
        let first = self.factor(depth)?;
        let mut parts = vec![first];
        while self.take_word("AND") {
            parts.push(self.factor(depth)?);
        }
        Ok(join(parts, Expression::And))
    }

    fn factor(&mut self, depth: usize) -> Result<Expression, ListingError> {
        let first = self.term(depth)?;
        let mut parts = vec![first];
        while self.take_word("OR") {
            parts.push(self.term(depth)?);
        }
        Ok(join(parts, Expression::Or))
    }

    fn term(&mut self, depth: usize) -> Result<Expression, ListingError> {
        if self.take_word("NOT") {
            return Ok(Expression::Not(Box::new(self.simple(depth)?)));
        }
        self.simple(depth)
    }

    fn simple(&mut self, depth: usize) -> Result<Expression, ListingError> {
        let position = self.position();
        if !matches!(
            self.peek(),
            Some(Token {
                symbol: Symbol::Open,
                ..
            })
        ) {
            return self.comparison();
        }
        // The depth also bounds the recursion of this parser.
        if depth == MAXIMUM_DEPTH {
            return Err(error(format!(
                "more than {MAXIMUM_DEPTH} parentheses are open at one time"
            ))
            .at(position));
        }
        self.next += 1;
        let expression = self.expression(depth + 1)?;
        let end = self.position();
        match self.take() {
            Some(Token {
                symbol: Symbol::Close,
                ..
            }) => Ok(expression),
            Some(_) => Err(error("AND, OR or a closing parenthesis is expected")
                .at(end)
                .hint("join comparisons with AND or OR, in capitals")),
            None => Err(error("the parenthesis that starts here is not closed").at(position)),
        }
    }

    fn comparison(&mut self) -> Result<Expression, ListingError> {
        let position = self.position();
        let name = match self.take() {
            Some(Token {
                symbol: Symbol::Word(word),
                ..
            }) if !is_keyword(word) => word,
            _ => {
                return Err(error("a field is expected here")
                    .at(position)
                    .hint("a comparison is a field, an operator and a value, such as state = OPEN"));
            }
        };
        self.comparisons += 1;
        if self.comparisons > MAXIMUM_COMPARISONS {
            return Err(error(format!(
                "the filter has more than {MAXIMUM_COMPARISONS} comparisons"
            ))
            .at(position));
        }
        let field = self
            .schema
            .find(
                name,
                |field| field.filterable,
                "filtered",
                ErrorKind::InvalidFilter,
            )
            .map_err(|error| error.at(position))?;
        let position = self.position();
        let Some(Token {
            symbol: Symbol::Operator(operator),
            ..
        }) = self.take()
        else {
            return Err(
                error(format!("an operator is expected after the field \"{name}\""))
                    .at(position)
                    .hint(format!(
                        "the operators of this field are {}",
                        field.kind.operators()
                    )),
            );
        };
        if !field.kind.accepts(*operator) {
            return Err(
                error(format!("the field \"{name}\" cannot be compared with {operator}"))
                    .at(position)
                    .hint(format!(
                        "the operators of this field are {}",
                        field.kind.operators()
                    )),
            );
        }
        let position = self.position();
        let (literal, quoted) = match self.take() {
            Some(Token {
                symbol: Symbol::Quoted(text),
                ..
            }) => (text, true),
            Some(Token {
                symbol: Symbol::Word(word),
                ..
            }) if !is_keyword(word) => (word, false),
            _ => {
                return Err(error(format!("a value is expected after {operator}"))
                    .at(position)
                    .hint("put text that is not a single word in quotes"));
            }
        };
        let value = field.kind.read(literal, quoted).map_err(|hint| {
            error(format!("the value {literal:?} does not fit the field \"{name}\""))
                .at(position)
                .hint(hint)
        })?;
        Ok(Expression::comparison(field, *operator, value))
    }
}

fn is_keyword(word: &str) -> bool {
    matches!(word, "AND" | "OR" | "NOT")
}

/// A single part stands for itself.
fn join(mut parts: Vec<Expression>, of: impl FnOnce(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            of(parts)
        }
        None => of(parts),
    }
}
