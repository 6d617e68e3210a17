//! `/ounce run`: the same pair of commits is measured again, on all boards or on some.
//!
//! A board is measured as a whole: `bench=` chooses the boards on which these benchmarks run. The boards that were not chosen
//! keep their figures, as a board without any is always measured.

use super::super::command::Part;
use super::super::plan::{self, Pair, Target};
use super::super::text::{code, counted};
use super::super::{Context, publish};
use super::{Order, Ready as Prepared, Reply, Stop, words};
use crate::forge::{Forge, PullRequest};
use crate::store::runs::{self, NewRun, Run, RunKind, RunState};
use crate::store::{Connection, StoreError, budgets, commands, jobs, projects};
use ounce_protocol::ids::BoardName;
use ounce_protocol::job::Millis;
use ounce_protocol::manifest::{Manifest, nearest};
use std::collections::BTreeSet;

/// What to weigh again.
pub struct Ready {
    pull: PullRequest,
    part: Part,
    /// Read from the forge where no earlier run has named the commits.
    fresh: Option<Pair>,
}

/// Asks the forge for the head, and for the pair where none is known.
pub async fn prepare<F: Forge>(cx: &Context<F>, order: &Order<'_>, part: &Part) -> Result<Prepared, Stop> {
    let pull = cx.forge.pull_request(order.repo(), order.pull).await?;
    if !pull.open {
        return Ok(Prepared::Reply(Reply::mistaken("the pull request is closed", words::closed())));
    }
    let mut c = cx.store.connection().await?;
    let known = match projects::find(&mut c, order.repo()).await? {
        Some(project) => runs::latest(&mut c, project, order.pull, Some(&pull.head)).await?.is_some_and(|run| run.has_pair()),
        None => false,
    };
    drop(c);
    let fresh = match known {
        true => None,
        false => plan::pull_pair(cx, &Target::now(order.repository, &pull)).await?,
    };
    Ok(Prepared::Rerun(Box::new(Ready { pull, part: part.clone(), fresh })))
}

/// Queues the boards anew.
pub async fn write<F: Forge>(
    tx: &mut Connection,
    cx: &Context<F>,
    order: &Order<'_>,
    project: i64,
    ready: Ready,
    now: Millis,
) -> Result<Reply, StoreError> {
    let target = Target::now(order.repository, &ready.pull);
    plan::put_pull_row(tx, project, &target, true, now).await?;
    if let Some(pair) = &ready.fresh {
        let id = plan::put_pull_run(tx, cx, project, &target, pair, now).await?;
        return Ok(Reply::done(
            &format!("run {id}"),
            "It was not weighed before, and is planned now. The report's comment says how it stands.",
        ));
    }
    let Some(run) = runs::latest(tx, project, order.pull, Some(target.head)).await?.filter(Run::has_pair) else {
        return Ok(Reply::mistaken(
            "no pair is known",
            words::impossible("its commits are not known; push again, or close and reopen the pull request"),
        ));
    };
    if !run.trusted && !commands::approved(tx, project, order.pull, target.head).await? {
        let head = target.head;
        let text = format!("Not run: a fork's commit must be approved first.\n\n```text\n/ounce approve {head}\n```");
        return Ok(Reply::mistaken("not approved", text));
    }
    if run.state == RunState::Measuring {
        return Ok(Reply::done("is under way", "It is being weighed already; `/ounce cancel` stops that."));
    }
    // A manifest that was refused is refused again: only a push to the base mends it.
    let manifest = match Manifest::parse(&run.manifest) {
        Ok(manifest) => manifest,
        Err(error) => return Ok(Reply::mistaken("no valid manifest", words::impossible(&error.to_string()))),
    };
    let chosen = match chosen(&manifest, &ready.part) {
        Ok(chosen) => chosen,
        Err(unknown) => return Ok(Reply::mistaken(&unknown, format!("{unknown}."))),
    };
    let new = NewRun {
        project,
        kind: RunKind::Pull,
        pull: run.pull,
        shown: &run.shown,
        base: &run.base,
        head: &run.head,
        conflict: run.conflict,
        trusted: run.trusted,
        manifest: &run.manifest,
        manifest_changed: run.manifest_changed,
        state: RunState::Measuring,
        note: "",
    };
    let id = runs::insert(tx, &new, now).await?;
    runs::measure_afresh(tx, id).await?;
    budgets::copy_starts(tx, run.id, id).await?;
    let mut queued = 0;
    for (name, board) in &manifest.boards {
        let keeps = !chosen.contains(name) && jobs::take_over(tx, run.id, id, name).await?;
        if !keeps {
            plan::put_job(tx, id, name, board, run.trusted, plan::PULL_PRIORITY, now).await?;
            queued += 1;
        }
    }
    plan::supersede_others(tx, cx, project, order.pull, id, target.head, now).await?;
    publish::wish_for_run(tx, id, cx.public_url.as_deref(), now).await?;
    let text = format!("`{}` against `{}` is weighed again on {}.", run.head.short(), run.base.short(), counted(queued, "board"));
    Ok(Reply::done(&format!("run {id}"), text))
}

/// The boards asked for, or what is not in the manifest.
fn chosen(manifest: &Manifest, part: &Part) -> Result<BTreeSet<BoardName>, String> {
    if part.boards.is_empty() && part.benches.is_empty() {
        return Ok(manifest.boards.keys().cloned().collect());
    }
    let mut chosen = BTreeSet::new();
    for board in &part.boards {
        if !manifest.boards.contains_key(board) {
            let hint = nearest(board.as_str(), manifest.boards.keys().map(BoardName::as_str));
            return Err(format!("The base's manifest has no board {}{hint}", code(board.as_str())));
        }
        chosen.insert(board.clone());
    }
    for name in &part.benches {
        let Some(bench) = manifest.benchmarks.get(name) else {
            let hint = nearest(name.as_str(), manifest.benchmarks.keys().map(|known| known.as_str()));
            return Err(format!("The base's manifest has no benchmark {}{hint}", code(name.as_str())));
        };
        chosen.extend(
            manifest.boards.iter().filter(|(board, what)| what.run.is_some() && bench.runs_on(board)).map(|(board, _)| board.clone()),
        );
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::command::{Command, parse};

    #[test]
    fn a_part_is_boards_and_the_boards_of_benchmarks() {
        let manifest = "version = 1\nname = \"x\"\n[boards.disco]\nbuild = [\"b\"]\nelf = \"e\"\nregions = [{ name = \"flash\", kind = \"flash\", start = 0, size = \"1M\" }]\n\
            run = { qemu = { system = \"arm\", machine = \"netduinoplus2\" } }\n[boards.mini]\nbuild = [\"b\"]\nelf = \"e\"\n\
            regions = [{ name = \"flash\", kind = \"flash\", start = 0, size = \"1M\" }]\n[benchmarks.sum]\nexpect = \"5050\"\n";
        let manifest = Manifest::parse(manifest).unwrap();
        let check = |line: &str, expected: &str| {
            let Some(Ok(Command::Run(part))) = parse(line) else { panic!("{line}") };
            let said =
                chosen(&manifest, &part).map_or_else(|e| e, |boards| boards.iter().map(|b| b.as_str()).collect::<Vec<_>>().join(","));
            assert_eq!(said, expected, "{line}");
        };
        check("/ounce run", "disco,mini");
        check("/ounce run boards=mini", "mini");
        check("/ounce run bench=sum", "disco");
        check("/ounce run boards=mini bench=sum", "disco,mini");
        check("/ounce run boards=disko", "The base's manifest has no board `disko`; did you mean `disco`?");
        check("/ounce run bench=sun", "The base's manifest has no benchmark `sun`; did you mean `sum`?");
    }
}
