//! Tables: what people see who type `kubectl get`.

use fleetscope_sim::kubernetes::catalogue;
use serde_json::{Value, json};

use super::ask::{ask, watch};
use super::fixture::{Cluster, NOW, pod, shop};

const TABLE: (&str, &str) = ("accept", "application/json;as=Table;v=v1;g=meta.k8s.io");

/// The headings of the columns that are always shown, and the rows below them.
async fn table(cluster: &Cluster, path: &str) -> (Vec<String>, Vec<Vec<Value>>) {
    let table = ask(&cluster.router, "GET", path, &[TABLE]).await.json();
    assert_eq!(table["kind"], "Table", "{path}");
    let columns = table["columnDefinitions"].as_array().unwrap();
    let rows = table["rows"].as_array().unwrap();
    for row in rows {
        assert_eq!(
            row["cells"].as_array().unwrap().len(),
            columns.len(),
            "{path}"
        );
        assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
    }
    let shown: Vec<usize> = (0..columns.len())
        .filter(|&at| columns[at]["priority"] == 0)
        .collect();
    let headings = shown
        .iter()
        .map(|&at| columns[at]["name"].as_str().unwrap().to_uppercase());
    let cells = rows
        .iter()
        .map(|row| shown.iter().map(|&at| row["cells"][at].clone()).collect());
    (headings.collect(), cells.collect())
}

#[tokio::test]
async fn the_main_kinds_have_the_columns_that_people_know() {
    let cluster = shop();
    let cases = [
        ("/api/v1/pods", "NAME READY STATUS RESTARTS AGE"),
        ("/api/v1/nodes", "NAME STATUS ROLES AGE VERSION"),
        ("/api/v1/events", "LAST SEEN TYPE REASON OBJECT MESSAGE"),
        ("/api/v1/namespaces", "NAME STATUS AGE"),
        (
            "/api/v1/services",
            "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE",
        ),
        ("/api/v1/configmaps", "NAME DATA AGE"),
        (
            "/apis/apps/v1/deployments",
            "NAME READY UP-TO-DATE AVAILABLE AGE",
        ),
        (
            "/apis/apps/v1/replicasets",
            "NAME DESIRED CURRENT READY AGE",
        ),
        ("/apis/apps/v1/statefulsets", "NAME READY AGE"),
        (
            "/apis/apps/v1/daemonsets",
            "NAME DESIRED CURRENT READY UP-TO-DATE AVAILABLE NODE SELECTOR AGE",
        ),
        (
            "/apis/batch/v1/jobs",
            "NAME STATUS COMPLETIONS DURATION AGE",
        ),
        (
            "/apis/batch/v1/cronjobs",
            "NAME SCHEDULE TIMEZONE SUSPEND ACTIVE LAST SCHEDULE AGE",
        ),
    ];
    for (path, expected) in cases {
        let (headings, _) = table(&cluster, path).await;
        assert_eq!(headings.join(" "), expected, "{path}");
    }
}

#[tokio::test]
async fn rows_tell_what_is_going_on() {
    let cluster = shop();
    let (_, pods) = table(&cluster, "/api/v1/namespaces/shop/pods").await;
    assert_eq!(
        pods[0],
        [
            json!("cart-7c9-aaaaa"),
            json!("1/1"),
            json!("Running"),
            json!("0"),
            json!("0s")
        ]
    );
    assert_eq!(
        pods[1],
        [
            json!("cart-7c9-bbbbb"),
            json!("0/1"),
            json!("CrashLoopBackOff"),
            json!("4 (4m7s ago)"),
            json!("0s")
        ]
    );
    let (_, nodes) = table(&cluster, "/api/v1/nodes").await;
    assert_eq!(
        nodes[0],
        [
            json!("worker-1"),
            json!("Ready"),
            json!("worker"),
            json!("0s"),
            json!("v1.33.4")
        ]
    );
    let (_, deployments) = table(&cluster, "/apis/apps/v1/deployments").await;
    assert_eq!(
        deployments[0],
        [json!("cart"), json!("1/2"), json!(2), json!(1), json!("0s")]
    );
    for path in ["/api/v1/events", "/apis/events.k8s.io/v1/events"] {
        let (_, events) = table(&cluster, path).await;
        let expected = [
            "60s",
            "Warning",
            "BackOff",
            "pod/cart-7c9-bbbbb",
            "Back-off restarting failed container",
        ];
        assert_eq!(events[0], expected.map(|cell| json!(cell)), "{path}");
    }
}

/// The ready and status cells of a pod with this status.
async fn pod_status(change: impl FnOnce(&mut Value)) -> (String, String) {
    let cluster = Cluster::empty();
    let mut object = pod("shop", "a", "x", "n1");
    change(&mut object);
    cluster.apply(object);
    let (_, rows) = table(&cluster, "/api/v1/pods").await;
    let cell = |at: usize| rows[0][at].as_str().unwrap().to_owned();
    (cell(1), cell(2))
}

#[tokio::test]
async fn the_status_of_a_pod_says_what_keeps_it_from_running() {
    let container = |state: Value| json!([{ "name": "main", "ready": false, "restartCount": 0, "state": state }]);
    let expect = |ready: &str, status: &str| (ready.to_owned(), status.to_owned());
    let pending = pod_status(|pod| {
        pod["status"] = json!({ "phase": "Pending", "conditions": [{ "type": "PodScheduled", "status": "False" }] });
    });
    assert_eq!(pending.await, expect("0/1", "Pending"));
    let evicted =
        pod_status(|pod| pod["status"] = json!({ "phase": "Failed", "reason": "Evicted" }));
    assert_eq!(evicted.await, expect("0/1", "Evicted"));
    let killed = pod_status(|pod| {
        pod["status"]["containerStatuses"] =
            container(json!({ "terminated": { "reason": "OOMKilled", "exitCode": 137 } }));
    });
    assert_eq!(killed.await, expect("0/1", "OOMKilled"));
    let exited = pod_status(|pod| {
        pod["status"]["containerStatuses"] = container(json!({ "terminated": { "exitCode": 3 } }));
    });
    assert_eq!(exited.await, expect("0/1", "ExitCode:3"));
    let leaving = pod_status(|pod| pod["metadata"]["deletionTimestamp"] = NOW.into());
    assert_eq!(leaving.await, expect("1/1", "Terminating"));
    let lost = pod_status(|pod| {
        pod["metadata"]["deletionTimestamp"] = NOW.into();
        pod["status"]["reason"] = "NodeLost".into();
    });
    assert_eq!(lost.await, expect("1/1", "Unknown"));
}

#[tokio::test]
async fn the_status_of_a_pod_counts_its_init_containers() {
    let expect = |ready: &str, status: &str| (ready.to_owned(), status.to_owned());
    let init = |statuses: Value| {
        move |pod: &mut Value| {
            pod["spec"]["initContainers"] = json!([{ "name": "one" }, { "name": "two" }]);
            pod["status"]["phase"] = "Pending".into();
            pod["status"]["initContainerStatuses"] = statuses;
        }
    };
    let done = json!({ "name": "one", "state": { "terminated": { "exitCode": 0 } } });
    let running = init(json!([done, { "name": "two", "state": { "running": {} } }]));
    assert_eq!(pod_status(running).await, expect("0/1", "Init:1/2"));
    let crashing =
        init(json!([{ "name": "one", "state": { "waiting": { "reason": "CrashLoopBackOff" } } }]));
    assert_eq!(
        pod_status(crashing).await,
        expect("0/1", "Init:CrashLoopBackOff")
    );
    let failed = init(
        json!([{ "name": "one", "state": { "terminated": { "exitCode": 1, "reason": "Error" } } }]),
    );
    assert_eq!(pod_status(failed).await, expect("0/1", "Init:Error"));
    let sidecar = |pod: &mut Value| {
        pod["spec"]["initContainers"] = json!([{ "name": "mesh", "restartPolicy": "Always" }]);
        pod["status"]["initContainerStatuses"] =
            json!([{ "name": "mesh", "started": true, "ready": true, "state": { "running": {} } }]);
    };
    assert_eq!(pod_status(sidecar).await, expect("2/2", "Running"));
}

#[tokio::test]
async fn other_kinds_show_their_own() {
    let cluster = Cluster::empty();
    let meta = |name: &str| json!({ "namespace": "shop", "name": name });
    let template = json!({ "spec": { "nodeSelector": { "gpu": "true" }, "containers": [{ "name": "main", "image": "i" }] } });
    cluster.apply(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": meta("web"),
        "spec": { "type": "LoadBalancer", "clusterIP": "10.1.1.1", "ports": [{ "port": 80, "nodePort": 30080 }, { "port": 53, "protocol": "UDP" }] },
    }));
    cluster.apply(json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta("dcgm"), "spec": { "template": template },
        "status": { "desiredNumberScheduled": 4, "currentNumberScheduled": 4, "numberReady": 3, "updatedNumberScheduled": 4, "numberAvailable": 3 },
    }));
    cluster.apply(json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta("db"),
        "spec": { "replicas": 3, "template": template }, "status": { "readyReplicas": 2 },
    }));
    cluster.apply(json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": meta("train"), "spec": { "completions": 1, "template": template },
        "status": { "startTime": "2026-11-22T08:50:07Z", "conditions": [{ "type": "Failed", "status": "True" }] },
    }));
    cluster.apply(json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta("backup"),
        "spec": { "schedule": "0 * * * *", "suspend": false, "jobTemplate": { "spec": { "template": template } } },
        "status": { "active": [{}], "lastScheduleTime": "2026-11-22T08:00:00Z" },
    }));
    cluster.apply(json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta("data"),
        "spec": { "storageClassName": "fast", "volumeName": "pv1" },
        "status": { "phase": "Bound", "capacity": { "storage": "10Gi" }, "accessModes": ["ReadWriteOnce"] },
    }));
    let cases = [
        (
            "/api/v1/services",
            json!([
                "web",
                "LoadBalancer",
                "10.1.1.1",
                "<pending>",
                "80:30080/TCP,53/UDP",
                "0s"
            ]),
        ),
        (
            "/apis/apps/v1/daemonsets",
            json!(["dcgm", 4, 4, 3, 4, 3, "gpu=true", "0s"]),
        ),
        ("/apis/apps/v1/statefulsets", json!(["db", "2/3", "0s"])),
        (
            "/apis/batch/v1/jobs",
            json!(["train", "Failed", "0/1", "6m", "0s"]),
        ),
        (
            "/apis/batch/v1/cronjobs",
            json!(["backup", "0 * * * *", "<none>", "False", 1, "56m", "0s"]),
        ),
        (
            "/api/v1/persistentvolumeclaims",
            json!([
                "data", "Bound", "pv1", "10Gi", "RWO", "fast", "<unset>", "0s"
            ]),
        ),
    ];
    for (path, expected) in cases {
        let (_, rows) = table(&cluster, path).await;
        assert_eq!(Value::from(rows[0].clone()), expected, "{path}");
    }
}

#[tokio::test]
async fn custom_resources_show_the_columns_of_their_definition() {
    let cluster = Cluster::empty();
    for spec in [catalogue::openshift(), catalogue::ptp(), catalogue::sriov()].concat() {
        cluster.apply(spec.definition());
    }
    cluster.apply(json!({
        "apiVersion": "config.openshift.io/v1", "kind": "ClusterVersion", "metadata": { "name": "version" },
        "status": {
            "history": [{ "state": "Partial", "version": "4.21.0" }, { "state": "Completed", "version": "4.20.3" }],
            "conditions": [
                { "type": "Available", "status": "True" },
                { "type": "Progressing", "status": "True", "lastTransitionTime": "2026-11-22T08:46:07Z", "message": "Working towards 4.21.0" },
            ],
        },
    }));
    let (headings, rows) = table(&cluster, "/apis/config.openshift.io/v1/clusterversions").await;
    assert_eq!(
        headings.join(" "),
        "NAME VERSION AVAILABLE PROGRESSING SINCE STATUS"
    );
    let expected = [
        "version",
        "4.20.3",
        "True",
        "True",
        "10m",
        "Working towards 4.21.0",
    ];
    assert_eq!(rows[0], expected.map(|cell| json!(cell)));

    cluster.apply(json!({
        "apiVersion": "ptp.openshift.io/v1", "kind": "PtpConfig", "metadata": { "namespace": "p", "name": "slave" },
    }));
    let (headings, rows) = table(&cluster, "/apis/ptp.openshift.io/v1/ptpconfigs").await;
    assert_eq!(
        (headings.join(" "), rows[0].clone()),
        ("NAME AGE".to_owned(), vec![json!("slave"), json!("0s")])
    );

    cluster.apply(json!({
        "apiVersion": "sriovnetwork.openshift.io/v1", "kind": "SriovNetworkNodeState",
        "metadata": { "namespace": "s", "name": "n1", "annotations": { "sriovnetwork.openshift.io/desired-state": "Idle" } },
        "status": { "syncStatus": "Succeeded" },
    }));
    let (_, rows) = table(
        &cluster,
        "/apis/sriovnetwork.openshift.io/v1/sriovnetworknodestates",
    )
    .await;
    assert_eq!(
        rows[0],
        [
            json!("n1"),
            json!("Succeeded"),
            json!("Idle"),
            Value::Null,
            json!("0s")
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_watch_in_tables_tells_the_columns_once() {
    let cluster = shop();
    let path = "/api/v1/namespaces/shop/pods?watch=1&timeoutSeconds=1";
    let (frames, _) = watch(&cluster.router, path, &[TABLE]).await;
    assert_eq!(frames.len(), 2);
    assert!(frames[0].object["columnDefinitions"].is_array());
    assert!(frames[1].object["columnDefinitions"].is_null());
    assert_eq!(frames[1].object["rows"][0]["cells"][2], "CrashLoopBackOff");
}

#[tokio::test]
async fn rows_carry_as_much_of_the_object_as_is_asked_for() {
    let cluster = shop();
    for (include, expected) in [
        ("None", Value::Null),
        ("Metadata", json!("PartialObjectMetadata")),
        ("Object", json!("Node")),
    ] {
        let path = format!("/api/v1/nodes/worker-1?includeObject={include}");
        let table = ask(&cluster.router, "GET", &path, &[TABLE]).await.json();
        assert_eq!(table["rows"][0]["object"]["kind"], expected, "{include}");
    }
}
