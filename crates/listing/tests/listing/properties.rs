//! Properties that hold for every filter and every list.

use proptest::prelude::*;
use rapport_listing::{Direction, Expression, Operator, Value};

use crate::{FIELDS, Row, SCHEMA, STATES, compare, comparison, field, holds, key};

const ORDERED: [Operator; 6] = [
    Operator::Equal,
    Operator::NotEqual,
    Operator::Less,
    Operator::LessOrEqual,
    Operator::Greater,
    Operator::GreaterOrEqual,
];

fn operator(count: usize) -> impl Strategy<Value = Operator> {
    prop::sample::select(&ORDERED[..count])
}

fn any_comparison() -> impl Strategy<Value = Expression> {
    let text_operator = prop_oneof![operator(6), Just(Operator::Contains)];
    let text = proptest::collection::vec(
        any::<char>().prop_filter("not zero", |character| *character != '\0'),
        0..12,
    );
    // The range of the years 0 to 9998, which RFC 3339 can write with any offset.
    let microseconds = -62_167_219_200_000_000_i64..253_370_764_800_000_000;
    prop_oneof![
        (text_operator, text).prop_map(|(operator, text)| {
            comparison("name", operator, Value::Text(text.into_iter().collect()))
        }),
        (operator(6), any::<i64>())
            .prop_map(|(operator, number)| { comparison("amount", operator, Value::Integer(number)) }),
        (
            operator(6),
            any::<f64>().prop_filter("finite", |number| number.is_finite())
        )
            .prop_map(|(operator, number)| comparison("score", operator, Value::Decimal(number))),
        (operator(2), any::<bool>()).prop_map(|(operator, boolean)| comparison(
            "done",
            operator,
            Value::Boolean(boolean)
        )),
        (operator(6), microseconds)
            .prop_map(|(operator, number)| { comparison("create_time", operator, Value::Timestamp(number)) }),
        (operator(6), -719_528..2_932_896_i32).prop_map(|(operator, days)| comparison(
            "birth_date",
            operator,
            Value::Date(days)
        )),
        (operator(2), prop::sample::select(STATES)).prop_map(|(operator, name)| comparison(
            "state",
            operator,
            Value::Enumeration(name)
        )),
    ]
}

fn any_expression() -> impl Strategy<Value = Expression> {
    any_comparison().prop_recursive(4, 16, 3, |part| {
        let parts = proptest::collection::vec(part.clone(), 2..4);
        prop_oneof![
            parts.clone().prop_map(Expression::And),
            parts.prop_map(Expression::Or),
            part.prop_map(|part| Expression::Not(Box::new(part))),
        ]
    })
}

fn comparisons(expression: &Expression) -> usize {
    match expression {
        Expression::And(parts) | Expression::Or(parts) => parts.iter().map(comparisons).sum(),
        Expression::Not(part) => comparisons(part),
        Expression::Comparison(_) => 1,
    }
}

/// Fragments of the language in any sequence reach deeper into the parser than random characters do.
fn any_fragments() -> impl Strategy<Value = String> {
    let fragments = prop::sample::select(vec![
        "name",
        "amount",
        "state",
        "create_time",
        "birth_date",
        " ",
        "(",
        ")",
        "=",
        "!=",
        "<",
        ":",
        "AND",
        "OR",
        " NOT ",
        "\"",
        "'",
        "\\",
        "10",
        "-",
        "1e5",
        "OPEN",
        "2026-01-01",
        "T00:00:00",
        "Z",
        "+08:00",
        "张",
        ",",
        "'2026-01-01T00:00:00Z'",
    ]);
    proptest::collection::vec(fragments, 0..24).prop_map(|parts| parts.concat())
}

#[derive(Debug, Clone, PartialEq)]
struct Case {
    name: String,
    amount: i64,
    score: f64,
    done: bool,
    state: &'static str,
    id: i64,
}

impl Row for Case {
    fn value(&self, field: &str) -> Value {
        match field {
            "name" => Value::Text(self.name.clone()),
            "amount" => Value::Integer(self.amount),
            "score" => Value::Decimal(self.score),
            "done" => Value::Boolean(self.done),
            "state" => Value::Enumeration(self.state),
            "id" => Value::Integer(self.id),
            other => panic!("{other}"),
        }
    }
}

/// Few different values, so that ties are the rule.
fn any_cases() -> impl Strategy<Value = Vec<Case>> {
    let case = (
        "[ab]{0,2}",
        0..3_i64,
        0..3_i32,
        any::<bool>(),
        prop::sample::select(STATES),
    );
    proptest::collection::vec(case, 0..40).prop_map(|cases| {
        let case =
            |(id, (name, amount, score, done, state)): (i64, (String, i64, i32, bool, &'static str))| Case {
                name,
                amount,
                score: f64::from(score) / 3.0,
                done,
                state,
                // Not in the order of creation, as identifiers need not be.
                id: (id * 17) % 41,
            };
        (0..).zip(cases).map(case).collect()
    })
}

fn any_order() -> impl Strategy<Value = String> {
    let names = vec!["name", "amount", "score", "done", "state", "id"];
    let names = prop::sample::subsequence(names, 0..=4).prop_shuffle();
    (names, any::<[bool; 4]>()).prop_map(|(names, descending)| {
        let keys = names.iter().zip(descending);
        keys.map(|(name, down)| format!("{name}{}", if down { " desc" } else { "" }))
            .collect::<Vec<_>>()
            .join(",")
    })
}

proptest! {
    #[test]
    fn printing_a_condition_and_parsing_it_gives_the_same_tree(expression in any_expression()) {
        prop_assume!(comparisons(&expression) <= 32);
        let printed = expression.to_string();
        prop_assume!(printed.chars().count() <= 2_048);
        let parsed = SCHEMA.filter(&printed).unwrap();
        prop_assert_eq!(parsed.expression(), Some(&expression));
        prop_assert_eq!(parsed.to_string(), printed);
    }

    #[test]
    fn the_parsers_never_panic(text in any::<String>(), fragments in any_fragments()) {
        for text in [text, fragments] {
            if let Err(error) = SCHEMA.filter(&text) {
                let length = text.chars().count();
                prop_assert!(error.position.is_some_and(|position| position <= length), "{}", error);
            }
            let _ = SCHEMA.order(&text);
            let _ = SCHEMA.page(1, &text, "", "", "", &key());
        }
    }

    #[test]
    fn paging_gives_every_row_exactly_once_and_in_order(
        cases in any_cases(),
        order_text in any_order(),
        size in 1..12_i32,
        least in 0..3_i64,
    ) {
        let filter = format!("amount >= {least}");
        let order = SCHEMA.order(&order_text).unwrap();
        let mut expected: Vec<Case> = cases.clone();
        expected.retain(|case| case.amount >= least);
        expected.sort_by(|left, right| {
            order.keys().iter().fold(std::cmp::Ordering::Equal, |found, key| {
                let ordering = compare(&left.value(key.field.name), &right.value(key.field.name));
                found.then(match key.direction {
                    Direction::Ascending => ordering,
                    Direction::Descending => ordering.reverse(),
                })
            })
        });

        let mut found = Vec::new();
        let mut token = String::new();
        loop {
            let page = SCHEMA.page(size, &token, &filter, &order_text, "scope", &key()).unwrap();
            let condition = page.condition().unwrap();
            // `expected` is sorted: what the database does is to keep the rows that fit, and to stop at the limit.
            let fetch = usize::try_from(page.fetch_limit()).unwrap();
            let rows = expected.iter().filter(|case| holds(&condition, *case)).take(fetch).cloned().collect();
            let values = |case: &Case| page.order().keys().iter().map(|key| case.value(key.field.name)).collect();
            let (rows, next) = page.complete(rows, values).unwrap();
            prop_assert!(rows.len() <= usize::try_from(size).unwrap());
            prop_assert!(next.is_empty() || rows.len() == usize::try_from(size).unwrap());
            found.extend(rows);
            if next.is_empty() {
                break;
            }
            token = next;
        }
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn every_declared_field_can_be_found() {
    assert!(FIELDS.iter().all(|declared| field(declared.name) == declared));
    assert_eq!(SCHEMA.fields().len(), FIELDS.len());
    assert_eq!(SCHEMA.tie_breaker().name, "id");
}
