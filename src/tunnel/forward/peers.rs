//! The system's table of TCP sockets, where it can be read: on Linux, `/proc/net/tcp`.
//!
//! A client that has closed for good and one that has only closed its sending half look the same on the wire.
//! The table tells them apart: the socket of the first belongs to nobody any more.

use std::collections::HashSet;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long a reading of the table serves.
const FRESH: Duration = Duration::from_secs(1);

/// The state `TCP_LISTEN`.
pub(super) const LISTEN: u8 = 0x0a;

/// One socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    pub(super) state: u8,
    /// 0 where no process holds it any more.
    pub(super) inode: u64,
}

/// Every TCP socket of this network namespace; none where the table cannot be read.
pub(super) fn rows() -> impl Iterator<Item = Row> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"]
        .map(|path| fs::read_to_string(path).unwrap_or_default());
    tables
        .into_iter()
        .flat_map(|table| table.lines().filter_map(row).collect::<Vec<_>>())
}

fn row(line: &str) -> Option<Row> {
    let mut fields = line.split_ascii_whitespace();
    fields.next()?.strip_suffix(':')?;
    let local = address(fields.next()?)?;
    let remote = address(fields.next()?)?;
    let state = u8::from_str_radix(fields.next()?, 16).ok()?;
    let inode = fields.nth(5)?.parse().ok()?;
    Some(Row {
        local,
        remote,
        state,
        inode,
    })
}

/// `0100007F:1F90`: the address as words in the machine's order, the port as a number.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut bytes = Vec::with_capacity(16);
    for at in (0..ip.len()).step_by(8) {
        let word = u32::from_str_radix(ip.get(at..at + 8)?, 16).ok()?;
        bytes.extend_from_slice(&word.to_ne_bytes());
    }
    let ip = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        16 => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
        _ => return None,
    };
    Some(SocketAddr::new(ip.to_canonical(), port))
}

/// The clients of one listener.
pub(super) struct Peers {
    port: u16,
    reading: Mutex<Option<(Instant, Arc<Reading>)>>,
}

struct Reading {
    /// Whether the table holds what it must: the listener itself.
    sound: bool,
    /// Clients whose socket a process still holds.
    held: HashSet<SocketAddr>,
}

impl Peers {
    pub(super) fn of(local: SocketAddr) -> Self {
        Self {
            port: local.port(),
            reading: Mutex::new(None),
        }
    }

    /// Whether a client's socket is closed for good; `None` where that cannot be told (a client on another
    /// machine, another system than Linux).
    pub(super) async fn is_gone(&self, peer: SocketAddr) -> Option<bool> {
        if !peer.ip().to_canonical().is_loopback() {
            return None;
        }
        let reading = self.read().await?;
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        reading.sound.then(|| !reading.held.contains(&peer))
    }

    async fn read(&self) -> Option<Arc<Reading>> {
        let mut kept = self.reading.lock().await;
        if let Some((at, reading)) = &*kept
            && at.elapsed() < FRESH
        {
            return Some(Arc::clone(reading));
        }
        let port = self.port;
        let reading = tokio::task::spawn_blocking(move || {
            let mut reading = Reading {
                sound: false,
                held: HashSet::new(),
            };
            for row in rows() {
                reading.sound |= row.state == LISTEN && row.local.port() == port;
                if row.remote.port() == port && row.inode != 0 {
                    reading.held.insert(row.local);
                }
            }
            Arc::new(reading)
        });
        let reading = reading.await.ok()?;
        *kept = Some((Instant::now(), Arc::clone(&reading)));
        Some(reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn rows_of_the_table() {
        let line = "   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 34567 1 0000 100 0 0 10 0";
        assert_eq!(
            row(line),
            Some(Row {
                local: "127.0.0.1:8080".parse().unwrap(),
                remote: "0.0.0.0:0".parse().unwrap(),
                state: LISTEN,
                inode: 34567,
            })
        );
        assert_eq!(
            address("00000000000000000000000001000000:0050"),
            Some("[::1]:80".parse().unwrap())
        );
        assert_eq!(
            address("0000000000000000FFFF00000100007F:0050"),
            Some("127.0.0.1:80".parse().unwrap())
        );
        for broken in [
            "",
            "  sl  local_address rem_address   st",
            "1: 0100007F:1F90 0:0",
            "1: 0100007Fé:1F90 00000000:0000 0A",
        ] {
            assert_eq!(row(broken), None, "{broken}");
        }
    }

    #[tokio::test]
    async fn a_client_that_only_closed_its_sending_half_is_not_gone() {
        if rows().next().is_none() {
            return;
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let local = listener.local_addr().unwrap();
        let mut client = tokio::net::TcpStream::connect(local).await.unwrap();
        let (_held, peer) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::shutdown(&mut client)
            .await
            .unwrap();
        assert_eq!(Peers::of(local).is_gone(peer).await, Some(false));
        drop(client);
        assert_eq!(Peers::of(local).is_gone(peer).await, Some(true));
        assert_eq!(
            Peers::of(local)
                .is_gone("10.0.0.1:1".parse().unwrap())
                .await,
            None
        );
    }
}
