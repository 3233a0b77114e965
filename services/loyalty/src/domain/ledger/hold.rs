//! Holds: points that stay the member's and that nothing else can spend.

use jiff::Timestamp;
use rapport_status::{Error, Reason};
use uuid::Uuid;

use super::HOLD_RESOURCE_TYPE;

/// When a hold is released by itself that never is. It is stored like any other moment.
pub const NEVER: Timestamp = Timestamp::constant(253_402_207_200, 0);

/// Why points are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum HoldKind {
    /// For an order: it is captured or released, or its time is over.
    #[default]
    Reservation,
    /// By somebody who looks after the program, until the points are given back or forfeited.
    Block,
}

/// What became of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    /// It keeps its points.
    Open,
    /// Its points were spent or forfeited, all or a part, and the rest given back.
    Captured,
    /// Its points were given back.
    Released,
    /// Its time was over, and its points were given back.
    TimedOut,
}

/// Points that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: Uuid,
    /// Why points are held.
    pub kind: HoldKind,
    /// How many.
    pub points: i64,
    /// What became of it.
    pub state: HoldState,
    /// How many were spent or forfeited.
    pub captured_points: i64,
    /// What for.
    pub reason: String,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it is released by itself; [`NEVER`] is possible.
    pub expire_time: Timestamp,
    /// Which points it keeps, in the order in which they are spent.
    pub allocations: Vec<Allocation>,
}

/// Points of one lot that a hold keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocation {
    /// The lot.
    pub lot: Uuid,
    /// How many.
    pub points: i64,
}

impl Hold {
    /// Whether it keeps its points.
    pub fn is_open(&self) -> bool {
        self.state == HoldState::Open
    }

    /// Its first points, in the order in which they are spent.
    pub(super) fn first(&self, points: i64) -> Vec<Allocation> {
        let mut wanted = points;
        let mut first = Vec::new();
        for allocation in &self.allocations {
            let points = wanted.min(allocation.points);
            if points > 0 {
                first.push(Allocation {
                    points,
                    ..*allocation
                });
            }
            wanted -= points;
        }
        first
    }
}

/// The error that a hold is not there.
pub fn not_found(name: &str) -> Error {
    Error::about(
        Reason::HoldNotFound,
        HOLD_RESOURCE_TYPE,
        name,
        format!("there is no hold {name}; take the name that ReservePoints answered"),
    )
}

/// The error that a hold was resolved before.
pub(super) fn not_open(name: &str, hold: &Hold) -> Error {
    let what = match hold.state {
        HoldState::Captured => "was captured",
        HoldState::Released => "was released",
        HoldState::TimedOut => "timed out",
        HoldState::Open => "is open",
    };
    let message = format!("{name} {what}; reserve the points again");
    Error::about(Reason::HoldNotOpen, HOLD_RESOURCE_TYPE, name, message)
}
