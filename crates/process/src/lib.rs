//! What a process of the suite starts with: its configuration, its data folder, the signals that end it, and failures
//! that say how to mend them. [`alone`] runs one service in a process of its own.

pub mod alone;
mod configuration;
mod data_folder;
mod delivery;
mod failure;
mod guarded;
mod listen;
mod runtime;
mod signals;
mod storage;
mod upkeep;

pub use configuration::{Configuration, Overrides};
pub use data_folder::{DataFolder, unusable};
pub use delivery::Delivery;
pub use failure::Failure;
pub use guarded::guarded;
pub use listen::{cannot_listen, listen};
pub use runtime::runtime;
pub use signals::told_to_end;
pub use storage::Storage;
pub use upkeep::upkeep;
