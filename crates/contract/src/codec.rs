//! The codec of all methods: a request that breaks the rules of the contract is refused before any handler sees it.

use std::marker::PhantomData;

use prost::Message;
use rapport_status::{Error, Reason, call};
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder},
};
use tonic_prost::ProstEncoder;

use crate::check::{Inbound, violations};

/// Protobuf, with the rules of the contract checked on what comes in. The call under way is told what it is about.
#[derive(Debug, Clone, Copy)]
pub struct CheckedCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for CheckedCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for CheckedCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Inbound + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = CheckedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::default()
    }

    fn decoder(&mut self) -> Self::Decoder {
        CheckedDecoder(PhantomData)
    }
}

/// Decodes one message and, if it is a request, checks it.
#[derive(Debug, Clone, Copy)]
pub struct CheckedDecoder<U>(PhantomData<U>);

impl<U: Message + Default + Inbound> Decoder for CheckedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let message = U::decode(bytes).map_err(|error| {
            if U::IS_REQUEST {
                Error::new(
                    Reason::MalformedMessage,
                    format!("the request is no valid message of its type: {error}; check that client and server use the same contract"),
                )
            } else {
                Error::internal("an answer cannot be decoded").because(error)
            }
        })?;
        if U::IS_REQUEST {
            call::tell_target(|| message.target());
            let found = violations(&message);
            if !found.is_empty() {
                return Err(Error::invalid(Reason::InvalidFields, found).into());
            }
        }
        Ok(Some(message))
    }
}
