//! A connection to a pod as the pod's side sees it, over either transport that an API server and a kubelet speak.

use crate::podserver::Socket;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use portolan::tunnel::spdy::{Decoder, Encoder, Frame};
use std::collections::HashMap;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::bytes::{Bytes, BytesMut};

/// What comes from the client.
#[derive(Debug)]
pub(crate) enum Got {
    Data(Bytes),
    /// It will send no more; only the tunnel can tell.
    End,
}

/// What the pod's side does.
#[derive(Debug)]
pub(crate) enum Out {
    Data(Bytes),
    /// The kubelet could not connect, or lost the connection.
    Error(String),
    /// The pod has closed.
    End,
    /// The pod has closed its sending half; only the tunnel can tell.
    Fin,
    /// The path is cut without a word.
    Cut,
}

/// The pod's end of a connection.
pub(crate) struct Line {
    input: mpsc::Receiver<Got>,
    output: mpsc::Sender<Out>,
}

impl Line {
    /// `None` once the client has given up.
    pub(crate) async fn next(&mut self) -> Option<Got> {
        self.input.recv().await
    }

    /// Whether it could still be sent.
    pub(crate) async fn send(&self, out: Out) -> bool {
        self.output.send(out).await.is_ok()
    }

    /// Reads what still comes until the client gives up.
    pub(crate) async fn drain(&mut self) {
        while self.next().await.is_some() {}
    }
}

fn line() -> (Line, mpsc::Sender<Got>, mpsc::Receiver<Out>) {
    let (to_pod, input) = mpsc::channel(1);
    let (output, from_pod) = mpsc::channel(1);
    (Line { input, output }, to_pod, from_pod)
}

fn on_channel(channel: u8, payload: &[u8]) -> Message {
    let mut message = BytesMut::with_capacity(payload.len() + 1);
    message.extend_from_slice(&[channel]);
    message.extend_from_slice(payload);
    Message::Binary(message.freeze())
}

/// Serves one connection over `v4.channel.k8s.io`; returns when the WebSocket is over.
pub(crate) async fn over_channel<F: Future<Output = ()>>(
    socket: Socket,
    port: u16,
    pinged: impl Fn(),
    behave: impl FnOnce(Line) -> F,
) {
    let (mut sink, mut stream) = socket.split();
    for channel in [0, 1] {
        let opening = on_channel(channel, &port.to_le_bytes());
        if sink.send(opening).await.is_err() {
            return;
        }
    }
    let (line, to_pod, mut from_pod) = line();
    let reading = async move {
        while let Some(Ok(message)) = stream.next().await {
            match message {
                Message::Binary(data) => {
                    assert_eq!(data.first(), Some(&0), "clients only ever send data");
                    let _ = to_pod.send(Got::Data(data.slice(1..))).await;
                }
                Message::Ping(_) => pinged(),
                Message::Close(_) => break,
                _ => {}
            }
        }
        drop(to_pod);
        // The closing handshake is answered by reading on.
        while let Some(Ok(_)) = stream.next().await {}
    };
    let writing = async move {
        while let Some(out) = from_pod.recv().await {
            let sent = match out {
                Out::Data(bytes) => sink.send(on_channel(0, &bytes)).await,
                Out::Error(text) => sink.send(on_channel(1, text.as_bytes())).await,
                Out::End | Out::Fin => sink.close().await,
                Out::Cut => return true,
            };
            if sent.is_err() {
                return true;
            }
        }
        false
    };
    let writing = async {
        if !writing.await {
            std::future::pending::<()>().await;
        }
    };
    let behaving = async {
        behave(line).await;
        std::future::pending::<()>().await;
    };
    tokio::select! { () = reading => {} () = writing => {} () = behaving => {} }
}

/// What a kubelet keeps of a request until both of its streams are there.
#[derive(Default)]
struct Request {
    error: u32,
    data: u32,
}

/// Serves a tunnel as a kubelet does: a connection for each pair of streams, until the WebSocket is over. `behave`
/// is told the port.
pub(crate) async fn over_tunnel<F: Future<Output = ()> + Send + 'static>(
    socket: Socket,
    pinged: impl Fn(),
    mut behave: impl FnMut(Line, u16) -> Option<F>,
) {
    let (sink, stream) = socket.split();
    let (frames, outgoing) = mpsc::channel(1);
    let writing = write(sink, outgoing);
    let reading = async move {
        let mut tunnel = Tunnel::new(stream, frames);
        tunnel.serve(pinged, &mut behave).await;
    };
    tokio::select! { () = reading => {} () = writing => {} }
}

/// Ends at an empty message, which stands for a cut.
async fn write(mut sink: SplitSink<Socket, Message>, mut outgoing: mpsc::Receiver<Bytes>) {
    while let Some(bytes) = outgoing.recv().await {
        if bytes.is_empty() || sink.send(Message::Binary(bytes)).await.is_err() {
            return;
        }
    }
}

struct Tunnel {
    stream: SplitStream<Socket>,
    frames: mpsc::Sender<Bytes>,
    decoder: Decoder,
    encoder: Encoder,
    requests: HashMap<String, Request>,
    open: HashMap<u32, mpsc::Sender<Got>>,
    tasks: tokio::task::JoinSet<()>,
}

impl Tunnel {
    fn new(stream: SplitStream<Socket>, frames: mpsc::Sender<Bytes>) -> Self {
        Self {
            stream,
            frames,
            decoder: Decoder::default(),
            encoder: Encoder::default(),
            requests: HashMap::new(),
            open: HashMap::new(),
            tasks: tokio::task::JoinSet::new(),
        }
    }

    async fn serve<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        pinged: impl Fn(),
        behave: &mut impl FnMut(Line, u16) -> Option<F>,
    ) {
        while let Some(Ok(message)) = self.stream.next().await {
            let Message::Binary(bytes) = message else {
                continue;
            };
            self.decoder.feed(bytes);
            while let Some(frame) = self.decoder.next_frame().unwrap() {
                match frame {
                    Frame::SynStream { id, headers, .. } => {
                        let mut out = BytesMut::new();
                        self.encoder.syn_reply(&mut out, id, &[]);
                        self.send(out).await;
                        if !self.stream_opened(id, &headers, behave) {
                            // Dead: takes the connection and then reads nothing more.
                            return std::future::pending().await;
                        }
                    }
                    Frame::Data { id, fin, bytes } => {
                        let Some(to_pod) = self.open.get(&id) else {
                            continue;
                        };
                        if !bytes.is_empty() {
                            let _ = to_pod.send(Got::Data(bytes)).await;
                        }
                        if fin {
                            let _ = to_pod.send(Got::End).await;
                        }
                    }
                    Frame::Reset { id, .. } => drop(self.open.remove(&id)),
                    Frame::Ping(id) => {
                        pinged();
                        let mut out = BytesMut::new();
                        Encoder::ping(&mut out, id);
                        self.send(out).await;
                    }
                    _ => {}
                }
            }
        }
    }

    async fn send(&self, out: BytesMut) {
        let _ = self.frames.send(out.freeze()).await;
    }

    /// Whether it shall go on.
    fn stream_opened<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        id: u32,
        headers: &[(String, String)],
        behave: &mut impl FnMut(Line, u16) -> Option<F>,
    ) -> bool {
        let of = |wanted: &str| {
            let found = headers.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone()).unwrap()
        };
        let request = self.requests.entry(of("requestid")).or_default();
        match of("streamtype").as_str() {
            "error" => request.error = id,
            "data" => request.data = id,
            other => unreachable!("a stream of type {other}"),
        }
        if request.error == 0 || request.data == 0 {
            return true;
        }
        let (error, data) = (request.error, request.data);
        let (line, to_pod, from_pod) = line();
        self.open.insert(data, to_pod);
        let Some(behaving) = behave(line, of("port").parse().unwrap()) else {
            return false;
        };
        self.tasks.spawn(behaving);
        self.tasks
            .spawn(tell(from_pod, self.frames.clone(), error, data));
        true
    }
}

/// What the pod's side does, as frames in a kubelet's order.
async fn tell(
    mut from_pod: mpsc::Receiver<Out>,
    frames: mpsc::Sender<Bytes>,
    error: u32,
    data: u32,
) {
    while let Some(out) = from_pod.recv().await {
        let mut bytes = BytesMut::new();
        match out {
            Out::Data(payload) => {
                bytes.extend_from_slice(&Encoder::data_head(data, payload.len(), false));
                bytes.extend_from_slice(&payload);
            }
            Out::Error(text) => {
                bytes.extend_from_slice(&Encoder::data_head(error, text.len(), false));
                bytes.extend_from_slice(text.as_bytes());
                Encoder::reset(&mut bytes, data, 5);
                Encoder::reset(&mut bytes, error, 5);
            }
            Out::Fin => Encoder::fin(&mut bytes, data),
            Out::End => {
                Encoder::fin(&mut bytes, error);
                Encoder::fin(&mut bytes, data);
            }
            Out::Cut => {}
        }
        if frames.send(bytes.freeze()).await.is_err() {
            return;
        }
    }
}
