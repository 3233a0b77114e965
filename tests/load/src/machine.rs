//! What the figures were measured on: they mean nothing without it.

use std::{fmt, fs, process::Command};

use serde_json::{Value, json};

/// A machine with its software.
#[derive(Debug, Clone)]
pub struct Machine {
    processor: String,
    cores: usize,
    memory_gib: u64,
    system: String,
    versions: Vec<String>,
    time: String,
    busy: String,
}

impl Machine {
    /// The machine that this runs on, now.
    pub fn here() -> Self {
        let versions = [
            ("rustc", "--version"),
            ("postgres", "--version"),
            ("pgbench", "--version"),
            ("nats-server", "--version"),
        ];
        Self {
            processor: line("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_gib: line("/proc/meminfo", "MemTotal")
                .trim_end_matches(" kB")
                .parse::<u64>()
                .map_or(0, |kib| kib.div_ceil(1_048_576)),
            system: first_line(&fs::read_to_string("/proc/version").unwrap_or_default())
                .split(" (")
                .next()
                .unwrap_or_default()
                .to_owned(),
            versions: versions
                .into_iter()
                .filter_map(|(program, argument)| version(program, argument))
                .collect(),
            time: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
            busy: first_line(&fs::read_to_string("/proc/loadavg").unwrap_or_default())
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
        }
    }

    /// For programs.
    pub fn as_json(&self) -> Value {
        json!({
            "processor": self.processor,
            "cores": self.cores,
            "memory_gib": self.memory_gib,
            "system": self.system,
            "versions": self.versions,
            "time": self.time,
            "load_before": self.busy,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}, {} cores, {} GiB; {}; {}; {}; load average before the run {}",
            self.processor,
            self.cores,
            self.memory_gib,
            self.system,
            self.versions.join(", "),
            self.time,
            self.busy
        )
    }
}

/// The value of a key in a file of lines such as `key : value`.
fn line(file: &str, key: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix(key)?.split_once(':'))
        .map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// What a program says of its version. PostgreSQL's server is not on the path of every system.
fn version(program: &str, argument: &str) -> Option<String> {
    let told = Command::new(program).arg(argument).output().ok()?;
    Some(first_line(&String::from_utf8_lossy(&told.stdout)).to_owned())
}
