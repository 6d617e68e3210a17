//! Where the database is: a SQLite file, or a PostgreSQL server. The password goes in and never comes out.

use crate::secret::Secret;
use sqlx::postgres::PgConnectOptions;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where the database is.
#[derive(Clone)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres(Box<PgConnectOptions>),
}

impl Place {
    /// Reads `postgres://user:pass@host/db`, `sqlite://file` or a file's path, relative to `folder`. The text is in no error: it
    /// may hold a password.
    pub fn parse(text: &str, folder: &Path) -> Result<Place, String> {
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(text).map_err(|_| {
                "database: not an address of PostgreSQL such as \"postgres://user:password@host:5432/ounce\"; write signs of the password other than letters and digits as %xx".to_owned()
            })?;
            return Ok(Place::Postgres(Box::new(options)));
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text).trim_start_matches("//");
        let path = if text.starts_with("sqlite:///") { format!("/{}", path.trim_start_matches('/')) } else { path.to_owned() };
        if path.is_empty() || path.contains('?') || path == ":memory:" {
            return Err(format!(
                "database = {text:?} is not a file's path, such as \"ounce.sqlite3\", nor an address such as \"postgres://user@host/ounce\""
            ));
        }
        Ok(Place::File(folder.join(path)))
    }
}

impl Place {
    /// The same with a password; none of a file.
    pub fn with_password(self, password: &Secret) -> Result<Place, String> {
        match self {
            Place::Postgres(options) => Ok(Place::Postgres(Box::new(options.password(password.expose())))),
            Place::File(_) => Err("database_password_file: a SQLite file has no password; give `database` an address of PostgreSQL".into()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(file) => write!(f, "{}", file.display()),
            Place::Postgres(options) => {
                let host = options.get_socket().map_or(options.get_host().to_owned(), |s| s.display().to_string());
                let name = options.get_database().unwrap_or(options.get_username());
                write!(f, "postgres://{}@{host}:{}/{name}", options.get_username(), options.get_port())
            }
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

impl From<&Place> for Place {
    fn from(place: &Place) -> Place {
        place.clone()
    }
}

impl From<&Path> for Place {
    fn from(file: &Path) -> Place {
        Place::File(file.to_owned())
    }
}

impl From<&PathBuf> for Place {
    fn from(file: &PathBuf) -> Place {
        Place::File(file.clone())
    }
}
