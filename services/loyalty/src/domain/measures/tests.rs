//! Finance by example: when points lapse, and the limits of months and periods.

use jiff::{Timestamp, tz::TimeZone};
use uuid::Uuid;

use super::{
    Flows, Kind, Month, Movement,
    breakage::{Expected, Outlook, Point, Shares, curves, outlook},
    chain_ladder::Shortage,
    liability::{Question, liability},
    ratios::earn_burn,
    recognition::{outstanding, recognise},
    roll_forward::{Row, roll_forward},
    statement::{Language, Request, statement},
};

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// When the points expire that are valid to the end of March.
const APRIL: &str = "2026-04-01T00:00:00Z";

/// A movement of the lot, at a moment, with the expiry that it has after it.
fn movement(number: i64, kind: Kind, points: i64, time: &str, expire_time: Option<&str>) -> Movement {
    Movement {
        member: "programs/p/members/m".to_owned(),
        wallet: "main".to_owned(),
        lot: Uuid::nil(),
        vintage: "2026-01".parse().unwrap(),
        kind,
        points,
        post_time: moment(time),
        known_time: moment(time),
        number,
        expire_time: expire_time.map(moment),
        cause: String::new(),
    }
}

fn earned() -> Movement {
    movement(1, Kind::Earned, 100, "2026-01-10T00:00:00Z", Some(APRIL))
}

const LATER: &str = "2027-01-01T00:00:00Z";

/// What is recognised: why, how many points, when.
fn told(movements: &[Movement]) -> Vec<(Kind, i64, String)> {
    let recognised = recognise(movements, moment(LATER)).unwrap();
    recognised
        .iter()
        .map(|each| (each.kind, each.points, each.time.to_string()))
        .collect()
}

fn expected(each: &[(Kind, i64, &str)]) -> Vec<(Kind, i64, String)> {
    each.iter()
        .map(|(kind, points, time)| (*kind, *points, (*time).to_owned()))
        .collect()
}

fn left(movements: &[Movement], as_of: &str) -> i64 {
    let lots = outstanding(movements, moment(as_of), moment(LATER)).unwrap();
    lots.iter().map(|(_, left)| left).sum()
}

const LAST_OF_MARCH: &str = "2026-03-31T23:59:59.999999999Z";

#[test]
fn points_lapse_with_their_last_moment_however_late_it_is_booked() {
    let lapse = [
        (Kind::Earned, 100, "2026-01-10T00:00:00Z"),
        (Kind::Redeemed, -30, "2026-02-01T00:00:00Z"),
        (Kind::Expired, -70, LAST_OF_MARCH),
    ];
    let mut movements = vec![
        earned(),
        movement(2, Kind::Redeemed, -30, "2026-02-01T00:00:00Z", Some(APRIL)),
    ];
    assert_eq!(told(&movements), expected(&lapse), "before it is booked");
    movements.push(movement(
        3,
        Kind::Expired,
        -70,
        "2026-05-05T00:00:00Z",
        Some(APRIL),
    ));
    assert_eq!(told(&movements), expected(&lapse), "after it is booked");
    assert_eq!(left(&movements, LAST_OF_MARCH), 70);
    assert_eq!(left(&movements, APRIL), 0);
    assert_eq!(
        left(&movements, "2026-01-10T00:00:00Z"),
        0,
        "what is posted at the moment itself comes after it"
    );
}

#[test]
fn what_happens_to_a_lapsed_lot_changes_what_expired() {
    let movements = [
        earned(),
        movement(2, Kind::Expired, -60, "2026-04-02T00:00:00Z", Some(APRIL)),
        movement(3, Kind::Redeemed, -25, "2026-04-03T00:00:00Z", Some(APRIL)),
        movement(4, Kind::Expired, -15, "2026-04-03T00:00:00Z", Some(APRIL)),
        movement(5, Kind::GivenBack, 25, "2026-04-04T00:00:00Z", Some(APRIL)),
        movement(6, Kind::Expired, -25, "2026-04-04T00:00:00Z", Some(APRIL)),
    ];
    let recognised = [
        (Kind::Earned, 100, "2026-01-10T00:00:00Z"),
        (Kind::Expired, -100, LAST_OF_MARCH),
        (Kind::Redeemed, -25, "2026-04-03T00:00:00Z"),
        (Kind::Expired, 25, "2026-04-03T00:00:00Z"),
        (Kind::GivenBack, 25, "2026-04-04T00:00:00Z"),
        (Kind::Expired, -25, "2026-04-04T00:00:00Z"),
    ];
    assert_eq!(told(&movements), expected(&recognised));
    let posted: Vec<bool> = recognise(&movements, moment(LATER))
        .unwrap()
        .iter()
        .map(super::recognition::Recognised::is_posted)
        .collect();
    assert_eq!(posted, [true, false, true, false, true, false]);
}

#[test]
fn a_lot_that_is_reinstated_or_extended_counts_again() {
    let reinstated = [
        earned(),
        movement(2, Kind::Expired, -100, "2026-04-02T00:00:00Z", Some(APRIL)),
        movement(
            3,
            Kind::Reinstated,
            40,
            "2026-04-05T00:00:00Z",
            Some("2026-06-01T00:00:00Z"),
        ),
    ];
    let recognised = [
        (Kind::Earned, 100, "2026-01-10T00:00:00Z"),
        (Kind::Expired, -100, LAST_OF_MARCH),
        (Kind::Reinstated, 40, "2026-04-05T00:00:00Z"),
        (Kind::Expired, -40, "2026-05-31T23:59:59.999999999Z"),
    ];
    assert_eq!(told(&reinstated), expected(&recognised));
    let extended = |expire_time| {
        [
            earned(),
            movement(2, Kind::Adjusted, 0, "2026-04-05T00:00:00Z", expire_time),
        ]
    };
    let recognised = [
        (Kind::Earned, 100, "2026-01-10T00:00:00Z"),
        (Kind::Expired, -100, LAST_OF_MARCH),
        (Kind::Reinstated, 100, "2026-04-05T00:00:00Z"),
    ];
    assert_eq!(
        told(&extended(None)),
        expected(&recognised),
        "not booked as expired yet"
    );
    assert_eq!(left(&extended(None), "2026-04-05T00:00:00Z"), 0);
    assert_eq!(left(&extended(None), "2026-04-05T00:00:00.000000001Z"), 100);
    let at_once = extended(Some("2026-04-05T00:00:00Z"));
    assert_eq!(
        told(&at_once),
        expected(&recognised[..2]),
        "an expiry that is over brings nothing back"
    );
}

#[test]
fn an_expiry_that_is_moved_into_the_past_counts_from_when_it_was_moved() {
    let movements = [
        earned(),
        movement(
            2,
            Kind::Adjusted,
            0,
            "2026-02-10T00:00:00Z",
            Some("2026-02-01T00:00:00Z"),
        ),
    ];
    let recognised = [
        (Kind::Earned, 100, "2026-01-10T00:00:00Z"),
        (Kind::Expired, -100, "2026-02-10T00:00:00Z"),
    ];
    assert_eq!(told(&movements), expected(&recognised));
}

#[test]
fn what_became_known_later_was_not_known() {
    let mut late = movement(2, Kind::Redeemed, -30, "2026-02-01T00:00:00Z", Some(APRIL));
    late.known_time = moment("2026-03-05T00:00:00Z");
    let movements = [earned(), late];
    for (known_by, points) in [("2026-03-04T23:59:59Z", 100), ("2026-03-05T00:00:00Z", 70)] {
        let lots = outstanding(&movements, moment("2026-03-01T00:00:00Z"), moment(known_by)).unwrap();
        assert_eq!(lots[0].1, points, "known by {known_by}");
    }
}

#[test]
fn the_state_of_a_moment_is_not_told_before_it_is_over() {
    let question = |as_of: &str| Question {
        as_of: moment(as_of),
        known_by: moment(APRIL),
        rates: [].into(),
        breakage: [].into(),
    };
    assert!(liability(&[earned()], &question(APRIL)).is_ok());
    let refused = liability(&[earned()], &question("2026-04-01T00:00:00.000000001Z")).unwrap_err();
    assert_eq!(refused.violations()[0].field, "as_of");
}

#[test]
fn a_roll_forward_has_a_first_and_a_last_month_within_its_limits() {
    let month = |months| "2026-01".parse::<Month>().unwrap().plus(months);
    let of = |last| {
        roll_forward(
            &[earned()],
            "main",
            (month(0), last),
            &TimeZone::UTC,
            moment("2126-01-01T00:00:00Z"),
        )
    };
    assert_eq!(of(month(0)).unwrap().len(), 1);
    assert_eq!(of(month(599)).unwrap().len(), 600);
    for last in [month(-1), month(600)] {
        assert_eq!(of(last).unwrap_err().violations()[0].field, "last", "{last}");
    }
}

#[test]
fn more_points_than_there_can_be_are_refused() {
    let mut doubled = [earned(), earned()];
    for movement in &mut doubled {
        movement.points = i64::MAX;
    }
    assert!(outstanding(&doubled, moment("2026-02-01T00:00:00Z"), moment(LATER)).is_err());
    assert!(recognise(&doubled, moment(LATER)).is_err());
}

/// A vintage of which nothing was redeemed and all is open, in a wallet where points never expire.
fn of_never_expiring(redeemed: i64) -> Vec<Outlook> {
    let movements = [
        movement(1, Kind::Earned, 100, "2026-01-10T00:00:00Z", None),
        movement(2, Kind::Redeemed, -redeemed, "2026-01-10T00:00:00Z", None),
    ];
    let recognised = recognise(&movements, moment(LATER)).unwrap();
    let curves = curves(&recognised, "main", "2026-03".parse().unwrap(), &TimeZone::UTC).unwrap();
    outlook(&curves, 3)
}

#[test]
fn with_too_little_history_nothing_is_expected_and_it_is_said_why() {
    let open = of_never_expiring(40);
    assert_eq!(open[0].latest.open(), 60);
    assert_eq!(
        open[0].expected,
        Err(Shortage::TooFewClosed { closed: 0, needed: 3 })
    );
    let done = of_never_expiring(100);
    let nothing_open = Expected {
        redeemed: 100.0,
        breakage: 0.0,
        open_breakage: 0,
        vintages: None,
    };
    assert_eq!(done[0].expected, Ok(nothing_open));
}

#[test]
fn curves_reach_back_600_months_and_no_further() {
    let recognised = [earned()];
    let recognised = recognise(&recognised, moment(LATER)).unwrap();
    let of = |months| {
        let last = "2026-01".parse::<Month>().unwrap().plus(months);
        curves(&recognised, "main", last, &TimeZone::UTC)
            .map(|curves| curves.iter().map(|curve| curve.points.len()).sum::<usize>())
    };
    assert_eq!(of(-1).unwrap(), 0);
    assert_eq!(of(0).unwrap(), 1);
    assert_eq!(of(599).unwrap(), 600);
    assert!(of(600).is_err());
}

#[test]
fn a_row_that_does_not_close_says_by_how_much() {
    let mut flows = Flows::default();
    flows.add(Kind::Earned, 5);
    let month = "2026-01".parse().unwrap();
    let row = Row {
        month,
        opening: 10,
        flows,
        closing: 12,
    };
    assert_eq!(row.difference(), 3);
}

#[test]
fn the_shares_of_a_vintage_are_of_what_was_issued() {
    let point = Point {
        age: 3,
        issued: 200,
        redeemed: 50,
        expired: 30,
    };
    let shares = Shares {
        redeemed: 0.25,
        expired: 0.15,
        open: 0.6,
    };
    assert_eq!(point.shares(), Some(shares));
    let nothing = Point { issued: 0, ..point };
    assert_eq!(nothing.shares(), None);
}

#[test]
fn a_period_earns_and_burns_from_its_first_moment_to_before_its_end() {
    let (start, end) = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    let movements = [
        movement(1, Kind::Earned, 100, start, None),
        movement(2, Kind::TakenBack, -20, "2026-02-10T00:00:00Z", None),
        movement(3, Kind::Redeemed, -50, start, None),
        movement(4, Kind::GivenBack, 10, "2026-02-28T23:59:59Z", None),
        movement(5, Kind::Redeemed, -5, end, None),
    ];
    let recognised = recognise(&movements, moment(LATER)).unwrap();
    let measure = earn_burn(&recognised, "main", (moment(start), moment(end))).unwrap();
    assert_eq!((measure.earned, measure.burned), (80, 40));
    assert_eq!(
        (measure.earn_burn_ratio, measure.redemption_rate),
        (Some(2.0), Some(0.5))
    );
    let other = earn_burn(&recognised, "other", (moment(start), moment(end))).unwrap();
    assert_eq!((other.earn_burn_ratio, other.redemption_rate), (None, None));
}

#[test]
fn a_statement_is_of_one_member_and_wallet_from_the_first_moment_of_the_month_to_before_the_next() {
    let lot = |number: u128, mut movement: Movement| {
        movement.lot = Uuid::from_u128(number);
        movement
    };
    let (start, end) = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    let mut others = earned();
    others.member = "programs/p/members/other".to_owned();
    let mut elsewhere = earned();
    elsewhere.wallet = "other".to_owned();
    let movements = [
        lot(1, movement(1, Kind::Earned, 7, start, None)),
        lot(
            2,
            movement(2, Kind::Earned, 5, "2026-02-28T23:59:59Z", Some(APRIL)),
        ),
        lot(3, movement(3, Kind::Earned, 3, end, None)),
        lot(4, others),
        lot(5, elsewhere),
    ];
    let request = Request {
        member: "programs/p/members/m",
        wallet: "main",
        month: "2026-02".parse().unwrap(),
        zone: &TimeZone::UTC,
        known_by: moment(LATER),
        language: Language::English,
    };
    let file = statement(&movements, &request).unwrap();
    let expected = [
        "2026-02-01,,Opening balance,,,0",
        "2026-02-01,1,earned,,7,7",
        "2026-02-28,2,earned,,5,12",
        "2026-02-28,,Closing balance,,,12",
        "",
        "Valid to,Points",
        "2026-03-31,5",
        "never expires,7",
        "",
    ];
    let lines: Vec<&str> = file.split("\r\n").skip(5).collect();
    assert_eq!(lines, expected, "{file}");
}
