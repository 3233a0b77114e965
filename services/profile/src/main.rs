//! The profile service in a process of its own.

use std::process::ExitCode;

use rapport_process::alone::{self, Opened};
use rapport_profile::{Parts, Profile};
use rapport_storage::MigrationList;

fn main() -> ExitCode {
    let migrations = MigrationList(rapport_profile::migrations);
    alone::main(rapport_profile::NAME, migrations, |opening| async move {
        let profile = Profile::open(Parts {
            store: opening.store,
            clock: opening.clock,
            token_key: opening.token_key,
            feedback: opening.sisters.clone(),
            satisfaction: opening.sisters.clone(),
            loyalty: opening.sisters,
        })
        .await?;
        Ok(Opened {
            consumers: profile.consumers(),
            timers: profile.timers(),
            add_to: Box::new(move |server| server.with(profile.server())),
        })
    })
}
