//! Brings where members stand up to date: from what is kept when news come after it, by a replay when they reach back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_contract::{instant, loyalty::v1::MemberTierChanged};
use rapport_events::{Event, outbox};
use rapport_status::{Error, Result};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::rules::{self, Judge, Judges};
use crate::{
    domain::tiers::{self, Fact, Kept, KnownGrant, Record},
    store::tiers::{
        facts::{self, BySubject},
        grants,
        members::TierMember,
        standings::{self, NewStanding, Place},
    },
    wire::member_tiers::basis,
};

/// A member of whom there is news, or something is due.
#[derive(Debug, Clone)]
pub(super) struct Concerned {
    /// The member, who is locked.
    pub(super) member: TierMember,
    /// What was recorded since the member was brought up to date last.
    pub(super) news: Vec<Record>,
    /// Whether all facts must be replayed.
    pub(super) replay: bool,
}

impl Concerned {
    /// A member whose facts are the same as before.
    pub(super) fn without_news(member: TierMember, replay: bool) -> Self {
        Self {
            member,
            news: Vec::new(),
            replay,
        }
    }
}

/// Brings members up to date in every tier set of their programs, and tells which changed.
pub(super) async fn bring_up_to_date(
    transaction: &DatabaseTransaction,
    clock: &Clock,
    tenant: &str,
    concerned: Vec<Concerned>,
) -> Result<()> {
    // The future is large, and so would be those of all callers.
    let events = Box::pin(brought_up_to_date(transaction, clock, tenant, concerned)).await?;
    outbox::append(transaction, events).await
}

/// Brings members up to date in every tier set of their programs, and gives the events of those that changed.
pub(super) async fn brought_up_to_date(
    transaction: &DatabaseTransaction,
    clock: &Clock,
    tenant: &str,
    concerned: Vec<Concerned>,
) -> Result<Vec<Event>> {
    let programs: BTreeSet<String> = concerned
        .iter()
        .map(|concerned| concerned.member.program.clone())
        .collect();
    let judges = rules::of_programs(transaction, tenant, programs).await?;
    if judges.is_empty() {
        return Ok(Vec::new());
    }
    let names = concerned.iter().map(|concerned| concerned.member.name.clone());
    let kept = standings::of_members(transaction, tenant, names).await?;
    let mut update = Update {
        now: clock.now(),
        kept,
        standings: Vec::new(),
        changes: Vec::new(),
    };
    let mut to_replay = Vec::new();
    for concerned in &concerned {
        let news = tiers::facts(&concerned.news);
        for judge in judges_of(&judges, &concerned.member) {
            if concerned.replay || !update.carry_on(judge, &concerned.member, &news) {
                to_replay.push((judge, &concerned.member));
            }
        }
    }
    let members: Vec<&TierMember> = to_replay.iter().map(|(_, member)| *member).collect();
    let histories = Histories::of(transaction, tenant, &members).await?;
    for (judge, member) in to_replay {
        update.replay(judge, member, &histories);
    }
    let events = update.events(clock, tenant, &concerned);
    standings::write(transaction, tenant, update.standings).await?;
    Ok(events)
}

fn judges_of<'j>(
    judges: &'j BTreeMap<String, Judges>,
    member: &TierMember,
) -> impl Iterator<Item = &'j Judge> {
    let of_program = judges.get(&member.program);
    of_program.into_iter().flat_map(|judges| &judges.judges)
}

/// What is to be written.
struct Update {
    now: Timestamp,
    kept: HashMap<Place, Kept>,
    standings: Vec<NewStanding>,
    changes: Vec<MemberTierChanged>,
}

impl Update {
    /// Carries on what is kept. Tells whether that could be done.
    fn carry_on(&mut self, judge: &Judge, member: &TierMember, news: &[Fact]) -> bool {
        let Some(kept) = self.kept.get(&place(judge, member)) else {
            return false;
        };
        let (rules, fingerprint) = (&judge.rules, &judge.fingerprint);
        let Some(carried_on) = kept.carried_on(rules, fingerprint, news, self.now) else {
            return false;
        };
        if carried_on != *kept || kept.due(rules).is_some_and(|due| due <= self.now) {
            self.take(judge, member, carried_on);
        }
        true
    }

    /// Finds out anew where a member stands. Who cannot be judged stays there: points that move and purchases that happen
    /// are not refused for it.
    fn replay(&mut self, judge: &Judge, member: &TierMember, histories: &Histories) {
        let facts = histories.facts(member, &judge.set.name);
        let (rules, fingerprint) = (&judge.rules, &judge.fingerprint);
        match Kept::replayed(rules, fingerprint, member.enrol_time, facts, self.now) {
            Ok(Some(replayed)) => self.take(judge, member, replayed),
            Ok(None) => {}
            Err(error) => tracing::error!(
                %error,
                "a member cannot be judged in a tier set and stays where it was"
            ),
        }
    }

    /// Notes where a member stands, and that it changed if it did.
    fn take(&mut self, judge: &Judge, member: &TierMember, kept: Kept) {
        let place = place(judge, member);
        let current = &kept.state.current;
        let base = judge.rules.in_force(self.now).and_then(|set| set.tiers.first());
        let before = self.kept.get(&place).map(|kept| &kept.state.current.tier);
        let before = before.or(base.map(|base| &base.id)).unwrap_or(&current.tier);
        if *before != current.tier {
            self.changes.push(MemberTierChanged {
                member: member.name.clone(),
                customer: member.customer.clone(),
                tier_set: judge.set.name.clone(),
                from_tier: before.clone(),
                to_tier: current.tier.clone(),
                basis: basis(current.basis).0.into(),
                since_time: Some(instant::to_wire(kept.state.since)),
                valid_until_time: current.valid_until.map(instant::to_wire),
            });
        }
        self.standings.push(NewStanding {
            place,
            due: kept.due(&judge.rules),
            kept,
        });
    }

    /// The events of the changes, in the order of the members.
    fn events(&mut self, clock: &Clock, tenant: &str, concerned: &[Concerned]) -> Vec<Event> {
        let order: HashMap<&str, usize> = concerned
            .iter()
            .enumerate()
            .map(|(place, concerned)| (concerned.member.name.as_str(), place))
            .collect();
        self.changes
            .sort_by_key(|change| order.get(change.member.as_str()).copied());
        self.changes
            .iter()
            .map(|change| outbox::event(clock, tenant, &change.customer, change))
            .collect()
    }
}

fn place(judge: &Judge, member: &TierMember) -> Place {
    (member.name.clone(), judge.set.name.clone())
}

/// All that is known of some members.
pub(super) struct Histories {
    records: BySubject,
    grants: BTreeMap<String, Vec<KnownGrant>>,
}

impl Histories {
    /// Reads everything that is known of members.
    pub(super) async fn of(
        connection: &impl ConnectionTrait,
        tenant: &str,
        members: &[&TierMember],
    ) -> Result<Self> {
        let mut subjects = BTreeSet::new();
        let mut names = BTreeSet::new();
        for member in members {
            subjects.extend([member.customer.clone(), member.name.clone()]);
            names.insert(member.name.clone());
        }
        if names.is_empty() {
            return Ok(Self {
                records: BySubject::new(),
                grants: BTreeMap::new(),
            });
        }
        Ok(Self {
            records: facts::all_of(connection, tenant, subjects).await?,
            grants: grants::of_members(connection, tenant, names).await?,
        })
    }

    /// The facts of a member in a tier set.
    pub(super) fn facts(&self, member: &TierMember, tier_set: &str) -> Vec<Fact> {
        let mut facts = Vec::new();
        for subject in [&member.customer, &member.name] {
            if let Some(records) = self.records.get(subject) {
                facts.extend(tiers::facts(records));
            }
        }
        let grants = self.grants.get(&member.name).into_iter().flatten();
        let of_set = grants.filter(|grant| grant.tier_set == tier_set);
        facts.extend(of_set.flat_map(KnownGrant::facts));
        facts
    }
}

/// The error that something that was just read is not there any more.
pub(super) fn vanished(what: &str) -> Error {
    Error::internal(format!("{what} is not there any more"))
}
