//! Measurements as runners uploaded them, and the points of the history drawn from them.

use super::sql::{Row, sql};
use super::{Connection, StoreError, stored};
use crate::zlib;
use ounce_analysis::past::tools_behind;
use ounce_protocol::ids::{BoardName, CommitSha, RunKey};
use ounce_protocol::job::Millis;
use ounce_protocol::measurement::{BenchOutcome, Fingerprint, Measurement, Outcome, Reused};
use ounce_protocol::runner_api::{BODY_BYTES_MAX, Found};
use sha2::{Digest as _, Sha256};

/// The JSON of a measurement, unpacked, is at most this long: what a runner may send, each byte of a text escaped anew.
pub const UNPACKED_BYTES_MAX: usize = 6 * BODY_BYTES_MAX;
/// How a packed measurement begins: the rest is its JSON in a zlib stream, whose checksum tells a row that was damaged.
const ZLIB_JSON: u8 = 1;
/// Of zlib's levels: a higher one takes several times as long for a few bytes in a hundred.
const LEVEL: u32 = 2;

/// A measurement as it is stored. Packing takes a while for a large one: not in a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    board: BoardName,
    commit: CommitSha,
    image: Option<String>,
    run_key: Option<String>,
    bytes: Vec<u8>,
}

impl Packed {
    /// Packs it.
    pub fn of(measurement: &Measurement) -> Result<Packed, StoreError> {
        let doc = serde_json::to_vec(measurement).map_err(|e| StoreError::Encode(Box::new(e)))?;
        Ok(Packed {
            board: measurement.board.clone(),
            commit: measurement.commit.clone(),
            image: measurement.ledger().map(|l| l.image.to_string()),
            run_key: measurement.exact().map(|(key, _)| key.to_string()),
            bytes: pack(&doc)?,
        })
    }

    /// As the row's column `packed` has it, for rows written in bulk.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes stored.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

fn pack(doc: &[u8]) -> Result<Vec<u8>, StoreError> {
    zlib::pack(doc, LEVEL, vec![ZLIB_JSON]).map_err(|e| StoreError::Encode(Box::new(e)))
}

/// What a row's `packed` holds. It takes a while for a large one: not where others wait.
pub(super) fn unpack(packed: &[u8]) -> Result<Measurement, StoreError> {
    let wrong = |what: String| StoreError::Decode(format!("a packed measurement {what}").into());
    let Some((&ZLIB_JSON, stream)) = packed.split_first() else {
        return Err(wrong(format!("begins with {:?}, which this version does not know", packed.first())));
    };
    let doc = zlib::unpack(stream, UNPACKED_BYTES_MAX).map_err(|e| wrong(format!("cannot be unpacked: {e}")))?;
    serde_json::from_slice(&doc).map_err(|e| StoreError::Decode(Box::new(e)))
}

/// Keeps one side's measurement. Sending it twice changes nothing; one of a later lease replaces it.
/// False where it was here already.
pub async fn put(c: &mut Connection, run: i64, token: u64, packed: &Packed, now: Millis) -> Result<bool, StoreError> {
    let rows = sql(
        "INSERT INTO measurements (run_id, board, commit_id, image, doc, packed, token, trusted, received_ms, run_key)
         SELECT runs.id, $2, commits.id, $4, '', $5, $6, runs.trusted, $7, $8 FROM runs
             JOIN commits ON commits.project_id = runs.project_id AND commits.sha = $3 WHERE runs.id = $1
         ON CONFLICT (run_id, board, commit_id) DO UPDATE SET image = excluded.image, doc = '', packed = excluded.packed, token = excluded.token,
             received_ms = excluded.received_ms, run_key = excluded.run_key
             WHERE measurements.token <> excluded.token OR measurements.packed IS DISTINCT FROM excluded.packed",
    )
    .bind(run)
    .bind(packed.board.as_str())
    .bind(packed.commit.as_str())
    .bind(packed.image.as_deref())
    .bind(packed.bytes.as_slice())
    .bind(i64::try_from(token).unwrap_or(i64::MAX))
    .bind(now)
    .bind(packed.run_key.as_deref())
    .execute(c)
    .await?;
    Ok(rows > 0)
}

/// For whom figures are looked up.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The project; figures of others are none of its.
    pub project: i64,
    /// The board.
    pub board: &'a BoardName,
    /// Whether the code is the project's own: then only such figures count.
    pub trusted: bool,
    /// The pull request; what a stranger's code gave counts for itself only.
    pub pull: Option<u64>,
}

/// The latest figures of the same key that the asker may have; `from` narrows it to one run and commit. Only those of a job that is done: until
/// then a later lease may replace them, the asker's own among them.
pub async fn earlier(c: &mut Connection, asker: Asker<'_>, key: &RunKey, from: Option<&Reused>) -> Result<Option<Found>, StoreError> {
    let row: Option<Row> = sql(
        "SELECT m.run_id, commits.sha, m.packed FROM measurements m JOIN runs ON runs.id = m.run_id JOIN commits ON commits.id = m.commit_id
             JOIN jobs ON jobs.run_id = m.run_id AND jobs.board = m.board AND jobs.state = 'done'
         WHERE m.run_key = $1 AND runs.project_id = $2 AND m.board = $3 AND m.packed IS NOT NULL
             AND (m.trusted = 1 OR ($4 = 0 AND runs.kind = 'pull' AND runs.pull_number = $5))
             AND ($6 IS NULL OR m.run_id = $6) AND ($7 IS NULL OR commits.sha = $7)
         ORDER BY m.id DESC LIMIT 1",
    )
    .bind(key.as_str())
    .bind(asker.project)
    .bind(asker.board.as_str())
    .bind(asker.trusted)
    .bind(asker.pull.and_then(|number| i64::try_from(number).ok()))
    .bind(from.map(|from| from.run))
    .bind(from.map(|from| from.commit.as_str()))
    .fetch_optional(c)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let found = unpack(row.try_get("packed")?)?;
    let Some((_, benches)) = found.exact() else { return Ok(None) };
    let from = Reused { run: row.try_get("run_id")?, commit: stored(row.try_get("sha")?)? };
    Ok(Some(Found { from, benches: benches.clone() }))
}

/// Packs a row that an older version wrote. False where there is none.
pub async fn pack_one(c: &mut Connection) -> Result<bool, StoreError> {
    let old: Option<(i64, String)> =
        sql("SELECT id, doc FROM measurements WHERE packed IS NULL ORDER BY id LIMIT 1").fetch_optional(&mut *c).await?;
    let Some((id, doc)) = old else { return Ok(false) };
    let packing =
        sql("UPDATE measurements SET packed = $2, doc = '' WHERE id = $1 AND packed IS NULL").bind(id).bind(pack(doc.as_bytes())?);
    packing.execute(c).await?;
    Ok(true)
}

/// How many sides of a board came under this lease.
pub async fn sides(c: &mut Connection, run: i64, board: &BoardName, token: u64) -> Result<i64, StoreError> {
    sql("SELECT COUNT(*) FROM measurements WHERE run_id = $1 AND board = $2 AND token = $3")
        .bind(run)
        .bind(board.as_str())
        .bind(i64::try_from(token).unwrap_or(i64::MAX))
        .fetch_one(c)
        .await
}

/// One side of a board, with its row's id.
pub async fn get(c: &mut Connection, run: i64, board: &BoardName, commit: &CommitSha) -> Result<Option<(i64, Measurement)>, StoreError> {
    let row: Option<Row> = sql("SELECT measurements.id, doc, packed FROM measurements JOIN commits ON commits.id = commit_id
         WHERE run_id = $1 AND board = $2 AND commits.sha = $3")
    .bind(run)
    .bind(board.as_str())
    .bind(commit.as_str())
    .fetch_optional(c)
    .await?;
    row.map(|row| {
        let measurement = match row.try_get::<Option<&[u8]>>("packed")? {
            Some(packed) => unpack(packed)?,
            None => serde_json::from_str(row.try_get("doc")?).map_err(|e| StoreError::Decode(Box::new(e)))?,
        };
        Ok((row.try_get("id")?, measurement))
    })
    .transpose()
}

/// A measurement's row as it is stored. Unpacking takes a while for a large one: not where others wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    packed: Option<Vec<u8>>,
    doc: String,
}

impl Stored {
    /// Unpacks it.
    pub fn read(&self) -> Result<Measurement, StoreError> {
        match &self.packed {
            Some(packed) => unpack(packed),
            None => serde_json::from_str(&self.doc).map_err(|e| StoreError::Decode(Box::new(e))),
        }
    }
}

/// A measurement by its row.
pub async fn by_id(c: &mut Connection, id: i64) -> Result<Option<Stored>, StoreError> {
    let row: Option<Row> = sql("SELECT doc, packed FROM measurements WHERE id = $1").bind(id).fetch_optional(c).await?;
    row.map(|row| Ok(Stored { packed: row.try_get("packed")?, doc: row.try_get("doc")? })).transpose()
}

/// The tools behind figures, as a row of the history names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tools {
    /// SHA-256 of the names, 64 digits; empty where no tool is known.
    sha256: String,
    /// JSON object of a fingerprint's entries.
    names: String,
}

impl Tools {
    fn of(fingerprint: &Fingerprint, is_run: bool) -> Tools {
        let behind = tools_behind(fingerprint, is_run);
        let names = serde_json::Value::from_iter(behind.0).to_string();
        match names.as_str() {
            "{}" => Tools { sha256: String::new(), names },
            _ => Tools { sha256: hex::encode(Sha256::digest(&names)), names },
        }
    }
}

/// The figures of one measurement for the history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// What bears on sizes.
    pub built_with: Tools,
    /// What bears on the rest.
    pub run_with: Tools,
    /// Each figure.
    pub all: Vec<Figure>,
}

const REGION: &str = "region";

/// A figure of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// `region`, `instructions`, `stack` or `heap`.
    pub kind: &'static str,
    /// The region, or the benchmark.
    pub name: String,
    /// Bytes or instructions.
    pub value: u64,
    /// Whether two takes agreed.
    pub exact: bool,
}

/// The figures of a measurement. Where a benchmark was not run because the image is the base's, the base's figures hold.
pub fn figures(measurement: &Measurement, base: Option<&Measurement>) -> Figures {
    let Outcome::Built { ledger, benches } = &measurement.outcome else { return Figures::default() };
    let [built_with, run_with] = [false, true].map(|is_run| Tools::of(&measurement.fingerprint, is_run));
    let mut figures: Vec<Figure> = ledger
        .regions
        .iter()
        .map(|region| Figure { kind: REGION, name: region.name.to_string(), value: region.used_bytes, exact: true })
        .collect();
    for (name, outcome) in benches {
        let outcome = match (outcome, base.map(|b| &b.outcome)) {
            (BenchOutcome::Identical, Some(Outcome::Built { benches, .. })) => benches.get(name),
            (outcome, _) => Some(outcome),
        };
        let figure = |kind, value, exact| Figure { kind, name: name.to_string(), value, exact };
        let (stack, heap) = match outcome {
            Some(BenchOutcome::Counted(count)) => {
                figures.push(figure("instructions", count.instructions, count.second_take.is_none()));
                (count.stack_peak_bytes, count.heap_peak_bytes)
            }
            Some(BenchOutcome::Ran { stack_peak_bytes, heap_peak_bytes, .. }) => (*stack_peak_bytes, *heap_peak_bytes),
            _ => continue,
        };
        figures.extend(stack.map(|value| figure("stack", value, true)));
        figures.extend(heap.map(|value| figure("heap", value, true)));
    }
    Figures { built_with, run_with, all: figures }
}

/// Keeps a measurement's figures as the commit's points, if the measurement is trusted.
pub async fn put_points(c: &mut Connection, measurement: i64, figures: &Figures) -> Result<(), StoreError> {
    let row: Option<(i64, String, i64)> = sql(
        "SELECT runs.project_id, board, commit_id FROM measurements JOIN runs ON runs.id = run_id WHERE measurements.id = $1 AND measurements.trusted = 1",
    )
    .bind(measurement)
    .fetch_optional(&mut *c)
    .await?;
    let Some((project, board, commit)) = row else { return Ok(()) };
    if figures.all.is_empty() {
        return Ok(());
    }
    let built_with = tools(c, project, &figures.built_with).await?;
    let run_with = tools(c, project, &figures.run_with).await?;
    for figure in &figures.all {
        let series: i64 = sql("INSERT INTO series (project_id, board, kind, name, tools_id) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (project_id, board, kind, name, tools_id) DO UPDATE SET name = excluded.name RETURNING id")
        .bind(project)
        .bind(&board)
        .bind(figure.kind)
        .bind(&figure.name)
        .bind(if figure.kind == REGION { built_with } else { run_with })
        .fetch_one(&mut *c)
        .await?;
        sql(
            "INSERT INTO points (series_id, commit_id, measurement_id, value, exact) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (series_id, commit_id) DO UPDATE SET measurement_id = excluded.measurement_id, value = excluded.value, exact = excluded.exact",
        )
        .bind(series)
        .bind(commit)
        .bind(measurement)
        .bind(i64::try_from(figure.value).unwrap_or(i64::MAX))
        .bind(figure.exact)
        .execute(&mut *c)
        .await?;
    }
    Ok(())
}

/// The row of these tools.
async fn tools(c: &mut Connection, project: i64, tools: &Tools) -> Result<i64, StoreError> {
    sql("INSERT INTO tools (project_id, sha256, names) VALUES ($1, $2, $3)
         ON CONFLICT (project_id, sha256) DO UPDATE SET names = excluded.names RETURNING id")
    .bind(project)
    .bind(&tools.sha256)
    .bind(&tools.names)
    .fetch_one(c)
    .await
}
