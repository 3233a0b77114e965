//! What is wrong with terms, told all at once.

use super::*;
use crate::domain::ledger::MOST_POINTS;

fn found(terms: &Terms) -> String {
    shown(&terms.check(&wallets()))
}

#[test]
fn terms_in_order_have_no_violations() {
    let table = Award::Table {
        currency: euros(),
        points: BTreeMap::from([("coffee".to_owned(), 3)]),
        default_points: 0,
        per_amount_minor: 100,
    };
    for award in [
        fixed(1),
        rate(1),
        amount("order.amount / 100"),
        table,
        Award::Multiplier { thousandths: 1_001 },
    ] {
        assert_eq!(found(&terms(award.clone())), "", "{award:?}");
    }
    let full = Terms {
        window: Window {
            from: Some(civil("2026-08-01T00:00")),
            until: Some(civil("2026-09-01T00:00")),
        },
        condition: "member.tiers['status'] == 'gold'".to_owned(),
        line_condition: "line.category == 'coffee'".to_owned(),
        stacking: Stacking {
            group: "summer".to_owned(),
            priority: -5,
        },
        minimum: Some(euro(0)),
        caps: Caps {
            order_points: Some(1),
            member_points: Some(MOST_POINTS),
            member_day_points: Some(1),
            member_month_points: Some(1),
            member_awards: Some(1),
        },
        budget: Some(Budget {
            points: 1,
            when_exhausted: WhenExhausted::Skip,
        }),
        pending_days: Some(0),
        expiry_months: Some(120),
        ..terms(rate(1))
    };
    assert_eq!(found(&full), "");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let wrong = Terms {
        title: "  ".to_owned(),
        trigger: Trigger::Custom("visit".to_owned()),
        window: Window {
            from: Some(civil("2026-09-01T00:00")),
            until: Some(civil("2026-09-01T00:00")),
        },
        condition: "activity.amount > 1.5".to_owned(),
        line_condition: "line.colour == 'red'".to_owned(),
        award: Award::Multiplier { thousandths: 1_000 },
        rounding: Rounding::Up,
        wallet: "stamps".to_owned(),
        stacking: Stacking {
            group: " summer".to_owned(),
            priority: i32::MAX,
        },
        minimum: Some(euro(-1)),
        caps: Caps {
            order_points: Some(0),
            member_points: Some(-1),
            member_day_points: Some(MOST_POINTS + 1),
            member_month_points: Some(0),
            member_awards: Some(0),
        },
        budget: Some(Budget {
            points: 0,
            when_exhausted: WhenExhausted::Cut,
        }),
        pending_days: Some(731),
        expiry_months: Some(121),
    };
    insta::assert_snapshot!(found(&wrong), @r#"
    campaign.title: must have 1 to 200 characters, not only spaces
    campaign.trigger: must be another name: visit is a kind that every program has
    campaign.window.until: must be later than window.from, which is 2026-09-01T00:00:00
    campaign.condition: line 1, column 1: `>` compares values of one type; these are int and double; write `double(activity.amount)`
    campaign.line_condition: line 1, column 6: `line` has no field `colour`; its fields are id, sku, category, quantity, amount, paid
    campaign.award.multiplier.thousandths: must be 1001 to 100000, not 1000
    campaign.award.multiplier: must be for purchases: the base rule gives points for nothing else
    campaign.wallet: must be a wallet of the program, and "stamps" is none; it has miles, points
    campaign.stacking.group: must have at most 63 characters, without spaces around them
    campaign.stacking.priority: must be -1000000 to 1000000, not 2147483647
    campaign.minimum: must be 0 to 9223372036854775807, not -1
    campaign.caps.order_points: must be 1 to 9000000000000000, not 0
    campaign.caps.member_points: must be 1 to 9000000000000000, not -1
    campaign.caps.member_day_points: must be 1 to 9000000000000000, not 9000000000000001
    campaign.caps.member_month_points: must be 1 to 9000000000000000, not 0
    campaign.caps.member_awards: must be 1 to 9000000000000000, not 0
    campaign.budget.points: must be 1 to 9000000000000000, not 0
    campaign.pending_days: must be 0 to 730, not 731
    campaign.expiry_months: must be 0 to 120, not 121
    "#);
}

#[test]
fn an_expression_has_all_its_problems_with_place_and_hint() {
    let wrong = Terms {
        condition: "order.amout > 5000\n  && membr.tiers['status'] == 'gold'\n  && order.amount * 1.5 > 2.0"
            .to_owned(),
        ..terms(amount("order.amount > 100"))
    };
    insta::assert_snapshot!(found(&wrong), @r"
    campaign.condition: line 1, column 7: `order` has no field `amout`; did you mean `order.amount`?
    line 2, column 6: there is no variable `membr`; did you mean `member`?
    line 3, column 6: `*` takes two ints or two doubles; these are int and double; write `double(order.amount)`
    campaign.award.amount.expression: line 1, column 1: the result must be int or double; this is bool; choose numbers by it: `condition ? 1 : 0`
    ");
}

#[test]
fn an_amount_needs_an_expression() {
    insta::assert_snapshot!(found(&terms(amount("  "))), @r"
    campaign.award.amount.expression: line 1, column 3: expected a value, a name or a bracket, found the end
    ");
}

#[test]
fn conditions_speak_of_what_their_kind_of_activity_has() {
    let of_visits = Terms {
        trigger: Trigger::Visit,
        condition: "order.amount > 100".to_owned(),
        ..terms(fixed(1))
    };
    insta::assert_snapshot!(found(&of_visits), @r"
    campaign.condition: line 1, column 1: there is no variable `order`
    ");
    let of_the_whole = Terms {
        condition: "line.amount > 100".to_owned(),
        ..terms(amount("size(lines) + line.amount"))
    };
    insta::assert_snapshot!(found(&of_the_whole), @r"
    campaign.condition: line 1, column 1: there is no variable `line`; did you mean `zone`?
    campaign.award.amount.expression: line 1, column 15: there is no variable `line`; did you mean `lines`?
    ");
}

#[test]
fn awards_have_bounds() {
    insta::assert_snapshot!(found(&terms(fixed(0))), @r"
    campaign.award.fixed.points: must be 1 to 9000000000000000, not 0
    ");
    let free = Award::Rate {
        currency: euros(),
        points: 0,
        per_amount_minor: 0,
    };
    insta::assert_snapshot!(found(&terms(free)), @r"
    campaign.award.rate.points: must be 1 to 9000000000000000, not 0
    campaign.award.rate.per_amount_minor: must be 1 to 1000000000000, not 0
    ");
    let table = Award::Table {
        currency: euros(),
        points: BTreeMap::from([("coffee".to_owned(), -1), ("x".repeat(801), 1)]),
        default_points: -1,
        per_amount_minor: i64::MAX,
    };
    insta::assert_snapshot!(found(&terms(table)), @r#"
    campaign.award.table.points["coffee"]: must be 0 to 9000000000000000, not -1
    campaign.award.table.points: must have categories of at most 800 bytes
    campaign.award.table.default_points: must be 0 to 9000000000000000, not -1
    campaign.award.table.per_amount_minor: must be 1 to 1000000000000, not 9223372036854775807
    "#);
    let many = Award::Table {
        currency: euros(),
        points: (0..=MOST_CATEGORIES)
            .map(|number| (number.to_string(), 0))
            .collect(),
        default_points: 0,
        per_amount_minor: 1,
    };
    insta::assert_snapshot!(found(&terms(many)), @r"
    campaign.award.table.points: must have at most 200 categories; it has 201
    campaign.award.table: must give points for something
    ");
}

#[test]
fn the_least_amount_is_in_the_currency_of_the_award() {
    let wrong = Terms {
        minimum: Some(Money {
            minor: 100,
            currency: Currency::USD,
        }),
        ..terms(rate(1))
    };
    insta::assert_snapshot!(found(&wrong), @r"
    campaign.minimum: must be in EUR, the currency of the award: no amount is in two
    ");
}
