//! Any sequence of events gives the roll-ups of the final answer sets.

use std::collections::BTreeMap;

use proptest::{prelude::*, sample::Index, test_runner::TestRunner};
use rapport_clock::Clock;
use rapport_contract::feedback::v1::{AnswerSetDeleted, AnswerSetScored, ScoreKind, ScoredAnswer};
use rapport_events::{Event, outbox};
use rapport_satisfaction::usecase::verification;
use rapport_testkit::reason;

use crate::{
    model::{self, State},
    world::{World, answer, answer_set, at, given_by},
};

fn scored_answer() -> impl Strategy<Value = ScoredAnswer> {
    let kind = prop_oneof![
        (Just(ScoreKind::Satisfaction), Just(5), 1..=5),
        (Just(ScoreKind::Recommendation), Just(10), 0..=10),
        (Just(ScoreKind::Effort), Just(7), 1..=7),
        (2..=10).prop_flat_map(|points| (Just(ScoreKind::Likert), Just(points), 1..=points)),
    ];
    let texts = ("[ab]", "(satisfaction|price)", "(|desk|客房)");
    (kind, texts).prop_map(
        |((kind, scale_maximum, score), (question, dimension, touchpoint))| ScoredAnswer {
            question,
            kind: kind.into(),
            score,
            scale_maximum,
            dimension,
            touchpoint,
        },
    )
}

fn scored(id: usize, revision: i32) -> impl Strategy<Value = State> {
    let day = prop_oneof![
        Just("1969-12-31T23:59:59.5Z"),
        Just("2026-03-01T00:00:00Z"),
        Just("2026-03-01T23:59:59Z"),
        Just("2026-03-02T12:00:00Z"),
    ];
    (
        proptest::collection::vec(scored_answer(), 0..5),
        day,
        "(|vienna)",
        "[st]",
    )
        .prop_map(move |(answers, moment, location, survey)| {
            State::Scored(AnswerSetScored {
                revision,
                location,
                survey: format!("surveys/{survey}"),
                answer_time: Some(at(moment)),
                ..answer_set(&format!("a{id}"), answers)
            })
        })
}

/// The history of one answer set: scored, corrected, and perhaps deleted in the end. Not every state is told of.
pub(crate) fn history(id: usize) -> impl Strategy<Value = Vec<State>> {
    (1_i32..5, any::<bool>()).prop_flat_map(move |(revisions, deleted)| {
        let states: Vec<_> = (1..=revisions).map(|revision| scored(id, revision)).collect();
        states.prop_map(move |mut states| {
            if deleted {
                states.push(State::Deleted {
                    id: format!("a{id}"),
                    revision: revisions + 1,
                });
            }
            states
        })
    })
}

/// All that happens, what of it is delivered in which order (some of it again and again), and in batches of which
/// size.
#[derive(Debug, Clone)]
struct Delivery {
    states: Vec<State>,
    order: Vec<Index>,
    sent_anew: Vec<bool>,
    batch: usize,
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let histories: Vec<_> = (0..5).map(history).collect();
    let states = histories.prop_map(|histories| histories.concat()).prop_shuffle();
    let order = proptest::collection::vec(any::<Index>(), 0..40);
    let sent_anew = proptest::collection::vec(any::<bool>(), 40);
    (states, order, sent_anew, 1_usize..12).prop_map(|(states, order, sent_anew, batch)| Delivery {
        states,
        order,
        sent_anew,
        batch,
    })
}

pub(crate) fn event(clock: &Clock, tenant: &str, state: &State) -> Event {
    match state {
        State::Scored(message) => outbox::event(clock, tenant, "", message),
        State::Deleted { id, revision } => {
            let message = AnswerSetDeleted {
                answer_set: format!("answerSets/{id}"),
                revision: *revision,
                customer: String::new(),
            };
            outbox::event(clock, tenant, "", &message)
        }
    }
}

/// Every state once, in the order of the shuffle, with repetitions strewn in: as the same event, or as another event
/// with the same content.
fn events(world: &World, tenant: &str, delivery: &Delivery) -> Vec<Event> {
    let mut events: Vec<Event> = delivery
        .states
        .iter()
        .map(|state| event(&world.clock, tenant, state))
        .collect();
    for (index, anew) in delivery.order.iter().zip(&delivery.sent_anew) {
        let mut again = events[index.index(events.len())].clone();
        if *anew {
            again.id = world.clock.new_id();
        }
        events.insert(index.index(events.len()), again);
    }
    events
}

#[test]
fn any_sequence_of_events_gives_the_roll_ups_of_the_final_answer_sets() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = runtime.block_on(World::new());
    let number = std::cell::Cell::new(0);
    // One store for all cases: each is a tenant of its own.
    let check = |delivery: Delivery| {
        number.set(number.get() + 1);
        let tenant = format!("tenant-{}", number.get());
        runtime.block_on(async {
            for batch in events(&world, &tenant, &delivery).chunks(delivery.batch) {
                world.deliver(batch).await;
            }
            let expected: BTreeMap<_, _> = model::expected(&delivery.states)
                .into_iter()
                .map(|(key, values)| (key.clone(), model::sums(&key, &values)))
                .collect();
            prop_assert_eq!(model::stored(world.store(), &tenant).await, expected);
            let found = verification::verify(world.store(), &tenant).await.unwrap();
            prop_assert_eq!(found.told, Vec::<String>::new());
            Ok(())
        })
    };
    let config = ProptestConfig {
        cases: 256,
        max_shrink_iters: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config).run(&delivery(), check).unwrap();
}

#[tokio::test]
async fn every_event_three_times_changes_nothing() {
    let world = World::new().await;
    let first = given_by(
        answer_set(
            "a",
            vec![answer(ScoreKind::Likert, 4), answer(ScoreKind::Recommendation, 9)],
        ),
        "li",
        "2026-03-01T08:00:00Z",
    );
    let corrected = AnswerSetScored {
        revision: 2,
        answers: vec![answer(ScoreKind::Recommendation, 3)],
        ..first.clone()
    };
    let kept = given_by(
        answer_set("b", vec![answer(ScoreKind::Satisfaction, 5)]),
        "li",
        "2026-03-02T08:00:00Z",
    );
    let gone = answer_set("c", vec![answer(ScoreKind::Effort, 1)]);
    let events = [
        world.scored(&first),
        world.scored(&kept),
        world.scored(&gone),
        world.scored(&corrected),
        world.deleted("c", 2),
    ];
    world.deliver(&events).await;
    let (rollups, customer) = (
        model::stored(world.store(), "acme").await,
        world.customer("li").await.unwrap(),
    );
    for _ in 0..3 {
        world.deliver(&events).await;
        for event in events.iter().rev() {
            world.deliver(std::slice::from_ref(event)).await;
        }
    }
    assert_eq!(model::stored(world.store(), "acme").await, rollups);
    assert_eq!(world.customer("li").await.unwrap(), customer);
    assert_eq!(world.verify().await.difference_count, 0);
}

#[tokio::test]
async fn a_deletion_that_overtakes_its_answers_leaves_nothing() {
    let world = World::new().await;
    let message = given_by(
        answer_set("a", vec![answer(ScoreKind::Likert, 4)]),
        "li",
        "2026-03-01T08:00:00Z",
    );
    world.deliver(&[world.deleted("a", 2)]).await;
    world.score(&[message]).await;
    assert_eq!(model::stored(world.store(), "acme").await, BTreeMap::new());
    assert_eq!(
        reason(&world.customer("li").await.unwrap_err()),
        "SATISFACTION_NOT_FOUND"
    );
    let found = world.verify().await;
    assert_eq!((found.score_count, found.difference_count), (0, 0));
}

#[tokio::test]
async fn tenants_do_not_see_each_other() {
    let world = World::new().await;
    let message = given_by(
        answer_set("a", vec![answer(ScoreKind::Likert, 4)]),
        "li",
        "2026-03-01T08:00:00Z",
    );
    let foreign = outbox::event(&world.clock, "other", "", &message);
    world.deliver(&[foreign]).await;
    assert_eq!(
        reason(&world.customer("li").await.unwrap_err()),
        "SATISFACTION_NOT_FOUND"
    );
    assert_eq!(world.verify().await.score_count, 0);
    assert_eq!(model::stored(world.store(), "other").await.len(), 2);
}

#[tokio::test]
async fn an_equal_or_older_revision_with_other_scores_changes_nothing() {
    let world = World::new().await;
    let second = AnswerSetScored {
        revision: 2,
        ..answer_set("a", vec![answer(ScoreKind::Recommendation, 9)])
    };
    world.score(std::slice::from_ref(&second)).await;
    let rollups = model::stored(world.store(), "acme").await;
    for revision in [1, 2] {
        let late = AnswerSetScored {
            revision,
            answers: vec![answer(ScoreKind::Recommendation, 0)],
            ..second.clone()
        };
        world.score(&[late]).await;
        world.deliver(&[world.deleted("a", revision)]).await;
        assert_eq!(
            model::stored(world.store(), "acme").await,
            rollups,
            "revision {revision}"
        );
    }
}
