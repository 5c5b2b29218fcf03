//! Reading one object, or a list of them.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use serde_json::Value;

use super::body::Writer;
use super::options::{AskedVersion, ListOptions, VersionMatch};
use super::paging::{Cut, Page, Token};
use super::resources::Resource;
use super::selector::Selector;
use super::status::Refusal;
use super::store::{Compacted, KubeStore};

/// How long a real server waits for a resource version that it has not reached.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

/// The objects that a request is about.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) resource: Arc<Resource>,
    /// Nothing means all namespaces, or a resource of the cluster's scope.
    pub(crate) namespace: Option<String>,
    pub(crate) selector: Selector,
}

/// Which state of the store a list is of.
enum State {
    Latest,
    Exact(u64),
}

/// Answers a list.
pub(crate) async fn list(
    store: &KubeStore,
    scope: &Scope,
    options: &ListOptions,
    writer: Writer<'_>,
) -> Result<Response, Refusal> {
    let token = options.resume.as_deref().map(Token::read).transpose()?;
    if token.is_some() && matches!(options.version, AskedVersion::At(_)) {
        let message = "specifying resource version is not allowed when using continue";
        return Err(Refusal::bad_request(message));
    }
    let state = state(store, options, token.as_ref()).await?;
    // With `resourceVersion=0` a real server answers from its cache, which knows no pages.
    let limit = options
        .limit
        .filter(|_| token.is_some() || options.version != AskedVersion::Any);
    let cut = Cut {
        namespace: scope.namespace.as_deref(),
        selector: &scope.selector,
        from: token.as_ref(),
        limit,
    };
    Ok(writer.list(&page(store, scope, &state, &cut)?))
}

/// Answers with one object.
pub(crate) async fn get(
    store: &KubeStore,
    scope: &Scope,
    name: &str,
    options: &ListOptions,
    writer: Writer<'_>,
) -> Result<Response, Refusal> {
    if let AskedVersion::At(revision) = options.version {
        reached(store, revision).await?;
    }
    let object: Option<Arc<Value>> =
        store.object(&scope.resource, scope.namespace.as_deref(), name);
    let spec = &scope.resource.spec;
    let object =
        object.ok_or_else(|| Refusal::object_not_found(&spec.group, &spec.plural, name))?;
    Ok(writer.object(&object))
}

/// Waits, though not for long, until the store has reached `revision`; refused with 504 after that.
pub(crate) async fn reached(store: &KubeStore, revision: u64) -> Result<(), Refusal> {
    let mut progress = store.progress();
    let wait = progress.wait_for(|progress| progress.revision >= revision);
    match tokio::time::timeout(PATIENCE, wait).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err(Refusal::version_too_large(
            revision,
            store.resource_version(),
        )),
    }
}

async fn state(
    store: &KubeStore,
    options: &ListOptions,
    token: Option<&Token>,
) -> Result<State, Refusal> {
    if let Some(token) = token {
        return Ok(token.revision().map_or(State::Latest, State::Exact));
    }
    let AskedVersion::At(revision) = options.version else {
        return Ok(State::Latest);
    };
    reached(store, revision).await?;
    // A limit without a match means exact: the rule from before there was a match.
    let exact = match options.version_match {
        None => options.limit.is_some(),
        Some(asked) => asked == VersionMatch::Exact,
    };
    Ok(if exact {
        State::Exact(revision)
    } else {
        State::Latest
    })
}

fn page(store: &KubeStore, scope: &Scope, state: &State, cut: &Cut<'_>) -> Result<Page, Refusal> {
    let snapshot = match state {
        State::Latest => store.snapshot(&scope.resource, cut.namespace),
        State::Exact(revision) => store
            .snapshot_at(&scope.resource, cut.namespace, *revision)
            .map_err(|Compacted { .. }| expired(cut.from))?,
    };
    Ok(cut.page(snapshot))
}

fn expired(token: Option<&Token>) -> Refusal {
    const LIST: &str = "The resourceVersion for the provided list is too old.";
    const PAGE: &str = "The provided continue parameter is too old to display a consistent list \
        result. You can start a new list without the continue parameter, or use the continue token \
        in this response to retrieve the remainder of the results. Continuing with the provided \
        token results in an inconsistent list - objects that were created, modified, or deleted \
        between the time the first chunk was returned and now may show up in the list.";
    match token {
        None => Refusal::expired(LIST, None),
        Some(token) => Refusal::expired(PAGE, Some(token.inconsistent())),
    }
}
