//! The issuer changes its keys, is away, or publishes nonsense.

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use jiff::ToSpan as _;
use rapport_access::{Access, AccessOptions};
use rapport_clock::ManualClock;
use rapport_status::Reason;
use rapport_testkit::TestIssuer;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{World, noon};

/// An address that publishes whatever it is told to.
#[derive(Clone)]
struct Publisher {
    address: String,
    published: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Publisher {
    /// Publishes a body with status 200, and with 503 when the body is empty.
    async fn start(body: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let publisher = Self {
            address: format!("http://{}/jwks.json", listener.local_addr().unwrap()),
            published: Arc::new(Mutex::new(body.to_owned())),
            asked: Arc::default(),
        };
        let serving = publisher.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 4_096];
                let _ = stream.read(&mut request).await;
                serving.asked.fetch_add(1, Ordering::SeqCst);
                let body = serving.published.lock().unwrap().clone();
                let status = if body.is_empty() {
                    "503 Service Unavailable"
                } else {
                    "200 OK"
                };
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        publisher
    }

    fn publish(&self, body: &str) {
        body.clone_into(&mut self.published.lock().unwrap());
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn token(world: &World, key: &str) -> String {
    world
        .issuer
        .token(key, &TestIssuer::claims("harbour", "*", noon()))
}

async fn published(body: &str) -> (World, Publisher) {
    let publisher = Publisher::start(body).await;
    let address = publisher.address.clone();
    let world = World::with(|_| {
        let options = AccessOptions {
            jwks: Some(address),
            // Only unknown keys have it asked again in this test.
            refresh_seconds: 3_600,
            ..AccessOptions::default()
        };
        (options, None)
    })
    .await;
    (world, publisher)
}

#[tokio::test]
async fn a_file_with_other_keys_is_taken_up_and_the_old_keys_are_let_go() {
    let world = World::new().await;
    let jwks = world.file("jwks.json");
    fs::write(&jwks, world.issuer.jwks_of(&["rsa"])).unwrap();
    world.until(&token(&world, "ed"), Err(Reason::TokenInvalid)).await;
    world.caller(&token(&world, "rsa")).await.unwrap();
    fs::write(&jwks, world.issuer.jwks_of(&["ed"])).unwrap();
    world.until(&token(&world, "ed"), Ok(())).await;
    // It was known by the old keys.
    assert_eq!(
        world.caller(&token(&world, "rsa")).await.unwrap_err().reason(),
        Reason::TokenInvalid
    );
}

#[tokio::test]
async fn nonsense_or_nothing_in_the_file_leaves_the_old_keys_in_force() {
    let world = World::new().await;
    let jwks = world.file("jwks.json");
    let nobody = world
        .issuer
        .token_naming("ec", "nobody", &TestIssuer::claims("harbour", "*", noon()));
    for (minute, text) in [(1, Some("nonsense")), (2, Some("{\"keys\": []}")), (3, None)] {
        match text {
            Some(text) => fs::write(&jwks, text).unwrap(),
            None => fs::remove_file(&jwks).unwrap(),
        }
        // An unknown key has the file read again.
        world.clock.set(noon() + minute.minutes());
        assert_eq!(
            world.caller(&nobody).await.unwrap_err().reason(),
            Reason::TokenInvalid
        );
        for key in ["rsa", "ed"] {
            world.caller(&token(&world, key)).await.expect(key);
        }
    }
}

#[tokio::test]
async fn an_address_is_asked_at_once_for_an_unknown_key_but_at_most_every_ten_seconds() {
    let issuer = TestIssuer::default();
    let (world, publisher) = published(&issuer.jwks_of(&["rsa"])).await;
    assert_eq!(publisher.asked(), 1);
    world
        .caller(
            &world
                .issuer
                .token("rsa", &TestIssuer::claims("harbour", "*", noon())),
        )
        .await
        .unwrap();
    assert_eq!(publisher.asked(), 1, "a known key has nobody asked");

    publisher.publish(&world.issuer.jwks_of(&["rsa", "ed"]));
    world.caller(&token(&world, "ed")).await.unwrap();
    assert_eq!(
        publisher.asked(),
        2,
        "an unknown key has the address asked at once"
    );

    for _ in 0..20 {
        let refused = world.caller(&token(&world, "ec")).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::TokenInvalid);
    }
    assert_eq!(publisher.asked(), 2, "it was asked just now");
    publisher.publish(&world.issuer.jwks_of(&["ec"]));
    world.clock.set(noon() + 10.seconds());
    world.caller(&token(&world, "ec")).await.unwrap();
    assert_eq!(publisher.asked(), 3);
}

#[tokio::test]
async fn an_address_that_fails_leaves_the_old_keys_in_force() {
    let issuer = TestIssuer::default();
    let (world, publisher) = published(&issuer.jwks_of(&["ed"])).await;
    for failure in ["", "<html>"] {
        publisher.publish(failure);
        world.clock.set(noon() + 1.minutes());
        assert_eq!(
            world.caller(&token(&world, "rsa")).await.unwrap_err().reason(),
            Reason::TokenInvalid
        );
        world.caller(&token(&world, "ed")).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_starts_while_the_address_is_away_and_answers_that_it_cannot_check_yet() {
    let (world, publisher) = published("").await;
    let refused = world.caller(&token(&world, "ed")).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::IssuerUnavailable);
    assert!(refused.retry_delay().is_some(), "{refused}");
    publisher.publish(&world.issuer.jwks());
    world.clock.set(noon() + 10.seconds());
    world.caller(&token(&world, "ed")).await.unwrap();
}

#[tokio::test]
async fn options_that_would_take_tokens_of_others_or_no_keys_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let jwks = folder.path().join("jwks.json");
    fs::write(&jwks, TestIssuer::default().jwks()).unwrap();
    let clock = ManualClock::at(noon()).clock();
    for (jwks, issuer, expected) in [
        (jwks.display().to_string(), "", "access.issuer"),
        ("nowhere.json".to_owned(), TestIssuer::NAME, "nowhere.json"),
        ("http://".to_owned(), TestIssuer::NAME, "is no address"),
    ] {
        let options = AccessOptions {
            jwks: Some(jwks.clone()),
            issuer: issuer.to_owned(),
            ..AccessOptions::default()
        };
        let wrong = Access::open(&options, None, &clock).await.unwrap_err();
        assert!(wrong.to_string().contains(expected), "{jwks}: {wrong}");
    }
    let nothing = Access::open(&AccessOptions::default(), None, &clock)
        .await
        .unwrap();
    assert!(
        nothing.is_none(),
        "nothing is configured: only local callers can be served"
    );
}
