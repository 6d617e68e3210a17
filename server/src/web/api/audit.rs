//! Who did what, for operators.

use super::answers::AuditEntry;
use super::{Api, ApiProblem, PREFIX, Page, Problem};
use crate::store::audit;
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use utoipa::IntoParams;

/// Entries in one answer.
const ENTRIES: u32 = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Only entries with smaller numbers.
    before: Option<String>,
}

/// Who did what that changes what others may do or see, the newest first.
///
/// For accounts among the server's `admins` only, with the cookie of their session; it is not there for anybody else.
#[utoipa::path(
    get, path = "/audit", tag = "operators", params(Paging),
    responses((status = 200, body = Page<AuditEntry>), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub async fn entries(State(api): State<Api>, Query(paging): Query<Paging>) -> Result<Json<Page<AuditEntry>>, ApiProblem> {
    let before = paging.before.map(|text| match text.parse() {
        Ok(id) if id > 0 => Ok(id),
        _ => Err(ApiProblem::Parameter(format!("before={text:?} is no entry's number"))),
    });
    let rows = audit::list(&mut *api.store.connection().await?, before.transpose()?, ENTRIES).await?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|n| n == ENTRIES);
    let next = rows.last().filter(|_| is_full).map(|row| format!("{PREFIX}/audit?before={}", row.id));
    Ok(Json(Page { items: rows.into_iter().map(AuditEntry::from).collect(), next }))
}
