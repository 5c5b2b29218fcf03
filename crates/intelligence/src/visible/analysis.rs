//! Anomaly analyses as a reader sees them.

use std::collections::BTreeSet;

use fleetscope_engine::groups::{Member, among, groups};
use fleetscope_model::{Anomaly, AnomalyAnalysis, AnomalyEvent, Aspect, Entity, Topology};

use super::Eyes;
use super::findings::{Citations, retain_clusters};
use crate::Result;

/// The analysis as it is seen; none where nothing of it is. One that found nothing tells of its
/// clusters only. An event is shown by what is seen of its members, as if there were no others.
pub(crate) async fn visible(
    eyes: &mut Eyes<'_>,
    mut analysis: AnomalyAnalysis,
) -> Result<Option<AnomalyAnalysis>> {
    if analysis.events.is_empty() {
        analysis.events = without_topology(&analysis.anomalies);
    }
    let aspects = BTreeSet::from([Aspect::Metrics]);
    if eyes.see_all() || eyes.see_whole(&analysis.clusters, &aspects).await? {
        return Ok(Some(analysis));
    }
    let found = !analysis.anomalies.is_empty();
    let anomalies = analysis.anomalies.iter();
    let named: BTreeSet<Entity> = anomalies.map(|anomaly| anomaly.entity.clone()).collect();
    let seen = eyes.among(&named, Aspect::Metrics).await?;
    let mut citations = Citations::default();
    for anomaly in &analysis.anomalies {
        let shown = seen.contains(&anomaly.entity);
        citations.cite(shown, [&anomaly.evidence]);
    }
    let shown = |anomaly: &Anomaly| seen.contains(&anomaly.entity);
    let anomalies = &analysis.anomalies;
    analysis.events = among(&analysis.events, anomalies, |place| {
        shown(&anomalies[place])
    });
    analysis.anomalies.retain(shown);
    citations.retain(&mut analysis.evidence);
    retain_clusters(eyes, &mut analysis.clusters, &mut analysis.gaps).await?;
    let nothing = if found {
        analysis.anomalies.is_empty()
    } else {
        analysis.clusters.is_empty()
    };
    if nothing {
        return Ok(None);
    }
    // Texts of whoever asked: they may name anything.
    let own = analysis.asker.as_ref() == Some(eyes.reader.caller);
    if !own {
        analysis.query = analysis.query.map(|_| String::new());
        analysis.failure = analysis.failure.map(|_| super::findings::UNTOLD.to_owned());
    }
    Ok(Some(analysis))
}

/// The events of an analysis that was kept before there were events.
fn without_topology(anomalies: &[Anomaly]) -> Vec<AnomalyEvent> {
    let member = |anomaly| Member {
        anomaly,
        samples: &[],
    };
    let members: Vec<Member<'_>> = anomalies.iter().map(member).collect();
    groups(&members, &Topology::default())
}
