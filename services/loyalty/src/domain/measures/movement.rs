//! Movements of lots, and the flows that they add up to.

use std::ops::AddAssign;

use jiff::Timestamp;
use uuid::Uuid;

use super::Month;

/// Why points moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Given: for a purchase, by a campaign, as compensation.
    Earned,
    /// Taken back because the purchase was returned.
    TakenBack,
    /// Spent.
    Redeemed,
    /// Spent points given back because the redemption was cancelled.
    GivenBack,
    /// Expired.
    Expired,
    /// Expired points given back by decision, or lots that were extended after they had expired.
    Reinstated,
    /// Moved between members, or between wallets.
    Transferred,
    /// Corrected by hand.
    Adjusted,
}

impl Kind {
    /// All kinds, in the order in which reports list them.
    pub const ALL: [Self; 8] = [
        Self::Earned,
        Self::TakenBack,
        Self::Redeemed,
        Self::GivenBack,
        Self::Expired,
        Self::Reinstated,
        Self::Transferred,
        Self::Adjusted,
    ];

    fn place(self) -> usize {
        match self {
            Self::Earned => 0,
            Self::TakenBack => 1,
            Self::Redeemed => 2,
            Self::GivenBack => 3,
            Self::Expired => 4,
            Self::Reinstated => 5,
            Self::Transferred => 6,
            Self::Adjusted => 7,
        }
    }
}

/// One movement of one lot: permanent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Whose: `programs/{program}/members/{member}`.
    pub member: String,
    /// Which wallet.
    pub wallet: String,
    /// Which lot.
    pub lot: Uuid,
    /// The month in which the points first came to a member; transfers keep it.
    pub vintage: Month,
    /// Why.
    pub kind: Kind,
    /// Points: positive into the lot, negative out of it. Nothing when only the expiry changes.
    pub points: i64,
    /// When it took effect.
    pub post_time: Timestamp,
    /// When the ledger learned of it, not before it took effect: later for what is booked in arrears.
    pub known_time: Timestamp,
    /// Its number within the member's account: of two movements at one moment, the lower came first.
    pub number: i64,
    /// When the lot expires after this movement; none means never.
    pub expire_time: Option<Timestamp>,
    /// What a statement says about it.
    pub cause: String,
}

/// Points by why they moved: what came in is positive, what went out negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flows([i128; Kind::ALL.len()]);

impl Flows {
    /// Points that moved for a reason.
    pub fn of(&self, kind: Kind) -> i128 {
        self.0[kind.place()]
    }

    /// Adds points that moved for a reason.
    pub fn add(&mut self, kind: Kind, points: i64) {
        self.0[kind.place()] += i128::from(points);
    }

    /// All together: what the balance changed by.
    pub fn net(&self) -> i128 {
        self.0.iter().sum()
    }

    /// Points that came into being, less what was taken back: what can be redeemed, or will expire.
    pub fn issued(&self) -> i128 {
        self.of(Kind::Earned)
            + self.of(Kind::TakenBack)
            + self.of(Kind::Transferred)
            + self.of(Kind::Adjusted)
    }

    /// Points spent, less what was given back, as a positive number.
    pub fn redeemed(&self) -> i128 {
        -(self.of(Kind::Redeemed) + self.of(Kind::GivenBack))
    }

    /// Points expired, less what was reinstated, as a positive number.
    pub fn expired(&self) -> i128 {
        -(self.of(Kind::Expired) + self.of(Kind::Reinstated))
    }
}

impl AddAssign for Flows {
    fn add_assign(&mut self, other: Self) {
        for (mine, more) in self.0.iter_mut().zip(other.0) {
            *mine += more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_place_of_its_own_and_counts_once() {
        let mut flows = Flows::default();
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            flows.add(kind, 10_i64.pow(u32::try_from(place).unwrap()));
        }
        assert_eq!(flows.net(), 11_111_111);
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(
                flows.of(kind),
                10_i128.pow(u32::try_from(place).unwrap()),
                "{kind:?}"
            );
        }
        assert_eq!(flows.issued(), 11_000_011);
        assert_eq!((flows.redeemed(), flows.expired()), (-1_100, -110_000));
        assert_eq!(flows.issued() - flows.redeemed() - flows.expired(), flows.net());
        let mut twice = flows;
        twice += flows;
        assert_eq!(twice.net(), 22_222_222);
    }
}
