//! The causal graph of an investigation: as a tree for people, as DOT or Mermaid for what draws it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use fleetscope_client::wire::{CausalEdge, CausalGraph, CausalNode, Entity};
use uuid::Uuid;

use super::{clock, entity};

/// Edges of a tree that are told; the rest is in the drawing and the JSON.
const MOST_LINES: usize = 60;
/// An edge that is weaker than this beside a stronger one back is not part of the tree.
const LEAST: f64 = 0.35;

/// Names of clusters, where there are several.
pub(crate) struct Names<'a>(pub(crate) &'a BTreeMap<Uuid, String>);

impl Names<'_> {
    fn of(&self, of: &Entity) -> String {
        match self.0.get(&of.cluster) {
            Some(cluster) if self.0.len() > 1 => format!("{} ({cluster})", entity(of)),
            _ => entity(of),
        }
    }
}

/// From the causes down to what they trouble, each thing once, the strongest edge to it first.
pub(crate) fn tree(graph: &CausalGraph, names: &Names<'_>) -> String {
    if graph.nodes.is_empty() {
        return "Nothing stands out that hangs together with what is felt.".to_owned();
    }
    let mut text = String::new();
    let mut told = BTreeSet::new();
    let order = |node: &&CausalNode| (rank(&node.part), node.onset);
    let mut roots: Vec<&CausalNode> = graph.nodes.iter().collect();
    roots.sort_by_key(order);
    for root in roots {
        if told.insert(&root.entity) {
            let _ = writeln!(text, "{}", line(root, names));
            branch(graph, names, (&root.entity, 1), &mut told, &mut text);
        }
    }
    text.trim_end().to_owned()
}

fn rank(part: &str) -> u8 {
    match part {
        "cause" => 0,
        "suspect" => 1,
        "symptom" => 2,
        "affected" => 3,
        _ => 4,
    }
}

fn line(node: &CausalNode, names: &Names<'_>) -> String {
    format!(
        "{} [{}, {}, since {}]",
        names.of(&node.entity),
        node.part,
        format!("{:?}", node.severity).to_lowercase(),
        clock(node.onset),
    )
}

fn branch<'g>(
    graph: &'g CausalGraph,
    names: &Names<'_>,
    (from, depth): (&'g Entity, usize),
    told: &mut BTreeSet<&'g Entity>,
    text: &mut String,
) {
    let outward = graph
        .edges
        .iter()
        .filter(|e| e.from == *from && e.strength >= LEAST);
    for edge in outward {
        if told.len() > MOST_LINES || told.contains(&edge.to) || is_backward(graph, edge) {
            continue;
        }
        let Some(node) = graph.nodes.iter().find(|node| node.entity == edge.to) else {
            continue;
        };
        told.insert(&edge.to);
        let indent = "  ".repeat(depth);
        let _ = writeln!(text, "{indent}→ {}  {}", line(node, names), label(edge));
        branch(graph, names, (&edge.to, depth + 1), told, text);
    }
}

/// Whether the edge the other way is the stronger one.
fn is_backward(graph: &CausalGraph, edge: &CausalEdge) -> bool {
    let back = graph
        .edges
        .iter()
        .find(|other| other.from == edge.to && other.to == edge.from);
    back.is_some_and(|back| back.strength > edge.strength)
}

/// `calls, +, 2 min, 0.90, r² 0.31`.
fn label(edge: &CausalEdge) -> String {
    let sign = if edge.same_sign { '+' } else { '−' };
    let mut text = format!(
        "{}, {sign}, {:+.0} s, {:.2}",
        edge.relation.replace('_', " "),
        edge.lag_seconds,
        edge.strength
    );
    if let Some(association) = edge.association.as_ref().filter(|a| a.confirmed) {
        let _ = write!(text, ", r² {:.2}", association.partial_r2);
    }
    text
}

/// For Graphviz.
pub(crate) fn dot(graph: &CausalGraph, names: &Names<'_>) -> String {
    let mut text =
        "digraph causes {\n  rankdir=LR;\n  node [shape=box, style=filled, fillcolor=white];\n"
            .to_owned();
    for (number, node) in graph.nodes.iter().enumerate() {
        let label = format!(
            "{}\\n{} since {}",
            quoted(&names.of(&node.entity)),
            node.part,
            clock(node.onset)
        );
        let color = match node.part.as_str() {
            "cause" => "salmon",
            "suspect" => "khaki",
            "symptom" => "lightblue",
            _ => "white",
        };
        let _ = writeln!(text, "  n{number} [label=\"{label}\", fillcolor={color}];");
    }
    for (from, to, edge) in numbered(graph) {
        let style = match (edge.relation.as_str(), edge.association.as_ref()) {
            ("statistical", _) => "dashed",
            (_, Some(association)) if association.confirmed => "bold",
            _ => "solid",
        };
        let _ = writeln!(
            text,
            "  n{from} -> n{to} [label=\"{}\", style={style}, penwidth={:.1}];",
            quoted(&label(edge)),
            0.5 + 2.5 * edge.strength
        );
    }
    text + "}"
}

/// For Markdown that draws Mermaid.
pub(crate) fn mermaid(graph: &CausalGraph, names: &Names<'_>) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (number, node) in graph.nodes.iter().enumerate() {
        let name = plain(&names.of(&node.entity));
        let _ = writeln!(
            text,
            "  n{number}[\"{name}<br/>{} since {}\"]:::{}",
            node.part,
            clock(node.onset),
            node.part
        );
    }
    for (from, to, edge) in numbered(graph) {
        let arrow = if edge.relation == "statistical" {
            "-.->"
        } else {
            "-->"
        };
        let _ = writeln!(text, "  n{from} {arrow}|\"{}\"| n{to}", plain(&label(edge)));
    }
    text + "  classDef cause fill:#fa8072\n  classDef suspect fill:#f0e68c\n  classDef symptom fill:#add8e6"
}

fn numbered(graph: &CausalGraph) -> impl Iterator<Item = (usize, usize, &CausalEdge)> {
    let number: BTreeMap<&Entity, usize> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(number, node)| (&node.entity, number))
        .collect();
    graph
        .edges
        .iter()
        .filter(|edge| edge.strength >= LEAST || edge.relation == "statistical")
        .filter_map(move |edge| Some((*number.get(&edge.from)?, *number.get(&edge.to)?, edge)))
}

/// Inside DOT's double quotes.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', " ")
}

/// Inside Mermaid's double quotes, where nothing can be escaped but by entities.
fn plain(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            '"' => "#quot;".chars().collect::<Vec<char>>(),
            '<' => "#lt;".chars().collect(),
            '>' => "#gt;".chars().collect(),
            '#' => "#35;".chars().collect(),
            '\n' | '\r' | '|' => vec![' '],
            c => vec![c],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use fleetscope_client::wire::Severity;

    use super::*;

    fn thing(name: &str) -> Entity {
        Entity {
            cluster: Uuid::nil(),
            kind: "workload".to_owned(),
            namespace: Some("shop".to_owned()),
            name: name.to_owned(),
        }
    }

    fn node(name: &str, part: &str) -> CausalNode {
        CausalNode {
            entity: thing(name),
            onset: "2026-03-02T11:41:00Z".parse().unwrap(),
            onset_within_seconds: 60.0,
            severity: Severity::High,
            part: part.to_owned(),
            evidence: Vec::new(),
        }
    }

    fn edge(from: &str, to: &str, strength: f64) -> CausalEdge {
        CausalEdge {
            from: thing(from),
            to: thing(to),
            relation: "calls".to_owned(),
            same_sign: true,
            lag_seconds: 60.0,
            strength,
            reason: String::new(),
            evidence: Vec::new(),
            association: None,
        }
    }

    /// The cause, its victim and the victim's victim, with an edge back.
    fn graph() -> CausalGraph {
        CausalGraph {
            nodes: vec![
                node("search", "symptom"),
                node("front", "symptom"),
                node("records", "cause"),
            ],
            edges: vec![
                edge("records", "search", 0.9),
                edge("search", "front", 0.8),
                edge("search", "records", 0.5),
            ],
        }
    }

    #[test]
    fn a_tree_leads_from_the_cause_to_each_thing_once() {
        let text = tree(&graph(), &Names(&BTreeMap::new()));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(
            lines[0].starts_with("workload shop/records [cause"),
            "{text}"
        );
        assert!(lines[1].starts_with("  → workload shop/search"), "{text}");
        assert!(lines[2].starts_with("    → workload shop/front"), "{text}");
        assert!(lines[1].ends_with("calls, +, +60 s, 0.90"), "{text}");
    }

    #[test]
    fn names_end_no_quotes() {
        let mut graph = graph();
        for node in &mut graph.nodes {
            node.entity.name = "a\"]; evil[\"<b>|#".to_owned();
        }
        let dot = dot(&graph, &Names(&BTreeMap::new()));
        assert!(dot.contains("a\\\"]; evil[\\\"<b>|#"), "{dot}");
        let mermaid = mermaid(&graph, &Names(&BTreeMap::new()));
        assert!(
            mermaid.contains("a#quot;]; evil[#quot;#lt;b#gt; #35;"),
            "{mermaid}"
        );
    }
}
