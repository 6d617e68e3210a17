//! How a check stands: a check run for an App, a commit status for a person.

use super::super::{Annotation, CHECK_ACTIONS_MAX, CheckAction, CheckReport, CheckState, ForgeError, Level};
use super::wire::Ask;
use super::{GitHub, shapes};
use http::Method;
use ounce_protocol::ids::RepoName;
use ounce_report::annotate::ANNOTATIONS_MAX;
use serde_json::{Value, json};

/// The check's name, and the status's context.
const NAME: &str = "ounce";
const DESCRIPTION_CHARS_MAX: usize = 140;
const SUMMARY_CHARS_MAX: usize = 65_535;
const PER_PAGE: usize = 100;
/// Pages of one commit's check runs of our name that are looked through.
const PAGES_MAX: usize = 10;

/// At most so many characters, the last one saying that there were more.
fn fit(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max - 1).chain(['…']).collect()
}

/// The body of a commit status. GitHub has no neutral one: nothing to say does not hold anybody up, but trouble of ours is no pass.
fn status(check: &CheckReport) -> Value {
    let state = match check.state {
        CheckState::Pending | CheckState::NeedsApproval => "pending",
        CheckState::Success | CheckState::Neutral => "success",
        CheckState::Failure => "failure",
        CheckState::Incomplete => "error",
    };
    let mut body = json!({ "state": state, "context": NAME, "description": fit(&check.title, DESCRIPTION_CHARS_MAX) });
    if let Some(url) = &check.details_url {
        body["target_url"] = json!(url);
    }
    body
}

/// A button: label and identifier at most 20 characters, description at most 40.
fn button(action: CheckAction) -> Value {
    let (label, description) = match action {
        CheckAction::Approve => ("Approve and run", "Build and run exactly this commit"),
        CheckAction::Rerun => ("Weigh again", "Measure all boards once more"),
        CheckAction::Accept => ("Accept", "This growth is intended"),
    };
    json!({ "label": label, "description": description, "identifier": action.identifier() })
}

/// A remark beside lines. GitHub takes 50 a request and adds them to those that are there: none is ever changed or taken away.
fn annotation(annotation: &Annotation) -> Value {
    json!({
        "path": annotation.path, "start_line": annotation.first_line, "end_line": annotation.last_line,
        "annotation_level": level(annotation.level), "title": annotation.title, "message": annotation.message,
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Notice => "notice",
        Level::Warning => "warning",
    }
}

fn is_shown(annotation: &Annotation, shown: &shapes::ShownAnnotation) -> bool {
    shown.path == annotation.path
        && (shown.start_line, shown.end_line) == (annotation.first_line, annotation.last_line)
        && shown.annotation_level.as_deref() == Some(level(annotation.level))
        && shown.title.as_deref() == Some(annotation.title.as_str())
}

/// The body of a check run, new or updated, without annotations.
fn check_run(check: &CheckReport) -> Value {
    let (status, conclusion) = match check.state {
        CheckState::Pending => ("in_progress", None),
        CheckState::NeedsApproval => ("completed", Some("action_required")),
        CheckState::Success => ("completed", Some("success")),
        CheckState::Failure => ("completed", Some("failure")),
        CheckState::Incomplete | CheckState::Neutral => ("completed", Some("neutral")),
    };
    // Sent empty too: a button that was there must go.
    let actions: Vec<Value> = check.actions.iter().take(CHECK_ACTIONS_MAX).map(|action| button(*action)).collect();
    let summary = fit(&check.summary, SUMMARY_CHARS_MAX);
    let mut body = json!({
        "name": NAME, "external_id": check.external_id, "status": status, "actions": actions,
        "output": { "title": fit(&check.title, DESCRIPTION_CHARS_MAX), "summary": summary },
    });
    if let Some(conclusion) = conclusion {
        body["conclusion"] = json!(conclusion);
    }
    if let Some(url) = &check.details_url {
        body["details_url"] = json!(url);
    }
    body
}

impl GitHub {
    /// Sets the commit's status.
    pub(super) async fn report_status(&self, repo: &RepoName, check: &CheckReport) -> Result<(), ForgeError> {
        let what = format!("status of {repo}@{}", check.sha.short());
        let ask = Ask::write(Method::POST, &what, format!("/repos/{repo}/statuses/{}", check.sha), status(check));
        self.send(repo, ask).await.map(|_| ())
    }

    /// Updates our newest check run of this external id, or makes one: GitHub is read before it is written to.
    ///
    /// Annotations go with the one request that says all the rest, and only those that are not there yet, so that sending a check again after an
    /// answer was lost adds none a second time. A check run that shows annotations which are not meant any more (the commit was weighed again, with
    /// other figures) cannot be rid of them: a new one takes its place.
    pub(super) async fn report_check_run(&self, repo: &RepoName, check: &CheckReport, slug: &str) -> Result<(), ForgeError> {
        let what = format!("check run of {repo}@{}", check.sha.short());
        let mut body = check_run(check);
        let found = self.find_check_run(repo, check, slug, &what).await?;
        let shown = match &found {
            Some(run) if run.is_annotated() => self.shown_annotations(repo, run.id, &what).await?,
            _ => Vec::new(),
        };
        let outdated = shown.iter().any(|shown| !check.annotations.iter().any(|meant| is_shown(meant, shown)));
        let found = found.filter(|_| !outdated);
        let there = |meant: &Annotation| found.is_some() && shown.iter().any(|shown| is_shown(meant, shown));
        let new: Vec<Value> = check.annotations.iter().take(ANNOTATIONS_MAX).filter(|meant| !there(meant)).map(annotation).collect();
        if !new.is_empty() {
            body["output"]["annotations"] = json!(new);
        }
        let ask = match found {
            Some(run) => Ask::write(Method::PATCH, &what, format!("/repos/{repo}/check-runs/{}", run.id), body),
            None => {
                body["head_sha"] = json!(check.sha);
                Ask::write(Method::POST, &what, format!("/repos/{repo}/check-runs"), body)
            }
        };
        self.send(repo, ask).await.map(|_| ())
    }

    /// The annotations of a check run; those beyond the ones we would have made are not asked for.
    async fn shown_annotations(&self, repo: &RepoName, id: u64, what: &str) -> Result<Vec<shapes::ShownAnnotation>, ForgeError> {
        let path = format!("/repos/{repo}/check-runs/{id}/annotations?per_page={PER_PAGE}&page=1");
        self.send(repo, Ask::get(what, path)).await?.json()
    }

    async fn find_check_run(
        &self,
        repo: &RepoName,
        check: &CheckReport,
        slug: &str,
        what: &str,
    ) -> Result<Option<shapes::CheckRun>, ForgeError> {
        for page in 1..=PAGES_MAX {
            let query = format!("check_name={NAME}&filter=all&per_page={PER_PAGE}&page={page}");
            let path = format!("/repos/{repo}/commits/{}/check-runs?{query}", check.sha);
            let runs = self.send(repo, Ask::get(what, path)).await?.json::<shapes::CheckRuns>()?.check_runs;
            let last = runs.len() < PER_PAGE;
            // Another App may use our name and our external id; its run is not ours to change.
            let ours = |run: &shapes::CheckRun| {
                run.external_id.as_deref() == Some(check.external_id.as_str()) && run.app.as_ref().is_some_and(|app| app.slug == slug)
            };
            match runs.into_iter().filter(ours).max_by_key(|run| run.id) {
                Some(run) => return Ok(Some(run)),
                None if last => break,
                None => {}
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ounce_protocol::ids::CommitSha;

    fn report(state: CheckState) -> CheckReport {
        CheckReport {
            sha: CommitSha::parse(&"a".repeat(40)).unwrap(),
            external_id: "run-1".into(),
            state,
            title: "é".repeat(200),
            summary: "s".repeat(70_000),
            details_url: None,
            actions: vec![CheckAction::Approve, CheckAction::Rerun, CheckAction::Accept, CheckAction::Rerun],
            annotations: Vec::new(),
        }
    }

    #[test]
    fn each_state_has_its_word_on_both_sides() {
        let check = |state: CheckState, expected_status: &str, expected_run: (&str, Value)| {
            assert_eq!(status(&report(state))["state"], expected_status);
            let run = check_run(&report(state));
            assert_eq!((&run["status"], &run["conclusion"]), (&json!(expected_run.0), &expected_run.1));
        };
        check(CheckState::Pending, "pending", ("in_progress", Value::Null));
        check(CheckState::NeedsApproval, "pending", ("completed", json!("action_required")));
        check(CheckState::Success, "success", ("completed", json!("success")));
        check(CheckState::Failure, "failure", ("completed", json!("failure")));
        check(CheckState::Incomplete, "error", ("completed", json!("neutral")));
        check(CheckState::Neutral, "success", ("completed", json!("neutral")));
    }

    #[test]
    fn texts_stay_within_githubs_limits() {
        let run = check_run(&report(CheckState::NeedsApproval));
        assert_eq!(run["output"]["summary"].as_str().unwrap().chars().count(), SUMMARY_CHARS_MAX);
        assert_eq!(status(&report(CheckState::Success))["description"].as_str().unwrap().chars().count(), 140);
        let actions = run["actions"].as_array().unwrap();
        assert_eq!(actions.len(), CHECK_ACTIONS_MAX);
        for (action, (field, limit)) in
            actions.iter().flat_map(|a| [("label", 20), ("description", 40), ("identifier", 20)].map(|f| (a, f)))
        {
            assert!(action[field].as_str().unwrap().len() <= limit, "{field}");
        }
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("abcd", 3), "ab…");
    }
}
