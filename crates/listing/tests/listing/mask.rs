//! Field masks.

use rapport_listing::{ErrorKind, FieldMask};

const UPDATABLE: &[&str] = &["display_name", "language", "address.city"];

fn names(paths: &[&str], populated: &[&str]) -> Vec<&'static str> {
    FieldMask::check(paths, UPDATABLE, populated)
        .unwrap()
        .names()
        .collect()
}

#[test]
fn a_mask_names_the_fields_that_change() {
    assert_eq!(
        names(&["language", "address.city", "language"], &["display_name"]),
        ["address.city", "language"]
    );
    let mask = FieldMask::check(&["language"], UPDATABLE, &[]).unwrap();
    assert!(mask.contains("language") && !mask.contains("display_name") && !mask.is_empty());
}

#[test]
fn a_star_means_every_updatable_field() {
    assert_eq!(names(&["*"], &[]), ["address.city", "display_name", "language"]);
}

#[test]
fn an_empty_mask_means_the_populated_fields_that_can_be_updated() {
    assert_eq!(names(&[], &["language", "create_time"]), ["language"]);
    assert!(
        FieldMask::check::<String>(&[], UPDATABLE, &[])
            .unwrap()
            .is_empty()
    );
}

#[test]
fn unknown_and_immutable_paths_are_refused_with_the_allowed_ones() {
    for path in ["create_time", "address", "address.city.x", "", "Language"] {
        let error = FieldMask::check(&["language", path], UPDATABLE, &[]).unwrap_err();
        assert_eq!(
            (error.kind, error.field, error.reason()),
            (ErrorKind::InvalidFieldMask, "update_mask", "INVALID_FIELD_MASK")
        );
        assert_eq!(
            error.to_string(),
            format!(
                "update_mask: the field {path:?} cannot be updated; the fields that can be updated are \
                 display_name, language, address.city"
            )
        );
    }
}

#[test]
fn a_star_stands_alone() {
    let error = FieldMask::check(&["*", "language"], UPDATABLE, &[]).unwrap_err();
    assert!(error.message.contains("cannot stand beside"));
}
