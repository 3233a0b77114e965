//! Clients of a running suite.

use std::time::Duration;

use rapport_contract::{
    feedback::v1::feedback_service_client::FeedbackServiceClient,
    loyalty::v1::loyalty_service_client::LoyaltyServiceClient,
    profile::v1::profile_service_client::ProfileServiceClient,
    satisfaction::v1::satisfaction_service_client::SatisfactionServiceClient,
};
use tonic::transport::{Channel, Endpoint};

use rapport_process::Failure;

/// The clients of all four services over one connection.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Customers.
    pub profile: ProfileServiceClient<Channel>,
    /// Surveys, answers and cases.
    pub feedback: FeedbackServiceClient<Channel>,
    /// Scores.
    pub satisfaction: SatisfactionServiceClient<Channel>,
    /// Programs and points.
    pub loyalty: LoyaltyServiceClient<Channel>,
}

impl Clients {
    /// Connects to a server, such as `http://127.0.0.1:50051`.
    pub async fn connect(server: &str) -> Result<Self, Failure> {
        let endpoint = Endpoint::from_shared(server.to_owned())
            .map_err(|error| {
                Failure::new(format!("{server:?} is no address of a server: {error}"))
                    .mend("write it like http://127.0.0.1:50051")
            })?
            .connect_timeout(Duration::from_secs(5));
        let channel = endpoint.connect().await.map_err(|error| {
            let cause =
                std::error::Error::source(&error).map_or_else(String::new, |cause| format!(" ({cause})"));
            Failure::new(format!("no server answers at {server}: {error}{cause}"))
                .mend("start one with `rapport serve`, or give its address with --server")
        })?;
        Ok(Self::over(&channel))
    }

    /// The clients over a channel.
    pub fn over(channel: &Channel) -> Self {
        Self {
            profile: ProfileServiceClient::new(channel.clone()),
            feedback: FeedbackServiceClient::new(channel.clone()),
            satisfaction: SatisfactionServiceClient::new(channel.clone()),
            loyalty: LoyaltyServiceClient::new(channel.clone()),
        }
    }
}
