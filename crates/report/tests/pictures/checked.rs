//! Reads a picture as a browser would, and more strictly.

/// An SVG that any reader takes, with nothing in it that runs, fetches or has a colour of its own.
pub fn check(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    for piece in svg.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("an open tag: {piece:.80}"));
        assert!(!text.contains(['>', '\u{ffff}', '\u{202e}', '\u{0}']), "{text:.80}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{tag:.80}"),
            None if tag.ends_with('/') => attributes(tag.trim_end_matches('/')),
            None => {
                attributes(tag);
                open.push(tag.split(' ').next().unwrap());
            }
        }
    }
    assert!(open.is_empty() && svg.trim_end().ends_with("</svg>"), "{open:?}");
    assert!(svg.len() < 700_000, "{} bytes", svg.len());
    for no_number in ["NaN", "inf\"", "inf ", "infinity"] {
        assert!(!svg.contains(no_number), "{no_number}: {svg:.2000}");
    }
}

fn attributes(tag: &str) {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let known = ["svg", "title", "desc", "defs", "pattern", "g", "a", "path", "line", "polyline", "circle", "text", "rect"];
    assert!(known.contains(&name), "{tag:.80}");
    while let Some((name, value)) = rest.trim_start().split_once("=\"") {
        let (value, after) = value.split_once('"').unwrap_or_else(|| panic!("{tag:.80}"));
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !name.starts_with("on") && name != "style", "{tag:.80}");
        if name == "fill" || name == "stroke" {
            let is_ours = value == "none" || value == "currentColor" || value.starts_with("var(--") || value.starts_with("url(#");
            assert!(is_ours, "{name}={value}");
        }
        if name == "href" {
            assert!(value.starts_with('/'), "{value}");
        }
        rest = after;
    }
    assert!(rest.trim().is_empty(), "{tag:.80}");
}
