//! P and S: what `pgbench` reaches on the tables of the loyalty service.

use std::{path::PathBuf, time::Duration};

use tempfile::TempDir;
use tokio::process::Command;

use crate::{Outcome, stage::TENANT};

/// Numbers of clients that are tried; the best one counts.
const CLIENTS: [u32; 5] = [1, 4, 8, 16, 32];

/// An earn as one transaction of ordinary statements: the request id, the member's row (locked), transaction, entries, lot
/// movement, lot, balance, event. `:members` members; answers and events are as long as those of the service.
const EARN: &str = r"
\set member random(0, :members - 1)
BEGIN;
INSERT INTO request (tenant, method, request_id, fingerprint, answer, created_at) VALUES ('{tenant}', 'earn_points', gen_random_uuid()::text, '\x{fingerprint}', '\x{answer}', (extract(epoch FROM now()) * 1000000)::bigint);
SELECT account, transaction_count + 1 AS number, available_points + 10 AS available, gen_random_uuid() AS id, (extract(epoch FROM now()) * 1000000)::bigint AS now, ((extract(epoch FROM now()) + 63072000) * 1000000)::bigint AS expiry, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') AS vintage FROM member WHERE tenant = '{tenant}' AND name = 'programs/load/members/' || :member::text FOR UPDATE \gset
INSERT INTO ledger_transaction (tenant, account, number, id, kind, points, post_time, reason, cause, available_points, shortfall_points) VALUES ('{tenant}', :account::uuid, :number::bigint, :id::uuid, 'EARN', 10, :now::bigint, 'Load', 'pgbench', :available::bigint, 0);
INSERT INTO ledger_entry (tenant, account, number, book, program, points) VALUES ('{tenant}', :account::uuid, :number::bigint, 'MEMBER', 'programs/load', 10), ('{tenant}', :account::uuid, :number::bigint, 'ISSUED', 'programs/load', -10);
INSERT INTO lot_movement (tenant, account, number, position, lot, points) VALUES ('{tenant}', :account::uuid, :number::bigint, 0, :id::uuid, 10);
INSERT INTO lot (tenant, account, id, program, number, original, remaining, reserved, expire_time, vintage) VALUES ('{tenant}', :account::uuid, :id::uuid, 'programs/load', :number::bigint, 10, 10, 0, :expiry::bigint, :vintage::text);
UPDATE member SET available_points = :available::bigint, transaction_count = :number::bigint, version = version + 1, due_time = least(due_time, :expiry::bigint) WHERE tenant = '{tenant}' AND name = 'programs/load/members/' || :member::text;
INSERT INTO outbox (event_id, tenant, key, topic, payload, occurred_at, relayed_at) VALUES (gen_random_uuid(), '{tenant}', 'customers/' || :member::text, 'rapport.load.v1.Baseline', '\x{payload}', :now::bigint, NULL);
COMMIT;
";

/// The row of a balance.
const SELECT: &str = r"
\set member random(0, :members - 1)
SELECT available_points, reserved_points, due_time FROM member WHERE tenant = '{tenant}' AND name = 'programs/load/members/' || :member::text;
";

/// How long what the service stores is, in bytes: the baselines store as much.
#[derive(Debug, Clone, Copy)]
pub struct Lengths {
    /// A remembered answer.
    pub answer: usize,
    /// An event.
    pub payload: usize,
}

/// A script, and the database that it works on.
#[derive(Debug)]
pub struct Pgbench {
    database: String,
    members: u32,
    folder: TempDir,
}

impl Pgbench {
    /// P.
    pub fn earning(database: &str, members: u32, lengths: Lengths) -> Outcome<Self> {
        let script = EARN
            .replace("{fingerprint}", &"5a".repeat(32))
            .replace("{answer}", &"5a".repeat(lengths.answer))
            .replace("{payload}", &"5a".repeat(lengths.payload));
        Self::new(database, members, &script)
    }

    /// S.
    pub fn selecting(database: &str, members: u32) -> Outcome<Self> {
        Self::new(database, members, SELECT)
    }

    fn new(database: &str, members: u32, script: &str) -> Outcome<Self> {
        let this = Self {
            database: database.to_owned(),
            members,
            folder: tempfile::tempdir()?,
        };
        std::fs::write(this.script(), script.replace("{tenant}", TENANT))?;
        Ok(this)
    }

    fn script(&self) -> PathBuf {
        self.folder.path().join("script.sql")
    }

    /// The number of clients that does best.
    pub async fn best(&self, time: Duration) -> Outcome<u32> {
        let mut best = (0, 0.0);
        for clients in CLIENTS {
            let rate = self.rate(clients, time).await?;
            if rate > best.1 {
                best = (clients, rate);
            }
        }
        Ok(best.0)
    }

    /// Transactions a second with so many clients.
    pub async fn rate(&self, clients: u32, time: Duration) -> Outcome<f64> {
        let threads = clients.min(2);
        let told = Command::new("pgbench")
            .args(["--no-vacuum", "--protocol=prepared"])
            .arg(format!("--file={}", self.script().display()))
            .arg(format!("--define=members={}", self.members))
            .arg(format!("--client={clients}"))
            .arg(format!("--jobs={threads}"))
            .arg(format!("--time={}", time.as_secs().max(1)))
            .arg(&self.database)
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| format!("pgbench cannot be run: {error}; it comes with PostgreSQL"))?;
        let (said, complained) = (
            String::from_utf8_lossy(&told.stdout),
            String::from_utf8_lossy(&told.stderr),
        );
        if !told.status.success() {
            return Err(format!("pgbench failed with {clients} clients:\n{said}{complained}").into());
        }
        rate(&said).ok_or_else(|| format!("pgbench did not say its rate:\n{said}{complained}").into())
    }
}

/// The transactions a second that pgbench told of.
fn rate(said: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_what_pgbench_says() {
        let said = "number of failed transactions: 0 (0.000%)\ntps = 2345.678901 (without initial connection time)\n";
        assert_eq!(rate(said), Some(2_345.678_901));
        assert_eq!(rate("nothing"), None);
    }
}
