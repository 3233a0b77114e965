//! The contract is its own documentation: everything in it has a comment.

use prost_reflect::FileDescriptor;

use crate::contract::{Offenders, comment, enumerations, messages, services};

#[test]
fn everything_has_a_comment() {
    let mut offenders = Offenders::against(
        "Every service, method, message, field, enumeration and value has a comment above it.",
    );
    let mut expect = |file: &FileDescriptor, path: &[i32], name: &str| {
        offenders.unless(!comment(file, path).is_empty(), name, "has no comment");
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
