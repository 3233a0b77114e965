//! The policies of methods, as the contract states them.

pub use crate::rapport::policy::v1::{AuditClass, Repetition};

/// The policy of one method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// Path of its calls, such as `/rapport.profile.v1.ProfileService/GetCustomer`.
    pub path: &'static str,
    /// The scope that a caller must hold.
    pub scope: &'static str,
    /// What a repetition does.
    pub repetition: Repetition,
    /// What the audit log keeps.
    pub audit: AuditClass,
}

include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// The policy of the method with a path; none for methods that are not of this contract (health, reflection).
pub fn method(path: &str) -> Option<&'static Method> {
    METHODS
        .binary_search_by(|method| method.path.cmp(path))
        .ok()
        .map(|index| &METHODS[index])
}
