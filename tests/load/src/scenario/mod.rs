//! What is measured of the services.

pub mod answers;
pub mod ledger;
pub mod overload;
pub mod points;
pub mod purchases;
pub mod replicas;
