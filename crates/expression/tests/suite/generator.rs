//! Random numbers, and random contexts made of them.

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
        .optional("m", Type::map(Type::Int, 2), "Ints by key.")
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

fn map<'a>(arena: &'a Arena, random: &mut SplitMix, most: usize) -> Value<'a> {
    let length = random.below(most + 1);
    let entries = (0..length).map(|_| (random.one_of(&STRINGS), Value::Int(random.one_of(&INTS))));
    arena.map(entries.collect::<Vec<_>>())
}

fn thing<'a>(arena: &'a Arena, random: &mut SplitMix) -> Value<'a> {
    let mut fields = [
        Value::Int(random.one_of(&INTS)),
        Value::Int(random.one_of(&INTS)),
        Value::String(random.one_of(&STRINGS)),
        ints(arena, random, 4),
        map(arena, random, 2),
    ];
    for optional in [1, 4] {
        if random.below(2) == 0 {
            fields[optional] = Value::Absent;
        }
    }
    arena.record(fields)
}

/// A random value for each variable of the schema.
pub(crate) fn variables<'a>(arena: &'a Arena, random: &mut SplitMix) -> Vec<(&'static str, Value<'a>)> {
    let words = (0..random.below(5))
        .map(|_| Value::String(random.one_of(&STRINGS)))
        .collect::<Vec<_>>();
    let map = map(arena, random, 3);
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
