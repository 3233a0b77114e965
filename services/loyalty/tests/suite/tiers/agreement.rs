//! However members got there step by step, they stand where a service stands that hears all of it at once.

use jiff::{SignedDuration, Timestamp};
use rapport_contract::{
    instant,
    loyalty::v1::{
        MemberTier, Tier, TierChange, TierGrace, TierLanding, TierSet, tier_grace::Length,
        tier_measure::Measure,
    },
    profile::v1::PurchaseRecorded,
};
use rapport_testkit::Random;

use super::{asks, status, tier};
use crate::fixture::{Fixture, give_back, moment, sale};

/// Runs, each with a member of its own.
const RUNS: usize = 6;

/// Steps of a run.
const STEPS: usize = 40;

fn by_spend() -> TierSet {
    let of = |id: &str, rank: i32, cents: i64| Tier {
        qualification: Some(asks(Measure::CurrencyCode("USD".to_owned()), cents)),
        ..tier(id, rank, 1)
    };
    TierSet {
        tiers: vec![
            tier("basic", 0, 0),
            of("silver", 1, 10_000),
            of("gold", 2, 30_000),
        ],
        grace: Some(TierGrace {
            length: Some(Length::Days(20)),
        }),
        landing: TierLanding::OneTier.into(),
        ..status()
    }
}

/// A sale or a return of one that is known, at a moment up to some time ago.
fn purchase(
    random: &mut Random,
    sales: &mut Vec<(String, i64)>,
    number: usize,
    now: Timestamp,
) -> PurchaseRecorded {
    let time = now - SignedDuration::from_hours(random.between(0_i64, 24 * 60));
    let time = time.max(moment("2026-01-15T10:00:00Z"));
    let purchase = if random.one_in(3) && !sales.is_empty() {
        let (id, cents) = random.pick(sales).clone();
        give_back("ann", &format!("r{number}"), &id, random.between(1, cents))
    } else {
        let (id, cents) = (format!("s{number}"), random.between(500_i64, 9_000));
        sales.push((id.clone(), cents));
        sale("ann", &id, cents)
    };
    PurchaseRecorded {
        purchase_time: Some(instant::to_wire(time)),
        ..purchase
    }
}

async fn read(fixture: &Fixture, member: &str) -> (MemberTier, Vec<TierChange>) {
    (fixture.standing(member).await, fixture.tier_changes(member).await)
}

#[tokio::test]
async fn what_came_bit_by_bit_gives_the_same_as_all_of_it_at_once_in_another_order() {
    let mut random = Random::announced("tiers_agree");
    for run in 0..RUNS {
        let (step_by_step, ann) = Fixture::with_tiers(by_spend()).await;
        let (at_once, same) = Fixture::with_tiers(by_spend()).await;
        let (mut purchases, mut sales) = (Vec::new(), Vec::new());
        let mut now = moment("2026-01-15T10:00:00Z");
        for number in 0..STEPS {
            now += SignedDuration::from_hours(random.between(1_i64, 24 * 30));
            step_by_step.clock.set(now);
            if random.one_in(3) {
                step_by_step.book_due().await;
            }
            let purchase = purchase(&mut random, &mut sales, number, now);
            step_by_step.take(&purchase).await;
            purchases.push(purchase);
        }
        at_once.clock.set(now);
        for place in (1..purchases.len()).rev() {
            purchases.swap(place, random.below(place + 1));
        }
        for purchase in &purchases {
            at_once.take(purchase).await;
        }
        let found = read(&step_by_step, &ann).await;
        assert_eq!(found, read(&at_once, &same).await, "run {run}");
    }
}
