//! What `GET /version` tells.

use serde_json::{Value, json};

/// The minor version from which servers also tell their emulation version.
const TELLS_EMULATION_SINCE: u32 = 34;

/// The version of the simulated API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerVersion {
    /// The full version with its `v`, such as `v1.33.4`.
    pub git_version: String,
    /// The commit it claims to be built from, 40 hex digits.
    pub git_commit: String,
    /// When it claims to be built, RFC 3339.
    pub build_date: String,
    /// Operating system and architecture, such as `linux/amd64`.
    pub platform: String,
}

impl ServerVersion {
    /// A version for `linux/amd64`; `git_version` is the full one, such as `v1.33.4`.
    pub fn new(git_version: &str) -> Self {
        Self {
            git_version: git_version.to_owned(),
            git_commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            build_date: "2026-01-15T00:00:00Z".to_owned(),
            platform: "linux/amd64".to_owned(),
        }
    }

    /// The body of `GET /version`.
    pub(crate) fn body(&self) -> Value {
        let (major, minor) = self.numbers();
        let mut body = json!({
            "major": major.to_string(),
            "minor": minor.to_string(),
            "gitVersion": self.git_version,
            "gitCommit": self.git_commit,
            "gitTreeState": "clean",
            "buildDate": self.build_date,
            "goVersion": "go1.24.6",
            "compiler": "gc",
            "platform": self.platform,
        });
        if minor >= TELLS_EMULATION_SINCE {
            body["emulationMajor"] = major.to_string().into();
            body["emulationMinor"] = minor.to_string().into();
            body["minCompatibilityMajor"] = major.to_string().into();
            body["minCompatibilityMinor"] = minor.saturating_sub(1).to_string().into();
        }
        body
    }

    fn numbers(&self) -> (u32, u32) {
        let mut parts = self
            .git_version
            .trim_start_matches('v')
            .split('.')
            .map(|part| part.parse().unwrap_or_default());
        (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        )
    }
}
