//! What people are told: whole messages, places in texts of several lines, several mistakes at once.

use rapport_expression::{Arena, Kind, ProblemKind};

use crate::sample::{self, SCALARS};

/// All that is told about an expression, as a person sees it.
fn told(expression: &str) -> String {
    match sample::schema().compile(expression, &[Kind::Bool]) {
        Ok(program) => panic!("{expression} is accepted and gives {}", program.gives()),
        Err(refusal) => refusal.to_string(),
    }
}

#[test]
fn a_problem_tells_place_fault_and_remedy_in_one_line() {
    for (expression, expected) in [
        (
            "order.totl > 100",
            "line 1, column 7: `order` has no field `totl`; did you mean `order.total`?",
        ),
        (
            "order.total > 99.5",
            "line 1, column 1: `>` compares values of one type; these are int and double; write `double(order.total)`",
        ),
        (
            "order.total >",
            "line 1, column 14: expected a value, a name or a bracket, found the end",
        ),
        (
            "order.lines.exists(l, l.quantity)",
            "line 1, column 23: `exists` asks a condition (bool) of each element; this is int; compare it, as in `l.quantity == …`",
        ),
    ] {
        assert_eq!(told(expression), expected, "of {expression}");
    }
}

#[test]
fn places_count_lines_and_characters() {
    let expression = "// the greeting\norder.note == 'Grüße' &&\n  order.note == 'è' && order.totl > 5";
    let refusal = sample::schema().compile(expression, &[Kind::Bool]).unwrap_err();
    let problem = &refusal.problems[0];
    assert_eq!((problem.position.line, problem.position.column), (3, 30));
    assert_eq!(
        &expression[problem.position.offset..problem.position.offset + problem.length],
        "totl"
    );
}

#[test]
fn mistakes_of_meaning_are_told_all_at_once_in_the_order_of_the_text() {
    let refusal = sample::schema()
        .compile(
            "order.totl > 1 && weather == 'fine' && size(5) > 0 || 1 + 1.5 > 2.0",
            &[Kind::Bool],
        )
        .unwrap_err();
    let columns: Vec<_> = refusal
        .problems
        .iter()
        .map(|problem| problem.position.column)
        .collect();
    assert_eq!(columns, [7, 19, 40, 55], "{refusal}");
    assert_eq!(refusal.to_string().lines().count(), 4);
}

#[test]
fn at_most_ten_mistakes_are_told() {
    let ten = ["unknown_name > 1"; 10].join(" && ");
    let eleven = format!("{ten} && unknown_name > 1");
    for expression in [ten, eleven] {
        let refusal = sample::schema().compile(&expression, &[Kind::Bool]).unwrap_err();
        assert_eq!(refusal.problems.len(), 10, "of {expression}");
    }
}

#[test]
fn what_stands_around_a_mistake_is_silent_about_it() {
    for expression in [
        "!(ordr.total)",
        "-ordr.total > 1",
        "size(ordr.lines) > 1",
        "ordr.lines.exists(l, l.quantity > 1)",
        "ordr.lines.exists(l, l.quantity > 1) ? 1 > 0 : 2 > 1",
        "ordr.lines[0].quantity > 1",
        "[ordr.total, 1] == [2]",
        "{'a': ordr.total} == {'a': 1}",
        "ordr.total in [1]",
        "1 in ordr.lines",
        "ordr.name.contains('a')",
        "ordr.unknown()",
        "has(ordr.total)",
    ] {
        let refusal = sample::schema().compile(expression, &[Kind::Bool]).unwrap_err();
        assert_eq!(refusal.problems.len(), 1, "of {expression}: {refusal}");
        assert_eq!(
            refusal.problems[0].kind,
            ProblemKind::Unknown,
            "of {expression}: {refusal}"
        );
    }
}

#[test]
fn a_result_of_another_kind_than_wanted_is_refused_with_a_way_out() {
    let schema = sample::schema();
    let refused = |expression, wanted: &[Kind]| schema.compile(expression, wanted).unwrap_err().to_string();
    assert_eq!(
        refused("order.total", &[Kind::Bool]),
        "line 1, column 1: the result must be bool; this is int; compare it with something, to have a condition"
    );
    assert_eq!(
        refused("order.total", &[Kind::Double]),
        "line 1, column 1: the result must be double; this is int; convert it: `double(order.total)`"
    );
    assert_eq!(
        refused("1.5 * 2.0", &[Kind::Int]),
        "line 1, column 1: the result must be int; this is double; convert it: `int(math.round(1.5 * 2.0))`"
    );
    assert_eq!(
        refused("order.total > 5", &[Kind::Int, Kind::Double]),
        "line 1, column 1: the result must be int or double; this is bool; choose numbers by it: `condition ? 1 : 0`"
    );
    assert_eq!(
        refused("order.lines", &[Kind::List]),
        "line 1, column 1: the result must be one value; this is list(Line)"
    );
    for expression in ["order.total", "customer.rating"] {
        assert!(
            schema.compile(expression, &[Kind::Int, Kind::Double]).is_ok(),
            "{expression}"
        );
    }
}

#[test]
fn long_parts_are_shortened_in_what_is_told() {
    let long = "order.total + order.total + order.total + order.total + order.total + order.total";
    assert_eq!(
        told(&format!("!({long})")),
        "line 1, column 3: `!` takes conditions (bool); this is int; \
         compare it, as in `order.total + order.total + order.total … l + order.total > 0`"
    );
}

#[test]
fn an_error_of_evaluation_tells_the_part_and_the_value() {
    let schema = sample::schema();
    let arena = Arena::new();
    let context = sample::context(&schema, &arena);
    for (expression, expected) in [
        (
            "1 + order.total / (2 - 2)",
            "line 1, column 5: `order.total / (2 - 2)`: division by zero",
        ),
        (
            "order.attributes['x'] == 'y'",
            "line 1, column 1: `order.attributes['x']`: the map has no such key; ask before with `key in map` ('x')",
        ),
        (
            "true &&\n order.lines[7].quantity > 1",
            "line 2, column 2: `order.lines[7]`: the list has no such element; ask before for its `size` (7)",
        ),
        (
            "order.coupon == 'X'",
            "line 1, column 1: `order.coupon`: the field has no value; ask before with `has(record.field)`",
        ),
        (
            "largest + 1",
            "line 1, column 1: `largest + 1`: the result is out of range",
        ),
        (
            "int('x' + order.id)",
            "line 1, column 1: `int('x' + order.id)`: the value cannot be converted ('xA-1')",
        ),
        (
            "refuse('why not')",
            "line 1, column 1: `refuse('why not')`: the function refused its arguments (why not)",
        ),
    ] {
        let program = schema.compile(expression, &SCALARS).unwrap();
        let error = program.evaluate(&context).unwrap_err();
        assert_eq!(error.to_string(), expected, "of {expression}");
    }
}
