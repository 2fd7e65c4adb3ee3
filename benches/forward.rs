//! Loads a forward whose far end sends everything back: `forward ADDRESS CONNECTIONS KIB`.
//!
//! Opens so many connections, sends so many KiB over each and reads them again, all at once. Then prints `held`, keeps
//! them open until its standard input ends, and ends. A connection that fails is told, with exit code 1.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a figure is its output"
)]

use portolan::runtime::descriptors::allow_many;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::ExitCode;
use std::thread;

/// What a thread that only waits needs.
const STACK: usize = 64 * 1024;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<usize>().ok());
    let (Some(address), Some(connections), Some(kib)) = (words.first(), number(1), number(2))
    else {
        eprintln!("usage: forward ADDRESS CONNECTIONS KIB");
        return ExitCode::from(2);
    };
    // Too few show as a connection that fails.
    allow_many();
    let carrying: Vec<_> = (0..connections)
        .map(|_| {
            let address = address.clone();
            let carry = move || carry(&address, kib * 1024);
            thread::Builder::new().stack_size(STACK).spawn(carry)
        })
        .collect();
    let mut held = Vec::new();
    for one in carrying {
        match one.map(thread::JoinHandle::join) {
            Ok(Ok(Ok(stream))) => held.push(stream),
            other => eprintln!("a connection failed: {other:?}"),
        }
    }
    println!("held {}", held.len());
    let ended = std::io::stdin().read_to_end(&mut Vec::new());
    ExitCode::from(u8::from(held.len() < connections || ended.is_err()))
}

/// Sends and reads back in small turns, so that one thread can do both.
fn carry(address: &str, bytes: usize) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    let sent = [b'x'; 8 * 1024];
    let mut read = [0; 8 * 1024];
    for _ in 0..bytes.div_ceil(sent.len()) {
        stream.write_all(&sent)?;
        stream.read_exact(&mut read)?;
    }
    Ok(stream)
}
