//! What the servers of the test hold: the same jobs in each cluster, with other values.

use std::fmt::Write as _;

use super::generate::Dice;

/// When the samples begin, in seconds; they are 15 s apart.
pub(crate) const START: i64 = 1_767_268_800;
pub(crate) const STEP: i64 = 15;
/// An hour of them.
const COUNT: i64 = 240;

/// The largest number that goes into what the queries add up.
pub(crate) const SCALE: f64 = 1e5;

pub(crate) const END: i64 = START + STEP * (COUNT - 1);

/// The samples of these clusters; with `cluster` as a label where they are meant for one server.
pub(crate) fn samples(clusters: &[&str], labelled: bool) -> String {
    let mut text = String::new();
    for (metric, kind) in [("temp", 0), ("load", 1), ("work_total", 2)] {
        let _ = writeln!(text, "# TYPE {metric} unknown");
        for cluster in clusters {
            of_cluster(&mut text, (metric, kind), cluster, labelled);
        }
    }
    let _ = writeln!(text, "# TYPE took_bucket unknown");
    for cluster in clusters {
        buckets(&mut text, cluster, labelled);
    }
    text + "# EOF\n"
}

fn seed(words: &[&str]) -> u64 {
    // FNV-1a.
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn label(cluster: &str, labelled: bool) -> String {
    if labelled {
        format!(",cluster=\"{cluster}\"")
    } else {
        String::new()
    }
}

fn of_cluster(text: &mut String, (metric, kind): (&str, u8), cluster: &str, labelled: bool) {
    for job in ["api", "db", "web"] {
        // Not every cluster has every job.
        if job == "db" && cluster == "west" {
            continue;
        }
        for pod in 0..3 {
            let pod = format!("{job}-{pod}");
            let own = label(cluster, labelled);
            let zone = if pod.ends_with('2') { "b" } else { "a" };
            let mut dice = Dice::new(seed(&[metric, cluster, &pod]));
            let mut value = dice.fraction() * 100.0;
            for n in 0..COUNT {
                let moved = dice.fraction();
                value = match kind {
                    2 if moved > 0.99 => 0.0,
                    2 => value + moved * 10.0,
                    _ => value + (moved - 0.5) * 20.0,
                };
                // Now and then there is none, and for some a quarter of an hour.
                if dice.fraction() < 0.02 || pod.ends_with('1') && (100..160).contains(&n) {
                    continue;
                }
                let shown = match dice.fraction() {
                    odd if kind == 0 && odd < 0.005 => "NaN".to_owned(),
                    odd if kind == 0 && odd < 0.008 => "+Inf".to_owned(),
                    _ => format!("{value:.4}"),
                };
                let at = START + n * STEP;
                let _ = writeln!(
                    text,
                    "{metric}{{job=\"{job}\",pod=\"{pod}\",zone=\"{zone}\"{own}}} {shown} {at}"
                );
            }
        }
    }
}

fn buckets(text: &mut String, cluster: &str, labelled: bool) {
    let own = label(cluster, labelled);
    for job in ["api", "web"] {
        let mut dice = Dice::new(seed(&["took", cluster, job]));
        let mut counts = [0.0_f64; 4];
        let bounds = ["0.1", "0.5", "2", "+Inf"];
        let mut rows: Vec<Vec<f64>> = Vec::new();
        for _ in 0..COUNT {
            let mut under = 0.0;
            for count in &mut counts {
                under += (dice.fraction() * 5.0).floor();
                *count += under;
            }
            rows.push(counts.to_vec());
        }
        for (place, bound) in bounds.iter().enumerate() {
            for (n, row) in rows.iter().enumerate() {
                let at = START + n as i64 * STEP;
                let value = row[place];
                let _ = writeln!(
                    text,
                    "took_bucket{{job=\"{job}\",le=\"{bound}\"{own}}} {value} {at}"
                );
            }
        }
    }
}
