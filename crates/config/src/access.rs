//! `[access]`: what callers may do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Problem;
use crate::identity::AuthenticatorKind;
use crate::load::Config;

/// Groups that everybody is in, by the API server's word.
const EVERYBODY: [&str; 2] = ["system:authenticated", "system:unauthenticated"];

/// What callers may do: which role they have, and what they see inside clusters. A token of this
/// installation carries its role itself; everybody else gets the highest that is given here.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// Whether each cluster is asked, by SubjectAccessReview, what of its inside a caller may see
    /// (reviewed), or everybody who may query a cluster sees all of it (trusted). Where nothing is
    /// written it is reviewed, except where callers have tokens of this installation only: no
    /// cluster knows those.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "InsideClusters", example = InsideClusters::Reviewed)]
    pub inside_clusters: Option<InsideClusters>,
    /// Users who are administrators.
    pub admin_users: Vec<String>,
    /// Groups whose members are administrators.
    pub admin_groups: Vec<String>,
    /// Users who are operators.
    pub operator_users: Vec<String>,
    /// Groups whose members are operators.
    pub operator_groups: Vec<String>,
    /// Users who are viewers.
    pub viewer_users: Vec<String>,
    /// Groups whose members are viewers; system:authenticated is everybody whom the hub knows.
    pub viewer_groups: Vec<String>,
    /// Whether the hub is asked for the roles of callers too: the verb use on roles.fleetscope.io
    /// named admin, operator and viewer.
    pub roles_from_hub: bool,
}

/// Who says what a caller may see inside a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum InsideClusters {
    /// Nobody: whoever may query a cluster sees all of it.
    Trusted,
    /// The cluster itself.
    Reviewed,
}

/// See [`Config::inside_clusters`].
pub(crate) fn inside(config: &Config) -> InsideClusters {
    let local_only = config.identity.authenticators == [AuthenticatorKind::Local];
    config.access.inside_clusters.unwrap_or(if local_only {
        InsideClusters::Trusted
    } else {
        InsideClusters::Reviewed
    })
}

pub(crate) fn validate(config: &Config, problems: &mut Vec<Problem>) {
    let access = &config.access;
    for (key, names) in access.lists() {
        if names
            .iter()
            .any(|name| name.trim() != name || name.is_empty())
        {
            let what = "has a name that is empty, or begins or ends with a blank: write names as \
                        the API server knows them";
            problems.push(Problem::of(key, what));
        }
    }
    for (key, groups) in [
        ("access.admin_groups", &access.admin_groups),
        ("access.operator_groups", &access.operator_groups),
    ] {
        if groups
            .iter()
            .any(|group| EVERYBODY.contains(&group.as_str()))
        {
            let what = "makes everybody more than a viewer: name a group of people";
            problems.push(Problem::of(key, what));
        }
    }
    if access.roles_from_hub && config.hub.address().is_none() {
        let what = "is true, and there is no hub to ask: write hub.url, or in_cluster = true";
        problems.push(Problem::of("access.roles_from_hub", what));
    }
}

/// See [`Config::remarks`].
pub(crate) fn remarks(config: &Config) -> Vec<String> {
    let access = &config.access;
    let others = config.identity.authenticators.iter();
    let others = others.filter(|kind| **kind != AuthenticatorKind::Local);
    let others = others.count() > 0;
    let mut remarks = Vec::new();
    if inside(config) == InsideClusters::Trusted {
        let why = match access.inside_clusters {
            Some(_) => "access.inside_clusters says so",
            None => "callers have tokens of this installation only, which no cluster knows",
        };
        remarks.push(format!(
            "everybody who may query a cluster sees all telemetry in it: {why}"
        ));
    }
    if others && config.hub.address().is_none() {
        remarks.push(
            "every caller may use every cluster as its role allows: there is no hub to ask which"
                .to_owned(),
        );
    }
    if others && !access.roles_from_hub && access.lists().iter().all(|(_, names)| names.is_empty())
    {
        remarks.push(
            "nobody but the bearers of API tokens has a role: give some in [access]".to_owned(),
        );
    }
    remarks
}

impl Access {
    fn lists(&self) -> [(&'static str, &[String]); 6] {
        [
            ("access.admin_users", &self.admin_users),
            ("access.admin_groups", &self.admin_groups),
            ("access.operator_users", &self.operator_users),
            ("access.operator_groups", &self.operator_groups),
            ("access.viewer_users", &self.viewer_users),
            ("access.viewer_groups", &self.viewer_groups),
        ]
    }
}
