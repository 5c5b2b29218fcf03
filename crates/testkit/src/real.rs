//! Real servers, as Debian packages them, started on free ports and stopped with the test.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use url::Url;

/// How long a server may take until it answers. Generous: test machines are busy.
const PATIENCE: Duration = Duration::from_mins(1);
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// A running Prometheus.
#[derive(Debug)]
pub struct Prometheus {
    /// Its base URL.
    pub base: Url,
    _process: Process,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one that scrapes itself and these targets (job name, address) every 100 ms.
    pub async fn start(targets: &[(&str, SocketAddr)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        let mut jobs = format!(
            "global:\n  scrape_interval: 100ms\nscrape_configs:\n{}",
            job("prometheus", address)
        );
        for (name, target) in targets {
            jobs.push_str(&job(name, *target));
        }
        Self::serve(folder, address, &jobs).await
    }

    /// Starts one that scrapes nothing and holds these samples, in the text form of `OpenMetrics`
    /// with times; with these rules, if any, in the form of its rule files.
    pub async fn over(samples: &str, rules: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("samples");
        std::fs::write(&file, samples).expect("the samples are written");
        let data = folder.path().join("data");
        let done = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([&file, &data])
            .output()
            .expect("promtool comes with Prometheus");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        let mut config = "global:\n  evaluation_interval: 100ms\n".to_owned();
        if let Some(rules) = rules {
            let file = folder.path().join("rules.yml");
            std::fs::write(&file, rules).expect("the rules are written");
            config += &rule_files(&file);
        }
        Self::serve(folder, free_address(), &config).await
    }

    async fn serve(folder: TempDir, address: SocketAddr, config: &str) -> Self {
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).expect("its configuration is written");
        let data = folder.path().join("data");
        let process = Process::start(
            "prometheus",
            &[
                &flag("config.file", &file),
                &flag("storage.tsdb.path", &data),
                &format!("--web.listen-address={address}"),
                // What tests put there may be of any time.
                "--storage.tsdb.retention.time=100y",
                "--log.level=warn",
            ],
        );
        let base = base(address);
        answers(&base.join("-/ready").expect("a URL")).await;
        Self {
            base,
            _process: process,
            _folder: folder,
        }
    }
}

/// A running Alertmanager, alone.
#[derive(Debug)]
pub struct Alertmanager {
    /// Its base URL.
    pub base: Url,
    _process: Process,
    _folder: TempDir,
}

impl Alertmanager {
    /// Starts one that groups alerts by name and sends them nowhere or, where a webhook is given
    /// (address and token), there at once.
    pub async fn start(webhook: Option<(&Url, &str)>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        let receiver = webhook.map_or_else(String::new, |(url, token)| {
            format!(
                "  webhook_configs:\n  - url: '{url}'\n    http_config:\n      authorization:\n        credentials: '{token}'\n"
            )
        });
        let text = format!(
            "route:\n  receiver: ours\n  group_by: [alertname]\n  group_wait: 100ms\n  group_interval: 200ms\nreceivers:\n- name: ours\n{receiver}"
        );
        let file = folder.path().join("alertmanager.yml");
        std::fs::write(&file, text).expect("its configuration is written");
        let data = folder.path().join("data");
        let process = Process::start(
            "prometheus-alertmanager",
            &[
                &flag("config.file", &file),
                &flag("storage.path", &data),
                &format!("--web.listen-address={address}"),
                "--cluster.listen-address=",
                "--log.level=warn",
            ],
        );
        let base = base(address);
        answers(&base.join("-/ready").expect("a URL")).await;
        Self {
            base,
            _process: process,
            _folder: folder,
        }
    }
}

/// A running node exporter.
#[derive(Debug)]
pub struct NodeExporter {
    /// Where it listens.
    pub address: SocketAddr,
    _process: Process,
}

impl NodeExporter {
    /// Starts one.
    pub async fn start() -> Self {
        let address = free_address();
        let listen = format!("--web.listen-address={address}");
        let process = Process::start("prometheus-node-exporter", &[&listen, "--log.level=error"]);
        answers(&base(address).join("metrics").expect("a URL")).await;
        Self {
            address,
            _process: process,
        }
    }
}

/// A child that is killed and reaped when it is dropped.
#[derive(Debug)]
struct Process(Child);

impl Process {
    fn start(command: &str, arguments: &[&str]) -> Self {
        let child = Command::new(command)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match child {
            Ok(child) => Self(child),
            Err(error) => {
                panic!("{command} can't be started ({error}): ./dev test installs what tests need")
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself already; either way nothing is left.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn job(name: &str, target: SocketAddr) -> String {
    format!("- job_name: {name}\n  static_configs:\n  - targets: ['{target}']\n")
}

fn rule_files(file: &Path) -> String {
    format!("rule_files: ['{}']\n", file.display())
}

fn flag(name: &str, path: &Path) -> String {
    format!("--{name}={}", path.display())
}

fn base(address: SocketAddr) -> Url {
    Url::parse(&format!("http://{address}/")).expect("a URL")
}

/// A port that is free now. Another process could take it before the server does; then the server
/// ends at once and the test says so.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address")
}

/// Waits until `url` answers 200.
async fn answers(url: &Url) {
    let mut waited = Duration::ZERO;
    while waited < PATIENCE {
        if fetch(url).await.is_some() {
            return;
        }
        tokio::time::sleep(ASK_AGAIN).await;
        waited += ASK_AGAIN;
    }
    panic!("{url} did not answer within {PATIENCE:?}");
}

/// The body at `url`, where it answers 200.
#[expect(clippy::disallowed_methods, reason = "a test asks its own server")]
pub async fn fetch(url: &Url) -> Option<String> {
    let response = reqwest::get(url.clone()).await.ok()?;
    if !response.status().is_success() {
        return None;
    }
    response.text().await.ok()
}
