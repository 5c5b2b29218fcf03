//! Lists, page by page.

use fleetscope_model::GapKind;
use fleetscope_outbound::failure::printable;
use fleetscope_outbound::{Answer, Failure};
use http::StatusCode;
use kube::Resource;
use kube::api::ListParams;
use kube::core::response::Status;
use kube::core::{ObjectList, Request};
use serde::de::DeserializeOwned;

use crate::connection::Connection;

/// Objects a page; kubectl's own chunk size.
const PAGE: u32 = 500;

/// Pages of one list: 20,000 objects. A page of 500 pods is some 4 MB on the wire, so this bounds
/// what one list can cost the API server and us.
const MAX_PAGES: usize = 40;

/// What was read of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The objects, in the server's order.
    pub items: Vec<T>,
    /// Why the reading ended before the list did. The items are then its first part.
    pub failure: Option<Failure>,
}

impl Connection {
    /// Reads all pages of a resource in all namespaces, keeping of each object what `keep` makes
    /// of it. A page that has expired is gone on with as the server offers; where it offers
    /// nothing, the list is begun anew, once.
    pub(crate) async fn list<K, T>(&self, keep: impl Fn(K) -> Option<T>) -> Listed<T>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone,
    {
        let mut items = Vec::new();
        let mut token = None;
        let mut restarted = false;
        for _ in 0..MAX_PAGES {
            match self.page::<K>(token.as_deref()).await {
                Ok(Page::Objects(objects, next)) => {
                    items.extend(objects.into_iter().filter_map(&keep));
                    token = next;
                }
                Ok(Page::Expired(next)) => {
                    if next.is_none() {
                        if restarted {
                            return cut(items, self.expired());
                        }
                        restarted = true;
                        items.clear();
                    }
                    token = next;
                    continue;
                }
                Err(failure) => return cut(items, failure),
            }
            if token.is_none() {
                return Listed {
                    items,
                    failure: None,
                };
            }
        }
        let failure = too_many(&K::plural(&()), items.len());
        cut(items, failure)
    }

    async fn page<K>(&self, token: Option<&str>) -> Result<Page<K>, Failure>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone,
    {
        let mut params = ListParams::default().limit(PAGE);
        if let Some(token) = token {
            params = params.continue_token(token);
        }
        let request = Request::new(K::url_path(&(), None))
            .list(&params)
            .map_err(|_| self.odd())?;
        let answer = self.answer(request).await?;
        if answer.status == StatusCode::GONE {
            let next = status(&answer).and_then(|status| status.metadata?.continue_);
            return Ok(Page::Expired(next.filter(|token| !token.is_empty())));
        }
        if !answer.status.is_success() {
            return Err(refusal(&answer, &K::plural(&())));
        }
        let list: ObjectList<K> = answer.json()?;
        let next = list.metadata.continue_.filter(|token| !token.is_empty());
        Ok(Page::Objects(list.items, next))
    }

    fn expired(&self) -> Failure {
        let mut failure = self.odd();
        "the list kept expiring while it was read: ask again".clone_into(&mut failure.detail);
        failure
    }
}

enum Page<K> {
    Objects(Vec<K>, Option<String>),
    /// The snapshot behind the token is gone; a new token may come with it.
    Expired(Option<String>),
}

fn cut<T>(items: Vec<T>, failure: Failure) -> Listed<T> {
    Listed {
        items,
        failure: Some(failure),
    }
}

fn too_many(resource: &str, read: usize) -> Failure {
    Failure::new(
        GapKind::Truncated,
        format!("the list of {resource} is longer than {read}: only the first {read} are used"),
    )
}

fn status(answer: &Answer) -> Option<Status> {
    serde_json::from_slice(&answer.body).ok()
}

/// The failure behind an error status, with the message of its `Status` where it has one: paths
/// outside the API's groups are answered with plain text.
pub(crate) fn refusal(answer: &Answer, resource: &str) -> Failure {
    let said = status(answer).map(|status| status.message);
    let said = said.unwrap_or_else(|| String::from_utf8_lossy(&answer.body).into_owned());
    if answer.status == StatusCode::NOT_FOUND {
        let (place, said) = (&answer.place, printable(&said));
        return Failure::new(
            GapKind::BadAnswer,
            format!(
                "{place} has no {resource} (404, {said}): check that the registered URL is that \
                 of a Kubernetes API server"
            ),
        );
    }
    answer.refusal(&said)
}
