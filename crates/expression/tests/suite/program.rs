//! What a compiled expression tells about itself, and that threads may share it.

use rapport_expression::{Arena, FaultKind, Kind, Outcome, Program, parse};

use crate::sample::{self, SCALARS};

#[test]
fn a_program_tells_its_text_its_kind_and_the_variables_that_it_reads() {
    let text = "order.lines.exists(now, now.amount > largest) || now > timestamp(0) && order.total > 5";
    let program = sample::schema().compile(text, &[Kind::Bool]).unwrap();
    assert_eq!(program.text(), text);
    assert_eq!(program.to_string(), text);
    assert_eq!(program.gives(), Kind::Bool);
    assert_eq!(
        program.variables().collect::<Vec<_>>(),
        ["order", "largest", "now"]
    );
    let debug = format!("{program:?}");
    assert!(debug.contains("order.lines") && debug.contains("Bool"), "{debug}");
}

#[test]
fn the_names_of_loops_are_no_variables() {
    for (expression, expected) in [
        ("a.map(x, x > b, x + c)", &["a", "b", "c"][..]),
        ("x.exists(x, x == y)", &["x", "y"]),
        ("a.all(x, x > 0) && x", &["a", "x"]),
        ("a.all(x, b.all(y, x == y))", &["a", "b"]),
        (
            "{a: b}[c] == f(d, e.g(h)) ? [i] : -j",
            &["a", "b", "c", "d", "e", "h", "i", "j"],
        ),
        ("has(a.b) && !c", &["a", "c"]),
        ("1 + 2 == 3", &[]),
    ] {
        assert_eq!(
            parse(expression).unwrap().variables(),
            expected,
            "of {expression}"
        );
    }
}

#[test]
fn only_an_expression_that_gives_a_bool_holds() {
    let schema = sample::schema();
    let arena = Arena::new();
    let context = sample::context(&schema, &arena);
    let compile = |text| schema.compile(text, &SCALARS).unwrap();
    assert_eq!(compile("order.total > 5").holds(&context), Ok(true));
    assert_eq!(compile("order.total < 5").holds(&context), Ok(false));
    assert_eq!(
        compile("order.total").holds(&context).unwrap_err().kind,
        FaultKind::Misfit
    );
    assert_eq!(
        compile("order.total").evaluate(&context),
        Ok(Outcome::Int(12_550))
    );
}

#[test]
fn a_result_is_shown_as_people_write_it() {
    let schema = sample::schema();
    let arena = Arena::new();
    let context = sample::context(&schema, &arena);
    for (expression, expected) in [
        ("true", "true"),
        ("1 + 1", "2"),
        ("1.0 + 1.0", "2.0"),
        ("order.id", "A-1"),
        ("order.placed_at", "2026-03-31T16:30:00Z"),
        ("stay", "180000s"),
    ] {
        let outcome = schema
            .compile(expression, &SCALARS)
            .unwrap()
            .evaluate(&context)
            .unwrap();
        assert_eq!(outcome.to_string(), expected, "of {expression}");
    }
}

#[test]
fn threads_share_a_program_and_a_context() {
    let schema = sample::schema();
    let program: Program = schema
        .compile("order.lines.exists(l, l.category + '!' == 'tea!')", &[Kind::Bool])
        .unwrap();
    let arena = Arena::new();
    let context = sample::context(&schema, &arena);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| program.holds(&context))).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Ok(true));
        }
    });
}
