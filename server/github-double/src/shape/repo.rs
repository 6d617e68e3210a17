//! Repositories in GitHub's shape: `full-repository`, which is more than other objects carry of one and never less.

use super::account::user;
use crate::clock::{LOGICAL_EPOCH_S, iso};
use crate::state::{Repo, State};
use serde_json::{Value, json};

/// What follows a repository's own address, in its links; `{…}` is for the reader to fill in, as GitHub has it.
const LINKS: [(&str, &str); 37] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
];

/// A repository, as it stands inside other objects and alone.
pub fn repo(base: &str, state: &mut State, repo: &Repo) -> Value {
    let full_name = repo.full_name();
    let key = full_name.to_lowercase();
    let owner = state.user(&repo.owner);
    let forks = state.repos.values().filter(|other| other.fork_of.as_deref() == Some(key.as_str())).count();
    let open = repo.pulls.values().filter(|pull| pull.open).count();
    let (html, since) = (format!("{base}/{full_name}"), iso(LOGICAL_EPOCH_S));
    let mut value = json!({
        "id": repo.id, "node_id": format!("R_{}", repo.id), "name": repo.name, "full_name": full_name, "private": repo.private,
        "visibility": if repo.private { "private" } else { "public" },
        "owner": user(base, &owner), "fork": repo.fork_of.is_some(), "default_branch": repo.default_branch,
        "html_url": html, "clone_url": format!("{html}.git"), "git_url": format!("{html}.git"), "svn_url": html,
        "ssh_url": format!("git@double.invalid:{full_name}.git"), "mirror_url": null, "homepage": null,
        "archived": false, "disabled": false, "description": null, "language": null, "license": null, "topics": [],
        "created_at": since, "updated_at": since, "pushed_at": since, "size": 0,
        "forks": forks, "forks_count": forks, "network_count": forks, "open_issues": open, "open_issues_count": open,
        "stargazers_count": 0, "subscribers_count": 0, "watchers": 0, "watchers_count": 0,
    });
    for (name, there) in
        [("issues", true), ("downloads", true), ("projects", false), ("wiki", false), ("pages", false), ("discussions", false)]
    {
        value[format!("has_{name}")] = there.into();
    }
    for (name, rest) in LINKS {
        value[name] = format!("{base}/repos/{full_name}{rest}").into();
    }
    value
}
