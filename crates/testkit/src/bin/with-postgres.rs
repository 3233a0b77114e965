//! Runs a command beside a throw-away PostgreSQL server, on which the tests of the command store.
#![allow(clippy::expect_used, reason = "part of the tests, which fail by panicking")]

use std::{
    env,
    process::{Command, ExitCode},
};

use rapport_testkit::Postgres;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: with-postgres COMMAND [ARGUMENT]…, such as: with-postgres cargo nextest run");
        return ExitCode::from(2);
    };
    let server = Postgres::start();
    let ended = Command::new(program)
        .args(arguments)
        .env("RAPPORT_TEST_STORE", "postgres")
        .env("RAPPORT_TEST_POSTGRES", server.url("postgres"))
        .status()
        .expect("the command can be run");
    drop(server);
    match ended.code().map(u8::try_from) {
        Some(Ok(code)) => ExitCode::from(code),
        _ => ExitCode::FAILURE,
    }
}
