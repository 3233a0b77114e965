//! The feedback service in a process of its own.

use std::process::ExitCode;

use rapport_feedback::{Feedback, Parts};
use rapport_process::alone::{self, Opened};
use rapport_storage::MigrationList;

fn main() -> ExitCode {
    let migrations = MigrationList(rapport_feedback::migrations);
    alone::main(rapport_feedback::NAME, migrations, |opening| async move {
        let feedback = Feedback::open(Parts {
            store: opening.store,
            clock: opening.clock,
            token_key: opening.token_key,
            master_keys: opening.master_keys,
        })
        .await?;
        let methods = feedback.server();
        Ok(Opened {
            add_to: Box::new(move |server| server.with(methods)),
            consumers: feedback.consumers(),
            timers: feedback.timers(),
            drain: Box::pin(feedback.drain()),
        })
    })
}
