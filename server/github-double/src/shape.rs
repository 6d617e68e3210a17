//! GitHub's JSON: the fields a client may lean on, under GitHub's names. No decisions here.

use crate::clock::iso;
use crate::double::World;
use crate::git::CommitObject;
use crate::state::{CheckRun, Comment, Mergeable, Permission, Pull, Repo, State, Status, User};
use serde_json::{Value, json};

/// An account.
pub fn user(base: &str, user: &User) -> Value {
    json!({
        "login": user.login, "id": user.id, "node_id": format!("U_{}", user.id), "type": user.kind, "site_admin": false,
        "avatar_url": "", "url": format!("{base}/users/{}", user.login), "html_url": format!("{base}/{}", user.login),
    })
}

/// A repository, as it stands inside other objects and alone.
pub fn repo(base: &str, state: &mut State, repo: &Repo) -> Value {
    let full_name = repo.full_name();
    let owner = state.user(&repo.owner);
    json!({
        "id": repo.id, "node_id": format!("R_{}", repo.id), "name": repo.name, "full_name": full_name, "private": repo.private,
        "visibility": if repo.private { "private" } else { "public" },
        "owner": user(base, &owner), "fork": repo.fork_of.is_some(), "default_branch": repo.default_branch,
        "url": format!("{base}/repos/{full_name}"), "html_url": format!("{base}/{full_name}"),
        "clone_url": format!("{base}/{full_name}.git"), "git_url": format!("{base}/{full_name}.git"),
        "archived": false, "disabled": false, "description": null,
    })
}

fn branch(base: &str, state: &mut State, repo_key: Option<&str>, owner: &str, name: &str, sha: &str) -> Value {
    let found = repo_key.and_then(|key| state.repos.get(key).cloned());
    let account = state.user(owner);
    let inner = found.map_or(Value::Null, |found| repo(base, state, &found));
    json!({ "label": format!("{owner}:{name}"), "ref": name, "sha": sha, "user": user(base, &account), "repo": inner })
}

/// A pull request as `GET /pulls/{n}` and events carry it.
pub fn pull(base: &str, state: &mut State, repo: &Repo, pull: &Pull) -> Value {
    let full_name = repo.full_name();
    let author = state.user(&pull.author);
    let repo_key = full_name.to_lowercase();
    let (mergeable, merge_state) = match (&pull.mergeable, pull.open) {
        (_, false) | (Mergeable::Unknown { .. }, _) => (Value::Null, "unknown"),
        (Mergeable::Clean(_), _) => (json!(true), "clean"),
        (Mergeable::Conflict, _) => (json!(false), "dirty"),
    };
    let merge_commit = match &pull.mergeable {
        _ if pull.merged.is_some() => pull.merged.clone(),
        Mergeable::Clean(sha) => Some(sha.clone()),
        // While GitHub looks again, it still names the test merge of before.
        Mergeable::Unknown { .. } => pull.last_test_merge.clone(),
        Mergeable::Conflict => None,
    };
    let comments = repo.comments.values().filter(|comment| comment.number == pull.number).count();
    json!({
        "id": pull.id, "node_id": format!("PR_{}", pull.id), "number": pull.number, "title": pull.title, "body": pull.body,
        "state": if pull.open { "open" } else { "closed" }, "locked": false, "draft": pull.draft,
        "url": format!("{base}/repos/{full_name}/pulls/{}", pull.number),
        "html_url": format!("{base}/{full_name}/pull/{}", pull.number),
        "issue_url": format!("{base}/repos/{full_name}/issues/{}", pull.number),
        "comments_url": format!("{base}/repos/{full_name}/issues/{}/comments", pull.number),
        "user": user(base, &author), "author_association": "CONTRIBUTOR",
        "head": branch(base, state, pull.head_repo.as_deref(), &pull.head_owner, &pull.head_branch, &pull.head_sha),
        "base": branch(base, state, Some(&repo_key), &repo.owner, &pull.base_branch, &pull.base_sha),
        "merged": pull.merged.is_some(), "mergeable": mergeable, "mergeable_state": merge_state, "merge_commit_sha": merge_commit,
        "created_at": pull.created_at, "updated_at": pull.updated_at,
        "closed_at": if pull.open { Value::Null } else { json!(pull.updated_at) },
        "merged_at": if pull.merged.is_some() { json!(pull.updated_at) } else { Value::Null },
        "comments": comments, "labels": [], "assignees": [], "requested_reviewers": [],
    })
}

/// A pull request seen as an issue, as `issue_comment` events carry it.
pub fn issue(base: &str, state: &mut State, repo: &Repo, pull: &Pull) -> Value {
    let full_name = repo.full_name();
    let author = state.user(&pull.author);
    let (number, api) = (pull.number, format!("{base}/repos/{full_name}"));
    let html = format!("{base}/{full_name}/pull/{number}");
    json!({
        "id": pull.id, "number": number, "title": pull.title, "body": pull.body, "user": user(base, &author),
        "state": if pull.open { "open" } else { "closed" }, "locked": false, "labels": [], "author_association": "CONTRIBUTOR",
        "url": format!("{api}/issues/{number}"), "html_url": html, "repository_url": api,
        "created_at": pull.created_at, "updated_at": pull.updated_at,
        "pull_request": { "url": format!("{api}/pulls/{number}"), "html_url": html, "merged_at": null },
    })
}

/// A comment.
pub fn comment(world: &World, state: &mut State, repo: &Repo, comment: &Comment) -> Value {
    let (base, full_name) = (&world.base_url, repo.full_name());
    let author = state.user(&comment.author);
    let association = match repo.permission(&comment.author) {
        Permission::Admin => "OWNER",
        Permission::Write | Permission::Maintain => "COLLABORATOR",
        _ => "NONE",
    };
    let app = world.app.as_ref().filter(|app| app.login() == comment.author);
    json!({
        "id": comment.id, "node_id": format!("IC_{}", comment.id), "body": comment.body, "user": user(base, &author),
        "url": format!("{base}/repos/{full_name}/issues/comments/{}", comment.id),
        "html_url": format!("{base}/{full_name}/pull/{}#issuecomment-{}", comment.number, comment.id),
        "issue_url": format!("{base}/repos/{full_name}/issues/{}", comment.number),
        "created_at": comment.created_at, "updated_at": comment.updated_at, "author_association": association,
        "performed_via_github_app": app.map(|app| json!({ "id": app.id, "slug": app.slug })),
    })
}

/// A status.
pub fn status(base: &str, state: &mut State, status: &Status) -> Value {
    let creator = state.user(&status.creator);
    json!({
        "id": status.id, "state": status.state, "context": status.context, "description": status.description,
        "target_url": status.target_url, "creator": user(base, &creator),
        "created_at": status.created_at, "updated_at": status.created_at,
    })
}

/// A check run. `pull_requests` is empty for forks, as on GitHub.
pub fn check_run(world: &World, repo: &Repo, run: &CheckRun) -> Value {
    let (base, full_name) = (&world.base_url, repo.full_name());
    let own_key = full_name.to_lowercase();
    let pulls = repo.pulls.values().filter(|pull| pull.open && pull.head_sha == run.head_sha);
    let pulls = pulls.filter(|pull| pull.head_repo.as_deref() == Some(own_key.as_str())).map(|pull| {
        json!({
            "number": pull.number, "id": pull.id, "url": format!("{base}/repos/{full_name}/pulls/{}", pull.number),
            "head": { "ref": pull.head_branch, "sha": pull.head_sha }, "base": { "ref": pull.base_branch, "sha": pull.base_sha },
        })
    });
    let pulls: Vec<Value> = pulls.collect();
    json!({
        "id": run.id, "node_id": format!("CR_{}", run.id), "head_sha": run.head_sha, "name": run.name, "external_id": run.external_id,
        "status": run.status, "conclusion": run.conclusion, "started_at": run.started_at, "completed_at": run.completed_at,
        "url": format!("{base}/repos/{full_name}/check-runs/{}", run.id),
        "html_url": format!("{base}/{full_name}/runs/{}", run.id), "details_url": run.details_url,
        "output": {
            "title": run.title, "summary": run.summary, "text": run.text, "annotations_count": run.annotations.len(),
            "annotations_url": format!("{base}/repos/{full_name}/check-runs/{}/annotations", run.id),
        },
        "check_suite": { "id": 1, "head_sha": run.head_sha },
        "app": world.app.as_ref().map(|app| json!({ "id": app.id, "slug": app.slug, "name": app.slug })),
        "pull_requests": pulls,
    })
}

/// A commit as `git/commits/{sha}` tells it.
pub fn git_commit(base: &str, full_name: &str, commit: &CommitObject) -> Value {
    let person = |(name, email): &(String, String), seconds| json!({ "name": name, "email": email, "date": iso(seconds) });
    let parents = commit.parents.iter().map(|sha| {
        json!({ "sha": sha, "url": format!("{base}/repos/{full_name}/git/commits/{sha}"), "html_url": format!("{base}/{full_name}/commit/{sha}") })
    });
    let parents: Vec<Value> = parents.collect();
    json!({
        "sha": commit.sha, "url": format!("{base}/repos/{full_name}/git/commits/{}", commit.sha),
        "html_url": format!("{base}/{full_name}/commit/{}", commit.sha),
        "author": person(&commit.author, commit.author_s), "committer": person(&commit.committer, commit.committer_s),
        "tree": { "sha": commit.tree, "url": format!("{base}/repos/{full_name}/git/trees/{}", commit.tree) },
        "message": commit.message, "parents": parents,
        "verification": { "verified": false, "reason": "unsigned", "signature": null, "payload": null },
    })
}

/// A commit as `commits/{ref}` tells it.
pub fn commit(base: &str, full_name: &str, commit: &CommitObject) -> Value {
    let inner = git_commit(base, full_name, commit);
    json!({
        "sha": commit.sha, "url": format!("{base}/repos/{full_name}/commits/{}", commit.sha), "html_url": inner["html_url"],
        "commit": {
            "author": inner["author"], "committer": inner["committer"], "message": inner["message"], "tree": inner["tree"],
            "url": inner["url"], "comment_count": 0, "verification": inner["verification"],
        },
        "author": null, "committer": null, "parents": inner["parents"],
    })
}
