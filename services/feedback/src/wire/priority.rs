//! Priorities on the wire.

use rapport_contract::r#type::v1;

use crate::{domain::priority::Priority, wire::fields::Fields};

/// Reads a priority; the one that is not stated is the usual one.
pub(crate) fn from_wire(number: i32, field: &str, fields: &mut Fields) -> Priority {
    match v1::Priority::try_from(number) {
        Ok(v1::Priority::Unspecified) => Priority::default(),
        Ok(v1::Priority::Low) => Priority::Low,
        Ok(v1::Priority::Normal) => Priority::Normal,
        Ok(v1::Priority::High) => Priority::High,
        Ok(v1::Priority::Urgent) => Priority::Urgent,
        Err(_) => {
            fields.refuse(
                field,
                format!("has no value {number}; the contract lists the values it has"),
            );
            Priority::default()
        }
    }
}

/// Writes a priority.
pub(crate) fn to_wire(priority: Priority) -> v1::Priority {
    match priority {
        Priority::Low => v1::Priority::Low,
        Priority::Normal => v1::Priority::Normal,
        Priority::High => v1::Priority::High,
        Priority::Urgent => v1::Priority::Urgent,
    }
}
