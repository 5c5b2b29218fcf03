//! Tokens are shown once and kept nowhere.

use std::fs;
use std::path::Path;

use fleetscope_testkit::TestApp;

fn holds(folder: &Path, needle: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        fs::read(&path)
            .unwrap()
            .windows(needle.len())
            .any(|window| window == needle)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bootstrap_token_lies_in_no_file_and_no_answer() {
    let app = TestApp::one().await;
    let token = app.token.clone();
    assert!(!holds(app.data(), token.as_bytes()));
    // The search itself works: what must be there is found.
    assert!(holds(app.data(), b"bootstrap"));
    for path in ["/api/v1/tokens", "/api/v1/events", "/api/v1/tasks"] {
        let request = app.admin.raw(reqwest::Method::GET, path).unwrap();
        let text = request.send().await.unwrap().text().await.unwrap();
        assert!(!text.contains(&token), "{path}");
    }
    let metrics = fleetscope_testkit::real::fetch(&app.admin_base.join("metrics").unwrap()).await;
    assert!(!metrics.unwrap().contains(&token));
    assert!(!format!("{:?}", app.admin).contains(&token));
    app.stop().await;
}
