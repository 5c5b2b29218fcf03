//! The bytes of an envelope.

/// What every envelope begins with; the fourth byte is the version.
const MAGIC: [u8; 4] = [b'F', b'S', b'E', 1];
pub(super) const SALT: usize = 24;
pub(super) const NONCE: usize = 12;
pub(super) const TAG: usize = 16;
const WRAPPED: usize = 32 + TAG;

/// The longest id of a key: a byte says how long it is.
pub(super) const LONGEST_ID: usize = 63;

/// Whether a text can be the id of a key. What can't be is never shown to anybody.
pub(super) fn is_id(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
}

/// How a data key is wrapped.
pub(super) struct Wrap {
    pub(super) key_id: String,
    pub(super) salt: [u8; SALT],
    pub(super) nonce: [u8; NONCE],
    pub(super) wrapped: Vec<u8>,
}

/// An envelope, taken apart and not yet believed.
pub(super) struct Parts<'a> {
    pub(super) key_id: &'a str,
    pub(super) salt: &'a [u8],
    pub(super) wrap_nonce: &'a [u8],
    pub(super) wrapped: &'a [u8],
    pub(super) nonce: &'a [u8],
    pub(super) sealed: &'a [u8],
}

pub(super) fn write(wrap: &Wrap, nonce: &[u8], sealed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(MAGIC.len() + 128 + sealed.len());
    bytes.extend_from_slice(&MAGIC);
    // A ring refuses ids that are longer than a byte says.
    bytes.push(wrap.key_id.len() as u8);
    for part in [
        wrap.key_id.as_bytes(),
        &wrap.salt,
        &wrap.nonce,
        &wrap.wrapped,
        nonce,
        sealed,
    ] {
        bytes.extend_from_slice(part);
    }
    bytes
}

pub(super) fn read(envelope: &[u8]) -> Option<Parts<'_>> {
    let rest = envelope.strip_prefix(&MAGIC)?;
    let (&length, rest) = rest.split_first()?;
    let (key_id, rest) = rest.split_at_checked(usize::from(length))?;
    let (salt, rest) = rest.split_at_checked(SALT)?;
    let (wrap_nonce, rest) = rest.split_at_checked(NONCE)?;
    let (wrapped, rest) = rest.split_at_checked(WRAPPED)?;
    let (nonce, sealed) = rest.split_at_checked(NONCE)?;
    Some(Parts {
        key_id: std::str::from_utf8(key_id).ok().filter(|id| is_id(id))?,
        salt,
        wrap_nonce,
        wrapped,
        nonce,
        sealed: (sealed.len() >= TAG).then_some(sealed)?,
    })
}
