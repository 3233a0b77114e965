//! How the snapshot of a member in a tier set is stored: a protobuf message that stands here alone, so that fields can
//! be added to it.
//!
//! Moments are microseconds since the Unix epoch, days are numbers such as 20260131, sums are decimal texts, since they
//! can exceed 64 bits. A measure is a kind and a name: `POINTS` and the wallet, `SPEND` and the currency, `PURCHASES`, `COUNT`
//! and its name. What the rules can tell again is not stored.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use prost::Message;
use rapport_status::{Error, Result};
use uuid::Uuid;

use crate::{
    domain::tiers::{
        Award, AwardSource, Basis, Change, Collected, Combination, GracePeriod, HeldGrant, LifetimeStatus,
        Measure, Movement, Qualification, State, Tally, Threshold, Trial, Value,
    },
    store::{codes::moment, programs::currency},
};

#[derive(Clone, PartialEq, Message)]
struct StoredState {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(sint64, tag = "2")]
    enrolled: i64,
    #[prost(sint64, tag = "3")]
    processed: i64,
    /// Days of a window that has a beginning and an end; 0 in a rolling one.
    #[prost(int32, tag = "4")]
    start: i32,
    #[prost(int32, tag = "5")]
    next: i32,
    /// What was earned in the window, or counts in a rolling one.
    #[prost(message, repeated, tag = "6")]
    earned: Vec<StoredValue>,
    #[prost(message, repeated, tag = "7")]
    carried: Vec<StoredValue>,
    #[prost(message, repeated, tag = "8")]
    leaving: Vec<StoredLeaving>,
    #[prost(message, repeated, tag = "9")]
    whole_history: Vec<StoredValue>,
    #[prost(string, repeated, tag = "10")]
    met: Vec<String>,
    #[prost(message, repeated, tag = "11")]
    awards: Vec<StoredTier>,
    #[prost(message, optional, tag = "12")]
    grace: Option<StoredTier>,
    #[prost(message, optional, tag = "13")]
    lifetime: Option<StoredTier>,
    #[prost(message, repeated, tag = "14")]
    grants: Vec<StoredGrant>,
    #[prost(message, optional, tag = "15")]
    current: Option<StoredChange>,
    #[prost(sint64, tag = "16")]
    since: i64,
}

/// An amount or a threshold of a measure.
#[derive(Clone, PartialEq, Message)]
struct StoredValue {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    amount: String,
}

#[derive(Clone, PartialEq, Message)]
struct StoredLeaving {
    #[prost(int32, tag = "1")]
    day: i32,
    #[prost(message, repeated, tag = "2")]
    values: Vec<StoredValue>,
}

/// A tier that is had on some ground.
#[derive(Clone, PartialEq, Message)]
struct StoredTier {
    #[prost(string, tag = "1")]
    tier: String,
    /// Of an award: a code of a basis.
    #[prost(string, tag = "2")]
    source: String,
    #[prost(bytes = "vec", tag = "3")]
    grant: Vec<u8>,
    #[prost(int32, tag = "4")]
    ends: i32,
    #[prost(uint32, tag = "5")]
    version: u32,
    #[prost(message, repeated, tag = "6")]
    values: Vec<StoredValue>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredGrant {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(string, tag = "2")]
    tier: String,
    #[prost(sint64, tag = "3")]
    granted: i64,
    #[prost(int32, tag = "4")]
    ends: i32,
    #[prost(uint32, tag = "5")]
    version: u32,
    #[prost(message, optional, tag = "6")]
    trial: Option<StoredTrial>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredTrial {
    #[prost(bool, tag = "1")]
    any: bool,
    #[prost(message, repeated, tag = "2")]
    thresholds: Vec<StoredValue>,
    #[prost(message, repeated, tag = "3")]
    reached: Vec<StoredValue>,
    #[prost(bool, tag = "4")]
    met: bool,
}

#[derive(Clone, PartialEq, Message)]
struct StoredChange {
    #[prost(sint64, tag = "1")]
    time: i64,
    #[prost(string, tag = "2")]
    tier: String,
    #[prost(string, tag = "3")]
    basis: String,
    #[prost(bytes = "vec", tag = "4")]
    grant: Vec<u8>,
    #[prost(string, tag = "5")]
    movement: String,
    #[prost(sint64, optional, tag = "6")]
    valid_until: Option<i64>,
    #[prost(uint32, tag = "7")]
    version: u32,
    #[prost(message, repeated, tag = "8")]
    values: Vec<StoredValue>,
}

const BASE: &str = "BASE";
const GRACE: &str = "GRACE";
const GIFTED: &str = "GIFTED";
const ON_TRIAL: &str = "MATCHED_ON_TRIAL";
const MATCHED: &str = "MATCHED";
const SOFT_LANDING: &str = "SOFT_LANDING";
const QUALIFIED: &str = "QUALIFIED";
const LIFETIME: &str = "LIFETIME";

const MOVEMENTS: [(Movement, &str); 4] = [
    (Movement::Start, "START"),
    (Movement::Up, "UP"),
    (Movement::Down, "DOWN"),
    (Movement::Stay, "STAY"),
];

/// The bytes of a snapshot.
pub(super) fn encode(state: &State) -> Vec<u8> {
    let mut stored = StoredState {
        version: state.version,
        enrolled: state.enrolled.as_microsecond(),
        processed: state.processed.as_microsecond(),
        whole_history: of_tally(&state.whole_history),
        met: state.met.iter().cloned().collect(),
        awards: state.awards.iter().map(of_award).collect(),
        grace: state.grace.as_ref().map(|grace| StoredTier {
            tier: grace.tier.clone(),
            ends: of_day(grace.ends),
            version: grace.version,
            values: of_values(&grace.values),
            ..StoredTier::default()
        }),
        lifetime: state.lifetime.as_ref().map(|lifetime| StoredTier {
            tier: lifetime.tier.clone(),
            version: lifetime.version,
            values: of_values(&lifetime.values),
            ..StoredTier::default()
        }),
        grants: state.grants.iter().map(of_grant).collect(),
        current: Some(of_change(&state.current)),
        since: state.since.as_microsecond(),
        ..StoredState::default()
    };
    match &state.collected {
        Collected::Fixed {
            start,
            next,
            earned,
            carried,
        } => {
            stored.start = of_day(*start);
            stored.next = of_day(*next);
            stored.earned = of_tally(earned);
            stored.carried = of_tally(carried);
        }
        Collected::Rolling { total, leaving } => {
            stored.earned = of_tally(total);
            let leaving = leaving.iter().map(|(day, tally)| StoredLeaving {
                day: of_day(*day),
                values: of_tally(tally),
            });
            stored.leaving = leaving.collect();
        }
    }
    stored.encode_to_vec()
}

fn of_day(day: Date) -> i32 {
    i32::from(day.year()) * 10_000 + i32::from(day.month()) * 100 + i32::from(day.day())
}

fn of_measure(measure: &Measure, amount: String) -> StoredValue {
    let (kind, name) = match measure {
        Measure::Points(wallet) => ("POINTS", wallet.as_str()),
        Measure::Spend(currency) => ("SPEND", currency.code()),
        Measure::Purchases => ("PURCHASES", ""),
        Measure::Count(name) => ("COUNT", name.as_str()),
    };
    StoredValue {
        kind: kind.to_owned(),
        name: name.to_owned(),
        amount,
    }
}

fn of_tally(tally: &Tally) -> Vec<StoredValue> {
    let sums = tally.iter();
    sums.map(|(measure, sum)| of_measure(measure, sum.to_string()))
        .collect()
}

fn of_values(values: &[Value]) -> Vec<StoredValue> {
    let values = values.iter();
    values
        .map(|value| of_measure(&value.measure, value.amount.to_string()))
        .collect()
}

fn of_award(award: &Award) -> StoredTier {
    let (source, grant) = match award.source {
        AwardSource::Qualified => (QUALIFIED, Vec::new()),
        AwardSource::Matched(grant) => (MATCHED, grant.as_bytes().to_vec()),
        AwardSource::SoftLanding => (SOFT_LANDING, Vec::new()),
    };
    StoredTier {
        tier: award.tier.clone(),
        source: source.to_owned(),
        grant,
        ends: of_day(award.ends),
        version: award.version,
        values: of_values(&award.values),
    }
}

fn of_grant(grant: &HeldGrant) -> StoredGrant {
    StoredGrant {
        id: grant.id.as_bytes().to_vec(),
        tier: grant.tier.clone(),
        granted: grant.granted.as_microsecond(),
        ends: of_day(grant.ends),
        version: grant.version,
        trial: grant.trial.as_ref().map(|trial| StoredTrial {
            any: trial.challenge.combination == Combination::Any,
            thresholds: trial
                .challenge
                .thresholds
                .iter()
                .map(|asked| of_measure(&asked.measure, asked.at_least.to_string()))
                .collect(),
            reached: of_tally(&trial.reached),
            met: trial.met,
        }),
    }
}

fn of_change(change: &Change) -> StoredChange {
    let (basis, grant) = match change.basis {
        Basis::Base => (BASE, None),
        Basis::Grace => (GRACE, None),
        Basis::Gifted { grant } => (GIFTED, Some(grant)),
        Basis::Matched { grant, kept: false } => (ON_TRIAL, Some(grant)),
        Basis::Matched { grant, kept: true } => (MATCHED, Some(grant)),
        Basis::SoftLanding => (SOFT_LANDING, None),
        Basis::Qualified => (QUALIFIED, None),
        Basis::Lifetime => (LIFETIME, None),
    };
    let movement = MOVEMENTS
        .iter()
        .find(|(movement, _)| *movement == change.movement);
    StoredChange {
        time: change.time.as_microsecond(),
        tier: change.tier.clone(),
        basis: basis.to_owned(),
        grant: grant.map(|grant| grant.as_bytes().to_vec()).unwrap_or_default(),
        movement: movement.map_or("", |(_, code)| code).to_owned(),
        valid_until: change.valid_until.map(Timestamp::as_microsecond),
        version: change.version,
        values: of_values(&change.values),
    }
}

/// The snapshot of stored bytes.
pub(super) fn decode(bytes: &[u8]) -> Result<State> {
    let stored = StoredState::decode(bytes)
        .map_err(|error| Error::internal("a stored tier state is no message").because(error))?;
    let current = stored
        .current
        .as_ref()
        .ok_or_else(|| unreadable("latest change"))?;
    let collected = if stored.start == 0 {
        let mut leaving = BTreeMap::new();
        for part in &stored.leaving {
            leaving.insert(day(part.day)?, tally(&part.values)?);
        }
        Collected::Rolling {
            total: tally(&stored.earned)?,
            leaving,
        }
    } else {
        Collected::Fixed {
            start: day(stored.start)?,
            next: day(stored.next)?,
            earned: tally(&stored.earned)?,
            carried: tally(&stored.carried)?,
        }
    };
    Ok(State {
        version: stored.version,
        enrolled: moment(stored.enrolled)?,
        processed: moment(stored.processed)?,
        collected,
        whole_history: tally(&stored.whole_history)?,
        met: stored.met.iter().cloned().collect(),
        awards: stored.awards.iter().map(award).collect::<Result<_>>()?,
        grace: stored.grace.as_ref().map(grace).transpose()?,
        lifetime: stored.lifetime.as_ref().map(lifetime).transpose()?,
        grants: stored.grants.iter().map(grant).collect::<Result<_>>()?,
        current: change(current)?,
        since: moment(stored.since)?,
    })
}

fn unreadable(what: &str) -> Error {
    Error::internal(format!("the {what} of a stored tier state cannot be read"))
}

fn day(number: i32) -> Result<Date> {
    let part = |part: i32| i8::try_from(part).map_err(|_| unreadable("day"));
    let year = i16::try_from(number / 10_000).map_err(|_| unreadable("day"))?;
    Date::new(year, part(number / 100 % 100)?, part(number % 100)?).map_err(|_| unreadable("day"))
}

fn measure(value: &StoredValue) -> Result<Measure> {
    Ok(match value.kind.as_str() {
        "POINTS" => Measure::Points(value.name.clone()),
        "SPEND" => Measure::Spend(currency(&value.name)?),
        "PURCHASES" => Measure::Purchases,
        "COUNT" => Measure::Count(value.name.clone()),
        _ => return Err(unreadable("measure")),
    })
}

fn tally(values: &[StoredValue]) -> Result<Tally> {
    let mut tally = Tally::default();
    for value in values {
        let sum = value.amount.parse().map_err(|_| unreadable("sum"))?;
        tally.add(&measure(value)?, sum);
    }
    Ok(tally)
}

fn amount(value: &StoredValue) -> Result<i64> {
    value.amount.parse().map_err(|_| unreadable("amount"))
}

fn values(stored: &[StoredValue]) -> Result<Vec<Value>> {
    let values = stored.iter().map(|value| {
        Ok(Value {
            measure: measure(value)?,
            amount: amount(value)?,
        })
    });
    values.collect()
}

fn id(bytes: &[u8]) -> Result<Uuid> {
    Uuid::from_slice(bytes).map_err(|_| unreadable("grant"))
}

fn award(stored: &StoredTier) -> Result<Award> {
    Ok(Award {
        tier: stored.tier.clone(),
        source: match stored.source.as_str() {
            QUALIFIED => AwardSource::Qualified,
            MATCHED => AwardSource::Matched(id(&stored.grant)?),
            SOFT_LANDING => AwardSource::SoftLanding,
            _ => return Err(unreadable("award")),
        },
        ends: day(stored.ends)?,
        version: stored.version,
        values: values(&stored.values)?,
    })
}

fn grace(stored: &StoredTier) -> Result<GracePeriod> {
    Ok(GracePeriod {
        tier: stored.tier.clone(),
        ends: day(stored.ends)?,
        version: stored.version,
        values: values(&stored.values)?,
    })
}

fn lifetime(stored: &StoredTier) -> Result<LifetimeStatus> {
    Ok(LifetimeStatus {
        tier: stored.tier.clone(),
        version: stored.version,
        values: values(&stored.values)?,
    })
}

fn grant(stored: &StoredGrant) -> Result<HeldGrant> {
    Ok(HeldGrant {
        id: id(&stored.id)?,
        tier: stored.tier.clone(),
        granted: moment(stored.granted)?,
        ends: day(stored.ends)?,
        version: stored.version,
        trial: stored.trial.as_ref().map(trial).transpose()?,
    })
}

fn trial(stored: &StoredTrial) -> Result<Trial> {
    let thresholds = stored.thresholds.iter().map(|value| {
        Ok(Threshold {
            measure: measure(value)?,
            at_least: amount(value)?,
        })
    });
    Ok(Trial {
        challenge: Qualification {
            combination: if stored.any {
                Combination::Any
            } else {
                Combination::All
            },
            thresholds: thresholds.collect::<Result<_>>()?,
        },
        reached: tally(&stored.reached)?,
        met: stored.met,
    })
}

fn change(stored: &StoredChange) -> Result<Change> {
    let movement = MOVEMENTS.iter().find(|(_, code)| *code == stored.movement);
    let grant = || id(&stored.grant);
    Ok(Change {
        time: moment(stored.time)?,
        tier: stored.tier.clone(),
        basis: match stored.basis.as_str() {
            BASE => Basis::Base,
            GRACE => Basis::Grace,
            GIFTED => Basis::Gifted { grant: grant()? },
            ON_TRIAL => Basis::Matched {
                grant: grant()?,
                kept: false,
            },
            MATCHED => Basis::Matched {
                grant: grant()?,
                kept: true,
            },
            SOFT_LANDING => Basis::SoftLanding,
            QUALIFIED => Basis::Qualified,
            LIFETIME => Basis::Lifetime,
            _ => return Err(unreadable("basis")),
        },
        movement: movement
            .map(|(movement, _)| *movement)
            .ok_or_else(|| unreadable("movement"))?,
        valid_until: stored.valid_until.map(moment).transpose()?,
        version: stored.version,
        values: values(&stored.values)?,
    })
}
