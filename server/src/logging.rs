//! The server's log on stderr: lines for people, or one JSON object a line for what collects logs.

use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

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
pub fn start(format: Format) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing::subscriber::set_global_default(subscriber(format, filter, std::io::stderr().is_terminal(), std::io::stderr)).unwrap_or_else(
        |error| {
            eprintln!("ounce-server: there is a log already: {error}");
        },
    );
}

fn subscriber<W>(format: Format, filter: EnvFilter, colours: bool, writer: W) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        Format::Text => Box::new(lines.with_ansi(colours).finish()),
        // Fields beside the message, not in an object of their own: that is where collectors look for them.
        Format::Json => Box::new(lines.json().flatten_event(true).with_current_span(false).with_span_list(false).finish()),
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
        let subscriber = subscriber(format, EnvFilter::new("info"), false, move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
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
        assert!(text.contains("WARN") && text.contains("the job goes back job=7"), "{text}");
        assert!(!text.contains('\u{1b}'), "a log's terminal can be steered by hostile text: {text:?}");
    }
}
