//! Random requests: from those that a careful client sends to those that nobody should.

use std::{collections::HashMap, sync::Arc};

use prost::Message as _;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, MethodDescriptor, ReflectMessage as _,
    Value,
};

use super::{
    facts::{self, Facts},
    hostile,
    names::Names,
};
use rapport_testkit::Random;

use crate::world;

/// Values in one request.
const MOST_VALUES: usize = 1_000;

/// Fields with a moment that a careful client sets to one that is still to come.
const COMING: [&str; 2] = ["expire_time", "release_time"];

/// The form of names of tier sets.
const TIER_SET: &str = "programs/{program}/tierSets/{tier_set}";

/// Bytes of hostile texts in one request, so that no request is refused for its length alone.
const MOST_BYTES: usize = 40_000;

/// What all makers of requests share.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) names: Names,
    facts: HashMap<String, Facts>,
}

impl Ground {
    pub(super) fn new() -> Self {
        Self {
            names: Names::new(),
            facts: facts::of_all_fields(),
        }
    }
}

/// Makes requests out of random numbers.
#[derive(Debug)]
pub(super) struct Maker {
    ground: Arc<Ground>,
    random: Random,
    /// The share of values that are hostile, in the request that is being made.
    malice: f64,
    values_left: usize,
    bytes_left: usize,
}

impl Maker {
    pub(super) fn new(ground: Arc<Ground>, random: Random) -> Self {
        Self {
            ground,
            random,
            malice: 0.0,
            values_left: 0,
            bytes_left: 0,
        }
    }

    /// What a call of a method sends: one request, or several when the client streams.
    pub(super) fn requests(&mut self, method: &MethodDescriptor) -> Vec<DynamicMessage> {
        let count = if method.is_client_streaming() {
            self.random.below(4)
        } else {
            1
        };
        (0..count).map(|_| self.request(&method.input())).collect()
    }

    fn request(&mut self, descriptor: &MessageDescriptor) -> DynamicMessage {
        // Half of the requests are what a careful client sends; the deep code is reached by them.
        self.malice = *self.random.pick(&[0.0, 0.0, 0.0, 0.03, 0.1, 0.5, 1.0]);
        self.values_left = MOST_VALUES;
        self.bytes_left = MOST_BYTES;
        self.message(descriptor, None, 0)
    }

    fn message(
        &mut self,
        descriptor: &MessageDescriptor,
        of: Option<&Facts>,
        depth: usize,
    ) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        match descriptor.full_name() {
            "google.protobuf.Timestamp" => self.moment(&mut message),
            "google.protobuf.FieldMask" => self.mask(&mut message, of),
            "google.type.Date" => self.date(&mut message),
            "google.type.Money" => self.money(&mut message),
            "rapport.profile.v1.Identity" if !self.is_hostile() => self.identity(&mut message),
            "rapport.loyalty.v1.Reward" if !self.is_hostile() && self.random.chance(0.3) => {
                let reward = self.random.pick(&world::rewards()).1.encode_to_vec();
                message
                    .merge(reward.as_slice())
                    .expect("a reward is read as it was written");
            }
            "rapport.loyalty.v1.TierSet" if !self.is_hostile() && self.random.chance(0.4) => {
                let tier_set = world::tier_set().encode_to_vec();
                message
                    .merge(tier_set.as_slice())
                    .expect("a tier set is read as it was written");
                let name = self.ground.names.of_form(TIER_SET, &mut self.random);
                message.set_field_by_name("name", Value::String(name));
            }
            "rapport.loyalty.v1.VoucherOrder" if !self.is_hostile() => {
                let order = world::order(self.random.between(1, 50_000)).encode_to_vec();
                message
                    .merge(order.as_slice())
                    .expect("an order is read as it was written");
            }
            _ => self.fields(&mut message, depth),
        }
        message
    }

    fn fields(&mut self, message: &mut DynamicMessage, depth: usize) {
        let descriptor = message.descriptor();
        let mut fields: Vec<FieldDescriptor> = descriptor
            .fields()
            .filter(|field| {
                field.containing_oneof().is_none() || field.field_descriptor_proto().proto3_optional()
            })
            .collect();
        for choice in descriptor.oneofs().filter(|choice| !choice.is_synthetic()) {
            let members: Vec<FieldDescriptor> = choice.fields().collect();
            if self.random.chance(0.9) {
                fields.push(self.random.pick(&members).clone());
            }
        }
        for field in fields {
            let facts = self
                .ground
                .facts
                .get(field.full_name())
                .cloned()
                .unwrap_or_default();
            let given = match (facts.expected, self.is_hostile()) {
                (true, false) => true,
                (true, true) => self.random.chance(0.7),
                (false, _) => self.random.chance(0.5),
            };
            if given && depth < 6 {
                let value = self.field(&field, &facts, depth);
                message.set_field(&field, value);
            }
        }
    }

    fn field(&mut self, field: &FieldDescriptor, facts: &Facts, depth: usize) -> Value {
        if field.is_map() {
            return self.map(field);
        }
        if field.is_list() {
            let count = self.count(depth).max(usize::from(facts.expected));
            let items = (0..count).map(|_| self.single(field, facts, depth)).collect();
            return Value::List(items);
        }
        self.single(field, facts, depth)
    }

    /// How many items a list gets. Lists in lists stay short.
    fn count(&mut self, depth: usize) -> usize {
        if self.is_hostile() && depth < 2 {
            return (*self.random.pick(&[0, 1, 50, 300])).min(self.values_left);
        }
        self.random.below(4)
    }

    fn map(&mut self, field: &FieldDescriptor) -> Value {
        let Kind::Message(entry) = field.kind() else {
            unreachable!("a map has entries");
        };
        let count = if self.is_hostile() {
            80
        } else {
            self.random.below(3)
        };
        let entries = (0..count).map(|number| {
            let key = if self.is_hostile() {
                self.hostile_text()
            } else {
                format!("key-{number}")
            };
            let value = self.scalar(&entry.map_entry_value_field(), &Facts::default());
            (MapKey::String(key), value)
        });
        Value::Map(entries.collect())
    }

    fn single(&mut self, field: &FieldDescriptor, facts: &Facts, depth: usize) -> Value {
        self.values_left = self.values_left.saturating_sub(1);
        match field.kind() {
            Kind::Message(inner)
                if COMING.contains(&field.name())
                    && inner.full_name() == "google.protobuf.Timestamp"
                    && !self.is_hostile() =>
            {
                let mut message = DynamicMessage::new(inner);
                self.coming_moment(&mut message);
                Value::Message(message)
            }
            Kind::Message(inner) => Value::Message(self.message(&inner, Some(facts), depth + 1)),
            _ => self.scalar(field, facts),
        }
    }

    fn scalar(&mut self, field: &FieldDescriptor, facts: &Facts) -> Value {
        if self.is_hostile() {
            return match field.kind() {
                Kind::String => Value::String(self.hostile_text()),
                kind => hostile::value(&kind, &mut self.random),
            };
        }
        let (low, high) = facts.range.unwrap_or((0, 10));
        match field.kind() {
            Kind::String => Value::String(self.text(field.name(), facts)),
            Kind::Enum(enumeration) => {
                let numbers: Vec<i32> = enumeration.values().map(|value| value.number()).collect();
                // The value 0 is mostly refused or the same as nothing.
                let from = usize::from(self.random.chance(0.9) && numbers.len() > 1);
                Value::EnumNumber(*self.random.pick(&numbers[from..]))
            }
            Kind::Bool => Value::Bool(self.random.chance(0.5)),
            Kind::Double => Value::F64(*self.random.pick(&[0.0, 0.5, 0.9, 0.95, 0.99])),
            // The first version is the one that most clients have.
            Kind::Int32 if field.name().contains("version") => Value::I32(self.random.below(2) as i32),
            Kind::Int32 => Value::I32(self.random.between(low, high.min(i64::from(i32::MAX))) as i32),
            Kind::Int64 => Value::I64(self.random.between(low.max(-20), high.min(low.max(0) + 500))),
            kind => hostile::value(&kind, &mut self.random),
        }
    }

    fn hostile_text(&mut self) -> String {
        let text = hostile::text(&mut self.random, self.bytes_left);
        self.bytes_left = self.bytes_left.saturating_sub(text.len());
        text
    }

    fn is_hostile(&mut self) -> bool {
        self.random.chance(self.malice)
    }

    /// A text as a careful client sends it in a field of this name.
    fn text(&mut self, field: &str, facts: &Facts) -> String {
        let random = &mut self.random;
        let names = &self.ground.names;
        if let Some(form) = &facts.form {
            return names.of_form(form, random);
        }
        let one_of = |random: &mut Random, texts: &[&str]| (*random.pick(texts)).to_owned();
        match field {
            "filter" => filter(facts, random),
            "order_by" => order(facts, random),
            "page_token" if random.chance(0.3) => names.token(random).unwrap_or_default(),
            "page_token" | "etag" | "payment_reference" => String::new(),
            "request_id" => format!("request-{}", random.below(5_000)),
            "source" => one_of(random, &["till", "web"]),
            "source_id" | "original_source_id" => format!("sale-{}", random.below(400)),
            "currency_code" => one_of(random, &["USD", "USD", "EUR", ""]),
            "question" | "id" => one_of(random, &["recommend", "stay", "ease", "room", "reason", "more"]),
            "choice" => one_of(random, &["recommend", "stay", "ease"]),
            "language" => one_of(random, &["en", "zh-CN"]),
            "dimension" => one_of(random, &["satisfaction", "service", ""]),
            "location" => one_of(random, &["harbour", "garden", ""]),
            "name" => "evaluations/latest".to_owned(),
            "wallet" => one_of(random, &["", "", "", "points", "miles"]),
            "lot" if random.chance(0.7) => names.lot(random).unwrap_or_default(),
            "code" if random.chance(0.8) => names.code(random).unwrap_or_default(),
            "tier" => one_of(random, &["gold", "gold", "guest"]),
            "price" => one_of(random, &["", "free"]),
            "release_key" => "stay-1".to_owned(),
            "time_zone" => one_of(random, &["", "UTC", "Asia/Shanghai", "Europe/Atlantis"]),
            _ => match field.strip_suffix("_id") {
                Some(kind) => names.id_of(kind, random),
                None => format!("word {}", random.below(50)),
            },
        }
    }

    fn moment(&mut self, message: &mut DynamicMessage) {
        let (seconds, nanos) = if self.is_hostile() {
            let nanos = *self
                .random
                .pick(&[i32::MIN, -1, 0, 999_999_999, 1_000_000_000, i32::MAX]);
            (hostile::integer(&mut self.random), nanos)
        } else {
            let now = jiff::Timestamp::now().as_second();
            (self.random.between(now - 100_000_000, now + 40_000), 0)
        };
        message.set_field_by_name("seconds", Value::I64(seconds));
        message.set_field_by_name("nanos", Value::I32(nanos));
    }

    /// A moment that comes: half of them while the test still runs.
    fn coming_moment(&mut self, message: &mut DynamicMessage) {
        let now = jiff::Timestamp::now().as_second();
        let seconds = if self.random.chance(0.5) {
            self.random.between(1, 4)
        } else {
            self.random.between(1_000_000, 100_000_000)
        };
        message.set_field_by_name("seconds", Value::I64(now + seconds));
    }

    fn date(&mut self, message: &mut DynamicMessage) {
        let hostile = self.is_hostile();
        for (part, low, high) in [("year", 2020, 2027), ("month", 1, 12), ("day", 1, 28)] {
            let number = if hostile {
                *self
                    .random
                    .pick(&[i32::MIN, -1, 0, 13, 31, 9_999, 10_000, i32::MAX])
            } else {
                self.random.between(low, high)
            };
            message.set_field_by_name(part, Value::I32(number));
        }
    }

    fn money(&mut self, message: &mut DynamicMessage) {
        if self.is_hostile() {
            let currency = self.hostile_text();
            message.set_field_by_name("currency_code", Value::String(currency));
            message.set_field_by_name("units", Value::I64(hostile::integer(&mut self.random)));
            message.set_field_by_name("nanos", Value::I32(hostile::integer(&mut self.random) as i32));
            return;
        }
        let currency = *self.random.pick(&["USD", "USD", "USD", "EUR", "JPY"]);
        message.set_field_by_name("currency_code", Value::String(currency.to_owned()));
        message.set_field_by_name("units", Value::I64(self.random.between(0, 500)));
        let cents = if currency == "JPY" {
            0
        } else {
            self.random.between(0, 99)
        };
        message.set_field_by_name("nanos", Value::I32(cents * 10_000_000));
    }

    /// An identity whose parts fit together.
    fn identity(&mut self, message: &mut DynamicMessage) {
        let number = self.random.below(40);
        let (kind, system, value) = match self.random.below(3) {
            0 => (1, "", format!("+86138001380{number:02}")),
            1 => (2, "", format!("guest-{number}@example.com")),
            _ => (3, "till", format!("card-{number}")),
        };
        message.set_field_by_name("type", Value::EnumNumber(kind));
        message.set_field_by_name("system", Value::String(system.to_owned()));
        message.set_field_by_name("value", Value::String(value));
    }

    fn mask(&mut self, message: &mut DynamicMessage, of: Option<&Facts>) {
        let words = of.map(|facts| facts.words.clone()).unwrap_or_default();
        let mut paths = Vec::new();
        for _ in 0..self.random.below(3) {
            let path = if self.is_hostile() || words.is_empty() {
                self.hostile_text()
            } else {
                self.random.pick(&words).clone()
            };
            paths.push(Value::String(path));
        }
        message.set_field_by_name("paths", Value::List(paths));
    }
}

/// A filter over the fields that the comment names.
fn filter(facts: &Facts, random: &mut Random) -> String {
    if facts.words.is_empty() || random.chance(0.4) {
        return String::new();
    }
    let terms = (0..=random.below(2)).map(|_| {
        let field = random.pick(&facts.words).clone();
        let operator = *random.pick(&["=", "!=", "<", ">=", ":"]);
        let value = *random.pick(&[
            "1",
            "\"a\"",
            "OPEN",
            "ACTIVE",
            "PUBLISHED",
            "\"2026-01-01T00:00:00Z\"",
            "\"customers/customer-1\"",
            "true",
        ]);
        format!("{field} {operator} {value}")
    });
    terms.collect::<Vec<_>>().join(" AND ")
}

/// An order over the fields that the comment names.
fn order(facts: &Facts, random: &mut Random) -> String {
    if facts.words.is_empty() || random.chance(0.4) {
        return String::new();
    }
    let field = random.pick(&facts.words);
    let direction = *random.pick(&["", " desc", " asc"]);
    format!("{field}{direction}")
}
