//! What a revision of a workload says of where it came from: annotations and labels that people and
//! their tools agree on, and the tags of its images.

use std::collections::BTreeMap;

use crate::watch::Key;

/// The commit that an image was built of, as the Open Container Initiative has it.
const COMMIT: &str = "org.opencontainers.image.revision";
/// The application's version, which may be a commit's id.
const VERSION: &str = "app.kubernetes.io/version";
/// `<application>:<group>/<kind>:<namespace>/<name>`.
const TRACKING: &str = "argocd.argoproj.io/tracking-id";
const RELEASE_NAME: &str = "meta.helm.sh/release-name";
const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";

/// Where a revision came from, as far as it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The id of the commit that its image was built of, or at least seven digits of it.
    pub commit: Option<String>,
    /// The Application of Argo CD that manages the workload.
    pub application: Option<String>,
    /// The Helm release that the workload is of.
    pub release: Option<Key>,
}

type Names = BTreeMap<String, String>;

impl Origin {
    /// By the annotations and labels of the object and of its template, nearest to the pods first,
    /// and by its images.
    pub(crate) fn of<'i>(said: &[Option<Names>], images: impl Iterator<Item = &'i str>) -> Self {
        let value = |name: &str| said.iter().flatten().find_map(|names| names.get(name));
        let named = value(COMMIT).filter(|id| is_id(id));
        let version = value(VERSION).filter(|version| crate::gitops::is_commit(version));
        let commit = named.or(version).cloned();
        let application = value(TRACKING).and_then(|id| id.split_once(':'));
        Self {
            commit: commit.or_else(|| built_of(images)),
            application: application.map(|(name, _)| name.to_owned()),
            release: value(RELEASE_NAME)
                .zip(value(RELEASE_NAMESPACE))
                .map(|(name, namespace)| Key {
                    namespace: namespace.clone(),
                    name: name.clone(),
                }),
        }
    }
}

/// The commit that the tag of the only tagged image names: its whole id, or `sha-` and its first digits,
/// as the usual build steps write it.
fn built_of<'i>(images: impl Iterator<Item = &'i str>) -> Option<String> {
    let mut ids = images.filter_map(|image| {
        let image = image.split('@').next()?;
        let (_, tag) = image
            .rsplit_once(':')
            .filter(|(_, tag)| !tag.contains('/'))?;
        match tag.strip_prefix("sha-") {
            Some(id) => is_id(id).then_some(id),
            None => crate::gitops::is_commit(tag).then_some(tag),
        }
    });
    let first = ids.next()?;
    ids.all(|other| other == first).then(|| first.to_owned())
}

/// At least as many digits as `git` shows, and no more than there are.
fn is_id(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

    fn origin(said: &[(&str, &str)], images: &[&str]) -> Origin {
        let said = said
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Origin::of(&[None, Some(said.collect())], images.iter().copied())
    }

    #[test]
    fn the_annotation_is_believed_first_and_only_where_it_is_an_id() {
        let commit = |said: &[(&str, &str)], images: &[&str]| origin(said, images).commit;
        let tagged = format!("shop/cart:{WHOLE}");
        assert_eq!(
            commit(&[(COMMIT, "0a1b2c3")], &[&tagged]).as_deref(),
            Some("0a1b2c3")
        );
        assert_eq!(commit(&[(COMMIT, "see wiki")], &["shop/cart:1.2"]), None);
        assert_eq!(commit(&[(VERSION, WHOLE)], &[]).as_deref(), Some(WHOLE));
        assert_eq!(commit(&[(VERSION, "1.8.2")], &["shop/cart:1.8.2"]), None);
        assert_eq!(commit(&[], &[&tagged]).as_deref(), Some(WHOLE));
        assert_eq!(
            commit(&[], &["r:5000/cart:sha-0a1b2c3@sha256:ff"]).as_deref(),
            Some("0a1b2c3")
        );
        // A registry's port, a number and two images of different commits tell of none.
        assert_eq!(commit(&[], &["r:5000/cart", "cart:20261122"]), None);
        assert_eq!(commit(&[], &[&tagged, "proxy:sha-7654321"]), None);
    }

    #[test]
    fn who_manages_it_stands_in_annotations() {
        let said = [
            (TRACKING, "argocd_cart:apps/Deployment:shop/cart"),
            (RELEASE_NAME, "cart"),
            (RELEASE_NAMESPACE, "shop"),
        ];
        let origin = origin(&said, &[]);
        assert_eq!(origin.application.as_deref(), Some("argocd_cart"));
        assert_eq!(origin.release.unwrap().namespace, "shop");
    }
}
