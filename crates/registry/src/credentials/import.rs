//! Clusters by the dozen: from a kubeconfig, from a list, from Open Cluster Management. What is
//! there already is found by its name, else by its API server, and only what the import says is
//! changed: the same import twice changes nothing the second time.

mod managed;
mod merge;

use std::collections::BTreeMap;

use fleetscope_model::{
    Caller, Cluster, ClusterDraft, ClusterFilter, ClusterId, CredentialField, Endpoints, ErrorKind,
    Fault as _, PageRequest, Permission,
};
use fleetscope_ports::{Opened, Plain};

use super::{Credentials, InvalidCredential, Kubeconfig, NewCredential, bound, value};
use crate::{Error, allow};

/// The most clusters of one import.
const MOST: usize = 500;

/// A cluster as an import says it.
#[derive(Debug)]
pub struct Imported {
    /// What is said of it.
    pub draft: ClusterDraft,
    /// Its credentials.
    pub credentials: Vec<(CredentialField, NewCredential)>,
}

/// What came of one cluster of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportResult {
    /// Its name here; where it was refused, what the import calls it.
    pub name: String,
    /// Its id, where it is registered.
    pub id: Option<ClusterId>,
    /// What was done.
    pub outcome: ImportOutcome,
    /// What a person should know of it.
    pub detail: Option<String>,
}

/// What was done with one cluster of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It was registered.
    Created,
    /// It was there, and is other now.
    Updated,
    /// It was there, and was as the import says.
    Unchanged,
    /// It was left as it was, or out.
    Refused,
}

/// A cluster on its way in, or why it can't be.
struct Entry {
    name: String,
    wanted: Result<Wanted, InvalidCredential>,
    remark: Option<String>,
}

struct Wanted {
    draft: ClusterDraft,
    credentials: Vec<(CredentialField, Opened)>,
}

impl Credentials {
    /// Imports a list of clusters.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` where there are too many, and what the store says. That one cluster
    /// is refused is no error of the whole.
    pub async fn import(
        &self,
        caller: &Caller,
        clusters: Vec<Imported>,
    ) -> Result<Vec<ImportResult>, Error> {
        let entries = clusters.into_iter().map(|imported| {
            let credentials = imported.credentials.into_iter();
            let credentials = credentials.map(|(field, new)| Ok((field, new.checked()?)));
            Entry {
                name: imported.draft.name.clone(),
                wanted: credentials
                    .collect::<Result<_, InvalidCredential>>()
                    .map(|credentials| Wanted {
                        draft: imported.draft,
                        credentials,
                    }),
                remark: None,
            }
        });
        self.take_in(caller, entries.collect()).await
    }

    /// Imports the clusters of a kubeconfig's contexts: all of them where none are named.
    ///
    /// # Errors
    /// As [`Self::import`], and `Invalid` where the text is no kubeconfig or has no such context.
    pub async fn import_kubeconfig(
        &self,
        caller: &Caller,
        text: &Plain,
        contexts: &[String],
    ) -> Result<Vec<ImportResult>, Error> {
        allow(caller, Permission::Administer)?;
        let parsed = Kubeconfig::parse(text.expose())?;
        let all: Vec<&str> = match contexts {
            [] => parsed.names().collect(),
            named => named.iter().map(String::as_str).collect(),
        };
        let mut seen = BTreeMap::<String, String>::new();
        let mut entries = Vec::new();
        for name in all {
            let context = parsed.context(Some(name))?;
            let endpoint = context.endpoint();
            let server = endpoint.as_ref().map(|endpoint| endpoint.url.clone());
            let twice = server
                .ok()
                .and_then(|url| seen.insert(url, name.to_owned()));
            let wanted = match twice {
                Some(other) => Err(same_server(name, &other)),
                None => endpoint.and_then(|endpoint| {
                    let credential = context.into_credential()?;
                    let mut draft = merge::named(&merge::label(name));
                    draft.endpoints.kubernetes = Some(endpoint);
                    Ok(Wanted {
                        draft,
                        credentials: vec![(CredentialField::Kubernetes, credential)],
                    })
                }),
            };
            entries.push(Entry {
                name: name.to_owned(),
                wanted,
                remark: None,
            });
        }
        self.take_in(caller, entries).await
    }

    /// Imports the `ManagedCluster`s of the hub, which have no credentials.
    ///
    /// # Errors
    /// As [`Self::import`]; `Unavailable` where there is no hub, or it can't be asked.
    pub async fn import_managed(&self, caller: &Caller) -> Result<Vec<ImportResult>, Error> {
        allow(caller, Permission::Administer)?;
        let drafts = managed::drafts(self.registry.hub.as_ref()).await?;
        let entries = drafts.into_iter().map(|draft| Entry {
            name: draft.name.clone(),
            wanted: Ok(Wanted {
                draft,
                credentials: Vec::new(),
            }),
            remark: Some(
                "Open Cluster Management gives no credential: write one with `fleetscope \
                 credentials set`"
                    .to_owned(),
            ),
        });
        self.take_in(caller, entries.collect()).await
    }

    async fn take_in(
        &self,
        caller: &Caller,
        entries: Vec<Entry>,
    ) -> Result<Vec<ImportResult>, Error> {
        allow(caller, Permission::Administer)?;
        if entries.len() > MOST {
            let detail = format!("more than {MOST} clusters at once: import them in parts");
            return Err(value::wrong("/clusters", detail).into());
        }
        let mut there = self.there(caller).await?;
        let mut results = Vec::new();
        for entry in entries {
            let Entry {
                name,
                wanted,
                remark,
            } = entry;
            let taken = match wanted {
                Ok(wanted) => self.take_one(caller, &mut there, wanted).await,
                Err(invalid) => Err(invalid.into()),
            };
            results.push(match taken {
                Ok((cluster, outcome)) => {
                    let left = self.registry.left_behind(&cluster).await?;
                    ImportResult {
                        name: cluster.draft.name,
                        id: Some(cluster.id),
                        outcome,
                        detail: Some(left)
                            .filter(|left| !left.is_empty())
                            .or_else(|| remark.filter(|_| outcome == ImportOutcome::Created)),
                    }
                }
                Err(error) if is_its_own(&error) => ImportResult {
                    name,
                    id: None,
                    outcome: ImportOutcome::Refused,
                    detail: Some(error.message()),
                },
                Err(error) => return Err(error),
            });
        }
        Ok(results)
    }

    async fn take_one(
        &self,
        caller: &Caller,
        there: &mut Vec<Cluster>,
        wanted: Wanted,
    ) -> Result<(Cluster, ImportOutcome), Error> {
        let Wanted { draft, credentials } = wanted;
        let draft = crate::draft::checked(draft)?;
        let found = merge::find(there, &draft);
        let (cluster, mut outcome) = match found.map(|place| there[place].clone()) {
            None => {
                let made = self.registry.create(caller, draft).await?;
                there.push(made.clone());
                (made, ImportOutcome::Created)
            }
            Some(known) => {
                let merged = merge::merged(&known.draft, draft);
                if merged == known.draft {
                    (known, ImportOutcome::Unchanged)
                } else {
                    let (id, generation) = (known.id, Some(known.generation));
                    let changed = self.registry.update(caller, id, merged, generation).await?;
                    (changed, ImportOutcome::Updated)
                }
            }
        };
        for (field, opened) in credentials {
            if self.holds(&cluster, field, &opened).await? {
                continue;
            }
            self.keep(caller, cluster.id, field, opened).await?;
            if outcome == ImportOutcome::Unchanged {
                outcome = ImportOutcome::Updated;
            }
        }
        Ok((cluster, outcome))
    }

    /// Whether a field has this very value, for the addresses that the cluster has. One that does
    /// not open has not.
    async fn holds(
        &self,
        cluster: &Cluster,
        field: CredentialField,
        wanted: &Opened,
    ) -> Result<bool, Error> {
        match self.opener.opened(cluster.id, field).await {
            Ok(Some((kept, opened))) => Ok(kept.given_for
                == bound::given_for(&cluster.draft, field)
                && *value::encode(&opened) == *value::encode(wanted)),
            Ok(None) | Err(Error::Unopened(_) | Error::EnvelopeMissing { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Every cluster that the caller may see.
    async fn there(&self, caller: &Caller) -> Result<Vec<Cluster>, Error> {
        let mut page = PageRequest {
            after: None,
            limit: 500,
        };
        let mut there = Vec::new();
        loop {
            let open = ClusterFilter::default();
            let part = self.registry.list(caller, &page, &open).await?;
            there.extend(part.items.into_iter().map(|(cluster, _)| cluster));
            if part.next.is_none() {
                return Ok(there);
            }
            page.after = part.next;
        }
    }
}

/// Whether an error is one of the cluster, and the others may go on.
fn is_its_own(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::Forbidden
    )
}

fn same_server(name: &str, other: &str) -> InvalidCredential {
    value::wrong(
        "/contexts",
        format!(
            "the context '{name}' has the same API server as '{other}': name the one that is meant"
        ),
    )
}

/// Endpoints that an import says nothing of.
const fn no_endpoints() -> Endpoints {
    Endpoints {
        kubernetes: None,
        prometheus: None,
        loki: None,
        tempo: None,
        alertmanager: None,
    }
}
