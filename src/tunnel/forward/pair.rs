//! The tunnel to one pod: SPDY/3.1 in the messages of a WebSocket, as `kubectl` uses it since Kubernetes 1.31.
//!
//! A connection is a pair of streams that share a request's number: one for the error text, one for the data. FIN on
//! the data is a half-close, in either direction. The far side knows no flow control, so that a reader who is slow
//! would hold up every other on the same tunnel: a tunnel carries one connection at a time, and serves the next
//! when both streams have ended in good order.
//!
//! A kubelet ends the error stream before the data once its own connection to the pod is over altogether. When the
//! pod itself goes away the tunnel stays open and silent: its death must be learnt elsewhere.

use crate::forward::cause::Cause;
use crate::tunnel::forward::block::Block;
use crate::tunnel::forward::stream::FromPod;
use crate::tunnel::forward::websocket::{Heard, Sink, Source};
use crate::tunnel::spdy::{Decoder, Encoder, Frame, StreamId};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::bytes::{Bytes, BytesMut};

/// The subprotocol's name.
pub(super) const PROTOCOL: &str = "SPDY/3.1+portforward.k8s.io";

/// The highest number of a stream: 31 bits, and some left for the pair itself.
const LAST_STREAM: StreamId = 0x7fff_fff0;

/// Questions of the server that may wait for our answer.
const QUESTIONS: usize = 8;

/// SPDY's status for a stream that nobody wants any more.
const CANCEL: u32 = 5;

/// A tunnel, with or without a connection on it.
pub(super) struct Tunnel {
    pub(super) outgoing: Outgoing,
    pub(super) incoming: Incoming,
}

/// What holds for the two streams of a pair.
#[derive(Clone, Copy)]
struct Both {
    error: bool,
    data: bool,
}

impl Both {
    const YES: Self = Self {
        error: true,
        data: true,
    };
    const NO: Self = Self {
        error: false,
        data: false,
    };

    fn hold(self) -> bool {
        self.error && self.data
    }
}

/// The receiving half.
pub(super) struct Incoming {
    source: Source,
    decoder: Decoder,
    port: u16,
    error: StreamId,
    data: StreamId,
    accepted: Both,
    ended: Both,
    /// The data's end came with its last bytes and has still to be told.
    end_due: bool,
    /// The server takes no more streams, or gave one up: no other connection shall use this tunnel.
    spoilt: bool,
    questions: mpsc::Sender<u32>,
}

/// The sending half.
pub(super) struct Outgoing {
    sink: Sink,
    encoder: Encoder,
    data: StreamId,
    next: StreamId,
    finished: bool,
    pings: u32,
    questions: mpsc::Receiver<u32>,
}

impl Tunnel {
    /// A tunnel over a WebSocket.
    pub(super) fn over((sink, source): (Sink, Source)) -> Self {
        let (asking, questions) = mpsc::channel(QUESTIONS);
        Self {
            outgoing: Outgoing {
                sink,
                encoder: Encoder::default(),
                data: 0,
                next: 1,
                finished: true,
                pings: 0,
                questions,
            },
            incoming: Incoming {
                source,
                decoder: Decoder::without_headers(),
                port: 0,
                error: 0,
                data: 0,
                accepted: Both::YES,
                ended: Both::YES,
                end_due: false,
                spoilt: false,
                questions: asking,
            },
        }
    }

    /// Opens the pair of streams of a connection; returns when the node has taken both. Nothing has been sent to the
    /// pod then.
    pub(super) async fn connect(&mut self, port: u16, within: Duration) -> Result<(), Cause> {
        let (error, data) = self.outgoing.open(port).await?;
        self.incoming.begin(port, error, data);
        match timeout(within, self.incoming.accepted()).await {
            Ok(accepted) => accepted,
            Err(_) => Err(Cause::TimedOut),
        }
    }

    /// Ends what is left of a connection. Whether another may follow: both streams have ended in good order.
    pub(super) async fn settle(&mut self) -> bool {
        let incoming = &self.incoming;
        let good = incoming.ended.hold() && !incoming.spoilt;
        if good {
            return self.outgoing.finish().await.is_ok() && self.outgoing.next < LAST_STREAM;
        }
        // Whoever does not read it has closed already.
        let _ = self.outgoing.cancel().await;
        false
    }
}

impl Incoming {
    /// The port on the pod.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    fn begin(&mut self, port: u16, error: StreamId, data: StreamId) {
        (self.port, self.error, self.data) = (port, error, data);
        (self.accepted, self.ended) = (Both::NO, Both::NO);
        self.end_due = false;
    }

    async fn accepted(&mut self) -> Result<(), Cause> {
        while !self.accepted.hold() {
            match self.next().await {
                FromPod::Alive => {}
                FromPod::Error(text) => {
                    let text = String::from_utf8_lossy(&text);
                    return Err(Cause::of_error_channel(&text, self.port));
                }
                FromPod::Broken(cause) => return Err(cause),
                FromPod::Data(_) | FromPod::Ended | FromPod::Closed => {
                    return Err(Cause::Protocol("data before the stream".to_owned()));
                }
            }
        }
        Ok(())
    }

    /// What comes next; loses nothing where it is not waited for. Not to be called again after `Closed` or `Broken`.
    pub(super) async fn next(&mut self) -> FromPod {
        if std::mem::take(&mut self.end_due) {
            return self.end();
        }
        loop {
            match self.decoder.next_frame() {
                Ok(Some(frame)) => return self.sort(frame),
                Ok(None) => {}
                Err(violation) => return FromPod::Broken(Cause::Protocol(violation.to_string())),
            }
            match self.source.next().await {
                Heard::Message(bytes) => self.decoder.feed(bytes),
                Heard::Alive => return FromPod::Alive,
                // An end of the pod's comes as FIN.
                Heard::Closed => {
                    return FromPod::Broken(Cause::Cut("the tunnel was closed".to_owned()));
                }
                Heard::Broken(cause) => return FromPod::Broken(cause),
            }
        }
    }

    fn sort(&mut self, frame: Frame) -> FromPod {
        match frame {
            Frame::Data { id, fin, bytes } if id == self.data => self.on_data(fin, bytes),
            Frame::Data { id, fin, bytes } if id == self.error => self.on_error(fin, bytes),
            Frame::SynReply { id, fin, .. } => {
                self.accepted.error |= id == self.error;
                self.accepted.data |= id == self.data;
                match fin {
                    true if id == self.data => self.on_data(fin, Bytes::new()),
                    true if id == self.error => self.on_error(fin, Bytes::new()),
                    _ => FromPod::Alive,
                }
            }
            Frame::Reset { id, status } if id == self.data && !self.ended.data => {
                self.spoilt = true;
                FromPod::Broken(Cause::Reset(format!(
                    "the stream was given up, status {status}"
                )))
            }
            Frame::Reset { id, .. } if id == self.error => {
                self.spoilt = true;
                self.on_error(true, Bytes::new())
            }
            Frame::GoAway { .. } => {
                self.spoilt = true;
                FromPod::Alive
            }
            // Even numbers are the server's own. One that asks more than is answered will ask again.
            Frame::Ping(id) if id % 2 == 0 => {
                let _ = self.questions.try_send(id);
                FromPod::Alive
            }
            // Answers to our pings, headers, and what is said of streams that are over. A kubelet opens none itself.
            _ => FromPod::Alive,
        }
    }

    fn on_data(&mut self, fin: bool, bytes: Bytes) -> FromPod {
        if self.ended.data {
            return FromPod::Broken(Cause::Protocol("data after the end".to_owned()));
        }
        self.ended.data = fin;
        match (fin, bytes.is_empty()) {
            (true, true) => self.end(),
            (_, false) => {
                self.end_due = fin;
                FromPod::Data(bytes)
            }
            (false, true) => FromPod::Alive,
        }
    }

    fn on_error(&mut self, fin: bool, text: Bytes) -> FromPod {
        let over = fin && !self.ended.error;
        self.ended.error |= fin;
        match text.is_empty() {
            false => FromPod::Error(text),
            true if over && self.ended.data => FromPod::Closed,
            true => FromPod::Alive,
        }
    }

    fn end(&self) -> FromPod {
        if self.ended.error {
            FromPod::Closed
        } else {
            FromPod::Ended
        }
    }
}

impl Outgoing {
    /// Asks for the pair of streams of a connection.
    async fn open(&mut self, port: u16) -> Result<(StreamId, StreamId), Cause> {
        let (error, data) = (self.next, self.next + 2);
        self.next += 4;
        self.data = data;
        self.finished = false;
        let (port, request) = (port.to_string(), (error / 4).to_string());
        let headers = |kind| {
            [
                ("streamtype", kind),
                ("port", &*port),
                ("requestid", &*request),
            ]
        };
        let mut out = BytesMut::new();
        self.encoder.syn_stream(&mut out, error, &headers("error"));
        // Nothing is ever sent on it.
        Encoder::fin(&mut out, error);
        self.encoder.syn_stream(&mut out, data, &headers("data"));
        self.sink.send(out.freeze()).await?;
        Ok((error, data))
    }

    /// Sends bytes to the pod.
    pub(super) async fn send(&mut self, block: Block) -> Result<(), Cause> {
        self.sink.send(block.on_stream(self.data)).await
    }

    /// Tells the pod that no more will come.
    pub(super) async fn finish(&mut self) -> Result<(), Cause> {
        if std::mem::replace(&mut self.finished, true) {
            return Ok(());
        }
        let mut out = BytesMut::new();
        Encoder::fin(&mut out, self.data);
        self.sink.send(out.freeze()).await
    }

    /// Gives the connection up.
    async fn cancel(&mut self) -> Result<(), Cause> {
        let mut out = BytesMut::new();
        Encoder::reset(&mut out, self.data, CANCEL);
        self.sink.send(out.freeze()).await
    }

    /// Asks the node for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), Cause> {
        // A client asks with odd numbers.
        let id = self.pings.wrapping_mul(2) | 1;
        self.pings = self.pings.wrapping_add(1);
        self.answer(id).await
    }

    /// A question of the server; waits for one.
    pub(super) async fn question(&mut self) -> u32 {
        match self.questions.recv().await {
            Some(id) => id,
            // The other half is gone, and with it every question.
            None => std::future::pending().await,
        }
    }

    /// Answers a question.
    pub(super) async fn answer(&mut self, id: u32) -> Result<(), Cause> {
        let mut out = BytesMut::new();
        Encoder::ping(&mut out, id);
        self.sink.send(out.freeze()).await
    }

    /// Closes the tunnel, as far as the server still listens.
    pub(super) async fn close(&mut self) {
        self.sink.close().await;
    }
}
