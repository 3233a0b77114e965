//! What is given, and the effects that give it and take it back.

use rapport_status::FieldViolation;
use uuid::Uuid;

use super::{check_range, check_text};

/// Most rewards that are given together.
pub const MOST_REWARDS: usize = 10;

/// Most points of one reward.
pub const MOST_REWARD_POINTS: i64 = 1_000_000_000;

/// Something that a member can be given. Only named here: the ledger, the vouchers and the badges know what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reward {
    /// Points of a wallet.
    Points {
        /// Id of the wallet.
        wallet: String,
        /// How many, at least 1.
        points: i64,
    },
    /// A voucher.
    Voucher {
        /// Id of the kind of voucher.
        voucher: String,
    },
    /// A badge.
    Badge {
        /// Id of the badge.
        badge: String,
    },
}

/// A reward that one member gets once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Its id: the same in all effects that are about it.
    pub id: Uuid,
    /// Who gets it: `programs/{program}/members/{member}`.
    pub member: String,
    /// What.
    pub reward: Reward,
}

/// What is to be done about a grant. In the life of one grant there is at most one of each kind, in one of these
/// orders: promise, give, take back; promise, withdraw; give, take back; or the beginning of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Show it as pending: it will be given unless the purchase behind it is returned.
    Promise(Grant),
    /// Give it; what was promised before is released.
    Give(Grant),
    /// It was promised and will not be given.
    Withdraw(Grant),
    /// It was given and is to be taken back.
    TakeBack(Grant),
}

impl Effect {
    /// The grant that it is about.
    pub fn grant(&self) -> &Grant {
        match self {
            Self::Promise(grant) | Self::Give(grant) | Self::Withdraw(grant) | Self::TakeBack(grant) => grant,
        }
    }
}

/// Notes what is wrong with rewards that are given together.
pub(super) fn check_rewards(field: &str, rewards: &[Reward], found: &mut Vec<FieldViolation>) {
    if rewards.len() > MOST_REWARDS {
        let description = format!(
            "must be at most {MOST_REWARDS} rewards; there are {}",
            rewards.len()
        );
        found.push(FieldViolation::new(field, description));
        return;
    }
    for (place, reward) in rewards.iter().enumerate() {
        let field = format!("{field}[{place}]");
        match reward {
            Reward::Points { wallet, points } => {
                check_text(&format!("{field}.wallet"), wallet, found);
                check_range(
                    &format!("{field}.points"),
                    *points,
                    (1, MOST_REWARD_POINTS),
                    found,
                );
            }
            Reward::Voucher { voucher } => check_text(&format!("{field}.voucher"), voucher, found),
            Reward::Badge { badge } => check_text(&format!("{field}.badge"), badge, found),
        }
    }
}

/// New grants of rewards to a member.
pub(super) fn grants_of(rewards: &[Reward], member: &str, new_id: &mut dyn FnMut() -> Uuid) -> Vec<Grant> {
    let grant = |reward: &Reward| Grant {
        id: new_id(),
        member: member.to_owned(),
        reward: reward.clone(),
    };
    rewards.iter().map(grant).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(wallet: &str, points: i64) -> Reward {
        Reward::Points {
            wallet: wallet.to_owned(),
            points,
        }
    }

    #[test]
    fn each_wrong_reward_is_named_with_its_place() {
        let rewards = [
            points("main", 1),
            points("main", MOST_REWARD_POINTS),
            points(" ", 0),
            points("main", MOST_REWARD_POINTS + 1),
            Reward::Voucher {
                voucher: String::new(),
            },
            Reward::Badge {
                badge: "x".repeat(201),
            },
            Reward::Badge {
                badge: "章".repeat(200),
            },
        ];
        let mut found = Vec::new();
        check_rewards("rewards", &rewards, &mut found);
        let fields: Vec<_> = found.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "rewards[2].wallet",
                "rewards[2].points",
                "rewards[3].points",
                "rewards[4].voucher",
                "rewards[5].badge"
            ]
        );
    }

    #[test]
    fn more_rewards_than_the_limit_are_refused() {
        for (count, violations) in [(MOST_REWARDS, 0), (MOST_REWARDS + 1, 1)] {
            let mut found = Vec::new();
            check_rewards("rewards", &vec![points("main", 1); count], &mut found);
            assert_eq!(found.len(), violations, "{count} rewards");
        }
    }
}
