//! What a killed git and a stranger's build leave in a workshop, and its removal: lock files, folders that nobody may enter.
//! Only for who holds the workshop; touches the mirror and the checkout, and follows no link out of them.

use anyhow::{Context, Result};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Read, write and enter, for the owner.
const OWNER_ALL: u32 = 0o700;

/// Removes all lock files of a git folder. A git that is killed leaves them, and each later one would refuse to work because of
/// them; as the workshop is held, no other git is at work here.
///
/// # Errors
/// Where one cannot be removed.
pub fn remove_locks(git_dir: &Path) -> Result<()> {
    let mut folders = vec![git_dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for (path, is_dir) in entries(&folder) {
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            if is_dir {
                // The 256 folders of loose objects have two letters, and no locks.
                if name.len() != 2 {
                    folders.push(path);
                }
            } else if name.ends_with(b".lock") {
                tracing::warn!("{} was left by a git that was stopped: removed", path.display());
                std::fs::remove_file(&path).with_context(|| format!("{} cannot be removed", path.display()))?;
            }
        }
    }
    Ok(())
}

/// Gives the owner all rights to a folder and all folders below: a build may have taken them away, and then nothing in there can be
/// seen or removed. Removes what is called `.git` on the way: git never looks below that name, so it would outlast every checkout, with a
/// stranger's configuration and hooks in it. What cannot be changed is passed over: whatever needs it says so.
pub fn tidy_folders(root: &Path) {
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(meta) = folder.symlink_metadata() else { continue };
        let mode = meta.permissions().mode();
        if meta.is_dir() && mode & OWNER_ALL != OWNER_ALL {
            let _ = std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode | OWNER_ALL));
        }
        for (path, is_dir) in entries(&folder) {
            if path.file_name().is_some_and(|name| name == ".git") {
                tracing::warn!("{} was left by a build: removed", path.display());
                let _ = if is_dir { empty(&path).and_then(|()| Ok(std::fs::remove_dir(&path)?)) } else { remove(&path) };
            } else if is_dir {
                folders.push(path);
            }
        }
    }
}

/// Removes everything in a folder, and keeps the folder. However deep it goes: folders in folders are moved up before they are emptied, so that
/// no path gets long and nothing is done to the end of a stack.
///
/// # Errors
/// Where something cannot be removed; the message names it.
pub fn empty(folder: &Path) -> Result<()> {
    let stays = |path: &Path| format!("{} cannot be removed: remove it by hand", path.display());
    let own = std::process::id();
    let mut moved = 0u64;
    loop {
        let mut folders = Vec::new();
        for (path, is_dir) in entries(folder) {
            if is_dir {
                folders.push(path);
            } else {
                std::fs::remove_file(&path).with_context(|| stays(&path))?;
            }
        }
        if folders.is_empty() {
            return Ok(());
        }
        for path in folders {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(OWNER_ALL)).with_context(|| stays(&path))?;
            for (below, is_dir) in entries(&path) {
                if is_dir {
                    // A folder that nobody may write cannot be moved either: its `..` would change.
                    std::fs::set_permissions(&below, std::fs::Permissions::from_mode(OWNER_ALL)).with_context(|| stays(&below))?;
                    let up = loop {
                        moved += 1;
                        let up = folder.join(format!(".ounce-{own}-{moved}"));
                        if up.symlink_metadata().is_err() {
                            break up;
                        }
                    };
                    std::fs::rename(&below, up).with_context(|| stays(&below))?;
                } else {
                    std::fs::remove_file(&below).with_context(|| stays(&below))?;
                }
            }
            std::fs::remove_dir(&path).with_context(|| stays(&path))?;
        }
    }
}

/// Removes a file that need not be there.
///
/// # Errors
/// Where it is there and stays.
pub fn remove(file: &Path) -> Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).with_context(|| format!("{} cannot be removed", file.display())),
        _ => Ok(()),
    }
}

/// What is in a folder, and whether it is a folder itself; a link is none. Nothing where the folder cannot be read.
fn entries(folder: &Path) -> impl Iterator<Item = (PathBuf, bool)> + use<> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| (entry.path(), entry.file_type().is_ok_and(|t| t.is_dir())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_opened_and_links_out_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (root, outside) = (dir.path().join("root"), dir.path().join("outside"));
        std::fs::create_dir_all(root.join("shut/deep")).unwrap();
        std::fs::create_dir_all(outside.join("folder")).unwrap();
        std::os::unix::fs::symlink(&outside, root.join("link")).unwrap();
        let set = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
        set(&outside.join("folder"), 0o500);
        set(&outside, 0o500);
        set(&root.join("shut/deep"), 0o055);
        set(&root.join("shut"), 0);
        tidy_folders(&root);
        assert_eq!((mode(root.join("shut")), mode(root.join("shut/deep"))), (0o700, 0o755));
        assert_eq!((mode(outside.clone()), mode(outside.join("folder"))), (0o500, 0o500));
        set(&root.join("shut"), 0);
        empty(&root).unwrap();
        assert_eq!(entries(&root).count(), 0);
        assert!(outside.join("folder").is_dir());
    }

    #[test]
    fn a_git_folder_that_a_build_left_is_removed_wherever_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str| {
            std::fs::create_dir_all(dir.path().join(path).parent().unwrap()).unwrap();
            std::fs::write(dir.path().join(path), "").unwrap();
        };
        for path in [".git/hooks/post-checkout", "lib/.git/config", "module/.git", "lib/.gitignore"] {
            put(path);
        }
        std::os::unix::fs::symlink("/", dir.path().join("module/link")).unwrap();
        std::os::unix::fs::symlink("/usr", dir.path().join("lib/deep.git")).unwrap();
        tidy_folders(dir.path());
        for gone in [".git", "lib/.git", "module/.git"] {
            assert!(!dir.path().join(gone).exists(), "{gone}");
        }
        assert!(dir.path().join("lib/.gitignore").is_file() && dir.path().join("lib/deep.git").symlink_metadata().is_ok());
    }

    #[tokio::test]
    async fn a_folder_is_emptied_however_deep_it_goes() {
        let dir = tempfile::tempdir().unwrap();
        let name = "d".repeat(200);
        // Deeper than a path can be long, made as a build would: one step at a time.
        let script = format!(
            "export -n PWD OLDPWD; for i in $(seq 1500); do mkdir {name} && cd -P {name} || exit 1; done; echo x > file; chmod 0 ../../../.."
        );
        let made = crate::exec::Program::new("bash").args(["-c", &script]).dir(dir.path()).run(&()).await.unwrap();
        assert!(made.ok(), "{}", made.tail);
        tidy_folders(dir.path());
        empty(dir.path()).unwrap();
        assert_eq!(entries(dir.path()).count(), 0);
    }
}
