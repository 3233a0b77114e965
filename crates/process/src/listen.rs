//! The address that calls come to.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;

use crate::Failure;

/// Listens on an address. With port 0 the system chooses one; the address that came of it is given back.
pub async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| cannot_listen(address, &error))?;
    let address = listener
        .local_addr()
        .map_err(|error| cannot_listen(address, &error))?;
    Ok((listener, address))
}

/// What is said when an address cannot be listened on.
pub fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    let mend = match error.kind() {
        io::ErrorKind::AddrInUse => "stop the program that uses the port, or choose another with --listen",
        io::ErrorKind::PermissionDenied => "choose a port above 1023 with --listen",
        _ => "choose another address with --listen",
    };
    Failure::new(format!("cannot listen on {address}: {error}")).mend(mend)
}
