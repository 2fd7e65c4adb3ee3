//! The stream to one port of one pod where the API server offers no tunnel: messages of `v4.channel.k8s.io`, one
//! WebSocket a connection.
//!
//! Every binary message opens with its channel: 0 carries data both ways, 1 carries the server's error text.
//! The first message of each channel from the server holds the port, little endian. There is no half-close.

use crate::forward::cause::Cause;
use crate::tunnel::forward::block::Block;
use crate::tunnel::forward::stream::FromPod;
use crate::tunnel::forward::websocket::{Heard, Sink, Source};
use tokio_util::bytes::{Buf as _, Bytes};

/// The subprotocol's name.
pub(super) const PROTOCOL: &str = "v4.channel.k8s.io";

/// Channel of the data.
const DATA: u8 = 0;
/// Channel of the server's error text.
const ERROR: u8 = 1;

/// The receiving half.
pub(super) struct Incoming {
    source: Source,
    port: u16,
    opened: [bool; 2],
}

/// The sending half.
pub(super) struct Outgoing(Sink);

/// The two halves over a WebSocket.
pub(super) fn over((sink, source): (Sink, Source), port: u16) -> (Outgoing, Incoming) {
    let incoming = Incoming {
        source,
        port,
        opened: [false; 2],
    };
    (Outgoing(sink), incoming)
}

impl Incoming {
    /// The port on the pod.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// What comes next. Not to be called again after `Closed` or `Broken`.
    pub(super) async fn next(&mut self) -> FromPod {
        match self.source.next().await {
            Heard::Message(message) => self.sort(message),
            Heard::Alive => FromPod::Alive,
            Heard::Closed => FromPod::Closed,
            Heard::Broken(cause) => FromPod::Broken(cause),
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
    /// Sends bytes to the pod.
    pub(super) async fn send(&mut self, block: Block) -> Result<(), Cause> {
        self.0.send(block.on_channel(DATA)).await
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), Cause> {
        self.0.ping().await
    }

    /// Closes in good order, as far as the server still listens.
    pub(super) async fn close(&mut self) {
        self.0.close().await;
    }
}

fn broken(what: &str) -> FromPod {
    FromPod::Broken(Cause::Protocol(what.to_owned()))
}
