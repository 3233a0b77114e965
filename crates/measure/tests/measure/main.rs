//! Tests of tallies and measures through the public interface.

#![allow(
    clippy::unwrap_used,
    reason = "the setting for tests does not reach their helper functions"
)]

use rapport_measure::{Confidence, Interval, Tally};

mod distribution;
mod measures;
mod properties;
mod reference;
mod tally;

fn usual() -> Confidence {
    Confidence::default()
}

/// A tally of the answers of 1, 2, 3 … with these counts.
fn counts_from_one(counts: &[i64]) -> Tally {
    let mut all = [0; 11];
    all[1..=counts.len()].copy_from_slice(counts);
    Tally::from_counts(all).unwrap()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "found {found}, expected {expected}"
    );
}

#[track_caller]
fn assert_interval(found: Interval, low: f64, high: f64, tolerance: f64) {
    assert_close(found.low, low, tolerance);
    assert_close(found.high, high, tolerance);
}
