//! The contract in Rust: messages, clients and servers, the checks of its rules, the table of its policies, and the
//! forms that its common values have (names, money, times).

pub mod check;
pub mod codec;
pub mod instant;
pub mod money;
pub mod name;
pub mod policy;
mod target;

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    reason = "generated from the contract, where every element has its comment"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

pub use generated::{google, rapport};
pub use rapport::{audit, feedback, loyalty, profile, satisfaction, r#type};

/// The compiled contract with all its options and comments, as a `google.protobuf.FileDescriptorSet`.
pub static DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor_set.bin"));
