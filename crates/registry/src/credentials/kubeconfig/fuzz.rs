//! Kubeconfigs of any kind, by the thousand. More of them: `PROPTEST_CASES=1000000`.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::credentials::value;

fn cases() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: default.cases.max(4_000),
        failure_persistence: None,
        ..default
    }
}

const CANARY: &str = "canary-7f3a9c51e2";

/// Parts that a kubeconfig is made of, right and wrong ones.
const PARTS: &[&str] = &[
    "current-context: c\n",
    "contexts:\n",
    "- name: c\n",
    "  context: {cluster: c, user: u}\n",
    "contexts: [{name: c, context: {cluster: c, user: u}}]\n",
    "clusters: [{name: c, cluster: {server: 'https://shop:6443'}}]\n",
    "clusters: [{name: c, cluster: {server: canary-7f3a9c51e2}}]\n",
    "users: [{name: u, user: {token: canary-7f3a9c51e2}}]\n",
    "users: [{name: u, user: {password: canary-7f3a9c51e2}}]\n",
    "users: [{name: u, user: {client-key-data: canary-7f3a9c51e2}}]\n",
    "users: [{name: u, user: {exec: {command: canary-7f3a9c51e2}, token: canary-7f3a9c51e2}}]\n",
    "users: [{name: u, user: {as: canary-7f3a9c51e2, token: canary-7f3a9c51e2}}]\n",
    "users: canary-7f3a9c51e2\n",
    "- canary-7f3a9c51e2\n",
    "canary-7f3a9c51e2: &a [*a]\n",
    "a: &a {b: &b [canary-7f3a9c51e2]}\n",
    "? [\n",
    "\"canary-7f3a9c51e2\\u0000\n",
    "--- !!binary canary-7f3a9c51e2\n",
    "\t",
    "}",
];

/// What it says of every context, secrets being left out.
fn said(text: &str) -> Vec<String> {
    let parsed = match Kubeconfig::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => return vec![error.detail],
    };
    let mut said = Vec::new();
    let names: Vec<Option<&str>> = parsed.names().map(Some).chain([None]).collect();
    for name in names {
        match parsed.context(name) {
            Ok(context) => {
                said.extend(context.endpoint().err().map(|error| error.detail));
                said.extend(context.into_credential().err().map(|error| error.detail));
            }
            Err(error) => said.push(error.detail),
        }
    }
    said
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_text_makes_it_stumble(text in "\\PC{0,200}") {
        said(&text);
    }

    #[test]
    fn nothing_of_what_stands_in_it_is_repeated(
        parts in proptest::collection::vec(select(PARTS), 0..9),
    ) {
        for said in said(&parts.concat()) {
            prop_assert!(!said.contains(CANARY), "{}", said);
            prop_assert!(said.contains(": ") || said.contains("longer"), "says not what to do: {}", said);
        }
    }

    #[test]
    fn bytes_that_are_no_credential_are_none(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
        // What opened may be an older version's, or anything: it is read or not, and never stumbled over.
        if let Some(opened) = value::decode(&noise) {
            prop_assert!(*value::encode(&opened) == noise);
        }
    }
}
