//! What is wrong with a configuration is told all at once, with its place.

use jiff::tz::TimeZone;
use rapport_status::Reason;

use super::{super::*, asks, dollars, hotel, known, moment, nights, points, tier};

fn fields(set: &TierSet) -> Vec<String> {
    let found = set.check("tier_set", &known());
    found.into_iter().map(|violation| violation.field).collect()
}

/// The violations after one change to a set that has none.
fn after(change: impl FnOnce(&mut TierSet)) -> Vec<String> {
    let mut set = hotel();
    change(&mut set);
    fields(&set)
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_good_configuration_has_no_violations() {
    assert_eq!(fields(&hotel()), NOTHING);
    assert_eq!(
        after(|set| {
            set.carry_over = true;
            set.tiers[3].qualification = None;
            set.tiers[2].lifetime = asks(Combination::Any, &[(nights(), 500), (points(), 100_000)]);
            set.tiers[3].inherits = true;
        }),
        NOTHING
    );
}

#[test]
fn all_violations_are_told_at_once() {
    let found = after(|set| {
        set.id = "Nights".to_owned();
        set.version = 0;
        set.window = Window::CalendarYear { first_month: 13 };
        set.tiers[1].rank = 0;
        set.tiers[3].qualification = asks(Combination::All, &[(nights(), 20)]);
    });
    assert_eq!(
        found,
        [
            "tier_set.id",
            "tier_set.version",
            "tier_set.window.first_month",
            "tier_set.tiers[1].rank",
            "tier_set.tiers[3].qualification.thresholds[0].at_least",
            "tier_set.tiers[3].qualification",
        ]
    );
}

#[test]
fn ids_are_short_names_and_unique() {
    let longest = "a".repeat(63);
    for (id, good) in [
        ("a", true),
        ("gold-2", true),
        (longest.as_str(), true),
        ("", false),
        ("2gold", false),
        ("-gold", false),
        ("Gold", false),
        ("gold_2", false),
        ("aé", false),
    ] {
        let found = after(|set| id.clone_into(&mut set.tiers[2].id));
        assert_eq!(found.is_empty(), good, "{id:?}: {found:?}");
    }
    assert_eq!(
        after(|set| set.tiers[2].id = "a".repeat(64)),
        ["tier_set.tiers[2].id"]
    );
    assert_eq!(
        after(|set| set.tiers[3].id = "silver".to_owned()),
        ["tier_set.tiers[3].id"]
    );
}

#[test]
fn a_set_has_a_base_tier_and_others_above_it() {
    assert_eq!(after(|set| set.tiers.truncate(1)), ["tier_set.tiers"]);
    assert_eq!(after(|set| set.tiers.clear()), ["tier_set.tiers"]);
    assert_eq!(after(|set| set.tiers.truncate(2)), NOTHING);
    let many = |count: i32| {
        after(|set| {
            for number in 4..count {
                set.tiers.push(tier(&format!("t{number}"), 30 + number, None));
            }
        })
    };
    assert_eq!(many(20), NOTHING);
    assert_eq!(many(21), ["tier_set.tiers"]);
    let base = after(|set| {
        set.tiers[0].qualification = asks(Combination::All, &[(points(), 1)]);
        set.tiers[0].lifetime = asks(Combination::All, &[(points(), 1)]);
        set.tiers[0].inherits = true;
    });
    assert_eq!(
        base,
        [
            "tier_set.tiers[0].qualification",
            "tier_set.tiers[0].lifetime",
            "tier_set.tiers[0].inherits"
        ]
    );
}

#[test]
fn ranks_rise_with_the_list() {
    for (rank, good) in [(9, false), (10, false), (11, true)] {
        let found = after(|set| set.tiers[2].rank = rank);
        assert_eq!(found.is_empty(), good, "{rank}: {found:?}");
    }
    assert_eq!(after(|set| set.tiers[0].rank = i32::MIN), NOTHING);
}

#[test]
fn measures_are_known_and_thresholds_in_bounds() {
    let threshold = |measure: Measure, at_least| {
        after(|set| {
            set.tiers[3].qualification = asks(Combination::All, &[(nights(), 60), (measure, at_least)]);
        })
    };
    let second = "tier_set.tiers[3].qualification.thresholds[1]";
    for measure in [points(), dollars(), Measure::Purchases] {
        assert_eq!(threshold(measure.clone(), 1), NOTHING, "{measure}");
        assert_eq!(threshold(measure, MOST_AMOUNT), NOTHING);
    }
    for at_least in [0, -1, MOST_AMOUNT + 1] {
        assert_eq!(
            threshold(points(), at_least),
            [format!("{second}.at_least")],
            "{at_least}"
        );
    }
    for measure in [
        Measure::Points("other".to_owned()),
        Measure::Spend("EUR".parse().unwrap()),
        Measure::Count("dives".to_owned()),
    ] {
        assert_eq!(
            threshold(measure.clone(), 1),
            [format!("{second}.measure")],
            "{measure}"
        );
    }
    assert_eq!(threshold(nights(), 60), [format!("{second}.measure")]);
    let count = |count: usize| {
        after(|set| {
            let threshold = |number| Threshold {
                measure: Measure::Count(format!("c{number}")),
                at_least: 1,
            };
            set.tiers[3].qualification = Some(Qualification {
                combination: Combination::Any,
                thresholds: (0..count).map(threshold).collect(),
            });
        })
        .iter()
        .filter(|field| field.ends_with("thresholds"))
        .count()
    };
    assert_eq!([count(0), count(1), count(8), count(9)], [1, 0, 0, 1]);
}

/// Whether a higher tier may ask for something beside what a lower one asks for.
fn may_follow(lower: Option<Qualification>, higher: Option<Qualification>) -> bool {
    let mut set = hotel();
    set.tiers.truncate(2);
    set.tiers[1].qualification.clone_from(&lower);
    set.tiers.push(tier("upper", 20, higher.clone()));
    let as_qualification = fields(&set).is_empty();
    set.tiers[1].qualification = None;
    set.tiers[1].lifetime = lower;
    set.tiers[2].qualification = None;
    set.tiers[2].lifetime = higher;
    assert_eq!(
        fields(&set).is_empty(),
        as_qualification,
        "lifetime thresholds follow the same rule"
    );
    as_qualification
}

#[test]
fn a_higher_tier_asks_for_more() {
    use Combination::{All, Any};
    let n = |at_least| (nights(), at_least);
    let p = |at_least| (points(), at_least);
    for (lower, higher, good) in [
        (asks(All, &[n(10)]), asks(All, &[n(11)]), true),
        (asks(All, &[n(10)]), asks(All, &[n(10)]), false),
        (asks(All, &[n(10)]), asks(All, &[n(9)]), false),
        (asks(All, &[n(10)]), asks(Any, &[n(10)]), false),
        // One more measure is more when all are asked for, and less when any is enough.
        (asks(All, &[n(10)]), asks(All, &[n(10), p(1)]), true),
        (asks(All, &[n(10)]), asks(Any, &[n(10), p(1)]), false),
        (asks(All, &[n(10)]), asks(Any, &[n(25), p(5_000)]), true),
        (asks(Any, &[n(10), p(1_000)]), asks(All, &[n(10), p(1_000)]), true),
        (
            asks(Any, &[n(10), p(1_000)]),
            asks(Any, &[n(10), p(1_000)]),
            false,
        ),
        (asks(Any, &[n(10), p(1_000)]), asks(Any, &[n(10), p(2_000)]), true),
        (
            asks(All, &[n(10), p(1_000)]),
            asks(Any, &[n(10), p(2_000)]),
            false,
        ),
        (asks(All, &[n(10), p(1_000)]), asks(Any, &[n(11), p(1_001)]), true),
        (asks(All, &[n(10), p(1_000)]), asks(All, &[n(20), p(999)]), false),
        // Measures that have nothing in common cannot be compared.
        (asks(All, &[n(10)]), asks(All, &[p(1)]), true),
        (asks(All, &[n(10)]), None, true),
    ] {
        assert_eq!(
            may_follow(lower.clone(), higher.clone()),
            good,
            "{lower:?} then {higher:?}"
        );
    }
}

#[test]
fn a_tier_is_compared_with_all_below_it_not_only_the_next() {
    let found = after(|set| {
        set.tiers[2].qualification = None;
        set.tiers[3].qualification = asks(Combination::All, &[(nights(), 9)]);
    });
    assert_eq!(
        found,
        [
            "tier_set.tiers[3].qualification.thresholds[0].at_least",
            "tier_set.tiers[3].qualification"
        ]
    );
}

#[test]
fn windows_validity_and_grace_are_in_bounds_and_fit_together() {
    let rolling = |window| {
        after(|set| {
            set.window = window;
            set.validity = Validity::Months(12);
        })
    };
    for (window, field) in [
        (Window::RollingMonths(1), None),
        (Window::RollingMonths(120), None),
        (Window::RollingMonths(0), Some("tier_set.window.months")),
        (Window::RollingMonths(121), Some("tier_set.window.months")),
        (Window::RollingDays(1), None),
        (Window::RollingDays(3_660), None),
        (Window::RollingDays(0), Some("tier_set.window.days")),
        (Window::RollingDays(3_661), Some("tier_set.window.days")),
        (Window::CalendarYear { first_month: 12 }, None),
        (
            Window::CalendarYear { first_month: 0 },
            Some("tier_set.window.first_month"),
        ),
        (Window::MembershipYear, None),
    ] {
        assert_eq!(
            rolling(window),
            field.into_iter().collect::<Vec<_>>(),
            "{window:?}"
        );
    }
    for (months, good) in [(0, false), (1, true), (120, true), (121, false)] {
        let found = after(|set| set.validity = Validity::Months(months));
        assert_eq!(found.is_empty(), good, "{months}: {found:?}");
    }
    for (grace, field) in [
        (Grace::Days(1), None),
        (Grace::Days(731), None),
        (Grace::Days(0), Some("tier_set.grace.days")),
        (Grace::Days(732), Some("tier_set.grace.days")),
        (Grace::Months(24), None),
        (Grace::Months(25), Some("tier_set.grace.months")),
        (Grace::Months(-1), Some("tier_set.grace.months")),
    ] {
        let found = after(|set| set.grace = grace);
        assert_eq!(found, field.into_iter().collect::<Vec<_>>(), "{grace:?}");
    }
    for validity in [Validity::EndOfWindow, Validity::EndOfNextWindow] {
        let found = after(|set| {
            set.window = Window::RollingDays(90);
            set.validity = validity;
            set.carry_over = true;
        });
        assert_eq!(found, ["tier_set.validity", "tier_set.carry_over"]);
    }
}

#[test]
fn titles_and_benefits_are_checked() {
    let benefit = |id: &str, kind| Benefit {
        id: id.to_owned(),
        kind,
        titles: Titles::of("en", "title"),
    };
    let found = after(|set| {
        set.tiers[1].titles = Titles::default();
        set.tiers[2].titles = Titles::of("not a tag", "  ");
        set.tiers[3].benefits = vec![
            benefit("Bad", BenefitKind::Privilege),
            benefit("twice", BenefitKind::Multiplier { percent: 0 }),
            benefit("twice", BenefitKind::Multiplier { percent: 10_001 }),
            benefit("level", BenefitKind::ServiceLevel(" ".to_owned())),
            benefit("text", BenefitKind::Text("x".repeat(2_001))),
        ];
    });
    assert_eq!(
        found,
        [
            "tier_set.tiers[1].titles",
            "tier_set.tiers[2].titles[\"not a tag\"]",
            "tier_set.tiers[2].titles[\"not a tag\"]",
            "tier_set.tiers[3].benefits[0].id",
            "tier_set.tiers[3].benefits[1].percent",
            "tier_set.tiers[3].benefits[2].id",
            "tier_set.tiers[3].benefits[2].percent",
            "tier_set.tiers[3].benefits[3].text",
            "tier_set.tiers[3].benefits[4].text",
        ]
    );
    let bounds = after(|set| {
        set.tiers[1].titles = Titles::of(&"x".repeat(35), &"é".repeat(200));
        set.tiers[3].benefits = vec![
            benefit("low", BenefitKind::Multiplier { percent: 1 }),
            benefit("high", BenefitKind::Multiplier { percent: 10_000 }),
            benefit("text", BenefitKind::Text("é".repeat(2_000))),
        ];
    });
    assert_eq!(bounds, NOTHING);
    assert_eq!(
        after(|set| set.tiers[1].titles = Titles::of("en", &"x".repeat(201))).len(),
        1
    );
    assert_eq!(
        after(|set| set.tiers[1].titles = Titles::of(&"x".repeat(36), "x")).len(),
        1
    );
    assert_eq!(after(|set| set.tiers[1].titles = Titles::of("", "x")).len(), 1);
    let languages = |count: usize| {
        let titles = (0..count).map(|number| (format!("x{number}"), "title".to_owned()));
        after(|set| set.tiers[1].titles = Titles(titles.collect()))
    };
    assert_eq!(languages(50), NOTHING);
    assert_eq!(languages(51), ["tier_set.tiers[1].titles"]);
    let many = |count: usize| {
        let benefits = (0..count).map(|number| benefit(&format!("b{number}"), BenefitKind::Privilege));
        after(|set| set.tiers[1].benefits = benefits.collect())
    };
    assert_eq!(many(100), NOTHING);
    assert_eq!(many(101), ["tier_set.tiers[1].benefits"]);
}

#[test]
fn versions_follow_each_other() {
    let second = |change: fn(&mut TierSet)| {
        let mut set = TierSet {
            version: 2,
            effective: moment("2020-01-01T00:00:00Z"),
            ..hotel()
        };
        change(&mut set);
        Rules::new(vec![hotel(), set], TimeZone::UTC, &known())
    };
    assert!(second(|_| ()).is_ok());
    for (change, field) in [
        (
            (|set| set.id = "spend".to_owned()) as fn(&mut TierSet),
            "tier_sets[1].id",
        ),
        (|set| set.version = 1, "tier_sets[1].version"),
        (|set| set.effective = hotel().effective, "tier_sets[1].effective"),
        (|set| set.grace = Grace::Days(0), "tier_sets[1].grace.days"),
    ] {
        let error = second(change).unwrap_err();
        assert_eq!(error.reason(), Reason::InvalidTierSet);
        let fields: Vec<_> = error
            .violations()
            .iter()
            .map(|violation| &violation.field)
            .collect();
        assert_eq!(fields, [field]);
    }
    let none = Rules::new(Vec::new(), TimeZone::UTC, &known()).unwrap_err();
    assert_eq!(none.violations()[0].field, "tier_sets");
}

#[test]
fn a_set_has_a_bounded_number_of_versions() {
    let versions = |count: u32| {
        let version = |number: u32| TierSet {
            version: number,
            effective: moment("2019-01-01T00:00:00Z") + jiff::SignedDuration::from_hours(i64::from(number)),
            ..hotel()
        };
        Rules::new((1..=count).map(version).collect(), TimeZone::UTC, &known())
    };
    let most = u32::try_from(MOST_VERSIONS).unwrap();
    assert!(versions(most).is_ok());
    assert_eq!(versions(most + 1).unwrap_err().violations()[0].field, "tier_sets");
}

#[test]
fn a_version_is_in_force_from_its_effective_moment_until_the_next() {
    let second = TierSet {
        version: 2,
        effective: moment("2020-01-01T00:00:00Z"),
        ..hotel()
    };
    let rules = Rules::new(vec![hotel(), second], TimeZone::UTC, &known()).unwrap();
    for (time, version) in [
        ("2018-12-31T23:59:59.999999999Z", None),
        ("2019-01-01T00:00:00Z", Some(1)),
        ("2019-12-31T23:59:59.999999999Z", Some(1)),
        ("2020-01-01T00:00:00Z", Some(2)),
    ] {
        assert_eq!(
            rules.in_force(moment(time)).map(|set| set.version),
            version,
            "{time}"
        );
    }
    assert_eq!(rules.versions().len(), 2);
    assert_eq!(*rules.zone(), TimeZone::UTC);
}

#[test]
fn the_measures_of_a_set_are_told_once_in_order() {
    let mut set = hotel();
    set.tiers[3].qualification = asks(Combination::All, &[(points(), 1), (nights(), 60), (dollars(), 5)]);
    assert_eq!(set.measures(), [points(), dollars(), nights()]);
    let told: Vec<String> = set.measures().iter().map(Measure::to_string).collect();
    assert_eq!(
        told,
        [
            "points of the wallet qualifying",
            "spend in minor units of USD",
            "nights"
        ]
    );
    assert_eq!(Measure::Purchases.to_string(), "purchases");
}
