//! Progress bars of the steps.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for a step with a number of parts.
pub(super) fn bar(step: &'static str, parts: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:28} [{bar:32}] {pos}/{len}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
    ProgressBar::new(parts as u64)
        .with_style(style)
        .with_message(step)
}

/// Takes the bar away and says in one line what was done: also where no bar can be drawn.
pub(super) fn done(bar: &ProgressBar, said: &str) {
    bar.finish_and_clear();
    println!("  {said}");
}
