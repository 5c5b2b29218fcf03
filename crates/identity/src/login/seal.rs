//! What travels with a browser and nobody else can read or make: AES-256-GCM under a key of the
//! gateways.

use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Purpose;
use crate::{Error, Result};

/// The fewest bytes that a key is made from.
const LEAST_BYTES: usize = 32;

/// What sessions are sealed under. `Debug` prints nothing of it.
pub struct SealKey {
    key: RandomizedNonceKey,
    /// By which two of them are told apart.
    print: [u8; 32],
}

/// What sessions are sealed under, and what they were sealed under before: each opens what it has
/// sealed, so that a key can be replaced and nobody has to log in again.
#[derive(Debug)]
pub struct SealKeys {
    current: SealKey,
    previous: Vec<SealKey>,
}

impl SealKeys {
    /// Seals under `current`, and opens also what was sealed under one of `previous`.
    pub fn new(current: SealKey, previous: Vec<SealKey>) -> Self {
        Self { current, previous }
    }

    fn all(&self) -> impl Iterator<Item = &SealKey> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl From<SealKey> for SealKeys {
    fn from(key: SealKey) -> Self {
        Self::new(key, Vec::new())
    }
}

impl SealKey {
    /// A key that ends with this process.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
        Self::of(&bytes)
    }

    /// The key that the bytes of a file make: the same for each process that has the file.
    /// `session_key_too_short` where there are fewer than 32.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if bytes.len() < LEAST_BYTES {
            return Err(Error::SessionKeyTooShort(bytes.len()));
        }
        // The file may be text, and may be longer than a key: the hash takes all of it in.
        let key = sign(&Key::new(HMAC_SHA256, bytes), b"fleetscope session key 1");
        Self::of(key.as_ref())
    }

    fn of(bytes: &[u8]) -> Result<Self> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, bytes).map_err(|_| Error::NotSealed)?;
        let mut print = [0; 32];
        let tag = sign(
            &Key::new(HMAC_SHA256, bytes),
            b"fleetscope session key print 1",
        );
        print.copy_from_slice(tag.as_ref());
        Ok(Self { key, print })
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(<redacted>)")
    }
}

/// Closes and opens.
pub(super) struct Seal(RwLock<Arc<SealKeys>>);

impl Seal {
    pub(super) fn new(keys: SealKeys) -> Self {
        Self(RwLock::new(Arc::new(keys)))
    }

    /// Takes other keys; whether they are others than before.
    pub(super) fn replace(&self, keys: SealKeys) -> bool {
        let prints = |keys: &SealKeys| keys.all().map(|key| key.print).collect::<Vec<_>>();
        let mut now = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let others = prints(&now) != prints(&keys);
        *now = Arc::new(keys);
        others
    }

    fn keys(&self) -> Arc<SealKeys> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Nonce, ciphertext and tag in base64url. A random nonce is safe for some billion times under
    /// one key; each login uses two.
    pub(super) fn close<T: Serialize>(&self, purpose: Purpose, value: &T) -> Result<SecretString> {
        let mut bytes = serde_json::to_vec(value).map_err(|_| Error::NotSealed)?;
        let nonce = self
            .keys()
            .current
            .key
            .seal_in_place_append_tag(Aad::from(purpose.label()), &mut bytes)
            .map_err(|_| Error::NotSealed)?;
        let mut whole = nonce.as_ref().to_vec();
        whole.append(&mut bytes);
        Ok(URL_SAFE_NO_PAD.encode(whole).into())
    }

    /// What was closed for this purpose; nothing where the text was made or changed by somebody
    /// else.
    pub(super) fn open<T: DeserializeOwned>(&self, purpose: Purpose, text: &str) -> Option<T> {
        let whole = URL_SAFE_NO_PAD.decode(text).ok()?;
        let keys = self.keys();
        let opened = keys.all().find_map(|key| open(key, purpose, &whole))?;
        serde_json::from_slice(&opened).ok()
    }
}

fn open(key: &SealKey, purpose: Purpose, whole: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = whole.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut sealed = sealed.to_vec();
    let aad = Aad::from(purpose.label());
    let opened = key.key.open_in_place(nonce, aad, &mut sealed).ok()?;
    Some(opened.to_vec())
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Login => b"fleetscope login 1",
            Self::Session => b"fleetscope session 1",
        }
    }
}

/// 32 random bytes in base64url.
pub(super) fn random_text() -> Result<String> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// SHA-256 in base64url: the challenge of RFC 7636, 4.2.
pub(super) fn digest(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        assert_eq!(
            digest("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn what_was_sealed_opens_for_its_purpose_and_under_its_key_only() {
        let key = |letter: u8| SealKey::from_bytes(&[letter; 32]).unwrap();
        let seal = Seal::new(key(b'k').into());
        let closed = seal.close(Purpose::Session, &"canary").unwrap();
        let text = closed.expose_secret();
        assert!(!text.contains("canary"));
        let open = |seal: &Seal, purpose| seal.open::<String>(purpose, text);
        assert_eq!(open(&seal, Purpose::Session).as_deref(), Some("canary"));
        assert_eq!(open(&seal, Purpose::Login), None);
        assert_eq!(open(&Seal::new(key(b'x').into()), Purpose::Session), None);
        let again = seal.close(Purpose::Session, &"canary").unwrap();
        assert_ne!(again.expose_secret(), text);
        assert!(SealKey::from_bytes(&[b'k'; 31]).is_err());
        assert!(!format!("{:?}", key(b'k')).contains("107"));
    }

    #[test]
    fn what_an_older_key_has_sealed_opens_until_that_key_is_gone_too() {
        let key = |letter: u8| SealKey::from_bytes(&[letter; 32]).unwrap();
        let seal = Seal::new(key(b'a').into());
        let close = |seal: &Seal| seal.close(Purpose::Session, &"canary").unwrap();
        let open = |seal: &Seal, text: &SecretString| {
            seal.open::<String>(Purpose::Session, text.expose_secret())
                .is_some()
        };
        let old = close(&seal);
        assert!(!seal.replace(key(b'a').into()));
        assert!(seal.replace(SealKeys::new(key(b'b'), vec![key(b'a')])));
        let new = close(&seal);
        assert!(open(&seal, &old) && open(&seal, &new));
        // Who has only the old key can't open what is new: the new one seals.
        assert!(!open(&Seal::new(key(b'a').into()), &new));
        assert!(seal.replace(key(b'b').into()));
        assert!(!open(&seal, &old) && open(&seal, &new));
    }

    #[test]
    fn no_changed_bit_opens() {
        let seal = Seal::new(SealKey::random().unwrap().into());
        let closed = seal.close(Purpose::Session, &"canary").unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(closed.expose_secret()).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(
                seal.open::<String>(Purpose::Session, &changed),
                None,
                "{at}"
            );
        }
        for short in ["", "AAAA", "not base64!"] {
            assert_eq!(seal.open::<String>(Purpose::Session, short), None);
        }
    }
}
