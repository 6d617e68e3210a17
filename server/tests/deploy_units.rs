//! `deploy/` for a machine without containers: its units are checked by systemd itself, its probes' rules and proxies by their shape and,
//! where the machine has the program, by that.

use ounce_server::web::webhook;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn deploy(place: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deploy").join(place)
}

fn read(place: &str) -> String {
    std::fs::read_to_string(deploy(place)).unwrap_or_else(|error| panic!("deploy/{place}: {error}"))
}

/// Runs a program that ends by itself: whether it was content, and what it said. None where the machine does not have it.
#[expect(clippy::disallowed_methods, reason = "a test asks programs that only read files and end at once")]
fn ask(program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    let out = match Command::new(program).args(arguments).output() {
        Ok(out) => out,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("{program} is not on this machine: not asked");
            return None;
        }
        Err(error) => panic!("{program}: {error}"),
    };
    Some((out.status.success(), format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))))
}

const UNITS: [&str; 4] = ["ounce-server.service", "ounce-agent.service", "ounce-backup.service", "ounce-backup.timer"];
/// What the units start, and what they want of the system.
const PROGRAMS: [&str; 4] = ["usr/local/bin/ounce-server", "usr/local/bin/ounce", "bin/sh", "usr/bin/find"];
const TARGETS: [&str; 8] = ["sysinit", "basic", "shutdown", "network-online", "multi-user", "timers", "time-sync", "time-set"];

/// A root of a system's file tree with our units in it, as docs/operating.md installs them.
fn installed(change: impl Fn(&str) -> String) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let units = root.path().join("etc/systemd/system");
    std::fs::create_dir_all(&units).unwrap();
    for unit in UNITS {
        std::fs::write(units.join(unit), change(&read(&format!("systemd/{unit}")))).unwrap();
    }
    for target in TARGETS {
        std::fs::write(units.join(format!("{target}.target")), "[Unit]\nDescription=of the system\n").unwrap();
    }
    for program in PROGRAMS {
        let file = root.path().join(program);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "#!/bin/true\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    root
}

fn verified(root: &Path) -> Option<(bool, String)> {
    let at = format!("--root={}", root.display());
    let mut arguments = vec!["verify", at.as_str(), "--man=no"];
    arguments.extend(UNITS);
    ask("systemd-analyze", &arguments)
}

#[test]
fn systemd_takes_the_units() {
    let Some((content, said)) = verified(installed(str::to_owned).path()) else { return };
    assert!(content && said.is_empty(), "{said}");
    let (_, said) = verified(installed(|unit| unit.replace("ProtectHome", "ProtectHom")).path()).unwrap();
    assert!(said.contains("ProtectHom"), "a key that does not exist is not seen: {said}");
}

#[test]
fn the_services_can_do_little() {
    let root = installed(str::to_owned);
    let at = format!("--root={}", root.path().display());
    // systemd counts what a service may do, 0 to 100. The agent makes namespaces and reaches probes: what is off is named in the unit.
    for (unit, most) in [("ounce-server.service", 20), ("ounce-backup.service", 20), ("ounce-agent.service", 40)] {
        let Some((content, said)) = ask("systemd-analyze", &["security", "--offline=yes", &format!("--threshold={most}"), &at, unit])
        else {
            return;
        };
        assert!(content, "{unit} may do more than {most}:\n{}", said.lines().last().unwrap_or(""));
    }
    for (unit, key) in [("ounce-agent.service", "MemoryMax="), ("ounce-agent.service", "TasksMax="), ("ounce-server.service", "MemoryMax=")]
    {
        assert!(read(&format!("systemd/{unit}")).lines().any(|line| line.starts_with(key)), "{unit} has no {key}");
    }
}

#[test]
fn the_users_of_the_units_are_made() {
    let users = read("systemd/ounce.sysusers");
    for unit in UNITS.iter().filter(|unit| unit.ends_with(".service")) {
        let text = read(&format!("systemd/{unit}"));
        let user = text.lines().find_map(|line| line.strip_prefix("User=")).unwrap_or_else(|| panic!("{unit} is root's"));
        assert!(users.lines().any(|line| line.starts_with(&format!("u {user} "))), "nothing makes {unit}'s user {user}");
        let group = text.lines().find_map(|line| line.strip_prefix("SupplementaryGroups="));
        assert!(group.is_none_or(|group| users.contains(&format!("g {group} "))), "nothing makes {unit}'s group {group:?}");
    }
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("etc/sysusers.d");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("ounce.conf"), users).unwrap();
    let at = format!("--root={}", root.path().display());
    let Some((content, said)) = ask("systemd-sysusers", &["--dry-run", &at]) else { return };
    assert!(content && said.contains("'ounce-agent'") && said.contains("'ounce-probes'"), "{said}");
}

/// A rule's parts: key, operator, value.
fn parts(line: &str) -> Vec<(&str, &str, &str)> {
    line.split("\",")
        .map(|part| {
            let part = part.trim().trim_end_matches('"');
            let (left, value) = part.split_once('"').unwrap_or_else(|| panic!("no value in {line}"));
            let key = left.trim_end_matches(['=', '!', '+', ':']);
            (key, &left[key.len()..], value)
        })
        .collect()
}

#[test]
fn the_rules_for_probes_are_rules_and_give_the_agent_its_group() {
    let rules = read("udev/70-ounce-probes.rules");
    let (mut labels, mut jumps, mut given) = (BTreeSet::new(), BTreeSet::new(), 0);
    for line in rules.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let parts = parts(line);
        for &(key, operator, value) in &parts {
            let matches = ["ACTION", "SUBSYSTEM", "ATTRS{idVendor}", "ATTRS{idProduct}", "ATTRS{product}"].contains(&key);
            let sets = ["GOTO", "LABEL", "GROUP", "MODE"].contains(&key);
            assert!(matches || sets, "{key} is no key of a rule here: {line}");
            assert_eq!(matches, ["==", "!="].contains(&operator), "{operator} in {line}");
            let wanted_digits = key.starts_with("ATTRS{id");
            let is_number = |word: &str| word.len() == 4 && word.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
            assert!(!wanted_digits || value.split('|').all(is_number), "{value} are no numbers of USB as lsusb shows them: {line}");
            match key {
                "LABEL" => _ = labels.insert(value),
                "GOTO" => _ = jumps.insert(value),
                _ => {}
            }
        }
        let value = |wanted: &str| parts.iter().find(|(key, ..)| *key == wanted).map(|&(.., value)| value);
        if let Some(group) = value("GROUP") {
            assert_eq!((group, value("MODE")), ("ounce-probes", Some("0660")), "{line}");
            given += 1;
        }
    }
    assert_eq!(labels, jumps, "a jump without its label");
    assert!(given >= 5, "hardly any probe is named");
    assert!(read("systemd/ounce-agent.service").contains("SupplementaryGroups=ounce-probes\n"));
    let has_verify = ask("udevadm", &["verify", "--help"]).is_some_and(|(content, _)| content);
    if has_verify {
        let (content, said) = ask("udevadm", &["verify", deploy("udev/70-ounce-probes.rules").to_str().unwrap()]).unwrap();
        assert!(content, "{said}");
    }
}

#[test]
fn the_proxies_ask_the_server_and_shut_what_is_for_this_machine() {
    let example: toml::Table = read("ounce-server.example.toml").parse().unwrap();
    let listen = example["listen"].as_str().unwrap();
    for (place, login) in [("proxy/Caddyfile", "basicauth"), ("proxy/nginx.conf", "auth_basic ")] {
        let text = read(place);
        assert!(text.contains(listen), "{place} asks another address than {listen}");
        assert!(text.contains(login), "{place} asks for no login");
        for path in [webhook::PATH, "/api/runner/v1/", "/metrics", "/healthz", "/readyz"] {
            assert!(text.contains(path), "{place} says nothing of {path}");
        }
        let opened = text.matches('{').count();
        assert_eq!(opened, text.matches('}').count(), "{place}: a brace is missing");
    }
    let caddy = deploy("proxy/Caddyfile");
    if let Some((content, said)) = ask("caddy", &["validate", "--adapter", "caddyfile", "--config", caddy.to_str().unwrap()]) {
        assert!(content, "{said}");
    }
}
