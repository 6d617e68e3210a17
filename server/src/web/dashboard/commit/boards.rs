//! The boards at a commit: the builds, the figures against its parent's, and the owners that it changed most.

use super::super::link::symbol;
use super::super::revision::compare_page;
use crate::store::at_commit::{Changed, ChangedOwner, Figure};
use crate::store::builds::Build;
use crate::store::revisions::Commit;
use ounce_protocol::units::{delta, grouped, percent, signed};
use std::collections::{BTreeMap, BTreeSet};

/// Owners told of each board, those that changed most.
pub(super) const OWNERS_OF_BOARD_MAX: i64 = 6;
/// Boards whose owners are told; of the others only the sums.
const BOARDS_UNFOLDED_MAX: usize = 12;
/// Figures told of each board: its regions, then those that changed.
const FIGURES_OF_BOARD_MAX: usize = 12;
/// Longest name shown, characters.
const NAME_CHARS_MAX: usize = 96;

/// A board at this commit.
pub(super) struct BoardView {
    pub name: String,
    pub build: Option<String>,
    pub compare: Option<String>,
    pub said: &'static str,
    pub figures: Vec<FigureView>,
    /// Figures that are not told, in words.
    pub others: String,
    pub changed: Vec<String>,
    pub owners: Vec<OwnerView>,
    /// Owners that are not told one by one.
    pub more: i64,
}

pub(super) struct FigureView {
    /// What comes first where not all are told: a region, then what changed, then what is new.
    rank: u8,
    pub name: String,
    pub value: String,
    pub change: String,
    pub class: &'static str,
}

pub(super) struct OwnerView {
    pub bytes: String,
    pub class: &'static str,
    pub name: String,
    pub href: Option<String>,
    pub what: String,
    pub group: String,
}

/// What is known of the boards at a commit.
pub(super) struct Boards {
    pub builds: BTreeMap<String, Vec<Build>>,
    pub figures: Vec<Figure>,
    pub changed: Vec<Changed>,
    pub owners: Vec<ChangedOwner>,
}

impl Boards {
    pub fn views(&self, repo: &str, commit: &Commit, parent: Option<&Commit>) -> Vec<BoardView> {
        let with_figures = self.figures.iter().filter(|figure| figure.commit_id == commit.id).map(|figure| &figure.board);
        let names: BTreeSet<&String> = self.builds.keys().chain(with_figures).collect();
        let view = |(n, name): (usize, &String)| {
            let build = self.builds.get(name).and_then(|builds| builds.first());
            let changed: Vec<&Changed> = self.changed.iter().filter(|changed| changed.board == *name).collect();
            let owners: Vec<OwnerView> = match n < BOARDS_UNFOLDED_MAX {
                true => self.owners.iter().filter(|owner| owner.board == *name).map(|owner| owner_view(repo, owner)).collect(),
                false => Vec::new(),
            };
            let all = changed.iter().fold(0i64, |sum, changed| sum.saturating_add(changed.owners));
            let (figures, others) = cut(self.figures_of(name, commit, parent));
            BoardView {
                build: build.map(|_| format!("/p/{repo}/builds/{}/{name}", commit.sha)),
                compare: parent.map(|parent| compare_page(repo, &parent.sha, &commit.sha).with("board", name).to_string()),
                said: match build {
                    Some(build) if !build.is_built => "does not build",
                    Some(build) if !build.trusted => "measured for a stranger's pull request only",
                    Some(_) => "",
                    None => "its build is not kept any more",
                },
                figures,
                others,
                changed: changed
                    .iter()
                    .map(|c| format!("{} {} B, {} {}", c.region, signed(c.delta), c.owners, if c.owners == 1 { "owner" } else { "owners" }))
                    .collect(),
                more: all.saturating_sub(i64::try_from(owners.len()).unwrap_or(i64::MAX)),
                owners,
                name: name.clone(),
            }
        };
        names.into_iter().enumerate().map(view).collect()
    }

    /// Of each figure that by the newest tools, with the difference to the parent's by the same ones.
    fn figures_of(&self, board: &str, commit: &Commit, parent: Option<&Commit>) -> Vec<FigureView> {
        let of = |id: i64| self.figures.iter().filter(move |figure| figure.commit_id == id && figure.board == board);
        let mut newest: Vec<&Figure> = Vec::new();
        for figure in of(commit.id) {
            match newest.iter_mut().find(|there| (&there.kind, &there.name) == (&figure.kind, &figure.name)) {
                Some(there) => *there = figure,
                None => newest.push(figure),
            }
        }
        let number = |value: i64| u64::try_from(value).unwrap_or(0);
        let view = |figure: &Figure| {
            let before = parent.and_then(|parent| of(parent.id).find(|there| there.series_id == figure.series_id));
            let value = number(figure.value);
            let unit = if figure.kind == "instructions" { "" } else { " B" };
            let name = match figure.kind.as_str() {
                "region" => figure.name.clone(),
                "instructions" => format!("{} instructions", figure.name),
                kind => format!("{} {kind} peak", figure.name),
            };
            let (change, class) = match before.map(|before| (number(before.value), before.exact && figure.exact)) {
                None => ("no figure of its parent by the same tools".to_owned(), "quiet"),
                Some((before, _)) if before == value => ("same".to_owned(), "quiet"),
                Some((_, false)) => ("noisy: two takes differ".to_owned(), "quiet"),
                Some((before, true)) => {
                    let d = delta(before, value);
                    (format!("{}{unit} ({})", signed(d), percent(before, value)), if d > 0 { "worse" } else { "better" })
                }
            };
            let rank = match (figure.kind.as_str(), class, before.is_some()) {
                ("region", ..) => 0,
                (_, "better" | "worse", _) => 1,
                (_, _, false) => 2,
                _ => 3,
            };
            FigureView { rank, name, value: format!("{}{unit}", grouped(value)), change, class }
        };
        newest.into_iter().map(view).collect()
    }
}

/// The figures that are told, and of the others how many there are.
fn cut(mut figures: Vec<FigureView>) -> (Vec<FigureView>, String) {
    if figures.len() <= FIGURES_OF_BOARD_MAX {
        return (figures, String::new());
    }
    figures.sort_by_key(|figure| figure.rank);
    let others = figures.split_off(FIGURES_OF_BOARD_MAX);
    let same = others.iter().filter(|figure| figure.change == "same").count();
    let words = if same == others.len() {
        format!("{same} more figures are the same as its parent's.")
    } else {
        format!("{} more figures, {same} of them the same as its parent's, are on the build's page.", others.len())
    };
    (figures, words)
}

fn owner_view(repo: &str, owner: &ChangedOwner) -> OwnerView {
    let bytes = owner.head_bytes.saturating_sub(owner.base_bytes);
    OwnerView {
        bytes: format!("{} B", signed(bytes)),
        class: match bytes {
            0 => "",
            1.. => "worse",
            _ => "better",
        },
        name: ounce_report::visible(&owner.name, NAME_CHARS_MAX),
        href: symbol(repo, &owner.board, &owner.name),
        what: format!("{} in {}", owner.change, owner.region),
        group: ounce_report::visible(&owner.grp, NAME_CHARS_MAX),
    }
}
