//! The demo's lab: simulated boards behind real probe-rs, each weighed beside its machine of QEMU.

use super::Shown;
use super::stage::{Stage, program, run, said};
use crate::root;
use crate::run::is_everything_built;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Child;
use toml::{Table, Value};

/// The agent's lab, in the scratch folder.
pub const LAB: &str = "lab.toml";
/// A lab without units, for the demo without one.
pub const EMPTY: &str = "version = 1\n";
/// Longest a simulated board may take until it can be opened.
const POWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A board of ounce.toml that has a unit here.
pub struct Twin {
    /// Its name there.
    pub board: &'static str,
    /// What board-sim calls it.
    pub sim: &'static str,
    /// What probe-rs calls its chip.
    pub chip: &'static str,
}

/// All of them.
pub static TWINS: [Twin; 3] = [
    Twin { board: "microbit", sim: "microbit", chip: "nRF51822_xxAA" },
    Twin { board: "mps2-an385", sim: "mps2-an385", chip: "mps2-an385" },
    Twin { board: "pyboard", sim: "netduinoplus2", chip: "STM32F405RGTx" },
];

/// Our manifest with these boards alone, each once for QEMU and once for a unit.
///
/// # Errors
/// Where it has not these boards.
pub fn manifest() -> Result<String> {
    let mut manifest: Table = toml::from_str(&std::fs::read_to_string(root().join("ounce.toml"))?)?;
    let boards = manifest.get_mut("boards").and_then(Value::as_table_mut).context("ounce.toml has no boards")?;
    boards.retain(|name, _| TWINS.iter().any(|twin| twin.board == name));
    for Twin { board, .. } in &TWINS {
        let mut unit = boards.get(*board).with_context(|| format!("ounce.toml has no {board}"))?.clone();
        if let Some(Value::String(title)) = unit.get_mut("title") {
            title.push_str(", on a probe");
        }
        let run = unit.get_mut("run").and_then(Value::as_table_mut).with_context(|| format!("{board} does not run"))?;
        run.remove("qemu");
        // A model of the core needs the instructions that only QEMU sees.
        run.remove("estimate_cycles");
        run.insert("probe".into(), Value::String((*board).into()));
        boards.insert(row(board), unit);
    }
    Ok(toml::to_string(&manifest)?)
}

/// What the board is called that is weighed on a unit.
fn row(board: &str) -> String {
    format!("{board}-unit")
}

/// The simulated boards, under power. Dropping it ends them.
pub struct Bench {
    _sims: Vec<Child>,
}

impl Bench {
    /// Gives them power, and writes `lab.toml` into the scratch folder.
    ///
    /// # Errors
    /// Where one of them does not start.
    pub async fn set(stage: &Stage) -> Result<Bench> {
        let (scratch, sim) = (stage.scratch.path(), stage.bin.join("board-sim"));
        std::fs::write(scratch.join("sim.yaml"), said(program(&sim).arg("targets")).await?)?;
        let (mut lab, mut sims) = (EMPTY.to_owned(), Vec::new());
        for twin in &TWINS {
            let (probe, uart) = (scratch.join(format!("{}.probe", twin.board)), scratch.join(format!("{}.uart", twin.board)));
            let mut command = program(&sim);
            command.args(["run", "--board", twin.sim, "--socket"]).arg(&probe).arg("--uart").arg(&uart);
            sims.push(command.stdout(Stdio::null()).spawn().context("board-sim cannot be started")?);
            powered(&probe).await?;
            lab.push_str(&entry(twin, &probe, &uart));
        }
        std::fs::write(scratch.join(LAB), lab)?;
        eprintln!("demo: {} simulated boards have power", sims.len());
        Ok(Bench { _sims: sims })
    }
}

/// Waits until a board can be opened.
///
/// # Errors
/// Where that takes too long.
pub async fn powered(probe: &Path) -> Result<()> {
    let there = async {
        while !probe.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(POWER_TIMEOUT, there).await.with_context(|| format!("no board can be opened at {}", probe.display()))
}

/// Its unit in `lab.toml`.
pub fn entry(twin: &Twin, probe: &Path, uart: &Path) -> String {
    let Twin { board, chip, .. } = twin;
    let target = if chip == board { "target = \"sim.yaml\"\n" } else { "" };
    format!(
        "[units.{board}]\nprobe = \"20b7:9db1:unix:{}\"\nboard = \"{board}\"\nchip = \"{chip}\"\n{target}console = \"uart:unix:{}@115200\"\n",
        probe.display(),
        uart.display()
    )
}

/// Builds board-sim.
///
/// # Errors
/// Where it does not compile.
pub async fn build() -> Result<()> {
    if is_everything_built() {
        return Ok(());
    }
    run(program("cargo").args(["build", "--quiet", "-p", "board-sim"]).current_dir(root())).await
}

/// What the comment must show: each board's row, with figures in QEMU and without on its unit.
///
/// # Errors
/// The first that is missing.
pub fn shows(shown: &Shown) -> Result<()> {
    let cell = |board: &str| {
        let row = shown.comment.lines().find(|l| l.starts_with('|') && l.contains(&format!("`{board}`")));
        row.with_context(|| format!("the comment has no row for {board}:\n{}", shown.comment)).map(str::to_owned)
    };
    for Twin { board, .. } in &TWINS {
        let (in_qemu, on_unit) = (cell(board)?, cell(&row(board))?);
        ensure!(in_qemu.contains(" %"), "instructions did not move on {board}: {in_qemu}");
        ensure!(on_unit.contains("ran, not counted"), "{board} did not run on its unit: {on_unit}\n{}", shown.comment);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{TWINS, manifest, row};
    use ounce_protocol::BoardName;
    use ounce_protocol::manifest::{Manifest, On};

    #[test]
    fn each_board_of_the_lab_is_in_the_manifest_once_for_qemu_and_once_for_its_unit() {
        let manifest = Manifest::parse(&manifest().unwrap()).unwrap();
        assert_eq!(manifest.boards.len(), 2 * TWINS.len());
        for twin in &TWINS {
            let on = |name: &str| manifest.board(&name.parse::<BoardName>().unwrap()).unwrap().run.as_ref().unwrap().on.clone();
            assert!(matches!(on(twin.board), On::Qemu(_)), "{}", twin.board);
            assert!(matches!(on(&row(twin.board)), On::Probe(_)), "{}", twin.board);
        }
    }
}
