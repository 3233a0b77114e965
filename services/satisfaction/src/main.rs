//! The satisfaction service in a process of its own.

use std::process::ExitCode;

use rapport_process::alone::{self, Opened};
use rapport_satisfaction::{Parts, Satisfaction};
use rapport_storage::MigrationList;

fn main() -> ExitCode {
    let migrations = MigrationList(rapport_satisfaction::migrations);
    alone::main(rapport_satisfaction::NAME, migrations, |opening| async move {
        let satisfaction = Satisfaction::open(Parts {
            store: opening.store,
            clock: opening.clock,
            token_key: opening.token_key,
        })
        .await?;
        let methods = satisfaction.server();
        Ok(Opened {
            add_to: Box::new(move |server| server.with(methods)),
            consumers: satisfaction.consumers(),
            timers: satisfaction.timers(),
            drain: Box::pin(async {}),
        })
    })
}
