//! The real program with keys: whom it lets in, and what it tells the others. Every method of the contract is asked.

use std::{fs, path::Path, process::Command};

use prost_reflect::{DynamicMessage, MethodDescriptor};
use rapport::client::{Clients, ServerArguments};
use rapport_clock::Clock;
use rapport_contract::policy;
use rapport_testkit::{TestIssuer, reason};
use serde_json::{Value, json};
use tempfile::TempDir;
use tonic::{Code, Status, transport::Channel};

use crate::{
    contract::{Offenders, methods},
    dynamic,
    suite_process::{SuiteProcess, rapport},
    world,
};

/// A suite that trusts the issuer of the tests, and nobody else.
pub(crate) struct Guarded {
    pub(crate) suite: SuiteProcess,
    issuer: TestIssuer,
    _folder: TempDir,
}

impl Guarded {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let issuer = TestIssuer::default();
        let jwks = folder.path().join("jwks.json");
        fs::write(&jwks, issuer.jwks()).unwrap();
        let variables = [
            ("RAPPORT_ACCESS__JWKS", jwks.to_str().unwrap()),
            ("RAPPORT_ACCESS__ISSUER", TestIssuer::NAME),
        ];
        let suite = SuiteProcess::start_with(&folder.path().join("data"), &variables);
        Self {
            suite,
            issuer,
            _folder: folder,
        }
    }

    /// What a good token of a tenant says.
    fn claims(tenant: &str, scope: &str) -> Value {
        TestIssuer::claims(tenant, scope, Clock::system().now())
    }

    /// A good token.
    pub(crate) fn token(&self, tenant: &str, scope: &str) -> String {
        self.issuer.token("ed", &Self::claims(tenant, scope))
    }

    /// Clients of a tenant that may do everything.
    pub(crate) async fn clients(&self, tenant: &str) -> Clients {
        let arguments = ServerArguments {
            token: Some(self.token(tenant, "*")),
            ..ServerArguments::open(&self.suite.url())
        };
        Clients::connect_as(&arguments).await.expect("the suite serves")
    }
}

/// Calls a method with an empty request.
async fn ask(channel: &Channel, method: &MethodDescriptor, token: Option<&str>) -> Result<(), Status> {
    let request = DynamicMessage::new(method.input());
    dynamic::call_as(channel, method, vec![request], token)
        .await
        .map(drop)
}

fn scope_of(method: &MethodDescriptor) -> &'static str {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    policy::method(&path).expect("every method has a policy").scope
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_method_lets_anybody_in_whose_token_cannot_be_trusted() {
    let guarded = Guarded::start();
    let channel = guarded.suite.channel().await;
    let now = Clock::system().now().as_second();
    let good = Guarded::claims("harbour", "*");
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let public: Value = serde_json::from_str(&guarded.issuer.jwks_of(&["rsa"])).unwrap();
    let modulus = public["keys"][0]["n"].as_str().unwrap().as_bytes();
    let sign = |claims: &Value| Some(guarded.issuer.token("ec", claims));
    let cases = [
        ("TOKEN_MISSING", None),
        ("TOKEN_EXPIRED", sign(&with("exp", json!(now - 60)))),
        ("TOKEN_INVALID", sign(&with("nbf", json!(now + 3_600)))),
        ("TOKEN_INVALID", sign(&with("aud", json!("other")))),
        ("TOKEN_INVALID", sign(&with("iss", json!("https://other.test")))),
        (
            "TOKEN_INVALID",
            Some(TestIssuer::unsigned_token(
                &json!({"alg": "none", "kid": "rsa"}),
                &good,
            )),
        ),
        (
            "TOKEN_INVALID",
            Some(TestIssuer::token_under_secret(modulus, "rsa", &good)),
        ),
        (
            "TOKEN_INVALID",
            Some(guarded.issuer.token_naming("ed", "rsa", &good)),
        ),
        ("API_KEY_INVALID", Some("rk_unknown".to_owned())),
    ];
    let mut offenders = Offenders::against("No method answers a caller whose token cannot be trusted.");
    for method in methods() {
        for (expected, token) in &cases {
            let outcome = ask(&channel, &method, token.as_deref()).await;
            let told = outcome.as_ref().map_err(|status| (status.code(), reason(status)));
            let kept = told == Err((Code::Unauthenticated, (*expected).to_owned()));
            offenders.unless(
                kept,
                method.full_name(),
                format_args!("{expected} expected: {told:?}"),
            );
        }
    }
    offenders.must_be_none();
    let ended = guarded.suite.stop();
    assert!(
        ended.stdout.contains(TestIssuer::NAME),
        "it says who may call: {}",
        ended.stdout
    );
    assert!(
        !ended.stderr.contains("eyJ"),
        "no token is logged: {}",
        ended.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_asks_for_its_scope_before_it_looks_at_anything() {
    let guarded = Guarded::start();
    let channel = guarded.suite.channel().await;
    let mut offenders = Offenders::against("A caller without the scope learns nothing else.");
    for method in methods() {
        let scope = scope_of(&method);
        let others: Vec<&str> = policy::METHODS
            .iter()
            .map(|method| method.scope)
            .filter(|other| *other != scope)
            .collect();
        let token = guarded.token("harbour", &others.join(" "));
        let outcome = ask(&channel, &method, Some(&token)).await;
        let told = outcome.as_ref().map_err(|status| (status.code(), reason(status)));
        let kept = told == Err((Code::PermissionDenied, "SCOPE_MISSING".to_owned()));
        offenders.unless(
            kept,
            method.full_name(),
            format_args!("without {scope}: {told:?}"),
        );
        let token = guarded.token("harbour", scope);
        if let Err(status) = ask(&channel, &method, Some(&token)).await {
            let kept = !matches!(status.code(), Code::PermissionDenied | Code::Unauthenticated);
            offenders.unless(kept, method.full_name(), format_args!("with {scope}: {status:?}"));
        }
    }
    offenders.must_be_none();
    guarded.suite.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_make_keys_and_tokens_that_open_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let made = rapport(&["token", "--new-keys", &path("keys")]);
    assert!(
        made.status.success() && made.stdout.contains("[access]"),
        "{made:?}"
    );
    let again = rapport(&["token", "--new-keys", &path("keys")]);
    assert!(
        !again.status.success() && again.stderr.contains("use the keys that are there"),
        "{again:?}"
    );

    let made = rapport(&[
        "key",
        "--tenant",
        "harbour",
        "--subject",
        "till 7",
        "--scope",
        "loyalty.*",
        "--scope",
        "satisfaction.*",
    ]);
    let api_key = made
        .stdout
        .split_whitespace()
        .find(|word| word.starts_with("rk_") && word.len() > 40);
    let api_key = api_key
        .unwrap_or_else(|| panic!("no key is shown: {made:?}"))
        .to_owned();
    let entry = made.stdout.split_once("[[keys]]").expect("the entry is shown").1;
    fs::write(path("api-keys.toml"), format!("[[keys]]{entry}")).unwrap();

    let suite = SuiteProcess::start_with(
        Path::new(&path("data")),
        &[
            ("RAPPORT_ACCESS__JWKS", &path("keys/jwks.json")),
            ("RAPPORT_ACCESS__ISSUER", "rapport-development"),
            ("RAPPORT_ACCESS__API_KEYS", &path("api-keys.toml")),
        ],
    );
    let refused = rapport(&["verify", "--server", &suite.url()]);
    assert!(
        !refused.status.success() && refused.stderr.contains("TOKEN_MISSING"),
        "{refused:?}"
    );
    let made = rapport(&[
        "token",
        "--key-file",
        &path("keys/private.jwk"),
        "--tenant",
        "harbour",
        "--scope",
        "*",
    ]);
    for secret in [made.stdout.trim(), &api_key] {
        let verified = Command::new(env!("CARGO_BIN_EXE_rapport"))
            .args(["verify", "--server", &suite.url()])
            .env("RAPPORT_TOKEN", secret)
            .output()
            .unwrap();
        assert!(verified.status.success(), "{verified:?}");
    }
    suite.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_calls_its_own_services_with_the_token_of_its_caller() {
    let guarded = Guarded::start();
    let clients = guarded.clients("harbour").await;
    world::create_program(&clients).await;
    world::create_customer(&clients, "li").await;
    let view = |clients: Clients| async move {
        let request = rapport_contract::profile::v1::GetCustomerViewRequest {
            name: format!("{}/view", world::customer("li")),
        };
        clients.profile.clone().get_customer_view(request).await
    };
    let whole = view(clients).await.unwrap().into_inner();
    assert!(whole.missing_parts.is_empty(), "{whole:?}");
    let arguments = ServerArguments {
        token: Some(guarded.token("harbour", "profile.*")),
        ..ServerArguments::open(&guarded.suite.url())
    };
    let partly = view(Clients::connect_as(&arguments).await.unwrap())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        partly.missing_parts.len(),
        3,
        "who may not see the parts does not see them: {partly:?}"
    );
    let other = view(guarded.clients("other").await).await.unwrap_err();
    assert_eq!(reason(&other), "CUSTOMER_NOT_FOUND");
    guarded.suite.stop();
}

#[test]
fn the_page_on_security_lists_every_method_under_its_scope() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/security.md");
    let page = fs::read_to_string(page).unwrap();
    let mut offenders = Offenders::against("docs/security.md lists every method in the row of its scope.");
    for method in methods() {
        let row = format!("| `{}` |", scope_of(&method));
        let row = page
            .lines()
            .find(|line| line.starts_with(&row))
            .unwrap_or_default();
        let listed = row.split(['|', ',']).any(|name| name.trim() == method.name());
        offenders.unless(
            listed,
            method.full_name(),
            format_args!("its scope is {}", scope_of(&method)),
        );
    }
    offenders.must_be_none();
}
