//! What the system says of this process. Only Linux is asked; elsewhere these metrics are absent.

use std::fs;

/// Ticks of a second in `/proc`: fixed at 100 for programs, whatever the kernel uses inside.
const TICKS: f64 = 100.0;

/// Resident memory in bytes.
pub(crate) fn resident_bytes() -> Option<u64> {
    resident_in(&fs::read_to_string("/proc/self/status").ok()?)
}

/// Processor time in seconds: of the process itself, and of the kernel for it.
pub(crate) fn cpu_seconds() -> Option<(f64, f64)> {
    cpu_in(&fs::read_to_string("/proc/self/stat").ok()?)
}

fn resident_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

fn cpu_in(stat: &str) -> Option<(f64, f64)> {
    // The name of the program stands in parentheses and may hold anything; what follows it is numbered from 3.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(14 - 3);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user / TICKS, system / TICKS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_read() {
        assert_eq!(
            resident_in("Name:\tx\nVmRSS:\t   2048 kB\nThreads:\t1\n"),
            Some(2 * 1024 * 1024)
        );
        let stat = "7 (a) b) S 1 7 7 0 -1 0 10 0 0 0 250 50 0 0 20 0 1 0 5 6 7";
        assert_eq!(cpu_in(stat), Some((2.5, 0.5)));
        assert_eq!(resident_in("Name: x"), None);
        assert_eq!(cpu_in("7 (a) S 1"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_memory() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1_000_000));
        assert!(cpu_seconds().is_some());
    }
}
