//! A pull request whose author means harm: its build runs a script of his. What the script finds out it prints; it fails where the figures do not
//! matter.

use super::{Desk, Ran, must, program, tool};
use ounce_analysis::comparison::BoardState;
use ounce_protocol::measurement::Stage;
use std::path::Path;
use std::process::{Child, Stdio};

/// The C firmware with one board, and the settings of an operator with a small machine, so that limits are met within seconds.
pub fn project() -> Desk {
    assert_sandbox();
    let desk = Desk::with_one_board();
    desk.settings("[limits]\nmemory = \"256M\"\ndisk = \"64M\"\nfile = \"32M\"\noutput = \"4M\"\nprocesses = 100\n");
    desk.tag_good();
    desk
}

/// These stories are about the sandbox: where there is none they would prove nothing, and say so.
pub fn assert_sandbox() {
    let tried = must("bwrap", Path::new("/"), &["--unshare-all", "--ro-bind", "/", "/", "/bin/echo", "shut in"]);
    assert_eq!(tried, "shut in\n", "bubblewrap does not work here: these stories need a machine that allows user namespaces");
}

/// The commit that everything is compared with.
pub const GOOD: &str = "good";

impl Desk {
    /// The last commit is the one that everything is compared with.
    pub fn tag_good(&self) {
        must("git", &self.repo(), &["tag", "-f", GOOD]);
    }

    /// Stands among the arguments of the script, so that its processes can be told from those of others.
    pub fn mark(&self) -> String {
        let folder = self.repo();
        folder.parent().and_then(Path::file_name).unwrap().to_string_lossy().into_owned()
    }

    /// Process 1 of a sandbox, without one around it, running this; its output is a pipe of ours.
    pub fn inside(words: &[&str]) -> Child {
        let limits = ["--cpu-s=60", "--address-bytes=4000000000", "--processes=1000", "--open-files=100", "--file-bytes=1000000"];
        let mut command = tool(program());
        command.arg("inside").args(limits).arg("--").args(words).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
    }

    /// Commits a build that runs this script (bash) and fails with code 3 unless the script ends it otherwise.
    pub fn hostile(&self, script: &str) {
        self.write("hostile.sh", script);
        self.write("Makefile", &format!("all:\n\t@bash hostile.sh {}; exit 3\n", self.mark()));
        self.commit("means harm");
    }

    /// Commits a build that makes the firmware as always and runs this script then.
    pub fn hostile_after_the_build(&self, script: &str) {
        std::fs::rename(self.repo().join("Makefile"), self.repo().join("good.mk")).unwrap();
        self.write("hostile.sh", script);
        self.write("Makefile", "all:\n\t@$(MAKE) --quiet -f good.mk\n\t@bash hostile.sh\n");
        self.commit("means harm");
    }

    /// The comparison of the last commit with the good one.
    pub fn weighed(&self) -> Ran {
        self.ounce(&["compare", &format!("{GOOD}..HEAD"), "--json"])
    }
}

/// How the head's only board failed.
#[track_caller]
pub fn failure(ran: Ran) -> (Stage, String) {
    let comparison = ran.ends(1).comparison();
    match &comparison.boards[0].state {
        BoardState::HeadFailed { stage, log_tail } => (*stage, log_tail.clone()),
        other => panic!("{other:?}"),
    }
}

/// The script's attempts all failed: it printed `WON` nowhere, and came to its end.
#[track_caller]
pub fn won_nothing(log: &str) {
    assert!(!log.contains("WON"), "{log}");
    assert!(log.contains("THE END"), "the script did not come to its end:\n{log}");
}
