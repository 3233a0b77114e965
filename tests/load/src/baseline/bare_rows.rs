//! B: the rows of earns by a bare program, 64 earns a transaction, as arrays that the statements unfold.

use std::time::{Duration, Instant};

use sea_orm::sqlx::{
    self, PgConnection, Row as _,
    postgres::{PgPool, PgPoolOptions},
};
use uuid::Uuid;

use super::pgbench::Lengths;
use crate::{Outcome, choice::Dice, measure::number, stage::TENANT};

/// Earns of one transaction.
const BATCH: usize = 64;

/// Numbers of connections that are tried; the best one counts.
const CONNECTIONS: [u32; 3] = [1, 2, 4];

const POINTS: i64 = 10;
const LIFETIME: i64 = 63_072_000_000_000;

const LOCK: &str = "SELECT name, account, transaction_count, available_points, due_time FROM member \
                    WHERE tenant = $1 AND name = ANY($2) ORDER BY name FOR UPDATE";
const MEMBERS: &str = "UPDATE member SET available_points = v.available, transaction_count = v.number, \
                       due_time = v.due, version = member.version + 1 \
                       FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) AS v(name, available, number, due) \
                       WHERE member.tenant = $1 AND member.name = v.name";
const TRANSACTIONS: &str = "INSERT INTO ledger_transaction (tenant, account, number, id, kind, points, post_time, reason, \
                            cause, available_points, shortfall_points) \
                            SELECT $1, account, number, id, 'EARN', $6, $7, 'Load', 'bare', available, 0 \
                            FROM unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::bigint[]) AS v(account, number, id, available)";
const ENTRIES: &str = "INSERT INTO ledger_entry (tenant, account, number, book, program, points) \
                       SELECT $1, account, number, book, 'programs/load', points FROM \
                       unnest($2::uuid[], $3::bigint[], $4::text[], $5::bigint[]) AS v(account, number, book, points)";
const MOVEMENTS: &str = "INSERT INTO lot_movement (tenant, account, number, position, lot, points) \
                         SELECT $1, account, number, 0, id, $5 \
                         FROM unnest($2::uuid[], $3::bigint[], $4::uuid[]) AS v(account, number, id)";
const LOTS: &str = "INSERT INTO lot (tenant, account, id, program, number, original, remaining, reserved, expire_time, vintage) \
                    SELECT $1, account, id, 'programs/load', number, $5, $5, 0, $6, $7 \
                    FROM unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS v(account, id, number)";
const REQUESTS: &str = "INSERT INTO request (tenant, method, request_id, fingerprint, answer, created_at) \
                        SELECT $1, 'earn_points', request_id, $3, $4, $5 FROM unnest($2::text[]) AS v(request_id)";
const EVENTS: &str = "INSERT INTO outbox (event_id, tenant, key, topic, payload, occurred_at, relayed_at) \
                      SELECT id, $1, key, 'rapport.load.v1.Baseline', $4, $5, NULL FROM unnest($2::uuid[], $3::text[]) AS v(id, key)";

/// The number of connections that does best.
pub async fn best(database: &str, members: u32, lengths: Lengths, time: Duration) -> Outcome<u32> {
    let mut best = (0, 0.0);
    for connections in CONNECTIONS {
        let rate = rate(database, members, lengths, time, connections).await?;
        if rate > best.1 {
            best = (connections, rate);
        }
    }
    Ok(best.0)
}

/// Earns a second with so many connections.
pub async fn rate(
    database: &str,
    members: u32,
    lengths: Lengths,
    time: Duration,
    connections: u32,
) -> Outcome<f64> {
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .connect(database)
        .await?;
    let begun = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|connection| {
            let mut writer = Writer::new(u64::from(connection) + 1, members, lengths);
            let pool: PgPool = pool.clone();
            tokio::spawn(async move {
                let mut connection = pool.acquire().await?;
                let mut earned = 0_u64;
                while begun.elapsed() < time {
                    earned += writer.write_batch(&mut connection).await?;
                }
                Ok::<u64, sqlx::Error>(earned)
            })
        })
        .collect();
    let mut earned = 0;
    for task in tasks {
        earned += task.await??;
    }
    let rate = number(earned) / begun.elapsed().as_secs_f64();
    pool.close().await;
    Ok(rate)
}

struct Writer {
    dice: Dice,
    members: u32,
    answer: Vec<u8>,
    payload: Vec<u8>,
}

/// A member as it is after its earn.
#[derive(Default)]
struct Earned {
    names: Vec<String>,
    keys: Vec<String>,
    accounts: Vec<Uuid>,
    numbers: Vec<i64>,
    ids: Vec<Uuid>,
    available: Vec<i64>,
    due: Vec<i64>,
    requests: Vec<String>,
}

impl Writer {
    fn new(seed: u64, members: u32, lengths: Lengths) -> Self {
        Self {
            dice: Dice::new(seed),
            members,
            answer: vec![0x5a; lengths.answer],
            payload: vec![0x5a; lengths.payload],
        }
    }

    /// Writes one batch and gives the number of its earns.
    async fn write_batch(&mut self, connection: &mut PgConnection) -> sqlx::Result<u64> {
        let mut transaction = sqlx::Connection::begin(connection).await?;
        let now = jiff::Timestamp::now();
        let expiry = now.as_microsecond() + LIFETIME;
        let earned = self.lock(&mut transaction, expiry).await?;
        self.write(&mut transaction, &earned, now, expiry).await?;
        transaction.commit().await?;
        Ok(earned.names.len() as u64)
    }

    async fn lock(&mut self, connection: &mut PgConnection, expiry: i64) -> sqlx::Result<Earned> {
        let mut names: Vec<String> = (0..BATCH)
            .map(|_| {
                format!(
                    "programs/load/members/{}",
                    self.dice.number() % u64::from(self.members)
                )
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        let rows = sqlx::query(LOCK)
            .bind(TENANT)
            .bind(&names)
            .fetch_all(connection)
            .await?;
        let mut earned = Earned::default();
        for row in rows {
            let (name, due): (String, Option<i64>) = (row.get(0), row.get(4));
            earned
                .keys
                .push(name.replace("programs/load/members", "customers"));
            earned.names.push(name);
            earned.accounts.push(row.get(1));
            earned.numbers.push(row.get::<i64, _>(2) + 1);
            earned.available.push(row.get::<i64, _>(3) + POINTS);
            earned.due.push(due.map_or(expiry, |due| due.min(expiry)));
            earned.ids.push(Uuid::now_v7());
            earned.requests.push(Uuid::now_v7().to_string());
        }
        Ok(earned)
    }

    async fn write(
        &self,
        connection: &mut PgConnection,
        earned: &Earned,
        now: jiff::Timestamp,
        expiry: i64,
    ) -> sqlx::Result<()> {
        let micros = now.as_microsecond();
        let vintage = now.strftime("%Y-%m").to_string();
        let twice = |list: &[Uuid]| -> Vec<Uuid> { list.iter().chain(list).copied().collect() };
        let numbers_twice: Vec<i64> = earned.numbers.iter().chain(&earned.numbers).copied().collect();
        let count = earned.names.len();
        let books = [vec!["MEMBER"; count], vec!["ISSUED"; count]].concat();
        let points = [vec![POINTS; count], vec![-POINTS; count]].concat();
        let statements = [
            sqlx::query(MEMBERS)
                .bind(TENANT)
                .bind(&earned.names)
                .bind(&earned.available)
                .bind(&earned.numbers)
                .bind(&earned.due),
            sqlx::query(TRANSACTIONS)
                .bind(TENANT)
                .bind(&earned.accounts)
                .bind(&earned.numbers)
                .bind(&earned.ids)
                .bind(&earned.available)
                .bind(POINTS)
                .bind(micros),
            sqlx::query(ENTRIES)
                .bind(TENANT)
                .bind(twice(&earned.accounts))
                .bind(numbers_twice)
                .bind(books)
                .bind(points),
            sqlx::query(MOVEMENTS)
                .bind(TENANT)
                .bind(&earned.accounts)
                .bind(&earned.numbers)
                .bind(&earned.ids)
                .bind(POINTS),
            sqlx::query(LOTS)
                .bind(TENANT)
                .bind(&earned.accounts)
                .bind(&earned.ids)
                .bind(&earned.numbers)
                .bind(POINTS)
                .bind(expiry)
                .bind(vintage),
            sqlx::query(REQUESTS)
                .bind(TENANT)
                .bind(&earned.requests)
                .bind(vec![0x5a_u8; 32])
                .bind(&self.answer)
                .bind(micros),
            sqlx::query(EVENTS)
                .bind(TENANT)
                .bind(&earned.ids)
                .bind(&earned.keys)
                .bind(&self.payload)
                .bind(micros),
        ];
        for statement in statements {
            statement.execute(&mut *connection).await?;
        }
        Ok(())
    }
}
