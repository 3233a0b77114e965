//! What members and support are told to the question why.

use super::*;

fn told(campaigns: &[Campaign], order: &Activity, usages: &Usages) -> String {
    let evaluation = evaluate(
        &rules(Some(base_rule()), campaigns),
        order,
        &ann(),
        usages,
        order.time,
    )
    .unwrap();
    let lines = evaluation.explanations.iter();
    let lines: Vec<_> = lines
        .map(|explanation| format!("{} {}", explanation.campaign, explanation.verdict))
        .collect();
    lines.join("\n")
}

fn with(change: impl FnOnce(&mut Terms)) -> Terms {
    let mut terms = terms(fixed(10));
    change(&mut terms);
    terms
}

fn order() -> Activity {
    purchase(2_500, vec![line("a", "coffee", 1_500), line("b", "tea", 800)])
}

#[test]
fn what_gives_points_tells_how_they_were_reckoned() {
    let table = Award::Table {
        currency: euros(),
        points: BTreeMap::from([("coffee".to_owned(), 5)]),
        default_points: 0,
        per_amount_minor: 100,
    };
    let campaigns = [
        live("01-fixed", terms(fixed(10))),
        live("02-rate", terms(rate(3))),
        live("03-multiplier", terms(Award::Multiplier { thousandths: 2_500 })),
        live("04-amount", terms(amount("double(order.amount) / 300.0"))),
        live("05-table", terms(table)),
    ];
    insta::assert_snapshot!(told(&campaigns, &order(), &Usages::new()), @r#"
    01-fixed gives 10 points (reckoned 10 for each activity)
    02-rate gives 75 points (reckoned 75: 3 for each 100 of 2500 minor units)
    03-multiplier gives 37 points (reckoned 37: from 1 to 2.500 times the base of 25)
    04-amount gives 8 points (reckoned 8: the expression gave 8.333333333333334)
    05-table gives 75 points (reckoned 75: by the categories of 2300 minor units)
    "#);
}

#[test]
fn what_gives_none_tells_why_the_activity_does_not_count() {
    let window = |from: Option<&str>, until: Option<&str>| Window {
        from: from.map(civil),
        until: until.map(civil),
    };
    let campaigns = [
        live("06-visit", with(|terms| terms.trigger = Trigger::Visit)),
        Campaign {
            state: State::Paused,
            ..live("07-paused", terms(fixed(10)))
        },
        live(
            "08-later",
            with(|terms| terms.window = window(Some("2026-09-01T00:00"), None)),
        ),
        live(
            "09-earlier",
            with(|terms| terms.window = window(None, Some("2026-08-01T00:00"))),
        ),
        live(
            "10-past",
            with(|terms| terms.window = window(Some("2026-07-01T00:00"), Some("2026-08-01T00:00"))),
        ),
        live(
            "11-dollars",
            with(|terms| {
                terms.minimum = Some(Money {
                    minor: 1,
                    currency: Currency::USD,
                });
            }),
        ),
        live("12-minimum", with(|terms| terms.minimum = Some(euro(5_000)))),
        live(
            "13-condition",
            with(|terms| terms.condition = "order.channel == 'app'".to_owned()),
        ),
        live(
            "14-lines",
            with(|terms| terms.line_condition = "line.category == 'cake'".to_owned()),
        ),
        live("15-nothing", terms(amount("order.amount / 100000"))),
    ];
    insta::assert_snapshot!(told(&campaigns, &order(), &Usages::new()), @r#"
    06-visit is about another kind of activity
    07-paused is paused
    08-later runs from 2026-08-31T22:00:00Z on
    09-earlier runs until before 2026-07-31T22:00:00Z
    10-past runs from 2026-06-30T22:00:00Z until before 2026-07-31T22:00:00Z
    11-dollars counts amounts in USD only
    12-minimum counts amounts from 50.00 EUR on
    13-condition has a condition that does not hold
    14-lines counts none of the lines
    15-nothing comes to no points (reckoned 0: the expression gave 0)
    "#);
}

#[test]
fn groups_caps_budgets_and_faults_are_told_with_their_numbers() {
    let group = |priority| Stacking {
        group: "summer".to_owned(),
        priority,
    };
    let campaigns = [
        live("16-first", with(|terms| terms.stacking = group(2))),
        live("17-second", with(|terms| terms.stacking = group(1))),
        live("18-capped", with(|terms| terms.caps.member_points = Some(100))),
        live(
            "19-cut",
            with(|terms| {
                terms.caps.order_points = Some(8);
                terms.caps.member_day_points = Some(7);
                terms.budget = Some(Budget {
                    points: 100,
                    when_exhausted: WhenExhausted::Cut,
                });
            }),
        ),
        live(
            "20-exhausted",
            with(|terms| {
                terms.budget = Some(Budget {
                    points: 100,
                    when_exhausted: WhenExhausted::Cut,
                });
            }),
        ),
        live(
            "21-skipped",
            with(|terms| {
                terms.budget = Some(Budget {
                    points: 109,
                    when_exhausted: WhenExhausted::Skip,
                });
            }),
        ),
        live(
            "22-faulty",
            with(|terms| terms.condition = "member.tiers['lounge'] == 'gold'".to_owned()),
        ),
        live("23-negative", terms(amount("order.amount - 100000"))),
    ];
    let usage = Usage {
        budget_points: 100,
        member_points: 100,
        member_day_points: 0,
        member_month_points: 100,
        member_awards: 1,
    };
    let usages: Usages = campaigns
        .iter()
        .map(|campaign| (campaign.id.clone(), usage))
        .chain([(
            "19-cut".to_owned(),
            Usage {
                budget_points: 94,
                ..Usage::default()
            },
        )])
        .collect();
    insta::assert_snapshot!(told(&campaigns, &order(), &usages), @r#"
    16-first gives 10 points (reckoned 10 for each activity)
    17-second stands back behind "16-first" of the same group
    18-capped gives no more: the cap for one member is reached
    19-cut gives 6 points (reckoned 10 for each activity; the cap for one activity cut 10 to 8; the cap for one member and day cut 8 to 7; the budget cut 7 to 6)
    20-exhausted gives nothing: its budget is used up
    21-skipped gives nothing: 9 points are left of its budget, 10 would be needed
    22-faulty gives nothing, for campaign.condition goes wrong: line 1, column 1: `member.tiers['lounge']`: the map has no such key; ask before with `key in map` ('lounge')
    23-negative gives nothing, for campaign.award.amount.expression goes wrong: the expression gave -97500, which is no number of points
    "#);
}

#[test]
fn points_are_cut_to_what_a_balance_holds() {
    let most = crate::domain::ledger::MOST_POINTS;
    let campaigns = [
        live("a", terms(amount("order.amount"))),
        live("b", terms(fixed(most))),
    ];
    insta::assert_snapshot!(told(&campaigns, &purchase(i64::MAX / 16, Vec::new()), &Usages::new()), @r"
    a gives 3235392476965766 points (reckoned 576460752303423487: the expression gave 576460752303423487; what a balance can hold cut 576460752303423487 to 9000000000000000; what a balance can hold cut 9000000000000000 to 3235392476965766)
    b gives no more: what a balance can hold is reached
    ");
}
