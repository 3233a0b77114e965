//! What fits a schema as a context, and what does not.

use rapport_expression::{Arena, Context, FaultKind, Kind, Outcome, RecordType, Schema, Type, Value};

use crate::sample;

fn line_type() -> RecordType {
    RecordType::new("Line", "A line.")
        .field("category", Type::string(8), "Its category.")
        .optional("brand", Type::string(8), "Its brand.")
}

fn schema() -> Schema {
    Schema::builder()
        .variable("n", Type::Int, "An int.")
        .variable("lines", Type::list(line_type().into_type(), 2), "Lines.")
        .variable("notes", Type::map(Type::string(4), 2), "Notes.")
        .build()
        .unwrap()
}

/// A context that fits, but for the variable that is replaced.
fn with<'a>(schema: &Schema, arena: &'a Arena, name: &str, value: Value<'a>) -> Result<(), String> {
    let line = arena.record(["tea".into(), Value::Absent]);
    let mut variables = vec![
        ("n", Value::Int(1)),
        ("lines", arena.list([line, line])),
        ("notes", arena.map([("a", "1234".into()), ("b", "".into())])),
    ];
    for variable in &mut variables {
        if variable.0 == name {
            variable.1 = value;
        }
    }
    Context::new(schema, variables)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

#[test]
fn a_value_that_does_not_fit_is_refused_with_its_path() {
    let schema = schema();
    let arena = Arena::new();
    let line = |category: &'static str, brand: Value<'static>| arena.record([category.into(), brand]);
    let good = line("12345678", "12345678".into());
    let cases = [
        ("n", Value::Int(2), None),
        ("n", Value::Double(1.0), Some("`n`: is no int")),
        ("n", Value::Absent, Some("`n`: has no value")),
        ("lines", arena.list([]), None),
        ("lines", arena.list([good, good]), None),
        (
            "lines",
            arena.list([good, good, good]),
            Some("`lines`: has 3 elements; at most 2 are declared"),
        ),
        ("lines", Value::Int(1), Some("`lines`: is no list(Line)")),
        (
            "lines",
            arena.list([Value::Int(1)]),
            Some("`lines[0]`: is no Line"),
        ),
        (
            "lines",
            arena.list([good, line("123456789", Value::Absent)]),
            Some("`lines[1].category`: has 9 bytes; at most 8 are declared"),
        ),
        (
            "lines",
            arena.list([line("x", Value::Int(1))]),
            Some("`lines[0].brand`: is no string"),
        ),
        (
            "lines",
            arena.list([arena.record([Value::Absent, Value::Absent])]),
            Some("`lines[0].category`: has no value"),
        ),
        (
            "lines",
            arena.list([arena.record(["x".into()])]),
            Some("`lines[0]`: has 1 fields; Line has 2"),
        ),
        ("notes", arena.map([]), None),
        (
            "notes",
            arena.map([("a", "".into()), ("b", "".into()), ("c", "".into())]),
            Some("`notes`: has 3 entries; at most 2 are declared"),
        ),
        (
            "notes",
            arena.map([("a", "12345".into())]),
            Some("`notes['a']`: has 5 bytes; at most 4 are declared"),
        ),
        (
            "notes",
            Value::Map(&[("b", Value::String("")), ("a", Value::String(""))]),
            Some("`notes`: the keys do not ascend"),
        ),
        (
            "notes",
            Value::Map(&[("a", Value::String("")), ("a", Value::String(""))]),
            Some("`notes`: the keys do not ascend"),
        ),
    ];
    for (name, value, expected) in cases {
        let result = with(&schema, &arena, name, value);
        let expected = expected.map(|message| format!("the context of expressions is wrong at {message}"));
        assert_eq!(result.err(), expected, "{name} = {value:?}");
    }
}

#[test]
fn keys_have_at_most_256_bytes() {
    let schema = schema();
    let arena = Arena::new();
    let (longest, longer) = ("k".repeat(256), "k".repeat(257));
    assert_eq!(
        with(
            &schema,
            &arena,
            "notes",
            arena.map([(longest.as_str(), "".into())])
        ),
        Ok(())
    );
    let error = with(
        &schema,
        &arena,
        "notes",
        arena.map([(longer.as_str(), "".into())]),
    )
    .unwrap_err();
    assert!(
        error.ends_with("has 257 bytes in a key; at most 256 are declared"),
        "{error}"
    );
}

#[test]
fn variables_are_those_of_the_schema_and_all_of_them() {
    let schema = Schema::builder()
        .variable("a", Type::Int, "An int.")
        .variable("b", Type::Int, "An int.")
        .build()
        .unwrap();
    let told = |variables: &[(&str, Value<'static>)]| {
        Context::new(&schema, variables.iter().copied())
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(told(&[("b", Value::Int(1)), ("a", Value::Int(1))]), Ok(()));
    assert_eq!(
        told(&[("a", Value::Int(1))]).unwrap_err(),
        "the context of expressions is wrong at `b`: has no value"
    );
    assert_eq!(
        told(&[("a", Value::Int(1)), ("c", Value::Int(1))]).unwrap_err(),
        "the context of expressions is wrong at `c`: is not declared"
    );
}

#[test]
fn a_variable_can_be_given_another_value_of_its_type() {
    let schema = Schema::builder()
        .variable("a", Type::Int, "An int.")
        .variable("b", Type::Int, "An int.")
        .build()
        .unwrap();
    let program = schema.compile("a * 10 + b", &[Kind::Int]).unwrap();
    let mut context = Context::new(&schema, [("a", Value::Int(1)), ("b", Value::Int(2))]).unwrap();
    let mut gives = |name: &str, value| {
        let set = context.set(name, value).map_err(|error| error.to_string());
        (set, program.evaluate(&context).unwrap())
    };
    assert_eq!(gives("b", Value::Int(5)), (Ok(()), Outcome::Int(15)));
    assert_eq!(gives("a", Value::Int(7)), (Ok(()), Outcome::Int(75)));
    let wrong = |message: &str| Err(format!("the context of expressions is wrong at {message}"));
    assert_eq!(
        gives("a", Value::Bool(true)),
        (wrong("`a`: is no int"), Outcome::Int(75))
    );
    assert_eq!(
        gives("c", Value::Int(1)),
        (wrong("`c`: is not declared"), Outcome::Int(75))
    );
    assert_eq!(
        gives("a", Value::Absent),
        (wrong("`a`: has no value"), Outcome::Int(75))
    );
}

#[test]
fn a_record_is_made_of_fields_by_name() {
    let arena = Arena::new();
    let line = line_type();
    let made = line.record(&arena, [("category", Value::from("tea"))]).unwrap();
    assert_eq!(made, Value::Record(&[Value::String("tea"), Value::Absent]));
    let made = line
        .record(
            &arena,
            [("brand", Value::from("x")), ("category", Value::from("tea"))],
        )
        .unwrap();
    assert_eq!(made, Value::Record(&[Value::String("tea"), Value::String("x")]));
    let error = line.record(&arena, [("colour", Value::from("red"))]).unwrap_err();
    assert_eq!(
        (error.path.as_str(), error.message.as_str()),
        ("Line.colour", "is not declared")
    );
}

#[test]
fn a_context_belongs_to_its_schema() {
    let (one, other) = (sample::schema(), sample::schema());
    let arena = Arena::new();
    let program = one.compile("order.total > 1", &[Kind::Bool]).unwrap();
    assert_eq!(program.holds(&sample::context(&one, &arena)), Ok(true));
    assert_eq!(
        program.holds(&sample::context(&one.clone(), &arena)),
        Ok(true),
        "a copy is the same schema"
    );
    let error = program.holds(&sample::context(&other, &arena)).unwrap_err();
    assert_eq!(error.kind, FaultKind::OtherSchema);
}
