//! The texts that the rules look at.

use std::fs;
use std::path::Path;

/// Folders that hold nothing written by hand.
const SKIPPED_FOLDERS: &[&str] =
    &["target", ".git", "node_modules", "__pycache__", ".venv", "venv", "quorate-data"];
/// Endings of the files that are read.
const ENDINGS: &[&str] = &["rs", "md", "py", "sh", "toml"];
/// A larger file is data, not text that somebody wrote.
const LARGEST_FILE_BYTES: u64 = 4 << 20;
/// Deeper folders than this are a loop of links.
const DEEPEST_FOLDER: usize = 32;

/// A file's path relative to the root, with `/`, and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub path: String,
    pub text: String,
}

impl SourceFile {
    #[cfg(test)]
    pub fn new(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    pub fn has_ending(&self, ending: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, found)| found == ending)
    }

    /// Lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Whether the whole file is tests, by where it lies or what it is called.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || self.path.contains("/benches/")
            || name == "tests.rs"
            || name == "conformance.rs"
            || name == "test_support.rs"
            || name.ends_with("_tests.rs")
    }
}

/// Reads everything below `root` that the rules look at, in order of path.
pub fn read(root: &Path) -> Result<Vec<SourceFile>, String> {
    let mut files = Vec::new();
    walk(root, "", 0, &mut files)?;
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

fn walk(
    root: &Path,
    folder: &str,
    depth: usize,
    files: &mut Vec<SourceFile>,
) -> Result<(), String> {
    if depth > DEEPEST_FOLDER {
        return Err(format!("{folder}: folders are nested too deep"));
    }
    let shown = root.join(folder);
    let failed = |error: std::io::Error| format!("{}: {error}", shown.display());
    for entry in fs::read_dir(&shown).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && !SKIPPED_FOLDERS.contains(&name.as_str()) {
            walk(root, &path, depth + 1, files)?;
        } else if kind.is_file()
            && name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
            && entry.metadata().is_ok_and(|metadata| metadata.len() <= LARGEST_FILE_BYTES)
        {
            // A file that goes away while we look, or is no text, is nobody's offence.
            if let Ok(text) = fs::read_to_string(entry.path()) {
                files.push(SourceFile { path, text });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_and_folders_of_products_are_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in [("a/b.rs", "x"), ("target/c.rs", "x"), ("d.bin", "x"), ("e.md", "x")] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("has a folder")).expect("created");
            fs::write(path, text).expect("written");
        }
        let found: Vec<String> =
            read(folder.path()).expect("readable").into_iter().map(|file| file.path).collect();
        assert_eq!(found, ["a/b.rs", "e.md"]);
    }

    #[test]
    fn tests_are_told_by_place_and_name() {
        for path in ["tests/src/lib.rs", "a/tests/b.rs", "a/src/b/tests.rs", "a/src/b_tests.rs"] {
            assert!(SourceFile::new(path, "").is_test(), "{path}");
        }
        assert!(!SourceFile::new("a/src/contests.rs", "").is_test());
    }
}
