//! An API server that serves nothing but port-forwards over `v4.channel.k8s.io`, to pods that behave as told.

use futures::{SinkExt as _, StreamExt as _};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use portolan::client::Connection;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::bytes::{Bytes, BytesMut};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// How a pod (and its kubelet) behaves.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    /// The API server answers with this status.
    Status(u16, &'static str),
    /// Sends every byte back.
    Echo,
    /// Sends its own name and then every byte back.
    NamedEcho,
    /// The kubelet cannot connect: this text, then the end.
    Error(&'static str),
    /// Sends so many bytes and closes in good order.
    Close(usize),
    /// Sends so many bytes and is cut without a closing handshake.
    Cut(usize),
    /// Reads a request up to a line end, and answers it once the switch is on.
    LateReply,
    /// Takes the connection and then neither reads nor answers anything.
    Dead,
    /// Sends without end whatever the client does.
    Flood,
    /// Sends this message first, whatever it is.
    Raw(Message),
    /// Takes the connection, sends a byte, reads all, and never ends.
    Silent,
}

struct State {
    pods: Mutex<HashMap<String, Behaviour>>,
    dials: Mutex<Vec<String>>,
    open: AtomicUsize,
    allowed: AtomicBool,
    switch: watch::Sender<bool>,
    pings: watch::Sender<usize>,
    stalled: watch::Sender<bool>,
}

/// The server.
pub(crate) struct PodServer {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    cancel: CancellationToken,
    tracker: TaskTracker,
}

impl PodServer {
    pub(crate) async fn start() -> Self {
        let state = State {
            pods: Mutex::default(),
            dials: Mutex::default(),
            open: AtomicUsize::new(0),
            allowed: AtomicBool::new(true),
            switch: watch::Sender::new(false),
            pings: watch::Sender::new(0),
            stalled: watch::Sender::new(false),
        };
        Self::listen("127.0.0.1:0".parse().unwrap(), Arc::new(state)).await
    }

    async fn listen(address: SocketAddr, state: Arc<State>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::clone(&state),
            cancel: CancellationToken::new(),
            tracker: TaskTracker::new(),
        };
        let (cancel, tracker) = (server.cancel.clone(), server.tracker.clone());
        let connections = tracker.clone();
        tracker.spawn(async move {
            while let Some(accepted) = cancel.run_until_cancelled(listener.accept()).await {
                let (socket, _) = accepted.unwrap();
                let (cancel, state, upgrades) =
                    (cancel.clone(), Arc::clone(&state), connections.clone());
                let service = service_fn({
                    let cancel = cancel.clone();
                    move |request| {
                        answer(
                            request,
                            Arc::clone(&state),
                            upgrades.clone(),
                            cancel.clone(),
                        )
                    }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service)
                    .with_upgrades();
                connections.spawn(async move {
                    cancel.run_until_cancelled(connection).await;
                });
            }
        });
        server
    }

    /// Cuts every connection and closes the port.
    pub(crate) async fn kill(&self) {
        self.cancel.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// The same server on the same port again.
    pub(crate) async fn again(&self) -> Self {
        Self::listen(self.address, Arc::clone(&self.state)).await
    }

    pub(crate) fn pod(&self, name: &str, behaviour: Behaviour) {
        self.state
            .pods
            .lock()
            .unwrap()
            .insert(name.to_owned(), behaviour);
    }

    /// `pod:port` of every stream that was asked for, in order.
    pub(crate) fn dials(&self) -> Vec<String> {
        self.state.dials.lock().unwrap().clone()
    }

    /// Streams that are open now.
    pub(crate) fn open(&self) -> usize {
        self.state.open.load(SeqCst)
    }

    /// Access reviews say no.
    pub(crate) fn deny(&self) {
        self.state.allowed.store(false, SeqCst);
    }

    /// Returns once so many pings have come.
    pub(crate) async fn pinged(&self, times: usize) {
        let mut pings = self.state.pings.subscribe();
        drop(pings.wait_for(|pings| *pings >= times).await.unwrap());
    }

    /// Returns once a flood has been held up for a second.
    pub(crate) async fn stalled(&self) {
        let mut stalled = self.state.stalled.subscribe();
        drop(stalled.wait_for(|stalled| *stalled).await.unwrap());
    }

    /// Lets the late replies go.
    pub(crate) fn reply(&self) {
        self.state.switch.send_replace(true);
    }

    pub(crate) fn connection(&self) -> Arc<Connection> {
        let url = format!("http://{}", self.address).parse().unwrap();
        let mut config = kube::Config::new(url);
        config.default_retry = false;
        let client = kube::Client::try_from(config).unwrap();
        Arc::new(Connection::over(client, "test", &self.address.to_string()))
    }
}

type Answer = Response<Full<Bytes>>;

fn status(code: u16, message: &str) -> Answer {
    let body = serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code});
    Response::builder()
        .status(code)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::from(body.to_string()))
        .unwrap()
}

#[expect(clippy::unused_async, reason = "hyper asks for a future")]
async fn answer(
    mut request: Request<Incoming>,
    state: Arc<State>,
    upgrades: TaskTracker,
    cancel: CancellationToken,
) -> Result<Answer, Infallible> {
    if request.uri().path() == "/version" {
        return Ok(Response::new(Full::from("{}")));
    }
    if request.uri().path().ends_with("/selfsubjectaccessreviews") {
        let allowed = state.allowed.load(SeqCst);
        let review = serde_json::json!({"status": {"allowed": allowed}});
        return Ok(Response::new(Full::from(review.to_string())));
    }
    let path: Vec<&str> = request.uri().path().split('/').collect();
    let ["", "api", "v1", "namespaces", _, "pods", pod, "portforward"] = path[..] else {
        return Ok(status(404, "no such path"));
    };
    let pod = pod.to_owned();
    let port: u16 = request
        .uri()
        .query()
        .unwrap()
        .strip_prefix("ports=")
        .unwrap()
        .parse()
        .unwrap();
    state.dials.lock().unwrap().push(format!("{pod}:{port}"));
    let behaviour = state.pods.lock().unwrap().get(&pod).cloned();
    let behaviour = match behaviour {
        None => return Ok(status(404, &format!("pods \"{pod}\" not found"))),
        Some(Behaviour::Status(code, message)) => return Ok(status(code, message)),
        Some(behaviour) => behaviour,
    };
    assert_eq!(
        request.headers()[header::SEC_WEBSOCKET_PROTOCOL],
        "v4.channel.k8s.io"
    );
    let accept = derive_accept_key(request.headers()[header::SEC_WEBSOCKET_KEY].as_bytes());
    let upgrade = hyper::upgrade::on(&mut request);
    upgrades.spawn(async move {
        let upgraded = upgrade.await.unwrap();
        state.open.fetch_add(1, SeqCst);
        let socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        cancel
            .run_until_cancelled(behave(behaviour, socket, port, &pod, &state))
            .await;
        state.open.fetch_sub(1, SeqCst);
    });
    let response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::UPGRADE, "websocket")
        .header(header::CONNECTION, "Upgrade")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept)
        .header(header::SEC_WEBSOCKET_PROTOCOL, "v4.channel.k8s.io");
    Ok(response.body(Full::default()).unwrap())
}

fn on_channel(channel: u8, payload: &[u8]) -> Message {
    let mut message = BytesMut::with_capacity(payload.len() + 1);
    message.extend_from_slice(&[channel]);
    message.extend_from_slice(payload);
    Message::Binary(message.freeze())
}

async fn behave(behaviour: Behaviour, mut socket: Socket, port: u16, pod: &str, state: &State) {
    if let Behaviour::Raw(message) = behaviour {
        let _ = socket.send(message).await;
        while let Some(Ok(_)) = socket.next().await {}
        return;
    }
    for channel in [0, 1] {
        let opening = on_channel(channel, &port.to_le_bytes());
        if socket.send(opening).await.is_err() {
            return;
        }
    }
    match behaviour {
        Behaviour::Echo => echo(&mut socket, state).await,
        Behaviour::NamedEcho => {
            let _ = socket
                .send(on_channel(0, format!("{pod}\n").as_bytes()))
                .await;
            echo(&mut socket, state).await;
        }
        Behaviour::Error(text) => {
            let _ = socket.send(on_channel(1, text.as_bytes())).await;
            let _ = socket.close(None).await;
            while let Some(Ok(_)) = socket.next().await {}
        }
        Behaviour::Close(bytes) => {
            let _ = socket.send(on_channel(0, &vec![b'x'; bytes])).await;
            let _ = socket.close(None).await;
            while let Some(Ok(_)) = socket.next().await {}
        }
        Behaviour::Cut(bytes) => {
            let _ = socket.send(on_channel(0, &vec![b'x'; bytes])).await;
        }
        Behaviour::LateReply => late_reply(&mut socket, state).await,
        Behaviour::Dead => std::future::pending().await,
        Behaviour::Flood => flood(&mut socket, state).await,
        Behaviour::Silent => {
            let _ = socket.send(on_channel(0, b"s")).await;
            while let Some(Ok(_)) = socket.next().await {}
        }
        Behaviour::Status(..) | Behaviour::Raw(_) => unreachable!(),
    }
}

async fn echo(socket: &mut Socket, state: &State) {
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Binary(data) => {
                assert_eq!(data.first(), Some(&0), "clients only ever send data");
                if socket.send(Message::Binary(data)).await.is_err() {
                    return;
                }
            }
            Message::Close(_) => {
                let _ = socket.close(None).await;
            }
            Message::Ping(_) => state.pings.send_modify(|pings| *pings += 1),
            _ => {}
        }
    }
}

async fn late_reply(socket: &mut Socket, state: &State) {
    let mut request = Vec::new();
    while !request.ends_with(b"\n") {
        match socket.next().await {
            Some(Ok(Message::Binary(data))) => request.extend(data.iter().skip(1)),
            Some(Ok(_)) => {}
            _ => return,
        }
    }
    let mut switch = state.switch.subscribe();
    tokio::select! {
        on = switch.wait_for(|on| *on) => { let _ = on.unwrap(); }
        // Pings are answered while the reply is prepared; a client that closes gets none.
        () = async {
            while let Some(Ok(message)) = socket.next().await {
                if message.is_ping() {
                    state.pings.send_modify(|pings| *pings += 1);
                }
            }
        } => return,
    }
    let mut reply = b"reply to ".to_vec();
    reply.extend_from_slice(&request);
    let _ = socket.send(on_channel(0, &reply)).await;
    let _ = socket.close(None).await;
    while let Some(Ok(_)) = socket.next().await {}
}

async fn flood(socket: &mut Socket, state: &State) {
    loop {
        let sending = socket.send(on_channel(0, &[b'f'; 16 * 1024]));
        tokio::pin!(sending);
        let soon = tokio::time::timeout(Duration::from_secs(1), &mut sending).await;
        let sent = if let Ok(sent) = soon {
            sent
        } else {
            state.stalled.send_replace(true);
            sending.await
        };
        if sent.is_err() {
            return;
        }
    }
}
