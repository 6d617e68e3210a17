//! Files of a checkout, which is a stranger's: whatever its names lead to, nothing outside of it is read or removed, and what is no file is not
//! opened as one. The way to a file is walked by the kernel in one step, so that nothing can be changed between a look and the reading.

use anyhow::{Context, Result};
use ounce_protocol::manifest::RepoPath;
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// An ELF or a linker's map larger than this is not read, bytes.
pub const ELF_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// A benchmark file larger than this is not read, bytes.
pub const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Opens a file below `root`, at most this long.
fn open_inside(root: &Path, path: &RepoPath, bytes_max: u64) -> Result<File, String> {
    let name = path.as_str();
    let unread = |why: &dyn std::fmt::Display| format!("{name} cannot be read: {why}");
    let folder = File::open(root).map_err(|e| unread(&e))?;
    // A pipe would make whoever opens it wait.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = openat2(&folder, name, flags, Mode::empty(), ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS);
    let file = File::from(file.map_err(|error| match error {
        Errno::NOENT | Errno::NOTDIR => format!("there is no file {name}"),
        Errno::XDEV | Errno::LOOP => format!("{name} is a link that leaves the checkout"),
        error => unread(&error),
    })?);
    let about = file.metadata().map_err(|e| unread(&e))?;
    if !about.is_file() {
        return Err(format!("{name} is not a file"));
    }
    if about.len() > bytes_max {
        return Err(format!("{name} has {} bytes, at most {bytes_max} are read", about.len()));
    }
    Ok(file)
}

/// Reads a file below `root`.
///
/// # Errors
/// Where it is missing, too large, no file, or a link that leaves the checkout.
pub fn read_inside(root: &Path, path: &RepoPath) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = open_inside(root, path, FILE_BYTES_MAX)?;
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(|e| format!("{} cannot be read: {e}", path.as_str()))?;
    Ok(bytes)
}

/// Copies an image or a map below `root` to a place of ours.
///
/// # Errors
/// The outer error is ours: our place cannot be written. The inner one is as for [`read_inside`].
pub fn copy_inside(root: &Path, path: &RepoPath, into: &Path) -> Result<Result<(), String>> {
    let file = match open_inside(root, path, ELF_BYTES_MAX) {
        Ok(file) => file,
        Err(why) => return Ok(Err(why)),
    };
    let copy = || -> io::Result<()> {
        let mut copy = File::create(into)?;
        io::copy(&mut file.take(ELF_BYTES_MAX), &mut copy)?;
        Ok(())
    };
    copy().with_context(|| format!("{} cannot be copied to {}", path.as_str(), into.display()))?;
    Ok(Ok(()))
}

/// Removes a file below `root`, if there is one. A folder on the way to it may be a link of the commit's that leads out: there nothing is removed.
pub fn remove_inside(root: &Path, path: &RepoPath) {
    let file = root.join(path.as_str());
    if file.parent().and_then(|folder| folder.canonicalize().ok()).is_some_and(|folder| folder.starts_with(root)) {
        let _ = std::fs::remove_file(file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn only_files_of_the_checkout_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir(root.join("folder")).unwrap();
        std::fs::write(root.join("good"), "x").unwrap();
        for (link, to) in
            [("near", "folder/../good"), ("bad", "/etc/passwd"), ("dir", "/etc"), ("up", "../good"), ("self", "/proc/self/exe")]
        {
            std::os::unix::fs::symlink(to, root.join(link)).unwrap();
        }
        std::os::unix::fs::symlink("loop", root.join("loop")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, root.join("pipe"), rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
        File::create(root.join("sparse")).unwrap().set_len(1 << 40).unwrap();
        let check = |name: &str, says: Result<&[u8], &str>| match (read_inside(root, &path(name)), says) {
            (Ok(bytes), Ok(expected)) => assert_eq!(bytes, expected),
            (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
            (got, _) => panic!("{name}: {got:?}"),
        };
        check("good", Ok(b"x"));
        check("near", Ok(b"x"));
        for link in ["bad", "dir/passwd", "up", "self", "loop"] {
            check(link, Err("is a link that leaves the checkout"));
        }
        check("none", Err("there is no file none"));
        check("good/none", Err("there is no file"));
        check("folder", Err("is not a file"));
        check("pipe", Err("is not a file"));
        check("sparse", Err("at most 16777216 are read"));
        let copied = |name: &str| copy_inside(root, &path(name), &root.join("copy")).unwrap();
        assert_eq!(copied("near"), Ok(()));
        assert_eq!(std::fs::read(root.join("copy")).unwrap(), b"x");
        assert!(copied("bad").is_err());
        assert!(copy_inside(root, &path("good"), &root.join("no/copy")).is_err());
    }

    #[test]
    fn a_file_is_removed_inside_the_checkout_only() {
        let dir = tempfile::tempdir().unwrap();
        let (root, outside) = (dir.path().canonicalize().unwrap().join("root"), dir.path().join("outside"));
        std::fs::create_dir_all(root.join("out")).unwrap();
        std::fs::create_dir(&outside).unwrap();
        for file in [root.join("out/image"), outside.join("image")] {
            std::fs::write(file, "x").unwrap();
        }
        std::os::unix::fs::symlink(&outside, root.join("link")).unwrap();
        std::os::unix::fs::symlink(outside.join("image"), root.join("image")).unwrap();
        for name in ["out/image", "link/image", "image", "no/image"] {
            remove_inside(&root, &path(name));
        }
        assert!(!root.join("out/image").exists());
        assert!(root.join("image").symlink_metadata().is_err(), "the link itself is inside");
        assert!(outside.join("image").exists());
    }
}
