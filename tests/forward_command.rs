//! `portolan forward` without the screen: lines, exit codes, and nothing left behind.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/facts.rs"]
mod facts;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/podserver.rs"]
mod podserver;

use facts::{cover, endpoint, pod, put, service, service_port, slice, unready, world};
use podserver::{Behaviour, PodServer};
use portolan::forward::pick::Among;
use portolan::forward::profile::{LOOPBACK, Wanted};
use portolan::forward::target::Target;
use portolan::model::coverage::State;
use portolan::model::kind::Kind;
use portolan::model::object::Fact;
use portolan::model::port::{PortRef, Protocol};
use portolan::model::world::World;
use portolan::output::glyph::Charset;
use portolan::output::json;
use portolan::runtime::forward::{Order, Streams, Style, run};
use portolan::tunnel::forward::Habitat;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what)
        .await
        .expect("in time")
}

fn shop() -> World {
    let ports = vec![
        service_port("web", 80, Protocol::Tcp, PortRef::Number(8080)),
        service_port("admin", 8080, Protocol::Tcp, PortRef::Number(9000)),
        service_port("dns", 53, Protocol::Udp, PortRef::Number(53)),
    ];
    let mut world = world([
        Fact::Service(service("api", ports)),
        Fact::Pod(pod("api-1", "10.1.0.1", &[])),
    ]);
    ready(&mut world, true);
    world
}

fn ready(world: &mut World, ready: bool) {
    let pod = pod("api-1", "10.1.0.1", &[]);
    put(world, Fact::Pod(if ready { pod } else { unready(pod) }));
    ready_slice(world, ready);
}

fn ready_slice(world: &mut World, ready: bool) {
    let ports = [("web", Some(8080)), ("admin", Some(9000))];
    put(
        world,
        Fact::EndpointSlice(slice(
            "api-a",
            "api",
            &ports,
            vec![endpoint("api-1", ready)],
        )),
    );
}

/// Hands on every line that is written.
struct Lines {
    begun: Vec<u8>,
    lines: mpsc::UnboundedSender<String>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.begun.drain(..=end).collect();
            if self
                .lines
                .send(String::from_utf8(line).unwrap().trim_end().to_owned())
                .is_err()
            {
                return Err(std::io::ErrorKind::BrokenPipe.into());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Run {
    server: PodServer,
    worlds: watch::Sender<Arc<World>>,
    tracker: TaskTracker,
    out: mpsc::UnboundedReceiver<String>,
    err: mpsc::UnboundedReceiver<String>,
    stop: oneshot::Sender<()>,
    code: JoinHandle<std::io::Result<u8>>,
}

impl Run {
    fn new(world: World, ports: &[&str], style: Style) -> Self {
        Self::against(PodServer::start(), world, ports, style)
    }

    fn against(server: PodServer, world: World, ports: &[&str], style: Style) -> Self {
        Self::telling(server, world, ports, style, None)
    }

    fn telling(
        server: PodServer,
        world: World,
        ports: &[&str],
        style: Style,
        ready_fd: Option<u32>,
    ) -> Self {
        let worlds = watch::Sender::new(Arc::new(world));
        let tracker = TaskTracker::new();
        let habitat = Habitat::new(tracker.clone(), CancellationToken::new());
        let order = Order {
            wanted: Target::parse("svc/api", &"shop".into(), ports)
                .unwrap()
                .into_iter()
                .map(|target| Wanted {
                    target,
                    address: LOOPBACK,
                    among: Among::default(),
                })
                .collect(),
            ready_fd,
            style,
            patience: Duration::from_secs(20),
        };
        let (out_lines, out) = mpsc::unbounded_channel();
        let (err_lines, err) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let (connection, receiver) = (server.connection(), worlds.subscribe());
        let code = tokio::spawn(async move {
            let mut out = Lines {
                begun: Vec::new(),
                lines: out_lines,
            };
            let mut err = Lines {
                begun: Vec::new(),
                lines: err_lines,
            };
            let streams = Streams {
                out: &mut out,
                err: &mut err,
            };
            let stop = async { drop(stopped.await) };
            run(connection, receiver, &order, &habitat, stop, streams).await
        });
        Self {
            server,
            worlds,
            tracker,
            out,
            err,
            stop,
            code,
        }
    }

    async fn line(&mut self) -> String {
        within(self.out.recv()).await.expect("a line")
    }

    async fn json(&mut self) -> serde_json::Value {
        let line: serde_json::Value = serde_json::from_str(&self.line().await).unwrap();
        let schema = json::schema::<json::forward::Line>();
        jsonschema::validate(&schema, &line).unwrap();
        line
    }

    /// Waits for its own end; the code, the rest of the answer and the diagnostics.
    async fn end(mut self) -> (u8, Vec<String>, Vec<String>) {
        let code = within(self.code).await.unwrap().unwrap();
        assert_eq!(self.tracker.len(), 0, "no task is left");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        while let Some(line) = self.out.recv().await {
            out.push(line);
        }
        while let Some(line) = self.err.recv().await {
            err.push(line);
        }
        (code, out, err)
    }

    async fn stop(self) -> (u8, Vec<String>, Vec<String>) {
        let Self { stop, .. } = self;
        stop.send(()).unwrap();
        let rest = Self {
            stop: oneshot::channel().0,
            ..self
        };
        rest.end().await
    }
}

async fn echoes(local: &str) {
    let mut client = within(TcpStream::connect(local.parse::<SocketAddr>().unwrap()))
        .await
        .unwrap();
    client.write_all(b"hello").await.unwrap();
    let mut back = [0; 5];
    within(client.read_exact(&mut back)).await.unwrap();
    assert_eq!(&back, b"hello");
}

#[tokio::test]
async fn one_json_line_a_transition() {
    let mut run = Run::new(shop(), &[":web"], Style::Json);
    run.server.pod("api-1", Behaviour::Echo);
    let first = run.json().await;
    assert_eq!(first["schema"], "portolan/forward/v1");
    assert_eq!(first["target"], "shop/Service/api:web");
    assert_eq!(
        (&first["state"], &first["pod"]),
        (&"listening".into(), &serde_json::Value::Null)
    );
    let local = first["local"].as_str().unwrap().to_owned();
    echoes(&local).await;
    let served = run.json().await;
    assert_eq!(
        (&served["state"], &served["pod"]),
        (&"listening".into(), &"shop/Pod/api-1".into())
    );

    run.worlds
        .send_modify(|world| ready(Arc::make_mut(world), false));
    let waiting = run.json().await;
    assert_eq!(
        (&waiting["state"], &waiting["codes"][0]),
        (&"waiting".into(), &"SVC003".into())
    );
    assert_eq!(waiting["local"], local.as_str());
    waiting["at"]
        .as_str()
        .unwrap()
        .parse::<jiff::Timestamp>()
        .unwrap();

    let (code, out, err) = run.stop().await;
    assert_eq!((code, out.len(), err), (0, 1, vec![]));
    assert!(out[0].contains("\"state\":\"stopped\""), "{out:?}");
}

#[tokio::test]
async fn several_ports_at_once_for_people() {
    let mut run = Run::new(shop(), &[":80,:8080"], Style::Text(Charset::Unicode));
    run.server.pod("api-1", Behaviour::Echo);
    let lines = [run.line().await, run.line().await];
    for (line, port) in lines.iter().zip(["80", "8080"]) {
        let (_, rest) = line.split_once("  ").unwrap();
        let (local, rest) = rest.split_once(" → ").unwrap();
        assert_eq!(rest, format!("shop/Service/api:{port}  listening"));
        echoes(local).await;
    }
    let mut dials = run.server.dials();
    dials.sort();
    assert_eq!(dials, ["api-1:8080", "api-1:9000"]);
    let (code, ..) = run.stop().await;
    assert_eq!(code, 0);
}

#[tokio::test]
async fn what_cannot_be_forwarded_ends_it_before_anything_listens() {
    let run = Run::new(shop(), &[":80", "dns", "wep"], Style::Json);
    let (code, out, err) = run.end().await;
    assert_eq!((code, out), (2, vec![]));
    assert_eq!(err.len(), 2);
    assert!(err[0].contains("TCP only"), "{err:?}");
    assert!(err[1].ends_with("there is a port web"), "{err:?}");
}

#[tokio::test]
async fn a_clash_is_found_before_anything_listens() {
    let run = Run::new(shop(), &["80", "8080"], Style::Json);
    let (code, out, err) = run.end().await;
    assert_eq!((code, out), (2, vec![]));
    assert_eq!(
        err,
        [
            "portolan: shop/Service/api:80 and shop/Service/api:8080 would both listen on port 8080: write LOCAL:PORT"
        ]
    );
}

#[tokio::test]
async fn a_busy_port_ends_it_with_a_failed_line() {
    let busy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let local = busy.local_addr().unwrap();
    let port = format!("{}:80", local.port());
    let run = Run::new(shop(), &[":8080", &port], Style::Json);
    let (code, out, err) = run.end().await;
    assert_eq!(code, 2);
    let failed = out
        .iter()
        .find(|line| line.contains("\"failed\""))
        .unwrap_or_else(|| panic!("{out:?}"));
    assert!(
        failed.contains(&format!("\"local\":\"{local}\"")),
        "{failed}"
    );
    assert!(
        err[0].starts_with(&format!("portolan: {local} is in use")),
        "{err:?}"
    );
}

#[tokio::test]
async fn it_waits_until_the_world_can_tell() {
    let mut syncing = shop();
    let key = facts::key(Kind::Service, "api");
    syncing.apply(portolan::model::delta::Delta::Delete(key));
    cover(&mut syncing, Kind::Service, State::Syncing { seen: 0 });
    let mut run = Run::new(syncing, &[":80"], Style::Json);
    run.worlds.send_modify(|world| *world = Arc::new(shop()));
    assert_eq!(run.json().await["state"], "listening");
    assert_eq!(run.stop().await.0, 0);
}

#[tokio::test]
async fn a_missing_right_refuses_and_names_the_verbs() {
    let server = PodServer::start();
    server.deny(&["get", "create"]);
    let run = Run::against(server, shop(), &[":80"], Style::Json);
    let (code, out, err) = run.end().await;
    assert_eq!(code, 2);
    let said = "RBAC does not allow `get` and `create` on pods/portforward in namespace shop";
    assert_eq!(err, [format!("portolan: {said}")]);
    assert_eq!(out.len(), 1);
    let line: serde_json::Value = serde_json::from_str(&out[0]).unwrap();
    assert_eq!(
        (&line["state"], &line["reason"]),
        (&"failed".into(), &said.into())
    );
}

#[tokio::test]
async fn without_a_pod_to_ask_for_a_role_that_names_some_is_not_ruled_out() {
    let mut world = shop();
    let pod = facts::key(Kind::Pod, "api-1");
    world.apply(portolan::model::delta::Delta::Delete(pod));
    ready_slice(&mut world, false);
    let server = PodServer::start();
    server.deny(&["get"]);
    let mut run = Run::against(server, world, &[":80"], Style::Json);
    assert_eq!(run.json().await["state"], "waiting");
    let (code, _, err) = run.stop().await;
    assert_eq!(code, 0);
    assert_eq!(
        err,
        [
            "portolan: RBAC does not allow `get` on pods/portforward in namespace shop; a role that names single pods \
             may still allow it"
        ]
    );
}

#[tokio::test]
async fn a_server_that_may_ask_for_create_is_a_doubt_and_no_refusal() {
    let server = PodServer::start();
    server.deny(&["create"]);
    let mut run = Run::against(server, shop(), &[":80"], Style::Json);
    assert_eq!(run.json().await["state"], "listening");
    let (code, _, err) = run.stop().await;
    assert_eq!(code, 0);
    assert_eq!(err.len(), 1);
    assert!(err[0].contains("does not allow `create`"), "{err:?}");
}

#[tokio::test]
async fn once_every_forward_listens_it_says_so_to_a_file_descriptor() {
    use std::os::fd::AsRawFd as _;
    let told = tempfile::NamedTempFile::new().unwrap();
    let heard = || std::fs::read_to_string(told.path()).unwrap();
    let mut world = shop();
    ready(&mut world, false);
    let fd = u32::try_from(told.as_file().as_raw_fd()).unwrap();
    let mut run = Run::telling(
        PodServer::start(),
        world,
        &[":80", ":8080"],
        Style::Json,
        Some(fd),
    );
    let waiting = [run.json().await, run.json().await];
    assert!(waiting.iter().all(|line| line["state"] == "waiting"));
    assert_eq!(heard(), "");
    run.worlds
        .send_modify(|world| ready(Arc::make_mut(world), true));
    let lines = [run.json().await, run.json().await];
    let locals = lines.map(|line| line["local"].as_str().unwrap().to_owned());
    within(async {
        while heard().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut said: Vec<String> = heard().split_whitespace().map(str::to_owned).collect();
    assert_eq!(said.remove(0), "ready");
    said.sort();
    let mut locals = locals.to_vec();
    locals.sort();
    assert_eq!(said, locals);
    assert!(heard().ends_with('\n'));
    run.stop().await;
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_it() {
    let mut run = Run::new(shop(), &[":80"], Style::Json);
    run.json().await;
    let Run {
        server: _server,
        worlds,
        tracker,
        out,
        err: _err,
        stop: _stop,
        code,
    } = run;
    drop(out);
    worlds.send_modify(|world| ready(Arc::make_mut(world), false));
    assert_eq!(within(code).await.unwrap().unwrap(), 0);
    assert_eq!(tracker.len(), 0);
}
