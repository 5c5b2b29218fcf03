//! Each fault as a careful observer sees it: in metrics, in logs, in traces and in objects, and in
//! all of them the same.

mod signs;

use fleetscope_sim::{Fault, Truth};

use crate::fleet::{Fleet, hours};
use signs::Signs;

/// Two hours of history, the fault, and so many minutes.
fn after(seed: u64, fault: Fault, minutes: i64) -> (Fleet, Truth) {
    let fleet = Fleet::new(seed, hours(2));
    let truth = fleet.simulation.inject(fault).expect("a target");
    fleet.pass_minutes(minutes);
    (fleet, truth)
}

#[test]
fn a_fault_is_known_by_its_name() {
    for fault in Fault::ALL {
        assert_eq!(fault.name().parse::<Fault>().expect("known"), fault);
        assert_eq!(serde_json::to_value(fault).expect("text"), fault.name());
        assert!(fault.summary().len() > 20);
    }
    assert!("gremlins".parse::<Fault>().is_err());
}

#[test]
fn the_seed_chooses_the_target() {
    for fault in Fault::ALL {
        let target = |seed| {
            let fleet = Fleet::new(seed, hours(1));
            let truth = fleet.simulation.inject(fault).expect("a target");
            assert_eq!(truth, fleet.simulation.truth().expect("told"));
            assert_eq!(truth.started_at.as_second(), fleet.now() + 30);
            (truth.cluster, truth.entity.name)
        };
        let targets: std::collections::BTreeSet<_> = (50..58).map(target).collect();
        assert!(targets.len() > 1, "{fault}: always {targets:?}");
        assert_eq!(target(50), target(50));
    }
}

#[tokio::test]
async fn a_memory_leak_begins_with_a_rollout_grows_and_kills() {
    for seed in [1, 2, 3] {
        let (fleet, truth) = after(seed, Fault::MemoryLeak, 5);
        let signs = Signs {
            fleet: &fleet,
            truth: &truth,
        };
        let early = signs.memory_ratio().await;
        assert!(early > 1.1, "{seed}: visible after five minutes: {early}");
        assert!(signs.rolled_out().await, "{seed}: {:?}", truth.change);
        fleet.pass_minutes(20);
        let restarts = signs.restarts().await;
        assert!(restarts >= 1.0, "{seed}: {restarts} after 25 minutes");
        assert!(
            signs
                .lines("{unit=\"kernel\"} |= \"Memory cgroup out of memory\"")
                .await
                >= 1
        );
        assert!(signs.terminated_by("OOMKilled").await, "{seed}");
        assert!(signs.events("OOMKilling").await >= 1, "{seed}");
        assert!(signs.was_firing("ContainerOomKilled").await, "{seed}");
    }
}

#[tokio::test]
async fn a_cpu_hog_is_on_its_node_and_in_no_container() {
    for seed in [1, 2, 3] {
        let (fleet, truth) = after(seed, Fault::NodeCpuHog, 6);
        let signs = Signs {
            fleet: &fleet,
            truth: &truth,
        };
        let node = truth.entity.name.as_str();
        let pressure = |node: &str| {
            format!("rate(node_pressure_cpu_waiting_seconds_total{{instance=\"{node}\"}}[2m])")
        };
        assert!(signs.now(&pressure(node)).await > 0.3, "{seed}");
        assert!(signs.before(&pressure(node)).await < 0.1, "{seed}");
        let load = format!("node_load1{{instance=\"{node}\"}}");
        assert!(
            signs.now(&load).await > signs.before(&load).await + 2.5,
            "{seed}"
        );
        let pods = format!("sum(rate(container_cpu_usage_seconds_total{{node=\"{node}\"}}[2m]))");
        let busy = format!(
            "sum(rate(node_cpu_seconds_total{{instance=\"{node}\",mode=~\"user|system\"}}[2m]))"
        );
        let grown = signs.now(&busy).await - signs.before(&busy).await;
        let grown_pods = signs.now(&pods).await - signs.before(&pods).await;
        assert!(
            grown > 1.0 && grown_pods < 0.4,
            "{seed}: {grown} {grown_pods}"
        );
        assert!(
            signs
                .lines(&format!("{{node=\"{node}\",unit=\"systemd\"}}"))
                .await
                >= 1
        );
        assert!(
            signs.slower_services().await >= 1,
            "{seed}: nobody is slower"
        );
        assert!(truth.change.is_none());
    }
}

#[tokio::test]
async fn a_slow_database_slows_all_who_call_it_without_a_rollout() {
    for seed in [1, 2, 3] {
        let (fleet, truth) = after(seed, Fault::SlowDatabase, 7);
        let signs = Signs {
            fleet: &fleet,
            truth: &truth,
        };
        let database = truth.entity.name.as_str();
        let edges = format!(
            "histogram_quantile(0.95, sum by (client, le) (rate(traces_service_graph_request_client_seconds_bucket{{server=\"{database}\"}}[2m]))) > 0.15"
        );
        let slow = signs.all(&edges).await;
        assert!(slow.len() >= 3, "{seed}: {slow:?}");
        let active =
            format!("sum(pg_stat_activity_count{{service=\"{database}\",state=\"active\"}})");
        assert!(
            signs.now(&active).await > 4.0 * signs.before(&active).await.max(1.0),
            "{seed}"
        );
        assert!(signs.slower_services().await >= 3, "{seed}");
        let slow = format!("{{app=\"{database}\"}} |= \"duration:\"");
        assert!(signs.lines(&slow).await > 20, "{seed}");
        let statements = "{ span.db.system = \"postgresql\" && duration > 150ms }";
        assert!(signs.traces(statements).await > 10, "{seed}");
        assert!(truth.change.is_none());
        assert!(!signs.rolled_out().await, "{seed}");
    }
}

#[tokio::test]
async fn a_bad_release_fails_requests_of_its_revision() {
    for seed in [1, 2, 3] {
        let (fleet, truth) = after(seed, Fault::BadRelease, 7);
        let signs = Signs {
            fleet: &fleet,
            truth: &truth,
        };
        let service = truth.entity.name.as_str();
        let ratio = signs.error_ratio(service).await;
        assert!((0.10..0.5).contains(&ratio), "{seed}: {ratio}");
        assert!(signs.rolled_out().await, "{seed}: {:?}", truth.change);
        let thrown = format!("{{app=\"{service}\"}} |= \"SerializationException\"");
        assert!(signs.lines(&thrown).await > 5, "{seed}");
        let failing = format!("{{ resource.service.name = \"{service}\" && status = error }}");
        assert!(signs.traces(&failing).await >= 3, "{seed}");
        let callers = format!(
            "sum(rate(traces_service_graph_request_failed_total{{server=\"{service}\"}}[2m])) / sum(rate(traces_service_graph_request_total{{server=\"{service}\"}}[2m]))"
        );
        assert!(signs.now(&callers).await > 0.1, "{seed}");
        assert!(signs.was_firing("ServiceHighErrorRate").await, "{seed}");
    }
}

#[tokio::test]
async fn a_throttled_gpu_is_hot_slow_and_drawing_less() {
    for seed in [1, 2, 3] {
        let (fleet, truth) = after(seed, Fault::GpuThrottle, 9);
        let signs = Signs {
            fleet: &fleet,
            truth: &truth,
        };
        let (node, gpu) = truth.entity.name.split_once("/gpu").expect("node/gpuN");
        let of = |metric: &str| format!("{metric}{{Hostname=\"{node}\",gpu=\"{gpu}\"}}");
        assert!(
            signs.now(&of("DCGM_FI_DEV_GPU_TEMP")).await > 84.0,
            "{seed}"
        );
        assert!(
            signs.now(&of("DCGM_FI_DEV_SM_CLOCK")).await < 1600.0,
            "{seed}"
        );
        assert!((signs.before(&of("DCGM_FI_DEV_SM_CLOCK")).await - 1980.0).abs() < 1.0);
        let power = of("DCGM_FI_DEV_POWER_USAGE");
        assert!(
            signs.now(&power).await < 0.9 * signs.before(&power).await,
            "{seed}"
        );
        assert!(signs.now(&of("DCGM_FI_DEV_CLOCK_THROTTLE_REASONS")).await >= 32.0);
        assert!(
            signs
                .lines(&format!("{{node=\"{node}\",unit=\"nvidia-dcgm\"}}"))
                .await
                >= 1
        );
        assert!(signs.was_firing("GpuTemperatureHigh").await, "{seed}");
        let holder = signs.all(&of("DCGM_FI_DEV_GPU_UTIL")).await;
        if holder[0].0["container"] == "trainer" {
            let others = format!(
                "avg(DCGM_FI_DEV_GPU_UTIL{{container=\"trainer\"}} unless DCGM_FI_DEV_GPU_UTIL{{Hostname=\"{node}\",gpu=\"{gpu}\"}})"
            );
            assert!(
                signs.now(&others).await < signs.before(&others).await - 10.0,
                "{seed}"
            );
        } else {
            let pod = holder[0].0["pod"].as_str().expect("a holder");
            let slow = format!(
                "rate(vllm:e2e_request_latency_seconds_sum{{pod=\"{pod}\"}}[2m]) / rate(vllm:e2e_request_latency_seconds_count{{pod=\"{pod}\"}}[2m])"
            );
            assert!(
                signs.now(&slow).await > 1.2 * signs.before(&slow).await,
                "{seed}"
            );
        }
    }
}

#[tokio::test]
async fn a_clock_without_source_drifts_and_takes_its_radio_with_it() {
    for seed in [1, 2, 3] {
        let (fleet, truth) = after(seed, Fault::PtpLockLoss, 2);
        let signs = Signs {
            fleet: &fleet,
            truth: &truth,
        };
        let node = truth.entity.name.split('/').next().expect("a node");
        let of = |metric: &str, more: &str| format!("{metric}{{node=\"{node}\"{more}}}");
        let state = of("openshift_ptp_clock_state", ",process!=\"phc2sys\"");
        let class = of("openshift_ptp_clock_class", "");
        assert!((signs.before(&state).await - 1.0).abs() < 0.1);
        assert!((signs.before(&class).await - 6.0).abs() < 0.1);
        assert!(
            (signs.now(&state).await - 2.0).abs() < 0.1,
            "{seed}: holdover"
        );
        assert!([7.0, 135.0].contains(&signs.now(&class).await), "{seed}");
        fleet.pass_minutes(6);
        assert!(signs.now(&state).await.abs() < 0.1, "{seed}: free run");
        assert!((signs.now(&class).await - 248.0).abs() < 0.1, "{seed}");
        let offset = of("openshift_ptp_offset_ns", ",from=\"master\"");
        assert!(signs.now(&offset).await.abs() > 1000.0, "{seed}");
        let drops = format!("sum(rate(sriov_vf_rx_dropped{{node=\"{node}\"}}[2m]))");
        assert!(signs.now(&drops).await > 1000.0, "{seed}");
        assert!(signs.before(&drops).await < 1.0, "{seed}");
        assert!(signs.error_ratio("cu-cp").await > 0.05, "{seed}");
        assert!(
            signs
                .lines("{app=\"cu-cp\"} |= \"no valid system time\"")
                .await
                >= 2
        );
        assert!(signs.lines("{app=~\"du-.*\"} |= \"late slot\"").await >= 2);
        assert!(signs.events("Unhealthy").await >= 1, "{seed}");
        assert!(signs.was_firing("NodeOutOfPtpSync").await, "{seed}");
    }
}

#[tokio::test]
async fn harmless_changes_go_on_around_a_fault() {
    for fault in [Fault::BadRelease, Fault::MemoryLeak, Fault::SlowDatabase] {
        let (fleet, truth) = after(4, fault, 30);
        let signs = Signs {
            fleet: &fleet,
            truth: &truth,
        };
        let others = "count(count by (replicaset) (count_over_time(kube_replicaset_owner[2h]))) - count(kube_deployment_spec_replicas)";
        let own = f64::from(u8::from(truth.change.is_some()));
        assert!(signs.now(others).await - own >= 2.0, "{fault}");
    }
}

#[tokio::test]
async fn a_chain_of_clocks_hands_the_class_down() {
    for seed in 1..40 {
        let fleet = Fleet::new(seed, hours(1));
        let truth = fleet
            .simulation
            .inject(Fault::PtpLockLoss)
            .expect("a target");
        if truth.entity.name != "edge-0/ens5f0" {
            continue;
        }
        fleet.pass_minutes(9);
        let of = |metric: &str| format!("{metric}{{node=\"edge-1\",process=\"ptp4l\"}}");
        let class = fleet.value("edge", &of("openshift_ptp_clock_class")).await;
        let state = fleet.value("edge", &of("openshift_ptp_clock_state")).await;
        assert!(
            (class - 248.0).abs() < 0.1,
            "what its grandmaster announces: {class}"
        );
        assert!(
            (state - 1.0).abs() < 0.1,
            "and yet it follows it well: {state}"
        );
        return;
    }
    panic!("no seed below 40 hits the grandmaster that another clock follows");
}
