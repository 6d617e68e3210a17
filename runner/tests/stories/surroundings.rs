//! What the shell, git or the machine's administrator have set around `ounce` must not change what it does, nor be changed.

use crate::common::{Desk, Ran};
use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

#[test]
fn in_a_hook_of_git_the_users_index_stays_as_it_is() {
    let desk = Desk::with_one_board();
    desk.write("staged.txt", "and not committed yet");
    desk.stage("staged.txt");
    let (git_dir, index) = (desk.repo().join(".git"), desk.repo().join(".git/index"));
    let before = std::fs::read(&index).unwrap();
    let hook = [("GIT_DIR", git_dir.as_os_str()), ("GIT_INDEX_FILE", index.as_os_str()), ("GIT_WORK_TREE", OsStr::new("."))];
    desk.ounce_with(&["bench", "--json", "--board", "an385"], &hook).ends(0);
    assert!(std::fs::read(&index).unwrap() == before, "the index was written");
    assert!(desk.repo().join("staged.txt").is_file());
}

/// A server that has no work: its address, and what it is asked.
fn server_without_work() -> (String, Receiver<String>) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", server.local_addr().unwrap());
    let (asked, requests) = channel();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = server.accept() {
            let (mut request, mut part) = (Vec::new(), [0; 4096]);
            // A claim is a JSON object, and nothing comes after it.
            while !request.ends_with(b"}") {
                match stream.read(&mut part) {
                    Ok(n) if n > 0 => request.extend_from_slice(&part[..n]),
                    _ => break,
                }
            }
            let _ = asked.send(String::from_utf8_lossy(&request).into_owned());
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
        }
    });
    (address, requests)
}

/// `ounce agent`, asking a server for one job.
fn agent_once(desk: &Desk, server: &str, env: &[(&str, &OsStr)]) -> Ran {
    let token = desk.beside("token");
    std::fs::write(&token, "secret").unwrap();
    desk.ounce_with(&["agent", "--once", "--server", server, "--token-file", token.to_str().unwrap()], env).ends(0)
}

#[test]
fn a_server_on_this_machine_is_not_asked_through_a_proxy() {
    let (server, _requests) = server_without_work();
    // Nobody listens where the proxy should be.
    let proxy = OsStr::new("http://127.0.0.1:9");
    agent_once(&Desk::bare(), &server, &[("http_proxy", proxy), ("HTTP_PROXY", proxy), ("all_proxy", proxy), ("no_proxy", OsStr::new(""))]);
}

#[test]
fn an_agent_without_qemu_says_so_and_offers_no_machine() {
    let (server, requests) = server_without_work();
    let desk = Desk::bare();
    let path = desk.path_with(&["git"]);
    let ran = agent_once(&desk, &server, &[("PATH", path.as_os_str())]);
    assert!(ran.stderr.contains("no QEMU is on this machine") && ran.stderr.contains("./dev setup"), "{}", ran.stderr);
    let claim = requests.recv().unwrap();
    assert!(claim.contains("\"can_run\":[]"), "{claim}");
    let ran = agent_once(&desk, &server, &[]);
    assert!(!ran.stderr.contains("no QEMU"), "{}", ran.stderr);
    let claim = requests.recv().unwrap();
    assert!(claim.contains("\"qemu:mps2-an385\""), "{claim}");
}
