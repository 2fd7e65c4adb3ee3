//! Much traffic at once and one after another through a forward, and what is left of it afterwards: nothing.
//!
//! One test, so that what a process holds open can be counted. `PORTOLAN_LONG=1` carries 1 GiB both ways at once and
//! 10,000 connections one after another, instead of 64 MiB and 500.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test ends at the first surprise, and tells what it measured"
)]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/facts.rs"]
mod facts;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/podserver.rs"]
mod podserver;

use facts::{endpoint, pod, put, service, service_port, slice, world};
use podserver::{Behaviour, PodServer};
use portolan::forward::plan::plan;
use portolan::forward::status::Status;
use portolan::forward::target::Target;
use portolan::model::object::Fact;
use portolan::model::port::{PortRef, Protocol};
use portolan::model::world::World;
use portolan::tunnel::forward::{Forward, Habitat, start};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const BLOCK: usize = 64 * 1024;

fn is_long() -> bool {
    std::env::var_os("PORTOLAN_LONG").is_some()
}

/// What this process holds open; none where the system does not tell.
fn open_files() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count())
}

/// How many connections fit: each has its client, our end, the tunnel's and the server's in this one process.
fn at_once() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = files.and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    let room: usize = soft.unwrap_or(1024);
    (room.saturating_sub(200) / 5).min(1000)
}

fn shop() -> World {
    let mut world = world([Fact::Service(service(
        "api",
        vec![service_port("", 80, Protocol::Tcp, PortRef::Number(8080))],
    ))]);
    put(&mut world, Fact::Pod(pod("api-1", "10.1.0.1", &[])));
    put(
        &mut world,
        Fact::EndpointSlice(slice(
            "api-a",
            "api",
            &[("", Some(8080))],
            vec![endpoint("api-1", true)],
        )),
    );
    world
}

/// Bytes that depend on where they stand and on whose they are.
fn fill(block: &mut [u8], seed: u64, at: usize) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (at as u64 + 1);
    for chunk in block.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
    }
}

/// Sends blocks and reads them back, both at once; then closes its half and reads to the end.
async fn echo(local: SocketAddr, seed: u64, blocks: usize) {
    let stream = TcpStream::connect(local).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let sending = async {
        let mut block = vec![0; BLOCK];
        for at in 0..blocks {
            fill(&mut block, seed, at);
            write.write_all(&block).await.unwrap();
        }
        write.shutdown().await.unwrap();
    };
    let reading = async {
        let (mut block, mut wanted) = (vec![0; BLOCK], vec![0; BLOCK]);
        for at in 0..blocks {
            fill(&mut wanted, seed, at);
            read.read_exact(&mut block).await.unwrap();
            assert!(block == wanted, "block {at} of {seed} differs");
        }
        assert_eq!(read.read(&mut block).await.unwrap(), 0, "an end, after all");
    };
    tokio::join!(sending, reading);
}

async fn until(forward: &Forward, wanted: impl Fn(&Status) -> bool) -> Arc<Status> {
    let mut states = forward.states.clone();
    let found = timeout(
        Duration::from_mins(1),
        states.wait_for(|status| wanted(status)),
    )
    .await;
    Arc::clone(&found.expect("in time").unwrap())
}

/// Everything through one forward, which then leaves nothing behind.
async fn carry() {
    let server = PodServer::start();
    server.pod("api-1", Behaviour::Echo);
    let first = shop();
    let target = Target::parse("svc/api", &"shop".into(), &[":80"])
        .unwrap()
        .remove(0);
    let planned = plan(&first, &target).unwrap();
    let worlds = watch::Sender::new(Arc::new(first));
    let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
    let habitat = Habitat::new(tracker.clone(), cancel);
    let forward = start(server.connection(), &planned, worlds.subscribe(), &habitat)
        .await
        .unwrap();
    let local = forward.local;
    let mut carried = 0;

    let blocks = if is_long() { 16 * 1024 } else { 1024 };
    echo(local, 1, blocks).await;
    carried += blocks;

    // Each holds its own stream open until all have one.
    let many = at_once();
    let clients = (0..many).map(|seed| tokio::spawn(echo(local, seed as u64 + 2, 4)));
    let mut cut = 0;
    for client in clients.collect::<Vec<_>>() {
        cut += usize::from(client.await.is_err());
    }
    let counters = forward.states.borrow().counters.clone();
    assert_eq!(cut, 0, "of {many} connections; {counters:?}");
    carried += 4 * many;
    until(&forward, |status| status.counters.active == 0).await;

    let upgrades = server.upgrades();
    let sequential = if is_long() { 10_000 } else { 500 };
    for seed in 0..sequential {
        echo(local, seed, 1).await;
    }
    carried += usize::try_from(sequential).unwrap();
    let more = server.upgrades() - upgrades;
    assert!(
        more <= 8,
        "{more} tunnels for connections one after another"
    );

    let status = until(&forward, |status| status.counters.active == 0).await;
    let counters = &status.counters;
    assert_eq!(counters.connections, 1 + many as u64 + sequential);
    assert_eq!(counters.failures, 0, "{:?}", counters.last_error);
    let bytes = (carried * BLOCK) as u64;
    assert_eq!((counters.bytes_in, counters.bytes_out), (bytes, bytes));
    eprintln!("{many} at once, {sequential} one after another over {more} more tunnels");

    // A burst leaves no more than a few idle tunnels, and a stop leaves none.
    assert!(server.open() <= 8, "{} tunnels are kept", server.open());
    forward.stop();
    forward.stopped().await;
    assert_eq!(tracker.len(), 0, "no task is left");
    server.kill().await;
    assert_eq!(server.open(), 0, "no stream is left");
}

#[test]
fn every_byte_arrives_and_nothing_is_left() {
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
    };
    // What the first runtime opens for the whole process stays open.
    drop(runtime());
    let before = open_files();
    let second = runtime();
    second.block_on(carry());
    drop(second);
    assert_eq!(open_files(), before, "no descriptor is left");
}
