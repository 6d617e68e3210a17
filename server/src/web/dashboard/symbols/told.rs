//! The same that a symbol's page shows, for spreadsheets and programs.

use super::super::words::when;
use super::figure;
use super::gather::Gathered;
use crate::store::life::{LifeRow, SymbolRow, Who};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use ounce_report::{LifeStep, life_csv};
use serde_json::{Value, json};

/// The schema of the JSON, stated in docs/interfaces.md.
const SCHEMA: u32 = 1;

/// Its changes as CSV.
pub fn csv(gathered: &Gathered) -> Response {
    let steps: Vec<LifeStep> = gathered.steps.iter().map(|row| life_step(row, gathered)).collect();
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"symbol.csv\"")];
    (headers, life_csv(&steps)).into_response()
}

fn life_step(row: &LifeRow, gathered: &Gathered) -> LifeStep {
    let of = |id: i64| gathered.names.get(&id);
    let text = |symbol: Option<&SymbolRow>, part: fn(&SymbolRow) -> &String| symbol.map(part).cloned().unwrap_or_default();
    let symbol = of(row.symbol_id);
    LifeStep {
        date: when(row.committed_ms, row.committed_ms).exact,
        commit: row.sha.clone(),
        author: row.author.clone(),
        pull: row.pull.and_then(|n| u64::try_from(n).ok()),
        board: row.board.clone(),
        region: row.region.clone(),
        change: row.change.clone(),
        owner: text(symbol, |s| &s.owner),
        name: text(symbol, |s| &s.name),
        group: text(symbol, |s| &s.grp),
        from: text(row.from_id.and_then(of), |s| &s.name),
        bytes: (figure(row.base_bytes), figure(row.head_bytes)),
        instructions: row.base_instructions.zip(row.head_instructions).map(|(base, head)| (figure(base), figure(head))),
        summary: row.summary.clone(),
    }
}

/// All of it as JSON.
pub fn json(repo: &str, who: &Who<'_>, gathered: &Gathered) -> Response {
    let asked = match who {
        Who::Name(name, group) => json!({ "name": name, "group": group }),
        Who::Module(prefix) => json!({ "module": prefix }),
        Who::Group(group) => json!({ "group": group }),
    };
    let place = |place: &super::gather::Place| json!({ "board": place.board, "region": place.region, "kind": place.kind, "bytes": place.bytes, "used_bytes": place.used_bytes, "owners": place.owners });
    let board = |board: &super::gather::Board| {
        let counts: serde_json::Map<String, Value> =
            super::gather::instructions(who, &board.weighed).into_iter().map(|(bench, n, _)| (bench.to_string(), json!(n))).collect();
        json!({ "board": board.name, "commit": board.build.sha, "committed_ms": board.build.committed_ms, "instructions": counts })
    };
    let step = |row: &LifeRow| {
        let of = |id: i64| gathered.names.get(&id);
        let symbol = of(row.symbol_id);
        json!({ "commit": row.sha, "committed_ms": row.committed_ms, "author": row.author, "summary": row.summary, "pull_request": row.pull, "run": row.run_id,
            "board": row.board, "region": row.region, "change": row.change, "owner": symbol.map(|s| &s.owner), "name": symbol.map(|s| &s.name), "group": symbol.map(|s| &s.grp),
            "from": row.from_id.and_then(of).map(|s| &s.name), "base_bytes": row.base_bytes, "head_bytes": row.head_bytes,
            "base_instructions": row.base_instructions, "head_instructions": row.head_instructions })
    };
    let document = json!({
        "schema": SCHEMA,
        "repo": repo,
        "asked": asked,
        "builds": gathered.boards.iter().map(board).collect::<Vec<_>>(),
        "today": gathered.places.iter().map(place).collect::<Vec<_>>(),
        "steps": gathered.steps.iter().map(step).collect::<Vec<_>>(),
        "is_cut": gathered.is_cut,
    });
    axum::Json(document).into_response()
}
