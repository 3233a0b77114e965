//! Personal data at rest: rows of the version before, and what a rotation makes of them.

use rapport_clock::Clock;
use rapport_contract::profile::v1::{
    CreateCustomerRequest, Customer, GetCustomerRequest, Identity, ListCustomersRequest,
    LookupCustomerRequest, UpdateCustomerRequest,
};
use rapport_privacy::{MasterKeys, Privacy, Rotated, Scope, rotate};
use sea_orm::{ConnectionTrait as _, Statement};

use crate::{Bench, assert_refused, date, email, external};

/// A customer as the version before stored it.
const BEFORE: [&str; 3] = [
    "INSERT INTO customer (tenant, id, display_name, language, birth_date, attributes, create_time, update_time, version) \
     VALUES ('hotel', 'ada', 'Ada Lovelace', 'en-GB', -56270, '{\"room\":\"blue\"}', 1700000000000000, 1700000000000000, 3)",
    "INSERT INTO identity (tenant, kind, system, value, customer, verified, position) \
     VALUES ('hotel', 'EMAIL', '', 'ada@example.com', 'ada', TRUE, 0)",
    "INSERT INTO identity (tenant, kind, system, value, customer, verified, position) \
     VALUES ('hotel', 'EXTERNAL', 'pos', 'A 17', 'ada', FALSE, 1)",
];

async fn execute(bench: &Bench, sql: &str) {
    bench.store().read().execute_unprepared(sql).await.unwrap();
}

async fn before() -> Bench {
    let bench = Bench::new().await;
    for sql in BEFORE {
        execute(&bench, sql).await;
    }
    bench
}

fn ada() -> Customer {
    let mut email = email("ada@example.com");
    email.verified = true;
    Customer {
        name: "customers/ada".to_owned(),
        display_name: "Ada Lovelace".to_owned(),
        identities: vec![email, external("pos", "A 17")],
        language: "en-GB".to_owned(),
        birth_date: Some(date("1815-12-10")),
        attributes: [("room".to_owned(), "blue".to_owned())].into(),
        etag: "\"3\"".to_owned(),
        ..Customer::default()
    }
}

async fn get(bench: &Bench) -> Customer {
    let request = GetCustomerRequest {
        name: "customers/ada".to_owned(),
    };
    let customer = bench
        .client
        .clone()
        .get_customer(request)
        .await
        .unwrap()
        .into_inner();
    Customer {
        create_time: None,
        update_time: None,
        ..customer
    }
}

async fn find(bench: &Bench, identity: Identity) -> String {
    let request = LookupCustomerRequest {
        identity: Some(identity),
    };
    bench
        .client
        .clone()
        .lookup_customer(request)
        .await
        .unwrap()
        .into_inner()
        .name
}

async fn named(bench: &Bench, filter: &str) -> usize {
    let request = ListCustomersRequest {
        filter: filter.to_owned(),
        ..ListCustomersRequest::default()
    };
    bench
        .client
        .clone()
        .list_customers(request)
        .await
        .unwrap()
        .into_inner()
        .customers
        .len()
}

async fn rotated(bench: &Bench) -> Rotated {
    let privacy = Privacy::open(
        bench.store().clone(),
        MasterKeys::new([8; 32], &[]),
        Clock::system(),
    );
    let privacy = privacy.await.unwrap();
    rotate(
        &privacy,
        &rapport_profile::sealed_tables(),
        Scope::Everything,
        &mut |_| (),
    )
    .await
    .unwrap()
}

/// Everything that a table has, as one text.
async fn stored(bench: &Bench, columns: &str) -> String {
    let connection = bench.store().read();
    let backend = connection.get_database_backend();
    let rows = connection
        .query_all_raw(Statement::from_string(backend, columns))
        .await
        .unwrap();
    let texts = rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap());
    texts.collect::<Vec<_>>().join("\n")
}

const ALL: [&str; 2] = [
    "SELECT display_name || language || COALESCE(CAST(birth_date AS TEXT), '') || attributes || COALESCE(sealed, '') \
     FROM customer",
    "SELECT value || COALESCE(sealed_value, '') FROM identity",
];

async fn assert_nothing_is_readable(bench: &Bench) {
    for sql in ALL {
        let stored = stored(bench, sql).await;
        for value in ["Lovelace", "en-GB", "-56270", "blue", "ada@example.com", "A 17"] {
            assert!(
                !stored.contains(value),
                "{value} is stored in the clear: {stored}"
            );
        }
    }
}

#[tokio::test]
async fn what_the_version_before_stored_is_read_found_and_guarded() {
    let bench = before().await;
    assert_eq!(get(&bench).await, ada());
    for identity in ada().identities {
        assert_eq!(find(&bench, identity).await, "customers/ada");
    }
    let taken = Customer {
        identities: vec![email("ada@example.com")],
        ..Customer::default()
    };
    assert_refused(bench.try_create("other", taken).await, "IDENTITY_TAKEN");
}

#[tokio::test]
async fn a_rotation_seals_what_the_version_before_stored() {
    let bench = before().await;
    let done = rotated(&bench).await;
    assert_eq!((done.sealed, done.left), (3, 0), "{done:?}");
    assert_nothing_is_readable(&bench).await;
    assert_eq!(get(&bench).await, ada());
    for identity in ada().identities {
        assert_eq!(find(&bench, identity).await, "customers/ada");
    }
    assert_eq!(
        named(&bench, "display_name = \"Ada Lovelace\" AND language = \"en-GB\"").await,
        1
    );
    let again = rotated(&bench).await;
    assert_eq!(
        (again.made, again.sealed, again.left),
        (1, 3, 0),
        "a new key seals everything anew: {again:?}"
    );
}

#[tokio::test]
async fn a_change_seals_what_the_version_before_stored() {
    let bench = before().await;
    let request = UpdateCustomerRequest {
        customer: Some(Customer {
            attributes: [("room".to_owned(), "green".to_owned())].into(),
            identities: ada().identities.into_iter().rev().collect(),
            ..ada()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["attributes".to_owned(), "identities".to_owned()],
        }),
    };
    bench.client.clone().update_customer(request).await.unwrap();
    assert_nothing_is_readable(&bench).await;
    let changed = get(&bench).await;
    assert_eq!(
        (changed.display_name.as_str(), changed.etag.as_str()),
        ("Ada Lovelace", "\"4\"")
    );
    assert_eq!(changed.attributes["room"], "green");
}

#[tokio::test]
async fn an_identity_that_both_versions_gave_away_stays_until_somebody_decides() {
    let bench = before().await;
    rotated(&bench).await;
    // The version before does not see the hash, and gives the address to somebody else.
    execute(&bench, BEFORE[1]).await;
    let done = rotated(&bench).await;
    assert_eq!(done.left, 1, "{done:?}");
}

#[tokio::test]
async fn what_is_stored_shows_neither_values_nor_that_they_are_the_same_elsewhere() {
    let bench = Bench::new().await;
    let customer = Customer {
        name: String::new(),
        etag: String::new(),
        ..ada()
    };
    bench.try_create("ada", customer.clone()).await.unwrap();
    assert_nothing_is_readable(&bench).await;
    let request = CreateCustomerRequest {
        customer_id: "ada".to_owned(),
        customer: Some(customer),
    };
    bench.client_of("another").create_customer(request).await.unwrap();
    let hashes = stored(&bench, "SELECT value FROM identity WHERE kind = 'EMAIL'").await;
    let (first, second) = hashes.split_once('\n').expect("two tenants have the address");
    assert_ne!(first, second, "the same address looks different in each tenant");
}
