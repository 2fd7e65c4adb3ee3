//! Bytes on their way to a pod, with room before them for whatever head the transport puts there, so that none is
//! copied.

use crate::tunnel::spdy::{DATA_HEAD, Encoder, StreamId};
use tokio_util::bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// The largest payload of one block that is read from a client.
pub(super) const PAYLOAD: usize = 32 * 1024;

/// Room for the longest head.
const ROOM: usize = DATA_HEAD;

/// A payload and the room before it.
pub(super) struct Block(BytesMut);

impl Block {
    /// An empty one, to be filled with up to [`PAYLOAD`] bytes.
    pub(super) fn new() -> Self {
        Self::with_capacity(PAYLOAD)
    }

    /// One that is filled.
    pub(super) fn of(payload: &[u8]) -> Self {
        let mut block = Self::with_capacity(payload.len());
        block.0.extend_from_slice(payload);
        block
    }

    fn with_capacity(payload: usize) -> Self {
        let mut bytes = BytesMut::with_capacity(ROOM + payload);
        bytes.put_bytes(0, ROOM);
        Self(bytes)
    }

    /// Where to read into.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.0
    }

    /// What it carries.
    pub(super) fn payload(&self) -> &[u8] {
        self.0.get(ROOM..).unwrap_or_default()
    }

    /// Preceded by a channel's number.
    pub(super) fn on_channel(mut self, channel: u8) -> Bytes {
        self.0.advance(ROOM - 1);
        if let Some(first) = self.0.first_mut() {
            *first = channel;
        }
        self.0.freeze()
    }

    /// As an SPDY data frame.
    pub(super) fn on_stream(mut self, id: StreamId) -> Bytes {
        let head = Encoder::data_head(id, self.payload().len(), false);
        if let Some(room) = self.0.first_chunk_mut::<DATA_HEAD>() {
            *room = head;
        }
        self.0.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_put_before_the_payload() {
        assert_eq!(&*Block::of(b"hello").on_channel(3), b"\x03hello");
        assert_eq!(
            &*Block::of(b"hello").on_stream(7),
            b"\0\0\0\x07\0\0\0\x05hello"
        );
        let mut block = Block::new();
        block.buffer().extend_from_slice(b"x");
        assert_eq!(block.payload(), b"x");
        assert_eq!(&*block.on_channel(0), b"\0x");
    }
}
