//! The service over a real store, called through the real server.

use jiff::Timestamp;
use prost::{Message, Name};
use rapport_clock::ManualClock;
use rapport_contract::{
    google::r#type::Money,
    loyalty::v1::{
        Balance, CreateProgramRequest, EarnPointsRequest, EarningRule, EnrolMemberRequest, GetBalanceRequest,
        Hold, LedgerSummary, ListTransactionsRequest, Program, RedeemPointsRequest, ReservePointsRequest,
        SummarizeLedgerRequest, Transaction, VerifyLedgerRequest, ledger_service_client::LedgerServiceClient,
        loyalty_service_client::LoyaltyServiceClient, reward_service_client::RewardServiceClient,
        tier_service_client::TierServiceClient,
    },
    profile::v1::{PurchaseKind, PurchaseRecorded},
};
use rapport_events::{Event, outbox};
use rapport_listing::TokenKey;
use rapport_loyalty::{Loyalty, Parts, migrations};
use rapport_server::{Credentials, Server};
use rapport_storage::{MigrationList, Store};
use rapport_testkit::{Serving, TemporaryStore};
use sea_orm::{ConnectionTrait as _, Statement};
use tonic::{Status, transport::Channel};

pub(crate) const TENANT: &str = "hotel";
pub(crate) const PROGRAM: &str = "programs/stars";

/// The running service.
pub(crate) struct Fixture {
    pub(crate) store: TemporaryStore,
    pub(crate) clock: ManualClock,
    pub(crate) loyalty: Loyalty,
    pub(crate) client: LoyaltyServiceClient<Channel>,
    pub(crate) ledger: LedgerServiceClient<Channel>,
    pub(crate) rewards: RewardServiceClient<Channel>,
    pub(crate) tiers: TierServiceClient<Channel>,
    pub(crate) serving: Serving,
}

/// A running service on a store that others may use too.
pub(crate) struct Replica {
    pub(crate) loyalty: Loyalty,
    pub(crate) client: LoyaltyServiceClient<Channel>,
    pub(crate) serving: Serving,
}

impl Replica {
    pub(crate) async fn start(store: Store, clock: &ManualClock, tenant: &str) -> Self {
        let parts = Parts {
            store,
            clock: clock.clock(),
            token_key: TokenKey::new([7; 32]),
        };
        let loyalty = Loyalty::open(parts).await.unwrap();
        let credentials = Credentials::Local {
            tenant: tenant.to_owned(),
        };
        let server = loyalty.add_to(Server::new(credentials, clock.clock()).unwrap());
        let serving = Serving::start(server);
        let client = LoyaltyServiceClient::new(serving.channel.clone());
        Self {
            loyalty,
            client,
            serving,
        }
    }
}

impl Fixture {
    /// A service without any program, on 15 January 2026.
    pub(crate) async fn new() -> Self {
        let store = TemporaryStore::new(MigrationList(migrations)).await;
        let clock = ManualClock::at(moment("2026-01-15T10:00:00Z"));
        let Replica {
            loyalty,
            client,
            serving,
        } = Replica::start(store.store.clone(), &clock, TENANT).await;
        Self {
            store,
            clock,
            loyalty,
            client,
            ledger: LedgerServiceClient::new(serving.channel.clone()),
            rewards: RewardServiceClient::new(serving.channel.clone()),
            tiers: TierServiceClient::new(serving.channel.clone()),
            serving,
        }
    }

    /// The same database, served to another tenant.
    pub(crate) async fn another_tenant(&self) -> Replica {
        Replica::start(self.store().clone(), &self.clock, "another").await
    }

    /// A second service on the same database, with connections and a committer of its own.
    pub(crate) async fn replica(&self) -> Replica {
        Replica::start(self.store.again().await, &self.clock, TENANT).await
    }

    /// A service with the program of [`stars`].
    pub(crate) async fn with_program() -> Self {
        let mut fixture = Self::new().await;
        fixture.create_program("stars", stars()).await.unwrap();
        fixture
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store.store
    }

    pub(crate) fn channel(&self) -> Channel {
        self.serving.channel.clone()
    }

    pub(crate) fn at(&self, text: &str) {
        self.clock.set(moment(text));
    }

    pub(crate) async fn create_program(&mut self, id: &str, program: Program) -> Result<Program, Status> {
        let request = CreateProgramRequest {
            program_id: id.to_owned(),
            program: Some(program),
        };
        Ok(self.client.create_program(request).await?.into_inner())
    }

    /// Enrols a customer under the customer's id and gives the name of the member.
    pub(crate) async fn enrol(&mut self, customer: &str) -> String {
        let request = EnrolMemberRequest {
            parent: PROGRAM.to_owned(),
            customer: format!("customers/{customer}"),
            member_id: String::new(),
        };
        self.client.enrol_member(request).await.unwrap().into_inner().name
    }

    pub(crate) async fn earn(
        &mut self,
        request_id: &str,
        member: &str,
        points: i64,
    ) -> Result<Transaction, Status> {
        let request = EarnPointsRequest {
            request_id: request_id.to_owned(),
            member: member.to_owned(),
            points,
            reason: "welcome".to_owned(),
            expire_time: None,
            ..EarnPointsRequest::default()
        };
        Ok(self.client.earn_points(request).await?.into_inner())
    }

    pub(crate) async fn redeem(
        &mut self,
        request_id: &str,
        member: &str,
        points: i64,
    ) -> Result<Transaction, Status> {
        Ok(self
            .client
            .clone()
            .redeem_points(redemption(request_id, member, points))
            .await?
            .into_inner())
    }

    pub(crate) async fn reserve(
        &mut self,
        request_id: &str,
        member: &str,
        points: i64,
    ) -> Result<Hold, Status> {
        let request = ReservePointsRequest {
            request_id: request_id.to_owned(),
            member: member.to_owned(),
            points,
            reason: "order 7".to_owned(),
            hold_seconds: 0,
            ..ReservePointsRequest::default()
        };
        Ok(self.client.reserve_points(request).await?.into_inner())
    }

    pub(crate) async fn balance(&mut self, member: &str) -> Balance {
        let request = GetBalanceRequest {
            name: format!("{member}/balance"),
            ..GetBalanceRequest::default()
        };
        self.client.get_balance(request).await.unwrap().into_inner()
    }

    pub(crate) async fn available(&mut self, member: &str) -> i64 {
        self.balance(member).await.available_points
    }

    /// The statement, the oldest first.
    pub(crate) async fn statement(&self, member: &str) -> Vec<Transaction> {
        let request = ListTransactionsRequest {
            parent: member.to_owned(),
            page_size: 1_000,
            order_by: "post_time".to_owned(),
            ..ListTransactionsRequest::default()
        };
        self.client
            .clone()
            .list_transactions(request)
            .await
            .unwrap()
            .into_inner()
            .transactions
    }

    pub(crate) async fn summary(&mut self) -> LedgerSummary {
        let request = SummarizeLedgerRequest {
            program: PROGRAM.to_owned(),
            ..SummarizeLedgerRequest::default()
        };
        self.client.summarize_ledger(request).await.unwrap().into_inner()
    }

    /// Recomputes the ledger and gives what does not hold.
    pub(crate) async fn differences(&mut self) -> Vec<String> {
        differences(&mut self.client).await
    }

    pub(crate) fn event<M: Message + Name>(&self, key: &str, message: &M) -> Event {
        outbox::event(&self.clock.clock(), TENANT, key, message)
    }

    /// Has the service take events.
    pub(crate) async fn deliver(&self, events: &[Event]) {
        for consumer in self.loyalty.consumers() {
            consumer.handle(events).await.unwrap();
        }
    }

    /// Books what is due, as the timer does.
    pub(crate) async fn book_due(&self) {
        for timer in self.loyalty.timers() {
            timer.run().await.unwrap();
        }
    }

    /// Numbers that a query gives in its first column, as a column named `number`.
    pub(crate) async fn numbers(&self, sql: &str) -> Vec<i64> {
        let connection = self.store().read();
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let rows = connection.query_all_raw(statement).await.unwrap();
        rows.iter()
            .map(|row| row.try_get("", "number").unwrap())
            .collect()
    }

    /// The messages of a topic that wait in the outbox, in their order.
    pub(crate) async fn outbox(&self, topic: &str) -> Vec<Vec<u8>> {
        let connection = self.store().read();
        let sql = format!("SELECT payload FROM outbox WHERE topic = '{topic}' ORDER BY sequence");
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let rows = connection.query_all_raw(statement).await.unwrap();
        rows.iter()
            .map(|row| row.try_get("", "payload").unwrap())
            .collect()
    }

    /// Changes the store behind the back of the service.
    pub(crate) async fn tamper(&self, sql: &str) {
        assert!(self.can_execute(sql).await, "the database refuses {sql}");
    }

    /// Whether the database carries a statement out.
    pub(crate) async fn can_execute(&self, sql: &str) -> bool {
        let sql = &sql;
        self.store()
            .write("tamper", |transaction| async move {
                match transaction.connection().execute_unprepared(sql).await {
                    Ok(_) => transaction.commit(true).await,
                    Err(_) => transaction.abandon(false).await,
                }
            })
            .await
            .unwrap()
    }
}

/// Has the ledger recomputed and gives what does not hold.
pub(crate) async fn differences(client: &mut LoyaltyServiceClient<Channel>) -> Vec<String> {
    let mut stream = client
        .verify_ledger(VerifyLedgerRequest {})
        .await
        .unwrap()
        .into_inner();
    let mut differences = Vec::new();
    let mut done = false;
    while let Some(progress) = stream.message().await.unwrap() {
        assert!(!done, "nothing comes after the last message");
        done = progress.done;
        differences.extend(progress.differences);
        assert_eq!(
            progress.difference_count,
            i64::try_from(differences.len()).unwrap()
        );
    }
    assert!(done, "the last message says so");
    differences
}

pub(crate) fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// One point for each dollar, for a year.
pub(crate) fn stars() -> Program {
    Program {
        title: "Stars".to_owned(),
        earning_rule: Some(EarningRule {
            currency_code: "USD".to_owned(),
            points: 1,
            per_amount_minor: 100,
        }),
        lifetime_months: 12,
        ..Program::default()
    }
}

pub(crate) fn redemption(request_id: &str, member: &str, points: i64) -> RedeemPointsRequest {
    RedeemPointsRequest {
        request_id: request_id.to_owned(),
        member: member.to_owned(),
        points,
        reason: "a free night".to_owned(),
        ..RedeemPointsRequest::default()
    }
}

pub(crate) fn dollars(cents: i64) -> Money {
    Money {
        currency_code: "USD".to_owned(),
        units: cents / 100,
        nanos: i32::try_from(cents % 100).unwrap() * 10_000_000,
    }
}

/// A sale of so many cents.
pub(crate) fn sale(customer: &str, source_id: &str, cents: i64) -> PurchaseRecorded {
    PurchaseRecorded {
        customer: format!("customers/{customer}"),
        purchase: format!("customers/{customer}/purchases/{source_id}"),
        source: "pos".to_owned(),
        source_id: source_id.to_owned(),
        kind: PurchaseKind::Sale.into(),
        amount: Some(dollars(cents)),
        quantity: 1,
        ..PurchaseRecorded::default()
    }
}

/// A return of so many cents of a sale.
pub(crate) fn give_back(customer: &str, source_id: &str, original: &str, cents: i64) -> PurchaseRecorded {
    PurchaseRecorded {
        kind: PurchaseKind::Return.into(),
        original_source_id: original.to_owned(),
        ..sale(customer, source_id, cents)
    }
}
