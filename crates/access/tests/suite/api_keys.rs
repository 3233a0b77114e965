//! API keys: made, used, expired, removed.

use std::fs;

use rapport_access::{Access, AccessOptions, NewApiKey};
use rapport_clock::ManualClock;
use rapport_status::Reason;

use crate::{World, noon};

/// The entry of a key in the file.
fn entry(key: &NewApiKey, expires: &str) -> String {
    format!(
        "[[keys]]\nsha256 = \"{}\"\ntenant = \"harbour\"\nsubject = \"till 7\"\nscopes = [\"loyalty.*\"]\n{expires}\n",
        key.sha256
    )
}

async fn with_keys(text: &str) -> World {
    World::with(|folder| {
        let file = folder.path().join("keys.toml");
        fs::write(&file, text).unwrap();
        let options = AccessOptions {
            api_keys: Some(file),
            ..AccessOptions::default()
        };
        (options, None)
    })
    .await
}

#[tokio::test]
async fn a_key_is_known_until_it_is_removed_from_the_file() {
    let (first, second) = (NewApiKey::of(&[1; 32]), NewApiKey::of(&[2; 32]));
    let world = with_keys(&entry(&first, "")).await;
    let caller = world.caller(&first.key).await.unwrap();
    assert_eq!(
        (caller.tenant.as_str(), caller.subject.as_str()),
        ("harbour", "till 7")
    );
    assert_eq!(
        world.caller(&second.key).await.unwrap_err().reason(),
        Reason::ApiKeyInvalid
    );

    fs::write(world.file("keys.toml"), entry(&second, "")).unwrap();
    world.until(&first.key, Err(Reason::ApiKeyInvalid)).await;
    world.caller(&second.key).await.unwrap();
}

#[tokio::test]
async fn a_key_is_refused_when_it_has_expired_or_is_wrong_by_a_letter() {
    let key = NewApiKey::of(&[1; 32]);
    let world = with_keys(&entry(&key, "expires = \"2026-06-01T12:00:00Z\"")).await;
    assert_eq!(
        world.caller(&key.key).await.unwrap_err().reason(),
        Reason::ApiKeyExpired
    );
    world.clock.set("2026-06-01T11:59:59Z".parse().unwrap());
    world.caller(&key.key).await.unwrap();
    for wrong in [&key.key[..key.key.len() - 1], "rk_", &key.sha256] {
        let refused = world.caller(wrong).await.unwrap_err();
        assert!(
            matches!(refused.reason(), Reason::ApiKeyInvalid | Reason::TokenInvalid),
            "{wrong}: {refused}"
        );
        assert!(
            !refused.message().contains(wrong),
            "the key must not come back: {refused}"
        );
    }
}

#[tokio::test]
async fn a_server_does_not_start_with_a_file_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.toml");
    let options = AccessOptions {
        api_keys: Some(file.clone()),
        ..AccessOptions::default()
    };
    let clock = ManualClock::at(noon()).clock();
    for text in [None, Some("[[keys]]\nsha256 = \"1\"\n")] {
        if let Some(text) = text {
            fs::write(&file, text).unwrap();
        }
        let wrong = Access::open(&options, None, &clock).await.unwrap_err();
        assert!(
            wrong.what.contains("keys.toml") && wrong.mend.contains("rapport key"),
            "{text:?}: {wrong}"
        );
    }
}
