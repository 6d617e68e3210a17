//! What was measured of commits: the builds that stand for one, or for a pair. Read only; each query follows an index and has a limit.

use super::measurements::unpack;
use super::sql::{Row, sql};
use super::{Connection, StoreError};
use ounce_protocol::ids::{BoardName, CommitSha};
use ounce_protocol::measurement::Measurement;
use std::collections::{BTreeMap, BTreeSet};

/// Measurements of one commit that are looked at, the newest.
const MEASUREMENTS_MAX: i64 = 2_000;

/// A measurement that can stand for a commit on a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The measurement.
    pub id: i64,
    /// The rows of the tools that its figures are by; empty where it has none.
    pub tools: BTreeSet<i64>,
    /// Whether the code is the project's own.
    pub trusted: bool,
    /// Whether there is an image.
    pub is_built: bool,
}

/// The measurements of a commit whose figures count, newest first, by board: of each set of tools the newest. Of a board without figures its
/// newest measurement: a build that failed, or one that only counts for a stranger's pull request.
pub async fn of_commit(c: &mut Connection, project: i64, commit: i64) -> Result<BTreeMap<String, Vec<Build>>, StoreError> {
    let rows: Vec<Row> = sql("SELECT s.board, s.tools_id, p.measurement_id FROM series s CROSS JOIN points p
         WHERE s.project_id = $1 AND p.series_id = s.id AND p.commit_id = $2
         GROUP BY s.board, s.tools_id, p.measurement_id ORDER BY p.measurement_id DESC LIMIT $3")
    .bind(project)
    .bind(commit)
    .bind(MEASUREMENTS_MAX)
    .fetch_all(&mut *c)
    .await?;
    let mut boards: BTreeMap<String, Vec<Build>> = BTreeMap::new();
    for row in rows {
        let (id, tools) = (row.try_get("measurement_id")?, row.try_get("tools_id")?);
        let builds = boards.entry(row.try_get("board")?).or_default();
        match builds.iter_mut().find(|build| build.id == id) {
            Some(build) => drop(build.tools.insert(tools)),
            None => builds.push(Build { id, tools: BTreeSet::from([tools]), trusted: true, is_built: true }),
        }
    }
    let rows: Vec<Row> = sql("SELECT m.id, m.board, m.trusted, m.image FROM measurements m
             JOIN runs r ON r.id = m.run_id AND r.state = 'judged' JOIN jobs j ON j.run_id = m.run_id AND j.board = m.board AND j.state = 'done'
         WHERE m.commit_id = $1 ORDER BY m.trusted DESC, m.id DESC LIMIT $2")
    .bind(commit)
    .bind(MEASUREMENTS_MAX)
    .fetch_all(c)
    .await?;
    for row in rows {
        let builds = boards.entry(row.try_get("board")?).or_default();
        if builds.is_empty() {
            let is_built = row.try_get::<Option<&str>>("image")?.is_some();
            builds.push(Build { id: row.try_get("id")?, tools: BTreeSet::new(), trusted: row.try_get("trusted")?, is_built });
        }
    }
    Ok(boards)
}

/// A measurement as it is stored. Opening it takes a while for a large one: not where others wait.
#[derive(Debug)]
pub struct Kept {
    packed: Option<Vec<u8>>,
    doc: String,
}

impl Kept {
    /// What it holds.
    pub fn open(&self) -> Result<Measurement, StoreError> {
        match &self.packed {
            Some(packed) => unpack(packed),
            None => serde_json::from_str(&self.doc).map_err(|e| StoreError::Decode(Box::new(e))),
        }
    }

    fn of(row: &Row) -> Result<Kept, StoreError> {
        Ok(Kept { packed: row.try_get("packed")?, doc: row.try_get("doc")? })
    }
}

/// A measurement, and where it is the head's of its run that of the base beside it: a head with the same bytes has the base's counts.
pub async fn kept(c: &mut Connection, measurement: i64) -> Result<(Kept, Option<Kept>), StoreError> {
    let row: Row = sql("SELECT doc, packed FROM measurements WHERE id = $1").bind(measurement).fetch_one(&mut *c).await?;
    let beside: Option<Row> = sql("SELECT b.doc, b.packed FROM measurements m JOIN runs r ON r.id = m.run_id
             JOIN commits k ON k.project_id = r.project_id AND k.sha = r.base_sha
             JOIN measurements b ON b.run_id = m.run_id AND b.board = m.board AND b.commit_id = k.id
         WHERE m.id = $1 AND b.id <> m.id AND b.image = m.image")
    .bind(measurement)
    .fetch_optional(c)
    .await?;
    Ok((Kept::of(&row)?, beside.as_ref().map(Kept::of).transpose()?))
}

/// The latest run in which these two were judged against each other, and its comparison's JSON.
pub async fn judged_pair(
    c: &mut Connection,
    project: i64,
    base: &CommitSha,
    head: &CommitSha,
) -> Result<Option<(i64, String)>, StoreError> {
    sql("SELECT id, comparison FROM runs WHERE project_id = $1 AND head_sha = $2 AND base_sha = $3 AND state = 'judged' AND comparison IS NOT NULL
         ORDER BY trusted DESC, id DESC LIMIT 1")
    .bind(project)
    .bind(head.as_str())
    .bind(base.as_str())
    .fetch_optional(c)
    .await
}

/// A run in which these two are weighed against each other now.
pub async fn pair_under_way(c: &mut Connection, project: i64, base: &CommitSha, head: &CommitSha) -> Result<Option<i64>, StoreError> {
    sql("SELECT id FROM runs WHERE project_id = $1 AND head_sha = $2 AND base_sha = $3 AND state = 'measuring' ORDER BY id DESC LIMIT 1")
        .bind(project)
        .bind(head.as_str())
        .bind(base.as_str())
        .fetch_optional(c)
        .await
}

/// The latest run of a project that was planned with a manifest, and that.
pub async fn manifest(c: &mut Connection, project: i64) -> Result<Option<(i64, String)>, StoreError> {
    sql("SELECT id, manifest FROM runs WHERE project_id = $1 AND manifest <> '' ORDER BY id DESC LIMIT 1")
        .bind(project)
        .fetch_optional(c)
        .await
}

/// The two builds that stand for a pair of commits on a board, where both have one: the newest two by the same tools, else the newest two.
pub fn paired(base: &BTreeMap<String, Vec<Build>>, head: &BTreeMap<String, Vec<Build>>, board: &BoardName) -> Option<(Build, Build)> {
    let of = |side: &BTreeMap<String, Vec<Build>>| -> Vec<Build> {
        side.get(board.as_str()).map(|builds| builds.iter().filter(|build| build.trusted).cloned().collect()).unwrap_or_default()
    };
    let (base, head) = (of(base), of(head));
    let pairs = || head.iter().flat_map(|h| base.iter().map(move |b| (b, h)));
    let same = pairs().find(|(b, h)| b.tools == h.tools);
    let alike = || pairs().find(|(b, h)| !b.tools.is_disjoint(&h.tools));
    same.or_else(alike).or_else(|| pairs().next()).map(|(b, h)| (b.clone(), h.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(builds: &[(i64, &[i64])]) -> BTreeMap<String, Vec<Build>> {
        let build =
            |(id, tools): &(i64, &[i64])| Build { id: *id, tools: tools.iter().copied().collect(), trusted: *id > 0, is_built: true };
        BTreeMap::from([("disco".to_owned(), builds.iter().map(build).collect())])
    }

    #[test]
    fn the_newest_two_by_the_same_tools_stand_for_a_pair() {
        let check = |base: &[(i64, &[i64])], head: &[(i64, &[i64])], expected: Option<(i64, i64)>| {
            let found = paired(&side(base), &side(head), &BoardName::parse("disco").unwrap());
            assert_eq!(found.map(|(b, h)| (b.id, h.id)), expected, "{base:?} {head:?}");
        };
        check(&[(1, &[1])], &[(2, &[1])], Some((1, 2)));
        check(&[(9, &[2]), (1, &[1])], &[(8, &[3]), (2, &[1])], Some((1, 2)));
        check(&[(9, &[1]), (1, &[1])], &[(8, &[1]), (2, &[1])], Some((9, 8)));
        check(&[(9, &[1, 2]), (1, &[1, 3])], &[(8, &[1, 3])], Some((1, 8)));
        check(&[(9, &[1, 2])], &[(8, &[1, 3])], Some((9, 8)));
        check(&[(9, &[2])], &[(8, &[3])], Some((9, 8)));
        // What a stranger's code gave never stands for a commit of another pair.
        check(&[(9, &[1])], &[(-8, &[1])], None);
        check(&[], &[(8, &[1])], None);
    }
}
