//! Windows, as the clocks of the program's time zone show them.

use super::*;

fn window(from: &str, until: &str) -> (Timestamp, Timestamp) {
    let window = Window {
        from: Some(civil(from)),
        until: Some(civil(until)),
    };
    let (from, until) = window.moments(&berlin());
    (from.unwrap(), until.unwrap())
}

#[test]
fn a_window_of_a_month_has_the_offset_of_its_ends() {
    assert_eq!(
        window("2026-03-01T00:00", "2026-04-01T00:00"),
        (moment("2026-02-28T23:00:00Z"), moment("2026-03-31T22:00:00Z"))
    );
}

#[test]
fn a_time_that_the_clocks_skip_is_the_moment_of_the_jump() {
    // On 29 March 2026 the clocks go from 02:00 to 03:00.
    let jump = moment("2026-03-29T01:00:00Z");
    for skipped in ["2026-03-29T02:00", "2026-03-29T02:30", "2026-03-29T02:59:59"] {
        assert_eq!(window("2026-03-01T00:00", skipped).1, jump, "{skipped}");
    }
    assert_eq!(window("2026-03-29T03:00", "2026-04-01T00:00").0, jump);
    assert_eq!(
        window("2026-03-01T00:00", "2026-03-29T01:59:59").1,
        moment("2026-03-29T00:59:59Z")
    );
}

#[test]
fn a_time_that_the_clocks_show_twice_is_the_first_of_both() {
    // On 25 October 2026 the clocks go from 03:00 back to 02:00.
    assert_eq!(
        window("2026-10-25T02:30", "2026-10-25T03:00"),
        (moment("2026-10-25T00:30:00Z"), moment("2026-10-25T02:00:00Z"))
    );
}

#[test]
fn windows_that_follow_each_other_neither_overlap_nor_leave_a_gap() {
    for turn in ["2026-03-29T02:30", "2026-10-25T02:30", "2024-02-29T00:00"] {
        let before = Terms {
            window: Window {
                from: None,
                until: Some(civil(turn)),
            },
            ..terms(fixed(1))
        };
        let after = Terms {
            window: Window {
                from: Some(civil(turn)),
                until: None,
            },
            ..terms(fixed(2))
        };
        let rules = rules(None, &[live("before", before), live("after", after)]);
        let middle = berlin().to_timestamp(civil(turn)).unwrap();
        for seconds in -10_000..10_000_i64 {
            if seconds % 7 != 0 {
                continue;
            }
            let order = Activity {
                time: middle + jiff::SignedDuration::from_secs(seconds),
                ..purchase(1, Vec::new())
            };
            assert_eq!(rules.candidates(&order).count(), 1, "{turn} {seconds}");
        }
    }
}

#[test]
fn a_leap_day_is_a_day_of_its_own() {
    let (from, until) = window("2028-02-29T00:00", "2028-03-01T00:00");
    assert_eq!((until - from).as_hours(), 24);
    let leap = Terms {
        window: Window {
            from: Some(civil("2028-02-29T00:00")),
            until: Some(civil("2028-03-01T00:00")),
        },
        condition: "order.time.getDate(zone) == 29".to_owned(),
        ..terms(fixed(1))
    };
    for (time, given) in [
        ("2028-02-28T22:59:59Z", 0),
        ("2028-02-28T23:00:00Z", 1),
        ("2028-02-29T22:59:59Z", 1),
        ("2028-02-29T23:00:00Z", 0),
    ] {
        let order = Activity {
            time: moment(time),
            ..purchase(1, Vec::new())
        };
        assert_eq!(points(leap.clone(), &order), given, "{time}");
    }
}

#[test]
fn the_end_of_a_window_is_no_longer_in_it() {
    let august = Terms {
        window: Window {
            from: Some(civil("2026-08-01T00:00")),
            until: Some(civil("2026-09-01T00:00")),
        },
        ..terms(fixed(1))
    };
    for (time, given) in [
        ("2026-07-31T21:59:59.999999999Z", 0),
        ("2026-07-31T22:00:00Z", 1),
        ("2026-08-31T21:59:59.999999999Z", 1),
        ("2026-08-31T22:00:00Z", 0),
    ] {
        let order = Activity {
            time: moment(time),
            ..purchase(1, Vec::new())
        };
        assert_eq!(points(august.clone(), &order), given, "{time}");
    }
}

#[test]
fn the_ends_of_time_are_the_ends_of_windows() {
    let window = Window {
        from: Some(DateTime::MIN),
        until: Some(DateTime::MAX),
    };
    assert_eq!(
        window.moments(&berlin()),
        (Some(Timestamp::MIN), Some(Timestamp::MAX))
    );
    assert_eq!(Window::default().moments(&berlin()), (None, None));
}
