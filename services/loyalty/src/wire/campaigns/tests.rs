//! What becomes of campaigns and activities on the way there and back.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil, tz::TimeZone};
use rapport_contract::loyalty::v1 as wire;
use rapport_money::{Currency, Money};
use rapport_status::FieldViolation;
use rapport_testkit::Random;

use super::*;
use crate::domain::{
    activity::{Activity, Line, Trigger},
    campaigns::{
        Award, Budget, Campaign, Caps, Compiled, Rounding, Rules, Stacking, State, Terms, Usages,
        WhenExhausted, Window, evaluate, replay,
    },
    facts::MemberFacts,
};

const PROGRAM: &str = "programs/stars";

fn dollars(minor: i64) -> Money {
    Money {
        minor,
        currency: Currency::USD,
    }
}

fn maybe<T>(random: &mut Random, some: impl FnOnce(&mut Random) -> T) -> Option<T> {
    random.one_in(2).then(|| some(random))
}

fn bound(random: &mut Random) -> Option<i64> {
    maybe(random, |random| random.between(1, i64::MAX))
}

fn text(random: &mut Random) -> String {
    (*random.pick(&["", "a", "Grüße", "line.amount > 5", "日本"])).to_owned()
}

fn time(random: &mut Random) -> civil::DateTime {
    let nanoseconds = *random.pick(&[0, 1, 500_000_000]);
    civil::datetime(
        random.between(1, 9_999),
        2,
        random.between(1, 28),
        random.between(0, 23),
        59,
        59,
        nanoseconds,
    )
}

fn award(random: &mut Random) -> Award {
    let points = random.between(i64::MIN, i64::MAX);
    let per_amount_minor = random.between(i64::MIN, i64::MAX);
    let currency = *random.pick(&[Currency::USD, "JPY".parse().unwrap()]);
    match random.below(5) {
        0 => Award::Fixed { points },
        1 => Award::Rate {
            currency,
            points,
            per_amount_minor,
        },
        2 => Award::Multiplier { thousandths: points },
        3 => Award::Amount {
            expression: text(random),
        },
        _ => Award::Table {
            currency,
            points: (0..random.below(4))
                .map(|number| (format!("c{number}"), random.between(0, 9)))
                .collect(),
            default_points: points,
            per_amount_minor,
        },
    }
}

fn terms(random: &mut Random) -> Terms {
    let own = Trigger::Custom("night".to_owned());
    Terms {
        title: text(random),
        trigger: random
            .pick(&[Trigger::Purchase, Trigger::TierChange, own])
            .clone(),
        window: Window {
            from: maybe(random, time),
            until: maybe(random, time),
        },
        condition: text(random),
        line_condition: text(random),
        award: award(random),
        rounding: *random.pick(&[Rounding::Down, Rounding::HalfUp, Rounding::Up]),
        wallet: (*random.pick(&["points", "miles"])).to_owned(),
        stacking: Stacking {
            group: text(random),
            priority: random.between(i32::MIN, i32::MAX),
        },
        minimum: maybe(random, |random| dollars(random.between(0, i64::MAX))),
        caps: Caps {
            order_points: bound(random),
            member_points: bound(random),
            member_day_points: bound(random),
            member_month_points: bound(random),
            member_awards: bound(random),
        },
        budget: maybe(random, |random| Budget {
            points: random.between(1, i64::MAX),
            when_exhausted: *random.pick(&[WhenExhausted::Cut, WhenExhausted::Skip]),
        }),
        pending_days: maybe(random, |random| random.between(0, i32::MAX)),
        expiry_months: maybe(random, |random| random.between(0, i32::MAX)),
    }
}

fn stay() -> Activity {
    Activity {
        trigger: Trigger::Purchase,
        source: "hotel".to_owned(),
        source_id: "stay-1".to_owned(),
        time: Timestamp::UNIX_EPOCH,
        amount: Some(dollars(12_345)),
        quantity: 2,
        location: "harbour".to_owned(),
        channel: "app".to_owned(),
        lines: vec![Line {
            id: "1".to_owned(),
            sku: "suite".to_owned(),
            category: "room".to_owned(),
            quantity: 2,
            amount_minor: 12_000,
        }],
        attributes: BTreeMap::from([("rate".to_owned(), "flex".to_owned())]),
    }
}

#[test]
fn terms_survive_the_way_there_and_back() {
    let mut random = Random::announced("terms_survive_the_way_there_and_back");
    for _ in 0..5_000 {
        let terms = terms(&mut random);
        let made = Campaign::draft("double", terms.clone(), Timestamp::UNIX_EPOCH);
        let message = campaign(PROGRAM, &made, State::Live);
        assert_eq!(read_terms(&message), (terms, Vec::new()));
        assert_eq!(message.name, "programs/stars/campaigns/double");
        assert_eq!(
            (message.state(), message.etag.as_str()),
            (wire::CampaignState::Live, "1")
        );
    }
}

#[test]
fn what_is_left_out_has_its_default() {
    let message = wire::Campaign {
        trigger: "purchase".to_owned(),
        award: Some(wire::CampaignAward {
            kind: Some(wire::campaign_award::Kind::Fixed(wire::FixedAward { points: 3 })),
        }),
        ..wire::Campaign::default()
    };
    let (terms, found) = read_terms(&message);
    assert_eq!(found, []);
    assert_eq!(
        (terms.wallet.as_str(), terms.rounding),
        ("points", Rounding::Down)
    );
    assert_eq!(
        (terms.window, terms.caps, terms.budget),
        (Window::default(), Caps::default(), None)
    );
}

fn shown(found: &[FieldViolation]) -> String {
    let lines = found
        .iter()
        .map(|violation| format!("{}: {}", violation.field, violation.description));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_cannot_be_read_is_told_at_once() {
    let message = wire::Campaign {
        window: Some(wire::CampaignWindow {
            from: "2026-08-01T00:00:00Z".to_owned(),
            until: "tomorrow".to_owned(),
        }),
        award: Some(wire::CampaignAward {
            kind: Some(wire::campaign_award::Kind::Rate(wire::RateAward::default())),
        }),
        minimum: Some(rapport_contract::google::r#type::Money::default()),
        ..wire::Campaign::default()
    };
    insta::assert_snapshot!(shown(&read_terms(&message).1), @r#"
    campaign.window.from: must be a time as the clocks of the program show it, such as 2026-08-01T00:00:00, not "2026-08-01T00:00:00Z"
    campaign.window.until: must be a time as the clocks of the program show it, such as 2026-08-01T00:00:00, not "tomorrow"
    campaign.award.rate.currency_code: the currency code must be three capital letters (ISO 4217), such as EUR
    campaign.minimum: the currency code must be three capital letters (ISO 4217), such as EUR
    "#);
    insta::assert_snapshot!(shown(&read_terms(&wire::Campaign::default()).1), @r"
    campaign.award: must be set: say how many points it gives
    ");
}

#[test]
fn activities_survive_the_way_there_and_back() {
    let visit = Activity {
        trigger: Trigger::Custom("night".to_owned()),
        amount: None,
        ..stay()
    };
    for made in [stay(), visit] {
        assert_eq!(read_activity(&activity(&made), "activity"), (made, Vec::new()));
    }
    insta::assert_snapshot!(shown(&read_activity(&wire::MemberActivity::default(), "activity").1), @r"
    activity.occur_time: must be set
    ");
}

#[test]
fn an_evaluation_and_a_comparison_name_campaigns_and_tell_their_points() {
    let live = |id: &str, points: i64, condition: &str| {
        let terms = Terms {
            title: id.to_owned(),
            trigger: Trigger::Purchase,
            condition: condition.to_owned(),
            award: Award::Fixed { points },
            wallet: "points".to_owned(),
            ..plain()
        };
        let campaign = Campaign {
            state: State::Live,
            ..Campaign::draft(id, terms, Timestamp::UNIX_EPOCH)
        };
        std::sync::Arc::new(Compiled::new(&campaign, &TimeZone::UTC))
    };
    let rules = |points| {
        Rules::new(
            None,
            vec![live("a", points, ""), live("b", 1, "false")],
            &TimeZone::UTC,
        )
    };
    let facts = MemberFacts::new("programs/stars/members/ann", Timestamp::UNIX_EPOCH);
    let stay = stay();
    let found = evaluate(&rules(7), &stay, &facts, &Usages::new(), stay.time).unwrap();
    let message = evaluation(PROGRAM, &found);
    assert_eq!(
        message.awards,
        [wire::ActivityAward {
            campaign: "programs/stars/campaigns/a".to_owned(),
            campaign_version: 1,
            wallet: "points".to_owned(),
            points: 7,
            lines: vec![wire::AwardedLine {
                line_id: "1".to_owned(),
                points: 7
            }],
            pending_days: None,
            expiry_months: None,
        }]
    );
    assert_eq!(
        (
            message.explanations[0].points,
            message.explanations[0].reckoned_points
        ),
        (7, 7)
    );
    assert_eq!(
        message.explanations[1].verdict(),
        wire::CampaignVerdict::ConditionNotMet
    );
    assert_eq!(
        message.explanations[1].explanation,
        "has a condition that does not hold"
    );

    let compared = replay([(&stay, &facts)], &rules(7), &rules(9), 5).unwrap();
    let message = comparison(PROGRAM, &compared);
    assert_eq!((message.activity_count, message.affected_member_count), (1, 1));
    assert_eq!(
        message.wallets[0].draft.as_ref().map(|tally| tally.points),
        Some(9)
    );
    assert_eq!(message.campaigns[0].campaign, "programs/stars/campaigns/a");
    assert_eq!(
        (message.members[0].now_points, message.members[0].draft_points),
        (7, 9)
    );
}

fn plain() -> Terms {
    let message = wire::Campaign {
        award: Some(wire::CampaignAward {
            kind: Some(wire::campaign_award::Kind::Fixed(wire::FixedAward { points: 1 })),
        }),
        ..wire::Campaign::default()
    };
    read_terms(&message).0
}
