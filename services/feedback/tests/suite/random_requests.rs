//! Hundreds of random requests to every method: well-typed, often absurd, sometimes plausible. None may end in an
//! internal error, and each refusal says its reason.

use prost::{Message as _, bytes::Buf as _};
use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    Value,
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

use crate::service::{Service, answers, complaint, score};
use rapport_contract::r#type::v1::Priority;

/// Requests to each method.
const REQUESTS: usize = 500;

/// The numbers that random requests come from: a seed gives the same requests again.
struct Random(u64);

impl Random {
    /// The next number below a limit (splitmix64).
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let limit = u64::try_from(limit).unwrap();
        usize::try_from((z ^ (z >> 31)) % limit).unwrap()
    }

    fn pick<'v, V>(&mut self, values: &'v [V]) -> &'v V {
        &values[self.below(values.len())]
    }

    fn message(&mut self, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields() {
            let is_left_out = self.below(4) == 0;
            if is_left_out || depth > 6 {
                continue;
            }
            let value = if field.cardinality() == Cardinality::Repeated {
                Value::List((0..self.below(4)).map(|_| self.value(&field, depth)).collect())
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
            Kind::Enum(descriptor) => Value::EnumNumber(self.enum_number(&descriptor)),
            Kind::String => Value::String(self.text(field.name())),
            Kind::Bool => Value::Bool(self.below(2) == 0),
            Kind::Int32 => Value::I32(*self.pick(&[0, 1, 2, 3, 5, 7, 10, 11, -1, i32::MAX, i32::MIN])),
            Kind::Int64 => Value::I64(*self.pick(&[0, 1_772_000_000, 1, -1, i64::MAX, i64::MIN])),
            Kind::Double => Value::F64(*self.pick(&[0.0, f64::NAN, f64::INFINITY])),
            other => panic!("the contract of feedback has no {other:?} until now: say what random ones are"),
        }
    }

    fn enum_number(&mut self, descriptor: &EnumDescriptor) -> i32 {
        let mut numbers: Vec<i32> = descriptor.values().map(|value| value.number()).collect();
        numbers.extend([99, -1]);
        *self.pick(&numbers)
    }

    /// Half of the texts suit their field, so that requests get past the first checks.
    fn text(&mut self, field: &str) -> String {
        let suitable: &[&str] = match field {
            "name" => &[
                "surveys/hotel",
                "surveys/draft",
                "cases/c-1",
                "cases/c-2",
                "answerSets/none",
            ],
            "survey" => &["surveys/hotel", "surveys/draft"],
            "customer" => &["customers/00004", ""],
            "question" | "id" => &["stay", "recommend", "ease", "breakfast", "purpose", "remarks"],
            "filter" => &[
                "",
                "state = CASE_STATE_OPEN",
                "create_time > \"2020-01-01T00:00:00Z\"",
                "owner : \"%_\\\\\"",
            ],
            "order_by" => &["", "create_time desc", "title", "due_time", "priority_rank desc"],
            "paths" => &["title", "questions", "case_rules", "*"],
            "language" => &["en", "zh-CN"],
            "choice" => &["business", "leisure"],
            "survey_id" | "case_id" => &["", "draft", "c-1", "c-2"],
            "etag" => &["", "1", "2"],
            "page_token" => &[""],
            _ => &["r-1", "zoe", "Noise"],
        };
        let long = "x".repeat(3_000);
        let hostile = [
            "",
            "\0",
            "a\0b",
            "'; DROP TABLE survey; --",
            "../../etc/passwd",
            "%s%n",
            "\u{202e}\u{feff}",
            "💥",
            "中文",
            "surveys/",
            "cases/💥",
            &long,
            "\\",
            "\"",
            "9999999999999999999",
            "NaN",
            "e\u{301}",
        ];
        if self.below(3) > 0 {
            (*self.pick(suitable)).to_owned()
        } else {
            (*self.pick(&hostile)).to_owned()
        }
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
        use prost::bytes::BufMut as _;
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

async fn call(channel: &Channel, path: &str, body: Vec<u8>) -> Result<(), Status> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.expect("the server is there");
    let path = PathAndQuery::try_from(path).unwrap();
    grpc.unary(Request::new(body), path, Bytes).await.map(|_| ())
}

#[tokio::test]
async fn random_requests_never_end_in_an_internal_error() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    service.create("draft", crate::service::hotel()).await.unwrap();
    service
        .submit("r-0", answers(vec![score("stay", 1)]))
        .await
        .unwrap();
    service
        .open_case("c-1", complaint("Noise", Priority::Low))
        .await
        .unwrap();

    let pool = DescriptorPool::decode(DESCRIPTOR_SET).unwrap();
    let feedback = pool
        .get_service_by_name("rapport.feedback.v1.FeedbackService")
        .unwrap();
    let seed = 20_260_301;
    let mut random = Random(seed);
    for method in feedback.methods() {
        let path = format!("/{}/{}", feedback.full_name(), method.name());
        let mut taken = 0;
        for index in 0..REQUESTS {
            let request = random.message(&method.input(), 0);
            let outcome = call(&service.channel, &path, request.encode_to_vec()).await;
            let Err(status) = outcome else {
                taken += 1;
                continue;
            };
            assert!(
                !matches!(status.code(), Code::Internal | Code::Unknown | Code::Unavailable)
                    && reason_of(&status).is_some(),
                "seed {seed}, request {index} to {path} ended in {status:?}:\n{request:?}"
            );
        }
        println!("{path}: {taken} of {REQUESTS} random requests were taken");
    }
}
