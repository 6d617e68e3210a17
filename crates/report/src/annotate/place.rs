//! Which file of a repository a path of the debug information means, as far as that is certain.
//!
//! A compiler writes paths as it was given them: of our own workshop `/src/vm/gc.c`, of a build elsewhere `/home/me/work/vm/gc.c`, of a prefix
//! that was mapped away anything. What a build pulls in from outside (a registry, the toolchain's own library) has paths that end like the
//! repository's, `src/lib.rs`, and is none of its files.

use std::collections::{BTreeSet, HashMap};

/// Where a checkout is inside the sandbox of a runner.
const WORKSHOP: &str = "/src/";
/// Folders of what is not the repository's own: Cargo's home and its registry, the compiler's library, the system's headers.
const FOREIGN: [&str; 9] = ["cargo", ".cargo", "registry", "rustc", "rustlib", "usr", "opt", ".platformio", "node_modules"];

/// The files that a change may mean.
pub(super) struct Places<'a> {
    paths: BTreeSet<&'a str>,
    /// By the last part; all of them in order.
    by_name: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Places<'a> {
    pub fn of(paths: impl Iterator<Item = &'a str>) -> Self {
        let paths: BTreeSet<&str> = paths.filter(|path| !path.is_empty()).collect();
        let mut by_name: HashMap<&str, Vec<&str>> = HashMap::new();
        for path in &paths {
            by_name.entry(last_part(path)).or_default().push(path);
        }
        Places { paths, by_name }
    }

    /// The one file that a path of the debug information means: none where there is none, or could be two.
    pub fn find(&self, debug_path: &str) -> Option<&'a str> {
        let whole = |path: &str| self.paths.get(path).copied();
        if let Some(inside) = debug_path.strip_prefix(WORKSHOP) {
            return whole(inside);
        }
        if !debug_path.starts_with('/') {
            return whole(debug_path);
        }
        let ending = |path: &str| debug_path.strip_suffix(path)?.strip_suffix('/');
        let mut ends_so = self.by_name.get(last_part(debug_path))?.iter().filter_map(|path| Some((*path, ending(path)?)));
        let (path, root) = ends_so.next()?;
        let alone = ends_so.next().is_none();
        let foreign = root.split('/').any(|folder| FOREIGN.contains(&folder));
        (alone && !foreign).then_some(path)
    }
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_one_file_or_none() {
        let check = |changed: &[&str], debug_path: &str, expected: Option<&str>| {
            assert_eq!(Places::of(changed.iter().copied()).find(debug_path), expected, "{debug_path} of {changed:?}");
        };
        check(&["vm/gc.c", "vm/run.c"], "/src/vm/gc.c", Some("vm/gc.c"));
        check(&["vm/gc.c"], "/home/me/work/vm/gc.c", Some("vm/gc.c"));
        check(&["vm/gc.c"], "vm/gc.c", Some("vm/gc.c"));
        check(&["gc.c"], "/src/gc.c", Some("gc.c"));
        // In the workshop the whole path counts, or `src/src/lib.rs` would be `src/lib.rs`.
        check(&["gc.c"], "/src/vm/gc.c", None);
        check(&["src/lib.rs"], "/src/src/lib.rs", Some("src/lib.rs"));
        check(&["src/lib.rs"], "/src/lib.rs", None);
        // Elsewhere it could be either.
        check(&["gc.c", "vm/gc.c"], "/home/me/work/vm/gc.c", None);
        check(&["a/gc.c", "b/gc.c"], "/home/me/work/b/gc.c", Some("b/gc.c"));
        check(&["c.c"], "/home/me/work/gc.c", None);
        // Not the repository's.
        check(&["src/lib.rs"], "/cargo/registry/src/index-0123/heapless-0.9.1/src/lib.rs", None);
        check(&["src/lib.rs"], "/home/me/.cargo/git/checkouts/x/src/lib.rs", None);
        check(&["core/src/fmt/mod.rs"], "/rustc/0123456789/library/core/src/fmt/mod.rs", None);
        check(&["stdio.h"], "/usr/include/stdio.h", None);
        // Hostile.
        check(&["vm/gc.c"], "", None);
        check(&["vm/gc.c"], "/", None);
        check(&[""], "/home/me/", None);
        check(&["vm/gc.c"], "../vm/gc.c", None);
        check(&["etc/passwd"], "/../etc/passwd", Some("etc/passwd"));
    }
}
