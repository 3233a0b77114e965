//! Which activities and which lines count.

use super::*;

fn order() -> Activity {
    Activity {
        location: "hotel-7".to_owned(),
        channel: "app".to_owned(),
        attributes: BTreeMap::from([("coupon".to_owned(), "SPRING".to_owned())]),
        ..purchase(1_000, vec![line("a", "coffee", 600), line("b", "tea", 400)])
    }
}

fn conditional(condition: &str) -> Terms {
    Terms {
        condition: condition.to_owned(),
        ..terms(fixed(1))
    }
}

#[test]
fn conditions_can_speak_of_everything_that_the_documentation_names() {
    for condition in [
        "order.amount == 1000 && order.currency == 'EUR'",
        "order.id == 'order-1' && order.source == 'shop'",
        "order.time == timestamp('2026-08-12T12:00:00Z') && now == order.time",
        "order.quantity == 1",
        "order.location == 'hotel-7' && order.channel == 'app'",
        "order.lines.exists(l, l.category == 'coffee' && l.amount == 600 && l.paid == 600)",
        "order.lines[1].id == 'b' && order.lines[1].sku == 'sku-b' && order.lines[1].quantity == 1",
        "'coupon' in order.attributes && order.attributes['coupon'] == 'SPRING'",
        "member.name.endsWith('/ann')",
        "now - member.enrol_time > duration('8760h')",
        "member.balances['points'] == 500",
        "member.tiers['status'] == 'gold' && 'families' in member.segments",
        "int(member.attributes['birth_month']) == now.getMonth(zone) + 1",
        "zone == 'Europe/Berlin' && now.getHours(zone) == 14",
    ] {
        let found = verdict(conditional(condition), &order());
        assert!(
            matches!(found, Verdict::Applied { points: 1, .. }),
            "{condition}: {found:?}"
        );
        let negated = verdict(conditional(&format!("!({condition})")), &order());
        assert_eq!(negated, Verdict::ConditionNotMet, "{condition}");
    }
}

#[test]
fn what_is_no_purchase_is_called_an_activity_and_may_have_no_amount() {
    let visit = |condition: &str| Terms {
        trigger: Trigger::Visit,
        ..conditional(condition)
    };
    for (condition, holds) in [
        ("activity.trigger == 'visit'", true),
        ("has(activity.amount)", false),
        ("!has(activity.currency) || activity.currency == 'EUR'", true),
    ] {
        assert_eq!(
            points(visit(condition), &activity(Trigger::Visit)),
            i64::from(holds),
            "{condition}"
        );
    }
    let paid = Activity {
        amount: Some(euro(500)),
        ..activity(Trigger::Visit)
    };
    assert_eq!(
        points(visit("has(activity.amount) && activity.amount == 500"), &paid),
        1
    );
}

#[test]
fn a_kind_of_the_programs_own_earns_by_campaigns_about_it_only() {
    let of = |name: &str| Trigger::Custom(name.to_owned());
    let nights = Terms {
        trigger: of("night"),
        award: amount("activity.quantity * 25"),
        ..terms(fixed(1))
    };
    let stay = Activity {
        quantity: 3,
        ..activity(of("night"))
    };
    assert_eq!(points(nights.clone(), &stay), 75);
    assert_eq!(verdict(nights, &activity(of("flight"))), Verdict::OtherTrigger);
}

#[test]
fn a_member_of_whom_too_little_is_known_gets_nothing_and_hinders_no_other_campaign() {
    let campaigns = [
        live("a", conditional("member.tiers['lounge'] == 'gold'")),
        live(
            "b",
            conditional("'lounge' in member.tiers && member.tiers['lounge'] == 'gold'"),
        ),
        live("c", conditional("true")),
    ];
    let evaluation = evaluated(&rules(None, &campaigns), &order());
    let mut verdicts = evaluation
        .explanations
        .into_iter()
        .map(|explanation| explanation.verdict);
    assert!(matches!(
        verdicts.next(),
        Some(Verdict::Faulty {
            field: "campaign.condition",
            ..
        })
    ));
    assert_eq!(verdicts.next(), Some(Verdict::ConditionNotMet));
    assert!(matches!(
        verdicts.next(),
        Some(Verdict::Applied { points: 1, .. })
    ));
    let stranger = MemberFacts::new("programs/p/members/bob", Timestamp::UNIX_EPOCH);
    let rules = rules(None, &campaigns);
    let evaluation = evaluate(&rules, &order(), &stranger, &Usages::new(), order().time).unwrap();
    assert_eq!(evaluation.awards.len(), 1);
}

#[test]
fn a_condition_on_lines_counts_each_line_by_itself_and_knows_the_whole() {
    let counting = |condition: &str| {
        let terms = Terms {
            line_condition: condition.to_owned(),
            ..terms(amount("size(lines)"))
        };
        verdict(terms, &order())
    };
    for (condition, lines) in [
        ("line.amount >= 400", 2),
        ("line.category == 'tea'", 1),
        (
            "line.amount * 2 > order.amount && member.tiers['status'] == 'gold'",
            1,
        ),
    ] {
        assert!(
            matches!(counting(condition), Verdict::Applied { points, .. } if points == lines),
            "{condition}"
        );
    }
    assert_eq!(counting("line.category == 'cake'"), Verdict::NoLineCounts);
}

#[test]
fn a_condition_on_lines_that_goes_wrong_names_the_line() {
    let terms = Terms {
        line_condition: "100 / (line.amount - 400) > 0".to_owned(),
        ..terms(fixed(1))
    };
    insta::assert_snapshot!(verdict(terms, &order()), @r#"
    gives nothing, for campaign.line_condition goes wrong: of line "b": line 1, column 1: `100 / (line.amount - 400)`: division by zero
    "#);
}

#[test]
fn an_activity_without_lines_has_none_that_count() {
    let terms = Terms {
        line_condition: "true".to_owned(),
        ..terms(fixed(1))
    };
    assert_eq!(verdict(terms, &purchase(100, Vec::new())), Verdict::NoLineCounts);
}

#[test]
fn an_expression_that_a_later_version_refuses_gives_nothing() {
    for broken in [
        conditional("order.amount +"),
        Terms {
            line_condition: "line.colour == 'red'".to_owned(),
            ..terms(fixed(1))
        },
        terms(amount(" ")),
    ] {
        let found = verdict(broken, &order());
        assert!(matches!(found, Verdict::Faulty { .. }), "{found:?}");
    }
}
