//! GitHub's JSON, each object as GitHub's description of its API has it: every field that is required there, under that name. No
//! decisions here. What nobody asks about here (stars, labels, reviews) is there and empty.

mod account;
mod app;
mod commit;
mod repo;

pub use account::{own_user, user};
pub use app::{app, installation};
pub use commit::{commit, git_commit};
pub use repo::repo;

use crate::diff::Extent;
use crate::double::World;
use crate::state::{CheckRun, Comment, Mergeable, Permission, Pull, Repo, State, Status};
use serde_json::{Value, json};

fn branch(base: &str, state: &mut State, repo_key: Option<&str>, owner: &str, name: &str, sha: &str) -> Value {
    let found = repo_key.and_then(|key| state.repos.get(key).cloned());
    let account = state.user(owner);
    let inner = found.map_or(Value::Null, |found| repo(base, state, &found));
    json!({ "label": format!("{owner}:{name}"), "ref": name, "sha": sha, "user": user(base, &account), "repo": inner })
}

/// A pull request as lists carry it.
pub fn listed_pull(base: &str, state: &mut State, repo: &Repo, pull: &Pull) -> Value {
    let full_name = repo.full_name();
    let author = state.user(&pull.author);
    let repo_key = full_name.to_lowercase();
    let merge_commit = match &pull.mergeable {
        _ if pull.merged.is_some() => pull.merged.clone(),
        Mergeable::Clean(sha) => Some(sha.clone()),
        // While GitHub looks again, it still names the test merge of before.
        Mergeable::Unknown { .. } => pull.last_test_merge.clone(),
        Mergeable::Conflict => None,
    };
    let (api, html) = (format!("{base}/repos/{full_name}"), format!("{base}/{full_name}/pull/{}", pull.number));
    let (url, issue) = (format!("{api}/pulls/{}", pull.number), format!("{api}/issues/{}", pull.number));
    let mut value = json!({
        "id": pull.id, "node_id": format!("PR_{}", pull.id), "number": pull.number, "title": pull.title, "body": pull.body,
        "state": if pull.open { "open" } else { "closed" }, "locked": false, "active_lock_reason": null, "draft": pull.draft,
        "url": url, "html_url": html, "issue_url": issue, "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"),
        "comments_url": format!("{issue}/comments"), "commits_url": format!("{url}/commits"),
        "review_comments_url": format!("{url}/comments"), "review_comment_url": format!("{api}/pulls/comments{{/number}}"),
        "statuses_url": format!("{api}/statuses/{}", pull.head_sha),
        "user": user(base, &author), "author_association": "CONTRIBUTOR",
        "head": branch(base, state, pull.head_repo.as_deref(), &pull.head_owner, &pull.head_branch, &pull.head_sha),
        "base": branch(base, state, Some(&repo_key), &repo.owner, &pull.base_branch, &pull.base_sha),
        "merge_commit_sha": merge_commit, "created_at": pull.created_at, "updated_at": pull.updated_at,
        "closed_at": if pull.open { Value::Null } else { json!(pull.updated_at) },
        "merged_at": if pull.merged.is_some() { json!(pull.updated_at) } else { Value::Null },
        "labels": [], "milestone": null, "assignee": null, "assignees": [], "requested_reviewers": [], "requested_teams": [],
        "auto_merge": null,
    });
    let links = [
        ("self", "url"),
        ("html", "html_url"),
        ("issue", "issue_url"),
        ("comments", "comments_url"),
        ("review_comments", "review_comments_url"),
        ("review_comment", "review_comment_url"),
        ("commits", "commits_url"),
        ("statuses", "statuses_url"),
    ];
    value["_links"] = links.iter().map(|(name, field)| ((*name).to_owned(), json!({ "href": value[*field] }))).collect();
    value
}

/// A pull request as `GET /pulls/{n}` and events carry it.
pub fn pull(base: &str, state: &mut State, repo: &Repo, pull: &Pull, extent: Extent) -> Value {
    let (mergeable, merge_state) = match (&pull.mergeable, pull.open) {
        (_, false) | (Mergeable::Unknown { .. }, _) => (Value::Null, "unknown"),
        (Mergeable::Clean(_), _) => (json!(true), "clean"),
        (Mergeable::Conflict, _) => (json!(false), "dirty"),
    };
    let comments = repo.comments.values().filter(|comment| comment.number == pull.number).count();
    let mut value = listed_pull(base, state, repo, pull);
    let more = json!({
        "merged": pull.merged.is_some(), "merged_by": null, "mergeable": mergeable, "mergeable_state": merge_state,
        "maintainer_can_modify": false, "rebaseable": null, "comments": comments, "review_comments": 0,
        "commits": extent.commits, "additions": extent.additions, "deletions": extent.deletions, "changed_files": extent.changed_files,
    });
    if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
        value.extend(more);
    }
    value
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
    let by = world.app.as_ref().filter(|app| app.login() == comment.author).map(|by| app(base, state, by));
    json!({
        "id": comment.id, "node_id": format!("IC_{}", comment.id), "body": comment.body, "user": user(base, &author),
        "url": format!("{base}/repos/{full_name}/issues/comments/{}", comment.id),
        "html_url": format!("{base}/{full_name}/pull/{}#issuecomment-{}", comment.number, comment.id),
        "issue_url": format!("{base}/repos/{full_name}/issues/{}", comment.number),
        "created_at": comment.created_at, "updated_at": comment.updated_at, "author_association": association,
        "performed_via_github_app": by,
    })
}

/// A status of a commit of this repository.
pub fn status(base: &str, state: &mut State, full_name: &str, status: &Status) -> Value {
    let creator = user(base, &state.user(&status.creator));
    json!({
        "id": status.id, "node_id": format!("SC_{}", status.id), "url": format!("{base}/repos/{full_name}/statuses/{}", status.sha),
        "avatar_url": creator["avatar_url"], "state": status.state, "context": status.context, "description": status.description,
        "target_url": status.target_url, "creator": creator,
        "created_at": status.created_at, "updated_at": status.created_at,
    })
}

/// A check run. `pull_requests` is empty for forks, as on GitHub.
pub fn check_run(world: &World, state: &mut State, repo: &Repo, run: &CheckRun) -> Value {
    let (base, full_name) = (&world.base_url, repo.full_name());
    let own_key = full_name.to_lowercase();
    let pulls = repo.pulls.values().filter(|pull| pull.open && pull.head_sha == run.head_sha);
    let inner = json!({ "id": repo.id, "name": repo.name, "url": format!("{base}/repos/{full_name}") });
    let pulls = pulls.filter(|pull| pull.head_repo.as_deref() == Some(own_key.as_str())).map(|pull| {
        json!({
            "number": pull.number, "id": pull.id, "url": format!("{base}/repos/{full_name}/pulls/{}", pull.number),
            "head": { "ref": pull.head_branch, "sha": pull.head_sha, "repo": inner },
            "base": { "ref": pull.base_branch, "sha": pull.base_sha, "repo": inner },
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
        "app": world.app.as_ref().map(|by| app(base, state, by)),
        "pull_requests": pulls,
    })
}
