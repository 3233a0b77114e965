//! What bounds the points of a campaign.

use super::*;

fn capped(caps: Caps) -> Terms {
    Terms {
        caps,
        ..terms(fixed(100))
    }
}

fn order() -> Activity {
    purchase(5_000, vec![line("a", "x", 3_000), line("b", "x", 2_000)])
}

/// Sets what was used of a cap.
type Set = fn(&mut Usage, i64);

fn cut_to(verdict: &Verdict) -> Option<(Cap, i64)> {
    match verdict {
        Verdict::Applied { points, cuts, .. } => cuts.last().map(|cut| {
            assert_eq!(cut.to, *points);
            (cut.cap, cut.to)
        }),
        _ => None,
    }
}

#[test]
fn every_cap_cuts_to_what_is_left_of_it_and_then_stops() {
    let some = |most: i64| Some(most);
    let no = Caps::default();
    let cases: [(Cap, Caps, Set); 3] = [
        (
            Cap::Member,
            Caps {
                member_points: some(130),
                ..no
            },
            |usage, points| usage.member_points = points,
        ),
        (
            Cap::MemberDay,
            Caps {
                member_day_points: some(130),
                ..no
            },
            |usage, points| {
                usage.member_day_points = points;
            },
        ),
        (
            Cap::MemberMonth,
            Caps {
                member_month_points: some(130),
                ..no
            },
            |usage, points| {
                usage.member_month_points = points;
            },
        ),
    ];
    for (cap, caps, set) in cases {
        let after = |used: i64| {
            let mut usage = Usage::default();
            set(&mut usage, used);
            verdict_after(capped(caps), &order(), usage)
        };
        assert_eq!(cut_to(&after(30)), None, "{cap:?} has enough left");
        assert_eq!(cut_to(&after(31)), Some((cap, 99)));
        assert_eq!(cut_to(&after(129)), Some((cap, 1)));
        assert_eq!(after(130), Verdict::CapReached { cap });
        assert_eq!(
            after(500),
            Verdict::CapReached { cap },
            "a cap that was lowered afterwards"
        );
    }
}

#[test]
fn one_activity_gets_at_most_the_cap_for_one() {
    let caps = Caps {
        order_points: Some(40),
        ..Caps::default()
    };
    assert_eq!(cut_to(&verdict(capped(caps), &order())), Some((Cap::Order, 40)));
    assert_eq!(by_line(capped(caps), &order()), parts(&[("a", 24), ("b", 16)]));
}

#[test]
fn a_member_gets_at_most_so_many_awards() {
    let caps = Caps {
        member_awards: Some(2),
        ..Caps::default()
    };
    let after = |member_awards: i64| {
        let usage = Usage {
            member_awards,
            ..Usage::default()
        };
        verdict_after(capped(caps), &order(), usage)
    };
    assert!(matches!(after(1), Verdict::Applied { points: 100, .. }));
    assert_eq!(
        after(2),
        Verdict::CapReached {
            cap: Cap::MemberAwards
        }
    );
}

fn budgeted(when_exhausted: WhenExhausted) -> Terms {
    Terms {
        budget: Some(Budget {
            points: 1_000,
            when_exhausted,
        }),
        ..terms(fixed(100))
    }
}

fn with_budget_used(terms: Terms, budget_points: i64) -> Verdict {
    let usage = Usage {
        budget_points,
        ..Usage::default()
    };
    verdict_after(terms, &order(), usage)
}

#[test]
fn the_last_award_of_a_budget_is_cut_to_what_is_left() {
    let after = |used| with_budget_used(budgeted(WhenExhausted::Cut), used);
    assert_eq!(cut_to(&after(900)), None);
    assert_eq!(cut_to(&after(901)), Some((Cap::Budget, 99)));
    let exhausted = Verdict::BudgetExhausted {
        left: 0,
        needed: None,
    };
    assert_eq!(after(1_000), exhausted);
    assert_eq!(after(i64::MAX), exhausted);
}

#[test]
fn a_budget_that_is_not_cut_skips_what_it_cannot_pay_and_pays_smaller_awards_still() {
    let skipping = budgeted(WhenExhausted::Skip);
    assert_eq!(
        with_budget_used(skipping.clone(), 950),
        Verdict::BudgetExhausted {
            left: 50,
            needed: Some(100)
        }
    );
    let smaller = Terms {
        award: fixed(50),
        ..skipping
    };
    assert!(matches!(
        with_budget_used(smaller, 950),
        Verdict::Applied { points: 50, .. }
    ));
}

#[test]
fn a_budget_is_asked_after_the_caps() {
    let terms = Terms {
        caps: Caps {
            order_points: Some(50),
            ..Caps::default()
        },
        ..budgeted(WhenExhausted::Skip)
    };
    assert_eq!(cut_to(&with_budget_used(terms, 950)), Some((Cap::Order, 50)));
}

#[test]
fn several_caps_cut_one_after_the_other() {
    let caps = Caps {
        order_points: Some(80),
        member_points: Some(60),
        member_day_points: Some(70),
        ..Caps::default()
    };
    let Verdict::Applied { points, cuts, .. } = verdict(capped(caps), &order()) else {
        panic!("it gives points");
    };
    let cuts: Vec<_> = cuts.iter().map(|cut| (cut.cap, cut.from, cut.to)).collect();
    assert_eq!(
        (points, cuts),
        (60, vec![(Cap::Order, 100, 80), (Cap::Member, 80, 60)])
    );
}

#[test]
fn the_least_amount_counts_in_its_currency_only() {
    let terms = || Terms {
        minimum: Some(euro(5_000)),
        ..terms(fixed(10))
    };
    assert_eq!(points(terms(), &order()), 10);
    assert_eq!(
        verdict(terms(), &purchase(4_999, Vec::new())),
        Verdict::BelowMinimum { minimum: euro(5_000) }
    );
    let dollars = Activity {
        amount: Some(Money {
            minor: 9_999,
            currency: Currency::USD,
        }),
        ..order()
    };
    let other = Verdict::OtherCurrency { wanted: euros() };
    assert_eq!(verdict(terms(), &dollars), other);
    assert_eq!(verdict(self::terms(rate(1)), &dollars), other);
}

#[test]
fn a_usage_adds_up_awards_of_one_day_without_overflow() {
    let mut usage = Usage::default();
    usage.add(30);
    usage.add(i64::MAX);
    assert_eq!(
        usage,
        Usage {
            budget_points: i64::MAX,
            member_points: i64::MAX,
            member_day_points: i64::MAX,
            member_month_points: i64::MAX,
            member_awards: 2,
        }
    );
}
