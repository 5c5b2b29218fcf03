//! One query written in the ways in which it is asked.
//!
//! Each is written as somebody writes it, and with `cluster` in every grouping and matching that
//! keeps it unsaid, as one server has to be asked. Where the best are picked inside of it, which of
//! equal ones is nobody's to say, and what stands around the pick may show it. So beside it stand
//! what finds such equals, and the same query with all of the equal ones picked, which is sure.

/// A query as it is written, and as one server is asked that holds all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) plain: String,
    pub(crate) kept: String,
}

/// One query in all its ways.
#[derive(Debug, Clone)]
pub(crate) struct Both {
    pub(crate) asked: Asked,
    /// The same with all of the equal ones where some of them are picked inside.
    pub(crate) sure: Asked,
    /// What gives something, on one server that holds all, where equal ones are picked from: one
    /// for each pick inside.
    pub(crate) equals: Vec<String>,
}

impl Both {
    pub(crate) fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::two(text.clone(), text)
    }

    pub(crate) fn two(plain: String, kept: String) -> Self {
        let asked = Asked { plain, kept };
        Self {
            sure: asked.clone(),
            asked,
            equals: Vec::new(),
        }
    }

    pub(crate) fn map(&self, write: impl Fn(&str) -> String) -> Self {
        self.each(&write, &write)
    }

    pub(crate) fn each(
        &self,
        plain: impl Fn(&str) -> String,
        kept: impl Fn(&str) -> String,
    ) -> Self {
        let written = |asked: &Asked| Asked {
            plain: plain(&asked.plain),
            kept: kept(&asked.kept),
        };
        Self {
            asked: written(&self.asked),
            sure: written(&self.sure),
            equals: self.equals.clone(),
        }
    }

    pub(crate) fn join(&self, other: &Self, write: impl Fn(&str, &str) -> String) -> Self {
        self.pair(other, &write, &write)
    }

    pub(crate) fn pair(
        &self,
        other: &Self,
        plain: impl Fn(&str, &str) -> String,
        kept: impl Fn(&str, &str) -> String,
    ) -> Self {
        let written = |one: &Asked, two: &Asked| Asked {
            plain: plain(&one.plain, &two.plain),
            kept: kept(&one.kept, &two.kept),
        };
        Self {
            asked: written(&self.asked, &other.asked),
            sure: written(&self.sure, &other.sure),
            equals: [self.equals.as_slice(), &other.equals].concat(),
        }
    }

    /// The same at whose instants equals are looked for in another way.
    pub(crate) fn found(mut self, write: impl Fn(&str) -> String) -> Self {
        for equals in &mut self.equals {
            *equals = write(equals);
        }
        self
    }

    /// The largest of each group, picked inside a query: grouped as it is written and as it is meant.
    pub(crate) fn picked(&self, [plain, kept]: &[Grouping; 2], count: usize) -> Self {
        let pick = |group: &Grouping, inner: &str| {
            let group = &group.text;
            format!("(topk {group} ({count}, {inner})) * 1")
        };
        let all = |group: &Grouping, inner: &str| {
            let all = group.picked_with_equals("topk", count, inner);
            format!("({all}) * 1")
        };
        let mut equals = self.equals.clone();
        // Where the picks further inside are not sure, theirs is asked for first.
        equals.push(kept.equals("topk", count, &self.sure.kept));
        Self {
            asked: Asked {
                plain: pick(plain, &self.asked.plain),
                kept: pick(kept, &self.asked.kept),
            },
            sure: Asked {
                plain: all(plain, &self.sure.plain),
                kept: all(kept, &self.sure.kept),
            },
            equals,
        }
    }
}

/// A grouping, and how to match what it groups with its groups.
#[derive(Debug, Clone)]
pub(crate) struct Grouping {
    text: String,
    matching: String,
}

/// How far equal ones may lie apart: they may have been added up in another order.
const NEAR: &str = "1e-6";

impl Grouping {
    /// `by (…)`, `without (…)` or nothing.
    pub(crate) fn read(text: &str) -> Self {
        let matching = match text {
            "" => "on ()".to_owned(),
            text => text.replace("by", "on").replace("without", "ignoring"),
        };
        Self {
            text: text.to_owned(),
            matching,
        }
    }

    /// Those of a vector that are as good as the last one picked of their group.
    fn picked_with_equals(&self, op: &str, count: usize, inner: &str) -> String {
        let Self { text, matching } = self;
        let (compare, last) = match op {
            "topk" => (
                ">=",
                format!("min {text} (topk {text} ({count}, {inner})) - {NEAR}"),
            ),
            _ => (
                "<=",
                format!("max {text} (bottomk {text} ({count}, {inner})) + {NEAR}"),
            ),
        };
        format!("({inner}) {compare} {matching} group_left () ({last})")
    }

    /// What gives something where more are as good as the last one picked than there is room for,
    /// or where NaN, of which none is better than another, has to fill the room.
    pub(crate) fn equals(&self, op: &str, count: usize, inner: &str) -> String {
        let text = &self.text;
        let all = self.picked_with_equals(op, count, inner);
        format!(
            "(count {text} ({all}) > {count}) or (count {text} ({inner}) > {count} unless \
             count {text} (({inner}) >= -Inf) >= {count})"
        )
    }
}
