//! What the stranger's commits bring: each a build that wants something it shall not have. What it gets it prints as `WON`.

use std::path::PathBuf;

/// A commit that means harm.
pub struct Attempt {
    /// What it tries.
    pub name: &'static str,
    /// Its files and their texts.
    pub files: Vec<(&'static str, String)>,
    /// What the logs or the report say of its end.
    pub ends: &'static str,
    /// What came of it, for people.
    pub outcome: &'static str,
}

/// What a script would find if it could.
pub struct Places {
    /// Where server and agent keep their configuration, tokens and database.
    pub scratch: PathBuf,
    /// Who listens on this machine: somebody, the server, the forge.
    pub ports: Vec<u16>,
    /// Stands among the arguments of what he starts.
    pub mark: String,
}

impl Places {
    /// Is there once something of the stranger's was run outside of the sandbox.
    pub fn escaped(&self) -> PathBuf {
        self.scratch.join("escaped")
    }
}

/// All of them, in the order in which he pushes them.
pub fn all(places: &Places) -> Vec<Attempt> {
    let bomb = format!("for i in $(seq 3000); do bash -c 'sleep 60; :' {} & done; sleep 60", places.mark);
    let heaps = "for i in $(seq 20); do head -c 20M /dev/zero > big$i; sleep 0.2; done; sleep 60".to_owned();
    let words = "words, in a block they cannot close";
    vec![
        instead("reading the environment, files and other processes", searches(places), "THE END OF THE SEARCH", "none was there"),
        instead("opening the network", reaches(places), "THE END OF THE NETWORK", "nobody was reached"),
        instead("forking without end", bomb, "it had more than 100 processes at once and was stopped", "stopped at 100"),
        instead("filling the disk", heaps, "it used more than 64 MiB of disk and was stopped", "stopped at 64 MiB"),
        instead("printing without end", "yes '@everyone look'".into(), "it printed more than 4 MiB and was stopped", "stopped at 4 MiB"),
        instead("printing a forged marker, @everyone, a script, our block's end", forged_words(), "THE END OF THE WORDS", words),
        after("linking the image to a file of the host", forged_image(places), "is a link that leaves the checkout", "not followed"),
        after("leaving hooks, filters, links and caches", plants(places), "THE END OF THE PLANTING", "nobody obeyed them"),
    ]
}

/// A build that runs the script, and fails.
fn instead(name: &'static str, script: String, ends: &'static str, outcome: &'static str) -> Attempt {
    Attempt { name, files: vec![("Makefile", "all:\n\t@bash hostile.sh; exit 3\n".into()), ("hostile.sh", script)], ends, outcome }
}

/// A build that makes the firmware as always and runs the script then.
fn after(name: &'static str, script: String, ends: &'static str, outcome: &'static str) -> Attempt {
    let good = std::fs::read_to_string(crate::root().join(crate::demo::chaos::FIXTURE).join("Makefile")).unwrap_or_default();
    let makefile = "all:\n\t@$(MAKE) --quiet -f good.mk\n\t@bash hostile.sh\n".into();
    Attempt { name, files: vec![("good.mk", good), ("Makefile", makefile), ("hostile.sh", script)], ends, outcome }
}

fn searches(places: &Places) -> String {
    let folder = places.scratch.display();
    format!(
        r#"test "$(id -u)" = 65534 || echo "WON: I am $(id)"
        env; cat /proc/*/environ | tr '\0' '\n'
        for file in {folder}/desk.token {folder}/ounce-server.toml {folder}/ounce.sqlite3 {folder}/server.log /etc/shadow /root/.ssh /run/docker.sock /var/run/docker.sock; do
            cat $file 2>/dev/null && echo "WON: $file"
            test -e $file -a $file != /etc/shadow && echo "WON: $file is there"
        done
        test $(ls -d /proc/[0-9]* | wc -l) -lt 12 || echo "WON: $(cat /proc/[0-9]*/cmdline | tr '\0' ' ')"
        test -z "$(ls -A /home /root $HOME 2>/dev/null | grep -v : | tr -d '\n')" || echo "WON: a home"
        for p in /proc/[0-9]*; do readlink $p/root $p/cwd $p/exe; ls -l $p/fd; done 2>/dev/null | grep -a -F {folder}/ && echo "WON: a path outside"
        unshare --user true 2>/dev/null && echo "WON: a user namespace"
        mount -t tmpfs none /tmp 2>/dev/null && echo "WON: a mount"
        echo x >> /ounce/ounce && echo "WON: ounce itself"
        echo THE END OF THE SEARCH
"#
    )
}

fn reaches(places: &Places) -> String {
    let ports: Vec<String> = places.ports.iter().map(ToString::to_string).collect();
    format!(
        r#"try() {{ timeout 5 bash -c "$1" 2>/dev/null && echo "WON: $1"; }}
        for port in {} 3128; do try "exec 3<>/dev/tcp/127.0.0.1/$port"; done
        try 'exec 3<>/dev/tcp/169.254.169.254/80'
        try 'exec 3<>/dev/tcp/1.1.1.1/443'
        try 'getent hosts example.org'
        try 'echo x > /dev/udp/1.1.1.1/53'
        test "$(grep -c : /proc/net/dev)" = 1 || echo "WON: an interface"
        test -z "$http_proxy$https_proxy" || echo "WON: a proxy"
        echo THE END OF THE NETWORK
"#,
        ports.join(" ")
    )
}

fn forged_words() -> String {
    r#"echo '<!-- ounce:report -->'; echo '<!-- ounce:answer:1 -->'
echo '@everyone look: <img src=x onerror=alert(1)> <script>alert(1)</script> [click](javascript:1)'
printf '```\n````\n`````````````````\n</details></pre></code>\n@everyone\n| verdict | ok |\n|---|---|\n'
printf '\033[2J\033[31m\033]0;title\007 \342\200\256 \000 \377\n'
echo '::error file=src/main.c,line=1::@everyone'
echo THE END OF THE WORDS
"#
    .into()
}

fn forged_image(places: &Places) -> String {
    format!(
        "elf=build/$BOARD/firmware.elf\ncase $BOARD in an385) ln -sf {0}/ounce-server.toml $elf;; *) mv build elsewhere; ln -s {0} build;; esac\n",
        places.scratch.display()
    )
}

fn plants(places: &Places) -> String {
    format!(
        r#"plant() {{
            mkdir -p $1/.git/hooks $1/.git/objects $1/.git/refs/heads; echo 'ref: refs/heads/main' > $1/.git/HEAD
            printf '[core]\n fsmonitor = touch {0}\n hooksPath = .git/hooks\n[filter "x"]\n smudge = touch {0}\n clean = touch {0}\n' > $1/.git/config
            for hook in post-checkout post-index-change reference-transaction; do printf '#!/bin/sh\ntouch {0}\n' > $1/.git/hooks/$hook; chmod +x $1/.git/hooks/$hook; done
        }}
        plant . 2>/dev/null; plant src
        echo '* filter=x' > .gitattributes
        touch $CARGO_HOME/x 2>/dev/null && echo "WON: the cache"
        printf '#!/bin/sh\ntouch {0}\n' > gcc; chmod +x gcc; cp gcc /usr/bin/arm-none-eabi-gcc 2>/dev/null && echo "WON: the compiler"
        (setsid bash -c 'sleep 300; :' {1} </dev/null >/dev/null 2>&1 &)
        rm -rf messages/digits.txt; ln -s /etc/passwd messages/digits.txt
        echo THE END OF THE PLANTING
"#,
        places.escaped().display(),
        places.mark
    )
}
