//! Queries: breakdowns, filters, pages, and what they cost.

use rapport_contract::{
    feedback::v1::ScoreKind::{Effort, Likert, Recommendation, Satisfaction},
    google::r#type::Date,
    satisfaction::v1::{Dimension, Metric, MetricRow, QueryMetricRequest},
};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use crate::world::{World, answer, answer_set, assert_close, given_by, question};

const fn day(day: i32) -> Date {
    Date {
        year: 2026,
        month: 3,
        day,
    }
}

/// Three days, two houses, two touchpoints.
async fn hotel() -> World {
    let world = World::new().await;
    let mut sets = Vec::new();
    for (index, (moment, location, touchpoint, score)) in [
        ("2026-03-01T00:00:00Z", "vienna", "checkout", 10),
        ("2026-03-01T23:59:59.999999Z", "graz", "checkout", 9),
        ("2026-03-02T00:00:00Z", "vienna", "breakfast", 8),
        ("2026-03-03T12:00:00Z", "vienna", "", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let mut answer = answer(Recommendation, score);
        answer.touchpoint = touchpoint.into();
        let mut set = given_by(answer_set(&format!("a{index}"), vec![answer]), "li", moment);
        set.location = location.into();
        sets.push(set);
    }
    world.score(&sets).await;
    world
}

fn short(rows: &[MetricRow]) -> Vec<(Option<i32>, &str, &str, i64, f64)> {
    rows.iter()
        .map(|row| {
            let day = row.day.map(|date| date.day);
            (
                day,
                row.touchpoint.as_str(),
                row.location.as_str(),
                row.answer_count,
                row.value,
            )
        })
        .collect()
}

#[tokio::test]
async fn rows_are_broken_down_by_the_dimensions_asked_for_and_ordered_by_them() {
    let world = hotel().await;
    let by_day = world.rows(Metric::Nps, &[Dimension::Day]).await;
    assert_eq!(
        short(&by_day),
        [
            (Some(1), "", "", 2, 100.0),
            (Some(2), "", "", 1, 0.0),
            (Some(3), "", "", 1, -100.0)
        ]
    );
    let by_place = world
        .rows(Metric::Nps, &[Dimension::Location, Dimension::Touchpoint])
        .await;
    assert_eq!(
        short(&by_place),
        [
            (None, "checkout", "graz", 1, 100.0),
            (None, "", "vienna", 1, -100.0),
            (None, "breakfast", "vienna", 1, 0.0),
            (None, "checkout", "vienna", 1, 100.0),
        ]
    );
    let by_survey = world
        .rows(Metric::Nps, &[Dimension::Survey, Dimension::Question])
        .await;
    assert_eq!(
        (by_survey[0].survey.as_str(), by_survey[0].question.as_str()),
        ("surveys/hotel", "recommend")
    );
    assert_eq!(by_survey[0].answer_count, 4);
}

#[tokio::test]
async fn filters_narrow_the_answers() {
    let world = hotel().await;
    let all = question(Metric::Nps, &[]);
    let cases = [
        (4, all.clone()),
        (
            3,
            QueryMetricRequest {
                end_date: Some(day(2)),
                ..all.clone()
            },
        ),
        (
            2,
            QueryMetricRequest {
                start_date: Some(day(2)),
                ..all.clone()
            },
        ),
        (
            1,
            QueryMetricRequest {
                start_date: Some(day(2)),
                end_date: Some(day(2)),
                ..all.clone()
            },
        ),
        (
            3,
            QueryMetricRequest {
                location: "vienna".to_owned(),
                ..all.clone()
            },
        ),
        (
            2,
            QueryMetricRequest {
                touchpoint: "checkout".to_owned(),
                ..all.clone()
            },
        ),
        (
            4,
            QueryMetricRequest {
                survey: "surveys/hotel".to_owned(),
                ..all.clone()
            },
        ),
        (
            4,
            QueryMetricRequest {
                question: "recommend".to_owned(),
                ..all.clone()
            },
        ),
    ];
    for (expected, request) in cases {
        let answer = world.query(request.clone()).await.unwrap();
        assert_eq!(answer.rows[0].answer_count, expected, "{request:?}");
    }
    let mut nothing = all;
    nothing.survey = "surveys/other".to_owned();
    assert_eq!(
        world.query(nothing).await.unwrap().rows,
        [],
        "a group without an answer has no row"
    );
}

#[tokio::test]
async fn the_likert_mean_is_that_of_raw_scores_and_the_index_that_of_answer_sets() {
    let world = World::new().await;
    let mut seven = answer(Likert, 7);
    seven.scale_maximum = 7;
    seven.question = "bed".to_owned();
    world
        .score(&[
            answer_set("a", vec![answer(Likert, 3), seven]),
            answer_set("b", vec![answer(Likert, 2)]),
        ])
        .await;
    let likert = world.total(Metric::Likert).await;
    assert_close(likert.value, 4.0, "mean of 3, 7 and 2");
    assert_eq!(likert.score_counts, [0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0]);
    let index = world.total(Metric::Index).await;
    assert_eq!(index.answer_count, 2, "one observation for each answer set");
    assert_close(index.value, 50.0, "mean of 75 and 25");
    assert_close(
        index.standard_deviation.unwrap(),
        35.355_339_059_327_38,
        "deviation of 75 and 25",
    );
    assert_eq!(
        (index.score_counts, index.top_share, index.bottom_share),
        (vec![], None, None)
    );
    let by_day = world
        .rows(
            Metric::Index,
            &[Dimension::Day, Dimension::Survey, Dimension::Location],
        )
        .await;
    assert_eq!(by_day.len(), 1);
    assert_eq!(
        (by_day[0].survey.as_str(), by_day[0].location.as_str()),
        ("surveys/hotel", "vienna")
    );
}

#[tokio::test]
async fn a_higher_confidence_widens_the_interval() {
    let world = hotel().await;
    let mut request = question(Metric::Nps, &[]);
    let width = |row: &MetricRow| row.interval.map(|interval| interval.high - interval.low).unwrap();
    let usual = width(&world.query(request.clone()).await.unwrap().rows[0]);
    request.confidence_level = 0.95;
    assert_close(
        width(&world.query(request.clone()).await.unwrap().rows[0]),
        usual,
        "0.95 is the default",
    );
    request.confidence_level = 0.5;
    assert!(width(&world.query(request).await.unwrap().rows[0]) < usual);
}

#[tokio::test]
async fn pages_of_any_size_give_every_row_once_and_in_order() {
    let world = World::new().await;
    let mut sets = Vec::new();
    for index in 0..240 {
        let moment = format!("2026-03-{:02}T08:00:00Z", index % 10 + 1);
        let mut set = given_by(
            answer_set(&format!("a{index}"), vec![answer(Satisfaction, 5)]),
            "li",
            &moment,
        );
        set.location = format!("house {}", index % 8);
        set.survey = format!("surveys/s{}", index % 3);
        set.answers[0].touchpoint = ["", "desk", "bar"][index % 3].to_owned();
        sets.push(set);
    }
    world.score(&sets).await;
    let groupings: [&[Dimension]; 4] = [
        &[Dimension::Location],
        &[Dimension::Day, Dimension::Survey],
        &[Dimension::Touchpoint, Dimension::Location, Dimension::Day],
        &[
            Dimension::Location,
            Dimension::Touchpoint,
            Dimension::Question,
            Dimension::Survey,
            Dimension::Day,
        ],
    ];
    for group_by in groupings {
        let mut request = question(Metric::Csat, group_by);
        request.page_size = 1_000;
        let whole = world.query(request.clone()).await.unwrap();
        assert_eq!(whole.next_page_token, "", "{group_by:?} fits on one page");
        assert_eq!(
            whole.rows.iter().map(|row| row.answer_count).sum::<i64>(),
            240,
            "{group_by:?}"
        );
        for page_size in [1, 7, 100] {
            request.page_size = page_size;
            request.page_token.clear();
            let mut rows = Vec::new();
            loop {
                let page = world.query(request.clone()).await.unwrap();
                assert!(
                    i32::try_from(page.rows.len()).unwrap() <= page_size,
                    "{group_by:?}"
                );
                rows.extend(page.rows);
                request.page_token = page.next_page_token;
                if request.page_token.is_empty() {
                    break;
                }
            }
            assert_eq!(rows, whole.rows, "{group_by:?} in pages of {page_size}");
        }
    }
}

#[tokio::test]
async fn the_page_size_is_a_hundred_by_default_and_a_thousand_at_most() {
    let world = World::new().await;
    let sets: Vec<_> = (0..1_100)
        .map(|index| {
            let mut set = answer_set(&format!("a{index}"), vec![answer(Effort, 4)]);
            set.location = format!("house {index}");
            set
        })
        .collect();
    world.score(&sets).await;
    let mut request = question(Metric::Ces, &[Dimension::Location]);
    assert_eq!(world.query(request.clone()).await.unwrap().rows.len(), 100);
    request.page_size = i32::MAX;
    assert_eq!(world.query(request).await.unwrap().rows.len(), 1_000);
}

async fn rollup_rows(world: &World) -> i64 {
    let count = Statement::from_string(DbBackend::Sqlite, "SELECT COUNT(*) AS number FROM metric_rollup");
    world
        .store()
        .read()
        .query_one_raw(count)
        .await
        .unwrap()
        .unwrap()
        .try_get("", "number")
        .unwrap()
}

#[tokio::test]
async fn the_number_of_roll_ups_does_not_grow_with_the_answers_of_the_same_keys() {
    let world = World::new().await;
    let sets = |from: i32, to: i32| -> Vec<_> {
        (from..to)
            .map(|index| {
                let answers = vec![
                    answer(Satisfaction, index % 5 + 1),
                    answer(Recommendation, index % 11),
                    answer(Effort, index % 7 + 1),
                    answer(Likert, index % 5 + 1),
                ];
                answer_set(&format!("a{index}"), answers)
            })
            .collect()
    };
    world.score(&sets(0, 1)).await;
    assert_eq!(rollup_rows(&world).await, 5, "one for each metric");
    world.score(&sets(1, 2_000)).await;
    assert_eq!(rollup_rows(&world).await, 5, "2,000 answer sets later");
    assert_eq!(world.total(Metric::Index).await.answer_count, 2_000);
}

#[tokio::test]
async fn roll_ups_that_become_empty_are_removed() {
    let world = World::new().await;
    world
        .score(&[answer_set(
            "a",
            vec![answer(Recommendation, 0), answer(Likert, 1)],
        )])
        .await;
    world.deliver(&[world.deleted("a", 2)]).await;
    assert_eq!(rollup_rows(&world).await, 0);
    assert_eq!(world.rows(Metric::Nps, &[]).await, []);
}
