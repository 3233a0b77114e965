//! Calls of any method with messages that are built from the contract's descriptors instead of generated types.

use std::time::Duration;

use futures::TryStreamExt as _;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor};
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Channel,
};

/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// Calls a method with these requests (one, unless the client streams) and gives all its answers.
pub(crate) async fn call(
    channel: &Channel,
    method: &MethodDescriptor,
    requests: Vec<DynamicMessage>,
) -> Result<Vec<DynamicMessage>, Status> {
    call_as(channel, method, requests, None).await
}

/// The same with a token.
pub(crate) async fn call_as(
    channel: &Channel,
    method: &MethodDescriptor,
    requests: Vec<DynamicMessage>,
    token: Option<&str>,
) -> Result<Vec<DynamicMessage>, Status> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let path = path.parse().expect("names of methods are paths");
    let mut client = Grpc::new(channel.clone());
    client
        .ready()
        .await
        .map_err(|error| Status::unknown(format!("the connection is lost: {error}")))?;
    // On the wire, one message is a stream of one: this serves methods of every kind.
    let mut request = Request::new(futures::stream::iter(requests));
    request.set_timeout(DEADLINE);
    if let Some(token) = token {
        let header = format!("Bearer {token}").parse().expect("tokens are plain");
        request.metadata_mut().insert("authorization", header);
    }
    let answer = client
        .streaming(request, path, DynamicCodec(method.output()))
        .await?;
    answer.into_inner().try_collect().await
}

/// Encodes what it is given, and decodes messages of one type.
struct DynamicCodec(MessageDescriptor);

impl Codec for DynamicCodec {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = DynamicEncoder;
    type Decoder = DynamicDecoder;

    fn encoder(&mut self) -> DynamicEncoder {
        DynamicEncoder
    }

    fn decoder(&mut self) -> DynamicDecoder {
        DynamicDecoder(self.0.clone())
    }
}

struct DynamicEncoder;

impl Encoder for DynamicEncoder {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, message: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message
            .encode(buffer)
            .map_err(|error| Status::unknown(format!("the request cannot be encoded: {error}")))
    }
}

struct DynamicDecoder(MessageDescriptor);

impl Decoder for DynamicDecoder {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        DynamicMessage::decode(self.0.clone(), buffer)
            .map(Some)
            .map_err(|error| Status::data_loss(format!("the answer cannot be decoded: {error}")))
    }
}
