//! What a mistyped word was meant to be: the next step in each message about an unknown one.

/// What people call a key that is named otherwise here.
const OTHER_WORDS: [(&str, &str); 8] = [
    ("crate", "group"),
    ("symbols", "group"),
    ("owner", "group"),
    ("tag", "since"),
    ("date", "since"),
    ("from", "since"),
    ("baseline", "since"),
    ("limit", "max_growth"),
];

/// Adds a did-you-mean to a message of serde: it names the unknown key and the known ones, and the nearest of them is what people look for.
pub fn with_hint(message: &str) -> String {
    let Some((_, rest)) = message.split_once("unknown field `") else { return message.trim_end().to_owned() };
    let mut quoted = rest.split('`').step_by(2);
    let Some(unknown) = quoted.next() else { return message.trim_end().to_owned() };
    let known: Vec<&str> = quoted.collect();
    let other = OTHER_WORDS.iter().find(|(word, key)| *word == unknown && known.contains(key));
    let hint = other.map_or_else(|| nearest(unknown, known.into_iter()), |(_, key)| format!("; did you mean `{key}`?"));
    format!("{}{hint}", message.trim_end())
}

/// `"; did you mean `x`?"` where something is near enough, else nothing.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let best = known.map(|k| (edit_distance(word, k), k)).min();
    match best {
        Some((distance, k)) if distance <= word.chars().count().div_ceil(3).max(1) => format!("; did you mean `{k}`?"),
        _ => String::new(),
    }
}

/// Levenshtein's distance, one row at a time. Words longer than 64 characters are near to nothing.
fn edit_distance(a: &str, b: &str) -> usize {
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
