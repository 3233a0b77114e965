//! The user page, `docs/expressions.md`: its tables are those of the schema, and its examples give what it says.

use rapport_expression::{Arena, Schema, limits};

use crate::{
    sample::{self, SCALARS},
    table,
};

const PAGE: &str = include_str!("../../../../docs/expressions.md");

/// The rows of every table with this heading, as their cells.
fn rows(heading: &str) -> Vec<[String; 2]> {
    let tables = PAGE.split(heading).skip(1);
    let lines = tables.flat_map(|table| table.lines().skip(2).take_while(|line| line.starts_with('|')));
    let cells = lines.map(|line| {
        let line = line.trim_start_matches("| ").trim_end_matches(" |");
        let (first, second) = line
            .split_once(" | ")
            .unwrap_or_else(|| panic!("not two cells: {line}"));
        [first, second].map(|cell| {
            let code = cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`'));
            code.filter(|code| !code.contains('`'))
                .unwrap_or(cell)
                .replace("\\|", "|")
        })
    });
    cells.collect()
}

#[test]
fn the_page_has_every_variable_and_every_function() {
    let context = sample::example().build().unwrap().context_table();
    assert!(
        PAGE.contains(&context),
        "the page should have this table of the example:\n{context}"
    );
    let functions = Schema::builder().build().unwrap().function_table();
    assert!(
        PAGE.contains(&functions),
        "the page should have this table of functions:\n{functions}"
    );
}

#[test]
fn the_examples_of_the_page_give_what_it_says() {
    let schema = sample::example().build().unwrap();
    let arena = Arena::new();
    let context = sample::context(&schema, &arena);
    let rows = rows("| expression | gives |");
    assert!(rows.len() >= 40, "only {} examples were found", rows.len());
    for [expression, expected] in rows {
        assert_eq!(
            table::results(&expression, &schema, &context),
            [expected],
            "of {expression}"
        );
    }
}

#[test]
fn the_page_tells_what_people_are_told() {
    let schema = sample::example().build().unwrap();
    let arena = Arena::new();
    let context = sample::context(&schema, &arena);
    let refused = rows("| expression | refused with |");
    assert!(refused.len() >= 8, "only {} refusals were found", refused.len());
    for [expression, expected] in refused {
        let refusal = schema.compile(&expression, &SCALARS).expect_err(&expression);
        assert_eq!(refusal.to_string(), expected, "of {expression}");
    }
    let wrong = rows("| expression | goes wrong with |");
    assert!(wrong.len() >= 5, "only {} errors were found", wrong.len());
    for [expression, expected] in wrong {
        let program = schema
            .compile(&expression, &SCALARS)
            .unwrap_or_else(|refusal| panic!("{expression}: {refusal}"));
        assert_eq!(
            program.evaluate(&context).expect_err(&expression).to_string(),
            expected,
            "of {expression}"
        );
    }
}

#[test]
fn the_page_names_the_limits() {
    let with_commas = |number: u64| {
        let digits = number.to_string();
        let groups: Vec<_> = digits
            .as_bytes()
            .rchunks(3)
            .rev()
            .map(String::from_utf8_lossy)
            .collect();
        groups.join(",")
    };
    for (number, unit) in [
        (limits::MAX_TEXT_BYTES as u64, "bytes"),
        (limits::MAX_DEPTH.into(), "levels"),
        (limits::MAX_PARTS as u64, "parts"),
        (limits::MAX_LOOP_DEPTH as u64, "loops"),
        (limits::MAX_STRING_BYTES.into(), "bytes"),
        (limits::MAX_LIST_LENGTH.into(), "elements"),
        (limits::MAX_KEY_BYTES.into(), "bytes"),
        (limits::MAX_PATTERN_BYTES as u64, "bytes"),
        (limits::DEFAULT_STEP_LIMIT, "steps"),
    ] {
        let named = format!("| {} {unit} |", with_commas(number));
        assert!(PAGE.contains(&named), "the table of limits has no {named}");
    }
}
