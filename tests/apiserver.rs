//! The live source against an API server that can be told to misbehave. Nothing sleeps: every wait is for a condition,
//! with a deadline.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod support {
    pub(crate) mod apiserver;
}

use portolan::client::Connection;
use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::key::{Key, Name};
use portolan::model::kind::{Kind, Live};
use portolan::model::world::{Origin, World};
use portolan::source::cluster::{Handle, Launch, Scope, Status, Timing, start};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use support::apiserver::{Act, ApiServer, Verb};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const PODS: &str = "/api/v1/pods";
const ALWAYS: usize = usize::MAX;
const DEADLINE: Duration = Duration::from_secs(20);

/// Short waits after faults, long patience: what a busy machine does not upset.
fn short() -> Timing {
    Timing {
        settled: Duration::from_millis(1),
        backoff_first: Duration::from_millis(4),
        backoff_most: Duration::from_millis(40),
        discovery: Duration::from_millis(10),
        ..Timing::default()
    }
}

fn pod(name: &str) -> Value {
    json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"namespace": "shop", "name": name},
           "spec": {"containers": [{"name": "c"}]}, "status": {"phase": "Running"}})
}

fn key(name: &str) -> Key {
    Key::new(Kind::Pod, "shop", name)
}

fn connection(server: &ApiServer) -> Arc<Connection> {
    let address = server.address.to_string();
    let mut config = kube::Config::new(format!("http://{address}").parse().unwrap());
    config.default_retry = false;
    let client = kube::Client::try_from(config).unwrap();
    Arc::new(Connection::over(client, "test", &address))
}

/// A source that runs, and the world that its deltas make.
struct Running {
    handle: Handle,
    deltas: mpsc::Receiver<Delta>,
    world: World,
    /// Every delta so far.
    log: Vec<Delta>,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl Running {
    fn start(server: &ApiServer, timing: Timing) -> Self {
        Self::scoped(server, timing, Scope::default())
    }

    fn scoped(server: &ApiServer, timing: Timing, scope: Scope) -> Self {
        let (sender, deltas) = mpsc::channel(64);
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let handle = start(Launch {
            connection: connection(server),
            scope,
            timing,
            deltas: sender,
            tasks: tasks.clone(),
            cancel: cancel.clone(),
        });
        let origin = Origin::Live {
            context: Name::from("test"),
        };
        Self {
            handle,
            deltas,
            world: World::new(origin, "2026-01-01T00:00:00Z".parse().unwrap()),
            log: Vec::new(),
            cancel,
            tasks,
        }
    }

    /// Takes deltas until the condition holds.
    async fn until(&mut self, server: &ApiServer, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let end = tokio::time::Instant::now() + DEADLINE;
        let mut status = self.handle.status();
        loop {
            if done(self) {
                return;
            }
            let requested = server.changed.notified();
            tokio::select! {
                delta = self.deltas.recv() => {
                    let delta = delta.expect("the source ended");
                    self.log.push(delta.clone());
                    self.world.apply(delta);
                }
                () = requested => {}
                _ = status.changed() => {}
                // Conditions that nothing announces are looked at again now and then.
                () = tokio::time::sleep(Duration::from_millis(5)) => {}
            }
            assert!(
                tokio::time::Instant::now() < end,
                "gave up waiting for: {what}; coverage {:#?}; stats {:#?}",
                self.world.coverage(),
                self.handle.stats()
            );
        }
    }

    fn state(&self, kind: Kind) -> State {
        self.world.coverage().state(kind, None)
    }

    fn is_ready(&self, kind: Kind) -> bool {
        self.state(kind) == State::Ready
    }

    fn names(&self) -> Vec<String> {
        self.world
            .all(Kind::Pod)
            .map(|object| object.key().name.to_string())
            .collect()
    }

    fn replaces(&self) -> usize {
        let pods = |delta: &&Delta| {
            matches!(
                delta,
                Delta::Replace {
                    kind: Kind::Pod,
                    ..
                }
            )
        };
        self.log.iter().filter(pods).count()
    }

    fn live(&self) -> Status {
        self.handle.status().borrow().clone()
    }

    async fn stop(mut self) {
        self.cancel.cancel();
        self.tasks.close();
        self.deltas.close();
        tokio::time::timeout(DEADLINE, self.tasks.wait())
            .await
            .expect("every task ends when told to");
    }
}

#[tokio::test]
async fn every_kind_is_listed_and_then_watched() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    server.put(PODS, pod("b"));
    let mut live = Running::start(&server, short());
    let settled = |live: &Running| {
        Kind::ALL.iter().all(|kind| match kind.info().live {
            Live::Watched | Live::Named => live.is_ready(*kind),
            Live::WhereInstalled => live.state(*kind) == State::NotInstalled,
            Live::FilesOnly => live.state(*kind) == State::Absent,
        })
    };
    live.until(&server, "all kinds", settled).await;
    assert_eq!(live.names(), ["a", "b"]);
    assert!(live.world.coverage().is_complete());
    live.until(&server, "a watch", |_| server.watching(PODS))
        .await;
    assert_eq!(live.live(), Status::Live);
    let mut version = live.handle.version();
    let told = version
        .wait_for(Option::is_some)
        .await
        .unwrap()
        .clone()
        .unwrap();
    assert_eq!(told.git_version, "v1.36.3");
    assert_eq!(
        live.replaces(),
        0,
        "a first list grows, it does not replace"
    );
    live.stop().await;
}

#[tokio::test]
async fn rows_grow_while_pages_arrive() {
    let server = ApiServer::start().await;
    for number in 0..25 {
        server.put(PODS, pod(&format!("p{number:02}")));
    }
    let gate = Arc::new(Semaphore::new(2));
    server.script(Verb::List, "/pods", ALWAYS, Act::Gate(Arc::clone(&gate)));
    let mut live = Running::start(
        &server,
        Timing {
            page: 10,
            ..short()
        },
    );
    live.until(&server, "two pages", |live| live.names().len() == 20)
        .await;
    live.until(&server, "progress", |live| {
        live.state(Kind::Pod) == State::Syncing { seen: 20 }
    })
    .await;
    gate.add_permits(9);
    live.until(&server, "the rest", |live| live.is_ready(Kind::Pod))
        .await;
    assert_eq!(live.names().len(), 25);
    let pages = server.seen(Verb::List, "/pods");
    let tokens: Vec<Option<&str>> = pages
        .iter()
        .map(|page| page.query.get("continue").map(String::as_str))
        .collect();
    assert_eq!(tokens, [None, Some("at=10"), Some("at=20")]);
    assert!(pages.iter().all(|page| page.query["limit"] == "10"));
    live.stop().await;
}

#[tokio::test]
async fn lists_are_compressed_and_watches_are_not() {
    let server = ApiServer::start().await;
    server.compress();
    for number in 0..300 {
        server.put(PODS, pod(&format!("p{number:03}-{}", "x".repeat(400))));
    }
    let mut live = Running::start(&server, short());
    live.until(&server, "pods", |live| live.is_ready(Kind::Pod))
        .await;
    assert_eq!(live.names().len(), 300);
    live.until(&server, "a watch", |_| server.watching(PODS))
        .await;
    assert!(server.seen(Verb::List, "/pods")[0].headers["accept-encoding"].contains("gzip"));
    assert_eq!(
        server.seen(Verb::Watch, "/pods")[0].headers["accept-encoding"],
        "identity"
    );
    live.stop().await;
}

#[tokio::test]
async fn a_watch_adds_changes_and_deletes() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    let mut live = Running::start(&server, short());
    live.until(&server, "a watch", |live| {
        live.is_ready(Kind::Pod) && server.watching(PODS)
    })
    .await;
    server.put(PODS, pod("b"));
    live.until(&server, "b", |live| live.names() == ["a", "b"])
        .await;
    let mut changed = pod("a");
    changed["metadata"]["labels"] = json!({"app": "web"});
    server.put(PODS, changed);
    live.until(&server, "the label", |live| {
        live.world
            .get(&key("a"))
            .unwrap()
            .meta()
            .labels
            .get("app")
            .map(Name::as_str)
            == Some("web")
    })
    .await;
    server.delete(PODS, "shop", "b");
    live.until(&server, "b gone", |live| live.names() == ["a"])
        .await;
    assert_eq!(server.seen(Verb::List, "/pods").len(), 1);
    live.stop().await;
}

#[tokio::test]
async fn a_watch_goes_on_where_the_last_bookmark_stood_without_a_list() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    let mut live = Running::start(&server, short());
    live.until(&server, "a watch", |live| {
        live.is_ready(Kind::Pod) && server.watching(PODS)
    })
    .await;
    let version = server.bookmark(PODS);
    live.until(&server, "the bookmark's bytes", |live| {
        live.handle.stats().traffic[&(Kind::Pod, None)].bytes > 0
    })
    .await;
    server.end_watches();
    live.until(&server, "the next watch", |_| {
        let watches = server.seen(Verb::Watch, "/pods");
        watches
            .last()
            .is_some_and(|watch| watch.query["resourceVersion"] == version.to_string())
    })
    .await;
    assert_eq!(server.seen(Verb::List, "/pods").len(), 1);
    let watch = server.seen(Verb::Watch, "/pods").pop().unwrap();
    assert_eq!(watch.query["allowWatchBookmarks"], "true");
    let asked: u64 = watch.query["timeoutSeconds"].parse().unwrap();
    assert!((260..=290).contains(&asked), "{asked}");
    assert!(!live.log.iter().any(|delta| matches!(
        delta,
        Delta::Coverage {
            kind: Kind::Pod,
            state: State::Stale { .. },
            ..
        }
    )));
    live.stop().await;
}

/// Deletes one pod and adds another while nothing is watched, and expires the past.
fn change_unseen(server: &ApiServer) {
    server.delete(PODS, "shop", "a");
    server.put(PODS, pod("c"));
    server.forget();
}

#[tokio::test]
async fn a_version_too_old_is_one_atomic_relist() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    server.put(PODS, pod("b"));
    let mut live = Running::start(&server, short());
    live.until(&server, "a watch", |live| {
        live.is_ready(Kind::Pod) && server.watching(PODS)
    })
    .await;
    let from = live.log.len();
    // Nothing is delivered: the watch is broken before anything changes.
    server.script(
        Verb::Watch,
        "/pods",
        1,
        Act::refuse(410, "Expired", "too old resource version"),
    );
    server.end_watches();
    live.until(&server, "a refused watch", |_| {
        server.seen(Verb::Watch, "/pods").len() >= 2
    })
    .await;
    live.until(&server, "the relist", |live| live.replaces() == 1)
        .await;
    // Now the other form: an ERROR event inside the watch.
    live.until(&server, "a watch", |_| server.watching(PODS))
        .await;
    server.end_watches();
    change_unseen(&server);
    live.until(&server, "the change", |live| live.names() == ["b", "c"])
        .await;
    let mut world = World::new(Origin::Demo, "2026-01-01T00:00:00Z".parse().unwrap());
    for (at, delta) in live.log.iter().enumerate() {
        world.apply(delta.clone());
        if at >= from {
            assert_eq!(
                world.count(Kind::Pod),
                2,
                "never blank, never half: {delta:?}"
            );
        }
    }
    live.stop().await;
}

#[tokio::test]
async fn a_server_that_always_forgets_is_not_hammered() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    server.script(
        Verb::Watch,
        "/pods",
        ALWAYS,
        Act::refuse(410, "Expired", "too old resource version"),
    );
    let patient = Timing {
        backoff_first: Duration::from_hours(1),
        backoff_most: Duration::from_hours(1),
        ..short()
    };
    let mut live = Running::start(&server, patient);
    live.until(&server, "stale", |live| {
        matches!(live.state(Kind::Pod), State::Stale { .. })
    })
    .await;
    assert_eq!(
        server.seen(Verb::List, "/pods").len(),
        2,
        "one relist at once, then patience"
    );
    assert_eq!(live.names(), ["a"]);
    live.stop().await;
}

#[tokio::test]
async fn pages_that_grow_old_are_asked_for_as_a_whole() {
    let server = ApiServer::start().await;
    for number in 0..25 {
        server.put(PODS, pod(&format!("p{number:02}")));
    }
    let gate = Arc::new(Semaphore::new(1));
    server.script(Verb::List, "/pods", 1, Act::Gate(gate));
    server.script(
        Verb::List,
        "/pods",
        1,
        Act::refuse(410, "Expired", "The provided continue parameter is too old"),
    );
    let mut live = Running::start(
        &server,
        Timing {
            page: 10,
            ..short()
        },
    );
    live.until(&server, "pods", |live| live.is_ready(Kind::Pod))
        .await;
    assert_eq!(live.names().len(), 25);
    let last = server.seen(Verb::List, "/pods").pop().unwrap();
    assert_eq!(
        (
            last.query.get("limit"),
            last.query["resourceVersion"].as_str()
        ),
        (None, "0")
    );
    live.stop().await;
}

#[tokio::test]
async fn what_is_forbidden_is_named_with_verb_and_resource() {
    let server = ApiServer::start().await;
    server.script(Verb::List, "/nodes", ALWAYS, Act::forbid("list", "nodes"));
    server.script(
        Verb::Watch,
        "/ingresses",
        ALWAYS,
        Act::forbid("watch", "ingresses"),
    );
    let mut live = Running::start(&server, short());
    let detail = |live: &Running, kind| match live.state(kind) {
        State::Forbidden { detail } => detail.to_string(),
        _ => String::new(),
    };
    live.until(&server, "nodes", |live| {
        detail(live, Kind::Node) == "list nodes is forbidden for user ada"
    })
    .await;
    live.until(&server, "ingresses", |live| {
        detail(live, Kind::Ingress)
            == "watch ingresses.networking.k8s.io in all namespaces is forbidden for user ada"
    })
    .await;
    live.until(&server, "the others", |live| {
        live.is_ready(Kind::Pod) && live.is_ready(Kind::Service)
    })
    .await;
    assert_eq!(
        server.seen(Verb::List, "/nodes").len(),
        1,
        "a refusal is not asked again at once"
    );
    assert_eq!(live.live(), Status::Live, "a server that refuses is there");
    // Once allowed, a wish to try again is enough.
    server.behave();
    live.handle.retry_now();
    live.until(&server, "nodes", |live| {
        live.is_ready(Kind::Node) && live.is_ready(Kind::Ingress)
    })
    .await;
    live.stop().await;
}

#[tokio::test]
async fn a_namespace_is_enough_where_the_cluster_is_forbidden() {
    let server = ApiServer::start().await;
    server.put(
        "/api/v1/namespaces",
        json!({"kind": "Namespace", "metadata": {"name": "shop"}}),
    );
    server.put(
        "/api/v1/namespaces",
        json!({"kind": "Namespace", "metadata": {"name": "bank"}}),
    );
    server.put(PODS, pod("a"));
    let mut foreign = pod("x");
    foreign["metadata"]["namespace"] = json!("bank");
    server.put(PODS, foreign);
    server.deny("namespaces");
    server.script(
        Verb::List,
        "/api/v1/pods",
        ALWAYS,
        Act::forbid("list", "pods"),
    );
    let scope = Scope {
        namespaces: vec![Name::from("shop")],
        ..Scope::default()
    };
    let mut live = Running::scoped(&server, short(), scope);
    let ready_in_shop =
        |live: &Running, kind| live.world.coverage().state(kind, Some("shop")) == State::Ready;
    live.until(&server, "pods of shop", |live| {
        ready_in_shop(live, Kind::Pod)
    })
    .await;
    live.until(&server, "the namespace itself", |live| {
        live.world
            .get(&Key::cluster(Kind::Namespace, "shop"))
            .is_some()
    })
    .await;
    assert_eq!(live.names(), ["a"]);
    assert!(
        live.world
            .get(&Key::cluster(Kind::Namespace, "bank"))
            .is_none()
    );
    let State::Forbidden { detail } = live.state(Kind::Pod) else {
        panic!()
    };
    assert_eq!(
        detail,
        "list pods in all namespaces is forbidden for user ada; asked for in namespace shop alone"
    );
    let asked = server.seen(Verb::List, "/api/v1/namespaces");
    assert!(
        !asked.is_empty()
            && asked
                .iter()
                .all(|seen| seen.query["fieldSelector"] == "metadata.name=shop"),
        "all namespaces are never listed: {asked:?}"
    );
    live.until(&server, "a watch in shop", |_| {
        server
            .seen(Verb::Watch, "/api/v1/namespaces/shop/pods")
            .len()
            == 1
    })
    .await;
    server.delete("/api/v1/namespaces", "", "shop");
    live.until(&server, "the namespace gone", |live| {
        live.world.count(Kind::Namespace) == 0
    })
    .await;
    live.stop().await;
}

#[tokio::test]
async fn without_a_namespace_to_fall_back_to_nothing_is_guessed() {
    let server = ApiServer::start().await;
    server.script(Verb::List, "/pods", ALWAYS, Act::forbid("list", "pods"));
    let mut live = Running::start(&server, short());
    live.until(&server, "forbidden", |live| {
        matches!(live.state(Kind::Pod), State::Forbidden { .. })
    })
    .await;
    live.until(&server, "services", |live| live.is_ready(Kind::Service))
        .await;
    assert_eq!(server.seen(Verb::List, "pods").len(), 1);
    live.stop().await;
}

#[tokio::test]
async fn the_cluster_read_after_all_ends_the_stand_ins() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    let mut foreign = pod("x");
    foreign["metadata"]["namespace"] = json!("bank");
    server.put(PODS, foreign);
    server.script(
        Verb::List,
        "/api/v1/pods",
        ALWAYS,
        Act::forbid("list", "pods"),
    );
    let scope = Scope {
        default: Some(Name::from("shop")),
        ..Scope::default()
    };
    let mut live = Running::scoped(&server, short(), scope);
    live.until(&server, "pods of shop", |live| live.names() == ["a"])
        .await;
    server.behave();
    live.handle.retry_now();
    live.until(&server, "all pods", |live| {
        live.is_ready(Kind::Pod) && live.names().len() == 2
    })
    .await;
    // From now on the note of the namespace follows the whole cluster's.
    server.script(
        Verb::Watch,
        "/pods",
        ALWAYS,
        Act::refuse(500, "InternalError", "broken"),
    );
    server.cut_watches();
    live.until(&server, "stale in shop", |live| {
        matches!(
            live.world.coverage().state(Kind::Pod, Some("shop")),
            State::Stale { .. }
        )
    })
    .await;
    live.stop().await;
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_waited_for() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    let wait = vec![(String::from("retry-after"), String::from("1"))];
    server.script(
        Verb::List,
        "/pods",
        1,
        Act::Answer(429, wait, String::from("too many requests")),
    );
    let mut live = Running::start(&server, short());
    live.until(&server, "pods", |live| live.is_ready(Kind::Pod))
        .await;
    let asked = server.seen(Verb::List, "/pods");
    assert_eq!(asked.len(), 2);
    assert!(asked[1].at - asked[0].at >= Duration::from_secs(1));
    live.stop().await;
}

#[tokio::test]
async fn a_list_that_breaks_off_keeps_its_rows_and_is_replaced() {
    let server = ApiServer::start().await;
    for number in 0..20 {
        server.put(PODS, pod(&format!("p{number:02}")));
    }
    let gate = Arc::new(Semaphore::new(0));
    server.script(Verb::List, "/pods", 1, Act::Truncate);
    server.script(Verb::List, "/pods", 1, Act::Gate(Arc::clone(&gate)));
    let mut live = Running::start(&server, short());
    live.until(&server, "the second attempt", |live| {
        server.seen(Verb::List, "/pods").len() == 2 && live.names().len() > 3
    })
    .await;
    assert!(
        matches!(live.state(Kind::Pod), State::Syncing { .. }),
        "half a list is not ready"
    );
    server.delete(PODS, "shop", "p00");
    gate.add_permits(1);
    live.until(&server, "pods", |live| live.is_ready(Kind::Pod))
        .await;
    assert_eq!(live.names().len(), 19);
    assert_eq!(live.replaces(), 1);
    live.stop().await;
}

#[tokio::test]
async fn a_poisoned_object_spoils_nothing_else() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("good"));
    let mut poison = pod("poison");
    poison["spec"] = json!({"containers": {"not": "a list"}, "nodeName": 7});
    poison["status"] = json!("gone");
    poison["metadata"]["labels"] = json!(["app"]);
    server.put(PODS, poison.clone());
    let mut live = Running::start(&server, short());
    live.until(&server, "a watch", |live| {
        live.is_ready(Kind::Pod) && server.watching(PODS)
    })
    .await;
    assert_eq!(live.names(), ["good", "poison"]);
    assert!(!live.world.get(&key("poison")).unwrap().defects.is_empty());
    poison["metadata"]["name"] = json!("poison-2");
    server.put(PODS, poison);
    live.until(&server, "poison in the watch", |live| {
        live.names().len() == 3
    })
    .await;
    assert_eq!(server.seen(Verb::List, "/pods").len(), 1);
    live.stop().await;
}

#[tokio::test]
async fn an_event_that_is_no_json_leads_to_a_relist_not_to_an_end() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    let mut live = Running::start(&server, short());
    live.until(&server, "a watch", |live| {
        live.is_ready(Kind::Pod) && server.watching(PODS)
    })
    .await;
    server.say(PODS, "{\"type\":\"ADDED\",\"obj");
    live.until(&server, "the relist", |_| {
        server.seen(Verb::List, "/pods").len() == 2
    })
    .await;
    live.until(&server, "a watch", |live| {
        live.is_ready(Kind::Pod) && server.watching(PODS)
    })
    .await;
    assert_eq!(live.names(), ["a"]);
    live.stop().await;
}

#[tokio::test]
async fn a_server_that_hangs_is_noticed() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    server.script(Verb::List, "/pods", 1, Act::Hang);
    server.script(Verb::List, "/services", 1, Act::Stall);
    let quick = Timing {
        answer: Duration::from_millis(300),
        silence: Duration::from_millis(300),
        ..short()
    };
    let mut live = Running::start(&server, quick);
    live.until(&server, "pods and services", |live| {
        live.is_ready(Kind::Pod) && live.is_ready(Kind::Service)
    })
    .await;
    assert_eq!(server.seen(Verb::List, "/pods").len(), 2);
    assert_eq!(server.seen(Verb::List, "/services").len(), 2);
    live.until(&server, "live", |live| live.live() == Status::Live)
        .await;
    live.stop().await;
}

#[tokio::test]
async fn a_watch_gone_dead_is_noticed_by_its_missing_bookmarks() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    let mut live = Running::start(
        &server,
        Timing {
            bookmark_silence: Duration::from_millis(300),
            ..short()
        },
    );
    live.until(&server, "a watch", |live| {
        live.is_ready(Kind::Pod) && server.watching(PODS)
    })
    .await;
    assert_eq!(
        server.seen(Verb::Watch, "/pods").len(),
        1,
        "silence means nothing before a bookmark was seen"
    );
    server.bookmark(PODS);
    live.until(&server, "another watch", |_| {
        server.seen(Verb::Watch, "/pods").len() >= 2
    })
    .await;
    assert_eq!(server.seen(Verb::List, "/pods").len(), 1);
    live.stop().await;
}

#[tokio::test]
async fn a_server_gone_and_back_is_stale_and_then_live_without_a_list() {
    let mut server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    let mut live = Running::start(&server, short());
    live.until(&server, "a watch", |live| {
        live.is_ready(Kind::Pod) && server.watching(PODS)
    })
    .await;
    live.until(&server, "all", |live| live.world.coverage().is_complete())
        .await;
    server.stop().await;
    live.until(&server, "stale", |live| {
        matches!(live.state(Kind::Pod), State::Stale { .. })
            && matches!(live.live(), Status::Offline { .. })
    })
    .await;
    let Status::Offline { why, .. } = live.live() else {
        panic!()
    };
    assert!(why.to_string().contains("refuses the connection"), "{why}");
    let State::Stale { detail, .. } = live.state(Kind::Pod) else {
        panic!()
    };
    assert!(detail.contains("refuses the connection"), "{detail}");
    assert_eq!(live.names(), ["a"], "an outage never blanks the screen");
    server.put(PODS, pod("b"));
    server.restart().await;
    live.until(&server, "everything back", |live| {
        live.names() == ["a", "b"]
            && live
                .world
                .coverage()
                .iter()
                .all(|(_, _, state)| matches!(state, State::Ready | State::NotInstalled))
    })
    .await;
    assert_eq!(live.live(), Status::Live);
    assert_eq!(server.seen(Verb::List, "/pods").len(), 1);
    live.stop().await;
}

#[tokio::test]
async fn a_relist_that_fails_takes_nothing_away() {
    let server = ApiServer::start().await;
    for number in 0..20 {
        server.put(PODS, pod(&format!("p{number:02}")));
    }
    let mut live = Running::start(&server, short());
    live.until(&server, "a watch", |live| {
        live.is_ready(Kind::Pod) && server.watching(PODS)
    })
    .await;
    server.script(Verb::List, "/pods", ALWAYS, Act::Truncate);
    server.end_watches();
    server.delete(PODS, "shop", "p00");
    server.forget();
    live.until(&server, "failed relists", |live| {
        server.seen(Verb::List, "/pods").len() >= 4
            && matches!(live.state(Kind::Pod), State::Stale { .. })
    })
    .await;
    assert_eq!(live.names().len(), 20);
    assert_eq!(live.replaces(), 0);
    server.behave();
    live.until(&server, "the relist", |live| {
        live.is_ready(Kind::Pod) && live.names().len() == 19
    })
    .await;
    assert_eq!(live.replaces(), 1);
    live.stop().await;
}

#[tokio::test]
async fn a_wish_to_try_again_cuts_the_wait() {
    let mut server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    let patient = Timing {
        backoff_first: Duration::from_hours(1),
        backoff_most: Duration::from_hours(1),
        ..short()
    };
    let mut live = Running::start(&server, patient);
    live.until(&server, "all", |live| live.world.coverage().is_complete())
        .await;
    server.stop().await;
    let all_stale = |live: &Running| {
        let stale = |state: &State| matches!(state, State::Stale { .. } | State::NotInstalled);
        live.world
            .coverage()
            .iter()
            .all(|(_, _, state)| stale(state))
    };
    live.until(&server, "stale", all_stale).await;
    server.restart().await;
    live.handle.retry_now();
    live.until(&server, "live", |live| {
        live.is_ready(Kind::Pod) && live.live() == Status::Live
    })
    .await;
    live.stop().await;
}

#[tokio::test]
async fn one_kind_that_gets_through_wakes_the_others() {
    let mut server = ApiServer::start().await;
    let uneven = Timing {
        backoff_first: Duration::from_millis(50),
        backoff_most: Duration::from_hours(1),
        ..short()
    };
    let mut live = Running::start(&server, uneven);
    live.until(&server, "all", |live| live.world.coverage().is_complete())
        .await;
    server.stop().await;
    live.until(&server, "many attempts", |live| {
        matches!(live.live(), Status::Offline { .. })
            && live
                .world
                .coverage()
                .iter()
                .all(|(_, _, state)| !matches!(state, State::Ready))
    })
    .await;
    server.restart().await;
    live.until(&server, "all back", |live| {
        live.world.coverage().is_complete()
            && Kind::ALL
                .iter()
                .all(|kind| !matches!(live.state(*kind), State::Stale { .. }))
    })
    .await;
    live.stop().await;
}

#[tokio::test]
async fn connections_that_may_be_dead_are_opened_anew_without_a_list() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    let mut live = Running::start(&server, short());
    live.until(&server, "all", |live| {
        live.world.coverage().is_complete() && server.watching(PODS)
    })
    .await;
    live.until(&server, "services", |_| server.watching("/api/v1/services"))
        .await;
    let lists = live.handle.stats().total().lists;
    live.handle.reconnect();
    live.until(&server, "another watch", |_| {
        server.seen(Verb::Watch, "/pods").len() == 2
    })
    .await;
    live.until(&server, "others too", |_| {
        server.seen(Verb::Watch, "/services").len() == 2
    })
    .await;
    assert_eq!(live.handle.stats().total().lists, lists);
    assert_eq!(live.live(), Status::Live);
    live.stop().await;
}

#[tokio::test]
async fn refused_credentials_are_told_as_such() {
    let server = ApiServer::start().await;
    for path in ["/pods", "/services", "/namespaces"] {
        server.script(
            Verb::List,
            path,
            ALWAYS,
            Act::refuse(401, "Unauthorized", "Unauthorized"),
        );
    }
    let mut live = Running::start(&server, short());
    live.until(&server, "offline", |live| match live.live() {
        Status::Offline { why, .. } => why
            .to_string()
            .contains("does not accept the credentials of context test"),
        _ => false,
    })
    .await;
    assert!(matches!(live.state(Kind::Pod), State::Syncing { .. }));
    live.stop().await;
}

#[tokio::test]
async fn an_older_version_is_found_by_discovery_of_either_form() {
    for legacy in [false, true] {
        let server = ApiServer::start().await;
        if legacy {
            server.legacy_discovery();
        }
        server.serve_as("endpointslices", "v1beta1");
        let path = "/apis/discovery.k8s.io/v1beta1/endpointslices";
        server.put(path, json!({"metadata": {"namespace": "shop", "name": "web-1"}, "addressType": "IPv4", "endpoints": []}));
        server.install(
            "policy.networking.k8s.io",
            "v1alpha1",
            "adminnetworkpolicies",
        );
        let mut live = Running::start(&server, short());
        live.until(&server, "slices and policies", |live| {
            live.is_ready(Kind::EndpointSlice) && live.is_ready(Kind::AdminNetworkPolicy)
        })
        .await;
        assert_eq!(live.world.count(Kind::EndpointSlice), 1);
        live.until(&server, "the others", |live| {
            live.state(Kind::CiliumNetworkPolicy) == State::NotInstalled
        })
        .await;
        live.stop().await;
    }
}

#[tokio::test]
async fn a_kind_installed_later_is_watched_and_one_removed_is_gone() {
    const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const ANPS: &str = "/apis/policy.networking.k8s.io/v1alpha1/adminnetworkpolicies";
    let server = ApiServer::start().await;
    let mut live = Running::start(&server, short());
    live.until(&server, "not installed", |live| {
        live.state(Kind::AdminNetworkPolicy) == State::NotInstalled
    })
    .await;
    live.until(&server, "the watch of definitions", |_| {
        server.watching(CRDS)
    })
    .await;
    server.install(
        "policy.networking.k8s.io",
        "v1alpha1",
        "adminnetworkpolicies",
    );
    server.put(
        ANPS,
        json!({"metadata": {"name": "all"}, "spec": {"priority": 1, "subject": {}}}),
    );
    server.put(
        CRDS,
        json!({"metadata": {"name": "adminnetworkpolicies.policy.networking.k8s.io"}}),
    );
    live.until(&server, "installed", |live| {
        live.is_ready(Kind::AdminNetworkPolicy) && live.world.count(Kind::AdminNetworkPolicy) == 1
    })
    .await;
    server.uninstall("adminnetworkpolicies");
    server.put(CRDS, json!({"metadata": {"name": "adminnetworkpolicies.policy.networking.k8s.io", "labels": {}}}));
    server.end_watches();
    live.until(&server, "removed", |live| {
        live.state(Kind::AdminNetworkPolicy) == State::NotInstalled
            && live.world.count(Kind::AdminNetworkPolicy) == 0
    })
    .await;
    // And back again.
    live.until(&server, "the watch of definitions", |_| {
        server.watching(CRDS)
    })
    .await;
    server.install(
        "policy.networking.k8s.io",
        "v1alpha1",
        "adminnetworkpolicies",
    );
    server.put(
        CRDS,
        json!({"metadata": {"name": "adminnetworkpolicies.policy.networking.k8s.io"}}),
    );
    live.until(&server, "installed again", |live| {
        live.is_ready(Kind::AdminNetworkPolicy)
    })
    .await;
    live.stop().await;
}

#[tokio::test]
async fn of_events_only_warnings_are_asked_for() {
    let server = ApiServer::start().await;
    let mut live = Running::start(&server, short());
    live.until(&server, "events", |_| {
        !server.seen(Verb::List, "/events").is_empty()
            && !server.seen(Verb::Watch, "/events").is_empty()
    })
    .await;
    for verb in [Verb::List, Verb::Watch] {
        let asked = server.seen(verb, "/events");
        assert!(
            asked
                .iter()
                .all(|seen| seen.query["fieldSelector"] == "type=Warning")
        );
    }
    live.stop().await;
}

#[tokio::test]
async fn a_source_whose_deltas_nobody_takes_ends() {
    let server = ApiServer::start().await;
    server.put(PODS, pod("a"));
    let live = Running::start(&server, short());
    drop(live.deltas);
    live.handle.stop();
    live.tasks.close();
    tokio::time::timeout(DEADLINE, live.tasks.wait())
        .await
        .unwrap();
}
