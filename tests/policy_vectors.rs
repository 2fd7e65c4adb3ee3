//! The vectors of NetworkPolicy and of the policies of administrators, row by row: who may talk to whom, by what the
//! API's own documents say.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

use jiff::Timestamp;
use portolan::model::key::{Key, Name};
use portolan::model::kind::Kind;
use portolan::model::policy::Direction;
use portolan::model::port::Protocol;
use portolan::model::view::View;
use portolan::model::world::{Origin, World};
use portolan::semantics::policy::end::{End, Span};
use portolan::semantics::policy::judge::{Answer, Asked, Judge};
use portolan::semantics::policy::matching::pod_end;
use portolan::source::files::load_text;

const PODS: &str = r"
apiVersion: v1
kind: Namespace
metadata: { name: a, labels: { team: red } }
---
apiVersion: v1
kind: Namespace
metadata: { name: b, labels: { team: blue } }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: a, labels: { app: web } }
spec: { nodeName: n1, containers: [ { name: c, image: i, ports: [ { name: http, containerPort: 8080 } ] } ] }
status: { phase: Running, podIP: 10.244.0.10 }
---
apiVersion: v1
kind: Pod
metadata: { name: web2, namespace: a, labels: { app: web } }
spec: { nodeName: n2, containers: [ { name: c, image: i, ports: [ { name: http, containerPort: 9090 } ] } ] }
status: { phase: Running, podIP: 10.244.0.11 }
---
apiVersion: v1
kind: Pod
metadata: { name: client, namespace: a, labels: { app: client } }
spec: { nodeName: n1, containers: [ { name: c, image: i } ] }
status: { phase: Running, podIP: 10.2.2.2 }
---
apiVersion: v1
kind: Pod
metadata: { name: other, namespace: a, labels: { app: other } }
spec: { nodeName: n1, containers: [ { name: c, image: i } ] }
status: { phase: Running, podIP: 10.1.2.3 }
---
apiVersion: v1
kind: Pod
metadata: { name: client, namespace: b, labels: { app: client } }
spec: { nodeName: n1, containers: [ { name: c, image: i } ] }
status: { phase: Running, podIP: 10.244.1.12 }
---
apiVersion: v1
kind: Pod
metadata: { name: other, namespace: b, labels: { app: other } }
spec: { nodeName: n1, containers: [ { name: c, image: i } ] }
status: { phase: Running, podIP: 10.244.1.13 }
---
apiVersion: v1
kind: Pod
metadata: { name: addressless, namespace: a, labels: { app: other } }
spec: { containers: [ { name: c, image: i } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: host, namespace: a, labels: { app: host } }
spec: { nodeName: n3, hostNetwork: true, containers: [ { name: c, image: i } ] }
status: { phase: Running, podIP: 192.168.0.3, hostIP: 192.168.0.3 }
";

fn world(policies: &str) -> World {
    let mut world = World::new(Origin::Files, Timestamp::UNIX_EPOCH);
    let loaded = load_text("vector.yaml", &format!("{PODS}---\n{policies}"), "a");
    assert!(loaded.unreadable.is_empty(), "{:?}", loaded.unreadable);
    for delta in loaded.deltas {
        world.apply(delta);
    }
    world
}

fn end<'w>(view: &View<'w>, name: &str) -> End<'w> {
    if let Ok(ip) = name.parse() {
        return End::Outside(Span::one(ip));
    }
    let (namespace, name) = name.split_once('/').unwrap();
    let pod = view.pod(&Key::new(Kind::Pod, namespace, name)).expect(name);
    End::Pod(pod_end(view, pod))
}

/// Both directions together.
fn verdict(world: &World, from: &str, to: &str, port: u16, protocol: Protocol) -> Answer {
    let view = View::new(world);
    let judge = Judge::new(&view);
    let (sender, receiver) = (end(&view, from), end(&view, to));
    let asked = Asked {
        protocol,
        port,
        via: None,
    };
    let out = judge
        .judge(Direction::Egress, &sender, &receiver, asked)
        .answer;
    let into = judge
        .judge(Direction::Ingress, &sender, &receiver, asked)
        .answer;
    out.max(into)
}

/// To port 8080/TCP of a pod by way of port 80 of its Service at 10.96.0.9, out and in.
fn by_service(world: &World, from: &str, to: &str) -> [Answer; 2] {
    let view = View::new(world);
    let judge = Judge::new(&view);
    let (sender, receiver) = (end(&view, from), end(&view, to));
    let asked = Asked {
        protocol: Protocol::Tcp,
        port: 8080,
        via: Some(("10.96.0.9".parse().unwrap(), 80)),
    };
    [Direction::Egress, Direction::Ingress]
        .map(|direction| judge.judge(direction, &sender, &receiver, asked).answer)
}

fn tcp(world: &World, from: &str, to: &str, port: u16) -> Answer {
    verdict(world, from, to, port, Protocol::Tcp)
}

/// A NetworkPolicy in namespace a that selects `app=web`, with the rest of its spec.
fn policy(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{ name: {name}, namespace: a }}\nspec: {{ podSelector: {{ matchLabels: {{ app: web }} }}, {spec} }}\n"
    )
}

fn on_web(spec: &str) -> World {
    world(&policy("p", spec))
}

use Answer::{Allow, Deny, Unknown};

#[test]
fn a_services_address_is_where_a_connection_goes_and_never_where_it_comes_from() {
    let services = "ipBlock: { cidr: 10.96.0.0/16 }";
    let out = world(&policy(
        "p",
        &format!("policyTypes: [Egress], egress: [{{ to: [{{ {services} }}] }}]"),
    ));
    assert_eq!(by_service(&out, "a/web", "a/client"), [Unknown, Allow]);
    let into = on_web(&format!("ingress: [{{ from: [{{ {services} }}] }}]"));
    assert_eq!(by_service(&into, "a/client", "a/web"), [Allow, Deny]);
    let excepted =
        on_web("ingress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0, except: [10.244.1.13/32] } }] }]");
    assert_eq!(by_service(&excepted, "b/other", "a/web"), [Allow, Deny]);
    assert_eq!(by_service(&excepted, "b/client", "a/web"), [Allow, Allow]);
}

/// What the client of a, the client of b and another pod of b may do to web:8080.
#[track_caller]
fn ingress(world: &World, a: Answer, b: Answer, other_b: Answer) {
    assert_eq!(tcp(world, "a/client", "a/web", 8080), a, "a/client");
    assert_eq!(tcp(world, "b/client", "a/web", 8080), b, "b/client");
    assert_eq!(tcp(world, "b/other", "a/web", 8080), other_b, "b/other");
}

#[test]
fn no_policy() {
    ingress(&world(""), Allow, Allow, Allow);
}

#[test]
fn selected_for_ingress_without_rules() {
    let world = on_web("policyTypes: [Ingress]");
    ingress(&world, Deny, Deny, Deny);
    assert_eq!(
        tcp(&world, "a/web", "a/client", 80),
        Allow,
        "egress stays open"
    );
    assert_eq!(
        tcp(&world, "a/client", "a/other", 80),
        Allow,
        "others are not selected"
    );
    ingress(
        &on_web("policyTypes: [Ingress], ingress: []"),
        Deny,
        Deny,
        Deny,
    );
}

#[test]
fn one_empty_rule_allows_all() {
    ingress(&on_web("ingress: [{}]"), Allow, Allow, Allow);
}

#[test]
fn pods_of_this_namespace() {
    ingress(
        &on_web("ingress: [{ from: [{ podSelector: {} }] }]"),
        Allow,
        Deny,
        Deny,
    );
}

#[test]
fn pods_of_every_namespace() {
    ingress(
        &on_web("ingress: [{ from: [{ namespaceSelector: {} }] }]"),
        Allow,
        Allow,
        Allow,
    );
}

const NS_B: &str = "namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: b } }";
const CLIENT: &str = "podSelector: { matchLabels: { app: client } }";

#[test]
fn two_items_are_or() {
    let world = on_web(&format!(
        "ingress: [{{ from: [{{ {NS_B} }}, {{ {CLIENT} }}] }}]"
    ));
    ingress(&world, Allow, Allow, Allow);
    assert_eq!(tcp(&world, "a/other", "a/web", 8080), Deny);
}

#[test]
fn one_item_is_and() {
    let world = on_web(&format!("ingress: [{{ from: [{{ {NS_B}, {CLIENT} }}] }}]"));
    ingress(&world, Deny, Allow, Deny);
}

#[test]
fn the_pods_own_port_counts() {
    ingress(
        &on_web("ingress: [{ ports: [{ port: 80 }] }]"),
        Deny,
        Deny,
        Deny,
    );
}

#[test]
fn a_named_port_is_looked_up_on_each_pod() {
    let world = on_web("ingress: [{ ports: [{ port: http }] }]");
    assert_eq!(tcp(&world, "b/client", "a/web", 8080), Allow);
    assert_eq!(tcp(&world, "b/client", "a/web", 9090), Deny);
    assert_eq!(tcp(&world, "b/client", "a/web2", 9090), Allow);
    assert_eq!(tcp(&world, "b/client", "a/web2", 8080), Deny);
    let udp = on_web("ingress: [{ ports: [{ port: http, protocol: UDP }] }]");
    assert_eq!(
        verdict(&udp, "b/client", "a/web", 8080, Protocol::Udp),
        Deny,
        "the name is TCP"
    );
}

#[test]
fn a_protocol_alone_is_all_its_ports() {
    let world = on_web("ingress: [{ ports: [{ protocol: UDP }] }]");
    assert_eq!(tcp(&world, "a/client", "a/web", 8080), Deny);
    assert_eq!(
        verdict(&world, "a/client", "a/web", 8080, Protocol::Udp),
        Allow
    );
    let sctp = on_web("ingress: [{ ports: [{ protocol: SCTP, port: 8080 }] }]");
    assert_eq!(
        tcp(&sctp, "a/client", "a/web", 8080),
        Deny,
        "SCTP admits no TCP"
    );
}

#[test]
fn a_range_of_ports_is_inclusive() {
    let world = on_web("ingress: [{ ports: [{ port: 8000, endPort: 8080 }] }]");
    assert_eq!(tcp(&world, "a/client", "a/web", 8000), Allow);
    assert_eq!(tcp(&world, "a/client", "a/web", 8080), Allow);
    assert_eq!(tcp(&world, "a/client", "a/web", 8081), Deny);
    assert_eq!(tcp(&world, "a/client", "a/web", 7999), Deny);
}

#[test]
fn addresses_with_an_exception_match_pods_too() {
    let block = "ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] }";
    let world = on_web(&format!("ingress: [{{ from: [{{ {block} }}] }}]"));
    assert_eq!(tcp(&world, "a/other", "a/web", 8080), Deny, "10.1.2.3");
    assert_eq!(tcp(&world, "a/client", "a/web", 8080), Allow, "10.2.2.2");
    assert_eq!(tcp(&world, "10.1.2.3", "a/web", 8080), Deny);
    assert_eq!(tcp(&world, "10.2.2.2", "a/web", 8080), Allow);
    assert_eq!(tcp(&world, "8.8.8.8", "a/web", 8080), Deny);
    assert_eq!(
        tcp(&world, "a/addressless", "a/web", 8080),
        Unknown,
        "its address is not known"
    );
}

#[test]
fn every_address_holds_for_an_unknown_one_too() {
    let world = on_web("ingress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }]");
    assert_eq!(tcp(&world, "a/addressless", "a/web", 8080), Allow);
    let six = on_web("ingress: [{ from: [{ ipBlock: { cidr: '::/0' } }] }]");
    assert_eq!(
        tcp(&six, "a/addressless", "a/web", 8080),
        Deny,
        "no pod here has IPv6"
    );
    assert_eq!(tcp(&six, "2001:db9::1", "a/web", 8080), Allow);
}

#[test]
fn egress_rules_without_types_isolate_both_ways() {
    let world = on_web("egress: [{ to: [{ podSelector: {} }] }]");
    ingress(&world, Deny, Deny, Deny);
    assert_eq!(tcp(&world, "a/web", "a/client", 80), Allow);
    assert_eq!(tcp(&world, "a/web", "b/client", 80), Deny);
}

#[test]
fn an_empty_list_of_egress_rules_without_types_leaves_egress_open() {
    let world = on_web("egress: []");
    ingress(&world, Deny, Deny, Deny);
    assert_eq!(tcp(&world, "a/web", "b/client", 80), Allow);
    let listed = on_web("policyTypes: [Egress], egress: []");
    ingress(&listed, Allow, Allow, Allow);
    assert_eq!(tcp(&listed, "a/web", "b/client", 80), Deny);
}

#[test]
fn policies_add_up() {
    let both = policy("deny", "policyTypes: [Ingress]")
        + &policy("allow", &format!("ingress: [{{ from: [{{ {CLIENT} }}] }}]"));
    ingress(&world(&both), Allow, Deny, Deny);
}

#[test]
fn an_empty_list_of_peers_is_everyone() {
    let world = on_web("ingress: [{ from: [], ports: [{ port: 80 }] }]");
    assert_eq!(tcp(&world, "a/client", "a/web", 80), Allow);
    assert_eq!(tcp(&world, "b/client", "a/web", 80), Allow);
    assert_eq!(tcp(&world, "b/client", "a/web", 8080), Deny);
}

#[test]
fn both_ends_must_admit() {
    let egress = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: e, namespace: a }\nspec: { podSelector: { matchLabels: { app: client } }, policyTypes: [Egress], egress: [{ ports: [{ port: 9090 }] }] }\n";
    let world = world(
        &(policy(
            "p",
            "ingress: [{ ports: [{ port: 8080 }, { port: 9090 }] }]",
        ) + egress),
    );
    assert_eq!(tcp(&world, "a/client", "a/web", 8080), Deny);
    assert_eq!(tcp(&world, "a/client", "a/web", 9090), Allow);
    assert_eq!(
        tcp(&world, "a/web", "a/client", 1234),
        Allow,
        "replies and the other way are not limited"
    );
}

#[test]
fn a_pod_reaches_itself() {
    let world = on_web("policyTypes: [Ingress, Egress]");
    assert_eq!(tcp(&world, "a/web", "a/web", 8080), Allow);
}

#[test]
fn expressions() {
    let world = on_web(
        "ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: app, operator: NotIn, values: [other] }, { key: app, operator: Exists }] } }] }]",
    );
    assert_eq!(tcp(&world, "a/client", "a/web", 1), Allow);
    assert_eq!(tcp(&world, "a/other", "a/web", 1), Deny);
    let absent = on_web(
        "ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: team, operator: DoesNotExist }] } }] }]",
    );
    assert_eq!(tcp(&absent, "a/client", "a/web", 1), Deny);
}

#[test]
fn what_shares_its_nodes_network_is_left_open() {
    let by_label = on_web("ingress: [{ from: [{ podSelector: { matchLabels: { app: host } } }] }]");
    assert_eq!(tcp(&by_label, "a/host", "a/web", 1), Unknown);
    let by_address = on_web("ingress: [{ from: [{ ipBlock: { cidr: 192.168.0.0/16 } }] }]");
    assert_eq!(tcp(&by_address, "a/host", "a/web", 1), Unknown);
    assert_eq!(tcp(&on_web("ingress: [{}]"), "a/host", "a/web", 1), Allow);
    assert_eq!(
        tcp(&on_web("ingress: []"), "a/host", "a/web", 1),
        Deny,
        "another node's"
    );
    let selected = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: h, namespace: a }\nspec: { podSelector: {} }\n";
    assert_eq!(
        tcp(&world(selected), "b/client", "a/host", 1),
        Unknown,
        "perhaps selected"
    );
}

#[test]
fn what_cannot_be_read_never_admits() {
    let cases = [
        "ingress: [{ from: [{ ipBlock: { cidr: 10.2.2.2 } }] }]",
        "ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/40 } }] }]",
        "ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8, except: [nonsense] } }] }]",
        "ingress: [{ from: nonsense }]",
        "ingress: [{ from: [nonsense] }]",
        "ingress: [{ ports: nonsense }]",
        "ingress: [{ ports: [{ port: 70000 }] }]",
        "ingress: [{ ports: [{ port: 0 }] }]",
        "ingress: [{ ports: [{ port: 8080, endPort: 80 }] }]",
        "ingress: [{ ports: [{ port: http, endPort: 8080 }] }]",
        "ingress: [{ ports: [{ port: 8080, protocol: ICMP }] }]",
        "ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: app, operator: Like, values: [client] }] } }] }]",
        "ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: app, operator: In }] } }] }]",
        "ingress: nonsense",
        "ingress: [nonsense]",
        "policyTypes: [Ingres]",
    ];
    for case in cases {
        assert_eq!(
            tcp(&on_web(case), "a/client", "a/web", 8080),
            Unknown,
            "{case}"
        );
    }
}

#[test]
fn an_unknown_peer_fails_closed() {
    let world = on_web("ingress: [{ from: [{ serviceAccountSelector: {} }] }]");
    ingress(&world, Deny, Deny, Deny);
}

#[test]
fn what_is_sure_stays_sure_beside_what_cannot_be_read() {
    let world = on_web(&format!(
        "ingress: [{{ from: [{{ ipBlock: {{ cidr: x }} }}] }}, {{ from: [{{ {CLIENT} }}] }}]"
    ));
    assert_eq!(tcp(&world, "a/client", "a/web", 1), Allow);
    assert_eq!(tcp(&world, "b/client", "a/web", 1), Unknown);
}

fn admin(kind: &str, name: &str, spec: &str) -> String {
    let version = if kind == "ClusterNetworkPolicy" {
        "v1alpha2"
    } else {
        "v1alpha1"
    };
    format!(
        "---\napiVersion: policy.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{ name: {name} }}\nspec: {{ {spec} }}\n"
    )
}

const TO_WEB: &str =
    "subject: { pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: web } } } }";
const EVERYONE: &str = "from: [{ namespaces: {} }]";

fn anp(name: &str, priority: u16, rules: &str) -> String {
    admin(
        "AdminNetworkPolicy",
        name,
        &format!("priority: {priority}, {TO_WEB}, ingress: [{rules}]"),
    )
}

fn banp(rules: &str) -> String {
    admin(
        "BaselineAdminNetworkPolicy",
        "default",
        &format!("{TO_WEB}, ingress: [{rules}]"),
    )
}

fn rule(action: &str) -> String {
    format!("{{ action: {action}, {EVERYONE} }}")
}

#[test]
fn an_administrators_denial_beats_an_admitting_policy() {
    ingress(
        &world(&(anp("x", 1, &rule("Deny")) + &policy("p", "ingress: [{}]"))),
        Deny,
        Deny,
        Deny,
    );
}

#[test]
fn pass_leaves_it_to_the_network_policies() {
    let text =
        anp("x", 1, &rule("Pass")) + &anp("y", 2, &rule("Allow")) + &policy("p", "ingress: []");
    ingress(&world(&text), Deny, Deny, Deny);
}

#[test]
fn an_administrators_allowance_beats_a_denying_policy() {
    ingress(
        &world(&(anp("x", 1, &rule("Allow")) + &policy("p", "ingress: []"))),
        Allow,
        Allow,
        Allow,
    );
}

#[test]
fn the_baseline_holds_where_no_policy_isolates() {
    ingress(&world(&banp(&rule("Deny"))), Deny, Deny, Deny);
    let both = banp(&rule("Deny")) + &policy("p", "ingress: [{}]");
    ingress(&world(&both), Allow, Allow, Allow);
    let denied = banp(&rule("Allow")) + &policy("p", "ingress: []");
    ingress(&world(&denied), Deny, Deny, Deny);
}

#[test]
fn equal_priorities_that_disagree_are_undefined() {
    ingress(
        &world(&(anp("x", 5, &rule("Deny")) + &anp("y", 5, &rule("Allow")))),
        Unknown,
        Unknown,
        Unknown,
    );
    ingress(
        &world(&(anp("x", 5, &rule("Deny")) + &anp("y", 5, &rule("Deny")))),
        Deny,
        Deny,
        Deny,
    );
    ingress(
        &world(&(anp("x", 4, &rule("Deny")) + &anp("y", 5, &rule("Allow")))),
        Deny,
        Deny,
        Deny,
    );
}

#[test]
fn tiers_are_decided_port_by_port() {
    let eighty =
        format!("{{ action: Allow, {EVERYONE}, ports: [{{ portNumber: {{ port: 80 }} }}] }}");
    let world = world(&anp("x", 1, &format!("{eighty}, {}", rule("Deny"))));
    assert_eq!(tcp(&world, "b/client", "a/web", 80), Allow);
    assert_eq!(tcp(&world, "b/client", "a/web", 8080), Deny);
    assert_eq!(
        verdict(&world, "b/client", "a/web", 80, Protocol::Udp),
        Deny
    );
}

#[test]
fn an_administrators_named_port_has_the_containers_protocol() {
    let text = format!("{{ action: Deny, {EVERYONE}, ports: [{{ namedPort: http }}] }}");
    let world = world(&anp("x", 1, &text));
    assert_eq!(tcp(&world, "b/client", "a/web", 8080), Deny);
    assert_eq!(
        verdict(&world, "b/client", "a/web", 8080, Protocol::Udp),
        Allow
    );
    assert_eq!(tcp(&world, "b/client", "a/web2", 8080), Allow);
}

#[test]
fn an_administrators_unknown_peer_fails_closed() {
    let deny = "{ action: Deny, from: [{ fancy: {} }] }";
    ingress(&world(&anp("x", 1, deny)), Deny, Deny, Deny);
    let pass = "{ action: Pass, from: [{ fancy: {} }] }";
    ingress(&world(&anp("x", 1, pass)), Deny, Deny, Deny);
    let allow = "{ action: Allow, from: [{ fancy: {} }, { namespaces: {} }] }";
    ingress(
        &world(&(anp("x", 1, allow) + &policy("p", "ingress: []"))),
        Deny,
        Deny,
        Deny,
    );
}

fn cnp(name: &str, tier: &str, priority: u16, rules: &str) -> String {
    admin(
        "ClusterNetworkPolicy",
        name,
        &format!("tier: {tier}, priority: {priority}, {TO_WEB}, {rules}"),
    )
}

#[test]
fn cluster_network_policies_have_tiers() {
    let accept = format!("ingress: [{{ action: Accept, {EVERYONE} }}]");
    let deny = format!("ingress: [{{ action: Deny, {EVERYONE} }}]");
    let isolating = policy("p", "ingress: []");
    ingress(
        &world(&(cnp("x", "Admin", 1, &accept) + &isolating)),
        Allow,
        Allow,
        Allow,
    );
    ingress(
        &world(&(cnp("x", "Baseline", 1, &accept) + &isolating)),
        Deny,
        Deny,
        Deny,
    );
    ingress(&world(&cnp("x", "Baseline", 1, &deny)), Deny, Deny, Deny);
    let two = cnp("x", "Baseline", 1, &accept) + &cnp("y", "Baseline", 2, &deny);
    ingress(&world(&two), Allow, Allow, Allow);
    let ports = format!(
        "ingress: [{{ action: Deny, {EVERYONE}, protocols: [{{ tcp: {{ destinationPort: {{ range: {{ start: 8000, end: 8080 }} }} }} }}, {{ destinationNamedPort: http }}] }}]"
    );
    let world = world(&cnp("x", "Admin", 1, &ports));
    assert_eq!(tcp(&world, "b/client", "a/web", 8000), Deny);
    assert_eq!(tcp(&world, "b/client", "a/web", 8081), Allow);
    assert_eq!(tcp(&world, "b/client", "a/web2", 9090), Deny);
}

#[test]
fn networks_match_pods_too_and_nodes_do_not() {
    let deny = |peer: &str| {
        let rules = format!("egress: [{{ action: Deny, to: [{{ {peer} }}] }}]");
        world(&cnp("x", "Admin", 1, &rules))
    };
    assert_eq!(
        tcp(&deny("networks: [0.0.0.0/0]"), "a/web", "b/client", 80),
        Deny
    );
    assert_eq!(
        tcp(&deny("networks: [8.0.0.0/8]"), "a/web", "b/client", 80),
        Allow
    );
    assert_eq!(
        tcp(&deny("networks: [8.0.0.0/8]"), "a/web", "8.8.8.8", 80),
        Deny
    );
    assert_eq!(tcp(&deny("nodes: {}"), "a/web", "b/client", 80), Allow);
    assert_eq!(
        tcp(&deny("domainNames: [example.com]"), "a/web", "8.8.8.8", 80),
        Unknown
    );
}

#[test]
fn host_networked_pods_are_in_no_subject_and_no_peer_of_an_administrator() {
    let text = admin(
        "AdminNetworkPolicy",
        "x",
        "priority: 1, subject: { namespaces: {} }, ingress: [{ action: Deny, from: [{ namespaces: {} }] }]",
    );
    let world = world(&text);
    assert_eq!(tcp(&world, "b/client", "a/host", 80), Allow);
    assert_eq!(tcp(&world, "a/host", "a/web", 80), Allow);
    assert_eq!(tcp(&world, "b/client", "a/web", 80), Deny);
}

#[test]
fn policies_of_plugins_are_named_not_judged() {
    let cilium = |selector: &str| {
        world(&format!(
            "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{ name: x, namespace: a }}\nspec: {{ endpointSelector: {selector}, ingress: [{{ fromRequires: [{{}}] }}] }}\n"
        ))
    };
    let web = cilium("{ matchLabels: { app: web } }");
    assert_eq!(tcp(&web, "b/client", "a/web", 80), Unknown);
    assert_eq!(
        tcp(&web, "b/client", "a/client", 80),
        Allow,
        "it selects web only"
    );
    assert_eq!(
        tcp(
            &cilium("{ matchLabels: { 'any:app': web } }"),
            "b/client",
            "a/web",
            80
        ),
        Unknown
    );
    assert_eq!(
        tcp(
            &cilium("{ matchLabels: { 'reserved:host': '' } }"),
            "b/client",
            "a/client",
            80
        ),
        Unknown
    );
    let calico = "---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: { name: x, namespace: b }\nspec: { selector: all() }\n";
    assert_eq!(tcp(&world(calico), "a/web", "b/client", 80), Unknown);
    assert_eq!(tcp(&world(calico), "a/web", "a/client", 80), Allow);
}

#[test]
fn a_priority_that_cannot_be_read_leaves_order_open() {
    let odd = admin(
        "AdminNetworkPolicy",
        "odd",
        &format!("priority: 5000, {TO_WEB}, ingress: [{}]", rule("Allow")),
    );
    ingress(
        &world(&(odd + &anp("x", 5, &rule("Deny")))),
        Unknown,
        Unknown,
        Unknown,
    );
}

#[test]
fn the_decision_names_who_decides() {
    let both = policy("deny", "policyTypes: [Ingress]")
        + &policy(
            "allow",
            &format!("ingress: [{{ ports: [{{ port: 1 }}] }}, {{ from: [{{ {CLIENT} }}] }}]"),
        );
    let world = world(&both);
    let view = View::new(&world);
    let judge = Judge::new(&view);
    let asked = Asked {
        protocol: Protocol::Tcp,
        port: 8080,
        via: None,
    };
    let decide = |from: &str| {
        judge.judge(
            Direction::Ingress,
            &end(&view, from),
            &end(&view, "a/web"),
            asked,
        )
    };
    let allowed = decide("a/client");
    let names: Vec<(Name, Option<usize>)> = allowed
        .deciding()
        .iter()
        .map(|step| (step.chosen.policy.meta.key.name.clone(), step.rule))
        .collect();
    assert_eq!(names, [("allow".into(), Some(1))]);
    let denied = decide("b/client");
    let names: Vec<(Name, Option<usize>)> = denied
        .deciding()
        .iter()
        .map(|step| (step.chosen.policy.meta.key.name.clone(), step.rule))
        .collect();
    assert_eq!(names, [("allow".into(), None), ("deny".into(), None)]);
}
