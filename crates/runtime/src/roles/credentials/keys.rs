//! The keys of the configuration.

use fleetscope_config::{Config, KeySource};
use fleetscope_model::Fault as _;
use fleetscope_registry::credentials::secret_text;
use fleetscope_registry::envelope::{Key, KeyRing};
use secrecy::ExposeSecret as _;

use super::key_file;
use crate::roles::identity;
use crate::{Error, Result};

/// Every key, read from where the configuration says.
pub(super) async fn ring(config: &Config) -> Result<KeyRing> {
    let credentials = &config.credentials;
    let mut keys = Vec::new();
    for (id, source) in credentials.key_sources(&config.storage.data_dir) {
        let key = match source {
            KeySource::OwnFile(path) => Key::parse(&id, &key_file::read_or_make(&path)?),
            KeySource::File(path) => {
                let missing = || key_file::failed(&path, std::io::ErrorKind::NotFound.into());
                let text = key_file::read(&path)?.ok_or_else(missing)?;
                Key::parse(&id, &text)
            }
            KeySource::Variable(text) => Key::parse(&id, text.as_secret().expose_secret()),
            KeySource::Secret { name, key } => {
                let text = of_secret(config, &name, &key).await?;
                Key::parse(&id, text.expose())
            }
        };
        keys.push(key?);
    }
    Ok(KeyRing::new(credentials.active(), keys)?)
}

async fn of_secret(config: &Config, name: &str, key: &str) -> Result<fleetscope_ports::Plain> {
    let wrong = |what: String| Error::KeySecret {
        name: name.to_owned(),
        what,
    };
    let hub = identity::hub(config)?;
    // The configuration's check asks for one.
    let hub = hub.ok_or_else(|| wrong("there is no hub".to_owned()))?;
    let text = secret_text(&hub.api, &config.credentials.namespace, name, key).await;
    let text = text.map_err(|error| wrong(error.message()))?;
    text.ok_or_else(|| wrong(format!("it has no text under {key}")))
}
