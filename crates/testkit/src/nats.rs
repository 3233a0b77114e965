//! A NATS server with `JetStream` for tests, started on a free port of this machine and thrown away.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{CertificateFiles, free_port, signal};

/// How long the server may take to answer.
const START: Duration = Duration::from_secs(30);

/// A running server. It ends with this value, and with the thread that started it: start it where that thread lives on,
/// not on one that a pool may end.
#[derive(Debug)]
pub struct Nats {
    folder: TempDir,
    port: u16,
    certificate: Option<CertificateFiles>,
    process: Option<Child>,
}

impl Nats {
    /// Starts a server with an empty store.
    pub fn start() -> Self {
        let mut nats = Self::reserve();
        nats.restart();
        nats
    }

    /// Starts a server with an empty store that shows a certificate and refuses connections that are not encrypted.
    pub fn start_with_tls(certificate: &CertificateFiles) -> Self {
        let mut nats = Self::reserve();
        nats.certificate = Some(certificate.clone());
        nats.restart();
        nats
    }

    /// Starts nothing yet: the server has its port and its folder, and [`Nats::restart`] starts it.
    pub fn reserve() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
            port: free_port(),
            certificate: None,
            process: None,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// What the server's program says of a configuration file: nothing when it can be used.
    pub fn check(configuration: &Path) -> Result<(), String> {
        let checked = Command::new(program())
            .arg("-t")
            .arg("--config")
            .arg(configuration)
            .output()
            .expect("the NATS server can be run");
        if checked.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&checked.stderr).into_owned())
        }
    }

    /// The server's version, such as `2.10.27`.
    pub fn version() -> String {
        let told = Command::new(program())
            .arg("--version")
            .output()
            .expect("the NATS server can be run");
        let told = String::from_utf8_lossy(&told.stdout);
        told.trim().rsplit('v').next().unwrap_or_default().to_owned()
    }

    /// Address for clients.
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "tls" } else { "nats" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Where the server keeps its store and its log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the server in order: everything is written to its store.
    pub fn stop(&mut self) {
        let mut process = self.process.take().expect("the server was started");
        signal::end(&mut process, "INT", "NATS");
    }

    /// Kills the server: nothing is said to anybody.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("the server was started");
        process.kill().expect("the server can be killed");
        process.wait().expect("the server ends");
    }

    /// Starts the server again on the same store and port, and waits until it answers.
    pub fn restart(&mut self) {
        self.process = Some(self.run());
        self.wait();
    }

    /// Deletes the store of a server that was killed: its disk is lost.
    pub fn wipe(&self) {
        fs::remove_dir_all(self.store()).expect("the store can be deleted");
    }

    /// Keeps what a server that was killed has stored.
    pub fn keep(&self) {
        copy(&self.store(), &self.kept());
    }

    /// Puts a server that was killed back to what was kept: it has lost what it did not write through.
    pub fn put_back(&self) {
        self.wipe();
        copy(&self.kept(), &self.store());
    }

    fn kept(&self) -> PathBuf {
        self.folder.path().join("kept")
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn run(&self) -> Child {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join("server.log"))
            .expect("the log can be opened");
        let mut command = Command::new("setpriv");
        command
            .args([
                "--pdeathsig",
                "KILL",
                &program(),
                "--jetstream",
                "--addr",
                "127.0.0.1",
                "--port",
            ])
            .arg(self.port.to_string())
            .arg("--store_dir")
            .arg(self.store());
        if let Some(files) = &self.certificate {
            command.arg("--tls").arg("--tlscert").arg(&files.certificate);
            command.arg("--tlskey").arg(&files.key);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the NATS server can be started")
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + START;
        while !self.is_ready() {
            let process = self.process.as_mut().expect("the server was started");
            let ended = process.try_wait().expect("the server can be asked");
            if ended.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
                panic!("NATS did not start on port {}:\n{log}", self.port);
            }
            sleep(Duration::from_millis(10));
        }
    }

    /// A server greets with its own description as soon as it takes clients.
    fn is_ready(&self) -> bool {
        let Ok(connection) = TcpStream::connect(self.address()) else {
            return false;
        };
        let mut greeting = String::new();
        connection.set_read_timeout(Some(Duration::from_secs(1))).is_ok()
            && BufReader::new(connection).read_line(&mut greeting).is_ok()
            && greeting.starts_with("INFO")
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp")
        .arg("--recursive")
        .args([from, to])
        .status()
        .expect("cp can be run");
    assert!(
        copied.success(),
        "{} can be copied to {}",
        from.display(),
        to.display()
    );
}

/// The server's program: on the path, or where Debian puts it.
fn program() -> String {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    on_path
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join("nats-server"))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("nats-server is not installed; on Debian: apt-get install nats-server"))
        .display()
        .to_string()
}
