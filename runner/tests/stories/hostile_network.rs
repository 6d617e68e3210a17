//! A build and a fetch that want out. A build has no network at all; a fetch has the proxy, and that has rules.

use crate::common::Desk;
use crate::common::hostile::{failure, project, won_nothing};
use crate::common::server::Server;
use std::io::{Read, Write};
use std::net::TcpListener;

/// A server outside of the sandbox that answers whoever comes: its port.
fn outside() -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().filter_map(Result::ok) {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\nanswer\n");
        }
    });
    port
}

/// A bash function that asks the proxy for somebody, says hello and prints the answer.
const ASK: &str = r#"ask() {
    exec 3<>/dev/tcp/127.0.0.1/3128 || return 1
    printf 'CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n' "$1" "$1" >&3; printf 'GET / HTTP/1.0\r\n\r\n' >&3
    timeout 20 cat <&3; exec 3>&-
}
"#;

/// Commits a manifest whose fetch command is the commit's own script, with these lines about hosts.
fn fetching(desk: &Desk, hosts: &str) {
    let name = "name = \"c-firmware\"\n";
    let fetch = match hosts {
        "" => "fetch = [\"bash\", \"fetch.sh\"]\n".to_owned(),
        hosts => format!("fetch = {{ command = [\"bash\", \"fetch.sh\"], hosts = {hosts} }}\n"),
    };
    desk.edit("ounce.toml", name, &format!("{name}{fetch}"));
    desk.write("fetch.sh", "true\n");
    desk.commit("fetches");
    desk.tag_good();
}

#[test]
fn a_build_reaches_nobody() {
    let (desk, port) = (project(), outside());
    desk.hostile(&format!(
        r#"try() {{ timeout 5 bash -c "$1" 2>/dev/null && echo "WON: $1"; }}
        try 'exec 3<>/dev/tcp/127.0.0.1/{port}'
        try 'exec 3<>/dev/tcp/169.254.169.254/80'
        try 'exec 3<>/dev/tcp/1.1.1.1/443'
        try 'exec 3<>/dev/tcp/127.0.0.1/3128'
        try 'getent hosts example.org'
        try 'echo x > /dev/udp/1.1.1.1/53'
        test "$(grep -c : /proc/net/dev)" = 1 || echo "WON: an interface"
        test -z "$http_proxy$https_proxy" || echo "WON: a proxy"
        test -e /ounce/proxy && echo "WON: the proxy's socket"
        echo THE END"#
    ));
    won_nothing(&failure(desk.weighed()).1);
}

#[test]
fn a_strangers_fetch_reaches_what_the_base_declares_and_nobody_else() {
    let (desk, server, port) = (project(), Server::start(), outside());
    fetching(&desk, "[\"declared.example\"]");
    // The head declares more; that counts for nothing.
    desk.edit("ounce.toml", "[\"declared.example\"]", "[\"declared.example\", \"undeclared.example\"]");
    desk.write(
        "fetch.sh",
        &format!(
            r#"{ASK}
        timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}' 2>/dev/null && echo "WON: past the proxy"
        timeout 5 getent hosts example.org && echo "WON: names"
        for who in undeclared.example:443 169.254.169.254:80 127.0.0.1:{port} declared.example:22 localhost:80 0x7f.1:{port} [::ffff:127.0.0.1]:{port}; do
            ask "$who" > said; head -n 1 said; grep -q answer said && echo "WON: $who"
        done
        echo THE END; exit 1"#
        ),
    );
    desk.commit("wants out");
    let (job, _) = server.weigh(&desk, false);
    let head = job.head();
    let log = head["log_tail"].as_str().unwrap();
    assert_eq!(head["stage"], "fetch", "{job:?}");
    won_nothing(log);
    assert_eq!(log.matches("HTTP/1.1 403 Forbidden").count(), 7, "{log}");
    // What was refused is said, with the next step, in the job's log and where the commit's author looks.
    for said in [
        "the proxy refused: undeclared.example is not declared: add it to `hosts` of [fetch] in the base's ounce.toml",
        "the proxy refused: 169.254.169.254 is an address",
        "the proxy refused: declared.example:22: only ports 443 and 80",
        "the proxy refused: localhost is an address",
    ] {
        assert!(log.contains(said) && job.log.contains(said), "{said}\n--- tail\n{log}\n--- log\n{}", job.log);
    }
}

#[test]
fn a_strangers_fetch_without_declared_hosts_reaches_nobody() {
    let (desk, server) = (project(), Server::start());
    fetching(&desk, "");
    desk.write("fetch.sh", &format!("{ASK}\nask example.org:443 | head -n 1; exit 1"));
    desk.commit("wants out");
    let (job, _) = server.weigh(&desk, false);
    let log = job.head()["log_tail"].as_str().unwrap();
    assert!(log.contains("403 Forbidden") && log.contains("example.org is not declared"), "{log}");
}

#[test]
fn an_operator_lets_a_host_of_the_own_network_be_reached_and_no_manifest_does() {
    let (desk, port) = (project(), outside());
    fetching(&desk, "");
    desk.write("fetch.sh", &format!("{ASK}\nask 127.0.0.1:{port} > said; cat said; grep -q answer said"));
    desk.commit("fetches from the own network");
    let (_, log) = failure(desk.weighed());
    assert!(log.contains("127.0.0.1 is an address"), "{log}");
    desk.settings(&format!("[fetch]\nprivate_hosts = [\"127.0.0.1:{port}\"]\n"));
    desk.weighed().ends(0);
}

#[test]
fn a_fetch_through_the_operators_proxy_knows_names_only() {
    let (desk, upstream) = (project(), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = upstream.local_addr().unwrap().port();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = upstream.accept().unwrap();
        let mut head = [0; 1024];
        let n = stream.read(&mut head).unwrap();
        stream.write_all(b"HTTP/1.1 200 fine\r\n\r\n").unwrap();
        let _ = stream.read(&mut [0; 1024]);
        stream.write_all(b"the archive").unwrap();
        String::from_utf8_lossy(&head[..n]).into_owned()
    });
    desk.settings(&format!("[fetch]\nupstream = \"http://127.0.0.1:{port}\"\n"));
    fetching(&desk, "[\"archive.example\"]");
    desk.write(
        "fetch.sh",
        &format!("{ASK}\ntest -e fetched || {{ ask archive.example:443 > fetched; }}; cat fetched; grep -q 'the archive' fetched"),
    );
    desk.commit("fetches");
    desk.weighed().ends(0);
    assert!(asked.join().unwrap().starts_with("CONNECT archive.example:443 HTTP/1.1\r\n"));
}
