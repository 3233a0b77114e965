//! How full the pools of connections are, for whoever watches.

use rapport_telemetry::metrics::{self, Pool};
use sea_orm::{DatabaseConnection, DbBackend, sqlx};

/// Has the pools of a service watched until they are closed.
pub(crate) fn pools(service: &str, reader: &DatabaseConnection, writer: &DatabaseConnection) {
    if !metrics::are_on() {
        return;
    }
    match reader.get_database_backend() {
        // One pool serves both.
        DbBackend::Postgres => watch(
            format!("{service}.all"),
            reader.get_postgres_connection_pool().clone(),
        ),
        DbBackend::Sqlite => {
            watch(
                format!("{service}.read"),
                reader.get_sqlite_connection_pool().clone(),
            );
            watch(
                format!("{service}.write"),
                writer.get_sqlite_connection_pool().clone(),
            );
        }
        _ => {}
    }
}

fn watch<D: sqlx::Database>(name: String, pool: sqlx::Pool<D>) {
    let most = pool.options().get_max_connections();
    metrics::watch_pool(name, move || {
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        (!pool.is_closed()).then(|| Pool {
            used: pool.size().saturating_sub(idle),
            idle,
            most,
        })
    });
}
