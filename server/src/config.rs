//! The server's configuration: `ounce-server.toml`, then environment variables over it.
//!
//! Read once at the start into types that hold no wrong value. Unknown keys are an error with a hint; secrets are read from
//! files or variables where that is wished, and never printed.

mod otlp;

pub use otlp::Otlp;

use crate::logging::Format;
use crate::secret::Secret;
use crate::store::Place;
use ounce_protocol::ids::RepoName;
use ounce_protocol::manifest::with_hint;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Where the configuration is looked for when nothing else is said.
pub const FILE_NAME: &str = "ounce-server.toml";
/// Most webhook secrets at once: the new one and the one it replaces.
pub const WEBHOOK_SECRETS_MAX: usize = 2;

/// Longest time for which a page is given again.
pub const PAGES_MS_MAX: u32 = 60_000;

/// Why the configuration cannot be used, with the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// Everything `serve` needs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes any free port.
    pub listen: SocketAddr,
    /// The address people's browsers reach, without a slash at its end; links in reports only where it is given.
    pub public_url: Option<String>,
    /// The proxies before this server, by their addresses: only they say for whom they ask, with `X-Forwarded-For`.
    pub behind: Vec<IpAddr>,
    /// Where the rows are.
    pub database: Place,
    /// The repositories worked for; events of any other are noted and ignored. Empty only for a GitHub App: all it is installed on.
    pub projects: Vec<RepoName>,
    /// How a line of the log looks.
    pub log: Format,
    /// The forge.
    pub forge: ForgeConfig,
    /// How long things are kept.
    pub keep: Keep,
    /// The forge's accounts that see what operators see: the audit of all projects.
    pub admins: Vec<String>,
    /// Where traces are sent; none where nowhere.
    pub otlp: Option<Otlp>,
}

/// How to reach the forge.
#[derive(Debug, Clone)]
pub struct ForgeConfig {
    /// The REST API, without a slash at its end.
    pub api_url: String,
    /// What stands before `/owner/name` where runners fetch from.
    pub clone_url: String,
    /// Who the server is there.
    pub account: Account,
    /// One or two secrets that sign webhooks.
    pub webhook_secrets: Vec<Secret>,
    /// With what people log in; none where nobody can.
    pub client: Option<Client>,
}

/// What we are called where people log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The client id of the App, or of an OAuth App.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
}

/// Who the server is on the forge.
#[derive(Debug, Clone)]
pub enum Account {
    /// An account's token: comments and commit statuses.
    Token(Secret),
    /// A GitHub App: comments and check runs, and tokens limited to one repository for private clones.
    App {
        /// Its id.
        id: u64,
        /// Its private key, PEM.
        key: Secret,
    },
    /// A GitHub App that is yet to be made, with the setup page; these files will hold what it is.
    AppToMake(AppFiles),
}

/// Where what makes an App is written, readable for the server's own user alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppFiles {
    /// Its number. Written last: with it the App is configured.
    pub id: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// What signs its webhooks.
    pub webhook_secret: PathBuf,
    /// Its client id and secret, a line each.
    pub client: PathBuf,
}

impl Account {
    /// What it is, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Account::Token(_) => "the owner of a token",
            Account::App { .. } => "a GitHub App",
            Account::AppToMake(_) => "a GitHub App that is yet to be made, on the page /setup",
        }
    }
}

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keep {
    /// Raw bodies of webhooks; that there was a delivery is kept, so that a replay stays a duplicate.
    pub deliveries_days: u32,
    /// Logs of jobs.
    pub logs_days: u32,
    /// Pages of a project that strangers see, so that one that many ask for at once is made once; 0: each is made anew.
    pub pages_ms: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Keep { deliveries_days: 14, logs_days: 30, pages_ms: 1_000 }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Raw {
    listen: Option<String>,
    public_url: Option<String>,
    behind: Option<Vec<String>>,
    database: Option<String>,
    database_password_file: Option<PathBuf>,
    projects: Option<Vec<String>>,
    log: Option<String>,
    #[serde(default)]
    forge: RawForge,
    #[serde(default)]
    keep: Keep,
    admins: Option<Vec<String>>,
    otlp: Option<otlp::RawOtlp>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawForge {
    mode: Option<String>,
    api_url: Option<String>,
    clone_url: Option<String>,
    token: Option<String>,
    token_file: Option<PathBuf>,
    app_id: Option<u64>,
    app_id_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    webhook_secrets: Option<Vec<String>>,
    webhook_secret_files: Option<Vec<PathBuf>>,
    client_file: Option<PathBuf>,
}

impl Config {
    /// Reads the file, where there is one, and the environment over it. `file` is an error when it was named and is not there.
    pub fn load(file: Option<&Path>, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let path = file.unwrap_or(Path::new(FILE_NAME));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(ConfigError(format!("{}: {error}", path.display()))),
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        Config::parse(&text, folder, env).map_err(|e| ConfigError(format!("{}: {e}", path.display())))
    }

    /// Reads the text; files it names are relative to `folder`.
    pub fn parse(text: &str, folder: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let mut raw: Raw = toml::from_str(text).map_err(|e| ConfigError(with_hint(&without_values(&e, text))))?;
        raw.take_environment(env)?;
        raw.check(folder).map_err(ConfigError)
    }
}

/// toml's own display shows the offending line, and serde's message a value of the wrong type; either may be a secret. Only what is
/// wrong and where is kept.
fn without_values(error: &toml::de::Error, text: &str) -> String {
    let message = match error.message().split_once("string \"") {
        Some((before, after)) => format!("{before}a text{}", after.rsplit_once('"').map_or("", |(_, rest)| rest)),
        None => error.message().to_owned(),
    };
    let line = |at: usize| text.as_bytes()[..at.min(text.len())].iter().filter(|&&b| b == b'\n').count() + 1;
    error.span().map_or(message.clone(), |span| format!("line {}: {message}", line(span.start)))
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

impl Raw {
    fn take_environment(&mut self, env: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        let over = |slot: &mut Option<String>, name: &str| {
            if let Some(value) = env(name) {
                *slot = Some(value);
            }
        };
        over(&mut self.listen, "OUNCE_LISTEN");
        over(&mut self.public_url, "OUNCE_PUBLIC_URL");
        over(&mut self.database, "OUNCE_DATABASE");
        if let Some(file) = env("OUNCE_DATABASE_PASSWORD_FILE") {
            self.database_password_file = Some(file.into());
        }
        over(&mut self.log, "OUNCE_LOG_FORMAT");
        over(&mut self.forge.mode, "OUNCE_FORGE_MODE");
        over(&mut self.forge.api_url, "OUNCE_FORGE_API_URL");
        over(&mut self.forge.clone_url, "OUNCE_FORGE_CLONE_URL");
        if let Some(token) = env("OUNCE_FORGE_TOKEN") {
            (self.forge.token, self.forge.token_file) = (Some(token), None);
        }
        if let Some(file) = env("OUNCE_FORGE_TOKEN_FILE") {
            (self.forge.token, self.forge.token_file) = (None, Some(file.into()));
        }
        if let Some(id) = env("OUNCE_FORGE_APP_ID") {
            self.forge.app_id = Some(id.parse().map_err(|_| ConfigError("OUNCE_FORGE_APP_ID is not a number".into()))?);
        }
        if let Some(file) = env("OUNCE_FORGE_KEY_FILE") {
            self.forge.key_file = Some(file.into());
        }
        if let Some(file) = env("OUNCE_FORGE_CLIENT_FILE") {
            self.forge.client_file = Some(file.into());
        }
        if let Some(admins) = env("OUNCE_ADMINS") {
            self.admins = Some(list(&admins));
        }
        if let Some(secrets) = env("OUNCE_WEBHOOK_SECRETS") {
            (self.forge.webhook_secrets, self.forge.webhook_secret_files) = (Some(list(&secrets)), None);
        }
        if let Some(projects) = env("OUNCE_PROJECTS") {
            self.projects = Some(list(&projects));
        }
        // The standard's variables count as not set where they are empty.
        if let Some(endpoint) = env(otlp::ENDPOINT_VARIABLE).filter(|endpoint| !endpoint.is_empty()) {
            self.otlp.get_or_insert_default().endpoint = Some(endpoint);
        }
        Ok(())
    }

    fn check(self, folder: &Path) -> Result<Config, String> {
        let listen = self.listen.as_deref().unwrap_or("127.0.0.1:8080");
        let listen = listen.parse().map_err(|_| format!("listen = {listen:?} is not an address and port such as \"127.0.0.1:8080\""))?;
        let projects: Vec<RepoName> = self
            .projects
            .unwrap_or_default()
            .iter()
            .map(|p| RepoName::parse(p))
            .collect::<Result<_, _>>()
            .map_err(|e| format!("projects: {e}"))?;
        let address = |text: &String| {
            let read = text.parse::<IpAddr>().map(|address| address.to_canonical());
            read.map_err(|_| format!("behind: {text:?} is not the address of a proxy such as \"127.0.0.1\""))
        };
        let behind = self.behind.unwrap_or_default().iter().map(address).collect::<Result<_, _>>()?;
        let public_url = self.public_url.map(|u| url("public_url", &u)).transpose()?;
        let forge = self.forge.check(folder)?;
        match &forge.account {
            Account::Token(_) if projects.is_empty() => {
                return Err("no projects: add projects = [\"owner/name\"], the repositories to work for (or OUNCE_PROJECTS); only a GitHub App may leave it out".into());
            }
            Account::AppToMake(_) if public_url.is_none() => {
                return Err(
                    "the App is made on the page /setup, which needs public_url: the forge sends browsers and webhooks there".into()
                );
            }
            _ => {}
        }
        if forge.client.is_some() && public_url.is_none() {
            return Err("forge.client_file: people log in only where public_url says to where the forge sends them back".into());
        }
        if forge.client.is_some() && !forge.clone_url.starts_with("http") {
            return Err("forge.client_file: people log in only where `clone_url` is the forge's address for browsers".into());
        }
        let admins = self.admins.unwrap_or_default();
        if let Some(admin) = admins.iter().find(|admin| admin.is_empty() || !admin.bytes().all(|b| b.is_ascii_graphic())) {
            return Err(format!("admins: {admin:?} is not an account's login"));
        }
        let mut database = Place::parse(self.database.as_deref().unwrap_or("ounce.sqlite3"), folder)?;
        if let Some(file) = &self.database_password_file {
            database = database.with_password(&secret_file("database_password_file", folder, file)?)?;
        }
        let log = self.log.as_deref().unwrap_or(Format::default().word());
        let log = Format::parse(log).ok_or_else(|| format!("log = {log:?} is neither \"text\" nor \"json\""))?;
        let otlp = self.otlp.map(|otlp| otlp.check(folder)).transpose()?;
        if self.keep.pages_ms > PAGES_MS_MAX {
            return Err(format!(
                "keep.pages_ms = {}: pages are kept for {PAGES_MS_MAX} ms at most, or strangers would see old figures",
                self.keep.pages_ms
            ));
        }
        Ok(Config { listen, public_url, behind, database, projects, log, forge, keep: self.keep, admins, otlp })
    }
}

impl RawForge {
    fn check(self, folder: &Path) -> Result<ForgeConfig, String> {
        let api_url = url("forge.api_url", self.api_url.as_deref().unwrap_or("https://api.github.com"))?;
        let clone_url = match self.clone_url.as_deref() {
            // A folder of repositories is a fine remote for tests and for a desk.
            Some(folder) if folder.starts_with('/') || folder.starts_with("file://") => folder.trim_end_matches('/').to_owned(),
            other => url("forge.clone_url", other.unwrap_or("https://github.com"))?,
        };
        let account = match self.mode.as_deref().unwrap_or("token") {
            "token" => match (self.token, self.token_file) {
                (Some(token), None) => Account::Token(not_empty("forge.token", Secret::new(&token))?),
                (None, Some(file)) => Account::Token(secret_file("forge.token_file", folder, &file)?),
                _ => return Err("forge: mode \"token\" wants one of `token_file` and `token` (or OUNCE_FORGE_TOKEN)".into()),
            },
            "app" => match (self.app_id, &self.app_id_file, &self.key_file) {
                (Some(id), None, Some(file)) => Account::App { id, key: secret_file("forge.key_file", folder, file)? },
                (None, Some(id), Some(key)) => match app_id(&folder.join(id))? {
                    Some(id) => Account::App { id, key: secret_file("forge.key_file", folder, key)? },
                    None => return self.app_to_make(folder, api_url, clone_url),
                },
                _ => return Err("forge: mode \"app\" wants `key_file` and one of `app_id` and `app_id_file`".into()),
            },
            other => return Err(format!("forge.mode = {other:?} is not \"token\" or \"app\"")),
        };
        let client = client(folder, self.client_file.as_deref(), self.key_file.as_deref())?;
        let mut webhook_secrets = Vec::new();
        for text in self.webhook_secrets.unwrap_or_default() {
            webhook_secrets.push(not_empty("forge.webhook_secrets", Secret::new(&text))?);
        }
        for file in self.webhook_secret_files.unwrap_or_default() {
            webhook_secrets.push(secret_file("forge.webhook_secret_files", folder, &file)?);
        }
        match webhook_secrets.len() {
            0 => Err("forge: no webhook secret: add `webhook_secret_files` or `webhook_secrets` (or OUNCE_WEBHOOK_SECRETS)".into()),
            1..=WEBHOOK_SECRETS_MAX => Ok(ForgeConfig { api_url, clone_url, account, webhook_secrets, client }),
            n => Err(format!("forge: {n} webhook secrets, at most {WEBHOOK_SECRETS_MAX}: the new one and the one it replaces")),
        }
    }
}

impl RawForge {
    /// No App is there yet: nothing of it may be in the way of what the setup page will write.
    fn app_to_make(&self, folder: &Path, api_url: String, clone_url: String) -> Result<ForgeConfig, String> {
        let secrets = self.webhook_secret_files.as_deref().unwrap_or_default();
        let (Some(id), Some(key), [secret], None) = (&self.app_id_file, &self.key_file, secrets, &self.webhook_secrets) else {
            return Err(
                "forge: to make the App on the page /setup, name its files: `app_id_file`, `key_file` and one in `webhook_secret_files`"
                    .into(),
            );
        };
        if !clone_url.starts_with("http") {
            return Err("forge: to make the App on the page /setup, `clone_url` must be the forge's address for browsers".into());
        }
        let client = self.client_file.clone().unwrap_or_else(|| beside(key));
        let files =
            AppFiles { id: folder.join(id), key: folder.join(key), webhook_secret: folder.join(secret), client: folder.join(client) };
        for file in [&files.key, &files.webhook_secret, &files.client] {
            if file.exists() {
                let (file, id) = (file.display(), files.id.display());
                return Err(format!(
                    "forge: {file} is there and {id} is not: write the App's number to the latter, or move the former away to make a new App"
                ));
            }
        }
        Ok(ForgeConfig { api_url, clone_url, account: Account::AppToMake(files), webhook_secrets: Vec::new(), client: None })
    }
}

/// Where the page /setup keeps what people log in with when nothing else is said: beside the App's key.
fn beside(key: &Path) -> PathBuf {
    key.with_extension("client")
}

/// What people log in with: of the file that is named, else of the one beside the App's key, where it is there.
fn client(folder: &Path, named: Option<&Path>, key: Option<&Path>) -> Result<Option<Client>, String> {
    let file = match (named, key.map(beside)) {
        (Some(file), _) => file.to_owned(),
        (None, Some(file)) if folder.join(&file).exists() => file,
        _ => return Ok(None),
    };
    let text = secret_file("forge.client_file", folder, &file)?;
    match text.expose().lines().map(str::trim).collect::<Vec<_>>()[..] {
        [id, secret] if !id.is_empty() && !secret.is_empty() => Ok(Some(Client { id: id.to_owned(), secret: Secret::new(secret) })),
        _ => Err(format!("forge.client_file: {} does not hold two lines: the client id and its secret", folder.join(&file).display())),
    }
}

/// An App's number from its file; none where there is no such file yet.
fn app_id(file: &Path) -> Result<Option<u64>, String> {
    match std::fs::read_to_string(file) {
        Ok(text) => text.trim().parse().map(Some).map_err(|_| format!("forge.app_id_file: {} does not hold a number", file.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("forge.app_id_file: {}: {error}", file.display())),
    }
}

fn url(key: &str, text: &str) -> Result<String, String> {
    let fine = text.parse::<http::Uri>().is_ok_and(|u| matches!(u.scheme_str(), Some("http" | "https")) && u.host().is_some());
    if fine { Ok(text.trim_end_matches('/').to_owned()) } else { Err(format!("{key} = {text:?} is not a http or https address")) }
}

fn not_empty(key: &str, secret: Secret) -> Result<Secret, String> {
    if secret.is_empty() { Err(format!("{key} is empty")) } else { Ok(secret) }
}

fn secret_file(key: &str, folder: &Path, file: &Path) -> Result<Secret, String> {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{key}: {}: {e}", path.display()))?;
    not_empty(key, Secret::new(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_yet_to_be_made_until_its_number_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let app = "public_url = \"https://o.example\"\n[forge]\nmode = \"app\"\napp_id_file = \"app.id\"\nkey_file = \"app.pem\"\nwebhook_secret_files = [\"hook.secret\"]\n";
        let parse = |text: &str| Config::parse(text, folder.path(), &|_| None).map_err(|e| e.to_string());
        let to_make = parse(app).unwrap().forge.account;
        assert!(matches!(to_make, Account::AppToMake(files) if files.id == folder.path().join("app.id")));
        let check = |from: &str, to: &str, says: &str| {
            let error = parse(&app.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(says), "{from} → {to}: {error}");
        };
        check("public_url = \"https://o.example\"", "", "needs public_url");
        check("key_file = \"app.pem\"", "", "wants `key_file`");
        check("\"hook.secret\"", "\"a\", \"b\"", "name its files");
        check("[forge]", "[forge]\nclone_url = \"/srv/git\"", "address for browsers");
        std::fs::write(folder.path().join("app.pem"), "pem").unwrap();
        check("public_url", "public_url", "move the former away");
        std::fs::write(folder.path().join("app.id"), "12\n").unwrap();
        std::fs::write(folder.path().join("hook.secret"), "hush").unwrap();
        let config = parse(app).unwrap();
        assert!(matches!(config.forge.account, Account::App { id: 12, .. }) && config.projects.is_empty());
    }

    const GOOD: &str = "projects = [\"acme/blinky\"]\npublic_url = \"https://ounce.example.org/\"\n[forge]\ntoken = \"sesame\"\nwebhook_secrets = [\"hush\"]\n";

    fn parse(text: &str, env: &[(&str, &str)]) -> Result<Config, String> {
        let env = |name: &str| env.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned());
        Config::parse(text, Path::new("/srv/ounce"), &env).map_err(|e| e.to_string())
    }

    #[test]
    fn a_small_configuration_is_enough() {
        let c = parse(GOOD, &[]).unwrap();
        assert_eq!(c.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(c.public_url.as_deref(), Some("https://ounce.example.org"));
        assert_eq!(c.database.to_string(), "/srv/ounce/ounce.sqlite3");
        assert_eq!(c.forge.api_url, "https://api.github.com");
        assert_eq!(c.keep, Keep::default());
    }

    #[test]
    fn the_environment_goes_over_the_file() {
        let env = [
            ("OUNCE_LISTEN", "[::1]:0"),
            ("OUNCE_DATABASE", "sqlite:///var/lib/o.db"),
            ("OUNCE_WEBHOOK_SECRETS", "new, old"),
            ("OUNCE_FORGE_TOKEN", "other"),
            ("OUNCE_LOG_FORMAT", "json"),
        ];
        let c = parse(GOOD, &env).unwrap();
        assert_eq!(c.listen.to_string(), "[::1]:0");
        assert_eq!(c.log, Format::Json);
        assert_eq!(c.database.to_string(), "/var/lib/o.db");
        assert_eq!(c.forge.webhook_secrets, [Secret::new("new"), Secret::new("old")]);
        assert!(matches!(c.forge.account, Account::Token(t) if t.expose() == "other"));
    }

    #[test]
    fn the_databases_password_is_never_shown() {
        for database in
            ["postgres://ounce:sesame@db.example:5433/weights", "postgresql://ounce:sesame@db.example:5433/weights?sslmode=require"]
        {
            let c = parse(&format!("database = \"{database}\"\n{GOOD}"), &[]).unwrap();
            assert_eq!(c.database.to_string(), "postgres://ounce@db.example:5433/weights");
            assert!(!format!("{c:?}").contains("sesame"), "{c:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pw"), "sesame\n").unwrap();
        let read = |database: &str| {
            let text = format!("database = \"{database}\"\ndatabase_password_file = \"pw\"\n{GOOD}");
            Config::parse(&text, folder.path(), &|_| None).map_err(|e| e.to_string())
        };
        let Place::Postgres(_) = read("postgres://ounce@db/weights").unwrap().database else { panic!("a file") };
        assert!(read("ounce.sqlite3").unwrap_err().contains("a SQLite file has no password"));
    }

    #[test]
    fn mistakes_are_named_with_the_next_step() {
        let check = |from: &str, to: &str, says: &str| {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from} is not in the configuration");
            let error = parse(&text, &[]).unwrap_err();
            assert!(error.contains(says), "{from} → {to}: {error}");
            assert!(!error.contains("sesame") && !error.contains("hush"), "a secret is in: {error}");
        };
        check("public_url", "publik_url", "did you mean `public_url`?");
        check("token =", "tokenn =", "did you mean `token`?");
        check("[\"acme/blinky\"]", "[]", "no projects");
        check("[forge]", "[keep]\npages_ms = 60001\n[forge]", "60000 ms at most");
        check("acme/blinky", "acme", "owner/name");
        check("https://ounce", "ftp://ounce", "not a http or https address");
        check("token = \"sesame\"", "", "wants one of `token_file` and `token`");
        check("token = \"sesame\"", "token = \"\"", "forge.token is empty");
        check("token = \"sesame\"", "token = \"sesame", "line 4");
        check("[\"hush\"]", "\"hush\"", "line 5: invalid type: a text, expected");
        check("token = \"sesame\"", "token = \"sesame\"\ntoken_file = \"t\"", "wants one of");
        check("token = \"sesame\"", "mode = \"app\"", "wants `key_file` and one of `app_id`");
        check("token = \"sesame\"", "mode = \"app\"\napp_id = 1\nkey_file = \"none.pem\"", "forge.key_file: /srv/ounce/none.pem");
        check("[\"hush\"]", "[]", "no webhook secret");
        check("[\"hush\"]", "[\"hush\", \"b\", \"c\"]", "3 webhook secrets");
        check("projects", "database = \"postgres://u:sesame@h:port/x\"\nprojects", "not an address of PostgreSQL");
        check("projects", "database = \":memory:\"\nprojects", "not a file's path");
        check("projects", "listen = \"8080\"\nprojects", "listen");
        check("projects", "behind = [\"proxy.example\"]\nprojects", "not the address of a proxy");
        check("projects", "log = \"jsn\"\nprojects", "neither \"text\" nor \"json\"");
    }
}
