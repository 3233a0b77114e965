//! Codes of others, taken from a pool.

use std::collections::BTreeSet;

use futures::future::join_all;
use rapport_contract::loyalty::v1::{CodeReward, RefundPolicy, Reward, reward::Kind};
use rapport_testkit::reason;

use super::{english, price};
use crate::fixture::Fixture;

fn code_from(pool: &str) -> Reward {
    Reward {
        title: Some(english("A cinema ticket")),
        kind: Some(Kind::Code(CodeReward {
            code_pool: pool.to_owned(),
        })),
        prices: vec![price("full", 10, 0)],
        fulfils_at_once: true,
        refund: Some(RefundPolicy::default()),
        ..Reward::default()
    }
}

#[tokio::test]
async fn each_code_goes_to_one_redemption_however_many_want_one() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("welcome", &member, 1_000).await.unwrap();
    let missing = fixture
        .create_reward("it", code_from("cinema"))
        .await
        .unwrap_err();
    assert_eq!(reason(&missing), "CODE_POOL_NOT_FOUND");
    let codes: Vec<String> = (0..12).map(|number| format!("CODE-{number}")).collect();
    let imported = fixture.import("cinema", &codes.join("\n")).await.unwrap();
    assert_eq!(imported.imported_count, 12);
    let again = fixture.import("cinema", "CODE-3\nCODE-12\n\n").await.unwrap();
    assert_eq!(again.imported_count, 1, "a code is added once");
    fixture.create_reward("it", code_from("cinema")).await.unwrap();
    let low = fixture.set_low_at("cinema", 2).await;
    assert_eq!((low.low_at, low.free_count), (Some(2), 13));

    let answers = {
        let fixture = &fixture;
        let member = member.as_str();
        let calls = (0..40)
            .map(|caller| async move { fixture.redeem_units(&format!("caller-{caller}"), member, 1).await });
        join_all(calls).await
    };
    let shown: Vec<&String> = answers
        .iter()
        .filter_map(|answer| answer.as_ref().ok())
        .flat_map(|redemption| &redemption.codes)
        .collect();
    let different: BTreeSet<&&String> = shown.iter().collect();
    assert_eq!((shown.len(), different.len()), (13, 13), "{shown:?}");
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(reason(refused), "CODE_POOL_EMPTY");
    }
    let pool = fixture.pool("cinema").await;
    assert_eq!((pool.free_count, pool.taken_count, pool.shown_count), (0, 0, 13));
    assert_eq!(fixture.available(&member).await, 1_000 - 130);
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}
