//! All four services of Rapport in one process, and the command line.
//!
//! [`suite`] puts the services together; [`command`] has one file for each command; [`demo`] plays the closed loop on
//! real purchases through the public interface; [`import`] reads files of purchases.

pub mod client;
pub mod command;
pub mod demo;
pub mod import;
pub mod suite;
