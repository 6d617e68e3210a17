//! A tour for who has no project here yet: one real pull request, the demo's, as the comment and the pages show it.
//!
//! Its figures were recorded from `./dev demo --record`; the pictures are drawn from them by the code that draws everybody's.

use super::super::access::Sight;
use super::{Page, PageError, Pages, Top, URLS, Urls};
use crate::store::StoreError;
use askama::Template;
use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use ounce_analysis::Comparison;
use ounce_analysis::comparison::{BoardState, Compared, RegionDelta};
use ounce_protocol::measurement::RegionKind;
use ounce_report::{ScatterChart, ScatterPoint, Treemap, difference_cells, scatter_svg, treemap_svg};

/// The demo's pull request, compared on all its boards.
const RECORDED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../dashboards/tour/comparison.json"));
/// Symbols drawn in the picture of a difference.
const CELLS_MAX: usize = 40;

#[derive(Template)]
#[template(path = "tour.html")]
struct Tour {
    urls: &'static Urls,
    top: Top,
    boards: usize,
    report: String,
    /// The same change on each board: bytes against instructions.
    trades: String,
    /// What it moved on the board where it moved most.
    difference: Option<Difference>,
}

struct Difference {
    board: String,
    region: String,
    picture: String,
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/tour", get(page))
}

async fn page(sight: Sight) -> Result<Page, PageError> {
    let recorded: Comparison = serde_json::from_str(RECORDED).map_err(|e| StoreError::Decode(Box::new(e)))?;
    let compared: Vec<(&str, &Compared)> = recorded
        .boards
        .iter()
        .filter_map(|board| match &board.state {
            BoardState::Compared(compared) => Some((board.board.as_str(), &**compared)),
            _ => None,
        })
        .collect();
    let point = |(board, compared): &(&str, &Compared)| ScatterPoint {
        label: (*board).to_owned(),
        title: (*board).to_owned(),
        href: None,
        bytes: compared.bytes_moved(RegionKind::Flash),
        percent: compared.instructions_ppm.map_or(f64::NAN, super::tradeoffs::percent),
        tendency: compared.tendency,
        is_open: false,
    };
    let points = compared.iter().map(point).collect();
    Page::of(&Tour {
        urls: &URLS,
        top: Top::of(&sight),
        boards: compared.len(),
        report: ounce_report::html_fragment(&recorded),
        trades: scatter_svg(&ScatterChart { title: format!("One change on {} boards", compared.len()), region: "flash".into(), points }),
        difference: difference(&compared),
    })
}

fn difference(compared: &[(&str, &Compared)]) -> Option<Difference> {
    let moved = |region: &RegionDelta| region.rows.iter().map(|row| row.base_bytes.abs_diff(row.head_bytes)).sum::<u64>();
    let regions = compared.iter().flat_map(|(board, compared)| compared.regions.iter().map(move |region| (*board, region)));
    let (board, region) = regions.filter(|(_, region)| region.kind == RegionKind::Flash).max_by_key(|(_, region)| moved(region))?;
    let title = format!("What moved in {} of {board}", region.name);
    let cells = difference_cells(region, CELLS_MAX, |_, _| None);
    Some(Difference { board: board.to_owned(), region: region.name.to_string(), picture: treemap_svg(&title, &cells, Treemap::Difference) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_tour_shows_each_board_of_the_recorded_pull_request_and_where_its_bytes_went() {
        let Page(axum::response::Html(html)) = page(Sight::default()).await.unwrap();
        let recorded: Comparison = serde_json::from_str(RECORDED).unwrap();
        let trades = html.split("id=\"trades\"").nth(1).and_then(|rest| rest.split("</section>").next()).unwrap();
        for board in &recorded.boards {
            assert!(matches!(board.state, BoardState::Compared(_)), "{} was not compared", board.board);
            assert!(trades.contains(board.board.as_str()), "{} has no point", board.board);
        }
        assert!(html.contains(&format!("One change on {} boards", recorded.boards.len())));
        assert!(html.contains("id=\"moved\"") && html.contains("ops::quick"), "what moved is not named");
    }
}
