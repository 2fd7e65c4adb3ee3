//! An API server that serves nothing but port-forwards to pods that behave as told: over the tunnel as a kubelet
//! since Kubernetes 1.30, or over `v4.channel.k8s.io` alone as before.

#[path = "line.rs"]
mod line;

use futures::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use line::{Got, Line, Out, over_channel, over_tunnel};
use portolan::client::Connection;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::bytes::Bytes;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tunnel's subprotocol.
const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
/// The older one.
const CHANNEL: &str = "v4.channel.k8s.io";

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
    /// Reads until the client has closed its sending half, and only then answers with all of it.
    AtEnd,
    /// Closes its sending half at once, and notes what it still reads.
    HalfClosed,
    /// Reads a request up to a line end, and answers it once the switch is on.
    LateReply,
    /// Reads a line and answers it, while the pod lives.
    Serve,
    /// Takes the connection and then neither reads nor answers anything.
    Dead,
    /// Sends without end whatever the client does.
    Flood,
    /// Sends this message first, whatever it is.
    Raw(Message),
    /// Takes the connection, sends a byte, reads all, and never ends.
    Silent,
}

/// What becomes of the connections to a pod that dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// The kubelet sees them end.
    End,
    /// The kubelet sees them reset.
    Reset,
    /// Nobody says anything any more.
    Silence,
}

struct State {
    deaths: watch::Sender<HashMap<String, Death>>,
    reached: Mutex<HashSet<u64>>,
    pods: Mutex<HashMap<String, Behaviour>>,
    dials: Mutex<Vec<String>>,
    open: AtomicUsize,
    denied: Mutex<Vec<String>>,
    tunnels: AtomicBool,
    upgrades: AtomicUsize,
    noted: Mutex<Vec<u8>>,
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
    pub(crate) fn start() -> Self {
        let state = State {
            deaths: watch::Sender::default(),
            reached: Mutex::default(),
            pods: Mutex::default(),
            dials: Mutex::default(),
            open: AtomicUsize::new(0),
            denied: Mutex::default(),
            tunnels: AtomicBool::new(true),
            upgrades: AtomicUsize::new(0),
            noted: Mutex::default(),
            switch: watch::Sender::new(false),
            pings: watch::Sender::new(0),
            stalled: watch::Sender::new(false),
        };
        Self::listen("127.0.0.1:0".parse().unwrap(), Arc::new(state))
    }

    fn listen(address: SocketAddr, state: Arc<State>) -> Self {
        // A thousand dials come at once.
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        let listener = socket.listen(4096).unwrap();
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
                // As every server written in Go does.
                socket.set_nodelay(true).unwrap();
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
    pub(crate) fn again(&self) -> Self {
        Self::listen(self.address, Arc::clone(&self.state))
    }

    pub(crate) fn pod(&self, name: &str, behaviour: Behaviour) {
        self.state
            .pods
            .lock()
            .unwrap()
            .insert(name.to_owned(), behaviour);
    }

    /// The pod is gone for good, and with it what was connected to it.
    pub(crate) fn pod_dies(&self, name: &str, death: Death) {
        self.state.pods.lock().unwrap().remove(name);
        let name = name.to_owned();
        self.state.deaths.send_modify(|deaths| {
            deaths.insert(name, death);
        });
    }

    /// Whether a line with this number has reached a pod.
    pub(crate) fn reached(&self, id: u64) -> bool {
        self.state.reached.lock().unwrap().contains(&id)
    }

    /// `pod:port` of every stream that was asked for, in order.
    pub(crate) fn dials(&self) -> Vec<String> {
        self.state.dials.lock().unwrap().clone()
    }

    /// WebSockets that are open now.
    pub(crate) fn open(&self) -> usize {
        self.state.open.load(SeqCst)
    }

    /// Serves `v4.channel.k8s.io` alone from now on.
    pub(crate) fn offer_no_tunnel(&self) {
        self.state.tunnels.store(false, SeqCst);
    }

    /// WebSockets opened so far.
    pub(crate) fn upgrades(&self) -> usize {
        self.state.upgrades.load(SeqCst)
    }

    /// What pods that note have read.
    pub(crate) fn noted(&self) -> Vec<u8> {
        self.state.noted.lock().unwrap().clone()
    }

    /// Access reviews for these verbs say no.
    pub(crate) fn deny(&self, verbs: &[&str]) {
        let verbs = verbs.iter().map(|verb| (*verb).to_owned());
        self.state.denied.lock().unwrap().extend(verbs);
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
        let body = request.body_mut().collect().await.unwrap().to_bytes();
        let asked: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let verb = asked.pointer("/spec/resourceAttributes/verb").unwrap();
        let denied = state.denied.lock().unwrap();
        let allowed = !denied.iter().any(|word| *verb == word.as_str());
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
    let tunnel = state.tunnels.load(SeqCst);
    let behaviour = state.pods.lock().unwrap().get(&pod).cloned();
    let refusal = match &behaviour {
        None => Some(status(404, &format!("pods \"{pod}\" not found"))),
        Some(Behaviour::Status(code, message)) => Some(status(*code, message)),
        Some(_) => None,
    };
    if refusal.is_some() || !tunnel {
        state.note_dial(&pod, port);
    }
    if let Some(refusal) = refusal {
        return Ok(refusal);
    }
    assert_eq!(
        request.headers()[header::SEC_WEBSOCKET_PROTOCOL],
        format!("{TUNNEL}, {CHANNEL}")
    );
    let accept = derive_accept_key(request.headers()[header::SEC_WEBSOCKET_KEY].as_bytes());
    let upgrade = hyper::upgrade::on(&mut request);
    upgrades.spawn(async move {
        let upgraded = upgrade.await.unwrap();
        state.upgrades.fetch_add(1, SeqCst);
        state.open.fetch_add(1, SeqCst);
        let socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        let serving = async {
            match behaviour {
                Some(Behaviour::Raw(message)) => raw(socket, message).await,
                _ if tunnel => serve_tunnel(socket, pod, &state).await,
                Some(Behaviour::Dead) => dead(socket, port).await,
                Some(behaviour) => serve_channel(socket, port, pod, behaviour, &state).await,
                None => unreachable!(),
            }
        };
        cancel.run_until_cancelled(serving).await;
        state.open.fetch_sub(1, SeqCst);
    });
    let response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::UPGRADE, "websocket")
        .header(header::CONNECTION, "Upgrade")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept)
        .header(
            header::SEC_WEBSOCKET_PROTOCOL,
            if tunnel { TUNNEL } else { CHANNEL },
        );
    Ok(response.body(Full::default()).unwrap())
}

impl State {
    fn note_dial(&self, pod: &str, port: u16) {
        self.dials.lock().unwrap().push(format!("{pod}:{port}"));
    }

    fn note_ping(&self) {
        self.pings.send_modify(|pings| *pings += 1);
    }
}

async fn raw(mut socket: Socket, message: Message) {
    let _ = socket.send(message).await;
    while let Some(Ok(_)) = socket.next().await {}
}

/// Takes the connection over a channel, and then nothing.
async fn dead(mut socket: Socket, port: u16) {
    for channel in [0, 1] {
        let [low, high] = port.to_le_bytes();
        let _ = socket.send(Message::binary(vec![channel, low, high])).await;
    }
    std::future::pending::<()>().await;
}

async fn serve_channel(
    socket: Socket,
    port: u16,
    pod: String,
    behaviour: Behaviour,
    state: &Arc<State>,
) {
    let pinged = || state.note_ping();
    let behave = |line| behave(behaviour, line, pod, Arc::clone(state));
    over_channel(socket, port, pinged, behave).await;
}

async fn serve_tunnel(socket: Socket, pod: String, state: &Arc<State>) {
    let pinged = || state.note_ping();
    over_tunnel(socket, pinged, |line, port| {
        state.note_dial(&pod, port);
        // The tunnel outlives its pod; whoever asks then hears of it.
        let behaviour = match state.pods.lock().unwrap().get(&pod).cloned() {
            None | Some(Behaviour::Status(..)) => Behaviour::Error(GONE),
            Some(Behaviour::Dead) => return None,
            Some(behaviour) => behaviour,
        };
        Some(behave(behaviour, line, pod.clone(), Arc::clone(state)))
    })
    .await;
}

/// What a kubelet says of a process that was killed.
const RESET: &str = "error forwarding port 8080 to pod 1f, uid : read tcp4 127.0.0.1:41852->127.0.0.1:8080: read: connection reset by peer";

/// What a kubelet says of a pod that is gone.
const GONE: &str =
    "error forwarding port 8080 to pod 1f, uid : network namespace for sandbox \"1f\" is closed";

async fn behave(behaviour: Behaviour, mut line: Line, pod: String, state: Arc<State>) {
    match behaviour {
        Behaviour::Echo => echo(line).await,
        Behaviour::NamedEcho => {
            line.send(Out::Data(format!("{pod}\n").into())).await;
            echo(line).await;
        }
        Behaviour::Error(text) => {
            line.send(Out::Error(text.to_owned())).await;
            line.send(Out::End).await;
            line.drain().await;
        }
        Behaviour::Close(bytes) => {
            line.send(Out::Data(vec![b'x'; bytes].into())).await;
            line.send(Out::End).await;
            line.drain().await;
        }
        Behaviour::Cut(bytes) => {
            line.send(Out::Data(vec![b'x'; bytes].into())).await;
            line.send(Out::Cut).await;
        }
        Behaviour::AtEnd => at_end(line).await,
        Behaviour::Serve => serve(line, &pod, &state).await,
        Behaviour::HalfClosed => {
            line.send(Out::Fin).await;
            while let Some(Got::Data(data)) = line.next().await {
                state.noted.lock().unwrap().extend_from_slice(&data);
            }
            line.send(Out::Cut).await;
        }
        Behaviour::LateReply => late_reply(line, &state).await,
        Behaviour::Flood => flood(&line, &state).await,
        Behaviour::Silent => {
            line.send(Out::Data(Bytes::from_static(b"s"))).await;
            line.drain().await;
        }
        Behaviour::Status(..) | Behaviour::Raw(_) | Behaviour::Dead => unreachable!(),
    }
}

async fn echo(mut line: Line) {
    while let Some(Got::Data(data)) = line.next().await {
        if !line.send(Out::Data(data)).await {
            return;
        }
    }
    line.send(Out::End).await;
    line.drain().await;
}

/// How long an answer takes.
const WORK: Duration = Duration::from_millis(5);

/// Reads a line and notes its number; whether the client is still there.
async fn read_number(line: &mut Line, request: &mut Vec<u8>, state: &State) -> bool {
    while !request.ends_with(b"\n") {
        match line.next().await {
            Some(Got::Data(data)) => request.extend_from_slice(&data),
            Some(Got::End) => {}
            None => return false,
        }
    }
    let number = std::str::from_utf8(request).unwrap().trim();
    let number = number.parse().unwrap();
    state.reached.lock().unwrap().insert(number);
    true
}

async fn serve(mut line: Line, pod: &str, state: &State) {
    let mut deaths = state.deaths.subscribe();
    let death = async {
        let deaths = deaths.wait_for(|deaths| deaths.contains_key(pod)).await;
        deaths.unwrap().get(pod).copied().unwrap()
    };
    let mut request = Vec::new();
    let answering = async {
        if !read_number(&mut line, &mut request, state).await {
            return;
        }
        tokio::time::sleep(WORK).await;
        let id = String::from_utf8_lossy(&request);
        let id = id.trim();
        line.send(Out::Data(format!("answer to {id}\n").into()))
            .await;
        line.send(Out::End).await;
        line.drain().await;
    };
    let death = tokio::select! {
        death = death => death,
        () = answering => return,
    };
    // A pod that was connected when it died has taken the connection, whether or not it came to read.
    let reading = read_number(&mut line, &mut request, state);
    let _ = tokio::time::timeout(Duration::from_millis(200), reading).await;
    match death {
        Death::End => line.send(Out::End).await,
        Death::Reset => line.send(Out::Error(RESET.to_owned())).await,
        Death::Silence => false,
    };
    line.drain().await;
}

async fn at_end(mut line: Line) {
    let mut all = b"all of ".to_vec();
    loop {
        match line.next().await {
            Some(Got::Data(data)) => all.extend_from_slice(&data),
            Some(Got::End) => break,
            None => return,
        }
    }
    line.send(Out::Data(all.into())).await;
    line.send(Out::End).await;
    line.drain().await;
}

async fn late_reply(mut line: Line, state: &State) {
    let mut request = Vec::new();
    while !request.ends_with(b"\n") {
        match line.next().await {
            Some(Got::Data(data)) => request.extend_from_slice(&data),
            Some(Got::End) => {}
            None => return,
        }
    }
    let mut switch = state.switch.subscribe();
    tokio::select! {
        on = switch.wait_for(|on| *on) => { let _ = on.unwrap(); }
        // A client that gives up gets no reply.
        () = line.drain() => return,
    }
    let mut reply = b"reply to ".to_vec();
    reply.extend_from_slice(&request);
    line.send(Out::Data(reply.into())).await;
    line.send(Out::End).await;
    line.drain().await;
}

async fn flood(line: &Line, state: &State) {
    loop {
        let sending = line.send(Out::Data(Bytes::from_static(&[b'f'; 16 * 1024])));
        tokio::pin!(sending);
        let soon = tokio::time::timeout(Duration::from_secs(1), &mut sending).await;
        let sent = if let Ok(sent) = soon {
            sent
        } else {
            state.stalled.send_replace(true);
            sending.await
        };
        if !sent {
            return;
        }
    }
}
