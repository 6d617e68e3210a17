//! Sending events: signed, with GitHub's headers, each attempt remembered. Like GitHub, it never repeats one by itself.

use crate::clock::real_s;
use crate::double::{WebhookConfig, World};
use crate::shape;
use crate::state::Delivery;
use anyhow::{Context, Result};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;

/// How long GitHub waits for an answer.
const ANSWER_S_MAX: u64 = 10;

/// The client that events are sent with.
pub fn client() -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder().timeout(Duration::from_secs(ANSWER_S_MAX)).redirect(reqwest::redirect::Policy::none());
    builder.no_proxy().build().context("an HTTP client")
}

/// `sha256=<hex>` of a body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

impl World {
    /// Sends an event to the endpoint, where there is one, and waits for its answer.
    pub async fn send(&self, event: &str, payload: &Value) -> Result<Option<Delivery>> {
        let Some(hook) = self.webhook() else { return Ok(None) };
        let n = self.state().next_id();
        // A UUID's shape; its value only has to be unique, and repeats with the story.
        let guid = format!("d0b1e000-0000-4000-8000-{n:012x}");
        let action = payload["action"].as_str().map(str::to_owned);
        Ok(Some(self.attempt(&hook, event, action, guid, payload.to_string(), false).await))
    }

    /// Sends a `ping`.
    pub async fn ping(&self) -> Result<Option<Delivery>> {
        let hook = json!({ "type": "App", "id": 1, "active": true, "events": ["pull_request", "push", "issue_comment", "check_run"] });
        self.send("ping", &json!({ "zen": "Keep it logically awesome.", "hook_id": 1, "hook": hook })).await
    }

    /// Sends a delivery's bytes again.
    pub async fn redeliver(&self, id: u64) -> Result<Delivery> {
        let hook = self.webhook().context("the double has no webhook endpoint")?;
        let old = self.state().deliveries.iter().find(|delivery| delivery.id == id).cloned();
        let old = old.with_context(|| format!("no delivery {id}"))?;
        Ok(self.attempt(&hook, &old.event, old.action, old.guid, old.payload, true).await)
    }

    async fn attempt(
        &self,
        hook: &WebhookConfig,
        event: &str,
        action: Option<String>,
        guid: String,
        payload: String,
        redelivery: bool,
    ) -> Delivery {
        let request = self
            .http
            .post(&hook.url)
            .header("content-type", "application/json")
            .header("user-agent", "GitHub-Hookshot/d0b1e00")
            .header("x-github-event", event)
            .header("x-github-delivery", &guid)
            .header("x-github-hook-id", "1")
            .header("x-github-hook-installation-target-type", "integration")
            .header("x-github-hook-installation-target-id", self.app.as_ref().map_or(0, |app| app.id).to_string())
            .header("x-hub-signature-256", signature(&hook.secret, payload.as_bytes()))
            .body(payload.clone());
        let (status_code, response) = match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                (status, answer.text().await.unwrap_or_default().chars().take(1000).collect())
            }
            Err(error) => (0, format!("{error:#}")),
        };
        tracing::info!(event, action, guid, status_code, "delivered");
        let mut state = self.state();
        let id = state.next_id();
        let event = event.to_owned();
        let delivery = Delivery { id, guid, event, action, status_code, response, redelivery, delivered_s: real_s(), payload };
        state.delivered(delivery.clone());
        delivery
    }

    /// The members every event of a repository has, around its own.
    pub fn envelope(&self, full_name: &str, sender: &str, mut payload: Value) -> Result<Value> {
        let repo = self.repo(full_name)?;
        let mut state = self.state();
        payload["repository"] = shape::repo(&self.base_url, &mut state, &repo);
        let sender = state.user(sender);
        payload["sender"] = shape::user(&self.base_url, &sender);
        if let Some(app) = &self.app {
            payload["installation"] = json!({ "id": app.installation_id, "node_id": format!("I_{}", app.installation_id) });
        }
        Ok(payload)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_body_is_signed_as_github_documents_it() {
        // The example of GitHub's page on validating webhook deliveries.
        let signed = super::signature("It's a Secret to Everybody", b"Hello, World!");
        assert_eq!(signed, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    }
}
