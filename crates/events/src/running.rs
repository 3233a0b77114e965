//! Tasks that run until they are told to end.

use std::time::Duration;

use tokio::{sync::watch, task::JoinHandle};

/// Tasks that hand events on, until [`Running::stop`]. Dropping it tells them to end without waiting for them.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Nothing yet: tasks are added with [`Running::spawn`].
    pub(crate) fn new() -> Self {
        Self {
            stop: watch::Sender::new(false),
            tasks: Vec::new(),
        }
    }

    /// Starts a task that ends when it is told to.
    pub(crate) fn spawn<F>(&mut self, task: impl FnOnce(Stopping) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stopping = Stopping(self.stop.subscribe());
        self.tasks.push(tokio::spawn(task(stopping)));
    }

    /// Whether a task has ended, which tasks do only when they are told to.
    pub(crate) fn has_ended(&self) -> bool {
        self.tasks.iter().any(JoinHandle::is_finished)
    }

    /// Tells the tasks to end after the work under way.
    pub(crate) fn tell(&self) {
        self.stop.send_replace(true);
    }

    /// Ends the tasks after the batches under way, and waits for their end. What was not handed on stays where it is.
    pub async fn stop(self) {
        self.tell();
        for task in self.tasks {
            // A panic in the task was logged by the runtime; what it did not hand on is still where it was.
            let _ = task.await;
        }
    }
}

/// Tells a task when to end.
#[derive(Debug, Clone)]
pub(crate) struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Whether the task is to end now.
    pub(crate) fn is_told(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits until the task is to end.
    pub(crate) async fn told(&mut self) {
        // An error says that whoever could tell is gone: that tells it too.
        let _ = self.0.wait_for(|told| *told).await;
    }

    /// Waits for a while, or until the task is to end.
    pub(crate) async fn rest(&mut self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.told() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tasks_end_when_they_are_told_and_when_nobody_is_left_to_tell_them() {
        let mut running = Running::new();
        running.spawn(|mut stopping| async move { stopping.told().await });
        running.stop().await;

        let mut running = Running::new();
        let (ended, end) = tokio::sync::oneshot::channel();
        running.spawn(|mut stopping| async move {
            stopping.told().await;
            assert!(stopping.is_told());
            let _ = ended.send(());
        });
        drop(running);
        end.await.unwrap();
    }
}
