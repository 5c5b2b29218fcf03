//! The world as its Prometheus and its API server tell of it.

use std::collections::BTreeSet;

use fleetscope_sim::Fault;
use http_body_util::BodyExt;
use serde_json::Value;

use crate::fleet::{Fleet, START, hours};

const CLUSTERS: [&str; 3] = ["shop", "train", "edge"];

/// A number that differs where any sample does.
fn fingerprint(fleet: &Fleet) -> Vec<u64> {
    let hash = |text: String| {
        text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    let texts = CLUSTERS.map(|cluster| fleet.simulation.openmetrics(cluster).expect("there"));
    texts.map(hash).to_vec()
}

#[test]
fn the_same_seed_gives_the_same_samples_and_another_seed_others() {
    let first = fingerprint(&Fleet::new(11, hours(2)));
    assert_eq!(first, fingerprint(&Fleet::new(11, hours(2))));
    for (one, other) in first.iter().zip(fingerprint(&Fleet::new(12, hours(2)))) {
        assert_ne!(*one, other);
    }
}

#[test]
fn the_stride_of_the_clock_makes_no_difference() {
    let run = |strides: &[i64]| {
        let fleet = Fleet::new(5, hours(1));
        let truth = fleet
            .simulation
            .inject(Fault::MemoryLeak)
            .expect("a target");
        for minutes in strides {
            fleet.pass_minutes(*minutes);
        }
        (truth, fingerprint(&fleet))
    };
    let ones = [1; 30];
    assert_eq!(run(&[30]), run(&ones));
    assert_eq!(run(&[30]), run(&[7, 20, 3]));
}

#[tokio::test]
async fn history_begins_where_it_should_and_has_no_holes() {
    let fleet = Fleet::new(2, hours(6));
    for cluster in CLUSTERS {
        let scrapes = "count_over_time(up{job=\"kube-state-metrics\"}[6h])";
        assert!((fleet.value(cluster, scrapes).await - 720.0).abs() < 1.0);
        let before = fleet.value_ago(cluster, "count(up)", 6 * 60 + 6).await;
        assert!(before.is_nan(), "nothing before the beginning: {before}");
    }
}

#[tokio::test]
async fn the_number_of_series_is_moderate() {
    let fleet = Fleet::new(3, hours(26));
    for (cluster, most) in [("shop", 1250.0), ("train", 1050.0), ("edge", 1150.0)] {
        let count = fleet.value(cluster, "count({__name__=~\".+\"})").await;
        assert!(count > 500.0 && count < most, "{cluster}: {count}");
    }
}

#[tokio::test]
async fn counters_fall_only_where_a_container_began_anew() {
    let fleet = Fleet::new(4, hours(12));
    fleet
        .simulation
        .inject(Fault::MemoryLeak)
        .expect("a target");
    fleet.pass_minutes(40);
    for cluster in CLUSTERS {
        for name in counters(&fleet, cluster).await {
            let fallen = format!("sum(resets({name}[12h]))");
            let fallen = fleet.value(cluster, &fallen).await;
            assert!(
                fallen < 0.5 || name.starts_with("container_cpu"),
                "{cluster} {name}"
            );
        }
        let resets = "sum by (pod) (resets(container_cpu_usage_seconds_total[12h])) > 0";
        for (pod, count) in fleet.query(cluster, resets).await {
            let name = pod["pod"].as_str().expect("a pod");
            let of = format!("kube_pod_container_status_restarts_total{{pod=\"{name}\"}}[12h]");
            let restarts = format!("sum(max_over_time({of}) - min_over_time({of}))");
            let restarts = fleet.value(cluster, &restarts).await;
            assert!((restarts - count).abs() < 0.5, "{name}: {restarts} {count}");
        }
    }
}

#[test]
fn every_sample_is_a_finite_number() {
    let fleet = Fleet::new(6, hours(3));
    for fault in Fault::ALL {
        fleet.simulation.inject(fault).expect("a target");
    }
    fleet.pass_minutes(45);
    for cluster in CLUSTERS {
        let text = fleet.simulation.openmetrics(cluster).expect("there");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (_, sample) = line.rsplit_once("} ").expect("labels, then the sample");
            let value: f64 = sample
                .split(' ')
                .next()
                .expect("a value")
                .parse()
                .expect("a number");
            assert!(value.is_finite(), "{line}");
            let signed = line.starts_with("openshift_ptp_") || line.starts_with("node_timex_");
            assert!(value >= 0.0 || signed, "{line}");
        }
    }
}

#[tokio::test]
async fn without_a_fault_the_error_budget_holds_all_day() {
    for seed in [1, 21, 33] {
        let fleet = Fleet::new(seed, hours(26));
        for cluster in CLUSTERS {
            let ratio = "sum(increase(traces_service_graph_request_failed_total{client=\"user\"}[25h])) / sum(increase(traces_service_graph_request_total{client=\"user\"}[25h]))";
            let ratio = fleet.value(cluster, ratio).await;
            assert!(ratio < 0.004, "{seed} {cluster}: {ratio}");
            let worst = "max_over_time((sum(rate(traces_service_graph_request_failed_total{client=\"user\"}[10m])) / sum(rate(traces_service_graph_request_total{client=\"user\"}[10m])))[24h:5m])";
            let worst = fleet.value(cluster, worst).await;
            assert!(
                worst < 0.06,
                "{seed} {cluster}: {worst} in the worst ten minutes"
            );
            let firing = fleet
                .query(
                    cluster,
                    "ALERTS{alertstate=\"firing\",severity=\"critical\"}",
                )
                .await;
            assert!(firing.is_empty(), "{firing:?}");
        }
    }
}

#[tokio::test]
async fn the_load_follows_the_day() {
    // 20:00 of a working day.
    let fleet = Fleet::at(START + 9 * 3600, 8, hours(26));
    for (cluster, hours_ago) in [("shop", 16), ("train", 5), ("edge", 16)] {
        let rate = "sum(rate(traces_service_graph_request_total{client=\"user\"}[10m]))";
        let evening = fleet.value(cluster, rate).await;
        let other = fleet.value_ago(cluster, rate, hours_ago * 60).await;
        let ratio = (evening / other).max(other / evening);
        assert!(ratio > 1.6, "{cluster}: {evening} and {other}");
    }
}

#[tokio::test]
async fn innocent_changes_happen_in_every_run() {
    for seed in 40..44 {
        let fleet = Fleet::new(seed, hours(26));
        for cluster in CLUSTERS {
            let rollouts = "count(count by (replicaset) (last_over_time(kube_replicaset_owner[26h]))) - count(kube_deployment_spec_replicas)";
            let rollouts = fleet.value(cluster, rollouts).await;
            assert!(rollouts >= 8.0, "{seed} {cluster}: {rollouts} rollouts");
            let cordons = "sum(changes(kube_node_spec_unschedulable[26h]))";
            assert!(
                fleet.value(cluster, cordons).await >= 2.0,
                "{seed} {cluster}"
            );
            let jobs = fleet
                .json(&format!("/{cluster}/kubernetes/apis/batch/v1/jobs"))
                .await;
            assert!(!jobs["items"].as_array().expect("a list").is_empty());
        }
        let scaled = fleet
            .value("shop", "sum(changes(kube_deployment_spec_replicas[26h]))")
            .await;
        assert!(
            scaled >= 2.0,
            "{seed}: the autoscaler followed the load {scaled} times"
        );
        let crashes = "sum(last_over_time(kube_pod_container_status_restarts_total[26h]))";
        assert!(fleet.value("shop", crashes).await >= 1.0, "{seed}");
    }
}

#[tokio::test]
async fn the_nightly_backup_is_seen_in_the_database_and_on_its_node() {
    // 02:15.
    let fleet = Fleet::at(START + 15 * 3600 + 900, 9, hours(4));
    let read = "sum(rate(pg_stat_database_blks_read[5m]))";
    let (now, before) = (
        fleet.value("shop", read).await,
        fleet.value_ago("shop", read, 30).await,
    );
    assert!(now > 5.0 * before, "{now} {before}");
    let disk = "max(rate(node_disk_io_time_seconds_total[5m]))";
    let (now, before) = (
        fleet.value("shop", disk).await,
        fleet.value_ago("shop", disk, 30).await,
    );
    assert!(now > before + 0.15, "{now} {before}");
}

#[tokio::test]
async fn objects_agree_with_metrics() {
    let fleet = Fleet::new(13, hours(26));
    fleet
        .simulation
        .inject(Fault::MemoryLeak)
        .expect("a target");
    fleet.pass_minutes(25);
    for cluster in CLUSTERS {
        let pods = fleet
            .json(&format!("/{cluster}/kubernetes/api/v1/pods"))
            .await;
        let of_pod = |pod: &Value| {
            let metadata = &pod["metadata"];
            let texts = [
                &metadata["name"],
                &metadata["uid"],
                &pod["spec"]["nodeName"],
            ];
            texts.map(|text| text.as_str().expect("text").to_owned())
        };
        let objects: BTreeSet<_> = pods["items"]
            .as_array()
            .expect("pods")
            .iter()
            .map(of_pod)
            .collect();
        let infos = fleet.query(cluster, "kube_pod_info").await;
        let series: BTreeSet<_> = infos
            .iter()
            .map(|(labels, _)| {
                ["pod", "uid", "node"].map(|n| labels[n].as_str().expect("text").to_owned())
            })
            .collect();
        assert_eq!(objects, series);
        for pod in pods["items"].as_array().expect("pods") {
            let name = pod["metadata"]["name"].as_str().expect("a name");
            let query = format!("kube_pod_container_status_restarts_total{{pod=\"{name}\"}}");
            let restarts = pod["status"]["containerStatuses"][0]["restartCount"].as_f64();
            let shown = fleet.value(cluster, &query).await;
            assert!((restarts.expect("a number") - shown).abs() < 0.5, "{name}");
        }
        for deployment in deployments(&fleet, cluster).await {
            let name = deployment["metadata"]["name"].as_str().expect("a name");
            assert_eq!(
                deployment["metadata"]["generation"], deployment["status"]["observedGeneration"],
                "{name}"
            );
            let query = format!("kube_deployment_spec_replicas{{deployment=\"{name}\"}}");
            let shown = fleet.value(cluster, &query).await;
            assert!((deployment["spec"]["replicas"].as_f64().expect("n") - shown).abs() < 0.5);
        }
    }
}

#[tokio::test]
async fn every_pod_belongs_to_a_replica_set_of_a_revision() {
    let fleet = Fleet::new(14, hours(26));
    let sets = fleet
        .json("/shop/kubernetes/apis/apps/v1/replicasets")
        .await;
    let sets = sets["items"].as_array().expect("sets");
    for deployment in deployments(&fleet, "shop").await {
        let uid = &deployment["metadata"]["uid"];
        let owned: Vec<&Value> = sets
            .iter()
            .filter(|set| set["metadata"]["ownerReferences"][0]["uid"] == *uid)
            .collect();
        let revision = &deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
        let current = owned.iter().find(|set| {
            set["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == *revision
        });
        let current = current.expect("the set of the present revision");
        assert!(owned.len() <= 11, "the history is bounded: {}", owned.len());
        let containers = |object: &Value| object["spec"]["template"]["spec"]["containers"].clone();
        assert_eq!(containers(current), containers(&deployment));
    }
    let pods = fleet
        .json("/shop/kubernetes/api/v1/pods?labelSelector=pod-template-hash")
        .await;
    for pod in pods["items"].as_array().expect("pods") {
        let owner = &pod["metadata"]["ownerReferences"][0];
        assert!(
            sets.iter()
                .any(|set| set["metadata"]["uid"] == owner["uid"]),
            "{owner}"
        );
    }
}

#[tokio::test]
async fn every_rollout_of_the_shop_came_with_a_commit_that_argo_cd_keeps() {
    let fleet = Fleet::new(14, hours(26));
    let path = "/shop/kubernetes/apis/argoproj.io/v1alpha1/applications";
    let applications = fleet.json(path).await;
    let applications = applications["items"].as_array().expect("applications");
    let sets = "/shop/kubernetes/apis/apps/v1/replicasets";
    let sets = fleet.json(sets).await;
    let mut seen = 0;
    for application in applications {
        let history = application["status"]["history"]
            .as_array()
            .expect("history");
        let oldest = history[0]["deployedAt"].as_str().expect("a time");
        let name = &application["metadata"]["name"];
        let own = sets["items"].as_array().expect("sets").iter();
        let own = own.filter(|set| set["metadata"]["ownerReferences"][0]["name"] == *name);
        let mut own: Vec<&Value> = own.collect();
        own.sort_by_key(|set| set["metadata"]["creationTimestamp"].to_string());
        // The first is as old as the world, or older than what is kept.
        for set in own.into_iter().skip(1) {
            let id = &set["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"];
            assert!(
                id.as_str()
                    .expect("an id")
                    .starts_with(name.as_str().expect("a name"))
            );
            let made = set["metadata"]["creationTimestamp"]
                .as_str()
                .expect("a time");
            if made < oldest {
                continue;
            }
            let brought = history.iter().find(|sync| sync["deployedAt"] == made);
            let revision = brought.expect("a sync")["revision"].as_str();
            assert_eq!(revision.map(str::len), Some(40));
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
    // Elsewhere there is no Argo CD, and what was deployed says what it was built of.
    let path = "/train/kubernetes/apis/argoproj.io/v1alpha1/applications";
    assert_eq!(fleet.get(path).await.0, 404);
    let built = |deployment: &Value| {
        let said = &deployment["metadata"]["annotations"]["org.opencontainers.image.revision"];
        said.as_str().map(str::len) == Some(40)
    };
    assert!(deployments(&fleet, "train").await.iter().any(built));
}

#[tokio::test]
async fn events_live_an_hour() {
    let fleet = Fleet::new(15, hours(26));
    let events = fleet
        .json("/shop/kubernetes/api/v1/events?limit=1000")
        .await;
    let events = events["items"].as_array().expect("events");
    assert!(!events.is_empty());
    for event in events {
        let at: jiff::Timestamp = event["lastTimestamp"]
            .as_str()
            .expect("a time")
            .parse()
            .expect("a time");
        assert!(at.as_second() >= START - 3600 - 300, "{event}");
        assert!(at.as_second() <= START);
    }
}

#[tokio::test]
async fn the_control_api_lists_injects_and_tells() {
    let fleet = Fleet::new(16, hours(1));
    let clusters = fleet.json("/sim/v1/clusters").await;
    assert_eq!(clusters[0]["name"], "shop");
    assert_eq!(
        clusters[2]["endpoints"]["loki"],
        "http://localhost/edge/loki"
    );
    let faults = fleet.json("/sim/v1/faults").await;
    assert_eq!(faults.as_array().map(Vec::len), Some(6));
    let (status, _) = fleet.get("/sim/v1/truth").await;
    assert_eq!(status, 404);
    let (status, truth) = fleet
        .post("/sim/v1/faults", r#"{"fault":"gpu-throttle"}"#)
        .await;
    assert_eq!(status, 201, "{truth}");
    assert_eq!(fleet.json("/sim/v1/truth").await["fault"], "gpu-throttle");
    let (status, body) = fleet
        .post("/sim/v1/faults", r#"{"fault":"gremlins"}"#)
        .await;
    assert_eq!(status, 400);
    assert!(body.contains("memory-leak, node-cpu-hog"), "{body}");
}

#[tokio::test]
async fn many_seeds_live_through_every_fault() {
    for seed in 100..106 {
        let fleet = Fleet::new(seed, hours(2));
        for fault in Fault::ALL {
            let truth = fleet.simulation.inject(fault).expect("a target");
            assert_eq!(truth.fault, fault);
            fleet.pass_minutes(9);
        }
        fleet.pass_minutes(60);
        for cluster in CLUSTERS {
            let up = fleet.value(cluster, "count(up == 1)").await;
            assert!(up >= 10.0, "{seed} {cluster}: {up}");
        }
    }
}

async fn deployments(fleet: &Fleet, cluster: &str) -> Vec<Value> {
    let list = fleet
        .json(&format!("/{cluster}/kubernetes/apis/apps/v1/deployments"))
        .await;
    list["items"].as_array().expect("deployments").clone()
}

/// The names that end as counters and histograms do.
async fn counters(fleet: &Fleet, cluster: &str) -> Vec<String> {
    let path = format!("/{cluster}/prometheus/api/v1/label/__name__/values");
    let names = fleet.json(&path).await;
    let names = names["data"].as_array().expect("names");
    let ends = [
        "_total",
        "_count",
        "_bucket",
        "_sum",
        "_bytes_read",
        "_packets",
        "_dropped",
    ];
    names
        .iter()
        .map(|name| name.as_str().expect("a name").to_owned())
        .filter(|name| ends.iter().any(|end| name.ends_with(end)) && !name.starts_with("pg_"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_watch_hears_of_what_happens_while_nobody_asks() {
    let fleet = Fleet::new(4, hours(1));
    let events = "/shop/kubernetes/api/v1/events";
    let (_, list) = fleet.get(events).await;
    let list: Value = serde_json::from_str(&list).expect("a list");
    let seen = list["metadata"]["resourceVersion"].as_str().expect("one");
    let path = format!("{events}?watch=true&resourceVersion={seen}&timeoutSeconds=600");
    let mut frames = fleet.stream(&path).await;
    fleet.let_pass(60);
    let heard = async { frames.frame().await.expect("a frame").expect("no error") };
    let frame = tokio::select! {
        frame = heard => frame.into_data().expect("data"),
        never = fleet.simulation.keep_up() => match never {},
    };
    let frame: Value = serde_json::from_slice(&frame).expect("a frame of JSON");
    assert_eq!(frame["type"], "ADDED", "{frame}");
}
