//! The proxy over its socket, with servers on this machine that an operator would have allowed.

use super::rules::Hosts;
use super::*;
use crate::settings::{FetchSettings, PrivateHost, Upstream};
use tokio::net::TcpListener;

/// A server that answers each line with itself, and gives its port.
async fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    port
}

fn start(private: &[String], upstream: Option<u16>) -> Proxy {
    let private_hosts = private.iter().map(|p| PrivateHost::try_from(p.clone()).unwrap()).collect();
    let upstream = upstream.map(|port| Upstream::try_from(format!("http://127.0.0.1:{port}")).unwrap());
    Proxy::start(Rules { hosts: Hosts::Public, settings: FetchSettings { upstream, private_hosts } }).unwrap()
}

/// Sends this, ends its side, and reads to the end.
async fn said(proxy: &Proxy, text: &str) -> String {
    let mut stream = UnixStream::connect(proxy.socket()).await.unwrap();
    // A proxy that has heard enough does not read the rest.
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn what_is_allowed_goes_through_both_ways_and_is_told() {
    let port = echo().await;
    let proxy = start(&[format!("127.0.0.1:{port}")], None);
    // The first words of the client may come at once with its request.
    let answer = said(&proxy, &format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\nhello")).await;
    assert_eq!(answer, "HTTP/1.1 200 Connection established\r\n\r\nhello");
    let log = Kept::default();
    assert_eq!(proxy.tell(&log), "");
    assert_eq!(log.0.lock().unwrap().as_str(), "[fetch: the proxy reached 127.0.0.1; 10 bytes]\n");
}

#[tokio::test]
async fn what_is_not_allowed_is_refused_and_told_with_the_next_step() {
    let port = echo().await;
    let proxy = start(&[], None);
    let check = async |request: &str, says: &str| {
        let answer = said(&proxy, request).await;
        assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains(says), "{request:?}: {answer:?}");
        let log = Kept::default();
        let told = proxy.tell(&log);
        assert!(told.contains(says) && *log.0.lock().unwrap() == told, "{told}");
    };
    check(&format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n"), "127.0.0.1 is an address").await;
    check("CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n", "169.254.169.254 is an address").await;
    check("GET http://a.example/ HTTP/1.1\r\n\r\n", "use https:// URLs").await;
    check("CONNECT a.example:443 HTTP/1.1 more\r\n\r\n", "is not CONNECT").await;
    check("CONNECT a.example:25 HTTP/1.1\r\n\r\n", "only ports 443 and 80").await;
    check("CONNECT no-such-host.invalid:443 HTTP/1.1\r\n\r\n", "no-such-host.invalid cannot be reached").await;
    check(&"x".repeat(HEAD_BYTES_MAX + 2000), "a head of more than 8192 bytes").await;
    check("CONNECT a.exa", "a head that breaks off").await;
}

#[tokio::test]
async fn an_operators_proxy_is_asked_by_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let upstream = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in ["HTTP/1.1 200 fine\r\n\r\n", "HTTP/1.1 407 who are you\r\n\r\n"] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (head, _) = head(&mut stream).await.unwrap();
            asked.push(head.lines().next().unwrap().to_owned());
            stream.write_all(answer.as_bytes()).await.unwrap();
            let (mut from, mut to) = stream.split();
            let _ = tokio::io::copy(&mut from, &mut to).await;
        }
        asked
    });
    let proxy = start(&[], Some(port));
    assert!(said(&proxy, "CONNECT a.example:443 HTTP/1.1\r\n\r\nhello").await.ends_with("\r\n\r\nhello"));
    assert!(said(&proxy, "CONNECT b.example:443 HTTP/1.1\r\n\r\n").await.contains("upstream proxy answers \"HTTP/1.1 407 who are you\""));
    // Never asked for by address.
    assert!(said(&proxy, "CONNECT 10.0.0.1:443 HTTP/1.1\r\n\r\n").await.contains("is an address"));
    assert_eq!(upstream.await.unwrap(), ["CONNECT a.example:443 HTTP/1.1", "CONNECT b.example:443 HTTP/1.1"]);
}

#[tokio::test]
async fn too_much_traffic_ends_a_connection_and_too_many_are_refused() {
    let port = echo().await;
    let proxy = start(&[format!("127.0.0.1:{port}")], None);
    let request = format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\nhello");
    proxy.state.traffic_bytes.store(TRAFFIC_BYTES_MAX - 3, Relaxed);
    assert!(said(&proxy, &request).await.ends_with("\r\n\r\n"), "nothing of it came back");
    assert!(proxy.tell(&()).contains("more than 8 GiB in one fetch"));
    proxy.state.connections.store(CONNECTIONS_SUM_MAX, Relaxed);
    assert!(said(&proxy, &request).await.contains("more than 20000 connections"));
    // Gone with its owner.
    let socket = proxy.socket();
    drop(proxy);
    assert!(UnixStream::connect(socket).await.is_err());
}

#[derive(Default)]
struct Kept(Mutex<String>);

impl LogSink for Kept {
    fn text(&self, text: &str) {
        self.0.lock().unwrap().push_str(text);
    }
}
