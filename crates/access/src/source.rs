//! Where keys are read from: a file, or an http(s) address.

use std::{fmt, path::PathBuf, time::Duration};

use http::{StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::io::AsyncReadExt as _;

/// Most bytes that are read of a source.
const MOST_BYTES: usize = 1024 * 1024;

/// How long an address gets to answer.
const PATIENCE: Duration = Duration::from_secs(5);

type Http = Client<HttpsConnector<HttpConnector>, Empty<&'static [u8]>>;

/// Where keys are read from.
#[derive(Clone)]
pub(crate) enum Source {
    /// A file.
    File(PathBuf),
    /// An address, asked with GET. Redirections are not followed.
    Address(Uri, Box<Http>),
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Address(address, _) => write!(formatter, "{address}"),
        }
    }
}

impl Source {
    /// The source that a text names: an address if it begins with `http://` or `https://`, a file otherwise.
    pub(crate) fn named(text: &str) -> Result<Self, String> {
        let secure = text.starts_with("https://");
        if !secure && !text.starts_with("http://") {
            return Ok(Self::File(PathBuf::from(text)));
        }
        let address = text
            .parse::<Uri>()
            .map_err(|error| format!("{text:?} is no address: {error}"))?;
        let roots = if secure {
            HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
                .map_err(|error| format!("this machine has no certificates of authorities: {error}"))?
        } else {
            let none = rustls::ClientConfig::builder_with_provider(crate::tls::provider())
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth();
            HttpsConnectorBuilder::new().with_tls_config(none)
        };
        let connector = roots.https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self::Address(address, Box::new(client)))
    }

    /// Reads it whole.
    pub(crate) async fn read(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::File(path) => {
                let mut bytes = Vec::new();
                let file = tokio::fs::File::open(path)
                    .await
                    .map_err(|error| error.to_string())?;
                let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
                file.take(most.saturating_add(1))
                    .read_to_end(&mut bytes)
                    .await
                    .map_err(|error| error.to_string())?;
                if bytes.len() > MOST_BYTES {
                    return Err(format!("it has more than {MOST_BYTES} bytes"));
                }
                Ok(bytes)
            }
            Self::Address(address, client) => tokio::time::timeout(PATIENCE, get(client, address.clone()))
                .await
                .map_err(|_| format!("it did not answer within {} s", PATIENCE.as_secs()))?,
        }
    }
}

async fn get(client: &Http, address: Uri) -> Result<Vec<u8>, String> {
    let answer = client.get(address).await.map_err(|error| {
        let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
        format!("{error}{cause}")
    })?;
    if answer.status() != StatusCode::OK {
        return Err(format!("it answered {}", answer.status()));
    }
    let body = Limited::new(answer.into_body(), MOST_BYTES)
        .collect()
        .await
        .map_err(|error| format!("its answer cannot be read: {error}"))?;
    Ok(body.to_bytes().to_vec())
}
