//! `deploy/` and docs/operating.md say only what is so: configurations are read by the real parser, commands by the real program,
//! and every name in them is one that exists.

use ounce_server::config::Config;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use yaml_rust2::{Yaml, YamlLoader};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

/// Everything that says how to run it, by its place in the repository.
fn texts() -> Vec<(String, String)> {
    let mut files = vec![root().join("docs/operating.md"), root().join("README.md")];
    files_below(&root().join("deploy"), &mut files);
    files.sort();
    let read = |file: PathBuf| (file.strip_prefix(root()).unwrap().display().to_string(), std::fs::read_to_string(&file).unwrap());
    files.into_iter().map(read).collect()
}

/// Words of these characters that begin so.
fn words<'t>(text: &'t str, beginning: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(move |word| word.starts_with(beginning))
}

/// The blocks of a page that are marked as this language.
fn blocks<'t>(page: &'t str, language: &str) -> Vec<&'t str> {
    let begin = format!("```{language}\n");
    page.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// Reads a configuration of the server as it would be on its machine: with the files it names, unless the setup page is to write them.
fn parse(text: &str) -> Result<Config, String> {
    let machine = tempfile::tempdir().unwrap();
    let at = machine.path().display().to_string();
    let text = text.replace("\"/etc/ounce", &format!("\"{at}")).replace("\"/var/lib/ounce", &format!("\"{at}"));
    let table: toml::Table = text.parse().map_err(|e| format!("{e}"))?;
    let part = |name: &str| table.get(name).and_then(toml::Value::as_table).cloned().unwrap_or_default();
    let (forge, otlp) = (part("forge"), part("otlp"));
    if !forge.contains_key("app_id_file") {
        for (key, value) in table.iter().chain(&forge).chain(&otlp) {
            let names = match value {
                toml::Value::String(name) if key.ends_with("_file") => vec![name.clone()],
                toml::Value::Array(names) if key.ends_with("_files") => names.iter().map(|n| n.as_str().unwrap().to_owned()).collect(),
                _ => vec![],
            };
            for name in names {
                let file = machine.path().join(&name);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                // What people log in with has two lines, and a header its name.
                let text = match name.rsplit_once('.') {
                    Some((_, "client")) => "id\nsecret",
                    Some((_, "headers")) => "Authorization: secret",
                    _ => "secret",
                };
                std::fs::write(file, text).unwrap();
            }
        }
    }
    Config::parse(&text, machine.path(), &|_| None).map_err(|e| e.to_string())
}

#[test]
fn every_configuration_shown_is_one_the_server_reads() {
    let mut read = 0;
    for (place, text) in texts() {
        let configs = match place.as_str() {
            page if page.ends_with(".md") => blocks(&text, "toml").into_iter().filter(|block| block.contains("[forge]")).collect(),
            file if file.ends_with(".toml") => vec![text.as_str()],
            _ => vec![],
        };
        for config in configs {
            parse(config).unwrap_or_else(|error| panic!("{place}: {error}"));
            read += 1;
        }
    }
    assert!(read >= 4, "only {read} configurations were found");
}

/// The keys the parser knows in a table, from what it says about one that it does not know.
fn known_keys(table: &str) -> BTreeSet<String> {
    let error = Config::parse(&format!("{table}\nzzzzzzzzzzzz = 1\n"), Path::new("/"), &|_| None).unwrap_err().to_string();
    let (_, known) = error.split_once("expected").unwrap_or_else(|| panic!("{error}"));
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_example_has_every_key_and_every_key_named_exists() {
    let (top, forge, keep, otlp) = (known_keys(""), known_keys("[forge]"), known_keys("[keep]"), known_keys("[otlp]"));
    assert!(top.len() > 5 && forge.len() > 8 && keep.len() > 1 && otlp.len() > 2, "{top:?} {forge:?} {keep:?} {otlp:?}");
    let example = std::fs::read_to_string(root().join("deploy/ounce-server.example.toml")).unwrap();
    for key in top.iter().chain(&forge).chain(&keep).chain(&otlp) {
        assert!(words(&example, key).any(|word| word == key), "deploy/ounce-server.example.toml does not say what {key} is");
    }
    // The variants that are commented out are configurations too.
    let as_account =
        example.replace("mode = \"app\"", "").replace("# mode = \"token\"", "mode = \"token\"").replace("# token_file", "token_file");
    let as_account =
        as_account.replace("app_id = 12345", "").replace("key_file = \"app.pem\"", "").replace("# database_password", "database_password");
    let as_account = as_account.replace("\"ounce.sqlite3\"", "\"postgres://ounce@db/ounce\"");
    #[cfg(feature = "otlp")]
    let as_account =
        ["[otlp]", "endpoint", "headers_file", "sample"].iter().fold(as_account, |text, line| text.replace(&format!("# {line}"), line));
    let config = parse(&as_account).unwrap();
    assert_eq!(
        (config.forge.account.kind(), config.database.to_string().as_str()),
        ("the owner of a token", "postgres://ounce@db:5432/ounce")
    );

    #[cfg(feature = "otlp")]
    assert!(config.otlp.is_some_and(|otlp| otlp.headers.len() == 1 && otlp.sample < 1.0), "the example's traces");

    let page = std::fs::read_to_string(root().join("docs/operating.md")).unwrap();
    let spans: Vec<&str> = page.split('`').skip(1).step_by(2).collect();
    let mut named = 0;
    for (key, _) in spans.iter().filter_map(|span| span.split_once(" = ")).filter(|(key, _)| !key.contains(['\n', ' '])) {
        assert!(
            [&top, &forge, &keep, &otlp].iter().any(|table| table.contains(key)),
            "docs/operating.md names the key {key}, which no configuration has"
        );
        named += 1;
    }
    assert!(named >= 4, "only {named} keys are named");
}

#[test]
fn every_variable_named_is_one_that_is_read() {
    let mut sources = Vec::new();
    files_below(&root().join("server/src"), &mut sources);
    files_below(&root().join("runner/src"), &mut sources);
    let code: String =
        sources.iter().filter(|f| f.extension().is_some_and(|e| e == "rs")).map(|f| std::fs::read_to_string(f).unwrap()).collect();
    let mut seen = BTreeSet::new();
    for (place, text) in texts() {
        for name in words(&text, "OUNCE_") {
            assert!(code.contains(&format!("\"{name}\"")), "{place} names {name}, which nothing reads");
            seen.insert(name.to_owned());
        }
    }
    let example = std::fs::read_to_string(root().join("deploy/ounce-server.example.toml")).unwrap();
    let config = std::fs::read_to_string(root().join("server/src/config.rs")).unwrap();
    let code = config.split("#[cfg(test)]").next().unwrap();
    let quoted = code.split('"').skip(1).step_by(2);
    let read = quoted.filter(|text| text.starts_with("OUNCE_") && words(text, "OUNCE_").next() == Some(text)).map(str::to_owned);
    for name in read {
        assert!(words(&example, "OUNCE_").any(|word| word == name), "deploy/ounce-server.example.toml does not name {name}");
    }
    assert!(seen.len() > 12, "{seen:?}");
}

/// The arguments that follow a program's name wherever a text calls it.
fn calls(text: &str, program: &str) -> Vec<Vec<String>> {
    let parts: Vec<&str> =
        text.split("\\\n").enumerate().map(|(at, part)| if at == 0 { part } else { part.trim_start_matches(['#', ' ']) }).collect();
    let joined = parts.concat();
    let mut calls = Vec::new();
    for line in joined.lines().filter(|line| !line.contains("kubectl")) {
        for (at, _) in line.match_indices(&format!("{program} ")) {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || "-_.".contains(c)) || line[..at].ends_with("-t ") {
                continue;
            }
            let rest = &line[at + program.len() + 1..];
            let end = ["  ", "`", "\"", "'", " &&", " |", " #", " >", " 2>", ")", ";", ", "]
                .iter()
                .filter_map(|stop| rest.find(stop))
                .min()
                .unwrap_or(rest.len());
            let arguments: Vec<String> = rest[..end].split_whitespace().map(str::to_owned).collect();
            let is_call =
                arguments.first().is_some_and(|first| first.len() > 2 && first.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
            if is_call {
                calls.push(arguments);
            }
        }
    }
    calls
}

/// Whether the program takes these arguments: it is asked for its help after them.
#[expect(clippy::disallowed_methods, reason = "a test asks the program for its help, which ends at once")]
fn takes(arguments: &[String]) -> Result<(), String> {
    let out = Command::new(env!("CARGO_BIN_EXE_ounce-server")).args(arguments).arg("--help").env_clear().output().unwrap();
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
}

#[test]
fn every_command_of_the_server_that_is_written_down_exists() {
    let mut seen = BTreeSet::new();
    for (place, text) in texts() {
        for arguments in calls(&text, "ounce-server") {
            takes(&arguments).unwrap_or_else(|error| panic!("{place}: ounce-server {}: {error}", arguments.join(" ")));
            seen.extend(arguments);
        }
    }
    for command in ["serve", "migrate", "check-config", "backup", "restore", "ready", "enroll", "list"] {
        assert!(seen.contains(command), "nothing says how to {command}");
    }
    assert!(takes(&["no-such-command".to_owned()]).is_err() && takes(&["serve".to_owned(), "--no-such-flag".to_owned()]).is_err());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "each ends at once")]
fn a_machine_without_root_certificates_is_told_before_the_app_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("ounce-server.toml");
    let text = "public_url = \"https://ounce.example.org\"\ndatabase = \"ounce.sqlite3\"\n[forge]\nmode = \"app\"\napi_url = \"https://api.example.org\"\n\
                app_id_file = \"app.id\"\nkey_file = \"app.pem\"\nwebhook_secret_files = [\"webhook.secret\"]\n";
    std::fs::write(&config, text).unwrap();
    for command in ["check-config", "serve"] {
        let mut server = Command::new(env!("CARGO_BIN_EXE_ounce-server"));
        server.arg("--config").arg(&config).arg(command).env_clear();
        let nothing = folder.path().join("nothing");
        let out = server.env("SSL_CERT_FILE", &nothing).env("SSL_CERT_DIR", &nothing).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(!out.status.success() && said.contains("are ca-certificates installed?"), "{command}: {said}");
    }
}

#[test]
fn every_file_a_page_links_to_is_there() {
    for (place, text) in texts().into_iter().filter(|(place, _)| place.ends_with(".md")) {
        let folder = root().join(&place).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap()) {
            assert!(
                link.is_empty() || link.starts_with("http") || folder.join(link).exists(),
                "{place} links to {link}, which is not there"
            );
        }
    }
}

fn yaml(place: &str) -> Vec<Yaml> {
    let text = std::fs::read_to_string(root().join(place)).unwrap();
    YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{place}: {error}"))
}

fn list(yaml: &Yaml) -> Vec<String> {
    let one = |y: &Yaml| y.as_str().map(str::to_owned).unwrap_or_else(|| panic!("{y:?} is no text"));
    match yaml {
        Yaml::Array(all) => all.iter().map(one).collect(),
        Yaml::Hash(all) => all.keys().map(one).collect(),
        _ => vec![],
    }
}

#[test]
fn the_composition_hangs_together() {
    let compose = &yaml("deploy/compose/compose.yaml")[0];
    let folder = root().join("deploy/compose");
    let (services, volumes, networks) = (list(&compose["services"]), list(&compose["volumes"]), list(&compose["networks"]));
    for name in &services {
        let service = &compose["services"][name.as_str()];
        assert!(service["image"].as_str().is_some(), "{name} has no image");
        for other in list(&service["depends_on"]) {
            assert!(services.contains(&other), "{name} waits for {other}, which is not there");
        }
        for network in list(&service["networks"]) {
            assert!(networks.contains(&network), "{name} is in the network {network}, which is not there");
        }
        for secret in list(&service["secrets"]) {
            assert!(list(&compose["secrets"]).contains(&secret), "{name} reads the secret {secret}, which is not there");
        }
        for volume in list(&service["volumes"]) {
            let source = volume.split(':').next().unwrap();
            let made_by_hand = source == "./secrets";
            assert!(
                made_by_hand || volumes.contains(&source.to_owned()) || folder.join(source).is_file(),
                "{name} mounts {source}, which is not there"
            );
        }
        if let Some(file) = service["build"]["dockerfile"].as_str() {
            assert!(
                folder.join(service["build"]["context"].as_str().unwrap()).join(file).is_file(),
                "{name} is built from {file}, which is not there"
            );
        }
        if service["image"].as_str() == Some("ounce-server") {
            let command = if service["command"].is_badvalue() { vec!["serve".to_owned()] } else { list(&service["command"]) };
            takes(&command).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
    let config = parse(&std::fs::read_to_string(folder.join("ounce-server.toml")).unwrap()).unwrap();
    let proxy = std::fs::read_to_string(folder.join("Caddyfile")).unwrap();
    assert!(proxy.contains(&format!("reverse_proxy server:{}", config.listen.port())), "the proxy asks another port");
    assert!(config.listen.ip().is_unspecified(), "only the container itself reaches the server");
}

#[test]
fn the_cluster_hangs_together() {
    let folder = root().join("deploy/kubernetes");
    let kustomization = &yaml("deploy/kubernetes/kustomization.yaml")[0];
    for file in list(&kustomization["resources"]).into_iter().chain(list(&kustomization["configMapGenerator"][0]["files"])) {
        assert!(folder.join(&file).is_file(), "{file} is not there");
    }
    let mut objects = Vec::new();
    for file in ["namespace", "server", "ingress", "network", "agent"] {
        for object in yaml(&format!("deploy/kubernetes/{file}.yaml")) {
            let (kind, name) = (object["kind"].as_str(), object["metadata"]["name"].as_str());
            assert!(object["apiVersion"].as_str().is_some() && kind.is_some() && name.is_some(), "{file}.yaml: {object:?}");
            objects.push(object);
        }
    }
    let find = |kind: &str| objects.iter().find(|o| o["kind"].as_str() == Some(kind)).unwrap_or_else(|| panic!("no {kind}"));
    let config = parse(&std::fs::read_to_string(folder.join("ounce-server.toml")).unwrap()).unwrap();
    let pod = &find("Deployment")["spec"]["template"];
    let container = &pod["spec"]["containers"][0];
    assert_eq!(container["ports"][0]["containerPort"].as_i64(), Some(config.listen.port().into()), "another port than the configuration's");
    takes(&list(&container["args"])).unwrap();
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        let path = container[probe]["httpGet"]["path"].as_str().unwrap();
        assert!(["/healthz", "/readyz"].contains(&path), "{probe} asks for {path}");
    }
    let name = pod["metadata"]["labels"]["app.kubernetes.io/name"].as_str().unwrap();
    for (kind, selector) in [
        ("Deployment", &find("Deployment")["spec"]["selector"]["matchLabels"]),
        ("Service", &find("Service")["spec"]["selector"]),
        ("PodDisruptionBudget", &find("PodDisruptionBudget")["spec"]["selector"]["matchLabels"]),
        ("NetworkPolicy", &find("NetworkPolicy")["spec"]["podSelector"]["matchLabels"]),
    ] {
        assert_eq!(selector["app.kubernetes.io/name"].as_str(), Some(name), "the {kind} selects other pods");
    }
    let backend = &find("Ingress")["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"];
    assert_eq!(backend.as_str(), find("Service")["metadata"]["name"].as_str());
    let user = pod["spec"]["securityContext"]["runAsUser"].as_i64().unwrap();
    let image = std::fs::read_to_string(root().join("deploy/server.Containerfile")).unwrap();
    assert!(image.contains(&format!("USER {user}:{user}\n")), "the image's user is another");
}

#[test]
fn the_alerts_are_yaml_with_an_expression_each() {
    let rules = &yaml("deploy/prometheus/ounce.rules.yaml")[0]["groups"][0]["rules"];
    for rule in rules.as_vec().unwrap() {
        assert!(rule["alert"].as_str().is_some() && rule["expr"].as_str().is_some_and(|e| e.contains("ounce")), "{rule:?}");
        assert!(rule["annotations"]["summary"].as_str().is_some_and(|s| s.len() > 20), "{rule:?} says nothing to do");
    }
}
