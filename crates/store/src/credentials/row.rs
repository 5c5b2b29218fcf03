//! A credential from its row. What changes without a new value has columns of its own, which are
//! stronger than the document.

use fleetscope_model::{Credential, CredentialUsage, Role};
use fleetscope_ports::Result;
use jiff::Timestamp;

use super::WHAT;
use crate::document::decode;

/// Document, key id, when and by whom it was last used.
pub(super) type Row = (String, String, Option<i64>, Option<String>);

pub(super) fn credential((document, key_id, used_at, used_by): Row) -> Result<Credential> {
    let stored: Credential = decode(WHAT, &"", &document)?;
    let at = used_at.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let by = used_by.and_then(|name| Role::ALL.into_iter().find(|role| role.as_str() == name));
    Ok(Credential {
        key_id,
        last_used: at.zip(by).map(|(at, by)| CredentialUsage { at, by }),
        ..stored
    })
}
