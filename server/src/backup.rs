//! A backup: all rows in one file that either database restores, and the way from one database to another.
//!
//! The file is a line of text, then frames: a length (4 bytes, big end first) and a zlib stream of so many bytes, whose content is
//! lines of JSON. The first line of a table names its columns, a line for each row follows, and the last has the count and the
//! hash of its rows. The last line of all says that the file is whole. Rows are read in one transaction, so that a backup is of
//! one moment while the server works; they are written in one transaction too, so that an interrupted restore leaves nothing.

use crate::store::copy::{Digest, Kind, ROWS_MAX, Table, Values, tables};
use crate::store::sql::Value;
use crate::store::{Connection, Store};
use crate::zlib;
use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// How the file begins.
const MAGIC: &[u8] = b"ounce backup 1\n";
/// A frame is closed when its lines are over this many bytes.
const FRAME_BYTES: usize = 1 << 20;
/// Longest frame read, packed: one row may be much longer than a frame wants to be.
const PACKED_BYTES_MAX: usize = 256 << 20;
/// Longest frame read, unpacked.
const UNPACKED_BYTES_MAX: usize = 512 << 20;
/// Of zlib's levels.
const LEVEL: u32 = 6;
/// A line of progress for this many rows.
const PROGRESS_ROWS: u64 = 50_000;

/// A table that was copied, for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The table.
    pub table: String,
    /// Its rows, counted and hashed.
    pub digest: Digest,
}

/// Who is told how far it is.
pub type Progress<'a> = &'a (dyn Fn(&str) + Send + Sync);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// The version of the tables.
    version: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Line {
    Table { table: String, columns: Vec<String> },
    Row(Vec<serde_json::Value>),
    End { rows: u64, hash: String },
    Whole { tables: usize },
}

/// Writes all rows to a new file, which is there only once it is whole.
///
/// # Errors
/// Where the file is there already, cannot be written, or the database fails.
pub async fn backup(store: &Store, file: &Path, progress: Progress<'_>) -> Result<Vec<Copied>> {
    ensure!(!file.exists(), "{} is there already: name a new file", file.display());
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    // It holds the hashes of runners' tokens and what webhooks said: nobody else's business.
    let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part);
    let mut out = Writer { out: BufWriter::new(opened.with_context(|| part.display().to_string())?), lines: Vec::new() };
    let copied = write_all(store, &mut out, progress).await;
    let done = copied.and_then(|copied| {
        let file = out.out.into_inner().map_err(|e| e.into_error())?;
        file.sync_all()?;
        Ok(copied)
    });
    match done.and_then(|copied| std::fs::rename(part, file).map(|()| copied).map_err(Into::into)) {
        Ok(copied) => Ok(copied),
        Err(error) => {
            let _ = std::fs::remove_file(part);
            Err(error.context(format!("writing {}", part.display())))
        }
    }
}

async fn write_all(store: &Store, out: &mut Writer, progress: Progress<'_>) -> Result<Vec<Copied>> {
    let version = store.version().await?;
    ensure!(version > 0, "the database has no tables: is it the right one?");
    let mut reading = store.snapshot().await?;
    out.out.write_all(MAGIC)?;
    out.line(&Head { version })?;
    let mut copied = Vec::new();
    for table in tables(&mut reading).await? {
        out.line(&Line::Table { table: table.name.clone(), columns: table.columns.iter().map(|(name, _)| name.clone()).collect() })?;
        let mut digest = Digest::default();
        let mut pages = Pages::of(&table);
        while let Some(rows) = pages.next(&mut reading).await? {
            for row in rows {
                digest.add(row);
                out.line(&Line::Row(row.iter().map(to_json).collect()))?;
            }
            tell(progress, &table.name, &digest, rows.len());
        }
        out.line(&Line::End { rows: digest.rows, hash: digest.to_string() })?;
        copied.push(Copied { table: table.name, digest });
    }
    out.line(&Line::Whole { tables: copied.len() })?;
    out.flush_frame()?;
    Ok(copied)
}

/// Writes a file's rows into an empty database, checks that they arrived, and brings its tables up to date.
///
/// # Errors
/// Where the file is damaged or of a later version, the database is not empty, or fails. Then nothing of it is in the database.
pub async fn restore(store: &Store, file: &Path, progress: Progress<'_>) -> Result<Vec<Copied>> {
    let name = file.display().to_string();
    let mut input = Reader::open(file).with_context(|| name.clone())?;
    let head: Head = input.line().with_context(|| format!("{name} is not a backup of this program"))?.context("an empty backup")?;
    prepare(store, head.version).await?;
    let mut tx = store.write().await?;
    let targets = tables(&mut tx).await?;
    let mut copied = Vec::new();
    loop {
        let line = input.line().with_context(|| format!("{name} is damaged"))?;
        match line.with_context(|| format!("{name} ends in the middle: make another backup"))? {
            Line::Table { table, columns } => {
                let known = targets.iter().find(|t| t.name == table).with_context(|| format!("{name}: unknown table {table:?}"))?;
                ensure!(known.columns.iter().map(|(c, _)| c).eq(&columns), "{name}: {table} has other columns than this version's");
                let digest = restore_table(&mut tx, known, &mut input, progress).await.with_context(|| format!("{name}: {table}"))?;
                copied.push(Copied { table, digest });
            }
            Line::Whole { tables } => {
                ensure!(tables == copied.len() && tables == targets.len(), "{name}: {} of {tables} tables are there", copied.len());
                break;
            }
            _ => bail!("{name} is damaged: a row outside a table"),
        }
    }
    check(&mut tx, &targets, &copied, progress).await?;
    tx.commit().await?;
    store.migrate().await?;
    Ok(copied)
}

async fn restore_table(tx: &mut Connection, table: &Table, input: &mut Reader, progress: Progress<'_>) -> Result<Digest> {
    let mut digest = Digest::default();
    let mut rows: Vec<Values> = Vec::new();
    loop {
        match input.line()?.context("the table has no end")? {
            Line::Row(cells) => {
                ensure!(cells.len() == table.columns.len(), "row {}: {} values", digest.rows + 1, cells.len());
                let row =
                    cells.into_iter().zip(&table.columns).map(|(cell, (_, kind))| from_json(cell, *kind)).collect::<Result<Values>>()?;
                digest.add(&row);
                rows.push(row);
                if rows.len() >= ROWS_MAX {
                    table.insert(tx, &rows).await?;
                    tell(progress, &table.name, &digest, rows.len());
                    rows.clear();
                }
            }
            Line::End { rows: count, hash } => {
                table.insert(tx, &rows).await?;
                ensure!(
                    count == digest.rows && hash == digest.to_string(),
                    "the rows are not those that were written: {} of {count}",
                    digest.rows
                );
                return Ok(digest);
            }
            _ => bail!("the table has no end"),
        }
    }
}

/// Copies all rows of one database into another, an empty one.
///
/// # Errors
/// As [`restore`]'s.
pub async fn copy(from: &Store, to: &Store, progress: Progress<'_>) -> Result<Vec<Copied>> {
    prepare(to, from.version().await?).await?;
    let mut reading = from.snapshot().await?;
    let mut tx = to.write().await?;
    let targets = tables(&mut tx).await?;
    let mut copied = Vec::new();
    for table in tables(&mut reading).await? {
        let same = targets.iter().any(|t| t.name == table.name && t.columns == table.columns);
        ensure!(same, "{} is another table in the two databases", table.name);
        let mut digest = Digest::default();
        let mut pages = Pages::of(&table);
        while let Some(rows) = pages.next(&mut reading).await? {
            rows.iter().for_each(|row| digest.add(row));
            table.insert(&mut tx, rows).await?;
            tell(progress, &table.name, &digest, rows.len());
        }
        copied.push(Copied { table: table.name, digest });
    }
    check(&mut tx, &targets, &copied, progress).await?;
    tx.commit().await?;
    to.migrate().await?;
    Ok(copied)
}

/// Gives an empty database the tables of that version.
async fn prepare(store: &Store, version: i64) -> Result<()> {
    let latest = store.latest_version();
    ensure!(version > 0, "there are no tables to copy: is it a database of this program?");
    ensure!(version <= latest, "its tables are of version {version}, and this program knows up to {latest}: update the program");
    let there = store.version().await?;
    ensure!(there == 0 || there == version, "the target has tables of version {there}, not {version}: name a new, empty database");
    store.migrate_to(version).await?;
    let mut c = store.connection().await?;
    for table in tables(&mut c).await? {
        ensure!(
            table.page(&mut c, None).await?.is_empty(),
            "the target is not empty: it has rows in {}; name a new, empty database",
            table.name
        );
    }
    Ok(())
}

/// Reads what was written, and compares.
async fn check(tx: &mut Connection, targets: &[Table], copied: &[Copied], progress: Progress<'_>) -> Result<()> {
    progress("checking what was written");
    for table in targets {
        let arrived = table.digest(tx).await?;
        let meant = copied.iter().find(|c| c.table == table.name).with_context(|| format!("{} was not copied", table.name))?;
        ensure!(arrived == meant.digest, "{}: {} rows arrived of {}, or others", table.name, arrived.rows, meant.digest.rows);
        table.count_on(tx).await?;
    }
    Ok(())
}

fn tell(progress: Progress<'_>, table: &str, digest: &Digest, new: usize) {
    let before = digest.rows.saturating_sub(u64::try_from(new).unwrap_or(0));
    if before / PROGRESS_ROWS != digest.rows / PROGRESS_ROWS {
        progress(&format!("{table}: {} rows", digest.rows));
    }
}

/// A table's rows, page by page.
struct Pages<'a> {
    table: &'a Table,
    page: Vec<Values>,
}

impl<'a> Pages<'a> {
    fn of(table: &'a Table) -> Pages<'a> {
        Pages { table, page: Vec::new() }
    }

    async fn next(&mut self, c: &mut Connection) -> Result<Option<&[Values]>> {
        self.page = self.table.page(c, self.page.last()).await?;
        Ok(if self.page.is_empty() { None } else { Some(&self.page) })
    }
}

fn to_json(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Integer(v) => json!(v),
        Value::Text(v) => json!(v),
        Value::Bytes(v) => json!(v.as_ref().map(|v| BASE64.encode(v))),
    }
}

fn from_json(cell: serde_json::Value, kind: Kind) -> Result<Value<'static>> {
    Ok(match (cell, kind) {
        (serde_json::Value::Null, kind) => kind.null(),
        (serde_json::Value::Number(v), Kind::Integer) => Value::from(v.as_i64().context("a number that is no integer")?),
        (serde_json::Value::String(v), Kind::Text) => Value::from(v),
        (serde_json::Value::String(v), Kind::Bytes) => Value::from(BASE64.decode(v).context("bytes that are not base64")?),
        (_, kind) => bail!("a value that is no {kind:?}"),
    })
}

struct Writer {
    out: BufWriter<File>,
    lines: Vec<u8>,
}

impl Writer {
    fn line(&mut self, line: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.lines, line)?;
        self.lines.push(b'\n');
        if self.lines.len() > FRAME_BYTES { self.flush_frame() } else { Ok(()) }
    }

    fn flush_frame(&mut self) -> Result<()> {
        let packed = zlib::pack(&self.lines, LEVEL, Vec::new())?;
        self.out.write_all(&u32::try_from(packed.len()).context("a row is too long")?.to_be_bytes())?;
        self.out.write_all(&packed)?;
        self.lines.clear();
        Ok(())
    }
}

struct Reader {
    input: BufReader<File>,
    lines: Vec<u8>,
    at: usize,
}

impl Reader {
    fn open(file: &Path) -> Result<Reader> {
        let mut input = BufReader::new(File::open(file)?);
        let mut magic = vec![0; MAGIC.len()];
        input.read_exact(&mut magic).ok();
        ensure!(magic == MAGIC, "not a backup of this program");
        Ok(Reader { input, lines: Vec::new(), at: 0 })
    }

    /// The next line; none at the end of the file.
    fn line<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>> {
        if self.at >= self.lines.len() && !self.frame()? {
            return Ok(None);
        }
        let rest = &self.lines[self.at..];
        let len = rest.iter().position(|byte| *byte == b'\n').context("a line without an end")?;
        self.at += len + 1;
        Ok(Some(serde_json::from_slice(&rest[..len])?))
    }

    fn frame(&mut self) -> Result<bool> {
        let mut length = [0; 4];
        if self.input.read(&mut length[..1])? == 0 {
            return Ok(false);
        }
        self.input.read_exact(&mut length[1..])?;
        let length = usize::try_from(u32::from_be_bytes(length))?;
        ensure!(length <= PACKED_BYTES_MAX, "a frame of {length} bytes");
        let mut packed = Vec::new();
        (&mut self.input).take(u64::try_from(length)?).read_to_end(&mut packed)?;
        ensure!(packed.len() == length, "the file ends in the middle of a frame");
        self.lines = zlib::unpack(&packed, UNPACKED_BYTES_MAX).context("a frame cannot be unpacked")?;
        self.at = 0;
        Ok(!self.lines.is_empty())
    }
}
