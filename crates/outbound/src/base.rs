//! Base URLs of endpoints.

use url::Url;

/// A base URL that may be extended by a path; the message never repeats the text, as it may hold
/// a password.
pub(crate) fn parse(text: &str) -> Result<Url, String> {
    const EXAMPLE: &str = "write it like https://prometheus.example.com:9090/prefix";
    let url = Url::parse(text).map_err(|error| format!("the URL is wrong ({error}): {EXAMPLE}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(format!("the URL is not one of http or https: {EXAMPLE}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("the URL holds credentials: {EXAMPLE}"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("the URL holds a query or a fragment: {EXAMPLE}"));
    }
    Ok(url)
}

/// Host and port, for messages.
pub(crate) fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_with_secrets_or_another_scheme_is_refused_without_repeating_it() {
        for text in [
            "https://admin:hunter2@prometheus",
            "https://hunter2@prometheus",
            "https://prometheus?token=hunter2",
            "https://prometheus#hunter2",
            "ftp://hunter2",
            "hunter2",
            "file:///hunter2",
        ] {
            let problem = parse(text).unwrap_err();
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }

    #[test]
    fn odd_spellings_of_an_address_are_the_address() {
        for text in [
            "http://0x7f.1:9",
            "http://2130706433:9",
            "http://0177.0.0.1:9",
            "http://127.1.:9",
        ] {
            let url = parse(text).unwrap();
            assert_eq!(url.host_str(), Some("127.0.0.1"), "{text}");
        }
    }
}
