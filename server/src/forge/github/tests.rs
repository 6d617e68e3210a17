//! The forge against the double, over HTTP: each method's good way, each kind of error, and GitHub's traps.

use super::*;
use crate::forge::{CheckAction, CheckState, Role};
use github_double::{AppConfig, Config, DEMO_APP_KEY_PEM, Double, FaultKind, NewPull, Permission, RepositoryConfig, WebhookConfig};
use tempfile::TempDir;

const REPO: &str = "acme/scale";
const MARKER: &str = "<!-- ounce:report -->";

struct Stage {
    double: Double,
    repo: RepoName,
    clock: Clock,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Stage {
        Stage::with(Config::default()).await
    }

    async fn with(config: Config) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let repositories = ["acme/scale", "acme/other"]
            .map(|name| RepositoryConfig { private: true, ..RepositoryConfig::new(name, &folder.path().join(format!("{name}.git"))) });
        let double = Double::start(Config { repositories: repositories.into(), ..config }).await.unwrap();
        double
            .commit(REPO, "main", None, "first\n\nmore words", &[("ounce.toml", Some("version = 1\n")), ("a/b c.c", Some("x"))])
            .await
            .unwrap();
        Stage { double, repo: RepoName::parse(REPO).unwrap(), clock: Clock::default(), folder }
    }

    fn person(&self) -> GitHub {
        GitHub::with_token(self.double.base_url(), "https://example.invalid/", "double-token\n").unwrap()
    }

    fn app(&self) -> GitHub {
        let app = AppConfig::default();
        GitHub::with_app(self.double.base_url(), self.double.base_url(), app.id, DEMO_APP_KEY_PEM, self.clock.clone()).unwrap()
    }

    /// A pull request; its number and head.
    async fn pull(&self, branch: &str, content: &str) -> (u64, CommitSha) {
        let head = self.double.commit(REPO, branch, Some("main"), "change", &[("ounce.toml", Some(content))]).await.unwrap();
        let number = self.double.open_pull(REPO, NewPull::from_branch("A change", branch)).await.unwrap();
        (number, CommitSha::parse(&head).unwrap())
    }

    async fn tip(&self, branch: &str) -> CommitSha {
        CommitSha::parse(&self.double.branches(REPO).await.unwrap()[branch]).unwrap()
    }
}

fn report(sha: &CommitSha, external_id: &str, state: CheckState) -> CheckReport {
    CheckReport {
        sha: sha.clone(),
        external_id: external_id.into(),
        state,
        title: "Weighed".into(),
        summary: "12 B more".into(),
        details_url: Some("https://ounce.example/runs/1".into()),
        actions: if state == CheckState::NeedsApproval { vec![CheckAction::Approve] } else { vec![] },
        annotations: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_is_read_with_its_test_merge() {
    let stage = Stage::new().await;
    for forge in [stage.person(), stage.app()] {
        let branch = if forge.clone_token(&stage.repo).await.unwrap().is_some() { "two" } else { "one" };
        let (number, head) = stage.pull(branch, "version = 2\n").await;
        let first = forge.pull_request(&stage.repo, number).await.unwrap();
        assert_eq!(first.merge, MergeState::Unknown);
        let second = forge.pull_request(&stage.repo, number).await.unwrap();
        let MergeState::Merged(merge) = &second.merge else { panic!("{second:?}") };
        let commit = forge.commit(&stage.repo, merge).await.unwrap();
        assert_eq!(commit.parents, [stage.tip("main").await, head.clone()]);
        assert!(commit.summary.starts_with("Merge ") && commit.committed_s > 1_735_689_600);
        assert!(second.open && !second.from_fork);
        assert_eq!((second.head, second.base_branch.as_str(), second.title.as_str()), (head, "main", "A change"));

        // The base moves: the double still names the old test merge, which must not be believed.
        stage.double.commit(REPO, "main", None, "meanwhile", &[(branch, Some("1"))]).await.unwrap();
        assert_eq!(forge.pull_request(&stage.repo, number).await.unwrap().merge, MergeState::Unknown);
        stage.double.close_pull(REPO, number, "acme").await.unwrap();
        assert!(!forge.pull_request(&stage.repo, number).await.unwrap().open);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_told_and_the_merge_base_found() {
    let stage = Stage::new().await;
    let fork_point = stage.tip("main").await;
    let (number, head) = stage.pull("topic", "version = 2\n").await;
    stage.double.commit(REPO, "main", None, "other", &[("ounce.toml", Some("version = 3\n"))]).await.unwrap();
    stage.double.settle(REPO, number).await.unwrap();
    let forge = stage.app();
    let pull = forge.pull_request(&stage.repo, number).await.unwrap();
    assert_eq!(pull.merge, MergeState::Conflict);
    let main = stage.tip("main").await;
    assert_eq!(forge.merge_base(&stage.repo, &main, &head).await.unwrap(), fork_point);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_listed_page_by_page_and_a_tag_names_a_commit() {
    let stage = Stage::new().await;
    let first = stage.tip("main").await;
    for nth in 0..110 {
        stage.double.commit(REPO, "main", None, &format!("commit {nth}"), &[("n", Some(&nth.to_string()))]).await.unwrap();
    }
    stage.double.tag(REPO, "v1.2", first.as_str(), Some("a release")).await.unwrap();
    let forge = stage.app();
    let tip = stage.tip("main").await;
    let all = forge.history(&stage.repo, &tip, None, 1_000).await.unwrap();
    assert_eq!((all.len(), &all[0].sha, &all[110].sha), (111, &tip, &first));
    assert!(all.windows(2).all(|two| two[0].parents == [two[1].sha.clone()]));
    assert_eq!(forge.history(&stage.repo, &tip, None, 105).await.unwrap().len(), 105);
    let late = forge.history(&stage.repo, &tip, Some(all[4].committed_s), 1_000).await.unwrap();
    assert_eq!(late, all[..5], "those committed then or later");
    assert_eq!(forge.tag(&stage.repo, "v1.2").await.unwrap(), Some(first));
    assert_eq!(forge.tag(&stage.repo, "main").await.unwrap(), None, "a branch is no tag");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_is_a_fork_under_any_branch_name() {
    let stage = Stage::new().await;
    let fork = "stranger/scale";
    stage.double.fork(REPO, fork, &stage.folder.path().join("fork.git")).await.unwrap();
    let head = stage.double.commit(fork, "main", None, "gift", &[("g", Some("1"))]).await.unwrap();
    let new = NewPull { head_repo: Some(fork.into()), ..NewPull::from_branch("A gift", "main") };
    let number = stage.double.open_pull(REPO, new).await.unwrap();
    let forge = stage.app();
    let pull = forge.pull_request(&stage.repo, number).await.unwrap();
    assert!(pull.from_fork);
    assert_eq!(pull.head.as_str(), head);
    assert_eq!(forge.commit(&stage.repo, &pull.head).await.unwrap().summary, "gift");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_read_as_they_were_at_a_commit() {
    let stage = Stage::new().await;
    let main = stage.tip("main").await;
    let big = "x".repeat(FILE_BYTES_MAX);
    let files = [("big", Some(big.as_str())), ("bigger", Some("x".repeat(FILE_BYTES_MAX + 1).leak() as &str))];
    let late = CommitSha::parse(&stage.double.commit(REPO, "main", None, "big", &files).await.unwrap()).unwrap();
    for forge in [stage.person(), stage.app()] {
        let read = async |at: &CommitSha, path: &str| forge.file(&stage.repo, at, path).await;
        assert_eq!(read(&main, "ounce.toml").await.unwrap().as_deref(), Some("version = 1\n"));
        assert_eq!(read(&main, "a/b c.c").await.unwrap().as_deref(), Some("x"));
        assert_eq!(read(&main, "nothing.toml").await.unwrap(), None);
        assert_eq!(read(&main, "big").await.unwrap(), None, "it came later");
        assert_eq!(read(&main, "a").await.unwrap(), None, "a folder is no file");
        assert_eq!(read(&late, "big").await.unwrap().map(|text| text.len()), Some(FILE_BYTES_MAX));
        assert!(matches!(read(&late, "bigger").await, Err(ForgeError::Invalid { .. })));
        let nowhere = CommitSha::parse(&"0".repeat(40)).unwrap();
        assert!(matches!(read(&nowhere, "ounce.toml").await, Err(ForgeError::NotFound { .. })));
        let before = stage.double.requests().len();
        for path in ["", "../x", "a//b", "/etc/passwd", "./a"] {
            assert!(matches!(read(&main, path).await, Err(ForgeError::Invalid { .. })), "{path}");
        }
        assert_eq!(stage.double.requests().len(), before, "nothing was asked for such a path");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_comment_is_written_read_and_edited() {
    let stage = Stage::new().await;
    let (number, _) = stage.pull("topic", "version = 2\n").await;
    for (forge, author) in [(stage.person(), "ounce-bot"), (stage.app(), "ounce[bot]")] {
        let made = forge.create_comment(&stage.repo, number, &format!("first\n{MARKER}")).await.unwrap();
        forge.update_comment(&stage.repo, made.id, &format!("second\n{MARKER}")).await.unwrap();
        let read = forge.comment(&stage.repo, made.id).await.unwrap().unwrap();
        assert_eq!(read.body, format!("second\n{MARKER}"));
        let stored = stage.double.comments(REPO, number).into_iter().find(|comment| comment.id == made.id).unwrap();
        assert_eq!((stored.author.as_str(), stored.edits), (author, 1));
        stage.double.delete_comment(REPO, made.id).unwrap();
        assert_eq!(forge.comment(&stage.repo, made.id).await.unwrap(), None);
        let gone = forge.update_comment(&stage.repo, made.id, "x").await;
        assert!(matches!(gone, Err(ForgeError::NotFound { .. })), "{gone:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_comment_is_found_again_but_never_a_forged_one() {
    let stage = Stage::new().await;
    let (number, _) = stage.pull("topic", "version = 2\n").await;
    for forge in [stage.person(), stage.app()] {
        assert_eq!(forge.find_comment(&stage.repo, number, MARKER).await.unwrap(), None);
        for n in 0..60 {
            stage.double.comment_as(REPO, number, "mallory", &format!("forged {n} {MARKER}")).await.unwrap();
        }
        forge.create_comment(&stage.repo, number, "an answer without the marker").await.unwrap();
        assert_eq!(forge.find_comment(&stage.repo, number, MARKER).await.unwrap(), None);
        let own = forge.create_comment(&stage.repo, number, &format!("ours\n{MARKER}")).await.unwrap();
        assert_eq!(forge.find_comment(&stage.repo, number, MARKER).await.unwrap(), Some(own));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_answers_502_is_sent_once_and_found_by_reading() {
    let stage = Stage::new().await;
    let (number, head) = stage.pull("topic", "version = 2\n").await;
    let forge = stage.app();
    stage.double.inject("POST /repos/acme/scale/issues", 1, FaultKind::DoneThenBadGateway);
    let answer = forge.create_comment(&stage.repo, number, &format!("ours\n{MARKER}")).await;
    assert!(matches!(answer, Err(ForgeError::Unavailable { .. })), "{answer:?}");
    assert_eq!(stage.double.count("POST", "/comments"), 1, "nothing is retried inside");
    let found = forge.find_comment(&stage.repo, number, MARKER).await.unwrap();
    assert_eq!(found.map(|comment| comment.id), Some(stage.double.comments(REPO, number)[0].id));

    stage.double.inject("POST /repos/acme/scale/check-runs", 1, FaultKind::DoneThenBadGateway);
    let check = report(&head, "run-1", CheckState::Success);
    assert!(forge.report_check(&stage.repo, &check).await.is_err());
    forge.report_check(&stage.repo, &check).await.unwrap();
    assert_eq!(stage.double.check_runs(REPO, head.as_str()).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_run_is_made_once_and_updated() {
    let stage = Stage::new().await;
    let (_, head) = stage.pull("topic", "version = 2\n").await;
    let forge = stage.app();
    let told = async |external_id: &str, state| forge.report_check(&stage.repo, &report(&head, external_id, state)).await.unwrap();
    told("run-1", CheckState::NeedsApproval).await;
    let run = &stage.double.check_runs(REPO, head.as_str())[0];
    assert_eq!((run.status.as_str(), run.conclusion.as_deref()), ("completed", Some("action_required")));
    assert_eq!(run.actions[0]["identifier"], CheckAction::Approve.identifier());
    told("run-1", CheckState::Pending).await;
    told("run-2", CheckState::Pending).await;
    told("run-1", CheckState::Failure).await;

    let runs = stage.double.check_runs(REPO, head.as_str());
    assert_eq!(runs.len(), 2, "one per external id");
    assert_eq!((runs[0].external_id.as_str(), runs[0].conclusion.as_deref(), runs[0].updates), ("run-1", Some("failure"), 2));
    assert_eq!((runs[1].status.as_str(), runs[1].conclusion.as_deref()), ("in_progress", None));
    assert_eq!((runs[0].title.as_deref(), runs[0].summary.as_deref()), (Some("Weighed"), Some("12 B more")));
    assert!(runs[0].actions.is_empty(), "the button is gone");
    // Another process, with nothing remembered, finds it as well.
    stage.app().report_check(&stage.repo, &report(&head, "run-1", CheckState::Success)).await.unwrap();
    assert_eq!(stage.double.check_runs(REPO, head.as_str()).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sets_a_commit_status() {
    let stage = Stage::new().await;
    let (_, head) = stage.pull("topic", "version = 2\n").await;
    let mut check = report(&head, "run-1", CheckState::Failure);
    check.title = "é".repeat(300);
    stage.person().report_check(&stage.repo, &check).await.unwrap();
    let status = &stage.double.statuses(REPO, head.as_str())[0];
    assert_eq!((status.state.as_str(), status.context.as_str()), ("failure", "ounce"));
    assert_eq!(status.target_url.as_deref(), Some("https://ounce.example/runs/1"));
    assert!(stage.double.check_runs(REPO, head.as_str()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_a_branch_or_a_tag_and_never_a_short_id() {
    let stage = Stage::new().await;
    let main = stage.tip("main").await;
    stage.double.commit(REPO, "feature/x", Some("main"), "x", &[("x", Some("x"))]).await.unwrap();
    stage.double.tag(REPO, "v1", main.as_str(), None).await.unwrap();
    stage.double.tag(REPO, "v2", main.as_str(), Some("the second")).await.unwrap();
    for forge in [stage.person(), stage.app()] {
        let check = async |name: &str, expected: Option<(&str, &CommitSha)>| {
            let named = forge.named(&stage.repo, name).await.unwrap();
            assert_eq!(named.as_ref().map(|n| (n.reference.as_str(), &n.sha)), expected, "{name}");
        };
        check("main", Some(("refs/heads/main", &main))).await;
        check("feature/x", Some(("refs/heads/feature/x", &stage.tip("feature/x").await))).await;
        check("v1", Some(("refs/tags/v1", &main))).await;
        check("v2", Some(("refs/tags/v2", &main))).await;
        check("feature", None).await;
        check(main.short(), None).await;
        check(main.as_str(), None).await;
        check("../../user", None).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_answer_is_trouble_and_nothing_is_sent_twice() {
    let stage = Stage::new().await;
    let (number, _) = stage.pull("topic", "version = 2\n").await;
    let forge = stage.person();
    stage.double.inject("POST /repos/acme/scale/issues", 1, FaultKind::Half);
    let error = forge.create_comment(&stage.repo, number, &format!("hi\n{MARKER}\n")).await.unwrap_err();
    assert!(matches!(error, ForgeError::Unavailable { .. }), "{error}");
    assert_eq!(stage.double.count("POST", "/comments"), 1);
    assert!(forge.find_comment(&stage.repo, number, MARKER).await.unwrap().is_some(), "it was written all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marker_counts_only_at_a_comments_end() {
    let stage = Stage::new().await;
    let (number, _) = stage.pull("topic", "version = 2\n").await;
    let forge = stage.person();
    forge.create_comment(&stage.repo, number, &format!("somebody wrote {MARKER} and more")).await.unwrap();
    assert_eq!(forge.find_comment(&stage.repo, number, MARKER).await.unwrap(), None);
    let ours = forge.create_comment(&stage.repo, number, &format!("figures\n{MARKER}\n")).await.unwrap();
    assert_eq!(forge.find_comment(&stage.repo, number, MARKER).await.unwrap().map(|c| c.id), Some(ours.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_asked_afresh() {
    let stage = Stage::new().await;
    for forge in [stage.person(), stage.app()] {
        let check = async |login: &str, permission: Option<Permission>, expected: Role| {
            if let Some(permission) = permission {
                stage.double.set_permission(REPO, login, permission).unwrap();
            }
            assert_eq!(forge.role(&stage.repo, login).await.unwrap(), expected, "{login} {permission:?}");
        };
        check("mia", Some(Permission::Maintain), Role::Maintain).await;
        check("mia", Some(Permission::Triage), Role::Read).await;
        check("mia", Some(Permission::Admin), Role::Admin).await;
        check("mia", Some(Permission::None), Role::None).await;
        check("tom", Some(Permission::Write), Role::Write).await;
        check("nobody-at-all", None, Role::None).await;
        check("a/../../../user", None, Role::None).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_trouble_has_its_error() {
    let stage = Stage::new().await;
    let (number, _) = stage.pull("topic", "version = 2\n").await;
    let forge = stage.person();
    let write = async |kind: Option<FaultKind>, body: &str| {
        if let Some(kind) = kind {
            stage.double.inject("POST /repos/acme/scale/issues", 1, kind);
        }
        forge.create_comment(&stage.repo, number, body).await.map(|_| ()).map_err(|error| error.to_string())
    };
    let what = format!("new comment on {REPO}#{number}");
    let check = |answer: Result<(), String>, expected: &str| {
        assert_eq!(answer.unwrap_err(), expected.replace("WHAT", &what));
    };
    check(write(Some(FaultKind::Status { status: 502 }), "x").await, "WHAT: GitHub answered 502: Bad Gateway");
    check(write(Some(FaultKind::TooManyRequests { retry_after_s: 7 }), "x").await, "rate limited: again in 7 s");
    check(write(Some(FaultKind::SecondaryLimit { retry_after_s: 8 }), "x").await, "rate limited: again in 8 s");
    let primary = write(Some(FaultKind::PrimaryLimit { reset_in_s: 100 }), "x").await.unwrap_err();
    assert!(["99", "100", "101"].iter().any(|s| primary == format!("rate limited: again in {s} s")), "{primary}");
    check(write(Some(FaultKind::Status { status: 403 }), "x").await, "WHAT: refused (403): check the token's permissions");
    let too_long = "WHAT: refused as invalid (422): Validation Failed; Body is too long (maximum is 65536 characters)";
    check(write(None, &"x".repeat(65_537)).await, too_long);
    assert_eq!(stage.double.count("POST", "/comments"), 6, "each was sent once");
    assert!(stage.double.comments(REPO, number).is_empty());

    let missing = forge.pull_request(&stage.repo, 99).await.unwrap_err().to_string();
    assert_eq!(missing, "pull request acme/scale#99: not found (or this token may not see it)");
    stage.double.revoke("double-token");
    let refused = forge.pull_request(&stage.repo, number).await;
    assert!(matches!(refused, Err(ForgeError::Forbidden { status: 401, .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forge_that_is_not_there_is_unavailable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let forge = GitHub::with_token(&format!("http://{free}"), "https://example.invalid", "t").unwrap();
    let answer = forge.pull_request(&RepoName::parse(REPO).unwrap(), 1).await;
    let Err(ForgeError::Unavailable { detail, .. }) = answer else { panic!("{answer:?}") };
    assert!(detail.to_lowercase().contains("connect"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apps_tokens_are_limited_kept_and_replaced() {
    let stage = Stage::new().await;
    let (number, _) = stage.pull("topic", "version = 2\n").await;
    let forge = stage.app();
    let made = || stage.double.count("POST", "/access_tokens");
    for _ in 0..3 {
        forge.pull_request(&stage.repo, number).await.unwrap();
    }
    assert_eq!(made(), 1, "one token for all of them");
    let token = forge.clone_token(&stage.repo).await.unwrap().unwrap();
    assert_eq!(forge.clone_token(&stage.repo).await.unwrap().as_ref(), Some(&token));
    let asked: Vec<_> = stage.double.requests().into_iter().filter(|request| request.path.ends_with("/access_tokens")).collect();
    assert_eq!(asked[1].body, json!({ "repositories": ["scale"], "permissions": { "contents": "read" } }));

    // The runner's token opens this repository for reading, and nothing else.
    let runner = GitHub::with_token(stage.double.base_url(), "", &token).unwrap();
    assert!(runner.commit(&stage.repo, &stage.tip("main").await).await.is_ok());
    let other = RepoName::parse("acme/other").unwrap();
    assert!(matches!(runner.file(&other, &stage.tip("main").await, "x").await, Err(ForgeError::NotFound { .. })));
    assert!(matches!(runner.create_comment(&stage.repo, number, "x").await, Err(ForgeError::Forbidden { status: 403, .. })));

    // With less than half an hour left a runner gets a new one; the server's own serves on.
    stage.clock.advance(31 * 60 * 1000);
    assert_ne!(forge.clone_token(&stage.repo).await.unwrap(), Some(token));
    forge.pull_request(&stage.repo, number).await.unwrap();
    assert_eq!(made(), 3);

    // Ended before its time: replaced once, and the request is done.
    stage.double.expire_installation_tokens();
    forge.pull_request(&stage.repo, number).await.unwrap();
    assert_eq!(made(), 4);

    let stranger = RepoName::parse("acme/unknown").unwrap();
    assert!(matches!(forge.clone_token(&stranger).await, Err(ForgeError::NotFound { .. })));
    assert_eq!(stage.person().clone_token(&stage.repo).await.unwrap(), None, "a person's token is never given away");
    assert_eq!(stage.person().clone_url(&stage.repo), "https://example.invalid/acme/scale.git");
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_deliveries_are_listed_and_asked_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let up = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let shared = up.clone();
    let endpoint = async move || match shared.load(std::sync::atomic::Ordering::SeqCst) {
        true => http::StatusCode::ACCEPTED,
        false => http::StatusCode::INTERNAL_SERVER_ERROR,
    };
    let router = axum::Router::new().route("/hook", axum::routing::post(endpoint));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let webhook = WebhookConfig { url: format!("http://{address}/hook"), secret: "s".into() };
    let stage = Stage::with(Config { webhook: Some(webhook), ..Config::default() }).await;
    let forge = stage.app();

    // Stage::new pushed once while the endpoint was down; 120 more fill a page and part of a second.
    for _ in 0..120 {
        stage.double.ping().await.unwrap();
    }
    up.store(true, std::sync::atomic::Ordering::SeqCst);
    stage.double.ping().await.unwrap();
    let missed = forge.failed_deliveries(3600).await.unwrap();
    assert_eq!(missed.len(), 121);
    assert_eq!(missed[0].event, "push", "oldest first");

    forge.redeliver(missed[0].attempt).await.unwrap();
    for _ in 0..200 {
        if stage.double.deliveries().len() == 123 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let again = stage.double.deliveries().pop().unwrap();
    assert_eq!((again.guid, again.redelivery, again.status_code), (missed[0].delivery.clone(), true, 202));
    assert_eq!(forge.failed_deliveries(3600).await.unwrap().len(), 120);
    stage.clock.advance(7200 * 1000);
    assert_eq!(forge.failed_deliveries(3600).await.unwrap(), [], "long ago");
    assert_eq!(stage.person().failed_deliveries(3600).await.unwrap(), []);
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_url_with_a_path_is_github_enterprise() {
    let stage = Stage::new().await;
    let (number, _) = stage.pull("topic", "version = 2\n").await;
    let base_url = format!("{}/api/v3/", stage.double.base_url());
    let app = AppConfig::default();
    let forge = GitHub::with_app(&base_url, "", app.id, DEMO_APP_KEY_PEM, stage.clock.clone()).unwrap();
    assert_eq!(forge.pull_request(&stage.repo, number).await.unwrap().number, number);
    let outside = |request: &github_double::LoggedRequest| !request.path.starts_with("/api/v3/");
    assert_eq!(stage.double.requests().iter().filter(|request| outside(request)).count(), 0);
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_once() {
    let check = |made: Result<GitHub, SetupError>, expected: &str| {
        let error = made.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(expected), "{error:?}");
    };
    let url = "https://api.github.com";
    check(GitHub::with_token("github", "", "t"), "not the URL");
    check(GitHub::with_token(url, "", " \n"), "token is empty");
    check(GitHub::with_token(url, "", "two\nlines"), "token is empty");
    check(GitHub::with_app(url, "", 1, "no key", Clock::default()), "RSA key in PEM");
}
