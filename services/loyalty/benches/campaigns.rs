//! How much processor time the evaluation of an order of 50 lines takes under 500 live campaigns. The budget is 1 ms.

#[path = "../../../crates/expression/benches/rules/cpu_time.rs"]
mod cpu_time;

use std::{collections::BTreeMap, hint::black_box, sync::Arc};

use cpu_time::CpuTime;
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::{Timestamp, tz::TimeZone};
use rapport_loyalty::domain::{
    activity::{Activity, Line, Trigger},
    campaigns::{
        Award, Budget, Campaign, Caps, Compiled, Rounding, Rules, Stacking, State, Terms, Usage, Usages,
        WhenExhausted, Window, evaluate,
    },
    facts::MemberFacts,
    program::EarningRule,
};
use rapport_money::{Currency, Money};

const CAMPAIGNS: usize = 500;
const LINES: i64 = 50;

fn terms(award: Award) -> Terms {
    Terms {
        title: "A campaign".to_owned(),
        trigger: Trigger::Purchase,
        window: Window::default(),
        condition: String::new(),
        line_condition: String::new(),
        award,
        rounding: Rounding::Down,
        wallet: "points".to_owned(),
        stacking: Stacking::default(),
        minimum: None,
        caps: Caps {
            order_points: Some(1_000_000),
            member_month_points: Some(1_000_000),
            ..Caps::default()
        },
        budget: Some(Budget {
            points: 1_000_000_000,
            when_exhausted: WhenExhausted::Cut,
        }),
        pending_days: None,
        expiry_months: None,
    }
}

fn award(number: usize) -> Award {
    let currency = Currency::USD;
    match number % 5 {
        0 => Award::Fixed { points: 10 },
        1 => Award::Rate {
            currency,
            points: 2,
            per_amount_minor: 100,
        },
        2 => Award::Multiplier { thousandths: 2_500 },
        3 => Award::Amount {
            expression: format!("order.amount / {}", number + 100),
        },
        _ => Award::Table {
            currency,
            points: (0..20)
                .map(|category| (format!("category-{category:02}"), 3))
                .collect(),
            default_points: 1,
            per_amount_minor: 100,
        },
    }
}

/// Campaigns as a large program has them: most ask for a tier, a channel or a category that this order has not.
fn usual(number: usize) -> Terms {
    let condition = match number % 4 {
        0 => format!("order.amount >= {}", 1_000 + 50 * number),
        1 => format!("'segment-{}' in member.segments", number % 40),
        2 => format!(
            "order.channel == 'app' && member.tiers['status'] == 'tier-{}'",
            number % 5
        ),
        _ => String::new(),
    };
    let line_condition = match number % 3 {
        0 => format!(
            "line.category == 'category-{:02}' && line.quantity >= 1",
            number % 60
        ),
        _ => String::new(),
    };
    Terms {
        condition,
        line_condition,
        stacking: Stacking {
            group: if number.is_multiple_of(2) {
                format!("group-{}", number % 20)
            } else {
                String::new()
            },
            priority: 0,
        },
        ..terms(award(number))
    }
}

/// Campaigns that all ask for the order and for each line, no two alike, and of which all conditions hold.
fn dear(number: usize) -> Terms {
    Terms {
        condition: format!("order.amount >= {number} && member.tiers['status'] == 'tier-2'"),
        line_condition: format!(
            "line.category == 'category-{:02}' || line.quantity >= {}",
            number % 60,
            number + 5
        ),
        ..terms(award(number))
    }
}

/// Campaigns that all give points for every line.
fn generous(number: usize) -> Terms {
    terms(award(number))
}

fn rules(of: fn(usize) -> Terms) -> Rules {
    let campaign = |number: usize| Campaign {
        state: State::Live,
        ..Campaign::draft(format!("campaign-{number:03}"), of(number), Timestamp::UNIX_EPOCH)
    };
    let compiled = (0..CAMPAIGNS).map(|number| Arc::new(Compiled::new(&campaign(number), &TimeZone::UTC)));
    let base = EarningRule {
        currency: Currency::USD,
        points: 1,
        per_amount_minor: 100,
    };
    Rules::new(Some(base), compiled.collect(), &TimeZone::UTC)
}

fn order() -> Activity {
    let line = |number: i64| Line {
        id: format!("line-{number}"),
        sku: format!("sku-{number}"),
        category: format!("category-{number:02}"),
        quantity: 1 + number % 3,
        amount_minor: 100 * number,
    };
    Activity {
        trigger: Trigger::Purchase,
        source: "shop".to_owned(),
        source_id: "order-1".to_owned(),
        time: Timestamp::UNIX_EPOCH,
        amount: Some(Money {
            minor: 50 * LINES * LINES,
            currency: Currency::USD,
        }),
        quantity: 1,
        location: "shop-7".to_owned(),
        channel: "app".to_owned(),
        lines: (0..LINES).map(line).collect(),
        attributes: BTreeMap::new(),
    }
}

fn member() -> MemberFacts {
    MemberFacts {
        tiers: BTreeMap::from([("status".to_owned(), "tier-2".to_owned())]),
        segments: (0..20).map(|number| format!("segment-{number}")).collect(),
        ..MemberFacts::new("programs/p/members/ann", Timestamp::UNIX_EPOCH)
    }
}

fn usages() -> Usages {
    let usage = Usage {
        budget_points: 5_000,
        member_points: 500,
        member_day_points: 50,
        member_month_points: 500,
        member_awards: 5,
    };
    (0..CAMPAIGNS)
        .map(|number| (format!("campaign-{number:03}"), usage))
        .collect()
}

fn campaigns(criterion: &mut Criterion<CpuTime>) {
    let (order, member, usages) = (order(), member(), usages());
    for (name, of) in [
        ("500_usual_campaigns_50_lines", usual as fn(usize) -> Terms),
        ("500_dear_campaigns_50_lines", dear),
        ("500_generous_campaigns_50_lines", generous),
    ] {
        let rules = rules(of);
        let evaluation = evaluate(&rules, &order, &member, &usages, order.time);
        let awards = evaluation.map(|evaluation| evaluation.awards.len());
        println!("{name}: {} awards", awards.unwrap_or_default());
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| evaluate(&rules, black_box(&order), &member, &usages, order.time));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = campaigns
}
criterion_main!(benches);
