//! What happens to branches, pull requests and their comments: git, memory and events together.

use crate::diff;
use crate::double::{NewPull, RepositoryConfig, World};
use crate::git::Bare;
use crate::shape;
use crate::state::{Comment, Delivery, Mergeable, Permission, Pull, Repo};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Commits named in a push event, as GitHub limits them.
const PUSH_COMMITS_MAX: usize = 20;
const NOTHING: &str = "0000000000000000000000000000000000000000";

impl World {
    /// Forks a repository with all its branches.
    pub async fn fork(&self, of: &str, fork: &str, path: &Path) -> Result<()> {
        let parent = self.repo(of)?;
        let config = RepositoryConfig {
            full_name: fork.to_owned(),
            path: path.to_owned(),
            default_branch: parent.default_branch.clone(),
            private: parent.private,
        };
        let owner = fork.split_once('/').map(|(owner, _)| owner);
        self.add_repository(&config, owner, Some(of)).await?;
        let bare = self.repo(fork)?.bare;
        for branch in parent.bare.branches().await?.keys() {
            bare.fetch(&parent.bare, branch, &format!("refs/heads/{branch}")).await?;
        }
        Ok(())
    }

    /// Makes a repository private, or public.
    pub fn set_private(&self, repo: &str, private: bool) -> Result<()> {
        let mut state = self.state();
        state.repos.get_mut(&repo.to_lowercase()).with_context(|| format!("no repository {repo}"))?.private = private;
        Ok(())
    }

    /// Sets what an account may do.
    pub fn set_permission(&self, repo: &str, login: &str, permission: Permission) -> Result<()> {
        let mut state = self.state();
        state.user(login);
        let repo = state.repos.get_mut(&repo.to_lowercase()).with_context(|| format!("no repository {repo}"))?;
        repo.collaborators.insert(login.to_lowercase(), permission);
        Ok(())
    }

    /// Commits files on a branch and does what a push does.
    pub async fn commit_files(
        &self,
        repo: &str,
        branch: &str,
        from: Option<&str>,
        message: &str,
        files: &BTreeMap<String, Option<String>>,
    ) -> Result<String> {
        let turn = self.turn.lock().await;
        let found = self.repo(repo)?;
        let before = found.bare.branches().await?;
        let sha = found.bare.commit_files(branch, from, message, files).await?;
        drop(turn);
        self.branches_moved(&repo.to_lowercase(), &before, &found.owner).await?;
        Ok(sha)
    }

    /// Compares a repository's branches with what they were: pull requests follow, events go out.
    pub async fn branches_moved(&self, repo: &str, before: &BTreeMap<String, String>, by: &str) -> Result<()> {
        let turn = self.turn.lock().await;
        let found = self.repo(repo)?;
        let after = found.bare.branches().await?;
        let mut events = Vec::new();
        let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let (old, new) = (before.get(name).map(String::as_str), after.get(name).map(String::as_str));
            if old == new {
                continue;
            }
            if found.fork_of.is_none() {
                events.push((
                    "push",
                    self.push_event(&found, &format!("refs/heads/{name}"), old.unwrap_or(NOTHING), new.unwrap_or(NOTHING), by).await?,
                ));
            }
            self.base_moved(repo, name);
            if let Some(new) = new {
                events.extend(self.head_moved(repo, name, new, by).await?);
            }
        }
        drop(turn);
        for (event, payload) in events {
            self.send(event, &payload).await?;
        }
        Ok(())
    }

    /// Open pull requests onto this branch have to be looked at again.
    fn base_moved(&self, repo: &str, branch: &str) {
        let mut state = self.state();
        let answers = state.lazy_answers;
        if let Some(repo) = state.repos.get_mut(repo) {
            for pull in repo.pulls.values_mut().filter(|pull| pull.open && pull.base_branch == branch) {
                pull.mergeable = Mergeable::Unknown { answers };
            }
        }
    }

    /// Open pull requests from this branch get a new head, wherever they are.
    async fn head_moved(&self, head_repo: &str, branch: &str, sha: &str, by: &str) -> Result<Vec<(&'static str, Value)>> {
        let moved: Vec<(String, Pull)> = {
            let state = self.state();
            let all = state.repos.iter().flat_map(|(key, repo)| repo.pulls.values().map(move |pull| (key.clone(), pull.clone())));
            let ours = |pull: &Pull| pull.open && pull.head_repo.as_deref() == Some(head_repo) && pull.head_branch == branch;
            all.filter(|(_, pull)| ours(pull) && pull.head_sha != sha).collect()
        };
        let mut events = Vec::new();
        for (base_key, old) in moved {
            let base = self.repo(&base_key)?;
            self.publish_head(&base, head_repo, branch, old.number, sha).await?;
            let base_tip = base.bare.resolve(&format!("refs/heads/{}", old.base_branch)).await?;
            {
                let mut state = self.state();
                let (answers, now) = (state.lazy_answers, state.now());
                let Some(repo) = state.repos.get_mut(&base_key) else { continue };
                let Some(pull) = repo.pulls.get_mut(&old.number) else { continue };
                pull.head_sha = sha.to_owned();
                pull.base_sha = base_tip.unwrap_or_else(|| pull.base_sha.clone());
                pull.mergeable = Mergeable::Unknown { answers };
                pull.updated_at = now;
            }
            let extra = json!({ "before": old.head_sha, "after": sha });
            events.push(("pull_request", self.pull_event(&base_key, old.number, "synchronize", by, extra).await?));
        }
        Ok(events)
    }

    /// Sets `refs/pull/N/head`, fetching the commits from a fork where they are there.
    async fn publish_head(&self, base: &Repo, head_repo: &str, branch: &str, number: u64, sha: &str) -> Result<()> {
        let name = format!("refs/pull/{number}/head");
        if base.full_name().eq_ignore_ascii_case(head_repo) {
            base.bare.set_ref(&name, Some(sha)).await
        } else {
            let fork: Bare = self.repo(head_repo)?.bare;
            base.bare.fetch(&fork, branch, &name).await
        }
    }

    /// Opens a pull request.
    pub async fn open_pull(&self, repo: &str, new: NewPull) -> Result<u64> {
        let turn = self.turn.lock().await;
        let base = self.repo(repo)?;
        let base_key = repo.to_lowercase();
        let head_key = new.head_repo.as_deref().map_or_else(|| base_key.clone(), str::to_lowercase);
        let head = self.repo(&head_key)?;
        ensure!(
            head_key == base_key || head.fork_of.as_deref() == Some(base_key.as_str()),
            "{head_key} is not a fork of {base_key}: make one with `fork`"
        );
        let head_sha = head.bare.resolve(&format!("refs/heads/{}", new.head_branch)).await?;
        let head_sha = head_sha.with_context(|| format!("{head_key} has no branch {}", new.head_branch))?;
        let base_branch = new.base_branch.unwrap_or_else(|| base.default_branch.clone());
        let base_sha = base.bare.resolve(&format!("refs/heads/{base_branch}")).await?;
        let base_sha = base_sha.with_context(|| format!("{base_key} has no branch {base_branch}"))?;
        self.publish_head(&base, &head_key, &new.head_branch, base.next_number, &head_sha).await?;
        {
            let mut state = self.state();
            let (id, now, answers) = (state.next_id(), state.now(), state.lazy_answers);
            state.user(&new.author);
            let repo = state.repos.get_mut(&base_key).context("the repository is gone")?;
            let pull = Pull {
                id,
                number: base.next_number,
                title: new.title,
                body: new.body,
                author: new.author.clone(),
                open: true,
                draft: false,
                merged: None,
                head_repo: Some(head_key),
                head_owner: head.owner,
                head_branch: new.head_branch,
                head_sha,
                base_branch,
                base_sha,
                mergeable: Mergeable::Unknown { answers },
                last_test_merge: None,
                created_at: now.clone(),
                updated_at: now,
            };
            repo.pulls.insert(pull.number, pull);
            repo.next_number += 1;
        }
        drop(turn);
        let event = self.pull_event(&base_key, base.next_number, "opened", &new.author, json!({})).await?;
        self.send("pull_request", &event).await?;
        Ok(base.next_number)
    }

    /// Looks whether a pull request can be merged, and keeps the test merge in `refs/pull/N/merge` (gone where it conflicts).
    pub async fn settle(&self, repo: &str, number: u64) -> Result<Option<String>> {
        let _turn = self.turn.lock().await;
        let found = self.repo(repo)?;
        let pull = found.pulls.get(&number).with_context(|| format!("{repo} has no pull request {number}"))?;
        if let (Mergeable::Clean(sha), true) = (&pull.mergeable, pull.open) {
            return Ok(Some(sha.clone()));
        }
        let base_tip = found.bare.resolve(&format!("refs/heads/{}", pull.base_branch)).await?;
        let base_tip = base_tip.with_context(|| format!("{repo} has no branch {}", pull.base_branch))?;
        let merge = found.bare.test_merge(&base_tip, &pull.head_sha).await?;
        let name = format!("refs/pull/{number}/merge");
        let had_one = pull.last_test_merge.is_some();
        if merge.is_some() || had_one {
            found.bare.set_ref(&name, merge.as_deref()).await?;
        }
        let mut state = self.state();
        let pull = state.repos.get_mut(&repo.to_lowercase()).and_then(|repo| repo.pulls.get_mut(&number)).context("it is gone")?;
        pull.mergeable = merge.clone().map_or(Mergeable::Conflict, Mergeable::Clean);
        pull.last_test_merge.clone_from(&merge);
        Ok(merge)
    }

    /// Counts one answer that said `null`; looks when they are used up.
    pub async fn answered_lazily(&self, repo: &str, number: u64) -> Result<()> {
        let due = {
            let mut state = self.state();
            let pull = state.repos.get_mut(&repo.to_lowercase()).and_then(|repo| repo.pulls.get_mut(&number));
            match pull {
                Some(Pull { open: true, mergeable: Mergeable::Unknown { answers }, .. }) => {
                    *answers = answers.saturating_sub(1);
                    *answers == 0
                }
                _ => false,
            }
        };
        if due {
            self.settle(repo, number).await?;
        }
        Ok(())
    }

    /// Closes a pull request, merging it first where that is asked for.
    pub async fn close_pull(&self, repo: &str, number: u64, by: &str, merge: bool) -> Result<Option<String>> {
        let landed = if merge { Some(self.settle(repo, number).await?.context("it conflicts: nothing to merge")?) } else { None };
        let before = self.repo(repo)?.bare.branches().await?;
        {
            let _turn = self.turn.lock().await;
            let found = self.repo(repo)?;
            let pull = found.pulls.get(&number).with_context(|| format!("{repo} has no pull request {number}"))?;
            ensure!(pull.open, "pull request {number} is closed already");
            if let Some(landed) = &landed {
                found.bare.set_ref(&format!("refs/heads/{}", pull.base_branch), Some(landed)).await?;
            }
            let mut state = self.state();
            let now = state.now();
            if let Some(pull) = state.repos.get_mut(&repo.to_lowercase()).and_then(|repo| repo.pulls.get_mut(&number)) {
                pull.open = false;
                pull.merged.clone_from(&landed);
                pull.updated_at = now;
            }
        }
        let event = self.pull_event(&repo.to_lowercase(), number, "closed", by, json!({})).await?;
        self.send("pull_request", &event).await?;
        self.branches_moved(&repo.to_lowercase(), &before, by).await?;
        Ok(landed)
    }

    /// A `pull_request` event.
    async fn pull_event(&self, repo: &str, number: u64, action: &str, sender: &str, extra: Value) -> Result<Value> {
        let found = self.repo(repo)?;
        let pull = found.pulls.get(&number).with_context(|| format!("{repo} has no pull request {number}"))?;
        let extent = diff::extent(&found, &pull.base_sha, &pull.head_sha).await?;
        let inner = shape::pull(&self.base_url, &mut self.state(), &found, pull, extent);
        let mut payload = json!({ "action": action, "number": number, "pull_request": inner });
        if let (Some(payload), Some(extra)) = (payload.as_object_mut(), extra.as_object()) {
            payload.extend(extra.clone());
        }
        self.envelope(repo, sender, payload)
    }

    /// A `push` event.
    async fn push_event(&self, repo: &Repo, reference: &str, before: &str, after: &str, by: &str) -> Result<Value> {
        let (created, deleted) = (before == NOTHING, after == NOTHING);
        let listed = match (created, deleted) {
            (_, true) => Vec::new(),
            // A tag may be an object of its own; the event names that, and the commit beside it.
            (true, _) => vec![repo.bare.tagged(after).await?.map_or_else(|| after.to_owned(), |tag| tag.target)],
            _ => repo.bare.between(before, after, PUSH_COMMITS_MAX).await?,
        };
        let mut commits = Vec::new();
        for sha in listed {
            let Some(commit) = repo.bare.commit(&sha).await? else { continue };
            commits.push(json!({
                "id": commit.sha, "tree_id": commit.tree, "message": commit.message, "distinct": true,
                "timestamp": crate::clock::iso(commit.committer_s),
                "url": format!("{}/{}/commit/{}", self.base_url, repo.full_name(), commit.sha),
                "author": { "name": commit.author.0, "email": commit.author.1 },
                "committer": { "name": commit.committer.0, "email": commit.committer.1 },
            }));
        }
        let forced = !created && !deleted && repo.bare.merge_base(before, after).await?.as_deref() != Some(before);
        let head = commits.last().cloned().unwrap_or(Value::Null);
        let payload = json!({
            "ref": reference, "before": before, "after": after, "base_ref": null,
            "created": created, "deleted": deleted, "forced": forced, "commits": commits, "head_commit": head,
            "compare": format!("{}/{}/compare/{before}...{after}", self.base_url, repo.full_name()),
            "pusher": { "name": by, "email": format!("{by}@example.invalid") },
        });
        self.envelope(&repo.full_name(), by, payload)
    }

    /// Tags a commit, with its event.
    pub async fn tag(&self, repo: &str, name: &str, at: &str, message: Option<&str>) -> Result<()> {
        let found = self.repo(repo)?;
        let made = found.bare.tag(name, at, message).await?;
        let event = self.push_event(&found, &format!("refs/tags/{name}"), NOTHING, &made, &found.owner).await?;
        self.send("push", &event).await.map(|_| ())
    }

    /// Keeps a new comment.
    pub fn add_comment(&self, repo: &str, number: u64, author: &str, body: &str) -> Result<Comment> {
        let mut state = self.state();
        state.user(author);
        let (id, now) = (state.next_id(), state.now());
        let repo = state.repos.get_mut(&repo.to_lowercase()).context("no such repository")?;
        ensure!(repo.pulls.contains_key(&number), "no pull request {number}");
        let (author, body) = (author.to_owned(), body.to_owned());
        let comment = Comment { id, number, author, body, edits: 0, created_at: now.clone(), updated_at: now };
        repo.comments.insert(id, comment.clone());
        Ok(comment)
    }

    /// Writes a comment as an account, with its event.
    pub async fn comment_as(&self, repo: &str, number: u64, login: &str, body: &str) -> Result<u64> {
        let comment = self.add_comment(repo, number, login, body)?;
        self.send("issue_comment", &self.comment_event(repo, &comment, "created", login)?).await?;
        Ok(comment.id)
    }

    /// An `issue_comment` event.
    pub fn comment_event(&self, repo: &str, comment: &Comment, action: &str, sender: &str) -> Result<Value> {
        let found = self.repo(repo)?;
        let pull = found.pulls.get(&comment.number).context("no such pull request")?;
        let payload = {
            let mut state = self.state();
            let issue = shape::issue(&self.base_url, &mut state, &found, pull);
            json!({ "action": action, "issue": issue, "comment": shape::comment(self, &mut state, &found, comment) })
        };
        self.envelope(repo, sender, payload)
    }

    /// Removes a comment.
    pub fn delete_comment(&self, repo: &str, id: u64) -> Result<()> {
        let mut state = self.state();
        let repo = state.repos.get_mut(&repo.to_lowercase()).context("no such repository")?;
        repo.comments.remove(&id).with_context(|| format!("no comment {id}"))?;
        Ok(())
    }

    /// Presses a check run's button, or asks for it again.
    pub async fn press(&self, repo: &str, check_run: u64, action: Option<&str>, by: &str) -> Result<Delivery> {
        let found = self.repo(repo)?;
        let run = found.check_runs.get(&check_run).with_context(|| format!("no check run {check_run}"))?;
        let mut payload = json!({ "action": "rerequested", "check_run": shape::check_run(self, &mut self.state(), &found, run) });
        if let Some(action) = action {
            let has_it = run.actions.iter().any(|known| known["identifier"] == action);
            ensure!(has_it, "check run {check_run} has no button {action:?}");
            payload["action"] = json!("requested_action");
            payload["requested_action"] = json!({ "identifier": action });
        }
        let payload = self.envelope(repo, by, payload)?;
        self.send("check_run", &payload).await?.context("the double has no webhook endpoint")
    }
}
