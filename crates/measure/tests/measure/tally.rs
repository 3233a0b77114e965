//! Tallies: exact, reversible, and never contradictory.

use rapport_measure::{MeasureError, Tally};

#[test]
fn a_tally_counts_and_sums() {
    let tally = Tally::of([0, 10, 10, 7, -3, 250]).unwrap();
    assert_eq!(tally.counts(), &[1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2]);
    assert_eq!((tally.n(), tally.sum(), tally.sum_of_squares()), (6, 274, 62_758));
}

#[test]
fn a_tally_of_counts_is_the_tally_of_the_answers() {
    let counts = [2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(
        Tally::from_counts(counts).unwrap(),
        Tally::of([0, 10, 2, 0]).unwrap()
    );
}

#[test]
fn a_stored_tally_is_read_back() {
    let tally = Tally::of([3, 4, 300]).unwrap();
    let read = Tally::from_parts(*tally.counts(), tally.n(), tally.sum(), tally.sum_of_squares());
    assert_eq!(read, Ok(tally));
}

#[test]
fn subtracting_what_is_not_there_is_refused_and_changes_nothing() {
    let tally = Tally::of([1, 2, 2]).unwrap();
    let mut changed = tally;
    assert_eq!(changed.subtract_value(3), Err(MeasureError::Underflow));
    assert_eq!(changed.subtract_value(300), Err(MeasureError::Underflow));
    assert_eq!(
        changed.subtract_tally(&Tally::of([1, 1]).unwrap()),
        Err(MeasureError::Underflow)
    );
    assert_eq!(changed, tally);
    assert_eq!(Tally::default().subtract_value(0), Err(MeasureError::Underflow));
}

#[test]
fn contradictory_parts_are_refused() {
    let mut counts = [0; 11];
    counts[4] = 2;
    assert!(Tally::from_parts(counts, 2, 8, 32).is_ok());
    for (n, sum, sum_of_squares) in [
        (1, 8, 32),
        (2, 9, 32),
        (2, 8, 33),
        (2, 8, 31),
        (3, 30, 40),
        (-2, 8, 32),
    ] {
        assert_eq!(
            Tally::from_parts(counts, n, sum, sum_of_squares),
            Err(MeasureError::Inconsistent)
        );
    }
    counts[5] = -1;
    assert_eq!(Tally::from_counts(counts), Err(MeasureError::Inconsistent));
}

#[test]
fn numbers_beyond_64_bits_are_refused_and_change_nothing() {
    let mut tally = Tally::of([3_000_000_000]).unwrap();
    let before = tally;
    assert_eq!(tally.add_value(i64::MAX), Err(MeasureError::Overflow));
    assert_eq!(tally.add_value(3_000_000_000), Err(MeasureError::Overflow));
    assert_eq!(tally.add_tally(&before), Err(MeasureError::Overflow));
    assert_eq!(tally, before);
    let mut counts = [0; 11];
    counts[10] = i64::MAX;
    assert_eq!(Tally::from_counts(counts), Err(MeasureError::Overflow));
}
