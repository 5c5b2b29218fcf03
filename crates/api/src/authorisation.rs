//! The page about who may do what, rendered from the table of routes.

use std::fmt::Write as _;

use fleetscope_model::ClusterVerb;

use crate::table::{Route, TABLE};

const BEFORE: &str = include_str!("authorisation/before.md");

/// `docs/authorisation.md`: the rules in words, and the table of routes.
pub fn authorisation() -> String {
    let mut page = BEFORE.to_owned();
    page.push_str("\n## Every route\n\n");
    page.push_str("| method | path | served by | permission | role | on each cluster |\n");
    page.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for route in TABLE {
        row(&mut page, route);
    }
    page
}

fn row(page: &mut String, route: &Route) {
    let permission = route.permission.map_or("none: anybody", |p| p.as_str());
    let role = route.permission.map_or("", |p| p.least_role().as_str());
    let verb = route.on_clusters().map_or("", ClusterVerb::as_str);
    let Route {
        method,
        path,
        role: by,
        ..
    } = route;
    // Writing to a string can't fail.
    let _ = writeln!(
        page,
        "| {method} | `{path}` | {by} | {permission} | {role} | {verb} |"
    );
}

#[cfg(test)]
mod tests {
    use fleetscope_model::{AccessRole, Aspect};

    use super::*;

    #[test]
    fn the_words_name_every_role_verb_and_kind_of_telemetry() {
        for verb in ClusterVerb::ALL {
            assert!(BEFORE.contains(&format!("`{}`", verb.as_str())), "{verb:?}");
        }
        for role in [AccessRole::Viewer, AccessRole::Operator, AccessRole::Admin] {
            assert!(BEFORE.contains(role.as_str()), "{role:?}");
        }
        for aspect in Aspect::ALL {
            assert!(BEFORE.contains(aspect.title()), "{aspect:?}");
        }
    }
}
