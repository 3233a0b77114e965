//! Names of resources: those that exist, learnt from answers, and those that do not.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use prost_reflect::{DynamicMessage, Value};

use crate::{
    contract::{at, messages, option},
    random::Random,
};

/// How many ids of one kind are kept.
const MOST_KEPT: usize = 40;

/// What is known, shared by all that send requests.
#[derive(Debug)]
pub(super) struct Names {
    /// The forms of all resources, such as `customers/{customer}`.
    forms: Vec<String>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Names of resources that answers told of, by their form.
    names: BTreeMap<String, BTreeSet<String>>,
    /// Page tokens that answers gave.
    tokens: BTreeSet<String>,
}

impl Names {
    /// Knows the forms of the contract's resources, and no resource yet.
    pub(super) fn new() -> Self {
        let forms = messages()
            .iter()
            .filter_map(|message| option(&message.options(), "google.api.resource"))
            .filter_map(|resource| at(&resource, &["pattern"]))
            .flat_map(|patterns| match patterns {
                Value::List(patterns) => patterns,
                _ => Vec::new(),
            })
            .filter_map(|pattern| pattern.as_str().map(str::to_owned))
            .collect();
        Self {
            forms,
            known: Mutex::default(),
        }
    }

    /// Learns every name and token in an answer.
    pub(super) fn learn(&self, answer: &DynamicMessage) {
        let mut texts = Vec::new();
        collect(&Value::Message(answer.clone()), "", &mut texts);
        let mut known = self.known.lock().unwrap();
        for (field, text) in texts {
            if field == "next_page_token" && !text.is_empty() {
                keep(&mut known.tokens, text);
            } else if let Some(form) = self.forms.iter().find(|form| fits(form, &text)) {
                keep(known.names.entry(form.clone()).or_default(), text);
            }
        }
    }

    /// A name of a form: mostly one that exists.
    pub(super) fn of_form(&self, form: &str, random: &mut Random) -> String {
        let known = self.known.lock().unwrap();
        let names: Vec<&String> = known.names.get(form).into_iter().flatten().collect();
        if !names.is_empty() && random.chance(0.85) {
            return (*random.pick(&names)).clone();
        }
        drop(known);
        let parts = form.split('/').map(|part| match part.strip_prefix('{') {
            Some(rest) => self.id_of(rest.trim_end_matches('}'), random),
            None => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// An id of a kind of resource: mostly one that exists.
    pub(super) fn id_of(&self, kind: &str, random: &mut Random) -> String {
        let ending = format!("{{{kind}}}");
        let known = self.known.lock().unwrap();
        let names: Vec<&String> = known
            .names
            .iter()
            .filter(|(form, _)| form.ends_with(&ending))
            .flat_map(|(_, names)| names)
            .collect();
        if names.is_empty() || random.chance(0.3) {
            return format!("{kind}-{}", random.below(20));
        }
        let name = random.pick(&names);
        name.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// A page token that some list gave, if any did.
    pub(super) fn token(&self, random: &mut Random) -> Option<String> {
        let known = self.known.lock().unwrap();
        let tokens: Vec<&String> = known.tokens.iter().collect();
        (!tokens.is_empty()).then(|| (*random.pick(&tokens)).clone())
    }
}

fn keep(kept: &mut BTreeSet<String>, text: String) {
    if kept.len() >= MOST_KEPT {
        kept.pop_first();
    }
    kept.insert(text);
}

/// Whether a text is a name of a form.
fn fits(form: &str, text: &str) -> bool {
    let (form, text): (Vec<&str>, Vec<&str>) = (form.split('/').collect(), text.split('/').collect());
    form.len() == text.len()
        && form
            .iter()
            .zip(&text)
            .all(|(form, text)| form == text || (form.starts_with('{') && !text.is_empty()))
}

/// All texts inside a value with the names of their fields.
fn collect(value: &Value, field: &str, texts: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => texts.push((field.to_owned(), text.clone())),
        Value::List(items) => items
            .iter()
            .take(MOST_KEPT)
            .for_each(|item| collect(item, field, texts)),
        Value::Message(message) => message
            .fields()
            .for_each(|(field, value)| collect(value, field.name(), texts)),
        _ => {}
    }
}
