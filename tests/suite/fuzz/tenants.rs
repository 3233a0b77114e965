//! One tenant's requests about another tenant's resources: no method tells or changes anything.

use std::sync::Arc;

use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use rapport_contract::policy::{self, Repetition};
use tonic::{Code, transport::Channel};

use super::{
    furnish_as,
    request::{Ground, Maker},
};
use rapport_testkit::Random;

use crate::{
    contract::{Offenders, methods},
    dynamic,
    tokens::Guarded,
    world,
};

/// Requests to each method.
const REQUESTS: usize = 60;

/// What the first tenant wrote, and the other never sends.
const MARKS: [&str; 4] = ["Guest customer-", "Harbour Club", "After the stay", "What about "];

#[tokio::test(flavor = "multi_thread")]
async fn no_method_tells_or_changes_anything_of_another_tenant() {
    let seed = Random::seed("tenants");
    let guarded = Guarded::start();
    let channel = guarded.suite.channel().await;
    let ground = Arc::new(Ground::new());
    let harbour = guarded.clients("harbour").await;
    furnish_as(&harbour, &ground.names).await;
    let guests: Vec<String> = (0..20).map(|number| format!("customer-{number}")).collect();
    let guests: Vec<&str> = guests.iter().map(String::as_str).collect();
    let before = settled(&harbour, &guests).await;

    let token = guarded.token("other", "*");
    let mut offenders = Offenders::against("Nothing of one tenant is told to another.");
    // First nothing but reading: every name that is asked for is the first tenant's alone.
    let (reading, changing): (Vec<_>, Vec<_>) = methods().into_iter().partition(only_reads);
    for (number, method) in (0_u64..).zip(reading.into_iter().chain(changing)) {
        let mut asker = Asker {
            channel: &channel,
            token: &token,
            maker: Maker::new(Arc::clone(&ground), Random::new(seed.wrapping_add(number))),
        };
        asker.ask(&method, &mut offenders).await;
    }
    offenders.must_be_none();
    let after = world::everything(&harbour, &guests).await;
    assert_eq!(
        before, after,
        "nothing of the first tenant has changed (seed {seed})"
    );
    let ended = guarded.suite.stop();
    assert!(
        !ended.stderr.contains("ERROR"),
        "the server logged a fault (seed {seed}):\n{}",
        ended.stderr
    );
}

/// Everything of the first tenant, when it does not change any more by itself.
async fn settled(harbour: &rapport::client::Clients, guests: &[&str]) -> String {
    let mut last = world::everything(harbour, guests).await;
    for _ in 0..300 {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let now = world::everything(harbour, guests).await;
        if now == last {
            return now;
        }
        last = now;
    }
    panic!("the first tenant's world does not settle within a minute");
}

fn only_reads(method: &MethodDescriptor) -> bool {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    policy::method(&path).is_some_and(|method| method.repetition == Repetition::ReadOnly)
}

/// Whether a request names a resource by itself, and not only a collection.
fn names_a_resource(request: &DynamicMessage) -> bool {
    let name = request.get_field_by_name("name");
    name.is_some_and(|name| name.as_str().is_some_and(|name| !name.is_empty()))
}

struct Asker<'a> {
    channel: &'a Channel,
    token: &'a str,
    maker: Maker,
}

impl Asker<'_> {
    async fn ask(&mut self, method: &MethodDescriptor, offenders: &mut Offenders) {
        let reads = only_reads(method);
        for _ in 0..REQUESTS {
            let requests = self.maker.requests(method);
            let named = requests.iter().any(names_a_resource);
            let shown = format!("{requests:?}");
            match dynamic::call_as(self.channel, method, requests, Some(self.token)).await {
                Ok(answers) => {
                    let bytes: Vec<u8> = answers.iter().flat_map(DynamicMessage::encode_to_vec).collect();
                    let text = String::from_utf8_lossy(&bytes);
                    let told = MARKS.iter().find(|mark| text.contains(*mark));
                    offenders.unless(
                        told.is_none(),
                        method.full_name(),
                        format_args!("tells {told:?} to {shown}"),
                    );
                    offenders.unless(
                        !(reads && named),
                        method.full_name(),
                        format_args!("answers {shown}"),
                    );
                }
                Err(status) => {
                    let told = MARKS.iter().find(|mark| status.message().contains(*mark));
                    offenders.unless(
                        told.is_none(),
                        method.full_name(),
                        format_args!("tells {told:?} to {shown}"),
                    );
                    let kept = !matches!(
                        status.code(),
                        Code::Unauthenticated | Code::Internal | Code::Unknown
                    );
                    offenders.unless(kept, method.full_name(), format_args!("{status:?} to {shown}"));
                }
            }
        }
    }
}
