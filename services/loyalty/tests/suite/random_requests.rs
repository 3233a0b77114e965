//! Hundreds of random requests to every method: well-typed, often absurd, sometimes plausible. None ends in a fault, and
//! each refusal says its reason.

use prost::{
    Message as _,
    bytes::{Buf as _, BufMut as _},
};
use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value,
};
use rapport_contract::DESCRIPTOR_SET;
use rapport_status::reason_of;
use tonic::{
    Code, Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    transport::Channel,
};

use rapport_testkit::Random;

use crate::fixture::Fixture;

/// Requests to each method.
const REQUESTS: usize = 500;

/// Texts that suit no field.
const HOSTILE: &[&str] = &[
    "",
    "\0",
    "a\0b",
    "'; DROP TABLE lot; --",
    "../../etc/passwd",
    "%s%n",
    "\u{202e}\u{feff}",
    "💥",
    "会员",
    "programs/",
    "programs//members/",
    "programs/stars/members/ann/holds/💥",
    "\\",
    "\"",
    "9999999999999999999",
    "NaN",
    "e\u{301}",
];

/// Texts that suit a field, so that requests get past the first checks.
fn suitable<'h>(field: &str, hold: &'h str) -> Vec<&'h str> {
    match field {
        "name" => vec![
            "programs/stars",
            "programs/stars/members/ann",
            "programs/stars/members/ann/balance",
            hold,
        ],
        "parent" => vec!["programs/stars", "programs/-", "programs/stars/members/ann"],
        "program" => vec!["programs/stars"],
        "member" => vec![
            "programs/stars/members/ann",
            "programs/stars/members/bob",
            "programs/stars/members/nobody",
        ],
        "customer" | "customers" => vec!["customers/ann", "customers/bob", "customers/00004"],
        "filter" => vec![
            "",
            "state = ACTIVE",
            "kind = EARN",
            "title : \"%_\\\\\"",
            "available_points > -1",
        ],
        "order_by" => vec![
            "",
            "create_time desc",
            "post_time",
            "available_points",
            "title,create_time",
        ],
        "paths" => vec![
            "title",
            "earning_rule",
            "compensation_rules",
            "lifetime_months",
            "*",
        ],
        "currency_code" => vec!["USD", "JPY", "ZZZ"],
        "program_id" | "member_id" => vec!["", "stars", "ann", "gold-1"],
        "etag" => vec!["", "1", "2"],
        "page_token" => vec![""],
        _ => vec!["r-1", "r-2", "a free night"],
    }
}

/// Makes random messages.
struct Maker {
    random: Random,
    hold: String,
}

impl Maker {
    fn message(&mut self, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields() {
            if self.random.one_in(6) || depth > 6 {
                continue;
            }
            let value = if field.cardinality() == Cardinality::Repeated {
                Value::List(
                    (0..self.random.below(5))
                        .map(|_| self.value(&field, depth))
                        .collect(),
                )
            } else {
                self.value(&field, depth)
            };
            message.set_field(&field, value);
        }
        message
    }

    fn value(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        match field.kind() {
            Kind::Message(descriptor) => Value::Message(self.message(&descriptor, depth + 1)),
            Kind::Enum(descriptor) => {
                let mut numbers: Vec<i32> = descriptor.values().map(|value| value.number()).collect();
                numbers.extend([99, -1, i32::MAX]);
                Value::EnumNumber(self.pick(&numbers))
            }
            Kind::String => Value::String(self.text(field.name())),
            Kind::Bool => Value::Bool(self.random.one_in(2)),
            Kind::Int32 => Value::I32(self.pick(&[0, 1, 12, 120, 900, 2_592_000, -1, i32::MAX, i32::MIN])),
            Kind::Int64 => {
                Value::I64(self.pick(&[0, 1, 5, 1_000_000_000, 1_900_000_000, -1, i64::MAX, i64::MIN]))
            }
            other => panic!("the contract of loyalty has no {other:?} until now: say what random ones are"),
        }
    }

    fn text(&mut self, field: &str) -> String {
        if self.random.one_in(40) {
            return "x".repeat(3_000);
        }
        if self.random.one_in(4) {
            return self.pick(HOSTILE).to_owned();
        }
        let hold = self.hold.clone();
        self.pick(&suitable(field, &hold)).to_owned()
    }

    fn pick<V: Copy>(&mut self, values: &[V]) -> V {
        values[self.random.below(values.len())]
    }
}

/// Sends bytes as they are and takes the answer's bytes as they come.
#[derive(Debug, Clone, Copy, Default)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

/// Calls a method, whether it answers with one message or with many.
async fn call(channel: &Channel, path: &str, body: Vec<u8>) -> Result<(), Status> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.expect("the server is there");
    let path = PathAndQuery::try_from(path).unwrap();
    let mut answers = grpc
        .server_streaming(Request::new(body), path, Bytes)
        .await?
        .into_inner();
    while answers.message().await?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn random_requests_never_end_in_a_fault() {
    let random = Random::announced("random requests");
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.enrol("bob").await;
    fixture.earn("welcome", &member, 1_000_000).await.unwrap();
    let hold = fixture.reserve("an order", &member, 500).await.unwrap().name;
    let channel = fixture.channel();
    let pool = DescriptorPool::decode(DESCRIPTOR_SET).unwrap();
    let service = pool
        .get_service_by_name("rapport.loyalty.v1.LoyaltyService")
        .unwrap();
    let mut maker = Maker { random, hold };
    for method in service.methods() {
        let path = format!("/{}/{}", service.full_name(), method.name());
        let mut taken = 0;
        for _ in 0..REQUESTS {
            let request = maker.message(&method.input(), 0);
            let Err(status) = call(&channel, &path, request.encode_to_vec()).await else {
                taken += 1;
                continue;
            };
            let is_fault = matches!(status.code(), Code::Internal | Code::Unknown | Code::Unavailable);
            assert!(
                !is_fault && reason_of(&status).is_some(),
                "{path} ended in {status:?}:\n{request:?}"
            );
        }
        println!("{path}: {taken} of {REQUESTS} were taken");
    }
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}
