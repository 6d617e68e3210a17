//! What stands for traces where the server is built without them: no configuration asks for any, so nothing of this ever is.

use crate::config::Otlp as Config;
use crate::logging::Spans;
use std::time::Duration;
use tokio::runtime::Handle;

/// Sends no spans: there is none of it.
#[derive(Debug)]
pub enum Otlp {}

impl Otlp {
    /// An error: the configuration is refused before.
    pub fn start(_: &Config, _: &Handle) -> anyhow::Result<Otlp> {
        anyhow::bail!("this ounce-server cannot send traces")
    }

    /// Never.
    pub fn spans(&self) -> Spans {
        match *self {}
    }

    /// Never.
    pub async fn end(self, _: Duration) {
        match self {}
    }
}
