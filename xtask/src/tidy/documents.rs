//! Every crate says what it is for and what it must not know, in its `lib.rs` and in
//! ARCHITECTURE.md; names say what a thing is.

use std::fs;
use std::io;
use std::path::Path;

use super::sources::Crate;

/// Names that say nothing about what is inside.
const DRAWERS: &[&str] = &[
    "common", "utils", "util", "helpers", "helper", "core", "misc",
];

pub(crate) fn check(root: &Path, crates: &[Crate]) -> io::Result<Vec<String>> {
    let architecture = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap_or_default();
    let mut faults = Vec::new();
    for crate_ in crates {
        let name = &crate_.name;
        let paragraph = paragraph(&architecture, name);
        if !paragraph.is_some_and(|text| text.contains("**Invariant")) {
            faults.push(format!(
                "ARCHITECTURE.md: no section '### `{name}`' with its **Invariant**"
            ));
        }
        let entry = ["src/lib.rs", "src/main.rs"].map(|entry| crate_.folder.join(entry));
        let entry = entry.iter().find(|entry| entry.is_file());
        let documented = entry.map(fs::read_to_string).transpose()?;
        if !documented.is_some_and(|text| text.starts_with("//! ")) {
            faults.push(format!(
                "crates/{name}: its entry file does not open with //!"
            ));
        }
        faults.extend(names(crate_));
    }
    Ok(faults)
}

/// The text of a crate's section, up to the next heading.
fn paragraph<'a>(architecture: &'a str, name: &str) -> Option<&'a str> {
    let heading = format!("### `{name}`");
    let begin = architecture.find(&heading)? + heading.len();
    let rest = &architecture[begin..];
    Some(&rest[..rest.find("\n#").unwrap_or(rest.len())])
}

fn names(crate_: &Crate) -> Vec<String> {
    let mut faults = Vec::new();
    for file in &crate_.files {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        if stem == "mod" || DRAWERS.contains(&stem.as_ref()) {
            faults.push(format!("{}: name it by what it holds", file.display()));
        }
    }
    faults
}
