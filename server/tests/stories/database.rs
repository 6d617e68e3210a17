//! The database of a story: a file, or a database of its own in this process's PostgreSQL. All stories are played on both.

use crate::ON_POSTGRES;
use ounce_server::store::{Place, Store};
use scratch_postgres::{Cluster, LEFT_OUT, left_out};
use std::path::Path;

/// A database that goes with this value.
pub struct Database {
    pub place: Place,
    _folder: tempfile::TempDir,
    _scratch: Option<scratch_postgres::Database>,
}

/// Whether this program plays on PostgreSQL, and may.
pub fn on_postgres() -> bool {
    ON_POSTGRES && !left_out()
}

impl Database {
    /// An empty one, of the kind this program plays on.
    pub async fn new() -> Database {
        if ON_POSTGRES && left_out() {
            eprintln!("{LEFT_OUT}=1: played on SQLite instead of PostgreSQL");
        }
        if on_postgres() { Database::postgres().await } else { Database::sqlite() }
    }

    pub fn sqlite() -> Database {
        let folder = tempfile::tempdir().unwrap();
        Database { place: Place::File(folder.path().join("db")), _folder: folder, _scratch: None }
    }

    pub async fn postgres() -> Database {
        // Starting a server takes a moment, in which this thread has nothing else to do.
        let cluster = Cluster::shared().unwrap_or_else(|error| panic!("{error}"));
        Database::of(cluster).await
    }

    pub async fn of(cluster: &Cluster) -> Database {
        let scratch = cluster.database().await.unwrap();
        let place = Place::parse(&scratch.url, Path::new("/")).unwrap();
        Database { place, _folder: tempfile::tempdir().unwrap(), _scratch: Some(scratch) }
    }

    /// The store with its tables.
    pub async fn store(&self) -> Store {
        let store = Store::open(&self.place).await.unwrap();
        store.migrate().await.unwrap();
        store
    }
}
