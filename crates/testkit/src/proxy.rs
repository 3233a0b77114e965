//! A proxy that does to connections what networks do: cuts, refusals, silence, delay.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{self, AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// Bytes that are read at a time.
const PIECE: usize = 16 * 1024;

/// What is done to the bytes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// They pass.
    Free,
    /// They are held until that changes; nothing is lost.
    Held,
    /// Each piece comes later by this much.
    Late(Duration),
    /// Each connection passes so many more in each direction, and is cut then.
    Until(usize),
}

#[derive(Debug, Clone, Copy)]
struct State {
    target: SocketAddr,
    flow: Flow,
    /// Whether new connections are taken.
    takes: bool,
    /// Rises with each cut: what began before is over.
    cuts: u64,
}

/// A proxy in front of one server. It ends with all its connections when it is dropped.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// Forwards connections from a free port of this machine to a server, until told otherwise.
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let state = Arc::new(watch::Sender::new(State {
            target,
            flow: Flow::Free,
            takes: true,
            cuts: 0,
        }));
        let task = tokio::spawn(accept(listener, Arc::clone(&state)));
        Self { address, state, task }
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Forwards new connections to another server: the old one moved.
    pub fn set_target(&self, target: SocketAddr) {
        self.state.send_modify(|state| state.target = target);
    }

    /// Ends all connections at once, as a crash of the network would: with a reset, and without what was on its way.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// Ends all connections, and ends new ones as soon as they come.
    pub fn refuse(&self) {
        self.state.send_modify(|state| {
            state.takes = false;
            state.cuts += 1;
        });
    }

    /// Holds all bytes back. Connections stay, new ones are taken, and nothing moves.
    pub fn stall(&self) {
        self.state.send_modify(|state| state.flow = Flow::Held);
    }

    /// Has every piece come later.
    pub fn delay(&self, by: Duration) {
        self.state.send_modify(|state| state.flow = Flow::Late(by));
    }

    /// Cuts each connection after so many more bytes in either direction.
    pub fn cut_after(&self, bytes: usize) {
        self.state.send_modify(|state| state.flow = Flow::Until(bytes));
    }

    /// Forwards as at the beginning. What was held comes through.
    pub fn heal(&self) {
        self.state.send_modify(|state| {
            state.flow = Flow::Free;
            state.takes = true;
        });
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, state: Arc<watch::Sender<State>>) {
    loop {
        // Fails when descriptors run out, among others: the next turn tries again.
        let Ok((client, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        let changes = state.subscribe();
        let now = *changes.borrow();
        if !now.takes {
            reset(&client);
            continue;
        }
        tokio::spawn(forward(client, now, changes));
    }
}

/// Forwards one connection until both sides have ended it, one breaks, or it is cut.
async fn forward(mut client: TcpStream, begun: State, mut changes: watch::Receiver<State>) {
    let Ok(mut server) = TcpStream::connect(begun.target).await else {
        reset(&client);
        return;
    };
    // Only sockets that are gone refuse this, and then reading tells.
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (up, down) = (changes.clone(), changes.clone());
    let in_order = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        tokio::select! {
            outcome = async {
                tokio::try_join!(pump(from_client, to_server, up), pump(from_server, to_client, down))
            } => outcome.is_ok(),
            _ = changes.wait_for(|state| state.cuts != begun.cuts) => false,
        }
    };
    if !in_order {
        reset(&client);
        reset(&server);
    }
}

/// Carries bytes one way, as the state of the proxy has it, until their source ends.
async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    let mut passed_of_limit = 0;
    loop {
        let length = from.read(&mut piece).await?;
        let now = state
            .wait_for(|state| state.flow != Flow::Held)
            .await
            .map(|state| *state)
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        let mut bytes = &piece[..length];
        match now.flow {
            Flow::Free | Flow::Held => passed_of_limit = 0,
            Flow::Late(by) => tokio::time::sleep(by).await,
            Flow::Until(limit) => {
                let left = limit.saturating_sub(passed_of_limit);
                bytes = &bytes[..length.min(left)];
                passed_of_limit += bytes.len();
            }
        }
        to.write_all(bytes).await?;
        if bytes.len() < length {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if length == 0 {
            return to.shutdown().await;
        }
    }
}

/// Ends a connection with a reset when it is dropped.
fn reset(stream: &TcpStream) {
    // Where it fails the connection ends in order, which is a weaker fault.
    let _ = stream.set_zero_linger();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends back what it gets, behind a proxy, and a client of it.
    async fn echo() -> (FaultProxy, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = FaultProxy::start(listener.local_addr().unwrap()).await;
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    // Ends with the connection.
                    let _ = io::copy(&mut from, &mut to).await;
                });
            }
        });
        let client = TcpStream::connect(proxy.address()).await.unwrap();
        (proxy, client)
    }

    async fn say(client: &mut TcpStream, text: &str) -> io::Result<String> {
        client.write_all(text.as_bytes()).await?;
        let mut heard = vec![0; text.len()];
        client.read_exact(&mut heard).await?;
        Ok(String::from_utf8(heard).unwrap())
    }

    async fn is_silent(client: &mut TcpStream) -> bool {
        let mut one = [0];
        let heard = tokio::time::timeout(Duration::from_millis(50), client.peek(&mut one)).await;
        heard.is_err()
    }

    #[tokio::test]
    async fn bytes_pass_both_ways_until_a_cut_and_again_on_a_new_connection() {
        let (proxy, mut client) = echo().await;
        assert_eq!(say(&mut client, "one").await.unwrap(), "one");
        proxy.cut();
        assert!(say(&mut client, "two").await.is_err());
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(say(&mut client, "three").await.unwrap(), "three");
    }

    #[tokio::test]
    async fn new_connections_are_ended_at_once_until_the_proxy_heals() {
        let (proxy, mut client) = echo().await;
        assert_eq!(say(&mut client, "one").await.unwrap(), "one");
        proxy.refuse();
        assert!(say(&mut client, "two").await.is_err());
        let mut refused = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(say(&mut refused, "three").await.is_err());
        proxy.heal();
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(say(&mut client, "four").await.unwrap(), "four");
    }

    #[tokio::test]
    async fn a_stall_holds_bytes_and_loses_none() {
        let (proxy, mut client) = echo().await;
        assert_eq!(say(&mut client, "one").await.unwrap(), "one");
        proxy.stall();
        client.write_all(b"two").await.unwrap();
        assert!(is_silent(&mut client).await);
        proxy.heal();
        let mut heard = [0; 3];
        client.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"two");
    }

    #[tokio::test]
    async fn a_connection_is_cut_after_the_bytes_that_it_may_pass() {
        let (proxy, mut client) = echo().await;
        proxy.cut_after(4);
        client.write_all(b"123456").await.unwrap();
        let mut heard = Vec::new();
        assert!(client.read_to_end(&mut heard).await.is_err());
        assert!(b"1234".starts_with(&heard), "{heard:?}");
    }

    #[tokio::test]
    async fn a_delay_holds_each_piece_for_its_time() {
        let (proxy, mut client) = echo().await;
        proxy.delay(Duration::from_millis(30));
        let begun = std::time::Instant::now();
        assert_eq!(say(&mut client, "one").await.unwrap(), "one");
        assert!(begun.elapsed() >= Duration::from_millis(60), "there and back");
    }

    #[tokio::test]
    async fn new_connections_go_to_the_server_that_moved() {
        let (proxy, mut client) = echo().await;
        assert_eq!(say(&mut client, "zero").await.unwrap(), "zero");
        let moved = TcpListener::bind("127.0.0.1:0").await.unwrap();
        proxy.set_target(moved.local_addr().unwrap());
        assert_eq!(
            say(&mut client, "one").await.unwrap(),
            "one",
            "old connections stay"
        );
        let _second = TcpStream::connect(proxy.address()).await.unwrap();
        tokio::time::timeout(Duration::from_secs(5), moved.accept())
            .await
            .expect("the connection comes to the new server")
            .unwrap();
    }
}
