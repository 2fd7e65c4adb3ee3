//! The codec against frames that Kubernetes' own streaming library (moby/spdystream 0.5.1) wrote, and against
//! whatever else may come.

use super::dictionary::dictionary;
use super::*;
use proptest::prelude::*;
use tokio_util::bytes::BytesMut;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|digit| u8::try_from(digit).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// One connection's frames in the order in which spdystream wrote them.
fn recorded() -> Vec<u8> {
    let frames = [
        "800300010000003e0000000100000000000078f9e3c6a7c202253a060606ce2248fc6482d22da30138e59514a526e6420b17d65450d0430aea22709eb030b03000000000ffff",
        "800300020000000e000000016260606000000000ffff",
        "80030001000000180000000300000000000002a9c7500e2a8b1201000000ffff",
        "80030002000000100000000382ca20b2216305000000ffff",
        "80030003000000080000000300000005",
        "800300060000000400000002",
        "000000030100000568656c6c6f",
        "800300040000000c000000010000000700010000",
        "80030007000000080000000300000000",
    ];
    frames.iter().flat_map(|frame| hex(frame)).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Headers {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn told() -> Vec<Frame> {
    vec![
        Frame::SynStream {
            id: 1,
            fin: false,
            headers: pairs(&[
                ("requestid", "0"),
                ("streamtype", "error"),
                ("port", "8080"),
            ]),
        },
        Frame::SynReply {
            id: 1,
            fin: false,
            headers: Headers::new(),
        },
        Frame::SynStream {
            id: 3,
            fin: false,
            headers: pairs(&[("streamtype", "data")]),
        },
        Frame::SynReply {
            id: 3,
            fin: false,
            headers: pairs(&[("server", "x")]),
        },
        Frame::Reset { id: 3, status: 5 },
        Frame::Ping(2),
        Frame::Data {
            id: 3,
            fin: true,
            bytes: Bytes::from_static(b"hello"),
        },
        Frame::GoAway { last: 3 },
    ]
}

fn all(decoder: &mut Decoder) -> Result<Vec<Frame>, Violation> {
    let mut frames = Vec::new();
    while let Some(frame) = decoder.next_frame()? {
        frames.push(frame);
    }
    Ok(frames)
}

fn sorted(mut frames: Vec<Frame>) -> Vec<Frame> {
    for frame in &mut frames {
        if let Frame::SynStream { headers, .. } = frame {
            headers.sort();
        }
    }
    frames
}

/// What one input says.
fn read(bytes: &[u8]) -> Result<Vec<Frame>, Violation> {
    let mut decoder = Decoder::default();
    decoder.feed(Bytes::copy_from_slice(bytes));
    all(&mut decoder)
}

#[test]
fn the_dictionary_is_the_drafts() {
    let bytes = dictionary();
    assert_eq!(bytes.len(), 1423);
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    assert_eq!(high << 16 | low, 0xe3c6_a7c2);
}

#[test]
fn frames_of_the_real_library_are_read() {
    assert_eq!(sorted(read(&recorded()).unwrap()), sorted(told()));
}

#[test]
fn without_headers_all_else_is_told() {
    let mut decoder = Decoder::without_headers();
    decoder.feed(Bytes::from(recorded()));
    let mut wanted = told();
    for frame in &mut wanted {
        if let Frame::SynStream { headers, .. }
        | Frame::SynReply { headers, .. }
        | Frame::Headers { headers, .. } = frame
        {
            headers.clear();
        }
    }
    assert_eq!(all(&mut decoder), Ok(wanted));
}

#[test]
fn however_they_are_cut() {
    for size in [1, 2, 3, 7, 13] {
        let mut decoder = Decoder::default();
        let mut frames = Vec::new();
        for piece in recorded().chunks(size) {
            decoder.feed(Bytes::copy_from_slice(piece));
            frames.extend(all(&mut decoder).unwrap());
        }
        let data: Vec<u8> = frames
            .iter()
            .flat_map(|frame| match frame {
                Frame::Data { bytes, .. } => bytes.to_vec(),
                _ => Vec::new(),
            })
            .collect();
        assert_eq!(data, b"hello", "{size}");
        let fins: Vec<bool> = frames
            .iter()
            .filter_map(|frame| match frame {
                Frame::Data { fin, .. } => Some(*fin),
                _ => None,
            })
            .collect();
        assert_eq!(fins.iter().filter(|fin| **fin).count(), 1, "{size}");
        assert!(*fins.last().unwrap(), "{size}");
        frames.retain(|frame| !matches!(frame, Frame::Data { .. }));
        let mut wanted = told();
        wanted.retain(|frame| !matches!(frame, Frame::Data { .. }));
        assert_eq!(sorted(frames), sorted(wanted), "{size}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut encoder = Encoder::default();
    let mut out = BytesMut::new();
    let mut wanted = Vec::new();
    for at in 0..100_u32 {
        let id = 2 * at + 1;
        let value = at.to_string();
        let headers = [("streamtype", "data"), ("requestid", value.as_str())];
        encoder.syn_stream(&mut out, id, &headers);
        encoder.syn_reply(&mut out, id, &[]);
        Encoder::ping(&mut out, id);
        Encoder::fin(&mut out, id);
        Encoder::reset(&mut out, id, 5);
        wanted.extend([
            Frame::SynStream {
                id,
                fin: false,
                headers: pairs(&headers),
            },
            Frame::SynReply {
                id,
                fin: false,
                headers: Headers::new(),
            },
            Frame::Ping(id),
            Frame::Data {
                id,
                fin: true,
                bytes: Bytes::new(),
            },
            Frame::Reset { id, status: 5 },
        ]);
    }
    Encoder::go_away(&mut out, 199);
    wanted.push(Frame::GoAway { last: 199 });
    assert_eq!(read(&out).unwrap(), wanted);
}

#[test]
fn a_block_larger_than_one_buffer() {
    let value = "v".repeat(20_000);
    let mut out = BytesMut::new();
    let headers = [("name", value.as_str()), ("other", "x")];
    Encoder::default().syn_stream(&mut out, 1, &headers);
    let Frame::SynStream { headers: read, .. } = &read(&out).unwrap()[0] else {
        panic!("no stream")
    };
    assert_eq!(*read, pairs(&headers));
}

#[test]
fn a_long_frame_is_handed_on_in_pieces_and_ends_once() {
    let length = LONGEST_DATA;
    let mut decoder = Decoder::default();
    decoder.feed(Bytes::copy_from_slice(&Encoder::data_head(5, length, true)));
    assert_eq!(decoder.next_frame(), Ok(None));
    let mut left = length;
    while left > 0 {
        let size = left.min(1_000_000);
        left -= size;
        decoder.feed(Bytes::from(vec![7; size]));
        let Ok(Some(Frame::Data { id: 5, fin, bytes })) = decoder.next_frame() else {
            panic!("no data")
        };
        assert_eq!((bytes.len(), fin), (size, left == 0));
        assert_eq!(decoder.next_frame(), Ok(None));
    }
}

#[test]
fn what_breaks_the_protocol_is_said_for_ever() {
    let table: [(&str, Violation); 8] = [
        ("0000000000000001ff", Violation::Zero),
        ("8002000100000000", Violation::Version(2)),
        ("8003000100ffffff", Violation::TooLong(0xff_ffff)),
        ("8003000600000003000000", Violation::Length(6, 3)),
        ("80030006000000040000 0000", Violation::Zero),
        ("800300020000000400000000", Violation::Zero),
        ("800300030000000400000001", Violation::Length(3, 4)),
        ("80030002000000080000000112345678", Violation::Compression),
    ];
    for (bytes, violation) in table {
        let mut decoder = Decoder::default();
        decoder.feed(Bytes::from(hex(bytes)));
        assert_eq!(decoder.next_frame(), Err(violation), "{bytes}");
        decoder.feed(Bytes::from(hex("800300060000000400000002")));
        assert_eq!(decoder.next_frame(), Err(violation), "{bytes}");
    }
}

/// The acceptance of stream 1 with a block of headers, compressed as the draft wants it.
fn reply(plain: &[u8]) -> Vec<u8> {
    let mut zlib = flate2::Compress::new_with_window_bits(flate2::Compression::default(), true, 15);
    zlib.set_dictionary(&dictionary()).unwrap();
    let mut block = Vec::with_capacity(8 * 1024);
    zlib.compress_vec(plain, &mut block, flate2::FlushCompress::Sync)
        .unwrap();
    assert_eq!(zlib.total_in(), plain.len() as u64);
    let mut bytes = hex("80030002");
    bytes.extend_from_slice(&u32::try_from(block.len() + 4).unwrap().to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 1]);
    bytes.extend_from_slice(&block);
    bytes
}

#[test]
fn a_small_block_cannot_unfold_into_much() {
    // A megabyte of zeros compresses to about a kilobyte.
    let length = 1024 * 1024_u32;
    let mut plain = [&[0, 0, 0, 1, 0, 0, 0, 1, b'a'], &length.to_be_bytes()[..]].concat();
    plain.resize(plain.len() + length as usize, 0);
    assert_eq!(read(&reply(&plain)), Err(Violation::Headers));
}

#[test]
fn a_count_that_promises_more_than_there_is() {
    for lie in [257_u32, 5, u32::MAX] {
        let mut plain = lie.to_be_bytes().to_vec();
        plain.extend_from_slice(&[0; 8]);
        assert_eq!(read(&reply(&plain)), Err(Violation::Headers), "{lie}");
    }
}

#[test]
fn what_is_sent_is_a_zlib_stream_that_names_the_dictionary() {
    let mut out = BytesMut::new();
    let mut encoder = Encoder::default();
    let value = "v".repeat(70_000);
    encoder.syn_reply(&mut out, 1, &[("first", "1")]);
    let second = out.len();
    encoder.syn_reply(&mut out, 1, &[("second", &value)]);
    let mut zlib = flate2::Decompress::new_with_window_bits(true, 15);
    let mut plain = Vec::with_capacity(80_000);
    let (first, second) = out.split_at(second);
    // Go's inflate keeps what it has read until it meets one.
    let flush = [0, 0, 0, 0xff, 0xff];
    assert!(first.ends_with(&flush) && second.ends_with(&flush));
    let named = zlib.decompress_vec(&first[12..], &mut plain, flate2::FlushDecompress::Sync);
    let wanted = named
        .expect_err("a dictionary is wanted")
        .needs_dictionary();
    assert_eq!(wanted, Some(super::dictionary::CHECKSUM));
    zlib.set_dictionary(&dictionary()).unwrap();
    let rest = &first[12 + usize::try_from(zlib.total_in()).unwrap()..];
    for block in [rest, &second[12..]] {
        let before = zlib.total_in();
        zlib.decompress_vec(block, &mut plain, flate2::FlushDecompress::Sync)
            .unwrap();
        assert_eq!(zlib.total_in() - before, block.len() as u64);
    }
    let length = |text: &str| u32::try_from(text.len()).unwrap().to_be_bytes();
    let one = 1_u32.to_be_bytes();
    let pair = |name: &str, value: &str| {
        let (name_length, value_length) = (length(name), length(value));
        [
            &one,
            &name_length,
            name.as_bytes(),
            &value_length,
            value.as_bytes(),
        ]
        .concat()
    };
    assert!(plain == [pair("first", "1"), pair("second", &value)].concat());
}

proptest! {
    /// Whatever comes, the decoder ends: with frames, or with a violation that it repeats.
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..600), size in 1_usize..40) {
        let mut decoder = Decoder::default();
        let mut data = 0;
        for piece in bytes.chunks(size) {
            decoder.feed(Bytes::copy_from_slice(piece));
            while let Ok(Some(frame)) = decoder.next_frame() {
                if let Frame::Data { bytes, .. } = frame {
                    data += bytes.len();
                }
            }
        }
        prop_assert!(data <= bytes.len());
    }

    /// A recorded connection with a few bytes changed is survived too, and reads the same however it is cut.
    #[test]
    fn damage_is_survived(at in 0_usize..250, byte in any::<u8>(), size in 1_usize..40) {
        let mut bytes = recorded();
        let place = at % bytes.len();
        bytes[place] = byte;
        let whole = {
            let mut decoder = Decoder::default();
            decoder.feed(Bytes::from(bytes.clone()));
            controls(&mut decoder)
        };
        let mut decoder = Decoder::default();
        let mut pieces = Vec::new();
        for piece in bytes.chunks(size) {
            decoder.feed(Bytes::copy_from_slice(piece));
            pieces.extend(controls(&mut decoder));
        }
        prop_assert_eq!(whole, pieces);
    }
}

/// The frames without data, which may be cut anywhere.
fn controls(decoder: &mut Decoder) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Ok(Some(frame)) = decoder.next_frame() {
        if !matches!(frame, Frame::Data { .. }) {
            frames.push(frame);
        }
    }
    frames
}
