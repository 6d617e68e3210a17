//! A wire between two programs, that can be cut: connections made to it reach whichever of the targets listens.

use anyhow::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a wire does with what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// It arrives.
    Whole,
    /// Connections break, and none can be made.
    Cut,
    /// Connections are accepted and stay, and nothing arrives. What was on its way when it fell silent breaks off when it is whole again.
    Silent,
}

/// A wire. Dropping it cuts it for good.
pub struct Line {
    address: SocketAddr,
    state: watch::Sender<Wire>,
    server: JoinHandle<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Line {
    /// Lays a wire to these, each tried in turn.
    pub async fn lay(targets: Vec<SocketAddr>) -> Result<Line> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (state, watched) = watch::channel(Wire::Whole);
        let targets: Arc<[SocketAddr]> = targets.into();
        let next = Arc::new(AtomicUsize::new(0));
        let server = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, targets.clone(), next.fetch_add(1, Ordering::Relaxed), watched.clone()));
            }
        });
        Ok(Line { address, state, server })
    }

    /// Where to connect, as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes what it does, also for connections that are open.
    pub fn set(&self, state: Wire) {
        self.state.send_replace(state);
    }
}

async fn carry(mut near: TcpStream, targets: Arc<[SocketAddr]>, first: usize, mut state: watch::Receiver<Wire>) {
    loop {
        let now = *state.borrow_and_update();
        match now {
            Wire::Cut => return,
            Wire::Silent => {
                // Nothing read, nothing answered, until it changes.
                if state.changed().await.is_err() || *state.borrow() != Wire::Silent {
                    return;
                }
            }
            Wire::Whole => break,
        }
    }
    for nth in 0..targets.len() {
        let Ok(mut far) = TcpStream::connect(targets[(first + nth) % targets.len()]).await else { continue };
        let ended = tokio::select! {
            _ = copy_bidirectional(&mut near, &mut far) => true,
            _ = state.changed() => false,
        };
        if !ended && *state.borrow_and_update() == Wire::Silent {
            let _ = state.changed().await;
        }
        return;
    }
}
