//! The closed loop on real purchases, through the public interface only.
//!
//! Real: the purchases of 2,357 customers of the music shop CDNOW, 1997 and 1998. Synthetic, and labelled so: the
//! answers to the hotel survey. Every step names its requests in a fixed way, so that a second run adds nothing.

mod answers;
mod customers;
mod points;
mod progress;
mod report;
mod samples;

use rapport_process::{Configuration, Failure, told_to_end};

use crate::{
    client::{Clients, ServerArguments},
    suite::Suite,
};

/// Runs the demonstration; then serves on, or ends when `once` is set.
pub async fn run(configuration: Configuration, once: bool, token: Option<String>) -> Result<(), Failure> {
    let suite = Suite::start(&configuration).await?;
    let server = format!("http://{}", suite.address());
    println!(
        "The suite is ready at {server}, with its data in {}.",
        configuration.data.display()
    );
    let arguments = ServerArguments {
        token,
        ..ServerArguments::open(&server)
    };
    let played = tokio::select! {
        played = play(&arguments) => played,
        signal = told_to_end() => {
            signal?;
            Err(Failure::new("stopped before the end").mend("run it again: it goes on where it was"))
        }
    };
    match played {
        Ok(tables) => println!("{tables}\n"),
        Err(failure) => {
            suite.stop().await?;
            return Err(failure);
        }
    }
    if once {
        return suite.stop().await;
    }
    println!("{}", suite.welcome());
    suite.serve_until_told().await
}

/// Plays every step against a running suite, and gives the closing tables.
pub async fn play(server: &ServerArguments) -> Result<String, Failure> {
    let clients = Clients::connect_as(server).await?;
    let purchases = samples::purchases()?;
    let stays = samples::stays()?;
    points::create_program(&clients).await?;
    customers::create(&clients, &purchases).await?;
    points::enrol(&clients, &purchases).await?;
    customers::import(&clients, &purchases).await?;
    customers::evaluate(&clients).await?;
    let opened = answers::submit(&clients, &stays).await?;
    let compensated = answers::resolve_some(&clients, &opened).await?;
    points::wait_until_posted(&clients, &purchases, compensated).await?;
    points::redeem_some(&clients, &purchases).await?;
    answers::wait_until_scored(&clients, stays.len()).await?;
    report::tables(&clients).await
}
