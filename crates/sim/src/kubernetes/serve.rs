//! The door: which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};

use super::access::Review;
use super::body::Writer;
use super::discovery;
use super::list::{self, Scope};
use super::negotiate;
use super::options::ListOptions;
use super::path::{ResourcePath, Target};
use super::resources::Resource;
use super::selector::Selector;
use super::status::Refusal;
use super::store::KubeStore;
use super::version::ServerVersion;
use super::watch;
use super::write;

/// The checks that `/readyz?verbose` lists: those of a real server that mean something here.
const CHECKS: [&str; 2] = ["ping", "informer-sync"];

#[derive(Clone)]
struct Api {
    store: KubeStore,
    version: ServerVersion,
}

/// The API server of one cluster, to be served as it is or nested below a prefix.
///
/// Every path answers as a real server does: unknown ones with `404 page not found` as plain
/// text, everything else that is refused with a `Status`. A request needs no token; one that is
/// sent is not looked at, but in reviews of access, and on a cluster that was told to guard itself.
pub fn router(store: KubeStore, version: ServerVersion) -> Router {
    Router::new()
        .fallback(serve)
        .with_state(Api { store, version })
}

async fn serve(
    State(api): State<Api>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = Target::parse(uri.path());
    if let Err(refusal) = api.store.access().admit(&method, &target, &headers) {
        return refusal.into_response();
    }
    if let (&Method::POST, Some(review)) = (&method, Review::at(uri.path())) {
        let access = api.store.access();
        let asker = access.asker(&headers);
        let answer = review.answer(access, asker.as_ref(), &body).await;
        return answer.unwrap_or_else(IntoResponse::into_response);
    }
    let answer = match target {
        Target::Unknown => Err(Refusal::Page),
        Target::Resource(path) if method != Method::GET => api.write(&path, &method, &body),
        _ if method != Method::GET => Err(Refusal::method_not_allowed()),
        Target::Resource(path) => {
            let query = uri.query().unwrap_or_default();
            api.objects(path, query, &headers).await
        }
        target => api.about_itself(&target, uri.query(), &headers),
    };
    answer.unwrap_or_else(IntoResponse::into_response)
}

impl Api {
    /// Version, health and discovery.
    fn about_itself(
        &self,
        target: &Target,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<Response, Refusal> {
        match target {
            Target::Version => Ok(axum::Json(self.version.body()).into_response()),
            Target::Health(check) => Ok(health(check, query)),
            Target::CoreVersions => Ok(self
                .store
                .with_registry(|all| discovery::core(all, headers))),
            Target::Groups => Ok(self
                .store
                .with_registry(|all| discovery::groups(all, headers))),
            Target::Group(name) => self.store.with_registry(|all| discovery::group(all, name)),
            Target::Resources { group, version } => self
                .store
                .with_registry(|all| discovery::resources(all, group, version)),
            Target::Resource(_) | Target::Unknown => Err(Refusal::Page),
        }
    }

    /// An object, a list or a watch.
    async fn objects(
        &self,
        path: ResourcePath,
        query: &str,
        headers: &HeaderMap,
    ) -> Result<Response, Refusal> {
        let options = ListOptions::parse(query)?;
        let form = negotiate::form(headers)?;
        let scope = self.scope(&path, &options)?;
        let resource = Arc::clone(&scope.resource);
        let writer = Writer {
            resource: &resource,
            form,
            include: options.include_object,
            now: self.store.now(),
        };
        match &path.name {
            _ if options.watch => Ok(watch::watch(&self.store, scope, &options, form)),
            Some(name) => list::get(&self.store, &scope, name, &options, writer).await,
            None => list::list(&self.store, &scope, &options, writer).await,
        }
    }

    /// A write of one object, where there are any.
    fn write(
        &self,
        path: &ResourcePath,
        method: &Method,
        body: &[u8],
    ) -> Result<Response, Refusal> {
        let resource = self.resource(path).ok();
        match resource.filter(|resource| write::writable(resource)) {
            Some(resource) => write::write(&self.store, &resource, path, method, body),
            None => Err(Refusal::method_not_allowed()),
        }
    }

    /// The objects that a path and its selectors are about.
    fn scope(&self, path: &ResourcePath, options: &ListOptions) -> Result<Scope, Refusal> {
        let resource = self.resource(path)?;
        let mut selector =
            Selector::parse(&resource, &options.label_selector, &options.field_selector)?;
        if let Some(name) = path.name.as_deref().filter(|_| options.watch) {
            selector = selector.named(name);
        }
        Ok(Scope {
            resource,
            namespace: path.namespace.clone(),
            selector,
        })
    }

    fn resource(&self, path: &ResourcePath) -> Result<Arc<Resource>, Refusal> {
        let (found, built_in) = self.store.with_registry(|registry| {
            let found = registry.by_path(&path.group, &path.version, &path.plural);
            (found, registry.is_built_in(&path.group, &path.version))
        });
        let has_namespace = path.namespace.is_some();
        let well_placed = |resource: &Resource| {
            let may_have = resource.spec.namespaced;
            let must_have = may_have && path.name.is_some();
            has_namespace <= may_have && has_namespace >= must_have
        };
        // The only subresource that can be read here is the object itself.
        let readable = path
            .subresource
            .as_deref()
            .is_none_or(|sub| sub == "status");
        found
            .filter(|resource| readable && well_placed(resource))
            // Groups of custom resources are not served by the server proper, which is why an
            // unknown resource in one of them is refused in other words.
            .ok_or_else(|| {
                if built_in {
                    Refusal::resource_not_found()
                } else {
                    Refusal::Page
                }
            })
    }
}

fn health(check: &str, query: Option<&str>) -> Response {
    let verbose = query
        .unwrap_or_default()
        .split('&')
        .any(|parameter| parameter.split('=').next() == Some("verbose"));
    if !verbose {
        return "ok".into_response();
    }
    let mut lines = String::new();
    for name in CHECKS {
        lines.push_str("[+]");
        lines.push_str(name);
        lines.push_str(" ok\n");
    }
    lines.push_str(check);
    lines.push_str(" check passed\n");
    lines.into_response()
}
