//! What is wrong with terms.

use super::*;

fn fields(terms: &Terms) -> Vec<String> {
    terms
        .check()
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}

#[test]
fn good_terms_have_no_violation_at_either_limit() {
    assert_eq!(fields(&terms()), Vec::<String>::new());
    let longest = i32::try_from(LONGEST_DAYS).unwrap();
    let mut widest = terms();
    widest.qualification.within_days = longest;
    widest.invitation_days = longest;
    widest.fraud_window_days = longest;
    widest.caps.window_days = longest;
    widest.referrer_rewards = vec![vec![points(3)], vec![points(2)], vec![points(1)]];
    let mut narrowest = terms();
    narrowest.qualification.within_days = 1;
    narrowest.qualification.minimum = dollars(1);
    narrowest.invitation_days = 1;
    narrowest.fraud_window_days = 0;
    narrowest.caps = Caps::default();
    narrowest.referrer_rewards.clear();
    for terms in [widest, narrowest] {
        assert_eq!(fields(&terms), Vec::<String>::new());
    }
}

#[test]
fn all_violations_are_told_at_once_with_their_fields() {
    let mut wrong = terms();
    wrong.friend_rewards = vec![points(0)];
    wrong.qualification.within_days = 0;
    wrong.qualification.minimum = dollars(0);
    wrong.invitation_days = 3_651;
    wrong.fraud_window_days = -1;
    wrong.caps = Caps {
        in_window: Some(0),
        window_days: 0,
        in_total: Some(0),
    };
    wrong.velocity = Some(Velocity {
        registrations: 0,
        hours: 721,
    });
    assert_eq!(
        fields(&wrong),
        [
            "referral.friend_rewards[0].points",
            "referral.qualification.within_days",
            "referral.invitation_days",
            "referral.fraud_window_days",
            "referral.caps.window_days",
            "referral.qualification.minimum",
            "referral.caps.in_window",
            "referral.caps.in_total",
            "referral.velocity.registrations",
            "referral.velocity.hours",
        ]
    );
}

#[test]
fn each_level_gives_fewer_points_of_a_wallet_than_the_one_before() {
    let other = Reward::Points {
        wallet: "other".to_owned(),
        points: 1,
    };
    for (levels, wrong) in [
        (
            vec![vec![points(10)], vec![points(10)]],
            vec!["referral.referrer_rewards[1]"],
        ),
        (
            vec![vec![points(10)], vec![points(9)], vec![points(9)]],
            vec!["referral.referrer_rewards[2]"],
        ),
        (vec![vec![points(5), points(5)], vec![points(9)]], vec![]),
        (
            vec![vec![points(10)], vec![points(5), points(5)]],
            vec!["referral.referrer_rewards[1]"],
        ),
        (
            vec![vec![points(10)], vec![other]],
            vec!["referral.referrer_rewards[1]"],
        ),
        (
            vec![vec![points(4)], vec![points(3)], vec![points(2)], vec![points(1)]],
            vec!["referral.referrer_rewards"],
        ),
    ] {
        let mut terms = terms();
        terms.referrer_rewards.clone_from(&levels);
        assert_eq!(fields(&terms), wrong, "{levels:?}");
    }
}

#[test]
fn terms_that_reward_nobody_are_refused() {
    let mut nothing = terms();
    nothing.friend_rewards.clear();
    nothing.referrer_rewards = vec![vec![], vec![]];
    assert_eq!(fields(&nothing), ["referral.referrer_rewards"]);
    nothing.friend_rewards = vec![points(1)];
    assert_eq!(fields(&nothing), Vec::<String>::new());
}
