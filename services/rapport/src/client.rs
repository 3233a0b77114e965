//! Clients of a running suite.

use std::{fs, path::PathBuf, time::Duration};

use clap::Args;

use rapport_contract::{
    feedback::v1::feedback_service_client::FeedbackServiceClient,
    loyalty::v1::{
        loyalty_service_client::LoyaltyServiceClient, reward_service_client::RewardServiceClient,
        tier_service_client::TierServiceClient,
    },
    profile::v1::profile_service_client::ProfileServiceClient,
    satisfaction::v1::satisfaction_service_client::SatisfactionServiceClient,
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use rapport_process::Failure;

/// Which server is called, and how its caller proves who it is.
#[derive(Debug, Clone, Args)]
pub struct ServerArguments {
    /// Address of the running suite.
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:50051",
        env = "RAPPORT_SERVER"
    )]
    pub server: String,
    /// Token or API key to call with, where the server has keys configured. Better given as the variable: other users
    /// of this machine can see arguments.
    #[arg(long, value_name = "TOKEN", env = "RAPPORT_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Certificates in PEM of the authorities that the server's certificate may come from, for https.
    #[arg(long, value_name = "FILE", env = "RAPPORT_AUTHORITIES")]
    pub authorities: Option<PathBuf>,
}

impl ServerArguments {
    /// A server that wants no token.
    pub fn open(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            token: None,
            authorities: None,
        }
    }
}

/// Puts a token on every call, if there is one.
#[derive(Debug, Clone)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Bearer {
    fn of(token: Option<&str>) -> Result<Self, Failure> {
        let Some(token) = token.map(str::trim).filter(|token| !token.is_empty()) else {
            return Ok(Self(None));
        };
        let mut header: MetadataValue<Ascii> = format!("Bearer {token}").parse().map_err(|_| {
            Failure::new("the token holds characters that no token has")
                .mend("give --token or RAPPORT_TOKEN the token alone, as `rapport token` prints it")
        })?;
        header.set_sensitive(true);
        Ok(Self(Some(header)))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(header) = &self.0 {
            request.metadata_mut().insert("authorization", header.clone());
        }
        Ok(request)
    }
}

/// How the clients reach their server.
pub type Connection = InterceptedService<Channel, Bearer>;

/// The clients of all four services over one connection.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Customers.
    pub profile: ProfileServiceClient<Connection>,
    /// Surveys, answers and cases.
    pub feedback: FeedbackServiceClient<Connection>,
    /// Scores.
    pub satisfaction: SatisfactionServiceClient<Connection>,
    /// Programs and points.
    pub loyalty: LoyaltyServiceClient<Connection>,
    /// Rewards.
    pub rewards: RewardServiceClient<Connection>,
    /// Tiers.
    pub tiers: TierServiceClient<Connection>,
}

impl Clients {
    /// Connects to a server that wants no token, such as `http://127.0.0.1:50051`.
    pub async fn connect(server: &str) -> Result<Self, Failure> {
        Self::connect_as(&ServerArguments::open(server)).await
    }

    /// Connects to a server, as somebody.
    pub async fn connect_as(arguments: &ServerArguments) -> Result<Self, Failure> {
        let bearer = Bearer::of(arguments.token.as_deref())?;
        let server = &arguments.server;
        let mut endpoint = Endpoint::from_shared(server.clone())
            .map_err(|error| {
                Failure::new(format!("{server:?} is no address of a server: {error}"))
                    .mend("write it like http://127.0.0.1:50051")
            })?
            .connect_timeout(Duration::from_secs(5));
        if let Some(file) = &arguments.authorities {
            let unusable = |wrong: String| {
                Failure::new(format!("{} cannot be used: {wrong}", file.display()))
                    .mend("give a file with certificates in PEM as --authorities")
            };
            let pem = fs::read(file).map_err(|error| unusable(error.to_string()))?;
            let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem));
            endpoint = endpoint
                .tls_config(tls)
                .map_err(|error| unusable(error.to_string()))?;
        }
        let channel = endpoint.connect().await.map_err(|error| {
            let cause =
                std::error::Error::source(&error).map_or_else(String::new, |cause| format!(" ({cause})"));
            let mend = if server.starts_with("https://") && arguments.authorities.is_none() {
                "say with --authorities where its certificate comes from"
            } else {
                "start one with `rapport serve`, or give its address with --server"
            };
            Failure::new(format!("no server answers at {server}: {error}{cause}")).mend(mend)
        })?;
        Ok(Self {
            profile: ProfileServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            feedback: FeedbackServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            satisfaction: SatisfactionServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            loyalty: LoyaltyServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            rewards: RewardServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            tiers: TierServiceClient::with_interceptor(channel, bearer),
        })
    }
}
