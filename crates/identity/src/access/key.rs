//! Under which key an answer is remembered.

use aws_lc_rs::digest::{Context, SHA256};
use fleetscope_model::{ClusterId, Question};

/// A digest of who is asked (none for the hub) and of the whole question. Each part is written
/// with its length before it, so that no two questions are written alike.
pub(super) fn of(asked: Option<ClusterId>, question: &Question) -> [u8; 32] {
    let mut writer = Writer(Context::new(&SHA256));
    match asked {
        Some(cluster) => writer.text(&cluster.to_string()),
        None => writer.text(""),
    }
    writer.text(&question.user);
    writer.count(usize::from(question.uid.is_some()));
    writer.text(question.uid.as_deref().unwrap_or_default());
    writer.texts(&question.groups);
    writer.count(question.extra.len());
    for (name, values) in &question.extra {
        writer.text(name);
        writer.texts(values);
    }
    let action = &question.action;
    for part in [
        action.group,
        action.resource,
        action.subresource,
        action.verb,
        &action.name,
        &action.namespace,
    ] {
        writer.text(part);
    }
    let mut key = [0; 32];
    key.copy_from_slice(writer.0.finish().as_ref());
    key
}

struct Writer(Context);

impl Writer {
    fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    fn texts(&mut self, texts: &[String]) {
        self.count(texts.len());
        for text in texts {
            self.text(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use fleetscope_model::Action;
    use uuid::Uuid;

    use super::*;

    fn question() -> Question {
        Question {
            user: "alice".to_owned(),
            uid: None,
            groups: vec!["a".to_owned(), "b".to_owned()],
            extra: BTreeMap::new(),
            action: Action {
                resource: "pods",
                verb: "get",
                ..Action::default()
            },
        }
    }

    #[test]
    fn whatever_differs_in_a_question_makes_another_key() {
        let scopes = |value: &str| BTreeMap::from([("scopes".to_owned(), vec![value.to_owned()])]);
        let changes: [fn(&mut Question); 9] = [
            |_| {},
            |q| "bob".clone_into(&mut q.user),
            |q| q.uid = Some(String::new()),
            |q| q.groups = vec!["ab".to_owned()],
            |q| q.groups = vec!["a".to_owned()],
            |q| q.action.subresource = "log",
            |q| q.action.verb = "list",
            |q| "shop".clone_into(&mut q.action.namespace),
            |q| "shop".clone_into(&mut q.action.name),
        ];
        let mut keys = BTreeSet::new();
        for change in changes {
            let mut changed = question();
            change(&mut changed);
            assert!(keys.insert(of(None, &changed)), "{changed:?}");
        }
        for value in ["user:info", "user:full"] {
            let mut scoped = question();
            scoped.extra = scopes(value);
            assert!(keys.insert(of(None, &scoped)));
        }
        for number in [1, 2] {
            let cluster = ClusterId::new(Uuid::from_u128(number));
            assert!(keys.insert(of(Some(cluster), &question())));
        }
    }
}
