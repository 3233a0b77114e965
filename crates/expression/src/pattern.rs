//! Regular expressions of `matches`, compiled when the expression is saved.

use regex_lite::{Regex, RegexBuilder};

use crate::limits::{MAX_PATTERN_BYTES, MAX_PATTERN_SIZE};

/// A compiled pattern, and how much work it makes.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    /// Steps for every 64 bytes of text.
    pub(crate) steps: u64,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// Errors: what is wrong with it.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        if text.len() > MAX_PATTERN_BYTES {
            return Err(format!(
                "the pattern has {} bytes; at most {MAX_PATTERN_BYTES} are allowed",
                text.len()
            ));
        }
        // Matching takes time in proportion to the size of the compiled pattern, which only its limit tells.
        let mut size = 256;
        loop {
            match RegexBuilder::new(text).size_limit(size).build() {
                Ok(regex) => {
                    return Ok(Self {
                        regex,
                        steps: size as u64 / 8,
                    });
                }
                Err(error) if size >= MAX_PATTERN_SIZE => {
                    return Err(format!("the pattern cannot be used: {error}"));
                }
                Err(_) => size *= 2,
            }
        }
    }

    pub(crate) fn fits(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}
