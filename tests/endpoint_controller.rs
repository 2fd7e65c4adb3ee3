//! Against reality: what Portolan computes for EndpointSlices must equal what the real endpoint controller writes.
//!
//! Random worlds of Services and Pods with every combination of readiness, phases, ports, names, addresses,
//! publishNotReadyAddresses, missing nodes and terminating pods. 60 worlds, 200 where `PORTOLAN_LONG=1`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test support fails loudly"
)]

#[path = "support/cluster.rs"]
mod cluster;

use cluster::Cluster;
use k8s_openapi::api::core::v1::{Namespace, Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{Api, DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use portolan::lower::lower;
use portolan::model::endpoints::{AddressType, EndpointSlice as Slice};
use portolan::model::key::Name;
use portolan::model::kind::Kind;
use portolan::model::view::{as_node, as_pod, as_service, as_slice};
use portolan::semantics::endpoints::{Nodes, computed_slices};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// A small generator of its own: the same worlds every time, on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).expect("few sides")).expect("small")
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}

fn random_service(dice: &mut Dice, at: usize) -> Value {
    let choices = [
        json!({"name": "web", "port": 80, "targetPort": "http"}),
        json!({"name": "num", "port": 81, "targetPort": 8080}),
        json!({"name": "dns", "port": 53, "targetPort": "dns", "protocol": "UDP"}),
        json!({"name": "udp-http", "port": 82, "targetPort": "http", "protocol": "UDP"}),
        json!({"name": "none", "port": 83, "targetPort": "nobody-has-it"}),
        json!({"name": "plain", "port": 84}),
    ];
    let mut ports: Vec<Value> = Vec::new();
    for choice in &choices {
        if dice.one_in(3) {
            ports.push(choice.clone());
        }
    }
    if ports.is_empty() {
        ports.push(choices[dice.roll(choices.len())].clone());
    }
    let mut spec = json!({
        "selector": {"app": dice.pick(&["a", "b"])},
        "ports": ports,
        "publishNotReadyAddresses": dice.one_in(4),
    });
    if dice.one_in(3) {
        spec["clusterIP"] = json!("None");
    }
    if dice.one_in(3) {
        spec["ipFamilyPolicy"] = json!("PreferDualStack");
    }
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": format!("s{at}")}, "spec": spec})
}

fn random_ports(dice: &mut Dice) -> Value {
    let choices = [
        json!([]),
        json!([{"name": "http", "containerPort": 8080}]),
        json!([{"name": "http", "containerPort": 9090}]),
        json!([{"name": "http", "containerPort": 8080, "protocol": "UDP"}]),
        json!([{"name": "dns", "containerPort": 5353, "protocol": "UDP"}, {"name": "http", "containerPort": 8081}]),
    ];
    dice.pick(&choices).clone()
}

struct Plan {
    pod: Value,
    status: Value,
    deleted: bool,
}

fn random_pod(dice: &mut Dice, world: usize, at: usize) -> Plan {
    let mut spec = json!({
        "schedulerName": "nobody",
        "terminationGracePeriodSeconds": 600,
        "containers": [{"name": "main", "image": "x", "ports": random_ports(dice)}],
    });
    if dice.one_in(3) {
        let policy = if dice.one_in(2) {
            json!("Always")
        } else {
            json!(null)
        };
        spec["initContainers"] = json!([{"name": "first", "image": "x", "restartPolicy": policy, "ports": random_ports(dice)}]);
    }
    match dice.roll(6) {
        0 => spec["nodeName"] = json!("ghost"),
        1 => {}
        _ => spec["nodeName"] = json!("still"),
    }
    if dice.one_in(3) {
        spec["hostname"] = json!(format!("h{at}"));
        spec["subdomain"] = json!(dice.pick(&["s0", "s1", "other"]));
    }
    let deleted = dice.one_in(4);
    let mut metadata =
        json!({"name": format!("p{at}"), "labels": {"app": dice.pick(&["a", "b", "c"])}});
    if deleted {
        metadata["finalizers"] = json!(["portolan.dev/hold"]);
    }
    let ready = if dice.one_in(3) { "False" } else { "True" };
    let phase = dice.pick(&[
        "Running",
        "Running",
        "Running",
        "Pending",
        "Succeeded",
        "Failed",
    ]);
    let (v4, v6) = (
        format!("10.244.{world}.{}", at + 1),
        format!("fd00:244::{world:x}:{:x}", at + 1),
    );
    let mut status = json!({"phase": phase, "conditions": [{"type": "Ready", "status": ready}]});
    match dice.roll(5) {
        0 => {}
        1 => (status["podIP"], status["podIPs"]) = (json!(v4), json!([{"ip": v4}, {"ip": v6}])),
        _ => (status["podIP"], status["podIPs"]) = (json!(v4), json!([{"ip": v4}])),
    }
    Plan {
        pod: json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}),
        status,
        deleted,
    }
}

type Ports = Vec<(Name, Option<u16>, String)>;
type Seen = (
    Vec<Name>,
    [Option<bool>; 3],
    Option<Name>,
    Option<Name>,
    Option<Name>,
    Option<Name>,
);

/// What the slices of a Service say, however they are cut: by family and ports, the endpoints.
fn said<'s>(
    slices: impl Iterator<Item = &'s Slice>,
) -> BTreeMap<(AddressType, Ports), BTreeSet<Seen>> {
    let mut said: BTreeMap<_, BTreeSet<Seen>> = BTreeMap::new();
    for slice in slices.filter(|slice| !slice.endpoints.is_empty()) {
        let mut ports: Ports = slice
            .ports
            .iter()
            .map(|port| (port.name.clone(), port.port, port.protocol.to_string()))
            .collect();
        ports.sort();
        said.entry((slice.address_type, ports))
            .or_default()
            .extend(slice.endpoints.iter().map(|one| {
                (
                    one.addresses.to_vec(),
                    [one.ready, one.serving, one.terminating],
                    one.hostname.clone(),
                    one.node.clone(),
                    one.zone.clone(),
                    one.pod.clone(),
                )
            }));
    }
    said
}

fn lowered(kind: Kind, object: &impl serde::Serialize) -> portolan::model::object::Object {
    lower(kind, &serde_json::to_string(object).expect("JSON"))
}

async fn make_world(client: &kube::Client, world: usize) -> String {
    let mut dice = Dice(
        0x9E37_79B9_7F4A_7C15
            ^ u64::try_from(world + 1)
                .expect("small")
                .wrapping_mul(0xD134_2543_DE82_EF95),
    );
    let namespace = format!("world-{world}");
    let post = PostParams::default();
    let named = Namespace {
        metadata: ObjectMeta {
            name: Some(namespace.clone()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    Api::<Namespace>::all(client.clone())
        .create(&post, &named)
        .await
        .expect("a namespace");
    let services: Api<Service> = Api::namespaced(client.clone(), &namespace);
    for at in 0..3 {
        let service = serde_json::from_value(random_service(&mut dice, at)).expect("a Service");
        services
            .create(&post, &service)
            .await
            .expect("the Service is valid");
    }
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    for at in 0..7 {
        let plan = random_pod(&mut dice, world, at);
        let name = format!("p{at}");
        pods.create(&post, &serde_json::from_value(plan.pod).expect("a Pod"))
            .await
            .expect("the Pod is valid");
        let patch = Patch::Merge(json!({"status": plan.status}));
        pods.patch_status(&name, &PatchParams::default(), &patch)
            .await
            .expect("the status is valid");
        if plan.deleted {
            pods.delete(&name, &DeleteParams::default())
                .await
                .expect("deleting");
        }
    }
    namespace
}

/// Compares until the controller has caught up; the differences that stay are the test's failure.
async fn compare(client: &kube::Client, namespace: &str) -> Result<usize, String> {
    let all = ListParams::default();
    let deadline = Instant::now() + Duration::from_secs(90);
    let mut touched = Instant::now();
    loop {
        let services = Api::<Service>::namespaced(client.clone(), namespace)
            .list(&all)
            .await
            .expect("Services");
        let pods = Api::<Pod>::namespaced(client.clone(), namespace)
            .list(&all)
            .await
            .expect("Pods");
        let nodes = Api::<Node>::all(client.clone())
            .list(&all)
            .await
            .expect("Nodes");
        let slices = Api::<EndpointSlice>::namespaced(client.clone(), namespace)
            .list(&all)
            .await
            .expect("slices");
        let nodes: Vec<_> = nodes.iter().map(|node| lowered(Kind::Node, node)).collect();
        let known = |name: &Name| {
            nodes
                .iter()
                .filter_map(as_node)
                .find(|node| node.meta.key.name == *name)
        };
        let pods: Vec<_> = pods.iter().map(|pod| lowered(Kind::Pod, pod)).collect();
        let slices: Vec<_> = slices
            .iter()
            .map(|slice| lowered(Kind::EndpointSlice, slice))
            .collect();
        let mut differences: Vec<String> = Vec::new();
        for service in &services.items {
            let object = lowered(Kind::Service, service);
            let service = as_service(&object).expect("a Service");
            let selected: Vec<_> = pods
                .iter()
                .filter_map(as_pod)
                .filter(|pod| {
                    service
                        .selector
                        .iter()
                        .all(|(key, value)| pod.meta.labels.has(key, value))
                })
                .collect();
            let computed = computed_slices(service, &selected, &Nodes::Known(&known));
            let written = slices
                .iter()
                .filter_map(as_slice)
                .filter(|slice| slice.service.as_ref() == Some(&service.meta.key.name));
            let (ours, theirs) = (said(computed.iter()), said(written));
            if ours != theirs {
                let key = &service.meta.key;
                differences.push(format!(
                    "{key}
 ours   {ours:?}
 theirs {theirs:?}"
                ));
            }
        }
        if differences.is_empty() {
            return Ok(services.items.len());
        }
        if Instant::now() > deadline {
            return Err(differences.join("\n"));
        }
        // After a conflict the controller waits longer and longer; a change of the Service brings it back at once.
        if touched.elapsed() > Duration::from_secs(10) {
            touched = Instant::now();
            touch(client, namespace, &format!("{:?}", deadline - touched)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn touch(client: &kube::Client, namespace: &str, word: &str) {
    let services = Api::<Service>::namespaced(client.clone(), namespace);
    let note = json!({"metadata": {"annotations": {"example.com/touched": word}}});
    for at in 0..3 {
        services
            .patch(
                &format!("s{at}"),
                &PatchParams::default(),
                &Patch::Merge(&note),
            )
            .await
            .expect("touching a Service");
    }
}

async fn client(cluster: &Cluster) -> kube::Client {
    let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig()).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .expect("a config");
    kube::Client::try_from(config).expect("a client")
}

#[test]
fn computed_slices_equal_what_the_real_controller_writes() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let worlds = if std::env::var_os("PORTOLAN_LONG").is_some() {
        200
    } else {
        60
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let compared = runtime.block_on(async {
        let client = client(&cluster).await;
        // A node that no fake kubelet tends: its pods keep the status that this test gives them.
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {
            "name": "still", "labels": {"topology.kubernetes.io/zone": "zone-still"}}});
        let node: Node = serde_json::from_value(node).expect("a Node");
        Api::<Node>::all(client.clone())
            .create(&PostParams::default(), &node)
            .await
            .expect("a node");
        let mut compared = 0;
        for world in 0..worlds {
            let namespace = make_world(&client, world).await;
            compared += compare(&client, &namespace)
                .await
                .unwrap_or_else(|differences| panic!("{namespace}: {differences}"));
        }
        compared
    });
    assert_eq!(
        compared,
        worlds * 3,
        "every Service of every world was compared"
    );
}
