//! Whom a credential is for. It is given for the addresses that its cluster has at that moment, and
//! shown to no other: whoever may change a URL must not be able to send a token to a host of their
//! own. What moves is given its credential again.

use fleetscope_model::{
    Cluster, ClusterDraft, Credential, CredentialField, CredentialUse, Endpoint, Source,
};

use crate::{Error, Registry};

/// Whom a credential of this field is for, as things stand.
pub(super) fn given_for(draft: &ClusterDraft, field: CredentialField) -> Vec<String> {
    let meant =
        |source: &Source| field == CredentialField::Shared || CredentialField::of(*source) == field;
    let sources = Source::ALL.into_iter().filter(meant);
    let endpoints = sources.filter_map(|source| draft.endpoints.of(source));
    let mut all: Vec<String> = endpoints.map(Endpoint::reach).collect();
    all.sort();
    all.dedup();
    all
}

/// The credentials that an endpoint is shown, the first that there is.
pub(super) const fn fields(source: Source, used: CredentialUse) -> &'static [CredentialField] {
    use CredentialField as Field;
    match (used, source) {
        (CredentialUse::None, _) => &[],
        (CredentialUse::Shared, _) => &[Field::Shared],
        (CredentialUse::Own, Source::Kubernetes) => &[Field::Kubernetes, Field::Shared],
        (CredentialUse::Own, Source::Prometheus) => &[Field::Prometheus, Field::Shared],
        (CredentialUse::Own, Source::Loki) => &[Field::Loki, Field::Shared],
        (CredentialUse::Own, Source::Tempo) => &[Field::Tempo, Field::Shared],
        (CredentialUse::Own, Source::Alertmanager) => &[Field::Alertmanager, Field::Shared],
    }
}

impl Registry {
    /// What is shown to an endpoint no longer, since the endpoint has another address than the
    /// credential was given for; in words. Empty where there is no such thing.
    pub(crate) async fn left_behind(&self, cluster: &Cluster) -> Result<String, Error> {
        let kept = self.store.credentials.of(cluster.id).await?;
        let left = Source::ALL.into_iter().filter(|source| {
            let endpoint = cluster.draft.endpoints.of(*source);
            endpoint.is_some_and(|endpoint| is_left(*source, endpoint, &kept))
        });
        let left: Vec<&str> = left.map(Source::as_str).collect();
        if left.is_empty() {
            return Ok(String::new());
        }
        Ok(format!(
            "its credential was given for another address than {} has now, and is not shown there \
             until it is given again",
            left.join(" and ")
        ))
    }
}

fn is_left(source: Source, endpoint: &Endpoint, kept: &[Credential]) -> bool {
    let fields = fields(source, endpoint.credential).iter();
    let mut shown = fields.filter_map(|field| kept.iter().find(|one| one.field == *field));
    let reach = endpoint.reach();
    shown
        .next()
        .is_some_and(|one| !one.given_for.contains(&reach))
}
