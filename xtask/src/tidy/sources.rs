//! What is there: crates, their dependencies and their production files.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A crate of the workspace.
pub(crate) struct Crate {
    /// The folder's name: `engine`.
    pub(crate) name: String,
    /// Where it lies.
    pub(crate) folder: PathBuf,
    /// What it depends on when it is built.
    pub(crate) dependencies: BTreeSet<String>,
    /// What only its tests depend on.
    pub(crate) dev_dependencies: BTreeSet<String>,
    /// Its source files, tests of their own (below `tests/`) left out.
    pub(crate) files: Vec<PathBuf>,
}

/// Every crate below `crates/`, by name.
pub(crate) fn crates(root: &Path) -> io::Result<Vec<Crate>> {
    let mut found = Vec::new();
    for folder in sorted(&root.join("crates"))? {
        let manifest = folder.join("Cargo.toml");
        if !manifest.is_file() {
            continue;
        }
        let manifest: toml::Table = fs::read_to_string(&manifest)?
            .parse()
            .map_err(io::Error::other)?;
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut files = Vec::new();
        gather(&folder.join("src"), &mut files)?;
        found.push(Crate {
            name,
            dependencies: keys(&manifest, "dependencies"),
            dev_dependencies: keys(&manifest, "dev-dependencies"),
            folder,
            files,
        });
    }
    Ok(found)
}

/// The lines of a file without its `#[cfg(test)]` module, which by custom comes last.
pub(crate) fn production_lines(text: &str) -> Vec<&str> {
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .collect()
}

fn keys(manifest: &toml::Table, section: &str) -> BTreeSet<String> {
    let table = manifest.get(section).and_then(toml::Value::as_table);
    table
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for path in sorted(folder)? {
        if path.is_dir() {
            gather(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
