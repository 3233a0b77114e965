//! Programs of the suite as processes: started, killed, ended, started again.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant, SystemTime},
};

use tonic::transport::Endpoint;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::signal;

/// How often something is looked at while waiting for it.
const LOOK: Duration = Duration::from_millis(10);

/// The folder of the programs that cargo has built, with these packages' programs in it. Those that are missing or older
/// than the sources are built first, in the profile of the running test.
pub fn built_programs(packages: &[&str]) -> PathBuf {
    let running = std::env::current_exe().expect("a process knows its program");
    let mut folder = running.parent().expect("a program is in a folder").to_path_buf();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sources = ["crates", "services", "proto"].map(|sources| newest(&root.join(sources)));
    let newest = sources.into_iter().max().expect("there are sources");
    // A package has one program, of the same name.
    let is_current = |package: &&str| {
        let built = fs::metadata(folder.join(package)).and_then(|program| program.modified());
        built.is_ok_and(|built| built >= newest)
    };
    if !packages.iter().all(is_current) {
        build(packages, &root, &folder);
    }
    folder
}

/// When the newest of the files under a folder that programs are made of was changed.
fn newest(folder: &Path) -> SystemTime {
    let entries = fs::read_dir(folder).expect("the folders of the sources can be read");
    let times = entries.map(|entry| {
        let path = entry.expect("a folder of the sources can be read").path();
        let is_source = |extension: &str| ["rs", "toml", "proto"].contains(&extension);
        if path.is_dir() && !path.ends_with("tests") {
            newest(&path)
        } else if path
            .extension()
            .and_then(|text| text.to_str())
            .is_some_and(is_source)
        {
            let changed = fs::metadata(&path).and_then(|file| file.modified());
            changed.expect("files say when they were changed")
        } else {
            SystemTime::UNIX_EPOCH
        }
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Has cargo build the programs of packages into a folder of its target.
fn build(packages: &[&str], root: &Path, folder: &Path) {
    let profile = folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("debug");
    let profile = if profile == "debug" { "dev" } else { profile };
    let target = folder
        .parent()
        .expect("a profile has a folder in that of the target");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args(["build", "--quiet", "--bins", "--profile", profile, "--target-dir"])
        .arg(target);
    for package in packages {
        cargo.args(["--package", package]);
    }
    let status = cargo.status().expect("cargo can be started");
    assert!(
        status.success(),
        "the programs under test do not build; run `cargo build --workspace --bins` to see why"
    );
    // Cargo leaves a program alone whose sources have a newer time and the same content.
    for package in packages {
        let program = File::open(folder.join(package)).expect("cargo has built the program");
        program
            .set_modified(SystemTime::now())
            .expect("the time of a file of ours can be set");
    }
}

/// A program that serves, and the process that runs it now, if any. The process is killed when this is dropped, and when
/// the test itself dies.
#[derive(Debug)]
pub struct ServiceProcess {
    label: String,
    program: PathBuf,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    folder: PathBuf,
    running: Option<Running>,
    starts: usize,
}

#[derive(Debug)]
struct Running {
    child: Child,
    address: SocketAddr,
}

impl ServiceProcess {
    /// A program that is not started yet. It works in `folder`, and writes what it says to files there, under `label`.
    /// It gets the variables of `environment`, and none else of this suite.
    pub fn new(label: &str, program: &Path, folder: &Path, environment: BTreeMap<String, String>) -> Self {
        assert!(
            program.is_file(),
            "{} is not there; build it with `cargo build --bins`",
            program.display()
        );
        Self {
            label: label.to_owned(),
            program: program.to_owned(),
            arguments: Vec::new(),
            environment,
            folder: folder.to_owned(),
            running: None,
            starts: 0,
        }
    }

    /// Starts with an argument more.
    #[must_use]
    pub fn with_argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// What it is called in messages and files.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The system's number of the process, if it runs.
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.child.id())
    }

    /// Where it listens, if it runs.
    pub fn address(&self) -> Option<SocketAddr> {
        self.running.as_ref().map(|running| running.address)
    }

    /// Starts it on a free port, and waits until it says where it listens. Gives what it said when it ends instead.
    pub async fn start(&mut self, patience: Duration) -> Result<SocketAddr, String> {
        assert!(self.running.is_none(), "{} runs already", self.label);
        self.starts += 1;
        let said = self.file("out");
        let mut child = self.command().spawn().expect("the program can be started");
        let begun = Instant::now();
        loop {
            if let Some(address) = address_in(&fs::read_to_string(&said).unwrap_or_default()) {
                self.running = Some(Running { child, address });
                return Ok(address);
            }
            let ended = child.try_wait().expect("a child can be asked");
            if ended.is_some() || begun.elapsed() > patience {
                // Has no effect when it has ended.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!(
                    "{} did not start ({ended:?} after {:?}); it said:\n{}",
                    self.label,
                    begun.elapsed(),
                    self.last_words()
                ));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until its health service says that it serves.
    pub async fn wait_ready(&self, patience: Duration) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let seen = match self.address() {
                Some(address) => health(address).await,
                None => Err("it does not run".to_owned()),
            };
            match seen {
                Ok(()) => return Ok(()),
                Err(_) if begun.elapsed() < patience => tokio::time::sleep(LOOK).await,
                Err(problem) => {
                    return Err(format!(
                        "{} was not ready after {patience:?}: {problem}; it said:\n{}",
                        self.label,
                        self.last_words()
                    ));
                }
            }
        }
    }

    /// Ends it without a warning, as the loss of a machine would. Has no effect when it does not run.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.child.kill().expect("a process of ours can be killed");
            running.child.wait().expect("a killed process ends");
        }
    }

    /// Tells it to end, as an operator would, and waits until it has.
    pub async fn terminate(&mut self, patience: Duration) -> Result<ExitStatus, String> {
        let Some(mut running) = self.running.take() else {
            return Err(format!("{} does not run", self.label));
        };
        signal::tell(&running.child, "TERM", &self.label);
        let begun = Instant::now();
        loop {
            if let Some(status) = running.child.try_wait().expect("a child can be asked") {
                return Ok(status);
            }
            if begun.elapsed() > patience {
                running.child.kill().expect("a process of ours can be killed");
                running.child.wait().expect("a killed process ends");
                return Err(format!(
                    "{} did not end within {patience:?}; it said:\n{}",
                    self.label,
                    self.last_words()
                ));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// How it ended by itself, if it did. A service under test must not.
    pub fn ended_by_itself(&mut self) -> Option<ExitStatus> {
        let running = self.running.as_mut()?;
        running.child.try_wait().expect("a child can be asked")
    }

    /// All lines that it has logged, of all its runs.
    pub fn log_lines(&self) -> Vec<String> {
        (1..=self.starts)
            .flat_map(|start| {
                let text = fs::read(self.file_of(start, "log")).unwrap_or_default();
                let lines: Vec<String> = String::from_utf8_lossy(&text)
                    .lines()
                    .map(str::to_owned)
                    .collect();
                lines
            })
            .collect()
    }

    fn last_words(&self) -> String {
        let lines = self.log_lines();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn file(&self, kind: &str) -> PathBuf {
        self.file_of(self.starts, kind)
    }

    fn file_of(&self, start: usize, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{start:04}.{kind}", self.label))
    }

    fn command(&self) -> Command {
        let create = |kind| File::create(self.file(kind)).expect("the folder of the test can be written");
        // The kernel kills it when the thread that started it dies, and with it the test.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&self.program)
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(create("out"))
            .stderr(create("log"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RAPPORT_")) {
            command.env_remove(name);
        }
        command
            .env("RAPPORT_LISTEN", "127.0.0.1:0")
            .envs(&self.environment);
        command
    }
}

impl Drop for ServiceProcess {
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            // Has no effect when it has ended already.
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

/// Where a process says that it listens, once it has said so in a whole line.
fn address_in(said: &str) -> Option<SocketAddr> {
    let (line, _) = said.split_once('\n')?;
    let (_, rest) = line.split_once("http://")?;
    let end = rest
        .find(|letter: char| !(letter.is_ascii_hexdigit() || matches!(letter, '.' | ':' | '[' | ']')))
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

async fn health(address: SocketAddr) -> Result<(), String> {
    let ask = async {
        let channel = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|error| error.to_string())?
            .connect()
            .await
            .map_err(|error| error.to_string())?;
        let answer = HealthClient::new(channel)
            .check(HealthCheckRequest::default())
            .await
            .map_err(|status| status.to_string())?
            .into_inner();
        match answer.status() {
            ServingStatus::Serving => Ok(()),
            other => Err(format!("its health is {other:?}")),
        }
    };
    tokio::time::timeout(Duration::from_secs(1), ask)
        .await
        .unwrap_or_else(|_| Err("its health service does not answer".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_first_whole_line() {
        let said = "loyalty is ready at http://127.0.0.1:4711, with its data in /tmp\n";
        assert_eq!(address_in(said), Some(([127, 0, 0, 1], 4711).into()));
        assert_eq!(
            address_in("loyalty is ready at http://127.0.0.1:47"),
            None,
            "half a line"
        );
        assert_eq!(address_in("nothing to tell\n"), None);
    }
}
