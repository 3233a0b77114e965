//! Who is let in, what for, how often, and how long.

use std::{fmt::Write as _, sync::Arc};

use rapport_access::LimitOptions;
use rapport_contract::satisfaction::v1::{
    GetCustomerSatisfactionRequest, QueryMetricRequest, VerifyRollupsRequest,
    satisfaction_service_client::SatisfactionServiceClient,
};
use rapport_server::{Credentials, Server};
use rapport_testkit::{TestIssuer, described, reason};
use tempfile::TempDir;
use tonic::{Code, Request, Status, metadata::MetadataValue, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt as _;

use crate::{
    Listening, clock, credentials,
    raw::{self, framed},
    stub::{Stub, TELL, WAIT},
    token, until,
};

/// A server that wants tokens.
struct World {
    issuer: TestIssuer,
    stub: Arc<Stub>,
    listening: Listening,
    client: SatisfactionServiceClient<Channel>,
    _folder: TempDir,
}

impl World {
    async fn new(limits: LimitOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let issuer = TestIssuer::default();
        let credentials = credentials(&folder, &issuer, None).await;
        Self::with(
            Server::new(credentials, clock())
                .unwrap()
                .with_limits(&limits)
                .unwrap(),
            issuer,
            folder,
        )
        .await
    }

    async fn with(server: Server, issuer: TestIssuer, folder: TempDir) -> Self {
        let stub = Stub::new();
        let listening = Listening::start(server, &stub).await;
        let client = SatisfactionServiceClient::new(listening.channel().await);
        Self {
            issuer,
            stub,
            listening,
            client,
            _folder: folder,
        }
    }

    fn bearing<T>(&self, scope: &str, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let header = format!("Bearer {}", token(&self.issuer, "harbour", scope));
        request
            .metadata_mut()
            .insert("authorization", header.parse().unwrap());
        request
    }

    async fn tell(&self, request: Request<GetCustomerSatisfactionRequest>) -> Result<String, Status> {
        let answer = self.client.clone().get_customer_satisfaction(request).await?;
        Ok(answer.into_inner().name)
    }
}

fn asking() -> GetCustomerSatisfactionRequest {
    GetCustomerSatisfactionRequest {
        name: "customers/li/satisfaction".to_owned(),
    }
}

#[tokio::test]
async fn a_caller_with_a_token_is_known_and_its_token_is_passed_on() {
    let world = World::new(LimitOptions::default()).await;
    let mut request = world.bearing("satisfaction.*", asking());
    request.set_timeout(std::time::Duration::from_secs(30));
    let told = world.tell(request).await.unwrap();
    let token = token(&world.issuer, "harbour", "satisfaction.*");
    assert_eq!(
        told,
        format!(
            "harbour ada@harbour.test satisfaction.* | authorization=Bearer {token} | deadline within a minute: true"
        )
    );
    world.listening.stop().await;
}

#[tokio::test]
async fn nobody_can_say_for_whom_it_calls_without_a_certificate() {
    let world = World::new(LimitOptions::default()).await;
    let forge = |mut request: Request<GetCustomerSatisfactionRequest>| {
        for (name, value) in [
            ("rapport-tenant", "other"),
            ("rapport-subject", "root"),
            ("rapport-scopes", "*"),
        ] {
            request
                .metadata_mut()
                .insert(name, MetadataValue::from_static(value));
        }
        request
    };
    let refused = world.tell(forge(Request::new(asking()))).await.unwrap_err();
    assert_eq!(reason(&refused), "TOKEN_MISSING");
    let told = world
        .tell(forge(world.bearing("satisfaction.*", asking())))
        .await
        .unwrap();
    assert!(
        told.starts_with("harbour ada@harbour.test satisfaction.* |"),
        "{told}"
    );
    world.listening.stop().await;

    let local = Credentials::of(None, "own");
    let server = Server::new(local, clock()).unwrap();
    let world = World::with(server, TestIssuer::default(), tempfile::tempdir().unwrap()).await;
    let told = world.tell(forge(Request::new(asking()))).await.unwrap();
    assert!(told.starts_with("own local * |"), "{told}");
    world.listening.stop().await;
}

#[tokio::test]
async fn what_refused_callers_are_told() {
    let limits = LimitOptions {
        methods: [(TELL.trim_start_matches('/').to_owned(), 1)].into(),
        ..LimitOptions::default()
    };
    let world = World::new(limits).await;
    let mut told = String::new();
    let mut tell = |case: &str, status: &Status| {
        let details = status.get_error_details();
        writeln!(
            told,
            "{case}\n    {}\n    quota {:?}, again {}, call id {}",
            described(status),
            details.quota_failure().map(|quota| quota.violations.len()),
            details.retry_info().is_some(),
            details.request_info().is_some(),
        )
        .unwrap();
    };
    tell("no token", &world.tell(Request::new(asking())).await.unwrap_err());
    let mut nonsense = Request::new(asking());
    nonsense
        .metadata_mut()
        .insert("authorization", MetadataValue::from_static("Bearer nonsense"));
    tell("nonsense", &world.tell(nonsense).await.unwrap_err());
    // The name is wrong too: that is not looked at.
    let wrong = GetCustomerSatisfactionRequest {
        name: "wrong".to_owned(),
    };
    tell(
        "no scope",
        &world.tell(world.bearing("loyalty.*", wrong)).await.unwrap_err(),
    );
    world.tell(world.bearing("*", asking())).await.unwrap();
    tell(
        "too often",
        &world.tell(world.bearing("*", asking())).await.unwrap_err(),
    );
    insta::assert_snapshot!(told);
    world.listening.stop().await;
}

#[tokio::test]
async fn health_and_reflection_are_open_to_everybody() {
    let world = World::new(LimitOptions::default()).await;
    let channel = world.listening.channel().await;
    HealthClient::new(channel.clone())
        .check(HealthCheckRequest::default())
        .await
        .unwrap();
    let mut reflection =
        tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient::new(channel);
    let asked = tonic_reflection::pb::v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(
            tonic_reflection::pb::v1::server_reflection_request::MessageRequest::ListServices(String::new()),
        ),
    };
    let mut answers = reflection
        .server_reflection_info(tokio_stream::once(asked))
        .await
        .unwrap()
        .into_inner();
    assert!(answers.message().await.unwrap().is_some());
    world.listening.stop().await;
}

#[tokio::test]
async fn a_call_too_many_is_refused_at_once_and_the_next_is_let_in_after_one_has_ended() {
    let limits = LimitOptions {
        calls_in_flight: 1,
        ..LimitOptions::default()
    };
    let world = World::new(limits).await;
    let mut client = world.client.clone();
    let request = world.bearing("*", VerifyRollupsRequest {});
    let waiting = tokio::spawn(async move { client.verify_rollups(request).await });
    world.stub.waits.notified().await;
    let refused = world.tell(world.bearing("*", asking())).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::ResourceExhausted, "OVERLOADED")
    );
    let details = refused.get_error_details();
    assert!(
        details.retry_info().is_some() && details.quota_failure().is_some(),
        "{details:?}"
    );
    world.stub.go_on.add_permits(1);
    waiting.await.unwrap().unwrap();
    world.tell(world.bearing("*", asking())).await.unwrap();
    world.listening.stop().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_gives_its_place_back() {
    let limits = LimitOptions {
        calls_in_flight: 1,
        ..LimitOptions::default()
    };
    let world = World::new(limits).await;
    let mut client = world.client.clone();
    let request = world.bearing("*", VerifyRollupsRequest {});
    let waiting = tokio::spawn(async move { client.verify_rollups(request).await });
    world.stub.waits.notified().await;
    waiting.abort();
    until("the place is free", || async {
        world.tell(world.bearing("*", asking())).await.is_ok()
    })
    .await;
    world.listening.stop().await;
}

#[tokio::test]
async fn an_open_stream_holds_its_place_until_it_is_closed() {
    let limits = LimitOptions {
        streams: 1,
        ..LimitOptions::default()
    };
    let world = World::new(limits).await;
    let health = HealthClient::new(world.listening.channel().await);
    let watch = || {
        let mut health = health.clone();
        async move { health.watch(HealthCheckRequest::default()).await }
    };
    let mut open = watch().await.unwrap().into_inner();
    open.message().await.unwrap();
    let refused = watch().await.unwrap_err();
    assert_eq!(reason(&refused), "OVERLOADED");
    world
        .tell(world.bearing("*", asking()))
        .await
        .expect("calls have places of their own");
    drop(open);
    until("the stream's place is free", || async { watch().await.is_ok() }).await;
    world.listening.stop().await;
}

#[tokio::test]
async fn what_the_transport_refuses_has_a_reason_too() {
    let world = World::new(LimitOptions::default()).await;
    let address = world.listening.address;
    let bearer = format!("Bearer {}", token(&world.issuer, "harbour", "*"));
    let authorised = [("authorization", bearer.as_str())];
    let send = |path: &'static str, headers: Vec<(&'static str, &'static str)>, body: Vec<u8>| {
        let headers: Vec<(&str, &str)> = authorised.iter().copied().chain(headers).collect();
        async move { described(&raw::refused(address, path, &headers, &body).await) }
    };
    let none = framed(0, &[]);
    let mut told = String::new();
    for (case, refusal) in [
        (
            "no such method",
            send(
                "/rapport.satisfaction.v1.SatisfactionService/Guess",
                vec![],
                none.clone(),
            )
            .await,
        ),
        (
            "no such service",
            send("/other.Service/Method", vec![], none.clone()).await,
        ),
        (
            "too large",
            send(TELL, vec![], framed(0, &vec![0; 5_000_000])).await,
        ),
        (
            "unknown compression",
            send(TELL, vec![("grpc-encoding", "br")], framed(1, &[0])).await,
        ),
        (
            "compressed without saying how",
            send(TELL, vec![], framed(1, &[0])).await,
        ),
        ("a flag that is none", send(TELL, vec![], framed(7, &[0])).await),
        ("no message", send(TELL, vec![], vec![]).await),
        (
            "a message of another type",
            send(TELL, vec![], framed(0, &[0xff, 0xff])).await,
        ),
        (
            "not answered in time",
            send(WAIT, vec![("grpc-timeout", "50m")], none.clone()).await,
        ),
    ] {
        writeln!(told, "{case}\n    {refusal}").unwrap();
    }
    insta::assert_snapshot!(told);
    world.listening.stop().await;
}

#[tokio::test]
async fn a_page_of_another_machine_cannot_call_a_server_without_keys() {
    let server = Server::new(Credentials::of(None, "own"), clock()).unwrap();
    let world = World::with(server, TestIssuer::default(), tempfile::tempdir().unwrap()).await;
    let page = [("origin", "http://example.test")];
    let refused = raw::refused(world.listening.address, TELL, &page, &framed(0, &[])).await;
    assert_eq!(reason(&refused), "TOKEN_MISSING");
    world.listening.stop().await;
}

#[tokio::test]
async fn the_reasons_of_handlers_pass_as_they_are() {
    let world = World::new(LimitOptions::default()).await;
    let request = world.bearing(
        "*",
        QueryMetricRequest {
            metric: rapport_contract::satisfaction::v1::Metric::Nps.into(),
            ..QueryMetricRequest::default()
        },
    );
    let refused = world.client.clone().query_metric(request).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::NotFound, "SATISFACTION_NOT_FOUND")
    );
    world.listening.stop().await;
}
