//! The resource that a request is about, put together from its fields.

use crate::name;

/// Longest target in bytes: that of the longest name that a request can have.
const LONGEST: usize = 300;

/// A part of a target.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<'a> {
    /// Stands in the contract.
    Fixed(&'a str),
    /// Stands in a field of the request.
    Field(&'a str),
}

/// Puts a target together. It ends before the first field that is empty or does not have the form of a name, so that
/// nothing but names is ever in it, whatever a caller sends.
pub(crate) fn join(parts: &[Part<'_>]) -> String {
    let mut target = String::new();
    for part in parts {
        match part {
            Part::Fixed(text) => target.push_str(text),
            Part::Field(text) if target.len() + text.len() <= LONGEST && continues(&target, text) => {
                target.push_str(text);
            }
            Part::Field(_) => break,
        }
    }
    // What stands before a missing field is a collection.
    target.truncate(target.trim_end_matches('/').len());
    target
}

/// Whether a text is an id after its collection, or at the beginning a name: collections and ids in turn.
fn continues(target: &str, text: &str) -> bool {
    if !target.is_empty() {
        return name::is_id(text);
    }
    let is_collection =
        |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphabetic());
    text.contains('/')
        && text
            .split('/')
            .enumerate()
            .all(|(index, segment)| is_collection(segment) || (index % 2 == 1 && name::is_id(segment)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_ends_before_the_first_field_that_is_no_name() {
        let member = |parent, id| {
            join(&[
                Part::Field(parent),
                Part::Fixed("/members/"),
                Part::Field(id),
                Part::Fixed(""),
            ])
        };
        assert_eq!(member("programs/gold", "m-1"), "programs/gold/members/m-1");
        assert_eq!(member("programs/gold", ""), "programs/gold/members");
        assert_eq!(member("programs/gold", "li@example.com"), "programs/gold/members");
        assert_eq!(member("programs/Jane Doe", "m-1"), "");
        assert_eq!(member("Jane", "m-1"), "");
        assert_eq!(member("", "m-1"), "");
        assert_eq!(member(&"a/".repeat(200), "m-1"), "");
    }
}
