//! `fleetscope keys`

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use fleetscope_client::Client;
use fleetscope_client::wire::{CredentialKeys, KeyRotation, RotationState};
use fleetscope_ports::{Clock as _, SystemClock};

use crate::cli::Connection;
use crate::connection::client;
use crate::exit::Failure;
use crate::output::{say, show, table, time};

/// How often it is asked how far a rotation is.
const LOOK: Duration = Duration::from_millis(500);

/// The keys that clusters' credentials are sealed under.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the keys, without the keys, and how many credentials are sealed under each
    List,
    /// Put every credential under the active key, while everything goes on
    ///
    /// The server does it, and goes on with it when it is started again; this command only shows
    /// how far it is. Ends with 1 where some could not be put under it.
    #[command(after_help = "\
To replace the key 2026-01 by 2026-07:
  fleetscope keys generate /etc/fleetscope/keys/2026-07
  credentials.keys = [\"2026-01 file:/etc/fleetscope/keys/2026-01\",
                      \"2026-07 file:/etc/fleetscope/keys/2026-07\"]
  (start the server again)
  fleetscope keys rotate
  fleetscope keys list     # 2026-01 has none left: take it out of credentials.keys")]
    Rotate {
        /// Stop it instead; what is done stays done, and rotating again goes on
        #[arg(long)]
        stop: bool,
        /// Don't wait until it is done
        #[arg(long, conflicts_with = "stop")]
        no_wait: bool,
    },
    /// Make a new key in a file that only its owner can read; no server is asked
    Generate {
        /// The file, which must not be there yet
        file: PathBuf,
    },
}

pub(crate) async fn run(args: Keys) -> Result<ExitCode, Failure> {
    let output = args.connection.output;
    match args.action {
        Action::Generate { file } => {
            fleetscope_runtime::new_key_file(&file)?;
            say(format!(
                "made a key in {}: add it to credentials.keys, and back it up apart from the \
                 database",
                file.display()
            ))?;
        }
        Action::List => {
            let keys = client(&args.connection)?.keys().await?;
            show(output, &keys, list)?;
        }
        Action::Rotate { stop: true, .. } => {
            let rotation = client(&args.connection)?.stop_rotation().await?;
            show(output, &rotation, progress)?;
        }
        Action::Rotate { no_wait, .. } => {
            let client = client(&args.connection)?;
            let mut rotation = client.rotate_keys().await?;
            if !no_wait {
                rotation = wait(&client, rotation).await?;
            }
            show(output, &rotation, progress)?;
            let failed = !no_wait && rotation.state != RotationState::Done;
            return Ok(ExitCode::from(u8::from(failed)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Until it is done, stopped, or a whole round has left some behind.
async fn wait(client: &Client, mut rotation: KeyRotation) -> Result<KeyRotation, Failure> {
    let mut shown = 0;
    while rotation.state == RotationState::Running && rotation.failed == 0 {
        if rotation.rewrapped > shown {
            shown = rotation.rewrapped;
            tell(&rotation);
        }
        SystemClock.sleep(LOOK).await;
        if let Some(now) = client.keys().await?.rotation {
            rotation = now;
        }
    }
    Ok(rotation)
}

#[expect(clippy::print_stderr, reason = "progress, beside the command's output")]
fn tell(rotation: &KeyRotation) {
    eprintln!("{}", progress(rotation));
}

fn progress(rotation: &KeyRotation) -> String {
    let (to, done) = (&rotation.to, rotation.rewrapped);
    let failed = match rotation.failed {
        0 => String::new(),
        failed => format!(
            "; {failed} could not be, see the server's log: a key may be missing from \
             credentials.keys"
        ),
    };
    let state = match rotation.state {
        RotationState::Running => "going on",
        RotationState::Stopped => "stopped",
        RotationState::Done => "done",
    };
    format!("{state}: {done} credentials were put under the key {to}{failed}")
}

fn list(keys: &CredentialKeys) -> String {
    let rows = keys.keys.iter().map(|key| {
        let state = match (key.active, key.present) {
            (true, _) => "active",
            (false, true) => "",
            (false, false) => "missing",
        };
        [
            key.id.clone(),
            state.to_owned(),
            key.credentials.to_string(),
        ]
    });
    let mut text = table(["KEY", "STATE", "CREDENTIALS"], rows);
    if let Some(rotation) = &keys.rotation {
        let at = time(rotation.changed_at);
        let _ = write!(text, "\nRotation ({at}): {}", progress(rotation));
    }
    text
}
