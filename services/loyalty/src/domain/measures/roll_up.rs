//! Sums by day that movements keep up to date, so that reports need not read the movements.
//!
//! A roll-up holds what is **booked**: each movement at the day on which it took effect, in the program's time zone. Sums
//! do not depend on order, so a movement that becomes known late updates the cell of its own day.

use std::collections::BTreeMap;

use jiff::{civil::Date, tz::TimeZone};

use super::{Flows, Movement};
use crate::domain::calendar::day_of;

/// Which cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    /// `programs/{program}`.
    pub program: String,
    /// The wallet.
    pub wallet: String,
    /// The day.
    pub day: Date,
}

/// What is known of a day, or what it changes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    /// Points by why they moved.
    pub flows: Flows,
    /// How many movements.
    pub movements: i64,
}

/// What a movement adds, and to which cell.
pub fn increment(program: &str, movement: &Movement, zone: &TimeZone) -> (CellKey, Cell) {
    let key = CellKey {
        program: program.to_owned(),
        wallet: movement.wallet.clone(),
        day: day_of(movement.post_time, zone),
    };
    let mut flows = Flows::default();
    flows.add(movement.kind, movement.points);
    (key, Cell { flows, movements: 1 })
}

/// The increments of several movements, one for each cell: what one transaction adds.
pub fn increments<'a>(
    program: &str,
    movements: impl IntoIterator<Item = &'a Movement>,
    zone: &TimeZone,
) -> RollUp {
    let mut sums = RollUp::default();
    for movement in movements {
        let (key, cell) = increment(program, movement, zone);
        sums.add(key, cell);
    }
    sums
}

/// Cells by program, wallet and day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RollUp(BTreeMap<CellKey, Cell>);

impl RollUp {
    /// Adds to a cell.
    pub fn add(&mut self, key: CellKey, more: Cell) {
        let cell = self.0.entry(key).or_default();
        cell.flows += more.flows;
        cell.movements = cell.movements.saturating_add(more.movements);
    }

    /// Adds all cells of another roll-up.
    pub fn add_all(&mut self, other: Self) {
        for (key, cell) in other.0 {
            self.add(key, cell);
        }
    }

    /// The cells, by program, wallet and day.
    pub fn cells(&self) -> impl Iterator<Item = (&CellKey, &Cell)> {
        self.0.iter()
    }

    /// The sum over the days of a wallet from one to another, both included.
    pub fn sum(&self, program: &str, wallet: &str, (first, last): (Date, Date)) -> Cell {
        let mut sum = Cell::default();
        for (key, cell) in &self.0 {
            if key.program == program && key.wallet == wallet && (first..=last).contains(&key.day) {
                sum.flows += cell.flows;
                sum.movements = sum.movements.saturating_add(cell.movements);
            }
        }
        sum
    }
}
