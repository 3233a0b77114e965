//! The worked examples of `docs/loyalty/engagement.md`: they are reckoned here and looked for there.

use std::sync::LazyLock;
use std::{collections::BTreeMap, fmt::Write as _};

use jiff::{Timestamp, tz::TimeZone};
use rapport_money::{Currency, Money};
use uuid::Uuid;

use super::{Effect, Reward, badges, challenges, referral};
use crate::domain::calendar::Period;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| crate::domain::page_of_documentation("engagement.md"));

fn require_documented(table: &str) {
    assert!(
        DOCUMENT.contains(table),
        "docs/loyalty/engagement.md should have this table:\n{table}"
    );
}

fn points(points: i64) -> Reward {
    Reward::Points {
        wallet: "main".to_owned(),
        points,
    }
}

fn dollars(units: i64) -> Money {
    Money {
        minor: units * 100,
        currency: Currency::USD,
    }
}

/// Noon of a day in universal time.
fn noon(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

/// Effects in words, such as `give ann 1000`.
fn told(effects: &[Effect]) -> String {
    let each = effects.iter().map(|effect| {
        let what = match effect {
            Effect::Promise(_) => "promise",
            Effect::Give(_) => "give",
            Effect::Withdraw(_) => "withdraw",
            Effect::TakeBack(_) => "take back",
        };
        let member = effect.grant().member.rsplit('/').next().unwrap_or_default();
        match &effect.grant().reward {
            Reward::Points { points, .. } if member.is_empty() => format!("{what} {points}"),
            Reward::Points { points, .. } => format!("{what} {member} {points}"),
            other => format!("{what} {member} {other:?}"),
        }
    });
    let told: Vec<String> = each.collect();
    if told.is_empty() {
        "–".to_owned()
    } else {
        told.join(", ")
    }
}

fn party(name: &str) -> referral::Party {
    referral::Party {
        member: format!("programs/p/members/{name}"),
        customer: format!("customers/{name}"),
    }
}

fn referral_terms() -> referral::Terms {
    referral::Terms {
        version: 1,
        friend_rewards: vec![points(500)],
        referrer_rewards: vec![vec![points(1_000)], vec![points(300)]],
        qualification: referral::Qualification {
            rule: referral::QualifyingRule::OnePurchase,
            minimum: dollars(50),
            within_days: 30,
        },
        invitation_days: 60,
        fraud_window_days: 14,
        refused_ties: [referral::Tie::Household].into(),
        accepts_known_customers: false,
        caps: referral::Caps::default(),
        velocity: None,
    }
}

#[test]
fn the_referral_of_the_document_goes_as_it_says() {
    let purchase = |id: &str, day: &str, units: i64| referral::Command::Purchase {
        purchase: referral::Purchase {
            id: id.to_owned(),
            time: noon(day),
            amount: dollars(units),
        },
        others: referral::Others::default(),
    };
    let give_back = |id: &str, purchase: &str, day: &str, units: i64| {
        referral::Command::Return(referral::Return {
            id: id.to_owned(),
            purchase: purchase.to_owned(),
            time: noon(day),
            amount: dollars(units),
        })
    };
    let register = referral::Command::Register {
        registration: referral::Registration {
            friend: party("bob"),
            time: noon("2026-03-02"),
            ancestors: vec![party("zoe").member],
        },
        facts: referral::Facts::default(),
    };
    let story = [
        ("2026-03-02", "Bob registers", register),
        ("2026-03-05", "Bob buys for 40", purchase("a", "2026-03-05", 40)),
        ("2026-03-06", "Bob buys for 60", purchase("b", "2026-03-06", 60)),
        (
            "2026-03-10",
            "Bob returns 20 of the 60",
            give_back("r", "b", "2026-03-10", 20),
        ),
        ("2026-03-12", "Bob buys for 55", purchase("c", "2026-03-12", 55)),
        ("2026-03-26", "nothing", referral::Command::Settle),
        ("2026-03-27", "nothing", referral::Command::Settle),
        (
            "2026-04-01",
            "late news: Bob returned the 55 on 26 March",
            give_back("s", "c", "2026-03-26", 55),
        ),
    ];
    let terms = referral_terms();
    let rules = referral::Rules {
        terms: &terms,
        zone: &TimeZone::UTC,
    };
    let mut subject = referral::Referral::invite(Uuid::nil(), 1, party("ann"), noon("2026-03-01"));
    let mut table = "| day | news | state | effects |\n|---|---|---|---|\n".to_owned();
    for (day, news, command) in story {
        let decision = referral::decide(&subject, &command, &rules, noon(day), &mut Uuid::now_v7).unwrap();
        decision.changes.iter().for_each(|change| subject.apply(change));
        let state = match subject.state {
            referral::State::Invited => "invited",
            referral::State::Registered => "registered",
            referral::State::Qualified { .. } => "qualified",
            referral::State::Rewarded { .. } => "rewarded",
            referral::State::Rejected => "rejected",
            referral::State::Expired => "expired",
            referral::State::RolledBack => "rolled back",
        };
        let effects: Vec<Effect> = decision.effects().cloned().collect();
        writeln!(table, "| {day} | {news} | {state} | {} |", told(&effects)).unwrap();
    }
    require_documented(&table);
}

#[test]
fn the_streak_of_the_document_goes_as_it_says() {
    let terms = challenges::Terms {
        version: 1,
        title: "Three weeks of coffee".to_owned(),
        filter: challenges::Filter::default(),
        goal: challenges::Goal::Streak {
            period: Period::Week,
            activities_per_period: 1,
            freezes: 1,
        },
        recurrence: challenges::Recurrence::Once,
        start_time: None,
        end_time: None,
        levels: vec![
            challenges::Level {
                target: 2,
                rewards: vec![points(50)],
            },
            challenges::Level {
                target: 3,
                rewards: vec![points(100)],
            },
        ],
    };
    let rules = challenges::Rules {
        terms: &terms,
        zone: &TimeZone::UTC,
    };
    let visit = |id: &str, day: &str| {
        challenges::Command::Record(challenges::Activity {
            id: id.to_owned(),
            kind: "purchase".to_owned(),
            time: noon(day),
            amount: Some(dollars(5)),
            category: None,
            location: None,
        })
    };
    let undo = |id: &str, activity: &str, units: i64| {
        challenges::Command::Reverse(challenges::Reversal {
            id: id.to_owned(),
            activity: activity.to_owned(),
            minor: Some(units * 100),
        })
    };
    let story = [
        ("a purchase of 5 on Monday, 2 March", visit("a", "2026-03-02")),
        ("a purchase of 5 on Sunday, 8 March", visit("b", "2026-03-08")),
        ("a purchase of 5 on Monday, 16 March", visit("c", "2026-03-16")),
        ("a purchase of 5 on Tuesday, 24 March", visit("d", "2026-03-24")),
        ("3 of the purchase of 16 March are returned", undo("r", "c", 3)),
        ("the other 2 are returned", undo("s", "c", 2)),
        ("late news: a purchase of 5 on 11 March", visit("e", "2026-03-11")),
    ];
    let mut subject = challenges::Standing::new("", 1);
    let mut table = "| news | longest streak | effects |\n|---|---|---|\n".to_owned();
    for (news, command) in story {
        let now = noon("2026-03-25");
        let decision = challenges::decide(&subject, &command, &rules, now, &mut Uuid::now_v7).unwrap();
        decision.changes.iter().for_each(|change| subject.apply(change));
        let value = subject.view(None, &rules, now).value;
        writeln!(table, "| {news} | {value} | {} |", told(&decision.effects())).unwrap();
    }
    require_documented(&table);
    let streak = subject.view(None, &rules, noon("2026-03-25")).streak.unwrap();
    require_documented(&format!(
        "a streak of {} weeks with {} freezes left, to be continued before {}",
        streak.length, streak.freezes_left, streak.continue_before
    ));
}

#[test]
fn the_badge_of_the_document_goes_as_it_says() {
    let level = |title: &str, at_least| badges::Level {
        title: title.to_owned(),
        rule: badges::Rule::Count {
            counter: "reviews".to_owned(),
            at_least,
        },
    };
    let terms = badges::Terms {
        version: 1,
        title: "Critic".to_owned(),
        levels: vec![level("bronze", 5), level("silver", 20)],
        revocable: true,
    };
    let reviews = |count| {
        badges::Command::Evaluate(badges::Facts {
            counters: BTreeMap::from([("reviews".to_owned(), count)]),
            ..badges::Facts::default()
        })
    };
    let (by, reason) = ("ruth".to_owned(), "copied texts".to_owned());
    let story = [
        ("5 reviews", reviews(5)),
        ("21 reviews", reviews(21)),
        ("2 are deleted", reviews(19)),
        (
            "Ruth revokes bronze",
            badges::Command::Revoke { level: 0, by, reason },
        ),
        ("one more review", reviews(20)),
    ];
    let mut subject = badges::Cabinet::default();
    let mut table = "| news | shown | reason |\n|---|---|---|\n".to_owned();
    for (news, command) in story {
        let now = noon("2026-03-25");
        let decision = badges::decide(&subject, &command, &terms, now, &mut Uuid::now_v7).unwrap();
        decision.changes.iter().for_each(|change| subject.apply(change));
        let (title, reason) = match subject.shown() {
            Some(shown) => (terms.levels[shown.level].title.as_str(), shown.reason),
            None => ("–", "–".to_owned()),
        };
        writeln!(table, "| {news} | {title} | {reason} |").unwrap();
    }
    require_documented(&table);
}
