//! Names of resources: those that exist, learnt from answers, and those that do not.

use std::{collections::BTreeMap, sync::Mutex};

use prost_reflect::{DynamicMessage, Value};

use rapport_testkit::Random;

use crate::contract::{at, messages, option};

/// How many names of one form are kept.
const MOST_KEPT: usize = 40;

/// How many of them are the first that were learnt: they are kept, and taken more often than the others.
const FIRST: usize = 3;

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
    names: BTreeMap<String, Vec<String>>,
    /// Page tokens that answers gave.
    tokens: Vec<String>,
    /// Ids of lots that answers told of.
    lots: Vec<String>,
    /// Codes of vouchers that answers told of.
    codes: Vec<String>,
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

    /// Learns a name.
    pub(super) fn add(&self, name: String) {
        if let Some(form) = self.forms.iter().find(|form| fits(form, &name)) {
            let mut known = self.known.lock().unwrap();
            keep(known.names.entry(form.clone()).or_default(), name);
        }
    }

    /// Learns the code of a voucher.
    pub(super) fn add_code(&self, code: String) {
        keep(&mut self.known.lock().unwrap().codes, code);
    }

    /// Learns every name and token in an answer.
    pub(super) fn learn(&self, answer: &DynamicMessage) {
        let mut texts = Vec::new();
        collect(&Value::Message(answer.clone()), "", &mut texts);
        for (field, text) in texts {
            match field.as_str() {
                _ if text.is_empty() => {}
                "next_page_token" => keep(&mut self.known.lock().unwrap().tokens, text),
                "lot" => keep(&mut self.known.lock().unwrap().lots, text),
                "code" => self.add_code(text),
                _ => self.add(text),
            }
        }
    }

    /// A name of a form: mostly one that exists.
    pub(super) fn of_form(&self, form: &str, random: &mut Random) -> String {
        let known = self.known.lock().unwrap();
        if random.chance(0.85)
            && let Some(name) = known.names.get(form).and_then(|names| pick(names, random))
        {
            return name.clone();
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
        let names = known.names.iter().find(|(form, _)| form.ends_with(&ending));
        match names.and_then(|(_, names)| pick(names, random)) {
            Some(name) if random.chance(0.7) => name.rsplit('/').next().unwrap_or_default().to_owned(),
            _ => format!("{kind}-{}", random.below(20)),
        }
    }

    /// The id of a lot that some answer told of, if any did.
    pub(super) fn lot(&self, random: &mut Random) -> Option<String> {
        pick(&self.known.lock().unwrap().lots, random).cloned()
    }

    /// The code of a voucher that some answer told of, if any did.
    pub(super) fn code(&self, random: &mut Random) -> Option<String> {
        pick(&self.known.lock().unwrap().codes, random).cloned()
    }

    /// A page token that some list gave, if any did.
    pub(super) fn token(&self, random: &mut Random) -> Option<String> {
        pick(&self.known.lock().unwrap().tokens, random).cloned()
    }
}

fn keep(kept: &mut Vec<String>, text: String) {
    if kept.contains(&text) {
        return;
    }
    if kept.len() == MOST_KEPT {
        kept.remove(FIRST);
    }
    kept.push(text);
}

fn pick<'k>(kept: &'k [String], random: &mut Random) -> Option<&'k String> {
    let among = if random.chance(0.3) {
        kept.len().min(FIRST)
    } else {
        kept.len()
    };
    (among > 0).then(|| random.pick(&kept[..among]))
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
