//! The vectors for Services, EndpointSlices and kube-proxy, each named after its row.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test support fails loudly"
)]

#[path = "support/documents.rs"]
mod documents;

use documents::{endpoint, pod, service, slice, world};
use portolan::model::key::Key;
use portolan::model::kind::Kind;
use portolan::model::port::{PortRef, Protocol};
use portolan::model::view::{View, as_pod, as_service};
use portolan::model::world::World;
use portolan::semantics::endpoints::{Nodes, computed_slices, find_port};
use portolan::trace::end::{From, Port, To};
use portolan::trace::hop::{Stage, Verdict};
use portolan::trace::path::Path;
use portolan::trace::trace;
use serde_json::{Value, json};

fn to_service(world: &World, from: &str, port: u16) -> Path {
    let view = View::new(world);
    let from = From::Pod(Key::new(Kind::Pod, "a", from));
    let port = Port {
        port: PortRef::Number(port),
        protocol: Protocol::Tcp,
    };
    trace(
        &view,
        &from,
        &To::Service(Key::new(Kind::Service, "a", "web"), Some(port)),
    )
}

fn endpoints_verdict(path: &Path) -> Verdict {
    path.hops
        .iter()
        .find(|hop| hop.stage == Stage::Endpoints)
        .map_or(Verdict::Skipped, |hop| hop.verdict)
}

fn web() -> serde_json::Value {
    service(
        "web",
        json!({"selector": {"app": "web"}, "clusterIP": "10.96.0.1", "ports": [{"port": 80, "targetPort": 8080}]}),
    )
}

const PORTS: &str = r#"[{"name": "", "port": 8080, "protocol": "TCP"}]"#;

fn ports() -> serde_json::Value {
    serde_json::from_str(PORTS).expect("ports")
}

#[test]
fn numeric_target_port_that_no_container_declares_works() {
    let world = world(&[
        web(),
        pod("w1", "10.0.0.1", "n1", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([endpoint("w1", "10.0.0.1", "n1", json!({"ready": true}))]),
        ),
    ]);
    let path = to_service(&world, "w1", 80);
    assert_eq!(path.verdict(), Verdict::Pass, "{path:#?}");
    assert_eq!(
        path.endpoints
            .iter()
            .map(|one| (one.port, one.used))
            .collect::<Vec<_>>(),
        [(Some(8080), true)]
    );
}

#[test]
fn named_target_port_must_match_the_protocol_too_and_gives_two_slices() {
    let named = service(
        "web",
        json!({"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}),
    );
    let documents = [
        named,
        pod(
            "tcp",
            "10.0.0.1",
            "n1",
            true,
            json!([{"name": "http", "containerPort": 8080}]),
        ),
        pod(
            "udp",
            "10.0.0.2",
            "n1",
            true,
            json!([{"name": "http", "containerPort": 8080, "protocol": "UDP"}]),
        ),
    ];
    let world = world(&documents);
    let pods: Vec<_> = world
        .all(Kind::Pod)
        .filter_map(|object| as_pod(object))
        .collect();
    let service = world
        .all(Kind::Service)
        .find_map(|object| as_service(object))
        .expect("the Service");
    let found: Vec<_> = pods
        .iter()
        .map(|pod| find_port(pod, &service.ports[0]))
        .collect();
    assert_eq!(found, [Some(8080), None]);
    let slices = computed_slices(service, &pods, &Nodes::Unknown);
    let shape: Vec<_> = slices
        .iter()
        .map(|slice| (slice.ports.len(), slice.endpoints.len()))
        .collect();
    assert_eq!(shape, [(0, 1), (1, 1)]);
}

#[test]
fn all_pods_not_ready_is_refused_though_the_slice_lists_them() {
    let world = world(&[
        web(),
        pod("w1", "10.0.0.1", "n1", false, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([endpoint("w1", "10.0.0.1", "n1", json!({"ready": false}))]),
        ),
    ]);
    let path = to_service(&world, "w1", 80);
    assert_eq!(endpoints_verdict(&path), Verdict::Fail);
    assert_eq!(path.endpoints.len(), 1);
    assert!(!path.endpoints[0].used);
}

#[test]
fn not_ready_pods_are_published_where_the_service_asks_for_it() {
    let published = service(
        "web",
        json!({"selector": {"app": "web"}, "publishNotReadyAddresses": true, "ports": [{"port": 80, "targetPort": 8080}]}),
    );
    let world = world(&[published, pod("w1", "10.0.0.1", "n1", false, json!([]))]);
    let service = world
        .all(Kind::Service)
        .find_map(|object| as_service(object))
        .expect("the Service");
    let pods: Vec<_> = world
        .all(Kind::Pod)
        .filter_map(|object| as_pod(object))
        .collect();
    let slices = computed_slices(service, &pods, &Nodes::Unknown);
    assert_eq!(slices[0].endpoints[0].ready, Some(true));
    assert_eq!(slices[0].endpoints[0].serving, Some(false));
}

#[test]
fn a_sole_endpoint_that_terminates_but_serves_is_still_used() {
    let conditions = json!({"ready": false, "serving": true, "terminating": true});
    let world = world(&[
        web(),
        pod("w1", "10.0.0.1", "n1", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([endpoint("w1", "10.0.0.1", "n1", conditions)]),
        ),
    ]);
    assert_eq!(
        endpoints_verdict(&to_service(&world, "w1", 80)),
        Verdict::Pass
    );
}

#[test]
fn a_ready_endpoint_is_preferred_to_one_that_terminates() {
    let going = json!({"ready": false, "serving": true, "terminating": true});
    let world = world(&[
        web(),
        pod("w1", "10.0.0.1", "n1", true, json!([])),
        pod("w2", "10.0.0.2", "n1", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([
                endpoint("w1", "10.0.0.1", "n1", going),
                endpoint(
                    "w2",
                    "10.0.0.2",
                    "n1",
                    json!({"ready": true, "serving": true, "terminating": false})
                ),
            ]),
        ),
    ]);
    let used: Vec<bool> = to_service(&world, "w1", 80)
        .endpoints
        .iter()
        .map(|one| one.used)
        .collect();
    assert_eq!(used, [false, true]);
}

#[test]
fn internal_policy_local_drops_on_a_node_without_endpoint_and_works_on_one_with() {
    let local = service(
        "web",
        json!({"selector": {"app": "web"}, "internalTrafficPolicy": "Local", "ports": [{"port": 80, "targetPort": 8080}]}),
    );
    let world = world(&[
        local,
        pod("here", "10.0.0.1", "n1", true, json!([])),
        pod("there", "10.0.0.2", "n2", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([endpoint("here", "10.0.0.1", "n1", json!({"ready": true}))]),
        ),
    ]);
    assert_eq!(
        endpoints_verdict(&to_service(&world, "here", 80)),
        Verdict::Pass
    );
    assert_eq!(
        endpoints_verdict(&to_service(&world, "there", 80)),
        Verdict::Fail
    );
}

#[test]
fn external_policy_local_does_not_touch_clients_inside() {
    let local = service(
        "web",
        json!({"type": "LoadBalancer", "selector": {"app": "web"}, "externalTrafficPolicy": "Local",
               "ports": [{"port": 80, "targetPort": 8080}]}),
    );
    let world = world(&[
        local,
        pod("there", "10.0.0.2", "n2", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([endpoint("w1", "10.0.0.1", "n1", json!({"ready": true}))]),
        ),
    ]);
    assert_eq!(
        endpoints_verdict(&to_service(&world, "there", 80)),
        Verdict::Pass
    );
}

#[test]
fn a_selectorless_service_whose_slice_lacks_the_label_is_refused() {
    let mut orphan = slice(
        "web-1",
        "web",
        ports(),
        json!([endpoint("w1", "10.0.0.1", "n1", json!({}))]),
    );
    orphan["metadata"]["labels"] = json!({});
    let plain = service("web", json!({"ports": [{"port": 80, "targetPort": 8080}]}));
    let world = world(&[plain, orphan, pod("w1", "10.0.0.1", "n1", true, json!([]))]);
    assert_eq!(
        endpoints_verdict(&to_service(&world, "w1", 80)),
        Verdict::Fail
    );
}

#[test]
fn a_slice_without_ports_programs_nothing() {
    let world = world(&[
        web(),
        pod("w1", "10.0.0.1", "n1", true, json!([])),
        slice(
            "web-1",
            "web",
            json!(null),
            json!([endpoint("w1", "10.0.0.1", "n1", json!({"ready": true}))]),
        ),
    ]);
    let path = to_service(&world, "w1", 80);
    assert_eq!(endpoints_verdict(&path), Verdict::Fail);
    assert_eq!(
        path.endpoints
            .iter()
            .map(|one| (one.port, one.used))
            .collect::<Vec<_>>(),
        [(None, false)]
    );
}

#[test]
fn an_absent_condition_means_ready() {
    let world = world(&[
        web(),
        pod("w1", "10.0.0.1", "n1", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([endpoint("w1", "10.0.0.1", "n1", json!({}))]),
        ),
    ]);
    assert_eq!(
        endpoints_verdict(&to_service(&world, "w1", 80)),
        Verdict::Pass
    );
}

#[test]
fn endpoints_of_several_slices_are_merged() {
    let world = world(&[
        web(),
        pod("w1", "10.0.0.1", "n1", false, json!([])),
        pod("w2", "10.0.0.2", "n1", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([endpoint("w1", "10.0.0.1", "n1", json!({"ready": false}))]),
        ),
        slice(
            "web-2",
            "web",
            ports(),
            json!([endpoint("w2", "10.0.0.2", "n1", json!({"ready": true}))]),
        ),
    ]);
    let used: Vec<bool> = to_service(&world, "w1", 80)
        .endpoints
        .iter()
        .map(|one| one.used)
        .collect();
    assert_eq!(used, [false, true]);
}

fn hinted(hints: &[Option<&str>]) -> World {
    let endpoints: Vec<_> = hints
        .iter()
        .enumerate()
        .map(|(at, zone)| {
            let mut one = endpoint(
                &format!("w{at}"),
                &format!("10.0.0.{at}"),
                "n1",
                json!({"ready": true}),
            );
            if let Some(zone) = zone {
                one["hints"] = json!({"forZones": [{"name": zone}]});
            }
            one
        })
        .collect();
    let node = json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "n1", "labels": {"topology.kubernetes.io/zone": "z1"}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}});
    world(&[
        web(),
        node,
        pod("client", "10.0.0.9", "n1", true, json!([])),
        slice("web-1", "web", ports(), json!(endpoints)),
    ])
}

fn used(world: &World) -> Vec<bool> {
    to_service(world, "client", 80)
        .endpoints
        .iter()
        .map(|one| one.used)
        .collect()
}

#[test]
fn zone_hints_narrow_the_choice_where_every_ready_endpoint_has_them() {
    assert_eq!(
        used(&hinted(&[Some("z1"), Some("z2"), Some("z1")])),
        [true, false, true]
    );
}

#[test]
fn zone_hints_missing_on_one_of_three_endpoints_are_disregarded() {
    assert_eq!(
        used(&hinted(&[Some("z1"), None, Some("z2")])),
        [true, true, true]
    );
}

#[test]
fn zone_hints_for_other_zones_only_are_disregarded() {
    assert_eq!(used(&hinted(&[Some("z2"), Some("z3")])), [true, true]);
}

/// Three ready endpoints, on n1, n2 and n3, with node hints; the client is on n2.
fn hinted_by_node(hints: &[Option<&str>], conditions: &Value) -> World {
    let mut documents = vec![
        service(
            "web",
            json!({"selector": {"app": "web"}, "clusterIP": "10.96.0.1", "trafficDistribution": "PreferSameNode",
                   "ports": [{"port": 80, "targetPort": 8080}]}),
        ),
        pod("client", "10.0.0.9", "n2", true, json!([])),
    ];
    let mut endpoints = Vec::new();
    for (at, hint) in hints.iter().enumerate() {
        let (name, node, ip) = (
            format!("w{at}"),
            format!("n{}", at + 1),
            format!("10.0.0.{}", at + 1),
        );
        documents.push(pod(&name, &ip, &node, true, json!([])));
        let mut one = endpoint(&name, &ip, &node, conditions.clone());
        if let Some(node) = hint {
            one["hints"] = json!({"forNodes": [{"name": node}]});
        }
        endpoints.push(one);
    }
    documents.push(slice("web-1", "web", ports(), json!(endpoints)));
    world(&documents)
}

fn used_by_client(world: &World) -> Vec<bool> {
    let path = to_service(world, "client", 80);
    path.endpoints.iter().map(|one| one.used).collect()
}

#[test]
fn node_hints_narrow_the_choice_to_the_clients_node() {
    let ready = json!({"ready": true});
    let all = hinted_by_node(&[Some("n1"), Some("n2"), Some("n3")], &ready);
    assert_eq!(used_by_client(&all), [false, true, false]);
    let elsewhere = hinted_by_node(&[Some("n1"), Some("n1"), Some("n3")], &ready);
    assert_eq!(used_by_client(&elsewhere), [true, true, true]);
    let incomplete = hinted_by_node(&[Some("n1"), Some("n2"), None], &ready);
    assert_eq!(used_by_client(&incomplete), [true, true, true]);
}

#[test]
fn hints_do_not_narrow_endpoints_that_only_serve_while_terminating() {
    let going = json!({"ready": false, "serving": true, "terminating": true});
    let all = hinted_by_node(&[Some("n1"), Some("n2"), Some("n3")], &going);
    assert_eq!(used_by_client(&all), [true, true, true]);
}

#[test]
fn policy_local_ignores_hints() {
    let local = service(
        "web",
        json!({"selector": {"app": "web"}, "clusterIP": "10.96.0.1", "internalTrafficPolicy": "Local",
               "ports": [{"port": 80, "targetPort": 8080}]}),
    );
    let mut here = endpoint("w1", "10.0.0.1", "n1", json!({"ready": true}));
    here["hints"] = json!({"forNodes": [{"name": "n2"}], "forZones": [{"name": "z"}]});
    let world = world(&[
        local,
        pod("w1", "10.0.0.1", "n1", true, json!([])),
        slice("web-1", "web", ports(), json!([here])),
    ]);
    assert_eq!(
        endpoints_verdict(&to_service(&world, "w1", 80)),
        Verdict::Pass
    );
}

#[test]
fn a_headless_service_does_not_translate_its_port() {
    let headless = service(
        "web",
        json!({"clusterIP": "None", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}),
    );
    let world = world(&[
        headless,
        pod(
            "w1",
            "10.0.0.1",
            "n1",
            true,
            json!([{"containerPort": 8080}]),
        ),
        slice(
            "web-1",
            "web",
            ports(),
            json!([endpoint("w1", "10.0.0.1", "n1", json!({"ready": true}))]),
        ),
    ]);
    assert_eq!(to_service(&world, "w1", 80).verdict(), Verdict::Fail);
    assert_eq!(to_service(&world, "w1", 8080).verdict(), Verdict::Pass);
}

#[test]
fn a_plain_init_container_never_counts_for_a_named_port() {
    let named = service(
        "web",
        json!({"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}),
    );
    let with = |policy: serde_json::Value| {
        let mut one = pod("w1", "10.0.0.1", "n1", true, json!([]));
        one["spec"]["initContainers"] = json!([{"name": "side", "image": "x", "restartPolicy": policy, "ports": [{"name": "http", "containerPort": 9000}]}]);
        let world = world(&[named.clone(), one]);
        let service = world
            .all(Kind::Service)
            .find_map(|object| as_service(object))
            .cloned()
            .expect("the Service");
        world
            .all(Kind::Pod)
            .find_map(|object| as_pod(object))
            .map(|pod| find_port(pod, &service.ports[0]))
    };
    assert_eq!(with(json!(null)), Some(None));
    assert_eq!(with(json!("Always")), Some(Some(9000)));
}

#[test]
fn the_port_that_is_missing_names_the_one_that_was_meant() {
    let world = world(&[web(), pod("w1", "10.0.0.1", "n1", true, json!([]))]);
    let path = to_service(&world, "w1", 8080);
    assert_eq!(path.verdict(), Verdict::Fail);
    assert!(
        path.hops[0]
            .reason
            .contains("8080 is the target of port 80"),
        "{}",
        path.hops[0].reason
    );
}

#[test]
fn the_pods_of_a_deployment_are_found_without_their_replica_set() {
    let mut owned = pod("w1", "10.0.0.1", "n1", true, json!([]));
    owned["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d9f", "controller": true}]);
    let mut other = pod("w2", "10.0.0.2", "n1", true, json!([]));
    other["metadata"]["ownerReferences"] = json!([{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web", "controller": true}]);
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "a"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}}}});
    let world = world(&[owned, other, deployment]);
    let view = View::new(&world);
    let key = Key::new(Kind::Deployment, "a", "web");
    let found = portolan::semantics::owner::pods_of(&view, &key);
    let names: Vec<&str> = found.iter().map(|pod| pod.meta.key.name.as_str()).collect();
    assert_eq!(names, ["w1"]);
}

#[test]
fn pods_that_cannot_be_read_leave_the_pod_hop_unknown() {
    let mut world = world(&[
        web(),
        pod("w1", "10.0.0.1", "n1", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([endpoint("w2", "10.0.0.2", "n1", json!({"ready": true}))]),
        ),
    ]);
    let gone = to_service(&world, "w1", 80);
    assert_eq!(
        gone.verdict(),
        Verdict::Unknown,
        "a pod that is gone is no pass"
    );
    world.apply(portolan::model::delta::Delta::Coverage {
        kind: Kind::Pod,
        namespace: None,
        state: portolan::model::coverage::State::Forbidden {
            detail: "list pods is forbidden".into(),
        },
    });
    let hidden = to_service(&world, "w1", 80);
    assert_eq!(hidden.verdict(), Verdict::Unknown);
    let hop = hidden
        .hops
        .iter()
        .find(|hop| hop.verdict == Verdict::Unknown)
        .expect("an unknown hop");
    assert!(
        hop.reason.contains("list pods is forbidden"),
        "{}",
        hop.reason
    );
}
