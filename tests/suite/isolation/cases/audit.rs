//! Requests about what was done.

use super::{
    Case,
    Expected::{self, Refused},
    case,
};

pub(in crate::isolation) const LIST_RECORDS: Case = case(
    "AuditService/ListAuditRecords",
    Expected::Nothing,
    &[("filter", "target = \"customers/li\"")],
);

pub(super) const CASES: &[Case] = &[
    case("AuditService/GetAuditRecord", Refused, &[("name", "{record}")]),
    LIST_RECORDS,
];
