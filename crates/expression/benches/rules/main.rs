//! How much processor time 500 rules take on an order of 50 lines. The budget is 1 ms.
//!
//! Every rule has a condition on the order and one on its lines, and no two rules are alike. As with real campaigns, some
//! find their line at once, most look at all 50 and find none.

mod cpu_time;

use cpu_time::CpuTime;
use criterion::{Criterion, criterion_group, criterion_main};
use rapport_expression::{Arena, Context, Kind, Program, RecordType, Schema, Type, Value};

const RULES: usize = 500;
const LINES: i64 = 50;
const CHANNELS: [&str; 3] = ["app", "web", "store"];

fn line_type() -> Type {
    RecordType::new("Line", "One line of an order.")
        .field("sku", Type::string(64), "What was bought.")
        .field("category", Type::string(64), "Its category.")
        .field("quantity", Type::Int, "How many.")
        .field("amount", Type::Int, "What it cost, in minor units.")
        .into_type()
}

fn line_value(arena: &Arena, number: i64) -> Value<'_> {
    arena.record([
        Value::String(arena.text(&format!("sku-{number}"))),
        Value::String(arena.text(&format!("category-{number:02}"))),
        Value::Int(1 + number % 3),
        Value::Int(100 * number),
    ])
}

fn schema() -> Schema {
    let order = RecordType::new("Order", "An order.")
        .field("channel", Type::string(32), "Where it was placed.")
        .field("total", Type::Int, "What it cost, in minor units.")
        .field("lines", Type::list(line_type(), 200), "Its lines.")
        .into_type();
    Schema::builder()
        .variable("order", order, "The order.")
        .build()
        .unwrap_or_else(|error| panic!("{error}"))
}

fn compile(schema: &Schema, text: &str) -> Program {
    schema
        .compile(text, &[Kind::Bool])
        .unwrap_or_else(|refusal| panic!("{text}\n{refusal}"))
}

/// `order.total >= … && order.lines.exists(…)`: the order passes, and the lines are gone through.
fn exists_rules(schema: &Schema) -> Vec<Program> {
    let text = |rule: usize| {
        let (total, category, quantity) = (rule % 90 + 1, rule % 60, rule % 4 + 1);
        format!(
            "order.total >= {total} && order.lines.exists(l, l.category == 'category-{category:02}' && l.quantity >= {quantity})"
        )
    };
    (0..RULES).map(|rule| compile(schema, &text(rule))).collect()
}

/// `order.channel in … && size(order.lines.filter(…)) >= …`: every line is gone through, and a list is made.
fn filter_rules(schema: &Schema) -> Vec<Program> {
    let text = |rule: usize| {
        let (category, size, amount) = (rule % 60, rule % 3 + 1, rule % 500);
        format!(
            "order.channel in ['app', 'web'] && size(order.lines.filter(l, l.category == 'category-{category:02}' || l.amount > {amount}00)) >= {size}"
        )
    };
    (0..RULES).map(|rule| compile(schema, &text(rule))).collect()
}

fn order<'a>(schema: &Schema, arena: &'a Arena) -> Context<'a> {
    let lines = arena.list((0..LINES).map(|number| line_value(arena, number)));
    let order = arena.record([Value::String(CHANNELS[0]), Value::Int(50 * LINES * LINES), lines]);
    Context::new(schema, [("order", order)]).unwrap_or_else(|error| panic!("{error}"))
}

/// 500 rules that speak of one line, asked for each of the 50.
fn for_each_line(criterion: &mut Criterion<CpuTime>) {
    let line = line_type();
    let schema = Schema::builder()
        .variable("line", line, "One line of the order.")
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let text = |rule: usize| {
        format!(
            "line.category == 'category-{:02}' && line.quantity >= 2",
            rule % 60
        )
    };
    let programs: Vec<_> = (0..RULES).map(|rule| compile(&schema, &text(rule))).collect();
    let arena = Arena::new();
    let lines: Vec<_> = (0..LINES).map(|number| line_value(&arena, number)).collect();
    criterion.bench_function("500_rules_of_a_line_on_50_lines", |bencher| {
        bencher.iter(|| {
            let mut count = 0;
            let mut context =
                Context::new(&schema, [("line", lines[0])]).unwrap_or_else(|error| panic!("{error}"));
            for line in &lines {
                context
                    .set("line", *line)
                    .unwrap_or_else(|error| panic!("{error}"));
                count += programs
                    .iter()
                    .filter(|program| program.holds(&context) == Ok(true))
                    .count();
            }
            count
        });
    });
}

fn rules(criterion: &mut Criterion<CpuTime>) {
    let schema = schema();
    let arena = Arena::new();
    let context = order(&schema, &arena);
    for (name, programs) in [
        ("exists", exists_rules(&schema)),
        ("filter", filter_rules(&schema)),
    ] {
        criterion.bench_function(&format!("500_{name}_rules_50_lines"), |bencher| {
            bencher.iter(|| {
                let context = std::hint::black_box(&context);
                programs
                    .iter()
                    .filter(|program| program.holds(context) == Ok(true))
                    .count()
            });
        });
    }
    for_each_line(criterion);
    criterion.bench_function("context_of_50_lines", |bencher| {
        bencher.iter(|| {
            let arena = Arena::new();
            let context = order(&schema, &arena);
            std::hint::black_box(&context);
        });
    });
    criterion.bench_function("compile_one_rule", |bencher| {
        bencher.iter(|| {
            let text =
                "order.total >= 50 && order.lines.exists(l, l.category == 'coffee' && l.quantity >= 2)";
            schema.compile(std::hint::black_box(text), &[Kind::Bool])
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = rules
}
criterion_main!(benches);
