//! The rules by example.

mod model;
mod streaks;
mod terms;

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};
use rapport_money::{Currency, Money};
use rapport_status::{Error, Reason};
use uuid::Uuid;

use super::*;
use crate::domain::{
    calendar::Period,
    engagement::{Effect, Reward},
};

/// No points given or taken back.
const NOTHING: [i64; 0] = [];

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn level(target: i64, points: i64) -> Level {
    Level {
        target,
        rewards: vec![Reward::Points {
            wallet: "main".to_owned(),
            points,
        }],
    }
}

fn terms(goal: Goal, levels: Vec<Level>) -> Terms {
    Terms {
        version: 1,
        title: "Coffee lovers".to_owned(),
        filter: Filter::default(),
        goal,
        recurrence: Recurrence::Once,
        start_time: None,
        end_time: None,
        levels,
    }
}

fn dollars(minor: i64) -> Money {
    Money {
        minor,
        currency: Currency::USD,
    }
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A purchase of ten dollars.
fn purchase(id: &str, time: &str) -> Activity {
    Activity {
        id: id.to_owned(),
        kind: "purchase".to_owned(),
        time: moment(time),
        amount: Some(dollars(1_000)),
        category: None,
        location: None,
    }
}

/// The clocks of New York.
fn new_york() -> TimeZone {
    TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap()
}

struct Example {
    terms: Terms,
    zone: TimeZone,
    standing: Standing,
    now: Timestamp,
    ids: u128,
}

impl Example {
    fn new(terms: Terms) -> Self {
        Self {
            terms,
            zone: new_york(),
            standing: Standing::new("programs/p/members/m", 1),
            now: moment("2027-01-01T00:00:00Z"),
            ids: 0,
        }
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            terms: &self.terms,
            zone: &self.zone,
        }
    }

    fn decide(&mut self, command: &Command) -> Result<Decision, Error> {
        let mut ids = self.ids;
        let decision = decide(&self.standing, command, &self.rules(), self.now, &mut || {
            ids += 1;
            Uuid::from_u128(ids)
        });
        self.ids = ids;
        decision
    }

    fn take(&mut self, command: &Command) -> Decision {
        let decision = self.decide(command).unwrap();
        for change in &decision.changes {
            self.standing.apply(change);
        }
        decision
    }

    /// Points given, and taken back as negative numbers.
    fn points(&mut self, command: &Command) -> Vec<i64> {
        let points = |effect: Effect| match (&effect, &effect.grant().reward) {
            (Effect::Give(_), Reward::Points { points, .. }) => *points,
            (Effect::TakeBack(_), Reward::Points { points, .. }) => -points,
            _ => panic!("neither given nor taken back: {effect:?}"),
        };
        self.take(command).effects().into_iter().map(points).collect()
    }

    fn record(&mut self, activity: Activity) -> Vec<i64> {
        self.points(&Command::Record(activity))
    }

    fn buy(&mut self, id: &str, time: &str) -> Vec<i64> {
        self.record(purchase(id, time))
    }

    fn reverse(&mut self, id: &str, activity: &str, minor: Option<i64>) -> Vec<i64> {
        self.points(&Command::Reverse(Reversal {
            id: id.to_owned(),
            activity: activity.to_owned(),
            minor,
        }))
    }

    fn view(&self) -> View {
        self.standing.view(None, &self.rules(), self.now)
    }
}

#[test]
fn levels_are_given_once_taken_back_on_returns_and_given_again_when_reached_again() {
    let mut example = Example::new(terms(Goal::Count, vec![level(1, 10), level(3, 30)]));
    assert_eq!(example.buy("a", "2026-03-01T12:00:00Z"), [10]);
    assert_eq!(example.buy("b", "2026-03-02T12:00:00Z"), NOTHING);
    assert_eq!((example.view().value, example.view().missing), (2, Some(1)));
    assert_eq!(example.buy("c", "2026-03-03T12:00:00Z"), [30]);
    assert_eq!(example.view().missing, None);
    assert_eq!(
        example.reverse("r1", "b", Some(999)),
        NOTHING,
        "a cent of it stands"
    );
    assert_eq!(example.reverse("r2", "b", Some(1)), [-30]);
    assert_eq!(example.buy("d", "2026-02-01T12:00:00Z"), [30]);
    let reached = example.view().reached;
    assert_eq!(
        reached,
        [moment("2026-02-01T12:00:00Z"), moment("2026-03-03T12:00:00Z")]
    );
    let first = example.standing.awards().next().unwrap();
    assert_eq!(
        first.reach_time,
        moment("2026-03-01T12:00:00Z"),
        "as was known when it was given"
    );
    assert_eq!(example.reverse("r3", "a", None), [-30]);
    assert_eq!(example.reverse("r4", "c", None), NOTHING);
    assert_eq!(example.reverse("r5", "d", None), [-10]);
    assert_eq!(example.standing.awards().count(), 0);
}

#[test]
fn a_grant_that_was_taken_back_is_never_given_again() {
    let mut example = Example::new(terms(Goal::Count, vec![level(1, 10)]));
    let given = example
        .take(&Command::Record(purchase("a", "2026-03-01T12:00:00Z")))
        .effects();
    example.reverse("r", "a", None);
    let again = example
        .take(&Command::Record(purchase("b", "2026-03-01T12:00:00Z")))
        .effects();
    assert_ne!(given[0].grant().id, again[0].grant().id);
}

#[test]
fn money_counts_in_the_currency_of_the_goal_less_what_was_given_back() {
    let goal = Goal::Spend {
        currency: Currency::USD,
    };
    let mut example = Example::new(terms(goal, vec![level(2_500, 1)]));
    assert_eq!(
        example.reverse("early", "b", Some(400)),
        NOTHING,
        "the purchase is not known yet"
    );
    example.buy("a", "2026-03-01T12:00:00Z");
    let mut yen = purchase("yen", "2026-03-01T12:00:00Z");
    yen.amount = Some(Money {
        minor: 5_000,
        currency: "JPY".parse().unwrap(),
    });
    assert_eq!(example.record(yen), NOTHING);
    example.buy("b", "2026-03-02T12:00:00Z");
    assert_eq!(example.view().value, 1_600);
    assert_eq!(example.view().missing, Some(900));
    assert_eq!(example.buy("c", "2026-03-03T12:00:00Z"), [1]);
}

#[test]
fn different_categories_and_locations_count_once_each() {
    for (goal, category) in [(Goal::DistinctCategories, true), (Goal::DistinctLocations, false)] {
        let mut example = Example::new(terms(goal, vec![level(2, 5)]));
        for (id, name, points) in [("a", "tea", vec![]), ("b", "tea", vec![]), ("c", "cake", vec![5])] {
            let mut activity = purchase(id, "2026-03-01T12:00:00Z");
            let named = if category {
                &mut activity.category
            } else {
                &mut activity.location
            };
            *named = Some(name.to_owned());
            assert_eq!(example.record(activity), points, "{id}");
        }
        assert_eq!(example.buy("none", "2026-03-01T12:00:00Z"), NOTHING);
        assert_eq!(example.view().value, 2);
        assert_eq!(example.reverse("r1", "a", None), NOTHING, "b is tea too");
        assert_eq!(example.reverse("r2", "b", None), [-5]);
    }
}

#[test]
fn steps_are_done_in_their_order_one_for_each_activity() {
    let step = |kind: &str| Filter {
        kinds: names(&[kind]),
        ..Filter::default()
    };
    let goal = Goal::Steps {
        steps: vec![step("visit"), step("purchase"), step("visit")],
    };
    let mut example = Example::new(terms(goal, vec![level(1, 1), level(3, 3)]));
    let of_kind = |kind: &str, id: &str, time: &str| Activity {
        kind: kind.to_owned(),
        ..purchase(id, time)
    };
    assert_eq!(
        example.record(of_kind("purchase", "p1", "2026-03-01T12:00:00Z")),
        NOTHING
    );
    assert_eq!(
        example.record(of_kind("visit", "v3", "2026-03-09T12:00:00Z")),
        [1]
    );
    assert_eq!(
        example.record(of_kind("visit", "v2", "2026-03-05T12:00:00Z")),
        NOTHING
    );
    assert_eq!(example.view().value, 1);
    assert_eq!(
        example.record(of_kind("purchase", "p2", "2026-03-07T12:00:00Z")),
        [3]
    );
    example.record(of_kind("visit", "v4", "2026-03-10T12:00:00Z"));
    assert_eq!(example.view().value, 3, "there are no more steps");
    example.reverse("undo", "v4", None);
    assert_eq!(
        example.reverse("r", "v2", None),
        [-3],
        "v3 is the first step now, and nothing follows"
    );
}

#[test]
fn a_recurring_challenge_begins_anew_in_each_period_of_the_program() {
    let mut daily = terms(Goal::Count, vec![level(2, 5)]);
    daily.recurrence = Recurrence::Each(Period::Day);
    let mut example = Example::new(daily);
    // Four o'clock UTC is still the evening before in New York, even in summer time.
    assert_eq!(example.buy("a", "2026-07-02T03:59:59Z"), NOTHING);
    assert_eq!(example.buy("b", "2026-07-02T04:00:00Z"), NOTHING);
    assert_eq!(example.buy("c", "2026-07-03T03:59:59Z"), [5]);
    assert_eq!(example.buy("d", "2026-07-01T04:00:00Z"), [5]);
    let days: Vec<_> = example
        .standing
        .awards()
        .map(|award| award.instance.unwrap().to_string())
        .collect();
    assert_eq!(days, ["2026-07-01", "2026-07-02"]);
    for (period, first) in [(Period::Week, "2026-06-29"), (Period::Month, "2026-07-01")] {
        example.terms.recurrence = Recurrence::Each(period);
        let instance = example.rules().instance_at(moment("2026-07-02T12:00:00Z"));
        assert_eq!(instance, Some(first.parse().unwrap()));
    }
}

#[test]
fn activities_count_within_the_window_and_as_the_filter_allows() {
    let mut narrow = terms(Goal::Count, vec![level(1, 1)]);
    narrow.start_time = Some(moment("2026-03-01T00:00:00Z"));
    narrow.end_time = Some(moment("2026-04-01T00:00:00Z"));
    narrow.filter = Filter {
        kinds: names(&["purchase"]),
        categories: names(&["tea", "cake"]),
        locations: names(&["north"]),
        minimum_minor: Some(1_000),
    };
    let good = Activity {
        category: Some("tea".to_owned()),
        location: Some("north".to_owned()),
        ..purchase("a", "2026-03-01T00:00:00Z")
    };
    let with = |change: fn(&mut Activity)| {
        let mut activity = good.clone();
        change(&mut activity);
        activity
    };
    for (activity, counts) in [
        (good.clone(), true),
        (with(|a| a.time = moment("2026-03-31T23:59:59Z")), true),
        (with(|a| a.time = moment("2026-02-28T23:59:59Z")), false),
        (with(|a| a.time = moment("2026-04-01T00:00:00Z")), false),
        (with(|a| a.kind = "visit".to_owned()), false),
        (with(|a| a.category = Some("soap".to_owned())), false),
        (with(|a| a.category = None), false),
        (with(|a| a.location = Some("south".to_owned())), false),
        (with(|a| a.amount = Some(dollars(999))), false),
        (with(|a| a.amount = None), false),
    ] {
        let mut example = Example::new(narrow.clone());
        assert_eq!(
            example.record(activity.clone()).is_empty(),
            !counts,
            "{activity:?}"
        );
    }
    let mut example = Example::new(narrow.clone());
    assert_eq!(example.record(good.clone()), [1]);
    assert_eq!(
        example.reverse("r", "a", Some(1)),
        [-1],
        "too little is left of it"
    );
}

#[test]
fn an_activity_without_an_amount_is_undone_as_a_whole_only() {
    let mut example = Example::new(terms(Goal::Count, vec![level(1, 1)]));
    let visit = Activity {
        amount: None,
        ..purchase("v", "2026-03-01T00:00:00Z")
    };
    assert_eq!(example.record(visit), [1]);
    assert_eq!(example.reverse("r1", "v", Some(5)), NOTHING);
    assert_eq!(example.reverse("r2", "v", None), [-1]);
}

#[test]
fn news_that_is_wrong_or_contradicts_is_refused_and_repeated_news_changes_nothing() {
    let mut example = Example::new(terms(Goal::Count, vec![level(1, 1)]));
    let wrong = Activity {
        id: String::new(),
        kind: " ".to_owned(),
        amount: Some(dollars(-1)),
        category: Some(String::new()),
        location: Some("x".repeat(201)),
        time: example.now,
    };
    let refused = example.decide(&Command::Record(wrong)).unwrap_err();
    let fields: Vec<_> = refused
        .violations()
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    let expected = [
        "activity.id",
        "activity.kind",
        "activity.category",
        "activity.location",
        "activity.amount",
    ];
    assert_eq!(fields, expected);
    let future = purchase("f", "2027-01-01T00:00:00.000000001Z");
    assert!(
        example
            .decide(&Command::Record(future))
            .unwrap_err()
            .message()
            .contains("future")
    );
    for minor in [Some(0), Some(LARGEST_AMOUNT + 1)] {
        let (id, activity) = ("r".to_owned(), "a".to_owned());
        let refused = example
            .decide(&Command::Reverse(Reversal { id, activity, minor }))
            .unwrap_err();
        assert_eq!(refused.violations()[0].field, "reversal.minor");
    }

    example.buy("a", "2026-03-01T00:00:00Z");
    assert_eq!(
        example.take(&Command::Record(purchase("a", "2026-03-01T00:00:00Z"))),
        Decision::default()
    );
    let other = example.decide(&Command::Record(purchase("a", "2026-03-01T00:00:01Z")));
    assert_eq!(other.unwrap_err().reason(), Reason::PurchaseConflict);
    example.reverse("r", "a", Some(1));
    assert_eq!(example.reverse("r", "a", Some(1)), NOTHING);
    assert_eq!(example.view().value, 1);
    let (id, activity, minor) = ("r".to_owned(), "a".to_owned(), Some(2));
    let other = example.decide(&Command::Reverse(Reversal { id, activity, minor }));
    assert_eq!(other.unwrap_err().reason(), Reason::PurchaseConflict);

    example.terms.version = 2;
    let refused = example.decide(&Command::Record(purchase("b", "2026-03-01T00:00:00Z")));
    assert_eq!(refused.unwrap_err().reason(), Reason::InternalError);
}

#[test]
fn an_instance_keeps_so_many_activities_and_an_activity_so_many_reversals() {
    let mut example = Example::new(terms(Goal::Count, vec![level(1, 1)]));
    for number in 1..MOST_ACTIVITIES {
        let activity = purchase(&number.to_string(), "2026-03-01T00:00:00Z");
        example.standing.apply(&Change::Recorded(None, activity));
    }
    for number in 1..MOST_REVERSALS {
        example.standing.apply(&Change::Reversed(Reversal {
            id: number.to_string(),
            activity: "1".to_owned(),
            minor: Some(1),
        }));
    }
    example.buy("last", "2026-03-01T00:00:00Z");
    example.reverse("last", "1", Some(1));
    let more = example.decide(&Command::Record(purchase("more", "2026-03-01T00:00:00Z")));
    assert!(more.unwrap_err().message().contains("10000"));
    let (id, activity, minor) = ("more".to_owned(), "1".to_owned(), Some(1));
    let more = example.decide(&Command::Reverse(Reversal { id, activity, minor }));
    assert!(more.unwrap_err().message().contains("1000"));
}
