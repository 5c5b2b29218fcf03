//! The scorers agree with the corpora's own, on a small corpus: what is expected here was computed
//! by the NAB runner's rules, the challenge's script and the package `vus` 0.0.5.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fleetscope_eval::anomalies::kpi::{best_threshold, f1, parts};
use fleetscope_eval::anomalies::nab::score::{Profile, at, normalised, sweep};
use fleetscope_eval::anomalies::vus::score::{period, vus_pr};
use fleetscope_eval::anomalies::{Answers, Input, Task, kpi, nab, run, vus};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixture")
}

/// Scores as some detector gave them, by series.
fn given() -> BTreeMap<String, Vec<f64>> {
    let content = fs::read_to_string(fixture().join("scores.csv")).unwrap();
    let row = |line: &str| {
        let (name, scores) = line.split_once(',').unwrap();
        let scores = scores.split(',').map(|score| score.parse().unwrap());
        (name.to_owned(), scores.collect())
    };
    content.lines().map(row).collect()
}

/// The given scores as answers; they are found by the readings, as an answer knows no names.
fn answers(inputs: &[Input]) -> Answers {
    let given = given();
    Answers::of(inputs, |samples| {
        let input = inputs
            .iter()
            .find(|input| input.samples == samples)
            .unwrap();
        let scores = &given[&input.name];
        scores[scores.len() - samples.len()..].to_vec()
    })
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
}

#[test]
fn nab_is_scored_as_its_own_runner_does() {
    let inputs = nab::inputs(&fixture()).unwrap();
    let rows = nab::rows(&fixture(), &inputs, &answers(&inputs)).unwrap();
    for (profile, best, half) in [
        (
            Profile::Standard,
            75.024_324_604_238_13,
            -6.236_750_394_049_562,
        ),
        (
            Profile::LowFalsePositives,
            63.644_906_772_654_43,
            -100.188_621_506_301_49,
        ),
    ] {
        let (value, threshold) = sweep(&rows, profile);
        close(value, best);
        close(threshold, 0.9253);
        let cases: Vec<_> = rows.iter().map(|rows| at(rows, profile, 0.5)).collect();
        close(normalised(&cases), half);
    }
}

#[test]
fn kpis_are_scored_as_the_challenge_does() {
    let inputs = kpi::inputs(&fixture()).unwrap();
    let (first, second) = parts(&fixture(), &answers(&inputs)).unwrap();
    let of = |parts: &[kpi::Part], threshold| {
        let counts: Vec<_> = parts.iter().map(|part| part.at(threshold)).collect();
        f1(&counts)
    };
    let chosen = best_threshold(&first);
    close(chosen, 0.5707);
    close(of(&first, chosen), 18.0 / 25.0);
    close(of(&second, chosen), 43.0 / 51.0);
    close(best_threshold(&second), 0.9771);
    close(of(&second, best_threshold(&second)), 42.0 / 43.0);
}

#[test]
fn the_volume_under_the_surface_is_that_of_the_package() {
    let inputs = vus::inputs(&fixture()).unwrap();
    let answers = answers(&inputs);
    let found = vus::each(&fixture(), &inputs, &answers).unwrap();
    close(found[0], 0.474_276_512_906_856_13);
    close(found[1], 0.141_359_529_747_191_46);
    let values = |input: &Input| input.samples.iter().map(|s| s.value).collect::<Vec<_>>();
    let periods: Vec<usize> = inputs.iter().map(|input| period(&values(input))).collect();
    assert_eq!(periods, [60, 24]);
    assert_eq!(vus_pr(&[false; 4], &[0.1, 0.2, 0.3, 0.4], 2), 0.0);
}

#[test]
fn the_table_has_ours_with_an_interval_and_the_published_ones_without() {
    for (task, peer) in [
        (Task::Nab, "known"),
        (Task::Kpi, "seasonal robust z"),
        (Task::Vus, "POLY"),
    ] {
        let table = run(task, &fixture(), None).unwrap();
        let ours = &table.lines[0];
        let (low, high) = ours.interval.unwrap();
        assert!(low <= ours.value && ours.value <= high, "{ours:?}");
        let peer = table
            .lines
            .iter()
            .find(|line| line.detector == peer)
            .unwrap();
        assert!(peer.interval.is_none() && peer.value > 0.0, "{peer:?}");
        assert!(table.readings > 0);
    }
}

/// A copy of the fixture in which `edit` changes the text of one file.
fn with(file: &str, edit: impl Fn(String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixture(), folder.path());
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, edit(text)).unwrap();
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn whoever_answers_needs_no_labels() {
    let folder = with("ad_nab/windows.json", |_| String::new());
    fs::remove_file(folder.path().join("ad_nab/windows.json")).unwrap();
    assert_eq!(
        nab::inputs(folder.path()).unwrap(),
        nab::inputs(&fixture()).unwrap()
    );
    assert_eq!(
        vus::inputs(folder.path()).unwrap(),
        vus::inputs(&fixture()).unwrap()
    );
    let said = run(Task::Nab, folder.path(), None).unwrap_err().to_string();
    assert!(said.contains("windows.json"), "{said}");
}

#[test]
fn what_is_missing_or_does_not_fit_is_said_with_its_path() {
    let nowhere = Path::new("/nowhere/corpora");
    for task in Task::ALL {
        let said = run(task, nowhere, None).unwrap_err().to_string();
        assert!(
            said.contains("/nowhere/corpora/ad_") && said.contains("--data"),
            "{said}"
        );
    }
    let folder = with("ad_nab/data/one/a.csv", |text| text.replacen(",", ";", 5));
    let said = run(Task::Nab, folder.path(), None).unwrap_err().to_string();
    assert!(said.contains("one/a.csv"), "{said}");
    let folder = with("ad_nab/windows.json", |text| text.replace("05:00", "05:01"));
    let said = run(Task::Nab, folder.path(), None).unwrap_err().to_string();
    assert!(said.contains("window"), "{said}");
}
