//! The boards of this repository: each is a folder of `firmware/boards`. Those with a machine of QEMU's are in `ounce.toml`, which says the same as their
//! `board.toml`; the others have their entry beside it, for whoever has one, as every pull request would wait for them otherwise.
//!
//! The runner reads `ounce.toml` and the build `board.toml`; the firmware's own tests know nothing of Ounce. So the two meet here.

use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use toml::{Table, Value};

/// Where they are.
pub const FOLDER: &str = "firmware/boards";

/// The names of the boards, sorted.
///
/// # Errors
/// Where the folder cannot be read, or holds no board.
pub fn names(root: &Path) -> Result<Vec<String>> {
    let folders = std::fs::read_dir(root.join(FOLDER)).with_context(|| format!("{FOLDER} cannot be read"))?;
    let boards = folders.filter_map(Result::ok).filter(|folder| folder.path().join("board.toml").is_file());
    let mut names: Vec<String> = boards.map(|folder| folder.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    ensure!(!names.is_empty(), "{FOLDER} holds no board");
    Ok(names)
}

/// Those with a machine of QEMU's, which are weighed at every pull request, sorted.
///
/// # Errors
/// Where a `board.toml` cannot be read.
pub fn emulated(root: &Path) -> Result<Vec<String>> {
    let mut emulated = Vec::new();
    for name in names(root)? {
        if data(root, &name)?.contains_key("qemu_machine") {
            emulated.push(name);
        }
    }
    Ok(emulated)
}

/// A board's `board.toml`.
///
/// # Errors
/// Where it cannot be read.
pub fn data(root: &Path, name: &str) -> Result<Table> {
    read(&root.join(FOLDER).join(name).join("board.toml"))
}

/// Checks that every board has its entry, with the memory that it has. `ounce.toml` may name others too.
///
/// # Errors
/// The first difference, with what to do.
pub fn check(root: &Path) -> Result<()> {
    let weighed = read(&root.join("ounce.toml"))?;
    for name in names(root)? {
        let board = data(root, &name)?;
        let is_emulated = board.contains_key("qemu_machine");
        let own = if is_emulated { None } else { Some(read(&root.join(FOLDER).join(&name).join("ounce.toml"))?) };
        let file = if is_emulated { "ounce.toml".to_owned() } else { format!("{FOLDER}/{name}/ounce.toml") };
        let Some(entry) = at(own.as_ref().unwrap_or(&weighed), &["boards", &name]).and_then(Value::as_table) else {
            bail!("{file} does not name {FOLDER}/{name}: add [boards.{name}], see docs/adding-a-board.md")
        };
        agree(&name, entry, &board)?;
    }
    Ok(())
}

/// One board's entry of `ounce.toml` against its `board.toml`.
fn agree(name: &str, entry: &Table, board: &Table) -> Result<()> {
    let machine = |table, path: &[&str]| at(table, path).and_then(Value::as_str).map(str::to_owned);
    let (said, is) = (machine(entry, &["run", "qemu", "machine"]), machine(board, &["qemu_machine"]));
    ensure!(said == is, "{name}: the machine is {said:?} in ounce.toml and {is:?} in board.toml");
    let is_probed = said.is_none() && board.contains_key("probe_chip");
    let unit = machine(entry, &["run", "probe"]);
    ensure!(
        unit.as_deref() == is_probed.then_some(name),
        "{name}: it runs on the units {unit:?}, which are to be called like the board, or it does not run"
    );
    let run = at(entry, &["run"]).and_then(Value::as_table);
    let pairs = [
        ("flash", region(entry, "flash")),
        ("ram", region(entry, "ram")),
        ("stack", run.and_then(|run| at(run, &["stack"])).and_then(|stack| range(stack, "start", "size"))),
        ("workload", at(entry, &["run"]).and_then(|run| range(run, "load_at", "load_size"))),
    ];
    // One that probe-rs does not know and QEMU neither is weighed and not run.
    let is_run = said.is_some() || is_probed;
    for (what, said) in pairs.into_iter().take(if is_run { 4 } else { 2 }) {
        let is = board.get(what).and_then(|table| range(table, "start", "size"));
        ensure!(is.is_some() && said == is, "{name}: {what} (start, bytes) is {said:x?} in ounce.toml and {is:x?} in board.toml");
    }
    Ok(())
}

/// The first region of a kind in an entry of `ounce.toml`.
fn region(entry: &Table, kind: &str) -> Option<(i64, i64)> {
    let regions = entry.get("regions")?.as_array()?;
    let of_kind = regions.iter().find(|region| region.get("kind").and_then(Value::as_str) == Some(kind))?;
    range(of_kind, "start", "size")
}

fn range(table: &Value, start: &str, size: &str) -> Option<(i64, i64)> {
    Some((table.get(start)?.as_integer()?, bytes(table.get(size)?)?))
}

/// A size: bytes, or a text of whole K or M.
fn bytes(value: &Value) -> Option<i64> {
    let Some(text) = value.as_str() else { return value.as_integer() };
    let (digits, factor) = match text.as_bytes().last()? {
        b'K' => (text.strip_suffix('K')?, 1 << 10),
        b'M' => (text.strip_suffix('M')?, 1 << 20),
        _ => (text, 1),
    };
    digits.parse::<i64>().ok()?.checked_mul(factor)
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(*key))
}

fn read(path: &Path) -> Result<Table> {
    std::fs::read_to_string(path)
        .map_err(anyhow::Error::from)
        .and_then(|text| Ok(text.parse()?))
        .with_context(|| format!("{} cannot be read", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOARD: &str = "qemu_machine = \"m\"\n[flash]\nstart = 0\nsize = 229376\n[ram]\nstart = 16\nsize = 16384\n\
        [stack]\nstart = 16\nsize = 4096\n[workload]\nstart = 0x38000\nsize = 0x8000\n";
    const ENTRY: &str = "regions = [{ kind = \"flash\", start = 0, size = \"224K\" }, { kind = \"ram\", start = 0x10, size = \"16K\" }]\n\
        [run]\nqemu = { machine = \"m\" }\nload_at = 0x38000\nload_size = \"32K\"\nstack = { start = 16, size = 4096 }\n";

    /// What is said when `from` is replaced in the entry; nothing where all agrees.
    fn check(from: &str, to: &str, expected: &str) {
        assert!(ENTRY.contains(from), "{from}");
        let said = agree("b", &ENTRY.replace(from, to).parse().unwrap(), &BOARD.parse().unwrap());
        let said = said.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(if expected.is_empty() { said.is_empty() } else { said.contains(expected) }, "{from} as {to}: {said:?}");
    }

    #[test]
    fn the_manifest_and_the_board_agree_or_the_difference_is_named() {
        check("", "", "");
        check("\"m\"", "\"n\"", "b: the machine");
        check("224K", "256K", "b: flash");
        check("start = 0x10", "start = 0", "b: ram");
        check("size = 4096", "size = 4095", "b: stack");
        check("load_at = 0x38000", "load_at = 0x3c000", "b: workload");
        check("load_size", "size", "b: workload");
        check("\"32K\"", "\"K\"", "b: workload");
        check("regions", "region", "b: flash");
    }

    #[test]
    fn a_board_without_a_machine_runs_on_units_of_its_name_where_a_probe_knows_it() {
        let entry = ENTRY.replace("qemu = { machine = \"m\" }", "probe = \"b\"");
        let board = BOARD.replace("qemu_machine", "probe_chip");
        let says = |entry: &str, board: &str| agree("b", &entry.parse().unwrap(), &board.parse().unwrap()).err().map(|e| e.to_string());
        assert_eq!(says(&entry, &board), None);
        assert!(says(&entry.replace("\"b\"", "\"c\""), &board).unwrap().contains("Some(\"c\")"));
        assert!(says(&entry.replace("load_at = 0x38000", "load_at = 0"), &board).unwrap().contains("b: workload"));
        assert!(says(&entry, &board.replace("probe_chip", "no_chip")).unwrap().contains("it does not run"));
        let weighed = entry.split_once("[run]").unwrap().0;
        assert_eq!(says(weighed, &board.replace("probe_chip", "no_chip")), None);
        assert!(says(weighed, &board).unwrap().contains("it runs on the units None"));
    }

    #[test]
    fn this_repository_names_all_its_boards() {
        super::check(&crate::root()).unwrap();
    }
}
