//! One region of a build: the treemap of a level, its parts as a table, and the owners in it.
//!
//! A level is named by the names down to it, joined by `/`; a `/` or `%` in a name is escaped, so that a level is one text.

use super::super::compare::{has_words, page_number};
use super::super::link::{Asked, Choice, Link, choose, ended, symbol};
use super::super::shown;
use axum::http::StatusCode;
use ounce_analysis::tree::{By, Node, tree};
use ounce_protocol::manifest::nearest;
use ounce_protocol::measurement::{Ledger, Owner, RegionLedger, Row};
use ounce_protocol::units::grouped;
use ounce_report::{Treemap, build_cells, owner_html, share, treemap_svg};
use std::cmp::Reverse;

/// Owners on one page.
pub(super) const ROWS_PER_PAGE: usize = 100;
/// Parts of a level in its table; the others are summed.
const PARTS_MAX: usize = 40;
/// Cells of each level of the treemap.
const CELLS_MAX: usize = 70;
/// Longest text that names a level, bytes.
const ROOT_BYTES_MAX: usize = 2_000;
/// Longest address of a level: to a deeper one there is no link.
const LINK_BYTES_MAX: usize = 600;
/// Longest text that is looked for, characters.
const TEXT_CHARS_MAX: usize = 200;
/// Longest name shown, characters.
const NAME_CHARS_MAX: usize = 96;

const BYS: [(&str, &str); 4] = [("group", "crate or group"), ("section", "section"), ("object", "object file"), ("generic", "generic")];
const KINDS: [(&str, &str); 4] =
    [("all", "all kinds"), ("symbols", "functions and variables"), ("strings", "strings and constants"), ("rest", "padding and sections")];
const SORTS: [(&str, &str); 4] = [("bytes", "most bytes"), ("name", "name"), ("group", "group"), ("section", "section")];

/// Why something is not shown.
pub(super) type Wrong = (StatusCode, String);

/// What somebody wants to see of a ledger.
pub(super) struct Wish {
    region: usize,
    bys: Vec<Choice>,
    by: By,
    root: Vec<String>,
    kinds: Vec<Choice>,
    sorts: Vec<Choice>,
    text: String,
    page: usize,
}

impl Wish {
    /// What is asked for, or what is wrong with it.
    pub fn of(asked: &Asked, ledger: &Ledger) -> Result<Wish, Wrong> {
        let bad = |why: String| (StatusCode::BAD_REQUEST, format!("{why}."));
        let region = match asked.text("region") {
            "" => 0,
            name => ledger.regions.iter().position(|region| region.name.as_str() == name).ok_or_else(|| {
                let near = nearest(name, ledger.regions.iter().map(|region| region.name.as_str()));
                let names: Vec<&str> = ledger.regions.iter().map(|region| region.name.as_str()).collect();
                let text = format!("There is no region {:?} in this build{} It has {}.", shown(name), ended(&near), names.join(", "));
                (StatusCode::NOT_FOUND, text)
            })?,
        };
        let bys = choose("by", asked.text("by"), &BYS).map_err(bad)?;
        let by = match bys.iter().find(|by| by.is_chosen).map_or("", |by| by.value) {
            "section" => By::Section,
            "object" => By::Object,
            "generic" => By::Generic,
            _ => By::Crate,
        };
        if asked.text("root").len() > ROOT_BYTES_MAX {
            return Err(bad(format!("root has more than {ROOT_BYTES_MAX} bytes")));
        }
        let text = asked.text("q");
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(bad(format!("the text to look for has more than {TEXT_CHARS_MAX} characters")));
        }
        Ok(Wish {
            region,
            by,
            bys,
            root: asked.text("root").split('/').filter(|name| !name.is_empty()).map(unescaped).collect(),
            kinds: choose("kind", asked.text("kind"), &KINDS).map_err(bad)?,
            sorts: choose("sort", asked.text("sort"), &SORTS).map_err(bad)?,
            text: text.to_owned(),
            page: page_number(asked).map_err(bad)?,
        })
    }

    fn chosen(choices: &[Choice]) -> &'static str {
        choices.iter().find(|choice| choice.is_chosen).map_or("", |choice| choice.value)
    }

    fn has(&self, row: &Row) -> bool {
        let kind = match row.owner {
            Owner::Reference | Owner::Shared | Owner::Text => "strings",
            Owner::Symbol | Owner::Label | Owner::Map | Owner::Unwind => "symbols",
            Owner::Section | Owner::Padding | Owner::Unattributed => "rest",
        };
        let wanted = Wish::chosen(&self.kinds);
        let texts = [Some(&row.name), Some(&row.group), Some(&row.section), row.of.as_ref(), row.object.as_ref()];
        let texts = texts.into_iter().flatten().map(String::as_str).collect();
        (wanted == "all" || wanted == kind) && has_words(&self.text, texts)
    }
}

/// A name as a part of a level's text.
fn escaped(name: &str) -> String {
    name.replace('%', "%25").replace('/', "%2F")
}

fn unescaped(part: &str) -> String {
    part.replace("%2F", "/").replace("%25", "%")
}

/// The text of a level.
fn root_text(path: &[&str]) -> String {
    path.iter().map(|name| escaped(name)).collect::<Vec<_>>().join("/")
}

/// The page's part about a ledger.
pub(super) struct LedgerView {
    pub region: String,
    /// Name, address, whether it is this one.
    pub regions: Vec<(String, String, bool)>,
    pub bys: Vec<(&'static str, String, bool)>,
    /// The levels from the region down to this one.
    pub levels: Vec<(String, String)>,
    pub map: String,
    pub bytes: String,
    pub parts: Vec<PartView>,
    pub rows: Vec<RowView>,
    pub total: usize,
    pub matching: usize,
    pub first: usize,
    pub last: usize,
    pub sum: String,
    pub kinds: Vec<Choice>,
    pub sorts: Vec<Choice>,
    pub text: String,
    pub hidden: Vec<(&'static str, String)>,
    pub is_narrow: bool,
    pub reset: String,
    pub has_objects: bool,
    pub previous: Option<String>,
    pub next: Option<String>,
}

pub(super) struct PartView {
    pub name: String,
    pub href: Option<String>,
    pub bytes: String,
    pub exact: u64,
    pub share: String,
    pub owners: usize,
}

pub(super) struct RowView {
    pub bytes: String,
    pub exact: u64,
    pub share: String,
    pub owner: String,
    pub name: String,
    pub href: Option<String>,
    pub group: String,
    pub section: String,
    pub object: String,
}

impl LedgerView {
    /// Shows what is wished.
    pub fn of(ledger: &Ledger, wish: &Wish, place: &Place) -> Result<LedgerView, Wrong> {
        let Some(region) = ledger.regions.get(wish.region) else {
            return Err((StatusCode::NOT_FOUND, "This build has no regions: its manifest declares none.".into()));
        };
        let whole = tree(region, wish.by);
        let level = descend(&whole, &wish.root)?;
        let here = place.page.with("region", if wish.region == 0 { "" } else { region.name.as_str() });
        let here = here.with("by", if wish.by == By::Crate { "" } else { Wish::chosen(&wish.bys) });
        let path: Vec<&str> = wish.root.iter().map(String::as_str).collect();
        let at = |path: &[&str]| here.with("root", &root_text(path)).to_string();
        let below = |names: &[&str], node: &Node| {
            let path: Vec<&str> = path.iter().chain(names).copied().collect();
            // What has no parts of its own leads to its owner.
            let href = if node.children.is_empty() { None } else { Some(at(&path)) };
            href.or_else(|| place.owner_of(region, node)).filter(|href| href.len() <= LINK_BYTES_MAX)
        };
        let title = if path.is_empty() { region.name.to_string() } else { path.join(" › ") };
        let mut indices = Vec::new();
        rows_below(level, &mut indices);
        let total = indices.len();
        let mut rows: Vec<&Row> = indices.into_iter().filter_map(|n| region.rows.get(n)).filter(|row| wish.has(row)).collect();
        match Wish::chosen(&wish.sorts) {
            "name" => rows.sort_by(|a, b| a.name.cmp(&b.name)),
            "group" => rows.sort_by(|a, b| (&a.group, &a.name).cmp(&(&b.group, &b.name))),
            "section" => rows.sort_by(|a, b| (&a.section, Reverse(a.bytes)).cmp(&(&b.section, Reverse(b.bytes)))),
            _ => rows.sort_by_key(|row| Reverse(row.bytes)),
        }
        let first = (wish.page - 1).saturating_mul(ROWS_PER_PAGE).min(rows.len());
        let last = first.saturating_add(ROWS_PER_PAGE).min(rows.len());
        let asked = here.with("root", &root_text(&path));
        let kind = Wish::chosen(&wish.kinds);
        let filtered = asked.with("kind", if kind == "all" { "" } else { kind }).with("q", &wish.text);
        let sort = Wish::chosen(&wish.sorts);
        let filtered = filtered.with("sort", if sort == "bytes" { "" } else { sort });
        let turned = |page: usize| filtered.with("page", &page.to_string()).to_string();
        let of_region = |(n, there): (usize, &RegionLedger)| {
            let name = if n == 0 { "" } else { there.name.as_str() };
            (there.name.to_string(), here.with("region", name).to_string(), n == wish.region)
        };
        let sum = rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.bytes));
        Ok(LedgerView {
            regions: ledger.regions.iter().enumerate().map(of_region).collect(),
            bys: wish.bys.iter().map(|by| (by.name, here.with("by", by.value).to_string(), by.is_chosen)).collect(),
            levels: (0..=path.len())
                .map(|n| {
                    (if n == 0 { region.name.to_string() } else { ounce_report::visible(path[n - 1], NAME_CHARS_MAX) }, at(&path[..n]))
                })
                .collect(),
            map: treemap_svg(&ounce_report::visible(&title, NAME_CHARS_MAX), &build_cells(level, CELLS_MAX, below), Treemap::Build),
            bytes: grouped(level.bytes),
            parts: parts(level, region.used_bytes, |node| below(&[node.name.as_str()], node)),
            rows: rows[first..last].iter().map(|row| row_view(place, region, row)).collect(),
            total,
            matching: rows.len(),
            first: first + 1,
            last,
            sum: grouped(sum),
            kinds: wish.kinds.clone(),
            sorts: wish.sorts.clone(),
            text: ounce_report::visible(&wish.text, TEXT_CHARS_MAX),
            hidden: asked.asked_but(&[]),
            is_narrow: kind != "all" || !wish.text.is_empty(),
            reset: asked.to_string(),
            has_objects: region.rows.iter().any(|row| row.object.is_some()),
            previous: (wish.page > 1).then(|| turned(wish.page - 1)),
            next: (last < rows.len()).then(|| turned(wish.page + 1)),
            region: region.name.to_string(),
        })
    }
}

/// The node that a level names.
fn descend<'n>(whole: &'n Node, root: &[String]) -> Result<&'n Node, Wrong> {
    let mut at = whole;
    for name in root {
        at = at.children.iter().find(|child| child.name == *name).ok_or_else(|| {
            let near = nearest(name, at.children.iter().map(|child| child.name.as_str()));
            let text = format!(
                "There is no part {:?} in {:?} of this build{} Another build, or another order of levels, may have it.",
                shown(name),
                shown(&at.name),
                ended(&near)
            );
            (StatusCode::NOT_FOUND, text)
        })?;
    }
    Ok(at)
}

fn rows_below(node: &Node, into: &mut Vec<usize>) {
    into.extend(&node.rows);
    node.children.iter().for_each(|child| rows_below(child, into));
}

/// The parts of a level, the largest; the others in one row. Their bytes with the level's own are the level's.
fn parts(level: &Node, region_bytes: u64, href: impl Fn(&Node) -> Option<String>) -> Vec<PartView> {
    let view = |name: String, href: Option<String>, bytes: u64, owners: usize| PartView {
        name,
        href,
        bytes: grouped(bytes),
        exact: bytes,
        share: share(bytes, region_bytes),
        owners,
    };
    let (shown, rest) = level.children.split_at(level.children.len().min(PARTS_MAX));
    let mut parts: Vec<PartView> = shown
        .iter()
        .map(|node| view(ounce_report::visible(&node.name, NAME_CHARS_MAX), href(node), node.bytes, node.row_count()))
        .collect();
    if !rest.is_empty() {
        let bytes = rest.iter().fold(0u64, |sum, node| sum.saturating_add(node.bytes));
        parts.push(view(format!("{} smaller", grouped(rest.len() as u64)), None, bytes, rest.iter().map(Node::row_count).sum()));
    }
    if level.own_bytes() > 0 && !level.children.is_empty() {
        parts.push(view("(itself)".into(), None, level.own_bytes(), level.rows.len()));
    }
    parts
}

/// Whose build it is, for links.
pub(super) struct Place {
    pub repo: String,
    pub board: String,
    /// The build's page.
    pub page: Link,
}

impl Place {
    /// The page of the one owner that a part without parts is.
    fn owner_of(&self, region: &RegionLedger, node: &Node) -> Option<String> {
        let [row] = node.rows[..] else { return None };
        self.symbol(region.rows.get(row)?)
    }

    fn symbol(&self, row: &Row) -> Option<String> {
        let has_name = !matches!(row.owner, Owner::Padding | Owner::Unattributed);
        has_name.then(|| symbol(&self.repo, &self.board, &row.name)).flatten()
    }
}

fn row_view(place: &Place, region: &RegionLedger, row: &Row) -> RowView {
    let clipped = |text: &str| ounce_report::visible(text, NAME_CHARS_MAX);
    RowView {
        bytes: grouped(row.bytes),
        exact: row.bytes,
        share: share(row.bytes, region.used_bytes),
        owner: owner_html(row),
        name: ounce_report::visible(row.linkage.as_deref().unwrap_or(&row.name), 300),
        href: place.symbol(row),
        group: clipped(&row.group),
        section: clipped(&row.section),
        object: clipped(row.object.as_deref().unwrap_or_default()),
    }
}
