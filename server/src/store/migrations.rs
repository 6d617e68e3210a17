//! The migrations, inside the program: one list of names for both databases.
//!
//! They are made at run time. sqlx's `migrate!` would do it while compiling, but it is a procedural macro, for which SQLite is compiled a
//! second time. Numbers, descriptions and checksums are those it made of the same files: databases of earlier builds are known.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use std::sync::LazyLock;

/// A migration in the words of both databases.
struct File {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! files {
    ($($name:literal)*) => {
        &[$(File {
            name: $name,
            sqlite: include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../../migrations/postgres/", $name, ".sql")),
        }),*]
    };
}

/// All of them, in their order. The first has number 1.
const FILES: &[File] = files! {
    "0001_first"
    "0002_compare_runs"
    "0003_commands"
    "0004_claims"
    "0005_packed"
    "0006_runners_aside"
    "0007_budgets"
    "0008_trust"
    "0009_bisects"
    "0010_audit"
    "0011_tallies"
    "0012_queue"
    "0013_sight"
    "0014_reuse"
    "0015_tools"
    "0016_history"
    "0017_at_work"
    "0018_tradeoffs"
    "0019_long_texts_last"
    "0020_units"
};

/// Those of SQLite.
pub static SQLITE: LazyLock<Migrator> = LazyLock::new(|| migrator(|file| file.sqlite));
/// Those of PostgreSQL.
pub static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| migrator(|file| file.postgres));

fn migrator(text: impl Fn(&File) -> &'static str) -> Migrator {
    let migration = |(version, file): (i64, &File)| {
        let description = file.name.split_once('_').map_or(file.name, |(_, rest)| rest).replace('_', " ");
        let no_tx = text(file).starts_with("-- no-transaction");
        Migration::new(version, description.into(), MigrationType::Simple, text(file).into_sql_str(), no_tx)
    };
    Migrator::with_migrations((1..).zip(FILES).map(migration).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// What sqlx makes of a folder, by the function that its macro uses, too.
    #[tokio::test]
    async fn every_file_is_in_the_list_and_is_what_earlier_builds_made_of_it() {
        let said = |migrator: &Migrator| -> Vec<String> {
            let line =
                |m: &Migration| format!("{} {} {:?} {} {}", m.version, m.description, m.migration_type, m.no_tx, hex::encode(&m.checksum));
            migrator.iter().map(line).collect()
        };
        for (folder, ours) in [("sqlite", &SQLITE), ("postgres", &POSTGRES)] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(folder);
            let there = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut there: Vec<String> = there.collect();
            there.sort();
            assert_eq!(there, FILES.iter().map(|file| format!("{}.sql", file.name)).collect::<Vec<_>>());
            assert_eq!(said(ours), said(&Migrator::new(folder).await.unwrap()));
        }
    }
}
