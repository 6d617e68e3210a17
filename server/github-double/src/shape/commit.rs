//! Commits in GitHub's shape: as git has them (`git-commit`), and as a repository lists them (`commit`).

use crate::clock::iso;
use crate::git::CommitObject;
use serde_json::{Value, json};

/// A commit as `git/commits/{sha}` tells it.
pub fn git_commit(base: &str, full_name: &str, commit: &CommitObject) -> Value {
    let person = |(name, email): &(String, String), seconds| json!({ "name": name, "email": email, "date": iso(seconds) });
    let parents = commit.parents.iter().map(|sha| {
        json!({ "sha": sha, "url": format!("{base}/repos/{full_name}/git/commits/{sha}"), "html_url": format!("{base}/{full_name}/commit/{sha}") })
    });
    let parents: Vec<Value> = parents.collect();
    json!({
        "sha": commit.sha, "node_id": format!("C_{}", commit.sha), "url": format!("{base}/repos/{full_name}/git/commits/{}", commit.sha),
        "html_url": format!("{base}/{full_name}/commit/{}", commit.sha),
        "author": person(&commit.author, commit.author_s), "committer": person(&commit.committer, commit.committer_s),
        "tree": { "sha": commit.tree, "url": format!("{base}/repos/{full_name}/git/trees/{}", commit.tree) },
        "message": commit.message, "parents": parents,
        "verification": { "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null },
    })
}

/// A commit as `commits/{ref}` tells it. Nobody here has an account with a commit's address.
pub fn commit(base: &str, full_name: &str, commit: &CommitObject) -> Value {
    let inner = git_commit(base, full_name, commit);
    let url = format!("{base}/repos/{full_name}/commits/{}", commit.sha);
    json!({
        "sha": commit.sha, "node_id": inner["node_id"], "url": url, "html_url": inner["html_url"], "comments_url": format!("{url}/comments"),
        "commit": {
            "author": inner["author"], "committer": inner["committer"], "message": inner["message"], "tree": inner["tree"],
            "url": inner["url"], "comment_count": 0, "verification": inner["verification"],
        },
        "author": null, "committer": null, "parents": inner["parents"],
    })
}
