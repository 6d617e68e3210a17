//! The planner and the judge alone, with a forge of a few lines that says what GitHub says only in bad moments.

use crate::database::Database;
use ounce_protocol::ids::{CommitSha, RepoName};
use ounce_server::clock::Clock;
use ounce_server::config::Keep;
use ounce_server::forge::{CheckReport, Comment, CommitInfo, Forge, ForgeError, MergeState, Named, PullRequest, Role};
use ounce_server::store::deliveries;
use ounce_server::store::sql::{FromRow, script, sql};
use ounce_server::work::{Context, compare, plan};
use serde_json::json;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

fn sha(digit: char) -> CommitSha {
    CommitSha::parse(&String::from(digit).repeat(40)).unwrap()
}

/// A forge with one pull request, whose test merge `m` has the parents it is told to have.
struct Stub {
    head: CommitSha,
    merge: MergeState,
    merge_parents: Mutex<Vec<CommitSha>>,
    down: bool,
    open: Mutex<bool>,
}

impl Stub {
    fn new() -> Stub {
        let merge_parents = Mutex::new(vec![sha('b'), sha('a')]);
        Stub { head: sha('a'), merge: MergeState::Merged(sha('f')), merge_parents, down: false, open: Mutex::new(true) }
    }
}

fn unavailable<T>() -> Result<T, ForgeError> {
    Err(ForgeError::Unavailable { what: "stub".into(), detail: "out of order".into() })
}

impl Forge for Stub {
    async fn pull_request(&self, _: &RepoName, number: u64) -> Result<PullRequest, ForgeError> {
        if self.down {
            return unavailable();
        }
        let (title, base_branch) = ("t".into(), "main".into());
        let (head, merge) = (self.head.clone(), self.merge.clone());
        let open = *self.open.lock().unwrap();
        Ok(PullRequest {
            number,
            title,
            author: "u".into(),
            open,
            from_fork: false,
            head,
            base_tip: sha('b'),
            base_branch,
            merge,
            landed: None,
        })
    }
    async fn commit(&self, _: &RepoName, which: &CommitSha) -> Result<CommitInfo, ForgeError> {
        let parents = if *which == sha('f') { self.merge_parents.lock().unwrap().clone() } else { vec![] };
        Ok(CommitInfo { sha: which.clone(), parents, committed_s: 1, summary: "s".into(), author: String::new() })
    }
    async fn merge_base(&self, _: &RepoName, _: &CommitSha, _: &CommitSha) -> Result<CommitSha, ForgeError> {
        Ok(sha('b'))
    }
    async fn file(&self, _: &RepoName, _: &CommitSha, _: &str) -> Result<Option<String>, ForgeError> {
        Ok(Some(crate::world::MANIFEST.into()))
    }
    async fn find_comment(&self, _: &RepoName, _: u64, _: &str) -> Result<Option<Comment>, ForgeError> {
        unavailable()
    }
    async fn comment(&self, _: &RepoName, _: u64) -> Result<Option<Comment>, ForgeError> {
        unavailable()
    }
    async fn create_comment(&self, _: &RepoName, _: u64, _: &str) -> Result<Comment, ForgeError> {
        unavailable()
    }
    async fn update_comment(&self, _: &RepoName, _: u64, _: &str) -> Result<(), ForgeError> {
        unavailable()
    }
    async fn report_check(&self, _: &RepoName, _: &CheckReport) -> Result<(), ForgeError> {
        unavailable()
    }
    async fn login(&self) -> Result<String, ForgeError> {
        unavailable()
    }
    async fn named(&self, _: &RepoName, _: &str) -> Result<Option<Named>, ForgeError> {
        unavailable()
    }
    async fn tag(&self, _: &RepoName, _: &str) -> Result<Option<CommitSha>, ForgeError> {
        unavailable()
    }
    async fn history(&self, _: &RepoName, _: &CommitSha, _: Option<i64>, _: usize) -> Result<Vec<CommitInfo>, ForgeError> {
        unavailable()
    }
    async fn is_private(&self, _: &RepoName) -> Result<bool, ForgeError> {
        unavailable()
    }
    async fn role(&self, _: &RepoName, _: &str) -> Result<Role, ForgeError> {
        unavailable()
    }
    fn clone_url(&self, repo: &RepoName) -> String {
        repo.to_string()
    }
    async fn clone_token(&self, _: &RepoName) -> Result<Option<String>, ForgeError> {
        Ok(None)
    }
}

struct Desk {
    cx: Context<Stub>,
    _stop: watch::Sender<bool>,
    _database: Database,
}

impl Desk {
    /// A planner before whom lies the event that a pull request with head `a` was opened.
    async fn new(forge: Stub) -> Desk {
        let database = Database::new().await;
        let store = database.store().await;
        let (stop, stopping) = watch::channel(false);
        let repo = RepoName::parse("o/r").unwrap();
        let (clock, wake, keep) = (Clock::default(), Arc::default(), Keep::default());
        let started_ms = clock.now();
        let cx = Context { store, forge, clock, wake, stopping, projects: vec![repo], public_url: None, keep, started_ms };
        let desk = Desk { cx, _stop: stop, _database: database };
        desk.deliver("g", "opened").await;
        desk
    }

    async fn deliver(&self, guid: &str, action: &str) {
        let repo = json!({"full_name": "o/r", "default_branch": "main"});
        let pull = json!({"title": "t", "user": {"login": "u"}, "head": {"sha": sha('a'), "repo": repo}});
        let event = json!({"action": action, "number": 7, "pull_request": pull, "repository": repo}).to_string();
        let now = self.cx.clock.now();
        deliveries::note(&mut self.cx.store.connection().await.unwrap(), guid, "pull_request", event.as_bytes(), now).await.unwrap();
    }

    /// Lets the planner look whenever something is due, for an hour.
    async fn an_hour(&self) {
        for _ in 0..120 {
            while plan::step(&self.cx).await.unwrap() {}
            self.cx.clock.advance(30_000);
        }
    }

    async fn says<T: FromRow>(&self, text: &'static str) -> T {
        sql(text).fetch_one(&mut self.cx.store.connection().await.unwrap()).await.unwrap()
    }

    async fn spoil(&self, text: &'static str) {
        script(&mut self.cx.store.connection().await.unwrap(), text).await.unwrap();
    }
}

#[tokio::test]
async fn a_test_merge_of_another_head_is_never_weighed() {
    let desk = Desk::new(Stub::new()).await;
    *desk.cx.forge.merge_parents.lock().unwrap() = vec![sha('b'), sha('c')];
    assert!(plan::step(&desk.cx).await.unwrap());
    assert_eq!(desk.says::<i64>("SELECT COUNT(*) FROM runs").await, 0, "the merge is of a head nobody announced");
    *desk.cx.forge.merge_parents.lock().unwrap() = vec![sha('b'), sha('a')];
    desk.cx.clock.advance(2_000);
    assert!(plan::step(&desk.cx).await.unwrap());
    assert_eq!(desk.says::<String>("SELECT base_sha || head_sha FROM runs").await, format!("{}{}", sha('b'), sha('f')));
}

#[tokio::test]
async fn a_head_that_moved_is_left_to_its_own_delivery() {
    let desk = Desk::new(Stub { head: sha('c'), ..Stub::new() }).await;
    desk.an_hour().await;
    assert_eq!(desk.says::<i64>("SELECT COUNT(*) FROM runs").await, 0);
    assert_eq!(desk.says::<String>("SELECT state FROM deliveries").await, "ignored");
}

#[tokio::test]
async fn a_merge_that_is_never_tried_ends_in_a_check_that_is_no_pass() {
    let desk = Desk::new(Stub { merge: MergeState::Unknown, ..Stub::new() }).await;
    desk.an_hour().await;
    let check: String = desk.says("SELECT payload FROM outbox").await;
    assert!(check.contains("\"incomplete\"") && check.contains("has not tried the merge yet"), "{check}");
    assert_eq!(desk.says::<i64>("SELECT attempts + 1 FROM deliveries").await, i64::from(plan::ATTEMPTS_MAX));
    assert_eq!(desk.says::<i64>("SELECT COUNT(*) FROM jobs").await, 0);
}

#[tokio::test]
async fn a_forge_that_is_down_is_not_asked_for_ever() {
    let desk = Desk::new(Stub { down: true, ..Stub::new() }).await;
    desk.an_hour().await;
    assert_eq!(desk.says::<String>("SELECT note FROM deliveries WHERE state = 'failed'").await, "stub: out of order");
}

#[tokio::test]
async fn a_late_closed_stops_nothing_that_is_open_again() {
    let desk = Desk::new(Stub::new()).await;
    while plan::step(&desk.cx).await.unwrap() {}
    desk.deliver("late", "closed").await;
    desk.an_hour().await;
    assert_eq!(desk.says::<String>("SELECT state FROM runs").await, "measuring");
    assert_eq!(desk.says::<String>("SELECT state FROM deliveries WHERE guid = 'late'").await, "ignored");
    *desk.cx.forge.open.lock().unwrap() = false;
    desk.deliver("true", "closed").await;
    assert!(plan::step(&desk.cx).await.unwrap());
    assert_eq!(desk.says::<String>("SELECT state FROM runs").await, "superseded");
}

#[tokio::test]
async fn a_run_that_cannot_be_read_stops_no_other() {
    let desk = Desk::new(Stub::new()).await;
    while plan::step(&desk.cx).await.unwrap() {}
    let spoil = "UPDATE jobs SET state = 'done'; UPDATE runs SET base_sha = 'nonsense'";
    desk.spoil(spoil).await;
    assert!(compare::step(&desk.cx).await.unwrap());
    assert_eq!(desk.says::<String>("SELECT state FROM runs").await, "refused");
    assert!(!compare::step(&desk.cx).await.unwrap(), "it is not looked at again");
}

#[tokio::test]
async fn rows_that_cannot_be_read_end_one_run_and_stop_no_other() {
    let desk = Desk::new(Stub::new()).await;
    while plan::step(&desk.cx).await.unwrap() {}
    let spoil = "UPDATE jobs SET state = 'done';
        INSERT INTO measurements (run_id, board, commit_id, doc, token, trusted, received_ms) SELECT 1, 'mini', id, '{', 0, 1, 0 FROM commits";
    desk.spoil(spoil).await;
    assert!(compare::step(&desk.cx).await.unwrap());
    assert_eq!(desk.says::<String>("SELECT state FROM runs").await, "refused");
    let comment: String = desk.says("SELECT payload FROM outbox WHERE target LIKE 'comment:%'").await;
    assert!(comment.contains("comparison failed on the server"), "{comment}");
    assert!(!compare::step(&desk.cx).await.unwrap(), "it is not looked at again");
}
