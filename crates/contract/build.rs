//! Compiles the contract: messages, clients and servers; the checks of its field rules; the table of its policies.

#[path = "build/checks.rs"]
mod checks;
#[path = "build/policies.rs"]
mod policies;
#[path = "build/targets.rs"]
mod targets;

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;
use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorSet;

/// Where the contract lies, seen from this crate.
const PROTO: &str = "../../proto";

/// The entry points: everything else is imported by them.
const FILES: [&str; 13] = [
    "rapport/audit/v1/audit_service.proto",
    "rapport/profile/v1/profile_service.proto",
    "rapport/profile/v1/events.proto",
    "rapport/feedback/v1/feedback_service.proto",
    "rapport/feedback/v1/events.proto",
    "rapport/satisfaction/v1/satisfaction_service.proto",
    "rapport/loyalty/v1/loyalty_service.proto",
    "rapport/loyalty/v1/ledger_service.proto",
    "rapport/loyalty/v1/reward_service.proto",
    "rapport/loyalty/v1/campaign.proto",
    "rapport/loyalty/v1/tier_service.proto",
    "rapport/loyalty/v1/events.proto",
    "rapport/policy/v1/policy.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={PROTO}/rapport");
    println!("cargo:rerun-if-changed={PROTO}/third_party");
    println!("cargo:rerun-if-changed=build");
    let out = PathBuf::from(env::var("OUT_DIR")?);

    let mut compiler = protox::Compiler::new([PROTO, &format!("{PROTO}/third_party")])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(FILES)?;
    // The encoded set keeps custom options; the typed one loses them.
    let encoded = compiler.encode_file_descriptor_set();
    let pool = DescriptorPool::decode(encoded.as_slice())?;

    fs::write(out.join("descriptor_set.bin"), &encoded)?;
    fs::write(out.join("policies.rs"), policies::generate(&pool)?)?;
    fs::write(out.join("checks.rs"), checks::generate(&pool)?)?;

    let set = FileDescriptorSet::decode(encoded.as_slice())?;
    let mut messages = prost_build::Config::new();
    // Messages know their full names: the topics of events.
    messages.enable_type_names();
    tonic_prost_build::configure()
        .codec_path("crate::codec::CheckedCodec")
        // Ordered maps: the same message always has the same bytes, as fingerprints of requests need.
        .btree_map(".")
        .include_file("messages.rs")
        .emit_rerun_if_changed(false)
        .compile_fds_with_config(without_annotations(set), messages)?;
    Ok(())
}

/// Leaves out the files that only annotate: no message of ours has a field of their types.
fn without_annotations(mut set: FileDescriptorSet) -> FileDescriptorSet {
    set.file
        .retain(|file| !matches!(file.package(), "google.api" | "buf.validate"));
    set
}
