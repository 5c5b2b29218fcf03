//! An investigation that is taken away in a file, and gone through again by the binary.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use fleetscope_client::wire::{Investigation, InvestigationRequest, Status, Verdict};
use fleetscope_engine::Bundle;
use fleetscope_sim::Fault;
use fleetscope_testkit::{Fleet, TestApp};

/// An investigation that was asked for, once it is done.
pub(crate) async fn investigated(app: &TestApp, request: &InvestigationRequest) -> Investigation {
    let mut found = app.operator.investigate(request).await.unwrap();
    for _ in 0..1200 {
        if found.status != Status::Pending {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        found = app.viewer.investigation(found.id).await.unwrap();
    }
    assert_eq!(found.status, Status::Complete, "{:?}", found.failure);
    found
}

/// What the binary says to these arguments, asked by somebody with this token.
async fn run(app: &TestApp, token: &str, arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_fleetscope"));
    command
        .args(arguments)
        .env_remove("FLEETSCOPE_CONFIG")
        .env("FLEETSCOPE_URL", app.base.as_str())
        .env("FLEETSCOPE_TOKEN", token);
    command.output().await.unwrap()
}

/// The same without any server.
async fn replay(arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_fleetscope"));
    command
        .arg("replay")
        .args(arguments)
        .env_remove("FLEETSCOPE_CONFIG")
        .env_remove("FLEETSCOPE_URL")
        .env_remove("FLEETSCOPE_TOKEN");
    command.output().await.unwrap()
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    (
        output.status.code(),
        String::from_utf8(output.stdout.clone()).unwrap(),
        String::from_utf8(output.stderr.clone()).unwrap(),
    )
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_investigation_that_was_exported_replays_to_the_kept_bytes() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(100, app.clock.clone()).await;
    fleet.register(&app.admin).await;
    fleet.simulation().inject(Fault::GpuThrottle).unwrap();
    app.clock.advance(Duration::from_mins(12));
    let found = investigated(&app, &InvestigationRequest::default()).await;
    assert_eq!(found.verdict, Some(Verdict::Cause), "{:?}", found.narrative);

    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path(), "incident.json");
    let id = found.id.to_string();
    let export = ["analysis", "export", &id, "--to", &file];
    let (code, said, error) = told(&run(&app, &app.token, &export).await);
    assert_eq!(code, Some(0), "{error}");
    assert!(said.contains(&file), "{said}");
    // To the standard output it is the same.
    let piped = run(&app, &app.token, &["analysis", "export", &id]).await;
    let bytes = std::fs::read(&file).unwrap();
    assert!(piped.stdout == bytes);

    // Nobody is asked from here on.
    let nobody = "00000000-0000-4000-8000-000000000000";
    let unknown = run(&app, &app.token, &["analysis", "export", nobody]).await;
    assert_eq!(unknown.status.code(), Some(5), "{unknown:?}");
    app.stop().await;
    drop(fleet);

    let kept = Bundle::from_bytes(&bytes).unwrap();
    assert_eq!(kept.investigation, id);
    let kept = serde_json::to_vec(&kept.findings).unwrap();
    for _ in 0..2 {
        let again = replay(&[&file, "--json"]).await;
        assert_eq!(again.status.code(), Some(0));
        assert!(again.stdout == kept);
    }
    // The story is the one that the server tells.
    let (code, story, _) = told(&replay(&[&file]).await);
    assert_eq!(code, Some(0));
    assert!(story.starts_with(&found.narrative.join("\n\n")), "{story}");
    assert!(story.contains("the same to the byte"), "{story}");

    refused(folder.path(), &bytes).await;
}

/// What is no bundle, or none that this release may go through.
async fn refused(folder: &Path, bytes: &[u8]) {
    let whole: BTreeMap<String, serde_json::Value> = serde_json::from_slice(bytes).unwrap();
    let with = |name: &str, value: serde_json::Value| {
        let mut other = whole.clone();
        assert!(other.insert(name.to_owned(), value).is_some());
        serde_json::to_vec(&other).unwrap()
    };
    let cases: [(&str, Vec<u8>, &str); 5] = [
        (
            "newer",
            with("version", 2.into()),
            "take the release that wrote it",
        ),
        ("another", with("format", "sbom".into()), "“sbom”"),
        (
            "nothing",
            b"{\"a\":1}".to_vec(),
            "`fleetscope analysis export`",
        ),
        (
            "broken",
            bytes[..bytes.len() / 2].to_vec(),
            "no replay bundle",
        ),
        ("empty", Vec::new(), "no replay bundle"),
    ];
    for (name, bytes, expected) in cases {
        let file = path(folder, name);
        std::fs::write(&file, bytes).unwrap();
        let (code, said, error) = told(&replay(&[&file]).await);
        assert_eq!((code, said.as_str()), (Some(2), ""), "{name}");
        assert!(error.contains(&file), "{name}: {error}");
        assert!(error.contains(expected), "{name}: {error}");
        assert!(error.len() < 2_000, "{name}: {error}");
    }
    let absent = path(folder, "absent");
    let (code, _, error) = told(&replay(&[&absent]).await);
    assert_eq!(code, Some(2));
    assert!(
        error.contains(&absent) && error.contains("can not be read"),
        "{error}"
    );

    // Findings that another release came to, or that somebody has changed.
    let mut findings = whole["findings"].clone();
    findings["candidates"] = serde_json::json!([]);
    let file = path(folder, "changed");
    std::fs::write(&file, with("findings", findings)).unwrap();
    let (code, story, _) = told(&replay(&[&file]).await);
    assert_eq!(code, Some(1), "{story}");
    assert!(story.contains("the findings differ"), "{story}");
}
