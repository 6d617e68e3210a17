//! Who asks, and what they may do.

use super::error::{ApiError, ApiResult};
use crate::clock::real_s;
use crate::double::World;
use crate::shape;
use crate::state::{Actor, Permission, Repo, Token, key};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use std::sync::Arc;

impl FromRequestParts<Arc<World>> for Actor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> ApiResult<Actor> {
        actor(world, &parts.headers)
    }
}

/// Stricter than GitHub, which lets strangers read what is public: here a forgotten token is always an error.
fn actor(world: &World, headers: &HeaderMap) -> ApiResult<Actor> {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let value = value.ok_or_else(|| ApiError::plain(StatusCode::UNAUTHORIZED, "Requires authentication"))?;
    let token = value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("token ")).map(str::trim);
    let token = token.ok_or_else(ApiError::bad_credentials)?;
    if token.starts_with("eyJ") && token.split('.').count() == 3 {
        let app = world.app.as_ref().ok_or_else(ApiError::bad_credentials)?;
        return match app.key.check(token, app.id) {
            Ok(()) => Ok(Actor::App),
            Err(error) => Err(ApiError::plain(StatusCode::UNAUTHORIZED, &error.to_string())),
        };
    }
    actor_of_token(world, token).ok_or_else(ApiError::bad_credentials)
}

/// Whose token this is, while it is worth something.
pub fn actor_of_token(world: &World, token: &str) -> Option<Actor> {
    match world.state().tokens.get(token)? {
        Token::User(login) => Some(Actor::User(login.clone())),
        Token::Installation(token) if token.expires_s > real_s() => Some(Actor::Installation(token.clone())),
        Token::Installation(_) => None,
    }
}

fn granted(actor: &Actor, repo: &Repo, permission: &str) -> &'static str {
    let Actor::Installation(token) = actor else { return "none" };
    let within = token.repositories.as_ref().is_none_or(|all| all.contains(&repo.full_name().to_lowercase()));
    match token.permissions.get(permission).map(String::as_str) {
        Some("write" | "admin") if within => "write",
        Some("read") if within => "read",
        _ if within && permission == "metadata" => "read",
        _ => "none",
    }
}

/// Whether the actor may read this part of a repository.
pub fn may_read(actor: &Actor, repo: &Repo, permission: &str) -> bool {
    match actor {
        Actor::User(login) => repo.permission(login) >= Permission::Read,
        Actor::Installation(_) => granted(actor, repo, permission) != "none",
        Actor::App => false,
    }
}

/// Whether the actor may write this part of a repository.
pub fn may_write(actor: &Actor, repo: &Repo, permission: &str) -> bool {
    match actor {
        Actor::User(login) => repo.permission(login) >= Permission::Write,
        Actor::Installation(_) => granted(actor, repo, permission) == "write",
        Actor::App => false,
    }
}

/// What a request needs of a repository.
#[derive(Clone, Copy)]
pub enum Need<'a> {
    /// To read; any of these permissions will do.
    Read(&'a [&'a str]),
    /// To write; any of these permissions will do.
    Write(&'a [&'a str]),
    /// To write what any reader with an account may write: comments.
    Speak(&'a [&'a str]),
}

impl World {
    /// The repository, for an actor who may do this with it; otherwise GitHub's refusal.
    pub fn access(&self, actor: &Actor, owner: &str, name: &str, need: Need<'_>) -> ApiResult<Repo> {
        if matches!(actor, Actor::App) {
            return Err(ApiError::plain(StatusCode::UNAUTHORIZED, "Bad credentials: a JSON web token is only for /app and installations"));
        }
        let repo = self.state().repos.get(&key(owner, name)).cloned().ok_or_else(ApiError::not_found)?;
        let visible = match actor {
            Actor::Installation(token) => token.repositories.as_ref().is_none_or(|all| all.contains(&key(owner, name))),
            other => may_read(other, &repo, "metadata"),
        };
        if !visible {
            return Err(ApiError::not_found());
        }
        let is_user = matches!(actor, Actor::User(_));
        let allowed = match need {
            Need::Read(any) => any.iter().any(|permission| may_read(actor, &repo, permission)),
            Need::Write(any) => any.iter().any(|permission| may_write(actor, &repo, permission)),
            Need::Speak(any) => is_user || any.iter().any(|permission| may_write(actor, &repo, permission)),
        };
        match (allowed, is_user) {
            (true, _) => Ok(repo),
            (false, true) => Err(ApiError::forbidden("Must have push access to the repository.")),
            (false, false) => Err(ApiError::forbidden("Resource not accessible by integration")),
        }
    }

    /// The login an actor writes as.
    pub fn login_of(&self, actor: &Actor) -> String {
        match (actor, &self.app) {
            (Actor::User(login), _) => login.clone(),
            (_, Some(app)) => app.login(),
            (_, None) => "ghost".to_owned(),
        }
    }
}

/// `GET /user`
pub async fn user(State(world): State<Arc<World>>, actor: Actor) -> ApiResult<Json<Value>> {
    let Actor::User(login) = actor else { return Err(ApiError::forbidden("Resource not accessible by integration")) };
    let account = world.state().user(&login);
    Ok(Json(shape::own_user(&world.base_url, &account)))
}
