//! The contract is its own documentation: everything in it has a comment.

use std::collections::HashMap;

use prost_reflect::FileDescriptor;

use crate::contract::{Offenders, enumerations, messages, services};

/// The comments of files, by the place of what they describe.
#[derive(Default)]
struct Comments(HashMap<String, HashMap<Vec<i32>, String>>);

impl Comments {
    fn of(&mut self, file: &FileDescriptor, path: &[i32]) -> String {
        let places = self
            .0
            .entry(file.name().to_owned())
            .or_insert_with(|| places(file));
        places.get(path).cloned().unwrap_or_default()
    }
}

fn places(file: &FileDescriptor) -> HashMap<Vec<i32>, String> {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    info.unwrap_or_else(|| panic!("{} was compiled without its comments", file.name()))
        .location
        .iter()
        .map(|location| {
            (
                location.path.clone(),
                location.leading_comments().trim().to_owned(),
            )
        })
        .collect()
}

#[test]
fn everything_has_a_comment() {
    let mut comments = Comments::default();
    let mut offenders = Offenders::against(
        "Every service, method, message, field, enumeration and value has a comment above it.",
    );
    let mut expect = |file: &FileDescriptor, path: &[i32], name: &str| {
        offenders.unless(!comments.of(file, path).is_empty(), name, "has no comment");
    };
    for service in services() {
        let file = service.parent_file();
        expect(&file, service.path(), service.full_name());
        for method in service.methods() {
            expect(&file, method.path(), method.full_name());
        }
    }
    for message in messages() {
        let file = message.parent_file();
        expect(&file, message.path(), message.full_name());
        for field in message.fields() {
            expect(&file, field.path(), field.full_name());
        }
    }
    for enumeration in enumerations() {
        let file = enumeration.parent_file();
        expect(&file, enumeration.path(), enumeration.full_name());
        for value in enumeration.values() {
            expect(&file, value.path(), value.full_name());
        }
    }
    offenders.must_be_none();
}

/// The comment of every method with its full name.
pub(crate) fn of_methods() -> Vec<(String, String)> {
    let mut comments = Comments::default();
    let mut found = Vec::new();
    for service in services() {
        for method in service.methods() {
            let comment = comments.of(&service.parent_file(), method.path());
            found.push((method.full_name().to_owned(), comment));
        }
    }
    found
}
