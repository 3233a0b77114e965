//! What can be configured of traces and metrics.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Where traces and metrics go. Logs go to the standard error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryOptions {
    /// Address of a collector that takes OTLP over gRPC, such as `http://collector:4317`. Absent: nothing is sent.
    pub otlp: Option<String>,
    /// Address on which `/metrics` answers Prometheus. Absent: nothing answers.
    pub metrics: Option<SocketAddr>,
    /// The share of traces that are kept when the caller has not decided it: 0 to 1.
    pub sample: f64,
}

impl Default for TelemetryOptions {
    fn default() -> Self {
        Self {
            otlp: None,
            metrics: None,
            sample: 1.0,
        }
    }
}
