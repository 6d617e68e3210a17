//! Orders: a command with who gave it and where. From a comment or a button to rows and one answer.
//!
//! The forge is asked afresh what the account may do; a button asks for the same role as the line in a comment. First
//! everything is read, then all is written in one transaction with the order's own row, which is there once: an event that comes
//! again, also under another id, changes nothing.

mod accept;
mod approve;
mod bisect;
mod cancel;
mod compare;
pub mod page;
mod rerun;
mod words;

pub(super) use bisect::from_history;

use super::command::{self, Command};
use super::event::{CheckEvent, CommentEvent, Installation, Repository};
use super::plan::{Obstacle, again, end, heard, put_project};
use super::publish::{self, CHECK_ID};
use super::{Context, forge_pause_ms};
use crate::forge::{CheckAction, Forge, Role};
use crate::store::commands::{self, Asked, Outcome};
use crate::store::deliveries::{self, Delivery, End};
use crate::store::{Connection, StoreError, audit, projects};
use ounce_protocol::ids::RepoName;
use ounce_protocol::job::Millis;

/// Refusals that are told on one pull request in [`REFUSALS_MS`]; more are only noted. One account is told once.
pub const REFUSALS_MAX: i64 = 5;
/// Over which time refusals are counted.
pub const REFUSALS_MS: Millis = 24 * 3_600_000;
/// Longest text of a command that was not understood that is kept, bytes.
const UNREAD_BYTES_MAX: usize = 400;

/// A command with who gave it and where.
#[derive(Debug, Clone)]
struct Order<'a> {
    repository: &'a Repository,
    installation: Option<Installation>,
    /// The project, where an event of the forge brought nothing new of it.
    project: Option<i64>,
    pull: u64,
    /// The comment to answer; none for a button, whose check says what comes of it.
    comment: Option<u64>,
    /// What makes it unique.
    source: String,
    login: &'a str,
    role: Role,
    command: Command,
}

impl Order<'_> {
    fn repo(&self) -> &RepoName {
        &self.repository.full_name
    }
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reply {
    outcome: Outcome,
    /// One sentence, for the order's row.
    note: String,
    /// What is answered; none where something else answers.
    text: Option<String>,
}

impl Reply {
    fn done(note: &str, text: impl Into<String>) -> Reply {
        Reply { outcome: Outcome::Done, note: note.to_owned(), text: Some(text.into()) }
    }
    /// Somebody else answers: a run, once it has figures.
    fn silent(note: &str) -> Reply {
        Reply { outcome: Outcome::Done, note: note.to_owned(), text: None }
    }
    fn mistaken(note: &str, text: impl Into<String>) -> Reply {
        Reply { outcome: Outcome::Mistaken, note: note.to_owned(), text: Some(text.into()) }
    }
}

/// What was read from the forge for an order, and is to be written.
enum Ready {
    Reply(Reply),
    Approve(Box<approve::Ready>),
    Rerun(Box<rerun::Ready>),
    Compare(Box<compare::Ready>),
    Cancel,
    Accept(String),
    Bisect(Box<bisect::Ready>),
}

/// Somebody commented.
pub async fn commented<F: Forge>(cx: &Context<F>, delivery: &Delivery, event: &CommentEvent) -> Result<bool, StoreError> {
    let ignored = |why: &'static str| end(cx, delivery, End::Ignored, why);
    if event.action != "created" {
        return ignored("only a new comment commands: an edit may be somebody else's").await;
    }
    if event.issue.pull_request.is_none() {
        return ignored("the comment is not on a pull request").await;
    }
    let Some(parsed) = event.comment.body.as_deref().and_then(command::parse) else { return ignored("the comment gives no command").await };
    let Some(user) = event.comment.user.as_ref().filter(|user| !user.is_bot()) else { return ignored("bots do not command").await };
    let source = format!("comment:{}", event.comment.id);
    let reading = async {
        if cx.forge.login().await?.eq_ignore_ascii_case(&user.login) {
            return Ok(None);
        }
        cx.forge.role(&event.repository.full_name, &user.login).await.map(Some)
    };
    let role = match reading.await {
        Ok(Some(role)) => role,
        Ok(None) => return ignored("we do not command ourselves").await,
        Err(error) => return later(cx, delivery, &error.to_string(), forge_pause_ms(&error)).await,
    };
    let order = |command| Order {
        repository: &event.repository,
        installation: event.installation,
        project: None,
        pull: event.issue.number,
        comment: Some(event.comment.id),
        source: source.clone(),
        login: &user.login,
        role,
        command,
    };
    match parsed {
        _ if role < Role::Write => refuse(cx, delivery, &order(Command::Help), event.comment.body.as_deref().unwrap_or("")).await,
        Ok(command) => obey(cx, delivery, vec![order(command)]).await,
        Err(mistake) => {
            let reply = Reply::mistaken(&mistake.to_string(), words::mistaken(&mistake));
            let unread = cut(event.comment.body.as_deref().unwrap_or(""));
            write(cx, delivery, vec![(order(Command::Help), Some(unread), Ready::Reply(reply))]).await
        }
    }
}

/// A button of our check was pressed, or GitHub's own to run it again. Its `pull_requests` are empty for forks: the commit counts.
pub async fn pressed<F: Forge>(cx: &Context<F>, delivery: &Delivery, event: &CheckEvent) -> Result<bool, StoreError> {
    let ignored = |why: &'static str| end(cx, delivery, End::Ignored, why);
    let is_ours = cx.forge.app_id().is_some() && event.check.app.as_ref().map(|app| app.id) == cx.forge.app_id();
    let is_report = delivery.event == "check_suite" || event.check.external_id.as_deref() == Some(CHECK_ID);
    let action = match (event.action.as_str(), &event.requested_action) {
        ("requested_action", Some(asked)) => CheckAction::parse(&asked.identifier),
        ("rerequested", _) => Some(CheckAction::Rerun),
        _ => return ignored("no button was pressed").await,
    };
    let (true, true, Some(action)) = (is_ours, is_report, action) else { return ignored("not a button of ours").await };
    if event.sender.is_bot() {
        return ignored("bots do not command").await;
    }
    let repo = &event.repository.full_name;
    let role = match cx.forge.role(repo, &event.sender.login).await {
        Ok(role) => role,
        Err(error) => return later(cx, delivery, &error.to_string(), forge_pause_ms(&error)).await,
    };
    let command = match action {
        CheckAction::Approve => Command::Approve(event.check.head_sha.clone()),
        CheckAction::Rerun => Command::Run(command::Part::default()),
        CheckAction::Accept => Command::Accept("accepted with the check's button".to_owned()),
    };
    let mut c = cx.store.connection().await?;
    let pulls = match projects::find(&mut c, repo).await? {
        Some(project) => projects::pulls_of(&mut c, project, &event.check.head_sha).await?,
        None => Vec::new(),
    };
    drop(c);
    if pulls.is_empty() {
        return ignored("no open pull request has this head").await;
    }
    let order = |pull: u64| Order {
        repository: &event.repository,
        installation: event.installation,
        project: None,
        pull,
        comment: None,
        source: format!("button:{}:{pull}", delivery.guid),
        login: &event.sender.login,
        role,
        command: command.clone(),
    };
    decide(cx, delivery, pulls.into_iter().map(order).collect(), role).await
}

/// Carries out what was ordered without a comment, where the account's role allows it.
async fn decide<F: Forge>(cx: &Context<F>, delivery: &Delivery, orders: Vec<Order<'_>>, role: Role) -> Result<bool, StoreError> {
    if role < Role::Write {
        let refused = Reply { outcome: Outcome::Refused, note: words::NO_RIGHT.to_owned(), text: None };
        let refused = orders.into_iter().map(|order| (order, None, Ready::Reply(refused.clone()))).collect();
        return write(cx, delivery, refused).await;
    }
    obey(cx, delivery, orders).await
}

/// Says once, politely, that an account may not command; not more often than is bearable on one pull request.
async fn refuse<F: Forge>(cx: &Context<F>, delivery: &Delivery, order: &Order<'_>, body: &str) -> Result<bool, StoreError> {
    let now = cx.clock.now();
    let mut c = cx.store.connection().await?;
    let told = match projects::find(&mut c, order.repo()).await? {
        Some(project) => commands::refusals(&mut c, project, order.pull, order.login, now.saturating_sub(REFUSALS_MS)).await?,
        None => (0, 0),
    };
    drop(c);
    let text = match told {
        (all, theirs) if all >= REFUSALS_MAX || theirs > 0 => None,
        _ => Some(words::refused(order.login)),
    };
    let reply = Reply { outcome: Outcome::Refused, note: words::NO_RIGHT.to_owned(), text };
    write(cx, delivery, vec![(order.clone(), Some(cut(body)), Ready::Reply(reply))]).await
}

/// Reads what the orders need and carries them out together.
async fn obey<F: Forge>(cx: &Context<F>, delivery: &Delivery, orders: Vec<Order<'_>>) -> Result<bool, StoreError> {
    let mut ready = Vec::with_capacity(orders.len());
    for order in orders {
        // Nothing is read for what was done before.
        if commands::known(&mut *cx.store.connection().await?, &order.repo().to_string(), &order.source).await? {
            return end(cx, delivery, End::Done, "was done before").await;
        }
        match prepare(cx, &order).await {
            Ok(prepared) => ready.push((order, None, prepared)),
            Err(Stop::Store(error)) => return Err(error),
            Err(Stop::Obstacle(obstacle)) => {
                let (why, wait) = match obstacle {
                    Obstacle::Later(why, wait) => (why, wait),
                    Obstacle::Merging(why) => (why.to_owned(), None),
                    Obstacle::Moved(why) => (why, None),
                    Obstacle::Never(why) => {
                        let reply = Reply::mistaken(&why, words::impossible(&why));
                        ready.push((order, None, Ready::Reply(reply)));
                        continue;
                    }
                };
                if again(cx, delivery, &why, wait).await? {
                    return Ok(true);
                }
                let reply = Reply::mistaken(&why, words::impossible(&why));
                ready.push((order, None, Ready::Reply(reply)));
            }
        }
    }
    write(cx, delivery, ready).await
}

/// Why an order is not ready.
enum Stop {
    Obstacle(Obstacle),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Store(error)
    }
}

impl<E: Into<Obstacle>> From<E> for Stop
where
    E: NotStore,
{
    fn from(error: E) -> Stop {
        Stop::Obstacle(error.into())
    }
}

/// What is not the database's.
trait NotStore {}
impl NotStore for Obstacle {}
impl NotStore for crate::forge::ForgeError {}

async fn prepare<F: Forge>(cx: &Context<F>, order: &Order<'_>) -> Result<Ready, Stop> {
    match &order.command {
        Command::Help => Ok(Ready::Reply(Reply::done("help", words::help()))),
        Command::Approve(sha) => approve::prepare(cx, order, sha).await,
        Command::Run(part) => rerun::prepare(cx, order, part).await,
        Command::Compare { base, head } => compare::prepare(cx, order, base, head).await,
        Command::Cancel => Ok(Ready::Cancel),
        Command::Accept(reason) => Ok(Ready::Accept(reason.clone())),
        Command::Bisect(metric) => bisect::prepare(cx, order, metric).await,
    }
}

/// Writes what came of the orders of one delivery, and ends it.
async fn write<F: Forge>(
    cx: &Context<F>,
    delivery: &Delivery,
    orders: Vec<(Order<'_>, Option<String>, Ready)>,
) -> Result<bool, StoreError> {
    let now = cx.clock.now();
    let mut tx = cx.store.write().await?;
    let mut notes = Vec::new();
    for (order, unread, ready) in orders {
        let project = match order.project {
            Some(project) => project,
            None => put_project(&mut tx, order.repository, heard(delivery, order.installation), now).await?,
        };
        if commands::known(&mut tx, &order.repo().to_string(), &order.source).await? {
            notes.push("was done before".to_owned());
            continue;
        }
        let reply = carry_out(&mut tx, cx, &order, project, ready, now).await?;
        let command = unread.unwrap_or_else(|| order.command.to_string());
        let asked = Asked {
            project,
            source: &order.source,
            pull: order.pull,
            login: order.login,
            role: order.role.word(),
            command: &command,
            outcome: reply.outcome,
            note: &reply.note,
        };
        commands::note(&mut tx, &asked, now).await?;
        let target = format!("{}#{}", order.repo(), order.pull);
        let result = format!("{} ({})", reply.note, order.role.word());
        let done = audit::Done { who: order.login, what: &command, target: &target, origin: &order.source, result: &result };
        audit::note(&mut tx, done, now).await?;
        if let (Some(text), Some(comment)) = (&reply.text, order.comment) {
            publish::wish_answer(&mut tx, project, order.pull, comment, text, now).await?;
        }
        tracing::info!(repo = %order.repo(), pull = order.pull, login = order.login, role = order.role.word(), command, note = reply.note, "ordered");
        notes.push(reply.note);
    }
    deliveries::end(&mut tx, delivery.id, End::Done, &notes.join("; ")).await?;
    tx.commit().await?;
    cx.wake.queue.notify_waiters();
    cx.wake.publish.notify_one();
    Ok(true)
}

async fn carry_out<F: Forge>(
    tx: &mut Connection,
    cx: &Context<F>,
    order: &Order<'_>,
    project: i64,
    ready: Ready,
    now: Millis,
) -> Result<Reply, StoreError> {
    match ready {
        Ready::Reply(reply) => Ok(reply),
        Ready::Approve(ready) => approve::write(tx, cx, order, project, *ready, now).await,
        Ready::Rerun(ready) => rerun::write(tx, cx, order, project, *ready, now).await,
        Ready::Compare(ready) => compare::write(tx, cx, order, project, *ready, now).await,
        Ready::Cancel => cancel::write(tx, cx, order, project, now).await,
        Ready::Accept(reason) => accept::write(tx, cx, order, project, reason, now).await,
        Ready::Bisect(ready) => bisect::write(tx, cx, order, project, *ready, now).await,
    }
}

/// Puts the delivery back, or ends it where its time is up.
async fn later<F: Forge>(cx: &Context<F>, delivery: &Delivery, why: &str, wait: Option<Millis>) -> Result<bool, StoreError> {
    match again(cx, delivery, why, wait).await? {
        true => Ok(true),
        false => end(cx, delivery, End::Failed, why).await,
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(UNREAD_BYTES_MAX)].to_owned()
}
