//! What operators say at the command line about projects: who sees them, the tokens that read them, and what their features cost.

use crate::{note, one_line, say};
use anyhow::{Context, Result, anyhow, ensure};
use clap::Subcommand;
use ounce_protocol::ids::RepoName;
use ounce_protocol::prices::{self as list, Prices};
use ounce_server::clock::Clock;
use ounce_server::config::Config;
use ounce_server::secret::{random_token, sha256_hex};
use ounce_server::serve;
use ounce_server::store::sight::{self, Visibility};
use ounce_server::store::{Connection, prices, projects, tokens};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Longest name of a token, bytes.
const NAME_BYTES_MAX: usize = 60;
/// By its beginning such a token is recognised where it should not be.
const PREFIX: &str = "ounce_read_";

#[derive(Debug, Subcommand)]
pub enum ProjectCommand {
    /// Lists the projects and who sees them.
    List,
    /// Says who sees a project: as the forge has it, everybody, or only who may read the repository.
    Visibility {
        /// The repository, owner/name.
        #[arg(value_parser = RepoName::parse)]
        project: RepoName,
        /// forge, public or private.
        #[arg(value_parser = Visibility::parse)]
        visibility: Visibility,
    },
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Prints a new token that reads one project through the API. It is shown this once.
    Add {
        /// The repository, owner/name.
        #[arg(long, value_parser = RepoName::parse)]
        project: RepoName,
        /// What it is for, in letters, digits and -_. signs.
        #[arg(long, value_parser = name)]
        name: String,
    },
    /// Lists the tokens, and about when each was used last.
    List,
    /// Takes a token back, at once.
    Revoke {
        /// The repository, owner/name.
        #[arg(long, value_parser = RepoName::parse)]
        project: RepoName,
        /// What it was called.
        #[arg(long, value_parser = name)]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum PricesCommand {
    /// Keeps a price list: what features cost at the commit that it names. One of the same commit is replaced.
    Put {
        /// The list as JSON, as docs/interfaces.md states it; - reads standard input.
        file: PathBuf,
    },
    /// Lists the commits whose prices are kept.
    List,
}

fn name(text: &str) -> Result<String, String> {
    let good = !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if good { Ok(text.to_owned()) } else { Err(format!("a token's name has 1 to {NAME_BYTES_MAX} letters, digits and -_. signs")) }
}

async fn known(c: &mut Connection, repo: &RepoName) -> Result<i64> {
    let project = projects::find(c, repo).await?;
    project.with_context(|| {
        format!("{repo} is not known here: it appears with its first event from the forge; `ounce-server project list` shows all")
    })
}

/// Does what is said about a project.
pub async fn project(config: &Config, command: ProjectCommand) -> Result<()> {
    let store = serve::open(config).await?;
    match command {
        ProjectCommand::List => {
            for project in sight::list(&mut *store.connection().await?).await? {
                let forge = match (project.asked_ms, project.is_private) {
                    (0, true) => "private until the forge says otherwise",
                    (_, true) => "private on the forge",
                    (_, false) => "public on the forge",
                };
                say(&format!("{}\t{forge}\tvisibility {}", one_line(&project.repo), project.visibility))?;
            }
        }
        ProjectCommand::Visibility { project, visibility } => {
            let mut tx = store.write().await?;
            let id = known(&mut tx, &project).await?;
            sight::set(&mut tx, id, visibility).await?;
            tx.commit().await?;
            note(&store, "visibility", &project.to_string(), visibility.word()).await?;
            say(&format!("{project}: {}", visibility.word()))?;
        }
    }
    store.close().await;
    Ok(())
}

/// Does what is said about tokens.
pub async fn token(config: &Config, command: TokenCommand) -> Result<()> {
    let store = serve::open(config).await?;
    let now = Clock::default().now();
    match command {
        TokenCommand::Add { project, name } => {
            let token = format!("{PREFIX}{}", random_token());
            let mut tx = store.write().await?;
            let id = known(&mut tx, &project).await?;
            let added = tokens::add(&mut tx, id, &name, &sha256_hex(&token), now).await?;
            ensure!(added, "{project} has a token {name:?} already: `ounce-server token revoke` ends it");
            tx.commit().await?;
            note(&store, "token add", &project.to_string(), &format!("{name} reads it")).await?;
            say(&token)?;
            eprintln!("reads {project} with `Authorization: Bearer …` below /api/v1; it is not shown again");
        }
        TokenCommand::List => {
            for token in tokens::list(&mut *store.connection().await?).await? {
                let days = |at: i64| (now - at).max(0) / (24 * 3_600_000);
                let used = token.used_ms.map_or("never used".into(), |at| format!("used {} days ago", days(at)));
                let stands =
                    if token.revoked_ms.is_some() { "revoked".to_owned() } else { format!("made {} days ago", days(token.created_ms)) };
                say(&format!("{}\t{}\t{stands}\t{used}", one_line(&token.repo), token.name))?;
            }
        }
        TokenCommand::Revoke { project, name } => {
            let mut tx = store.write().await?;
            let id = known(&mut tx, &project).await?;
            ensure!(tokens::revoke(&mut tx, id, &name, now).await?, "{project} has no token {name:?}: `ounce-server token list` shows all");
            tx.commit().await?;
            note(&store, "token revoke", &project.to_string(), &format!("{name} reads it no more")).await?;
            say(&format!("{name} reads {project} no more"))?;
        }
    }
    store.close().await;
    Ok(())
}

/// Does what is said about prices.
pub async fn prices(config: &Config, repo: RepoName, command: PricesCommand) -> Result<()> {
    // What cannot be read changes nothing, and needs no database to be told.
    let put = match &command {
        PricesCommand::Put { file } => Some(read(file)?),
        PricesCommand::List => None,
    };
    let store = serve::open(config).await?;
    let mut tx = store.write().await?;
    let project = known(&mut tx, &repo).await?;
    match put {
        Some(prices) => {
            let new = prices::put(&mut tx, project, &prices, Clock::default().now()).await?;
            tx.commit().await?;
            let (commit, features, boards) = (prices.commit.short(), prices.features.len(), prices.boards.len());
            let what = if new { "kept" } else { "kept in place of those there were" };
            note(&store, "prices put", &repo.to_string(), &format!("{features} features on {boards} boards at {commit}, {what}")).await?;
            say(&format!("{repo}: prices of {features} features on {boards} boards at {commit} are {what}; see /p/{repo}/prices"))?;
        }
        None => {
            for kept in prices::list(&mut tx, project).await? {
                say(&kept.sha)?;
            }
            tx.commit().await?;
        }
    }
    store.close().await;
    Ok(())
}

/// A price list from a file, or from standard input.
fn read(file: &Path) -> Result<Prices> {
    let from: Box<dyn Read> = match file.to_str() {
        Some("-") => Box::new(std::io::stdin()),
        _ => Box::new(std::fs::File::open(file).with_context(|| format!("opening {}", file.display()))?),
    };
    let mut text = String::new();
    // One byte more than there may be, so that what is longer is seen to be.
    let most = u64::try_from(list::BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    from.take(most).read_to_string(&mut text).with_context(|| format!("reading {}", file.display()))?;
    Prices::parse(&text).map_err(|error| anyhow!("{}: {error}; docs/interfaces.md states the form of a price list", file.display()))
}
