//! Update masks, as in AIP-134 and AIP-161.

use std::collections::BTreeSet;

use crate::error::{ErrorKind, ListingError};

/// The fields that an update changes, checked against those that can be changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldMask {
    names: BTreeSet<&'static str>,
}

impl FieldMask {
    /// Checks the paths of an update mask.
    ///
    /// `updatable` lists the fields that an update may change, by the exact paths that a mask may name (a field of a
    /// message field has to be listed itself, as `address.city`). The path `*`, alone, means all of them. An empty
    /// mask means the fields that are set in the message of the request (AIP-134): the caller gives their names as
    /// `populated`; those that cannot be updated are passed over, as output-only fields are (AIP-203). The message
    /// alone does not tell an empty value from an absent one, so that clearing a field needs a mask.
    ///
    /// The error is [`ErrorKind::InvalidFieldMask`] when a path is unknown or not updatable, with the list of those
    /// that are, or when `*` is not alone. It has no position.
    pub fn check<Path: AsRef<str>>(
        paths: &[Path],
        updatable: &'static [&'static str],
        populated: &[&str],
    ) -> Result<Self, ListingError> {
        let find = |path: &str| updatable.iter().find(|name| **name == path).copied();
        if paths.is_empty() {
            return Ok(Self {
                names: populated.iter().filter_map(|name| find(name)).collect(),
            });
        }
        if paths.iter().any(|path| path.as_ref() == "*") {
            if paths.len() > 1 {
                let message = "\"*\" means every field and cannot stand beside other paths";
                return Err(ListingError::new(ErrorKind::InvalidFieldMask, message));
            }
            return Ok(Self {
                names: updatable.iter().copied().collect(),
            });
        }
        let check = |path: &Path| {
            let path = path.as_ref();
            find(path).ok_or_else(|| {
                ListingError::new(
                    ErrorKind::InvalidFieldMask,
                    format!("the field {path:?} cannot be updated"),
                )
                .hint(format!(
                    "the fields that can be updated are {}",
                    updatable.join(", ")
                ))
            })
        };
        Ok(Self {
            names: paths.iter().map(check).collect::<Result<_, _>>()?,
        })
    }

    /// Whether the update changes the field.
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether the update changes nothing.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names of the fields that the update changes, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.names.iter().copied()
    }
}
