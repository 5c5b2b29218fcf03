//! What was brought, in a line. The newest revision stands in the change itself.

use fleetscope_kubernetes::gitops::is_commit;
use fleetscope_kubernetes::{Delivery, Source, SyncState, Tool};

use super::Step;

/// As many digits of a commit as people write.
const DIGITS: usize = 10;

/// What says itself what it was built of.
pub(super) fn built() -> String {
    "brought with an image that says that it was built of it".to_owned()
}

/// `brought by Argo CD application argocd/cart from git.example.com/deploy, apps/cart (before: 9e1b2d0)`
pub(super) fn brought(delivery: &Delivery, step: Step<'_>, built: Option<&str>) -> String {
    let how = match step.sync.state {
        SyncState::Done => "brought",
        SyncState::Running => "being brought",
        SyncState::Failed => "brought in part or not at all, for the sync failed,",
    };
    let tool = match delivery.tool {
        Tool::ArgoCd => "Argo CD application",
        Tool::Kustomization => "Flux Kustomization",
        Tool::HelmRelease => "Flux HelmRelease",
    };
    let (namespace, name) = delivery.meta.place();
    let sources: Vec<String> = step
        .news()
        .into_iter()
        .enumerate()
        .map(|(place, source)| from(step, source, place > 0))
        .filter(|text| !text.is_empty())
        .collect();
    let mut text = format!("{how} by {tool} {namespace}/{name}{}", sources.join(" and"));
    if let Some(commit) = built {
        text.push_str(", with an image built of ");
        text.push_str(short(commit));
    }
    text
}

fn from(step: Step<'_>, source: &Source, named: bool) -> String {
    let mut place: Vec<String> = Vec::new();
    place.extend(source.repository.clone());
    place.extend(source.path.clone());
    place.extend(source.chart.as_ref().map(|chart| format!("chart {chart}")));
    let mut text = String::new();
    if !place.is_empty() {
        text = format!(" from {}", place.join(", "));
    }
    // The first revision is that of the change.
    if named {
        text = format!("{text} at {}", short(&source.revision));
    }
    match step.was(source) {
        Some(was) if was == source.revision && source.values.is_some() => {
            text.push_str(" (the same with other values)");
        }
        Some(was) if was == source.revision => text.push_str(" (the same as before)"),
        Some(was) => text = format!("{text} (before: {})", short(was)),
        None => {}
    }
    text
}

fn short(revision: &str) -> &str {
    if is_commit(revision) {
        revision.get(..DIGITS).unwrap_or(revision)
    } else {
        revision
    }
}
