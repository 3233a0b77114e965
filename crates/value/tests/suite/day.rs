//! Calendar days.

use proptest::prelude::*;
use rapport_value::Day;

#[test]
fn known_dates_have_their_known_day_numbers() {
    for (year, month, day, number) in [
        (1970, 1, 1, 0),
        (1969, 12, 31, -1),
        (2000, 2, 29, 11_016),
        (1997, 9, 30, 10_134),
        (1600, 3, 1, -135_080),
    ] {
        assert_eq!(
            Day::from_civil(year, month, day),
            Some(Day(number)),
            "{year}-{month}-{day}"
        );
        assert_eq!(Day(number).to_civil(), (year, month, day), "day number {number}");
    }
    assert_eq!(Day::from_civil(1997, 9, 30).unwrap().to_string(), "1997-09-30");
}

#[test]
fn dates_that_do_not_exist_are_refused() {
    for (year, month, day) in [
        (2023, 2, 29),
        (1900, 2, 29),
        (2024, 4, 31),
        (2024, 13, 1),
        (2024, 0, 1),
        (2024, 1, 0),
        (i32::MAX, 1, 1),
    ] {
        assert_eq!(Day::from_civil(year, month, day), None, "{year}-{month}-{day}");
    }
}

proptest! {
    #[test]
    fn a_day_and_its_date_convert_into_each_other(number in any::<i32>()) {
        let (year, month, day) = Day(number).to_civil();
        prop_assert_eq!(Day::from_civil(year, month, day), Some(Day(number)), "{}-{}-{}", year, month, day);
    }
}
