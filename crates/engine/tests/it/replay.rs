//! Replay bundles.

use fleetscope_engine::{Bundle, ReplayError, diagnose, narrate};

use crate::town::Town;
use crate::trouble::{bad_release, decoys, leak};

fn bundle(wild: bool) -> Bundle {
    let mut town = Town::new(71);
    decoys(&mut town, "basket");
    leak(&mut town, "basket", 40);
    bad_release(&mut town, "quotes", 18);
    let mut input = town.finish();
    if wild {
        for (i, signal) in input.signals.iter_mut().enumerate() {
            let wild = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 0.1 + 0.2];
            signal.series.samples[i * 7 % 500].value = wild[i % wild.len()];
        }
    }
    let findings = diagnose(&input);
    Bundle::new("0192f0c1".to_owned(), input, findings)
}

#[test]
fn a_bundle_gives_the_same_bytes_as_when_it_was_written() {
    for wild in [false, true] {
        let bundle = bundle(wild);
        let read = Bundle::from_bytes(&bundle.to_bytes().unwrap()).unwrap();
        let (then, now) = (&bundle.findings, read.replay());
        let bytes = |findings| serde_json::to_vec(findings).unwrap();
        assert_eq!(bytes(then), bytes(&now), "wild: {wild}");
        assert_eq!(bytes(then), bytes(&read.findings));
        let clusters = &read.input.clusters;
        assert_eq!(narrate(then, clusters), narrate(&now, clusters));
        assert_eq!(bundle.to_bytes().unwrap(), read.to_bytes().unwrap());
    }
}

#[test]
fn something_else_and_a_newer_bundle_are_told_apart() {
    let other = |bytes: &[u8]| Bundle::from_bytes(bytes).unwrap_err();
    for bytes in [
        &b"no json"[..],
        b"{}",
        b"[1]",
        br#"{"format":"x","version":1}"#,
    ] {
        let error = other(bytes);
        assert!(matches!(error, ReplayError::NotABundle { .. }), "{error}");
        assert!(error.to_string().contains("analysis export"), "{error}");
    }
    let newer = other(br#"{"format":"fleetscope-replay","version":7,"more":true}"#);
    assert_eq!(newer, ReplayError::Newer { version: 7 });
    let cut = other(br#"{"format":"fleetscope-replay","version":1,"engine":"0"}"#);
    assert!(matches!(cut, ReplayError::NotABundle { .. }), "{cut}");
}

#[test]
fn an_input_of_before_attribution_is_still_read() {
    let json = serde_json::to_value(bundle(false)).unwrap();
    let mut old = json;
    old["findings"]
        .as_object_mut()
        .unwrap()
        .remove("attribution");
    for change in old["input"]["changes"].as_array_mut().unwrap() {
        change.as_object_mut().unwrap().remove("content");
    }
    let read = Bundle::from_bytes(old.to_string().as_bytes()).unwrap();
    assert!(read.findings.attribution.is_none());
}
