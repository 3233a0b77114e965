//! Random well-typed expressions about the contexts of the [`generator`](crate::generator).

use crate::generator::SplitMix;

/// What an expression is to give.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Bool,
    Int,
    Double,
    String,
    Ints,
    Strings,
    Map,
    Thing,
    Things,
    Moment,
    Span,
}

/// Writes random expressions of a wanted type.
pub(crate) struct Writer<'r> {
    pub(crate) random: &'r mut SplitMix,
    /// The elements of the loops around what is written.
    locals: Vec<(String, Wanted)>,
}

impl<'r> Writer<'r> {
    pub(crate) fn new(random: &'r mut SplitMix) -> Self {
        Self {
            random,
            locals: Vec::new(),
        }
    }

    /// An expression with so many levels at most.
    pub(crate) fn expression(&mut self, wanted: Wanted, levels: usize) -> String {
        if levels == 0 || self.random.below(8) == 0 {
            return self.leaf(wanted);
        }
        let inner = levels - 1;
        if self.random.below(10) == 0 {
            let condition = self.expression(Wanted::Bool, inner);
            let (yes, no) = (self.expression(wanted, inner), self.expression(wanted, inner));
            return format!("({condition} ? {yes} : {no})");
        }
        match wanted {
            Wanted::Bool => self.bool(inner),
            Wanted::Int => self.int(inner),
            Wanted::Double => self.double(inner),
            Wanted::String => self.string(inner),
            Wanted::Ints => self.ints(inner),
            Wanted::Strings => self.strings(inner),
            Wanted::Moment => self.moment(inner),
            Wanted::Span => self.span(inner),
            Wanted::Things => {
                let range = self.expression(Wanted::Things, inner);
                self.looping(&range, "filter", Wanted::Thing, Wanted::Bool, inner)
            }
            Wanted::Thing => format!(
                "{}[{}]",
                self.leaf(Wanted::Things),
                self.expression(Wanted::Int, inner)
            ),
            Wanted::Map => {
                let value = self.expression(Wanted::Int, inner);
                format!(
                    "{{{}: {value}, 'k': {}}}",
                    self.expression(Wanted::String, inner),
                    self.leaf(Wanted::Int)
                )
            }
        }
    }

    fn leaf(&mut self, wanted: Wanted) -> String {
        let locals: Vec<_> = self
            .locals
            .iter()
            .filter(|(_, of)| *of == wanted)
            .map(|(name, _)| name.clone())
            .collect();
        if !locals.is_empty() && self.random.below(3) > 0 {
            return self.random.one_of(&locals);
        }
        let things: Vec<_> = self
            .locals
            .iter()
            .filter(|(_, of)| *of == Wanted::Thing)
            .map(|(name, _)| name.clone())
            .collect();
        let thing = if things.is_empty() {
            "r".to_owned()
        } else {
            self.random.one_of(&things)
        };
        let choices: &[&str] = match wanted {
            Wanted::Bool => &[
                "f",
                "true",
                "false",
                "has(THING.o)",
                "has(m.a)",
                "has(THING.m)",
                "has(THING.m.a)",
            ],
            Wanted::Int => &["a", "b", "THING.n", "THING.o", "THING.m.a", "0", "-1", "3"],
            Wanted::Double => &["x", "y", "0.5", "-2.0", "1e300"],
            Wanted::String => &["s", "THING.s", "''", "'a'", "'5'", "'ö'"],
            Wanted::Ints => &["l", "THING.l", "[1, 2, 0]", "[a, b]"],
            Wanted::Strings => &["w", "['a', 'ab', '']", "[s, 'b']"],
            Wanted::Map => &["m", "THING.m", "{'a': 1, 'b': a}"],
            Wanted::Thing => &["THING"],
            Wanted::Things => &["rs", "[r]"],
            Wanted::Moment => &["t", "timestamp('2026-04-01T08:30:00.250+08:00')", "timestamp(a)"],
            Wanted::Span => &["d", "duration('90m')", "duration('-1.5s')"],
        };
        self.random.one_of(choices).replace("THING", &thing)
    }

    fn binary(&mut self, operators: &[&str], sides: Wanted, inner: usize) -> String {
        let (left, right) = (self.expression(sides, inner), self.expression(sides, inner));
        format!("({left} {} {right})", self.random.one_of(operators))
    }

    /// `range.kind(name, body)`, as far as loops may be nested.
    fn looping(&mut self, range: &str, kind: &str, element: Wanted, body: Wanted, inner: usize) -> String {
        if self.locals.len() >= 2 {
            return match kind {
                "filter" => range.to_owned(),
                "map" => self.leaf(if body == Wanted::Int {
                    Wanted::Ints
                } else {
                    Wanted::Strings
                }),
                _ => self.leaf(Wanted::Bool),
            };
        }
        // Sometimes the name of a variable, which it hides.
        let name = if self.random.below(6) == 0 {
            "a".to_owned()
        } else {
            format!("e{}", self.locals.len())
        };
        let name = if self.locals.iter().any(|(local, _)| *local == name) {
            "e9".to_owned()
        } else {
            name
        };
        let hidden = name == "a" && element != Wanted::Int;
        let name = if hidden {
            format!("h{}", self.locals.len())
        } else {
            name
        };
        self.locals.push((name.clone(), element));
        let condition = match kind {
            "map" if self.random.below(3) == 0 => format!("{}, ", self.expression(Wanted::Bool, inner)),
            _ => String::new(),
        };
        let body = self.expression(body, inner);
        self.locals.pop();
        format!("{range}.{kind}({name}, {condition}{body})")
    }

    fn bool(&mut self, inner: usize) -> String {
        match self.random.below(14) {
            0 => format!("!{}", self.expression(Wanted::Bool, inner)),
            1 => self.binary(&["&&", "||", "==", "!="], Wanted::Bool, inner),
            2 => {
                let parts: Vec<_> = (0..3).map(|_| self.expression(Wanted::Bool, inner)).collect();
                format!(
                    "({})",
                    parts.join(if self.random.below(2) == 0 { " && " } else { " || " })
                )
            }
            3 | 4 => self.binary(&["==", "!=", "<", "<=", ">", ">="], Wanted::Int, inner),
            5 => self.binary(&["==", "!=", "<", "<=", ">", ">="], Wanted::Double, inner),
            6 => self.binary(&["==", "!=", "<", "<=", ">", ">="], Wanted::String, inner),
            7 => {
                let sides = self.random.one_of(&[
                    Wanted::Ints,
                    Wanted::Strings,
                    Wanted::Map,
                    Wanted::Thing,
                    Wanted::Things,
                ]);
                self.binary(&["==", "!="], sides, inner)
            }
            8 => {
                let sides = self.random.one_of(&[Wanted::Moment, Wanted::Span]);
                self.binary(&["==", "!=", "<", "<=", ">", ">="], sides, inner)
            }
            9 => {
                let (element, container) = self.random.one_of(&[
                    (Wanted::Int, Wanted::Ints),
                    (Wanted::String, Wanted::Strings),
                    (Wanted::String, Wanted::Map),
                    (Wanted::Thing, Wanted::Things),
                ]);
                format!(
                    "({} in {})",
                    self.expression(element, inner),
                    self.expression(container, inner)
                )
            }
            10 => {
                let method = self.random.one_of(&["contains", "startsWith", "endsWith"]);
                let (of, part) = (
                    self.expression(Wanted::String, inner),
                    self.expression(Wanted::String, inner),
                );
                format!("{of}.{method}({part})")
            }
            _ => {
                let (range, element) = self.random.one_of(&[
                    (Wanted::Ints, Wanted::Int),
                    (Wanted::Strings, Wanted::String),
                    (Wanted::Map, Wanted::String),
                    (Wanted::Things, Wanted::Thing),
                ]);
                let range = self.expression(range, inner);
                let kind = self.random.one_of(&["all", "exists", "exists_one"]);
                self.looping(&range, kind, element, Wanted::Bool, inner)
            }
        }
    }

    fn int(&mut self, inner: usize) -> String {
        match self.random.below(9) {
            0..=2 => self.binary(&["+", "-", "*", "/", "%"], Wanted::Int, inner),
            3 => format!("-{}", self.expression(Wanted::Int, inner)),
            4 => {
                let of = self
                    .random
                    .one_of(&[Wanted::String, Wanted::Ints, Wanted::Map, Wanted::Things]);
                format!("size({})", self.expression(of, inner))
            }
            5 => {
                let of = self
                    .random
                    .one_of(&[Wanted::Double, Wanted::String, Wanted::Moment, Wanted::Int]);
                format!("int({})", self.expression(of, inner))
            }
            6 => format!(
                "{}[{}]",
                self.leaf(Wanted::Ints),
                self.expression(Wanted::Int, inner)
            ),
            7 => format!(
                "{}[{}]",
                self.leaf(Wanted::Map),
                self.expression(Wanted::String, inner)
            ),
            _ => match self.random.below(4) {
                0 => format!("{}.sum()", self.expression(Wanted::Ints, inner)),
                1 => {
                    let (left, right) = (
                        self.expression(Wanted::Int, inner),
                        self.expression(Wanted::Int, inner),
                    );
                    format!(
                        "math.{}({left}, {right})",
                        self.random.one_of(&["greatest", "least"])
                    )
                }
                2 => {
                    let part =
                        self.random
                            .one_of(&["getHours", "getMinutes", "getSeconds", "getMilliseconds"]);
                    format!("{}.{part}()", self.expression(Wanted::Span, inner))
                }
                _ => {
                    let part = self.random.one_of(&[
                        "getHours",
                        "getMinutes",
                        "getSeconds",
                        "getMilliseconds",
                        "getDayOfWeek",
                    ]);
                    let zone = self.random.one_of(&["", "'+08:00'", "'-03:30'", "'UTC'"]);
                    format!("{}.{part}({zone})", self.expression(Wanted::Moment, inner))
                }
            },
        }
    }

    fn double(&mut self, inner: usize) -> String {
        match self.random.below(5) {
            0..=2 => self.binary(&["+", "-", "*", "/"], Wanted::Double, inner),
            3 => format!("-{}", self.expression(Wanted::Double, inner)),
            _ => {
                let of = self.random.one_of(&[Wanted::Int, Wanted::String, Wanted::Double]);
                format!("double({})", self.expression(of, inner))
            }
        }
    }

    fn string(&mut self, inner: usize) -> String {
        match self.random.below(3) {
            0 => self.binary(&["+"], Wanted::String, inner),
            1 => {
                let of = self.random.one_of(&[Wanted::Bool, Wanted::Int, Wanted::String]);
                format!("string({})", self.expression(of, inner))
            }
            _ => format!(
                "{}[{}]",
                self.leaf(Wanted::Strings),
                self.expression(Wanted::Int, inner)
            ),
        }
    }

    fn ints(&mut self, inner: usize) -> String {
        match self.random.below(4) {
            0 => self.binary(&["+"], Wanted::Ints, inner),
            1 => format!(
                "[{}, {}]",
                self.expression(Wanted::Int, inner),
                self.expression(Wanted::Int, inner)
            ),
            2 => {
                let range = self.expression(Wanted::Ints, inner);
                self.looping(&range, "filter", Wanted::Int, Wanted::Bool, inner)
            }
            _ => {
                let range = self.leaf(Wanted::Things);
                self.looping(&range, "map", Wanted::Thing, Wanted::Int, inner)
            }
        }
    }

    fn strings(&mut self, inner: usize) -> String {
        match self.random.below(3) {
            0 => format!("[{}]", self.expression(Wanted::String, inner)),
            1 => {
                let range = self.expression(Wanted::Strings, inner);
                self.looping(&range, "filter", Wanted::String, Wanted::Bool, inner)
            }
            _ => {
                let range = self.expression(Wanted::Ints, inner);
                self.looping(&range, "map", Wanted::Int, Wanted::String, inner)
            }
        }
    }

    fn moment(&mut self, inner: usize) -> String {
        let operator = self.random.one_of(&["+", "-"]);
        format!(
            "({} {operator} {})",
            self.expression(Wanted::Moment, inner),
            self.expression(Wanted::Span, inner)
        )
    }

    fn span(&mut self, inner: usize) -> String {
        match self.random.below(2) {
            0 => self.binary(&["+", "-"], Wanted::Span, inner),
            _ => self.binary(&["-"], Wanted::Moment, inner),
        }
    }
}
