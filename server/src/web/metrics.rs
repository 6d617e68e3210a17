//! `/metrics`: what stands where, in Prometheus' text format, counted from the rows when asked.

use super::{ApiError, App};
use crate::forge::Forge;
use crate::store::numbers::{self, Number};
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use std::fmt::Write;

/// The route.
pub fn routes<F: Forge>() -> Router<App<F>> {
    Router::new().route("/metrics", get(metrics::<F>))
}

async fn metrics<F: Forge>(State(app): State<App<F>>) -> Result<impl IntoResponse, ApiError> {
    let numbers = numbers::all(&mut *app.cx.store.connection().await?, app.cx.clock.now()).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text(&numbers)))
}

/// All are gauges: rows that leave by retention make them fall.
fn text(numbers: &[Number]) -> String {
    let mut out = String::new();
    let mut last = "";
    for number in numbers {
        if number.name != last {
            let _ = writeln!(out, "# TYPE ounce_{} gauge", number.name);
            last = number.name;
        }
        let label = number.state.as_deref().map_or(String::new(), |s| format!("{{state=\"{s}\"}}"));
        let _ = writeln!(out, "ounce_{}{label} {}", number.name, number.value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_lines_under_their_type() {
        let number = |name, state: Option<&str>, value| Number { name, state: state.map(str::to_owned), value };
        let all = [number("jobs", Some("done"), 3), number("jobs", Some("queued"), 1), number("runners_present", None, 2)];
        assert_eq!(
            text(&all),
            "# TYPE ounce_jobs gauge\nounce_jobs{state=\"done\"} 3\nounce_jobs{state=\"queued\"} 1\n# TYPE ounce_runners_present gauge\nounce_runners_present 2\n"
        );
    }
}
