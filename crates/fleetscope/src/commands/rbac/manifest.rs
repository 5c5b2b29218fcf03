//! The manifests: one cluster role for what holds everywhere, and a role in each namespace in which
//! something more is needed. Every text in them is a DNS label or stands in the table of needs, so
//! that none needs quoting but the empty group.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fleetscope_model::{Ability, NEEDS, Need};

pub(super) fn yaml(wanted: &[Ability], namespace: &str, name: &str) -> String {
    let needs: Vec<&Need> = NEEDS
        .iter()
        .filter(|need| wanted.contains(&need.ability))
        .collect();
    let abilities: Vec<&str> = wanted.iter().map(|ability| ability.as_str()).collect();
    let mut text = format!(
        "# What Fleetscope needs on a cluster for: {}.\n# Reads, questions about rights, and a few \
         commands in pods of operators; nothing that changes\n# the cluster.\n",
        abilities.join(", ")
    );
    let _ = write!(
        text,
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {namespace}\n---\n\
         apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n  namespace: {namespace}\n"
    );
    let mut places: BTreeMap<&str, Vec<&Need>> = BTreeMap::new();
    for need in needs {
        places.entry(need.namespace).or_default().push(need);
    }
    for (place, needs) in places {
        role(&mut text, place, name, &needs);
        binding(&mut text, place, namespace, name);
    }
    text
}

/// The role's kind: of the whole cluster where no namespace is named.
const fn kind(place: &str) -> &'static str {
    if place.is_empty() {
        "ClusterRole"
    } else {
        "Role"
    }
}

fn head(text: &mut String, kind: &str, place: &str, name: &str) {
    let _ = write!(
        text,
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: {name}\n"
    );
    if !place.is_empty() {
        let _ = writeln!(text, "  namespace: {place}");
    }
}

fn role(text: &mut String, place: &str, name: &str, needs: &[&Need]) {
    head(text, kind(place), place, name);
    text.push_str("rules:\n");
    for need in needs {
        let group = if need.group.is_empty() {
            "\"\""
        } else {
            need.group
        };
        let _ = writeln!(text, "- apiGroups: [{group}] # {}", need.ability.as_str());
        let _ = writeln!(text, "  resources: [{}]", need.resources.join(", "));
        if !need.name.is_empty() {
            let _ = writeln!(text, "  resourceNames: [{}]", need.name);
        }
        let _ = writeln!(text, "  verbs: [{}]", need.verbs.join(", "));
    }
}

fn binding(text: &mut String, place: &str, namespace: &str, name: &str) {
    let role = kind(place);
    head(text, &format!("{role}Binding"), place, name);
    let _ = write!(
        text,
        "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {role}\n  name: {name}\n\
         subjects:\n- kind: ServiceAccount\n  name: {name}\n  namespace: {namespace}\n"
    );
}
