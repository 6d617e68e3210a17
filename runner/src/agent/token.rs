//! The file with the runner's token, and how another follows it without a moment in which none is good.
//!
//! The server goes on taking the old token until the new one was used once. So the new one is first written beside the old, then used,
//! then put in its place: whatever is lost or killed in between, one of the two files is good, and the server says which.

use super::client::Client;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Digits of a token: 256 bits in hexadecimal.
const TOKEN_DIGITS: usize = 64;

/// A file with a token, which only its owner reads.
#[derive(Debug, Clone)]
pub struct TokenFile {
    path: PathBuf,
    /// Where a token waits that was not used yet.
    next: PathBuf,
}

impl TokenFile {
    /// The file at this path, which may not be there yet.
    pub fn new(path: &Path) -> TokenFile {
        let mut next = path.as_os_str().to_owned();
        next.push(".next");
        TokenFile { path: path.to_owned(), next: next.into() }
    }

    /// Makes it ready for a token that is yet to come: a code works once, and its token must have a place to go.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn prepare(&self) -> Result<()> {
        private(std::fs::OpenOptions::new().append(true), &self.path).map(drop)
    }

    /// Puts a token into it, whole or not at all.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put(&self, token: &str) -> Result<()> {
        self.put_next(token)?;
        self.step()
    }

    /// The token. It is read each time: an agent that is enrolled anew need not be started anew.
    ///
    /// # Errors
    /// Where there is none.
    pub fn token(&self) -> Result<String> {
        let path = self.path.display();
        let text = std::fs::read_to_string(&self.path)
            .with_context(|| format!("{path} cannot be read: enrol this runner with --enroll CODE --name NAME"))?;
        match text.trim() {
            "" => bail!("{path} is empty: delete it and enrol this runner again"),
            token => Ok(token.to_owned()),
        }
    }

    /// Has another token follow this one.
    ///
    /// # Errors
    /// Where the server gives none or does not answer, or the file cannot be written. The token that was good is good.
    pub async fn rotate(&self, client: &Client) -> Result<()> {
        let next = client.with_token(&self.token()?).rotate().await?;
        self.put_next(&next)?;
        self.settle(client).await
    }

    /// Uses a token that waits, and puts it in the place of the one before; drops one that the server does not know.
    ///
    /// # Errors
    /// Where the server does not answer: which of the two is good is not known then.
    pub async fn settle(&self, client: &Client) -> Result<()> {
        let Ok(text) = std::fs::read_to_string(&self.next) else { return Ok(()) };
        let next = text.trim();
        // Half-written when the agent was killed.
        let whole = next.len() == TOKEN_DIGITS && next.bytes().all(|b| b.is_ascii_hexdigit());
        if whole && client.with_token(next).confirm().await? {
            return self.step();
        }
        std::fs::remove_file(&self.next).with_context(|| format!("{} cannot be removed", self.next.display()))
    }

    fn put_next(&self, token: &str) -> Result<()> {
        let mut file = private(std::fs::OpenOptions::new().write(true).truncate(true), &self.next)?;
        let written = writeln!(file, "{token}").and_then(|()| file.sync_all());
        written.with_context(|| format!("{} cannot be written", self.next.display()))
    }

    fn step(&self) -> Result<()> {
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let stepped = std::fs::rename(&self.next, &self.path).and_then(|()| File::open(folder)?.sync_all());
        stepped.with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

fn private(options: &mut std::fs::OpenOptions, path: &Path) -> Result<File> {
    options.create(true).mode(0o600).open(path).with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::fake::Fake;

    const OLD: &str = "old0old0";

    /// What is in the two files after the agent looked at them, at a server that answers so.
    async fn settled(next: &str, answer: u16) -> (Result<()>, Option<String>, Option<String>) {
        let dir = tempfile::tempdir().unwrap();
        let file = TokenFile::new(&dir.path().join("token"));
        file.put(OLD).unwrap();
        std::fs::write(&file.next, next).unwrap();
        let server = Fake::start(move |_, _| answer).await;
        let done = file.settle(&Client::new(&server.address, None).unwrap()).await;
        let text = |path: &Path| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
        (done, text(&file.path), text(&file.next))
    }

    #[tokio::test]
    async fn an_agent_killed_at_any_step_has_a_good_token() {
        let new = "ab".repeat(32);
        let check = async |next: &str, answer: u16, token: &str| {
            let (done, is, next) = settled(next, answer).await;
            assert!(done.is_ok() && next.is_none(), "{answer}: {done:?} {next:?}");
            assert_eq!(is.as_deref(), Some(token), "{answer}");
        };
        check(&new, 204, &new).await;
        check(&new, 401, OLD).await;
        check(&new[..20], 204, OLD).await;
        check("", 204, OLD).await;
        let (done, is, next) = settled(&new, 403).await;
        assert!(done.is_err(), "which of the two is good is not known");
        assert_eq!((is.as_deref(), next.as_deref()), (Some(OLD), Some(&*new)));
    }

    #[tokio::test]
    async fn a_token_is_followed_by_another_that_was_used() {
        let dir = tempfile::tempdir().unwrap();
        let file = TokenFile::new(&dir.path().join("token"));
        file.put(OLD).unwrap();
        let server = Fake::start(|path, _| if path == "rotate" { 200 } else { 204 }).await;
        file.rotate(&Client::new(&server.address, None).unwrap()).await.unwrap();
        assert_eq!(server.paths(), ["rotate", "confirm"]);
        assert_eq!(file.token().unwrap(), "ab".repeat(32));
        assert!(!file.next.exists());
    }

    #[test]
    fn only_the_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let file = TokenFile::new(&dir.path().join("token"));
        assert!(file.token().unwrap_err().to_string().contains("enrol this runner"));
        file.prepare().unwrap();
        assert!(file.token().unwrap_err().to_string().contains("is empty"));
        file.put(OLD).unwrap();
        assert_eq!(file.token().unwrap(), OLD);
        assert_eq!(std::fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
