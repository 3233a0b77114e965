//! Wallets in the messages of the contract, and back.

use rapport_contract::{
    instant,
    loyalty::v1::{
        self as wire, Activity, ExpiryRounding, FixedDaysExpiry, RollingExpiry, SlidingExpiry, expiry::Policy,
    },
};
use rapport_status::FieldViolation;

use crate::domain::{
    expiry::{DayOfYear, Expiry, Rounding},
    ledger::{BurnOrder, DebtPolicy},
    wallet::{Activities, Wallet, WalletKind, WalletTerms},
};

/// A wallet of a program.
pub(crate) fn wallet(program: &str, wallet: &Wallet) -> wire::Wallet {
    let terms = &wallet.terms;
    let kind = match terms.kind {
        WalletKind::Spendable => wire::WalletKind::Spendable,
        WalletKind::Qualifying => wire::WalletKind::Qualifying,
        WalletKind::Stamps => wire::WalletKind::Stamps,
        WalletKind::Partner => wire::WalletKind::Partner,
    };
    let burn_order = match terms.burn_order {
        BurnOrder::FirstExpiring => wire::BurnOrder::FirstExpiring,
        BurnOrder::Oldest => wire::BurnOrder::Oldest,
        BurnOrder::Youngest => wire::BurnOrder::Youngest,
    };
    let debt_policy = match terms.debt {
        DebtPolicy::OnlyPending => wire::DebtPolicy::OnlyPending,
        DebtPolicy::WithinBalance => wire::DebtPolicy::WithinBalance,
        DebtPolicy::Unlimited => wire::DebtPolicy::Unlimited,
    };
    wire::Wallet {
        name: format!("{program}/wallets/{}", wallet.id),
        title: terms.title.clone(),
        kind: kind.into(),
        expiry: expiry(&terms.expiry),
        burn_order: burn_order.into(),
        debt_policy: debt_policy.into(),
        pending_days: terms.pending_days,
        create_time: Some(instant::to_wire(wallet.create_time)),
        update_time: Some(instant::to_wire(wallet.update_time)),
        etag: wallet.etag(),
    }
}

fn expiry(expiry: &Expiry) -> Option<wire::Expiry> {
    let policy = match expiry {
        Expiry::Never => return None,
        Expiry::Rolling { months, rounding } => Policy::Rolling(RollingExpiry {
            months: *months,
            rounding: match rounding {
                Rounding::Day => ExpiryRounding::Day,
                Rounding::Month => ExpiryRounding::Month,
                Rounding::Quarter => ExpiryRounding::Quarter,
                Rounding::Year => ExpiryRounding::Year,
            }
            .into(),
        }),
        Expiry::FixedDays {
            days,
            at_least_months,
        } => Policy::FixedDays(FixedDaysExpiry {
            days: days
                .iter()
                .map(|day| wire::DayOfYear {
                    month: i32::from(day.month),
                    day: i32::from(day.day),
                })
                .collect(),
            at_least_months: *at_least_months,
        }),
        Expiry::Sliding { months, activities } => {
            let named = [
                (activities.earning, Activity::Earning),
                (activities.redeeming, Activity::Redeeming),
            ];
            Policy::Sliding(SlidingExpiry {
                months: *months,
                activities: named
                    .into_iter()
                    .filter_map(|(is, activity)| is.then_some(activity.into()))
                    .collect(),
            })
        }
    };
    Some(wire::Expiry { policy: Some(policy) })
}

/// The terms of a wallet as a request has them, with what does not exist.
pub(crate) fn read_wallet(message: &wire::Wallet) -> (WalletTerms, Vec<FieldViolation>) {
    let mut violations = Vec::new();
    let terms = WalletTerms {
        title: message.title.clone(),
        kind: match message.kind() {
            wire::WalletKind::Unspecified | wire::WalletKind::Spendable => WalletKind::Spendable,
            wire::WalletKind::Qualifying => WalletKind::Qualifying,
            wire::WalletKind::Stamps => WalletKind::Stamps,
            wire::WalletKind::Partner => WalletKind::Partner,
        },
        expiry: message
            .expiry
            .as_ref()
            .and_then(|expiry| expiry.policy.as_ref())
            .map_or(Expiry::Never, |policy| read_expiry(policy, &mut violations)),
        burn_order: match message.burn_order() {
            wire::BurnOrder::Unspecified | wire::BurnOrder::FirstExpiring => BurnOrder::FirstExpiring,
            wire::BurnOrder::Oldest => BurnOrder::Oldest,
            wire::BurnOrder::Youngest => BurnOrder::Youngest,
        },
        debt: match message.debt_policy() {
            wire::DebtPolicy::OnlyPending => DebtPolicy::OnlyPending,
            wire::DebtPolicy::Unspecified | wire::DebtPolicy::WithinBalance => DebtPolicy::WithinBalance,
            wire::DebtPolicy::Unlimited => DebtPolicy::Unlimited,
        },
        pending_days: message.pending_days,
    };
    (terms, violations)
}

fn read_expiry(policy: &Policy, violations: &mut Vec<FieldViolation>) -> Expiry {
    match policy {
        Policy::Rolling(rolling) => Expiry::Rolling {
            months: rolling.months,
            rounding: match rolling.rounding() {
                ExpiryRounding::Unspecified | ExpiryRounding::Day => Rounding::Day,
                ExpiryRounding::Month => Rounding::Month,
                ExpiryRounding::Quarter => Rounding::Quarter,
                ExpiryRounding::Year => Rounding::Year,
            },
        },
        Policy::FixedDays(fixed) => Expiry::FixedDays {
            days: fixed
                .days
                .iter()
                // What is too large for a day is no day either.
                .map(|day| DayOfYear {
                    month: i8::try_from(day.month).unwrap_or(0),
                    day: i8::try_from(day.day).unwrap_or(0),
                })
                .collect(),
            at_least_months: fixed.at_least_months,
        },
        Policy::Sliding(sliding) => {
            let mut activities = Activities::default();
            for (index, activity) in sliding.activities().enumerate() {
                match activity {
                    Activity::Earning => activities.earning = true,
                    Activity::Redeeming => activities.redeeming = true,
                    Activity::Unspecified => violations.push(FieldViolation::new(
                        format!("wallet.expiry.sliding.activities[{index}]"),
                        "must be an activity",
                    )),
                }
            }
            Expiry::Sliding {
                months: sliding.months,
                activities,
            }
        }
    }
}
