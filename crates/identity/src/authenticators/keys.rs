//! By what answers are kept: a keyed hash of the token.

use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key, Tag};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Error, Result};

/// The keyed hash of a token. Without the key of this process it tells nothing, not even whether
/// a token that somebody guesses is this one.
pub(super) type TokenKey = [u8; 32];

/// Makes keys of tokens under a random key that never leaves this process.
pub(super) struct TokenKeys(Key);

impl TokenKeys {
    pub(super) fn new() -> Result<Self> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
        Ok(Self(Key::new(HMAC_SHA256, &bytes)))
    }

    /// HMAC-SHA256 of the token with its length before it, so that what may be added one day can't
    /// be mistaken for a part of the token.
    pub(super) fn of(&self, token: &SecretString) -> TokenKey {
        let text = token.expose_secret().as_bytes();
        let mut context = Context::with_key(&self.0);
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text);
        bytes(&context.sign())
    }
}

fn bytes(tag: &Tag) -> TokenKey {
    let mut key = [0; 32];
    key.copy_from_slice(tag.as_ref());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_token_has_one_key_here_and_another_in_another_process() {
        let (here, there) = (TokenKeys::new().unwrap(), TokenKeys::new().unwrap());
        let token = "sha256~token".into();
        assert_eq!(here.of(&token), here.of(&token));
        assert_ne!(here.of(&token), there.of(&token));
        assert_ne!(here.of(&token), here.of(&"sha256~token2".into()));
    }
}
