//! Secrets that are planted in a process of its own, at its most talkative, and looked for in what
//! leaves it: its log, its spans on the wire, Secrets of the hub, its files, its environment, its
//! metrics, and its memory once nothing needs them any more.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fleetscope_client::wire::{Cluster, CredentialField, NewCredential, NewCredentialKind};
use fleetscope_client::{Client, MetricScope};
use fleetscope_ports::ManualClock;
use fleetscope_testkit::{Fleet, a_time};
use tokio::task::JoinSet;
use url::Url;

use super::canaries::{Canaries, basic, certificate, files, spellings, text};
use crate::registering::hub::{Hub, NAMESPACE};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);

/// Within this time every connection ended that nothing asked by: idle for 30 s, looked for every
/// 30 s; and as much again.
const CONNECTIONS_END: Duration = Duration::from_mins(2);

type Wire = Arc<Mutex<Vec<u8>>>;

/// An OTLP receiver that keeps what comes in as it came.
async fn receiver(servers: &mut JoinSet<()>) -> (String, Wire) {
    async fn take(State(wire): State<Wire>, body: Bytes) {
        wire.lock().unwrap().extend_from_slice(&body);
    }
    let wire = Wire::default();
    let router = Router::new()
        .route("/v1/traces", post(take))
        .with_state(wire.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    servers.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (format!("http://{address}"), wire)
}

/// A server in a process of its own, which ends with the test.
struct Server {
    child: Child,
    folder: tempfile::TempDir,
}

impl Server {
    fn start(hub: &Hub, traces: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n[storage]\ndata_dir = \
             \"{data}\"\n[traces]\nendpoint = \"{traces}\"\nprotocol = \"http\"\npercent = 100\n[log]\n\
             filter = \"trace\"\n[hub]\nurl = \"{hub}\"\ntoken_file = \"{token}\"\n[credentials]\nstore \
             = \"secrets\"\nnamespace = \"{NAMESPACE}\"\n[watches]\nenabled = false\n[checks]\nenabled = \
             false\n[access]\ninside_clusters = \"trusted\"\n",
            data = folder.path().join("data").display(),
            hub = hub.served.base,
            token = hub.folder.path().join("token").display(),
        );
        let file = folder.path().join("fleetscope.toml");
        fs::write(&file, config).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_fleetscope"))
            .args(["serve", "--config"])
            .arg(file)
            .env("OTEL_BSP_SCHEDULE_DELAY", "100")
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The word of the log that begins so, once it is there.
    async fn says(&self, begin: &str) -> String {
        let found = async {
            loop {
                let text = self.log();
                let mut words = text.split_whitespace();
                let word = words.find_map(|word| word.strip_prefix(begin));
                if let Some(word) = word.filter(|_| text.ends_with('\n')) {
                    return word.to_owned();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(LONG, found).await.unwrap()
    }

    async fn client(&self) -> Client {
        let base = Url::parse(&format!("http://{}/", self.says("public=").await)).unwrap();
        let token = format!("fls_{}", self.says("fls_").await);
        Client::new(&base, Some(token)).unwrap()
    }

    fn proc(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.child.id()))
    }

    /// Every page that can be written to; none where the system does not let us look, as it should
    /// not for anybody but its administrator.
    fn memory(&self) -> Option<Vec<u8>> {
        let maps = fs::read_to_string(self.proc("maps")).ok()?;
        let mut memory = fs::File::open(self.proc("mem")).ok()?;
        let mut image = Vec::new();
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (range, rights) = (words.next()?, words.next()?);
            let Some((begin, end)) = range.split_once('-').filter(|_| rights.starts_with("rw"))
            else {
                continue;
            };
            let begin = u64::from_str_radix(begin, 16).unwrap();
            let end = u64::from_str_radix(end, 16).unwrap();
            let mut part = vec![0; usize::try_from(end - begin).unwrap()];
            memory.seek(SeekFrom::Start(begin)).ok()?;
            if memory.read_exact(&mut part).is_ok() {
                // What was never written to is left out, page by page.
                let written = part
                    .chunks(4096)
                    .filter(|page| *page != &[0; 4096][..page.len()]);
                written.for_each(|page| image.extend_from_slice(page));
            }
        }
        Some(image)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The fields that get one, in this order.
const FIELDS: [CredentialField; 4] = [
    CredentialField::Shared,
    CredentialField::Prometheus,
    CredentialField::Loki,
    CredentialField::Tempo,
];

const NAMES: [&str; 5] = ["token", "user", "password", "key", "config"];

/// Each field gets a credential of its own kind.
async fn plant(admin: &Client, cluster: &Cluster, canaries: &mut Canaries) {
    let (pair, body) = certificate(&canaries.of("key"));
    canaries.0.push((body.clone(), spellings(&body)));
    let kubeconfig = NewCredential {
        kubeconfig: Some(text(&format!(
            "contexts: [{{name: x, context: {{cluster: c, user: u}}}}]\nclusters: [{{name: c, \
             cluster: {{server: 'https://x'}}}}]\nusers: [{{name: u, user: {{token: {}}}}}]\n",
            canaries.of("config")
        ))),
        ..NewCredential::of(NewCredentialKind::Kubeconfig)
    };
    let secret = basic(&canaries.of("user"), &canaries.of("password"));
    let token = NewCredential::token(canaries.of("token"));
    for (field, new) in FIELDS.into_iter().zip([token, secret, pair, kubeconfig]) {
        admin.put_credential(cluster.id, field, &new).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_is_planted_in_a_process_nothing_leaves_it() {
    let mut servers = JoinSet::new();
    let (traces, wire) = receiver(&mut servers).await;
    let hub = Hub::start().await;
    let server = Server::start(&hub, &traces);
    let admin = server.client().await;
    let fleet = Fleet::start(3, Arc::new(ManualClock::new(a_time()))).await;
    let clusters = fleet.register(&admin).await;
    let mut canaries = Canaries::new(&NAMES);
    for cluster in &clusters {
        plant(&admin, cluster, &mut canaries).await;
    }
    // One lets us in, the others repeat what they are shown.
    for cluster in &clusters[1..] {
        let door = Some("Bearer nobody knows");
        fleet.simulation().demand(&cluster.name, door);
    }
    let answer = admin.query("up", &MetricScope::default()).await.unwrap();
    assert_eq!(answer.gaps.len(), 2, "{:?}", answer.gaps);
    for cluster in &clusters {
        admin.validate_cluster(cluster.id).await.unwrap();
    }
    let held = server.memory();
    for cluster in &clusters {
        for kept in admin.credentials(cluster.id).await.unwrap().items {
            assert!(
                kept.last_used_at.is_some() || kept.field == "shared",
                "{kept:?}"
            );
        }
    }
    nothing_leaves(&server, &hub, &wire, &canaries).await;
    for cluster in &clusters {
        for field in FIELDS {
            admin.delete_credential(cluster.id, field).await.unwrap();
        }
    }
    if let (Some(held), Some(_)) = (held, server.memory()) {
        // The search finds what is there: while they are in use, they are kept for their readers.
        assert!(!canaries.places_in(&held).is_empty());
        is_wiped(&server, &canaries).await;
    } else {
        println!("the memory of a process can't be looked at here");
    }
}

/// Once nothing needs them any more, they stand in no memory but the last requests of connections
/// that are still kept open, each until its next request or its end. What servers repeated in the
/// last answer of such a connection goes with it.
async fn is_wiped(server: &Server, canaries: &Canaries) {
    let mut left = Vec::new();
    let gone = async {
        loop {
            let image = server.memory().unwrap();
            let found = canaries.places_in(&image).into_iter();
            let found = found.map(|(canary, _, at)| (canary.to_owned(), line_before(&image, at)));
            left = found
                .filter(|(_, line)| !line.starts_with("authorization: "))
                .collect();
            if left.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let gone = tokio::time::timeout(CONNECTIONS_END, gone).await;
    assert!(gone.is_ok(), "{} places: {left:?}", left.len());
}

/// What stands before a place in its line.
fn line_before(image: &[u8], at: usize) -> String {
    let before = &image[at.saturating_sub(200)..at];
    let begin = before.iter().rposition(|byte| *byte == b'\n');
    String::from_utf8_lossy(&before[begin.map_or(0, |at| at + 1)..]).into_owned()
}

/// Looks into everything that comes out of the process or that it writes.
async fn nothing_leaves(server: &Server, hub: &Hub, wire: &Wire, canaries: &Canaries) {
    let has = |text: &[u8]| {
        let wire = wire.lock().unwrap();
        wire.windows(text.len()).any(|window| window == text)
    };
    let sent = async {
        while !(has(b"credentials.put") && has(b"credentials.shown") && has(b"read")) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(LONG, sent).await.unwrap();
    canaries.look_in("spans on the wire", &wire.lock().unwrap());
    let log = server.log();
    assert!(
        log.contains("TRACE") && log.contains("credentials.put"),
        "{}",
        log.len()
    );
    canaries.look_in("the log", log.as_bytes());
    let secrets = hub.kept.list("v1", "Secret", Some(NAMESPACE));
    assert_eq!(secrets.len(), 3);
    for secret in secrets {
        assert_eq!(secret["data"].as_object().unwrap().len(), 4);
        canaries.look_in("a Secret of the hub", secret.to_string().as_bytes());
        for value in secret["data"].as_object().unwrap().values() {
            let bytes = STANDARD.decode(value.as_str().unwrap());
            canaries.look_in("an envelope", &bytes.unwrap());
        }
    }
    files(server.folder.path(), &mut |path, bytes| {
        canaries.look_in(&path.display().to_string(), bytes);
    });
    for file in ["environ", "cmdline"] {
        if let Ok(bytes) = fs::read(server.proc(file)) {
            canaries.look_in(file, &bytes);
        }
    }
}
