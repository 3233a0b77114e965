//! A PostgreSQL server for tests, started on a free port of this machine and thrown away.

use std::{
    env, fs,
    fs::Permissions,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{CertificateFiles, signal};

/// How long the server may take to answer.
const START: Duration = Duration::from_mins(1);

/// The system's user that runs the server when tests run as root, which PostgreSQL refuses to be.
const USER: &str = "postgres";

/// A running server. It ends with this value, and with the thread that started it: start it where that thread lives on,
/// not on one that a pool may end.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    port: u16,
    process: Child,
}

impl Postgres {
    /// Starts a server with an empty cluster. Everything is stored as durably as in production.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with further settings, such as `("shared_buffers", "512MB")`.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::begin(settings, None)
    }

    /// Starts a server that shows a certificate and refuses connections that are not encrypted.
    pub fn start_with_tls(settings: &[(&str, &str)], certificate: &CertificateFiles) -> Self {
        Self::begin(settings, Some(certificate))
    }

    fn begin(settings: &[(&str, &str)], certificate: Option<&CertificateFiles>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let data = folder.path().join("data");
        fs::create_dir(&data).expect("the folder of the cluster can be made");
        own(folder.path());
        own(&data);
        make_cluster(&data);
        let mut written: Vec<String> = settings
            .iter()
            .map(|(name, value)| format!("{name} = '{value}'\n"))
            .collect();
        if let Some(certificate) = certificate {
            encrypt(&data, certificate);
            written.push("ssl = on\n".to_owned());
        }
        let file = data.join("postgresql.conf");
        let shipped = fs::read_to_string(&file).expect("initdb wrote a configuration");
        fs::write(&file, shipped + &written.concat()).expect("the configuration can be written");
        let port = free_port();
        let process = run(&data, port);
        let mut server = Self {
            folder,
            port,
            process,
        };
        server.wait();
        server
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Address of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Where the cluster's files are, and its log, `server.log`.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Runs SQL as the superuser with `psql`, and gives what it prints, without headings.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let asked = Command::new(program("psql"))
            .args([
                "--no-psqlrc",
                "--tuples-only",
                "--no-align",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                "--command",
                sql,
            ])
            .arg(self.url(database))
            .output()
            .expect("psql can be run");
        assert!(
            asked.status.success(),
            "{sql}: {}",
            String::from_utf8_lossy(&asked.stderr)
        );
        String::from_utf8_lossy(&asked.stdout).trim().to_owned()
    }

    /// Makes a database.
    pub fn create_database(&self, name: &str) {
        self.sql("postgres", &format!("CREATE DATABASE \"{name}\""));
    }

    /// Ends the server in order, with sessions that are still open: everything is written to the files.
    pub fn stop(&mut self) {
        signal::end(&mut self.process, "INT", "PostgreSQL");
    }

    /// Kills the server as a loss of power does: nothing is said to anybody.
    pub fn kill(&mut self) {
        self.process.kill().expect("the server can be killed");
        self.process.wait().expect("the server ends");
    }

    /// Starts the server again on the same data and port, and waits until it answers.
    pub fn restart(&mut self) {
        // Until the killed server's children have noticed its death, the new one refuses to start, and rightly so.
        let deadline = Instant::now() + START;
        loop {
            self.process = run(&self.data(), self.port);
            if self.answers_before(deadline) {
                return;
            }
            assert!(Instant::now() < deadline, "{}", self.told());
            sleep(Duration::from_millis(100));
        }
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + START;
        assert!(self.answers_before(deadline), "{}", self.told());
    }

    /// Whether the server answers; it does not when it has ended.
    fn answers_before(&mut self, deadline: Instant) -> bool {
        while Instant::now() < deadline {
            if self
                .process
                .try_wait()
                .expect("the server can be asked")
                .is_some()
            {
                return false;
            }
            if self.is_ready() {
                return true;
            }
            sleep(Duration::from_millis(20));
        }
        false
    }

    fn is_ready(&self) -> bool {
        TcpStream::connect(self.address()).is_ok()
            && Command::new(program("pg_isready"))
                .args(["--quiet", "--host=127.0.0.1", "--port"])
                .arg(self.port.to_string())
                .status()
                .is_ok_and(|status| status.success())
    }

    fn told(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("data/server.log")).unwrap_or_default();
        format!("PostgreSQL did not start on port {}:\n{log}", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It may have been killed before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Makes an empty cluster in a folder.
fn make_cluster(data: &Path) {
    let made = as_server("initdb")
        .args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "-D",
        ])
        .arg(data)
        .output()
        .expect("initdb can be run");
    assert!(
        made.status.success(),
        "initdb: {}",
        String::from_utf8_lossy(&made.stderr)
    );
}

/// Puts a certificate where the server looks for it, and lets nobody in whose connection is not encrypted. The server
/// refuses a key that others can read.
fn encrypt(data: &Path, files: &CertificateFiles) {
    let (certificate, key) = (data.join("server.crt"), data.join("server.key"));
    fs::copy(&files.certificate, &certificate).expect("the certificate can be copied");
    fs::copy(&files.key, &key).expect("the key can be copied");
    fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("a file of ours can be closed to others");
    own(&certificate);
    own(&key);
    fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n")
        .expect("the rules of who may connect can be written");
}

fn run(data: &Path, port: u16) -> Child {
    let log = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(data.join("server.log"))
        .expect("the log can be opened");
    as_server("postgres")
        .arg("-D")
        .arg(data)
        .args([
            "-p",
            &port.to_string(),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
        ])
        .args(["-c", "max_connections=400", "-c", "shared_buffers=128MB"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("PostgreSQL can be started")
}

/// A program that ends with this process, run as a user that PostgreSQL accepts.
fn as_server(name: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if is_root() {
        command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--reset-env"]);
    }
    command.arg(program(name));
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Gives a file or folder to the user that runs the server.
fn own(path: &Path) {
    if !is_root() {
        return;
    }
    let owned = Command::new("chown")
        .arg(USER)
        .arg(path)
        .status()
        .expect("chown can be run");
    assert!(owned.success(), "{} can be given to {USER}", path.display());
}

/// One of the server's programs: on the path, or where Debian puts it.
fn program(name: &str) -> PathBuf {
    let on_path = env::var_os("PATH")
        .into_iter()
        .flat_map(|path| env::split_paths(&path).collect::<Vec<_>>());
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"));
    on_path
        .chain(debian)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("{name} is not installed; on Debian: apt-get install postgresql"))
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the machine has a free port");
    listener.local_addr().expect("the listener has an address").port()
}
