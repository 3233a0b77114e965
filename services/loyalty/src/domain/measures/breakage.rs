//! Which share of a vintage is redeemed, expired and open, and what will never be redeemed.
//!
//! Breakage is what lapses without being redeemed. The curve of a vintage tells by age, in whole months, what has become
//! of its points; the [chain ladder](super::chain_ladder) takes the curves of older vintages for what is still to come of
//! younger ones.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rapport_status::Error;

use super::{
    Flows, MOST_MONTHS, Month,
    chain_ladder::{Development, Estimate, Shortage},
    liability::WHOLE,
    narrow, real,
    recognition::Recognised,
};

/// What has become of a vintage by an age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Months since the vintage's own, which is 0. The month is counted whole.
    pub age: i64,
    /// Points issued, less those taken back.
    pub issued: i64,
    /// Points redeemed, less those given back.
    pub redeemed: i64,
    /// Points expired, less those reinstated.
    pub expired: i64,
}

/// Shares of what was issued. They add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// Redeemed ÷ issued.
    pub redeemed: f64,
    /// Expired ÷ issued: the breakage so far.
    pub expired: f64,
    /// Open ÷ issued.
    pub open: f64,
}

impl Point {
    /// Points that are still outstanding.
    pub fn open(&self) -> i64 {
        self.issued - self.redeemed - self.expired
    }

    /// The shares; none when nothing was issued.
    pub fn shares(&self) -> Option<Shares> {
        (self.issued > 0).then(|| {
            let share = |points: i64| real(points) / real(self.issued);
            Shares {
                redeemed: share(self.redeemed),
                expired: share(self.expired),
                open: share(self.open()),
            }
        })
    }
}

/// The curve of a vintage, from age 0 to the age in the last month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curve {
    /// The vintage.
    pub vintage: Month,
    /// By age; at least one.
    pub points: Vec<Point>,
}

impl Curve {
    /// What has become of it by now.
    pub fn latest(&self) -> Option<&Point> {
        self.points.last()
    }
}

/// The curves of a wallet's vintages, the oldest first. The last month is one that was over when the movements were
/// known, so that no point of a curve is half a month.
pub fn curves(
    recognised: &[Recognised<'_>],
    wallet: &str,
    last: Month,
    zone: &TimeZone,
) -> Result<Vec<Curve>, Error> {
    let mut months: BTreeMap<Month, BTreeMap<i64, Flows>> = BTreeMap::new();
    for each in recognised.iter().filter(|each| each.movement.wallet == wallet) {
        let (vintage, month) = (each.movement.vintage, Month::at(each.time, zone));
        if vintage <= last {
            let age = month.since(vintage).max(0);
            let by_age = months.entry(vintage).or_default();
            by_age.entry(age).or_default().add(each.kind, each.points);
        }
    }
    let mut curves = Vec::new();
    for (vintage, by_age) in months {
        let oldest = last.since(vintage);
        if oldest >= MOST_MONTHS {
            let description = format!(
                "the vintage {vintage} is older than {MOST_MONTHS} months; choose an earlier last month"
            );
            return Err(Error::invalid_field("last", description));
        }
        let mut sum = Flows::default();
        let mut points = Vec::new();
        for age in 0..=oldest {
            sum += by_age.get(&age).copied().unwrap_or_default();
            points.push(Point {
                age,
                issued: narrow(sum.issued())?,
                redeemed: narrow(sum.redeemed())?,
                expired: narrow(sum.expired())?,
            });
        }
        curves.push(Curve { vintage, points });
    }
    Ok(curves)
}

/// What is expected of a vintage in the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// The vintage.
    pub vintage: Month,
    /// What has become of it by now.
    pub latest: Point,
    /// What is expected, or why nothing can be said.
    pub expected: Result<Expected, Shortage>,
}

/// What is expected of a vintage in the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Points that will be redeemed in the end, those redeemed already among them.
    pub redeemed: f64,
    /// Ultimate breakage: the share of the points issued that will never be redeemed.
    pub breakage: f64,
    /// Share of the points now open that will never be redeemed, in millionths, rounded down.
    pub open_breakage: i64,
    /// How many older vintages the least well founded step rests on; none when the vintage is closed.
    pub vintages: Option<usize>,
}

/// What is expected of each vintage, by the chain ladder over all of them. `minimum_vintages` is how many vintages each
/// step must rest on; 3 is usual.
pub fn outlook(curves: &[Curve], minimum_vintages: usize) -> Vec<Outlook> {
    let development = Development::of(curves, minimum_vintages);
    let each = curves.iter().filter_map(|curve| {
        let latest = *curve.latest()?;
        Some(Outlook {
            vintage: curve.vintage,
            latest,
            expected: development
                .estimate(&latest)
                .map(|estimate| expected(&latest, estimate)),
        })
    });
    each.collect()
}

/// No more than what is open can still be redeemed, and what was redeemed stays so.
fn expected(latest: &Point, estimate: Estimate) -> Expected {
    let (least, most) = (
        real(latest.redeemed),
        real(latest.redeemed.saturating_add(latest.open().max(0))),
    );
    let redeemed = estimate.redeemed.clamp(least, most);
    let open = real(latest.open());
    let lapses = if latest.open() > 0 {
        1.0 - (redeemed - least) / open
    } else {
        0.0
    };
    Expected {
        redeemed,
        breakage: 1.0 - redeemed / real(latest.issued),
        open_breakage: millionths(lapses),
        vintages: estimate.vintages,
    }
}

/// A share from 0 to 1 in millionths, rounded down.
#[allow(clippy::cast_possible_truncation, reason = "at most a million")]
fn millionths(share: f64) -> i64 {
    (share.clamp(0.0, 1.0) * real(WHOLE)).floor() as i64
}
