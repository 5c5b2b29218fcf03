//! `fleetscope replay`

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use fleetscope_engine::{Bundle, narrate};

use crate::exit::Failure;
use crate::output::{raw, say};

/// Larger files are none of ours.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Go through an investigation again from the file that `analysis export` wrote; no server is asked.
#[derive(Debug, Args)]
#[command(after_help = "\
The findings are the same to the byte, on any machine, with the release that made them. Another
release may come to another conclusion: that it does is told, and the exit code is 1. Examples:
  fleetscope replay incident.json
  fleetscope replay incident.json --json > findings.json")]
pub(crate) struct Replay {
    /// The bundle
    file: PathBuf,
    /// Print the findings as they are stored, byte by byte, instead of the story
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Replay) -> Result<ExitCode, Failure> {
    let bundle = Bundle::from_bytes(&read(args)?)
        .map_err(|error| Failure::Usage(format!("{}: {error}", args.file.display())))?;
    let findings = bundle.replay();
    let bytes = |findings| serde_json::to_vec(findings).unwrap_or_default();
    let now = bytes(&findings);
    let same = now == bytes(&bundle.findings);
    if args.json {
        raw(&now)?;
    } else {
        say(narrate(&findings, &bundle.input.clusters).join("\n\n"))?;
        say(format!(
            "\nInvestigation {}, gone through again: {}.",
            bundle.investigation,
            if same {
                "the findings are the same to the byte".to_owned()
            } else {
                format!(
                    "the findings differ from those of release {}",
                    bundle.engine()
                )
            }
        ))?;
    }
    Ok(ExitCode::from(u8::from(!same)))
}

fn read(args: &Replay) -> Result<Vec<u8>, Failure> {
    let file = File::open(&args.file).map_err(|error| {
        Failure::Usage(format!("{} can not be read: {error}", args.file.display()))
    })?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES)
        .read_to_end(&mut bytes)
        .map_err(Failure::io("reading the bundle"))?;
    Ok(bytes)
}
