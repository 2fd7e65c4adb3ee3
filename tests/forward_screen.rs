//! The forwards of the screen, without a screen: orders are carried out whole or refused whole, and what a person should
//! know of them is told.

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

use facts::{cover, endpoint, pod, service, service_port, slice, world};
use podserver::PodServer;
use portolan::forward::pick::Among;
use portolan::forward::profile::Wanted;
use portolan::forward::target::Target;
use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::kind::Kind;
use portolan::model::object::Fact;
use portolan::model::port::{PortRef, Protocol};
use portolan::model::world::World;
use portolan::runtime::forwards::{Event, Forwards, Ground, Order};
use portolan::tunnel::forward::Habitat;
use portolan::ui::msg::Member;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

fn shop() -> World {
    let ports = vec![
        service_port("web", 80, Protocol::Tcp, PortRef::Number(8080)),
        service_port("admin", 9000, Protocol::Tcp, PortRef::Number(9000)),
    ];
    let ready = slice(
        "api-a",
        "api",
        &[("web", Some(8080)), ("admin", Some(9000))],
        vec![endpoint("api-1", true)],
    );
    world([
        Fact::Service(service("api", ports)),
        Fact::Pod(pod("api-1", "10.1.0.1", &[])),
        Fact::EndpointSlice(ready),
    ])
}

struct Screen {
    server: PodServer,
    worlds: watch::Sender<Arc<World>>,
    forwards: Forwards,
    events: mpsc::Receiver<Event>,
    cancel: CancellationToken,
}

impl Screen {
    fn of(world: World) -> Self {
        let cancel = CancellationToken::new();
        let (told, events) = mpsc::channel(64);
        let habitat = Habitat::new(TaskTracker::new(), cancel.clone());
        Self {
            server: PodServer::start(),
            worlds: watch::Sender::new(Arc::new(world)),
            forwards: Forwards::new(habitat, told),
            events,
            cancel,
        }
    }

    fn order(&self, address: &str, ports: &[&str], member: Option<Member>) {
        let targets = Target::parse("svc/api", &"shop".into(), ports).unwrap();
        let wanted = targets.into_iter().map(|target| Wanted {
            target,
            address: address.parse().unwrap(),
            among: Among::default(),
        });
        let ground = Ground {
            connection: self.server.connection(),
            worlds: self.worlds.subscribe(),
            context: "prod".into(),
        };
        let order = Order {
            wanted: wanted.collect(),
            then: None,
            member,
        };
        self.forwards.start(ground, order);
    }

    /// The next event that is not about a change; one that has begun is kept.
    async fn next(&mut self) -> String {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(30), self.events.recv());
            match next.await.expect("in time").expect("an event") {
                Event::Started(running) => {
                    self.forwards.keep(running);
                    return "started".to_owned();
                }
                Event::Refused(why) => return format!("refused: {why}"),
                Event::Warned(why) => return format!("warned: {why}"),
                Event::Changed => {}
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

fn auto() -> Member {
    Member {
        group: "shop".into(),
        auto: true,
    }
}

#[tokio::test]
async fn a_group_starts_whole_and_its_forwards_are_marked() {
    let mut screen = Screen::of(shop());
    screen.order("127.0.0.1", &[":80", ":9000"], Some(auto()));
    assert_eq!(screen.next().await, "started");
    assert_eq!(screen.next().await, "started");
    let rows = screen.forwards.rows();
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!(row.member, Some(auto()));
        assert_eq!(row.context, "prod");
    }
}

#[tokio::test]
async fn a_group_with_one_port_in_use_starts_nothing() {
    let mut screen = Screen::of(shop());
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    screen.order("127.0.0.1", &[":80", &format!("{port}:9000")], Some(auto()));
    let said = screen.next().await;
    let wanted = format!("refused: group shop: 127.0.0.1:{port} is in use");
    assert!(said.starts_with(&wanted), "{said}");
    assert!(screen.forwards.rows().is_empty());
}

#[tokio::test]
async fn two_proposals_for_one_port_are_a_clash() {
    let mut screen = Screen::of(shop());
    screen.order("127.0.0.1", &["9000:80", "9000"], Some(auto()));
    let said = screen.next().await;
    assert!(said.contains("would both listen on port 9000"), "{said}");
}

#[tokio::test]
async fn what_does_not_exist_is_refused_with_the_nearest_miss() {
    let mut screen = Screen::of(shop());
    screen.order("127.0.0.1", &[":wep"], None);
    let said = screen.next().await;
    assert!(
        said.starts_with("refused: ") && said.contains("there is a port web"),
        "{said}"
    );
}

#[tokio::test]
async fn it_waits_until_the_world_can_tell() {
    let mut syncing = shop();
    syncing.apply(Delta::Delete(facts::key(Kind::Service, "api")));
    cover(&mut syncing, Kind::Service, State::Syncing { seen: 0 });
    let mut screen = Screen::of(syncing);
    screen.order("127.0.0.1", &[":80"], None);
    tokio::task::yield_now().await;
    screen.worlds.send_modify(|world| *world = Arc::new(shop()));
    assert_eq!(screen.next().await, "started");
}

#[tokio::test]
async fn a_missing_right_refuses_and_a_doubtful_one_warns() {
    let mut screen = Screen::of(shop());
    screen.server.deny(&["create"]);
    screen.order("127.0.0.1", &[":80"], None);
    assert_eq!(screen.next().await, "started");
    let said = screen.next().await;
    assert!(
        said.starts_with("warned: RBAC does not allow `create`"),
        "{said}"
    );
    screen.server.deny(&["get"]);
    screen.order("127.0.0.1", &[":80"], None);
    let said = screen.next().await;
    assert!(
        said.starts_with("refused: RBAC does not allow `get` and `create`"),
        "{said}"
    );
}

#[tokio::test]
async fn an_address_that_others_can_reach_is_warned_of() {
    let mut screen = Screen::of(shop());
    screen.order("0.0.0.0", &[":80"], None);
    assert_eq!(screen.next().await, "started");
    let said = screen.next().await;
    assert!(
        said.starts_with("warned: 0.0.0.0 is no loopback address"),
        "{said}"
    );
}
