//! SIGKILL in the middle of writing anything: the next start finds consistent data, with every
//! write that was acknowledged.

mod writer;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::history::assert_consistent;
use crate::outside;

/// The variable that tells a child its folder.
pub(crate) const FOLDER: &str = "FLEETSCOPE_TEST_FOLDER";

/// The variable that tells a child its seed.
const SEED: &str = "FLEETSCOPE_TEST_SEED";

/// What a child says before the place of a write that was acknowledged.
const ACKNOWLEDGED: &str = "acknowledged ";

/// How often the writer is killed.
const ROUNDS: u64 = 14;

/// Starts an ignored test of this program as a process of its own.
pub(crate) fn child(test: &str, folder: &Path) -> Child {
    command(test, folder).spawn().unwrap()
}

fn command(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            test,
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// Lets a writer run until it has acknowledged so many writes and a little longer, kills it, and
/// returns the place of the last write that it acknowledged.
fn run_and_kill(folder: &Path, seed: u64, acknowledged: u32, longer: Duration) -> Option<u64> {
    let mut writer = command("crash::writer::writes_until_killed", folder)
        .env(SEED, seed.to_string())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut last = None;
    let mut count = 0;
    let mut take = |line: String| {
        let place = line.strip_prefix(ACKNOWLEDGED)?.parse::<u64>().unwrap();
        last = Some(place);
        Some(())
    };
    while count < acknowledged {
        let line = lines.next().expect("the writer ended by itself").unwrap();
        count += u32::from(take(line).is_some());
    }
    // The random moment itself, not a wait for something.
    std::thread::sleep(longer);
    writer.kill().unwrap();
    assert!(!writer.wait().unwrap().success());
    // What it had said before it died. The last line may be cut short.
    for line in lines.map_while(Result::ok) {
        if line.len() > ACKNOWLEDGED.len() {
            take(line);
        }
    }
    last
}

#[tokio::test]
async fn a_writer_that_is_killed_at_any_moment_leaves_consistent_data() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = StdRng::seed_from_u64(20_261_122);
    let mut written = 0;
    for round in 0..ROUNDS {
        // In the first rounds it dies while it makes the database, or in its first writes.
        let acknowledged = if round < 3 {
            0
        } else {
            random.random_range(1..150)
        };
        let longer = Duration::from_micros(random.random_range(0..8_000));
        let last = run_and_kill(folder.path(), round, acknowledged, longer);

        let (store, housekeeping) = fleetscope_store::open(folder.path()).await.unwrap();
        let log = assert_consistent(&store).await;
        let stored = log.last().map_or(0, |event| event.seq.0);
        assert!(
            last.is_none_or(|last| last <= stored),
            "lost: {last:?} of {stored}"
        );
        assert!(stored >= written, "what was there before is gone");
        assert_eq!(store.events.head().borrow().0, stored);
        written = stored;
        housekeeping.close().await;

        let mut connection = outside(folder.path()).await;
        let check: String = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(check, "ok", "round {round}");
    }
    println!("{written} events were written before {ROUNDS} kills");
    assert!(written > 200, "the writer hardly came to write: {written}");
}
