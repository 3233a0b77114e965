//! What is to be done with points, before the terms of the program and its wallets are looked at.

use jiff::{SignedDuration, Timestamp};
use rapport_money::Money;
use rapport_status::Result;

use super::Errand;
use crate::{
    domain::{
        ledger::{Command, HoldKind, NEVER, Note, Pending, PendingChoice, SaleKey},
        program::{Priority, Program},
        wallet::WalletTerms,
    },
    store::accounts::{Extent, Ledger, Needs},
};

/// What is to be done.
#[derive(Debug, Clone)]
pub(crate) enum Intent {
    /// Give points that expire at a moment, or as the wallet says, and wait for something, or as the wallet says.
    Earn {
        points: i64,
        expire_time: Option<Timestamp>,
        pending: Option<Pending>,
        note: Note,
    },
    /// Correct the balance.
    Adjust { points: i64, note: Note },
    /// Keep points for a time; none: until somebody gives them back.
    Hold {
        kind: HoldKind,
        points: i64,
        seconds: Option<i64>,
        reason: String,
    },
    /// A sale was recorded.
    Sale(Purchase),
    /// A sale was returned.
    Return {
        purchase: Purchase,
        original_source_id: String,
    },
    /// A case was resolved with compensation.
    Compensate { case: String, priority: Priority },
    /// Give points to another member.
    Transfer { to: String, points: i64, note: Note },
    /// Do something with a redemption of a reward.
    Redemption(Box<Errand>),
    /// What does not depend on terms.
    Direct(Command),
}

/// A purchase as the profile service tells it.
#[derive(Debug, Clone)]
pub(crate) struct Purchase {
    /// `customers/{customer}/purchases/{purchase}`.
    pub(crate) name: String,
    /// The system that it comes from.
    pub(crate) source: String,
    /// Its id in that system.
    pub(crate) source_id: String,
    /// Its amount.
    pub(crate) amount: Money,
}

impl Purchase {
    fn key(&self) -> (String, String) {
        (self.source.clone(), self.source_id.clone())
    }

    fn sale(&self, source_id: &str) -> SaleKey {
        SaleKey {
            source: self.source.clone(),
            source_id: source_id.to_owned(),
            currency: self.amount.currency,
        }
    }

    fn note(&self) -> Note {
        Note {
            reason: "a purchase".to_owned(),
            cause: self.name.clone(),
        }
    }
}

impl Intent {
    /// What a redemption is asked to do, if it is about one.
    pub(super) fn errand(&self) -> Option<&Errand> {
        match self {
            Self::Redemption(errand) => Some(errand),
            _ => None,
        }
    }

    /// How much of the account it needs.
    pub(super) fn extent(&self) -> Extent {
        match self {
            // Of a redemption, the accounts that are paid from are added when the reward is known.
            Self::Earn { .. } | Self::Sale(_) | Self::Compensate { .. } | Self::Redemption(_) => Extent::Sums,
            Self::Adjust { points, .. } if *points > 0 => Extent::Sums,
            Self::Adjust { .. }
            | Self::Hold { .. }
            | Self::Return { .. }
            | Self::Transfer { .. }
            | Self::Direct(_) => Extent::All,
        }
    }

    /// Adds what else must be known: holds, lots, transactions, purchases and cases that it names.
    pub(super) fn add_needs(&self, needs: &mut Needs) {
        match self {
            Self::Direct(command) => add_needs_of(command, needs),
            Self::Sale(purchase) => {
                needs.sales.insert(purchase.source_id.clone());
            }
            Self::Return {
                purchase,
                original_source_id,
            } => {
                let ids = [&purchase.source_id, original_source_id];
                needs.sales.extend(ids.into_iter().cloned());
            }
            Self::Compensate { case, .. } => {
                needs.cases.insert(case.clone());
            }
            Self::Earn { .. }
            | Self::Adjust { .. }
            | Self::Hold { .. }
            | Self::Transfer { .. }
            | Self::Redemption(_) => {}
        }
    }

    /// The command for an account under the terms of its program and wallet; none when there is nothing to do, because it
    /// was done before or the program has no rule for it.
    pub(super) fn command(
        &self,
        ledger: &Ledger,
        program: &Program,
        terms: &WalletTerms,
        now: Timestamp,
    ) -> Result<Option<Command>> {
        let expires = || terms.expiry.expire_time(now, &program.zone);
        Ok(Some(match self {
            Self::Earn {
                points,
                expire_time,
                pending,
                note,
            } => Command::Earn {
                points: *points,
                expire_time: expire_time.or_else(expires),
                pending: pending.clone().or_else(|| terms.pending(now, &program.zone)),
                note: note.clone(),
            },
            Self::Adjust { points, note } => Command::Adjust {
                points: *points,
                expire_time: expires(),
                note: note.clone(),
            },
            Self::Hold {
                kind,
                points,
                seconds,
                reason,
            } => Command::Hold {
                kind: *kind,
                points: *points,
                expire_time: seconds
                    .and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok())
                    .unwrap_or(NEVER),
                reason: reason.clone(),
            },
            Self::Sale(purchase) => return sale(purchase, ledger, program, terms, now),
            Self::Return {
                purchase,
                original_source_id,
            } => {
                if ledger.purchases.contains(&purchase.key()) {
                    return Ok(None);
                }
                Command::RecordReturn {
                    sale: purchase.sale(original_source_id),
                    source_id: purchase.source_id.clone(),
                    amount_minor: purchase.amount.minor,
                    note: purchase.note(),
                }
            }
            Self::Compensate { case, priority } => {
                let points = program.terms.compensation.get(priority).copied();
                let Some(points) = points.filter(|_| !ledger.cases.contains(case)) else {
                    return Ok(None);
                };
                Command::Compensate {
                    points,
                    expire_time: expires(),
                    note: Note {
                        reason: "a resolved case".to_owned(),
                        cause: case.clone(),
                    },
                }
            }
            Self::Transfer { points, note, .. } => Command::TransferOut {
                points: *points,
                note: note.clone(),
            },
            // Decided by itself, with the reward.
            Self::Redemption(_) => return Ok(None),
            Self::Direct(command) => command.clone(),
        }))
    }
}

fn add_needs_of(command: &Command, needs: &mut Needs) {
    match command {
        Command::Capture { hold, .. } | Command::Release { hold } => {
            needs.holds.insert(*hold);
        }
        Command::Reverse { transaction, .. } => {
            // Points that were given are taken back from the lot that they went into.
            needs.lots.insert(*transaction);
            needs.reversals.insert(*transaction);
        }
        Command::Reinstate { transaction, .. } => {
            needs.reversals.insert(*transaction);
        }
        Command::ReleasePending {
            which: PendingChoice::Lot(lot),
            ..
        }
        | Command::CancelPending {
            which: PendingChoice::Lot(lot),
            ..
        }
        | Command::Extend { lot: Some(lot), .. } => {
            needs.lots.insert(*lot);
        }
        _ => {}
    }
}

fn sale(
    purchase: &Purchase,
    ledger: &Ledger,
    program: &Program,
    terms: &WalletTerms,
    now: Timestamp,
) -> Result<Option<Command>> {
    let Some(rule) = &program.terms.earning_rule else {
        return Ok(None);
    };
    if ledger.purchases.contains(&purchase.key()) {
        return Ok(None);
    }
    let Some(points) = rule.points_for(purchase.amount)? else {
        return Ok(None);
    };
    let zone = &program.zone;
    Ok(Some(Command::RecordSale {
        sale: purchase.sale(&purchase.source_id),
        amount_minor: purchase.amount.minor,
        points,
        expire_time: terms.expiry.expire_time(now, zone),
        pending: terms.pending(now, zone),
        note: purchase.note(),
    }))
}
