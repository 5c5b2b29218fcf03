//! A way back in for whoever holds the data and has lost the tokens.

use fleetscope_config::Config;
use secrecy::SecretString;

use crate::roles::registry;
use crate::{Parts, Result};

/// Makes one more admin token in the data folder of `config`, to be shown once. No other process
/// may have the folder open.
pub async fn new_admin_token(config: &Config, parts: &Parts) -> Result<SecretString> {
    let (store, housekeeping) = fleetscope_store::open(&config.storage.data_dir).await?;
    let made = registry::local_tokens(&store, parts).recover().await;
    housekeeping.close().await;
    Ok(made?)
}
