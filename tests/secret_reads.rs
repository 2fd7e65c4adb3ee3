//! Secrets of a live cluster: only those that an Ingress names are asked for, each by its name; what may not be read
//! is unknown and never a finding.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

mod support {
    #[expect(dead_code, reason = "other tests use the rest")]
    pub(crate) mod apiserver;
}

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portolan::client::Connection;
use portolan::diagnosis::engine::diagnose;
use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::key::{Key, Name};
use portolan::model::kind::Kind;
use portolan::model::object::Fact;
use portolan::model::secret::Contents;
use portolan::model::view::View;
use portolan::model::world::{Origin, World};
use portolan::source::cluster::{Handle, Launch, Scope, Secrets, Timing, start};
use portolan::trace::hop::{Stage, Verdict};
use portolan::trace::parse::{self, Request};
use portolan::trace::trace;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use support::apiserver::{Act, ApiServer, Verb};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const INGRESSES: &str = "/apis/networking.k8s.io/v1/ingresses";
const ALWAYS: usize = usize::MAX;
const DEADLINE: Duration = Duration::from_secs(20);

fn quick() -> Timing {
    Timing {
        backoff_first: Duration::from_millis(4),
        backoff_most: Duration::from_millis(40),
        named_missing: Duration::from_millis(20),
        named_again: Duration::from_millis(1),
        forbidden: Duration::from_millis(40),
        ..Timing::default()
    }
}

struct Running {
    handle: Handle,
    deltas: mpsc::Receiver<Delta>,
    world: World,
    cancel: CancellationToken,
    tasks: TaskTracker,
    /// Every code that was found at any moment.
    found: Vec<String>,
}

impl Running {
    fn start(server: &ApiServer, secrets: Secrets) -> Self {
        let address = server.address.to_string();
        let mut config = kube::Config::new(format!("http://{address}").parse().unwrap());
        config.default_retry = false;
        let client = kube::Client::try_from(config).unwrap();
        let (sender, deltas) = mpsc::channel(64);
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let handle = start(Launch {
            connection: Arc::new(Connection::over(client, "test", &address)),
            scope: Scope {
                secrets,
                ..Scope::default()
            },
            timing: quick(),
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
            world: World::new(origin, jiff::Timestamp::now()),
            cancel,
            tasks,
            found: Vec::new(),
        }
    }

    /// Takes deltas, and judges after each, until the condition holds.
    async fn until(&mut self, what: &str, done: impl Fn(&World) -> bool) {
        let end = tokio::time::Instant::now() + DEADLINE;
        while !done(&self.world) {
            let delta = tokio::time::timeout_at(end, self.deltas.recv()).await;
            let delta = delta.unwrap_or_else(|_| panic!("{what}: not in time"));
            self.world.apply(delta.expect("the source runs"));
            let report = diagnose(&self.world);
            let codes = report.findings().iter().map(|it| it.id.to_string());
            self.found.extend(codes);
        }
    }

    async fn stop(mut self) -> Vec<String> {
        self.cancel.cancel();
        self.tasks.close();
        self.deltas.close();
        tokio::time::timeout(DEADLINE, self.tasks.wait())
            .await
            .expect("every task ends when told to");
        self.found.sort();
        self.found.dedup();
        self.found.retain(|id| id.starts_with("TLS"));
        self.found
    }
}

fn ingress(name: &str, tls: &Value) -> Value {
    json!({"kind": "Ingress", "apiVersion": "networking.k8s.io/v1", "metadata": {"namespace": "shop", "name": name},
           "spec": {"ingressClassName": "nginx", "tls": tls, "rules": [{"host": "shop.example.com"}]}})
}

fn class() -> Value {
    json!({"kind": "IngressClass", "apiVersion": "networking.k8s.io/v1", "metadata": {"name": "nginx"},
           "spec": {"controller": "k8s.io/ingress-nginx"}})
}

fn secret(name: &str) -> Value {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["shop.example.com".to_owned()]).unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    json!({"kind": "Secret", "apiVersion": "v1", "type": "kubernetes.io/tls",
           "metadata": {"name": name, "namespace": "shop"},
           "data": {"tls.crt": STANDARD.encode(pem), "tls.key": STANDARD.encode(key.serialize_pem())}})
}

fn serve(server: &ApiServer, secret: &Value) {
    let name = secret["metadata"]["name"].as_str().unwrap();
    let path = format!("/namespaces/shop/secrets/{name}");
    server.script(
        Verb::Other,
        &path,
        ALWAYS,
        Act::Answer(200, Vec::new(), secret.to_string()),
    );
}

/// Every request for Secrets, by path.
fn asked(server: &ApiServer) -> Vec<String> {
    let all = [Verb::List, Verb::Watch, Verb::Other].map(|verb| server.seen(verb, ""));
    let mut paths: Vec<String> = all
        .into_iter()
        .flatten()
        .filter(|seen| seen.path.contains("secret"))
        .map(|seen| seen.path)
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

fn key(name: &str) -> Key {
    Key::new(Kind::Secret, "shop", name)
}

fn is_known(world: &World, name: &str) -> bool {
    let object = world.get(&key(name));
    object.is_some_and(|object| {
        matches!(&object.fact, Fact::Secret(secret) if matches!(secret.contents, Contents::Known { .. }))
    })
}

fn listener(world: &World) -> (Verdict, String) {
    let from = parse::from("internet", world, "shop").unwrap();
    let to = parse::to(
        "https://shop.example.com/",
        world,
        "shop",
        &Request::default(),
    )
    .unwrap();
    let path = trace(&View::new(world), &from, &to);
    let hop = path
        .hops
        .iter()
        .find(|hop| hop.stage == Stage::Listener)
        .unwrap();
    (hop.verdict, hop.reason.clone())
}

/// The Secrets of logins too, in the namespace of the Ingress only; of what they hold, the names of their keys.
#[tokio::test]
async fn secrets_of_logins_are_read_by_their_names() {
    let server = ApiServer::start().await;
    server.put("/apis/networking.k8s.io/v1/ingressclasses", class());
    let mut web = ingress("web", &json!([]));
    web["metadata"]["annotations"] = json!({
        "nginx.ingress.kubernetes.io/auth-type": "basic",
        "nginx.ingress.kubernetes.io/auth-secret": "passwords",
        "nginx.ingress.kubernetes.io/auth-tls-secret": "elsewhere/issuer",
    });
    server.put(INGRESSES, web);
    let passwords = json!({"kind": "Secret", "apiVersion": "v1", "type": "Opaque",
        "metadata": {"name": "passwords", "namespace": "shop"}, "data": {"auth": "bWlhOmh1bnRlcjI="}});
    serve(&server, &passwords);
    let mut live = Running::start(&server, Secrets::ByName);
    live.until("everything", |world| world.coverage().is_complete())
        .await;
    assert_eq!(
        asked(&server),
        ["/api/v1/namespaces/shop/secrets/passwords"]
    );
    let held = live.world.get(&key("passwords")).expect("it is there");
    let Fact::Secret(held) = &held.fact else {
        panic!("no Secret");
    };
    assert_eq!(&*held.keys, [Name::from("auth")]);
    assert!(!format!("{held:?}").contains("hunter2"));
    let found = diagnose(&live.world);
    let codes = found.findings().iter().map(|it| it.id.code);
    assert!(!codes.into_iter().any(|code| code == "ING024"));
    live.stop().await;
}

#[tokio::test]
async fn only_secrets_that_an_ingress_names_are_read_each_by_its_name() {
    let server = ApiServer::start().await;
    server.put("/apis/networking.k8s.io/v1/ingressclasses", class());
    let tls = json!([{"hosts": ["shop.example.com"], "secretName": "web-tls"}, {"hosts": ["shop.example.com"]}]);
    server.put(INGRESSES, ingress("web", &tls));
    serve(&server, &secret("web-tls"));
    serve(&server, &secret("not-named"));
    let mut live = Running::start(&server, Secrets::ByName);
    live.until("everything", |world| world.coverage().is_complete())
        .await;
    assert!(
        is_known(&live.world, "web-tls"),
        "read before the world is complete"
    );
    assert_eq!(listener(&live.world).0, Verdict::Pass);
    assert_eq!(asked(&server), ["/api/v1/namespaces/shop/secrets/web-tls"]);

    // Another one is named later, and the first no longer.
    serve(&server, &secret("new-tls"));
    let tls = json!([{"hosts": ["shop.example.com"], "secretName": "new-tls"}]);
    server.put(INGRESSES, ingress("web", &tls));
    live.until("the new one", |world| {
        is_known(world, "new-tls") && world.get(&key("web-tls")).is_none()
    })
    .await;
    assert_eq!(asked(&server).len(), 2);
    let found = live.stop().await;
    assert_eq!(
        found,
        ["TLS008 shop/Secret/new-tls", "TLS008 shop/Secret/web-tls"],
        "never missing meanwhile"
    );
}

#[tokio::test]
async fn nothing_is_read_where_no_route_names_a_secret() {
    let server = ApiServer::start().await;
    server.put(
        INGRESSES,
        ingress("web", &json!([{"hosts": ["shop.example.com"]}])),
    );
    serve(&server, &secret("web-tls"));
    let mut live = Running::start(&server, Secrets::ByName);
    live.until("everything", |world| world.coverage().is_complete())
        .await;
    assert_eq!(asked(&server), [""; 0]);
    assert_eq!(live.stop().await, [""; 0]);
}

#[tokio::test]
async fn one_that_is_not_there_is_missing_until_it_comes() {
    let server = ApiServer::start().await;
    server.put("/apis/networking.k8s.io/v1/ingressclasses", class());
    let tls = json!([{"hosts": ["shop.example.com"], "secretName": "web-tls"}]);
    server.put(INGRESSES, ingress("web", &tls));
    let path = "/namespaces/shop/secrets/web-tls";
    let absent = Act::refuse(404, "NotFound", "secrets \"web-tls\" not found");
    server.script(Verb::Other, path, ALWAYS, absent);
    let mut live = Running::start(&server, Secrets::ByName);
    live.until("everything", |world| world.coverage().is_complete())
        .await;
    let report = diagnose(&live.world);
    assert!(
        report
            .findings()
            .iter()
            .any(|it| it.id.to_string() == "TLS001 shop/Ingress/web web-tls")
    );
    assert_eq!(listener(&live.world).0, Verdict::Fail);
    server.behave();
    serve(&server, &secret("web-tls"));
    live.until("the Secret", |world| is_known(world, "web-tls"))
        .await;
    assert_eq!(listener(&live.world).0, Verdict::Pass);
    live.stop().await;
}

#[tokio::test]
async fn what_may_not_be_read_is_unknown_and_no_finding() {
    let server = ApiServer::start().await;
    server.put("/apis/networking.k8s.io/v1/ingressclasses", class());
    let tls = json!([{"hosts": ["shop.example.com"], "secretName": "web-tls"}]);
    server.put(INGRESSES, ingress("web", &tls));
    let path = "/namespaces/shop/secrets/web-tls";
    let refusal = "secrets \"web-tls\" is forbidden: User \"ada\" cannot get resource \"secrets\" in API group \"\" in the namespace \"shop\"";
    server.script(
        Verb::Other,
        path,
        ALWAYS,
        Act::refuse(403, "Forbidden", refusal),
    );
    let mut live = Running::start(&server, Secrets::ByName);
    let in_shop = |world: &World| world.coverage().state(Kind::Secret, Some("shop"));
    live.until("the refusal and all else", |world| {
        matches!(in_shop(world), State::Forbidden { .. })
            && Kind::ALL
                .iter()
                .all(|kind| !matches!(world.coverage().state(*kind, None), State::Syncing { .. }))
    })
    .await;
    let State::Forbidden { detail } = in_shop(&live.world) else {
        unreachable!("just waited for")
    };
    assert_eq!(
        detail,
        "get secret web-tls in namespace shop is forbidden for user ada"
    );
    let (verdict, reason) = listener(&live.world);
    assert_eq!(verdict, Verdict::Unknown);
    assert!(reason.contains("forbidden"), "{reason}");
    // The right is given: the next look finds it.
    server.behave();
    serve(&server, &secret("web-tls"));
    live.handle.retry_now();
    live.until("the Secret", |world| {
        is_known(world, "web-tls") && in_shop(world) == State::Ready
    })
    .await;
    assert_eq!(listener(&live.world).0, Verdict::Pass);
    assert_eq!(live.stop().await, ["TLS008 shop/Secret/web-tls"]);
}

#[tokio::test]
async fn turned_off_none_is_read_and_the_hop_says_unknown() {
    let server = ApiServer::start().await;
    server.put("/apis/networking.k8s.io/v1/ingressclasses", class());
    let tls = json!([{"hosts": ["shop.example.com"], "secretName": "web-tls"}]);
    server.put(INGRESSES, ingress("web", &tls));
    serve(&server, &secret("web-tls"));
    let mut live = Running::start(&server, Secrets::Never);
    live.until("all else", |world| {
        Kind::ALL
            .iter()
            .all(|kind| !matches!(world.coverage().state(*kind, None), State::Syncing { .. }))
    })
    .await;
    let (verdict, reason) = listener(&live.world);
    assert_eq!(verdict, Verdict::Unknown);
    assert!(reason.contains("turned off"), "{reason}");
    assert_eq!(asked(&server), [""; 0]);
    assert_eq!(live.stop().await, [""; 0]);
}

fn pod(namespace: &str, labels: &Value, args: &[&str]) -> Value {
    json!({"kind": "Pod", "apiVersion": "v1",
           "metadata": {"name": "one", "namespace": namespace, "uid": namespace, "labels": labels},
           "spec": {"nodeName": "n1", "containers": [{"name": "main", "image": "main:1", "args": args}]},
           "status": {"phase": "Running", "podIP": "10.244.0.7", "conditions": [{"type": "Ready", "status": "True"}]}})
}

fn named(server: &ApiServer, path: &str, status: u16, body: &Value) {
    let act = Act::Answer(status, Vec::new(), body.to_string());
    server.script(Verb::Other, path, ALWAYS, act);
}

/// The controller's own certificate, named by its arguments alone: it excuses a Secret that is missing, and is never
/// taken for missing itself while it is awaited.
#[tokio::test]
async fn the_default_certificate_of_a_controller_is_read_by_its_name() {
    let server = ApiServer::start().await;
    server.put("/apis/networking.k8s.io/v1/ingressclasses", class());
    let tls = json!([{"hosts": ["shop.example.com"], "secretName": "gone"}]);
    server.put(INGRESSES, ingress("web", &tls));
    for name in ["edge", "shop"] {
        let namespace =
            json!({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}});
        server.put("/api/v1/namespaces", namespace);
    }
    let labels = json!({"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"});
    let args = ["--default-ssl-certificate=$(POD_NAMESPACE)/wildcard"];
    server.put("/api/v1/pods", pod("edge", &labels, &args));
    // One that is no controller may name what it likes.
    let stranger = pod(
        "other",
        &json!({"app": "x"}),
        &["--default-ssl-certificate=edge/private"],
    );
    server.put("/api/v1/pods", stranger);
    let mut wildcard = secret("wildcard");
    wildcard["metadata"]["namespace"] = json!("edge");
    named(&server, "/namespaces/edge/secrets/wildcard", 200, &wildcard);
    let mut live = Running::start(&server, Secrets::ByName);
    live.until("everything", |world| world.coverage().is_complete())
        .await;
    assert_eq!(
        asked(&server),
        [
            "/api/v1/namespaces/edge/secrets/wildcard",
            "/api/v1/namespaces/shop/secrets/gone"
        ]
    );
    let report = diagnose(&live.world);
    let mut findings = report.findings().iter();
    let missing = findings
        .find(|it| it.id.code == "TLS001")
        .expect("it is missing");
    assert_eq!(missing.severity.word(), "info", "{}", missing.message);
    assert_eq!(listener(&live.world).0, Verdict::Pass);
    live.stop().await;
}

/// Where node ports are open is decided by the file that kube-proxy reads; unknown where that may not be read.
#[tokio::test]
async fn the_configuration_of_kube_proxy_is_read_by_its_name() {
    let map = "/namespaces/kube-system/configmaps/kube-proxy";
    let told = json!({"kind": "ConfigMap", "apiVersion": "v1",
        "metadata": {"name": "kube-proxy", "namespace": "kube-system"},
        "data": {"config.conf": "kind: KubeProxyConfiguration\nnodePortAddresses:\n- 10.0.0.0/8\n"}});
    let refused = json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"});
    let cases = [
        (200, &told, Verdict::Fail),
        (404, &refused, Verdict::Pass),
        (403, &refused, Verdict::Unknown),
    ];
    for (status, body, expected) in cases {
        let server = ApiServer::start().await;
        let labels = json!({"k8s-app": "kube-proxy"});
        let args = ["--config=/var/lib/kube-proxy/config.conf"];
        server.put("/api/v1/pods", pod("kube-system", &labels, &args));
        server.put(
            "/api/v1/nodes",
            json!({"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n1"}, "status": {"addresses":
                [{"type": "InternalIP", "address": "192.168.1.10"}]}}),
        );
        server.put(
            "/api/v1/services",
            json!({"kind": "Service", "apiVersion": "v1", "metadata": {"name": "api", "namespace": "shop"},
                   "spec": {"type": "NodePort", "clusterIP": "10.96.0.9", "selector": {"app": "api"},
                            "ports": [{"port": 80, "nodePort": 30080}]}}),
        );
        named(&server, map, status, body);
        let mut live = Running::start(&server, Secrets::Never);
        live.until("the reader is done", |world| {
            let state = |place| world.coverage().state(Kind::ConfigMap, place);
            let read = [Kind::Pod, Kind::Node, Kind::Service]
                .iter()
                .all(|kind| world.coverage().state(*kind, None) == State::Ready);
            read && state(None) == State::Ready
        })
        .await;
        let from = parse::from("internet", &live.world, "shop").unwrap();
        let to = parse::to(
            "192.168.1.10:30080",
            &live.world,
            "shop",
            &Request::default(),
        )
        .unwrap();
        let path = trace(&View::new(&live.world), &from, &to);
        let entry = path
            .hops
            .iter()
            .find(|hop| hop.stage == Stage::Entry)
            .unwrap();
        assert_eq!(entry.verdict, expected, "{status}: {}", entry.reason);
        live.stop().await;
    }
}
