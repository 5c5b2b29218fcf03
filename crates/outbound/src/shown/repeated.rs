//! Whether a text repeats what an endpoint was shown, in any of the spellings that careless servers
//! and proxies use.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use http::HeaderValue;
use zeroize::Zeroizing;

/// The shortest text that is looked for: what is shorter stands in every other answer by chance.
const SHORTEST: usize = 4;

/// Whether the bytes hold the header's credential, or a part of it, in plain, base64, hexadecimal
/// or percent-encoded.
pub(super) fn repeats(bytes: &[u8], header: &HeaderValue) -> bool {
    let value = header.as_bytes();
    let credential = value.rsplit(|byte| *byte == b' ').next().unwrap_or(value);
    let mut secrets = vec![Zeroizing::new(credential.to_vec())];
    if value.starts_with(b"Basic ")
        && let Ok(pair) = STANDARD.decode(credential).map(Zeroizing::new)
    {
        let password = pair.iter().position(|byte| *byte == b':');
        secrets.extend(password.map(|at| Zeroizing::new(pair[at + 1..].to_vec())));
        secrets.push(pair);
    }
    secrets
        .iter()
        .filter(|secret| secret.len() >= SHORTEST)
        .any(|secret| holds(bytes, secret))
}

fn holds(bytes: &[u8], secret: &[u8]) -> bool {
    let lower: Vec<u8> = bytes.to_ascii_lowercase();
    let found = |needle: &[u8]| contains(bytes, needle);
    let hex = |before: &str| {
        let spelled = secret.iter().map(|byte| format!("{before}{byte:02x}"));
        Zeroizing::new(spelled.collect::<String>())
    };
    if contains(&lower, &secret.to_ascii_lowercase())
        || contains(&lower, hex("").as_bytes())
        || contains(&lower, hex("%").as_bytes())
    {
        return true;
    }
    let percent: String = url::form_urlencoded::byte_serialize(secret).collect();
    if found(percent.as_bytes()) {
        return true;
    }
    // In base64 a text looks different at each of the three places that it can begin at; the first
    // and the last letters depend on what is around it.
    (0..3).any(|before| {
        let shifted = Zeroizing::new([&[0; 2][..before], secret].concat());
        [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD].iter().any(|engine| {
            let encoded = Zeroizing::new(engine.encode(&*shifted));
            let sure = (before * 8).div_ceil(6)..encoded.len().saturating_sub(1);
            encoded
                .get(sure)
                .is_some_and(|sure| sure.len() >= SHORTEST && found(sure.as_bytes()))
        })
    })
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_known_again_in_every_spelling() {
        let bearer = HeaderValue::from_static("Bearer fls_Secret/42");
        for text in [
            "no entry with Bearer fls_Secret/42",
            "FLS_SECRET/42",
            "x-fls_secret/42: refused",
            "666c735f5365637265742f3432",
            "666C735F5365637265742F3432",
            "%66%6c%73%5f%53%65%63%72%65%74%2f%34%32",
            "fls_Secret%2F42",
        ] {
            assert!(repeats(text.as_bytes(), &bearer), "{text}");
        }
        for before in ["", "x", "xy", "xyz"] {
            for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                let text = engine.encode(format!("{before}fls_Secret/42 and more"));
                assert!(repeats(text.as_bytes(), &bearer), "{text}");
            }
        }
        let said = "invalid parameter \"query\": parse error";
        assert!(!repeats(said.as_bytes(), &bearer));
    }

    #[test]
    fn of_a_user_and_a_password_each_way_of_saying_it_is_known() {
        // ada:hunter2
        let basic = HeaderValue::from_static("Basic YWRhOmh1bnRlcjI=");
        for text in ["YWRhOmh1bnRlcjI=", "ada:hunter2", "the password hunter2"] {
            assert!(repeats(text.as_bytes(), &basic), "{text}");
        }
        assert!(!repeats(b"no user ada", &basic));
    }
}
