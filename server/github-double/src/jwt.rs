//! The App's JSON web tokens: RS256 checked with the App's own key. Nothing else is accepted.

use crate::clock::real_s;
use anyhow::{Context, Result, anyhow, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::Value;

/// How far the clocks may differ, seconds.
const SKEW_S: u64 = 60;
/// GitHub's longest life of such a token, seconds.
const LIFE_S_MAX: u64 = 600;

/// The public half of an App's key.
#[derive(Clone)]
pub struct AppKey {
    public: Vec<u8>,
}

impl AppKey {
    /// Takes the public half of a private key in PEM (PKCS#1 as GitHub hands out, or PKCS#8).
    pub fn from_private_pem(pem: &str) -> Result<AppKey> {
        let body: String = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body).context("the App key is not PEM")?;
        let pair = RsaKeyPair::from_der(&der).or_else(|_| RsaKeyPair::from_pkcs8(&der));
        let pair = pair.map_err(|error| anyhow!("the App key is not an RSA private key of 2048 bits or more: {error}"))?;
        Ok(AppKey { public: pair.public_key().as_ref().to_vec() })
    }

    /// Checks a token's signature, issuer and times.
    pub fn check(&self, token: &str, app_id: u64) -> Result<()> {
        let (signed, signature) = token.rsplit_once('.').context("not a JSON web token")?;
        let (header, claims) = signed.split_once('.').context("not a JSON web token")?;
        ensure!(part(header)?["alg"] == "RS256", "the algorithm is not RS256");
        let signature = URL_SAFE_NO_PAD.decode(signature).context("the signature is not base64url")?;
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public);
        key.verify(signed.as_bytes(), &signature).map_err(|_| anyhow!("the signature does not match the App's key"))?;

        let claims = part(claims)?;
        let issuer = match &claims["iss"] {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            _ => bail!("no issuer"),
        };
        ensure!(issuer == app_id.to_string(), "issuer {issuer} is not this App");
        let issued_s = claims["iat"].as_u64().context("'iat' is not a number")?;
        let expires_s = claims["exp"].as_u64().context("'exp' is not a number")?;
        let now_s = real_s();
        ensure!(
            issued_s <= now_s + SKEW_S,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        );
        ensure!(expires_s > now_s, "'Expiration time' claim ('exp') must be a future time");
        ensure!(expires_s <= now_s + LIFE_S_MAX + SKEW_S, "'Expiration time' claim ('exp') is too far in the future");
        Ok(())
    }
}

fn part(text: &str) -> Result<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(text).context("not base64url")?;
    serde_json::from_slice(&bytes).context("not JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;
    use ring::signature::RSA_PKCS1_SHA256;
    use serde_json::json;

    fn signed(header: &Value, claims: &Value) -> String {
        let body: String = crate::DEMO_APP_KEY_PEM.lines().filter(|line| !line.starts_with("-----")).collect();
        let pair = RsaKeyPair::from_der(&STANDARD.decode(body).unwrap()).unwrap();
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn only_the_apps_own_fresh_tokens_are_taken() {
        let key = AppKey::from_private_pem(crate::DEMO_APP_KEY_PEM).unwrap();
        let now_s = real_s();
        let check = |header: Value, claims: Value, expected: &str| {
            let answer = key.check(&signed(&header, &claims), 7).map_or_else(|error| error.to_string(), |()| "ok".into());
            assert!(answer.contains(expected), "{answer} should contain {expected}");
        };
        let rs256 = || json!({ "alg": "RS256", "typ": "JWT" });
        check(rs256(), json!({ "iss": 7, "iat": now_s - 60, "exp": now_s + 540 }), "ok");
        check(rs256(), json!({ "iss": "7", "iat": now_s, "exp": now_s + 540 }), "ok");
        check(rs256(), json!({ "iss": 8, "iat": now_s, "exp": now_s + 540 }), "not this App");
        check(rs256(), json!({ "iss": 7, "iat": now_s - 900, "exp": now_s - 300 }), "future time");
        check(rs256(), json!({ "iss": 7, "iat": now_s, "exp": now_s + 3600 }), "too far");
        check(rs256(), json!({ "iss": 7, "iat": now_s + 600, "exp": now_s + 640 }), "Issued at");
        check(json!({ "alg": "none" }), json!({ "iss": 7, "iat": now_s, "exp": now_s + 540 }), "not RS256");
    }

    #[test]
    fn a_changed_token_is_refused() {
        let key = AppKey::from_private_pem(crate::DEMO_APP_KEY_PEM).unwrap();
        let now_s = real_s();
        let good = signed(&json!({ "alg": "RS256" }), &json!({ "iss": 7, "iat": now_s, "exp": now_s + 540 }));
        let signature = good.rsplit_once('.').unwrap().1;
        let other = signed(&json!({ "alg": "RS256" }), &json!({ "iss": 7, "iat": now_s, "exp": now_s + 541 }));
        let forged = format!("{}.{signature}", other.rsplit_once('.').unwrap().0);
        assert!(key.check(&good, 7).is_ok());
        assert!(key.check(&forged, 7).is_err());
        assert!(key.check("a.b.c", 7).is_err());
        assert!(key.check("", 7).is_err());
    }
}
