//! A build that wants to have a say in what comes after it: processes, git's folders, links, caches.

use crate::common::hostile::{failure, project, won_nothing};
use crate::common::server::Server;
use crate::common::{Desk, compared, processes_with, wait_until};
use ounce_analysis::comparison::Verdict;

#[test]
fn a_process_in_the_background_ends_with_its_build() {
    let desk = project();
    let mark = format!("7{:06}", std::process::id());
    // In sessions of their own, without anybody to wait for them, holding the output open, or not.
    desk.hostile_after_the_build(&format!(
        "setsid sleep {mark} & nohup sleep {mark} >/dev/null 2>&1 & (trap '' HUP TERM; setsid sh -c 'sleep {mark}' </dev/null >/dev/null 2>&1 &) ; sleep 0.2"
    ));
    let began = std::time::Instant::now();
    assert!(compared(&desk.weighed().ends(0).comparison(), "an385").identical);
    assert!(began.elapsed().as_secs() < 30, "it was waited for");
    assert_eq!(processes_with(&mark), Vec::<String>::new());
}

/// Bubblewrap asks to die with its parent only after a while: whoever kills a runner before that leaves a sandbox that knows of no parent.
#[test]
fn nothing_of_a_sandbox_lives_on_when_its_runner_is_killed() {
    let desk = project();
    let mark = format!("60.8{:06}", std::process::id());
    desk.hostile(&format!("(setsid sleep {mark}; true) & sleep {mark}"));
    let home = desk.home().display().to_string();
    let sandboxes = || processes_with("--die-with-parent").iter().filter(|line| line.contains(&home)).count();
    for pause_ms in [0, 2, 5, 10, 20, 50, 100] {
        let running = desk.start_ounce(&["compare", "HEAD..HEAD"]);
        wait_until("a sandbox", || sandboxes() > 0);
        std::thread::sleep(std::time::Duration::from_millis(pause_ms));
        running.kill();
        running.finish();
        wait_until("nothing of it is left", || sandboxes() == 0 && processes_with(&mark).is_empty());
    }
}

/// The same without the race: process 1 of a sandbox ends, with what it runs, when nobody reads its output.
#[test]
fn process_1_of_a_sandbox_ends_when_nobody_listens() {
    let mark = format!("60.9{:06}", std::process::id());
    let mut inside = Desk::inside(&["sleep", &mark]);
    wait_until("the program", || processes_with(&mark).len() == 2);
    drop(inside.stdout.take());
    wait_until("its end", || inside.try_wait().unwrap().is_some() && processes_with(&mark).is_empty());
}

#[test]
fn what_a_build_leaves_for_git_is_not_obeyed_by_the_next_checkout() {
    let desk = project();
    let escaped = desk.beside("escaped");
    // Everything that git runs on its own accord, in every place where it could look.
    let plant = format!(
        r#"plant() {{
            mkdir -p $1/.git/hooks $1/.git/objects $1/.git/refs/heads; echo 'ref: refs/heads/main' > $1/.git/HEAD
            printf '[core]\n fsmonitor = touch {0}\n hooksPath = .git/hooks\n sshCommand = touch {0}\n[filter "x"]\n smudge = touch {0}\n clean = touch {0}\n' > $1/.git/config
            for hook in post-checkout pre-commit post-index-change reference-transaction; do printf '#!/bin/sh\ntouch {0}\n' > $1/.git/hooks/$hook; chmod +x $1/.git/hooks/$hook; done
        }}
        plant . ; plant src; plant new
        echo '* filter=x' > .gitattributes; echo 'gitdir: /src/new/.git' > messages/.git
        # Links where the next checkout has files and folders.
        rm -rf src messages/digits.txt; ln -s {1} src; ln -s {0} messages/digits.txt; ln -s / root"#,
        escaped.display(),
        desk.repo().parent().unwrap().display(),
    );
    desk.hostile(&plant);
    // The same build is base and head: what it left is there when the next checkout comes.
    desk.weighed().ends(1);
    desk.hostile("find . -name .git | sed 's/^/WON: /'; test -L src && echo WON: a link; cat src/main.c > /dev/null && echo THE END");
    let (_, log) = failure(desk.weighed());
    won_nothing(&log);
    assert!(!escaped.exists(), "something of the build's was run outside");
    assert!(desk.repo().join("src/main.c").is_file());
}

#[test]
fn a_strangers_job_neither_reads_nor_writes_what_the_projects_own_jobs_keep() {
    let (desk, server) = (project(), Server::start());
    let name = "name = \"c-firmware\"\n";
    desk.edit("ounce.toml", name, &format!("{name}fetch = [\"bash\", \"fetch.sh\"]\n"));
    // The project's own job keeps something private in each cache.
    let keeps = "mkdir -p $CARGO_HOME/registry target; test -e $CARGO_HOME/registry/poison -o -e target/poison && echo WON: poisoned\n\
                 echo private > $CARGO_HOME/registry/kept; echo private > target/kept\n\
                 echo 'Signature: 8a477f597d28d172789f06886806bc55' > target/CACHEDIR.TAG\n";
    desk.write("fetch.sh", "true\n");
    desk.write(".gitignore", "/build/\n/target/\n");
    desk.commit("has caches");
    desk.tag_good();
    desk.write("fetch.sh", keeps);
    desk.commit("own work");
    let (job, _) = server.weigh(&desk, true);
    assert_eq!(job.head()["kind"], "built");
    // The stranger looks for it, and leaves his own.
    let harms = "ls $CARGO_HOME/registry/kept target/kept && echo WON: read\n\
                 mkdir -p $CARGO_HOME/registry target; echo 'Signature: 8a477f597d28d172789f06886806bc55' > target/CACHEDIR.TAG\n\
                 ls $CARGO_HOME/registry/poison target/poison && echo WON: kept\n\
                 echo > $CARGO_HOME/registry/poison; echo > target/poison; echo THE END\n";
    desk.write("fetch.sh", harms);
    desk.commit("means harm");
    // His second job does not even find what his first one left: the next stranger is another one.
    for _ in 0..2 {
        let (job, _) = server.weigh(&desk, false);
        assert_eq!(job.head()["kind"], "built");
        won_nothing(&job.log);
    }
    desk.write("fetch.sh", &format!("{keeps}ls $CARGO_HOME/registry/kept target/kept && echo THE END\n"));
    desk.commit("own work again");
    let (job, _) = server.weigh(&desk, true);
    won_nothing(&job.log);
    assert_eq!(job.head()["kind"], "built");
}

#[test]
fn a_build_cannot_write_the_cache_that_later_builds_read() {
    let desk = project();
    desk.hostile(
        "touch $CARGO_HOME/x && echo WON; mkdir -p $CARGO_HOME/registry && echo WON; rm -rf $CARGO_HOME && echo WON; echo THE END",
    );
    won_nothing(&failure(desk.weighed()).1);
}

#[test]
fn forged_markers_and_mentions_in_a_log_are_only_text() {
    let desk = project();
    desk.hostile("echo '<!-- ounce:report -->'; echo '@everyone look: <img src=x onerror=alert(1)> [click](javascript:1)'; echo '```'; echo '<!-- ounce: verdict ok -->'");
    let comparison = desk.weighed().ends(1).comparison();
    assert_eq!(comparison.verdict, Verdict::Broken);
    let markdown = desk.ounce(&["compare", "good..HEAD", "--markdown"]).ends(1).stdout;
    assert!(markdown.contains("everyone look"), "the log is shown:\n{markdown}");
    // Inside a code block that the log cannot close, nothing of it means anything.
    let mut fence: Option<&str> = None;
    for line in markdown.lines().map(str::trim_start) {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(open) if ticks.len() >= open.len() && line == ticks => fence = None,
            None => assert!(!line.contains("<!--") && !line.contains("@everyone") && !line.contains("<img"), "outside of a block: {line}"),
            Some(_) => {}
        }
    }
    assert_eq!(fence, None, "a block that was not closed");
}
