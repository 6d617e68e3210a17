//! Secrets: how they are made, kept, compared and never shown.

use hmac::{Hmac, KeyInit, Mac};
use rand::RngExt;
use sha2::{Digest, Sha256};
use std::fmt;

/// A text that must not appear in a log, an error or a page.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret, without the line end its file may have.
    pub fn new(text: &str) -> Secret {
        Secret(text.trim_end_matches(['\r', '\n']).to_owned())
    }
    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// 256 random bits in hexadecimal.
pub fn random_token() -> String {
    let bytes: [u8; 32] = rand::rng().random();
    hex::encode(bytes)
}

/// SHA-256 in hexadecimal: all that is kept of a token. Looking a token up by its hash gives away nothing of it by timing.
pub fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Whether `X-Hub-Signature-256` is right for the raw body under one of the secrets. Each comparison takes constant time,
/// and all secrets are tried, so the time does not tell which one matched.
pub fn signature_holds(secrets: &[Secret], body: &[u8], header: &str) -> bool {
    let Some(Ok(given)) = header.strip_prefix("sha256=").map(hex::decode) else { return false };
    secrets.iter().fold(false, |held, secret| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return held };
        mac.update(body);
        held | (mac.verify_slice(&given).is_ok() && !secret.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_signature_under_a_known_secret_holds() {
        // The example of GitHub's documentation on validating deliveries.
        let right = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let secrets = [Secret::new("old"), Secret::new("It's a Secret to Everybody\n")];
        let check = |secrets: &[Secret], body: &str, header: &str, holds: bool| {
            assert_eq!(signature_holds(secrets, body.as_bytes(), header), holds, "{body} {header}");
        };
        check(&secrets, "Hello, World!", right, true);
        check(&secrets, "Hello, World?", right, false);
        check(&secrets[..1], "Hello, World!", right, false);
        check(&[], "Hello, World!", right, false);
        check(&secrets, "Hello, World!", &right.replace("sha256=", "sha1="), false);
        check(&secrets, "Hello, World!", &right[..40], false);
        check(&secrets, "Hello, World!", "sha256=zz", false);
        check(&secrets, "Hello, World!", "", false);
    }

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "(secret)");
    }

    #[test]
    fn tokens_are_long_and_differ() {
        let (a, b) = (random_token(), random_token());
        assert_eq!(a.len(), 64);
        assert_ne!(a, b);
    }
}
