//! Which part of the API a path leads to.

/// What is asked for, by path alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Version,
    /// `/healthz`, `/livez`, `/readyz`.
    Health(String),
    /// `/api`: the versions of the core group.
    CoreVersions,
    /// `/apis`: the groups.
    Groups,
    Group(String),
    Resources {
        group: String,
        version: String,
    },
    Resource(ResourcePath),
    Unknown,
}

/// A collection or an object of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResourcePath {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) namespace: Option<String>,
    pub(crate) plural: String,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
}

impl Target {
    /// Reads a path, which may be percent-encoded.
    pub(crate) fn parse(path: &str) -> Self {
        let parts: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(decoded)
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["version"] => Self::Version,
            [check @ ("healthz" | "livez" | "readyz"), ..] => Self::Health((*check).to_owned()),
            ["api"] => Self::CoreVersions,
            ["api", version, rest @ ..] => resource("", version, rest),
            ["apis"] => Self::Groups,
            ["apis", group] => Self::Group((*group).to_owned()),
            ["apis", group, version, rest @ ..] => resource(group, version, rest),
            _ => Self::Unknown,
        }
    }
}

fn resource(group: &str, version: &str, parts: &[&str]) -> Target {
    let (group, version) = (group.to_owned(), version.to_owned());
    let (namespace, parts) = match parts {
        [] => return Target::Resources { group, version },
        // These two are subresources of the namespace itself.
        ["namespaces", _, "status" | "finalize"] => (None, parts),
        ["namespaces", namespace, inside @ ..] if !inside.is_empty() => {
            (Some((*namespace).to_owned()), inside)
        }
        _ => (None, parts),
    };
    let part = |at: usize| parts.get(at).map(|&part| part.to_owned());
    Target::Resource(ResourcePath {
        group,
        version,
        namespace,
        plural: part(0).unwrap_or_default(),
        name: part(1),
        subresource: part(2),
    })
}

/// A path segment without its percent signs; one that is no valid encoding stays as it is.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| segment.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{ResourcePath, Target};

    fn path(text: &str) -> ResourcePath {
        match Target::parse(text) {
            Target::Resource(path) => path,
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn a_namespace_is_an_object_and_a_scope() {
        let object = path("/api/v1/namespaces/shop");
        assert_eq!(
            (object.plural.as_str(), object.name),
            ("namespaces", Some("shop".into()))
        );
        let status = path("/api/v1/namespaces/shop/status");
        assert_eq!(
            (status.plural.as_str(), status.subresource),
            ("namespaces", Some("status".into()))
        );
        let scope = path("/api/v1/namespaces/shop/pods/web");
        assert_eq!(scope.namespace.as_deref(), Some("shop"));
        assert_eq!(
            (scope.plural.as_str(), scope.name),
            ("pods", Some("web".into()))
        );
    }

    #[test]
    fn names_may_be_percent_encoded() {
        assert_eq!(path("/api/v1/nodes/a%3Ab").name.as_deref(), Some("a:b"));
        assert_eq!(path("/api/v1/nodes/a%zz").name.as_deref(), Some("a%zz"));
    }
}
