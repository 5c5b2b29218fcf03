//! One Loki, or one tenant of a LokiStack.

use fleetscope_model::{Aspect, LogTenant, Sight, Source};
use fleetscope_outbound::{Answer, Failure, Upstream};

use super::expression::Expression;
use super::logql::Held;
use super::{tenant, within};
use crate::site::Site;

/// Keeps what is said of a line (structured metadata, parsed fields) apart from the labels of its
/// stream: merged, one stream becomes many, and live lines lack what past ones have.
const APART: (&str, &str) = ("x-loki-response-encoding-flags", "categorize-labels");

/// Bytes of parameters up to which a GET is used. The LokiStack's gateway asks for another right
/// where something is posted, and servers refuse URLs beyond some 8 KiB.
const LONGEST_URL: usize = 6_000;

/// One Loki of one cluster.
pub(super) struct Door {
    pub(super) upstream: Upstream,
    /// The label by which its lines are held to namespaces.
    label: &'static str,
}

impl Door {
    /// The door that a cluster has registered; of the tenant, where one is named.
    pub(super) fn open(site: &Site, tenant: Option<LogTenant>) -> Result<Self, Failure> {
        let Some(registered) = site.endpoint(Source::Loki) else {
            // Says how to register one.
            return site.upstream(Source::Loki).map(|upstream| Self {
                upstream,
                label: within::label(None),
            });
        };
        let mut endpoint = tenant::endpoint(registered, tenant)?;
        let label = within::label(Some(&endpoint));
        endpoint
            .headers
            .insert(APART.0.to_owned(), APART.1.to_owned());
        Ok(Self {
            upstream: site.upstream_at(Source::Loki, &endpoint)?,
            label,
        })
    }

    /// The query as it may be asked here: whole, or held to the namespaces that the caller may
    /// see. The inner error says that it can't be read, and where.
    pub(super) fn held(
        &self,
        site: &Site,
        expression: &Expression,
    ) -> Result<Result<Held, String>, Failure> {
        match site.sight(Aspect::Logs) {
            Sight::Whole => Ok(Ok(Held::whole(expression.text()))),
            Sight::Namespaces(namespaces) => match expression.read() {
                Ok(read) => read.within(self.label, namespaces).map(Ok),
                Err(unread) => Ok(Err(unread.clone())),
            },
        }
    }

    /// The selector of everything that the caller may see, where that is not all there is.
    pub(super) fn bounds(&self, site: &Site) -> Option<String> {
        match site.sight(Aspect::Logs) {
            Sight::Whole => None,
            Sight::Namespaces(namespaces) => Some(within::selector(self.label, namespaces)),
        }
    }

    /// A read of a path below `/loki/api/v1/`, whatever its status.
    pub(super) async fn ask(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Answer, Failure> {
        let path = format!("/loki/api/v1/{path}");
        let size: usize = parameters.iter().map(|(_, value)| value.len()).sum();
        if size <= LONGEST_URL {
            self.upstream.get(&path, parameters).await
        } else {
            self.upstream.post_form(&path, parameters).await
        }
    }
}
