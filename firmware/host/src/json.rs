//! One line of JSON: all that is needed is texts and numbers.

/// An object being written.
pub struct Line(String);

impl Line {
    /// An empty one.
    pub fn new() -> Line {
        Line("{".into())
    }

    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push_str(", ");
        }
        self.string(key);
        self.0.push_str(": ");
    }

    fn string(&mut self, text: &str) {
        self.0.push('"');
        for letter in text.chars() {
            match letter {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                '\t' => self.0.push_str("\\t"),
                control if control < ' ' => self.0.push_str(&format!("\\u{:04x}", control as u32)),
                other => self.0.push(other),
            }
        }
        self.0.push('"');
    }

    /// A text.
    pub fn text(mut self, key: &str, text: &str) -> Line {
        self.key(key);
        self.string(text);
        self
    }

    /// A number, or null where there is none.
    pub fn number(mut self, key: &str, number: Option<u64>) -> Line {
        self.key(key);
        self.0.push_str(&number.map_or_else(|| "null".into(), |number| number.to_string()));
        self
    }

    /// What is JSON already.
    pub fn raw(mut self, key: &str, json: &str) -> Line {
        self.key(key);
        self.0.push_str(json);
        self
    }

    /// The whole line.
    pub fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn texts_are_escaped_and_what_is_missing_is_null() {
        let line = Line::new().text("a", "q\"\\\n\u{1}é").number("n", Some(7)).number("m", None).raw("o", "[1]").end();
        assert_eq!(line, "{\"a\": \"q\\\"\\\\\\n\\u0001é\", \"n\": 7, \"m\": null, \"o\": [1]}");
    }
}
