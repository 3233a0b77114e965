//! What a catalogue entry says: what a reward is, what it costs, and who may have it when.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rapport_money::Money;
use rapport_status::{Error, FieldViolation};

use super::{
    catalogue::RESOURCE_TYPE,
    limits::{self, Limit},
    price::{Price, check_money, is_id},
    reasons,
    redemption::MOST_UNITS,
    text::Translations,
    validity::{Lifetime, MOST_DAYS, Period},
    voucher,
};

/// Most characters of a title.
pub const LONGEST_TITLE: usize = 200;
/// Most characters of a description.
pub const LONGEST_DESCRIPTION: usize = 4_000;
/// Most characters of a category, tag, or recipient.
pub const LONGEST_WORD: usize = 100;
/// Most tags of a reward.
pub const MOST_TAGS: usize = 20;
/// Most ways to pay for a reward.
pub const MOST_PRICES: usize = 10;
/// Most bytes of a condition of eligibility.
pub const LONGEST_ELIGIBILITY: usize = 4_000;
/// Longest reservation in minutes: thirty days.
pub const LONGEST_RESERVATION_MINUTES: i32 = 43_200;

/// What the owner of a program decides about a reward. Each change makes a new version; redemptions keep the terms of
/// the version under which they were reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Name that members see.
    pub title: Translations,
    /// What members read about it; none means nothing.
    pub description: Option<Translations>,
    /// Where it stands in the catalogue; empty means nowhere in particular.
    pub category: String,
    /// Words by which it is found, each once.
    pub tags: Vec<String>,
    /// What members receive.
    pub kind: Kind,
    /// Ways to pay, of which a member chooses one; at least one.
    pub prices: Vec<Price>,
    /// How many units a member may redeem.
    pub limits: Vec<Limit>,
    /// Most units of one redemption, at least 1.
    pub most_units: i64,
    /// Condition in CEL under which a member may have it; empty means every member. Its outcome comes in with
    /// [`super::redemption::MemberUse::eligible`].
    pub eligibility: String,
    /// When members see it.
    pub published: Period,
    /// When it can be redeemed.
    pub redeemable: Period,
    /// How long a voucher or privilege can be used after it was received.
    pub received: Lifetime,
    /// After how many minutes a reservation that is not confirmed times out, at least 1.
    pub reservation_minutes: i32,
    /// Whether confirming hands over what can be handed over at once: anything but physical things.
    pub fulfils_at_once: bool,
    /// What happens when units are given back after they were handed over.
    pub refund: RefundPolicy,
    /// What a unit costs the program; none means that it is not known.
    pub cost: Option<Money>,
}

/// What members receive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A thing that is sent or collected.
    Physical,
    /// A unique code of somebody else's, such as a cinema ticket.
    DigitalCode {
        /// Id of the pool in the program that codes are taken from.
        pool: String,
    },
    /// A voucher of the program's own.
    Voucher(voucher::Terms),
    /// A gift in the member's name.
    Donation {
        /// Who gets it.
        recipient: String,
    },
    /// A right, such as the use of a lounge.
    Privilege {
        /// Id of the privilege in the program.
        privilege: String,
    },
}

/// What happens when units are given back after they were handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RefundPolicy {
    /// How many days after handing over units are taken back, 0 (the same day) or more; none means never.
    pub within_days: Option<i32>,
    /// Whether units that come back can be redeemed again. Codes that were shown never can, so it must not be set for
    /// them.
    pub restocks: bool,
    /// Whether units that come back no longer count in the member's limits.
    pub restores_limits: bool,
}

impl Kind {
    /// Its name in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Physical => "a physical thing",
            Self::DigitalCode { .. } => "a unique code",
            Self::Voucher(_) => "a voucher",
            Self::Donation { .. } => "a donation",
            Self::Privilege { .. } => "a privilege",
        }
    }

    /// The pool that its codes come from.
    pub fn pool(&self) -> Option<&str> {
        match self {
            Self::DigitalCode { pool } => Some(pool),
            _ => None,
        }
    }

    fn lasts(&self) -> bool {
        matches!(self, Self::Voucher(_) | Self::Privilege { .. })
    }

    fn check(&self, path: &str, found: &mut Vec<FieldViolation>) {
        let id = "must be an id: 1 to 63 of a-z 0-9 - _ . beginning with a letter or digit";
        match self {
            Self::DigitalCode { pool } if !is_id(pool) => {
                found.push(FieldViolation::new(format!("{path}.pool"), id));
            }
            Self::Privilege { privilege } if !is_id(privilege) => {
                found.push(FieldViolation::new(format!("{path}.privilege"), id));
            }
            Self::Physical | Self::DigitalCode { .. } | Self::Privilege { .. } => {}
            Self::Voucher(terms) => terms.check(&format!("{path}.voucher"), found),
            Self::Donation { recipient } => check_word(recipient, &format!("{path}.recipient"), found),
        }
    }
}

impl Terms {
    /// The way to pay with an id.
    pub fn price(&self, id: &str) -> Result<&Price, Error> {
        self.prices.iter().find(|price| price.id == id).ok_or_else(|| {
            let known: Vec<_> = self.prices.iter().map(|price| price.id.as_str()).collect();
            Error::invalid_field(
                "price",
                format!("must be one of the reward's prices: {}", known.join(", ")),
            )
        })
    }

    /// Refuses a moment at which the reward is not published or cannot be redeemed.
    pub(super) fn require_redeemable(&self, now: Timestamp, reward: &str) -> Result<(), Error> {
        for (period, seen) in [(self.published, "published"), (self.redeemable, "redeemable")] {
            let message = match (period.from, period.until) {
                (Some(from), _) if now < from => {
                    format!("{reward} is not {seen} before {from}; try again then")
                }
                (_, Some(until)) if until <= now => {
                    format!("{reward} was {seen} until {until}; choose another reward")
                }
                _ => continue,
            };
            return Err(Error::about(
                reasons::REWARD_NOT_AVAILABLE,
                RESOURCE_TYPE,
                reward,
                message,
            ));
        }
        Ok(())
    }

    /// What breaks the rules; all violations at once. Field paths begin with `reward.`.
    pub fn check(&self) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        self.title.check("reward.title", LONGEST_TITLE, &mut found);
        if let Some(description) = &self.description {
            description.check("reward.description", LONGEST_DESCRIPTION, &mut found);
        }
        if !self.category.is_empty() {
            check_word(&self.category, "reward.category", &mut found);
        }
        self.check_tags(&mut found);
        self.kind.check("reward.kind", &mut found);
        self.check_prices(&mut found);
        limits::check(&self.limits, "reward.limits", &mut found);
        if self.eligibility.len() > LONGEST_ELIGIBILITY {
            found.push(FieldViolation::new(
                "reward.eligibility",
                format!("must have at most {LONGEST_ELIGIBILITY} bytes"),
            ));
        }
        self.published.check("reward.published", &mut found);
        self.redeemable.check("reward.redeemable", &mut found);
        self.check_numbers(&mut found);
        self.check_handover(&mut found);
        found
    }

    /// What a new version must not change: redemptions of both go on beside each other, and share stock and codes.
    pub fn check_successor(&self, next: &Self) -> Vec<FieldViolation> {
        let same = std::mem::discriminant(&self.kind) == std::mem::discriminant(&next.kind)
            && self.kind.pool() == next.kind.pool();
        if same {
            return Vec::new();
        }
        vec![FieldViolation::new(
            "reward.kind",
            format!(
                "must stay {}, and of the same pool if it has one; create another reward instead",
                self.kind.name()
            ),
        )]
    }

    fn check_tags(&self, found: &mut Vec<FieldViolation>) {
        if self.tags.len() > MOST_TAGS {
            found.push(FieldViolation::new(
                "reward.tags",
                format!("must be at most {MOST_TAGS} tags, not {}", self.tags.len()),
            ));
            return;
        }
        let mut tags = BTreeSet::new();
        for (index, tag) in self.tags.iter().enumerate() {
            check_word(tag, &format!("reward.tags[{index}]"), found);
            if !tags.insert(tag) {
                found.push(FieldViolation::new(
                    format!("reward.tags[{index}]"),
                    format!("must be there once, and {tag:?} is there before"),
                ));
            }
        }
    }

    fn check_prices(&self, found: &mut Vec<FieldViolation>) {
        if !(1..=MOST_PRICES).contains(&self.prices.len()) {
            found.push(FieldViolation::new(
                "reward.prices",
                format!("must be 1 to {MOST_PRICES} prices, not {}", self.prices.len()),
            ));
            return;
        }
        let mut ids = BTreeSet::new();
        for (index, price) in self.prices.iter().enumerate() {
            let path = format!("reward.prices[{index}]");
            price.check(&path, found);
            if !ids.insert(&price.id) {
                found.push(FieldViolation::new(
                    format!("{path}.id"),
                    format!(
                        "must be of one price, and {:?} is that of another before",
                        price.id
                    ),
                ));
            }
        }
    }

    fn check_numbers(&self, found: &mut Vec<FieldViolation>) {
        if !(1..=MOST_UNITS).contains(&self.most_units) {
            found.push(FieldViolation::new(
                "reward.most_units",
                format!("must be 1 to {MOST_UNITS}"),
            ));
        }
        if !(1..=LONGEST_RESERVATION_MINUTES).contains(&self.reservation_minutes) {
            found.push(FieldViolation::new(
                "reward.reservation_minutes",
                format!("must be 1 to {LONGEST_RESERVATION_MINUTES}"),
            ));
        }
        self.received.check("reward.received", found);
        if self
            .refund
            .within_days
            .is_some_and(|days| !(0..=MOST_DAYS).contains(&days))
        {
            found.push(FieldViolation::new(
                "reward.refund.within_days",
                format!("must be 0 (the same day) to {MOST_DAYS}"),
            ));
        }
        if let Some(cost) = self.cost {
            check_money(cost, "reward.cost", found);
        }
    }

    fn check_handover(&self, found: &mut Vec<FieldViolation>) {
        let mut refuse = |field: &str, wrong: bool, description: &str| {
            if wrong {
                found.push(FieldViolation::new(field, description));
            }
        };
        refuse(
            "reward.fulfils_at_once",
            self.fulfils_at_once && self.kind == Kind::Physical,
            "must not be set for a physical thing, which is sent or collected",
        );
        refuse(
            "reward.received",
            self.received != Lifetime::Unlimited && !self.kind.lasts(),
            "must be unlimited for anything but a voucher or privilege; codes expire as their pool says",
        );
        refuse(
            "reward.most_units",
            self.most_units > 1 && matches!(self.kind, Kind::Privilege { .. }),
            "must be 1 for a privilege, which nobody has twice",
        );
        refuse(
            "reward.refund.restocks",
            self.refund.restocks && self.kind.pool().is_some(),
            "must not be set for a unique code: once shown it never goes to another",
        );
    }
}

/// Reports a word that is empty or too long.
pub(super) fn check_word(word: &str, path: &str, found: &mut Vec<FieldViolation>) {
    if word.trim().is_empty() || word.chars().count() > LONGEST_WORD {
        found.push(FieldViolation::new(
            path,
            format!("must have 1 to {LONGEST_WORD} characters, not only spaces"),
        ));
    }
}
