//! What pages load: one style sheet, our few scripts, two libraries and the icon, all embedded. Nothing comes from other hosts.
//!
//! Addresses change with the content, so that browsers may keep what they have for good.

use axum::Router;
use axum::http::header;
use axum::routing::get;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

macro_rules! asset {
    ($name:literal) => {
        include_str!(concat!("../../../../dashboards/assets/", $name))
    };
}

/// The base, then what single pages need beside it.
const STYLE: &str = concat!(
    asset!("ounce.css"),
    asset!("pages/project.css"),
    asset!("pages/series.css"),
    asset!("pages/compare.css"),
    asset!("pages/symbols.css"),
    asset!("pages/work.css"),
    asset!("pages/small.css"),
    asset!("vendor/uplot.min.css"),
);

/// An embedded file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

const ASSETS: &[Asset] = &[
    Asset { name: "ounce.css", kind: "text/css; charset=utf-8", text: STYLE },
    Asset { name: "icon.svg", kind: "image/svg+xml", text: asset!("icon.svg") },
    Asset { name: "ounce.js", kind: "text/javascript; charset=utf-8", text: asset!("ounce.js") },
    Asset { name: "chart.js", kind: "text/javascript; charset=utf-8", text: asset!("chart.js") },
    Asset { name: "uplot.js", kind: "text/javascript; charset=utf-8", text: asset!("vendor/uplot.min.js") },
    Asset { name: "htmx.js", kind: "text/javascript; charset=utf-8", text: asset!("vendor/htmx.min.js") },
    Asset { name: "log.js", kind: "text/javascript; charset=utf-8", text: asset!("log.js") },
];

/// The files' addresses, for templates.
#[derive(Debug)]
pub struct Urls {
    /// The style sheet.
    pub style: String,
    /// The icon.
    pub icon: String,
    /// What every page loads.
    pub script: String,
    /// Charts one zooms in.
    pub chart: String,
    /// The library behind them.
    pub uplot: String,
    /// The library that changes parts of pages.
    pub htmx: String,
    /// Logs that grow.
    pub log: String,
}

/// The addresses of this version's files.
pub static URLS: LazyLock<Urls> = LazyLock::new(|| {
    let url = |name: &str| {
        let text = ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| asset.text);
        format!("/assets/{name}?v={}", hex::encode(&Sha256::digest(text.as_bytes())[..6]))
    };
    Urls {
        style: url("ounce.css"),
        icon: url("icon.svg"),
        script: url("ounce.js"),
        chart: url("chart.js"),
        uplot: url("uplot.js"),
        htmx: url("htmx.js"),
        log: url("log.js"),
    }
});

/// All files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    ASSETS.iter().fold(Router::new(), |routes, asset| {
        let answer = move || async move {
            ([(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")], asset.text)
        };
        routes.route(&format!("/assets/{}", asset.name), get(answer))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    /// The sheets are one in the end: a class of two pages would be styled by both.
    #[test]
    fn a_class_belongs_to_one_sheet() {
        let sheets = [
            ("project", asset!("pages/project.css")),
            ("series", asset!("pages/series.css")),
            ("compare", asset!("pages/compare.css")),
            ("symbols", asset!("pages/symbols.css")),
            ("work", asset!("pages/work.css")),
            ("small", asset!("pages/small.css")),
        ];
        let mut of: BTreeMap<&str, &str> = BTreeMap::new();
        for (sheet, text) in sheets {
            for line in text.lines().filter_map(|line| line.strip_prefix('.')) {
                let class = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
                let first = of.entry(class).or_insert(sheet);
                assert_eq!(*first, sheet, ".{class} is styled by two sheets: give one of them another name");
            }
        }
    }
}
