//! Certificates: the one that we show, and what is read of the one that a server shows.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use fleetscope_model::GapKind;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use secrecy::{ExposeSecret as _, SecretString};

use crate::Failure;

/// A client certificate with its key: who we are, to servers that ask for one. Cheap to clone;
/// prints nothing.
#[derive(Clone)]
pub struct ClientCertificate {
    identity: Arc<reqwest::Identity>,
    /// Tells two apart; of the certificate and the key together.
    print: [u8; 32],
}

impl ClientCertificate {
    /// A certificate (with those between it and its authority, if any) and its unencrypted key, all
    /// in PEM, in any order. `Unauthenticated` where the text is not that.
    pub fn pem(pem: &SecretString) -> Result<Self, Failure> {
        let bytes = pem.expose_secret().as_bytes();
        let identity = reqwest::Identity::from_pem(bytes).map_err(|_| {
            // The error's own words may repeat parts of the key.
            let said = "the client certificate can't be used: write certificate and unencrypted \
                        key, both in PEM";
            Failure::new(GapKind::Unauthenticated, said)
        })?;
        let mut print = [0; 32];
        print.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Ok(Self {
            identity: Arc::new(identity),
            print,
        })
    }

    pub(crate) fn identity(&self) -> reqwest::Identity {
        (*self.identity).clone()
    }
}

impl PartialEq for ClientCertificate {
    fn eq(&self, other: &Self) -> bool {
        self.print == other.print
    }
}

impl Eq for ClientCertificate {}

impl Hash for ClientCertificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.print.hash(state);
    }
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientCertificate(<redacted>)")
    }
}

/// Until when a certificate in DER is good (RFC 5280, `notAfter`); none where it can't be read.
pub(crate) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = element(certificate, SEQUENCE)?;
    let (mut rest, _) = element(certificate, SEQUENCE)?;
    if let Some((_, after)) = element(rest, VERSION) {
        rest = after;
    }
    // Serial number, algorithm, issuer.
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        rest = element(rest, tag)?.1;
    }
    let (validity, _) = element(rest, SEQUENCE)?;
    let (_, end) = time(validity)?;
    Some(time(end)?.0)
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The content of the first element, which must have this tag, and what comes after it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    if found != tag {
        return None;
    }
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let count = usize::from(first & 0x7f);
        // Four bytes of length are more than any certificate has.
        let bytes = rest.get(..count).filter(|_| (1..=4).contains(&count))?;
        length = bytes.iter().fold(0, |sum, b| sum << 8 | usize::from(*b));
        rest = rest.get(count..)?;
    }
    rest.split_at_checked(length)
}

fn time(der: &[u8]) -> Option<(Timestamp, &[u8])> {
    let century = *der.first()? == UTC_TIME;
    let tag = if century { UTC_TIME } else { GENERALIZED_TIME };
    let (text, rest) = element(der, tag)?;
    let digits = text.strip_suffix(b"Z")?;
    let mut year = if century {
        // RFC 5280, 4.1.2.5.1.
        let short = number(digits.get(..2)?)?;
        short + if short < 50 { 2000 } else { 1900 }
    } else {
        number(digits.get(..4)?)?
    };
    let fields = digits.get(if century { 2 } else { 4 }..)?;
    if fields.len() != 10 {
        return None;
    }
    // 99991231235959Z says that there is no end; it lies beyond what a timestamp can express.
    year = year.min(9998);
    let at = |n: usize| number(fields.get(n..n + 2)?).and_then(|n| i8::try_from(n).ok());
    let date = Date::new(year, at(0)?, at(2)?).ok()?;
    let time = Time::new(at(4)?, at(6)?, at(8)?.min(59), 0).ok()?;
    let zoned = date.to_datetime(time).to_zoned(TimeZone::UTC).ok()?;
    Some((zoned.timestamp(), rest))
}

fn number(digits: &[u8]) -> Option<i16> {
    let text = std::str::from_utf8(digits).ok()?;
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(year: i32) -> Vec<u8> {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["a".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 3, 4);
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn the_end_of_a_certificate_is_read_in_both_forms_of_time() {
        for year in [2000, 2026, 2049, 2050, 2200] {
            let expected = format!("{year}-03-04T00:00:00Z");
            assert_eq!(not_after(&until(year)), expected.parse().ok(), "{year}");
        }
        let unending = until(9999);
        assert!(not_after(&unending).is_some());
    }

    #[test]
    fn what_is_cut_or_changed_is_never_a_panic() {
        let whole = until(2030);
        for length in 0..whole.len().min(400) {
            let _ = not_after(&whole[..length]);
        }
        for place in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[place] ^= 1 << bit;
                let _ = not_after(&changed);
            }
        }
    }

    #[test]
    fn a_client_certificate_prints_nothing_and_equals_only_itself() {
        let make = || {
            let key = rcgen::KeyPair::generate().unwrap();
            let params = rcgen::CertificateParams::new(vec!["a".to_owned()]).unwrap();
            let certificate = params.self_signed(&key).unwrap();
            let pem = format!("{}{}", certificate.pem(), key.serialize_pem());
            (ClientCertificate::pem(&pem.clone().into()).unwrap(), pem)
        };
        let ((one, pem), (two, _)) = (make(), make());
        assert_eq!(one, ClientCertificate::pem(&pem.into()).unwrap());
        assert_ne!(one, two);
        assert_eq!(format!("{one:?}"), "ClientCertificate(<redacted>)");
        let failure = ClientCertificate::pem(&"canary".into()).unwrap_err();
        assert!(!failure.to_string().contains("canary"));
    }
}
