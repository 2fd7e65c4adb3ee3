//! A world written as a snapshot and read back is the same world.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use portolan::lower::lower;
use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::key::Name;
use portolan::model::kind::Kind;
use portolan::model::object::{Fact, Object};
use portolan::model::policy::Force;
use portolan::model::world::{Origin, World};
use portolan::source::files::{load, load_text};
use portolan::source::snapshot::write;
use std::path::PathBuf;

const NOW: &str = "2026-11-22T12:00:00Z";

fn build(origin: Origin, deltas: Vec<Delta>) -> World {
    let mut world = World::new(origin, NOW.parse().expect("a time"));
    for delta in deltas {
        world.apply(delta);
    }
    world
}

fn dump(world: &World) -> String {
    let mut out = Vec::new();
    write(world, &mut out).expect("written");
    String::from_utf8(out).expect("text")
}

fn read_back(text: &str) -> World {
    let loaded = load_text("snapshot.json", text, "elsewhere");
    assert_eq!(loaded.unreadable, []);
    let mut world = World::new(
        loaded.origin,
        "2020-01-01T00:00:00Z".parse().expect("a time"),
    );
    for delta in loaded.deltas {
        world.apply(delta);
    }
    world
}

/// Objects without their places: those lie in the snapshot by now.
fn objects(world: &World) -> Vec<Object> {
    let all = world.objects();
    all.map(|object| Object {
        place: None,
        ..Object::clone(object)
    })
    .collect()
}

fn assert_same(world: &World) {
    let text = dump(world);
    let again = read_back(&text);
    assert_eq!(again.origin(), world.origin());
    assert_eq!(again.now(), world.now());
    assert_eq!(again.coverage(), world.coverage());
    assert_eq!(again.unrecognised(), world.unrecognised());
    for (mine, theirs) in objects(world).iter().zip(objects(&again)) {
        assert_eq!(*mine, theirs);
    }
    assert_eq!(objects(world).len(), objects(&again).len());
    assert_eq!(dump(&again), text);
}

const MANIFESTS: &str = include_str!("support/all-kinds.yaml");

#[test]
fn a_world_of_files_comes_back_with_stand_ins_and_computed_slices() {
    let loaded = load_text("all.yaml", MANIFESTS, "shop");
    assert_eq!(loaded.unreadable, []);
    let world = build(Origin::Files, loaded.deltas);
    for kind in Kind::ALL {
        assert!(world.count(*kind) > 0, "the manifests hold no {kind}");
    }
    assert!(
        world.objects().any(|object| !object.defects.is_empty()),
        "no defect"
    );
    assert_same(&world);
}

/// Every fault that Portolan knows, and every near miss: what a rule reads has to come back.
#[test]
fn the_world_of_every_scenario_comes_back() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut worlds = 0;
    for entry in std::fs::read_dir(folder).expect("the scenarios") {
        let file = entry.expect("a scenario").path().join("cluster.yaml");
        let Ok(text) = std::fs::read_to_string(&file) else {
            continue;
        };
        // Snippets of configuration are left out on purpose.
        if text.contains("-snippet:") {
            continue;
        }
        let loaded = load_text("cluster.yaml", &text, "default");
        assert_same(&build(Origin::Files, loaded.deltas));
        worlds += 1;
    }
    assert!(worlds > 100, "{worlds} scenarios");
}

/// A snapshot of another version may say of a policy what this one cannot read.
#[test]
fn a_policy_that_a_snapshot_does_not_explain_is_not_taken_for_an_open_or_a_closed_one() {
    let manifest = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: shop}\nspec: {podSelector: {}}\n";
    let text = dump(&build(
        Origin::Files,
        load_text("deny.yaml", manifest, "shop").deltas,
    ));
    for strange in [
        text.replace("\"tier\":\"Namespaced\"", "\"tier\":\"OfTomorrow\""),
        text.replace("\"policies\"", "\"rules\""),
    ] {
        assert_ne!(strange, text);
        let world = read_back(&strange);
        let mut policies = world.all(Kind::NetworkPolicy);
        let Some(Fact::Policy(policy)) = policies.next().map(|object| &object.fact) else {
            panic!("the policy is lost");
        };
        assert_eq!(policy.ingress.force, Force::Unclear);
        assert!(policy.subject.pods.is_malformed());
    }
}

/// What Cilium's policies say has shapes of its own.
#[test]
fn policies_of_cilium_come_back() {
    const CILIUM: &str = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a, namespace: shop}\nspec: {endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingress: [{fromEntities: [host, kube-apiserver]}, {toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{method: GET}]}}]}], ingressDeny: [{fromCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}, {cidrGroupRef: x}]}], egress: [{toServices: [{k8sService: {serviceName: api, namespace: shop}}]}, {toFQDNs: [{matchName: example.com}]}]}\n---\napiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: b}\nspec: {endpointSelector: {}, egress: [{toRequires: [{}]}]}\n";
    let loaded = load_text("cilium.yaml", CILIUM, "shop");
    assert_same(&build(Origin::Files, loaded.deltas));
}

#[test]
fn a_live_world_comes_back_with_what_could_not_be_read() {
    let note = |kind, namespace: Option<&str>, state| Delta::Coverage {
        kind,
        namespace: namespace.map(Name::from),
        state,
    };
    let since = "2026-11-22T11:00:00Z".parse().expect("a time");
    let mut deltas = vec![
        note(
            Kind::Pod,
            None,
            State::Stale {
                since,
                detail: Name::from("connection refused"),
            },
        ),
        note(
            Kind::Node,
            None,
            State::Forbidden {
                detail: Name::from("list nodes is forbidden"),
            },
        ),
        note(Kind::Service, Some("shop"), State::Ready),
        note(
            Kind::Service,
            Some("prod"),
            State::Forbidden {
                detail: Name::from("no"),
            },
        ),
        note(Kind::Ingress, None, State::Syncing { seen: 7 }),
        note(Kind::CiliumNetworkPolicy, None, State::NotInstalled),
        note(Kind::CalicoNetworkPolicy, None, State::NotInstalled),
    ];
    let docs = [
        (
            Kind::Pod,
            r#"{"metadata":{"name":"a","namespace":"shop","labels":{"app":"web"}},"spec":{"containers":[{"name":"c"}]},"status":{"phase":"Pending"}}"#,
        ),
        (
            Kind::Pod,
            r#"{"metadata":{"name":"new","namespace":"shop"}}"#,
        ),
        (
            Kind::Service,
            r#"{"metadata":{"name":"web","namespace":"shop"},"spec":{"selector":{"app":"web"},"ports":[{"port":80}]}}"#,
        ),
        (
            Kind::Deployment,
            r#"{"metadata":{"name":"web","namespace":"shop"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}}}}}"#,
        ),
    ];
    deltas.extend(docs.map(|(kind, json)| Delta::Upsert(Box::new(lower(kind, json)))));
    let context = Name::from("prod");
    let world = build(Origin::Live { context }, deltas);
    // No stand-in, no slice, no namespace is made up for what a cluster said.
    assert_same(&world);
}

#[test]
fn nothing_that_may_be_secret_is_written() {
    let docs = [
        (
            Kind::Ingress,
            r#"{"metadata":{"name":"a","namespace":"x","annotations":{
            "nginx.ingress.kubernetes.io/configuration-snippet":"proxy_set_header Authorization hunter2;",
            "nginx.ingress.kubernetes.io/ssl-redirect":"false","team/token":"hunter2"}},"spec":{}}"#,
        ),
        (
            Kind::Pod,
            r#"{"metadata":{"name":"a","namespace":"x"},"spec":{"containers":[{"name":"c","env":[{"name":"P","value":"hunter2"}],"args":["hunter2"]}]},
            "status":{"phase":"Running","containerStatuses":[{"name":"c","lastState":{"terminated":{"exitCode":1,"reason":"Error","message":"hunter2"}}}]}}"#,
        ),
    ];
    let deltas = docs.map(|(kind, json)| Delta::Upsert(Box::new(lower(kind, json))));
    let world = build(Origin::Files, deltas.into());
    let text = dump(&world);
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("ssl-redirect\":\"false"));
    // What was left out stays left out.
    assert_same(&read_back(&text));
}

#[test]
fn manifests_beside_a_snapshot_are_completed() {
    let pod = lower(
        Kind::Pod,
        r#"{"metadata":{"name":"a","namespace":"shop","labels":{"app":"old"}},"status":{"phase":"Running"}}"#,
    );
    let note = Delta::Coverage {
        kind: Kind::Ingress,
        namespace: None,
        state: State::NotInstalled,
    };
    let world = build(
        Origin::Live {
            context: Name::from("prod"),
        },
        vec![Delta::Upsert(Box::new(pod)), note],
    );
    let folder = tempfile::tempdir().expect("a folder");
    let snapshot = folder.path().join("a.json");
    std::fs::write(&snapshot, dump(&world)).expect("a file");
    let planned = folder.path().join("b.yaml");
    std::fs::write(&planned, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: new, namespace: shop}\nspec: {template: {metadata: {labels: {app: new}}, spec: {containers: [{name: c, image: i}]}}}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: shop}\n").expect("a file");
    let paths: [PathBuf; 2] = [snapshot, planned];
    let loaded = load(&paths, &mut std::io::empty(), "default").expect("loaded");
    let world = build(loaded.origin, loaded.deltas);
    let pods: Vec<bool> = world
        .all(Kind::Pod)
        .filter_map(|object| match &object.fact {
            Fact::Pod(pod) => Some(pod.is_ready()),
            _ => None,
        })
        .collect();
    assert_eq!(
        pods,
        [false, true],
        "the one that was seen is not ready, the planned one is assumed to be"
    );
    assert_eq!(world.coverage().state(Kind::Ingress, None), State::Ready);
}
