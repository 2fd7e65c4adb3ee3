//! The SPDY decoder survives any bytes in any pieces, and hands on no more than it was fed.
//!
//! `cargo fuzz run spdy -s none` (on stable), or with a sanitizer on nightly.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portolan::tunnel::spdy::{Decoder, Frame};

fuzz_target!(|data: &[u8]| {
    let Some((size, data)) = data.split_first() else {
        return;
    };
    let mut decoder = Decoder::default();
    let mut handed = 0;
    for piece in data.chunks(usize::from(*size).max(1)) {
        decoder.feed(piece.to_vec().into());
        while let Ok(Some(frame)) = decoder.next_frame() {
            if let Frame::Data { bytes, .. } = frame {
                handed += bytes.len();
            }
        }
    }
    assert!(handed <= data.len());
});
