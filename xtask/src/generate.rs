//! Files made from code. Each has a test beside its source that fails when it is out of date.

use std::fs;
use std::io;
use std::path::Path;

/// Writes them all; returns what was written, relative to the root.
pub(crate) fn write(root: &Path) -> io::Result<Vec<String>> {
    let openapi = fleetscope_api::openapi()
        .to_pretty_json()
        .map_err(io::Error::other)?;
    let files = [
        ("docs/openapi.json", openapi),
        ("docs/authorisation.md", fleetscope_api::authorisation()),
        (
            "docs/config/fleetscope.example.toml",
            fleetscope_config::Config::example_toml(),
        ),
        (
            "docs/config/fleetscope.schema.json",
            fleetscope_config::Config::json_schema(),
        ),
    ];
    let mut written = Vec::new();
    for (name, mut text) in files {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let path = root.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
        written.push(format!("wrote {name}"));
    }
    Ok(written)
}
