//! Steps of the server that are held wherever they touch the database or the forge, and go on, or end for good, when the seed says so.
//!
//! Only one step moves at a time, from one point to the next. So every interleaving of effects can be played, and a number plays it again.

use ounce_server::store::watch::{Point, Watch};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

tokio::task_local! {
    static GATE: Arc<Gate>;
}

/// Where a step is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// At an effect on the database.
    Store(Point),
    /// It is about to ask the forge.
    Asking,
    /// The forge did it, and its answer is under way.
    Answered,
}

#[derive(Debug, Default)]
struct Gate {
    at: Mutex<Option<At>>,
    arrived: Notify,
    go: Notify,
}

/// Holds the step that calls it. What is no step of the play is not held.
pub async fn pass(at: At) {
    let Ok(gate) = GATE.try_with(Arc::clone) else { return };
    *gate.at.lock().unwrap() = Some(at);
    gate.arrived.notify_one();
    gate.go.notified().await;
}

/// Holds steps at the store's points.
#[derive(Debug)]
pub struct Gates;

impl Watch for Gates {
    fn reached(&self, point: Point) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(pass(At::Store(point)))
    }
}

/// A step under way. Dropping it is what a power cut does to it.
pub struct Step<T> {
    gate: Arc<Gate>,
    future: Pin<Box<dyn Future<Output = T>>>,
    held: bool,
}

/// How far a step came.
pub enum Reached<T> {
    Point(At),
    End(T),
}

impl<T: 'static> Step<T> {
    pub fn new(future: impl Future<Output = T> + 'static) -> Step<T> {
        let gate = Arc::new(Gate::default());
        Step { future: Box::pin(GATE.scope(Arc::clone(&gate), future)), gate, held: false }
    }

    /// Lets it go on to its next point, or to its end.
    pub async fn go_on(&mut self) -> Reached<T> {
        if self.held {
            self.gate.go.notify_one();
        }
        tokio::select! {
            biased;
            end = &mut self.future => Reached::End(end),
            () = self.gate.arrived.notified() => {
                self.held = true;
                Reached::Point(self.gate.at.lock().unwrap().take().expect("it arrived somewhere"))
            }
        }
    }
}
