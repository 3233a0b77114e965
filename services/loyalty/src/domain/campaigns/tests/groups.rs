//! Which campaigns go together.

use super::*;

fn in_group(id: &str, group: &str, priority: i32, points: i64) -> Campaign {
    let stacking = Stacking {
        group: group.to_owned(),
        priority,
    };
    live(
        id,
        Terms {
            stacking,
            ..terms(fixed(points))
        },
    )
}

fn given(campaigns: &[Campaign]) -> Vec<(Arc<str>, i64)> {
    let evaluation = evaluated(&rules(None, campaigns), &purchase(100, Vec::new()));
    let named = evaluation.awards.into_iter().map(|award| match award.origin {
        Origin::Campaign { id, .. } => (id.into(), award.points),
        Origin::Base => panic!("there is no base"),
    });
    named.collect()
}

#[test]
fn campaigns_without_a_group_all_give_points() {
    let campaigns = [in_group("a", "", 0, 1), in_group("b", "", 0, 2)];
    assert_eq!(given(&campaigns), parts(&[("a", 1), ("b", 2)]));
}

#[test]
fn of_a_group_the_highest_priority_gives_points_then_the_most_points_then_the_first_id() {
    let mut campaigns = vec![in_group("c", "summer", 0, 5), in_group("b", "summer", 0, 5)];
    assert_eq!(given(&campaigns), parts(&[("b", 5)]));
    campaigns.push(in_group("d", "summer", 0, 6));
    assert_eq!(given(&campaigns), parts(&[("d", 6)]));
    campaigns.push(in_group("e", "summer", 1, 1));
    campaigns.push(in_group("f", "winter", -1, 1));
    assert_eq!(given(&campaigns), parts(&[("e", 1), ("f", 1)]));
}

#[test]
fn one_that_gives_nothing_does_not_stand_in_the_way_of_its_group() {
    let mut high = in_group("a", "summer", 9, 100);
    high.terms.condition = "order.amount > 5000".to_owned();
    let low = in_group("b", "summer", 0, 1);
    assert_eq!(given(&[high.clone(), low.clone()]), parts(&[("b", 1)]));
    high.terms.condition = String::new();
    high.state = State::Paused;
    assert_eq!(given(&[high, low]), parts(&[("b", 1)]));
}

#[test]
fn the_points_that_are_compared_are_those_after_caps() {
    let mut capped = in_group("a", "summer", 0, 100);
    capped.terms.caps.order_points = Some(3);
    assert_eq!(
        given(&[capped, in_group("b", "summer", 0, 4)]),
        parts(&[("b", 4)])
    );
}

#[test]
fn the_order_in_which_campaigns_are_given_does_not_matter() {
    let mut campaigns = vec![
        in_group("a", "summer", 0, 5),
        in_group("b", "summer", 0, 5),
        in_group("c", "", 0, 5),
    ];
    let order = purchase(100, Vec::new());
    let expected = evaluated(&rules(None, &campaigns), &order);
    campaigns.reverse();
    assert_eq!(evaluated(&rules(None, &campaigns), &order), expected);
}

#[test]
fn of_several_versions_of_a_campaign_the_latest_counts() {
    let first = in_group("a", "", 0, 5);
    let second = Campaign {
        version: 2,
        ..in_group("a", "", 0, 7)
    };
    for campaigns in [[first.clone(), second.clone()], [second, first]] {
        let rules = rules(None, &campaigns);
        assert_eq!(rules.campaigns().len(), 1);
        let evaluation = evaluated(&rules, &purchase(100, Vec::new()));
        assert_eq!(evaluation.awards[0].points, 7);
        assert_eq!(
            evaluation.awards[0].origin,
            Origin::Campaign {
                id: "a".to_owned(),
                version: 2
            }
        );
    }
}
