//! The errors that the comments of methods promise are those of the closed set.

use std::collections::BTreeSet;

use rapport_status::Reason;

use crate::contract::{Offenders, comment, methods};

#[test]
fn every_error_that_a_method_names_is_a_reason() {
    let reasons: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    let mut offenders =
        Offenders::against("The errors named in the comment of a method are reasons of the suite.");
    for method in methods() {
        let comment = comment(&method.parent_file(), method.path());
        let Some((_, named)) = comment.split_once("Errors:") else {
            continue;
        };
        let words = named.split(|letter: char| !(letter.is_ascii_uppercase() || letter == '_'));
        for word in words.filter(|word| word.contains('_')) {
            offenders.unless(
                reasons.contains(word),
                method.full_name(),
                format_args!("names {word}"),
            );
        }
    }
    offenders.must_be_none();
}
