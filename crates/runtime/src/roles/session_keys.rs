//! The keys of browsers' sessions, which are replaced while they are in use.

use std::path::PathBuf;

use async_trait::async_trait;
use fleetscope_config::Config;
use fleetscope_identity::{Login, SealKey, SealKeys};
use fleetscope_model::{Fault as _, Role};

use crate::driver::{Done, Task};
use crate::{Error, Result};

const KEY: &str = "identity.login.session_key_file";
const PREVIOUS: &str = "identity.login.previous_session_key_files";

/// Where the keys are.
#[derive(Debug, Clone)]
pub(crate) struct KeyFiles {
    current: PathBuf,
    previous: Vec<PathBuf>,
}

impl KeyFiles {
    /// The files of the configuration; none where each process makes a key of its own.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let login = &config.identity.login;
        Some(Self {
            current: login.session_key_file.clone()?,
            previous: login.previous_session_key_files.clone(),
        })
    }

    /// What they hold now.
    pub(crate) fn read(&self) -> Result<SealKeys> {
        let previous = self.previous.iter().map(|path| read(PREVIOUS, path));
        let previous = previous.collect::<Result<_>>()?;
        Ok(SealKeys::new(read(KEY, &self.current)?, previous))
    }
}

fn read(key: &'static str, path: &PathBuf) -> Result<SealKey> {
    let bytes = std::fs::read(path).map_err(|cause| Error::File {
        key,
        path: path.clone(),
        cause,
    })?;
    Ok(SealKey::from_bytes(&bytes)?)
}

/// Reads the keys again now and then. What can't be read leaves those before in place.
pub(crate) struct SessionKeys {
    pub(crate) login: Login,
    pub(crate) files: KeyFiles,
}

#[async_trait]
impl Task for SessionKeys {
    fn name(&self) -> &'static str {
        "session_keys"
    }

    fn role(&self) -> Role {
        Role::Gateway
    }

    async fn activate(&self) -> std::result::Result<Done, String> {
        let keys = self.files.read().map_err(|error| error.message())?;
        let changed = self.login.reseal(keys);
        let summary = if changed {
            "sessions are sealed under other keys now"
        } else {
            "the keys are the same"
        };
        Ok(Done {
            summary: summary.to_owned(),
            busy: changed,
        })
    }
}
