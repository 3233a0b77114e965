//! What is to be done with points, before the terms of the program and its wallets are looked at.

use jiff::{SignedDuration, Timestamp};
use rapport_money::Money;
use rapport_status::Result;

use super::Errand;
use crate::{
    domain::{
        activity::Activity,
        campaigns::reckon::spread,
        ledger::{
            Attribution, Award, Command, HoldKind, LinePoints, NEVER, Note, Pending, PendingChoice,
            PurchaseLine, Returned, SaleKey, Sold,
        },
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
    /// What was bought or given back.
    pub(crate) activity: Activity,
    /// Its amount.
    pub(crate) amount: Money,
}

impl Purchase {
    fn key(&self) -> (String, String) {
        (self.activity.source.clone(), self.activity.source_id.clone())
    }

    fn sale(&self, source_id: &str) -> SaleKey {
        SaleKey {
            source: self.activity.source.clone(),
            source_id: source_id.to_owned(),
            currency: self.amount.currency,
        }
    }

    /// Its lines, of which it is not known yet what they earn.
    fn lines(&self) -> Vec<PurchaseLine> {
        let lines = self.activity.lines.iter();
        lines
            .map(|line| PurchaseLine {
                id: line.id.clone(),
                amount_minor: line.amount_minor,
                earned_points: 0,
            })
            .collect()
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
                needs.sales.insert(purchase.activity.source_id.clone());
            }
            Self::Return {
                purchase,
                original_source_id,
            } => {
                let ids = [&purchase.activity.source_id, original_source_id];
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
                let returned = Returned {
                    sale: purchase.sale(original_source_id),
                    source_id: purchase.activity.source_id.clone(),
                    amount_minor: purchase.amount.minor,
                    lines: purchase.lines(),
                };
                Command::RecordReturn {
                    returned,
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
    let sold = Sold {
        sale: purchase.sale(&purchase.activity.source_id),
        amount_minor: purchase.amount.minor,
        lines: purchase.lines(),
        awards: base_award(&purchase.activity, points, program, terms, now)
            .into_iter()
            .collect(),
    };
    Ok(Some(Command::RecordSale {
        sold,
        note: purchase.note(),
    }))
}

/// What the earning rule of a program gives, spread over the lines by what was paid for them.
fn base_award(
    activity: &Activity,
    points: i64,
    program: &Program,
    terms: &WalletTerms,
    now: Timestamp,
) -> Option<Award> {
    if points == 0 {
        return None;
    }
    let weights: Vec<i128> = activity.paid_amounts().into_iter().map(i128::from).collect();
    let shares = activity.lines.iter().zip(spread(points, &weights));
    let lines = shares.filter(|(_, points)| *points > 0);
    let attribution = Attribution {
        trigger: activity.trigger.clone(),
        rule: program.name.clone(),
        version: program.version,
        lines: lines
            .map(|(line, points)| LinePoints {
                line: line.id.clone(),
                points,
            })
            .collect(),
    };
    Some(Award {
        points,
        expire_time: terms.expiry.expire_time(now, &program.zone),
        pending: terms.pending(now, &program.zone),
        attribution,
    })
}
