//! Long work of our own, on a thread of its own, so that heartbeats and Ctrl-C are heard meanwhile. Knows nothing of the work.

use anyhow::{Context, Result};

/// Does the work on a thread where it may take its time, and waits for it.
///
/// # Errors
/// Where the work panics.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.context("the measurement broke off: this is a fault of ounce")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn the_heart_beats_while_an_image_is_weighed() {
        let mut beats = 0;
        let heart = async {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                beats += 1;
            }
        };
        tokio::select! {
            () = heart => {}
            weighed = aside(|| std::thread::sleep(Duration::from_millis(500))) => weighed.unwrap(),
        }
        assert!(beats > 5, "{beats} beats");
        assert!(aside(|| panic!("meant")).await.is_err());
    }
}
