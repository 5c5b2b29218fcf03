//! The Kubernetes API: its version, whether it knows us, and what we may do there.

use std::collections::BTreeSet;

use fleetscope_kubernetes::Kubernetes;
use fleetscope_model::{Ability, CheckCode, GapKind, OwnRights, Right};
use fleetscope_outbound::Failure;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;

use super::excess;
use super::probe::Probe;
use super::verdict::Verdict;

/// Reviews at the same time: half of what one cluster is read with by default.
const AT_ONCE: usize = 3;

/// In which namespace rules are asked for: one without roles of its own, so that what is answered
/// holds in the whole cluster.
const NAMESPACE: &str = "default";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

pub(super) async fn probe(probe: &mut Probe) -> Result<(), Verdict> {
    let version: Version = probe.json("/version", &[]).await?;
    probe.version = Some(version.git_version);
    let kubernetes = Kubernetes::new(probe.upstream.clone());
    // Where it can't be told what there is, all is asked about.
    let groups = kubernetes.groups().await.ok();
    let missing = match missing(&kubernetes, groups.as_ref()).await {
        Ok(missing) => missing,
        // A server that looks at no credential knows nobody to have rights or not.
        Err(failure) if failure.kind == GapKind::Refused => return Ok(()),
        Err(failure) => return Err(refused(probe, &failure)),
    };
    // What is too much is a hint: a server that keeps its rules to itself is as good as any.
    let rules = kubernetes.own_rules(NAMESPACE).await.unwrap_or_default();
    let rights = OwnRights {
        missing,
        excess: excess::of(&rules),
    };
    let verdict = lacking(probe, &rights.missing);
    probe.rights = Some(rights);
    verdict.map_or(Ok(()), Err)
}

/// Which of the needed rights the credential does not have, of those on what is there.
async fn missing(
    kubernetes: &Kubernetes,
    groups: Option<&BTreeSet<String>>,
) -> Result<Vec<Right>, Failure> {
    let there = Right::needed()
        .filter(|right| groups.is_none_or(|groups| right.is_of(|group| groups.contains(group))));
    let asked = there.map(|right| async move {
        let has = kubernetes.has_right(&right).await?;
        Ok::<_, Failure>((!has).then_some(right))
    });
    let asked: Vec<_> = asked.map(Box::pin).collect();
    let missing: Vec<Option<Right>> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    Ok(missing.into_iter().flatten().collect())
}

/// Who may not even ask about itself is nobody: it shows no credential, or one that is not known.
fn refused(probe: &mut Probe, failure: &Failure) -> Verdict {
    let code = match failure.kind {
        GapKind::Unauthenticated if failure.cause.is_none() => CheckCode::Unauthenticated,
        GapKind::Forbidden => CheckCode::Forbidden,
        _ => return probe.failed(failure),
    };
    Verdict::new(code, failure.detail.clone())
}

/// Rights that are always needed; the others only narrow what can be done, and what can't be
/// watched is listed.
fn lacking(probe: &Probe, missing: &[Right]) -> Option<Verdict> {
    let base: Vec<String> = missing
        .iter()
        .filter(|right| {
            right.ability == Ability::Base && is_everywhere(right) && right.verb != "watch"
        })
        .map(ToString::to_string)
        .collect();
    let first = base.first()?;
    let others = match base.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let place = probe.upstream.place();
    let detail = format!(
        "{place} does not let the credential {first}{others}: apply what `fleetscope rbac \
         generate` prints"
    );
    Some(Verdict::new(CheckCode::MissingRights, detail))
}

/// Whether every cluster has the resource: rights on what OpenShift brings are missed only there.
fn is_everywhere(right: &Right) -> bool {
    matches!(right.group.as_str(), "" | "apps")
}
