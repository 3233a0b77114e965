//! Values that break careless programs.

use prost_reflect::{Kind, Value};

use rapport_testkit::Random;

/// Longest hostile text in bytes.
pub(super) const LONGEST: usize = 10_240;

/// Texts that have broken programs before.
const TEXTS: [&str; 30] = [
    "",
    " ",
    "\0",
    "a\0b",
    "\u{202E}olleh",
    "\u{FEFF}a",
    "👩‍👩‍👧‍👦",
    "e\u{301}\u{301}\u{301}",
    "\r\n\t\u{7f}",
    "'; DROP TABLE customer; --",
    "\" OR 1=1",
    "%s%n%00",
    "../../../etc/passwd",
    "customers/",
    "customers//",
    "customers/-",
    "customers/..",
    "customers/Ü",
    "customers/a/b/c",
    "/customers/a",
    "programs/-/members/-",
    "programs/a/members/b/holds/",
    "cases/ghost",
    "NaN",
    "-9223372036854775809",
    "AAAAAAAA",
    "create_time desc, create_time desc",
    "title = \"a\" AND (",
    "NOT NOT NOT state = \"X\"",
    "a.b.c[0] : *",
];

/// A hostile text; a short one when there is no room left for long ones.
pub(super) fn text(random: &mut Random, room: usize) -> String {
    let kinds = if room > LONGEST { 10 } else { 5 };
    match random.below(kinds) + (10 - kinds) {
        0 => "x".repeat(LONGEST),
        1 => "é".repeat(LONGEST / 2),
        2 => "(".repeat(2_000),
        3 => "title = \"a\" AND ".repeat(120),
        4 => (0..random.below(60))
            .filter_map(|_| char::from_u32(u32::try_from(random.below(0x11_0000)).ok()?))
            .collect(),
        _ => (*random.pick(&TEXTS)).to_owned(),
    }
}

/// A whole number at the edge of what can be told.
pub(super) fn integer(random: &mut Random) -> i64 {
    const EDGES: [i64; 14] = [
        i64::MIN,
        i64::MIN + 1,
        i32::MIN as i64 - 1,
        i32::MIN as i64,
        -1_000_000_001,
        -1,
        0,
        1,
        1_000_000_001,
        i32::MAX as i64,
        i32::MAX as i64 + 1,
        253_402_300_800,
        i64::MAX - 1,
        i64::MAX,
    ];
    *random.pick(&EDGES)
}

/// A decimal number at the edge of what can be told.
pub(super) fn decimal(random: &mut Random) -> f64 {
    const EDGES: [f64; 9] = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        -0.0,
        0.500_000_000_1,
        0.999,
    ];
    *random.pick(&EDGES)
}

/// A hostile value of a kind that is neither text nor message.
pub(super) fn value(kind: &Kind, random: &mut Random) -> Value {
    match kind {
        Kind::Bytes => Value::Bytes(random.next().to_be_bytes().to_vec().into()),
        Kind::Bool => Value::Bool(random.chance(0.5)),
        Kind::Double => Value::F64(decimal(random)),
        Kind::Float => Value::F32(decimal(random) as f32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(integer(random)),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(integer(random) as u64),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(integer(random) as i32),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(integer(random) as u32),
        Kind::Enum(_) => Value::EnumNumber(*random.pick(&[-1, 0, 99, i32::MIN, i32::MAX])),
        Kind::String | Kind::Message(_) => unreachable!("texts and messages are built by themselves"),
    }
}
