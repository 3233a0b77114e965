//! Benefits and titles.

use std::collections::BTreeMap;

use super::{super::*, Member, hotel, moment, rules};

fn benefit(id: &str, kind: BenefitKind) -> Benefit {
    Benefit {
        id: id.to_owned(),
        kind,
        titles: Titles::of("en", id),
    }
}

fn with_benefits() -> TierSet {
    let mut set = hotel();
    set.tiers[0].benefits = vec![benefit("wifi", BenefitKind::Privilege)];
    set.tiers[1].benefits = vec![
        benefit("points", BenefitKind::Multiplier { percent: 125 }),
        benefit("desk", BenefitKind::ServiceLevel("priority".to_owned())),
    ];
    set.tiers[2].benefits = vec![benefit("points", BenefitKind::Multiplier { percent: 150 })];
    set.tiers[2].inherits = true;
    set.tiers[3].benefits = vec![benefit(
        "welcome",
        BenefitKind::Text("A basket of fruit".to_owned()),
    )];
    set.tiers[3].inherits = true;
    set
}

fn ids(set: &TierSet, tier: &str) -> Vec<String> {
    benefits(set, tier)
        .iter()
        .map(|benefit| benefit.id.clone())
        .collect()
}

#[test]
fn a_tier_has_its_own_benefits_and_those_it_inherits() {
    let set = with_benefits();
    assert_eq!(ids(&set, "member"), ["wifi"]);
    assert_eq!(ids(&set, "silver"), ["points", "desk"], "silver does not inherit");
    assert_eq!(ids(&set, "gold"), ["points", "desk"]);
    assert_eq!(ids(&set, "platinum"), ["welcome", "points", "desk"]);
    assert_eq!(ids(&set, "diamond"), Vec::<String>::new());
}

#[test]
fn the_benefit_of_the_higher_tier_takes_the_place_of_the_inherited_one() {
    let set = with_benefits();
    for (tier, percent) in [("member", 100), ("silver", 125), ("gold", 150), ("platinum", 150)] {
        assert_eq!(multiplier_percent(&benefits(&set, tier)), percent, "{tier}");
    }
}

#[test]
fn the_highest_multiplier_counts_alone() {
    let (low, high) = (
        benefit("low", BenefitKind::Multiplier { percent: 120 }),
        benefit("high", BenefitKind::Multiplier { percent: 300 }),
    );
    assert_eq!(multiplier_percent(&[&low, &high, &low]), 300);
    assert_eq!(multiplier_percent(&[]), 100);
}

#[test]
fn benefits_of_a_member_are_those_of_the_version_in_force() {
    let richer = TierSet {
        version: 2,
        effective: moment("2026-06-01T00:00:00Z"),
        ..with_benefits()
    };
    let both = Rules::new(vec![hotel(), richer], jiff::tz::TimeZone::UTC, &super::known()).unwrap();
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.stays("2026-02-01T00:00:00Z", 10);
    for (time, count) in [("2026-05-31T23:59:59Z", 0), ("2026-06-01T00:00:00Z", 2)] {
        let standing = member.standing(&both, time);
        assert_eq!(standing.tier, "silver");
        assert_eq!(
            benefits_now(&both, &standing, moment(time)).len(),
            count,
            "{time}"
        );
    }
    let standing = member.standing(&both, "2026-06-01T00:00:00Z");
    assert!(benefits_now(&both, &standing, moment("2018-01-01T00:00:00Z")).is_empty());
    let _ = rules(with_benefits());
}

#[test]
fn a_title_is_told_in_the_language_that_comes_nearest() {
    let titles = |languages: &[&str]| {
        let texts = languages
            .iter()
            .map(|tag| ((*tag).to_owned(), format!("in {tag}")));
        Titles(texts.collect::<BTreeMap<_, _>>())
    };
    for (languages, asked, told) in [
        (&["en", "zh", "zh-CN"][..], "zh-CN", "in zh-CN"),
        (&["en", "zh"], "zh-CN", "in zh"),
        (&["de", "en"], "zh-CN", "in en"),
        (&["de", "fr"], "zh", "in de"),
        (&["de", "fr"], "fr", "in fr"),
        (&[], "fr", ""),
    ] {
        assert_eq!(
            titles(languages).in_language(asked),
            told,
            "{languages:?} {asked}"
        );
    }
}
