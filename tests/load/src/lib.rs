//! Load figures: the services as real processes on a real PostgreSQL server and a real NATS broker, beside baselines that
//! are measured in the same run on the same machine.
//!
//! Client, services, database and broker share the processors, so that figures are compared with baselines that share
//! them as well, and a target is a share of a baseline wherever it can be.

pub mod baseline;
pub mod choice;
pub mod machine;
pub mod measure;
pub mod report;
pub mod scenario;
pub mod stage;

use std::{path::Path, time::Duration};

use crate::{machine::Machine, report::Report, stage::Stage};

/// What can go wrong is told to the one who measures.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What is measured, and for how long.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a part of the run that can be left out"
)]
pub struct Plan {
    /// The time of one measurement.
    pub time: Duration,
    /// How often the ledger and its baselines are measured in turn.
    pub rounds: usize,
    /// Members of the program.
    pub members: u32,
    /// Baselines, earning, balances.
    pub ledger: bool,
    /// Purchases, answers, the lag to the points.
    pub events: bool,
    /// Five replicas and skewed choices.
    pub replicas: bool,
    /// Four times the sustainable rate.
    pub overload: bool,
}

impl Plan {
    /// Everything.
    pub fn all() -> Self {
        Self {
            ledger: true,
            events: true,
            replicas: true,
            overload: true,
            ..Self::none()
        }
    }

    /// Nothing yet, with the usual times.
    pub fn none() -> Self {
        Self {
            time: Duration::from_secs(4),
            rounds: 3,
            members: 10_000,
            ledger: false,
            events: false,
            replicas: false,
            overload: false,
        }
    }
}

/// Measures what the plan says. `own_program` is the program of this tool, which serves the bare calls.
pub async fn run(plan: &Plan, own_program: &Path) -> Outcome<Report> {
    let mut report = Report::new(Machine::here());
    let stage = Stage::start(own_program)?;
    if plan.ledger {
        scenario::ledger::measure(&stage, plan, &mut report).await?;
    }
    if plan.overload {
        scenario::overload::measure(&stage, plan, &mut report).await?;
    }
    if plan.replicas {
        scenario::replicas::measure(&stage, plan, &mut report).await?;
    }
    if plan.events {
        scenario::purchases::measure(&stage, plan, &mut report).await?;
        scenario::answers::measure(&stage, plan, &mut report).await?;
    }
    Ok(report)
}
