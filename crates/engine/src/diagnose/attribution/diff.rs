//! What a diff changes: lines taken out and put in, without those that only moved.

use std::collections::BTreeMap;

/// Bytes of a diff that are read: a bound on work.
pub(crate) const MOST_BYTES: usize = 64 * 1024;

/// One line of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// What it is.
    pub(crate) side: Side,
    /// Its text without the mark.
    pub(crate) text: &'a str,
    /// Whether the same text stands on the other side too: it moved.
    pub(crate) moved: bool,
}

/// Which side of a diff a line is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Both.
    Kept,
    /// Before.
    Gone,
    /// After.
    New,
    /// Neither: a heading.
    Heading,
}

/// A diff, line by line.
#[derive(Debug, Default)]
pub(crate) struct Diff<'a> {
    pub(crate) lines: Vec<Line<'a>>,
}

impl<'a> Diff<'a> {
    /// Reads a unified diff, or what is like one.
    pub(crate) fn of(text: &'a str) -> Self {
        let mut lines: Vec<Line<'a>> = shortened(text).lines().map(line).collect();
        let mut balance: BTreeMap<(&str, bool), usize> = BTreeMap::new();
        for line in &lines {
            if let Some(new) = line.side.is_new() {
                *balance.entry((bare(line.text), new)).or_default() += 1;
            }
        }
        for line in &mut lines {
            let Some(new) = line.side.is_new() else {
                continue;
            };
            if let Some(left) = balance.get_mut(&(bare(line.text), !new))
                && *left > 0
            {
                *left -= 1;
                line.moved = true;
            }
        }
        Self { lines }
    }

    /// Lines of code that were taken out.
    pub(crate) fn gone(&self) -> impl Iterator<Item = &'a str> {
        self.changed(Side::Gone)
    }

    /// Lines of code that were put in.
    pub(crate) fn new(&self) -> impl Iterator<Item = &'a str> {
        self.changed(Side::New)
    }

    fn changed(&self, side: Side) -> impl Iterator<Item = &'a str> {
        self.lines
            .iter()
            .filter(move |line| line.side == side && !line.moved)
            .map(|line| line.text)
            .filter(|text| !is_comment(text) && !text.trim().is_empty())
    }

    /// A line taken out with the line put in that took its place: the most alike, in order.
    pub(crate) fn pairs(&self) -> Vec<(&'a str, &'a str)> {
        let mut pairs = Vec::new();
        let (mut gone, mut new): (Vec<&'a str>, Vec<&'a str>) = (Vec::new(), Vec::new());
        for line in &self.lines {
            match line.side {
                Side::Gone => {
                    // What is put in between two lines taken out belongs to the first.
                    if !new.is_empty() && gone.is_empty() {
                        new.clear();
                    }
                    gone.push(line.text);
                }
                Side::New => new.push(line.text),
                Side::Kept | Side::Heading => pair(&mut gone, &mut new, &mut pairs),
            }
        }
        pair(&mut gone, &mut new, &mut pairs);
        pairs
    }
}

impl Side {
    const fn is_new(self) -> Option<bool> {
        match self {
            Self::Gone => Some(false),
            Self::New => Some(true),
            Self::Kept | Self::Heading => None,
        }
    }
}

fn shortened(text: &str) -> &str {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn line(text: &str) -> Line<'_> {
    let of = |side, text| Line {
        side,
        text,
        moved: false,
    };
    if ["+++", "---", "@@", "diff ", "index "]
        .iter()
        .any(|mark| text.starts_with(mark))
    {
        return of(Side::Heading, text);
    }
    match text.split_at_checked(1) {
        Some(("+", rest)) => of(Side::New, rest),
        Some(("-", rest)) => of(Side::Gone, rest),
        Some((" ", rest)) => of(Side::Kept, rest),
        _ => of(Side::Kept, text),
    }
}

fn bare(text: &str) -> &str {
    text.trim()
}

/// Whether the line is only said to people.
pub(crate) fn is_comment(text: &str) -> bool {
    let text = text.trim_start();
    let marks = ["//", "#", "/*", "* ", "*/", "--", "<!--", "\"\"\""];
    marks.iter().any(|mark| text.starts_with(mark)) && !text.starts_with("#include")
}

/// Pairs what is most alike, each line once.
fn pair<'a>(gone: &mut Vec<&'a str>, new: &mut Vec<&'a str>, pairs: &mut Vec<(&'a str, &'a str)>) {
    let mut free = std::mem::take(new);
    for before in std::mem::take(gone) {
        let best = free
            .iter()
            .enumerate()
            .map(|(at, after)| (alike(before, after), at))
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        if let Some((_, at)) = best.filter(|(alike, _)| *alike >= 0.5) {
            pairs.push((before, free.remove(at)));
        }
    }
}

/// The share of pieces that two lines have in common (Dice).
fn alike(a: &str, b: &str) -> f64 {
    let of = |text: &str| super::words::split(text).collect::<Vec<String>>();
    let (a, mut b) = (of(a), of(b));
    let all = (a.len() + b.len()) as f64;
    let mut same = 0.0;
    for piece in a {
        if let Some(at) = b.iter().position(|other| *other == piece) {
            b.swap_remove(at);
            same += 2.0;
        }
    }
    if all > 0.0 { same / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVED: &str = "@@ f @@\n-\tout := fetch(key)\n-\treturn out\n+\treturn s.load(key)\n+}\n+func load(key string) {\n+\tout := fetch(key)\n+\treturn out";

    #[test]
    fn what_only_moved_is_no_change() {
        let diff = Diff::of(MOVED);
        assert_eq!(diff.gone().count(), 0);
        let new: Vec<&str> = diff.new().map(str::trim).collect();
        assert_eq!(new, ["return s.load(key)", "}", "func load(key string) {"]);
    }

    #[test]
    fn a_value_that_changed_is_paired_with_what_it_was() {
        let diff = Diff::of("-  pool_size: 20\n-  other: 3\n+  pool_size: 5\n+  other: 4\n");
        assert_eq!(
            diff.pairs(),
            [
                ("  pool_size: 20", "  pool_size: 5"),
                ("  other: 3", "  other: 4")
            ]
        );
    }

    #[test]
    fn headings_and_comments_are_no_code() {
        let diff = Diff::of("--- a/x\n+++ b/x\n@@ -1 +1 @@\n+// says much\n+# too\n");
        assert_eq!(diff.new().count(), 0);
    }
}
