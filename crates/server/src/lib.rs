//! How services are served and called: layers, callers, health, reflection, drain, in-process transport, timers.

mod body;
mod caller;
mod context;
mod deadline;
mod gate;
pub mod in_process;
mod layer;
mod limit;
pub mod listing;
mod network;
mod observe;
mod record;
mod refusal;
mod serve;
mod timer;

pub use caller::{Credentials, caller};
pub use context::{deadline, outgoing};
pub use rapport_access::{Caller, Scopes};
pub use record::{Record, RecordedCall};
pub use serve::{Server, Shutdown};
pub use timer::{Timer, Timers};

/// Sets what every service has in common on a generated server: compression both ways and the largest message.
#[macro_export]
macro_rules! tuned {
    ($server:expr) => {
        $server
            .accept_compressed($crate::CompressionEncoding::Gzip)
            .accept_compressed($crate::CompressionEncoding::Zstd)
            .send_compressed($crate::CompressionEncoding::Gzip)
            .send_compressed($crate::CompressionEncoding::Zstd)
            .max_decoding_message_size($crate::LARGEST_MESSAGE)
    };
}

#[doc(hidden)]
pub use tonic::codec::CompressionEncoding;

/// Largest request in bytes.
pub const LARGEST_MESSAGE: usize = 4 * 1024 * 1024;
