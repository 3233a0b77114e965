//! The profile service behind the real server, over a pipe in memory, on a real store.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod customers;
mod events;
mod hostile;
mod imports;
mod lifecycle;
mod missing_parts;
mod purchases;
mod reference;
mod replicas;
mod sealed;
mod sisters;
mod timeline;
mod values;
mod view;

use futures::stream;
use rapport_client::{CallPolicy, Sister};
use rapport_clock::ManualClock;
use rapport_contract::{
    google::r#type::{Date, Money},
    profile::v1::{
        CreateCustomerRequest, Customer, EvaluateCustomersRequest, Evaluation, Identity, IdentityType,
        ImportPurchasesRequest, ImportPurchasesResponse, Purchase, PurchaseKind, PurchaseLine, PurchaseRow,
        RecordPurchaseRequest, profile_service_client::ProfileServiceClient, purchase_row::Owner,
    },
};
use rapport_events::{Event, Relay};
use rapport_listing::TokenKey;
use rapport_privacy::MasterKeys;
use rapport_profile::{Parts, Profile, Sisters};
use rapport_server::{Credentials, Server, in_process};
use rapport_storage::{MigrationList, Store, tables::outbox};
use rapport_testkit::{Serving, TemporaryStore};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tonic::{Status, transport::Channel};

/// A profile service that a test has to itself.
struct Bench {
    client: ProfileServiceClient<Channel>,
    clock: ManualClock,
    profile: Profile,
    store: TemporaryStore,
    _serving: Serving,
}

impl Bench {
    /// A service whose sister services do not answer.
    async fn new() -> Self {
        // Nobody takes connections from the other end.
        let (nobody, _) = in_process::transport();
        Self::with_sisters(nobody).await
    }

    /// A service whose sister services are all reached through one channel.
    async fn with_sisters(sisters: Channel) -> Self {
        let over = |name| Sister::over(name, sisters.clone(), CallPolicy::default());
        Self::calling(Sisters {
            feedback: over("feedback"),
            satisfaction: over("satisfaction"),
            loyalty: over("loyalty"),
        })
        .await
    }

    /// A service that calls these sister services.
    async fn calling(sisters: Sisters) -> Self {
        let store = TemporaryStore::new(MigrationList(rapport_profile::migrations)).await;
        let clock = ManualClock::at("2026-01-15T12:00:00Z".parse().unwrap());
        let profile = Profile::open(Parts {
            store: store.store.clone(),
            clock: clock.clock(),
            token_key: TokenKey::new([7; 32]),
            master_keys: MasterKeys::new([8; 32], &[]),
            sisters,
        })
        .await
        .unwrap();
        let credentials = Credentials::Local {
            tenant: "hotel".to_owned(),
        };
        let server = Server::new(credentials, clock.clock())
            .unwrap()
            .with(profile.server());
        let serving = Serving::start(server);
        Self {
            client: ProfileServiceClient::new(serving.channel.clone()),
            clock,
            profile,
            store,
            _serving: serving,
        }
    }

    /// A client of another tenant of the same service.
    fn client_of(&self, tenant: &str) -> ProfileServiceClient<Channel> {
        let credentials = Credentials::Local {
            tenant: tenant.to_owned(),
        };
        let server = Server::new(credentials, self.clock.clock()).unwrap();
        ProfileServiceClient::new(Serving::start(server.with(self.profile.server())).channel.clone())
    }

    /// A client of another replica, which has connections of its own to the same data.
    async fn replica(&self) -> ProfileServiceClient<Channel> {
        let (nobody, _) = in_process::transport();
        let over = |name| Sister::over(name, nobody.clone(), CallPolicy::default());
        let profile = Profile::open(Parts {
            store: self.store.again().await,
            clock: self.clock.clock(),
            token_key: TokenKey::new([7; 32]),
            master_keys: MasterKeys::new([8; 32], &[]),
            sisters: Sisters {
                feedback: over("feedback"),
                satisfaction: over("satisfaction"),
                loyalty: over("loyalty"),
            },
        })
        .await
        .unwrap();
        let credentials = Credentials::Local {
            tenant: "hotel".to_owned(),
        };
        let server = Server::new(credentials, self.clock.clock()).unwrap();
        ProfileServiceClient::new(Serving::start(server.with(profile.server())).channel.clone())
    }

    fn store(&self) -> &Store {
        &self.store.store
    }

    fn set_time(&self, moment: &str) {
        self.clock.set(moment.parse().unwrap());
    }

    /// Hands all waiting events to the service's own consumers, and waits until they have taken them.
    async fn settle(&self) {
        let relay = Relay::start(
            vec![self.store().clone()],
            &self.profile.consumers(),
            &self.clock.clock(),
        );
        rapport_testkit::settle(&relay).await;
        relay.stop().await;
    }

    async fn create(&self, id: &str) -> Customer {
        self.try_create(id, Customer::default()).await.unwrap()
    }

    async fn try_create(&self, id: &str, customer: Customer) -> Result<Customer, Status> {
        let request = CreateCustomerRequest {
            customer_id: id.to_owned(),
            customer: Some(customer),
        };
        Ok(self.client.clone().create_customer(request).await?.into_inner())
    }

    async fn record(&self, customer: &str, purchase: Purchase) -> Result<Purchase, Status> {
        let request = RecordPurchaseRequest {
            parent: format!("customers/{customer}"),
            purchase: Some(purchase),
        };
        Ok(self.client.clone().record_purchase(request).await?.into_inner())
    }

    async fn import(&self, messages: Vec<ImportPurchasesRequest>) -> Result<ImportPurchasesResponse, Status> {
        let answer = self
            .client
            .clone()
            .import_purchases(stream::iter(messages))
            .await?;
        Ok(answer.into_inner())
    }

    async fn evaluate(&self, as_of: &str) -> Evaluation {
        let request = EvaluateCustomersRequest {
            as_of_date: Some(date(as_of)),
            currency_code: String::new(),
        };
        self.client
            .clone()
            .evaluate_customers(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// All events so far, in order.
    async fn events(&self) -> Vec<Event> {
        let rows = outbox::Entity::find()
            .order_by_asc(outbox::Column::Sequence)
            .all(self.store().read())
            .await
            .unwrap();
        rows.into_iter()
            .map(|row| Event {
                id: row.event_id,
                tenant: row.tenant,
                key: row.key,
                topic: row.topic,
                payload: row.payload,
                occurred_at: jiff::Timestamp::from_microsecond(row.occurred_at).unwrap(),
                trace_parent: row.trace_parent,
            })
            .collect()
    }

    /// The names of their messages, without the package.
    async fn topics(&self) -> Vec<String> {
        let events = self.events().await;
        events
            .into_iter()
            .map(|event| event.topic.rsplit('.').next().unwrap().to_owned())
            .collect()
    }

    async fn count_of(&self, topic: &str) -> usize {
        self.topics().await.iter().filter(|known| *known == topic).count()
    }
}

fn external(system: &str, value: &str) -> Identity {
    Identity {
        r#type: IdentityType::External.into(),
        system: system.to_owned(),
        value: value.to_owned(),
        verified: false,
    }
}

fn email(value: &str) -> Identity {
    Identity {
        r#type: IdentityType::Email.into(),
        value: value.to_owned(),
        ..Identity::default()
    }
}

fn money(cents: i64) -> Money {
    Money {
        currency_code: "USD".to_owned(),
        units: cents / 100,
        nanos: i32::try_from(cents % 100).unwrap() * 10_000_000,
    }
}

fn date(text: &str) -> Date {
    rapport_contract::instant::date_to_wire(text.parse().unwrap())
}

fn sale(source_id: &str, day: &str, cents: i64) -> Purchase {
    let time = format!("{day}T10:00:00Z").parse().unwrap();
    Purchase {
        source: "shop".to_owned(),
        source_id: source_id.to_owned(),
        kind: PurchaseKind::Sale.into(),
        purchase_time: Some(rapport_contract::instant::to_wire(time)),
        amount: Some(money(cents)),
        quantity: 1,
        ..Purchase::default()
    }
}

fn with_lines(purchase: Purchase, lines: &[(&str, i64)]) -> Purchase {
    Purchase {
        channel: "app".to_owned(),
        lines: lines
            .iter()
            .map(|(id, cents)| PurchaseLine {
                line_id: (*id).to_owned(),
                sku: format!("sku-{id}"),
                category: "coffee".to_owned(),
                quantity: 1,
                amount_minor: *cents,
            })
            .collect(),
        ..purchase
    }
}

fn returned(source_id: &str, day: &str, cents: i64) -> Purchase {
    Purchase {
        kind: PurchaseKind::Return.into(),
        ..sale(source_id, day, cents)
    }
}

fn row(number: i64, identity: Identity, purchase: Purchase) -> PurchaseRow {
    PurchaseRow {
        row: number,
        owner: Some(Owner::Identity(identity)),
        purchase: Some(purchase),
    }
}

/// Fails unless the call was refused for the reason.
#[track_caller]
fn assert_refused<T: std::fmt::Debug>(outcome: Result<T, Status>, reason: &str) -> Status {
    let status = outcome.expect_err("the call should have been refused");
    assert_eq!(
        rapport_testkit::reason(&status),
        reason,
        "{}",
        rapport_testkit::described(&status)
    );
    status
}
