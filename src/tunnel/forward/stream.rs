//! The stream of one connection to a pod, over whichever transport the API server offers.

use crate::forward::cause::Cause;
use crate::tunnel::forward::block::Block;
use crate::tunnel::forward::pair::Tunnel;
use crate::tunnel::forward::{channel, pair};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::bytes::Bytes;

/// How long a closing handshake may take.
const CLOSING: Duration = Duration::from_secs(1);

/// What came from the server.
#[derive(Debug)]
pub(super) enum FromPod {
    /// Bytes from the pod.
    Data(Bytes),
    /// Text of the error channel.
    Error(Bytes),
    /// A sign of life without content.
    Alive,
    /// The pod has closed its sending half, and may still read.
    Ended,
    /// The stream was closed in good order.
    Closed,
    /// It broke.
    Broken(Cause),
}

/// A stream that the API server has opened. Whether the pod takes the connection is not known yet: the protocols
/// only tell of a refusal, and some time after the opening.
pub(super) struct Stream {
    pub(super) outgoing: Outgoing,
    pub(super) incoming: Incoming,
    /// How long it took to open.
    pub(super) took: Duration,
    /// It runs in a tunnel that has served before, and may have died unnoticed since.
    pub(super) reused: bool,
}

/// The receiving half.
pub(super) enum Incoming {
    Channel(channel::Incoming),
    Pair(Box<pair::Incoming>),
}

/// The sending half.
pub(super) enum Outgoing {
    Channel(channel::Outgoing),
    Pair(Box<pair::Outgoing>),
}

impl Stream {
    /// Over `v4.channel.k8s.io`.
    pub(super) fn of_channel(
        (outgoing, incoming): (channel::Outgoing, channel::Incoming),
        took: Duration,
    ) -> Self {
        Self {
            outgoing: Outgoing::Channel(outgoing),
            incoming: Incoming::Channel(incoming),
            took,
            reused: false,
        }
    }

    /// Over a tunnel on which a connection has been opened.
    pub(super) fn of_tunnel(tunnel: Tunnel, took: Duration, reused: bool) -> Self {
        Self {
            outgoing: Outgoing::Pair(Box::new(tunnel.outgoing)),
            incoming: Incoming::Pair(Box::new(tunnel.incoming)),
            took,
            reused,
        }
    }

    /// Whether the pod can be told that the client has ended.
    pub(super) fn has_half_close(&self) -> bool {
        self.outgoing.has_half_close()
    }

    /// Ends it; the tunnel, where it can serve another connection.
    pub(super) async fn end(self) -> Option<Tunnel> {
        match (self.outgoing, self.incoming) {
            (Outgoing::Pair(outgoing), Incoming::Pair(incoming)) => {
                let mut tunnel = Tunnel {
                    outgoing: *outgoing,
                    incoming: *incoming,
                };
                if let Ok(true) = timeout(CLOSING, tunnel.settle()).await {
                    return Some(tunnel);
                }
                let _ = timeout(CLOSING, tunnel.outgoing.close()).await;
            }
            (mut outgoing, _incoming) => {
                // A server that does not answer the closing handshake is left to itself.
                let _ = timeout(CLOSING, outgoing.close()).await;
            }
        }
        None
    }
}

impl Incoming {
    /// The port on the pod.
    pub(super) fn port(&self) -> u16 {
        match self {
            Self::Channel(incoming) => incoming.port(),
            Self::Pair(incoming) => incoming.port(),
        }
    }

    /// What comes next. Not to be called again after `Closed` or `Broken`.
    pub(super) async fn next(&mut self) -> FromPod {
        match self {
            Self::Channel(incoming) => incoming.next().await,
            Self::Pair(incoming) => incoming.next().await,
        }
    }
}

impl Outgoing {
    /// Sends bytes to the pod.
    pub(super) async fn send(&mut self, block: Block) -> Result<(), Cause> {
        match self {
            Self::Channel(outgoing) => outgoing.send(block).await,
            Self::Pair(outgoing) => outgoing.send(block).await,
        }
    }

    /// Whether [`Outgoing::finish`] reaches the pod.
    pub(super) fn has_half_close(&self) -> bool {
        matches!(self, Self::Pair(_))
    }

    /// Tells the pod that no more will come, where the transport can.
    pub(super) async fn finish(&mut self) -> Result<(), Cause> {
        match self {
            Self::Channel(_) => Ok(()),
            Self::Pair(outgoing) => outgoing.finish().await,
        }
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), Cause> {
        match self {
            Self::Channel(outgoing) => outgoing.ping().await,
            Self::Pair(outgoing) => outgoing.ping().await,
        }
    }

    /// A question of the server; waits for one.
    pub(super) async fn question(&mut self) -> u32 {
        match self {
            // A WebSocket answers by itself.
            Self::Channel(_) => std::future::pending().await,
            Self::Pair(outgoing) => outgoing.question().await,
        }
    }

    /// Answers a question.
    pub(super) async fn answer(&mut self, id: u32) -> Result<(), Cause> {
        match self {
            Self::Channel(_) => Ok(()),
            Self::Pair(outgoing) => outgoing.answer(id).await,
        }
    }

    async fn close(&mut self) {
        match self {
            Self::Channel(outgoing) => outgoing.close().await,
            Self::Pair(outgoing) => outgoing.close().await,
        }
    }
}
