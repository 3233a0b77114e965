//! The real program, started as a process, watched, and ended. Nothing that was started outlives its test.

use std::{
    io::{BufRead as _, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use tonic::transport::{Channel, Endpoint};

/// How long a process may take to start, or to end when it is told to.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `rapport serve`. It is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct SuiteProcess {
    child: Child,
    address: SocketAddr,
    said: Output,
}

/// What a process that has ended left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl SuiteProcess {
    /// Starts the suite on a free port. Fails the test with what the process said when it does not get ready.
    pub(crate) fn start(data: &Path) -> Self {
        Self::try_start(data, "127.0.0.1:0")
            .unwrap_or_else(|ended| panic!("the suite does not start: {ended:?}"))
    }

    /// Starts the suite on a free port with variables of its configuration, such as `RAPPORT_LOG`.
    pub(crate) fn start_with(data: &Path, variables: &[(&str, &str)]) -> Self {
        Self::begin(data, "127.0.0.1:0", variables)
            .unwrap_or_else(|ended| panic!("the suite does not start: {ended:?}"))
    }

    /// Starts the suite, or gives what it said when it ended instead.
    pub(crate) fn try_start(data: &Path, listen: &str) -> Result<Self, Ended> {
        Self::begin(data, listen, &[])
    }

    fn begin(data: &Path, listen: &str, variables: &[(&str, &str)]) -> Result<Self, Ended> {
        let data = data.to_str().expect("temporary folders have plain names");
        let mut child = program(&["serve", "--listen", listen, "--data", data])
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let said = Output::of(&mut child);
        let begun = Instant::now();
        loop {
            if let Some(address) = said.address() {
                return Ok(Self { child, address, said });
            }
            if let Some(status) = child.try_wait().expect("the process can be asked") {
                return Err(said.ended(status));
            }
            if begun.elapsed() > PATIENCE {
                child.kill().expect("a process of ours can be killed");
                let status = child.wait().expect("a killed process ends");
                return Err(said.ended(status));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as commands and clients take it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A connection to it.
    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(self.url())
            .expect("the address is one")
            .connect()
            .await
            .unwrap_or_else(|error| panic!("nobody answers at {}: {error:?}", self.url()))
    }

    /// Ends it as an operator would, and gives what it said. It must end in order and in time.
    pub(crate) fn stop(mut self) -> Ended {
        signal("TERM", self.child.id());
        let status = wait(&mut self.child);
        let ended = self.said.ended(status);
        assert!(
            ended.status.success(),
            "the suite did not end in order: {ended:?}"
        );
        ended
    }

    /// Ends it without a warning, as the loss of a machine would.
    pub(crate) fn kill(mut self) {
        signal("KILL", self.child.id());
        wait(&mut self.child);
    }

    /// What it has written to its log so far.
    pub(crate) fn log(&self) -> String {
        self.said.stderr.lock().unwrap().clone()
    }
}

impl Drop for SuiteProcess {
    fn drop(&mut self) {
        // Has no effect when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command of the program to its end.
pub(crate) fn rapport(arguments: &[&str]) -> Ended {
    rapport_with(arguments, &[])
}

/// Runs a command of the program to its end, with variables of its configuration.
pub(crate) fn rapport_with(arguments: &[&str], variables: &[(String, String)]) -> Ended {
    run(program(arguments).envs(variables.iter().cloned()))
}

/// Starts a command of the program that ends by itself; the caller waits with [`finish`].
pub(crate) fn spawn(arguments: &[&str]) -> Child {
    program(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started")
}

/// Waits until a command ends.
pub(crate) fn finish(mut child: Child) -> Ended {
    let said = Output::of(&mut child);
    let status = wait(&mut child);
    said.ended(status)
}

/// Runs any command to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    finish(child)
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rapport"));
    command.args(arguments).stdin(Stdio::null());
    // Variables of this machine are no part of the test.
    for (name, _) in std::env::vars() {
        if name.starts_with("RAPPORT_") {
            command.env_remove(name);
        }
    }
    command
}

/// Sends a signal to one process of ours.
fn signal(name: &str, process: u32) {
    let sent = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .status()
        .expect("the command kill is there");
    assert!(
        sent.success(),
        "process {process} was gone before it could be sent {name}"
    );
}

/// Waits for the end of a process; kills it and fails when it takes too long.
fn wait(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the process can be asked") {
            return status;
        }
        if begun.elapsed() > PATIENCE * 3 {
            let _ = child.kill();
            let _ = child.wait();
            panic!("process {} did not end within {:?}", child.id(), PATIENCE * 3);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// What a process says, collected while it runs.
#[derive(Debug)]
struct Output {
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
    readers: Mutex<Vec<thread::JoinHandle<()>>>,
}

impl Output {
    fn of(child: &mut Child) -> Self {
        let (stdout, from_stdout) = collect(child.stdout.take().expect("stdout is piped"));
        let (stderr, from_stderr) = collect(child.stderr.take().expect("stderr is piped"));
        Self {
            stdout,
            stderr,
            readers: Mutex::new(vec![from_stdout, from_stderr]),
        }
    }

    /// Where the suite says that it listens, once it does.
    fn address(&self) -> Option<SocketAddr> {
        let stdout = self.stdout.lock().unwrap();
        let (_, rest) = stdout.split_once("listening on")?;
        let (_, rest) = rest.split_once("http://")?;
        rest.split_whitespace().next()?.parse().ok()
    }

    fn ended(&self, status: ExitStatus) -> Ended {
        for reader in self.readers.lock().unwrap().drain(..) {
            reader.join().expect("reading what a process says does not fail");
        }
        Ended {
            status,
            stdout: self.stdout.lock().unwrap().clone(),
            stderr: self.stderr.lock().unwrap().clone(),
        }
    }
}

fn collect(stream: impl Read + Send + 'static) -> (Arc<Mutex<String>>, thread::JoinHandle<()>) {
    let text = Arc::new(Mutex::new(String::new()));
    let collected = Arc::clone(&text);
    let reader = thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while matches!(stream.read_until(b'\n', &mut line), Ok(length) if length > 0) {
            collected
                .lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
    (text, reader)
}
