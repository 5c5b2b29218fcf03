//! The binary as a person starts it.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, Command, Output, Stdio};

fn fleetscope() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleetscope"));
    command
        .env_remove("FLEETSCOPE_TOKEN")
        .env_remove("FLEETSCOPE_URL")
        .env_remove("FLEETSCOPE_CONFIG");
    command
}

fn run(arguments: &[&str]) -> Output {
    fleetscope().args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn every_command_has_help_and_the_exit_codes_are_told() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    assert!(stdout(&help).contains("Exit codes:"));
    for command in [
        "serve",
        "config",
        "clusters",
        "credentials",
        "keys",
        "rbac",
        "query",
        "traces",
        "alerts",
        "silences",
        "logs",
        "analysis",
        "reports",
        "events",
        "tokens",
        "audit",
        "sim",
        "demo",
        "eval",
    ] {
        let help = run(&[command, "--help"]);
        assert!(help.status.success(), "{command}");
        assert!(stdout(&help).contains("Usage:"), "{command}");
    }
}

#[test]
fn the_demo_lists_its_faults_one_a_line_name_first() {
    let list = stdout(&run(&["demo", "--list"]));
    let names: Vec<_> = list
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let expected = [
        "memory-leak",
        "node-cpu-hog",
        "slow-database",
        "bad-release",
        "gpu-throttle",
        "ptp-lock-loss",
        "none",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_wrong_command_line_ends_with_2_and_an_absent_server_with_7() {
    assert_eq!(
        run(&["demo", "--fault", "earthquake"]).status.code(),
        Some(2)
    );
    let no_token = run(&["clusters", "list"]);
    assert_eq!(no_token.status.code(), Some(2));
    assert!(stderr(&no_token).contains("FLEETSCOPE_TOKEN"));
    let absent = fleetscope()
        .args(["clusters", "list", "--server", "http://127.0.0.1:1"])
        .env("FLEETSCOPE_TOKEN", "fls_x")
        .output()
        .unwrap();
    assert_eq!(absent.status.code(), Some(7));
    assert!(stderr(&absent).contains("is Fleetscope running there?"));
    assert!(!stderr(&absent).contains("fls_x"));
}

#[test]
fn config_check_tells_everything_that_is_wrong_and_show_redacts_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fleetscope.toml");
    std::fs::write(&file, "[server]\nlisten = \"nowhere\"\ncolour = 1\n").unwrap();
    let path = file.to_str().unwrap();
    let check = run(&["config", "check", "--config", path]);
    assert_eq!(check.status.code(), Some(2));
    assert!(stderr(&check).contains("server.listen") && stderr(&check).contains("colour"));

    let secret = "a-very-secret-key-of-more-than-32-bytes";
    std::fs::write(&file, format!("[services]\nkey = \"{secret}\"\n")).unwrap();
    let show = run(&["config", "show", "--config", path]);
    assert!(show.status.success(), "{}", stderr(&show));
    assert!(stdout(&show).contains("<redacted>"));
    assert!(!stdout(&show).contains(secret));
}

/// A server in a folder of its own; killed when dropped.
struct Served {
    child: Child,
    said: Vec<String>,
}

impl Served {
    fn start(folder: &std::path::Path) -> Self {
        let mut child = fleetscope()
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--admin-listen",
                "127.0.0.1:0",
            ])
            .arg("--data-dir")
            .arg(folder)
            // Nobody balances load here.
            .env("FLEETSCOPE_SERVER__SHUTDOWN_LEAVE", "0s")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = Vec::new();
        let lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
        for line in lines {
            let line = line.unwrap();
            let done = line.contains("Keep it:") || line.contains("serving");
            said.push(line);
            if done && (said.iter().any(|line| line.contains("serving"))) {
                break;
            }
        }
        Self { child, said }
    }

    /// The public address, as the log tells it.
    fn address(&self) -> String {
        let serving = self.said.iter().find(|line| line.contains("serving"));
        let (_, rest) = serving.unwrap().split_once("public=").unwrap();
        format!("http://{}", rest.split_whitespace().next().unwrap())
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_server_stops_on_sigterm_and_starts_again_on_what_a_sigkill_left() {
    let folder = tempfile::tempdir().unwrap();
    let first = Served::start(folder.path());
    assert!(
        first.said.iter().any(|line| line.contains("serving")),
        "{:?}",
        first.said
    );
    first.signal("-KILL");
    drop(first);
    let mut second = Served::start(folder.path());
    assert!(
        second.said.iter().any(|line| line.contains("serving")),
        "{:?}",
        second.said
    );
    second.signal("-TERM");
    assert_eq!(second.child.wait().unwrap().code(), Some(0));
}

#[test]
fn whoever_holds_the_data_gets_in_again_without_any_token() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let mut first = Served::start(folder.path());
    let refused = run(&["tokens", "recover", "--data-dir", data_dir]);
    assert!(!refused.status.success(), "the server still runs");
    assert!(stderr(&refused).contains("stop"), "{}", stderr(&refused));
    first.signal("-TERM");
    first.child.wait().unwrap();

    let made = run(&["tokens", "recover", "--data-dir", data_dir]);
    assert!(made.status.success(), "{}", stderr(&made));
    let second = Served::start(folder.path());
    let list = fleetscope()
        .args(["tokens", "list", "--server", &second.address()])
        .env("FLEETSCOPE_TOKEN", stdout(&made).trim())
        .output()
        .unwrap();
    assert!(list.status.success(), "{}", stderr(&list));
    assert!(stdout(&list).contains("recovery-"), "{}", stdout(&list));
}

#[test]
fn the_audit_log_is_listed_by_time_and_by_who_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let recovered = stdout(&run(&["tokens", "recover", "--data-dir", data_dir]));
    let token = recovered.trim();
    let server = Served::start(folder.path());
    let ask = |token: &str, arguments: &[&str]| {
        fleetscope()
            .args(arguments)
            .args(["--server", &server.address()])
            .env("FLEETSCOPE_TOKEN", token)
            .output()
            .unwrap()
    };
    let made = ask(token, &["tokens", "create", "ci", "--role", "admin"]);
    let ci = stdout(&made);
    for n in 0..3 {
        let name = format!("t{n}");
        let made = ask(ci.trim(), &["tokens", "create", &name]);
        assert!(made.status.success(), "{}", stderr(&made));
    }
    let told = |arguments: &[&str]| {
        let answer = ask(
            token,
            &[&["audit", "list", "-o", "json"], arguments].concat(),
        );
        assert!(answer.status.success(), "{}", stderr(&answer));
        serde_json::from_slice::<serde_json::Value>(&answer.stdout).unwrap()
    };
    let callers = |page: &serde_json::Value| {
        let items = page["items"].as_array().unwrap();
        let callers = items
            .iter()
            .map(|e| e["caller"].as_str().unwrap().to_owned());
        callers.collect::<Vec<_>>()
    };
    let all = told(&[]);
    let admin = callers(&all).pop().unwrap();
    assert!(admin.starts_with("token:recovery-"), "{admin}");
    assert_eq!(callers(&all), ["token:ci", "token:ci", "token:ci", &admin]);
    assert_eq!(all.get("next_cursor"), None);
    let first = told(&["--actor", &admin]);
    assert_eq!(callers(&first), [admin]);
    assert_eq!(first["items"][0]["path"], "/api/v1/tokens");
    // The newest of his that fit, and that there are more.
    let some = told(&["--actor", "token:ci", "--limit", "2"]);
    assert_eq!(
        some["items"].as_array(),
        Some(&all["items"].as_array().unwrap()[..2].to_vec())
    );
    assert!(some["next_cursor"].is_string());
    assert_eq!(told(&["--limit", "4"]).get("next_cursor"), None);
    // From the second of his on.
    let since = all["items"][1]["at"].as_str().unwrap();
    let later = told(&["--since", since]);
    assert_eq!(later["items"].as_array().unwrap().len(), 2);
    assert_eq!(
        told(&["--since", "2100-01-01T00:00:00Z"])["items"],
        serde_json::json!([])
    );
    let table = stdout(&ask(token, &["audit", "list", "--limit", "1"]));
    assert!(
        table.contains("POST /api/v1/tokens") && table.contains("There is more"),
        "{table}"
    );
    assert_eq!(
        run(&["audit", "list", "--limit", "0"]).status.code(),
        Some(2)
    );
}

#[test]
fn credentials_are_given_listed_put_under_a_key_and_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let token = stdout(&run(&["tokens", "recover", "--data-dir", data_dir]));
    let server = Served::start(folder.path());
    let address = server.address();
    let ask = |arguments: &[&str], input: &str| {
        let mut child = fleetscope()
            .args(arguments)
            .args(["--server", &address])
            .env("FLEETSCOPE_TOKEN", token.trim())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One that reads no input may be gone by now.
        let _ = child
            .stdin
            .take()
            .unwrap()
            .write_all(format!("{input}\n").as_bytes());
        let output = child.wait_with_output().unwrap();
        assert!(!stdout(&output).contains("b3arer"), "{}", stdout(&output));
        assert!(!stderr(&output).contains("b3arer"), "{}", stderr(&output));
        output
    };
    let told = |arguments: &[&str], input: &str| {
        let output = ask(&[arguments, &["-o", "json"]].concat(), input);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            stderr(&output)
        );
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    told(
        &[
            "clusters",
            "add",
            "shop",
            "--prometheus",
            "http://127.0.0.1:9",
        ],
        "",
    );
    let set = ["credentials", "set", "shop", "--bearer-file", "-"];
    assert_eq!(told(&set, "b3arer-1")["generation"], 1);
    assert_eq!(told(&set, "b3arer-2")["generation"], 2);
    let list = told(&["credentials", "list", "shop"], "");
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(
        (&list["items"][0]["field"], &list["items"][0]["kind"]),
        (&"shared".into(), &"token".into())
    );
    let keys = told(&["keys", "list"], "");
    assert_eq!(keys["keys"][0]["credentials"], 1, "{keys}");

    let two = ask(&[&set[..], &["--kubeconfig", "x"]].concat(), "");
    assert_eq!(two.status.code(), Some(2), "{}", stderr(&two));
    let removed = ask(&["credentials", "remove", "shop"], "");
    assert!(removed.status.success(), "{}", stderr(&removed));
    let list = told(&["credentials", "list", "shop"], "");
    assert_eq!(list["items"].as_array().unwrap().len(), 0, "{list}");
}
