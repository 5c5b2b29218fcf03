//! The tree of fixed depth: by the number of words, by the first words, then by similarity.

use std::collections::BTreeMap;

use super::VARIES;

/// Words that lead through the tree. Drain's depth is 4, of which the root and the number of words
/// are two.
const DEPTH: usize = 2;

/// Words that lead on from one node; all others share one way.
const MOST_CHILDREN: usize = 100;

/// Drain's `st`: from this share of equal words on, lines are the same. 0.4 to 0.5 do best in the
/// paper's table; the higher keeps different errors apart.
const SIMILAR: f64 = 0.5;

/// Templates, by number.
pub(super) struct Tree {
    templates: Vec<Vec<String>>,
    most: usize,
    /// By number of words.
    roots: BTreeMap<usize, Node>,
}

#[derive(Default)]
struct Node {
    children: BTreeMap<String, Node>,
    /// Templates of the lines that end here.
    here: Vec<usize>,
}

impl Tree {
    pub(super) fn new(most: usize) -> Self {
        Self {
            templates: Vec::new(),
            most,
            roots: BTreeMap::new(),
        }
    }

    /// The template that a line joins, or a new one; none where there may be no more.
    pub(super) fn join(&mut self, words: Vec<String>) -> Option<usize> {
        let mut node = self.roots.entry(words.len()).or_default();
        for word in words.iter().take(DEPTH) {
            node = node.child(word);
        }
        let best = node
            .here
            .iter()
            .map(|&group| (similarity(&self.templates[group], &words), group))
            .filter(|((similar, _), _)| *similar >= SIMILAR)
            .max_by(|(a, _), (b, _)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        if let Some((_, group)) = best {
            generalise(&mut self.templates[group], &words);
            return Some(group);
        }
        if self.templates.len() >= self.most {
            return None;
        }
        let group = self.templates.len();
        self.templates.push(words);
        node.here.push(group);
        Some(group)
    }

    /// The text of a template.
    pub(super) fn template(&self, group: usize) -> String {
        self.templates[group].join(" ")
    }
}

impl Node {
    fn child(&mut self, word: &str) -> &mut Self {
        let known = self.children.contains_key(word);
        let varies = word.contains(VARIES) || (!known && self.children.len() >= MOST_CHILDREN);
        let way = if varies { VARIES } else { word };
        self.children.entry(way.to_owned()).or_default()
    }
}

/// The share of equal words; and, where that is the same, how much of the template varies: the
/// more general one takes the line.
fn similarity(template: &[String], words: &[String]) -> (f64, usize) {
    let equal = template.iter().zip(words).filter(|(a, b)| a == b).count();
    let varies = template.iter().filter(|word| *word == VARIES).count();
    (equal as f64 / words.len() as f64, varies)
}

fn generalise(template: &mut [String], words: &[String]) {
    for (ours, theirs) in template.iter_mut().zip(words) {
        if ours != theirs {
            VARIES.clone_into(ours);
        }
    }
}
