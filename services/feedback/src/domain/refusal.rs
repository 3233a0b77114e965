//! Refusing with everything that is wrong at once, as far as an answer can carry it.

use rapport_status::{Error, FieldViolation, Reason, Result};

/// Most bytes that violations take together. They travel in the trailer of the call, in base64 and beside the message;
/// common clients take trailers of 8 KiB and treat longer ones as a fault of the server.
const MOST_BYTES: usize = 4_000;

/// Refuses for a reason when there are violations: with all of them, or with the first that fit.
pub(crate) fn refuse(reason: Reason, mut violations: Vec<FieldViolation>) -> Result<()> {
    if violations.is_empty() {
        return Ok(());
    }
    violations.truncate(fitting(&violations));
    Err(Error::invalid(reason, violations))
}

/// How many violations from the first fit; one at least.
fn fitting(violations: &[FieldViolation]) -> usize {
    let mut bytes = 0_usize;
    let fit = violations.iter().take_while(|violation| {
        bytes = bytes.saturating_add(violation.field.len() + violation.description.len());
        bytes <= MOST_BYTES
    });
    fit.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(count: usize, length: usize) -> Vec<FieldViolation> {
        (0..count)
            .map(|_| FieldViolation::new("f", "x".repeat(length - 1)))
            .collect()
    }

    fn told(violations: Vec<FieldViolation>) -> usize {
        refuse(Reason::InvalidAnswers, violations)
            .unwrap_err()
            .violations()
            .len()
    }

    #[test]
    fn nothing_wrong_is_no_refusal() {
        assert!(refuse(Reason::InvalidAnswers, Vec::new()).is_ok());
    }

    #[test]
    fn all_violations_are_told_as_long_as_they_fit() {
        assert_eq!(told(violations(40, 100)), 40);
        assert_eq!(told(violations(41, 100)), 40);
        assert_eq!(told(violations(3, 5_000)), 1);
    }
}
