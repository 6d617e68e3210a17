//! Many rows of one table at once, for who fills a database that nobody uses yet: restores, and histories made for benches and tries.
//!
//! SQLite is given long statements, which it prepares once; PostgreSQL its own COPY. Ids are the caller's: [`count_on`] has the database go on
//! after them.

use super::sql::{Either, Value, script, sql};
use super::{Connection, StoreError};
use std::fmt::Write as _;

/// Values given to one statement of SQLite; its own limit is 32 766.
const VALUES_MAX: usize = 4_000;
/// Text sent to PostgreSQL at once, bytes.
const PART_BYTES: usize = 1 << 20;

/// Writes rows: their values one after the other, each row's in the order of the columns.
///
/// # Panics
/// Where the last row is not whole.
pub async fn put(c: &mut Connection, table: &str, columns: &[&str], values: Vec<Value<'_>>) -> Result<(), StoreError> {
    assert!(values.len().is_multiple_of(columns.len()), "whole rows of {table}");
    match c.either() {
        Either::Sqlite(_) => insert(c, table, columns, values).await,
        Either::Postgres(_) => copy(c, table, columns, &values).await,
    }
}

async fn insert(c: &mut Connection, table: &str, columns: &[&str], values: Vec<Value<'_>>) -> Result<(), StoreError> {
    let most = (VALUES_MAX / columns.len()).max(1) * columns.len();
    // Without numbers: SQLite looks each numbered parameter up among all of them, which takes longer than everything else together.
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    let text = |values: usize| {
        let rows = vec![row.as_str(); values / columns.len()].join(", ");
        format!("INSERT INTO {table} ({}) VALUES {rows}", columns.join(", "))
    };
    let whole = text(most);
    let mut values = values.into_iter();
    while !values.as_slice().is_empty() {
        let some = values.as_slice().len().min(most);
        let mut writing = sql(if some == most { whole.clone() } else { text(some) });
        for value in values.by_ref().take(some) {
            writing = writing.bind(value);
        }
        writing.execute(&mut *c).await?;
    }
    Ok(())
}

async fn copy(c: &mut Connection, table: &str, columns: &[&str], values: &[Value<'_>]) -> Result<(), StoreError> {
    let Either::Postgres(c) = c.either() else { return Ok(()) };
    let mut copying = c.copy_in_raw(&format!("COPY {table} ({}) FROM STDIN", columns.join(", "))).await?;
    let mut part = String::with_capacity(PART_BYTES + 4_096);
    for row in values.chunks(columns.len()) {
        for (at, value) in row.iter().enumerate() {
            if at > 0 {
                part.push('\t');
            }
            field(&mut part, value);
        }
        part.push('\n');
        if part.len() >= PART_BYTES {
            copying.send(part.as_bytes()).await?;
            part.clear();
        }
    }
    copying.send(part.as_bytes()).await?;
    copying.finish().await?;
    Ok(())
}

/// A value in the text format of COPY.
fn field(out: &mut String, value: &Value<'_>) {
    match value {
        Value::Integer(None) | Value::Text(None) | Value::Bytes(None) => out.push_str("\\N"),
        Value::Integer(Some(v)) => {
            let _ = write!(out, "{v}");
        }
        Value::Text(Some(text)) => {
            for c in text.chars() {
                match c {
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    c => out.push(c),
                }
            }
        }
        Value::Bytes(Some(bytes)) => {
            out.push_str("\\\\x");
            for byte in bytes.iter() {
                let _ = write!(out, "{byte:02x}");
            }
        }
    }
}

/// Has the database go on after the largest id of a table. SQLite does by itself.
pub async fn count_on(c: &mut Connection, table: &str) -> Result<(), StoreError> {
    if matches!(c.either(), Either::Postgres(_)) {
        let last =
            format!("SELECT setval(pg_get_serial_sequence('{table}', 'id'), COALESCE(MAX(id), 1), MAX(id) IS NOT NULL) FROM {table}");
        sql(last).execute(c).await?;
    }
    Ok(())
}

/// Has the database look at what it holds now, so that it finds the short way through it at once.
pub async fn analyse(c: &mut Connection) -> Result<(), StoreError> {
    script(c, "ANALYZE").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_written_as_copy_reads_it() {
        let check = |value: Value<'_>, text: &str| {
            let mut out = String::new();
            field(&mut out, &value);
            assert_eq!(out, text, "{value:?}");
        };
        check((-7i64).into(), "-7");
        check(Value::Text(None), "\\N");
        check("a\tb\\N\r\nü".into(), "a\\tb\\\\N\\r\\nü");
        check(vec![0u8, 255].into(), "\\\\x00ff");
    }
}
