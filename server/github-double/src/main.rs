//! The double as a program, for the demo: starts it and says where it listens. Everything else is in the library.

use anyhow::{Context, Result};
use clap::Parser;
use github_double::{AppConfig, Config, Double, RepositoryConfig, WebhookConfig};
use std::path::PathBuf;

/// A stateful stand-in for GitHub on 127.0.0.1, with real git repositories behind it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A repository: owner/name=/path/to/bare.git. Made where the path does not exist. May be repeated.
    #[arg(long = "repo", value_name = "OWNER/NAME=PATH")]
    repositories: Vec<String>,
    /// A repository whose reading needs a token. May be repeated.
    #[arg(long = "private-repo", value_name = "OWNER/NAME=PATH")]
    private: Vec<String>,
    /// The repositories' default branch.
    #[arg(long, default_value = "main")]
    default_branch: String,
    /// Where events are sent; without it none are.
    #[arg(long)]
    webhook_url: Option<String>,
    /// What events are signed with.
    #[arg(long, default_value = "double-secret")]
    webhook_secret: String,
    /// The personal token that is accepted.
    #[arg(long, default_value = "double-token")]
    token: String,
    /// Whose token that is.
    #[arg(long, default_value = "ounce-bot")]
    token_login: String,
    /// The App's private key, PEM; without it the public demo key (see --write-app-key).
    #[arg(long, value_name = "FILE")]
    app_key_pem: Option<PathBuf>,
    /// The App's id.
    #[arg(long, default_value_t = 7001)]
    app_id: u64,
    /// The App's slug; it writes as SLUG[bot].
    #[arg(long, default_value = "ounce")]
    app_slug: String,
    /// The App's one installation.
    #[arg(long, default_value_t = 9001)]
    installation_id: u64,
    /// Writes the demo App's private key to this file, for the server to use, before anything else.
    #[arg(long, value_name = "FILE")]
    write_app_key: Option<PathBuf>,
    /// How many answers say `mergeable: null` after a change.
    #[arg(long, default_value_t = 1)]
    lazy_answers: u32,
    /// Also send the events that comments written through the API cause.
    #[arg(long)]
    echo: bool,
    /// Writes the base URL to this file once it listens: for scripts that start it with port 0.
    #[arg(long, value_name = "FILE")]
    url_file: Option<PathBuf>,
}

fn repository(text: &str, default_branch: &str, private: bool) -> Result<RepositoryConfig> {
    let (full_name, path) = text.split_once('=').with_context(|| format!("{text:?} is not OWNER/NAME=PATH"))?;
    Ok(RepositoryConfig { full_name: full_name.into(), path: path.into(), default_branch: default_branch.into(), private })
}

#[tokio::main]
async fn main() -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    if let Some(path) = &arguments.write_app_key {
        std::fs::write(path, github_double::DEMO_APP_KEY_PEM).with_context(|| format!("writing {}", path.display()))?;
    }
    let key_pem = match &arguments.app_key_pem {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?,
        None => github_double::DEMO_APP_KEY_PEM.to_owned(),
    };
    let mut repositories = Vec::new();
    for (texts, private) in [(&arguments.repositories, false), (&arguments.private, true)] {
        for text in texts {
            repositories.push(repository(text, &arguments.default_branch, private)?);
        }
    }
    let double = Double::start(Config {
        port: arguments.port,
        token: arguments.token,
        token_login: arguments.token_login,
        app: Some(AppConfig { id: arguments.app_id, slug: arguments.app_slug, key_pem, installation_id: arguments.installation_id }),
        webhook: arguments.webhook_url.map(|url| WebhookConfig { url, secret: arguments.webhook_secret }),
        repositories,
        lazy_answers: arguments.lazy_answers,
        echo: arguments.echo,
    })
    .await?;
    if let Some(path) = &arguments.url_file {
        std::fs::write(path, double.base_url()).with_context(|| format!("writing {}", path.display()))?;
    }
    println!("{}", double.base_url());
    tokio::select! {
        ended = double.serve() => ended,
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}
