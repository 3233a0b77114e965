//! Input that means harm: it is refused quickly, or costs little.

use std::time::{Duration, Instant};

use rapport_status::Reason;

use super::*;
use crate::domain::activity::MOST_LINES;

fn condition_refused(condition: String) -> String {
    let terms = Terms {
        condition,
        ..terms(fixed(1))
    };
    let started = Instant::now();
    let found = shown(&terms.check(&wallets()));
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    found
}

#[test]
fn an_expression_of_a_hundred_kilobytes_is_refused() {
    let long = "order.amount > 1 && ".repeat(5_000) + "true";
    assert!(long.len() >= 100_000);
    insta::assert_snapshot!(condition_refused(long), @r"
    campaign.condition: line 1, column 1: the expression has 100004 bytes; at most 10000 are read; split it into several rules, or move its tables of values into the context
    ");
    assert!(!condition_refused("a".repeat(100_000)).is_empty());
    assert!(!condition_refused("'".repeat(100_001)).is_empty());
    assert!(!condition_refused("\u{0}".repeat(100_000)).is_empty());
}

#[test]
fn an_expression_that_nests_too_deeply_is_refused() {
    insta::assert_snapshot!(condition_refused("(".repeat(100) + "true" + &")".repeat(100)), @r"
    campaign.condition: line 1, column 51: the expression is nested more than 50 levels deep; split it, or write a table of values as a map: `{'a': 1, 'b': 2}[key]`
    ");
    for deep in [
        "!".repeat(9_000) + "true",
        "[".repeat(9_000),
        "-".repeat(9_000) + "1",
        "(".repeat(9_999),
    ] {
        assert!(!condition_refused(deep).is_empty());
    }
}

#[test]
fn an_expression_that_may_take_too_many_steps_is_refused() {
    let squared = "order.lines.all(a, order.lines.all(b, a.amount + b.amount > 0 && a.id + b.id != ''))";
    insta::assert_snapshot!(condition_refused(squared.to_owned()), @r"
    campaign.condition: line 1, column 1: the expression may take 310201 steps when all lists are full; at most 20000 are allowed; this loop takes the most of them; do without a loop within it, or ask for less of each element
    ");
    let cubed = "order.lines.all(a, order.lines.all(b, order.lines.all(c, true)))";
    insta::assert_snapshot!(condition_refused(cubed.to_owned()), @r"
    campaign.condition: line 1, column 39: loops are nested more than 2 deep; `all`, `exists`, `exists_one`, `filter` and `map` are loops; take the innermost apart
    ");
}

#[test]
fn the_dearest_expression_that_is_accepted_costs_little() {
    let long = "x".repeat(500);
    let dear = |count: usize| {
        let asked = vec!["l.sku.contains(l.id)"; count].join(" || ");
        Terms {
            condition: format!("order.lines.exists(l, {asked})"),
            ..terms(fixed(1))
        }
    };
    let accepted = (1..100)
        .map(dear)
        .take_while(|terms| terms.check(&wallets()).is_empty());
    let dearest = accepted.last().unwrap();
    let lines = (0..MOST_LINES).map(|number| Line {
        sku: "x".repeat(800),
        ..line(&format!("{long}{number:0>300}"), "x", 1)
    });
    let order = purchase(100, lines.collect());
    let started = Instant::now();
    let found = verdict(dearest.clone(), &order);
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(found, Verdict::ConditionNotMet, "{}", dearest.condition);
}

#[test]
fn an_activity_beyond_its_bounds_is_refused_before_anything_is_asked() {
    let rules = rules(Some(base_rule()), &[live("c", terms(fixed(1)))]);
    let mut order = purchase(-5, Vec::new());
    order.location = "x".repeat(10_000);
    let mut facts = ann();
    facts.segments = vec!["x".repeat(1_000)];
    let refused = evaluate(&rules, &order, &facts, &Usages::new(), order.time).unwrap_err();
    assert_eq!(refused.reason(), Reason::InvalidFields);
    insta::assert_snapshot!(shown(refused.violations()), @r"
    activity.location: must have at most 800 bytes; it has 10000
    activity.amount: must be 0 or more; what is given back is a return, not an activity
    member.segments[0]: must have at most 128 bytes; it has 1000
    ");
}

#[test]
fn moments_at_the_ends_of_time_overflow_nothing() {
    let condition = "now.getFullYear(zone) > 0 || now.getFullYear(zone) <= 0";
    let terms = Terms {
        condition: condition.to_owned(),
        ..terms(fixed(1))
    };
    for time in [Timestamp::MIN, Timestamp::MAX] {
        let order = Activity {
            time,
            ..purchase(1, Vec::new())
        };
        let found = verdict(terms.clone(), &order);
        assert!(
            matches!(found, Verdict::Applied { .. } | Verdict::Faulty { .. }),
            "{found:?}"
        );
    }
}

#[test]
fn amounts_of_zero_and_the_greatest_work_with_every_award() {
    for minor in [0, 1, i64::MAX] {
        let lines = [
            vec![],
            vec![line("a", "x", minor)],
            vec![line("a", "x", 0), line("b", "y", minor), line("c", "x", 0)],
        ];
        for lines in lines {
            let order = purchase(minor, lines);
            for award in [
                fixed(1),
                rate(1),
                Award::Rate {
                    currency: euros(),
                    points: 1,
                    per_amount_minor: 1,
                },
                Award::Multiplier {
                    thousandths: MOST_THOUSANDTHS,
                },
                amount("order.amount"),
            ] {
                let base = EarningRule {
                    per_amount_minor: 100_000,
                    ..base_rule()
                };
                let rules = rules(Some(base), &[live("c", terms(award))]);
                for given in evaluated(&rules, &order).awards {
                    let of_lines: i64 = given.by_line.iter().map(|(_, points)| points).sum();
                    assert!(order.lines.is_empty() || of_lines == given.points, "{given:?}");
                }
            }
        }
    }
}
