//! One way to say a statement to either database. Everything that differs between the two is in this file and in `migrations/`.
//!
//! Statements are written once, with `$1` for values, in what SQLite and PostgreSQL both know. Integers and booleans are BIGINT,
//! a boolean is 0 or 1. These spellings are ours, because the two have none in common:
//!
//! - `FOR UPDATE` and `FOR UPDATE SKIP LOCKED` are left out for SQLite, whose writer is alone;
//! - `IN LIST($5)` is membership in a JSON list of texts;
//! - `IN IDS($5)` is membership in a JSON list of integers.
//!
//! In `ON CONFLICT … DO UPDATE`, columns of the row that is there carry the table's name; `IS DISTINCT FROM` compares with NULL;
//! sums are cast to BIGINT; what a page sorts by is `COLLATE "C"` in PostgreSQL's tables.

use super::{StoreError, timed};
use sqlx::error::BoxDynError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, ColumnIndex, Decode, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction, TypeInfo, ValueRef};
use std::borrow::Cow;

/// A connection, in a transaction or not.
#[derive(Debug)]
pub struct Connection(pub(super) Inner);

/// Whose connection it is.
#[derive(Debug)]
pub(super) enum Inner {
    Sqlite(PoolConnection<Sqlite>),
    SqliteWriting(Transaction<'static, Sqlite>),
    Postgres(PoolConnection<Postgres>),
    PostgresWriting(Transaction<'static, Postgres>),
}

/// The connection of the one or the other.
pub(super) enum Either<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Connection {
    pub(super) fn either(&mut self) -> Either<'_> {
        match &mut self.0 {
            Inner::Sqlite(c) => Either::Sqlite(c),
            Inner::SqliteWriting(c) => Either::Sqlite(c),
            Inner::Postgres(c) => Either::Postgres(c),
            Inner::PostgresWriting(c) => Either::Postgres(c),
        }
    }
}

/// A value for a `$n`, typed also where it is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'q> {
    /// BIGINT.
    Integer(Option<i64>),
    /// TEXT.
    Text(Option<Cow<'q, str>>),
    /// BLOB, or BYTEA.
    Bytes(Option<Cow<'q, [u8]>>),
}

macro_rules! values {
    ($($from:ty => |$v:ident| $value:expr;)*) => {
        $(impl<'q> From<$from> for Value<'q> {
            fn from($v: $from) -> Value<'q> {
                $value
            }
        })*
    };
}

values! {
    i64 => |v| Value::Integer(Some(v));
    i32 => |v| Value::Integer(Some(v.into()));
    u32 => |v| Value::Integer(Some(v.into()));
    bool => |v| Value::Integer(Some(v.into()));
    Option<i64> => |v| Value::Integer(v);
    &'q str => |v| Value::Text(Some(text(Cow::Borrowed(v))));
    &'q String => |v| Value::Text(Some(text(Cow::Borrowed(v))));
    String => |v| Value::Text(Some(text(Cow::Owned(v))));
    Option<&'q str> => |v| Value::Text(v.map(|v| text(Cow::Borrowed(v))));
    Option<String> => |v| Value::Text(v.map(|v| text(Cow::Owned(v))));
    &'q [u8] => |v| Value::Bytes(Some(Cow::Borrowed(v)));
    Vec<u8> => |v| Value::Bytes(Some(Cow::Owned(v)));
}

/// PostgreSQL's TEXT holds no NUL, and a build's log may: it is kept as the replacement character, in both.
fn text(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { text }
}

/// A statement with its values.
#[derive(Debug)]
pub struct Sql<'q> {
    text: Cow<'static, str>,
    values: Vec<Value<'q>>,
}

/// Begins a statement. Its text is ours: values are never part of it.
pub fn sql<'q>(text: impl Into<Cow<'static, str>>) -> Sql<'q> {
    Sql { text: text.into(), values: Vec::new() }
}

impl<'q> Sql<'q> {
    /// The next value: the first is `$1`.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value<'q>>) -> Sql<'q> {
        self.values.push(value.into());
        self
    }

    /// Runs it, and gives how many rows it changed.
    pub async fn execute(self, c: &mut Connection) -> Result<u64, StoreError> {
        let (timed, text) = (timed::begin(), self.text.clone());
        let rows = match c.either() {
            Either::Sqlite(c) => self.sqlite().execute(c).await?.rows_affected(),
            Either::Postgres(c) => self.postgres().execute(c).await?.rows_affected(),
        };
        timed.end(&text);
        Ok(rows)
    }

    /// The first row, which has to be there.
    pub async fn fetch_one<T: FromRow>(self, c: &mut Connection) -> Result<T, StoreError> {
        self.fetch_optional(c).await?.ok_or(StoreError::RowNotFound)
    }

    /// The first row, where there is one.
    pub async fn fetch_optional<T: FromRow>(self, c: &mut Connection) -> Result<Option<T>, StoreError> {
        let (timed, text) = (timed::begin(), self.text.clone());
        let row = match c.either() {
            Either::Sqlite(c) => self.sqlite().fetch_optional(c).await?.map(Row::Sqlite),
            Either::Postgres(c) => self.postgres().fetch_optional(c).await?.map(Row::Postgres),
        };
        timed.end(&text);
        row.map(T::from_row).transpose()
    }

    /// All rows.
    pub async fn fetch_all<T: FromRow>(self, c: &mut Connection) -> Result<Vec<T>, StoreError> {
        let (timed, text) = (timed::begin(), self.text.clone());
        let rows: Vec<Row> = match c.either() {
            Either::Sqlite(c) => self.sqlite().fetch_all(c).await?.into_iter().map(Row::Sqlite).collect(),
            Either::Postgres(c) => self.postgres().fetch_all(c).await?.into_iter().map(Row::Postgres).collect(),
        };
        timed.end(&text);
        rows.into_iter().map(T::from_row).collect()
    }

    fn sqlite(self) -> sqlx::query::Query<'static, Sqlite, sqlx::sqlite::SqliteArguments> {
        let query = sqlx::query(AssertSqlSafe(for_sqlite(self.text)));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Integer(v) => query.bind(v),
            Value::Text(v) => query.bind(v),
            Value::Bytes(v) => query.bind(v.map(Cow::into_owned)),
        })
    }

    fn postgres(self) -> sqlx::query::Query<'static, Postgres, sqlx::postgres::PgArguments> {
        let query = sqlx::query(AssertSqlSafe(for_postgres(self.text)));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Integer(v) => query.bind(v),
            Value::Text(v) => query.bind(v),
            Value::Bytes(v) => query.bind(v.map(Cow::into_owned)),
        })
    }
}

/// Runs several statements without values, as migrations and tests do.
pub async fn script(c: &mut Connection, text: impl Into<Cow<'static, str>>) -> Result<(), StoreError> {
    match c.either() {
        Either::Sqlite(c) => sqlx::raw_sql(AssertSqlSafe(text.into())).execute(c).await.map(|_| ()),
        Either::Postgres(c) => sqlx::raw_sql(AssertSqlSafe(text.into())).execute(c).await.map(|_| ()),
    }
}

fn for_sqlite(text: Cow<'static, str>) -> Cow<'static, str> {
    let text = replace(text, " FOR UPDATE SKIP LOCKED", "");
    let text = replace(text, " FOR UPDATE", "");
    let text = list(text, " IN IDS(", " IN (SELECT value FROM json_each(", "))");
    list(text, " IN LIST(", " IN (SELECT value FROM json_each(", "))")
}

/// As arrays: PostgreSQL looks each element up in an index, where it reads all rows to join them with a table made by a function.
fn for_postgres(text: Cow<'static, str>) -> Cow<'static, str> {
    let text = list(text, " IN IDS(", " = ANY(ARRAY(SELECT CAST(jsonb_array_elements_text(CAST(", " AS JSONB)) AS BIGINT)))");
    list(text, " IN LIST(", " = ANY(ARRAY(SELECT jsonb_array_elements_text(CAST(", " AS JSONB))))")
}

fn replace(text: Cow<'static, str>, from: &str, to: &str) -> Cow<'static, str> {
    if text.contains(from) { Cow::Owned(text.replace(from, to)) } else { text }
}

/// ` IN LIST($5)` in the database's words: what stands before the value, and after it.
fn list(text: Cow<'static, str>, ours: &str, before: &str, after: &str) -> Cow<'static, str> {
    let Some((head, rest)) = text.split_once(ours) else { return text };
    let Some((value, tail)) = rest.split_once(')') else { return text };
    let rest = list(Cow::Owned(tail.to_owned()), ours, before, after);
    Cow::Owned(format!("{head}{before}{value}{after}{rest}"))
}

/// A row of either database.
#[derive(Debug)]
pub enum Row {
    /// SQLite's.
    Sqlite(SqliteRow),
    /// PostgreSQL's.
    Postgres(PgRow),
}

/// What stands in a row at a column, in the words that both databases share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'r> {
    /// An integer of any width, or a boolean as 0 or 1.
    Integer(i64),
    /// Text.
    Text(&'r str),
    /// Bytes.
    Bytes(&'r [u8]),
    /// NULL.
    Null,
}

impl Row {
    /// The value at a column, by its name or position.
    pub fn try_get<'r, T: Column<'r>>(&'r self, at: impl At) -> Result<T, StoreError> {
        let cell = self.cell(&at)?;
        T::read(cell).map_err(|source| StoreError::ColumnDecode { index: format!("{at:?}"), source })
    }

    fn cell(&self, at: &impl At) -> Result<Cell<'_>, StoreError> {
        let decoded = match self {
            Row::Sqlite(row) => sqlite_cell(sqlx::Row::try_get_raw(row, at)?),
            Row::Postgres(row) => postgres_cell(sqlx::Row::try_get_raw(row, at)?),
        };
        decoded.map_err(|source| StoreError::ColumnDecode { index: format!("{at:?}"), source })
    }

    /// All cells, in the statement's order.
    pub fn cells(&self) -> Result<Vec<Cell<'_>>, StoreError> {
        let len = match self {
            Row::Sqlite(row) => sqlx::Row::len(row),
            Row::Postgres(row) => sqlx::Row::len(row),
        };
        (0..len).map(|at| self.cell(&at)).collect()
    }
}

fn sqlite_cell(raw: sqlx::sqlite::SqliteValueRef<'_>) -> Result<Cell<'_>, BoxDynError> {
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    let kind = raw.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "TEXT" => Cell::Text(Decode::<Sqlite>::decode(raw)?),
        "BLOB" => Cell::Bytes(Decode::<Sqlite>::decode(raw)?),
        "REAL" => return Err("a REAL, where the tables have none".into()),
        _ => Cell::Integer(Decode::<Sqlite>::decode(raw)?),
    })
}

fn postgres_cell(raw: sqlx::postgres::PgValueRef<'_>) -> Result<Cell<'_>, BoxDynError> {
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    let kind = raw.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INT8" => Cell::Integer(Decode::<Postgres>::decode(raw)?),
        "INT4" => Cell::Integer(<i32 as Decode<Postgres>>::decode(raw)?.into()),
        "INT2" => Cell::Integer(<i16 as Decode<Postgres>>::decode(raw)?.into()),
        "BOOL" => Cell::Integer(<bool as Decode<Postgres>>::decode(raw)?.into()),
        "BYTEA" => Cell::Bytes(Decode::<Postgres>::decode(raw)?),
        "TEXT" | "VARCHAR" | "NAME" => Cell::Text(Decode::<Postgres>::decode(raw)?),
        other => return Err(format!("a value of type {other}, where the tables have BIGINT, TEXT and BYTEA").into()),
    })
}

/// Names a column of either database's rows: a name, or a position from 0.
pub trait At: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> + std::fmt::Debug {}
impl<T: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> + std::fmt::Debug> At for T {}

/// What a cell can be read as.
pub trait Column<'r>: Sized {
    /// Reads it, or says what it is instead.
    fn read(cell: Cell<'r>) -> Result<Self, BoxDynError>;
}

fn unexpected<T>(wanted: &str, cell: Cell<'_>) -> Result<T, BoxDynError> {
    let kind = match cell {
        Cell::Integer(_) => "an integer",
        Cell::Text(_) => "a text",
        Cell::Bytes(_) => "bytes",
        Cell::Null => "NULL",
    };
    Err(format!("{kind}, where {wanted} was expected").into())
}

impl<'r> Column<'r> for i64 {
    fn read(cell: Cell<'r>) -> Result<Self, BoxDynError> {
        if let Cell::Integer(v) = cell { Ok(v) } else { unexpected("an integer", cell) }
    }
}

impl<'r> Column<'r> for u32 {
    fn read(cell: Cell<'r>) -> Result<Self, BoxDynError> {
        Ok(u32::try_from(i64::read(cell)?)?)
    }
}

impl<'r> Column<'r> for bool {
    fn read(cell: Cell<'r>) -> Result<Self, BoxDynError> {
        Ok(i64::read(cell)? != 0)
    }
}

impl<'r> Column<'r> for &'r str {
    fn read(cell: Cell<'r>) -> Result<Self, BoxDynError> {
        if let Cell::Text(v) = cell { Ok(v) } else { unexpected("a text", cell) }
    }
}

impl<'r> Column<'r> for String {
    fn read(cell: Cell<'r>) -> Result<Self, BoxDynError> {
        <&str>::read(cell).map(str::to_owned)
    }
}

impl<'r> Column<'r> for &'r [u8] {
    fn read(cell: Cell<'r>) -> Result<Self, BoxDynError> {
        if let Cell::Bytes(v) = cell { Ok(v) } else { unexpected("bytes", cell) }
    }
}

impl<'r> Column<'r> for Vec<u8> {
    fn read(cell: Cell<'r>) -> Result<Self, BoxDynError> {
        <&[u8]>::read(cell).map(<[u8]>::to_vec)
    }
}

impl<'r, T: Column<'r>> Column<'r> for Option<T> {
    fn read(cell: Cell<'r>) -> Result<Self, BoxDynError> {
        if cell == Cell::Null { Ok(None) } else { T::read(cell).map(Some) }
    }
}

/// What a row can be read as.
pub trait FromRow: Sized {
    /// Reads it.
    fn from_row(row: Row) -> Result<Self, StoreError>;
}

impl FromRow for Row {
    fn from_row(row: Row) -> Result<Self, StoreError> {
        Ok(row)
    }
}

macro_rules! scalars {
    ($($t:ty),*) => {
        $(impl FromRow for $t {
            fn from_row(row: Row) -> Result<Self, StoreError> {
                row.try_get(0)
            }
        })*
    };
}

scalars!(i64, u32, bool, String, Vec<u8>, Option<i64>, Option<String>);

impl<A: for<'r> Column<'r>, B: for<'r> Column<'r>> FromRow for (A, B) {
    fn from_row(row: Row) -> Result<Self, StoreError> {
        Ok((row.try_get(0)?, row.try_get(1)?))
    }
}

impl<A: for<'r> Column<'r>, B: for<'r> Column<'r>, C: for<'r> Column<'r>> FromRow for (A, B, C) {
    fn from_row(row: Row) -> Result<Self, StoreError> {
        Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
    }
}

/// Structs whose fields are read from the columns of their names.
macro_rules! rows {
    ($($(#[$of_struct:meta])* pub struct $name:ident { $($(#[$of_field:meta])* pub $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$of_struct])*
            pub struct $name {
                $($(#[$of_field])* pub $field: $kind,)*
            }

            impl $crate::store::sql::FromRow for $name {
                fn from_row(row: $crate::store::sql::Row) -> Result<Self, $crate::store::StoreError> {
                    Ok($name { $($field: row.try_get(stringify!($field))?,)* })
                }
            }
        )*
    };
}
pub(crate) use rows;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_spellings_become_each_databases_own() {
        let check = |text: &'static str, sqlite: &str, postgres: &str| {
            assert_eq!(for_sqlite(text.into()), sqlite);
            assert_eq!(for_postgres(text.into()), postgres);
        };
        check("SELECT 1", "SELECT 1", "SELECT 1");
        check("SELECT a FROM t FOR UPDATE", "SELECT a FROM t", "SELECT a FROM t FOR UPDATE");
        check("(SELECT a LIMIT 1 FOR UPDATE SKIP LOCKED)", "(SELECT a LIMIT 1)", "(SELECT a LIMIT 1 FOR UPDATE SKIP LOCKED)");
        check(
            "a IN LIST($1) AND b IN LIST($2)",
            "a IN (SELECT value FROM json_each($1)) AND b IN (SELECT value FROM json_each($2))",
            "a = ANY(ARRAY(SELECT jsonb_array_elements_text(CAST($1 AS JSONB)))) AND b = ANY(ARRAY(SELECT jsonb_array_elements_text(CAST($2 AS JSONB))))",
        );
        check(
            "a IN IDS($1)",
            "a IN (SELECT value FROM json_each($1))",
            "a = ANY(ARRAY(SELECT CAST(jsonb_array_elements_text(CAST($1 AS JSONB)) AS BIGINT)))",
        );
    }

    #[test]
    fn a_nul_becomes_what_both_can_hold() {
        assert_eq!(Value::from("a\0b"), Value::Text(Some("a\u{fffd}b".into())));
        assert_eq!(Value::from("ab"), Value::Text(Some("ab".into())));
    }
}
