//! Who is whose parent.

use std::collections::HashMap;

use fleetscope_model::{Span, SpanId, SpanKind};

/// How spans hang together, by their index.
pub(super) struct Links {
    /// By their start.
    pub(super) children: Vec<Vec<usize>>,
    /// Parents before children, and after each span all below it.
    pub(super) order: Vec<usize>,
    pub(super) depth: Vec<u32>,
    /// Named a parent that is not there.
    pub(super) orphans: Vec<bool>,
    /// Nanoseconds by which a span began before its parent did.
    pub(super) early: Vec<i64>,
    /// The span that the trace began with: the first of those that name no parent or, where there
    /// is none, of the orphans.
    pub(super) root: Option<usize>,
}

impl Links {
    pub(super) fn of(spans: &[Span]) -> Self {
        let mut by_start: Vec<usize> = (0..spans.len()).collect();
        by_start.sort_by_key(|&at| (spans[at].start_ns, spans[at].id, spans[at].kind));
        let parents = parents(spans);
        let mut links = Self {
            children: vec![Vec::new(); spans.len()],
            order: Vec::with_capacity(spans.len()),
            depth: vec![0; spans.len()],
            orphans: vec![false; spans.len()],
            early: vec![0; spans.len()],
            root: None,
        };
        for &at in &by_start {
            match parents[at] {
                Some(parent) => links.children[parent].push(at),
                None => links.orphans[at] = spans[at].parent.is_some(),
            }
        }
        let tops = by_start.iter().copied().filter(|&at| parents[at].is_none());
        let tops: Vec<usize> = tops.collect();
        let whole = tops.iter().copied().find(|&at| !links.orphans[at]);
        links.root = whole.or(tops.first().copied());
        let mut placed = vec![false; spans.len()];
        for top in tops {
            links.place(top, &mut placed);
        }
        // Whoever is left names, in the end, itself.
        for at in by_start {
            if !placed[at] {
                links.cut(at, parents[at]);
                links.root = links.root.or(Some(at));
                links.place(at, &mut placed);
            }
        }
        for (parent, children) in links.children.iter().enumerate() {
            for &child in children {
                let early = spans[parent].start_ns - spans[child].start_ns;
                links.early[child] = early.max(0);
            }
        }
        links
    }

    /// Makes the first of a circle an orphan.
    fn cut(&mut self, at: usize, parent: Option<usize>) {
        self.orphans[at] = true;
        if let Some(parent) = parent {
            self.children[parent].retain(|&child| child != at);
        }
    }

    /// Puts a span and all below it in order, without a call for each level.
    fn place(&mut self, top: usize, placed: &mut [bool]) {
        let mut waiting = vec![(top, 0)];
        while let Some((at, depth)) = waiting.pop() {
            placed[at] = true;
            self.depth[at] = depth;
            self.order.push(at);
            let below = self.children[at].iter().rev();
            waiting.extend(below.map(|&child| (child, depth + 1)));
        }
    }
}

/// The parent of each span. Zipkin's clients and servers share one id: there the server is the
/// client's child, and what the id's children name is the server.
fn parents(spans: &[Span]) -> Vec<Option<usize>> {
    let mut by_id: HashMap<SpanId, Vec<usize>> = HashMap::new();
    for (at, span) in spans.iter().enumerate() {
        by_id.entry(span.id).or_default().push(at);
    }
    let serves = |at: usize| matches!(spans[at].kind, SpanKind::Server | SpanKind::Consumer);
    let parent = |(at, span): (usize, &Span)| {
        let twins = by_id.get(&span.id).map_or(&[][..], Vec::as_slice);
        let caller = twins
            .iter()
            .copied()
            .find(|&twin| twin != at && !serves(twin));
        if serves(at) && caller.is_some() {
            return caller;
        }
        let above = by_id.get(&span.parent?)?.iter().copied();
        let above: Vec<usize> = above.filter(|&above| above != at).collect();
        let server = above.iter().copied().find(|&above| serves(above));
        server.or(above.first().copied())
    };
    spans.iter().enumerate().map(parent).collect()
}
