//! The server's log on stderr: lines for people, or one JSON object a line for what collects logs. Beside it, where they are collected, spans:
//! no line of the log goes to them, and none of them is in the log.

use crate::trace;
use std::io::IsTerminal as _;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

/// What takes spans to a collector.
pub type Spans = Box<dyn Layer<Registry> + Send + Sync>;

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One object a line: `timestamp`, `level`, `target`, `message`, and the event's own fields beside them.
    Json,
}

impl Format {
    /// Reads the word.
    pub fn parse(word: &str) -> Option<Format> {
        match word {
            "text" => Some(Format::Text),
            "json" => Some(Format::Json),
            _ => None,
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
        }
    }
}

/// Starts the log on stderr, filtered as `RUST_LOG` says, else from `info` on. What asks for stdout would mix it with what scripts read there.
pub fn start(format: Format, spans: Option<Spans>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = subscriber(format, filter, std::io::stderr().is_terminal(), std::io::stderr, spans);
    tracing::subscriber::set_global_default(subscriber).unwrap_or_else(|error| {
        eprintln!("ounce-server: there is a log already: {error}");
    });
}

/// The log and the spans beside it, each with a filter of its own.
pub fn subscriber<W>(
    format: Format,
    filter: EnvFilter,
    colours: bool,
    writer: W,
    spans: Option<Spans>,
) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let spans = spans.map(|spans| spans.with_filter(filter_fn(trace::is_ours)));
    let filter = filter.and(filter_fn(|metadata| metadata.target() != trace::TARGET));
    let lines = fmt::layer().with_writer(writer);
    match format {
        Format::Text => Box::new(Registry::default().with(spans).with(lines.with_ansi(colours).with_filter(filter))),
        // Fields beside the message, not in an object of their own: that is where collectors look for them.
        Format::Json => {
            let lines = lines.json().flatten_event(true).with_current_span(false).with_span_list(false);
            Box::new(Registry::default().with(spans).with(lines.with_filter(filter)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: Format) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(format, EnvFilter::new("info"), false, move || writer.clone(), None);
        tracing::subscriber::with_default(subscriber, || {
            let _step = trace::step("in no log").entered();
            tracing::warn!(job = 7, detail = "two\nlines and a \u{1b}[31mcolour", "the job goes back");
            tracing::debug!("not asked for");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_of_json_has_its_fields_beside_its_message() {
        let text = logged(Format::Json);
        assert_eq!(text.lines().count(), 1, "hostile text made a line of its own: {text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["level"], &line["message"], &line["job"]), (&"WARN".into(), &"the job goes back".into(), &7.into()));
        assert_eq!(line["detail"], "two\nlines and a \u{1b}[31mcolour");
        assert!(line["timestamp"].is_string() && line["target"].is_string());
    }

    #[test]
    fn a_line_for_people_is_plain() {
        let text = logged(Format::Text);
        assert!(!text.contains("step"), "a collector's span is in the log: {text}");
        assert!(text.contains("WARN") && text.contains("the job goes back job=7"), "{text}");
        assert!(!text.contains('\u{1b}'), "a log's terminal can be steered by hostile text: {text:?}");
    }
}
