//! What the stories are played in: one repository on a double, a server that watches it, and a clock that can be moved.

use crate::database::Database;
use crate::runner::ScriptedRunner;
use github_double::{Comment, Config as DoubleConfig, Double, NewPull, RepositoryConfig, Status, WebhookConfig};
use ounce_protocol::ids::RunnerName;
use ounce_server::clock::Clock;
use ounce_server::config::Config;
use ounce_server::serve::{self, Running};
use ounce_server::store::Store;
use ounce_server::store::sql::{FromRow, script, sql};
use ounce_server::web::webhook;
use ounce_server::work::lease;
use std::time::{Duration, Instant};

pub const REPO: &str = "acme/blinky";
pub const SECRET: &str = "hush";
/// Longest a story waits for something.
const WAIT: Duration = Duration::from_secs(20);

/// Two boards: one only built, one run in QEMU with a benchmark.
pub const MANIFEST: &str = r#"version = 1
name = "blinky"
[boards.disco]
build = ["make", "BOARD=disco"]
elf = "out/disco.elf"
regions = [{ name = "flash", kind = "flash", start = 0x0800_0000, size = "1M" }]
run = { qemu = { system = "arm", machine = "netduinoplus2" } }
[boards.mini]
build = ["make", "BOARD=mini"]
elf = "out/mini.elf"
regions = [{ name = "flash", kind = "flash", start = 0, size = "64K" }]
[benchmarks.sum]
expect = "sum 5050"
[[budgets]]
region = "flash"
max_growth = 256
"#;

pub struct World {
    pub double: Double,
    pub clock: Clock,
    pub config: Config,
    pub http: reqwest::Client,
    pub store: Store,
    server: Option<Running>,
    folder: tempfile::TempDir,
    _database: Database,
}

impl World {
    /// The repository with the manifest on its default branch, and a server that watches it.
    pub async fn new() -> World {
        World::with(Some(MANIFEST), |_| {}).await
    }

    /// The same with another manifest, or none, and another double.
    pub async fn with(manifest: Option<&str>, change: impl FnOnce(&mut DoubleConfig)) -> World {
        let database = Database::new().await;
        World::as_account(database, manifest, change, |double| format!("token = \"{}\"", double.token)).await
    }

    /// The server is a GitHub App that works wherever it is installed.
    pub async fn as_app_anywhere() -> World {
        let mut world = World::as_app().await;
        world.stop().await;
        world.config.projects.clear();
        world.start().await;
        world
    }

    /// The server is a GitHub App instead of an account.
    pub async fn as_app() -> World {
        World::as_app_over(Database::new().await).await
    }

    /// The same over this database.
    pub async fn as_app_over(database: Database) -> World {
        let account =
            |double: &DoubleConfig| format!("mode = \"app\"\napp_id = {}\nkey_file = \"app.pem\"", double.app.as_ref().unwrap().id);
        World::as_account(database, Some(MANIFEST), |double| double.repositories[0].private = true, account).await
    }

    async fn as_account(
        database: Database,
        manifest: Option<&str>,
        change: impl FnOnce(&mut DoubleConfig),
        account: impl FnOnce(&DoubleConfig) -> String,
    ) -> World {
        let folder = tempfile::tempdir().unwrap();
        let mut double = DoubleConfig { lazy_answers: 0, ..DoubleConfig::default() };
        double.repositories.push(RepositoryConfig::new(REPO, &folder.path().join("blinky.git")));
        change(&mut double);
        let account = account(&double);
        std::fs::write(folder.path().join("app.pem"), github_double::DEMO_APP_KEY_PEM).unwrap();
        std::fs::write(folder.path().join("app.client"), format!("{}\n{}\n", github_double::CLIENT_ID, github_double::CLIENT_SECRET))
            .unwrap();
        let double = Double::start(double).await.unwrap();
        let files = [("main.c", Some("int main;")), ("ounce.toml", manifest)];
        let files: Vec<_> = files.into_iter().filter(|(_, text)| text.is_some()).collect();
        double.commit(REPO, "main", None, "begin", &files).await.unwrap();
        let config = format!(
            "listen = \"127.0.0.1:0\"\npublic_url = \"https://ounce.example.org\"\nprojects = [\"{REPO}\"]\n
             [forge]\napi_url = \"{url}\"\nclone_url = \"{url}\"\n{account}\nwebhook_secrets = [\"{SECRET}\", \"older\"]\n",
            url = double.base_url()
        );
        let mut config = Config::parse(&config, folder.path(), &|_| None).unwrap();
        config.database = database.place.clone();
        // Stories look at once at what they did.
        config.keep.pages_ms = 0;
        let store = serve::open(&config).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut world = World { double, clock: Clock::default(), config, http, store, server: None, folder, _database: database };
        world.start().await;
        world
    }

    /// Starts the server, again on the same database.
    pub async fn start(&mut self) {
        let forge = serve::connect(&self.config.forge, self.clock.clone()).unwrap();
        let store = Store::open(&self.config.database).await.unwrap();
        self.server = Some(serve::start(&self.config, store, forge, self.clock.clone()).await.unwrap());
        let url = self.url(webhook::PATH);
        self.double.set_webhook(Some(WebhookConfig { url, secret: SECRET.into() }));
    }

    /// One more server on the same database and forge; webhooks go to the first.
    pub async fn another_server(&self) -> Running {
        let forge = serve::connect(&self.config.forge, self.clock.clone()).unwrap();
        let store = Store::open(&self.config.database).await.unwrap();
        serve::start(&self.config, store, forge, self.clock.clone()).await.unwrap()
    }

    /// Changes rows behind the server's back.
    pub async fn emptied(&self, text: &'static str) {
        script(&mut self.store.connection().await.unwrap(), text).await.unwrap();
    }

    /// Where a story may keep repositories.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Cuts the server's power. Where others could share its database, its claims lapse by themselves: that time has passed here.
    pub async fn kill(&mut self) {
        self.server.take().unwrap().kill().await;
        let mut c = self.store.connection().await.unwrap();
        script(&mut c, "UPDATE claims SET until_ms = 0; UPDATE writers SET until_ms = 0").await.unwrap();
    }

    /// Stops the server in order; gives how long that took.
    pub async fn stop(&mut self) -> Duration {
        let begin = Instant::now();
        self.server.take().unwrap().stop().await;
        begin.elapsed()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.as_ref().unwrap().addr)
    }

    /// Lets time pass, and has everything looked at that waits for time.
    pub fn pass(&self, ms: i64) {
        self.clock.advance(ms);
        self.ring();
    }

    fn ring(&self) {
        if let Some(server) = &self.server {
            let wake = &server.wake;
            wake.queue.notify_waiters();
            for bell in [&wake.plan, &wake.judge, &wake.publish, &wake.sweep, &wake.tidy] {
                bell.notify_one();
            }
        }
    }

    /// Pushes a change to a branch of its own and opens a pull request from it.
    pub async fn pull(&self, branch: &str) -> u64 {
        self.double.commit(REPO, branch, Some("main"), "change", &[("main.c", Some(branch))]).await.unwrap();
        self.double.open_pull(REPO, NewPull::from_branch("Faster", branch)).await.unwrap()
    }

    pub async fn head(&self, branch: &str) -> String {
        self.double.branches(REPO).await.unwrap()[branch].clone()
    }

    /// An enrolled runner that can run every board here.
    pub async fn runner(&self, name: &str) -> ScriptedRunner {
        let name = RunnerName::parse(name).unwrap();
        let code = lease::new_code(&self.store, &name, self.clock.now()).await.unwrap();
        ScriptedRunner::enroll(self, &name, &code).await
    }

    /// The one comment on a pull request, once it says this.
    pub async fn comment_saying(&self, pull: u64, text: &str) -> Comment {
        let found = self
            .eventually(&format!("a comment that says {text:?}"), || {
                self.double.comments(REPO, pull).into_iter().find(|c| c.body.contains(text))
            })
            .await;
        assert_eq!(self.double.comments(REPO, pull).len(), 1, "more than one comment");
        found
    }

    /// The newest status of a commit, once its description contains this.
    pub async fn status_saying(&self, sha: &str, text: &str) -> Status {
        let newest = || self.double.statuses(REPO, sha).pop().filter(|s| s.description.as_deref().unwrap_or("").contains(text));
        self.eventually(&format!("a status that says {text:?}"), newest).await
    }

    /// Waits until there is something, or fails with what it waited for.
    pub async fn eventually<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + WAIT;
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < end, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The same, asking the database.
    pub async fn row(&self, what: &str, text: &'static str) -> i64 {
        let end = Instant::now() + WAIT;
        loop {
            if let Some(value) = self.asked(text).await {
                return value;
            }
            assert!(Instant::now() < end, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the database holds now.
    pub async fn count(&self, text: &'static str) -> i64 {
        self.asked(text).await.unwrap()
    }

    /// What the database answers, in its first row.
    pub async fn asked<T: FromRow>(&self, text: &'static str) -> Option<T> {
        sql(text).fetch_optional(&mut self.store.connection().await.unwrap()).await.unwrap()
    }

    /// Gives the server the time to do something it should not do: all its loops look, twice.
    pub async fn settle(&self) {
        for _ in 0..2 {
            self.ring();
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }
}

/// Takes the webhook away: the server hears of nothing. Gives it, to be set again.
pub fn deaf(world: &World) -> Option<WebhookConfig> {
    world.double.set_webhook(None);
    Some(WebhookConfig { url: world.url(webhook::PATH), secret: SECRET.into() })
}
