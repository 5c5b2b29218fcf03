//! The real kubectl against the simulated server, over a socket.
//!
//! What is asserted holds for kubectl 1.20 as well as for current ones.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;

use fleetscope_sim::kubernetes::catalogue;

use super::fixture::{Cluster, pod, shop};

/// How long kubectl may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_mins(1);

/// A kubectl that knows this server only.
struct Kubectl {
    home: TempDir,
    config: PathBuf,
}

impl Kubectl {
    fn new(server: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("config");
        let text = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "sim",
            "clusters": [{ "name": "sim", "cluster": { "server": server } }],
            "users": [{ "name": "tester", "user": { "token": "anything" } }],
            "contexts": [{ "name": "sim", "context": { "cluster": "sim", "user": "tester" } }],
        });
        std::fs::write(&config, text.to_string()).unwrap();
        Self { home, config }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("kubectl");
        command
            .arg("--kubeconfig")
            .arg(&self.config)
            .arg("--cache-dir")
            .arg(self.home.path().join("cache"))
            .args(arguments)
            .env("HOME", self.home.path())
            .env_remove("KUBECONFIG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs to the end, which must be a good one, and returns what was printed.
    async fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output();
        let output = tokio::time::timeout(PATIENCE, output).await;
        let output = output
            .unwrap_or_else(|_| panic!("kubectl {arguments:?} hangs"))
            .unwrap_or_else(|problem| absent(&problem));
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "kubectl {arguments:?}: {err}{out}");
        out.into_owned()
    }

    /// Runs to the end, which must be a bad one, and returns the complaint.
    async fn fail(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output();
        let output = tokio::time::timeout(PATIENCE, output).await;
        let output = output
            .unwrap_or_else(|_| panic!("kubectl {arguments:?} hangs"))
            .unwrap_or_else(|problem| absent(&problem));
        assert!(!output.status.success(), "kubectl {arguments:?} succeeds");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

fn absent<T>(problem: &std::io::Error) -> T {
    panic!(
        "kubectl can't be started ({problem}); `./dev test` installs it with the package kubernetes-client"
    )
}

/// Serves the cluster below a prefix, as the whole simulation does, while the test runs.
async fn with_kubectl(cluster: &Cluster, test: impl AsyncFnOnce(Kubectl)) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}/shop/kubernetes", listener.local_addr().unwrap());
    let app = axum::Router::new().nest("/shop/kubernetes", cluster.router.clone());
    tokio::select! {
        ended = axum::serve(listener, app) => panic!("the server ended: {ended:?}"),
        () = test(Kubectl::new(&server)) => {}
    }
}

/// The words of each line.
fn words(output: &str) -> Vec<Vec<&str>> {
    output
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect()
}

#[tokio::test]
async fn kubectl_tells_the_version_and_the_resources() {
    let cluster = shop();
    for spec in catalogue::ptp() {
        cluster.apply(spec.definition());
    }
    with_kubectl(&cluster, async |kubectl: Kubectl| {
        let versions: Value =
            serde_json::from_str(&kubectl.run(&["version", "-o", "json"]).await).unwrap();
        assert_eq!(versions["serverVersion"]["gitVersion"], "v1.36.2");
        let resources = kubectl.run(&["api-resources", "--no-headers"]).await;
        for (name, kind) in [
            ("pods", "Pod"),
            ("deployments", "Deployment"),
            ("cronjobs", "CronJob"),
            ("ptpconfigs", "PtpConfig"),
        ] {
            let found = words(&resources).into_iter().find(|words| words[0] == name);
            assert!(
                found.is_some_and(|words| words.contains(&kind)),
                "{resources}"
            );
        }
        let groups = kubectl.run(&["api-versions"]).await;
        for group in [
            "v1",
            "apps/v1",
            "batch/v1",
            "events.k8s.io/v1",
            "ptp.openshift.io/v1",
        ] {
            assert!(groups.lines().any(|line| line == group), "{groups}");
        }
    })
    .await;
}

#[tokio::test]
async fn kubectl_shows_the_tables_people_know() {
    let cluster = shop();
    with_kubectl(&cluster, async |kubectl: Kubectl| {
        let nodes = kubectl.run(&["get", "nodes"]).await;
        assert_eq!(
            words(&nodes)[0],
            ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]
        );
        assert_eq!(
            words(&nodes)[1],
            ["worker-1", "Ready", "worker", "0s", "v1.33.4"]
        );
        let wide = kubectl.run(&["get", "nodes", "-o", "wide"]).await;
        assert!(
            wide.contains("INTERNAL-IP") && wide.contains("containerd://2.1.9"),
            "{wide}"
        );

        let pods = kubectl.run(&["get", "pods", "-A"]).await;
        assert_eq!(
            words(&pods)[0],
            ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"]
        );
        assert_eq!(
            words(&pods)[1],
            ["default", "tool", "1/1", "Running", "0", "0s"]
        );
        assert!(
            pods.contains("CrashLoopBackOff") && pods.contains("4 (4m7s ago)"),
            "{pods}"
        );

        let events = kubectl.run(&["get", "events", "-n", "shop"]).await;
        assert!(
            events.starts_with("LAST SEEN") && events.contains("pod/cart-7c9-bbbbb"),
            "{events}"
        );
        let all = kubectl.run(&["get", "all", "-n", "shop"]).await;
        assert!(
            all.contains("pod/cart-7c9-aaaaa") && all.contains("deployment.apps/cart"),
            "{all}"
        );
        let described = kubectl.run(&["describe", "node", "worker-1"]).await;
        assert!(
            described.contains("Name:") && described.contains("containerd://2.1.9"),
            "{described}"
        );
    })
    .await;
}

#[tokio::test]
async fn kubectl_reads_objects_and_selects_them() {
    let cluster = shop();
    with_kubectl(&cluster, async |kubectl: Kubectl| {
        let list = kubectl
            .run(&["get", "deploy,rs", "-n", "shop", "-o", "json"])
            .await;
        let list: Value = serde_json::from_str(&list).unwrap();
        let kinds: Vec<&Value> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| &item["kind"])
            .collect();
        assert_eq!(kinds, ["Deployment", "ReplicaSet"]);

        let name = ["-o", "name"];
        let by_label = [&["get", "pods", "-A", "-l", "app=cart"][..], &name].concat();
        assert_eq!(kubectl.run(&by_label).await.lines().count(), 2);
        let by_set = [&["get", "pods", "-A", "-l", "app notin (cart)"][..], &name].concat();
        assert_eq!(kubectl.run(&by_set).await.trim(), "pod/tool");
        let by_node = [
            &[
                "get",
                "pods",
                "-A",
                "--field-selector",
                "spec.nodeName=worker-1",
            ][..],
            &name,
        ]
        .concat();
        assert_eq!(kubectl.run(&by_node).await.lines().count(), 2);
        let paged = [&["get", "pods", "-A", "--chunk-size", "1"][..], &name].concat();
        assert_eq!(kubectl.run(&paged).await.lines().count(), 3);
        let nothing = kubectl
            .run(&["get", "pods", "-n", "absent", "-o", "name"])
            .await;
        assert_eq!(nothing, "");

        let complaint = kubectl.fail(&["get", "pod", "absent", "-n", "shop"]).await;
        assert!(
            complaint.contains("NotFound") && complaint.contains("\"absent\" not found"),
            "{complaint}"
        );
        let complaint = kubectl.fail(&["get", "absents"]).await;
        assert!(
            complaint.contains("the server doesn't have a resource type"),
            "{complaint}"
        );
        let complaint = kubectl
            .fail(&["delete", "pod", "tool", "--wait=false"])
            .await;
        assert!(complaint.contains("MethodNotAllowed"), "{complaint}");
    })
    .await;
}

#[tokio::test]
async fn kubectl_watches_pods() {
    let cluster = shop();
    with_kubectl(&cluster, async |kubectl: Kubectl| {
        let arguments = ["get", "pods", "-n", "shop", "-w", "--request-timeout=50s"];
        let mut child = kubectl
            .command(&arguments)
            .spawn()
            .unwrap_or_else(|problem| absent(&problem));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut expect = async |text: &str| {
            let read = async {
                loop {
                    let line = lines.next_line().await.unwrap().expect("kubectl goes on");
                    if line.contains(text) {
                        return line;
                    }
                }
            };
            let line = tokio::time::timeout(PATIENCE, read).await;
            line.unwrap_or_else(|_| panic!("kubectl does not show {text}"))
        };
        expect("NAME").await;
        expect("cart-7c9-bbbbb").await;
        cluster.apply(pod("shop", "cart-7c9-ccccc", "cart", "worker-1"));
        let line = expect("cart-7c9-ccccc").await;
        assert!(line.contains("1/1") && line.contains("Running"), "{line}");
        let mut failed = pod("shop", "cart-7c9-ccccc", "cart", "worker-1");
        failed["status"] = serde_json::json!({ "phase": "Failed", "reason": "Evicted" });
        cluster.apply(failed);
        assert!(expect("cart-7c9-ccccc").await.contains("Evicted"));
        child.kill().await.unwrap();
    })
    .await;
}
