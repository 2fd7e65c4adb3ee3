//! Bytes to frames.

use crate::tunnel::spdy::header::{Decompressor, Headers};
use crate::tunnel::spdy::{Frame, StreamId, Violation};
use tokio_util::bytes::{Buf as _, Bytes, BytesMut};

/// The longest control frame that is taken. A kubelet's have some hundred bytes.
const LONGEST_CONTROL: usize = 64 * 1024;

const HEAD: usize = 8;
const VERSION: u16 = 3;
const FIN: u8 = 1;

/// Where in the byte stream the decoder stands.
#[derive(Debug)]
enum At {
    /// Within the eight bytes that open a frame.
    Head,
    /// Within the body of a control frame.
    Control { kind: u16, flags: u8, length: usize },
    /// Within the payload of a data frame.
    Data {
        id: StreamId,
        fin: bool,
        left: usize,
    },
}

/// The receiving direction of one connection.
#[derive(Debug)]
pub struct Decoder {
    /// None where nobody wants to know.
    headers: Option<Decompressor>,
    at: At,
    /// The part of a head or a control frame that has come so far.
    partial: BytesMut,
    input: Bytes,
    broken: Option<Violation>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::with(Some(Decompressor::new()))
    }
}

impl Decoder {
    /// One that reads over what headers say: a client has no use for them, and what decompresses them would be most of
    /// what a connection takes in memory.
    pub fn without_headers() -> Self {
        Self::with(None)
    }

    fn with(headers: Option<Decompressor>) -> Self {
        Self {
            headers,
            at: At::Head,
            partial: BytesMut::new(),
            input: Bytes::new(),
            broken: None,
        }
    }

    /// Takes in what came. Best called when [`Decoder::next_frame`] has nothing more: then no byte is copied.
    pub fn feed(&mut self, bytes: Bytes) {
        if self.input.is_empty() {
            self.input = bytes;
        } else {
            let mut both = BytesMut::from(std::mem::take(&mut self.input));
            both.extend_from_slice(&bytes);
            self.input = both.freeze();
        }
    }

    /// The next frame; `None` until more is fed. After a violation nothing else is ever said.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Violation> {
        if let Some(violation) = self.broken {
            return Err(violation);
        }
        let next = self.advance();
        self.broken = next.as_ref().err().copied();
        next
    }

    fn advance(&mut self) -> Result<Option<Frame>, Violation> {
        loop {
            match self.at {
                At::Head => {
                    let Some(head) = self.gather(HEAD) else {
                        return Ok(None);
                    };
                    self.at = opened(&head)?;
                    // An empty data frame says something only where it is the last.
                    if let At::Data { id, fin, left: 0 } = self.at {
                        self.at = At::Head;
                        if fin {
                            return Ok(Some(data(id, fin, Bytes::new())));
                        }
                    }
                }
                At::Control {
                    kind,
                    flags,
                    length,
                } => {
                    let Some(body) = self.gather(length) else {
                        return Ok(None);
                    };
                    self.at = At::Head;
                    if let Some(frame) = self.control(kind, flags, &body)? {
                        return Ok(Some(frame));
                    }
                }
                At::Data { id, fin, left } => {
                    if self.input.is_empty() {
                        return Ok(None);
                    }
                    let bytes = self.input.split_to(left.min(self.input.len()));
                    let left = left - bytes.len();
                    self.at = if left == 0 {
                        At::Head
                    } else {
                        At::Data { id, fin, left }
                    };
                    return Ok(Some(data(id, fin && left == 0, bytes)));
                }
            }
        }
    }

    /// So many bytes as a whole, once they are there.
    fn gather(&mut self, length: usize) -> Option<Bytes> {
        if self.partial.is_empty() && self.input.len() >= length {
            return Some(self.input.split_to(length));
        }
        let missing = length.saturating_sub(self.partial.len());
        let piece = self.input.split_to(missing.min(self.input.len()));
        self.partial.extend_from_slice(&piece);
        (self.partial.len() == length).then(|| self.partial.split().freeze())
    }

    /// A control frame; `None` for one that says nothing to us.
    fn control(&mut self, kind: u16, flags: u8, body: &[u8]) -> Result<Option<Frame>, Violation> {
        let fin = flags & FIN != 0;
        let wrong = Violation::Length(kind, body.len());
        let frame = match kind {
            1 => {
                let id = stream(body, wrong)?;
                let headers = self.block(body, 10, wrong)?;
                Frame::SynStream { id, fin, headers }
            }
            2 => {
                let id = stream(body, wrong)?;
                let headers = self.block(body, 4, wrong)?;
                Frame::SynReply { id, fin, headers }
            }
            8 => {
                let id = stream(body, wrong)?;
                let headers = self.block(body, 4, wrong)?;
                Frame::Headers { id, fin, headers }
            }
            3 => Frame::Reset {
                id: stream(body, wrong)?,
                status: exactly::<8>(body, wrong)
                    .map(|[.., a, b, c, d]| u32::from_be_bytes([a, b, c, d]))?,
            },
            6 => match u32::from_be_bytes(exactly(body, wrong)?) {
                0 => return Err(Violation::Zero),
                id => Frame::Ping(id),
            },
            // SPDY/3 has a status after the stream; 0 where none was taken.
            7 => Frame::GoAway {
                last: exactly::<8>(body, wrong)
                    .map(|[a, b, c, d, ..]| u32::from_be_bytes([a & 0x7f, b, c, d]))?,
            },
            // SETTINGS, WINDOW_UPDATE, and what later versions may have.
            _ => return Ok(None),
        };
        Ok(Some(frame))
    }

    fn block(&mut self, body: &[u8], at: usize, wrong: Violation) -> Result<Headers, Violation> {
        let block = body.get(at..).ok_or(wrong)?;
        match &mut self.headers {
            Some(headers) => headers.block(block),
            None => Ok(Headers::new()),
        }
    }
}

fn data(id: StreamId, fin: bool, bytes: Bytes) -> Frame {
    Frame::Data { id, fin, bytes }
}

/// What a frame's first eight bytes open.
fn opened(mut head: &[u8]) -> Result<At, Violation> {
    let (first, second) = (head.get_u32(), head.get_u32());
    let [flags, ..] = second.to_be_bytes();
    let length = usize::try_from(second & 0x00ff_ffff).unwrap_or(usize::MAX);
    if first & 0x8000_0000 == 0 {
        let fin = flags & FIN != 0;
        return match first {
            0 => Err(Violation::Zero),
            id => Ok(At::Data {
                id,
                fin,
                left: length,
            }),
        };
    }
    let [high, low, ..] = first.to_be_bytes();
    let version = u16::from_be_bytes([high & 0x7f, low]);
    if version != VERSION {
        return Err(Violation::Version(version));
    }
    if length > LONGEST_CONTROL {
        return Err(Violation::TooLong(length));
    }
    let [.., high, low] = first.to_be_bytes();
    Ok(At::Control {
        kind: u16::from_be_bytes([high, low]),
        flags,
        length,
    })
}

/// The stream that a control frame's body opens with; the highest bit is reserved.
fn stream(body: &[u8], wrong: Violation) -> Result<StreamId, Violation> {
    let (number, _) = body.split_first_chunk::<4>().ok_or(wrong)?;
    match u32::from_be_bytes(*number) & 0x7fff_ffff {
        0 => Err(Violation::Zero),
        id => Ok(id),
    }
}

fn exactly<const N: usize>(body: &[u8], wrong: Violation) -> Result<[u8; N], Violation> {
    <[u8; N]>::try_from(body).map_err(|_| wrong)
}
