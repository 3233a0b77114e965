//! How many points each kind of award gives, and how they fall to lines.

use super::*;

fn table(points: &[(&str, i64)], default_points: i64) -> Award {
    Award::Table {
        currency: euros(),
        points: points
            .iter()
            .map(|(category, points)| ((*category).to_owned(), *points))
            .collect(),
        default_points,
        per_amount_minor: 100,
    }
}

fn breakfast() -> Activity {
    purchase(
        1_000,
        vec![
            line("a", "coffee", 350),
            line("b", "tea", 250),
            line("c", "coffee", 400),
        ],
    )
}

#[test]
fn a_fixed_award_is_the_same_for_each_activity() {
    assert_eq!(points(terms(fixed(50)), &breakfast()), 50);
    assert_eq!(points(terms(fixed(50)), &purchase(0, Vec::new())), 50);
    let visit = Terms {
        trigger: Trigger::Visit,
        ..terms(fixed(50))
    };
    assert_eq!(points(visit, &activity(Trigger::Visit)), 50);
}

#[test]
fn a_rate_gives_points_for_the_whole_amount_with_shipping() {
    assert_eq!(
        points(terms(rate(2)), &purchase(1_049, vec![line("a", "x", 500)])),
        20
    );
}

#[test]
fn a_rate_with_a_condition_on_lines_counts_what_was_paid_for_these() {
    let coffee = Terms {
        line_condition: "line.category == 'coffee'".to_owned(),
        ..terms(rate(2))
    };
    assert_eq!(points(coffee.clone(), &breakfast()), 15);
    assert_eq!(
        by_line(coffee.clone(), &breakfast()),
        parts(&[("a", 7), ("c", 8)])
    );
    let discounted = Activity {
        amount: Some(euro(500)),
        ..breakfast()
    };
    assert_eq!(points(coffee, &discounted), 7, "half of 7.50 was paid for coffee");
}

#[test]
fn fractions_are_rounded_once_for_the_award_and_not_for_each_line() {
    let lines: Vec<_> = (0..10).map(|number| line(&number.to_string(), "x", 99)).collect();
    for (rounding, expected) in [(Rounding::Down, 9), (Rounding::HalfUp, 10), (Rounding::Up, 10)] {
        let terms = Terms {
            rounding,
            ..terms(rate(1))
        };
        assert_eq!(
            points(terms, &purchase(990, lines.clone())),
            expected,
            "{rounding:?}"
        );
    }
}

#[test]
fn a_multiplier_gives_what_the_base_does_not_give_already() {
    let double = Award::Multiplier { thousandths: 2_000 };
    let evaluation = evaluated(
        &rules(Some(base_rule()), &[live("double", terms(double))]),
        &breakfast(),
    );
    let given: Vec<_> = evaluation
        .awards
        .iter()
        .map(|award| (&award.origin, award.points))
        .collect();
    let campaign = Origin::Campaign {
        id: "double".to_owned(),
        version: 1,
    };
    assert_eq!(given, [(&Origin::Base, 10), (&campaign, 10)]);
}

#[test]
fn a_multiplier_in_thousandths_is_exact() {
    let order = purchase(100_000, Vec::new());
    for (thousandths, extra) in [(1_001, 1), (1_250, 250), (2_500, 1_500), (100_000, 99_000)] {
        let award = Award::Multiplier { thousandths };
        let evaluation = evaluated(&rules(Some(base_rule()), &[live("c", terms(award))]), &order);
        assert_eq!(evaluation.awards[1].points, extra, "{thousandths}");
    }
}

#[test]
fn a_multiplier_with_a_condition_on_lines_multiplies_the_base_of_these() {
    let coffee = Terms {
        line_condition: "line.category == 'coffee'".to_owned(),
        ..terms(Award::Multiplier { thousandths: 3_000 })
    };
    let evaluation = evaluated(&rules(Some(base_rule()), &[live("c", coffee)]), &breakfast());
    assert_eq!(
        evaluation.awards[0].by_line,
        parts(&[("a", 4), ("b", 2), ("c", 4)])
    );
    assert_eq!(evaluation.awards[1].points, 16);
    assert_eq!(evaluation.awards[1].by_line, parts(&[("a", 8), ("c", 8)]));
}

#[test]
fn a_multiplier_gives_nothing_where_the_base_gives_nothing() {
    let multiplier = || terms(Award::Multiplier { thousandths: 2_000 });
    assert!(matches!(
        verdict(multiplier(), &breakfast()),
        Verdict::Nothing { .. }
    ));
    let yen = Activity {
        amount: Some(Money {
            minor: 5_000,
            currency: "JPY".parse().unwrap(),
        }),
        ..purchase(0, Vec::new())
    };
    let evaluation = evaluated(&rules(Some(base_rule()), &[live("c", multiplier())]), &yen);
    assert_eq!(evaluation.awards, []);
}

#[test]
fn an_amount_is_what_the_expression_gives() {
    for (expression, expected) in [
        ("7", 7),
        ("order.amount / 300", 3),
        ("size(lines)", 3),
        ("lines.map(l, l.quantity).sum() * 5", 15),
        ("member.tiers['status'] == 'gold' ? 20 : 10", 20),
        ("order.amount > 500 ? 100 : 0", 100),
    ] {
        assert_eq!(
            points(terms(amount(expression)), &breakfast()),
            expected,
            "{expression}"
        );
    }
}

#[test]
fn an_amount_that_is_a_double_is_rounded_as_the_campaign_says() {
    for (rounding, expected) in [(Rounding::Down, 2), (Rounding::HalfUp, 3), (Rounding::Up, 3)] {
        let terms = Terms {
            rounding,
            ..terms(amount("double(order.amount) * 0.0025"))
        };
        assert_eq!(points(terms, &breakfast()), expected, "{rounding:?}");
    }
}

#[test]
fn an_amount_that_is_no_number_of_points_gives_nothing_and_says_so() {
    for expression in [
        "-1",
        "0.0 - 3.5",
        "double(order.amount) / double(order.quantity - 1)",
    ] {
        let Verdict::Faulty { field, .. } = verdict(terms(amount(expression)), &breakfast()) else {
            panic!("{expression} is faulty");
        };
        assert_eq!(field, "campaign.award.amount.expression");
    }
}

#[test]
fn an_amount_sees_only_the_lines_that_count() {
    let coffee = Terms {
        line_condition: "line.category == 'coffee'".to_owned(),
        ..terms(amount("lines.map(l, l.paid).sum()"))
    };
    assert_eq!(points(coffee.clone(), &breakfast()), 750);
    assert_eq!(by_line(coffee, &breakfast()), parts(&[("a", 350), ("c", 400)]));
}

#[test]
fn a_table_gives_points_by_the_category_of_each_line() {
    let table = table(&[("coffee", 3), ("tea", 0)], 1);
    let order = purchase(
        1_200,
        vec![
            line("a", "coffee", 350),
            line("b", "tea", 250),
            line("c", "cake", 600),
        ],
    );
    // 350 · 3 + 250 · 0 + 600 · 1 = 1650 hundredths.
    assert_eq!(points(terms(table.clone()), &order), 16);
    assert_eq!(by_line(terms(table), &order), parts(&[("a", 10), ("c", 6)]));
}

#[test]
fn a_table_counts_an_activity_without_lines_as_any_other_category_and_leaves_shipping_out() {
    let table = || table(&[("coffee", 3)], 1);
    assert_eq!(points(terms(table()), &purchase(990, Vec::new())), 9);
    assert_eq!(
        points(terms(table()), &purchase(990, vec![line("a", "coffee", 500)])),
        15
    );
}

#[test]
fn lines_that_cost_nothing_share_a_fixed_award_equally() {
    let order = purchase(0, vec![line("a", "x", 0), line("b", "x", 0), line("c", "x", 0)]);
    assert_eq!(
        by_line(terms(fixed(5)), &order),
        parts(&[("a", 2), ("b", 2), ("c", 1)])
    );
    assert_eq!(by_line(terms(fixed(1)), &order), parts(&[("a", 1)]));
}

#[test]
fn the_greatest_amounts_overflow_nothing() {
    let most = purchase(i64::MAX, vec![line("a", "coffee", i64::MAX)]);
    for award in [
        rate(crate::domain::ledger::MOST_POINTS),
        table(&[("coffee", crate::domain::ledger::MOST_POINTS)], 0),
        amount("order.amount"),
    ] {
        assert_eq!(
            points(terms(award.clone()), &most),
            crate::domain::ledger::MOST_POINTS,
            "{award:?}"
        );
        assert_eq!(
            by_line(terms(award), &most),
            parts(&[("a", crate::domain::ledger::MOST_POINTS)])
        );
    }
    let overflowing = verdict(terms(amount("order.amount * 2")), &most);
    assert!(matches!(overflowing, Verdict::Faulty { .. }), "{overflowing:?}");
}

#[test]
fn awards_of_one_activity_together_fit_into_a_balance() {
    let most = crate::domain::ledger::MOST_POINTS;
    let campaigns = [live("a", terms(fixed(most))), live("b", terms(fixed(5)))];
    let evaluation = evaluated(
        &rules(Some(base_rule()), &campaigns),
        &purchase(1_000, Vec::new()),
    );
    let given: Vec<_> = evaluation.awards.iter().map(|award| award.points).collect();
    assert_eq!(given, [10, most - 10]);
    assert_eq!(
        evaluation.explanations[1].verdict,
        Verdict::CapReached { cap: Cap::Balance }
    );
}

#[test]
fn a_base_that_no_balance_can_hold_is_refused() {
    let base = EarningRule {
        points: 1_000_000,
        ..base_rule()
    };
    let order = purchase(i64::MAX, Vec::new());
    let refused = evaluate(
        &rules(Some(base), &[]),
        &order,
        &ann(),
        &Usages::new(),
        order.time,
    );
    assert_eq!(
        refused.unwrap_err().reason(),
        rapport_status::Reason::PointsOutOfRange
    );
}

#[test]
fn a_campaign_gives_its_points_to_its_wallet_with_its_own_expiry_and_pending() {
    let stamps = Terms {
        wallet: "miles".to_owned(),
        pending_days: Some(14),
        expiry_months: Some(0),
        ..terms(fixed(1))
    };
    let evaluation = evaluated(&rules(None, &[live("stamps", stamps)]), &breakfast());
    let award = &evaluation.awards[0];
    assert_eq!((award.wallet.as_str(), award.points), ("miles", 1));
    let own = award.terms_in(&WalletTerms::of_points(24));
    assert_eq!(
        (own.pending_days, own.expiry),
        (14, crate::domain::expiry::Expiry::Never)
    );
    let plain = Awarded {
        pending_days: None,
        expiry_months: None,
        ..award.clone()
    };
    assert_eq!(
        plain.terms_in(&WalletTerms::of_points(24)),
        WalletTerms::of_points(24)
    );
}
