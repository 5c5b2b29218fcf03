use super::*;
use fleetscope_model::HealthStatus;
use fleetscope_ports::ManualClock;
use jiff::Timestamp;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

struct Fixture {
    board: HealthBoard,
    clock: Arc<ManualClock>,
    asked: Arc<AtomicU32>,
    broken: Arc<AtomicBool>,
}

/// A registry with a database that can be broken, one that hangs, and no cache.
fn fixture() -> Fixture {
    let start: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(start));
    let (asked, broken) = (
        Arc::new(AtomicU32::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let (counting, breaking) = (asked.clone(), broken.clone());
    let database = Probe::required(Role::Registry, "database", move || {
        counting.fetch_add(1, Ordering::SeqCst);
        let broken = breaking.load(Ordering::SeqCst);
        async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if broken {
                Err("gone".to_owned())
            } else {
                Ok(())
            }
        }
    });
    let hub = Probe::required(Role::Registry, "hub", std::future::pending).optional();
    let cache = Probe::not_configured(Role::Registry, "cache");
    Fixture {
        board: HealthBoard::new(
            &[Role::Registry, Role::Collector],
            vec![database, hub, cache],
            clock.clone(),
        ),
        clock,
        asked,
        broken,
    }
}

#[tokio::test]
async fn what_hangs_is_named_within_its_time_and_the_rest_is_not_held_up() {
    let fixture = fixture();
    let begun = Instant::now();
    let roles = fixture.board.roles().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(roles[0].status, HealthStatus::Degraded);
    let statuses: Vec<_> = roles[0]
        .dependencies
        .iter()
        .map(|needed| (needed.name.as_str(), needed.status))
        .collect();
    assert_eq!(
        statuses,
        [
            ("database", HealthStatus::Up),
            ("hub", HealthStatus::Down),
            ("cache", HealthStatus::NotConfigured),
        ]
    );
    let latency = roles[0].dependencies[0].latency_ms.unwrap();
    assert!((20.0..500.0).contains(&latency), "{latency}");
    let error = roles[0].dependencies[1].last_error.as_ref().unwrap();
    assert_eq!(error.message, "no answer within 300 ms");
    assert_eq!(
        (roles[1].role, roles[1].status),
        (Role::Collector, HealthStatus::Up)
    );
}

#[tokio::test]
async fn a_storm_of_questions_is_one_look() {
    let fixture = fixture();
    let all = join_all((0..1000).map(|_| fixture.board.roles())).await;
    assert!(all.iter().all(|roles| *roles == all[0]));
    fixture.board.roles().await;
    assert_eq!(fixture.asked.load(Ordering::SeqCst), 1);
    fixture.clock.advance(Duration::from_secs(1));
    fixture.board.roles().await;
    assert_eq!(fixture.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn one_who_stops_waiting_stops_nobody_else() {
    let fixture = fixture();
    let impatient = tokio::time::timeout(Duration::from_millis(1), fixture.board.roles());
    let (impatient, patient) = futures::join!(impatient, fixture.board.roles());
    assert!(impatient.is_err());
    assert_eq!(patient.len(), 2);
    assert_eq!(fixture.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_change_has_its_time_and_an_error_is_remembered() {
    let fixture = fixture();
    let database = async || {
        fixture.clock.advance(Duration::from_secs(10));
        let mut roles = fixture.board.roles().await;
        (
            roles[0].status,
            roles.swap_remove(0).dependencies.swap_remove(0),
        )
    };
    let (_, first) = database().await;
    let (_, second) = database().await;
    assert_eq!(first.since, second.since);
    fixture.broken.store(true, Ordering::SeqCst);
    let (status, third) = database().await;
    assert_eq!(
        (status, third.status),
        (HealthStatus::Down, HealthStatus::Down)
    );
    assert!(third.since > second.since);
    fixture.broken.store(false, Ordering::SeqCst);
    let (_, fourth) = database().await;
    assert_eq!(fourth.status, HealthStatus::Up);
    assert!(fourth.since > third.since);
    assert_eq!(fourth.last_error.unwrap().message, "gone");
}
