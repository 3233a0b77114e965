//! What vouchers give.

use std::collections::BTreeSet;

use super::*;
use crate::domain::rewards::{
    reasons,
    voucher::{LONGEST_ITEM, MOST_CATEGORIES, MOST_LINES, MOST_USES, Order, OrderLine},
};

fn line(item: &str, category: &str, unit_minor: i64, units: i64) -> OrderLine {
    OrderLine {
        item: item.to_owned(),
        category: category.to_owned(),
        unit_minor,
        units,
    }
}

fn order_of(lines: Vec<OrderLine>) -> Order {
    Order {
        currency: Currency::USD,
        lines,
        member: None,
    }
}

pub(super) fn amounting(minor: i64) -> Order {
    order_of(vec![line("tea", "drinks", minor, 1)])
}

/// An order of one line in euros.
pub(super) fn order_in_euros(minor: i64) -> Order {
    Order {
        currency: "EUR".parse().unwrap(),
        ..amounting(minor)
    }
}

fn percent(basis_points: i64, most: Option<i64>) -> voucher::Terms {
    voucher_terms(Benefit::Percentage {
        basis_points,
        most: most.map(dollars),
    })
}

fn free(item: &str, most: Option<i64>) -> voucher::Terms {
    voucher_terms(Benefit::FreeItem {
        item: item.to_owned(),
        most: most.map(dollars),
    })
}

fn nothing(terms: &voucher::Terms, order: &Order) -> String {
    let error = terms.discount(order).unwrap_err();
    assert_eq!(error.reason(), reasons::VOUCHER_NOT_APPLICABLE, "{error}");
    assert!(error.message().ends_with("; it was not used"), "{error}");
    error.message().to_owned()
}

#[test]
fn a_percentage_is_rounded_as_its_terms_say() {
    for (amount, basis_points, down, half_up) in [
        (1_000, 1_000, 100, 100),
        (999, 1_000, 99, 100),
        (995, 1_000, 99, 100),
        (994, 1_000, 99, 99),
        (1_005, 1_000, 100, 101),
        (1, 10_000, 1, 1),
        (i64::MAX, 10_000, i64::MAX, i64::MAX),
    ] {
        let mut terms = percent(basis_points, None);
        assert_eq!(
            terms.discount(&amounting(amount)).unwrap(),
            dollars(down),
            "{amount}"
        );
        terms.rounding = Rounding::HalfUp;
        assert_eq!(
            terms.discount(&amounting(amount)).unwrap(),
            dollars(half_up),
            "{amount}"
        );
    }
    assert!(nothing(&percent(1_000, None), &amounting(9)).contains("less than a minor unit"));
    let mut terms = percent(1_000, None);
    terms.rounding = Rounding::HalfUp;
    assert_eq!(terms.discount(&amounting(5)).unwrap(), dollars(1));
    assert!(nothing(&terms, &amounting(4)).starts_with("the voucher of 10.00 % gives nothing"));
}

#[test]
fn a_discount_has_an_upper_bound() {
    for (amount, discount) in [(1_999, 199), (2_000, 200), (2_010, 200), (9_999, 200)] {
        assert_eq!(
            percent(1_000, Some(200)).discount(&amounting(amount)).unwrap(),
            dollars(discount),
            "{amount}"
        );
        let order = order_of(vec![line("tea", "drinks", amount, 1)]);
        let most = Some(200);
        assert_eq!(
            free("tea", most).discount(&order).unwrap(),
            dollars(amount.min(200)),
            "{amount}"
        );
    }
    for (amount, discount) in [(499, 499), (500, 500), (501, 500)] {
        assert_eq!(
            five_off().discount(&amounting(amount)).unwrap(),
            dollars(discount),
            "{amount}"
        );
    }
}

#[test]
fn a_free_item_is_the_cheapest_of_its_kind() {
    let order = order_of(vec![
        line("tea", "drinks", 300, 1),
        line("tea", "drinks", 250, 2),
        line("tea", "drinks", 100, 0),
        line("cake", "food", 50, 1),
    ]);
    assert_eq!(free("tea", None).discount(&order).unwrap(), dollars(250));
    assert!(nothing(&free("coffee", None), &order).contains("the order must have the item coffee"));
    let mut food = free("tea", None);
    food.categories = BTreeSet::from(["food".to_owned()]);
    assert!(nothing(&food, &order).contains("must have the item tea"));
}

#[test]
fn only_lines_of_its_categories_count() {
    let order = order_of(vec![
        line("tea", "drinks", 300, 2),
        line("cake", "food", 500, 1),
        line("pen", "shop", 1, 1),
    ]);
    let mut terms = percent(10_000, None);
    for (categories, discount) in [
        (vec![], 1_101),
        (vec!["drinks"], 600),
        (vec!["drinks", "food"], 1_100),
    ] {
        terms.categories = categories.iter().map(ToString::to_string).collect();
        assert_eq!(
            terms.discount(&order).unwrap(),
            dollars(discount),
            "{categories:?}"
        );
    }
    terms.categories = BTreeSet::from(["books".to_owned()]);
    assert!(nothing(&terms, &order).contains("no line of the order has an amount and counts"));
    assert!(nothing(&percent(1, None), &order_of(vec![])).contains("no line of the order"));
}

#[test]
fn the_lines_that_count_must_reach_the_minimum() {
    let mut terms = five_off();
    terms.minimum_order = Some(dollars(2_000));
    terms.categories = BTreeSet::from(["drinks".to_owned()]);
    let with_food = |minor| {
        order_of(vec![
            line("tea", "drinks", minor, 1),
            line("cake", "food", 9_999, 1),
        ])
    };
    assert_eq!(terms.discount(&with_food(2_000)).unwrap(), dollars(500));
    let message = nothing(&terms, &with_food(1_999));
    assert!(
        message.contains("must amount to 20.00 USD, and they amount to 19.99 USD"),
        "{message}"
    );
}

#[test]
fn a_voucher_of_money_is_for_orders_in_its_currency() {
    let mut order = amounting(5_000);
    order.currency = "EUR".parse().unwrap();
    let message = nothing(&five_off(), &order);
    assert!(
        message.contains("it is for orders in USD, and this one is in EUR"),
        "{message}"
    );
    assert!(nothing(&percent(1_000, Some(1)), &order).contains("in USD"));
    let euros = percent(1_000, None).discount(&order).unwrap();
    assert_eq!((euros.minor, euros.currency.code()), (500, "EUR"));
    let mut minimum = percent(1_000, None);
    minimum.minimum_order = Some(dollars(1));
    assert!(nothing(&minimum, &order).contains("in USD"));
}

#[test]
fn orders_have_bounds() {
    let many = |count: usize| order_of(vec![line("tea", "drinks", 1, 1); count]);
    assert_eq!(
        many(MOST_LINES).total().unwrap(),
        i64::try_from(MOST_LINES).unwrap()
    );
    assert_eq!(
        fields(many(MOST_LINES + 1).total().unwrap_err().violations()),
        ["order.lines"]
    );
    for wrong in [line("tea", "drinks", -1, 1), line("tea", "drinks", 1, -1)] {
        let order = order_of(vec![line("tea", "drinks", 5, 1), wrong]);
        assert_eq!(
            fields(five_off().discount(&order).unwrap_err().violations()),
            ["order.lines[1]"]
        );
    }
    let huge = order_of(vec![
        line("tea", "drinks", i64::MAX, 1),
        line("tea", "drinks", 1, 1),
    ]);
    assert_eq!(fields(huge.total().unwrap_err().violations()), ["order.lines"]);
    assert_eq!(amounting(0).total().unwrap(), 0);
}

fn wrong(terms: &voucher::Terms) -> Vec<String> {
    let mut found = Vec::new();
    terms.check("voucher", &mut found);
    found.into_iter().map(|violation| violation.field).collect()
}

#[test]
fn terms_of_vouchers_have_bounds() {
    const FINE: [&str; 0] = [];
    for (basis_points, fine) in [(0, false), (1, true), (10_000, true), (10_001, false)] {
        let found = wrong(&percent(basis_points, None));
        assert_eq!(found.is_empty(), fine, "{basis_points}");
        assert!(
            found
                .iter()
                .all(|field| field == "voucher.benefit.percentage.basis_points")
        );
    }
    assert_eq!(wrong(&percent(1, Some(0))), ["voucher.benefit.percentage.most"]);
    assert_eq!(
        wrong(&free("", Some(0))),
        ["voucher.benefit.free_item.item", "voucher.benefit.free_item.most"]
    );
    assert_eq!(wrong(&free(&"x".repeat(LONGEST_ITEM), None)), FINE);
    assert_eq!(
        wrong(&free(&"x".repeat(LONGEST_ITEM + 1), None)),
        ["voucher.benefit.free_item.item"]
    );
    let none = voucher_terms(Benefit::AmountOff { amount: dollars(0) });
    assert_eq!(wrong(&none), ["voucher.benefit.amount_off.amount"]);
    let mut terms = five_off();
    terms.minimum_order = Some(Money {
        minor: 1,
        currency: "EUR".parse().unwrap(),
    });
    assert_eq!(wrong(&terms), ["voucher.minimum_order"]);
    terms.minimum_order = Some(dollars(0));
    assert_eq!(wrong(&terms), ["voucher.minimum_order"]);
    terms.minimum_order = None;
    for (uses, fine) in [(0, false), (1, true), (MOST_USES, true), (MOST_USES + 1, false)] {
        terms.uses = uses;
        assert_eq!(wrong(&terms).is_empty(), fine, "{uses}");
    }
    terms.uses = 1;
    let categories = |count: usize| {
        (0..count)
            .map(|number| number.to_string())
            .collect::<BTreeSet<_>>()
    };
    terms.categories = categories(MOST_CATEGORIES);
    assert_eq!(wrong(&terms), FINE);
    terms.categories = categories(MOST_CATEGORIES + 1);
    assert_eq!(wrong(&terms), ["voucher.categories"]);
    terms.categories = BTreeSet::from([" ".to_owned()]);
    assert_eq!(wrong(&terms), ["voucher.categories[\" \"]"]);
}
