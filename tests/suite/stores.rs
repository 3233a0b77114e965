//! The files of a data folder, looked at and changed behind the program's back.

use std::{path::Path, time::Duration};

use rapport_storage::{
    Location, Store,
    tables::{dead_letter, outbox},
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, sea_query::Expr};

/// The services that have a store.
pub(crate) const SERVICES: [&str; 4] = ["profile", "feedback", "satisfaction", "loyalty"];

/// The stores of all services in a data folder.
pub(crate) struct Stores(Vec<Store>);

impl Stores {
    /// Opens the stores of a folder; the suite may be running or not.
    pub(crate) async fn open(data: &Path) -> Self {
        let mut stores = Vec::new();
        for service in SERVICES {
            let store = Store::open(&Location::in_folder(data, service)).await;
            stores.push(store.unwrap_or_else(|error| panic!("the store of {service}: {}", error.chain())));
        }
        Self(stores)
    }

    /// Waits until every event has been handed on, with all that follow from it; fails after two minutes.
    pub(crate) async fn settle(&self) {
        // An event can cause another in another store: all must be found empty several times in a row.
        let mut empty_in_a_row = 0;
        for _ in 0..12_000 {
            if self.waiting().await == 0 {
                empty_in_a_row += 1;
                if empty_in_a_row == 4 {
                    return;
                }
            } else {
                empty_in_a_row = 0;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!(
            "{} events still wait in the outboxes after two minutes",
            self.waiting().await
        );
    }

    async fn waiting(&self) -> u64 {
        let mut waiting = 0;
        for store in &self.0 {
            let rows = outbox::Entity::find().filter(outbox::Column::RelayedAt.is_null());
            waiting += rows.count(store.read()).await.expect("outboxes can be counted");
        }
        waiting
    }

    /// Number of events ever written.
    pub(crate) async fn events(&self) -> u64 {
        let mut events = 0;
        for store in &self.0 {
            events += outbox::Entity::find()
                .count(store.read())
                .await
                .expect("outboxes can be counted");
        }
        events
    }

    /// The events that a consumer could not take, with the reasons.
    pub(crate) async fn dead_letters(&self) -> Vec<String> {
        let mut letters = Vec::new();
        for store in &self.0 {
            let rows = dead_letter::Entity::find()
                .all(store.read())
                .await
                .expect("dead letters can be read");
            letters.extend(
                rows.into_iter()
                    .map(|row| format!("{} for {}: {}", row.topic, row.consumer, row.reason)),
            );
        }
        letters
    }

    /// Marks every event as not handed on: the suite hands all of them on again.
    pub(crate) async fn hand_on_again(&self) {
        for store in &self.0 {
            let marked = store
                .write("hand_on_again", |transaction| async move {
                    outbox::Entity::update_many()
                        .col_expr(outbox::Column::RelayedAt, Expr::value(Option::<i64>::None))
                        .exec(transaction.connection())
                        .await
                        .expect("outboxes can be changed");
                    transaction.commit(()).await
                })
                .await;
            marked.unwrap_or_else(|error| panic!("{}", error.chain()));
        }
    }

    /// Closes the files.
    pub(crate) async fn close(self) {
        for store in self.0 {
            store.close().await.expect("a store closes");
        }
    }
}
