//! Random programs, campaigns, members and activities. The conditions of campaigns are made twice: as text, and as
//! something that the model can ask without reading it.

use jiff::SignedDuration;
use rapport_testkit::Random;

use super::*;

const CATEGORIES: [&str; 4] = ["coffee", "tea", "cake", "room"];
const CHANNELS: [&str; 3] = ["", "app", "store"];

/// A condition on an activity.
#[derive(Debug, Clone, Copy)]
pub(super) enum Condition {
    Always,
    AmountAtLeast(i64),
    QuantityAtLeast(i64),
    Channel(&'static str),
    IsGold,
    InFamilies,
    /// Goes wrong for members who have no tier of this set.
    Lounge,
}

/// A condition on lines.
#[derive(Debug, Clone, Copy)]
pub(super) enum LineCondition {
    None,
    Category(&'static str),
    AmountAtLeast(i64),
    PaidAtLeast(i64),
    /// Goes wrong when a line costs nothing.
    Divides,
}

/// An amount.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expression {
    /// So many for each piece.
    Quantity(i64),
    /// A quarter of so many for each line that counts, as a double.
    Quarters(i64),
    /// What was paid for the lines that count less so much: goes wrong when it is negative.
    PaidLess(i64),
}

/// A campaign with what its expressions mean.
#[derive(Debug, Clone)]
pub(super) struct Meant {
    pub(super) campaign: Campaign,
    pub(super) condition: Condition,
    pub(super) line_condition: LineCondition,
    pub(super) expression: Expression,
}

/// A program with members and what they do, in the order of time.
#[derive(Debug)]
pub(super) struct World {
    pub(super) base: Option<EarningRule>,
    pub(super) campaigns: Vec<Meant>,
    pub(super) history: Vec<(Activity, MemberFacts)>,
}

impl World {
    pub(super) fn new(random: &mut Random, activities: usize) -> Self {
        let count = random.below(9);
        let members: Vec<_> = (0..=random.below(4))
            .map(|number| member(random, number))
            .collect();
        let mut time = moment("2026-06-03T00:00:00Z");
        let history = (0..activities).map(|number| {
            time += SignedDuration::from_secs(random.between(0, 40_000));
            (doing(random, number, time), random.pick(&members).clone())
        });
        let history = history.collect();
        Self {
            base: (!random.one_in(4)).then(|| EarningRule {
                currency: euros(),
                points: random.between(1, 5),
                per_amount_minor: *random.pick(&[1, 100, 250]),
            }),
            campaigns: (0..count).map(|number| campaign(random, number)).collect(),
            history,
        }
    }

    pub(super) fn rules(&self) -> Rules {
        let campaigns: Vec<_> = self
            .campaigns
            .iter()
            .map(|meant| meant.campaign.clone())
            .collect();
        rules(self.base, &campaigns)
    }

    pub(super) fn shuffled_rules(&self, random: &mut Random) -> Rules {
        let mut campaigns: Vec<_> = self
            .campaigns
            .iter()
            .map(|meant| meant.campaign.clone())
            .collect();
        random.shuffle(&mut campaigns);
        rules(self.base, &campaigns)
    }
}

fn trigger(random: &mut Random) -> Trigger {
    match random.below(6) {
        0 => Trigger::Visit,
        1 => Trigger::Custom("night".to_owned()),
        _ => Trigger::Purchase,
    }
}

fn currency(random: &mut Random) -> Currency {
    if random.one_in(10) { Currency::USD } else { euros() }
}

fn member(random: &mut Random, number: usize) -> MemberFacts {
    let tiers = match random.below(3) {
        0 => BTreeMap::new(),
        1 => BTreeMap::from([("lounge".to_owned(), "basic".to_owned())]),
        _ => BTreeMap::from([
            ("lounge".to_owned(), "first".to_owned()),
            (
                "status".to_owned(),
                (*random.pick(&["gold", "silver"])).to_owned(),
            ),
        ]),
    };
    MemberFacts {
        tiers,
        segments: if random.one_in(2) {
            vec!["families".to_owned()]
        } else {
            Vec::new()
        },
        ..MemberFacts::new(format!("programs/p/members/{number}"), Timestamp::UNIX_EPOCH)
    }
}

fn money(random: &mut Random) -> i64 {
    match random.below(40) {
        0 => i64::MAX / 2,
        1 => random.between(0, 1_000_000_000_000_i64),
        2..=5 => 0,
        _ => random.between(0, 5_000_i64),
    }
}

fn doing(random: &mut Random, number: usize, time: Timestamp) -> Activity {
    let trigger = trigger(random);
    let lines: Vec<_> = (0..random.below(6))
        .map(|number| {
            line(
                &format!("l{number}"),
                random.pick::<&str>(&CATEGORIES),
                money(random) / 8,
            )
        })
        .collect();
    let cost: i64 = lines.iter().map(|line| line.amount_minor).sum();
    let paid = match random.below(4) {
        0 => cost,
        1 => cost + random.between(0, 600_i64),
        2 => cost - cost / random.between(1, 9_i64),
        _ => money(random),
    };
    let amount = Money {
        minor: paid,
        currency: currency(random),
    };
    Activity {
        amount: (trigger == Trigger::Purchase || random.one_in(2)).then_some(amount),
        trigger,
        source_id: format!("order-{number}"),
        time,
        quantity: random.between(0, 5),
        channel: (*random.pick(&CHANNELS)).to_owned(),
        lines,
        ..purchase(0, Vec::new())
    }
}

fn award(random: &mut Random, subject: &str, expression: Expression) -> Award {
    match random.below(5) {
        0 => fixed(random.between(1, 40)),
        1 => Award::Rate {
            currency: currency(random),
            points: random.between(1, 7),
            per_amount_minor: *random.pick(&[1, 7, 100, 1_000]),
        },
        2 if subject == "order" => Award::Multiplier {
            thousandths: random.between(1_001, 4_000),
        },
        3 => {
            let mut points: BTreeMap<_, _> = CATEGORIES
                .map(|category| (category.to_owned(), random.between(0, 5_i64)))
                .into();
            points.remove(*random.pick(&CATEGORIES));
            Award::Table {
                currency: currency(random),
                points,
                default_points: random.between(0, 3),
                per_amount_minor: *random.pick(&[1, 7, 100]),
            }
        }
        _ => amount(&match expression {
            Expression::Quantity(points) => format!("{subject}.quantity * {points}"),
            Expression::Quarters(points) => format!("double(size(lines) * {points}) / 4.0"),
            Expression::PaidLess(minor) => format!("lines.map(l, l.paid).sum() - {minor}"),
        }),
    }
}

fn condition_text(condition: Condition, subject: &str) -> String {
    match condition {
        Condition::Always => String::new(),
        Condition::AmountAtLeast(minor) if subject == "order" => format!("order.amount >= {minor}"),
        Condition::AmountAtLeast(minor) => format!("has(activity.amount) && activity.amount >= {minor}"),
        Condition::QuantityAtLeast(quantity) => format!("{subject}.quantity >= {quantity}"),
        Condition::Channel(channel) => format!("{subject}.channel == '{channel}'"),
        Condition::IsGold => "'status' in member.tiers && member.tiers['status'] == 'gold'".to_owned(),
        Condition::InFamilies => "member.segments.exists(s, s == 'families')".to_owned(),
        Condition::Lounge => "member.tiers['lounge'] == 'first'".to_owned(),
    }
}

fn line_condition_text(condition: LineCondition) -> String {
    match condition {
        LineCondition::None => String::new(),
        LineCondition::Category(category) => format!("line.category == '{category}'"),
        LineCondition::AmountAtLeast(minor) => format!("line.amount >= {minor}"),
        LineCondition::PaidAtLeast(minor) => format!("line.paid >= {minor}"),
        LineCondition::Divides => "100 / line.amount >= 0".to_owned(),
    }
}

fn maybe<T>(random: &mut Random, chances: usize, some: impl FnOnce(&mut Random) -> T) -> Option<T> {
    random.one_in(chances).then(|| some(random))
}

fn window(random: &mut Random) -> Window {
    let time = |random: &mut Random| {
        let (month, day, hour) = (
            random.between(6, 8_i8),
            random.between(1, 28_i8),
            random.between(0, 23_i8),
        );
        jiff::civil::datetime(2026, month, day, hour, 0, 0, 0)
    };
    Window {
        from: maybe(random, 5, time),
        until: maybe(random, 5, time),
    }
}

fn caps(random: &mut Random) -> Caps {
    Caps {
        order_points: maybe(random, 5, |random| random.between(1, 60)),
        member_points: maybe(random, 5, |random| random.between(1, 300)),
        member_day_points: maybe(random, 5, |random| random.between(1, 90)),
        member_month_points: maybe(random, 5, |random| random.between(1, 200)),
        member_awards: maybe(random, 6, |random| random.between(1, 12)),
    }
}

fn campaign(random: &mut Random, number: usize) -> Meant {
    let trigger = trigger(random);
    let subject = if trigger == Trigger::Purchase {
        "order"
    } else {
        "activity"
    };
    let condition = match random.below(12) {
        0 => Condition::AmountAtLeast(random.between(0, 4_000)),
        1 => Condition::QuantityAtLeast(random.between(1, 4)),
        2 => Condition::Channel(random.pick::<&str>(&CHANNELS)),
        3 => Condition::IsGold,
        4 => Condition::InFamilies,
        5 => Condition::Lounge,
        _ => Condition::Always,
    };
    let line_condition = match random.below(9) {
        0 => LineCondition::Category(random.pick::<&str>(&CATEGORIES)),
        1 => LineCondition::AmountAtLeast(random.between(0, 600)),
        2 => LineCondition::PaidAtLeast(random.between(0, 600)),
        3 => LineCondition::Divides,
        _ => LineCondition::None,
    };
    let expression = match random.below(3) {
        0 => Expression::Quantity(random.between(1, 30)),
        1 => Expression::Quarters(random.between(1, 30)),
        _ => Expression::PaidLess(random.between(0, 300)),
    };
    let terms = Terms {
        award: award(random, subject, expression),
        condition: condition_text(condition, subject),
        line_condition: line_condition_text(line_condition),
        trigger,
        window: window(random),
        rounding: *random.pick(&[Rounding::Down, Rounding::HalfUp, Rounding::Up]),
        wallet: (*random.pick(&["points", "points", "miles"])).to_owned(),
        stacking: Stacking {
            group: (*random.pick(&["", "summer", "winter"])).to_owned(),
            priority: random.between(0, 1),
        },
        minimum: maybe(random, 6, |random| Money {
            minor: random.between(0, 3_000),
            currency: currency(random),
        }),
        caps: caps(random),
        budget: maybe(random, 3, |random| Budget {
            points: random.between(1, 500),
            when_exhausted: *random.pick(&[WhenExhausted::Cut, WhenExhausted::Skip]),
        }),
        pending_days: maybe(random, 4, |random| random.between(0, 30)),
        expiry_months: maybe(random, 4, |random| random.between(0, 24)),
        ..terms(fixed(1))
    };
    let state = if random.one_in(8) {
        *random.pick(&State::ALL)
    } else {
        State::Live
    };
    Meant {
        campaign: Campaign {
            state,
            ..live(&format!("c{number}"), terms)
        },
        condition,
        line_condition,
        expression,
    }
}
