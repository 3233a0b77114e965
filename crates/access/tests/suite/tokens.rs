//! Tokens that are taken, and tokens that are not.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use jiff::ToSpan as _;
use rapport_access::{
    Peer, Scopes,
    development::{DevelopmentKey, Statement},
};
use rapport_status::Reason;
use rapport_testkit::TestIssuer;
use serde_json::{Value, json};

use crate::{World, noon};

fn claims() -> Value {
    TestIssuer::claims("harbour", "loyalty.points.read profile.*", noon())
}

/// Good claims with one of them changed, or taken out where it is null.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let object = claims.as_object_mut().unwrap();
    object.remove(name);
    if !value.is_null() {
        object.insert(name.to_owned(), value);
    }
    claims
}

#[tokio::test]
async fn a_good_token_tells_who_calls_whatever_the_kind_of_its_key() {
    let world = World::new().await;
    for key in ["rsa", "ec", "ed"] {
        let caller = world.caller(&world.issuer.token(key, &claims())).await.unwrap();
        assert_eq!(caller.tenant, "harbour", "{key}");
        assert_eq!(caller.subject, "ada@harbour.test", "{key}");
        assert_eq!(
            caller.scopes,
            Scopes::from_list(["loyalty.points.read", "profile.*"]),
            "{key}"
        );
    }
}

#[tokio::test]
async fn scopes_may_be_a_list_and_the_audience_one_of_several() {
    let world = World::new().await;
    let mut claims = with("scope", Value::Null);
    claims["scopes"] = json!(["feedback.*"]);
    claims["aud"] = json!(["other", "rapport"]);
    let caller = world.caller(&world.issuer.token("ed", &claims)).await.unwrap();
    assert_eq!(caller.scopes, Scopes::from_list(["feedback.*"]));
    let none = with("scope", Value::Null);
    let caller = world.caller(&world.issuer.token("ed", &none)).await.unwrap();
    assert!(
        !caller.scopes.allow("feedback.cases.read"),
        "who states no scopes may do nothing"
    );
}

#[tokio::test]
async fn a_token_is_refused_from_its_end_on_although_it_was_known() {
    let world = World::new().await;
    let token = world.issuer.token("ed", &claims());
    world.caller(&token).await.unwrap();
    // It ends half an hour after noon; clocks may differ by half a minute.
    world.clock.set(noon() + 30.minutes() + 29.seconds());
    world.caller(&token).await.unwrap();
    world.clock.set(noon() + 30.minutes() + 30.seconds());
    assert_eq!(
        world.caller(&token).await.unwrap_err().reason(),
        Reason::TokenExpired
    );
}

#[tokio::test]
async fn a_token_is_refused_before_its_beginning() {
    let world = World::new().await;
    let token = world
        .issuer
        .token("ed", &with("nbf", json!(noon().as_second() + 60)));
    assert_eq!(
        world.caller(&token).await.unwrap_err().reason(),
        Reason::TokenInvalid
    );
    world.clock.set(noon() + 30.seconds());
    world.caller(&token).await.unwrap();
}

/// What callers are told of tokens that are refused, case by case. No token comes back.
async fn told<const CASES: usize>(world: &World, cases: [(&str, String); CASES]) -> String {
    let mut told = String::new();
    for (case, token) in cases {
        let refused = world.caller(&token).await.expect_err(case);
        let longest_part = token.split('.').max_by_key(|part| part.len()).unwrap_or_default();
        assert!(
            longest_part.is_empty() || !refused.message().contains(longest_part),
            "the token must not come back: {refused}"
        );
        writeln!(told, "{case}\n    {refused}").unwrap();
    }
    told
}

#[tokio::test]
async fn tokens_that_say_something_wrong_are_refused_with_what_to_do() {
    let world = World::new().await;
    let sign = |name, value| world.issuer.token("ed", &with(name, value));
    let second = noon().as_second();
    let cases = [
        ("expired", sign("exp", json!(second - 31))),
        ("without an end", sign("exp", Value::Null)),
        ("with a text for its end", sign("exp", json!("tomorrow"))),
        ("not valid yet", sign("nbf", json!(second + 31))),
        ("for another audience", sign("aud", json!("other"))),
        ("for no audience", sign("aud", Value::Null)),
        ("of another issuer", sign("iss", json!("https://other.test"))),
        ("without a subject", sign("sub", Value::Null)),
        (
            "with a control character in its subject",
            sign("sub", json!("a\nb")),
        ),
        ("without a tenant", sign("tenant", Value::Null)),
        (
            "with a tenant that is no id",
            sign("tenant", json!("Harbour Club")),
        ),
        ("with a tenant that is a path", sign("tenant", json!("../other"))),
        ("huge", sign("note", json!("x".repeat(9_000)))),
    ];
    insta::assert_snapshot!(told(&world, cases).await);
}

#[tokio::test]
async fn forged_and_broken_tokens_are_refused_with_what_to_do() {
    let world = World::new().await;
    let issuer = &world.issuer;
    let unsigned = |header| TestIssuer::unsigned_token(&header, &claims());
    let good = issuer.token("ed", &claims());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let other = issuer.token("ed", &with("tenant", json!("other")));
    let other = other.rsplit_once('.').unwrap().0;
    let public: Value = serde_json::from_str(&issuer.jwks_of(&["rsa"])).unwrap();
    let public = &public["keys"][0];
    let modulus = public["n"].as_str().unwrap().as_bytes();
    let confused = |secret: &[u8]| TestIssuer::token_under_secret(secret, "rsa", &claims());
    let cases = [
        ("unsigned", unsigned(json!({"alg": "none", "kid": "rsa"}))),
        (
            "unsigned, in other letters",
            unsigned(json!({"alg": "nOnE", "kid": "rsa"})),
        ),
        (
            "unsigned, said to be EdDSA",
            unsigned(json!({"alg": "EdDSA", "kid": "ed"})),
        ),
        ("under the RSA modulus as a secret", confused(modulus)),
        (
            "under the RSA key as a secret",
            confused(public.to_string().as_bytes()),
        ),
        (
            "of EdDSA that names the RSA key",
            issuer.token_naming("ed", "rsa", &claims()),
        ),
        (
            "of RSA that names the key of EdDSA",
            issuer.token_naming("rsa", "ed", &claims()),
        ),
        (
            "that names a key of nobody",
            issuer.token_naming("ed", "nobody", &claims()),
        ),
        ("of a stranger who names a known key", by_a_stranger("ed")),
        ("with the signature of another", format!("{other}.{signature}")),
        ("without its signature", format!("{signed}.")),
        ("cut short", good[..good.len() - 7].to_owned()),
        ("cut in two", signed.to_owned()),
        ("with a part too many", format!("{good}.{signature}")),
        (
            "with an extension that must be known",
            unsigned(json!({"alg": "EdDSA", "kid": "ed", "crit": ["exp"]})),
        ),
        ("without a key id", unsigned(json!({"alg": "EdDSA"}))),
        ("no token at all", "abc".to_owned()),
        ("dots", "..".to_owned()),
    ];
    insta::assert_snapshot!(told(&world, cases).await);
}

/// A token signed with a key that the issuer does not have, under the id of one that it has.
fn by_a_stranger(named: &str) -> String {
    let key = DevelopmentKey::of(&[8; 32]).unwrap().encoding_key();
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
    header.kid = Some(named.to_owned());
    jsonwebtoken::encode(&header, &claims(), &key).unwrap()
}

#[tokio::test]
async fn headers_that_hold_no_token_are_refused_with_what_to_do() {
    let world = World::new().await;
    let token = world.issuer.token("ed", &claims());
    let mut told = String::new();
    let cases: [(&str, Vec<Vec<u8>>); 6] = [
        ("no header", vec![]),
        ("without a scheme", vec![token.clone().into_bytes()]),
        ("of another scheme", vec![b"Basic YTpi".to_vec()]),
        ("without a token", vec![b"Bearer ".to_vec()]),
        ("in other letters", vec![b"Bearer \xff\xfe".to_vec()]),
        (
            "twice",
            vec![format!("Bearer {token}").into_bytes(), b"Bearer other".to_vec()],
        ),
    ];
    for (case, values) in cases {
        let headers: HeaderMap = values
            .iter()
            .map(|value| (AUTHORIZATION, HeaderValue::from_bytes(value).unwrap()))
            .collect();
        let refused = world
            .access
            .authenticate(&headers, Peer::Network(None))
            .await
            .expect_err(case);
        writeln!(told, "{case}\n    {refused}").unwrap();
    }
    insta::assert_snapshot!(told);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("bearer  {token}").parse().unwrap());
    world
        .access
        .authenticate(&headers, Peer::Network(None))
        .await
        .expect("the scheme is written in any letters");
}

#[tokio::test]
async fn a_development_key_makes_tokens_for_the_set_that_it_comes_with() {
    let world = World::new().await;
    let key = DevelopmentKey::of(&[3; 32]).unwrap();
    std::fs::write(world.file("jwks.json"), key.to_jwks()).unwrap();
    let read_again = DevelopmentKey::parse(&key.to_jwk()).unwrap();
    let token = read_again
        .sign(&Statement {
            issuer: TestIssuer::NAME,
            audience: "rapport",
            subject: "dev",
            tenant: "harbour",
            scope: "*",
            made: noon(),
            lifetime: jiff::SignedDuration::from_hours(1),
        })
        .unwrap();
    world.until(&token, Ok(())).await;
    assert_eq!(world.caller(&token).await.unwrap().scopes, Scopes::All);
    for (text, expected) in [("", "no private key"), (r#"{"kty":"RSA"}"#, "missing field")] {
        let wrong = DevelopmentKey::parse(text).err().unwrap().to_string();
        assert!(wrong.contains(expected), "{wrong}");
    }
}
