//! Prints every case of RootCauseBench with its answer, its suspects and their reasons.

use std::path::Path;

use fleetscope_eval::causes::rootcausebench::{Scored, scored};

fn main() -> Result<(), fleetscope_eval::Error> {
    let data = std::env::args().nth(1).unwrap_or_default();
    let all = scored(Path::new(&data))?;
    for one in &all {
        print(one);
    }
    let right = all.iter().filter(|one| one.is_right()).count();
    println!("{right} of {} right", all.len());
    Ok(())
}

fn print(one: &Scored) {
    let (answered, truth) = (&one.answered, &one.truth);
    let mark = if one.is_right() { "right" } else { "WRONG" };
    println!(
        "{mark} {} answers {:.8}, truth {truth:.8}",
        answered.case, answered.answer
    );
    let Some(attribution) = &answered.attribution else {
        println!("    nothing stood out");
        return;
    };
    println!(
        "    {:?}; none {:.3}",
        attribution.blame, attribution.otherwise.0
    );
    for reason in &attribution.otherwise_reasons {
        println!(
            "        {:?} none: {} {:?}",
            reason.stance, reason.text, reason.evidence
        );
    }
    for suspect in &attribution.suspects {
        let id = suspect.commit.as_deref().unwrap_or(&suspect.change.summary);
        println!(
            "    {:.3} {id:.40} {}",
            suspect.confidence.0, suspect.change.summary
        );
        for reason in &suspect.reasons {
            println!("        {:?}: {}", reason.stance, reason.text);
        }
    }
}
