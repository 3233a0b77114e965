//! The threads that a process works with.

use tokio::runtime::{Builder, Runtime};

use crate::Failure;

/// A runtime with a number of threads; 0 stands for as many as there are processors.
///
/// With several threads, what a task wakes runs next, before others that are ready: the first answer of many that are
/// ready is written at once and alone, then the second. With one thread, tasks run in the order in which they became
/// ready: answers that are ready together leave with one system call, and calls that came together are stored together.
/// A process that has a processor or less to itself serves more that way.
pub fn runtime(threads: usize) -> Result<Runtime, Failure> {
    let mut builder = match threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("the system gives no threads: {error}")))
}
