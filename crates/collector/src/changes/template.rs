//! Pod templates in words.

use std::collections::BTreeSet;

use fleetscope_kubernetes::{Container, Template};

/// The images of a template: `image shop/cart:1.8.1`.
pub(crate) fn images(template: &Template) -> String {
    let several = template.containers.len() > 1;
    let images: Vec<String> = template
        .containers
        .iter()
        .map(|container| {
            let image = &container.image;
            if several {
                format!("{}: image {image}", container.name)
            } else {
                format!("image {image}")
            }
        })
        .collect();
    images.join("; ")
}

/// What is new in a template: `image shop/cart:1.8.2 (was 1.8.1)`. Values of environment variables
/// are never told.
pub(crate) fn difference(before: &Template, after: &Template) -> String {
    let several = after.containers.len() > 1;
    let mut parts = Vec::new();
    for container in &after.containers {
        let old = before.containers.iter().find(|c| c.name == container.name);
        let news = match old {
            Some(old) => container_news(old, container),
            None => vec![format!("new, image {}", container.image)],
        };
        let name = &container.name;
        parts.extend(news.into_iter().map(|news| {
            if several {
                format!("{name}: {news}")
            } else {
                news
            }
        }));
    }
    for old in &before.containers {
        if !after.containers.iter().any(|c| c.name == old.name) {
            parts.push(format!("{}: removed", old.name));
        }
    }
    if before.restarted_at != after.restarted_at && after.restarted_at.is_some() {
        parts.push("restarted by hand".to_owned());
    }
    if before.annotations != after.annotations {
        parts.push("annotations of the pods changed".to_owned());
    }
    if before.rest != after.rest {
        parts.push("volumes, scheduling or other settings changed".to_owned());
    }
    if parts.is_empty() {
        // Labels of the pods, for example: nothing that changes how they run.
        return format!("{}, unchanged", images(after));
    }
    parts.join("; ")
}

fn container_news(old: &Container, new: &Container) -> Vec<String> {
    let mut news = Vec::new();
    if old.image != new.image {
        news.push(format!(
            "image {} (was {})",
            new.image,
            short(&old.image, &new.image)
        ));
    }
    let names: BTreeSet<&String> = old.resources.keys().chain(new.resources.keys()).collect();
    for name in names {
        let (was, is) = (old.resources.get(name), new.resources.get(name));
        if was != is {
            let none = || "none".to_owned();
            let (was, is) = (
                was.cloned().unwrap_or_else(none),
                is.cloned().unwrap_or_else(none),
            );
            news.push(format!("{name} {is} (was {was})"));
        }
    }
    let variables: BTreeSet<&String> = old
        .environment
        .keys()
        .chain(new.environment.keys())
        .collect();
    let changed: Vec<&str> = variables
        .into_iter()
        .filter(|name| old.environment.get(*name) != new.environment.get(*name))
        .map(String::as_str)
        .collect();
    if !changed.is_empty() {
        news.push(format!("environment changed: {}", changed.join(", ")));
    }
    if old.command != new.command {
        news.push("command or arguments changed".to_owned());
    }
    news
}

/// The old image, or only its tag or digest where the repository is the same.
fn short<'i>(old: &'i str, new: &str) -> &'i str {
    let (repository, tag) = split(old);
    match tag {
        Some(tag) if repository == split(new).0 => tag,
        _ => old,
    }
}

/// Repository, and tag or digest. The colon of a registry's port is no tag's.
fn split(image: &str) -> (&str, Option<&str>) {
    if let Some((repository, digest)) = image.split_once('@') {
        return (repository, Some(digest));
    }
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (image, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(name: &str, image: &str) -> Container {
        Container {
            name: name.to_owned(),
            image: image.to_owned(),
            resources: [("limits.memory".to_owned(), "512Mi".to_owned())].into(),
            environment: [("MODE".to_owned(), 1)].into(),
            command: 1,
        }
    }

    fn template(containers: Vec<Container>) -> Template {
        Template {
            containers,
            ..Template::default()
        }
    }

    #[test]
    fn a_new_tag_is_told_with_the_old_one() {
        let before = template(vec![container("app", "registry:5000/shop/cart:1.8.1")]);
        let after = template(vec![container("app", "registry:5000/shop/cart:1.8.2")]);
        assert_eq!(
            difference(&before, &after),
            "image registry:5000/shop/cart:1.8.2 (was 1.8.1)"
        );
        let moved = template(vec![container("app", "other/cart:1.8.2")]);
        assert_eq!(
            difference(&before, &moved),
            "image other/cart:1.8.2 (was registry:5000/shop/cart:1.8.1)"
        );
    }

    #[test]
    fn limits_environment_and_containers_are_told_without_values() {
        let before = template(vec![container("app", "a:1"), container("old", "b:1")]);
        let mut changed = container("app", "a:1");
        changed.resources = [("limits.memory".to_owned(), "256Mi".to_owned())].into();
        changed.environment = [("MODE".to_owned(), 2), ("NEW".to_owned(), 3)].into();
        changed.command = 2;
        let after = template(vec![changed, container("proxy", "c:1")]);
        assert_eq!(
            difference(&before, &after),
            "app: limits.memory 256Mi (was 512Mi); app: environment changed: MODE, NEW; \
             app: command or arguments changed; proxy: new, image c:1; old: removed"
        );
    }

    #[test]
    fn a_restart_by_hand_is_told_as_one() {
        let before = template(vec![container("app", "a:1")]);
        let mut after = before.clone();
        after.restarted_at = Some("2026-11-22T09:00:00Z".to_owned());
        assert_eq!(difference(&before, &after), "restarted by hand");
        assert_eq!(difference(&before, &before), "image a:1, unchanged");
    }
}
