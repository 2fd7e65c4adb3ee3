//! The WebSocket that every transport of a port-forward runs in.

use crate::forward::cause::Cause;
use crate::tunnel::forward::block::PAYLOAD;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::bytes::Bytes;

/// The largest message that we take; kubelets send at most 32 KiB.
const LARGEST_MESSAGE: usize = 1024 * 1024;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// The receiving half.
pub(super) struct Source(SplitStream<Socket>);

/// The sending half.
pub(super) struct Sink(SplitSink<Socket, Message>);

/// What came.
pub(super) enum Heard {
    /// A binary message.
    Message(Bytes),
    /// A sign of life without content.
    Alive,
    /// It was closed in good order.
    Closed,
    /// It broke.
    Broken(Cause),
}

/// The two halves over an upgraded connection.
pub(super) async fn open(upgraded: Upgraded) -> (Sink, Source) {
    let config = WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(0)
        .max_write_buffer_size(4 * PAYLOAD)
        .max_message_size(Some(LARGEST_MESSAGE))
        .max_frame_size(Some(LARGEST_MESSAGE));
    let io = TokioIo::new(upgraded);
    let socket = WebSocketStream::from_raw_socket(io, Role::Client, Some(config)).await;
    let (sink, stream) = socket.split();
    (Sink(sink), Source(stream))
}

impl Source {
    /// What comes next; loses nothing where it is not waited for. Not to be called again after `Closed` or `Broken`.
    pub(super) async fn next(&mut self) -> Heard {
        match self.0.next().await {
            Some(Ok(Message::Binary(message))) => Heard::Message(message),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Heard::Alive,
            Some(Ok(Message::Close(None)) | Err(Error::ConnectionClosed)) => Heard::Closed,
            Some(Ok(Message::Close(Some(frame)))) => match u16::from(frame.code) {
                1000 | 1001 | 1005 => Heard::Closed,
                code => Heard::Broken(Cause::Cut(format!(
                    "closed with code {code}: {}",
                    frame.reason
                ))),
            },
            Some(Ok(Message::Text(_))) => {
                Heard::Broken(Cause::Protocol("a text message".to_owned()))
            }
            Some(Err(error)) => Heard::Broken(cause_of(&error)),
            None => Heard::Broken(Cause::Cut(
                "it ended without a closing handshake".to_owned(),
            )),
        }
    }
}

impl Sink {
    /// Sends a binary message.
    pub(super) async fn send(&mut self, message: Bytes) -> Result<(), Cause> {
        let sent = self.0.send(Message::Binary(message)).await;
        sent.map_err(|error| cause_of(&error))
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), Cause> {
        let sent = self.0.send(Message::Ping(Bytes::new())).await;
        sent.map_err(|error| cause_of(&error))
    }

    /// Closes in good order, as far as the server still listens.
    pub(super) async fn close(&mut self) {
        // A server that is gone cannot be told.
        let _ = self.0.close().await;
    }
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
