//! Redemptions of rewards: points, stock, limits and codes in one decision.

use std::collections::BTreeMap;

use jiff::Timestamp;
use prost::Message as _;
use rapport_events::outbox;
use rapport_status::{Error, Result};
use uuid::Uuid;

use super::{Desk, Operation, Tenant, absent, trial::Trial};
use crate::{
    domain::{
        ledger::{
            Change, Command as LedgerCommand, HoldKind, NEVER, Note, Outcome, Posting, Reversible,
            TransactionKind,
        },
        member,
        program::Program,
        rewards::{
            catalogue::{self, Reward},
            codes::LookupCode,
            price::WalletPoints,
            redemption::{self, Action, Command, Decision, Effect, MemberUse, Order, RewardState, not_found},
            voucher::Offer,
        },
        wallet::AccountKey,
    },
    store::{
        accounts::Ledger,
        rewards::{
            redemptions::Part,
            shelf::{Shelf, Wanted, Wish},
        },
    },
    wire::rewards as wire,
};

/// Something that a redemption is asked to do.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    /// The reward, for a new redemption; otherwise empty.
    pub(crate) reward: String,
    /// What is to be done. A price that is empty means the only one.
    pub(crate) command: Command,
}

impl Errand {
    /// What a member wants, for a new redemption.
    fn order(&self) -> Option<&Order> {
        match &self.command.action {
            Action::Reserve(order) | Action::Redeem { order, .. } => Some(order),
            _ => None,
        }
    }

    /// The error that the member, and with it the redemption, is not there.
    pub(super) fn absent(&self, member: &str) -> Error {
        match self.order() {
            Some(_) => member::not_found(member),
            None => not_found(&format!("{member}/redemptions/{}", self.command.redemption)),
        }
    }

    /// The command with the price that is meant.
    fn command_for(&self, reward: &Reward) -> Command {
        let mut command = self.command.clone();
        if let Action::Reserve(order) | Action::Redeem { order, .. } = &mut command.action
            && let ([only], true) = (reward.terms.prices.as_slice(), order.price.is_empty())
        {
            order.price.clone_from(&only.id);
        }
        command
    }
}

/// What the errands among operations want to know, by tenant.
pub(super) fn wanted(operations: &[Operation]) -> BTreeMap<&str, Wanted> {
    let mut wanted: BTreeMap<&str, Wanted> = BTreeMap::new();
    for operation in operations {
        let Some(errand) = operation.intent.errand() else {
            continue;
        };
        let member = &operation.account.member;
        let wanted = wanted.entry(&operation.tenant).or_default();
        match errand.order() {
            Some(order) => wanted.wishes.push(Wish {
                member: member.clone(),
                reward: errand.reward.clone(),
                order: order.clone(),
            }),
            None => {
                wanted
                    .redemptions
                    .insert((member.clone(), errand.command.redemption));
            }
        }
    }
    wanted
}

/// A decision about a redemption, with what is needed to carry it out.
struct Redeemed {
    decision: Decision,
    /// What it was decided on.
    state: RewardState,
    member: MemberUse,
    /// What the redemption has in the ledger afterwards.
    parts: Vec<Part>,
    /// What the ledger does.
    postings: Vec<(AccountKey, Posting)>,
    /// Vouchers that are issued, with their codes.
    vouchers: Vec<(Offer, LookupCode)>,
    customer: String,
}

impl Desk<'_> {
    /// Does an errand. Reservations of the same reward whose time is over are given back before, so that they no longer
    /// count.
    pub(super) fn redeem(&mut self, operation: &Operation, errand: &Errand) -> Result<Vec<u8>> {
        let tenant = operation.tenant.as_str();
        let member = operation.account.member.as_str();
        let known = &self.tenant_of(operation)?.shelf;
        let id = errand.command.redemption;
        let reward = match errand.order() {
            Some(_) => {
                for redemption in known.overdue(member, &errand.reward) {
                    let command = Command {
                        redemption,
                        action: Action::TimeOut,
                    };
                    self.take_step(operation, &errand.reward, &command)?;
                }
                errand.reward.clone()
            }
            None => match known.redemption(member, id) {
                Some(kept) => kept.redemption.reward.clone(),
                None => return Err(errand.absent(member)),
            },
        };
        let known = self.tenant_of(operation)?.shelf.reward(&reward);
        let command = errand.command_for(known.ok_or_else(|| catalogue::not_found(&reward))?);
        self.take_step(operation, &reward, &command)?;
        let known = self.tenants.get(tenant);
        let kept = known.and_then(|tenant| tenant.shelf.redemption(member, id));
        let kept = kept.ok_or_else(|| Error::internal("a redemption was decided and is not there"))?;
        Ok(kept.message(self.now)?.encode_to_vec())
    }

    fn tenant_of(&self, operation: &Operation) -> Result<&Tenant> {
        self.tenants
            .get(&operation.tenant)
            .ok_or_else(|| absent(operation))
    }

    /// Decides one step of a redemption and carries it out, all of it or nothing.
    fn take_step(&mut self, operation: &Operation, reward: &str, command: &Command) -> Result<()> {
        let Some(redeemed) = self.decide_step(operation, reward, command)? else {
            return Ok(());
        };
        let Redeemed {
            decision,
            state,
            member,
            parts,
            postings,
            vouchers,
            customer,
        } = redeemed;
        let (clock, now, tenant) = (self.clock, self.now, operation.tenant.as_str());
        for (account, posting) in postings {
            let spent = reversible(&posting);
            self.carry_out(tenant, &account, posting)?;
            if let (Some(spent), Some(ledger)) = (spent, self.ledger(tenant, &account)) {
                ledger.account.add_reversible(spent);
            }
        }
        let changed = wire::redemption_changed(&decision, &customer, now);
        self.beside
            .events
            .push(outbox::event(clock, tenant, &customer, &changed));
        for effect in &decision.effects {
            if let Effect::PoolRunsLow(notice) = effect {
                let event = outbox::event(clock, tenant, &notice.pool, &wire::runs_low(notice, now));
                self.beside.events.push(event);
            }
        }
        let known = self.tenants.get_mut(tenant);
        let known = known.ok_or_else(|| Error::internal("what was decided belongs to no tenant"))?;
        known
            .shelf
            .apply(&decision, (state, member), parts, &vouchers, now)
    }

    /// Decides one step of a redemption; none when it changes nothing.
    fn decide_step(
        &self,
        operation: &Operation,
        reward: &str,
        command: &Command,
    ) -> Result<Option<Redeemed>> {
        let Tenant {
            ledgers,
            programs,
            shelf,
        } = self.tenant_of(operation)?;
        let name = &operation.account.member;
        let ledger = ledgers.get(&operation.account).ok_or_else(|| absent(operation))?;
        let program = programs.get(&ledger.program).ok_or_else(|| absent(operation))?;
        let reward = shelf.reward(reward).ok_or_else(|| catalogue::not_found(reward))?;
        let state = shelf.state(reward);
        let member = shelf.member_use(name, ledger.account.active, &reward.name, command.redemption);
        let decision = redemption::decide(&state, &member, command, self.now, &program.zone, &mut || {
            self.clock.new_id()
        })?;
        if decision.unchanged {
            return Ok(None);
        }
        let mut cashier = Cashier {
            trial: Trial::new(ledgers, self.clock, self.now),
            program,
            decision: &decision,
            parts: parts(shelf, name, command.redemption),
        };
        for effect in &decision.effects {
            cashier.carry_out(effect)?;
        }
        let (parts, postings) = (cashier.parts, cashier.trial.finish());
        Ok(Some(Redeemed {
            vouchers: vouchers(&decision)?,
            customer: customer(ledger),
            decision,
            state,
            member,
            parts,
            postings,
        }))
    }
}

fn customer(ledger: &Ledger) -> String {
    ledger.customer.clone()
}

fn parts(shelf: &Shelf, member: &str, id: Uuid) -> Vec<Part> {
    let kept = shelf.redemption(member, id);
    kept.map(|kept| kept.parts.clone()).unwrap_or_default()
}

/// The vouchers that a decision issues, each with a code of good random bytes.
fn vouchers(decision: &Decision) -> Result<Vec<(Offer, LookupCode)>> {
    let issued = decision.effects.iter().flat_map(|effect| match effect {
        Effect::IssueVouchers(offers) => offers.as_slice(),
        _ => &[],
    });
    issued
        .map(|offer| {
            let mut bytes = [0; 9];
            getrandom::fill(&mut bytes).map_err(|error| {
                Error::internal("the system gives no random bytes for a voucher's code").because(error)
            })?;
            Ok((offer.clone(), LookupCode::from_random(bytes)))
        })
        .collect()
}

/// What a posting has spent, as something that can be reversed: a later operation of the same batch may do that.
fn reversible(posting: &Posting) -> Option<Reversible> {
    posting.changes.iter().find_map(|change| match change {
        Change::Posted(transaction) if transaction.kind == TransactionKind::Redeem => Some(Reversible {
            id: transaction.id,
            kind: transaction.kind,
            movements: transaction
                .movements
                .iter()
                .map(|movement| (movement.lot, movement.points))
                .collect(),
            returned: BTreeMap::new(),
            reversed: 0,
            is_of_sale: false,
            is_reversal: false,
        }),
        _ => None,
    })
}

/// Has the ledger do what a decision says.
struct Cashier<'c> {
    trial: Trial<'c>,
    program: &'c Program,
    decision: &'c Decision,
    parts: Vec<Part>,
}

impl Cashier<'_> {
    fn carry_out(&mut self, effect: &Effect) -> Result<()> {
        match effect {
            Effect::HoldPoints { points, .. } => self.hold(points),
            Effect::CapturePoints => self.capture(),
            Effect::ReleasePoints => self.release(),
            Effect::RefundPoints { points } => self.refund(points),
            // What the ledger has no part in.
            Effect::PayBack { .. }
            | Effect::TakeStock { .. }
            | Effect::CountUnits { .. }
            | Effect::Codes(_)
            | Effect::PoolRunsLow(_)
            | Effect::IssueVouchers(_)
            | Effect::CancelVouchers(_)
            | Effect::GrantPrivilege { .. }
            | Effect::WithdrawPrivilege { .. } => Ok(()),
        }
    }

    fn account(&self, wallet: &str) -> AccountKey {
        AccountKey {
            member: self.decision.redemption.member.clone(),
            wallet: wallet.to_owned(),
        }
    }

    /// Holds that never time out by themselves: the redemption does, and gives them back with all else.
    fn hold(&mut self, points: &[WalletPoints]) -> Result<()> {
        for paid in points {
            self.program.wallet(&paid.wallet)?;
            let command = LedgerCommand::Hold {
                kind: HoldKind::Reservation,
                points: paid.points,
                expire_time: NEVER,
                reason: format!("the reward {}", self.decision.redemption.reward),
            };
            let outcome = self.trial.decide(&self.account(&paid.wallet), &command)?;
            let Outcome::Hold(hold) = outcome else {
                return Err(Error::internal("a hold was told by something else"));
            };
            self.parts.push(Part {
                wallet: paid.wallet.clone(),
                points: paid.points,
                hold: hold.id,
                spending: None,
            });
        }
        Ok(())
    }

    fn capture(&mut self) -> Result<()> {
        for index in 0..self.parts.len() {
            let (account, hold) = (self.account(&self.parts[index].wallet), self.parts[index].hold);
            let outcome = self
                .trial
                .decide(&account, &LedgerCommand::Capture { hold, points: None })?;
            let Outcome::Transaction(spending) = outcome else {
                return Err(Error::internal("a capture was told by no transaction"));
            };
            self.parts[index].spending = Some(spending.id);
        }
        Ok(())
    }

    fn release(&mut self) -> Result<()> {
        for part in &self.parts {
            let command = LedgerCommand::Release { hold: part.hold };
            self.trial.decide(&self.account(&part.wallet), &command)?;
        }
        Ok(())
    }

    fn refund(&mut self, points: &[WalletPoints]) -> Result<()> {
        for back in points {
            let part = self.parts.iter().find(|part| part.wallet == back.wallet);
            let transaction = part.and_then(|part| part.spending).ok_or_else(|| {
                Error::internal(format!(
                    "{} has spent nothing of {}",
                    self.decision.redemption.name(),
                    back.wallet
                ))
            })?;
            let command = LedgerCommand::Reverse {
                transaction,
                points: Some(back.points),
                note: Note {
                    reason: format!("the reward {} was given back", self.decision.redemption.reward),
                    cause: self.decision.redemption.name(),
                },
            };
            self.trial.decide(&self.account(&back.wallet), &command)?;
        }
        Ok(())
    }
}

/// What a batch knows of rewards, with what it needs of the ledger for them added to the needs.
pub(super) async fn shelf(
    transaction: &sea_orm::DatabaseTransaction,
    tenant: &str,
    wanted: Option<&Wanted>,
    programs: &BTreeMap<String, std::sync::Arc<Program>>,
    (needs, now): (&mut crate::store::accounts::Needs, Timestamp),
) -> Result<Shelf> {
    let Some(wanted) = wanted else {
        return Ok(Shelf::default());
    };
    let shelf = Shelf::load(transaction, tenant, wanted, programs, now).await?;
    shelf.add_needs(wanted, needs);
    Ok(shelf)
}
