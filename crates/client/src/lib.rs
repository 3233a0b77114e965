//! Calls to other services: discovery, balancing, deadlines, retries within a budget, circuit breaking.
//!
//! A [`Sister`] stands for one service, wherever its replicas are. It is a transport for generated clients:
//!
//! ```no_run
//! # use rapport_contract::loyalty::v1::loyalty_service_client::LoyaltyServiceClient;
//! # use rapport_client::{CallPolicy, Sister};
//! # fn open() -> rapport_status::Result<()> {
//! let sister = Sister::connect("loyalty", "http://loyalty:50051", None, CallPolicy::default())?;
//! let client = LoyaltyServiceClient::new(sister);
//! # let _ = client;
//! # Ok(())
//! # }
//! ```
//!
//! Decisions are apart from what is done with them: when a call is sent again (`repeat`), how often at most (`budget`),
//! when a service is left alone (`breaker`), which replica is called (`choice`). None of them knows the time or chance:
//! both are passed in.

mod address;
mod attempt;
mod breaker;
mod budget;
mod choice;
mod context;
mod discovery;
mod method;
mod options;
mod policy;
mod repeat;
mod replica;
mod sister;

pub use breaker::BreakerPolicy;
pub use budget::BudgetPolicy;
pub use options::SisterOptions;
pub use policy::CallPolicy;
pub use sister::Sister;
