//! Accounts in GitHub's shape: `simple-user`, and what somebody is told about themselves.

use crate::clock::{LOGICAL_EPOCH_S, iso};
use crate::state::User;
use serde_json::{Value, json};

/// What follows an account's own address, in its links; `{…}` is for the reader to fill in, as GitHub has it.
const LINKS: [(&str, &str); 9] = [
    ("followers_url", "/followers"),
    ("following_url", "/following{/other_user}"),
    ("gists_url", "/gists{/gist_id}"),
    ("starred_url", "/starred{/owner}{/repo}"),
    ("subscriptions_url", "/subscriptions"),
    ("organizations_url", "/orgs"),
    ("repos_url", "/repos"),
    ("events_url", "/events{/privacy}"),
    ("received_events_url", "/received_events"),
];

/// An account.
pub fn user(base: &str, user: &User) -> Value {
    let login = &user.login;
    // A bot's name has brackets, which no address has.
    let api = format!("{base}/users/{}", login.replace('[', "%5B").replace(']', "%5D"));
    let html = login.strip_suffix("[bot]").map_or_else(|| format!("{base}/{login}"), |slug| format!("{base}/apps/{slug}"));
    let mut value = json!({
        "login": login, "id": user.id, "node_id": format!("U_{}", user.id), "type": user.kind, "site_admin": false,
        "user_view_type": "public", "avatar_url": format!("{base}/avatars/{}", user.id), "gravatar_id": "", "url": api, "html_url": html,
    });
    for (name, rest) in LINKS {
        value[name] = format!("{api}{rest}").into();
    }
    value
}

/// An account, as its owner is told about it.
pub fn own_user(base: &str, account: &User) -> Value {
    let mut value = user(base, account);
    let since = iso(LOGICAL_EPOCH_S);
    for name in ["bio", "blog", "company", "email", "hireable", "location", "name", "notification_email", "twitter_username"] {
        value[name] = Value::Null;
    }
    for name in [
        "followers",
        "following",
        "public_gists",
        "public_repos",
        "collaborators",
        "disk_usage",
        "owned_private_repos",
        "private_gists",
        "total_private_repos",
    ] {
        value[name] = 0.into();
    }
    value["user_view_type"] = "private".into();
    value["two_factor_authentication"] = true.into();
    value["created_at"] = json!(since);
    value["updated_at"] = json!(since);
    value
}
