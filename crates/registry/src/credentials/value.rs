//! What a credential may be, and how its value becomes bytes.

use std::fmt;

use fleetscope_ports::{Opened, Plain};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use super::kubeconfig::Kubeconfig;

/// The longest part of a credential, in bytes: certificates with a long chain have some ten
/// thousand, tokens a few thousand.
const LONGEST: usize = 64 * 1024;

/// Something in a credential that can't be. Says nothing of the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct InvalidCredential {
    /// JSON pointer to the field.
    pub pointer: &'static str,
    /// What is wrong and what to write.
    pub detail: String,
}

/// A credential as somebody writes it.
pub enum NewCredential {
    /// A bearer token.
    Token(Plain),
    /// User name and password.
    Basic {
        /// The user name.
        username: Plain,
        /// The password.
        password: Plain,
    },
    /// A client certificate.
    ClientCertificate {
        /// The certificate, with its chain, in PEM.
        certificate: Plain,
        /// Its unencrypted key in PEM.
        key: Plain,
    },
    /// A kubeconfig, of which the user of one context is taken.
    Kubeconfig {
        /// The file.
        text: Plain,
        /// The context; the current one where none is named.
        context: Option<String>,
    },
}

impl fmt::Debug for NewCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewCredential(<redacted>)")
    }
}

impl NewCredential {
    /// The credential in one of the three forms that are shown to servers, or the first thing wrong
    /// with it.
    pub(super) fn checked(self) -> Result<Opened, InvalidCredential> {
        let opened = match self {
            Self::Token(token) => Opened::Token(trimmed(token)),
            Self::Basic { username, password } => Opened::Basic { username, password },
            Self::ClientCertificate { certificate, key } => {
                Opened::ClientCertificate { certificate, key }
            }
            Self::Kubeconfig { text, context } => {
                let parsed = Kubeconfig::parse(text.expose())?;
                return parsed.context(context.as_deref())?.into_credential();
            }
        };
        check(&opened)?;
        Ok(opened)
    }
}

/// Tokens are often pasted with the end of their line.
fn trimmed(token: Plain) -> Plain {
    let text = token.expose().trim();
    if text.len() == token.expose().len() {
        return token;
    }
    Plain::new(text.to_owned())
}

pub(super) fn wrong(pointer: &'static str, detail: impl Into<String>) -> InvalidCredential {
    InvalidCredential {
        pointer,
        detail: detail.into(),
    }
}

pub(super) fn check(opened: &Opened) -> Result<(), InvalidCredential> {
    match opened {
        Opened::Token(token) => {
            sized("/token", token)?;
            if token.expose().bytes().all(|b| b.is_ascii_graphic()) {
                return Ok(());
            }
            Err(wrong(
                "/token",
                "a token is printable ASCII without spaces: write the token alone, without Bearer",
            ))
        }
        Opened::Basic { username, password } => {
            sized("/username", username)?;
            sized("/password", password)?;
            if username.expose().contains(':') {
                // RFC 7617, section 2.
                return Err(wrong("/username", "a user name has no colon in it"));
            }
            let control = |text: &Plain| text.expose().chars().any(char::is_control);
            if control(username) || control(password) {
                return Err(wrong(
                    "/password",
                    "user name and password have no control characters in them",
                ));
            }
            Ok(())
        }
        Opened::ClientCertificate { certificate, key } => {
            sized("/certificate", certificate)?;
            sized("/key", key)?;
            check_pair(certificate.expose(), key.expose())
        }
    }
}

fn sized(pointer: &'static str, text: &Plain) -> Result<(), InvalidCredential> {
    if (1..=LONGEST).contains(&text.expose().len()) {
        return Ok(());
    }
    Err(wrong(pointer, format!("write 1 to {LONGEST} bytes")))
}

/// Certificate and key can be read and belong together.
fn check_pair(certificate: &str, key: &str) -> Result<(), InvalidCredential> {
    let not_certificates = || {
        wrong(
            "/certificate",
            "certificates in PEM are expected: lines from -----BEGIN CERTIFICATE----- to -----END \
             CERTIFICATE-----",
        )
    };
    if certificate.contains("PRIVATE KEY") {
        return Err(wrong(
            "/certificate",
            "there is a private key in it: write that as key, and only certificates here",
        ));
    }
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| not_certificates())?;
    if chain.is_empty() {
        return Err(not_certificates());
    }
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| {
        wrong(
            "/key",
            "an unencrypted private key in PEM is expected: decrypt it first, as with `openssl pkey`",
        )
    })?;
    let key = any_supported_type(&key).map_err(|_| {
        wrong(
            "/key",
            "this kind of key is not supported: use RSA, ECDSA (P-256, P-384, P-521) or Ed25519",
        )
    })?;
    CertifiedKey::new(chain, key).keys_match().map_err(|_| {
        wrong(
            "/key",
            "certificate and key do not belong together, or the certificate can't be read: export \
             both again",
        )
    })
}

/// Kinds as they stand in sealed values.
const TOKEN: u8 = 1;
const BASIC: u8 = 2;
const CERTIFICATE: u8 = 3;

/// The value's bytes, made in the memory that is wiped: nothing is copied on the way.
pub(super) fn encode(opened: &Opened) -> Zeroizing<Vec<u8>> {
    let (kind, parts): (u8, [Option<&Plain>; 2]) = match opened {
        Opened::Token(token) => (TOKEN, [Some(token), None]),
        Opened::Basic { username, password } => (BASIC, [Some(username), Some(password)]),
        Opened::ClientCertificate { certificate, key } => {
            (CERTIFICATE, [Some(certificate), Some(key)])
        }
    };
    let parts = parts
        .into_iter()
        .flatten()
        .map(|part| part.expose().as_bytes());
    let length: usize = parts.clone().map(|part| 4 + part.len()).sum();
    let mut bytes = Zeroizing::new(Vec::with_capacity(1 + length));
    bytes.push(kind);
    for part in parts {
        // Parts are checked to be far shorter than 4 GiB.
        bytes.extend_from_slice(&(part.len() as u32).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// The value that the bytes say; none where they say none.
pub(super) fn decode(bytes: &[u8]) -> Option<Opened> {
    let (&kind, rest) = bytes.split_first()?;
    let (first, rest) = part(rest)?;
    if kind == TOKEN {
        return rest.is_empty().then_some(Opened::Token(first));
    }
    let (second, rest) = part(rest)?;
    let opened = match kind {
        BASIC => Opened::Basic {
            username: first,
            password: second,
        },
        CERTIFICATE => Opened::ClientCertificate {
            certificate: first,
            key: second,
        },
        _ => return None,
    };
    rest.is_empty().then_some(opened)
}

fn part(bytes: &[u8]) -> Option<(Plain, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (text, rest) = rest.split_at_checked(length)?;
    let text = std::str::from_utf8(text).ok()?;
    Some((Plain::new(text.to_owned()), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Plain {
        Plain::new(text.to_owned())
    }

    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["shop".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    fn certificate(certificate: &str, key: &str) -> Result<Opened, InvalidCredential> {
        let new = NewCredential::ClientCertificate {
            certificate: plain(certificate),
            key: plain(key),
        };
        new.checked()
    }

    #[test]
    fn every_kind_comes_back_as_it_was_sealed() {
        let (one, key) = pair();
        let all = [
            Opened::Token(plain("token")),
            Opened::Basic {
                username: plain("ada"),
                password: plain(""),
            },
            certificate(&one, &key).unwrap(),
        ];
        for opened in all {
            let bytes = encode(&opened);
            let again = decode(&bytes).unwrap();
            assert_eq!(*encode(&again), *bytes);
            assert_eq!(again.kind(), opened.kind());
            for length in 0..bytes.len() {
                assert!(decode(&bytes[..length]).is_none());
            }
        }
    }

    #[test]
    fn a_certificate_has_to_belong_to_its_key() {
        let ((one, one_key), (_, other_key)) = (pair(), pair());
        assert!(certificate(&one, &one_key).is_ok());
        let wrong = |c: &str, k: &str| certificate(c, k).err().unwrap().pointer;
        assert_eq!(wrong(&one, &other_key), "/key");
        assert_eq!(wrong(&one, "canary"), "/key");
        assert_eq!(wrong(&one_key, &one_key), "/certificate");
        assert_eq!(wrong("canary", &one_key), "/certificate");
        assert_eq!(wrong(&format!("{one}{one_key}"), &one_key), "/certificate");
    }

    #[test]
    fn what_no_header_can_carry_is_refused_without_repeating_it() {
        for token in ["", "Bearer canary", "canary\r\nHost: x", "canäry"] {
            let error = NewCredential::Token(plain(token)).checked().err().unwrap();
            assert!(!error.detail.contains("can"), "{error}");
        }
        let basic = |username: &str, password: &str| NewCredential::Basic {
            username: plain(username),
            password: plain(password),
        };
        assert!(basic("a:b", "x").checked().is_err());
        assert!(basic("a", "x\n").checked().is_err());
        assert!(basic("", "x").checked().is_err());
        let trimmed = NewCredential::Token(plain("token\n")).checked();
        let Ok(Opened::Token(token)) = trimmed else {
            panic!("no token");
        };
        assert_eq!(token.expose(), "token");
    }
}
