//! The vectors for the ways to a Service: node ports, load balancers, external IPs and IP families, each named after
//! its row.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "test support fails loudly; `json!` values read best in place"
)]

#[path = "support/documents.rs"]
mod documents;

use documents::{endpoint, pod, service, slice, world};
use portolan::diagnosis::cite::cite;
use portolan::model::view::View;
use portolan::model::world::World;
use portolan::trace::hop::{Hop, Stage, Verdict};
use portolan::trace::parse::{self, Request};
use portolan::trace::path::Path;
use portolan::trace::trace;
use serde_json::{Value, json};

fn follow(world: &World, from: &str, to: &str) -> Path {
    let from = parse::from(from, world, "a").expect("FROM is there");
    let to = parse::to(to, world, "a", &Request::default()).expect("TO is clear");
    trace(&View::new(world), &from, &to)
}

fn hop(path: &Path, stage: Stage) -> &Hop {
    let mut hops = path.hops.iter();
    hops.find(|hop| hop.stage == stage)
        .expect("the hop is there")
}

/// The verdict, and the code that the deciding hop cites.
fn told(path: &Path) -> (Verdict, &'static str) {
    let cause = path.deciding_hop().and_then(|hop| hop.cause.as_ref());
    let code = cause.and_then(|cause| cite(cause).first().copied());
    (path.verdict(), code.unwrap_or_default())
}

fn used(path: &Path) -> Vec<&str> {
    let used = path.endpoints.iter().filter(|one| one.used);
    used.filter_map(|one| one.address.as_deref()).collect()
}

fn node(name: &str, addresses: &[&str]) -> Value {
    let addresses: Vec<Value> = addresses
        .iter()
        .map(|ip| json!({"type": "InternalIP", "address": ip}))
        .collect();
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
           "status": {"addresses": addresses, "conditions": [{"type": "Ready", "status": "True"}]}})
}

fn nodes() -> Vec<Value> {
    vec![
        node("n1", &["10.0.0.1"]),
        node("n2", &["10.0.0.2"]),
        node("n3", &["10.0.0.3"]),
    ]
}

fn with_status(mut service: Value, ingress: Value) -> Value {
    service["status"] = json!({"loadBalancer": {"ingress": ingress}});
    service
}

/// A Service of some type with a node port; `more` adds to its spec.
fn exposed(kind: &str, more: Value) -> Value {
    let mut spec = json!({"type": kind, "selector": {"app": "web"}, "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"],
        "ipFamilies": ["IPv4"], "ports": [{"port": 80, "targetPort": 8080, "nodePort": 30080}]});
    for (key, value) in more.as_object().expect("fields") {
        spec[key] = value.clone();
    }
    service("web", spec)
}

fn balanced(more: Value) -> Value {
    with_status(
        exposed("LoadBalancer", more),
        json!([{"ip": "198.51.100.5"}]),
    )
}

fn ports() -> Value {
    json!([{"name": "", "port": 8080, "protocol": "TCP"}])
}

/// One ready pod on n1, and a client's pod on n2.
fn backed(web: Value) -> World {
    let mut documents = nodes();
    documents.extend([
        web,
        pod("w1", "10.1.0.1", "n1", true, json!([])),
        pod("c2", "10.1.0.2", "n2", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([endpoint("w1", "10.1.0.1", "n1", json!({"ready": true}))]),
        ),
    ]);
    world(&documents)
}

#[test]
fn node_port_with_policy_cluster_answers_on_every_node() {
    let world = backed(exposed("NodePort", json!({})));
    for at in ["10.0.0.1:30080", "10.0.0.2:30080", "svc/web"] {
        assert_eq!(
            told(&follow(&world, "203.0.113.9", at)).0,
            Verdict::Pass,
            "{at}"
        );
    }
}

#[test]
fn node_port_with_policy_local_drops_on_a_node_without_endpoint_and_works_on_one_with() {
    let world = backed(exposed(
        "NodePort",
        json!({"externalTrafficPolicy": "Local"}),
    ));
    let there = follow(&world, "203.0.113.9", "10.0.0.1:30080");
    assert_eq!(told(&there).0, Verdict::Pass, "{there:#?}");
    let not_there = follow(&world, "203.0.113.9", "10.0.0.2:30080");
    assert_eq!(told(&not_there), (Verdict::Fail, "REQ009"));
    let reason = &hop(&not_there, Stage::Endpoints).reason;
    assert!(
        reason.contains("n2") && reason.contains("externalTrafficPolicy"),
        "{reason}"
    );
}

#[test]
fn a_trace_by_name_says_which_nodes_answer_and_which_drop() {
    let world = backed(exposed(
        "NodePort",
        json!({"externalTrafficPolicy": "Local"}),
    ));
    let path = follow(&world, "internet", "svc/web");
    assert_eq!(path.verdict(), Verdict::Pass);
    let notes: Vec<(Verdict, &str)> = hop(&path, Stage::Entry)
        .notes
        .iter()
        .map(|note| (note.verdict, note.text.as_str()))
        .collect();
    let drop = "10.0.0.2:30080 (n2), 10.0.0.3:30080 (n3) drop: no endpoint of their own";
    assert_eq!(
        notes,
        [
            (Verdict::Pass, "10.0.0.1:30080 (n1) answers"),
            (Verdict::Fail, drop)
        ]
    );
}

#[test]
fn policy_local_with_endpoints_on_no_node_is_a_black_hole_from_outside() {
    let far = json!([{"addresses": ["192.0.2.77"], "conditions": {"ready": true}}]);
    let mut documents = nodes();
    let local = json!({"externalTrafficPolicy": "Local", "selector": null});
    documents.extend([balanced(local), slice("web-1", "web", ports(), far)]);
    let path = follow(&world(&documents), "internet", "svc/web");
    assert_eq!(told(&path), (Verdict::Fail, "REQ009"));
}

#[test]
fn terminating_endpoints_are_a_fallback_for_cluster_and_local_apart() {
    let going = json!({"ready": false, "serving": true, "terminating": true});
    let mut documents = nodes();
    documents.extend([
        exposed("NodePort", json!({"externalTrafficPolicy": "Local"})),
        pod("w1", "10.1.0.1", "n1", true, json!([])),
        pod("w2", "10.1.0.2", "n2", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([
                endpoint("w1", "10.1.0.1", "n1", json!({"ready": true})),
                endpoint("w2", "10.1.0.2", "n2", going),
            ]),
        ),
    ]);
    let world = world(&documents);
    assert_eq!(used(&follow(&world, "node/n2", "svc/web")), ["10.1.0.1"]);
    assert_eq!(
        used(&follow(&world, "203.0.113.9", "10.0.0.2:30080")),
        ["10.1.0.2"]
    );
    assert_eq!(
        used(&follow(&world, "203.0.113.9", "10.0.0.1:30080")),
        ["10.1.0.1"]
    );
    assert_eq!(
        used(&follow(&world, "internet", "svc/web")),
        ["10.1.0.1", "10.1.0.2"]
    );
}

#[test]
fn a_load_balancer_keeps_to_nodes_whose_health_check_passes() {
    let going = json!({"ready": false, "serving": true, "terminating": true});
    let mut documents = nodes();
    let local = json!({"externalTrafficPolicy": "Local", "healthCheckNodePort": 32001});
    documents.extend([
        balanced(local),
        slice(
            "web-1",
            "web",
            ports(),
            json!([
                endpoint("w1", "10.1.0.1", "n1", json!({"ready": true})),
                endpoint("w2", "10.1.0.2", "n2", going),
            ]),
        ),
        pod("w1", "10.1.0.1", "n1", true, json!([])),
        pod("w2", "10.1.0.2", "n2", true, json!([])),
    ]);
    let path = follow(&world(&documents), "internet", "svc/web");
    assert_eq!(used(&path), ["10.1.0.1"]);
    let entry = hop(&path, Stage::Entry);
    let check = entry
        .evidence
        .iter()
        .find(|it| it.field == "spec.healthCheckNodePort");
    assert_eq!(check.map(|it| it.observed.as_str()), Some("32001"));
    assert!(
        entry
            .notes
            .iter()
            .any(|note| note.text.contains("10.0.0.3:32001 (n3)")),
        "{entry:#?}"
    );
}

#[test]
fn policy_local_and_the_load_balancer_asked_by_a_pod_means_all_endpoints() {
    let local = json!({"externalTrafficPolicy": "Local", "internalTrafficPolicy": "Local"});
    let world = backed(balanced(local));
    assert_eq!(
        told(&follow(&world, "pod/c2", "198.51.100.5:80")).0,
        Verdict::Pass
    );
    assert_eq!(
        told(&follow(&world, "node/n2", "198.51.100.5:80")).0,
        Verdict::Pass
    );
    // By its cluster address the internal policy counts.
    assert_eq!(
        told(&follow(&world, "pod/c2", "10.96.0.1:80")),
        (Verdict::Fail, "REQ009")
    );
}

#[test]
fn a_node_port_of_another_node_asked_by_a_pod_is_certain_only_with_an_endpoint_there() {
    let world = backed(exposed(
        "NodePort",
        json!({"externalTrafficPolicy": "Local"}),
    ));
    assert_eq!(
        told(&follow(&world, "pod/c2", "10.0.0.1:30080")).0,
        Verdict::Pass
    );
    assert_eq!(
        told(&follow(&world, "pod/c2", "10.0.0.2:30080")).0,
        Verdict::Pass,
        "its own node"
    );
    assert_eq!(
        told(&follow(&world, "pod/c2", "10.0.0.3:30080")),
        (Verdict::Unknown, "REQ009")
    );
}

#[test]
fn source_ranges_guard_the_load_balancer() {
    let world = backed(balanced(
        json!({"loadBalancerSourceRanges": ["203.0.113.0/25"]}),
    ));
    assert_eq!(
        told(&follow(&world, "203.0.113.9", "svc/web")).0,
        Verdict::Pass
    );
    let out = follow(&world, "203.0.113.200", "svc/web");
    assert_eq!(told(&out), (Verdict::Fail, "REQ011"));
    assert!(hop(&out, Stage::Entry).reason.contains("203.0.113.0/25"));
    assert_eq!(
        told(&follow(&world, "203.0.113.200", "198.51.100.5:80")),
        (Verdict::Fail, "REQ011")
    );
    // Pods that ask the load balancer's address are asked too; by the cluster address nobody is.
    assert_eq!(
        told(&follow(&world, "pod/c2", "198.51.100.5:80")),
        (Verdict::Fail, "REQ011")
    );
    assert_eq!(told(&follow(&world, "pod/c2", "svc/web")).0, Verdict::Pass);
}

#[test]
fn node_ports_bypass_source_ranges_and_the_trace_says_so() {
    let world = backed(balanced(
        json!({"loadBalancerSourceRanges": ["203.0.113.0/25"]}),
    ));
    assert_eq!(
        told(&follow(&world, "203.0.113.200", "10.0.0.3:30080")).0,
        Verdict::Pass
    );
    let out = follow(&world, "203.0.113.200", "svc/web");
    let note = &hop(&out, Stage::Entry).notes;
    assert!(
        note.iter().any(|note| note.text.contains("30080")),
        "{note:?}"
    );
}

#[test]
fn source_ranges_that_hold_part_of_the_internet_leave_it_unknown() {
    let within = |ranges: Value| {
        let world = backed(balanced(json!({"loadBalancerSourceRanges": ranges})));
        let path = follow(&world, "internet", "svc/web");
        let (verdict, _) = told(&path);
        (verdict, hop(&path, Stage::Entry).reason.clone())
    };
    assert_eq!(within(json!(["0.0.0.0/0"])).0, Verdict::Pass);
    assert_eq!(within(json!(["0.0.0.0/1", "128.0.0.0/1"])).0, Verdict::Pass);
    let (verdict, reason) = within(json!(["8.8.8.0/24", "10.0.0.0/8"]));
    assert_eq!(verdict, Verdict::Unknown);
    assert!(
        reason.contains("8.8.8.0/24") && !reason.contains("10.0.0.0/8"),
        "{reason}"
    );
    assert_eq!(within(json!(["10.0.0.0/8"])).0, Verdict::Fail);
    let (verdict, reason) = within(json!(["2001:db8::/32"]));
    assert_eq!(verdict, Verdict::Unknown, "{reason}");
}

#[test]
fn external_ips_ask_no_source_ranges() {
    let more =
        json!({"externalIPs": ["192.0.2.10"], "loadBalancerSourceRanges": ["203.0.113.0/25"]});
    let world = backed(balanced(more));
    assert_eq!(
        told(&follow(&world, "203.0.113.200", "192.0.2.10:80")).0,
        Verdict::Pass
    );
}

#[test]
fn ip_mode_proxy_is_not_short_circuited() {
    let web = exposed("LoadBalancer", json!({}));
    let web = with_status(web, json!([{"ip": "198.51.100.5", "ipMode": "Proxy"}]));
    let world = backed(web);
    assert_eq!(
        told(&follow(&world, "pod/c2", "198.51.100.5:80")),
        (Verdict::Unknown, "REQ007")
    );
    assert_eq!(
        told(&follow(&world, "internet", "198.51.100.5:80")).0,
        Verdict::Pass
    );
}

#[test]
fn services_that_share_a_load_balancer_are_told_apart_by_port() {
    let other = service(
        "other",
        json!({"type": "LoadBalancer", "clusterIP": "10.96.0.2", "ports": [{"port": 443}]}),
    );
    let other = with_status(other, json!([{"ip": "198.51.100.5"}]));
    let mut documents = nodes();
    documents.extend([other, balanced(json!({}))]);
    let world = world(&documents);
    let to = |port: &str| follow(&world, "internet", port).to.to_string();
    assert_eq!(to("198.51.100.5:80"), "a/Service/web:80/TCP");
    assert_eq!(to("198.51.100.5:443"), "a/Service/other:443/TCP");
}

#[test]
fn a_pending_load_balancer_leaves_its_node_port() {
    let world = backed(exposed("LoadBalancer", json!({})));
    let path = follow(&world, "internet", "svc/web");
    assert_eq!(path.verdict(), Verdict::Pass);
    let reason = &hop(&path, Stage::Entry).reason;
    assert!(
        reason.contains("no address yet") && reason.contains("30080"),
        "{reason}"
    );
    let none = json!({"allocateLoadBalancerNodePorts": false, "ports": [{"port": 80, "targetPort": 8080}]});
    let world = backed(exposed("LoadBalancer", none));
    assert_eq!(
        told(&follow(&world, "internet", "svc/web")),
        (Verdict::Fail, "REQ008")
    );
}

#[test]
fn an_address_of_a_family_that_the_service_lacks_is_not_served() {
    let mut documents = vec![node("n1", &["10.0.0.1", "fd00::1"])];
    documents.extend([
        exposed("NodePort", json!({})),
        pod("w1", "10.1.0.1", "n1", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([endpoint("w1", "10.1.0.1", "n1", json!({"ready": true}))]),
        ),
    ]);
    let world = world(&documents);
    assert_eq!(
        told(&follow(&world, "203.0.113.9", "10.0.0.1:30080")).0,
        Verdict::Pass
    );
    assert_eq!(
        told(&follow(&world, "2001:db8::9", "[fd00::1]:30080")),
        (Verdict::Fail, "REQ008")
    );
}

#[test]
fn a_family_without_endpoints_is_refused_at_its_own_address() {
    let both = json!({"ipFamilies": ["IPv4", "IPv6"], "clusterIPs": ["10.96.0.1", "fd96::1"]});
    let web = with_status(
        exposed("LoadBalancer", both),
        json!([{"ip": "198.51.100.5"}, {"ip": "2001:db8:5::5"}]),
    );
    let world = backed(web);
    assert_eq!(
        told(&follow(&world, "203.0.113.9", "198.51.100.5:80")).0,
        Verdict::Pass
    );
    let path = follow(&world, "2001:db8::9", "[2001:db8:5::5]:80");
    assert_eq!(told(&path), (Verdict::Fail, "SVC019"));
    // By name each client meets the address of its own family.
    assert_eq!(
        told(&follow(&world, "203.0.113.9", "svc/web")).0,
        Verdict::Pass
    );
    assert_eq!(
        told(&follow(&world, "2001:db8::9", "svc/web")),
        (Verdict::Fail, "SVC019")
    );
}

#[test]
fn a_client_of_another_family_has_no_way_in() {
    let world = backed(balanced(json!({})));
    // There is a node port, but no node has an IPv6 address.
    let path = follow(&world, "2001:db8::9", "svc/web");
    assert_eq!(told(&path), (Verdict::Fail, "REQ008"), "{path:#?}");
}

#[test]
fn a_pod_of_another_family_cannot_ask_the_cluster_address() {
    let mut documents = nodes();
    documents.extend([
        exposed("ClusterIP", json!({})),
        pod("w1", "10.1.0.1", "n1", true, json!([])),
        pod("c6", "fd01::6", "n2", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([endpoint("w1", "10.1.0.1", "n1", json!({"ready": true}))]),
        ),
    ]);
    let world = world(&documents);
    assert_eq!(
        told(&follow(&world, "pod/c6", "svc/web")),
        (Verdict::Fail, "REQ010")
    );
}

#[test]
fn session_affinity_narrows_no_endpoint_away() {
    let mut documents = nodes();
    documents.extend([
        exposed("ClusterIP", json!({"sessionAffinity": "ClientIP"})),
        pod("w1", "10.1.0.1", "n1", true, json!([])),
        pod("w2", "10.1.0.2", "n2", true, json!([])),
        slice(
            "web-1",
            "web",
            ports(),
            json!([
                endpoint("w1", "10.1.0.1", "n1", json!({"ready": true})),
                endpoint("w2", "10.1.0.2", "n2", json!({"ready": true})),
            ]),
        ),
    ]);
    assert_eq!(
        used(&follow(&world(&documents), "node/n3", "svc/web")),
        ["10.1.0.1", "10.1.0.2"]
    );
}

#[test]
fn a_service_left_to_another_proxy_is_not_judged() {
    let mut web = exposed("ClusterIP", json!({}));
    web["metadata"]["labels"] = json!({"service.kubernetes.io/service-proxy-name": "other"});
    let world = backed(web);
    assert_eq!(
        told(&follow(&world, "pod/c2", "svc/web")),
        (Verdict::Unknown, "SVC018")
    );
}

#[test]
fn the_address_of_a_node_stands_for_the_node() {
    let world = backed(exposed("ClusterIP", json!({})));
    let path = follow(&world, "10.0.0.2", "svc/web");
    assert_eq!(path.from.to_string(), "Node/n2");
    assert_eq!(path.verdict(), Verdict::Pass);
}
