//! The profile service in a process of its own.

use std::process::ExitCode;

use rapport_client::{CallPolicy, Sister};
use rapport_process::alone::{self, Opened};
use rapport_profile::{Parts, Profile, Sisters};
use rapport_storage::MigrationList;

fn main() -> ExitCode {
    let migrations = MigrationList(rapport_profile::migrations);
    alone::main(rapport_profile::NAME, migrations, |opening| async move {
        let sister = |name, addresses: &str| {
            Sister::connect(name, addresses, opening.tls.as_ref(), CallPolicy::default())
        };
        let profile = Profile::open(Parts {
            store: opening.store,
            clock: opening.clock,
            token_key: opening.token_key,
            master_keys: opening.master_keys,
            sisters: Sisters {
                feedback: sister("feedback", &opening.sisters.feedback)?,
                satisfaction: sister("satisfaction", &opening.sisters.satisfaction)?,
                loyalty: sister("loyalty", &opening.sisters.loyalty)?,
            },
        })
        .await?;
        let methods = profile.server();
        Ok(Opened {
            add_to: Box::new(move |server| server.with(methods)),
            consumers: profile.consumers(),
            timers: profile.timers(),
            drain: Box::pin(profile.drain()),
        })
    })
}
