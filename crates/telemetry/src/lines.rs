//! The form of log lines: text for people, or one JSON object a line for collectors.
//!
//! Only fields with known names are written, so that a log line cannot carry what its author did not mean for the log:
//! every field in [`FIELDS`] holds names, numbers and causes of ours, never what a customer said or is.

use std::fmt;

use opentelemetry::trace::TraceContextExt as _;
use serde_json::Value;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::Writer,
        time::{FormatTime as _, SystemTime},
    },
    registry::LookupSpan,
};

use crate::LogForm;

/// The fields that are written, in alphabetical order. `docs/telemetry.md` says what they mean.
pub const FIELDS: &[&str] = &[
    "address",
    "attempt",
    "batch",
    "call_id",
    "code",
    "consumer",
    "duty",
    "error",
    "event",
    "events",
    "failure",
    "fields_left_out",
    "happening",
    "kept_from",
    "message",
    "method",
    "micros",
    "newer",
    "operations",
    "partition",
    "problem",
    "reason",
    "relayed",
    "service",
    "sister",
    "source",
    "stream",
    "subject",
    "table",
    "taken",
    "timer",
    "topic",
    "transaction",
    "wait",
    "what",
    "wrong",
];

/// Names that some fields have in spans, where they follow the conventions of OpenTelemetry.
const RENAMED: &[(&str, &str)] = &[
    ("error.type", "reason"),
    ("rpc.method", "method"),
    ("rpc.response.status_code", "code"),
];

/// The name under which a field is written; none when it is left out.
fn name_of(field: &str) -> Option<&'static str> {
    if let Ok(index) = FIELDS.binary_search(&field) {
        return Some(FIELDS[index]);
    }
    let renamed = RENAMED.iter().find(|(from, _)| *from == field);
    renamed.map(|(_, to)| *to)
}

/// Writes log lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lines {
    pub(crate) form: LogForm,
    /// Whether levels are coloured.
    pub(crate) coloured: bool,
}

/// The known fields of an event or a span.
#[derive(Debug, Default)]
struct Known {
    message: String,
    fields: Vec<(&'static str, Value)>,
    /// Number of fields that are left out.
    left_out: u32,
}

impl Known {
    fn add(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        match name_of(field.name()) {
            Some("message") => {
                self.message = match value() {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
            }
            Some(name) => self.fields.push((name, value())),
            // Settings of spans, not fields.
            None if field.name().starts_with("otel.") || field.name().starts_with("log.") => {}
            None => self.left_out += 1,
        }
    }
}

impl Visit for Known {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, || Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, || Value::String(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, || Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, || Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, || Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, || Value::from(value));
    }
}

/// The fields of spans are kept as pieces of the line that they will be in.
impl<'writer> FormatFields<'writer> for Lines {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut known = Known::default();
        fields.record(&mut known);
        for (name, value) in &known.fields {
            self.write_field(&mut writer, name, value)?;
        }
        Ok(())
    }

    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &tracing::span::Record<'_>,
    ) -> fmt::Result {
        self.format_fields(current.as_writer(), fields)
    }
}

impl<S> FormatEvent<S, Self> for Lines
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, Self>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut known = Known::default();
        event.record(&mut known);
        if known.left_out > 0 {
            known
                .fields
                .push(("fields_left_out", Value::from(known.left_out)));
        }
        self.write_head(&mut writer, event, &known.message)?;
        for (name, value) in &known.fields {
            self.write_field(&mut writer, name, value)?;
        }
        self.write_spans(&mut writer, context)?;
        self.write_end(&mut writer)
    }
}

impl Lines {
    fn write_head(self, writer: &mut Writer<'_>, event: &Event<'_>, message: &str) -> fmt::Result {
        let level = *event.metadata().level();
        match self.form {
            LogForm::Text => {
                SystemTime.format_time(writer)?;
                if self.coloured {
                    let colour = match level {
                        tracing::Level::ERROR => 31,
                        tracing::Level::WARN => 33,
                        tracing::Level::INFO => 32,
                        _ => 34,
                    };
                    write!(writer, " \u{1b}[{colour}m{level:>5}\u{1b}[0m ")?;
                } else {
                    write!(writer, " {level:>5} ")?;
                }
                plain(writer, message)
            }
            LogForm::Json => {
                writer.write_str("{\"time\":\"")?;
                SystemTime.format_time(writer)?;
                let target = event.metadata().target();
                write!(
                    writer,
                    "\",\"level\":\"{level}\",\"target\":\"{target}\",\"message\":"
                )?;
                json(writer, message)
            }
        }
    }

    fn write_field(self, writer: &mut Writer<'_>, name: &str, value: &Value) -> fmt::Result {
        match (self.form, value) {
            (LogForm::Json, value) => write!(writer, ",\"{name}\":{value}"),
            (LogForm::Text, Value::String(text)) => {
                write!(writer, " {name}=")?;
                plain(writer, text)
            }
            (LogForm::Text, value) => write!(writer, " {name}={value}"),
        }
    }

    /// The spans that the event is in, the outermost first.
    fn write_spans<S>(self, writer: &mut Writer<'_>, context: &FmtContext<'_, S, Self>) -> fmt::Result
    where
        S: Subscriber + for<'s> LookupSpan<'s>,
    {
        let Some(scope) = context.event_scope() else {
            return Ok(());
        };
        let mut before = ",\"spans\":[";
        for span in scope.from_root() {
            let extensions = span.extensions();
            let fields = extensions
                .get::<FormattedFields<Self>>()
                .map_or("", |fields| fields.as_str());
            match self.form {
                LogForm::Text => writer.write_str(fields)?,
                LogForm::Json => write!(writer, "{before}{{\"span\":\"{}\"{fields}}}", span.name())?,
            }
            before = ",";
        }
        match self.form {
            LogForm::Json if before == "," => writer.write_char(']'),
            _ => Ok(()),
        }
    }

    fn write_end(self, writer: &mut Writer<'_>) -> fmt::Result {
        match self.form {
            LogForm::Text => writer.write_char('\n'),
            LogForm::Json => {
                if let Some((trace, span)) = place() {
                    write!(writer, ",\"trace_id\":\"{trace}\",\"span_id\":\"{span}\"")?;
                }
                writer.write_str("}\n")
            }
        }
    }
}

/// The ids of the trace and the span that this task is in.
fn place() -> Option<(opentelemetry::TraceId, opentelemetry::SpanId)> {
    tracing::dispatcher::get_default(|dispatch| {
        let span = dispatch.current_span();
        let context = tracing_opentelemetry::get_otel_context(span.id()?, dispatch)?;
        let span = context.span();
        let place = span.span_context();
        place.is_valid().then(|| (place.trace_id(), place.span_id()))
    })
}

fn json(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    write!(writer, "{}", Value::String(text.to_owned()))
}

/// Text on one line: nobody can forge a second one, or write to the terminal, by what is in an error.
fn plain(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    for character in text.chars() {
        if character.is_control() {
            write!(writer, "{}", character.escape_default())?;
        } else {
            writer.write_char(character)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged by a piece of code.
    fn logged(form: LogForm, code: impl FnOnce()) -> String {
        let kept = Kept::default();
        let lines = Lines {
            form,
            coloured: false,
        };
        let writer = kept.clone();
        let layer = tracing_subscriber::fmt::layer()
            .fmt_fields(lines)
            .event_format(lines)
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), code);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_names_of_fields_are_in_order_and_none_is_there_twice() {
        assert!(FIELDS.is_sorted_by(|left, right| left < right), "{FIELDS:?}");
    }

    #[test]
    fn the_documentation_says_what_every_field_means() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/telemetry.md"));
        let page = page.unwrap();
        let (_, table) = page.split_once("| field | meaning |").unwrap();
        let (table, _) = table.split_once("\n\n").unwrap();
        let shown: Vec<&str> = table
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name))
            .collect();
        assert_eq!(shown, FIELDS);
    }

    #[test]
    fn a_json_line_is_an_object_with_the_fields_of_the_event_and_of_its_spans() {
        let line = logged(LogForm::Json, || {
            let span = tracing::info_span!(
                "call",
                rpc.method = "Service/Method",
                code = tracing::field::Empty
            );
            let _entered = span.enter();
            span.record("code", "OK");
            tracing::warn!(
                batch = "post \"points\"",
                operations = 3,
                "a batch failed;\nit is tried in halves"
            );
        });
        let object: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(line.lines().count(), 1, "{line}");
        assert_eq!(object["level"], "WARN");
        assert_eq!(object["message"], "a batch failed;\nit is tried in halves");
        assert_eq!(object["batch"], "post \"points\"");
        assert_eq!(object["operations"], 3);
        assert_eq!(object["spans"][0]["span"], "call", "{line}");
        assert_eq!(object["spans"][0]["method"], "Service/Method", "{line}");
        assert_eq!(object["spans"][0]["code"], "OK", "{line}");
        assert!(
            object["time"].as_str().is_some_and(|time| time.ends_with('Z')),
            "{line}"
        );
    }

    #[test]
    fn fields_that_are_not_meant_for_the_log_are_left_out_in_both_forms() {
        for form in [LogForm::Text, LogForm::Json] {
            let line = logged(form, || {
                let span = tracing::info_span!("call", email = "li@example.org");
                let _entered = span.enter();
                tracing::warn!(display_name = "Li", phone = 5, code = "OK", "something");
            });
            assert!(!line.contains("li@example.org") && !line.contains("Li"), "{line}");
            assert!(line.contains("fields_left_out") && line.contains("OK"), "{line}");
        }
    }

    #[test]
    fn nobody_forges_a_line_or_writes_to_the_terminal_by_an_error() {
        let text = logged(LogForm::Text, || {
            tracing::warn!(
                error = "no\n2026-01-01T00:00:00Z ERROR \u{1b}[31mforged",
                "a\u{7}b"
            );
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.trim_end().contains(char::is_control), "{text:?}");
    }
}
