//! All that a batch of redemptions of one tenant reads, locked, and what it has changed so far.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use rapport_status::{Error, Result};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::{
    catalogue,
    entity::{redemption, reward_code, voucher},
    pools::{self, EXPIRED, FREE, SHOWN, TAKEN, VOID},
    redemptions::{self, Kept, Part},
    vouchers,
};
use crate::{
    domain::{
        program::Program,
        rewards::{
            catalogue::Reward,
            code_pool::{Change, Code, Pool},
            codes::LookupCode,
            limits::{self, Uses},
            price::PriceForm,
            redemption::{Decision, Effect, MemberUse, Order, Redemption, RewardState},
            voucher::Offer,
        },
        wallet::AccountKey,
    },
    store::accounts::{Extent, Needs},
};

/// A member's wish to redeem a reward.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    /// `programs/{program}/members/{member}`.
    pub(crate) member: String,
    /// `programs/{program}/rewards/{reward}`.
    pub(crate) reward: String,
    /// What the member wants.
    pub(crate) order: Order,
}

/// What a batch wants to know of one tenant's rewards. The members are locked.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Redemptions that are named, with their members.
    pub(crate) redemptions: BTreeSet<(String, Uuid)>,
    /// Rewards that members wish for.
    pub(crate) wishes: Vec<Wish>,
}

/// What is known of one tenant's rewards in a batch.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(super) tenant: String,
    pub(super) rewards: BTreeMap<String, Lying<Reward>>,
    pub(super) pools: BTreeMap<String, Lying<Pool>>,
    pub(super) redemptions: BTreeMap<Uuid, Lying<Option<Kept>>>,
    /// Free codes that are at hand, and those that were taken, given back, or expired since.
    pub(super) codes: BTreeMap<Uuid, Lying<reward_code::Model>>,
    uses: HashMap<(String, String), Uses>,
    overdue: BTreeMap<(String, String), Vec<Uuid>>,
}

/// Something as it was read, and as it is now.
#[derive(Debug)]
pub(super) struct Lying<T> {
    pub(super) before: T,
    pub(super) now: T,
}

impl<T: Clone> Lying<T> {
    fn new(known: T) -> Self {
        Self {
            before: known.clone(),
            now: known,
        }
    }
}

impl Shelf {
    /// Reads and locks what a batch wants: rewards, then pools, then vouchers.
    pub(crate) async fn load(
        transaction: &DatabaseTransaction,
        tenant: &str,
        wanted: &Wanted,
        programs: &BTreeMap<String, Arc<Program>>,
        now: Timestamp,
    ) -> Result<Self> {
        let mut shelf = Self {
            tenant: tenant.to_owned(),
            ..Self::default()
        };
        if wanted.redemptions.is_empty() && wanted.wishes.is_empty() {
            return Ok(shelf);
        }
        let rows = shelf.redemption_rows(transaction, wanted, now).await?;
        let wished = wanted.wishes.iter().map(|wish| wish.reward.clone());
        let names = rows.iter().map(|row| row.reward.clone()).chain(wished);
        let rewards = catalogue::lock(transaction, tenant, &names.collect()).await?;
        shelf.rewards = rewards
            .into_iter()
            .map(|(name, reward)| (name, Lying::new(reward)))
            .collect();
        shelf.load_pools(transaction, wanted, now).await?;
        for kept in redemptions::complete(transaction, tenant, rows, true).await? {
            shelf
                .redemptions
                .insert(kept.redemption.id, Lying::new(Some(kept)));
        }
        shelf.load_uses(transaction, wanted, programs, now).await?;
        Ok(shelf)
    }

    /// Redemptions that are named, and reservations of the same members and rewards as the wishes whose time is over: they
    /// are given back before, so that they no longer count.
    async fn redemption_rows(
        &mut self,
        transaction: &DatabaseTransaction,
        wanted: &Wanted,
        now: Timestamp,
    ) -> Result<Vec<redemption::Model>> {
        let mut rows = if wanted.redemptions.is_empty() {
            Vec::new()
        } else {
            redemptions::named(transaction, &self.tenant, &wanted.redemptions).await?
        };
        if wanted.wishes.is_empty() {
            return Ok(rows);
        }
        let wished: BTreeSet<(&str, &str)> = wanted
            .wishes
            .iter()
            .map(|wish| (wish.member.as_str(), wish.reward.as_str()))
            .collect();
        let members = wanted.wishes.iter().map(|wish| wish.member.clone()).collect();
        for row in redemptions::overdue(transaction, &self.tenant, &members, now).await? {
            if !wished.contains(&(row.member.as_str(), row.reward.as_str())) {
                continue;
            }
            let pair = (row.member.clone(), row.reward.clone());
            self.overdue.entry(pair).or_default().push(row.id);
            if rows.iter().all(|known| known.id != row.id) {
                rows.push(row);
            }
        }
        Ok(rows)
    }

    async fn load_pools(
        &mut self,
        transaction: &DatabaseTransaction,
        wanted: &Wanted,
        now: Timestamp,
    ) -> Result<()> {
        let names = self.rewards.values().filter_map(|reward| pool_of(&reward.now));
        let mut pools = pools::lock(transaction, &self.tenant, &names.collect()).await?;
        // How many codes are wished for of each pool, and until when at least they must last.
        let mut wishes: BTreeMap<(String, Timestamp), u64> = BTreeMap::new();
        let mut units: BTreeMap<String, u64> = BTreeMap::new();
        for wish in &wanted.wishes {
            let Some(reward) = self.rewards.get(&wish.reward) else {
                continue;
            };
            let Some(pool) = pool_of(&reward.now) else {
                continue;
            };
            let minutes = SignedDuration::from_mins(i64::from(reward.now.terms.reservation_minutes));
            let until = now.checked_add(minutes).unwrap_or(Timestamp::MAX);
            *units.entry(pool.clone()).or_default() += u64::try_from(wish.order.units).unwrap_or_default();
            wishes.insert((pool, until), 0);
        }
        for ((name, until), _) in wishes {
            let most = units.get(&name).copied().unwrap_or_default();
            let rows = pools::next_codes(transaction, &self.tenant, &name, (now, until, most)).await?;
            for row in rows {
                self.codes.entry(row.id).or_insert_with(|| Lying::new(row));
            }
        }
        let mut next: Vec<&reward_code::Model> = self.codes.values().map(|code| &code.now).collect();
        next.sort_by_key(|row| (row.expire_time, row.number));
        for row in next {
            if let Some(pool) = pools.get_mut(&row.pool) {
                pool.next.push(pools::code(row)?);
            }
        }
        self.pools = pools
            .into_iter()
            .map(|(name, pool)| (name, Lying::new(pool)))
            .collect();
        Ok(())
    }

    async fn load_uses(
        &mut self,
        transaction: &DatabaseTransaction,
        wanted: &Wanted,
        programs: &BTreeMap<String, Arc<Program>>,
        now: Timestamp,
    ) -> Result<()> {
        let (mut members, mut rewards) = (BTreeSet::new(), BTreeSet::new());
        let mut since = now;
        for wish in &wanted.wishes {
            let Some(Lying { now: reward, .. }) = self.rewards.get(&wish.reward) else {
                continue;
            };
            if reward.terms.limits.is_empty() {
                continue;
            }
            members.insert(wish.member.clone());
            rewards.insert(wish.reward.clone());
            let program = reward
                .name
                .split_once("/rewards/")
                .map_or("", |(program, _)| program);
            if let Some(program) = programs.get(program)
                && let Some(needed) = limits::needed_since(&reward.terms.limits, now, &program.zone)
            {
                since = since.min(needed);
            }
        }
        if !members.is_empty() {
            self.uses = redemptions::uses(transaction, &self.tenant, (&members, &rewards), since).await?;
        }
        Ok(())
    }

    /// Adds what the ledger must know of the members: the accounts that prices name, and what was done there before.
    pub(crate) fn add_needs(&self, wanted: &Wanted, needs: &mut Needs) {
        let mut accounts = BTreeSet::new();
        for wish in &wanted.wishes {
            let Some(reward) = self.rewards.get(&wish.reward) else {
                continue;
            };
            let prices = reward.now.terms.prices.iter();
            let chosen = prices.filter(|price| wish.order.price.is_empty() || price.id == wish.order.price);
            for wallet in chosen.flat_map(|price| wallets(&price.form)) {
                accounts.insert((wish.member.clone(), wallet.to_owned()));
            }
        }
        for kept in self.redemptions.values().filter_map(|kept| kept.now.as_ref()) {
            for part in &kept.parts {
                accounts.insert((kept.redemption.member.clone(), part.wallet.clone()));
                needs.holds.insert(part.hold);
                needs.reversals.extend(part.spending);
            }
        }
        for (member, wallet) in accounts {
            needs.accounts.insert(AccountKey { member, wallet }, Extent::All);
        }
    }

    /// A reward.
    pub(crate) fn reward(&self, name: &str) -> Option<&Reward> {
        self.rewards.get(name).map(|reward| &reward.now)
    }

    /// A redemption of a member.
    pub(crate) fn redemption(&self, member: &str, id: Uuid) -> Option<&Kept> {
        let kept = self.redemptions.get(&id)?.now.as_ref()?;
        (kept.redemption.member == member).then_some(kept)
    }

    /// Reservations of a member and a reward whose time is over.
    pub(crate) fn overdue(&self, member: &str, reward: &str) -> Vec<Uuid> {
        let pair = (member.to_owned(), reward.to_owned());
        self.overdue.get(&pair).cloned().unwrap_or_default()
    }

    /// What a redemption of a reward is decided on.
    pub(crate) fn state(&self, reward: &Reward) -> RewardState {
        let pool = pool_of(reward).and_then(|pool| self.pools.get(&pool));
        reward.state(pool.map(|pool| pool.now.clone()))
    }

    /// What is known of a member for a decision about a reward.
    pub(crate) fn member_use(&self, member: &str, active: bool, reward: &str, id: Uuid) -> MemberUse {
        let kept = self.redemption(member, id);
        let pair = (member.to_owned(), reward.to_owned());
        MemberUse {
            member: member.to_owned(),
            active,
            eligible: true,
            uses: self.uses.get(&pair).cloned().unwrap_or_default(),
            redemption: kept.map(|kept| kept.redemption.clone()),
            used_vouchers: kept.map(Kept::used_vouchers).unwrap_or_default(),
        }
    }

    /// Carries out what was decided, but for what the ledger does: that has left these parts. Each voucher that is issued
    /// gets one of the codes.
    pub(crate) fn apply(
        &mut self,
        decision: &Decision,
        (mut state, mut member): (RewardState, MemberUse),
        parts: Vec<Part>,
        vouchers: &[(Offer, LookupCode)],
        now: Timestamp,
    ) -> Result<()> {
        state.apply(decision);
        member.apply(decision);
        let redemption = &decision.redemption;
        let pair = (redemption.member.clone(), redemption.reward.clone());
        self.uses.insert(pair, member.uses);
        if let Some(reward) = self.rewards.get_mut(&redemption.reward) {
            reward.now.stock = state.stock;
        }
        if let Some(pool) = state.pool
            && let Some(known) = self.pools.get_mut(&pool.name)
        {
            known.now = pool;
        }
        let place = self.redemptions.entry(redemption.id).or_insert(Lying {
            before: None,
            now: None,
        });
        let mut kept = place.now.take().unwrap_or_else(|| Kept {
            redemption: redemption.clone(),
            counted: 0,
            parts: Vec::new(),
            codes: Vec::new(),
            vouchers: Vec::new(),
        });
        kept.redemption = redemption.clone();
        kept.parts = parts;
        for (place, (offer, code)) in (0..).zip(vouchers) {
            let of = (redemption.id, redemption.member.as_str(), place);
            kept.vouchers
                .push(vouchers::to_row(&self.tenant, of, offer, *code));
        }
        for effect in &decision.effects {
            match effect {
                Effect::CountUnits { units } => kept.counted += units,
                Effect::Codes(change) => change_codes(&mut self.codes, &mut kept.codes, redemption, change)?,
                Effect::CancelVouchers(ids) => {
                    for row in kept.vouchers.iter_mut().filter(|row| ids.contains(&row.id)) {
                        row.cancel_time = Some(now.as_microsecond());
                    }
                }
                _ => {}
            }
        }
        place.now = Some(kept);
        Ok(())
    }
}

/// The name of the pool that a reward's codes come from.
fn pool_of(reward: &Reward) -> Option<String> {
    let (program, _) = reward.name.split_once("/rewards/")?;
    let pool = reward.terms.kind.pool()?;
    Some(format!("{program}/codePools/{pool}"))
}

fn wallets(form: &PriceForm) -> Vec<&str> {
    match form {
        PriceForm::Free => Vec::new(),
        PriceForm::Fixed { points, .. } => points.iter().map(|paid| paid.wallet.as_str()).collect(),
        PriceForm::Range { wallet, .. } => vec![wallet],
    }
}

/// Moves codes between those at hand and those of a redemption.
fn change_codes(
    at_hand: &mut BTreeMap<Uuid, Lying<reward_code::Model>>,
    held: &mut Vec<reward_code::Model>,
    redemption: &Redemption,
    change: &Change,
) -> Result<()> {
    let ids = |codes: &[Code]| codes.iter().map(|code| code.id).collect::<Vec<_>>();
    let (ids, state) = match change {
        Change::Added(_) => return Err(Error::internal("a redemption adds no codes")),
        Change::Taken(codes) => (ids(codes), TAKEN),
        Change::GivenBack(codes) => (ids(codes), FREE),
        Change::Shown(ids) => (ids.clone(), SHOWN),
        Change::Voided(ids) => (ids.clone(), VOID),
        Change::ExpiredFree(ids) | Change::ExpiredTaken(ids) => (ids.clone(), EXPIRED),
    };
    let keeps = matches!(state, TAKEN | SHOWN | VOID);
    for (place, id) in (0..).zip(ids) {
        // A code that a redemption has had since before the batch is at hand from now on.
        if let Some(row) = held.iter().find(|row| row.id == id) {
            at_hand.entry(id).or_insert_with(|| Lying::new(row.clone()));
        }
        let code = at_hand
            .get_mut(&id)
            .ok_or_else(|| Error::internal(format!("the code {id} was not loaded")))?;
        let row = &mut code.now;
        state.clone_into(&mut row.state);
        row.redemption = keeps.then_some(redemption.id);
        if state == TAKEN {
            row.place = place;
        }
        let row = row.clone();
        held.retain(|known| known.id != id);
        if keeps {
            held.push(row);
        }
    }
    held.sort_by_key(|row| row.place);
    Ok(())
}

/// Whether a voucher's row is new or was cancelled since it was read.
pub(super) fn is_cancelled_since(before: Option<&voucher::Model>, now: &voucher::Model) -> bool {
    before.is_some_and(|before| before.cancel_time != now.cancel_time)
}
