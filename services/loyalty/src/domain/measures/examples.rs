//! The worked examples of `docs/loyalty/measures.md`: they are reckoned here and looked for there.

use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::{Timestamp, tz::TimeZone};
use rapport_measure::Confidence;
use rapport_money::{Currency, Money};
use uuid::Uuid;

use super::{
    Kind, Month, Movement,
    breakage::{curves, outlook},
    chain_ladder::Development,
    liability::{Question, Rate, liability},
    loyalty_index::{Observations, Part, Weights, loyalty_index},
    recognition::recognise,
    retention::{MemberMonths, retention},
    roll_forward::roll_forward,
    statement::{Language, Request, statement},
};

static DOCUMENT: LazyLock<String> = LazyLock::new(|| crate::domain::page_of_documentation("measures.md"));

fn require_documented(text: &str) {
    assert!(
        DOCUMENT.contains(text),
        "docs/loyalty/measures.md should have this:\n{text}"
    );
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Points redeemed of each vintage by the end of its own month, the next, and the one after that: from 1,000 points
/// each, which are valid to the end of the second month after.
const REDEEMED: [(&str, &[i64]); 6] = [
    ("2026-01", &[200, 500, 600]),
    ("2026-02", &[100, 300, 400]),
    ("2026-03", &[300, 500, 600]),
    ("2026-04", &[200, 400, 500]),
    ("2026-05", &[250, 500]),
    ("2026-06", &[150]),
];

/// The end of June, when all of it was known.
const JULY: &str = "2026-07-01T00:00:00Z";

fn movements() -> Vec<Movement> {
    let mut movements: Vec<Movement> = Vec::new();
    for (lot, (vintage, redeemed)) in REDEEMED.into_iter().enumerate() {
        let vintage = month(vintage);
        let mut before = 0;
        let mut post = |kind, points, day: Month| {
            let post_time = day.start(&TimeZone::UTC) + jiff::SignedDuration::from_hours(240);
            movements.push(Movement {
                member: "programs/p/members/m".to_owned(),
                wallet: "main".to_owned(),
                lot: Uuid::from_u128(lot as u128),
                vintage,
                kind,
                points,
                post_time,
                known_time: post_time,
                number: i64::try_from(movements.len()).unwrap() + 1,
                expire_time: Some(vintage.plus(3).start(&TimeZone::UTC)),
                cause: "an order".to_owned(),
            });
        };
        post(Kind::Earned, 1_000, vintage);
        for (age, redeemed) in (0..).zip(redeemed) {
            post(Kind::Redeemed, before - redeemed, vintage.plus(age));
            before = *redeemed;
        }
    }
    movements
}

#[test]
fn the_roll_forward_of_the_document_comes_out() {
    let movements = movements();
    let months = (month("2026-01"), month("2026-06"));
    let rows = roll_forward(&movements, "main", months, &TimeZone::UTC, moment(JULY)).unwrap();
    let mut table =
        "| month | opening | earned | redeemed | expired | closing |\n|---|---|---|---|---|---|\n".to_owned();
    for row in rows {
        let of = |kind| row.flows.of(kind);
        let (earned, redeemed, expired) = (of(Kind::Earned), of(Kind::Redeemed), of(Kind::Expired));
        let (month, opening, closing) = (row.month, row.opening, row.closing);
        writeln!(
            table,
            "| {month} | {opening} | {earned} | {redeemed} | {expired} | {closing} |"
        )
        .unwrap();
    }
    require_documented(&table);
}

#[test]
fn the_breakage_and_the_liability_of_the_document_come_out() {
    let movements = movements();
    let recognised = recognise(&movements, moment(JULY)).unwrap();
    let curves = curves(&recognised, "main", month("2026-06"), &TimeZone::UTC).unwrap();
    let mut table =
        "| vintage | by age 0 | by age 1 | by age 2 | expired |\n|---|---|---|---|---|\n".to_owned();
    for curve in &curves {
        let mut cells: Vec<String> = curve
            .points
            .iter()
            .map(|point| point.redeemed.to_string())
            .collect();
        cells.resize(3, String::new());
        writeln!(
            table,
            "| {} | {} | {} |",
            curve.vintage,
            cells.join(" | "),
            curve.latest().unwrap().expired
        )
        .unwrap();
    }
    require_documented(&table);

    let development = Development::of(&curves, 3);
    let steps: Vec<String> = development
        .factors
        .iter()
        .take(2)
        .map(|step| format!("{:.4} ({} vintages)", step.factor.unwrap(), step.vintages))
        .collect();
    require_documented(&format!("development factors {}", steps.join(" and ")));

    let mut question = Question {
        as_of: moment(JULY),
        known_by: moment(JULY),
        rates: [].into(),
        breakage: [].into(),
    };
    let dollar = Money {
        minor: 100,
        currency: Currency::USD,
    };
    let rate = Rate {
        money: dollar,
        per_points: 100,
    };
    question.rates.insert("main".to_owned(), rate);
    let mut table = "| vintage | ultimate redemption | ultimate breakage | of the open points will lapse, in millionths |\n|---|---|---|---|\n"
        .to_owned();
    for outlook in outlook(&curves, 3) {
        let expected = outlook.expected.unwrap();
        let (redeemed, breakage, open) = (expected.redeemed, expected.breakage, expected.open_breakage);
        writeln!(
            table,
            "| {} | {redeemed:.1} | {breakage:.4} | {open} |",
            outlook.vintage
        )
        .unwrap();
        question
            .breakage
            .insert(("main".to_owned(), outlook.vintage), open);
    }
    require_documented(&table);

    let liability = liability(&movements, &question).unwrap();
    let mut table =
        "| vintage | points | gross | expected to lapse | net |\n|---|---|---|---|---|\n".to_owned();
    for line in &liability.lines {
        let (vintage, points, lapses, value) = (
            line.vintage,
            line.points,
            line.expected_breakage,
            line.value.unwrap(),
        );
        writeln!(
            table,
            "| {vintage} | {points} | {} | {lapses} | {} |",
            value.gross, value.net
        )
        .unwrap();
    }
    let total = liability.totals[&Currency::USD];
    writeln!(table, "| together | | {} | | {} |", total.gross, total.net).unwrap();
    require_documented(&table);
}

#[test]
fn the_statements_of_the_document_come_out() {
    let mut movements = movements();
    for movement in &mut movements {
        if movement.kind == Kind::Earned {
            movement.cause = "purchases/17, \"tea\"".to_owned();
        }
    }
    for language in [Language::English, Language::Chinese] {
        let request = Request {
            member: "programs/p/members/m",
            wallet: "main",
            month: month("2026-05"),
            zone: &TimeZone::UTC,
            known_by: moment(JULY),
            language,
        };
        let file = statement(&movements, &request).unwrap();
        require_documented(&format!("```csv\n{}```", file.replace("\r\n", "\n")));
    }
}

#[test]
fn the_cohorts_of_the_document_come_out() {
    let member = |enrolled: &str, active: &[&str]| MemberMonths {
        enrolled: month(enrolled),
        active: active.iter().map(|text| month(text)).collect(),
    };
    let members = [
        member("2026-01", &["2026-01", "2026-02", "2026-03"]),
        member("2026-01", &["2026-01", "2026-03"]),
        member("2026-01", &["2026-01", "2026-02"]),
        member("2026-01", &["2026-01"]),
        member("2026-02", &["2026-02", "2026-03"]),
        member("2026-02", &["2026-02"]),
    ];
    let matrix = retention(&members, month("2026-03"), Confidence::default()).unwrap();
    let mut table =
        "| enrolled | members | same month | 1 month later | 2 months later |\n|---|---|---|---|---|\n"
            .to_owned();
    for cohort in matrix {
        let cell = |share: &rapport_measure::Proportion| {
            format!(
                "{} ({:.0} %, {:.0}–{:.0})",
                share.part,
                100.0 * share.share,
                100.0 * share.interval.low,
                100.0 * share.interval.high
            )
        };
        let mut cells: Vec<String> = cohort.retained.iter().map(cell).collect();
        cells.resize(3, String::new());
        writeln!(
            table,
            "| {} | {} | {} |",
            cohort.month,
            cohort.size,
            cells.join(" | ")
        )
        .unwrap();
    }
    require_documented(&table);
}

#[test]
fn the_index_of_the_document_comes_out() {
    let mut table = "| part | weight |\n|---|---|\n".to_owned();
    for part in Part::ALL {
        writeln!(table, "| {part} | {} |", part.default_weight()).unwrap();
    }
    require_documented(&table);
    let observations = Observations {
        purchase_days: Some(4),
        active_months: Some((9, 12)),
        recommendation: Some(9),
        lifetime_value_percentile: Some(80.0),
        rewarded_referrals: Some(1),
        spend: Some((60_000, 40_000)),
        ..Observations::default()
    };
    let index = loyalty_index(&observations, &Weights::default());
    let mut table = "| part | value | weight here | points |\n|---|---|---|---|\n".to_owned();
    for part in index.parts.iter().filter(|part| part.value.is_some()) {
        let (value, here) = (part.value.unwrap(), part.weight_here);
        writeln!(
            table,
            "| {} | {value:.4} | {here:.4} | {:.2} |",
            part.part,
            100.0 * value * here
        )
        .unwrap();
    }
    writeln!(table, "| together | | | {:.2} |", index.score.unwrap()).unwrap();
    require_documented(&table);
    require_documented(&format!("“{}”", index.remark.unwrap()));
}
