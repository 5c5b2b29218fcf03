//! Keys that sign tokens.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::Error;

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// ECDSA on P-256.
    Es256,
    /// RSA of 2048 bits, PKCS #1.
    Rs256,
}

/// One key.
pub(super) struct Key {
    pub(super) kid: String,
    pair: Pair,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Key {
    pub(super) fn new(kid: String, signing: Signing) -> Result<Self, Error> {
        let pair = match signing {
            Signing::Es256 => Pair::Ec(
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                    .map_err(|_| Error::Signing)?,
            ),
            Signing::Rs256 => {
                Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| Error::Signing)?)
            }
        };
        Ok(Self { kid, pair })
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Ec(_) => "ES256",
            Pair::Rsa(_) => "RS256",
        }
    }

    /// The public half (RFC 7517).
    pub(super) fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = json!({ "kid": self.kid, "use": "sig", "alg": self.algorithm() });
        match &self.pair {
            Pair::Ec(pair) => {
                // 0x04, then X and Y of 32 bytes each (SEC 1, 2.3.3).
                let point = pair.public_key().as_ref();
                jwk["kty"] = json!("EC");
                jwk["crv"] = json!("P-256");
                jwk["x"] = json!(encode(&point[1..33]));
                jwk["y"] = json!(encode(&point[33..]));
            }
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                jwk["kty"] = json!("RSA");
                jwk["n"] = json!(encode(public.modulus().big_endian_without_leading_zero()));
                jwk["e"] = json!(encode(public.exponent().big_endian_without_leading_zero()));
            }
        }
        jwk
    }

    /// A JWS in compact form (RFC 7515).
    pub(super) fn sign(&self, head: &Value, claims: &Value) -> Result<String, Error> {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encode(head), encode(claims));
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Ec(pair) => {
                let signature = pair.sign(&random, text.as_bytes());
                signature.map_err(|_| Error::Signing)?.as_ref().to_vec()
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
                    .map_err(|_| Error::Signing)?;
                signature
            }
        };
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
