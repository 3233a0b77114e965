//! Texts in several languages.

use std::collections::BTreeMap;

use rapport_status::FieldViolation;

/// Most characters of a title.
const LONGEST_TITLE: usize = 200;

/// Most languages of a title.
const MOST_LANGUAGES: usize = 50;

/// Most characters of a language tag.
const LONGEST_LANGUAGE: usize = 35;

/// A short text by language tag (BCP 47), such as `en` or `zh-CN`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Titles(pub BTreeMap<String, String>);

impl Titles {
    /// A title in one language.
    pub fn of(language: &str, title: &str) -> Self {
        Self(BTreeMap::from([(language.to_owned(), title.to_owned())]))
    }

    /// The title in the language that comes nearest: the very language; else its more general form (`zh` for `zh-CN`);
    /// else English; else the first there is. Empty when there is none.
    pub fn in_language(&self, language: &str) -> &str {
        let general = language.split('-').next().unwrap_or_default();
        [language, general, "en"]
            .into_iter()
            .find_map(|tag| self.0.get(tag))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }

    /// Adds what is wrong with the titles.
    pub(super) fn check(&self, path: &str, found: &mut Vec<FieldViolation>) {
        if self.0.is_empty() || self.0.len() > MOST_LANGUAGES {
            found.push(FieldViolation::new(
                path,
                format!("must have a title in 1 to {MOST_LANGUAGES} languages"),
            ));
        }
        for (language, title) in &self.0 {
            let tag = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            if language.is_empty() || language.len() > LONGEST_LANGUAGE || !language.bytes().all(tag) {
                found.push(FieldViolation::new(
                    format!("{path}[{language:?}]"),
                    "must be a language tag, such as en or zh-CN",
                ));
            }
            if title.trim().is_empty() || title.chars().count() > LONGEST_TITLE {
                found.push(FieldViolation::new(
                    format!("{path}[{language:?}]"),
                    format!("must have 1 to {LONGEST_TITLE} characters, not only spaces"),
                ));
            }
        }
    }
}
