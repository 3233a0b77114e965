//! Texts made to be too long, too deep or too dear are refused, at once and without using up the stack.

use std::time::{Duration, Instant};

use rapport_expression::{
    Arena, Context, Function, Kind, Outcome, ProblemKind, RecordType, Schema, Type, Value, limits, parse,
};

use crate::sample;

fn is_refused_by_limit(expression: &str) -> String {
    let shown: String = expression.chars().take(60).collect();
    let started = Instant::now();
    let refusal = sample::schema().compile(expression, &[Kind::Bool]).err();
    let taken = started.elapsed();
    let refusal = refusal.unwrap_or_else(|| panic!("accepted: {shown}"));
    assert_eq!(refusal.problems[0].kind, ProblemKind::Limit, "{shown}: {refusal}");
    assert!(taken < Duration::from_secs(1), "{shown} took {taken:?}");
    refusal.problems[0].to_string()
}

#[test]
fn a_text_of_ten_thousand_bytes_is_read_and_one_more_is_not() {
    let padded = |length: usize| format!("true{}", " ".repeat(length - 4));
    assert!(parse(&padded(limits::MAX_TEXT_BYTES)).is_ok());
    assert_eq!(
        is_refused_by_limit(&padded(limits::MAX_TEXT_BYTES + 1)),
        "line 1, column 1: the expression has 10001 bytes; at most 10000 are read; \
         split it into several rules, or move its tables of values into the context"
    );
}

#[test]
fn a_hundred_kilobytes_are_refused_at_once_whatever_they_are() {
    for piece in [
        "(",
        "!",
        "-",
        "a+",
        "[",
        "{'a':",
        "a?",
        "a.b",
        "'",
        "1",
        "x.all(x,",
        "\u{1F600}",
        "\\",
        "//",
    ] {
        let text = piece.repeat(100_000 / piece.len());
        let told = is_refused_by_limit(&text);
        assert!(told.contains("at most 10000 are read"), "{piece}: {told}");
    }
}

/// The same piece nested so often around a value.
fn nested(open: &str, value: &str, close: &str, levels: usize) -> String {
    format!("{}{value}{}", open.repeat(levels), close.repeat(levels))
}

#[test]
fn nesting_is_read_to_fifty_levels_and_no_further() {
    // A value by itself is one level.
    let most = usize::from(limits::MAX_DEPTH) - 1;
    for (open, value, close) in [
        ("!", "true", ""),
        ("-", "(x)", ""),
        ("(", "true", ")"),
        ("[", "x", "]"),
        ("{'a': ", "x", "}"),
        ("f(", "x", ")"),
        ("x[", "x", "]"),
        ("x ? x : ", "x", ""),
        ("x ? (", "x", ") : x"),
        ("x + (", "x", ")"),
        ("", "x", " + x"),
        ("", "x", ".x"),
        ("", "x", ".f()"),
        ("", "x", "[0]"),
        ("has(x[", "x", "].x)"),
    ] {
        // How many levels one nesting takes: those of the tree that is made, or of the brackets that are open.
        let deepest = (1..=most)
            .filter(|&levels| parse(&nested(open, value, close, levels)).is_ok())
            .max();
        let deepest = deepest.unwrap_or_else(|| panic!("{open}{value}{close} is never read"));
        let deeper = nested(open, value, close, deepest + 1);
        let refusal = parse(&deeper).unwrap_err();
        assert_eq!(
            refusal.problems[0].kind,
            ProblemKind::Limit,
            "{open}…{close}: {refusal}"
        );
        assert!(deepest >= most / 2, "{open}…{close} is read {deepest} deep only");
        assert!(
            is_refused_by_limit(&nested(open, value, close, 900)).contains("50 levels deep"),
            "{open}…{close}"
        );
    }
    assert!(parse(&nested("!", "true", "", most)).is_ok());
    assert!(parse(&nested("!", "true", "", most + 1)).is_err());
    assert!(parse(&nested("", "x", " + x", most)).is_ok());
    assert!(parse(&nested("", "x", " + x", most + 1)).is_err());
    assert!(parse(&nested("(", "true", ")", most)).is_ok());
    assert!(parse(&nested("(", "true", ")", most + 1)).is_err());
}

#[test]
fn a_chain_of_ands_or_ors_is_one_level_however_long() {
    for operator in [" && ", " || "] {
        let expression = vec!["order.total > 1"; 150].join(operator);
        assert!(
            sample::schema().compile(&expression, &[Kind::Bool]).is_ok(),
            "{operator}"
        );
    }
}

#[test]
fn an_expression_has_at_most_a_thousand_parts() {
    // A list of n literals has n + 1 parts.
    let list = |literals: usize| format!("[{}]", vec!["1"; literals].join(","));
    assert!(parse(&list(limits::MAX_PARTS - 1)).is_ok());
    let refusal = parse(&list(limits::MAX_PARTS)).unwrap_err();
    assert!(refusal.to_string().contains("more than 1000 parts"), "{refusal}");
}

#[test]
fn loops_are_nested_two_deep_and_no_deeper() {
    let schema = sample::schema();
    let two = "matrix.exists(row, row.exists(cell, cell == 3))";
    assert!(schema.compile(two, &[Kind::Bool]).is_ok());
    let beside =
        "matrix.exists(row, row.exists(cell, cell == 3) && row.filter(cell, cell > 1).all(cell, cell < 9))";
    assert!(
        schema.compile(beside, &[Kind::Bool]).is_ok(),
        "loops one after the other are not nested"
    );
    let three = "matrix.exists(row, row.exists(cell, [1].exists(x, x == cell)))";
    assert_eq!(
        is_refused_by_limit(three),
        "line 1, column 37: loops are nested more than 2 deep; \
         `all`, `exists`, `exists_one`, `filter` and `map` are loops; take the innermost apart"
    );
}

/// A schema of `lists` variables `a`, `b`, … of ints, each of at most `length`.
fn lists(names: &[&str], length: u32, step_limit: u64) -> Schema {
    let mut builder = Schema::builder().step_limit(step_limit);
    for name in names {
        builder = builder.variable(*name, Type::list(Type::Int, length), "Ints.");
    }
    builder.build().unwrap()
}

#[test]
fn what_may_take_too_many_steps_is_refused_with_the_number() {
    // Outer loop 1, for each of 1,000: a turn 1, the inner loop 1, for each of 1,000: a turn 1 and a comparison 1.
    let expression = "a.exists(x, b.exists(y, x == y))";
    let steps = 1 + 1_000 * (1 + 1 + 1_000 * 2);
    let schema = lists(&["a", "b"], 1_000, steps);
    assert_eq!(
        schema.compile(expression, &[Kind::Bool]).unwrap().most_steps(),
        steps
    );
    let schema = lists(&["a", "b"], 1_000, steps - 1);
    let refusal = schema.compile(expression, &[Kind::Bool]).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "line 1, column 1: the expression may take 2002001 steps when all lists are full; at most 2002000 are allowed; \
         this loop takes the most of them; do without a loop within it, or ask for less of each element"
    );
}

#[test]
fn the_dearest_loop_is_shown() {
    let schema = lists(&["a", "b"], 1_000, 10_000);
    let refusal = schema
        .compile(
            "a.all(x, x > 0) && a.exists(x, b.exists(y, x == y))",
            &[Kind::Bool],
        )
        .unwrap_err();
    assert_eq!(refusal.problems[0].position.column, 20, "{refusal}");
}

/// A schema with one variable of each type, and values that are as large as it allows.
fn full(arena: &Arena) -> (Schema, Context<'_>) {
    let record = RecordType::new("R", "A record.")
        .field("text", Type::string(640), "Text.")
        .field("list", Type::list(Type::Int, 5), "Ints.")
        .into_type();
    let dear = Function::new(
        "dear",
        [Type::string(640), Type::Bool],
        Type::Bool,
        "Takes 50 steps.",
        |_, _| Ok(Value::Bool(true)),
    );
    let size = Function::new(
        "entries",
        [Type::map(Type::Int, 3)],
        Type::Int,
        "Entries.",
        |_, _| Ok(Value::Int(3)),
    );
    let schema = Schema::builder()
        .variable("n", Type::Int, "An int.")
        .variable("d", Type::Double, "A double.")
        .variable("s", Type::string(640), "A text of ten times 64 bytes.")
        .variable("l", Type::list(Type::string(128), 7), "Texts.")
        .variable("m", Type::map(Type::Int, 3), "Ints by long keys.")
        .variable("k", Type::map(Type::Int, 1), "An int by the key a.")
        .variable("r", record, "A record.")
        .variable("t", Type::Timestamp, "A moment.")
        .variable("z", Type::string(64), "A time zone.")
        .function(dear.steps(50))
        .function(size)
        .step_limit(1_000_000)
        .build()
        .unwrap();
    let number = Value::String(arena.text(&format!("{}1", "0".repeat(639))));
    let keys = ["a", "b", "c"].map(|key| (arena.text(&key.repeat(256)), Value::Int(1)));
    let texts = arena.list([Value::String(arena.text(&"x".repeat(128))); 7]);
    let values = [
        ("n", Value::Int(1)),
        ("d", Value::Double(1.0)),
        ("s", number),
        ("l", texts),
        ("m", arena.map(keys)),
        ("k", arena.map([("a", Value::Int(1))])),
        ("r", arena.record([number, arena.list([Value::Int(1); 5])])),
        ("t", Value::Timestamp(sample::moment("2026-04-01T01:00:00Z"))),
        ("z", Value::String("UTC")),
    ];
    let context = Context::new(&schema, values).unwrap();
    (schema, context)
}

/// An expression, the most steps that it can take, and how many it takes with everything full where that is fewer.
const STEPS: [(&str, u64, Option<u64>); 47] = [
    ("n == 1", 1, None),
    ("d == 1.0", 1, None),
    ("t == t", 1, None),
    ("n + n * n - n == 1", 4, None),
    ("d + d * d - d == 1.0", 4, None),
    ("-n == -1", 2, None),
    ("-d == -1.0", 2, None),
    ("t + duration('1h') > t", 2, None),
    ("n == 1 && n == 1 && n == 1", 1 + 3, None),
    ("n == 2 || n == 2 || n == 1", 1 + 3, None),
    ("!(n == 2)", 2, None),
    ("n == 1 ? n + n > 1 : n > 1", 1 + 1 + 2, None),
    ("n == 2 ? n > 1 : n + n > 1", 1 + 1 + 2, None),
    ("s == s", 1 + 10, None),
    ("s != 'short'", 1, None),
    ("s + s != 'short'", 1 + 1 + 20, None),
    ("s.contains(s)", 1 + 20, None),
    ("s.startsWith('000')", 1, None),
    ("s.endsWith(s)", 1 + 10, None),
    ("size(s) == 640", 1 + 1 + 10, None),
    ("size(l) == 7", 1 + 1, None),
    ("size(m) == 3", 1 + 1, None),
    ("l == l", 1 + 7 * (1 + 2), None),
    ("m == m", 1 + 3 * (1 + 4), None),
    ("r == r", 1 + (1 + 10) + (1 + 5), None),
    ("!(s in l)", 2 + 7 * (1 + 2), None),
    // Lists of literals are searched by halves.
    ("n in [1, 2]", 1 + 3 + 2, Some(1)),
    ("z in ['UTC', 'Asia/Shanghai']", 1 + 3 + 2, Some(1)),
    ("[n, n] == [1, 1]", 1 + 2 + 3 + 3, None),
    ("size(l + l) == 14", 2 + 1 + 14, None),
    ("k['a'] == 1", 4 + 1, None),
    ("'a' in k", 4, None),
    ("has(k.a)", 4, None),
    ("has(r.text)", 1, None),
    ("l[0] != 'short'", 1 + 1, None),
    ("{'a': n} == k", 1 + (1 + 4) + (1 + 4), Some(1 + (1 + 4) + 1)),
    ("double(n) == d && int(d) == n", 1 + 2 * (4 + 1), None),
    ("int(s) == n && double(s) == d", 1 + 2 * (4 + 10 + 1), None),
    ("int(t) > n && timestamp(n) < t", 1 + 2 * (4 + 1), None),
    ("string(n) == '1'", 4 + 1, None),
    (
        "t.getHours() == 1 && t.getHours(z) == 1",
        1 + (8 + 1) + (8 + 32 + 1),
        None,
    ),
    ("l.all(x, x != 'short')", 1 + 7 * 2, None),
    ("size(l.filter(x, x != 'short')) == 7", 2 + 1 + 7 * 2, None),
    (
        "size(l.map(x, x != 'a', x + 'b')) == 7",
        2 + 1 + 7 * (1 + 1 + 3),
        None,
    ),
    ("m.all(k, k != 'short')", 1 + 3 * 2, None),
    (
        "r.list.sum() == 5 && math.abs(n) == 1",
        1 + (1 + 1 + 5) + (1 + 1),
        None,
    ),
    (
        "dear(s, true) && entries(m) == 3",
        1 + (1 + 50 + 10) + (1 + 3) + 1,
        None,
    ),
];

#[test]
fn every_operation_is_reckoned_at_its_worst_and_takes_that_when_everything_is_full() {
    let arena = Arena::new();
    let (schema, context) = full(&arena);
    for (expression, most, taken) in STEPS {
        let program = schema
            .compile(expression, &[Kind::Bool])
            .unwrap_or_else(|refusal| panic!("{expression}: {refusal}"));
        assert_eq!(program.most_steps(), most, "reckoned for {expression}");
        let (outcome, steps) = program.evaluate_counted(&context).unwrap();
        assert_eq!(outcome, Outcome::Bool(true), "of {expression}");
        assert_eq!(steps, taken.unwrap_or(most), "taken by {expression}");
    }
}

#[test]
fn matching_takes_the_steps_that_are_reckoned() {
    let arena = Arena::new();
    let (schema, context) = full(&arena);
    let program = schema.compile("s.matches('^0+1$')", &[Kind::Bool]).unwrap();
    let (outcome, steps) = program.evaluate_counted(&context).unwrap();
    assert_eq!((outcome, steps), (Outcome::Bool(true), program.most_steps()));
    // One step for the operation, and a multiple of 8 for each of ten pieces of 64 bytes and what is left.
    assert_eq!((steps - 1) % (11 * 8), 0, "{steps}");
    assert!(steps > 11 * 8, "{steps}");
}

#[test]
fn a_cost_beyond_all_numbers_is_the_largest_number() {
    let nested = (0..6).fold(Type::Int, |of, _| Type::list(of, limits::MAX_LIST_LENGTH));
    let maps = (0..6).fold(Type::Int, |of, _| Type::map(of, limits::MAX_LIST_LENGTH));
    let builder = Schema::builder()
        .variable("nested", nested, "Lists.")
        .variable("maps", maps, "Maps.");
    let schema = builder.step_limit(u64::MAX).build().unwrap();
    for expression in [
        "nested == nested",
        "maps == maps",
        "nested in [nested]",
        "nested.exists(x, x == x) || nested.all(y, y == y)",
    ] {
        let program = schema.compile(expression, &[Kind::Bool]).unwrap();
        assert_eq!(program.most_steps(), u64::MAX, "of {expression}");
    }
}

#[test]
fn patterns_are_bounded_and_reckoned_by_their_size() {
    let schema = sample::schema();
    let compile = |pattern: &str| schema.compile(&format!("order.note.matches('{pattern}')"), &[Kind::Bool]);
    let small = compile("^a").unwrap().most_steps();
    let large = compile("[a-z]{50}").unwrap().most_steps();
    assert!(small < large, "{small} and {large} steps");
    assert!(compile(&"a".repeat(limits::MAX_PATTERN_BYTES)).is_ok());
    let refusal = compile(&"a".repeat(limits::MAX_PATTERN_BYTES + 1)).unwrap_err();
    assert!(
        refusal
            .to_string()
            .contains("the pattern has 501 bytes; at most 500 are allowed"),
        "{refusal}"
    );
    let refusal = compile("((a{30}){30}){30}").unwrap_err();
    assert_eq!(refusal.problems[0].kind, ProblemKind::Literal);
    assert!(
        refusal.to_string().contains("the pattern cannot be used"),
        "{refusal}"
    );
}

#[test]
fn strings_and_lists_that_would_be_too_large_are_refused() {
    let schema = Schema::builder()
        .variable("s", Type::string(limits::MAX_STRING_BYTES), "A long string.")
        .variable(
            "l",
            Type::list(Type::Int, limits::MAX_LIST_LENGTH),
            "A long list.",
        )
        .step_limit(u64::MAX)
        .build()
        .unwrap();
    let told = |expression| {
        schema
            .compile(expression, &[Kind::Bool])
            .map(|_| ())
            .map_err(|refusal| refusal.to_string())
    };
    assert_eq!(told("s + '' == s"), Ok(()));
    assert_eq!(
        told("s + 'a' == s").unwrap_err(),
        "line 1, column 1: this string may have 65537 bytes; at most 65536 are made"
    );
    assert_eq!(
        told("l + l.filter(x, false) == l").map_err(|told| told.contains("20000 elements")),
        Err(true)
    );
    assert_eq!(told("size(l) == 1"), Ok(()));
    assert_eq!(
        told("size(l + [1]) == 1").unwrap_err(),
        "line 1, column 6: this list may have 10001 elements; at most 10000 are made"
    );
    assert_eq!(
        told("{s: 1} == {'a': 1}").unwrap_err(),
        "line 1, column 2: this key may be longer than keys of maps can be; keys have at most 256 bytes"
    );
}

#[test]
fn steps_are_counted_while_evaluating_up_to_the_limit() {
    let arena = Arena::new();
    let schema = lists(&["a"], 4, 1_000);
    let program = schema.compile("a.all(x, x > 0)", &[Kind::Bool]).unwrap();
    assert_eq!(program.most_steps(), 1 + 4 * 2);
    for (elements, steps) in [(0, 1), (1, 3), (4, 9)] {
        let list = arena.list((0..elements).map(|_| Value::Int(1)));
        let context = Context::new(&schema, [("a", list)]).unwrap();
        let (_, taken) = program.evaluate_counted(&context).unwrap();
        assert_eq!(taken, steps, "with {elements} elements");
    }
}

#[test]
fn steps_that_a_function_declares_are_reckoned() {
    let dear = Function::new("dear", [Type::Int], Type::Bool, "Takes long.", |_, _| {
        Ok(Value::Bool(false))
    });
    let schema = Schema::builder()
        .function(dear.steps(900))
        .step_limit(1_000)
        .build()
        .unwrap();
    assert_eq!(
        schema.compile("dear(1)", &[Kind::Bool]).unwrap().most_steps(),
        901
    );
    let refusal = schema.compile("dear(1) || dear(2)", &[Kind::Bool]).unwrap_err();
    assert!(refusal.to_string().contains("may take 1803 steps"), "{refusal}");
}
