//! The matrix of a project: each board's figures with what they grew by in 30 days and how they went, from the rows of its newest commits.

use super::super::series::{Track, key_text, unit};
use super::words::near;
use crate::store::figures::{CommitRow, Key, SeriesRow};
use ounce_analysis::series::track::{Figure, Growth};
use ounce_protocol::Manifest;
use ounce_protocol::ids::BoardName;
use ounce_protocol::manifest::Board;
use ounce_protocol::measurement::RegionKind;
use ounce_protocol::units::{grouped, signed};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Commits in a sparkline, the newest.
pub const SPARK_COMMITS: usize = 60;

/// The figures of all boards along the newest commits.
pub struct Matrix<'m> {
    tracks: BTreeMap<Key, Track>,
    /// Where the last 30 days begin among the commits.
    month: usize,
    manifest: Option<&'m Manifest>,
}

/// A table: what each column is, and a row for each board.
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

/// A column, with the address's word for sorting by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub sorts: String,
    /// `ascending` or `descending` where the table is sorted by it.
    pub sorted: Option<&'static str>,
}

pub struct Row {
    pub board: String,
    pub title: String,
    pub cells: Vec<Cell>,
}

/// A figure, what it grew by, and its picture.
#[derive(Default)]
pub struct Cell {
    /// The value, exact; what tables sort by.
    pub value: Option<i128>,
    /// In view.
    pub near: String,
    /// On hover.
    pub exact: String,
    pub change: String,
    pub class: &'static str,
    pub change_title: String,
    pub spark: String,
    pub href: String,
}

/// What a column shows of each board.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// Bytes in a region.
    Region(String),
    /// Bytes left in it.
    Headroom(String),
    /// The largest stack peak of any benchmark.
    Stack,
    /// Instructions of a benchmark.
    Instructions(String),
}

impl What {
    fn name(&self) -> String {
        match self {
            What::Region(name) | What::Instructions(name) => name.clone(),
            What::Headroom(name) => format!("{name} left"),
            What::Stack => "stack".into(),
        }
    }
}

impl<'m> Matrix<'m> {
    /// Of rows at these commits, oldest first; the last 30 days begin at `month`.
    pub fn new(commits: &[CommitRow], month: usize, rows: Vec<SeriesRow>, manifest: Option<&'m Manifest>) -> Matrix<'m> {
        let places: HashMap<i64, usize> = commits.iter().enumerate().map(|(at, commit)| (commit.id, at)).collect();
        let mut tracks: BTreeMap<Key, Track> = BTreeMap::new();
        for row in rows {
            let mut there = row.points.iter().filter_map(|point| Some((*places.get(&point.commit_id)?, point))).peekable();
            if there.peek().is_none() {
                continue;
            }
            let track = tracks.entry(row.key).or_insert_with(|| Track::empty(commits.len()));
            for (at, point) in there {
                track.0[at].push(Figure { tools: point.tools, value: u64::try_from(point.value).unwrap_or(0), exact: point.exact });
            }
        }
        Matrix { tracks, month, manifest }
    }

    fn board(&self, name: &str) -> Option<&'m Board> {
        self.manifest?.boards.get(&BoardName::parse(name).ok()?)
    }

    fn columns(&self, show: &str) -> Vec<What> {
        let regions = self.tracks.keys().filter(|key| key.kind == "region");
        let flash: BTreeSet<&str> = self
            .manifest
            .iter()
            .flat_map(|m| m.boards.values().flat_map(|b| &b.regions))
            .filter(|region| region.kind == RegionKind::Flash)
            .map(|region| region.name.as_str())
            .collect();
        let mut names: Vec<&str> = regions.map(|key| key.name.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
        names.sort_by_key(|name| (Reverse(flash.contains(name)), *name));
        let mut columns = Vec::new();
        if show != "speed" {
            for name in names {
                columns.push(What::Region(name.to_owned()));
                columns.extend(self.manifest.map(|_| What::Headroom(name.to_owned())));
            }
            columns.extend(self.tracks.keys().any(|key| key.kind == "stack").then_some(What::Stack));
        }
        if show != "size" {
            let benches: BTreeSet<&str> =
                self.tracks.keys().filter(|key| key.kind == "instructions").map(|key| key.name.as_str()).collect();
            columns.extend(benches.into_iter().map(|name| What::Instructions(name.to_owned())));
        }
        columns
    }

    /// The table, with the boards whose name or title has all words, sorted as the address says.
    pub fn table(&self, repo: &str, show: &str, words: &str, sort: &str) -> Table {
        let what = self.columns(show);
        let boards: BTreeSet<&str> = self.tracks.keys().map(|key| key.board.as_str()).collect();
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let mut rows: Vec<Row> = boards
            .into_iter()
            .map(|board| {
                let title = self.board(board).and_then(|b| b.title.clone()).unwrap_or_default();
                Row {
                    board: board.to_owned(),
                    title: super::shown(&title),
                    cells: what.iter().map(|what| self.cell(repo, board, what)).collect(),
                }
            })
            .filter(|row| {
                let text = format!("{} {}", row.board, row.title).to_lowercase();
                words.iter().all(|word| text.contains(word))
            })
            .collect();
        let (descending, by) = sort.strip_prefix('-').map_or((false, sort), |by| (true, by));
        let at = what.iter().position(|what| what.name() == by);
        if let Some(at) = at {
            rows.sort_by_key(|row| row.cells[at].value);
        }
        if descending {
            rows.reverse();
        }
        let column = |(n, what): (usize, &What)| {
            let name = what.name();
            let sorted = (at == Some(n)).then_some(if descending { "descending" } else { "ascending" });
            Column { sorts: if at == Some(n) && !descending { format!("-{name}") } else { name.clone() }, name, sorted }
        };
        Table { columns: what.iter().enumerate().map(column).collect(), rows }
    }

    fn cell(&self, repo: &str, board: &str, what: &What) -> Cell {
        let key = |kind: &str, name: &str| Key { board: board.to_owned(), kind: kind.to_owned(), name: name.to_owned() };
        match what {
            What::Region(name) => self.plain(repo, &key("region", name)),
            What::Instructions(name) => self.plain(repo, &key("instructions", name)),
            What::Stack => {
                let peaks = self.tracks.iter().filter(|(key, _)| key.board == board && key.kind == "stack");
                let tallest = peaks.max_by_key(|(_, track)| track.latest().map(|(_, figure)| figure.value));
                tallest.map_or_else(Cell::default, |(key, _)| self.plain(repo, &key.clone()))
            }
            What::Headroom(name) => self.headroom(repo, board, &key("region", name)),
        }
    }

    fn plain(&self, repo: &str, key: &Key) -> Cell {
        let Some(track) = self.tracks.get(key) else { return Cell::default() };
        let Some((_, figure)) = track.latest() else { return Cell::default() };
        let unit = unit(&key.kind);
        let (change, class, change_title) = self.change(track, figure.value, unit);
        let first = track.0.len().saturating_sub(SPARK_COMMITS);
        let values: Vec<Option<i128>> = (first..track.0.len()).map(|at| track.at(at).map(|figure| figure.value.into())).collect();
        Cell {
            value: Some(figure.value.into()),
            near: near(figure.value, unit),
            exact: format!("{}: {} {unit}", key_text(key), grouped(figure.value)),
            change,
            class,
            change_title,
            spark: ounce_report::sparkline_svg(&key_text(key), &values, unit),
            href: href(repo, &[key]),
        }
    }

    /// What the figure grew by in 30 days, counting only differences by one set of tools.
    fn change(&self, track: &Track, now: u64, unit: &str) -> (String, &'static str, String) {
        match track.growth(self.month) {
            Growth::Unknown => (String::new(), "quiet", "the only figure of the last 30 days".into()),
            Growth::OtherTools => ("other tools".into(), "quiet", "the tools changed, and no commit was weighed by both".into()),
            Growth::By(0) => ("same".into(), "quiet", "unchanged in 30 days".into()),
            Growth::By(by) => {
                let before = i128::from(now) - i128::from(by);
                #[expect(clippy::cast_precision_loss, reason = "a percentage in view; the exact figure is beside it")]
                let percent =
                    if before > 0 { format!("{:+.1} %", by as f64 * 100.0 / before as f64).replace('-', "−") } else { String::new() };
                let class = if by > 0 { "worse" } else { "better" };
                let shown = if unit == "B" { format!("{} B", signed(by)) } else { percent.clone() };
                (shown, class, format!("{} {unit} in 30 days {percent}", signed(by)))
            }
        }
    }

    fn headroom(&self, repo: &str, board: &str, key: &Key) -> Cell {
        let size =
            self.board(board).and_then(|b| b.regions.iter().find(|region| region.name.as_str() == key.name)).map(|region| region.size);
        let used = self.tracks.get(key).and_then(|track| Some(track.latest()?.1.value));
        let (Some(size), Some(used)) = (size, used) else { return Cell::default() };
        let left = i128::from(size) - i128::from(used);
        let bytes = u64::try_from(left.unsigned_abs()).unwrap_or(u64::MAX);
        Cell {
            value: Some(left),
            near: if left < 0 { format!("over by {}", near(bytes, "B")) } else { near(bytes, "B") },
            exact: format!("{board}/{}: {} of {} B are used", key.name, grouped(used), grouped(size)),
            class: if left < 0 { "worse" } else { "quiet" },
            change: if size > 0 { format!("{} % used", u128::from(used) * 100 / u128::from(size)) } else { String::new() },
            change_title: String::new(),
            spark: String::new(),
            href: href(repo, &[key]),
        }
    }

    /// Of a budget's place: bytes or instructions more in 30 days.
    pub fn pace(&self, board: &str, kind: &str, name: &str) -> Option<i64> {
        let key = Key { board: board.to_owned(), kind: kind.to_owned(), name: name.to_owned() };
        match self.tracks.get(&key)?.growth(self.month) {
            Growth::By(by) => Some(by),
            Growth::OtherTools | Growth::Unknown => None,
        }
    }
}

/// The page of these figures' history.
pub fn href(repo: &str, keys: &[&Key]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for key in keys {
        query.append_pair("s", &key_text(key));
    }
    format!("/p/{repo}/series?{}", query.finish())
}
