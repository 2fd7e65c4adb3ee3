//! Header blocks: name and value pairs in one zlib stream a direction that lives as long as the connection.

use crate::tunnel::spdy::Violation;
use crate::tunnel::spdy::dictionary::{CHECKSUM, dictionary};
use flate2::{Decompress, FlushDecompress, Status};

/// Names and values, in the order in which they came. Names are lower case on the wire.
pub type Headers = Vec<(String, String)>;

/// The largest block that is taken, decompressed. A kubelet's have some fifty bytes.
const LARGEST: usize = 64 * 1024;

/// The most pairs that are taken.
const MOST: usize = 256;

/// The window of SPDY's zlib streams: what every implementation sends.
const WINDOW_BITS: u8 = 15;

/// What opens a zlib stream (RFC 1950 §2.2): deflate, a window of 32 KiB, and a dictionary, which is named next.
const OPENING: [u8; 2] = [0x78, 0xbb];

/// The longest piece that deflate stores as it is (RFC 1951 §3.2.4).
const LONGEST_STORED: usize = 0xffff;

/// The empty block after which the other end hands on what it has (a sync flush).
const FLUSH: [u8; 5] = [0, 0, 0, 0xff, 0xff];

/// The sending direction. Headers are sent as they are, in stored blocks: they have a hundred bytes, and a compressor's
/// tables would be most of what a connection takes in memory.
#[derive(Debug, Default)]
pub(super) struct Compressor {
    opened: bool,
}

impl Compressor {
    /// A block that the other end can read at once.
    pub(super) fn block(&mut self, headers: &[(&str, &str)]) -> Vec<u8> {
        let mut plain = Vec::new();
        put_length(&mut plain, headers.len());
        for text in headers.iter().flat_map(|(name, value)| [name, value]) {
            put_length(&mut plain, text.len());
            plain.extend_from_slice(text.as_bytes());
        }
        let mut block = Vec::with_capacity(plain.len() + 32);
        if !std::mem::replace(&mut self.opened, true) {
            block.extend_from_slice(&OPENING);
            block.extend_from_slice(&CHECKSUM.to_be_bytes());
        }
        for piece in plain.chunks(LONGEST_STORED) {
            // Not the last block of the stream, and stored.
            block.push(0);
            let length = u16::try_from(piece.len()).unwrap_or_default();
            block.extend_from_slice(&length.to_le_bytes());
            block.extend_from_slice(&(!length).to_le_bytes());
            block.extend_from_slice(piece);
        }
        block.extend_from_slice(&FLUSH);
        block
    }
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    // Callers send a handful of short names.
    let length = u32::try_from(length).unwrap_or_default();
    out.extend_from_slice(&length.to_be_bytes());
}

/// The receiving direction.
#[derive(Debug)]
pub(super) struct Decompressor(Decompress);

impl Decompressor {
    pub(super) fn new() -> Self {
        Self(Decompress::new_with_window_bits(true, WINDOW_BITS))
    }

    /// The pairs of a block. After an error the stream is lost.
    pub(super) fn block(&mut self, block: &[u8]) -> Result<Headers, Violation> {
        let plain = self.inflate(block)?;
        parse(&plain).ok_or(Violation::Headers)
    }

    fn inflate(&mut self, mut block: &[u8]) -> Result<Vec<u8>, Violation> {
        let mut plain = Vec::with_capacity(512);
        loop {
            if plain.len() == plain.capacity() {
                plain.reserve(plain.len().max(512));
            }
            let (read, written) = (self.0.total_in(), self.0.total_out());
            match self
                .0
                .decompress_vec(block, &mut plain, FlushDecompress::Sync)
            {
                Ok(Status::Ok | Status::BufError) => {}
                Err(error) if error.needs_dictionary() == Some(CHECKSUM) => {
                    let named = self.0.set_dictionary(&dictionary());
                    named.map_err(|_| Violation::Compression)?;
                }
                // SPDY's stream never ends before the connection does.
                Ok(Status::StreamEnd) | Err(_) => return Err(Violation::Compression),
            }
            if plain.len() > LARGEST {
                return Err(Violation::Headers);
            }
            let taken = usize::try_from(self.0.total_in() - read).unwrap_or(usize::MAX);
            block = block.get(taken..).unwrap_or_default();
            let still = taken == 0 && self.0.total_out() == written;
            if plain.len() < plain.capacity() && (block.is_empty() || still) {
                return if block.is_empty() {
                    Ok(plain)
                } else {
                    Err(Violation::Compression)
                };
            }
        }
    }
}

fn parse(mut plain: &[u8]) -> Option<Headers> {
    let pairs = take_length(&mut plain)?;
    if pairs > MOST {
        return None;
    }
    let mut headers = Headers::with_capacity(pairs);
    for _ in 0..pairs {
        let name = take_text(&mut plain)?;
        headers.push((name, take_text(&mut plain)?));
    }
    plain.is_empty().then_some(headers)
}

fn take_length(plain: &mut &[u8]) -> Option<usize> {
    let (length, rest) = plain.split_first_chunk::<4>()?;
    *plain = rest;
    usize::try_from(u32::from_be_bytes(*length)).ok()
}

fn take_text(plain: &mut &[u8]) -> Option<String> {
    let length = take_length(plain)?;
    let (text, rest) = plain.split_at_checked(length)?;
    *plain = rest;
    Some(String::from_utf8_lossy(text).into_owned())
}
