//! The query of a list or a watch.

use std::time::Duration;

use url::form_urlencoded;

use super::negotiate::IncludeObject;
use super::status::Refusal;

/// The parameter that most rules are about.
const MATCH: &str = "resourceVersionMatch";

/// What the query parameters ask for, checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListOptions {
    pub(crate) label_selector: String,
    pub(crate) field_selector: String,
    pub(crate) limit: Option<usize>,
    pub(crate) resume: Option<String>,
    pub(crate) version: AskedVersion,
    pub(crate) version_match: Option<VersionMatch>,
    pub(crate) watch: bool,
    pub(crate) bookmarks: bool,
    pub(crate) initial_events: Option<bool>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) include_object: IncludeObject,
}

/// The `resourceVersion` asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum AskedVersion {
    /// Absent or empty: the latest.
    #[default]
    Latest,
    /// `0`: any that is at hand.
    Any,
    At(u64),
}

/// The `resourceVersionMatch` asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionMatch {
    Exact,
    NotOlderThan,
}

impl ListOptions {
    /// Reads and checks a query. Unknown parameters are ignored, as a real server does.
    pub(crate) fn parse(query: &str) -> Result<Self, Refusal> {
        let mut options = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            options.set(&name, &value)?;
        }
        options.check()?;
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        match name {
            "labelSelector" => value.clone_into(&mut self.label_selector),
            "fieldSelector" => value.clone_into(&mut self.field_selector),
            "limit" => self.limit = usize::try_from(integer(value)?).ok().filter(|&n| n > 0),
            "continue" => self.resume = Some(value.to_owned()).filter(|token| !token.is_empty()),
            "resourceVersion" => self.version = AskedVersion::parse(value)?,
            MATCH => self.version_match = VersionMatch::parse(value)?,
            "watch" => self.watch = truth(value),
            "allowWatchBookmarks" => self.bookmarks = truth(value),
            "sendInitialEvents" => self.initial_events = Some(truth(value)),
            "timeoutSeconds" => {
                let seconds = u64::try_from(integer(value)?).unwrap_or_default();
                self.timeout = Some(Duration::from_secs(seconds)).filter(|time| !time.is_zero());
            }
            "includeObject" => self.include_object = IncludeObject::parse(value)?,
            _ => {}
        }
        Ok(())
    }

    /// The rules of `ValidateListOptions` in apimachinery.
    fn check(&self) -> Result<(), Refusal> {
        let rules = if self.watch {
            self.watch_rules()
        } else {
            self.list_rules()
        };
        let paged = (
            self.version_match.is_some() && self.resume.is_some(),
            MATCH,
            "resourceVersionMatch is forbidden when continue is provided",
        );
        let causes: Vec<(&str, &str, String)> = rules
            .into_iter()
            .chain([paged])
            .filter(|(broken, _, _)| *broken)
            .map(|(_, field, rule)| (field, "FieldValueForbidden", format!("Forbidden: {rule}")))
            .collect();
        if causes.is_empty() {
            return Ok(());
        }
        Err(Refusal::invalid_options(&causes))
    }

    /// Whether a rule is broken, the field to blame, and the rule.
    fn watch_rules(&self) -> Vec<(bool, &'static str, &'static str)> {
        let not_older = self.version_match == Some(VersionMatch::NotOlderThan);
        vec![
            (
                self.initial_events.is_some() && !not_older,
                MATCH,
                "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            ),
            (
                self.initial_events.is_none() && self.version_match.is_some(),
                MATCH,
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            ),
        ]
    }

    fn list_rules(&self) -> Vec<(bool, &'static str, &'static str)> {
        let exact = self.version_match == Some(VersionMatch::Exact);
        vec![
            (
                self.initial_events.is_some(),
                "sendInitialEvents",
                "sendInitialEvents is forbidden for list",
            ),
            (
                self.version_match.is_some() && self.version == AskedVersion::Latest,
                MATCH,
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ),
            (
                exact && self.version == AskedVersion::Any,
                MATCH,
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
            ),
        ]
    }
}

impl AskedVersion {
    fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "" => Ok(Self::Latest),
            "0" => Ok(Self::Any),
            _ => text
                .parse()
                .map(Self::At)
                .map_err(|_| Refusal::unreadable_version(text)),
        }
    }
}

impl VersionMatch {
    fn parse(text: &str) -> Result<Option<Self>, Refusal> {
        match text {
            "" => Ok(None),
            "Exact" => Ok(Some(Self::Exact)),
            "NotOlderThan" => Ok(Some(Self::NotOlderThan)),
            _ => {
                let message = format!(
                    "Unsupported value: \"{text}\": supported values: \"\", \"Exact\", \"NotOlderThan\""
                );
                let cause = (MATCH, "FieldValueNotSupported", message);
                Err(Refusal::invalid_options(&[cause]))
            }
        }
    }
}

/// A whole number, refused with 400 and Go's words where it is none.
fn integer(text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| {
        Refusal::bad_request(format!(
            "strconv.ParseInt: parsing \"{text}\": invalid syntax"
        ))
    })
}

/// Everything but `0` and `false` is true, the empty text too: the conversion of apimachinery.
fn truth(text: &str) -> bool {
    text != "0" && !text.eq_ignore_ascii_case("false")
}
