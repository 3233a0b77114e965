//! What activities are, and how what was paid falls to lines.

use super::*;
use crate::domain::activity::{LONGEST_WORD, MOST_LINES, MOST_QUANTITY};

#[test]
fn a_line_is_paid_as_it_costs_when_shipping_comes_on_top() {
    let order = purchase(1_490, vec![line("a", "x", 700), line("b", "x", 300)]);
    assert_eq!(order.paid_amounts(), [700, 300]);
}

#[test]
fn a_discount_on_the_whole_falls_on_the_lines_in_proportion_and_to_the_cent() {
    let order = purchase(
        1_000,
        vec![line("a", "x", 500), line("b", "x", 500), line("c", "x", 500)],
    );
    assert_eq!(order.paid_amounts(), [334, 333, 333]);
    let free = purchase(0, vec![line("a", "x", 500), line("b", "x", 0)]);
    assert_eq!(free.paid_amounts(), [0, 0]);
}

#[test]
fn lines_without_an_amount_of_the_whole_are_paid_as_they_cost() {
    let visit = Activity {
        lines: vec![line("a", "x", 500)],
        ..activity(Trigger::Visit)
    };
    assert_eq!(visit.paid_amounts(), [500]);
}

#[test]
fn everything_that_is_wrong_with_an_activity_is_told_at_once() {
    let broken = Activity {
        trigger: Trigger::Custom("Night Stay".to_owned()),
        amount: Some(euro(-1)),
        quantity: MOST_QUANTITY + 1,
        location: "x".repeat(LONGEST_WORD + 1),
        lines: vec![line("a", "x", i64::MAX), line("a", "x", 2), line("", "x", -1)],
        attributes: BTreeMap::from([("k".to_owned(), "v".repeat(501))]),
        ..purchase(0, Vec::new())
    };
    insta::assert_snapshot!(shown(&broken.check("activity")), @r#"
    activity.trigger: must be 1 to 63 lower-case letters, digits, hyphens and underscores, beginning with a letter
    activity.location: must have at most 800 bytes; it has 801
    activity.amount: must be 0 or more; what is given back is a return, not an activity
    activity.lines: must have amounts that add up to at most 9223372036854775807
    activity.quantity: must be 0 to 1000000000
    activity.lines[1].id: must be of one line, and "a" is that of another before
    activity.lines[2].id: must not be empty
    activity.lines[2].amount_minor: must be 0 or more; what is given back is a return, not a line
    activity.attributes["k"]: must have at most 500 bytes; it has 501
    "#);
}

#[test]
fn a_purchase_has_an_amount_and_others_need_none() {
    let purchase = Activity {
        amount: None,
        ..purchase(0, Vec::new())
    };
    insta::assert_snapshot!(shown(&purchase.check("activity")), @r"
    activity.amount: must be set: a purchase has an amount, be it 0
    ");
    assert_eq!(activity(Trigger::Visit).check("activity"), []);
}

#[test]
fn an_activity_has_a_bounded_number_of_lines() {
    let lines = |count: usize| {
        (0..count)
            .map(|number| line(&number.to_string(), "x", 1))
            .collect()
    };
    assert_eq!(purchase(1, lines(MOST_LINES)).check("activity"), []);
    insta::assert_snapshot!(shown(&purchase(1, lines(MOST_LINES + 1)).check("activity")), @r"
    activity.lines: must have at most 100 entries; it has 101
    ");
}

#[test]
fn a_kind_of_the_programs_own_has_a_name_that_no_other_kind_has() {
    let found = |name: &str| {
        let mut found = Vec::new();
        Trigger::Custom(name.to_owned()).check("trigger", &mut found);
        found.len()
    };
    for name in ["night", "a", "check-in_2", &"n".repeat(63)] {
        assert_eq!(found(name), 0, "{name}");
        assert_eq!(Trigger::named(name), Trigger::Custom(name.to_owned()));
    }
    for name in [
        "",
        "Night",
        "1st",
        "a b",
        "ä",
        "visit",
        "purchase",
        &"n".repeat(64),
    ] {
        assert_eq!(found(name), 1, "{name}");
    }
    for known in Trigger::KNOWN {
        assert_eq!(Trigger::named(known.name()), known);
    }
}
