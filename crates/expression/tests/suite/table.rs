//! The tables of expressions under `tests/table`, row by row.
//!
//! A row is `expression => expected`. What is expected is a value as CEL writes it (`timestamp …` and `duration …` for
//! times), `error Kind: detail`, or `refused Kind line:column` and a piece of what is told.

use rapport_expression::{Arena, Context, Outcome, Schema};

use crate::sample::{self, SCALARS};

const TABLES: [(&str, &str); 7] = [
    ("numbers", include_str!("../table/numbers.txt")),
    ("conditions", include_str!("../table/conditions.txt")),
    ("strings", include_str!("../table/strings.txt")),
    ("collections", include_str!("../table/collections.txt")),
    ("loops", include_str!("../table/loops.txt")),
    ("time", include_str!("../table/time.txt")),
    ("syntax", include_str!("../table/syntax.txt")),
];

/// The expression and what is expected of it; nothing for headings and empty lines.
fn rows(table: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    table
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with("# "))
        .map(|(index, line)| {
            let (expression, expected) = line
                .split_once(" => ")
                .unwrap_or_else(|| panic!("line {} is no row: {line}", index + 1));
            (index + 1, expression, expected)
        })
}

/// What became of an expression: one line for each thing that may be expected of it.
pub(crate) fn results(expression: &str, schema: &Schema, context: &Context<'_>) -> Vec<String> {
    let program = match schema.compile(expression, &SCALARS) {
        Ok(program) => program,
        Err(refusal) => {
            let told = refusal.problems.iter().map(|problem| {
                let at = format!("{}:{}", problem.position.line, problem.position.column);
                let hint = problem.hint.as_deref().unwrap_or_default();
                format!("refused {:?} {at} {}; {hint}", problem.kind, problem.message)
            });
            return told.collect();
        }
    };
    vec![match program.evaluate(context) {
        Ok(Outcome::String(text)) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        Ok(Outcome::Timestamp(moment)) => format!("timestamp {moment}"),
        Ok(outcome @ Outcome::Duration(_)) => format!("duration {outcome}"),
        Ok(outcome) => outcome.to_string(),
        Err(error) => match error.detail {
            Some(detail) => format!("error {:?}: {detail}", error.kind),
            None => format!("error {:?}", error.kind),
        },
    }]
}

/// A refusal has the kind and the place, and tells the piece; anything else is exactly what is expected.
fn fits(result: &str, expected: &str) -> bool {
    if !expected.starts_with("refused ") {
        return result == expected;
    }
    let mut parts = expected.splitn(4, ' ');
    let place = format!(
        "refused {} {} ",
        parts.nth(1).unwrap_or_default(),
        parts.next().unwrap_or_default()
    );
    result
        .strip_prefix(&place)
        .is_some_and(|told| told.contains(parts.next().unwrap_or_default()))
}

#[test]
fn every_expression_of_the_tables_gives_what_is_expected() {
    let schema = sample::schema();
    let arena = Arena::new();
    let context = sample::context(&schema, &arena);
    let mut count = 0;
    let mut wrong = Vec::new();
    for (name, table) in TABLES {
        for (line, expression, expected) in rows(table) {
            count += 1;
            let results = results(expression, &schema, &context);
            if !results.iter().any(|result| fits(result, expected)) {
                let results = results.join("\n       got ");
                wrong.push(format!(
                    "{name}.txt:{line}: {expression}\n  expected {expected}\n       got {results}"
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} rows are wrong:\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
    assert!(count >= 600, "only {count} rows were found");
}

#[test]
fn every_expression_of_the_tables_that_can_be_read_reads_the_same_when_printed() {
    let mut count = 0;
    for (name, table) in TABLES {
        for (line, expression, _) in rows(table) {
            if let Ok(parsed) = rapport_expression::parse(expression) {
                let printed = parsed.to_string();
                let again = rapport_expression::parse(&printed).unwrap_or_else(|refusal| {
                    panic!(
                        "{name}.txt:{line}: {expression} is printed as {printed}, which is refused: {refusal}"
                    )
                });
                assert_eq!(
                    crate::properties::without_places(&again),
                    crate::properties::without_places(&parsed),
                    "{name}.txt:{line}: {expression} is printed as {printed}"
                );
                count += 1;
            }
        }
    }
    assert!(count > 400, "only {count} rows can be read");
}

#[test]
fn no_evaluation_takes_more_steps_than_were_reckoned() {
    let schema = sample::schema();
    let arena = Arena::new();
    let context = sample::context(&schema, &arena);
    for (name, table) in TABLES {
        for (line, expression, _) in rows(table) {
            if let Ok(program) = schema.compile(expression, &SCALARS)
                && let Ok((_, steps)) = program.evaluate_counted(&context)
            {
                let most = program.most_steps();
                assert!(
                    steps <= most,
                    "{name}.txt:{line}: {expression} took {steps} steps, reckoned were {most}"
                );
            }
        }
    }
}
