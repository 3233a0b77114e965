//! The schema and the context that the tables speak of.

use jiff::{SignedDuration, Timestamp};
use rapport_expression::{Arena, Context, Function, Kind, RecordType, Schema, SchemaBuilder, Type, Value};

/// Every kind of value that an expression may give.
pub(crate) const SCALARS: [Kind; 6] = [
    Kind::Bool,
    Kind::Int,
    Kind::Double,
    Kind::String,
    Kind::Timestamp,
    Kind::Duration,
];

pub(crate) fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn line_type() -> Type {
    RecordType::new("Line", "One line of an order.")
        .field("sku", Type::string(32), "What was bought.")
        .field("category", Type::string(32), "Its category.")
        .field("quantity", Type::Int, "How many.")
        .field("amount", Type::Int, "What it cost, in minor units.")
        .field("weight", Type::Double, "Kilograms.")
        .field("tags", Type::list(Type::string(32), 10), "Marks of the product.")
        .optional("brand", Type::string(32), "Whose product it is.")
        .into_type()
}

fn address_type() -> Type {
    RecordType::new("Address", "Where somebody lives or works.")
        .field("city", Type::string(64), "The city.")
        .optional("postcode", Type::string(16), "The postcode.")
        .into_type()
}

fn order_type() -> Type {
    RecordType::new("Order", "An order.")
        .field("id", Type::string(32), "Its number.")
        .field(
            "channel",
            Type::string(16),
            "Where it was placed: app, web or store.",
        )
        .field("total", Type::Int, "What it cost, in minor units.")
        .field("placed_at", Type::Timestamp, "When it was placed.")
        .field("lines", Type::list(line_type(), 50), "Its lines.")
        .optional("coupon", Type::string(32), "The coupon that was used.")
        .field("note", Type::string(200), "What the customer wrote.")
        .field("attributes", Type::map(Type::string(32), 10), "Anything else.")
        .optional("extra", Type::map(Type::string(32), 10), "What a partner sent.")
        .into_type()
}

fn customer_type() -> Type {
    RecordType::new("Customer", "Who ordered.")
        .field("tier", Type::string(16), "The tier.")
        .field("points", Type::Int, "Available points.")
        .field("member", Type::Bool, "Whether it is a member.")
        .optional(
            "birth_date",
            Type::Timestamp,
            "Midnight of the day of birth, in the program's time zone.",
        )
        .optional("home", address_type(), "Where the customer lives.")
        .optional("work", address_type(), "Where the customer works.")
        .field("segments", Type::list(Type::string(32), 20), "The segments.")
        .field("scores", Type::map(Type::Int, 10), "Answers by question.")
        .field("rating", Type::Double, "Mean rating given.")
        .into_type()
}

/// What the examples of the user page speak of.
pub(crate) fn example() -> SchemaBuilder {
    Schema::builder()
        .variable("order", order_type(), "The order.")
        .variable("customer", customer_type(), "The customer.")
        .variable("now", Type::Timestamp, "When the rule is asked.")
        .variable("zone", Type::string(64), "The program's time zone.")
}

/// What the tables speak of.
pub(crate) fn schema() -> Schema {
    example()
        .variable("stay", Type::Duration, "How long the guest stayed.")
        .variable(
            "matrix",
            Type::list(Type::list(Type::Int, 5), 5),
            "Numbers in rows.",
        )
        .variable("empty", Type::list(Type::Int, 5), "No numbers.")
        .variable("largest", Type::Int, "The largest int.")
        .variable("smallest", Type::Int, "The smallest int.")
        .variable("nan", Type::Double, "Not a number.")
        .function(Function::new(
            "daysBetween",
            [Type::Timestamp, Type::Timestamp],
            Type::Int,
            "Whole days from the first to the second.",
            |arguments, _| match arguments {
                [Value::Timestamp(first), Value::Timestamp(second)] => {
                    Ok(Value::Int(second.duration_since(*first).as_hours() / 24))
                }
                _ => Err("two timestamps were declared".to_owned()),
            },
        ))
        .function(Function::new(
            "refuse",
            [Type::string(32)],
            Type::Int,
            "Always an error.",
            |arguments, _| match arguments {
                [Value::String(message)] => Err((*message).to_owned()),
                _ => Err("a string was declared".to_owned()),
            },
        ))
        .function(Function::new(
            "tooLong",
            [Type::string(32)],
            Type::string(10),
            "Too long.",
            |_, arena| Ok(Value::String(arena.text(&"x".repeat(300)))),
        ))
        .build()
        .unwrap()
}

fn line<'a>(
    arena: &'a Arena,
    names: [&'a str; 2],
    numbers: [i64; 2],
    weight: f64,
    tags: &[&'a str],
    brand: Option<&'a str>,
) -> Value<'a> {
    arena.record([
        names[0].into(),
        names[1].into(),
        numbers[0].into(),
        numbers[1].into(),
        weight.into(),
        arena.list(tags.iter().copied().map(Value::String)),
        brand.into(),
    ])
}

/// The context of the tables and examples: values for those of these variables that the schema declares.
pub(crate) fn context<'a>(schema: &Schema, arena: &'a Arena) -> Context<'a> {
    let lines = arena.list([
        line(
            arena,
            ["C1", "coffee"],
            [2, 7_000],
            0.5,
            &["hot", "new"],
            Some("Harbour"),
        ),
        line(arena, ["T1", "tea"], [1, 2_550], 0.1, &[], None),
        line(
            arena,
            ["B7", "bread"],
            [3, 3_000],
            1.2,
            &["fresh"],
            Some("Miller"),
        ),
    ]);
    let order = arena.record([
        "A-1".into(),
        "app".into(),
        12_550.into(),
        moment("2026-03-31T16:30:00Z").into(),
        lines,
        Value::Absent,
        "Grüße aus Köln".into(),
        arena.map([("gift", "yes".into()), ("table", "12".into())]),
        Value::Absent,
    ]);
    let customer = arena.record([
        "gold".into(),
        320.into(),
        true.into(),
        moment("1990-02-28T16:00:00Z").into(),
        arena.record(["Shanghai".into(), Value::Absent]),
        Value::Absent,
        arena.list(["vip".into(), "app".into()]),
        arena.map([("visits", 12.into()), ("nps", 9.into())]),
        4.5.into(),
    ]);
    let row = |numbers: &[i64]| arena.list(numbers.iter().copied().map(Value::Int));
    let variables = [
        ("order", order),
        ("customer", customer),
        ("now", moment("2026-04-01T02:00:00Z").into()),
        ("zone", "Asia/Shanghai".into()),
        ("stay", SignedDuration::from_hours(50).into()),
        ("matrix", arena.list([row(&[1, 2]), row(&[3]), row(&[])])),
        ("empty", row(&[])),
        ("largest", i64::MAX.into()),
        ("smallest", i64::MIN.into()),
        ("nan", f64::NAN.into()),
    ];
    let is_declared = |name: &str| schema.variables().iter().any(|variable| variable.name == name);
    Context::new(
        schema,
        variables.into_iter().filter(|(name, _)| is_declared(name)),
    )
    .unwrap()
}
