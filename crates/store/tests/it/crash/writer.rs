//! The process that is killed: writes everything that can be written, in a random order that
//! follows from a seed. Each write tells of itself as `history.rs` reads it.

use std::io::Write as _;

use bytes::Bytes;
use fleetscope_model::{Cluster, EventKind, Investigation, NewEvent, Origin, Report, Status};
use fleetscope_ports::{Result, Store};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{ACKNOWLEDGED, FOLDER, SEED};
use crate::history::word;
use crate::samples::{Samples, changed};

/// Not a test by itself.
#[tokio::test]
#[ignore = "run by a_writer_that_is_killed_at_any_moment_leaves_consistent_data, as a child"]
async fn writes_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let seed: u64 = std::env::var_os(SEED)
        .unwrap()
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    let store = crate::open(folder.as_ref()).await;
    let mut writer = Writer {
        random: StdRng::seed_from_u64(seed),
        samples: Samples::new(seed),
        clusters: store.clusters.list(&crate::first(500)).await.unwrap().items,
        investigations: store.investigations.open(500).await.unwrap(),
        reports: store.reports.list(&crate::first(500)).await.unwrap().items,
        store,
    };
    loop {
        writer.write().await.unwrap();
        let head = *writer.store.events.head().borrow();
        let mut out = std::io::stdout().lock();
        writeln!(out, "{ACKNOWLEDGED}{head}").unwrap();
        out.flush().unwrap();
    }
}

struct Writer {
    random: StdRng,
    samples: Samples,
    store: Store,
    clusters: Vec<Cluster>,
    investigations: Vec<Investigation>,
    reports: Vec<Report>,
}

impl Writer {
    async fn write(&mut self) -> Result<()> {
        match self.random.random_range(0..9) {
            0 | 1 => self.create_cluster().await,
            2 => self.update_cluster().await,
            3 => self.delete_cluster().await,
            4 => self.make_and_revoke_token().await,
            5 => self.analyse().await,
            6 => self.investigate().await,
            7 => self.write_report().await,
            _ => self.delete_report().await,
        }
    }

    fn told(&self, kind: EventKind, id: &dyn ToString, word: &dyn ToString) -> NewEvent {
        let mut event = self.samples.event(kind, id);
        event.summary = word.to_string();
        event
    }

    /// Takes one out by chance.
    fn any<T>(random: &mut StdRng, things: &mut Vec<T>) -> Option<T> {
        (!things.is_empty()).then(|| things.swap_remove(random.random_range(0..things.len())))
    }

    async fn create_cluster(&mut self) -> Result<()> {
        let name = format!("c-{}", self.samples.now());
        let cluster = self.samples.cluster(&name);
        let event = self.told(EventKind::ClusterCreated, &cluster.id, &cluster.generation);
        self.store.clusters.insert(&cluster, &event).await?;
        self.clusters.push(cluster);
        Ok(())
    }

    async fn update_cluster(&mut self) -> Result<()> {
        let Some(cluster) = Self::any(&mut self.random, &mut self.clusters) else {
            return Ok(());
        };
        let next = changed(&cluster);
        let event = self.told(EventKind::ClusterUpdated, &next.id, &next.generation);
        self.store.clusters.update(&next, &event).await?;
        self.clusters.push(next);
        Ok(())
    }

    async fn delete_cluster(&mut self) -> Result<()> {
        let Some(cluster) = Self::any(&mut self.random, &mut self.clusters) else {
            return Ok(());
        };
        let event = self.told(EventKind::ClusterDeleted, &cluster.id, &"");
        let generation = Some(cluster.generation);
        self.store
            .clusters
            .delete(cluster.id, generation, &event)
            .await
    }

    async fn make_and_revoke_token(&mut self) -> Result<()> {
        let (token, digest) = self.samples.token(&format!("t-{}", self.samples.now()));
        let event = self.told(EventKind::TokenCreated, &token.id, &token.name);
        self.store.tokens.insert(&token, &digest, &event).await?;
        if self.random.random_bool(0.5) {
            let event = self.told(EventKind::TokenRevoked, &token.id, &"");
            self.store.tokens.delete(token.id, &event).await?;
        }
        Ok(())
    }

    async fn analyse(&mut self) -> Result<()> {
        let mut analysis = self.samples.analysis(Origin::Request, Status::Pending);
        for status in [Status::Pending, Status::Complete] {
            analysis.status = status;
            let event = self.told(EventKind::AnomalyDetected, &analysis.id, &word(status));
            self.store.analyses.put(&analysis, &[event]).await?;
        }
        Ok(())
    }

    async fn investigate(&mut self) -> Result<()> {
        let old = Self::any(&mut self.random, &mut self.investigations);
        let kind = match old {
            Some(_) => EventKind::InvestigationUpdated,
            None => EventKind::InvestigationOpened,
        };
        let mut investigation = old.map_or_else(
            || self.samples.investigation(Status::Pending),
            |old| Investigation {
                revision: old.revision + 1,
                ..old
            },
        );
        // Of all sizes, so that a write is of one page or of many.
        let size = self.random.random_range(0..60_000);
        investigation.evidence = vec![self.samples.evidence("x".repeat(size))];
        let event = self.told(kind, &investigation.id, &investigation.revision);
        self.store
            .investigations
            .put(&investigation, &[event])
            .await?;
        if self.random.random_bool(0.7) {
            self.investigations.push(investigation);
        }
        Ok(())
    }

    async fn write_report(&mut self) -> Result<()> {
        let bytes = self.random.random_range(0..200_000);
        let report = self.samples.report(bytes);
        let text = Bytes::from(vec![b'x'; usize::try_from(bytes).unwrap()]);
        self.store.objects.put(&report.object, text).await?;
        let event = self.told(EventKind::ReportCreated, &report.id, &bytes);
        self.store.reports.insert(&report, &event).await?;
        self.reports.push(report);
        Ok(())
    }

    async fn delete_report(&mut self) -> Result<()> {
        let Some(report) = Self::any(&mut self.random, &mut self.reports) else {
            return Ok(());
        };
        let event = self.told(EventKind::ReportDeleted, &report.id, &"");
        self.store.reports.delete(report.id, &event).await?;
        self.store.objects.delete(&report.object).await
    }
}
