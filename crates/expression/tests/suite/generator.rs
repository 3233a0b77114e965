//! Random contexts and random well-typed expressions about them.

use jiff::{SignedDuration, Timestamp};
use rapport_expression::{Arena, RecordType, Schema, Type, Value};

/// The generator of Steele, Lea and Flood (2014): the same numbers from the same seed, on every machine.
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below the bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub(crate) fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

pub(crate) fn schema() -> Schema {
    let record = RecordType::new("Thing", "Something with fields.")
        .field("n", Type::Int, "An int.")
        .optional("o", Type::Int, "An int that may be missing.")
        .field("s", Type::string(8), "A string.")
        .field("l", Type::list(Type::Int, 4), "Ints.")
        .into_type();
    Schema::builder()
        .variable("a", Type::Int, "An int.")
        .variable("b", Type::Int, "An int.")
        .variable("x", Type::Double, "A double.")
        .variable("y", Type::Double, "A double.")
        .variable("f", Type::Bool, "A bool.")
        .variable("s", Type::string(8), "A string.")
        .variable("l", Type::list(Type::Int, 5), "Ints.")
        .variable("w", Type::list(Type::string(8), 4), "Strings.")
        .variable("m", Type::map(Type::Int, 3), "Ints by key.")
        .variable("r", record.clone(), "A thing.")
        .variable("rs", Type::list(record, 4), "Things.")
        .variable("t", Type::Timestamp, "A moment.")
        .variable("d", Type::Duration, "A duration.")
        .step_limit(u64::MAX)
        .build()
        .unwrap()
}

const INTS: [i64; 12] = [-3, -1, 0, 0, 1, 1, 2, 3, 5, 7, i64::MAX, i64::MIN];
const DOUBLES: [f64; 9] = [0.0, -0.0, 1.0, -1.5, 2.5, 0.1, 1e18, f64::NAN, f64::INFINITY];
const STRINGS: [&str; 8] = ["", "a", "b", "ab", "ba", "5", "-7", "äö"];

fn ints<'a>(arena: &'a Arena, random: &mut SplitMix, most: usize) -> Value<'a> {
    let length = random.below(most + 1);
    arena.list(
        (0..length)
            .map(|_| Value::Int(random.one_of(&INTS)))
            .collect::<Vec<_>>(),
    )
}

fn thing<'a>(arena: &'a Arena, random: &mut SplitMix) -> Value<'a> {
    let optional = if random.below(2) == 0 {
        Value::Absent
    } else {
        Value::Int(random.one_of(&INTS))
    };
    let list = ints(arena, random, 4);
    arena.record([
        Value::Int(random.one_of(&INTS)),
        optional,
        Value::String(random.one_of(&STRINGS)),
        list,
    ])
}

/// A random value for each variable of the schema.
pub(crate) fn variables<'a>(arena: &'a Arena, random: &mut SplitMix) -> Vec<(&'static str, Value<'a>)> {
    let words = (0..random.below(5))
        .map(|_| Value::String(random.one_of(&STRINGS)))
        .collect::<Vec<_>>();
    let map = (0..random.below(4)).map(|_| (random.one_of(&STRINGS), Value::Int(random.one_of(&INTS))));
    let map = arena.map(map.collect::<Vec<_>>());
    let things = (0..random.below(5))
        .map(|_| thing(arena, random))
        .collect::<Vec<_>>();
    let seconds = i64::try_from(random.below(4_000_000_000)).unwrap() - 1_000_000_000;
    let span = i64::try_from(random.below(1_000_000)).unwrap() - 500_000;
    vec![
        ("a", Value::Int(random.one_of(&INTS))),
        ("b", Value::Int(random.one_of(&INTS))),
        ("x", Value::Double(random.one_of(&DOUBLES))),
        ("y", Value::Double(random.one_of(&DOUBLES))),
        ("f", Value::Bool(random.below(2) == 0)),
        ("s", Value::String(random.one_of(&STRINGS))),
        ("l", ints(arena, random, 5)),
        ("w", arena.list(words)),
        ("m", map),
        ("r", thing(arena, random)),
        ("rs", arena.list(things)),
        ("t", Value::Timestamp(Timestamp::from_second(seconds).unwrap())),
        ("d", Value::Duration(SignedDuration::from_millis(span))),
    ]
}

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
        let choices: Vec<String> = match wanted {
            Wanted::Bool => vec![
                "f".into(),
                "true".into(),
                "false".into(),
                format!("has({thing}.o)"),
                "has(m.a)".into(),
            ],
            Wanted::Int => {
                vec![
                    "a".into(),
                    "b".into(),
                    format!("{thing}.n"),
                    format!("{thing}.o"),
                    "0".into(),
                    "-1".into(),
                    "3".into(),
                ]
            }
            Wanted::Double => vec![
                "x".into(),
                "y".into(),
                "0.5".into(),
                "-2.0".into(),
                "1e300".into(),
            ],
            Wanted::String => vec![
                "s".into(),
                format!("{thing}.s"),
                "''".into(),
                "'a'".into(),
                "'5'".into(),
                "'ö'".into(),
            ],
            Wanted::Ints => vec![
                "l".into(),
                format!("{thing}.l"),
                "[1, 2, 0]".into(),
                "[a, b]".into(),
            ],
            Wanted::Strings => vec!["w".into(), "['a', 'ab', '']".into(), "[s, 'b']".into()],
            Wanted::Map => vec!["m".into(), "{'a': 1, 'b': a}".into()],
            Wanted::Thing => vec![thing],
            Wanted::Things => vec!["rs".into(), "[r]".into()],
            Wanted::Moment => vec![
                "t".into(),
                "timestamp('2026-04-01T08:30:00.250+08:00')".into(),
                "timestamp(a)".into(),
            ],
            Wanted::Span => vec!["d".into(), "duration('90m')".into(), "duration('-1.5s')".into()],
        };
        self.random.one_of(&choices)
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
