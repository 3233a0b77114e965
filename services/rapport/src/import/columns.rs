//! Which column of a file holds which field.

use std::{collections::BTreeMap, str::FromStr};

use csv::ByteRecord;

use rapport_process::Failure;

/// The fields of a purchase, and whether a file must have them.
const FIELDS: [(&str, bool); 9] = [
    ("source_id", true),
    ("customer", true),
    ("time", true),
    ("amount", true),
    ("currency", false),
    ("kind", false),
    ("quantity", false),
    ("location", false),
    ("original_source_id", false),
];

/// What the customer column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerColumn {
    /// An id in another system.
    External(String),
    /// A phone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A resource name or id of this suite.
    Name,
}

impl FromStr for CustomerColumn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "phone" => Ok(Self::Phone),
            "email" => Ok(Self::Email),
            "name" => Ok(Self::Name),
            other => match other.strip_prefix("external:") {
                Some(system) if !system.is_empty() => Ok(Self::External(system.to_owned())),
                _ => Err("write external:SYSTEM, phone, email or name".to_owned()),
            },
        }
    }
}

/// The name of the column for each field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(BTreeMap<&'static str, String>);

impl Default for Columns {
    fn default() -> Self {
        Self(
            FIELDS
                .iter()
                .map(|(field, _)| (*field, (*field).to_owned()))
                .collect(),
        )
    }
}

impl Columns {
    /// The columns after some were given other names, each as `field=Column`.
    pub fn mapped(mappings: &[String]) -> Result<Self, Failure> {
        let mut columns = Self::default();
        for mapping in mappings {
            let known = mapping.split_once('=').and_then(|(field, column)| {
                FIELDS
                    .iter()
                    .find(|(name, _)| *name == field)
                    .map(|(name, _)| (*name, column))
            });
            let Some((field, column)) = known else {
                return Err(
                    Failure::new(format!("--map {mapping} names no field")).mend(format!(
                        "write --map FIELD=COLUMN with one of the fields {}",
                        FIELDS.map(|(name, _)| name).join(", ")
                    )),
                );
            };
            columns.0.insert(field, column.to_owned());
        }
        Ok(columns)
    }

    /// Finds the columns in the heading of a file.
    pub(super) fn find(&self, heading: &ByteRecord) -> Result<Places, Failure> {
        if heading.is_empty() {
            return Err(
                Failure::new("the file is empty").mend("give a CSV file whose first line is a heading")
            );
        }
        let names: Vec<String> = heading
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .collect();
        let mut places = BTreeMap::new();
        let mut missing = Vec::new();
        for (field, needed) in FIELDS {
            let wanted = &self.0[field];
            match names.iter().position(|name| name == wanted) {
                Some(place) => {
                    places.insert(field, place);
                }
                None if needed || wanted != field => missing.push(format!("{wanted:?} (field {field})")),
                None => {}
            }
        }
        if missing.is_empty() {
            return Ok(Places(places));
        }
        Err(Failure::new(format!(
            "the file has no column {}; its heading has {}",
            missing.join(" and no column "),
            names.join(", ")
        ))
        .mend("name the columns with --map FIELD=COLUMN"))
    }
}

/// Where the fields of a row are.
#[derive(Debug, Clone)]
pub(super) struct Places(BTreeMap<&'static str, usize>);

impl Places {
    /// The text of a field, without blanks around it; empty when the file does not have the field.
    pub(super) fn text<'r>(&self, record: &'r ByteRecord, field: &'static str) -> Result<&'r str, String> {
        let Some(bytes) = self.0.get(field).and_then(|place| record.get(*place)) else {
            return Ok("");
        };
        std::str::from_utf8(bytes)
            .map(str::trim)
            .map_err(|_| "is no valid UTF-8; save the file in UTF-8".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_column_is_named_with_what_the_file_has() {
        let heading = ByteRecord::from(vec!["id", "customer", "amount"]);
        let columns = Columns::mapped(&["source_id=id".to_owned()]).unwrap();
        let refused = columns.find(&heading).unwrap_err().to_string();
        assert!(refused.contains("no column \"time\""), "{refused}");
        assert!(refused.contains("id, customer, amount"), "{refused}");
    }

    #[test]
    fn a_mapping_of_an_unknown_field_is_refused() {
        assert!(
            Columns::mapped(&["price=Amount".to_owned()])
                .unwrap_err()
                .to_string()
                .contains("names no field")
        );
    }
}
