//! Random well-typed requests never bring the service down.

use proptest::{prelude::*, test_runner::TestRunner};
use rapport_contract::{
    feedback::v1::ScoreKind,
    google::r#type::Date,
    satisfaction::v1::{GetCustomerSatisfactionRequest, QueryMetricRequest},
};
use rapport_status::reason_of;
use tonic::{Code, Status};

use crate::world::{World, answer, answer_set};

const REQUESTS: u32 = 600;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("surveys/hotel".to_owned()),
        Just("customers/li/satisfaction".to_owned()),
        Just("a\0b".to_owned()),
        Just("'; DROP TABLE metric_rollup; --".to_owned()),
        Just("%_\\".to_owned()),
        Just("x".repeat(5_000)),
        "\\PC{0,40}",
    ]
}

fn date() -> impl Strategy<Value = Option<Date>> {
    let part = || {
        prop_oneof![
            Just(0),
            Just(1),
            Just(12),
            Just(31),
            Just(i32::MAX),
            Just(i32::MIN),
            any::<i32>()
        ]
    };
    let year = prop_oneof![1..=9_999, part()];
    proptest::option::of((year, part(), part()).prop_map(|(year, month, day)| Date { year, month, day }))
}

fn query() -> impl Strategy<Value = QueryMetricRequest> {
    let numbers = || prop_oneof![3 => 0..=6, 1 => any::<i32>()];
    let level = prop_oneof![
        Just(0.0),
        0.5..0.999,
        Just(f64::NAN),
        Just(f64::NEG_INFINITY),
        any::<f64>()
    ];
    let texts = (
        text(),
        text(),
        text(),
        text(),
        prop_oneof![3 => Just(String::new()), 1 => text()],
    );
    let others = (
        numbers(),
        proptest::collection::vec(numbers(), 0..7),
        level,
        numbers(),
    );
    (texts, others, date(), date()).prop_map(|(texts, others, start_date, end_date)| QueryMetricRequest {
        survey: texts.0,
        question: texts.1,
        touchpoint: texts.2,
        location: texts.3,
        page_token: texts.4,
        metric: others.0,
        group_by: others.1,
        confidence_level: others.2,
        page_size: others.3,
        start_date,
        end_date,
    })
}

fn check<T>(outcome: Result<T, Status>) -> Result<(), TestCaseError> {
    if let Err(status) = outcome {
        prop_assert!(
            !matches!(status.code(), Code::Internal | Code::Unknown),
            "{status:?}"
        );
        prop_assert!(
            reason_of(&status).is_some(),
            "an error without a reason: {status:?}"
        );
    }
    Ok(())
}

#[test]
fn random_requests_are_answered_or_refused_with_a_reason() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = runtime.block_on(async {
        let world = World::new().await;
        let answers = vec![answer(ScoreKind::Recommendation, 9), answer(ScoreKind::Likert, 4)];
        world.score(&[answer_set("a", answers)]).await;
        world
    });
    let config = ProptestConfig {
        cases: REQUESTS,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config.clone())
        .run(&query(), |request| check(runtime.block_on(world.query(request))))
        .unwrap();
    TestRunner::new(config)
        .run(&text(), |name| {
            let request = GetCustomerSatisfactionRequest { name };
            check(runtime.block_on(world.client.clone().get_customer_satisfaction(request)))
        })
        .unwrap();
}
