//! The loyalty service in a process of its own.

use std::process::ExitCode;

use rapport_loyalty::{Loyalty, Parts};
use rapport_process::alone::{self, Opened};
use rapport_storage::MigrationList;

fn main() -> ExitCode {
    let migrations = MigrationList(rapport_loyalty::migrations);
    alone::main(rapport_loyalty::NAME, migrations, |opening| async move {
        let loyalty = Loyalty::open(Parts {
            store: opening.store,
            clock: opening.clock,
            token_key: opening.token_key,
        })
        .await?;
        let methods = loyalty.clone();
        Ok(Opened {
            add_to: Box::new(move |server| methods.add_to(server)),
            consumers: loyalty.consumers(),
            timers: loyalty.timers(),
            drain: Box::pin(loyalty.drain()),
        })
    })
}
