//! The critical path: what the root's length is made of. From the root's end backwards, the last
//! child that had ended held it up until then; between children it held itself up. This is how
//! Jaeger's critical path goes, and Uber's CRISP (USENIX ATC 2022) before it.

use fleetscope_model::Span;

use super::links::Links;

/// A stretch that one span is to blame for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) index: usize,
    pub(super) start: i64,
    pub(super) end: i64,
}

/// A span that is gone through from its end to its start.
struct Frame {
    index: usize,
    start: i64,
    end: i64,
    /// What lies after it is done.
    until: i64,
    /// Children by their end, the last one last.
    children: Vec<usize>,
}

impl Frame {
    fn of(index: usize, start: i64, until: i64, spans: &[Span], links: &Links) -> Self {
        let mut children = links.children[index].clone();
        children.sort_by_key(|&child| (spans[child].end_ns.min(until), spans[child].start_ns));
        Self {
            index,
            start,
            end: until,
            until,
            children,
        }
    }
}

/// The steps from the root's start to its end: each begins where the one before ends.
pub(super) fn path(spans: &[Span], links: &Links) -> Vec<Step> {
    let Some(root) = links.root else {
        return Vec::new();
    };
    let mut steps = Vec::new();
    let (start, end) = (spans[root].start_ns, spans[root].end_ns);
    let mut frames = vec![Frame::of(root, start, end, spans, links)];
    while let Some(frame) = frames.last_mut() {
        let Some(child) = frame.children.pop() else {
            push(&mut steps, frame.index, frame.start, frame.until);
            frames.pop();
            continue;
        };
        // A child may go on after its parent has answered.
        let ended = spans[child].end_ns.min(frame.end);
        let began = spans[child].start_ns.max(frame.start);
        // One that went on after what came later had begun held nobody up.
        if ended > frame.until || ended <= frame.start || began >= ended {
            continue;
        }
        push(&mut steps, frame.index, ended, frame.until);
        frame.until = began;
        frames.push(Frame::of(child, began, ended, spans, links));
    }
    steps.reverse();
    steps
}

fn push(steps: &mut Vec<Step>, index: usize, start: i64, end: i64) {
    if end > start {
        steps.push(Step { index, start, end });
    }
}
