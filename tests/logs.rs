//! Logs read from a server that breaks off, repeats itself and refuses.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use portolan::client::Connection;
use portolan::model::key::Key;
use portolan::model::kind::Kind;
use portolan::tunnel::logs::{LogEvent, Mode, Wanted, read};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How the server answers one request.
enum Answer {
    /// This body, ended in good order.
    Whole(String),
    /// This body, broken off.
    Cut(String),
    /// This body, and then nothing any more while the connection stays open.
    Open(String),
    /// A status with the server's words.
    Refused(u16, &'static str),
}

struct LogServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    tracker: TaskTracker,
    cancel: CancellationToken,
}

impl LogServer {
    /// Gives these answers, one a connection.
    async fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
            tracker: TaskTracker::new(),
            cancel: CancellationToken::new(),
        };
        let asked = Arc::clone(&server.asked);
        tokio::spawn(async move {
            let mut open = Vec::new();
            for answer in answers {
                let (mut socket, _) = listener.accept().await.unwrap();
                let line = request_line(&mut socket).await;
                asked.lock().unwrap().push(line);
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
                let reply = match &answer {
                    Answer::Whole(body) => format!("{head}{}0\r\n\r\n", chunk(body)),
                    Answer::Cut(body) | Answer::Open(body) => format!("{head}{}", chunk(body)),
                    Answer::Refused(code, words) => {
                        let body =
                            serde_json::json!({"kind": "Status", "message": words}).to_string();
                        format!(
                            "HTTP/1.1 {code} No\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                            body.len()
                        )
                    }
                };
                socket.write_all(reply.as_bytes()).await.unwrap();
                if let Answer::Open(_) = answer {
                    open.push(socket);
                }
            }
            std::future::pending::<()>().await;
        });
        server
    }

    fn read(&self, mode: Mode, tail: Option<u32>) -> mpsc::Receiver<LogEvent> {
        let mut config = kube::Config::new(format!("http://{}", self.address).parse().unwrap());
        config.default_retry = false;
        let client = kube::Client::try_from(config).unwrap();
        let connection = Arc::new(Connection::over(client, "test", &self.address.to_string()));
        let wanted = Wanted {
            pod: Key::new(Kind::Pod, "shop", "api-1"),
            container: "main".into(),
            mode,
            tail,
        };
        read(connection, wanted, &self.tracker, &self.cancel)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    async fn nothing_is_left(&self) {
        self.tracker.close();
        within(self.tracker.wait()).await;
    }
}

fn chunk(body: &str) -> String {
    if body.is_empty() {
        String::new()
    } else {
        format!("{:x}\r\n{body}\r\n", body.len())
    }
}

async fn request_line(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    head.lines()
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .to_owned()
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what)
        .await
        .unwrap()
}

/// The texts up to so many lines, or to the end of the log; pauses in angle brackets.
async fn take(events: &mut mpsc::Receiver<LogEvent>, lines: usize) -> Vec<String> {
    let mut texts = Vec::new();
    let mut seen = 0;
    while seen < lines {
        match within(events.recv()).await.unwrap() {
            LogEvent::Line(line) => {
                seen += 1;
                texts.push(line.text);
            }
            LogEvent::Paused(_) => texts.push("<pause>".into()),
            LogEvent::End(error) => {
                texts.push(format!("<end {}>", error.unwrap_or_default()));
                return texts;
            }
        }
    }
    texts
}

fn line(nanosecond: u32, text: &str) -> String {
    format!("2026-11-22T16:20:13.{nanosecond:09}Z {text}\n")
}

#[tokio::test]
async fn a_log_is_read_once() {
    let server = LogServer::start(vec![Answer::Whole(
        line(1, "one") + &line(2, "two") + "three",
    )])
    .await;
    let mut events = server.read(Mode::Once, Some(100));
    assert_eq!(
        take(&mut events, 9).await,
        ["one", "two", "three", "<end >"]
    );
    assert_eq!(
        server.asked(),
        ["/api/v1/namespaces/shop/pods/api-1/log?container=main&timestamps=true&tailLines=100"]
    );
    server.nothing_is_left().await;
}

#[tokio::test]
async fn a_followed_log_goes_on_after_a_cut_without_a_line_twice() {
    let server = LogServer::start(vec![
        Answer::Cut(
            line(1, "one")
                + &line(2, "two")
                + &line(2, "two too")
                + "2026-11-22T16:20:13.000000003Z thr",
        ),
        Answer::Whole(line(1, "one") + &line(2, "two") + &line(2, "two too") + &line(3, "three")),
        Answer::Open(line(3, "three") + &line(4, "four")),
    ])
    .await;
    let mut events = server.read(Mode::Follow, Some(10));
    let wanted = [
        "one", "two", "two too", "<pause>", "three", "<pause>", "four",
    ];
    assert_eq!(take(&mut events, 5).await, wanted);
    let asked = server.asked();
    assert!(asked[0].ends_with("&follow=true&tailLines=10"), "{asked:?}");
    assert!(
        asked[1].ends_with("&follow=true&sinceTime=2026-11-22T16%3A20%3A13.000000002Z"),
        "{asked:?}"
    );
    server.cancel.cancel();
    server.nothing_is_left().await;
}

#[tokio::test]
async fn a_cut_while_reading_once_is_an_error() {
    let server = LogServer::start(vec![Answer::Cut(line(1, "one"))]).await;
    let mut events = server.read(Mode::Previous, None);
    let texts = take(&mut events, 9).await;
    assert_eq!(texts[0], "one");
    assert!(
        texts[1].starts_with("<end ") && texts[1] != "<end >",
        "{texts:?}"
    );
    assert!(server.asked()[0].ends_with("&previous=true"));
}

#[tokio::test]
async fn a_container_that_has_not_started_is_waited_for_when_following() {
    let words = "container \"main\" in pod \"api-1\" is waiting to start: ContainerCreating";
    let server = LogServer::start(vec![
        Answer::Refused(400, words),
        Answer::Open(line(1, "one")),
    ])
    .await;
    let mut events = server.read(Mode::Follow, None);
    assert_eq!(
        within(events.recv()).await,
        Some(LogEvent::Paused(words.into()))
    );
    assert_eq!(take(&mut events, 1).await, ["one"]);
}

#[tokio::test]
async fn what_will_never_come_is_not_waited_for() {
    let never = [
        (400, "container nope is not valid for pod api-1"),
        (404, "pods \"api-1\" not found"),
        (
            403,
            "pods \"api-1\" is forbidden: User \"ada\" cannot get resource \"pods/log\"",
        ),
    ];
    for (code, words) in never {
        let server = LogServer::start(vec![Answer::Refused(code, words)]).await;
        let mut events = server.read(Mode::Follow, None);
        assert_eq!(
            within(events.recv()).await,
            Some(LogEvent::End(Some(words.into())))
        );
        server.nothing_is_left().await;
    }
}

#[tokio::test]
async fn nobody_reading_ends_it() {
    let server = LogServer::start(vec![Answer::Open(line(1, "one"))]).await;
    let mut events = server.read(Mode::Follow, None);
    assert_eq!(take(&mut events, 1).await, ["one"]);
    drop(events);
    server.nothing_is_left().await;
}
