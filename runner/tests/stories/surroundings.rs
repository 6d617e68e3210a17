//! What the shell, git or the machine's administrator have set around `ounce` must not change what it does, nor be changed.

use crate::common::Desk;
use std::ffi::OsStr;

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
