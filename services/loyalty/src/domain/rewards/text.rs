//! Texts in several languages.
//!
//! Languages are named by tags of BCP 47 (RFC 5646) in their canonical case: `de`, `pt-BR`, `zh-Hant-TW`. The text for a
//! reader is found by lookup (RFC 4647, section 3.4): the wanted tag is shortened from its end until there is a text.

use std::collections::BTreeMap;

use rapport_status::FieldViolation;

/// Most languages of one text.
pub const MOST_LANGUAGES: usize = 50;

/// Longest tag of a language. RFC 5646 asks for room for 35.
const LONGEST_TAG: usize = 35;

/// Wishes of a reader that are looked at.
const MOST_WISHES: usize = 20;

/// A text in several languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Translations {
    /// The language of readers for whose languages there is no text.
    pub default_language: String,
    /// The text of each language, by its tag.
    pub texts: BTreeMap<String, String>,
}

impl Translations {
    /// A text in one language.
    pub fn only(language: impl Into<String>, text: impl Into<String>) -> Self {
        let language = language.into();
        Self {
            texts: BTreeMap::from([(language.clone(), text.into())]),
            default_language: language,
        }
    }

    /// The language and text for a reader who wants these languages, the dearest first; of more than 20 wishes the rest
    /// is not looked at. Nothing only where the text of the default language is missing, which [`Self::check`] refuses.
    pub fn best(&self, wanted: &[&str]) -> Option<(&str, &str)> {
        wanted
            .iter()
            .take(MOST_WISHES)
            .filter_map(|tag| canonical(tag))
            .find_map(|tag| self.lookup(tag))
            .or_else(|| self.text(&self.default_language))
    }

    fn lookup(&self, mut tag: String) -> Option<(&str, &str)> {
        loop {
            if let Some(found) = self.text(&tag) {
                return Some(found);
            }
            tag.truncate(tag.rfind('-')?);
            // A single letter announces what follows it, and means nothing at the end.
            if tag.len() >= 2 && tag.as_bytes()[tag.len() - 2] == b'-' {
                tag.truncate(tag.len() - 2);
            }
        }
    }

    fn text(&self, tag: &str) -> Option<(&str, &str)> {
        let (language, text) = self.texts.get_key_value(tag)?;
        Some((language, text))
    }

    /// Reports what is wrong: too many languages, tags that are none, texts too long or empty, no text in the default
    /// language.
    pub fn check(&self, path: &str, longest: usize, found: &mut Vec<FieldViolation>) {
        if self.texts.len() > MOST_LANGUAGES {
            found.push(FieldViolation::new(
                format!("{path}.texts"),
                format!(
                    "must have at most {MOST_LANGUAGES} languages, not {}",
                    self.texts.len()
                ),
            ));
            return;
        }
        if !self.texts.contains_key(&self.default_language) {
            found.push(FieldViolation::new(
                format!("{path}.default_language"),
                "must be a language that has a text",
            ));
        }
        for (language, text) in &self.texts {
            match canonical(language) {
                None => found.push(FieldViolation::new(
                    format!("{path}.texts[{language:?}]"),
                    "must be named by a language tag (BCP 47), such as de or pt-BR",
                )),
                Some(tag) if tag != *language => found.push(FieldViolation::new(
                    format!("{path}.texts[{language:?}]"),
                    format!("must be written {tag}"),
                )),
                Some(_) => {}
            }
            if text.trim().is_empty() || text.chars().count() > longest {
                found.push(FieldViolation::new(
                    format!("{path}.texts[{language:?}]"),
                    format!("must have 1 to {longest} characters, not only spaces"),
                ));
            }
        }
    }
}

/// A language tag in its canonical case (RFC 5646, section 2.1.1): regions in capitals, scripts with a capital first
/// letter, all else small. None when it does not have the form of a tag.
pub fn canonical(tag: &str) -> Option<String> {
    if tag.len() > LONGEST_TAG {
        return None;
    }
    let mut canonical = String::with_capacity(tag.len());
    let mut after_single = false;
    for (place, part) in tag.split('-').enumerate() {
        let fits = (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let language = place > 0
            || ((2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
        if !fits || !language {
            return None;
        }
        let mut written = part.to_ascii_lowercase();
        if place > 0 {
            canonical.push('-');
            match part.len() {
                2 if !after_single => written.make_ascii_uppercase(),
                4 if !after_single => written[..1].make_ascii_uppercase(),
                1 => after_single = true,
                _ => {}
            }
        }
        canonical.push_str(&written);
    }
    Some(canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translations(default_language: &str, texts: &[(&str, &str)]) -> Translations {
        let texts = texts
            .iter()
            .map(|(tag, text)| ((*tag).to_owned(), (*text).to_owned()));
        Translations {
            default_language: default_language.to_owned(),
            texts: texts.collect(),
        }
    }

    fn violations(translations: &Translations) -> Vec<String> {
        let mut found = Vec::new();
        translations.check("reward.title", 5, &mut found);
        found.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn tags_are_written_in_their_canonical_case() {
        for (tag, written) in [
            ("DE", "de"),
            ("pt-br", "pt-BR"),
            ("ZH-hANT-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("de-CH-1996", "de-CH-1996"),
            ("sl-ROZAJ", "sl-rozaj"),
            ("en-X-PRIV-US", "en-x-priv-us"),
        ] {
            assert_eq!(canonical(tag).as_deref(), Some(written), "{tag}");
        }
        for wrong in [
            "",
            "d",
            "1a",
            "de-",
            "-de",
            "de_AT",
            "de--AT",
            "abcdefghi",
            "de-abcdefghi",
            "dé",
        ] {
            assert_eq!(canonical(wrong), None, "{wrong:?}");
        }
        let longest = "de-12345678-12345678-12345678-12345";
        assert_eq!(longest.len(), 35);
        assert!(canonical(longest).is_some());
        assert_eq!(canonical(&format!("{longest}6")), None);
    }

    #[test]
    fn a_reader_gets_the_nearest_language_and_else_the_default() {
        let title = translations(
            "en",
            &[
                ("en", "mug"),
                ("de", "Tasse"),
                ("de-AT", "Häferl"),
                ("zh-Hant", "杯"),
            ],
        );
        for (wanted, language) in [
            (&["de-AT"][..], "de-AT"),
            (&["DE-at"], "de-AT"),
            (&["de-CH-1996"], "de"),
            (&["de-x-AT"], "de"),
            (&["zh-Hant-TW"], "zh-Hant"),
            (&["zh"], "en"),
            (&["fr", "de"], "de"),
            (&["???", "de"], "de"),
            (&["fr"], "en"),
            (&[], "en"),
        ] {
            assert_eq!(
                title.best(wanted).map(|(language, _)| language),
                Some(language),
                "{wanted:?}"
            );
        }
        assert_eq!(title.best(&["de-AT"]), Some(("de-AT", "Häferl")));
        assert_eq!(Translations::default().best(&["de"]), None);
    }

    #[test]
    fn a_single_letter_at_the_end_is_left_out_with_what_it_announces() {
        let title = translations("en", &[("en", "mug"), ("de-x", "never found")]);
        assert_eq!(title.best(&["de-x-y"]), Some(("en", "mug")));
    }

    #[test]
    fn only_so_many_wishes_are_looked_at() {
        let title = translations("en", &[("en", "mug"), ("de", "Tasse")]);
        let mut wishes = vec!["fr"; MOST_WISHES - 1];
        wishes.push("de");
        assert_eq!(title.best(&wishes), Some(("de", "Tasse")));
        wishes.insert(0, "fr");
        assert_eq!(title.best(&wishes), Some(("en", "mug")));
    }

    #[test]
    fn all_that_is_wrong_is_reported_at_once() {
        let wrong = translations("fr", &[("EN", "mug"), ("de", "     "), ("it", "sei...")]);
        assert_eq!(
            violations(&wrong),
            [
                "reward.title.default_language",
                "reward.title.texts[\"EN\"]",
                "reward.title.texts[\"de\"]",
                "reward.title.texts[\"it\"]",
            ]
        );
        assert_eq!(
            violations(&translations("en", &[("en", "cinqé")])),
            Vec::<String>::new()
        );
        assert_eq!(
            violations(&translations("e", &[("e", "mug")])),
            ["reward.title.texts[\"e\"]"]
        );
    }

    #[test]
    fn there_are_only_so_many_languages() {
        let tags = |count: usize| (0..count).map(|number| (format!("de-{number:05}"), "a".to_owned()));
        let mut title = Translations {
            default_language: "de-00000".to_owned(),
            texts: tags(MOST_LANGUAGES).collect(),
        };
        assert_eq!(violations(&title), Vec::<String>::new());
        title.texts = tags(MOST_LANGUAGES + 1).collect();
        assert_eq!(violations(&title), ["reward.title.texts"]);
    }
}
