//! The recomputation of roll-ups finds what was tampered with.

use rapport_contract::feedback::v1::ScoreKind::{Likert, Recommendation};

use crate::world::{World, answer, answer_set, given_by};

async fn with_two_days() -> World {
    let world = World::new().await;
    world
        .score(&[
            answer_set("a", vec![answer(Recommendation, 9), answer(Likert, 4)]),
            given_by(
                answer_set("b", vec![answer(Recommendation, 6)]),
                "li",
                "2026-03-05T08:00:00Z",
            ),
        ])
        .await;
    world
}

#[tokio::test]
async fn roll_ups_that_are_right_have_no_difference() {
    let found = with_two_days().await.verify().await;
    assert_eq!(
        (found.score_count, found.rollup_count, found.difference_count),
        (3, 4, 0),
        "{found:?}"
    );
    let empty = World::new().await.verify().await;
    assert_eq!(
        (empty.score_count, empty.rollup_count, empty.difference_count),
        (0, 0, 0),
        "{empty:?}"
    );
}

#[tokio::test]
async fn a_changed_a_missing_and_a_foreign_roll_up_are_told_in_plain_english() {
    let world = with_two_days().await;
    world
        .tamper("UPDATE metric_rollup SET answers = 3, score_9 = 3 WHERE metric = 2 AND day = 20513")
        .await;
    world.tamper("DELETE FROM metric_rollup WHERE metric = 4").await;
    world
        .tamper(
            "INSERT INTO metric_rollup SELECT tenant, 3, 20000, survey, 'ease', '', '', answers, total, squares, \
             score_0, score_1, score_2, score_3, score_4, score_5, score_6, score_7, score_8, score_9, score_10 \
             FROM metric_rollup WHERE metric = 2 AND day = 20517",
        )
        .await;
    world
        .tamper("UPDATE answer_set SET index_value = 1 WHERE answer_set = 'a'")
        .await;
    let found = world.verify().await;
    assert_eq!((found.rollup_count, found.difference_count), (5, 4), "{found:?}");
    insta::assert_snapshot!(found.differences.join("\n"), @r"
    CES on 2024-10-04, survey hotel, question ease: the roll-up has 1 answer; there are no scores
    answer set a: the stored digest is index 0.001, NPS answer 9, CSAT answer none; the scores give index 75.000, NPS answer 9, CSAT answer none
    NPS on 2026-03-01, survey hotel, question recommend, touchpoint checkout, location vienna: the number of answers is 3, the scores give 1; the number of answers of 9 is 3, the scores give 1
    Likert on 2026-03-01, survey hotel, question room, touchpoint checkout, location vienna: there is no roll-up; the scores give 1 answer
    ");
}

#[tokio::test]
async fn of_many_differences_a_hundred_are_told_and_all_are_counted() {
    let world = World::new().await;
    let sets: Vec<_> = (0..150)
        .map(|index| {
            let mut set = answer_set(&format!("a{index}"), vec![answer(Recommendation, 9)]);
            set.location = format!("house {index}");
            set
        })
        .collect();
    world.score(&sets).await;
    let all = world.store().begin("tamper").await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(
        all.connection(),
        "UPDATE metric_rollup SET total = total + 1",
    )
    .await
    .unwrap();
    all.commit(()).await.unwrap();
    let found = world.verify().await;
    assert_eq!((found.difference_count, found.differences.len()), (150, 100));
}

#[tokio::test]
async fn a_day_with_more_answer_sets_than_one_chunk_is_recomputed_whole() {
    let world = World::new().await;
    let sets: Vec<_> = (0..1_203)
        .map(|index| answer_set(&format!("a{index}"), vec![answer(Recommendation, index % 11)]))
        .collect();
    world.score(&sets).await;
    let found = world.verify().await;
    assert_eq!(
        (found.score_count, found.rollup_count, found.difference_count),
        (1_203, 1, 0),
        "{found:?}"
    );
}
