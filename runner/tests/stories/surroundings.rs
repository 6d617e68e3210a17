//! What the shell, git or the machine's administrator have set around `ounce` must not change what it does, nor be changed.

use crate::common::Desk;
use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

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

#[test]
fn a_server_on_this_machine_is_not_asked_through_a_proxy() {
    let desk = Desk::bare();
    let token = desk.beside("token");
    std::fs::write(&token, "secret").unwrap();
    // There is no work.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", server.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = server.accept() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
        }
    });
    // Nobody listens where the proxy should be.
    let proxy = OsStr::new("http://127.0.0.1:9");
    let args = ["agent", "--once", "--server", &address, "--token-file", token.to_str().unwrap()];
    desk.ounce_with(&args, &[("http_proxy", proxy), ("HTTP_PROXY", proxy), ("all_proxy", proxy), ("no_proxy", OsStr::new(""))]).ends(0);
}
