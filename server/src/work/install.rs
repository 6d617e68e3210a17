//! Where the App is installed: projects come with it and end with it. An account without an App has no such events.

use super::event::{InstallationEvent, RepositoryName};
use super::{Context, plan};
use crate::forge::Forge;
use crate::store::deliveries::{self, Delivery, End};
use crate::store::{Connection, StoreError, installations, runs, sight};
use ounce_protocol::job::Millis;

/// What an event says about repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// These came, those went.
    Repositories,
    /// All of the installation's went.
    AllGone,
    /// All of them are back.
    AllBack,
    /// Nothing that is of interest here.
    Nothing,
}

fn change(event: &InstallationEvent) -> Change {
    match event.action.as_str() {
        "created" | "added" | "removed" => Change::Repositories,
        "deleted" | "suspend" => Change::AllGone,
        "unsuspend" => Change::AllBack,
        _ => Change::Nothing,
    }
}

/// Acts on an event about the installation.
pub async fn changed<F: Forge>(cx: &Context<F>, delivery: &Delivery, event: &InstallationEvent) -> Result<bool, StoreError> {
    let (now, id) = (cx.clock.now(), event.installation.id);
    let mut tx = cx.store.write().await?;
    let note = match change(event) {
        Change::Repositories => {
            let added = event.repositories.iter().flatten().chain(&event.repositories_added);
            let added: Vec<&RepositoryName> = added.filter(|repo| plan::works_for(cx, &repo.full_name)).collect();
            for repo in &added {
                let project = installations::added(&mut tx, &repo.full_name, id, now).await?;
                if let Some(private) = repo.private {
                    sight::heard(&mut tx, project, private).await?;
                }
            }
            for repo in &event.repositories_removed {
                if let Some(project) = installations::removed(&mut tx, &repo.full_name, now).await? {
                    stop(&mut tx, project, now).await?;
                }
            }
            format!("{} repositories to work for came, {} went", added.len(), event.repositories_removed.len())
        }
        Change::AllGone => {
            let projects = installations::projects(&mut tx, id).await?;
            for project in &projects {
                stop(&mut tx, *project, now).await?;
            }
            installations::all_removed(&mut tx, id, now).await?;
            format!("the App may not see {} repositories any more", projects.len())
        }
        Change::AllBack => {
            installations::all_back(&mut tx, id).await?;
            "the App may see its repositories again".to_owned()
        }
        Change::Nothing => {
            drop(tx);
            return plan::end(cx, delivery, End::Ignored, &format!("nothing to do for action {:?}", event.action)).await;
        }
    };
    deliveries::end(&mut tx, delivery.id, End::Done, &note).await?;
    tx.commit().await?;
    tracing::info!(installation = id, action = event.action, note, "installation");
    Ok(true)
}

/// Ends what is under way for a project. Nothing is said of it: nothing can be.
async fn stop(tx: &mut Connection, project: i64, now: Millis) -> Result<(), StoreError> {
    runs::supersede_all(tx, project, now).await.map(|_| ())
}
