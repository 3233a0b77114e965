//! What holds for every text, and for every expression that makes sense.

use proptest::prelude::*;
use rapport_expression::{Arena, Context, Outcome, ProblemKind, parse, syntax::Expression};

use crate::{
    generator::{self, SplitMix},
    model::{self, Model},
    sample::{self, SCALARS},
    writer::{Wanted, Writer},
};

/// What an expression is, whatever its places in the text.
pub(crate) fn without_places(expression: &Expression) -> String {
    let shown = format!("{expression:?}");
    let mut pieces = shown.split("Span {");
    let mut bare = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        bare.push_str(piece.split_once('}').map_or("", |(_, rest)| rest));
    }
    bare
}

/// Reads, compiles and evaluates; what can be read must read the same when it is printed.
fn survive(text: &str) {
    if let Ok(parsed) = parse(text) {
        let printed = parsed.to_string();
        match parse(&printed) {
            Ok(again) => assert_eq!(
                without_places(&again),
                without_places(&parsed),
                "{text} is printed as {printed}"
            ),
            // Brackets and spaces that are put in can make it too long or too deep.
            Err(refusal) => {
                assert_eq!(
                    refusal.problems[0].kind,
                    ProblemKind::Limit,
                    "{text} is printed as {printed}: {refusal}"
                );
            }
        }
    }
    let schema = sample::schema();
    match schema.compile(text, &SCALARS) {
        Ok(program) => {
            let arena = Arena::new();
            let context = sample::context(&schema, &arena);
            if let Ok((_, steps)) = program.evaluate_counted(&context) {
                assert!(
                    steps <= program.most_steps(),
                    "{text} took {steps} of {} steps",
                    program.most_steps()
                );
            }
        }
        Err(refusal) => {
            assert!(
                !refusal.problems.is_empty(),
                "{text} is refused without a problem"
            );
            for problem in &refusal.problems {
                let end = problem.position.offset + problem.length;
                assert!(end <= text.len(), "{text}: {problem:?} ends beyond the text");
            }
        }
    }
}

const TOKENS: [&str; 78] = [
    "order",
    "customer",
    "now",
    "stay",
    "matrix",
    "empty",
    "largest",
    "nan",
    "x",
    "l",
    "lines",
    "total",
    "coupon",
    "category",
    "quantity",
    "attributes",
    "scores",
    ".",
    ".",
    ".",
    "(",
    "(",
    ")",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "?",
    "+",
    "-",
    "*",
    "/",
    "%",
    "!",
    "&&",
    "||",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    " in ",
    "1",
    "0",
    "2.5",
    "'a'",
    "'gift'",
    "true",
    "false",
    "null",
    "has(",
    "size(",
    "int(",
    "double(",
    "string(",
    "timestamp(",
    "duration(",
    "math.round(",
    "exists(x,",
    "all(l,",
    "filter(x,",
    "map(x,",
    "exists_one(x,",
    "contains(",
    "matches('",
    "getHours(",
    "order.total",
    "order.lines",
    "[1, 2]",
    "x > 1",
    "//",
    "\n",
    "r'",
    "\\",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_of_random_bytes_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_text_of_random_characters_makes_it_panic(text in r#"[a-c0-9.'"\\rub!&|?:(){}\[\]<>=+\-*/% \n_,é😀]{0,80}"#) {
        survive(&text);
    }

    #[test]
    fn no_sequence_of_random_tokens_makes_it_panic(tokens in prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..40)) {
        survive(&tokens.concat());
        survive(&tokens.join(" "));
    }
}

#[test]
fn no_small_change_of_an_expression_makes_it_panic() {
    let mut random = SplitMix(4);
    for _ in 0..3_000 {
        let wanted = random.one_of(&[Wanted::Bool, Wanted::Int, Wanted::String]);
        let mut text: Vec<char> = Writer::new(&mut random).expression(wanted, 4).chars().collect();
        for _ in 0..=random.below(3) {
            let at = random.below(text.len());
            match random.below(3) {
                0 => {
                    text.remove(at);
                }
                1 => text.insert(
                    at,
                    random.one_of(&['(', ')', '.', '!', '\'', '?', '-', '1', ' ', '\\', 'é']),
                ),
                _ => text.swap(at, 0),
            }
            if text.is_empty() {
                break;
            }
        }
        survive(&text.into_iter().collect::<String>());
    }
}

/// Whether what was evaluated is what the model says; a NaN is like a NaN.
fn same(outcome: &Outcome, model: &Model) -> bool {
    match (outcome, model) {
        (Outcome::Bool(left), Model::Bool(right)) => left == right,
        (Outcome::Int(left), Model::Int(right)) => left == right,
        (Outcome::Double(left), Model::Double(right)) => {
            left.to_bits() == right.to_bits() || left.is_nan() && right.is_nan()
        }
        (Outcome::String(left), Model::String(right)) => left == right,
        (Outcome::Timestamp(left), Model::Moment(right)) => left.as_nanosecond() == *right,
        (Outcome::Duration(left), Model::Span(right)) => left.as_nanos() == *right,
        _ => false,
    }
}

#[test]
fn what_is_compiled_gives_what_the_naive_model_gives() {
    const CASES: u64 = 30_000;
    let schema = generator::schema();
    let (mut values, mut faults, mut refused) = (0, 0, 0);
    for seed in 0..CASES {
        let mut random = SplitMix(seed);
        let arena = Arena::new();
        let variables = generator::variables(&arena, &mut random);
        let wanted = random.one_of(&[
            Wanted::Bool,
            Wanted::Bool,
            Wanted::Int,
            Wanted::Double,
            Wanted::String,
            Wanted::Moment,
            Wanted::Span,
        ]);
        let levels = 1 + random.below(5);
        let text = Writer::new(&mut random).expression(wanted, levels);
        let program = match schema.compile(&text, &SCALARS) {
            Ok(program) => program,
            Err(refusal) => {
                let kind = refusal.problems[0].kind;
                assert_eq!(
                    kind,
                    ProblemKind::Limit,
                    "seed {seed}: {text} is refused: {refusal}"
                );
                refused += 1;
                continue;
            }
        };
        let declared = schema.variables();
        let mut names: Vec<_> = declared
            .iter()
            .map(|variable| {
                let (_, value) = variables.iter().find(|(name, _)| *name == variable.name).unwrap();
                (variable.name.clone(), Model::of(value, &variable.of))
            })
            .collect();
        let expected = model::evaluate(&parse(&text).unwrap(), &mut names);
        let context = Context::new(&schema, variables.iter().copied()).unwrap();
        match (program.evaluate_counted(&context), expected) {
            (Ok((outcome, steps)), Ok(model)) => {
                assert!(
                    same(&outcome, &model),
                    "seed {seed}: {text}\n gives {outcome:?}\n model {model:?}\n {variables:?}"
                );
                assert!(
                    steps <= program.most_steps(),
                    "seed {seed}: {text} took {steps} of {}",
                    program.most_steps()
                );
                values += 1;
            }
            (Err(error), Err(fault)) => {
                assert_eq!(
                    error.kind, fault,
                    "seed {seed}: {text}\n gives {error}\n {variables:?}"
                );
                faults += 1;
            }
            (result, expected) => {
                panic!("seed {seed}: {text}\n gives {result:?}\n model {expected:?}\n {variables:?}")
            }
        }
    }
    assert!(
        values > CASES / 2 && faults > CASES / 20,
        "{values} values, {faults} faults: the cases say too little"
    );
    assert!(refused < CASES / 20, "{refused} of {CASES} were refused");
}

#[test]
fn what_is_printed_gives_the_same_value() {
    let schema = generator::schema();
    for seed in 0..5_000 {
        let mut random = SplitMix(seed);
        let arena = Arena::new();
        let variables = generator::variables(&arena, &mut random);
        let context = Context::new(&schema, variables.iter().copied()).unwrap();
        let text = Writer::new(&mut random).expression(Wanted::Bool, 4);
        let printed = parse(&text).unwrap().to_string();
        let (Ok(first), Ok(second)) = (
            schema.compile(&text, &SCALARS),
            schema.compile(&printed, &SCALARS),
        ) else {
            continue;
        };
        let kinds = [first, second].map(|program| program.evaluate(&context).map_err(|error| error.kind));
        assert_eq!(kinds[0], kinds[1], "seed {seed}: {text} is printed as {printed}");
    }
}
