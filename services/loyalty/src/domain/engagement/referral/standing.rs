//! Where a referral stands: a pure function of what is known of it.

use jiff::Timestamp;

use super::{
    record::{Purchase, Referral},
    terms::{QualifyingRule, Rules},
};

/// Where a referral stands. The module's documentation tells when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The friend may still register.
    Invited,
    /// The friend may still buy enough.
    Registered,
    /// The friend has bought enough.
    Qualified {
        /// When: the moment of the purchase that reached the amount.
        qualify_time: Timestamp,
        /// When the fraud window ends.
        release_time: Timestamp,
    },
    /// The rewards are given.
    Rewarded {
        /// When the friend had bought enough.
        qualify_time: Timestamp,
        /// When the fraud window ended.
        release_time: Timestamp,
    },
    /// A check failed.
    Rejected,
    /// The friend did not register, or did not buy enough, in time.
    Expired,
    /// The friend returned too much within the fraud window.
    RolledBack,
}

impl State {
    /// Whether it counts for the caps of its referrer.
    pub fn counts_for_caps(self) -> bool {
        matches!(self, Self::Qualified { .. } | Self::Rewarded { .. })
    }
}

/// Where a referral stands at a moment, and until when if nothing is heard of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub state: State,
    /// When time alone will change that; none means never.
    pub due_time: Option<Timestamp>,
}

/// Where a referral stands at a moment, by these rules:
///
/// A purchase is a **candidate** when the friend made it after registering and before the time to qualify was over. Each
/// candidate has its own fraud window, which begins with it. The friend **qualifies** at the first candidate at which the
/// amount is reached: with one purchase, by that purchase less its returns within its window; with total spend, by all
/// candidates up to it less their returns within its window. What is given back after the window does not count, and
/// more than a purchase's amount cannot be given back.
///
/// When no candidate reaches the amount so, but one would without any return, the referral is rolled back.
pub fn standing(referral: &Referral, rules: &Rules<'_>, now: Timestamp) -> Standing {
    let final_state = |state| Standing {
        state,
        due_time: None,
    };
    if referral.rejection.is_some() {
        return final_state(State::Rejected);
    }
    let Some(registration) = &referral.registration else {
        let end = rules.invitation_end(referral.invite_time);
        return until(end, now, State::Invited, State::Expired);
    };
    if let Some(qualify_time) = qualify_time(referral, rules, Returns::Within) {
        let release_time = rules.fraud_window_end(qualify_time);
        let (qualified, rewarded) = (
            State::Qualified {
                qualify_time,
                release_time,
            },
            State::Rewarded {
                qualify_time,
                release_time,
            },
        );
        return until(release_time, now, qualified, rewarded);
    }
    if qualify_time(referral, rules, Returns::Ignored).is_some() {
        return final_state(State::RolledBack);
    }
    let end = rules.qualification_end(registration.time);
    until(end, now, State::Registered, State::Expired)
}

fn until(end: Timestamp, now: Timestamp, before: State, after: State) -> Standing {
    if now < end {
        Standing {
            state: before,
            due_time: Some(end),
        }
    } else {
        Standing {
            state: after,
            due_time: None,
        }
    }
}

/// Which returns are taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Returns {
    /// Those within the fraud window.
    Within,
    /// None.
    Ignored,
}

/// The moment at which the friend qualifies, if the purchases that are known reach the amount.
pub(super) fn qualify_time(referral: &Referral, rules: &Rules<'_>, returns: Returns) -> Option<Timestamp> {
    let minimum = rules.terms.qualification.minimum;
    let net = |purchase: &Purchase, window_end: Timestamp| {
        let amount = i128::from(purchase.amount.minor);
        match returns {
            Returns::Ignored => amount,
            Returns::Within => {
                let returned = referral.returned_before(&purchase.id, minimum.currency, window_end);
                amount - returned.min(amount)
            }
        }
    };
    let mut candidates: Vec<&Purchase> = referral
        .purchases
        .iter()
        .filter(|purchase| is_candidate(referral, rules, purchase))
        .collect();
    candidates.sort_by_key(|purchase| purchase.time);
    let reaches = |last: usize| {
        let window_end = rules.fraud_window_end(candidates[last].time);
        let counted = match rules.terms.qualification.rule {
            QualifyingRule::OnePurchase => &candidates[last..=last],
            QualifyingRule::TotalSpend => &candidates[..=last],
        };
        let reached: i128 = counted.iter().map(|purchase| net(purchase, window_end)).sum();
        reached >= i128::from(minimum.minor)
    };
    (0..candidates.len())
        .find(|last| reaches(*last))
        .map(|last| candidates[last].time)
}

/// Whether a purchase can count at all.
pub(super) fn is_candidate(referral: &Referral, rules: &Rules<'_>, purchase: &Purchase) -> bool {
    let qualification = rules.terms.qualification;
    let large_enough = match qualification.rule {
        QualifyingRule::OnePurchase => purchase.amount.minor >= qualification.minimum.minor,
        QualifyingRule::TotalSpend => purchase.amount.minor >= 1,
    };
    let in_time = referral.registration.as_ref().is_some_and(|registration| {
        registration.time <= purchase.time && purchase.time < rules.qualification_end(registration.time)
    });
    large_enough && in_time && purchase.amount.currency == qualification.minimum.currency
}
