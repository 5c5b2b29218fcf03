//! The form of an API token: `fls_` and 32 random bytes in base64url, 47 characters. The prefix
//! lets secret scanners find a leaked one.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};

/// Where every token begins.
pub(crate) const PREFIX: &str = "fls_";

/// How many random bytes a token carries.
pub(crate) const RANDOM_BYTES: usize = 32;

/// The token that carries these bytes.
pub(crate) fn from_random(bytes: &[u8; RANDOM_BYTES]) -> SecretString {
    let mut text = String::with_capacity(PREFIX.len() + 43);
    text.push_str(PREFIX);
    URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
    text.into()
}

/// Whether the text has a token's form; the cheap check before anything is looked up.
pub(crate) fn is_well_formed(token: &SecretString) -> bool {
    token
        .expose_secret()
        .strip_prefix(PREFIX)
        .and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok())
        .is_some_and(|bytes| bytes.len() == RANDOM_BYTES)
}

/// What is stored of a token.
///
/// A look-up by this digest needs no comparison in constant time: what its timing could tell is a
/// prefix of the digest, and from that no token can be built (SHA-256 resists preimages, and 256
/// random bits leave nothing to guess).
pub(crate) fn digest_of(token: &SecretString) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, token.expose_secret().as_bytes()).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_prefix_and_forty_three_characters() {
        let token = from_random(&[0xFF; RANDOM_BYTES]);
        assert_eq!(
            token.expose_secret(),
            "fls___________________________________________8"
        );
        assert_eq!(token.expose_secret().len(), 47);
        assert!(is_well_formed(&token));
    }

    #[test]
    fn a_text_of_another_form_is_no_token() {
        for text in [
            "",
            "fls_",
            "fls_short",
            "sha256~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            // One byte too many, and a character outside of the alphabet.
            "fls_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "fls_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+",
        ] {
            assert!(!is_well_formed(&text.into()), "{text}");
        }
    }

    #[test]
    fn the_digest_is_sha_256_of_the_whole_text() {
        // The first and last bytes of what `printf abc | sha256sum` prints.
        let digest = digest_of(&"abc".into());
        assert_eq!(digest[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(digest[28..], [0xf2, 0x00, 0x15, 0xad]);
    }
}
