//! The vectors of Cilium's policies at addresses and ports, by what its documentation and its agent's source say.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

use Answer::{Allow, Deny, Unknown};
use jiff::Timestamp;
use portolan::model::key::Key;
use portolan::model::kind::Kind;
use portolan::model::policy::Direction;
use portolan::model::port::Protocol;
use portolan::model::view::{View, as_policy};
use portolan::model::world::{Origin, World};
use portolan::semantics::policy::end::{End, NodeEnd, Span};
use portolan::semantics::policy::judge::{Answer, Asked, Judge};
use portolan::semantics::policy::matching::pod_end;
use portolan::semantics::policy::words;
use portolan::source::files::load_text;

const WORLD: &str = r"
apiVersion: v1
kind: Namespace
metadata: { name: a, labels: { team: red } }
---
apiVersion: v1
kind: Namespace
metadata: { name: b, labels: { team: blue } }
---
apiVersion: v1
kind: Node
metadata: { name: n1 }
status: { addresses: [ { type: InternalIP, address: 192.168.0.1 } ] }
---
apiVersion: v1
kind: Node
metadata: { name: n2 }
status: { addresses: [ { type: InternalIP, address: 192.168.0.2 } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: a, labels: { app: web } }
spec: { nodeName: n1, containers: [ { name: c, image: i, ports: [ { name: http, containerPort: 8080 } ] } ] }
status: { phase: Running, podIP: 10.0.0.1, hostIP: 192.168.0.1 }
---
apiVersion: v1
kind: Pod
metadata: { name: client, namespace: a, labels: { app: client } }
spec: { nodeName: n2, containers: [ { name: c, image: i } ] }
status: { phase: Running, podIP: 10.0.0.2, hostIP: 192.168.0.2 }
---
apiVersion: v1
kind: Pod
metadata: { name: client, namespace: b, labels: { app: client } }
spec: { nodeName: n2, containers: [ { name: c, image: i } ] }
status: { phase: Running, podIP: 10.0.0.3, hostIP: 192.168.0.2 }
---
apiVersion: v1
kind: Pod
metadata: { name: other, namespace: b, labels: { app: other } }
spec: { nodeName: n2, containers: [ { name: c, image: i } ] }
status: { phase: Running, podIP: 10.0.0.4, hostIP: 192.168.0.2 }
---
apiVersion: v1
kind: Pod
metadata: { name: host, namespace: b, labels: { app: client } }
spec: { nodeName: n2, hostNetwork: true, containers: [ { name: c, image: i } ] }
status: { phase: Running, podIP: 192.168.0.2, hostIP: 192.168.0.2 }
---
apiVersion: v1
kind: Service
metadata: { name: outer, namespace: a }
spec: { clusterIP: 10.96.0.9, ports: [ { port: 80 } ] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: outer-1, namespace: a, labels: { kubernetes.io/service-name: outer } }
addressType: IPv4
endpoints: [ { addresses: [ 192.0.2.7 ] } ]
ports: [ { port: 80 } ]
---
apiVersion: v1
kind: Service
metadata: { name: inner, namespace: b }
spec: { clusterIP: 10.96.0.10, selector: { app: other }, ports: [ { port: 80 } ] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: kubernetes, namespace: default, labels: { kubernetes.io/service-name: kubernetes } }
addressType: IPv4
endpoints: [ { addresses: [ 198.51.100.1 ] } ]
ports: [ { port: 6443 } ]
";

fn world(policies: &str) -> World {
    let mut world = World::new(Origin::Files, Timestamp::UNIX_EPOCH);
    let loaded = load_text("vector.yaml", &format!("{WORLD}---\n{policies}"), "a");
    assert!(loaded.unreadable.is_empty(), "{:?}", loaded.unreadable);
    for delta in loaded.deltas {
        world.apply(delta);
    }
    world
}

fn of(kind: &str, name: &str, spec: &str) -> String {
    let place = if kind == "CiliumNetworkPolicy" {
        ", namespace: a"
    } else {
        ""
    };
    format!(
        "---\napiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{ name: {name}{place} }}\nspec: {{ {spec} }}\n"
    )
}

/// A CiliumNetworkPolicy in namespace a about `app=web`.
fn cnp(rest: &str) -> String {
    let spec = format!("endpointSelector: {{ matchLabels: {{ app: web }} }}, {rest}");
    of("CiliumNetworkPolicy", "p", &spec)
}

fn on_web(rest: &str) -> World {
    world(&cnp(rest))
}

fn end<'w>(view: &View<'w>, name: &str) -> End<'w> {
    if let Ok(ip) = name.parse() {
        return End::Outside(Span::one(ip));
    }
    if let Some(node) = name.strip_prefix("node/") {
        return End::Node(NodeEnd {
            name: node.into(),
            node: view.node(&node.into()),
        });
    }
    let (namespace, name) = name.split_once('/').unwrap();
    let pod = view.pod(&Key::new(Kind::Pod, namespace, name)).expect(name);
    End::Pod(pod_end(view, pod))
}

fn verdict(world: &World, from: &str, to: &str, port: u16, protocol: Protocol) -> Answer {
    let view = View::new(world);
    let judge = Judge::new(&view);
    let (sender, receiver) = (end(&view, from), end(&view, to));
    let asked = Asked {
        protocol,
        port,
        via: None,
    };
    let [out, into] = [Direction::Egress, Direction::Ingress]
        .map(|direction| judge.judge(direction, &sender, &receiver, asked).answer);
    if out == Deny { Deny } else { out.max(into) }
}

fn tcp(world: &World, from: &str, to: &str, port: u16) -> Answer {
    verdict(world, from, to, port, Protocol::Tcp)
}

/// What the client of a, the client of b and another pod of b may do to web:8080.
#[track_caller]
fn ingress(rest: &str, a: Answer, b: Answer, other_b: Answer) {
    let world = on_web(rest);
    assert_eq!(tcp(&world, "a/client", "a/web", 8080), a, "a/client");
    assert_eq!(tcp(&world, "b/client", "a/web", 8080), b, "b/client");
    assert_eq!(tcp(&world, "b/other", "a/web", 8080), other_b, "b/other");
}

#[test]
fn a_section_with_rules_isolates_and_one_without_does_not() {
    ingress("ingress: []", Allow, Allow, Allow);
    ingress("ingress: [{}]", Deny, Deny, Deny);
    ingress("egress: [{}]", Allow, Allow, Allow);
    ingress("ingressDeny: [{}]", Deny, Deny, Deny);
    let out = on_web("egress: [{}]");
    assert_eq!(tcp(&out, "a/web", "a/client", 80), Deny);
    assert_eq!(tcp(&out, "a/web", "8.8.8.8", 80), Deny);
    assert_eq!(
        tcp(&on_web("ingress: [{}]"), "a/web", "a/client", 80),
        Allow
    );
}

#[test]
fn endpoints_are_of_the_own_namespace_unless_one_is_named() {
    ingress("ingress: [{ fromEndpoints: [{}] }]", Allow, Deny, Deny);
    ingress("ingress: [{ fromEndpoints: [] }]", Deny, Deny, Deny);
    ingress(
        "ingress: [{ fromEndpoints: [{ matchLabels: { app: client } }] }]",
        Allow,
        Deny,
        Deny,
    );
    for key in [
        "io.kubernetes.pod.namespace",
        "k8s:io.kubernetes.pod.namespace",
        "any:io.kubernetes.pod.namespace",
    ] {
        ingress(
            &format!(
                "ingress: [{{ fromEndpoints: [{{ matchLabels: {{ '{key}': b, 'k8s:app': client }} }}] }}]"
            ),
            Deny,
            Allow,
            Deny,
        );
    }
    ingress(
        "ingress: [{ fromEndpoints: [{ matchLabels: { 'k8s:io.cilium.k8s.namespace.labels.team': blue } }] }]",
        Deny,
        Allow,
        Allow,
    );
    ingress(
        "ingress: [{ fromEndpoints: [{ matchExpressions: [{ key: 'k8s:io.kubernetes.pod.namespace', operator: Exists }] }] }]",
        Allow,
        Allow,
        Allow,
    );
    // Labels that are no part of an identity, and labels that Kubernetes does not tell.
    for key in [
        "pod-template-hash",
        "io.cilium.k8s.policy.serviceaccount",
        "container:x",
    ] {
        ingress(
            &format!("ingress: [{{ fromEndpoints: [{{ matchLabels: {{ '{key}': x }} }}] }}]"),
            Unknown,
            Unknown,
            Unknown,
        );
    }
}

#[test]
fn a_cluster_wide_policy_is_about_every_namespace() {
    let wide = |rest: &str| world(&of("CiliumClusterwideNetworkPolicy", "p", rest));
    let all =
        wide("endpointSelector: { matchLabels: { app: web } }, ingress: [{ fromEndpoints: [{}] }]");
    assert_eq!(tcp(&all, "b/client", "a/web", 80), Allow);
    assert_eq!(tcp(&all, "8.8.8.8", "a/web", 80), Deny);
    let in_b = wide(
        "endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': b } }, ingress: [{}]",
    );
    assert_eq!(tcp(&in_b, "a/web", "b/other", 80), Deny);
    assert_eq!(tcp(&in_b, "b/other", "a/web", 80), Allow);
    let hosts = wide("nodeSelector: {}, ingress: [{}]");
    assert_eq!(tcp(&hosts, "a/web", "b/other", 80), Allow);
    let foreign = world(&of(
        "CiliumNetworkPolicy",
        "p",
        "endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': b } }, ingress: [{}]",
    ));
    assert_eq!(
        tcp(&foreign, "a/client", "b/other", 80),
        Allow,
        "it stays in a"
    );
}

#[test]
fn ports_are_texts_and_any_is_three_protocols() {
    let world = on_web(
        "ingress: [{ toPorts: [{ ports: [{ port: '8080', protocol: TCP }, { port: '53' }, { port: '9000', endPort: 9010, protocol: UDP }] }] }]",
    );
    assert_eq!(tcp(&world, "b/other", "a/web", 8080), Allow);
    assert_eq!(
        tcp(&world, "8.8.8.8", "a/web", 8080),
        Allow,
        "no peers: everyone"
    );
    assert_eq!(tcp(&world, "b/other", "a/web", 8081), Deny);
    for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Sctp] {
        assert_eq!(verdict(&world, "b/other", "a/web", 53, protocol), Allow);
    }
    assert_eq!(
        verdict(&world, "b/other", "a/web", 9005, Protocol::Udp),
        Allow
    );
    assert_eq!(tcp(&world, "b/other", "a/web", 9005), Deny);
    let zero = on_web("ingress: [{ toPorts: [{ ports: [{ port: '0', protocol: TCP }] }] }]");
    assert_eq!(tcp(&zero, "b/other", "a/web", 1), Allow);
    assert_eq!(verdict(&zero, "b/other", "a/web", 1, Protocol::Udp), Deny);
    let named = on_web("ingress: [{ toPorts: [{ ports: [{ port: http }] }] }]");
    assert_eq!(tcp(&named, "b/other", "a/web", 8080), Allow);
    assert_eq!(tcp(&named, "b/other", "a/web", 80), Deny);
    let pings = on_web("ingress: [{ icmps: [{ fields: [{ type: 8 }] }] }]");
    assert_eq!(tcp(&pings, "b/other", "a/web", 80), Deny);
}

#[test]
fn ranges_mean_neither_pods_nor_nodes() {
    let world = on_web("egress: [{ toCIDR: [10.0.0.0/8, 192.0.2.7, 192.168.0.0/16] }]");
    assert_eq!(tcp(&world, "a/web", "10.0.0.2", 80), Allow, "no pod's end");
    assert_eq!(tcp(&world, "a/web", "a/client", 80), Deny, "a pod's");
    assert_eq!(tcp(&world, "a/web", "192.0.2.7", 80), Allow);
    assert_eq!(tcp(&world, "a/web", "192.0.2.8", 80), Deny);
    assert_eq!(
        tcp(&world, "a/web", "192.168.0.2", 80),
        Unknown,
        "a node's: a setting decides"
    );
    assert_eq!(tcp(&world, "a/web", "192.168.0.9", 80), Allow);
    let except = on_web("egress: [{ toCIDRSet: [{ cidr: 0.0.0.0/0, except: [192.0.2.0/24] }] }]");
    assert_eq!(tcp(&except, "a/web", "8.8.8.8", 80), Allow);
    assert_eq!(tcp(&except, "a/web", "192.0.2.7", 80), Deny);
    assert_eq!(tcp(&except, "a/web", "b/other", 80), Deny);
    let group = on_web("egress: [{ toCIDRSet: [{ cidrGroupRef: office }] }]");
    assert_eq!(tcp(&group, "a/web", "8.8.8.8", 80), Unknown);
    assert_eq!(tcp(&group, "a/web", "b/other", 80), Deny);
}

#[test]
fn entities_are_parts_of_cluster_and_world() {
    let to = |entities: &str| on_web(&format!("egress: [{{ toEntities: [{entities}] }}]"));
    let ends = [
        "a/client",
        "b/host",
        "node/n2",
        "192.168.0.2",
        "8.8.8.8",
        "198.51.100.1",
    ];
    for (entities, expected) in [
        ("all", [Allow; 6]),
        ("world", [Deny, Deny, Deny, Deny, Allow, Allow]),
        // With one address family nobody is told apart by it.
        ("world-ipv4", [Deny; 6]),
        ("world-ipv6", [Deny; 6]),
        ("cluster", [Allow, Allow, Allow, Allow, Deny, Allow]),
        ("host", [Deny, Unknown, Unknown, Unknown, Deny, Deny]),
        ("host, remote-node", [Deny, Allow, Allow, Allow, Deny, Deny]),
        ("kube-apiserver", [Deny, Deny, Deny, Deny, Deny, Allow]),
        ("health", [Deny; 6]),
    ] {
        let world = to(entities);
        for (end, expected) in ends.into_iter().zip(expected) {
            assert_eq!(
                tcp(&world, "a/web", end, 443),
                expected,
                "{entities}: {end}"
            );
        }
    }
    let reserved =
        on_web("ingress: [{ fromEndpoints: [{ matchLabels: { 'reserved:world': '' } }] }]");
    assert_eq!(tcp(&reserved, "8.8.8.8", "a/web", 80), Allow);
    assert_eq!(tcp(&reserved, "a/client", "a/web", 80), Deny);
    for word in ["all", "cluster"] {
        let odd = on_web(&format!(
            "ingress: [{{ fromEndpoints: [{{ matchLabels: {{ 'reserved:{word}': '' }} }}] }}]"
        ));
        assert_eq!(tcp(&odd, "a/client", "a/web", 80), Unknown, "{word}");
    }
}

/// `pkg/labels`, `getWorldLabel`: with two families what is outside is labelled by its own, and by nothing else.
#[test]
fn with_two_address_families_the_world_is_told_apart_by_them() {
    let dual = |peers: &str| {
        let more = "---\napiVersion: v1\nkind: Pod\nmetadata: { name: six, namespace: b }\n\
             spec: { nodeName: n1, containers: [ { name: c, image: i } ] }\n\
             status: { phase: Running, podIP: 10.0.0.9, podIPs: [ { ip: 10.0.0.9 }, { ip: 'fd00::9' } ] }\n";
        world(&format!(
            "{}{more}",
            cnp(&format!("ingress: [{{ {peers} }}]"))
        ))
    };
    for (peers, four, six) in [
        ("fromEntities: [world]", Allow, Allow),
        ("fromEntities: [world-ipv4]", Allow, Deny),
        ("fromEntities: [world-ipv6]", Deny, Allow),
        (
            "fromEndpoints: [{ matchLabels: { 'reserved:world': '' } }]",
            Deny,
            Deny,
        ),
        (
            "fromEndpoints: [{ matchLabels: { 'reserved:world-ipv4': '' } }]",
            Allow,
            Deny,
        ),
    ] {
        let world = dual(peers);
        assert_eq!(tcp(&world, "8.8.8.8", "a/web", 80), four, "{peers}");
        assert_eq!(tcp(&world, "2600::1", "a/web", 80), six, "{peers}");
    }
}

/// Of what a node sends to its own pods only what a rule denies is stopped; what they send to it is judged.
#[test]
fn a_node_reaches_its_own_pods_unless_a_rule_denies_it() {
    let closed = on_web("ingress: [{}], egress: [{}]");
    assert_eq!(tcp(&closed, "node/n1", "a/web", 80), Allow);
    assert_eq!(tcp(&closed, "node/n2", "a/web", 80), Deny);
    assert_eq!(tcp(&closed, "a/web", "node/n1", 80), Deny);
    let denied = on_web("ingressDeny: [{ toPorts: [{ ports: [{ port: '80' }] }] }]");
    assert_eq!(tcp(&denied, "node/n1", "a/web", 80), Deny);
    assert_eq!(tcp(&denied, "node/n1", "a/web", 81), Allow);
    let pods = on_web("ingressDeny: [{ fromEndpoints: [{}] }]");
    assert_eq!(tcp(&pods, "node/n1", "a/web", 80), Allow);
}

/// A rule whose Services have nothing behind them is left without peers, which v1.20 takes to mean everyone.
#[test]
fn services_that_are_not_there_leave_the_rule_unknown() {
    let to = |service: &str| {
        on_web(&format!(
            "egress: [{{ toServices: [{{ k8sService: {{ {service} }} }}], toPorts: [{{ ports: [{{ port: '80' }}] }}] }}]"
        ))
    };
    let there = to("serviceName: inner, namespace: b");
    assert_eq!(tcp(&there, "a/web", "b/other", 80), Allow);
    assert_eq!(tcp(&there, "a/web", "8.8.8.8", 80), Deny);
    let hosts = "---\napiVersion: v1\nkind: Service\nmetadata: { name: hosts, namespace: b }\nspec: { clusterIP: None, selector: { app: client } }\n";
    let of_hosts = world(&format!(
        "{}{hosts}",
        cnp("egress: [{ toServices: [{ k8sService: { serviceName: hosts, namespace: b } }] }]")
    ));
    assert_eq!(tcp(&of_hosts, "a/web", "b/client", 80), Allow);
    assert_eq!(
        tcp(&of_hosts, "a/web", "b/host", 80),
        Deny,
        "no endpoint, though its labels fit"
    );
    let lost = to("serviceName: inner, namespace: a");
    assert_eq!(tcp(&lost, "a/web", "b/other", 80), Unknown);
    assert_eq!(tcp(&lost, "a/web", "8.8.8.8", 80), Unknown);
    assert_eq!(tcp(&lost, "a/web", "8.8.8.8", 81), Deny);
    let anywhere = to("serviceName: inner");
    assert_eq!(tcp(&anywhere, "a/web", "b/other", 80), Unknown);
}

/// A policy with peers by node labels is refused unless the agent is told to know these.
#[test]
fn peers_by_node_labels_leave_the_policy_unknown() {
    ingress("ingress: [{ fromNodes: [{}] }]", Unknown, Unknown, Unknown);
    let out = on_web("egress: [{ toNodes: [{}] }]");
    assert_eq!(tcp(&out, "a/web", "8.8.8.8", 80), Unknown);
    assert_eq!(
        tcp(&out, "a/client", "a/web", 80),
        Allow,
        "the other direction"
    );
}

/// NetworkPolicies where Cilium is seen: a pod's own node is no exception, ranges mean no nodes, and rules count
/// whether or not `policyTypes` has their direction.
#[test]
fn a_network_policy_is_what_cilium_makes_of_it() {
    let agent = "---\napiVersion: v1\nkind: Pod\n\
         metadata: { name: cilium-x, namespace: kube-system, labels: { k8s-app: cilium } }\n\
         spec: { nodeName: n1, hostNetwork: true, containers: [ { name: cilium-agent, image: quay.io/cilium/cilium:v1.20.2 } ] }\n\
         status: { phase: Running, podIP: 192.168.0.1, hostIP: 192.168.0.1 }\n";
    let policy = |spec: &str| {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{ name: p, namespace: a }}\n\
             spec: {{ podSelector: {{ matchLabels: {{ app: web }} }}, {spec} }}\n"
        )
    };
    let both = |spec: &str| {
        let bare = world(&policy(spec));
        let cilium = world(&format!("{}{agent}", policy(spec)));
        (bare, cilium)
    };
    let (bare, cilium) = both("policyTypes: [Egress]");
    assert_eq!(tcp(&bare, "a/web", "node/n1", 80), Allow);
    assert_eq!(tcp(&cilium, "a/web", "node/n1", 80), Deny);
    let (bare, cilium) =
        both("policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }]");
    assert_eq!(tcp(&bare, "a/web", "node/n2", 80), Allow);
    assert_eq!(
        tcp(&cilium, "a/web", "node/n2", 80),
        Unknown,
        "a setting decides"
    );
    assert_eq!(tcp(&cilium, "a/web", "8.8.8.8", 80), Allow);
    let (bare, cilium) = both("policyTypes: [Ingress], egress: [{ ports: [{ port: 53 }] }]");
    assert_eq!(tcp(&bare, "a/web", "8.8.8.8", 80), Allow);
    assert_eq!(tcp(&cilium, "a/web", "8.8.8.8", 80), Unknown);
}

#[test]
fn deny_takes_away_whatever_admits_also_what_a_network_policy_admits() {
    let open = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: open, namespace: a }\nspec: { podSelector: {}, ingress: [{}] }\n";
    let deny = cnp(
        "ingressDeny: [{ fromEntities: [world], toPorts: [{ ports: [{ port: '80', protocol: TCP }] }] }]",
    );
    let both = world(&format!("{deny}{open}"));
    assert_eq!(tcp(&both, "8.8.8.8", "a/web", 80), Deny);
    assert_eq!(tcp(&both, "8.8.8.8", "a/web", 81), Allow);
    assert_eq!(tcp(&both, "b/other", "a/web", 80), Allow);
    let alone = world(&deny);
    assert_eq!(
        tcp(&alone, "b/other", "a/web", 80),
        Deny,
        "a rule that denies isolates too"
    );
    let admits = cnp("ingress: [{ fromEndpoints: [{ matchLabels: { app: client } }] }]");
    let closed = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: closed, namespace: a }\nspec: { podSelector: {} }\n";
    let union = world(&format!("{admits}{closed}"));
    assert_eq!(tcp(&union, "a/client", "a/web", 80), Allow, "a union");
    assert_eq!(tcp(&union, "b/other", "a/web", 80), Deny);
}

#[test]
fn without_default_deny_only_what_is_denied_is_dropped() {
    ingress(
        "enableDefaultDeny: { ingress: false }, ingress: [{ fromEndpoints: [{ matchLabels: { app: client } }] }]",
        Allow,
        Allow,
        Allow,
    );
    ingress(
        "enableDefaultDeny: { ingress: false }, ingressDeny: [{ fromEndpoints: [{ matchLabels: { app: client } }] }]",
        Deny,
        Allow,
        Allow,
    );
    let requests = on_web(
        "enableDefaultDeny: { ingress: false }, ingress: [{ toPorts: [{ ports: [{ port: '80', protocol: TCP }], rules: { http: [{ method: GET }] } }] }]",
    );
    assert_eq!(tcp(&requests, "b/other", "a/web", 80), Unknown);
    assert_eq!(tcp(&requests, "b/other", "a/web", 81), Allow);
}

#[test]
fn what_is_beyond_ports_is_unknown_and_the_rest_is_not() {
    let http = "ingress: [{ fromEndpoints: [{}], toPorts: [{ ports: [{ port: '8080', protocol: TCP }], rules: { http: [{ method: GET }] } }] }]";
    ingress(http, Unknown, Deny, Deny);
    assert_eq!(tcp(&on_web(http), "a/client", "a/web", 80), Deny);
    ingress(
        "ingress: [{ fromEndpoints: [{}], authentication: { mode: required } }]",
        Unknown,
        Deny,
        Deny,
    );
    let names = on_web("egress: [{ toFQDNs: [{ matchName: example.com }] }]");
    assert_eq!(tcp(&names, "a/web", "8.8.8.8", 443), Unknown);
    assert_eq!(tcp(&names, "a/web", "b/other", 443), Deny);
    let dns = |pattern: &str| {
        on_web(&format!(
            "egress: [{{ toEndpoints: [{{}}], toPorts: [{{ ports: [{{ port: '53', protocol: ANY }}], rules: {{ dns: [{{ matchPattern: '{pattern}' }}] }} }}] }}]"
        ))
    };
    let ask = |world: &World| verdict(world, "a/web", "a/client", 53, Protocol::Udp);
    assert_eq!(ask(&dns("*")), Allow, "every name");
    assert_eq!(ask(&dns("*.example.com")), Unknown);
    let groups = on_web("egress: [{ toGroups: [{ aws: { region: x } }] }]");
    assert_eq!(tcp(&groups, "a/web", "8.8.8.8", 443), Unknown);
}

#[test]
fn services_mean_what_is_behind_them() {
    let world = on_web(
        "egress: [{ toServices: [{ k8sService: { serviceName: outer, namespace: a } }, { k8sService: { serviceName: inner, namespace: b } }] }]",
    );
    assert_eq!(tcp(&world, "a/web", "192.0.2.7", 80), Allow);
    assert_eq!(tcp(&world, "a/web", "192.0.2.8", 80), Deny);
    assert_eq!(tcp(&world, "a/web", "b/other", 80), Allow);
    assert_eq!(tcp(&world, "a/web", "b/client", 80), Deny);
}

#[test]
fn a_pod_on_its_nodes_network_is_no_endpoint() {
    let world = world(&of(
        "CiliumClusterwideNetworkPolicy",
        "p",
        "endpointSelector: {}, ingress: [{ fromEndpoints: [{}] }]",
    ));
    assert_eq!(
        tcp(&world, "8.8.8.8", "b/host", 80),
        Allow,
        "never selected"
    );
    assert_eq!(tcp(&world, "b/host", "a/web", 80), Deny, "nor a peer");
    assert_eq!(
        tcp(&world, "b/host", "b/other", 80),
        Unknown,
        "a node reaches its own pods"
    );
}

#[test]
fn what_the_agent_refuses_is_not_judged() {
    for rest in [
        "ingress: [{ fromEndpoints: [{}], fromEntities: [world] }]",
        "ingress: [{ fromEntities: [moon] }]",
        "ingress: [{ fromCIDR: [10.0.0.0/99] }]",
        "ingress: [{ toPorts: [{ ports: [{ port: '90', endPort: 80 }] }] }]",
        "ingress: [{ fromCIDRSet: [{ cidr: 10.0.0.0/8, except: [11.0.0.0/24] }] }]",
    ] {
        ingress(rest, Unknown, Unknown, Unknown);
    }
}

#[test]
fn several_specs_are_one_policy_where_they_are_about_the_same_pods() {
    let of = |other: &str| {
        world(&format!(
            "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{ name: p, namespace: a }}\nspecs: [{{ endpointSelector: {{ matchLabels: {{ app: web }} }}, ingress: [{{ fromEndpoints: [{{}}] }}] }}, {{ endpointSelector: {{ matchLabels: {{ app: {other} }} }}, ingress: [{{ fromEntities: [world] }}] }}]\n"
        ))
    };
    let same = of("web");
    assert_eq!(tcp(&same, "a/client", "a/web", 80), Allow);
    assert_eq!(tcp(&same, "8.8.8.8", "a/web", 80), Allow);
    assert_eq!(tcp(&same, "b/other", "a/web", 80), Deny);
    assert_eq!(tcp(&of("client"), "b/other", "a/web", 80), Unknown);
}

#[test]
fn rules_are_said_with_their_own_fields() {
    let world = on_web(
        "ingress: [{ fromEntities: [cluster] }], ingressDeny: [{ fromEntities: [world], toPorts: [{ ports: [{ port: '80', protocol: TCP }] }] }]",
    );
    let key = Key::new(Kind::CiliumNetworkPolicy, "a", "p");
    let policy = as_policy(world.get(&key).unwrap()).unwrap();
    assert_eq!(
        words::sentences(policy),
        [
            (
                "spec.ingress[0]".to_owned(),
                "from anyone in the cluster, to every port".to_owned()
            ),
            (
                "spec.ingressDeny[0]".to_owned(),
                "deny from anyone outside the cluster, to 80/TCP".to_owned()
            ),
        ]
    );
}
