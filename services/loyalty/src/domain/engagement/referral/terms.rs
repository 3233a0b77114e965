//! What the owner of a program decides about referrals.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rapport_money::Money;
use rapport_status::FieldViolation;

use super::{super::check_range, super::reward::check_rewards, checks::Tie};
use crate::domain::calendar::end_of_days_after;
use crate::domain::engagement::Reward;

/// Most levels of referrers that one friend rewards: who brought the friend, who brought that member, and so on.
pub const MOST_LEVELS: usize = 3;

/// Longest time, in days, of an invitation, of the time to qualify, of a fraud window or of a window of caps.
pub const LONGEST_DAYS: i64 = 3_650;

/// Longest window of the velocity limit, in hours.
pub const LONGEST_HOURS: i64 = 720;

/// Largest number in a cap or limit.
const LARGEST_CAP: i64 = 1_000_000;

/// Largest purchase that can be asked for, in minor units.
const LARGEST_MINIMUM: i64 = 1_000_000_000_000;

/// The terms of a program's referrals. A referral keeps the version that it began under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Counts the changes of the terms.
    pub version: i64,
    /// What the friend gets.
    pub friend_rewards: Vec<Reward>,
    /// What the referrers get: at place 0 the member who brought the friend, at 1 the member who brought that one, at 2
    /// one more. In each wallet, each level gets fewer points than the one before.
    pub referrer_rewards: Vec<Vec<Reward>>,
    /// What the friend has to buy.
    pub qualification: Qualification,
    /// Days that an invitation holds, counted whole in the program's time zone.
    pub invitation_days: i32,
    /// Days after the qualifying purchase in which a return undoes it, counted whole in the program's time zone; 0 means
    /// that the rewards are given at once and for good.
    pub fraud_window_days: i32,
    /// What a friend must not share with the referrer or with another friend of the program.
    pub refused_ties: BTreeSet<Tie>,
    /// Whether somebody whom the business knew before the invitation can be a friend.
    pub accepts_known_customers: bool,
    /// How many friends of one referrer are rewarded.
    pub caps: Caps,
    /// How fast friends of one referrer may register; none means any speed.
    pub velocity: Option<Velocity>,
}

/// What a friend has to buy, after registering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Qualification {
    /// How purchases are counted.
    pub rule: QualifyingRule,
    /// The amount that they have to reach. Purchases in other currencies do not count.
    pub minimum: Money,
    /// Days after registering in which they count, counted whole in the program's time zone.
    pub within_days: i32,
}

/// How purchases are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QualifyingRule {
    /// One purchase reaches the amount.
    OnePurchase,
    /// All purchases together reach the amount.
    TotalSpend,
}

/// How many friends of one referrer are rewarded. Qualified and rewarded ones count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps {
    /// Most friends who qualify within the window; none means any number.
    pub in_window: Option<i64>,
    /// Length of the window in days of 24 hours.
    pub window_days: i32,
    /// Most friends ever; none means any number.
    pub in_total: Option<i64>,
}

/// How fast friends of one referrer may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Velocity {
    /// Most friends who register …
    pub registrations: i64,
    /// … within this many hours.
    pub hours: i32,
}

/// Terms and the time zone that their days are counted in.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The terms that the referral began under.
    pub terms: &'a Terms,
    /// The program's time zone.
    pub zone: &'a TimeZone,
}

impl Rules<'_> {
    /// The first moment at which an invitation no longer holds.
    pub fn invitation_end(&self, invite_time: Timestamp) -> Timestamp {
        end_of_days_after(invite_time, self.terms.invitation_days, self.zone)
    }

    /// The first moment from which on purchases no longer count.
    pub fn qualification_end(&self, register_time: Timestamp) -> Timestamp {
        end_of_days_after(register_time, self.terms.qualification.within_days, self.zone)
    }

    /// The first moment from which on returns change nothing.
    pub fn fraud_window_end(&self, qualify_time: Timestamp) -> Timestamp {
        match self.terms.fraud_window_days {
            0 => qualify_time,
            days => end_of_days_after(qualify_time, days, self.zone),
        }
    }
}

impl Terms {
    /// Since when qualifications of other friends count for the cap of the window: those after this moment, which is
    /// the window's length before the qualifying purchase.
    pub fn cap_window_start(&self, qualify_time: Timestamp) -> Timestamp {
        before(qualify_time, i64::from(self.caps.window_days) * 24)
    }

    /// Since when registrations of other friends count for the velocity limit: those after this moment.
    pub fn velocity_window_start(&self, register_time: Timestamp) -> Timestamp {
        before(
            register_time,
            self.velocity.map_or(0, |velocity| i64::from(velocity.hours)),
        )
    }

    /// Everything that is wrong with the terms, each with the path of its field under `referral.`.
    pub fn check(&self) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        check_rewards("referral.friend_rewards", &self.friend_rewards, &mut found);
        self.check_levels(&mut found);
        let days = [
            ("qualification.within_days", 1, self.qualification.within_days),
            ("invitation_days", 1, self.invitation_days),
            ("fraud_window_days", 0, self.fraud_window_days),
            (
                "caps.window_days",
                i64::from(self.caps.in_window.is_some()),
                self.caps.window_days,
            ),
        ];
        for (field, least, days) in days {
            check_range(
                &format!("referral.{field}"),
                i64::from(days),
                (least, LONGEST_DAYS),
                &mut found,
            );
        }
        let minimum = self.qualification.minimum.minor;
        check_range(
            "referral.qualification.minimum",
            minimum,
            (1, LARGEST_MINIMUM),
            &mut found,
        );
        for (field, cap) in [
            ("in_window", self.caps.in_window),
            ("in_total", self.caps.in_total),
        ] {
            if let Some(cap) = cap {
                check_range(
                    &format!("referral.caps.{field}"),
                    cap,
                    (1, LARGEST_CAP),
                    &mut found,
                );
            }
        }
        if let Some(velocity) = self.velocity {
            let limit = velocity.registrations;
            check_range(
                "referral.velocity.registrations",
                limit,
                (1, LARGEST_CAP),
                &mut found,
            );
            check_range(
                "referral.velocity.hours",
                i64::from(velocity.hours),
                (1, LONGEST_HOURS),
                &mut found,
            );
        }
        found
    }

    fn check_levels(&self, found: &mut Vec<FieldViolation>) {
        let levels = &self.referrer_rewards;
        if levels.len() > MOST_LEVELS {
            let description = format!("must be at most {MOST_LEVELS} levels; there are {}", levels.len());
            found.push(FieldViolation::new("referral.referrer_rewards", description));
            return;
        }
        if levels.iter().all(Vec::is_empty) && self.friend_rewards.is_empty() {
            let description = "must reward the referrer or the friend; both get nothing";
            found.push(FieldViolation::new("referral.referrer_rewards", description));
        }
        for (place, rewards) in levels.iter().enumerate() {
            check_rewards(&format!("referral.referrer_rewards[{place}]"), rewards, found);
        }
        for (place, pair) in levels.windows(2).enumerate() {
            for (wallet, points) in points_by_wallet(&pair[1]) {
                let above = points_by_wallet(&pair[0])
                    .into_iter()
                    .find_map(|(other, points)| (other == wallet).then_some(points))
                    .unwrap_or_default();
                if points >= above {
                    found.push(FieldViolation::new(
                        format!("referral.referrer_rewards[{}]", place + 1),
                        format!("must give fewer points of {wallet} than the level before; {points} is not below {above}"),
                    ));
                }
            }
        }
    }
}

fn before(moment: Timestamp, hours: i64) -> Timestamp {
    moment
        .checked_sub(SignedDuration::from_hours(hours))
        .unwrap_or(Timestamp::MIN)
}

/// The points that rewards give, summed by wallet.
fn points_by_wallet(rewards: &[Reward]) -> Vec<(&str, i128)> {
    let mut sums: Vec<(&str, i128)> = Vec::new();
    for reward in rewards {
        if let Reward::Points { wallet, points } = reward {
            match sums.iter_mut().find(|(known, _)| known == wallet) {
                Some((_, sum)) => *sum += i128::from(*points),
                None => sums.push((wallet, i128::from(*points))),
            }
        }
    }
    sums
}
