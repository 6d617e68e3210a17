//! A server for tests: takes any request, answers as it is told, and keeps what came. Listens on this machine only.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What it says with any status but 204: an error, a heartbeat's answer, and a token.
const TEXT: &str =
    r#"{"error":"as the test wants it","cancel":false,"token":"abababababababababababababababababababababababababababababababab"}"#;

/// The server, until the test is over.
pub struct Fake {
    /// `http://127.0.0.1:PORT`.
    pub address: String,
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl Fake {
    /// Starts one. `answer` gives the status for a path, and for which request this is, counted from 0.
    pub async fn start(answer: impl Fn(&str, usize) -> u16 + Send + Sync + 'static) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream, &answer, &kept).await;
            }
        });
        Fake { address, seen }
    }

    /// The last words of the paths asked for, in order.
    pub fn paths(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|(path, _)| path.clone()).collect()
    }

    /// The bodies sent to a path.
    pub fn bodies(&self, path: &str) -> Vec<String> {
        self.seen.lock().unwrap().iter().filter(|(p, _)| p == path).map(|(_, body)| body.clone()).collect()
    }
}

async fn serve(mut stream: TcpStream, answer: &(impl Fn(&str, usize) -> u16 + Sync), seen: &Mutex<Vec<(String, String)>>) {
    let mut bytes = Vec::new();
    let (head, body_from) = loop {
        if stream.read_buf(&mut bytes).await.unwrap() == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(at) = text.find("\r\n\r\n") {
            break (text[..at].to_ascii_lowercase(), at + 4);
        }
    };
    let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    while bytes.len() < body_from + length {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "the body was cut");
    }
    let path = head.split_whitespace().nth(1).and_then(|path| path.rsplit('/').next()).unwrap().to_owned();
    let body = String::from_utf8(bytes[body_from..].to_vec()).unwrap();
    let nth = {
        let mut seen = seen.lock().unwrap();
        seen.push((path.clone(), body));
        seen.len() - 1
    };
    let status = answer(&path, nth);
    let text = if status == 204 { "" } else { TEXT };
    // A claim that brings nothing: this runner is set aside.
    let aside = if status == 204 && path == "claim" { "ounce-aside: set aside; the latest: no disk\r\n" } else { "" };
    let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", text.len()) };
    let answer = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: application/json\r\n{aside}{length}\r\n{text}");
    stream.write_all(answer.as_bytes()).await.unwrap();
}
