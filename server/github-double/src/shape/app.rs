//! The App in GitHub's shape: `integration`, as it stands at what the App wrote, and `installation`.

use super::account::user;
use crate::api::apps::{EVENTS, permissions};
use crate::api::oauth::CLIENT_ID;
use crate::clock::{LOGICAL_EPOCH_S, iso};
use crate::double::App;
use crate::state::State;
use serde_json::{Value, json};

/// Whose App it is.
const OWNER: &str = "octo-dev";

/// The App.
pub fn app(base: &str, state: &mut State, app: &App) -> Value {
    let (owner, since) = (state.user(OWNER), iso(LOGICAL_EPOCH_S));
    json!({
        "id": app.id, "slug": app.slug, "node_id": format!("A_{}", app.id), "client_id": CLIENT_ID, "name": app.slug, "description": null,
        "owner": user(base, &owner), "html_url": format!("{base}/apps/{}", app.slug), "external_url": "https://example.invalid",
        "created_at": since, "updated_at": since, "permissions": permissions(), "events": EVENTS,
    })
}

/// Its one installation, at the account that the repositories belong to.
pub fn installation(base: &str, state: &mut State, app: &App, account: &str) -> Value {
    let (account, since, id) = (state.user(account), iso(LOGICAL_EPOCH_S), app.installation_id);
    json!({
        "id": id, "app_id": app.id, "app_slug": app.slug, "client_id": CLIENT_ID, "account": user(base, &account),
        "target_id": account.id, "target_type": account.kind, "repository_selection": "selected", "permissions": permissions(),
        "access_tokens_url": format!("{base}/app/installations/{id}/access_tokens"),
        "repositories_url": format!("{base}/installation/repositories"), "html_url": format!("{base}/settings/installations/{id}"),
        "events": EVENTS, "single_file_name": null, "created_at": since, "updated_at": since, "suspended_by": null, "suspended_at": null,
    })
}
