//! The files of a build, mapped into memory. The only place where memory is mapped.
//!
//! An image is looked at where it lies: a debug build of 100 MB costs what is read of it, not a copy. It must not be made shorter by
//! someone else meanwhile (the system then stops this process, SIGBUS); a runner's images are copies of its own.

use anyhow::{Context, Result, bail};
use memmap2::Mmap;
use ounce_analysis::linker::LinkerMap;
use std::fs::File;
use std::path::Path;

/// A file's bytes.
#[derive(Debug)]
pub struct Image(Option<Mmap>);

impl Image {
    /// Maps a file.
    ///
    /// # Errors
    /// Where it cannot be read or is not a file.
    pub fn open(path: &Path) -> Result<Image> {
        let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let about = file.metadata().with_context(|| format!("{} cannot be read", path.display()))?;
        if !about.is_file() {
            bail!("{} is not a file", path.display());
        }
        if about.len() == 0 {
            return Ok(Image(None));
        }
        #[expect(unsafe_code, reason = "mapping a file is the way not to copy it")]
        // SAFETY: the bytes are only read, as bytes. Another process that changes them meanwhile changes what is read, which everything here takes
        // for hostile anyway; one that cuts the file short ends this process, as stated above.
        let mapped = unsafe { Mmap::map(&file) };
        Ok(Image(Some(mapped.with_context(|| format!("{} cannot be mapped", path.display()))?)))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

/// Reads a linker's map.
///
/// # Errors
/// Where the file cannot be read, or is no map of a linker known here.
pub fn linker_map(path: &Path) -> Result<LinkerMap> {
    let text = Image::open(path)?;
    LinkerMap::parse(text.bytes()).with_context(|| format!("{} is not read as a linker's map", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_its_bytes_and_nothing_else_is_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let check = |text: &[u8]| {
            let path = folder.path().join("image");
            std::fs::write(&path, text).unwrap();
            assert_eq!(Image::open(&path).unwrap().bytes(), text);
        };
        check(b"");
        check(b"\x7fELF");
        assert!(Image::open(folder.path()).unwrap_err().to_string().ends_with("is not a file"));
        assert!(Image::open(&folder.path().join("missing")).unwrap_err().to_string().ends_with("cannot be read"));
    }
}
