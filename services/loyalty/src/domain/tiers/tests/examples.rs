//! The worked examples of `docs/loyalty/tiers.md`: they are reckoned here and looked for there.

use std::sync::LazyLock;

use jiff::tz::TimeZone;

use super::{super::*, Member, asks, flights, hotel, known, moment, nights, points, rules, tier, trial};
use crate::domain::calendar::{day_of, yesterday};

static PAGE: LazyLock<String> = LazyLock::new(|| crate::domain::page_of_documentation("tiers.md"));

/// Fails with the table as it should be, if the page does not have it as a whole.
fn is_on_the_page(table: &str) {
    assert!(
        format!("{}\n", *PAGE).contains(&format!("\n\n{table}\n")),
        "docs/loyalty/tiers.md should have this table:\n{table}"
    );
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Base => "base tier",
        Basis::Grace => "grace",
        Basis::Gifted { .. } => "gifted",
        Basis::Matched { kept: false, .. } => "matched, on trial",
        Basis::Matched { kept: true, .. } => "matched, challenge met",
        Basis::SoftLanding => "soft landing",
        Basis::Qualified => "qualified",
        Basis::Lifetime => "lifetime",
    }
}

/// The last day before a moment.
fn last_day(zone: &TimeZone, until: Option<jiff::Timestamp>) -> String {
    until.map_or_else(
        || "–".to_owned(),
        |until| yesterday(day_of(until, zone)).to_string(),
    )
}

/// The timeline of a member as a table.
fn timeline(rules: &Rules, member: &Member, as_of: &str) -> String {
    let evaluation = evaluate(rules, &member.history, moment(as_of)).unwrap();
    let mut table = "| from | tier | why | through |\n|---|---|---|---|\n".to_owned();
    for change in &evaluation.timeline {
        let day = day_of(change.time, rules.zone());
        let through = last_day(rules.zone(), change.valid_until);
        let line = format!(
            "| {day} | {} | {} | {through} |\n",
            change.tier,
            basis(change.basis)
        );
        table.push_str(&line);
    }
    table
}

/// What is missing, as a table.
fn missing(projection: &Projection) -> String {
    let mut table = "| goal | has | needs | missing | from | by |\n|---|---|---|---|---|---|\n".to_owned();
    for goal in projection.goals.iter().chain(&projection.keep) {
        let kind = match goal.kind {
            GoalKind::Reach => "reach",
            GoalKind::Keep => "keep",
            GoalKind::Lifetime => "for life",
            GoalKind::Challenge => "challenge for",
        };
        for part in &goal.missing {
            let from = goal
                .from
                .map_or_else(|| "now".to_owned(), |from| from.to_string());
            let by = part.by.map_or_else(|| "–".to_owned(), |by| by.to_string());
            let Missing {
                measure, have, need, ..
            } = part;
            let line = format!(
                "| {kind} {} | {have} {measure} | {need} | {} | {from} | {by} |\n",
                goal.tier, part.missing
            );
            table.push_str(&line);
        }
    }
    table
}

/// Silver, Gold, Platinum for 10, 25, 60 nights in a calendar year, kept to the end of the next; soft landing; Gold for
/// life with 200 nights.
fn chain_of_hotels() -> TierSet {
    let mut set = hotel();
    set.landing = Landing::OneTier;
    set.tiers[2].lifetime = asks(Combination::All, &[(nights(), 200)]);
    set
}

/// Silver for 300 tier points and 4 flights, Gold for 600 and 4, in a membership year; kept to the end of the next;
/// two months of grace; the excess counts once more.
fn airline() -> TierSet {
    let of = |tier_points| asks(Combination::All, &[(points(), tier_points), (flights(), 4)]);
    TierSet {
        id: "flights".to_owned(),
        tiers: vec![
            tier("blue", 0, None),
            tier("silver", 10, of(300)),
            tier("gold", 20, of(600)),
        ],
        window: Window::MembershipYear,
        grace: Grace::Months(2),
        carry_over: true,
        ..hotel()
    }
}

#[test]
fn hotel_nights_and_a_soft_landing() {
    let rules = rules(chain_of_hotels());
    let mut member = Member::enrolled("2026-01-15T09:00:00Z");
    member.stays("2026-03-10T12:00:00Z", 12);
    member.stays("2026-06-20T12:00:00Z", 14);
    member.stays("2027-08-01T12:00:00Z", 6);
    is_on_the_page(&timeline(&rules, &member, "2030-12-31T00:00:00Z"));
    let projection = project(&rules, &member.history, moment("2027-09-01T00:00:00Z")).unwrap();
    is_on_the_page(&missing(&projection));
    let review = projection.review.unwrap();
    assert_eq!(
        (review.tier.as_str(), review.basis),
        ("silver", Basis::SoftLanding)
    );
    assert_eq!(review.time, moment("2028-01-01T00:00:00Z"));
}

#[test]
fn hotel_nights_for_life() {
    let rules = rules(chain_of_hotels());
    let mut member = Member::enrolled("2020-01-15T09:00:00Z");
    for year in 2020..2024 {
        member.stays(&format!("{year}-07-01T12:00:00Z"), 50);
    }
    is_on_the_page(&timeline(&rules, &member, "2035-12-31T00:00:00Z"));
}

#[test]
fn a_stay_that_is_returned() {
    let rules = rules(chain_of_hotels());
    let mut member = Member::enrolled("2026-01-15T09:00:00Z");
    member.stays("2026-03-10T12:00:00Z", 12);
    let stay = member.stays("2026-06-20T12:00:00Z", 14);
    is_on_the_page(&timeline(&rules, &member, "2026-12-31T00:00:00Z"));
    member.returns("2026-09-05T12:00:00Z", stay, 2);
    is_on_the_page(&timeline(&rules, &member, "2026-12-31T00:00:00Z"));
    assert_eq!(
        member.standing(&rules, "2026-07-01T00:00:00Z").tier,
        "silver",
        "in July as well"
    );
}

#[test]
fn airline_tier_points_with_flights_grace_and_carry_over() {
    let rules = rules(airline());
    let mut member = Member::enrolled("2024-02-29T09:00:00Z");
    for (time, tier_points, flown) in [
        ("2024-05-01T12:00:00Z", 250, 2),
        ("2024-09-01T12:00:00Z", 200, 1),
        ("2024-11-01T12:00:00Z", 10, 1),
        ("2025-06-01T12:00:00Z", 120, 3),
        ("2026-03-20T12:00:00Z", 310, 4),
    ] {
        member.counts(time, points(), tier_points);
        member.counts(time, flights(), flown);
    }
    is_on_the_page(&timeline(&rules, &member, "2026-06-01T00:00:00Z"));
    let progress = member.standing(&rules, "2025-07-01T00:00:00Z").progress;
    let amounts: Vec<i64> = progress.iter().map(|value| value.amount).collect();
    assert_eq!(amounts, [280, 3], "160 and 0 were carried over");
    let projection = project(&rules, &member.history, moment("2025-07-01T00:00:00Z")).unwrap();
    is_on_the_page(&missing(&projection));
}

#[test]
fn a_status_match_with_a_challenge() {
    let rules = rules(chain_of_hotels());
    let mut member = Member::enrolled("2026-01-15T09:00:00Z");
    member.grants("2026-02-01T09:00:00Z", "gold", "2026-04-30", trial(8));
    member.stays("2026-02-20T12:00:00Z", 5);
    let projection = project(&rules, &member.history, moment("2026-03-01T00:00:00Z")).unwrap();
    is_on_the_page(&missing(&projection));
    member.stays("2026-04-11T12:00:00Z", 3);
    is_on_the_page(&timeline(&rules, &member, "2026-12-31T00:00:00Z"));
}

#[test]
fn points_of_a_business_year_with_so_many_more_by_its_end() {
    let of = |at_least| asks(Combination::All, &[(points(), at_least)]);
    let rules = Rules::new(
        vec![TierSet {
            id: "points".to_owned(),
            tiers: vec![
                tier("member", 0, None),
                tier("silver", 10, of(400)),
                tier("gold", 20, of(1_000)),
            ],
            window: Window::CalendarYear { first_month: 4 },
            ..hotel()
        }],
        super::generator::zone("EST5EDT,M3.2.0,M11.1.0"),
        &known(),
    );
    let rules = rules.unwrap();
    let mut member = Member::enrolled("2026-04-10T14:00:00Z");
    member.counts("2026-07-04T16:00:00Z", points(), 680);
    let projection = project(&rules, &member.history, moment("2026-12-01T17:00:00Z")).unwrap();
    is_on_the_page(&missing(&projection));
    assert_eq!(
        projection.standing.decision.valid_until,
        Some(moment("2028-04-01T04:00:00Z")),
        "midnight in New York"
    );
}

#[test]
fn a_rolling_year_of_points_that_is_reviewed_by_month() {
    let of = |at_least| asks(Combination::All, &[(points(), at_least)]);
    let rules = rules(TierSet {
        id: "points".to_owned(),
        tiers: vec![
            tier("member", 0, None),
            tier("silver", 10, of(400)),
            tier("gold", 20, of(1_000)),
        ],
        window: Window::RollingMonths(12),
        validity: Validity::Months(6),
        ..hotel()
    });
    let mut member = Member::enrolled("2026-01-05T09:00:00Z");
    member.counts("2026-02-10T12:00:00Z", points(), 300);
    member.counts("2026-05-20T12:00:00Z", points(), 700);
    is_on_the_page(&timeline(&rules, &member, "2027-12-31T00:00:00Z"));
}
