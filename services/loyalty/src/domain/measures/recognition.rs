//! When points lapse, and what is outstanding at a moment.
//!
//! The ledger books an expiry when it gets to it; the points are gone from their moment of expiry on. So finance
//! recognises a **lapse** of what a lot has left at its expiry, whenever it is booked. It is dated by the last moment at
//! which the points could be spent: points that are valid to the end of 31 December have lapsed when the year is over,
//! and belong to December.
//!
//! What is booked in a lot afterwards:
//!
//! - the expiry itself: nothing more, it was recognised;
//! - a redemption of points that a hold had kept: a redemption, and as much less expired;
//! - points given back to it: given back, and expired at once;
//! - a new expiry in the future, by reinstating or extending it: what it has left counts again, as reinstated.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rapport_status::Error;
use uuid::Uuid;

use super::{Kind, Movement, narrow};

/// Something that changed what is outstanding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognised<'a> {
    /// The movement behind it: for a lapse, the last one of the lot before it.
    pub movement: &'a Movement,
    /// Why.
    pub kind: Kind,
    /// Points: positive when more is outstanding, negative when less.
    pub points: i64,
    /// When it counts.
    pub time: Timestamp,
}

impl Recognised<'_> {
    /// Whether it is the movement as it was posted; otherwise it only follows from it and from the passing of time.
    pub fn is_posted(&self) -> bool {
        self.kind == self.movement.kind && self.time == self.movement.post_time
    }
}

/// What was known by a moment, by lot, each in its order.
pub(super) fn by_lot(movements: &[Movement], known_by: Timestamp) -> BTreeMap<Uuid, Vec<&Movement>> {
    let mut lots: BTreeMap<Uuid, Vec<&Movement>> = BTreeMap::new();
    for movement in movements
        .iter()
        .filter(|movement| movement.known_time <= known_by)
    {
        lots.entry(movement.lot).or_default().push(movement);
    }
    for lot in lots.values_mut() {
        lot.sort_by_key(|movement| (movement.post_time, movement.number));
    }
    lots
}

/// Refuses to tell the state as of a moment that was not over when it was known.
pub(super) fn require_over(as_of: Timestamp, known_by: Timestamp) -> Result<(), Error> {
    if as_of <= known_by {
        return Ok(());
    }
    let description =
        format!("must not be after known_by, {known_by}: what happens until {as_of} was not known then");
    Err(Error::invalid_field("as_of", description))
}

/// What each lot has outstanding as of a moment, as known by a moment: what was posted before it, and nothing if the
/// lot's expiry, as set by then, is not after it. Lots with nothing are left out. Each comes with its last movement.
pub fn outstanding<'a>(
    movements: &'a [Movement],
    as_of: Timestamp,
    known_by: Timestamp,
) -> Result<Vec<(&'a Movement, i64)>, Error> {
    require_over(as_of, known_by)?;
    let mut outstanding = Vec::new();
    for lot in by_lot(movements, known_by).into_values() {
        let posted: Vec<&'a Movement> = lot
            .into_iter()
            .filter(|movement| movement.post_time < as_of)
            .collect();
        let Some(last) = posted.last() else { continue };
        let left: i128 = posted.iter().map(|movement| i128::from(movement.points)).sum();
        let lapsed = last.expire_time.is_some_and(|expire_time| expire_time <= as_of);
        if left != 0 && !lapsed {
            outstanding.push((*last, narrow(left)?));
        }
    }
    Ok(outstanding)
}

/// All that changed what is outstanding, as known by a moment, in the order of time. Expiries that are due later are
/// among it, at their time.
pub fn recognise(movements: &[Movement], known_by: Timestamp) -> Result<Vec<Recognised<'_>>, Error> {
    let mut recognised = Vec::new();
    for lot in by_lot(movements, known_by).into_values() {
        recognise_lot(&lot, &mut recognised)?;
    }
    recognised.sort_by_key(|each| (each.time, each.movement.number));
    Ok(recognised)
}

fn recognise_lot<'a>(lot: &[&'a Movement], recognised: &mut Vec<Recognised<'a>>) -> Result<(), Error> {
    let mut left: i128 = 0;
    let mut lapsed = false;
    let mut before: Option<&Movement> = None;
    let mut tell = |movement: &'a Movement, kind: Kind, points: i128, time: Timestamp| {
        if points != 0 {
            let points = narrow(points)?;
            recognised.push(Recognised {
                movement,
                kind,
                points,
                time,
            });
        }
        Ok::<(), Error>(())
    };
    for movement in lot {
        if let Some(before) = before
            && !lapsed
            && let Some(expire_time) = before.expire_time.filter(|time| *time <= movement.post_time)
        {
            lapsed = true;
            tell(before, Kind::Expired, -left, lapse_time(before, expire_time))?;
        }
        let (points, time) = (i128::from(movement.points), movement.post_time);
        let revived = lapsed && movement.expire_time.is_none_or(|expire_time| time < expire_time);
        if !lapsed {
            tell(movement, movement.kind, points, time)?;
        } else if revived {
            lapsed = false;
            tell(movement, Kind::Reinstated, left, time)?;
            tell(movement, movement.kind, points, time)?;
        } else if movement.kind != Kind::Expired {
            tell(movement, movement.kind, points, time)?;
            tell(movement, Kind::Expired, -points, time)?;
        }
        left += points;
        before = Some(movement);
    }
    match before.and_then(|last| Some((last, last.expire_time?))) {
        Some((last, expire_time)) if !lapsed => {
            tell(last, Kind::Expired, -left, lapse_time(last, expire_time))
        }
        _ => Ok(()),
    }
}

/// The last moment before an expiry; not before the movement that set it.
fn lapse_time(movement: &Movement, expire_time: Timestamp) -> Timestamp {
    expire_time
        .checked_sub(SignedDuration::from_nanos(1))
        .unwrap_or(Timestamp::MIN)
        .max(movement.post_time)
}
