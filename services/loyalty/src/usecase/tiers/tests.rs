//! What the store says of members is the pure function of all facts.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rapport_clock::ManualClock;
use rapport_contract::{
    instant, money as wire_money,
    profile::v1::{PurchaseKind, PurchaseRecorded},
};
use rapport_events::{Consumer as _, outbox};
use rapport_money::{Currency, Money};
use rapport_storage::{MigrationList, Store};
use rapport_testkit::{Random, TemporaryStore};
use uuid::Uuid;

use super::{
    review, rules,
    sets::{self, Wish},
    standings::Histories,
};
use crate::{
    domain::{
        member::Enrolment,
        program::Terms,
        tiers::{
            Combination, Event, Fact, Grace, History, Landing, Measure, Qualification, Return, Rules,
            Threshold, Tier, TierSet, Titles, Validity, Window, evaluate, known_measures,
        },
    },
    migrations,
    store::tiers::{
        members::{self as tier_members, Whose},
        standings as kept_standings,
    },
    usecase::{members, postings::Postings, programs},
    workers::Events,
};

const TENANT: &str = "hotel";
const PROGRAM: &str = "programs/p";
const SET: &str = "programs/p/tierSets/spend";
const MEMBER: &str = "programs/p/members/ann";
const CUSTOMER: &str = "customers/ann";
const RUNS: usize = 5;
const STEPS: usize = 50;

fn tier(id: &str, rank: i32, cents: i64) -> Tier {
    let threshold = Threshold {
        measure: Measure::Spend(Currency::USD),
        at_least: cents,
    };
    Tier {
        id: id.to_owned(),
        titles: Titles::of("en", id),
        rank,
        qualification: (cents > 0).then(|| Qualification {
            combination: Combination::All,
            thresholds: vec![threshold],
        }),
        lifetime: None,
        inherits: false,
        benefits: Vec::new(),
    }
}

fn tier_set(random: &mut Random) -> TierSet {
    let rolling = random.one_in(2);
    TierSet {
        id: "spend".to_owned(),
        version: 1,
        effective: Timestamp::UNIX_EPOCH,
        tiers: vec![
            tier("basic", 0, 0),
            tier("silver", 1, 10_000),
            tier("gold", 2, 25_000),
        ],
        window: if rolling {
            Window::RollingDays(random.between(30, 200))
        } else {
            Window::MembershipYear
        },
        validity: if rolling {
            Validity::Months(random.between(1, 8))
        } else {
            Validity::EndOfWindow
        },
        grace: *random.pick(&[Grace::None, Grace::Days(20), Grace::Months(1)]),
        landing: *random.pick(&[Landing::Qualified, Landing::OneTier]),
        carry_over: !rolling && random.one_in(2),
    }
}

/// A service with a program, a tier set and a member.
async fn begin(store: &Store, clock: &ManualClock, set: &TierSet) {
    let terms = Terms {
        title: "P".to_owned(),
        earning_rule: None,
        compensation: BTreeMap::new(),
        lifetime_months: 0,
        enrols_automatically: false,
        time_zone: "UTC".to_owned(),
    };
    let clock = clock.clock();
    programs::create(store, &clock, TENANT, PROGRAM, &terms)
        .await
        .unwrap();
    let wish = Wish {
        program: PROGRAM.to_owned(),
        name: SET.to_owned(),
        content: set.clone(),
        effective: Some(set.effective),
    };
    sets::create(store, &clock, TENANT, &wish).await.unwrap();
    let enrolment = Enrolment {
        name: MEMBER.to_owned(),
        customer: CUSTOMER.to_owned(),
    };
    members::enrol(store, &clock, TENANT, PROGRAM, &enrolment)
        .await
        .unwrap();
}

/// Sales and returns as the profile service tells them, and as facts of their own making.
#[derive(Default)]
struct Bought {
    sales: Vec<(Uuid, i64)>,
    facts: Vec<Fact>,
}

impl Bought {
    fn next(&mut self, random: &mut Random, number: usize, now: Timestamp) -> PurchaseRecorded {
        let id = Uuid::from_u128(number as u128 + 1);
        let time = now - SignedDuration::from_hours(random.between(0_i64, 24 * 40));
        let returned = (random.one_in(3) && !self.sales.is_empty()).then(|| *random.pick(&self.sales));
        let cents = match returned {
            Some((_, sold)) => random.between(1, sold),
            None => random.between(500_i64, 9_000),
        };
        if let Some((event, _)) = returned {
            let amount = cents;
            self.facts.push(Fact::Return(Return {
                id,
                time,
                event,
                amount,
            }));
        } else {
            self.sales.push((id, cents));
            let measure = Measure::Spend(Currency::USD);
            let amount = cents;
            self.facts.push(Fact::Event(Event {
                id,
                time,
                measure,
                amount,
            }));
        }
        let kind = if returned.is_some() {
            PurchaseKind::Return
        } else {
            PurchaseKind::Sale
        };
        let amount = Money {
            minor: cents,
            currency: Currency::USD,
        };
        PurchaseRecorded {
            customer: CUSTOMER.to_owned(),
            purchase: format!("{CUSTOMER}/purchases/{id}"),
            source: "pos".to_owned(),
            source_id: id.to_string(),
            kind: kind.into(),
            original_source_id: returned.map(|(sale, _)| sale.to_string()).unwrap_or_default(),
            purchase_time: Some(instant::to_wire(time)),
            amount: Some(wire_money::to_wire(amount)),
            quantity: 1,
            ..PurchaseRecorded::default()
        }
    }
}

#[tokio::test]
async fn the_store_says_after_every_step_what_the_function_says_of_all_facts() {
    let mut random = Random::announced("tiers_store");
    for run in 0..RUNS {
        let store = TemporaryStore::new(MigrationList(migrations)).await;
        let store = &store.store;
        let enrolled: Timestamp = "2026-01-15T10:00:00Z".parse().unwrap();
        let clock = ManualClock::at(enrolled);
        let set = tier_set(&mut random);
        begin(store, &clock, &set).await;
        let consumer = Events::new(store.clone(), clock.clock(), Postings::new(clock.clock()));
        let program = programs::get(store, TENANT, PROGRAM).await.unwrap();
        let known = known_measures(&program, std::slice::from_ref(&set));
        let rules = Rules::new(vec![set], TimeZone::UTC, &known).unwrap();
        let (mut bought, mut now) = (Bought::default(), enrolled);
        for number in 0..STEPS {
            now += SignedDuration::from_hours(random.between(1_i64, 24 * 20));
            clock.set(now);
            if random.one_in(4) {
                review(store, &clock.clock()).await.unwrap();
            } else {
                let purchase = bought.next(&mut random, number, now);
                let event = outbox::event(&clock.clock(), TENANT, CUSTOMER, &purchase);
                consumer.handle(&[event]).await.unwrap();
            }
            let history = History::of(enrolled, bought.facts.clone()).unwrap();
            let expected = evaluate(&rules, &history, now).unwrap();
            let found = standing(store, now).await;
            assert_eq!(found, expected.standing, "run {run}, step {number}");
        }
    }
}

/// What the store says: what is kept, carried on to a moment, and held against a replay of what is recorded.
async fn standing(store: &Store, now: Timestamp) -> crate::domain::tiers::Standing {
    let view = store.read();
    let judges = rules::of_programs(view, TENANT, [PROGRAM.to_owned()].into())
        .await
        .unwrap();
    let judge = &judges[PROGRAM].judges[0];
    let names = [MEMBER.to_owned()].into();
    let member = tier_members::find(view, TENANT, Whose::Names(&names))
        .await
        .unwrap()
        .remove(0);
    let histories = Histories::of(view, TENANT, &[&member]).await.unwrap();
    let history = History::of(member.enrol_time, histories.facts(&member, SET)).unwrap();
    let replayed = evaluate(&judge.rules, &history, now).unwrap().standing;
    let kept = kept_standings::of_members(view, TENANT, [MEMBER.to_owned()])
        .await
        .unwrap();
    if let Some(kept) = kept.get(&(MEMBER.to_owned(), SET.to_owned())) {
        assert_eq!(kept.standing(&judge.rules, now), Some(replayed.clone()));
    }
    replayed
}
