//! Who is let in: on a cluster that guards itself, every request has to be by somebody, and to be
//! allowed.

use http::{HeaderMap, Method};

use super::super::path::Target;
use super::super::status::Refusal;
use super::attributes::{Attributes, ResourceAttributes, Subject};
use super::{Access, Decision};

impl Access {
    /// From now on requests are let in only with a token that is known, and only where a role
    /// allows them: 401 and 403 as a real server says them. Reviews of oneself and what the server
    /// says of itself are open to everybody who is known.
    pub fn guard(&self, guard: bool) {
        self.switches().set_guarding(guard);
    }

    /// Lets a request pass, or not.
    pub(crate) fn admit(
        &self,
        method: &Method,
        target: &Target,
        headers: &HeaderMap,
    ) -> Result<(), Refusal> {
        if !self.switches().guards() {
            return Ok(());
        }
        let Some(asker) = self.asker(headers) else {
            return Err(Refusal::unauthorized());
        };
        let Target::Resource(path) = target else {
            return Ok(());
        };
        let verb = match (method.as_str(), &path.name) {
            ("GET", Some(_)) => "get",
            ("GET", None) => "list",
            ("POST", _) => "create",
            ("DELETE", _) => "delete",
            _ => "update",
        };
        let wanted = ResourceAttributes {
            namespace: path.namespace.clone().unwrap_or_default(),
            verb: verb.to_owned(),
            group: path.group.clone(),
            version: path.version.clone(),
            resource: path.plural.clone(),
            subresource: path.subresource.clone().unwrap_or_default(),
            name: path.name.clone().unwrap_or_default(),
            field_selector: None,
        };
        let open = path.group == "authorization.k8s.io" && path.plural.starts_with("selfsubject");
        match self.decide(&asker, &Attributes::Resource(wanted)) {
            _ if open => Ok(()),
            Decision::Allowed(_) => Ok(()),
            Decision::NoOpinion | Decision::Denied(_) => Err(forbidden(&asker, verb, path)),
        }
    }
}

fn forbidden(asker: &Subject, verb: &str, path: &super::super::path::ResourcePath) -> Refusal {
    Refusal::forbidden(
        &path.group,
        &path.plural,
        &format!(
            "User \"{}\" cannot {verb} resource \"{}\" in API group \"{}\" at the cluster scope",
            asker.user, path.plural, path.group
        ),
    )
}
