//! Anomaly analyses as a reader sees them.

use std::collections::BTreeSet;

use fleetscope_model::{AnomalyAnalysis, Aspect, Entity};

use super::Eyes;
use super::findings::{Citations, retain_clusters};
use crate::Result;

/// The analysis as it is seen; none where nothing of it is. One that found nothing tells of its
/// clusters only.
pub(crate) async fn visible(
    eyes: &mut Eyes<'_>,
    mut analysis: AnomalyAnalysis,
) -> Result<Option<AnomalyAnalysis>> {
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
    analysis
        .anomalies
        .retain(|anomaly| seen.contains(&anomaly.entity));
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
