//! The workspace's own chores: `tidy` checks its shape, `generate` writes the files that are made
//! from code.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod generate;
mod tidy;

const USAGE: &str = "\
Chores of the workspace. Usage: cargo xtask COMMAND

Commands:
  tidy       check crate edges, who may name which library, sizes and documentation
  generate   write docs/openapi.json, docs/authorisation.md, the example configuration and its schema from the code
";

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks"
)]
fn main() -> ExitCode {
    let root = root();
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("tidy") => match tidy::check(&root) {
            Ok(faults) if faults.is_empty() => Ok("the tree is tidy".to_owned()),
            Ok(faults) => Err(faults.join("\n")),
            Err(error) => Err(error.to_string()),
        },
        Some("generate") => generate::write(&root)
            .map(|written| written.join("\n"))
            .map_err(|error| error.to_string()),
        Some("help" | "--help" | "-h") => Ok(USAGE.to_owned()),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(said) => {
            eprintln!("{said}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's root: where this crate's folder lies.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
