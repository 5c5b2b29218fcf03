//! `[storage]`: where everything is kept.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Problem;

/// What stands for the home folder at the start of a path.
const HOME: &str = "~";

/// Where everything is kept.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Folder of the database and the reports; made if it is not there. A leading ~ is the home
    /// folder. Where no value is given and `XDG_DATA_HOME` is set, it is
    /// `$XDG_DATA_HOME/fleetscope`.
    pub data_dir: PathBuf,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            data_dir: Path::new(HOME).join(".local/share/fleetscope"),
        }
    }
}

impl Storage {
    /// Puts the home folder in place of a leading `~`.
    pub(crate) fn resolve(&mut self, home: Option<&Path>) {
        if let (Ok(rest), Some(home)) = (self.data_dir.strip_prefix(HOME), home) {
            self.data_dir = home.join(rest);
        }
    }

    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        let what = if self.data_dir.as_os_str().is_empty() {
            "is empty: write the path of a folder, as in /var/lib/fleetscope"
        } else if self.data_dir.starts_with(HOME) {
            "begins with ~, and the home folder is not known: set HOME, or write an absolute \
             path, as in /var/lib/fleetscope"
        } else {
            return;
        };
        problems.push(Problem::of("storage.data_dir", what));
    }
}
