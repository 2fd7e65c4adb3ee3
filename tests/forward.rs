//! The live port-forward against an API server whose pods die, refuse, dawdle and break off.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/facts.rs"]
mod facts;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/podserver.rs"]
mod podserver;

use facts::{endpoint, key, pod, put, service, service_port, slice, unready, world};
use podserver::{Behaviour, PodServer};
use portolan::forward::pick::Among;
use portolan::forward::plan::{Plan, plan};
use portolan::forward::status::{State, Status};
use portolan::forward::target::Target;
use portolan::model::delta::Delta;
use portolan::model::kind::Kind;
use portolan::model::object::Fact;
use portolan::model::port::{PortRef, Protocol};
use portolan::model::world::World;
use portolan::tunnel::forward::{Alarm, BindError, Forward, Habitat, Timing, start};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const REFUSED: &str = "error forwarding port 8080 to pod 1f, uid : failed to execute portforward in network namespace \
    \"/var/run/netns/cni\": failed to connect to localhost:8080 inside namespace \"1f\": dial tcp4 127.0.0.1:8080: \
    connect: connection refused";

/// No test waits longer than this for anything.
async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what)
        .await
        .expect("in time")
}

/// A Service `api`, 80 → 8080, with these pods as its endpoints and whether they are ready.
fn shop(pods: &[(&str, bool)]) -> World {
    let mut world = world([Fact::Service(service(
        "api",
        vec![service_port("", 80, Protocol::Tcp, PortRef::Number(8080))],
    ))]);
    endpoints(&mut world, pods);
    world
}

fn endpoints(world: &mut World, pods: &[(&str, bool)]) {
    for (name, ready) in pods {
        let pod = pod(name, "10.1.0.1", &[]);
        put(world, Fact::Pod(if *ready { pod } else { unready(pod) }));
    }
    let listed = pods
        .iter()
        .map(|(name, ready)| endpoint(name, *ready))
        .collect();
    put(
        world,
        Fact::EndpointSlice(slice("api-a", "api", &[("", Some(8080))], listed)),
    );
}

/// What the API server offers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offer {
    Tunnel,
    Channel,
}

/// Tests that must hold over either transport.
macro_rules! over_both {
    ($($name:ident),* $(,)?) => {
        mod over_a_tunnel {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Offer::Tunnel).await;
            })*
        }
        mod over_channels {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Offer::Channel).await;
            })*
        }
    };
}

over_both!(
    sixty_four_mebibytes_come_back_byte_for_byte,
    a_reply_after_the_client_closed_its_half_is_not_lost,
    a_client_that_closed_for_good_is_not_waited_for,
    a_refused_connection_goes_to_the_next_pod_with_all_that_was_sent,
    where_every_pod_refuses_the_client_knows_at_once_and_the_state_is_failed,
    a_cut_is_an_error_and_an_end_is_not,
    after_a_pod_has_died_the_next_connection_goes_to_the_new_one,
    a_pod_that_is_gone_before_the_world_knows_is_waited_out,
    a_connection_waits_for_an_endpoint_and_then_goes_through,
    the_wait_for_an_endpoint_is_bounded,
    a_client_that_gives_up_waiting_is_let_go,
    two_hundred_connections_at_once,
    a_slow_reader_stalls_only_itself,
    forbidden_is_said_with_the_missing_verb,
    the_api_server_goes_and_comes_back,
    a_far_end_that_falls_silent_is_noticed,
    after_sleep_dead_connections_are_cut_and_live_ones_stay,
    a_pod_that_closes_its_port_before_the_world_hears_of_its_end_is_waited_out,
    an_idle_connection_is_kept_alive_by_pings,
    stopping_ends_connections_waits_and_the_listener,
);

struct Rig {
    server: PodServer,
    worlds: watch::Sender<Arc<World>>,
    tracker: TaskTracker,
    cancel: CancellationToken,
    forward: Forward,
    alarm: Alarm,
}

fn api_plan(world: &World) -> Plan {
    let target = Target::parse("svc/api", &"shop".into(), &[":80"])
        .unwrap()
        .remove(0);
    plan(world, &target).unwrap()
}

impl Rig {
    async fn new(offer: Offer, pods: &[(&str, bool)]) -> Self {
        Self::timed(offer, pods, Timing::default()).await
    }

    async fn timed(offer: Offer, pods: &[(&str, bool)], timing: Timing) -> Self {
        let server = PodServer::start();
        if offer == Offer::Channel {
            server.offer_no_tunnel();
        }
        let world = shop(pods);
        let plan = api_plan(&world);
        let worlds = watch::Sender::new(Arc::new(world));
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        let habitat = Habitat {
            timing,
            ..Habitat::new(tracker.clone(), cancel.clone())
        };
        let alarm = habitat.alarm.clone();
        let forward = start(server.connection(), &plan, worlds.subscribe(), &habitat)
            .await
            .unwrap();
        Self {
            server,
            worlds,
            tracker,
            cancel,
            forward,
            alarm,
        }
    }

    fn change(&self, change: impl FnOnce(&mut World)) {
        self.worlds
            .send_modify(|world| change(Arc::make_mut(world)));
    }

    async fn connect(&self) -> TcpStream {
        within(TcpStream::connect(self.forward.local))
            .await
            .unwrap()
    }

    /// Waits for a status.
    async fn until(&self, wanted: impl Fn(&Status) -> bool) -> Arc<Status> {
        let mut states = self.forward.states.clone();
        let found = tokio::time::timeout(
            Duration::from_secs(30),
            states.wait_for(|status| wanted(status)),
        )
        .await;
        let Ok(status) = found else {
            panic!("stays {:#?}", self.forward.states.borrow());
        };
        Arc::clone(&status.unwrap())
    }

    async fn until_state(&self, state: State) -> Arc<Status> {
        self.until(|status| status.state == state).await
    }

    /// Stops everything and proves that nothing is left.
    async fn end(self) -> Arc<Status> {
        self.forward.stop();
        within(self.forward.stopped()).await;
        assert_eq!(self.tracker.len(), 0, "no task is left");
        let status = Arc::clone(&self.forward.states.borrow());
        assert_eq!((status.state, status.counters.active), (State::Stopped, 0));
        drop(
            tokio::net::TcpListener::bind(self.forward.local)
                .await
                .unwrap(),
        );
        within(async {
            while self.server.open() > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        status
    }
}

async fn read_all(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    within(stream.read_to_end(&mut all)).await.map(|_| all)
}

async fn read_line(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.push(within(stream.read_u8()).await.unwrap());
    }
    String::from_utf8(line).unwrap().trim_end().to_owned()
}

fn was_reset(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::ConnectionReset
}

/// Bytes that repeat nowhere near.
struct Noise(u64);

impl Noise {
    fn fill(&mut self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            chunk.copy_from_slice(&self.0.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Sends noise and reads it back, both at once.
async fn echo(stream: TcpStream, seed: u64, bytes: usize) {
    let (mut read, mut write) = stream.into_split();
    let sending = async move {
        let mut noise = Noise(seed);
        let mut buffer = vec![0; 64 * 1024];
        for _ in 0..bytes / buffer.len() {
            noise.fill(&mut buffer);
            write.write_all(&buffer).await.unwrap();
        }
        write
    };
    let reading = async move {
        let mut noise = Noise(seed);
        let (mut buffer, mut wanted) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
        for at in 0..bytes / buffer.len() {
            noise.fill(&mut wanted);
            read.read_exact(&mut buffer).await.unwrap();
            assert!(buffer == wanted, "block {at} differs");
        }
        read
    };
    let _open = tokio::join!(sending, reading);
}

async fn sixty_four_mebibytes_come_back_byte_for_byte(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::Echo);
    let bytes = 64 * 1024 * 1024;
    within(echo(rig.connect().await, 42, bytes)).await;
    assert_eq!(rig.server.dials(), ["api-1:8080"]);
    let status = rig.end().await;
    assert_eq!(status.counters.bytes_in, bytes as u64);
    assert_eq!(status.counters.bytes_out, bytes as u64);
    assert_eq!(
        (status.counters.connections, status.counters.failures),
        (1, 0)
    );
}

async fn a_reply_after_the_client_closed_its_half_is_not_lost(offer: Offer) {
    let timing = Timing {
        ping: Duration::from_millis(250),
        ..Timing::default()
    };
    let rig = Rig::timed(offer, &[("api-1", true)], timing).await;
    rig.server.pod("api-1", Behaviour::LateReply);
    let mut client = rig.connect().await;
    client.write_all(b"hello\n").await.unwrap();
    client.shutdown().await.unwrap();
    // Well past the first look at whether the client is still there.
    within(rig.server.pinged(10)).await;
    rig.server.reply();
    assert_eq!(read_all(&mut client).await.unwrap(), b"reply to hello\n");
    drop(client);
    let status = rig.until(|status| status.counters.active == 0).await;
    assert_eq!(status.counters.failures, 0);
    rig.end().await;
}

async fn a_client_that_closed_for_good_is_not_waited_for(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::Silent);
    let mut client = rig.connect().await;
    assert_eq!(within(client.read_u8()).await.unwrap(), b's');
    drop(client);
    let status = rig
        .until(|status| status.counters.connections == 1 && status.counters.active == 0)
        .await;
    assert_eq!(
        (status.state, status.counters.failures),
        (State::Listening, 0)
    );
    rig.end().await;
}

async fn a_refused_connection_goes_to_the_next_pod_with_all_that_was_sent(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", true), ("api-2", true)]).await;
    rig.server.pod("api-1", Behaviour::Error(REFUSED));
    rig.server.pod("api-2", Behaviour::Echo);
    let mut client = rig.connect().await;
    client.write_all(b"hello").await.unwrap();
    let mut back = [0; 5];
    within(client.read_exact(&mut back)).await.unwrap();
    assert_eq!(&back, b"hello");
    assert_eq!(rig.server.dials(), ["api-1:8080", "api-2:8080"]);
    let status = rig.until_state(State::Listening).await;
    assert_eq!(
        status.serving.as_ref().unwrap().pod,
        key(Kind::Pod, "api-2")
    );
    let states: Vec<State> = status
        .history
        .iter()
        .map(|transition| transition.state)
        .collect();
    assert_eq!(states, [State::Listening, State::Failed, State::Listening]);
    rig.end().await;
}

async fn where_every_pod_refuses_the_client_knows_at_once_and_the_state_is_failed(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::Error(REFUSED));
    let begun = tokio::time::Instant::now();
    let error = read_all(&mut rig.connect().await).await.unwrap_err();
    assert!(was_reset(&error), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    let status = rig.until(|status| status.counters.failures == 1).await;
    assert_eq!(status.state, State::Failed);
    assert_eq!(status.reason, "connection refused in the pod on port 8080");

    // A new pod is tried without anybody connecting.
    rig.server.pod("api-2", Behaviour::Silent);
    rig.change(|world| {
        world.apply(Delta::Delete(key(Kind::Pod, "api-1")));
        endpoints(world, &[("api-2", true)]);
    });
    let status = rig.until_state(State::Listening).await;
    assert_eq!(
        status.serving.as_ref().unwrap().pod,
        key(Kind::Pod, "api-2")
    );
    assert_eq!(status.counters.connections, 1);
    rig.end().await;
}

async fn a_cut_is_an_error_and_an_end_is_not(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::Close(1000));
    let mut client = rig.connect().await;
    assert_eq!(read_all(&mut client).await.unwrap().len(), 1000);
    drop(client);
    let status = rig
        .until(|status| status.counters.connections == 1 && status.counters.active == 0)
        .await;
    assert_eq!(status.counters.failures, 0);

    rig.server.pod("api-1", Behaviour::Cut(1000));
    let mut client = rig.connect().await;
    let mut got = vec![0; 1000];
    within(client.read_exact(&mut got)).await.unwrap();
    let error = read_all(&mut client).await.unwrap_err();
    assert!(was_reset(&error), "{error}");
    let status = rig.until(|status| status.counters.failures == 1).await;
    assert!(
        status
            .counters
            .last_error
            .as_ref()
            .unwrap()
            .1
            .contains("closing handshake")
    );
    rig.end().await;
}

async fn after_a_pod_has_died_the_next_connection_goes_to_the_new_one(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::NamedEcho);
    let mut first = rig.connect().await;
    assert_eq!(read_line(&mut first).await, "api-1");

    rig.server
        .pod("api-1", Behaviour::Status(404, "pods \"api-1\" not found"));
    rig.server.pod("api-2", Behaviour::NamedEcho);
    rig.change(|world| {
        world.apply(Delta::Delete(key(Kind::Pod, "api-1")));
        endpoints(world, &[("api-2", true)]);
    });
    let mut second = rig.connect().await;
    assert_eq!(read_line(&mut second).await, "api-2");
    assert_eq!(rig.server.dials(), ["api-1:8080", "api-2:8080"]);

    // The connection to the dead pod does not hang on, although its stream is still open.
    let error = read_all(&mut first).await.unwrap_err();
    assert!(was_reset(&error), "{error}");
    let status = rig.until(|status| status.counters.failures == 1).await;
    assert_eq!(
        status.counters.last_error.as_ref().unwrap().1,
        "api-1: the pod is gone"
    );
    assert_eq!(status.counters.reconnects, 1);
    rig.end().await;
}

async fn a_pod_that_is_gone_before_the_world_knows_is_waited_out(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", true)]).await;
    let mut client = rig.connect().await;
    rig.until_state(State::Failed).await;
    rig.server.pod("api-2", Behaviour::NamedEcho);
    rig.change(|world| endpoints(world, &[("api-1", true), ("api-2", true)]));
    assert_eq!(read_line(&mut client).await, "api-2");
    rig.until_state(State::Listening).await;
    rig.end().await;
}

async fn a_connection_waits_for_an_endpoint_and_then_goes_through(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", false)]).await;
    rig.server.pod("api-1", Behaviour::Echo);
    let status = rig.until_state(State::Waiting).await;
    assert_eq!(status.codes, ["SVC003"]);
    let mut client = rig.connect().await;
    client.write_all(b"early").await.unwrap();
    rig.until(|status| status.counters.active == 1).await;
    assert!(rig.server.dials().is_empty());
    rig.change(|world| endpoints(world, &[("api-1", true)]));
    let mut back = [0; 5];
    within(client.read_exact(&mut back)).await.unwrap();
    assert_eq!(&back, b"early");
    rig.until_state(State::Listening).await;
    rig.end().await;
}

async fn the_wait_for_an_endpoint_is_bounded(offer: Offer) {
    let timing = Timing {
        wait: Duration::from_millis(200),
        ..Timing::default()
    };
    let rig = Rig::timed(offer, &[], timing).await;
    let error = read_all(&mut rig.connect().await).await.unwrap_err();
    assert!(was_reset(&error), "{error}");
    let status = rig.until(|status| status.counters.failures == 1).await;
    assert_eq!(status.state, State::Waiting);
    assert!(
        status
            .counters
            .last_error
            .as_ref()
            .unwrap()
            .1
            .contains("matches no pod")
    );
    rig.end().await;
}

async fn a_client_that_gives_up_waiting_is_let_go(offer: Offer) {
    let rig = Rig::new(offer, &[]).await;
    let client = rig.connect().await;
    rig.until(|status| status.counters.active == 1).await;
    client.set_zero_linger().unwrap();
    drop(client);
    let status = rig.until(|status| status.counters.active == 0).await;
    assert_eq!(status.counters.failures, 0);
    rig.end().await;
}

async fn two_hundred_connections_at_once(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::Echo);
    let mut streams = Vec::new();
    for _ in 0..200 {
        streams.push(rig.connect().await);
    }
    let echoes = (1..)
        .zip(streams)
        .map(|(seed, stream)| tokio::spawn(echo(stream, seed, 256 * 1024)));
    for echo in echoes {
        within(echo).await.unwrap();
    }
    let status = rig.until(|status| status.counters.connections == 200).await;
    assert_eq!(status.counters.failures, 0);
    rig.end().await;
}

async fn a_slow_reader_stalls_only_itself(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::Flood);
    let mut slow = rig.connect().await;
    assert_eq!(within(slow.read_u8()).await.unwrap(), b'f');
    within(rig.server.stalled()).await;
    let taken = rig.forward.states.borrow().counters.bytes_in;
    assert!(taken < 64 * 1024 * 1024, "{taken} bytes went into the void");

    rig.server.pod("api-1", Behaviour::Echo);
    within(echo(rig.connect().await, 7, 4 * 1024 * 1024)).await;
    let mut more = vec![0; 8 * 1024 * 1024];
    within(slow.read_exact(&mut more)).await.unwrap();
    assert!(more.iter().all(|byte| *byte == b'f'));
    rig.end().await;
}

async fn forbidden_is_said_with_the_missing_verb(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", true), ("api-2", true)]).await;
    let said = "pods \"api-1\" is forbidden: User \"ada\" cannot create resource \"pods/portforward\" in namespace \"shop\"";
    rig.server.pod("api-1", Behaviour::Status(403, said));
    let error = read_all(&mut rig.connect().await).await.unwrap_err();
    assert!(was_reset(&error), "{error}");
    let status = rig.until_state(State::Failed).await;
    assert!(
        status
            .reason
            .contains("cannot create resource \"pods/portforward\""),
        "{}",
        status.reason
    );
    assert!(status.hint.contains("pods/portforward"));
    assert_eq!(
        rig.server.dials(),
        ["api-1:8080"],
        "another pod would be forbidden too"
    );
    rig.end().await;
}

async fn the_api_server_goes_and_comes_back(offer: Offer) {
    let mut rig = Rig::new(offer, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::NamedEcho);
    rig.server.kill().await;
    let mut client = rig.connect().await;
    let status = rig.until_state(State::Reconnecting).await;
    assert!(
        status.retry_at.is_some() && status.reason.contains("cannot be reached"),
        "{status:?}"
    );
    rig.server = rig.server.again();
    assert_eq!(
        read_line(&mut client).await,
        "api-1",
        "the connection that waited goes through"
    );
    let status = rig.until_state(State::Listening).await;
    assert_eq!(status.counters.reconnects, 1);
    rig.end().await;
}

async fn a_far_end_that_falls_silent_is_noticed(offer: Offer) {
    let timing = Timing {
        ping: Duration::from_millis(100),
        ..Timing::default()
    };
    let rig = Rig::timed(offer, &[("api-1", true)], timing).await;
    rig.server.pod("api-1", Behaviour::Dead);
    let error = read_all(&mut rig.connect().await).await.unwrap_err();
    assert!(was_reset(&error), "{error}");
    let status = rig.until(|status| status.counters.failures == 1).await;
    assert!(
        status
            .counters
            .last_error
            .as_ref()
            .unwrap()
            .1
            .contains("no answer to a ping")
    );
    // This server would not notice the end of a connection by itself.
    rig.server.kill().await;
    rig.end().await;
}

async fn after_sleep_dead_connections_are_cut_and_live_ones_stay(offer: Offer) {
    let timing = Timing {
        ask: Duration::from_millis(200),
        ..Timing::default()
    };
    let rig = Rig::timed(offer, &[("api-1", true)], timing).await;
    rig.server.pod("api-1", Behaviour::NamedEcho);
    let mut live = rig.connect().await;
    assert_eq!(read_line(&mut live).await, "api-1");
    rig.server.pod("api-1", Behaviour::Dead);
    let mut dead = rig.connect().await;
    rig.until(|status| status.counters.active == 2).await;
    within(async {
        while rig.server.dials().len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    // Long enough for the stream to be open on our side too.
    rig.until(|status| status.counters.latency.is_some()).await;
    let slept = tokio::time::Instant::now();
    within(async {
        // A stream that opens this very moment has not slept.
        let cut = read_all(&mut dead);
        tokio::pin!(cut);
        loop {
            rig.alarm.ring();
            if let Ok(cut) = tokio::time::timeout(Duration::from_millis(500), &mut cut).await {
                assert!(was_reset(&cut.unwrap_err()));
                break;
            }
        }
    })
    .await;
    assert!(
        slept.elapsed() < Duration::from_secs(10),
        "sooner than by pings"
    );
    live.write_all(b"still\n").await.unwrap();
    assert_eq!(read_line(&mut live).await, "still");
    rig.server.kill().await;
    drop(live);
    rig.end().await;
}

async fn a_pod_that_closes_its_port_before_the_world_hears_of_its_end_is_waited_out(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::Error(REFUSED));
    let mut client = rig.connect().await;
    rig.until_state(State::Failed).await;
    rig.change(|world| endpoints(world, &[("api-1", false)]));
    rig.until_state(State::Waiting).await;
    rig.server.pod("api-2", Behaviour::NamedEcho);
    rig.change(|world| {
        world.apply(Delta::Delete(key(Kind::Pod, "api-1")));
        endpoints(world, &[("api-2", true)]);
    });
    assert_eq!(read_line(&mut client).await, "api-2");
    rig.end().await;
}

async fn an_idle_connection_is_kept_alive_by_pings(offer: Offer) {
    let timing = Timing {
        ping: Duration::from_millis(50),
        ..Timing::default()
    };
    let rig = Rig::timed(offer, &[("api-1", true)], timing).await;
    rig.server.pod("api-1", Behaviour::Echo);
    let mut client = rig.connect().await;
    within(rig.server.pinged(10)).await;
    client.write_all(b"still").await.unwrap();
    let mut back = [0; 5];
    within(client.read_exact(&mut back)).await.unwrap();
    rig.end().await;
}

#[tokio::test]
async fn the_pod_learns_that_the_client_has_ended_and_its_whole_answer_arrives() {
    let rig = Rig::new(Offer::Tunnel, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::AtEnd);
    for _ in 0..3 {
        let mut client = rig.connect().await;
        client.write_all(b"hello ").await.unwrap();
        client.write_all(b"world").await.unwrap();
        client.shutdown().await.unwrap();
        assert_eq!(read_all(&mut client).await.unwrap(), b"all of hello world");
    }
    let status = rig.until(|status| status.counters.active == 0).await;
    assert_eq!(
        (status.counters.failures, status.half_close),
        (0, Some(true))
    );
    rig.end().await;
}

#[tokio::test]
async fn a_client_may_go_on_sending_after_the_pod_has_closed_its_half() {
    let rig = Rig::new(Offer::Tunnel, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::HalfClosed);
    let mut client = rig.connect().await;
    assert_eq!(read_all(&mut client).await.unwrap(), b"");
    client.write_all(b"still here").await.unwrap();
    within(async {
        while rig.server.noted() != b"still here" {
            tokio::task::yield_now().await;
        }
    })
    .await;
    rig.end().await;
}

#[tokio::test]
async fn without_a_tunnel_the_forward_says_that_half_close_is_not_passed_on() {
    let rig = Rig::new(Offer::Channel, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::NamedEcho);
    assert_eq!(read_line(&mut rig.connect().await).await, "api-1");
    let status = rig.until(|status| status.half_close.is_some()).await;
    assert_eq!(status.half_close, Some(false));
    let status = rig.until(|status| status.serving.is_some()).await;
    assert!(
        status.reason.contains("half-close is not passed on"),
        "{}",
        status.reason
    );
    rig.end().await;
}

#[tokio::test]
async fn one_tunnel_serves_one_connection_after_another() {
    let rig = Rig::new(Offer::Tunnel, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::Close(1000));
    for at in 1..=20 {
        let mut client = rig.connect().await;
        assert_eq!(read_all(&mut client).await.unwrap().len(), 1000);
        drop(client);
        rig.until(|status| status.counters.connections == at && status.counters.active == 0)
            .await;
    }
    assert_eq!(rig.server.dials().len(), 20);
    assert_eq!(rig.server.upgrades(), 1, "they came one after another");
    rig.end().await;
}

#[tokio::test]
async fn a_tunnel_that_died_unnoticed_costs_no_connection() {
    let mut rig = Rig::new(Offer::Tunnel, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::Close(10));
    assert_eq!(read_all(&mut rig.connect().await).await.unwrap().len(), 10);
    rig.until(|status| status.counters.active == 0).await;
    rig.server.kill().await;
    rig.server = rig.server.again();
    assert_eq!(read_all(&mut rig.connect().await).await.unwrap().len(), 10);
    let status = rig.until(|status| status.counters.active == 0).await;
    assert_eq!(status.counters.failures, 0);
    rig.end().await;
}

#[tokio::test]
async fn an_idle_tunnel_to_a_pod_that_is_gone_is_closed() {
    let rig = Rig::new(Offer::Tunnel, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::Close(10));
    assert_eq!(read_all(&mut rig.connect().await).await.unwrap().len(), 10);
    rig.until(|status| status.counters.active == 0).await;
    assert_eq!(rig.server.open(), 1, "it is kept warm");
    rig.change(|world| {
        world.apply(Delta::Delete(key(Kind::Pod, "api-1")));
    });
    within(async {
        while rig.server.open() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    rig.end().await;
}

#[tokio::test]
async fn tunnels_that_break_the_protocol_are_told_off() {
    let messages = [
        Message::text("hello"),
        Message::binary(b"\x80\x02\0\x01\0\0\0\0".to_vec()),
        Message::binary(vec![0; 8]),
        Message::binary(b"\x80\x03\0\x02\0\0\0\x02\0\0".to_vec()),
        Message::binary(b"\x80\x03\0\x01\0\xff\xff\xff".to_vec()),
        Message::binary(b"\0\0\0\x03\0\0\0\x01x".to_vec()),
    ];
    for message in messages {
        let rig = Rig::new(Offer::Tunnel, &[("api-1", true)]).await;
        rig.server.pod("api-1", Behaviour::Raw(message));
        let error = read_all(&mut rig.connect().await).await.unwrap_err();
        assert!(was_reset(&error), "{error}");
        let status = rig.until(|status| status.counters.failures == 1).await;
        let (_, said) = status.counters.last_error.clone().unwrap();
        assert!(said.contains("broke the protocol"), "{said}");
        rig.end().await;
    }
}

#[tokio::test]
async fn where_pods_take_turns_each_connection_goes_to_the_next_and_that_is_no_news() {
    let pods = ["api-1", "api-2", "api-3"];
    let server = PodServer::start();
    for pod in pods {
        server.pod(pod, Behaviour::NamedEcho);
    }
    let world = shop(&pods.map(|pod| (pod, true)));
    let plan = api_plan(&world).choosing(Among::Spread);
    let worlds = watch::Sender::new(Arc::new(world));
    let habitat = Habitat::new(TaskTracker::new(), CancellationToken::new());
    let forward = start(server.connection(), &plan, worlds.subscribe(), &habitat)
        .await
        .unwrap();
    let mut open = Vec::new();
    for at in 0..6 {
        let mut client = TcpStream::connect(forward.local).await.unwrap();
        assert_eq!(read_line(&mut client).await, pods[at % 3]);
        open.push(client);
    }
    let status = Arc::clone(&forward.states.borrow());
    assert_eq!(status.counters.reconnects, 0);
    assert!(status.history.len() <= 2, "{:?}", status.history);
    forward.stop();
    within(forward.stopped()).await;
}

#[tokio::test]
async fn servers_that_break_the_protocol_are_told_off() {
    let messages = [
        Message::text("hello"),
        Message::binary(vec![7, 1, 2]),
        Message::binary(vec![0, 1, 2]),
        Message::binary(vec![0, 0x90, 0x1f, 0]),
        Message::binary(vec![0; 2 * 1024 * 1024]),
    ];
    for message in messages {
        let rig = Rig::new(Offer::Channel, &[("api-1", true)]).await;
        rig.server.pod("api-1", Behaviour::Raw(message));
        let error = read_all(&mut rig.connect().await).await.unwrap_err();
        assert!(was_reset(&error), "{error}");
        let status = rig.until(|status| status.counters.failures == 1).await;
        let (_, said) = status.counters.last_error.clone().unwrap();
        assert!(said.contains("broke the protocol"), "{said}");
        rig.end().await;
    }
}

async fn stopping_ends_connections_waits_and_the_listener(offer: Offer) {
    let rig = Rig::new(offer, &[("api-1", true)]).await;
    rig.server.pod("api-1", Behaviour::NamedEcho);
    let mut open = rig.connect().await;
    assert_eq!(read_line(&mut open).await, "api-1");
    rig.change(|world| {
        world.apply(Delta::Delete(key(Kind::EndpointSlice, "api-a")));
    });
    let _waiting = rig.connect().await;
    rig.until(|status| status.counters.active == 2).await;
    rig.cancel.cancel();
    within(rig.forward.stopped()).await;
    assert!(was_reset(&read_all(&mut open).await.unwrap_err()));
    rig.end().await;
}

#[tokio::test]
async fn a_busy_port_says_who_holds_it_and_which_is_free() {
    let rig = Rig::new(Offer::Channel, &[("api-1", true)]).await;
    let busy = rig.forward.local;
    let plan = api_plan(&rig.worlds.borrow()).on_port(busy.port());
    let habitat = Habitat::new(rig.tracker.clone(), rig.cancel.clone());
    let error = start(
        rig.server.connection(),
        &plan,
        rig.worlds.subscribe(),
        &habitat,
    )
    .await
    .unwrap_err();
    let BindError::Busy {
        wanted,
        holder,
        next,
    } = error.clone()
    else {
        panic!("{error:?}")
    };
    assert_eq!(wanted, busy);
    if cfg!(target_os = "linux") {
        let holder = holder.unwrap();
        assert_eq!((holder.pid, holder.own), (std::process::id(), true));
        assert!(
            error
                .to_string()
                .contains("in use by another forward of this Portolan"),
            "{error}"
        );
    }
    let next = next.unwrap();
    assert!(next > busy.port());
    assert!(
        error.to_string().ends_with(&format!("; {next} is free")),
        "{error}"
    );
    rig.end().await;
}

#[tokio::test]
async fn an_address_of_another_machine_cannot_be_bound() {
    let rig = Rig::new(Offer::Channel, &[("api-1", true)]).await;
    let plan = api_plan(&rig.worlds.borrow()).on_address("192.0.2.1".parse().unwrap());
    let habitat = Habitat::new(rig.tracker.clone(), rig.cancel.clone());
    let error = start(
        rig.server.connection(),
        &plan,
        rig.worlds.subscribe(),
        &habitat,
    )
    .await
    .unwrap_err();
    assert_eq!(error.to_string(), "this machine has no address 192.0.2.1");
    rig.end().await;
}
