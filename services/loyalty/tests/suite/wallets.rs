//! Wallets: kinds of points with rules of their own.

use rapport_contract::loyalty::v1::{
    Activity, Balance, CreateWalletRequest, DayOfYear, DebtPolicy, EarnPointsRequest, Expiry,
    FixedDaysExpiry, GetBalancesRequest, GetProgramRequest, GetWalletRequest, ListLotsRequest,
    ListTransactionsRequest, Lot, ReservePointsRequest, ReverseTransactionRequest, RollingExpiry,
    SlidingExpiry, SummarizeLedgerRequest, TransactionKind, UpdateWalletRequest, Wallet, expiry::Policy,
};
use rapport_testkit::{described, reason};
use tonic::Status;

use crate::fixture::{Fixture, PROGRAM, moment, redemption};

fn miles() -> Wallet {
    Wallet {
        title: "Miles".to_owned(),
        expiry: Some(Expiry {
            policy: Some(Policy::Rolling(RollingExpiry {
                months: 36,
                ..RollingExpiry::default()
            })),
        }),
        ..Wallet::default()
    }
}

async fn create(fixture: &mut Fixture, id: &str, wallet: Wallet) -> Result<Wallet, Status> {
    let request = CreateWalletRequest {
        parent: PROGRAM.to_owned(),
        wallet_id: id.to_owned(),
        wallet: Some(wallet),
    };
    Ok(fixture.ledger.create_wallet(request).await?.into_inner())
}

async fn update(fixture: &mut Fixture, id: &str, wallet: Wallet) -> Result<Wallet, Status> {
    let request = UpdateWalletRequest {
        wallet: Some(Wallet {
            name: format!("{PROGRAM}/wallets/{id}"),
            ..wallet
        }),
        update_mask: None,
    };
    Ok(fixture.ledger.update_wallet(request).await?.into_inner())
}

pub(crate) fn earning(id: &str, member: &str, points: i64, wallet: &str) -> EarnPointsRequest {
    EarnPointsRequest {
        request_id: id.to_owned(),
        member: member.to_owned(),
        points,
        reason: "a flight".to_owned(),
        wallet: wallet.to_owned(),
        ..EarnPointsRequest::default()
    }
}

async fn balances(fixture: &mut Fixture, member: &str) -> Vec<Balance> {
    let request = GetBalancesRequest {
        name: member.to_owned(),
    };
    fixture
        .ledger
        .get_balances(request)
        .await
        .unwrap()
        .into_inner()
        .balances
}

pub(crate) async fn lots(fixture: &mut Fixture, member: &str, wallet: &str) -> Vec<Lot> {
    let request = ListLotsRequest {
        parent: member.to_owned(),
        wallet: wallet.to_owned(),
        ..ListLotsRequest::default()
    };
    fixture.ledger.list_lots(request).await.unwrap().into_inner().lots
}

#[tokio::test]
async fn a_wallet_that_is_added_while_the_program_lives_is_used_at_once_and_keeps_to_itself() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("before", &member, 10).await.unwrap();
    let created = create(&mut fixture, "miles", miles()).await.unwrap();
    assert_eq!(created.name, format!("{PROGRAM}/wallets/miles"));
    assert_eq!(
        create(&mut fixture, "miles", miles()).await.unwrap(),
        created,
        "the same again"
    );

    let given = fixture
        .client
        .earn_points(earning("m", &member, 700, "miles"))
        .await;
    let given = given.unwrap().into_inner();
    assert_eq!((given.wallet.as_str(), given.available_points), ("miles", 700));
    assert!(
        given.name.starts_with(&format!("{member}/transactions/miles.")),
        "{}",
        given.name
    );
    let told: Vec<(String, i64)> = balances(&mut fixture, &member)
        .await
        .into_iter()
        .map(|balance| (balance.wallet, balance.available_points))
        .collect();
    assert_eq!(told, [("miles".to_owned(), 700), ("points".to_owned(), 10)]);

    let mut spending = redemption("r", &member, 701);
    spending.wallet = "miles".to_owned();
    let refused = fixture.client.redeem_points(spending.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "INSUFFICIENT_POINTS");
    spending.points = 200;
    fixture.client.redeem_points(spending).await.unwrap();
    let statement = ListTransactionsRequest {
        parent: member.clone(),
        wallet: "miles".to_owned(),
        ..ListTransactionsRequest::default()
    };
    let statement = fixture
        .client
        .list_transactions(statement)
        .await
        .unwrap()
        .into_inner();
    let told: Vec<i64> = statement.transactions.iter().map(|told| told.points).collect();
    assert_eq!(told, [-200, 700]);
    assert_eq!(
        fixture.statement(&member).await.len(),
        1,
        "that of points has its own"
    );

    let summary = SummarizeLedgerRequest {
        program: PROGRAM.to_owned(),
        wallet: "miles".to_owned(),
    };
    let summary = fixture
        .client
        .summarize_ledger(summary)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((summary.outstanding_points, summary.redeemed_points), (500, 200));
    assert_eq!(fixture.summary().await.outstanding_points, 10);
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn holds_and_reversals_find_the_wallet_by_their_names() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    create(&mut fixture, "miles", miles()).await.unwrap();
    fixture
        .client
        .earn_points(earning("m", &member, 700, "miles"))
        .await
        .unwrap();
    let reservation = ReservePointsRequest {
        request_id: "h".to_owned(),
        member: member.clone(),
        points: 300,
        reason: "a seat".to_owned(),
        wallet: "miles".to_owned(),
        ..ReservePointsRequest::default()
    };
    let hold = fixture
        .client
        .reserve_points(reservation)
        .await
        .unwrap()
        .into_inner();
    let capture = rapport_contract::loyalty::v1::CaptureHoldRequest {
        request_id: "c".to_owned(),
        name: hold.name.clone(),
        points: 250,
    };
    let spent = fixture.client.capture_hold(capture).await.unwrap().into_inner();
    assert_eq!(
        (spent.points, spent.wallet.as_str(), &spent.cause),
        (-250, "miles", &hold.name)
    );
    let refund = ReverseTransactionRequest {
        request_id: "back".to_owned(),
        name: spent.name.clone(),
        points: 100,
        reason: "the seat was narrow".to_owned(),
    };
    let back = fixture
        .ledger
        .reverse_transaction(refund)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (back.kind(), back.points, back.available_points, &back.reverses),
        (TransactionKind::Refund, 100, 550, &spent.name)
    );
    assert_eq!(
        back.lots[0].lot, spent.lots[0].lot,
        "it goes back to the lot that it came from"
    );
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn every_program_has_the_wallet_points_and_its_terms_can_become_its_own() {
    let mut fixture = Fixture::with_program().await;
    let get = |id: &str| GetWalletRequest {
        name: format!("{PROGRAM}/wallets/{id}"),
    };
    let first = fixture
        .ledger
        .get_wallet(get("points"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((first.title.as_str(), first.etag.as_str()), ("Points", "0"));
    let changed = Wallet {
        title: "Stars".to_owned(),
        etag: first.etag.clone(),
        ..Wallet::default()
    };
    let changed = update(&mut fixture, "points", changed).await.unwrap();
    assert_eq!((changed.title.as_str(), changed.etag.as_str()), ("Stars", "1"));
    assert_eq!(changed.expiry, first.expiry, "what was not named stays");
    let late = Wallet {
        title: "Suns".to_owned(),
        etag: first.etag,
        ..Wallet::default()
    };
    let refused = update(&mut fixture, "points", late).await.unwrap_err();
    assert_eq!(reason(&refused), "ETAG_MISMATCH");
    let request = GetProgramRequest {
        name: PROGRAM.to_owned(),
    };
    let program = fixture.client.get_program(request).await.unwrap().into_inner();
    assert_eq!(program.wallets, [changed]);
    let refused = fixture.ledger.get_wallet(get("miles")).await.unwrap_err();
    assert_eq!(reason(&refused), "WALLET_NOT_FOUND");
}

#[tokio::test]
async fn a_wallet_that_cannot_work_is_refused_with_every_reason() {
    let mut fixture = Fixture::with_program().await;
    create(&mut fixture, "miles", miles()).await.unwrap();
    let other = Wallet {
        title: "Other".to_owned(),
        ..Wallet::default()
    };
    let refused = create(&mut fixture, "miles", other).await.unwrap_err();
    assert_eq!(reason(&refused), "WALLET_ALREADY_EXISTS");
    let never = Wallet {
        title: " ".to_owned(),
        expiry: Some(Expiry {
            policy: Some(Policy::FixedDays(FixedDaysExpiry {
                days: vec![DayOfYear { month: 2, day: 30 }],
                at_least_months: 0,
            })),
        }),
        ..Wallet::default()
    };
    let refused = create(&mut fixture, "never", never).await.unwrap_err();
    assert_eq!(reason(&refused), "INVALID_WALLET");
    let told = described(&refused);
    for field in ["wallet.title", "wallet.expiry.fixed_days.days[0]"] {
        assert!(told.contains(field), "{told}");
    }
    let member = fixture.enrol("ann").await;
    let unknown = fixture.client.earn_points(earning("x", &member, 1, "gems")).await;
    assert_eq!(reason(&unknown.unwrap_err()), "WALLET_NOT_FOUND");
}

#[tokio::test]
async fn points_expire_on_the_days_of_the_wallet_in_the_time_zone_of_the_program() {
    let mut fixture = Fixture::new().await;
    let program = rapport_contract::loyalty::v1::Program {
        time_zone: "Asia/Shanghai".to_owned(),
        ..crate::fixture::stars()
    };
    fixture.create_program("stars", program).await.unwrap();
    let yearly = Wallet {
        title: "Miles".to_owned(),
        expiry: Some(Expiry {
            policy: Some(Policy::FixedDays(FixedDaysExpiry {
                days: vec![DayOfYear { month: 3, day: 31 }],
                at_least_months: 3,
            })),
        }),
        ..Wallet::default()
    };
    create(&mut fixture, "miles", yearly).await.unwrap();
    let member = fixture.enrol("ann").await;
    // It is 16 January there, and three months later the day of this year is over.
    fixture.at("2026-01-15T17:00:00Z");
    fixture
        .client
        .earn_points(earning("m", &member, 5, "miles"))
        .await
        .unwrap();
    let told = lots(&mut fixture, &member, "miles").await;
    let expires = rapport_contract::instant::to_wire(moment("2027-03-31T16:00:00Z"));
    assert_eq!(told[0].expire_time, Some(expires));
    fixture.at("2027-03-31T16:00:00Z");
    assert!(
        lots(&mut fixture, &member, "miles").await.is_empty(),
        "what has expired is gone at once"
    );
    fixture.book_due().await;
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn with_sliding_expiry_every_activity_moves_the_end_of_all_points() {
    let mut fixture = Fixture::with_program().await;
    let sliding = Wallet {
        title: "Miles".to_owned(),
        expiry: Some(Expiry {
            policy: Some(Policy::Sliding(SlidingExpiry {
                months: 12,
                activities: vec![Activity::Redeeming.into()],
            })),
        }),
        ..Wallet::default()
    };
    create(&mut fixture, "miles", sliding).await.unwrap();
    let member = fixture.enrol("ann").await;
    fixture
        .client
        .earn_points(earning("a", &member, 100, "miles"))
        .await
        .unwrap();
    fixture.at("2026-06-01T10:00:00Z");
    fixture
        .client
        .earn_points(earning("b", &member, 100, "miles"))
        .await
        .unwrap();
    let ends = |lots: &[Lot]| -> Vec<String> {
        let ends = lots.iter().map(|lot| lot.expire_time.unwrap());
        ends.map(|end| rapport_contract::instant::from_wire(&end).unwrap().to_string())
            .collect()
    };
    let told = lots(&mut fixture, &member, "miles").await;
    assert_eq!(ends(&told), ["2027-01-16T00:00:00Z", "2027-06-02T00:00:00Z"]);
    fixture.at("2026-08-10T10:00:00Z");
    let mut spending = redemption("r", &member, 30);
    spending.wallet = "miles".to_owned();
    fixture.client.redeem_points(spending).await.unwrap();
    let told = lots(&mut fixture, &member, "miles").await;
    assert_eq!(ends(&told), ["2027-08-11T00:00:00Z"; 2]);
    fixture.at("2027-08-11T00:00:00Z");
    assert!(lots(&mut fixture, &member, "miles").await.is_empty());
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn getting_points_can_move_the_end_of_all_points_as_well() {
    let mut fixture = Fixture::with_program().await;
    let sliding = Wallet {
        expiry: Some(Expiry {
            policy: Some(Policy::Sliding(SlidingExpiry {
                months: 12,
                activities: vec![Activity::Earning.into()],
            })),
        }),
        ..Wallet::default()
    };
    update(&mut fixture, "points", sliding).await.unwrap();
    let member = fixture.enrol("ann").await;
    fixture.earn("a", &member, 100).await.unwrap();
    fixture.at("2026-06-01T10:00:00Z");
    fixture.earn("b", &member, 10).await.unwrap();
    let told = lots(&mut fixture, &member, "").await;
    let end = rapport_contract::instant::to_wire(moment("2027-06-02T00:00:00Z"));
    assert_eq!(
        told.iter().map(|lot| lot.expire_time).collect::<Vec<_>>(),
        [Some(end); 2]
    );
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_owed_is_paid_by_the_next_points() {
    let mut fixture = Fixture::with_program().await;
    let unlimited = Wallet {
        debt_policy: DebtPolicy::Unlimited.into(),
        ..Wallet::default()
    };
    update(&mut fixture, "points", unlimited).await.unwrap();
    let member = fixture.enrol("ann").await;
    let gift = fixture.earn("gift", &member, 100).await.unwrap();
    fixture.redeem("r", &member, 70).await.unwrap();
    let reversal = ReverseTransactionRequest {
        request_id: "wrong".to_owned(),
        name: gift.name,
        points: 0,
        reason: "given by mistake".to_owned(),
    };
    let taken = fixture
        .ledger
        .reverse_transaction(reversal)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (taken.points, taken.debt_points, taken.shortfall_points),
        (-30, 70, 0)
    );
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.debt_points), (0, 70));
    fixture.earn("next", &member, 90).await.unwrap();
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.debt_points), (20, 0));
    let statement = fixture.statement(&member).await;
    let last = statement.last().unwrap();
    assert_eq!(
        (last.kind(), last.points, last.debt_points, last.available_points),
        (TransactionKind::PayDebt, -70, -70, 20)
    );
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}
