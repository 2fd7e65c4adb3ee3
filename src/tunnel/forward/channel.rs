//! The stream to one port of one pod: WebSocket frames of `v4.channel.k8s.io`.
//!
//! Every binary message opens with its channel: 0 carries data both ways, 1 carries the server's error text.
//! The first message of each channel from the server holds the port, little endian. There is no half-close.

use crate::forward::cause::Cause;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// The subprotocol's name.
pub(super) const PROTOCOL: &str = "v4.channel.k8s.io";

/// Channel of the data.
const DATA: u8 = 0;
/// Channel of the server's error text.
const ERROR: u8 = 1;

/// The largest payload of one message that we send.
const PAYLOAD: usize = 32 * 1024;

/// The largest message that we take; kubelets send at most 32 KiB.
const LARGEST_MESSAGE: usize = 1024 * 1024;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// What came from the server.
#[derive(Debug)]
pub(super) enum FromPod {
    /// Bytes from the pod.
    Data(Bytes),
    /// Text of the error channel.
    Error(Bytes),
    /// A sign of life without content.
    Alive,
    /// The stream was closed in good order.
    Closed,
    /// It broke.
    Broken(Cause),
}

/// The receiving half.
pub(super) struct Incoming {
    stream: SplitStream<Socket>,
    port: u16,
    opened: [bool; 2],
}

/// The sending half.
pub(super) struct Outgoing {
    sink: SplitSink<Socket, Message>,
}

/// The two halves of a stream over an upgraded connection.
pub(super) async fn open(upgraded: Upgraded, port: u16) -> (Outgoing, Incoming) {
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .write_buffer_size(0)
        .max_write_buffer_size(4 * PAYLOAD)
        .max_message_size(Some(LARGEST_MESSAGE))
        .max_frame_size(Some(LARGEST_MESSAGE));
    let io = TokioIo::new(upgraded);
    let socket = WebSocketStream::from_raw_socket(io, Role::Client, Some(config)).await;
    let (sink, stream) = socket.split();
    let incoming = Incoming {
        stream,
        port,
        opened: [false; 2],
    };
    (Outgoing { sink }, incoming)
}

impl Incoming {
    /// The port on the pod.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// What comes next. Not to be called again after `Closed` or `Broken`.
    pub(super) async fn next(&mut self) -> FromPod {
        match self.stream.next().await {
            Some(Ok(Message::Binary(message))) => self.sort(message),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => FromPod::Alive,
            Some(Ok(Message::Close(None)) | Err(Error::ConnectionClosed)) => FromPod::Closed,
            Some(Ok(Message::Close(Some(frame)))) => match u16::from(frame.code) {
                1000 | 1001 | 1005 => FromPod::Closed,
                code => FromPod::Broken(Cause::Cut(format!(
                    "closed with code {code}: {}",
                    frame.reason
                ))),
            },
            Some(Ok(Message::Text(_))) => broken("a text message"),
            Some(Err(error)) => FromPod::Broken(cause_of(&error)),
            None => FromPod::Broken(Cause::Cut(
                "it ended without a closing handshake".to_owned(),
            )),
        }
    }

    fn sort(&mut self, mut message: Bytes) -> FromPod {
        if message.is_empty() {
            return FromPod::Alive;
        }
        let channel = message.get_u8();
        let Some(opened) = self.opened.get_mut(usize::from(channel)) else {
            return broken(&format!("a message on channel {channel}"));
        };
        if !std::mem::replace(opened, true) {
            return match <[u8; 2]>::try_from(&*message).map(u16::from_le_bytes) {
                Ok(port) if port == self.port => FromPod::Alive,
                Ok(port) => broken(&format!("port {port} where {} was asked for", self.port)),
                Err(_) => broken("a channel that does not open with its port"),
            };
        }
        match channel {
            _ if message.is_empty() => FromPod::Alive,
            DATA => FromPod::Data(message),
            ERROR => FromPod::Error(message),
            // `opened` has no place for any other.
            _ => FromPod::Alive,
        }
    }
}

impl Outgoing {
    /// An empty message to be filled with up to [`PAYLOAD`] bytes and sent.
    pub(super) fn message() -> BytesMut {
        let mut message = BytesMut::with_capacity(1 + PAYLOAD);
        message.put_u8(DATA);
        message
    }

    /// The same, filled.
    pub(super) fn message_of(payload: &[u8]) -> BytesMut {
        let mut message = BytesMut::with_capacity(1 + payload.len());
        message.put_u8(DATA);
        message.extend_from_slice(payload);
        message
    }

    /// What a message carries besides its channel.
    pub(super) fn payload(message: &[u8]) -> &[u8] {
        message.get(1..).unwrap_or_default()
    }

    /// Sends a message made by [`Outgoing::message`].
    pub(super) async fn send(&mut self, message: Bytes) -> Result<(), Cause> {
        let sent = self.sink.send(Message::Binary(message)).await;
        sent.map_err(|error| cause_of(&error))
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), Cause> {
        let sent = self.sink.send(Message::Ping(Bytes::new())).await;
        sent.map_err(|error| cause_of(&error))
    }

    /// Closes in good order, as far as the server still listens.
    pub(super) async fn close(&mut self) {
        // A server that is gone cannot be told.
        let _ = self.sink.close().await;
    }
}

fn broken(what: &str) -> FromPod {
    FromPod::Broken(Cause::Protocol(what.to_owned()))
}

fn cause_of(error: &Error) -> Cause {
    match error {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            Cause::Cut("it ended without a closing handshake".to_owned())
        }
        Error::Io(error) => Cause::Cut(error.to_string()),
        Error::ConnectionClosed | Error::AlreadyClosed => Cause::Cut("it is closed".to_owned()),
        Error::Capacity(_) | Error::Protocol(_) | Error::Utf8(_) => {
            Cause::Protocol(error.to_string())
        }
        other => Cause::Cut(other.to_string()),
    }
}
