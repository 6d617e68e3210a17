//! What was weighed, in bulk: measurements, the points of the series, and what each commit did.

use super::history::{History, NONE, series};
use super::model::{BOARDS, SERIES};
use super::runs::{Run, What, compared, tendency};
use super::tables::{Ids, Table, Written, id, row};
use super::weigh::{self, At};
use super::words;
use anyhow::Result;
use ounce_server::store::measurements::Packed;
use ounce_server::store::{Connection, symbols};

/// Writes all of it.
pub async fn write(c: &mut Connection, history: &History, runs: &[Run], written: &Written, ids: &mut Ids) -> Result<()> {
    let measured = measurements(c, history, runs, written, ids).await?;
    points(c, history, written, &measured, ids).await?;
    steps(c, history, runs, written, ids).await
}

/// The rows of measurements, by commit and board: of the head's side, and of the base's of the run after it.
struct Measured {
    heads: Vec<[i64; BOARDS.len()]>,
    bases: Vec<[i64; BOARDS.len()]>,
}

async fn measurements(c: &mut Connection, history: &History, runs: &[Run], written: &Written, ids: &mut Ids) -> Result<Measured> {
    let columns = &["id", "run_id", "board", "commit_id", "image", "doc", "packed", "token", "trusted", "received_ms"];
    let mut table = Table::new("measurements", columns);
    let mut measured = Measured { heads: vec![[0; BOARDS.len()]; written.count], bases: vec![[0; BOARDS.len()]; written.count] };
    let repo = history.spec.repo;
    let mut packed = Vec::new();
    for board in 0..BOARDS.len() {
        let at = At { repo, board, sha: &history.commits[0].sha, commit: 0, era: 0 };
        packed.push([Packed::of(&weigh::forgotten(&at))?, Packed::of(&weigh::failed(&at))?]);
    }
    for (n, run) in runs.iter().enumerate().filter(|(_, run)| run.state == "judged") {
        let (at, is_push) = (run.weighs(history), matches!(run.what, What::Push(_)));
        for &board in history.spec.boards {
            if is_push && at.is_some_and(|at| !history.commits[at].is_measured(board)) {
                continue;
            }
            let base = &history.commits[run.base_at];
            let era = at.map_or(base.era, |at| history.commits[at].era);
            let mut side = |commit_row: i64, builds: bool, image: String| {
                ids.measurement += 1;
                let [there, not_there] = &packed[board];
                let bytes = if builds { there } else { not_there }.bytes().to_vec();
                let (id, received) = (ids.measurement, run.at_ms + 60_000);
                (
                    id,
                    row![
                        id,
                        written.run(n),
                        BOARDS[board].name,
                        commit_row,
                        builds.then_some(image),
                        "",
                        bytes,
                        1i64,
                        run.trusted,
                        received
                    ],
                )
            };
            let image = |version, era| weigh::image(repo, board, version, era).to_string();
            let known = run.base_at == 0 || measured.heads[run.base_at][board] > 0 && base.era == era;
            if run.is_whole || run.is_kept || (is_push && !known) || run.base_at == 0 {
                let (id, row) = side(written.commit(run.base_at), base.builds(board), image(base.versions[board], era));
                table.row(c, row).await?;
                if is_push {
                    measured.bases[run.base_at][board] = id;
                }
            }
            let (builds, version) = at.map_or((true, u32::MAX - 1_000 + board as u32), |at| {
                (history.commits[at].builds(board), history.commits[at].versions[board])
            });
            let (id, row) = side(written.head(run), builds, image(version, era));
            table.row(c, row).await?;
            if let What::Push(at) = run.what {
                measured.heads[at][board] = id;
            }
        }
    }
    table.end(c).await?;
    Ok(measured)
}

async fn points(c: &mut Connection, history: &History, written: &Written, measured: &Measured, ids: &mut Ids) -> Result<()> {
    let mut tools = Table::new("tools", &["id", "project_id", "sha256", "names"]);
    let mut series_of: Vec<[i64; 2]> = Vec::new();
    let mut known: Vec<(String, i64)> = Vec::new();
    for era in 0..history.eras.len() {
        let mut pair = [0; 2];
        for (is_run, place) in [false, true].into_iter().zip(&mut pair) {
            let (sha256, names) = weigh::tools(era, is_run);
            let there = known.iter().find(|(digest, _)| *digest == sha256).map(|(_, id)| *id);
            *place = match there {
                Some(id) => id,
                None => {
                    ids.tools += 1;
                    tools.row(c, row![ids.tools, written.project, sha256.clone(), names]).await?;
                    known.push((sha256, ids.tools));
                    ids.tools
                }
            };
        }
        series_of.push(pair);
    }
    tools.end(c).await?;
    let mut rows = Table::new("series", &["id", "project_id", "board", "kind", "name", "tools_id"]);
    let mut table = Table::new("points", &["series_id", "commit_id", "measurement_id", "value", "exact"]);
    let names = series();
    // Series by series, as the table is sorted.
    for &board in history.spec.boards {
        for (k, &(kind, name)) in names.iter().enumerate().take(SERIES) {
            let mut last_tools = 0;
            for (n, era) in history.eras.iter().enumerate() {
                let tools = series_of[n][usize::from(kind != "region")];
                let same = tools == last_tools;
                if !same {
                    ids.series += 1;
                    rows.row(c, row![ids.series, written.project, BOARDS[board].name, kind, name, tools]).await?;
                    // Points refer to it.
                    rows.flush(c).await?;
                    last_tools = tools;
                }
                let exact = !(BOARDS[board].noisy && kind == "instructions");
                // A commit that was weighed again by the same tools has one figure by them.
                for at in era.commits().skip(usize::from(same)) {
                    let value = era.at(at, board)[k];
                    if value == NONE {
                        continue;
                    }
                    let head = if history.commits[at].era == n { measured.heads[at][board] } else { 0 };
                    let measurement = if head > 0 { head } else { measured.bases[at][board] };
                    table.row(c, row![ids.series, written.commit(at), measurement, i64::from(value), exact]).await?;
                }
            }
        }
    }
    table.end(c).await
}

async fn steps(c: &mut Connection, history: &History, runs: &[Run], written: &Written, ids: &mut Ids) -> Result<()> {
    let mut table = Table::new("symbols", &["id", "project_id", "sha256", "owner", "name", "grp"]);
    let slots = history.model.states[0].flash.len();
    let first = ids.symbol + 1;
    let owners = (0..slots).map(words::flash).chain((0..history.model.states[0].ram.len()).map(words::ram));
    for owner in owners {
        ids.symbol += 1;
        let known = if owner.is_constant { "reference" } else { "symbol" };
        let sha256 = symbols::digest(known, &owner.name, &owner.group);
        table.row(c, row![ids.symbol, written.project, sha256, known, symbols::cut(&owner.name), owner.group]).await?;
    }
    table.end(c).await?;
    let columns = &["symbol_id", "board", "region", "commit_id", "run_id", "change", "base_bytes", "head_bytes"];
    let mut table = Table::new("symbol_steps", columns);
    let mut trades = Table::new("tradeoffs", &["run_id", "board", "commit_id", "flash_delta", "ram_delta", "instructions_ppm", "tendency"]);
    for (n, run) in runs.iter().enumerate().filter(|(_, run)| run.state == "judged" && !run.is_whole) {
        let Some(at) = run.weighs(history) else { continue };
        let there: Vec<usize> = history.spec.boards.iter().copied().filter(|board| compared(history, at, *board).is_some()).collect();
        for &board in &there {
            let trade = &history.commits[at].trades[board];
            let figures = row![trade.flash, trade.ram, trade.ppm, tendency(trade)];
            let [flash, ram, ppm, word] = figures;
            trades.row(c, [written.run(n).into(), BOARDS[board].name.into(), written.head(run).into(), flash, ram, ppm, word]).await?;
        }
        if !matches!(run.what, What::Push(_)) {
            continue;
        }
        for effect in history.commits[at].effects.iter().filter(|effect| there.contains(&usize::from(effect.board))) {
            let slot = usize::from(effect.slot) + if effect.is_ram { slots } else { 0 };
            let change = match (effect.base, effect.head) {
                (0, _) => "added",
                (_, 0) => "removed",
                (base, head) if head > base => "grown",
                _ => "shrunk",
            };
            let (board, region) = (BOARDS[usize::from(effect.board)].name, if effect.is_ram { "ram" } else { "flash" });
            let (base, head) = (i64::from(effect.base), i64::from(effect.head));
            table.row(c, row![first + id(slot), board, region, written.commit(at), written.run(n), change, base, head]).await?;
        }
    }
    table.end(c).await?;
    trades.end(c).await
}
