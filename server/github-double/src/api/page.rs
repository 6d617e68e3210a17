//! Pages by number, with the `Link` header GitHub sends.

use super::error::with_header;
use crate::double::World;
use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::HashMap;

const PER_PAGE: usize = 30;
const PER_PAGE_MAX: usize = 100;

/// A request's query.
pub type Query = axum::extract::Query<HashMap<String, String>>;

/// How a page's items are wrapped.
pub enum Wrap<'a> {
    /// A bare array.
    Array,
    /// `{ "total_count": n, "<name>": [...] }`
    Object(&'a str),
}

/// One page of a list.
pub fn page(world: &World, path: &str, query: &Query, items: &[Value], wrap: Wrap<'_>) -> Response {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let per_page = number("per_page").unwrap_or(PER_PAGE).clamp(1, PER_PAGE_MAX);
    let page = number("page").unwrap_or(1).max(1);
    let last = items.len().div_ceil(per_page).max(1);
    let from = (page - 1).saturating_mul(per_page).min(items.len());
    let shown = &items[from..(from + per_page).min(items.len())];
    let mut response = match wrap {
        Wrap::Array => Json(json!(shown)).into_response(),
        Wrap::Object(name) => Json(json!({ "total_count": items.len(), name: shown })).into_response(),
    };
    if last > 1 {
        let link = |page: usize, rel: &str| format!("<{}{path}?per_page={per_page}&page={page}>; rel=\"{rel}\"", world.base_url);
        let mut links = Vec::new();
        if page > 1 {
            links.extend([link(page - 1, "prev"), link(1, "first")]);
        }
        if page < last {
            links.extend([link(page + 1, "next"), link(last, "last")]);
        }
        with_header(response.headers_mut(), "link", &links.join(", "));
    }
    response
}
