//! What `deploy/` and docs/operating.md say of the runner: its commands are taken by the real program, its configuration by the real parser.

use ounce_runner::lab::inventory::Lab;
use ounce_runner::settings::Settings;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(place: &str) -> String {
    std::fs::read_to_string(root().join(place)).unwrap_or_else(|error| panic!("{place}: {error}"))
}

/// Whether the program takes these arguments: it is asked for its help after them.
#[expect(clippy::disallowed_methods, reason = "a test asks the program for its help, which ends at once")]
fn takes(arguments: &[&str]) -> Result<(), String> {
    let out = Command::new(env!("CARGO_BIN_EXE_ounce")).args(arguments).arg("--help").env_clear().output().unwrap();
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
}

/// What follows the program's name on each line that calls it, up to a description or the end of a quotation.
fn calls(text: &str) -> Vec<String> {
    let parts: Vec<&str> =
        text.split("\\\n").enumerate().map(|(at, part)| if at == 0 { part } else { part.trim_start_matches(['#', ' ']) }).collect();
    let joined = parts.concat();
    let after = |line: &str| {
        let rest = line.split(['`', '"', '\'']).find_map(|part| {
            ["ounce agent", "ounce --home", "ounce compare"]
                .iter()
                .find_map(|call| part.find(call))
                .map(|at| part[at + "ounce ".len()..].to_owned())
        })?;
        let end = ["  ", " && "].iter().filter_map(|stop| rest.find(stop)).min().unwrap_or(rest.len());
        Some(rest[..end].split_whitespace().collect::<Vec<_>>().join(" "))
    };
    joined.lines().filter_map(after).collect()
}

#[test]
fn every_command_of_the_agent_that_is_written_down_exists() {
    let mut seen = 0;
    for place in [
        "docs/operating.md",
        "deploy/systemd/ounce-agent.service",
        "deploy/agent.Containerfile",
        "deploy/kubernetes/agent.yaml",
        "README.md",
    ] {
        for call in calls(&read(place)) {
            // A journal's line and a description are no arguments.
            let arguments: Vec<&str> = call.split(' ').take_while(|word| *word != "for").collect();
            if arguments == ["agent"] && call.contains("for") {
                continue;
            }
            let known = arguments.iter().position(|word| word.chars().all(char::is_alphabetic) && word.len() > 2 && takes(&[word]).is_ok());
            assert!(known.is_some() || arguments[0].starts_with("--"), "{place}: ounce {call}");
            takes(&arguments).unwrap_or_else(|error| panic!("{place}: ounce {call}: {error}"));
            seen += 1;
        }
    }
    assert!(seen >= 5, "only {seen} commands were found");
    assert!(takes(&["agent", "--no-such-flag"]).is_err() && takes(&["no-such-command"]).is_err());
}

#[test]
fn the_arguments_of_the_containers_are_the_agents() {
    let image = read("deploy/agent.Containerfile");
    assert!(image.contains("ENTRYPOINT [\"ounce\", \"agent\"]\n"));
    let cluster = read("deploy/kubernetes/agent.yaml");
    let arguments =
        cluster.lines().find_map(|line| line.trim().strip_prefix("args: [")).unwrap().trim_end_matches(']').replace(['"', ','], "");
    let arguments: Vec<&str> = ["agent"].into_iter().chain(arguments.split(' ')).collect();
    takes(&arguments).unwrap_or_else(|error| panic!("deploy/kubernetes/agent.yaml: {error}"));
    let user = cluster.lines().find_map(|line| line.trim().strip_prefix("runAsUser: ")).unwrap();
    assert!(image.contains(&format!("USER {user}:{user}\n")), "the image's user is another than {user}");
}

#[test]
fn the_runners_configuration_and_the_lab_on_the_page_are_read() {
    let page = read("docs/operating.md");
    let blocks = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let (labs, others): (Vec<&str>, Vec<&str>) = blocks.partition(|block| block.contains("[units."));
    for block in &labs {
        Lab::parse(block, Path::new("")).unwrap_or_else(|error| panic!("docs/operating.md: {error}\n{block}"));
    }
    let ours: Vec<&str> = others.into_iter().filter(|block| !block.contains("[forge]")).collect();
    assert!(!ours.is_empty() && !labs.is_empty());
    let folder = tempfile::tempdir().unwrap();
    for block in ours {
        let file = folder.path().join("runner.toml");
        std::fs::write(&file, block).unwrap();
        Settings::read(Some(&file)).unwrap_or_else(|error| panic!("docs/operating.md: {error:#}\n{block}"));
    }
}
