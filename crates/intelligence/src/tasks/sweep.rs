//! Removing report texts that no report names.

use fleetscope_model::Fault;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::TaskReport;
use crate::reports::PREFIX;
use crate::{Intelligence, Result};

/// A text younger than this may belong to a report that is just being written.
const OLD_ENOUGH: SignedDuration = SignedDuration::from_hours(1);

/// Keys asked for at a time.
const AT_ONCE: usize = 1_000;

/// What the name of a text may go on with: the characters of a UUID.
const NEXT: &str = "0123456789abcdef-";

/// Removes texts that were left over when writing or removing a report was interrupted.
#[derive(Debug)]
pub struct Sweep {
    intelligence: Intelligence,
}

impl Sweep {
    /// The task over the service.
    pub const fn new(intelligence: Intelligence) -> Self {
        Self { intelligence }
    }

    /// Looks at every text once and removes the orphans.
    pub async fn activate(&self) -> TaskReport {
        let mut removed = 0;
        match self.sweep(&mut removed).await {
            Ok(()) => TaskReport {
                summary: format!("{removed} orphaned report texts removed"),
                did: removed,
            },
            Err(error) => {
                tracing::warn!(%error, "could not sweep report texts");
                TaskReport {
                    summary: format!(
                        "{removed} orphaned report texts removed, then: {}",
                        error.message()
                    ),
                    did: removed,
                }
            }
        }
    }

    /// The store lists so many keys of a prefix and no more, so a prefix with more of them is gone
    /// through by its longer prefixes.
    async fn sweep(&self, removed: &mut u32) -> Result<()> {
        let mut prefixes = vec![PREFIX.to_owned()];
        while let Some(prefix) = prefixes.pop() {
            let objects = &self.intelligence.store.objects;
            let keys = objects.list(&prefix, AT_ONCE).await?;
            if keys.len() < AT_ONCE {
                self.remove_orphans(keys, removed).await?;
            } else {
                prefixes.extend(NEXT.chars().map(|next| format!("{prefix}{next}")));
            }
        }
        Ok(())
    }

    async fn remove_orphans(&self, keys: Vec<String>, removed: &mut u32) -> Result<()> {
        let now = self.intelligence.clock.now();
        let old: Vec<String> = keys.into_iter().filter(|key| is_old(key, now)).collect();
        if old.is_empty() {
            return Ok(());
        }
        let known = self.intelligence.store.reports.known_objects(&old).await?;
        for key in old.iter().filter(|key| !known.contains(key)) {
            self.intelligence.store.objects.delete(key).await?;
            *removed += 1;
        }
        Ok(())
    }
}

/// Whether the text was written long enough ago, by the time in the report's id. What is not named
/// by such an id is not ours and stays.
fn is_old(key: &str, now: Timestamp) -> bool {
    let name = key
        .strip_prefix(PREFIX)
        .and_then(|name| name.split('.').next());
    let written = name
        .and_then(|name| Uuid::try_parse(name).ok())
        .and_then(|id| id.get_timestamp())
        .and_then(|at| {
            let (seconds, nanos) = at.to_unix();
            Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?).ok()
        });
    written.is_some_and(|written| now.duration_since(written) > OLD_ENOUGH)
}

#[cfg(test)]
mod tests {
    use fleetscope_ports::{IdSource, SeededIds};

    use super::*;

    #[test]
    fn the_age_of_a_text_is_read_from_its_id() {
        let then = Timestamp::from_second(1_800_000_000).unwrap();
        let key = format!("reports/{}.md", SeededIds::new(1).next(then));
        let after = |minutes| {
            then.checked_add(SignedDuration::from_mins(minutes))
                .unwrap()
        };
        assert!(!is_old(&key, after(59)));
        assert!(is_old(&key, after(61)));
        assert!(!is_old("reports/notes.md", after(61)));
        assert!(!is_old(
            "reports/00000000-0000-4000-8000-000000000000.md",
            after(61)
        ));
    }
}
