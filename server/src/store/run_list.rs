//! A project's runs, filtered. However little a filter finds, one question reads so many rows and no more: then it says where to go on.

use super::pages::{RUN_COLUMNS, RUN_TABLES, RUNS_PER_PAGE, RunRow};
use super::sql::{FromRow, Sql, Value, sql};
use super::{Connection, StoreError};
use ounce_protocol::ids::BoardName;

/// Runs looked at by what the index holds: state, verdict, kind.
pub const NEAR_MAX: i64 = 20_000;
/// Runs among them looked at with their titles, authors and boards.
pub const READ_MAX: i64 = 2_000;

/// Which runs; what is none matters not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The state's word.
    pub state: Option<String>,
    /// The verdict's word.
    pub verdict: Option<String>,
    /// `pull`, `push` or `compare`.
    pub kind: Option<String>,
    /// A board that was to be weighed.
    pub board: Option<BoardName>,
    /// A part of the name of who opened the pull request or wrote the commit, in any case.
    pub author: Option<String>,
    /// The pull request.
    pub pull: Option<i64>,
    /// A part of the title, in any case; or the beginning of a commit's id.
    pub text: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The newest first.
    pub runs: Vec<RunRow>,
    /// Only runs below were not looked at; none at the end.
    pub older: Option<i64>,
}

/// A statement that grows, with its values.
#[derive(Default)]
struct Conditions<'q> {
    text: String,
    values: Vec<Value<'q>>,
}

impl<'q> Conditions<'q> {
    /// The value's `$n`.
    fn value(&mut self, value: impl Into<Value<'q>>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn and_is(&mut self, column: &str, value: Option<&'q str>) {
        if let Some(value) = value {
            let value = self.value(value);
            self.text += &format!(" AND {column} = {value}");
        }
    }

    /// A part of a text in any case: SQLite knows that of ASCII only, so the very letters count too.
    fn and_has(&mut self, column: &str, part: &str, or: &str) {
        let (small, as_is) = (pattern(&part.to_ascii_lowercase()), pattern(part));
        let (small, as_is) = (self.value(small), self.value(as_is));
        self.text += &format!(" AND (LOWER({column}) LIKE {small} ESCAPE '\\' OR {column} LIKE {as_is} ESCAPE '\\'{or})");
    }

    async fn all<T: FromRow>(self, text: String, c: &mut Connection) -> Result<Vec<T>, StoreError> {
        let statement: Sql<'q> = self.values.into_iter().fold(sql(text), Sql::bind);
        statement.fetch_all(c).await
    }
}

/// `%part%` with nothing in it that LIKE would read.
fn pattern(part: &str) -> String {
    let plain: String = part.chars().flat_map(|c| if matches!(c, '%' | '_' | '\\') { vec!['\\', c] } else { vec![c] }).collect();
    format!("%{plain}%")
}

/// What could be the beginning of a commit's id.
fn is_sha(text: &str) -> bool {
    (4..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The runs that the index says may be meant: `likely`. Its first values are the project and the bound.
fn likely<'q>(filter: &'q Filter, project: i64, before: Option<i64>) -> (Conditions<'q>, String) {
    let mut near = Conditions::default();
    let (project, before) = (near.value(project), near.value(before.unwrap_or(i64::MAX)));
    let mut number = String::new();
    if let Some(pull) = filter.pull {
        number = format!(" AND pull_number = {}", near.value(pull));
    }
    near.and_is("state", filter.state.as_deref());
    near.and_is("verdict", filter.verdict.as_deref());
    near.and_is("kind", filter.kind.as_deref());
    // With nothing to choose by, more are not read than are looked at.
    let near_max = if near.text.is_empty() { READ_MAX } else { NEAR_MAX };
    let text = format!(
        "SELECT id FROM (SELECT id, state, verdict, kind FROM runs WHERE project_id = {project} AND id < {before}{number} ORDER BY id DESC LIMIT {near_max}) AS near
         WHERE 1 = 1{} ORDER BY id DESC LIMIT {READ_MAX}",
        near.text
    );
    near.text.clear();
    (near, text)
}

/// The project's runs below `before` that the filter means, newest first, at most [`RUNS_PER_PAGE`].
pub async fn list(c: &mut Connection, project: i64, filter: &Filter, before: Option<i64>) -> Result<Found, StoreError> {
    let (mut conditions, likely_runs) = likely(filter, project, before);
    if let Some(board) = &filter.board {
        let board = conditions.value(board.as_str());
        conditions.text += &format!(" AND EXISTS (SELECT 1 FROM jobs WHERE jobs.run_id = r.id AND jobs.board = {board})");
    }
    if let Some(author) = &filter.author {
        conditions.and_has("COALESCE(pulls.author, commits.author, '')", author, "");
    }
    if let Some(text) = &filter.text {
        let mut or = String::new();
        if is_sha(text) {
            let begins = conditions.value(format!("{}%", text.to_ascii_lowercase()));
            or = format!(" OR r.head_sha LIKE {begins} OR r.shown_sha LIKE {begins} OR r.base_sha LIKE {begins}");
        }
        conditions.and_has("COALESCE(pulls.title, commits.summary, '')", text, &or);
    }
    let text = format!(
        "SELECT {RUN_COLUMNS} FROM {RUN_TABLES} WHERE r.id IN ({likely_runs}){} ORDER BY r.id DESC LIMIT {RUNS_PER_PAGE}",
        conditions.text
    );
    let runs: Vec<RunRow> = conditions.all(text, c).await?;
    let is_full = i64::try_from(runs.len()).is_ok_and(|n| n == RUNS_PER_PAGE);
    let older = match is_full {
        true => runs.last().map(|run| run.id),
        false => bound(c, project, filter, before).await?,
    };
    Ok(Found { runs, older })
}

/// Where a question stopped looking before the end.
async fn bound(c: &mut Connection, project: i64, filter: &Filter, before: Option<i64>) -> Result<Option<i64>, StoreError> {
    let (read, likely_runs) = likely(filter, project, before);
    let text = format!("SELECT COUNT(*), MIN(id) FROM ({likely_runs}) AS likely");
    if let Some((READ_MAX, at)) = read.all::<(i64, Option<i64>)>(text, c).await?.pop() {
        return Ok(at);
    }
    let nothing = Filter { pull: filter.pull, ..Filter::default() };
    let (near, _) = likely(&nothing, project, before);
    let number = if filter.pull.is_some() { " AND pull_number = $3" } else { "" };
    let text = format!(
        "SELECT COUNT(*), MIN(id) FROM (SELECT id FROM runs WHERE project_id = $1 AND id < $2{number} ORDER BY id DESC LIMIT {NEAR_MAX}) AS near"
    );
    Ok(match near.all::<(i64, Option<i64>)>(text, c).await?.pop() {
        Some((NEAR_MAX, at)) => at,
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_text_is_only_itself() {
        let check = |part: &str, expected: &str| assert_eq!(pattern(part), expected);
        check("vm: add", "%vm: add%");
        check("100%_\\x", "%100\\%\\_\\\\x%");
    }

    #[test]
    fn the_beginning_of_an_id_is_four_digits_or_more() {
        let check = |text: &str, expected: bool| assert_eq!(is_sha(text), expected, "{text}");
        check("beef", true);
        check("BEEF12", true);
        check("bee", false);
        check("beef it up", false);
        check(&"0".repeat(41), false);
    }
}
