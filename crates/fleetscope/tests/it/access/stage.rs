//! An application whose callers a hub knows, over clusters that have rights of their own.

use fleetscope_client::Client;
use fleetscope_client::wire::{Cluster, Endpoints, NewCluster};
use fleetscope_config::{AuthenticatorKind, Config};
use fleetscope_ports::Clock as _;
use fleetscope_sim::hub::{Hub, Served, Terms, User};
use fleetscope_sim::kubernetes::Access;
use fleetscope_testkit::app::a_time;
use fleetscope_testkit::{Shape, TestApp};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

/// The application, and its hub.
pub(crate) struct Stage {
    pub(crate) app: TestApp,
    pub(crate) hub: Hub,
    _served: Served,
    _folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn set(shape: Shape) -> Self {
        Self::set_with(shape, |_| {}).await
    }

    /// Members of `viewers`, `operators` and `owners` have the role of that name.
    pub(crate) async fn set_with(shape: Shape, change: impl FnOnce(&mut Config)) -> Self {
        let clock = std::sync::Arc::new(std::sync::OnceLock::<
            std::sync::Arc<fleetscope_ports::ManualClock>,
        >::new());
        let now = clock.clone();
        let now = move || now.get().map_or_else(a_time, |clock| clock.now());
        let hub = Hub::new(3, std::sync::Arc::new(now));
        let mut ours = User::service_account("fleetscope", "fleetscope");
        ours.reviews_tokens = true;
        hub.add_user(ours);
        let own = Terms {
            life: std::time::Duration::from_hours(24),
            ..Terms::default()
        };
        let token = hub.token("system:serviceaccount:fleetscope:fleetscope", &own);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, token).unwrap();
        let served = hub.serve().await.unwrap();
        let url = served.base.clone();
        let app = TestApp::start_with(shape, a_time(), |config| {
            config.hub.url = Some(url);
            config.hub.token_file = Some(file);
            config.identity.authenticators =
                vec![AuthenticatorKind::Local, AuthenticatorKind::Openshift];
            config.access.viewer_groups = vec!["viewers".to_owned()];
            config.access.operator_groups = vec!["operators".to_owned()];
            config.access.admin_groups = vec!["owners".to_owned()];
            config.limits.per_second = 100_000;
            config.limits.burst = 100_000;
            change(config);
        })
        .await;
        clock.set(app.clock.clone()).unwrap();
        Self {
            app,
            hub,
            _served: served,
            _folder: folder,
        }
    }

    /// A person in these groups, with a token of all their rights.
    pub(crate) fn person(&self, name: &str, groups: &[&str]) -> Client {
        self.hub.add_user(User::person(name, groups));
        self.bearer(&self.hub.token(name, &Terms::default()))
    }

    pub(crate) fn bearer(&self, token: &str) -> Client {
        Client::new(&self.app.base, Some(token.to_owned())).unwrap()
    }

    /// Registers a cluster without endpoints.
    pub(crate) async fn cluster(&self, name: &str) -> Cluster {
        let new = NewCluster {
            name: name.to_owned(),
            environment: None,
            provider: None,
            labels: std::collections::BTreeMap::new(),
            endpoints: Endpoints::default(),
        };
        self.app.admin.create_cluster(&new).await.unwrap()
    }

    /// Lets a user do this with a cluster.
    pub(crate) fn let_use(&self, user: &str, cluster: &Cluster, verbs: &[&str]) {
        let name = format!("{user}-{}", cluster.id);
        let rules = json!([{
            "apiGroups": ["fleetscope.io"], "resources": ["clusters"],
            "resourceNames": [cluster.id.to_string()], "verbs": verbs,
        }]);
        bind(self.hub.access(), "", (&name, user), &rules);
    }

    /// Takes back what [`Self::let_use`] gave.
    pub(crate) fn take_back(&self, user: &str, cluster: &Cluster) {
        let name = format!("{user}-{}", cluster.id);
        let gone = self.hub.access().delete("ClusterRoleBinding", "", &name);
        assert!(gone);
    }
}

/// A role with these rules, bound to a user: in a namespace, or (with none) in the whole cluster.
pub(crate) fn bind(access: &Access, namespace: &str, (name, user): (&str, &str), rules: &Value) {
    let of = if namespace.is_empty() { "Cluster" } else { "" };
    let metadata = json!({ "name": name, "namespace": namespace });
    assert!(access.apply(&json!({
        "kind": format!("{of}Role"), "metadata": metadata, "rules": rules,
    })));
    assert!(access.apply(&json!({
        "kind": format!("{of}RoleBinding"), "metadata": metadata,
        "roleRef": { "kind": format!("{of}Role"), "name": name },
        "subjects": [{ "kind": "User", "name": user }],
    })));
}

/// What the cluster role `view` of Kubernetes holds of what Fleetscope asks about.
pub(crate) fn view() -> Value {
    json!([
        { "apiGroups": ["", "apps", "metrics.k8s.io"], "resources": ["*"], "verbs": ["get", "list", "watch"] },
    ])
}

pub(crate) async fn ask(
    client: &Client,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Response {
    let mut request = client.raw(method, path).unwrap();
    if let Some(body) = body {
        request = request.json(body);
    }
    request.send().await.unwrap()
}

pub(crate) async fn status(client: &Client, path: &str) -> StatusCode {
    ask(client, Method::GET, path, None).await.status()
}

/// Status and body of an answer, but for the request's id; `id` is written as `IT`.
pub(crate) async fn told(response: Response, id: &str) -> (StatusCode, String) {
    let status = response.status();
    let request = response.headers()["x-request-id"].to_str().unwrap();
    let request = format!("\"request_id\":\"{request}\"");
    let body = response.text().await.unwrap();
    (status, body.replace(&request, "").replace(id, "IT"))
}
