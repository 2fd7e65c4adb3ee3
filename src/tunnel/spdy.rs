//! SPDY/3.1 framing as kubelets speak it: bytes to frames and back, and nothing else.
//!
//! Knows no socket, no clock and no stream's state; what it is fed may be hostile, so everything it keeps is
//! bounded. Followed: the SPDY/3.1 draft of the Chromium project, and the subset of it that Kubernetes'
//! streaming library speaks (there is no flow control: WINDOW_UPDATE and SETTINGS are read over).

mod decode;
mod dictionary;
mod encode;
mod header;

pub use decode::Decoder;
pub use encode::{DATA_HEAD, Encoder, LONGEST_DATA};
pub use header::Headers;

use tokio_util::bytes::Bytes;

/// A stream's number: odd where the client opened it. Never 0.
pub type StreamId = u32;

/// What a peer sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// It opens a stream.
    SynStream {
        /// The new stream.
        id: StreamId,
        /// It will send nothing on it.
        fin: bool,
        /// What the stream is for.
        headers: Headers,
    },
    /// It accepts a stream.
    SynReply {
        /// The stream.
        id: StreamId,
        /// It will send nothing on it.
        fin: bool,
        /// Its answer.
        headers: Headers,
    },
    /// More headers of a stream.
    Headers {
        /// The stream.
        id: StreamId,
        /// It will send no more on it.
        fin: bool,
        /// What is added.
        headers: Headers,
    },
    /// It gives a stream up, in both directions.
    Reset {
        /// The stream.
        id: StreamId,
        /// Why: 1 protocol error, 2 invalid stream, 3 refused, 5 cancelled …
        status: u32,
    },
    /// A question for a sign of life, or the answer to ours.
    Ping(u32),
    /// It takes no more streams.
    GoAway {
        /// The last stream that it took.
        last: StreamId,
    },
    /// A piece of a stream's data, at most what was fed at once: long frames come in several pieces.
    Data {
        /// The stream.
        id: StreamId,
        /// No more will come. Said with the last piece only.
        fin: bool,
        /// The piece; may be empty.
        bytes: Bytes,
    },
}

/// How a peer broke the protocol. Nothing that comes after it can be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Not SPDY/3.
    #[error("a frame of SPDY version {0}")]
    Version(u16),
    /// Longer than any frame of this kind has a reason to be.
    #[error("a control frame of {0} bytes")]
    TooLong(usize),
    /// Shorter or longer than its kind demands.
    #[error("a frame of type {0} with a length of {1}")]
    Length(u16, usize),
    /// Stream or ping 0.
    #[error("the number 0 where none may be")]
    Zero,
    /// Headers that do not decompress.
    #[error("headers that cannot be decompressed")]
    Compression,
    /// Headers that decompress to something that is none, or to too much.
    #[error("headers that cannot be understood")]
    Headers,
}

#[cfg(test)]
mod tests;
