//! Frames to bytes.

use crate::tunnel::spdy::StreamId;
use crate::tunnel::spdy::header::Compressor;
use tokio_util::bytes::{BufMut as _, BytesMut};

/// How many bytes stand before the payload of a data frame.
pub const DATA_HEAD: usize = 8;

/// The longest payload of one data frame: its length has 24 bits.
pub const LONGEST_DATA: usize = (1 << 24) - 1;

const CONTROL: u16 = 0x8000;
const VERSION: u16 = 3;
const FIN: u8 = 1;

/// The sending direction of one connection. Frames with headers must be sent in the order in which they were made.
#[derive(Debug, Default)]
pub struct Encoder {
    headers: Compressor,
}

impl Encoder {
    /// Opens a stream.
    pub fn syn_stream(&mut self, out: &mut BytesMut, id: StreamId, headers: &[(&str, &str)]) {
        let block = self.headers.block(headers);
        head(out, 1, 0, 10 + block.len());
        out.put_u32(id);
        // No associated stream, the highest priority, no slot.
        out.put_u32(0);
        out.put_u16(0);
        out.put_slice(&block);
    }

    /// Accepts a stream.
    pub fn syn_reply(&mut self, out: &mut BytesMut, id: StreamId, headers: &[(&str, &str)]) {
        let block = self.headers.block(headers);
        head(out, 2, 0, 4 + block.len());
        out.put_u32(id);
        out.put_slice(&block);
    }

    /// Gives a stream up, in both directions.
    pub fn reset(out: &mut BytesMut, id: StreamId, status: u32) {
        head(out, 3, 0, 8);
        out.put_u32(id);
        out.put_u32(status);
    }

    /// Asks for a sign of life, or answers: a client asks with odd numbers, and an answer repeats the number.
    pub fn ping(out: &mut BytesMut, id: u32) {
        head(out, 6, 0, 4);
        out.put_u32(id);
    }

    /// Says that no more streams are taken, the last having been this one.
    pub fn go_away(out: &mut BytesMut, last: StreamId) {
        head(out, 7, 0, 8);
        out.put_u32(last);
        out.put_u32(0);
    }

    /// A data frame's head, for a payload of at most [`LONGEST_DATA`] bytes.
    pub fn data_head(id: StreamId, length: usize, fin: bool) -> [u8; DATA_HEAD] {
        let word = u32::try_from(length.min(LONGEST_DATA)).unwrap_or_default();
        let flags = if fin { u32::from(FIN) << 24 } else { 0 };
        let mut head = [0; DATA_HEAD];
        let (first, second) = head.split_at_mut(4);
        first.copy_from_slice(&id.to_be_bytes());
        second.copy_from_slice(&(flags | word).to_be_bytes());
        head
    }

    /// Says that no more will be sent on a stream.
    pub fn fin(out: &mut BytesMut, id: StreamId) {
        out.put_slice(&Self::data_head(id, 0, true));
    }
}

fn head(out: &mut BytesMut, kind: u16, flags: u8, length: usize) {
    out.put_u16(CONTROL | VERSION);
    out.put_u16(kind);
    // Headers are bounded far below 24 bits by those who make them.
    let length = u32::try_from(length.min(LONGEST_DATA)).unwrap_or_default();
    out.put_u32(u32::from(flags) << 24 | length);
}
