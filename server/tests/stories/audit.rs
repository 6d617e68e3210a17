//! Who did what can be read afterwards: what people command, what runners enrol, and for how long it is kept.

use crate::world::{REPO, World};
use ounce_server::store::audit::{self, Done, Entry, KEEP_MS};

async fn kept(world: &World) -> Vec<Entry> {
    audit::list(&mut world.store.connection().await.unwrap(), None, 10).await.unwrap()
}

#[tokio::test]
async fn who_did_what_from_where_and_what_came_of_it_is_kept() {
    let world = World::new().await;
    world.runner("desk").await;
    let pull = world.pull("faster").await;
    world.comment_saying(pull, "").await;
    let refused = world.double.comment_as(REPO, pull, "mallory", "/ounce cancel").await.unwrap();
    world.row("its refusal", "SELECT id FROM audit WHERE who = 'mallory'").await;

    let entries = kept(&world).await;
    let [command, enrolment] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((enrolment.who.as_str(), enrolment.what.as_str(), enrolment.target.as_str()), ("desk", "enroll", "desk"));
    assert_eq!((command.target.clone(), command.origin.clone()), (format!("{REPO}#{pull}"), format!("comment:{refused}")));
    assert!(command.what.contains("/ounce cancel") && command.result.contains("(read)"), "{command:?}");
    assert!(command.id > enrolment.id);
    let older = audit::list(&mut world.store.connection().await.unwrap(), Some(command.id), 10).await.unwrap();
    assert_eq!(older, std::slice::from_ref(enrolment), "a list goes on where one ended");
}

#[tokio::test]
async fn what_is_older_than_it_is_kept_is_dropped() {
    let world = World::new().await;
    let done = Done { who: "a", what: "b", target: "c", origin: "d", result: "e" };
    for age in [KEEP_MS + 60_000, KEEP_MS - 3_600_000] {
        audit::note(&mut world.store.connection().await.unwrap(), done, world.clock.now() - age).await.unwrap();
    }
    world.pass(1);
    world.row("one entry", "SELECT 1 FROM (SELECT COUNT(*) AS n FROM audit) AS t WHERE n = 1").await;
    assert!(kept(&world).await[0].at_ms > world.clock.now() - KEEP_MS, "the younger one stays");
}
