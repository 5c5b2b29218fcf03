//! How alike the fingerprints of simulated incidents are: those of one failure, and those of two.

use fleetscope_client::Client;
use fleetscope_client::wire::Investigation;
use fleetscope_engine::recurrence::SAME;
use fleetscope_engine::{Bundle, fingerprint, similarity};
use fleetscope_model::Fingerprint;

use crate::output::table;

/// The fingerprint of one run.
pub(super) struct Printed {
    /// What was injected.
    pub(super) fault: &'static str,
    /// Into what, whatever the cluster.
    pub(super) target: String,
    /// What was found, as it is known again by.
    pub(super) fingerprint: Fingerprint,
}

/// The fingerprint of what an investigation found; none where it found nothing.
pub(super) async fn printed(client: &Client, found: &Investigation) -> Option<Fingerprint> {
    let bundle = client.investigation_replay(found.id).await.ok()?;
    fingerprint(&Bundle::from_bytes(&bundle).ok()?.findings)
}

/// A line for each fault: pairs of runs of it at one target, at two, and with runs of other faults.
pub(super) fn alike(runs: &[Printed]) -> String {
    let mut faults: Vec<&str> = runs.iter().map(|run| run.fault).collect();
    faults.sort_unstable();
    faults.dedup();
    let rows = faults.into_iter().map(|fault| {
        let (mut same, mut moved, mut other) = (Vec::new(), Vec::new(), Vec::new());
        for (at, one) in runs.iter().enumerate() {
            for two in &runs[at + 1..] {
                let likeness = similarity(&one.fingerprint, &two.fingerprint);
                if one.fault != fault && two.fault != fault {
                    continue;
                }
                if one.fault != two.fault {
                    other.push(likeness);
                } else if one.target == two.target {
                    same.push(likeness);
                } else {
                    moved.push(likeness);
                }
            }
        }
        [
            fault.to_owned(),
            known(&same),
            range(&same),
            known(&moved),
            range(&moved),
            known(&other),
            range(&other),
        ]
    });
    table(
        [
            "FAULT",
            "SAME TARGET",
            "LEAST, MIDDLE, MOST",
            "OTHER TARGET",
            "LEAST, MIDDLE, MOST",
            "OTHER FAULT",
            "LEAST, MIDDLE, MOST",
        ],
        rows,
    )
}

/// How many pairs are taken for the same.
fn known(pairs: &[f64]) -> String {
    let known = pairs.iter().filter(|likeness| **likeness >= SAME).count();
    format!("{known} of {}", pairs.len())
}

fn range(pairs: &[f64]) -> String {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.first(), sorted.last()) {
        (Some(least), Some(most)) => {
            format!("{least:.2}, {:.2}, {most:.2}", sorted[sorted.len() / 2])
        }
        _ => String::new(),
    }
}
