//! Rules and the alerts that they have raised. Of whoever sees some namespaces only, a rule is shown
//! that names one of them in its labels, and of another rule nothing but alerts that do.

use fleetscope_model::{
    Alerting, Aspect, Caller, Collection, Labels, Rule, RuleAlert, RuleGroup, Selection, Source,
};
use fleetscope_outbound::Failure;
use fleetscope_ports::Result;

use crate::Collector;
use crate::federation::Asking;
use crate::prometheus::catalog;
use crate::prometheus::merge::name_cluster;
use crate::prometheus::{METRICS, answer};
use crate::site::Site;

pub(super) async fn groups(
    collector: &Collector,
    caller: &Caller,
    clusters: &Selection,
) -> Result<Collection<RuleGroup>> {
    let asking = Asking::of(caller, clusters, Source::Prometheus, METRICS);
    collector
        .fan_out(asking, |site| async move {
            match read_groups(&site).await {
                Ok(found) => found,
                Err(failure) => Collection::gap(site.gap(Source::Prometheus, failure)),
            }
        })
        .await
}

async fn read_groups(site: &Site) -> Result<Collection<RuleGroup>, Failure> {
    let answer = site.prometheus()?.list("/api/v1/rules", &[]).await?;
    let (found, warning): (catalog::Groups, _) = answer::list(&answer)?;
    let groups = found.groups.into_iter().filter_map(|group| {
        let rules: Vec<Rule> = group
            .rules
            .into_iter()
            .filter_map(|r| rule(site, r))
            .collect();
        (!rules.is_empty()).then(|| RuleGroup {
            cluster: site.name().to_owned(),
            name: group.name,
            file: group.file,
            interval: group.interval,
            limit: group.limit,
            rules,
        })
    });
    let warned = warning.map(|w| site.gap(Source::Prometheus, w));
    Ok(Collection {
        items: groups.collect(),
        gaps: warned.into_iter().collect(),
    })
}

/// A rule as far as it may be seen; none where nothing of it may.
fn rule(site: &Site, rule: catalog::Rule) -> Option<Rule> {
    let own = shown(site, &rule.labels);
    let alerting = (rule.kind == "alerting").then(|| Alerting {
        state: rule.state,
        duration: rule.duration,
        keep_firing_for: rule.keep_firing_for,
        annotations: rule.annotations,
        alerts: alerts_of(site, rule.alerts, own),
    });
    let some = alerting.as_ref().is_some_and(|a| !a.alerts.is_empty());
    (own || some).then_some(Rule {
        alerting,
        name: rule.name,
        query: rule.query,
        labels: rule.labels,
        health: rule.health,
        last_error: rule.last_error,
        last_evaluation: rule.last_evaluation,
        evaluation_time: rule.evaluation_time,
    })
}

/// The alerts that may be seen: by their own labels, or of a rule that names its namespace.
fn alerts_of(site: &Site, alerts: Vec<catalog::Alert>, own: bool) -> Vec<RuleAlert> {
    let seen = alerts.into_iter().filter(|alert| {
        // A rule of one namespace may raise alerts about others.
        shown(site, &alert.labels) || own && !alert.labels.contains_key("namespace")
    });
    seen.map(|alert| read_alert(site, alert)).collect()
}

fn read_alert(site: &Site, alert: catalog::Alert) -> RuleAlert {
    let mut labels = alert.labels;
    name_cluster(&mut labels, site.name());
    RuleAlert {
        labels,
        annotations: alert.annotations,
        state: alert.state,
        active_at: alert.active_at.unwrap_or_default(),
        value: alert.value.0,
    }
}

pub(super) fn shown(site: &Site, labels: &Labels) -> bool {
    let namespace = labels.get("namespace").map(String::as_str);
    site.sight(Aspect::Metrics).reaches(namespace)
}

pub(super) async fn alerts(
    collector: &Collector,
    caller: &Caller,
    clusters: &Selection,
) -> Result<Collection<RuleAlert>> {
    let asking = Asking::of(caller, clusters, Source::Prometheus, METRICS);
    collector
        .fan_out(asking, |site| async move {
            match read_alerts(&site).await {
                Ok(found) => found,
                Err(failure) => Collection::gap(site.gap(Source::Prometheus, failure)),
            }
        })
        .await
}

async fn read_alerts(site: &Site) -> Result<Collection<RuleAlert>, Failure> {
    let answer = site.prometheus()?.list("/api/v1/alerts", &[]).await?;
    let (found, warning): (catalog::Alerts, _) = answer::list(&answer)?;
    let warned = warning.map(|w| site.gap(Source::Prometheus, w));
    Ok(Collection {
        items: alerts_of(site, found.alerts, false),
        gaps: warned.into_iter().collect(),
    })
}
