//! Webhook deliveries of the App: GitHub tries each once and leaves it at that.

use super::super::{FailedDelivery, ForgeError};
use super::shapes;
use super::wire::{Answer, Ask, send};
use crate::time;
use http::header::LINK;
use octocrab::Octocrab;
use std::collections::HashSet;

const PER_PAGE: usize = 100;
/// Pages looked through, newest first.
const PAGES_MAX: usize = 20;

/// Deliveries of the last `within_s` seconds of which no attempt was answered with success, oldest first.
pub async fn failed(crab: &Octocrab, within_s: u64, now_s: i64) -> Result<Vec<FailedDelivery>, ForgeError> {
    let since_s = now_s.saturating_sub(i64::try_from(within_s).unwrap_or(i64::MAX));
    let what = "deliveries of the App's webhook";
    let mut seen = HashSet::new();
    let mut arrived = HashSet::new();
    let mut failed = Vec::new();
    let mut cursor = String::new();
    for _ in 0..PAGES_MAX {
        let answer = send(crab, Ask::get(what, format!("/app/hook/deliveries?per_page={PER_PAGE}{cursor}"))).await?;
        let page: Vec<shapes::Delivery> = answer.json()?;
        let mut too_old = page.is_empty();
        for delivery in page {
            // An unreadable time is taken as recent: better one delivery too many than one lost.
            too_old |= time::parse(&delivery.delivered_at).is_some_and(|at_s| at_s < since_s);
            if too_old {
                break;
            }
            if (200..300).contains(&delivery.status_code) {
                arrived.insert(delivery.guid);
            } else if seen.insert(delivery.guid.clone()) {
                failed.push(FailedDelivery { attempt: delivery.id, delivery: delivery.guid, event: delivery.event });
            }
        }
        match next_cursor(&answer) {
            Some(next) if !too_old => cursor = format!("&cursor={next}"),
            _ => break,
        }
    }
    failed.retain(|delivery| !arrived.contains(&delivery.delivery));
    failed.reverse();
    Ok(failed)
}

/// Asks for one more attempt.
pub async fn again(crab: &Octocrab, attempt: u64) -> Result<(), ForgeError> {
    let path = format!("/app/hook/deliveries/{attempt}/attempts");
    send(crab, Ask::post(&format!("delivery {attempt}"), path)).await.map(|_| ())
}

/// The cursor of the next page. Only the cursor is taken from the link, never its host: our credentials stay with our base URL.
fn next_cursor(answer: &Answer) -> Option<String> {
    let links = answer.headers.get(LINK)?.to_str().ok()?;
    let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
    let url = next.split_once('<')?.1.split_once('>')?.0;
    let cursor = url.split_once('?')?.1.split('&').find_map(|pair| pair.strip_prefix("cursor="))?;
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"-_.~%=".contains(&b);
    Some(cursor.to_owned()).filter(|cursor| !cursor.is_empty() && cursor.bytes().all(safe))
}
