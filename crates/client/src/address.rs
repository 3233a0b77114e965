//! Where a service is: one address or several, each a URL with a host name or a number.

use std::net::{IpAddr, SocketAddr};

use http::{Uri, uri::Scheme};
use rapport_status::{Error, Result};

/// The port of addresses that name none.
const DEFAULT_PORT: u16 = 50_051;

/// One address of a service. A host name may stand for many replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// As it was written: what calls name as their authority.
    pub(crate) origin: Uri,
    /// Host name or number.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Whether the connection is encrypted.
    pub(crate) encrypted: bool,
}

impl Address {
    /// The socket of an address that is a number; none for a name.
    pub(crate) fn number(&self) -> Option<SocketAddr> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host.parse::<IpAddr>()
            .ok()
            .map(|ip| SocketAddr::new(ip, self.port))
    }

    fn parse(text: &str) -> Option<Self> {
        let origin: Uri = text.parse().ok()?;
        let encrypted = match origin.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            _ => return None,
        };
        let bare = origin.path_and_query().is_none_or(|path| path.as_str() == "/");
        let host = origin.host().filter(|host| bare && !host.is_empty())?.to_owned();
        let port = origin.port_u16().unwrap_or(DEFAULT_PORT);
        Some(Self {
            origin,
            host,
            port,
            encrypted,
        })
    }
}

/// Reads the addresses of a service, divided by commas.
pub(crate) fn parse(name: &str, text: &str) -> Result<Vec<Address>> {
    text.split(',')
        .map(|one| {
            Address::parse(one.trim()).ok_or_else(|| {
                Error::invalid_field(
                    format!("sisters.{name}"),
                    format!(
                        "{:?} is no address of a service; write it like http://{name}:50051 or https://{name}:50051, \
                         several divided by commas",
                        one.trim()
                    ),
                )
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_read_with_and_without_a_port() {
        let read = parse(
            "loyalty",
            "http://loyalty, https://10.0.0.7:7000 ,http://[::1]:8000/",
        )
        .unwrap();
        let seen: Vec<_> = read
            .iter()
            .map(|one| (one.host.as_str(), one.port, one.encrypted, one.number()))
            .collect();
        assert_eq!(
            seen,
            [
                ("loyalty", 50_051, false, None),
                ("10.0.0.7", 7_000, true, Some(([10, 0, 0, 7], 7_000).into())),
                ("[::1]", 8_000, false, Some("[::1]:8000".parse().unwrap())),
            ]
        );
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_to_write() {
        for text in [
            "",
            "loyalty:50051",
            "ftp://loyalty",
            "http://loyalty/path",
            "http://a,,http://b",
            "http://",
        ] {
            let refused = parse("loyalty", text).unwrap_err();
            assert!(
                refused.message().contains("http://loyalty:50051"),
                "{text}: {refused}"
            );
        }
    }
}
