//! Names, resolved and checked in one step: what passes is what is connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
#[cfg(test)]
use std::sync::Mutex;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::{AddressRules, Refused};

/// Who knows the addresses of names.
#[derive(Clone)]
pub(crate) enum Names {
    /// The system's resolver.
    System,
    /// One answer after the other, each for whatever name is asked.
    #[cfg(test)]
    Scripted(Arc<Mutex<std::collections::VecDeque<Vec<IpAddr>>>>),
}

impl Names {
    pub(crate) async fn find(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, 0)]);
        }
        match self {
            Self::System => Ok(tokio::net::lookup_host((host, 0)).await?.collect()),
            #[cfg(test)]
            Self::Scripted(answers) => {
                let next = answers.lock().unwrap().pop_front();
                let found = next.ok_or_else(|| io::Error::other("no more answers"))?;
                Ok(found.into_iter().map(|a| SocketAddr::new(a, 0)).collect())
            }
        }
    }
}

/// Lets only addresses through that may be called.
pub(super) struct CheckedResolver {
    names: Names,
    rules: Arc<AddressRules>,
    /// A name that stands for another host: the name on the certificate for the host of the URL.
    other: Option<Arc<(String, String)>>,
}

impl CheckedResolver {
    pub(super) fn new(names: Names, rules: AddressRules, other: Option<(String, String)>) -> Self {
        Self {
            names,
            rules: Arc::new(rules),
            other: other.map(Arc::new),
        }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, rules) = (self.names.clone(), Arc::clone(&self.rules));
        let other = self.other.clone();
        Box::pin(async move {
            let host = match other.as_deref() {
                Some((written, meant)) if written == name.as_str() => meant,
                _ => name.as_str(),
            };
            let found = names.find(host).await?;
            let allowed = allowed(&rules, found.into_iter())?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// The addresses that may be called; the first refusal where there is none.
pub(super) fn allowed(
    rules: &AddressRules,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, Refused> {
    let mut refusal = None;
    let mut allowed = Vec::new();
    for address in found {
        match rules.check(address.ip()) {
            Ok(()) => allowed.push(address),
            Err(refused) => refusal = refusal.or(Some(refused)),
        }
    }
    match refusal {
        Some(refused) if allowed.is_empty() => Err(refused),
        _ => Ok(allowed),
    }
}
