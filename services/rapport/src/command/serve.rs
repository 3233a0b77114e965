//! `rapport serve`

use rapport_process::{Configuration, Failure};

use crate::suite::Suite;

/// Serves until Ctrl-C or a termination signal, then drains.
pub(crate) async fn run(configuration: Configuration) -> Result<(), Failure> {
    let suite = Suite::start(&configuration).await?;
    println!("{}", suite.welcome());
    suite.serve_until_told().await
}
