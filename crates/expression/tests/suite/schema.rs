//! What can be declared, what cannot, and what is told about it.

use rapport_expression::{Arena, Function, Kind, RecordType, Schema, SchemaBuilder, Type, Value, limits};

use crate::sample;

fn function(name: &str, parameters: &[Type]) -> Function {
    Function::new(name, parameters.to_vec(), Type::Int, "One.", |_, _| {
        Ok(Value::Int(1))
    })
}

fn refused(builder: SchemaBuilder) -> String {
    builder
        .build()
        .map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
}

/// Each schema gives what is expected: `accepted`, or what it is refused with.
fn all_give(cases: impl IntoIterator<Item = (SchemaBuilder, &'static str)>) {
    for (index, (builder, expected)) in cases.into_iter().enumerate() {
        let expected = match expected {
            "accepted" => expected.to_owned(),
            _ => format!("the schema of expressions is wrong: {expected}"),
        };
        assert_eq!(refused(builder), expected, "case {index}");
    }
}

#[test]
fn variables_and_fields_that_contradict_each_other_are_refused() {
    let empty = Schema::builder;
    let int = |name: &str| empty().variable(name, Type::Int, "An int.");
    let record = |name: &str| {
        RecordType::new("R", "A record.")
            .field("a", Type::Int, "")
            .field(name, Type::Int, "")
    };
    all_give([
        (int("a"), "accepted"),
        (int("_a1"), "accepted"),
        (int("1a"), "`1a` is no name for a variable"),
        (int(""), "`` is no name for a variable"),
        (int("a-b"), "`a-b` is no name for a variable"),
        (int("größe"), "`größe` is no name for a variable"),
        (int("in"), "`in` is no name for a variable"),
        (int("null"), "`null` is no name for a variable"),
        (
            int("a").variable("a", Type::Bool, ""),
            "variable `a` is declared twice",
        ),
        (empty().variable("r", record("b").into_type(), ""), "accepted"),
        (
            empty().variable("r", record("a").into_type(), ""),
            "field `r.a` is declared twice",
        ),
        (
            empty().variable("r", record("b c").into_type(), ""),
            "`b c` is no name for a field",
        ),
        (
            empty().variable("rs", Type::list(record("a").into_type(), 5), ""),
            "field `rs[].a` is declared twice",
        ),
        (
            empty().variable("s", Type::string(limits::MAX_STRING_BYTES), ""),
            "accepted",
        ),
        (
            empty().variable("s", Type::string(limits::MAX_STRING_BYTES + 1), ""),
            "`s` may have a string of 65537 bytes; at most 65536 are allowed",
        ),
        (
            empty().variable("l", Type::list(Type::Int, limits::MAX_LIST_LENGTH), ""),
            "accepted",
        ),
        (
            empty().variable("l", Type::list(Type::Int, limits::MAX_LIST_LENGTH + 1), ""),
            "`l` may have 10001 elements; at most 10000 are allowed",
        ),
        (
            empty().variable("m", Type::map(Type::list(Type::Int, 10_001), 1), ""),
            "`m` may have 10001 elements; at most 10000 are allowed",
        ),
    ]);
}

#[test]
fn records_of_one_name_have_the_same_fields() {
    let record = |name: &str| {
        RecordType::new(name, "A record.")
            .field("a", Type::Int, "")
            .field("b", Type::Bool, "")
    };
    let beside = |other: RecordType| {
        let inner = RecordType::new("Outer", "").field("inner", Type::list(other.into_type(), 5), "");
        Schema::builder()
            .variable("one", record("R").into_type(), "")
            .variable("other", inner.into_type(), "")
    };
    let refused = "two records with different fields are called `R`";
    let swapped = RecordType::new("R", "")
        .field("b", Type::Bool, "")
        .field("a", Type::Int, "");
    let of_other_type = RecordType::new("R", "")
        .field("a", Type::Int, "")
        .field("b", Type::Int, "");
    let optional = RecordType::new("R", "")
        .field("a", Type::Int, "")
        .optional("b", Type::Bool, "");
    let of_function = Function::new(
        "f",
        [record("R").field("c", Type::Int, "").into_type()],
        Type::Int,
        "",
        |_, _| Ok(Value::Int(1)),
    );
    all_give([
        (beside(record("R")), "accepted"),
        (beside(record("S").field("c", Type::Int, "")), "accepted"),
        (beside(record("R").field("c", Type::Int, "")), refused),
        (beside(swapped), refused),
        (beside(of_other_type), refused),
        (beside(optional), refused),
        (beside(record("R")).function(of_function), refused),
    ]);
}

#[test]
fn functions_that_contradict_each_other_are_refused() {
    let empty = Schema::builder;
    let int = |name: &str| empty().variable(name, Type::Int, "An int.");
    all_give([
        (empty().function(function("f", &[])), "accepted"),
        (empty().function(function("a.b.c", &[])), "accepted"),
        (
            empty()
                .function(function("f", &[]))
                .function(function("f", &[Type::Int])),
            "accepted",
        ),
        (
            empty()
                .function(function("f", &[Type::string(1)]))
                .function(function("f", &[Type::string(2)])),
            "function `f(string)` is declared already",
        ),
        (
            empty()
                .function(function("f", &[Type::Int]))
                .function(function("f", &[Type::Int]).as_method()),
            "accepted",
        ),
        (
            empty().function(function("size", &[])),
            "function `size()` is declared already",
        ),
        (
            empty().function(function("exists", &[])),
            "function `exists()` is declared already",
        ),
        (
            empty().function(function("has", &[])),
            "function `has()` is declared already",
        ),
        (
            empty().function(function("math.abs", &[Type::Int])),
            "function `math.abs(int)` is declared already",
        ),
        (
            empty().function(function("a.", &[])),
            "`` is no name for a function",
        ),
        (
            int("a").function(function("a.b", &[])),
            "function `a.b` would be a field of the variable `a`",
        ),
        (
            int("math"),
            "function `math.round` would be a field of the variable `math`",
        ),
        (
            empty().function(function("f", &[]).as_method()),
            "method `f` needs a simple name and something that it is called on",
        ),
        (
            empty().function(function("f.g", &[Type::Int]).as_method()),
            "method `f.g` needs a simple name and something that it is called on",
        ),
        (
            empty().function(function("f", &[Type::list(Type::Int, 10_001)])),
            "`f(list(int))` may have 10001 elements; at most 10000 are allowed",
        ),
    ]);
}

#[test]
fn entries_list_every_variable_and_field_with_its_type_and_meaning() {
    let entries = sample::schema().entries();
    let find = |path: &str| {
        entries
            .iter()
            .find(|entry| entry.path == path)
            .unwrap_or_else(|| panic!("no {path} in {entries:#?}"))
    };
    let category = find("order.lines[].category");
    assert_eq!(
        (category.of.as_str(), category.at_most, category.optional),
        ("string", Some(32), false)
    );
    assert_eq!(category.meaning, "Its category.");
    assert!(find("customer.home").optional);
    assert!(find("customer.home.postcode").optional);
    assert_eq!(find("order.lines").of, "list(Line)");
    assert_eq!(find("customer.scores").of, "map(string, int)");
    assert_eq!(find("matrix").of, "list(list(int))");
    assert_eq!(find("now").at_most, None);
    assert_eq!(
        entries
            .iter()
            .filter(|entry| entry.path.starts_with("order."))
            .count(),
        16
    );
    assert_eq!(entries[0].path, "order", "in the order of the declarations");
}

#[test]
fn tables_have_a_row_for_every_entry() {
    let schema = Schema::builder()
        .variable("points", Type::Int, "Available points.")
        .variable(
            "order",
            RecordType::new("Order", "An order.")
                .optional("coupon", Type::string(32), "The coupon.")
                .into_type(),
            "The order.",
        )
        .function(function("one", &[Type::Bool, Type::list(Type::Int, 5)]))
        .build()
        .unwrap();
    assert_eq!(
        schema.context_table(),
        "| name | type | meaning |\n|---|---|---|\n\
         | `points` | int | Available points. |\n\
         | `order` | Order | The order. |\n\
         | `order.coupon` | string, at most 32, optional | The coupon. |\n"
    );
    let functions = schema.function_table();
    assert!(
        functions.starts_with("| function | gives | meaning |\n|---|---|---|\n| `size(string)` | int |"),
        "{functions}"
    );
    assert!(
        functions.contains("| `string.contains(string)` | bool |"),
        "{functions}"
    );
    assert!(
        functions.ends_with("| `one(bool, list(int))` | int | One. |\n"),
        "{functions}"
    );
    assert_eq!(functions.lines().count(), 2 + schema.function_entries().len());
}

#[test]
fn functions_are_chosen_by_their_parameters() {
    let give = |name: &str, of: Type, number: i64| {
        Function::new(name, [of], Type::Int, "A number.", move |_, _| {
            Ok(Value::Int(number))
        })
    };
    let schema = Schema::builder()
        .variable("l", Type::list(Type::Int, 5), "Ints.")
        .function(give("f", Type::Int, 1))
        .function(give("f", Type::Double, 2))
        .function(give("f", Type::list(Type::Int, 5), 3))
        .function(give("f", Type::list(Type::Bool, 5), 4))
        .function(give("f", Type::Int, 5).as_method())
        .function(give("deep.space.f", Type::Int, 6))
        .build()
        .unwrap();
    let arena = Arena::new();
    let context = rapport_expression::Context::new(&schema, [("l", arena.list([]))]).unwrap();
    for (expression, expected) in [
        ("f(1)", 1),
        ("f(1.5)", 2),
        ("f(l)", 3),
        ("f([true])", 4),
        ("(1).f()", 5),
        ("deep.space.f(1)", 6),
    ] {
        let program = schema
            .compile(expression, &[Kind::Int])
            .unwrap_or_else(|refusal| panic!("{expression}: {refusal}"));
        let value = program.evaluate(&context).unwrap();
        assert_eq!(value, rapport_expression::Outcome::Int(expected), "{expression}");
    }
    let refusal = schema.compile("f('a')", &[Kind::Int]).unwrap_err();
    assert_eq!(
        refusal.problems[0].message,
        "`f(string)` is no way to call it: `f(int)`, `f(double)`, `f(list(int))`, `f(list(bool))`"
    );
    // A variable of a loop hides the functions of its name.
    let refusal = schema
        .compile("[1].map(deep, deep.space.f(1))[0]", &[Kind::Int])
        .unwrap_err();
    assert!(
        refusal.to_string().contains("`deep` is int, which has no fields"),
        "{refusal}"
    );
}

#[test]
fn what_a_function_gives_must_have_the_declared_type() {
    let schema = Schema::builder()
        .function(Function::new("wrong", [], Type::Int, "Gives a bool.", |_, _| {
            Ok(Value::Bool(true))
        }))
        .build()
        .unwrap();
    let context = rapport_expression::Context::new(&schema, []).unwrap();
    let error = schema
        .compile("wrong()", &[Kind::Int])
        .unwrap()
        .evaluate(&context)
        .unwrap_err();
    assert_eq!(error.detail.as_deref(), Some("what it gives is no int"));
}

#[test]
fn functions_may_make_values_in_the_arena() {
    let words = Function::new(
        "words",
        [Type::string(32)],
        Type::list(Type::string(32), 32),
        "Words.",
        |arguments, arena| {
            let [Value::String(text)] = arguments else {
                return Err("a string was declared".to_owned());
            };
            Ok(arena.list(
                text.split(' ')
                    .map(|word| Value::String(arena.text(word)))
                    .collect::<Vec<_>>(),
            ))
        },
    );
    let schema = Schema::builder().function(words.as_method()).build().unwrap();
    let context = rapport_expression::Context::new(&schema, []).unwrap();
    let program = schema
        .compile("'a fine day'.words().exists(w, w == 'fine')", &[Kind::Bool])
        .unwrap();
    assert_eq!(program.holds(&context), Ok(true));
}
