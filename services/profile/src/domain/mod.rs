//! The rules of the profile service, pure: no storage, no network, no clock. Time and new ids come in.

pub(crate) mod amount;
pub(crate) mod customer;
pub(crate) mod evaluation;
pub(crate) mod history;
pub(crate) mod identity;
pub(crate) mod intake;
pub(crate) mod purchase;
pub(crate) mod registry;
pub(crate) mod stage;
pub(crate) mod summary;
pub(crate) mod timeline;
pub(crate) mod valuation;
pub(crate) mod value;
