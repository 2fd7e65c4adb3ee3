//! The local client's socket, and what it sent that may have to be sent again to another pod.

use crate::tunnel::forward::block::Block;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::net::tcp::ReadHalf;
use tokio_util::bytes::BytesMut;

/// How much of what the client sent is kept while it is not known whether the pod takes the connection.
pub(super) const KEPT: usize = 64 * 1024;

/// How long the client may take to close after the pod has closed.
const DRAIN: Duration = Duration::from_secs(5);

/// A local connection.
pub(super) struct Local {
    pub(super) socket: TcpStream,
    pub(super) peer: SocketAddr,
    /// What was read and may have to be sent again.
    pub(super) kept: BytesMut,
    /// The client will send no more.
    pub(super) ended: bool,
}

/// What a read from the client gave.
pub(super) enum FromClient {
    /// What was read.
    Block(Block),
    /// The client closed its sending half, or everything.
    End,
    /// The client reset the connection.
    Gone,
}

impl Local {
    pub(super) fn new(socket: TcpStream, peer: SocketAddr) -> Self {
        // Small writes are common (prompts, keystrokes); a system that refuses the option still works.
        let _ = socket.set_nodelay(true);
        Self {
            socket,
            peer,
            kept: BytesMut::new(),
            ended: false,
        }
    }

    /// Reads ahead while there is no pod yet, as far as there is room; returns only when the client is gone.
    pub(super) async fn read_ahead(&mut self) {
        while !self.ended && self.kept.len() < KEPT {
            match read(&self.socket.split().0).await {
                FromClient::Block(block) => self.kept.extend_from_slice(block.payload()),
                FromClient::End => self.ended = true,
                FromClient::Gone => return,
            }
        }
        std::future::pending::<()>().await;
    }

    /// Closes in such a way that the client sees an error, not an end.
    pub(super) fn reset(self) {
        // Where the option is refused the client sees an end.
        let _ = self.socket.set_zero_linger();
    }

    /// Closes our half and waits for the client's, so that nothing on its way to it is lost: a socket closed with
    /// unread bytes is reset by the system.
    pub(super) async fn finish(mut self) {
        if self.socket.shutdown().await.is_err() {
            return;
        }
        let drain = async {
            let half = self.socket.split().0;
            while let FromClient::Block(_) = read(&half).await {}
        };
        let _ = tokio::time::timeout(DRAIN, drain).await;
    }
}

/// Reads once from the client. While it waits it holds no buffer.
pub(super) async fn read(half: &ReadHalf<'_>) -> FromClient {
    loop {
        if half.readable().await.is_err() {
            return FromClient::Gone;
        }
        let mut block = Block::new();
        match half.try_read_buf(block.buffer()) {
            Ok(0) => return FromClient::End,
            Ok(_) => return FromClient::Block(block),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return FromClient::Gone,
        }
    }
}
