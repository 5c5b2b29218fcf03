//! The configuration as people write it: files, variables and flags, right and wrong.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

mod access;
mod generated;
mod layers;
mod mistakes;
mod roles;
mod secrets;

use std::path::{Path, PathBuf};

use fleetscope_config::{Config, Error, Overrides, Sources};

/// A configuration file in a folder that is gone after the test.
struct File {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl File {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fleetscope.toml");
        std::fs::write(&path, text).unwrap();
        Self {
            _folder: folder,
            path,
        }
    }
}

/// Loads from a file's text and variables, with a home folder, without flags.
fn load(file: &str, variables: &[(&str, &str)]) -> Result<Config, Error> {
    let file = File::new(file);
    load_path(Some(&file.path), variables, Overrides::default())
}

fn load_path(
    file: Option<&Path>,
    variables: &[(&str, &str)],
    overrides: Overrides,
) -> Result<Config, Error> {
    let home = ("HOME".to_owned(), "/home/ada".to_owned());
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let sources = Sources::new(
        file.map(Path::to_owned),
        variables.chain(std::iter::once(home)),
        overrides,
    );
    Config::load(&sources)
}

/// The one problem of a configuration, as text.
#[track_caller]
fn problem(result: Result<Config, Error>) -> String {
    let error = result.map(|config| config.redacted_toml()).unwrap_err();
    let [problem] = error.problems.as_slice() else {
        panic!("not one problem: {error}");
    };
    problem.to_string()
}
