//! How satisfied one customer is.

use rapport_contract::feedback::v1::ScoreKind::{Likert, Recommendation, Satisfaction};
use rapport_testkit::reason;

use crate::world::{World, answer, answer_set, at, given_by};

#[tokio::test]
async fn a_customer_has_the_mean_index_and_the_latest_scores() {
    let world = World::new().await;
    let march = answer_set(
        "a",
        vec![
            answer(Likert, 5),
            answer(Recommendation, 9),
            answer(Satisfaction, 5),
        ],
    );
    let april = answer_set("b", vec![answer(Likert, 2), answer(Recommendation, 3)]);
    let may = answer_set("c", vec![]);
    world
        .score(&[
            given_by(april, "zoe", "2026-04-01T08:00:00Z"),
            given_by(march, "zoe", "2026-03-01T08:00:00Z"),
            given_by(may, "zoe", "2026-05-01T08:00:00.000001Z"),
        ])
        .await;
    let zoe = world.customer("zoe").await.unwrap();
    assert_eq!(zoe.name, "customers/zoe/satisfaction");
    assert_eq!(
        zoe.answer_set_count, 3,
        "an answer set without scores counts as well"
    );
    assert_eq!(zoe.index, Some(62.5), "the mean of 100 and 25");
    assert_eq!(zoe.latest_nps, Some(3));
    assert_eq!(zoe.latest_csat, Some(5), "April did not ask for it");
    assert_eq!(zoe.latest_answer_time, Some(at("2026-05-01T08:00:00.000001Z")));
}

#[tokio::test]
async fn corrections_and_deletions_show_exactly() {
    let world = World::new().await;
    let first = given_by(
        answer_set("a", vec![answer(Recommendation, 2)]),
        "li",
        "2026-03-01T08:00:00Z",
    );
    let second = given_by(
        answer_set("b", vec![answer(Recommendation, 10)]),
        "li",
        "2026-03-02T08:00:00Z",
    );
    let mut corrected = second.clone();
    corrected.revision = 2;
    corrected.answers = vec![answer(Recommendation, 7), answer(Likert, 3)];
    world.score(&[first, second, corrected]).await;
    let li = world.customer("li").await.unwrap();
    assert_eq!(
        (li.answer_set_count, li.latest_nps, li.index),
        (2, Some(7), Some(50.0))
    );

    world.deliver(&[world.deleted("b", 3)]).await;
    let li = world.customer("li").await.unwrap();
    assert_eq!((li.answer_set_count, li.latest_nps, li.index), (1, Some(2), None));
    assert_eq!(li.latest_answer_time, Some(at("2026-03-01T08:00:00Z")));

    world.deliver(&[world.deleted("a", 2)]).await;
    assert_eq!(
        reason(&world.customer("li").await.unwrap_err()),
        "SATISFACTION_NOT_FOUND"
    );
}

#[tokio::test]
async fn an_answer_set_that_changes_its_customer_counts_for_the_new_one_alone() {
    let world = World::new().await;
    let mistaken = given_by(
        answer_set("a", vec![answer(Satisfaction, 1)]),
        "li",
        "2026-03-01T08:00:00Z",
    );
    let mut mended = given_by(mistaken.clone(), "zoe", "2026-03-01T08:00:00Z");
    mended.revision = 2;
    world.score(&[mistaken, mended]).await;
    assert_eq!(
        reason(&world.customer("li").await.unwrap_err()),
        "SATISFACTION_NOT_FOUND"
    );
    assert_eq!(world.customer("zoe").await.unwrap().latest_csat, Some(1));
}
