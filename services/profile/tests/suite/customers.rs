//! Creating, reading, changing and deleting customers.

use std::collections::BTreeMap;

use rapport_contract::profile::v1::{
    BatchCreateCustomersRequest, CreateCustomerRequest, Customer, DeleteCustomerRequest, GetCustomerRequest,
    Identity, IdentityType, ListCustomersRequest, LookupCustomerRequest, UpdateCustomerRequest,
};
use rapport_testkit::described;
use tonic::Status;

use crate::{Bench, assert_refused, date, email, external, sale};

fn ada() -> Customer {
    Customer {
        display_name: "Ada Lovelace".to_owned(),
        identities: vec![
            email("Ada@Example.COM"),
            Identity {
                r#type: IdentityType::Phone.into(),
                value: "+44 (20) 7946-0000".to_owned(),
                verified: true,
                ..Identity::default()
            },
            external("pos", "A-17"),
        ],
        language: "en-GB".to_owned(),
        birth_date: Some(date("1815-12-10")),
        attributes: BTreeMap::from([("room".to_owned(), "high floor".to_owned())]),
        ..Customer::default()
    }
}

async fn get(bench: &Bench, id: &str) -> Result<Customer, Status> {
    let name = format!("customers/{id}");
    Ok(bench
        .client
        .clone()
        .get_customer(GetCustomerRequest { name })
        .await?
        .into_inner())
}

async fn update(bench: &Bench, customer: Customer, paths: &[&str]) -> Result<Customer, Status> {
    let request = UpdateCustomerRequest {
        customer: Some(customer),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
    };
    Ok(bench.client.clone().update_customer(request).await?.into_inner())
}

async fn delete(bench: &Bench, id: &str, etag: &str, allow_missing: bool) -> Result<(), Status> {
    let request = DeleteCustomerRequest {
        name: format!("customers/{id}"),
        etag: etag.to_owned(),
        allow_missing,
    };
    bench.client.clone().delete_customer(request).await.map(|_| ())
}

async fn lookup(bench: &Bench, identity: Identity) -> Result<Customer, Status> {
    let request = LookupCustomerRequest {
        identity: Some(identity),
    };
    Ok(bench.client.clone().lookup_customer(request).await?.into_inner())
}

#[tokio::test]
async fn a_customer_is_created_read_and_found_by_every_spelling_of_an_identity() {
    let bench = Bench::new().await;
    let created = bench.try_create("ada", ada()).await.unwrap();
    assert_eq!(created.name, "customers/ada");
    let values: Vec<_> = created
        .identities
        .iter()
        .map(|identity| identity.value.as_str())
        .collect();
    assert_eq!(values, ["ada@example.com", "+442079460000", "A-17"]);
    assert_eq!(get(&bench, "ada").await.unwrap(), created);
    let phone = Identity {
        r#type: IdentityType::Phone.into(),
        value: "+44 20 7946 0000".to_owned(),
        ..Identity::default()
    };
    for identity in [email("ADA@example.com"), phone, external("pos", " A-17")] {
        assert_eq!(lookup(&bench, identity).await.unwrap(), created);
    }
    assert_refused(
        lookup(&bench, external("pms", "A-17")).await,
        "CUSTOMER_NOT_FOUND",
    );
    assert_refused(get(&bench, "nobody").await, "CUSTOMER_NOT_FOUND");
    assert_refused(get(&bench, "Ada").await, "INVALID_NAME");
}

#[tokio::test]
async fn the_same_customer_again_is_the_existing_one_and_tells_nobody_twice() {
    let bench = Bench::new().await;
    let first = bench.try_create("ada", ada()).await.unwrap();
    bench.set_time("2026-02-01T00:00:00Z");
    let again = bench.try_create("ada", ada()).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(bench.topics().await, ["CustomerCreated"]);
    let other = Customer {
        display_name: "Somebody else".to_owned(),
        ..ada()
    };
    assert_refused(bench.try_create("ada", other).await, "CUSTOMER_ALREADY_EXISTS");
}

#[tokio::test]
async fn a_customer_without_a_chosen_id_gets_one() {
    let bench = Bench::new().await;
    let first = bench.create("").await;
    let second = bench.create("").await;
    assert_ne!(first.name, second.name);
}

#[tokio::test]
async fn an_identity_belongs_to_one_customer_and_a_refusal_does_not_tell_whose_it_is() {
    let bench = Bench::new().await;
    bench.try_create("secret-owner", ada()).await.unwrap();
    let thief = Customer {
        identities: vec![email("ada@example.com")],
        ..Customer::default()
    };
    let refused = assert_refused(bench.try_create("thief", thief.clone()).await, "IDENTITY_TAKEN");
    let told = format!("{refused:?}");
    assert!(
        !told.contains("secret-owner") && !told.contains("ada@example"),
        "{told}"
    );
    bench.create("thief").await;
    let change = Customer {
        name: "customers/thief".to_owned(),
        ..thief
    };
    assert_refused(update(&bench, change, &["identities"]).await, "IDENTITY_TAKEN");
}

#[tokio::test]
async fn every_violation_of_a_customer_is_named_with_its_field() {
    let bench = Bench::new().await;
    let wrong = Customer {
        identities: vec![email("nobody"), external("", "x"), email("a@b.c"), email("A@b.c")],
        language: "english language".to_owned(),
        birth_date: Some(date("2026-01-16")),
        ..Customer::default()
    };
    let refused = assert_refused(bench.try_create("wrong", wrong).await, "INVALID_FIELDS");
    let told = described(&refused);
    for field in [
        "customer.identities[0].value:",
        "customer.identities[1].system:",
        "customer.language:",
        "customer.birth_date:",
    ] {
        assert!(
            told.contains(&format!("\n  {field}")),
            "{field} is not named in {told}"
        );
    }
}

#[tokio::test]
async fn a_batch_decides_each_customer_by_itself() {
    let bench = Bench::new().await;
    bench.try_create("ada", ada()).await.unwrap();
    let request = |id: &str, customer: Customer| CreateCustomerRequest {
        customer_id: id.to_owned(),
        customer: Some(customer),
    };
    let with_email = |address: &str| Customer {
        identities: vec![email(address)],
        ..Customer::default()
    };
    let requests = vec![
        request("ada", ada()),
        request("ada", Customer::default()),
        request("bob", with_email("bob@example.com")),
        request("bob-2", with_email("BOB@example.com")),
        request("cleo", with_email("no address")),
        request("dan", Customer::default()),
    ];
    let answer = bench
        .client
        .clone()
        .batch_create_customers(BatchCreateCustomersRequest { requests })
        .await
        .unwrap()
        .into_inner();
    assert_eq!((answer.created_count, answer.existing_count), (2, 1));
    let errors: Vec<_> = answer
        .errors
        .iter()
        .map(|error| (error.row, error.reason.as_str(), error.field.as_str()))
        .collect();
    assert_eq!(
        errors,
        [
            (1, "CUSTOMER_ALREADY_EXISTS", ""),
            (3, "IDENTITY_TAKEN", ""),
            (4, "INVALID_FIELDS", "customer.identities[0].value"),
        ]
    );
    assert_eq!(bench.count_of("CustomerCreated").await, 3);
}

#[tokio::test]
async fn a_thousand_customers_are_created_in_one_call() {
    let bench = Bench::new().await;
    let requests: Vec<_> = (0..1_000)
        .map(|index| CreateCustomerRequest {
            customer_id: format!("c{index}"),
            customer: Some(Customer {
                identities: (0..4).map(|n| external("pos", &format!("{index}-{n}"))).collect(),
                ..Customer::default()
            }),
        })
        .collect();
    let request = BatchCreateCustomersRequest { requests };
    let answer = bench
        .client
        .clone()
        .batch_create_customers(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((answer.created_count, answer.errors.len()), (1_000, 0));
}

#[tokio::test]
async fn an_update_changes_what_its_mask_names() {
    let bench = Bench::new().await;
    let created = bench.try_create("ada", ada()).await.unwrap();
    bench.set_time("2026-02-01T00:00:00Z");
    let change = Customer {
        name: created.name.clone(),
        display_name: "Ada King".to_owned(),
        ..Customer::default()
    };
    let named = update(&bench, change.clone(), &["display_name"]).await.unwrap();
    assert_eq!(named.display_name, "Ada King");
    assert_eq!(
        (&named.identities, &named.language),
        (&created.identities, &created.language)
    );
    assert_ne!(named.etag, created.etag);
    let unmasked = update(&bench, change.clone(), &[]).await.unwrap();
    assert_eq!(
        unmasked, named,
        "an empty mask changes what is set, and that is the same"
    );
    let everything = update(&bench, change.clone(), &["*"]).await.unwrap();
    assert_eq!(everything.display_name, "Ada King");
    assert!(
        everything.identities.is_empty() && everything.birth_date.is_none() && everything.language.is_empty()
    );
    assert_refused(
        lookup(&bench, email("ada@example.com")).await,
        "CUSTOMER_NOT_FOUND",
    );
    assert_refused(
        update(&bench, change.clone(), &["create_time"]).await,
        "INVALID_UPDATE_MASK",
    );
    let nobody = Customer {
        name: "customers/nobody".to_owned(),
        ..change
    };
    assert_refused(update(&bench, nobody, &["*"]).await, "CUSTOMER_NOT_FOUND");
}

#[tokio::test]
async fn a_stale_etag_is_refused() {
    let bench = Bench::new().await;
    let created = bench.create("ada").await;
    let change = |name: &str, etag: &str| Customer {
        name: created.name.clone(),
        display_name: name.to_owned(),
        etag: etag.to_owned(),
        ..Customer::default()
    };
    let changed = update(&bench, change("Ada", &created.etag), &["display_name"])
        .await
        .unwrap();
    let stale = update(&bench, change("Grace", &created.etag), &["display_name"]).await;
    assert_refused(stale, "ETAG_MISMATCH");
    assert_refused(delete(&bench, "ada", &created.etag, false).await, "ETAG_MISMATCH");
    delete(&bench, "ada", &changed.etag, false).await.unwrap();
}

#[tokio::test]
async fn a_deleted_customer_leaves_nothing_but_taken_purchase_keys() {
    let bench = Bench::new().await;
    bench.try_create("ada", ada()).await.unwrap();
    bench.record("ada", sale("1", "2026-01-01", 100)).await.unwrap();
    bench.evaluate("2026-01-15").await;
    delete(&bench, "ada", "", false).await.unwrap();
    assert_refused(get(&bench, "ada").await, "CUSTOMER_NOT_FOUND");
    assert_refused(
        lookup(&bench, email("ada@example.com")).await,
        "CUSTOMER_NOT_FOUND",
    );
    assert_refused(delete(&bench, "ada", "", false).await, "CUSTOMER_NOT_FOUND");
    delete(&bench, "ada", "", true).await.unwrap();
    assert_eq!(bench.count_of("CustomerDeleted").await, 1);
    bench
        .try_create("bob", ada())
        .await
        .expect("the identities are free again");
    let again = bench.record("bob", sale("1", "2026-01-01", 100)).await;
    assert_refused(again, "PURCHASE_CONFLICT");
    bench.settle().await;
}

#[tokio::test]
async fn pages_hold_every_customer_once_in_every_order() {
    let bench = Bench::new().await;
    for index in 0..23 {
        if index % 5 == 0 {
            bench.set_time(&format!("2026-01-{:02}T00:00:00Z", 16 + index / 5));
        }
        let customer = Customer {
            display_name: format!("Name {}", index % 4),
            language: if index % 2 == 0 { "en" } else { "de" }.to_owned(),
            ..Customer::default()
        };
        bench.try_create(&format!("c{index}"), customer).await.unwrap();
    }
    for (order_by, filter, expected) in [
        ("", "", 23),
        ("update_time, create_time desc", "", 23),
        ("update_time", "", 23),
        ("update_time desc", "language = \"de\"", 11),
        ("", "display_name = \"Name 3\"", 5),
        ("", "create_time >= \"2026-01-20T00:00:00Z\"", 3),
    ] {
        let mut names = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListCustomersRequest {
                page_size: 4,
                page_token: page_token.clone(),
                filter: filter.to_owned(),
                order_by: order_by.to_owned(),
            };
            let page = bench
                .client
                .clone()
                .list_customers(request)
                .await
                .unwrap()
                .into_inner();
            names.extend(page.customers.into_iter().map(|customer| customer.name));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let listed = names.len();
        names.sort();
        names.dedup();
        assert_eq!(
            (names.len(), listed),
            (expected, expected),
            "order {order_by:?}, filter {filter:?}"
        );
    }
}

#[tokio::test]
async fn wrong_list_requests_are_refused_each_with_its_reason() {
    let bench = Bench::new().await;
    let list = async |size: i32, token: &str, filter: &str, order: &str| {
        let request = ListCustomersRequest {
            page_size: size,
            page_token: token.to_owned(),
            filter: filter.to_owned(),
            order_by: order.to_owned(),
        };
        bench.client.clone().list_customers(request).await
    };
    assert_refused(list(-1, "", "", "").await, "INVALID_PAGE_SIZE");
    assert_refused(list(0, "forged", "", "").await, "INVALID_PAGE_TOKEN");
    assert_refused(list(0, "", "secret = 1", "").await, "INVALID_FILTER");
    assert_refused(list(0, "", "", "language").await, "INVALID_ORDER_BY");
    // Name and language are sealed: they have no order, and nothing but whole values can be looked for.
    assert_refused(list(0, "", "", "display_name").await, "INVALID_ORDER_BY");
    for filter in [
        "display_name : \"Ada\"",
        "language > \"d\"",
        "NOT (create_time = \"2026-01-01T00:00:00Z\" OR display_name < \"B\")",
    ] {
        let refused = assert_refused(list(0, "", filter, "").await, "INVALID_FILTER");
        assert!(
            refused.message().contains("stored encrypted"),
            "{}",
            refused.message()
        );
    }
}

#[tokio::test]
async fn tenants_do_not_see_each_other() {
    let bench = Bench::new().await;
    bench.try_create("ada", ada()).await.unwrap();
    bench.record("ada", sale("1", "2026-01-01", 100)).await.unwrap();
    bench.evaluate("2026-01-10").await;
    let mut other = bench.client_of("another");
    let name = "customers/ada".to_owned();
    assert_refused(
        other.get_customer(GetCustomerRequest { name }).await,
        "CUSTOMER_NOT_FOUND",
    );
    let identity = Some(email("ada@example.com"));
    assert_refused(
        other.lookup_customer(LookupCustomerRequest { identity }).await,
        "CUSTOMER_NOT_FOUND",
    );
    let listed = other
        .list_customers(ListCustomersRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert!(listed.customers.is_empty());
    let request = CreateCustomerRequest {
        customer_id: "ada".to_owned(),
        customer: Some(ada()),
    };
    other
        .create_customer(request)
        .await
        .expect("ids and identities are taken within a tenant only");
}
