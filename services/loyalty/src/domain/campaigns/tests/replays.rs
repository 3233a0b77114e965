//! History under the rules as they are and under others.

use super::*;

fn member(name: &str) -> MemberFacts {
    MemberFacts::new(format!("programs/p/members/{name}"), Timestamp::UNIX_EPOCH)
}

fn bought(day: i8, minor: i64) -> Activity {
    Activity {
        time: moment(&format!("2026-08-{day:02}T12:00:00Z")),
        ..purchase(minor, Vec::new())
    }
}

fn history() -> Vec<(Activity, MemberFacts)> {
    vec![
        (bought(1, 1_000), member("ann")),
        (bought(1, 2_000), member("bob")),
        (bought(2, 3_000), member("ann")),
        (bought(3, 50), member("cid")),
        (bought(9, 500), member("bob")),
    ]
}

fn compared(now: &Rules, draft: &Rules, most_members: usize) -> Comparison {
    let history = history();
    let pairs = history.iter().map(|(activity, facts)| (activity, facts));
    replay(pairs, now, draft, most_members).unwrap()
}

#[test]
fn the_same_rules_make_no_difference() {
    let rules = rules(Some(base_rule()), &[live("c", terms(rate(2)))]);
    let comparison = compared(&rules, &rules, 10);
    assert_eq!(comparison.activities, 5);
    assert_eq!(comparison.now, comparison.draft);
    assert_eq!((comparison.members_affected, comparison.members.len()), (0, 0));
    assert_eq!(comparison.now.by_wallet["points"].points, 65 + 131);
    assert_eq!(comparison.now.base.points, 65);
}

#[test]
fn a_draft_is_compared_by_campaign_and_by_member_the_most_affected_first() {
    let now = rules(Some(base_rule()), &[live("old", terms(rate(1)))]);
    let draft = rules(Some(base_rule()), &[live("new", terms(rate(3)))]);
    let comparison = compared(&now, &draft, 2);
    let campaigns: Vec<_> = comparison
        .campaigns
        .iter()
        .map(|of| (of.campaign.as_str(), of.now.points, of.draft.points))
        .collect();
    assert_eq!(campaigns, [("new", 0, 196), ("old", 65, 0)]);
    let members: Vec<_> = comparison
        .members
        .iter()
        .map(|of| (of.member.as_str(), of.now, of.draft))
        .collect();
    assert_eq!(
        members,
        [
            ("programs/p/members/ann", 80, 160),
            ("programs/p/members/bob", 50, 100)
        ]
    );
    assert_eq!(comparison.members_affected, 3);
}

#[test]
fn caps_and_budgets_count_what_the_replay_has_given() {
    let capped = |caps: Caps, budget: Option<i64>| {
        let terms = Terms {
            caps,
            budget: budget.map(|points| Budget {
                points,
                when_exhausted: WhenExhausted::Cut,
            }),
            ..terms(fixed(10))
        };
        let draft = rules(None, &[live("c", terms)]);
        compared(&rules(None, &[]), &draft, 10).campaigns[0].draft
    };
    let no = Caps::default();
    for (caps, budget, awards, points) in [
        (no, None, 5, 50),
        (
            Caps {
                member_awards: Some(1),
                ..no
            },
            None,
            3,
            30,
        ),
        (
            Caps {
                member_points: Some(15),
                ..no
            },
            None,
            5,
            40,
        ),
        (
            Caps {
                member_month_points: Some(15),
                ..no
            },
            None,
            5,
            40,
        ),
        (
            Caps {
                member_day_points: Some(5),
                ..no
            },
            None,
            5,
            25,
        ),
        (no, Some(25), 3, 25),
    ] {
        let tally = capped(caps, budget);
        assert_eq!(
            (tally.awards, tally.points),
            (awards, points),
            "{caps:?} {budget:?}"
        );
    }
}

#[test]
fn a_faulty_draft_is_seen_in_the_comparison() {
    let faulty = Terms {
        condition: "member.tiers['lounge'] == 'gold'".to_owned(),
        ..terms(fixed(1))
    };
    let comparison = compared(&rules(None, &[]), &rules(None, &[live("c", faulty)]), 10);
    assert_eq!(comparison.campaigns[0].draft.faults, 5);
}

#[test]
fn history_goes_forward_in_time() {
    let rules = rules(Some(base_rule()), &[]);
    let mut replay = Replay::new(&rules, &rules);
    replay.feed(&bought(2, 100), &member("ann")).unwrap();
    let refused = replay.feed(&bought(1, 100), &member("ann")).unwrap_err();
    insta::assert_snapshot!(shown(refused.violations()), @r"
    activity.time: must not be before that of the activity before: history is replayed in the order of time
    ");
    replay.feed(&bought(2, 100), &member("ann")).unwrap();
    assert_eq!(replay.comparison(1).activities, 2);
}
