//! Tells where members stand. What is due counts as if it had been looked at.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_contract::{instant, loyalty::v1::MemberTiers};
use rapport_listing::{Field, Kind, Schema, TokenKey, Value};
use rapport_status::{Error, Result};
use rapport_storage::Store;
use sea_orm::DatabaseTransaction;

use super::{
    rules::{self, Judge, Judges},
    standings::Histories,
};
use crate::{
    domain::{
        member,
        tiers::{self, Change, History, Kept, Projection, Words, evaluate, project, project_from_state},
    },
    store::{
        snapshot,
        tiers::{
            members::{self, TierMember, Whose},
            standings,
        },
    },
    usecase::listing::Listing,
    wire::member_tiers::member_tier,
};

static FIELDS: [Field; 1] = [Field::new("number", Kind::Integer, "number").not_filterable()];

/// How changes are sorted: the latest first.
static SCHEMA: Schema = Schema::new(&FIELDS, "number");

/// Where a member stands now in each tier set of the program that has begun.
pub(crate) async fn member_tiers(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    name: &str,
    language: &str,
) -> Result<MemberTiers> {
    let now = clock.now();
    let view = snapshot(store).await?;
    let member = find_member(&view, tenant, name).await?;
    let programs = BTreeSet::from([member.program.clone()]);
    let judges = rules::of_programs(&view, tenant, programs).await?;
    let kept = standings::of_members(&view, tenant, [member.name.clone()]).await?;
    let mut tiers = Vec::new();
    for Judges { program, judges } in judges.values() {
        let mut histories = None;
        for judge in judges {
            let kept = kept.get(&(member.name.clone(), judge.set.name.clone()));
            let mut ahead = kept.and_then(|kept| from_kept(judge, kept, now));
            if ahead.is_none() && histories.is_none() {
                histories = Some(Histories::of(&view, tenant, &[&member]).await?);
            }
            if let (None, Some(histories)) = (&ahead, &histories) {
                ahead = from_history(judge, &member, histories, now)?;
            }
            let Some(ahead) = ahead else { continue };
            let version = judge.set.version(ahead.standing.version)?;
            let words = Words {
                program,
                set: version,
                language,
            };
            let tier_set = &judge.set.name;
            tiers.push(member_tier(name, tier_set, &judge.rules, &ahead, words, now));
        }
    }
    Ok(MemberTiers {
        member: name.to_owned(),
        tiers,
        read_time: Some(instant::to_wire(now)),
    })
}

async fn find_member(view: &DatabaseTransaction, tenant: &str, name: &str) -> Result<TierMember> {
    let names = BTreeSet::from([name.to_owned()]);
    let found = members::find(view, tenant, Whose::Names(&names)).await?;
    found.into_iter().next().ok_or_else(|| member::not_found(name))
}

fn from_kept(judge: &Judge, kept: &Kept, now: Timestamp) -> Option<Projection> {
    if !kept.is_current(&judge.fingerprint, now) {
        return None;
    }
    project_from_state(&judge.rules, &kept.state, now).ok()
}

/// None when the tier set has not begun.
fn from_history(
    judge: &Judge,
    member: &TierMember,
    histories: &Histories,
    now: Timestamp,
) -> Result<Option<Projection>> {
    if judge.rules.begin(member.enrol_time) > now {
        return Ok(None);
    }
    let facts = histories.facts(member, &judge.set.name);
    let history = History::of(member.enrol_time, facts)?;
    project(&judge.rules, &history, now).map(Some)
}

/// A page of the changes of a member's tier.
#[derive(Debug)]
pub(crate) struct Changes {
    /// The changes, the latest first.
    pub(crate) listed: Vec<Change>,
    /// Token of the next page; empty on the last.
    pub(crate) next: String,
    /// How many came before all that can be listed.
    pub(crate) earlier: usize,
}

/// A page of the changes of a member's tier in a tier set, as they are known today.
pub(crate) async fn changes(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    (name, tier_set): (&str, &str),
    listing: &Listing,
    key: &TokenKey,
) -> Result<Changes> {
    let now = clock.now();
    let scope = format!("tier changes of {tenant} in {tier_set} of {name}");
    let page = listing.page(&SCHEMA, "number desc", &scope, key)?;
    let view = snapshot(store).await?;
    let member = find_member(&view, tenant, name).await?;
    let judges = rules::of_programs(&view, tenant, BTreeSet::from([member.program.clone()])).await?;
    let judges = judges.values().flat_map(|judges| &judges.judges);
    let judge = judges.into_iter().find(|judge| judge.set.name == tier_set);
    let judge = judge.ok_or_else(|| tiers::not_found(tier_set))?;
    let (timeline, earlier) = if judge.rules.begin(member.enrol_time) > now {
        (Vec::new(), 0)
    } else {
        let histories = Histories::of(&view, tenant, &[&member]).await?;
        let history = History::of(member.enrol_time, histories.facts(&member, tier_set))?;
        let evaluation = evaluate(&judge.rules, &history, now)?;
        (evaluation.timeline, evaluation.earlier_changes)
    };
    let after = page.after().and_then(|values| match values {
        [Value::Integer(number)] => Some(*number),
        _ => None,
    });
    let numbered = (0_i64..).zip(timeline);
    let mut left: Vec<(i64, Change)> = numbered
        .filter(|(number, _)| after.is_none_or(|after| *number < after))
        .collect();
    left.reverse();
    let (page, next) = page
        .complete(left, |(number, _)| vec![Value::Integer(*number)])
        .map_err(|error| Error::internal("the page of tier changes cannot be told").because(error))?;
    Ok(Changes {
        listed: page.into_iter().map(|(_, change)| change).collect(),
        next,
        earlier,
    })
}
