//! From an isolated pod to what lies outside: the internet, and a public name whose address is not known. Denied is
//! said only where nothing that could be meant is admitted. And over which family of addresses pods are met.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use jiff::Timestamp;
use portolan::model::view::View;
use portolan::model::world::{Origin, World};
use portolan::source::files::load_text;
use portolan::trace::follow::trace_via;
use portolan::trace::hop::{Hop, Stage, Verdict};
use portolan::trace::parse;

const CLIENT: &str = "
{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }
---
{ apiVersion: v1, kind: Node, metadata: { name: n1 }, status: { addresses: [{ type: InternalIP, address: 192.168.0.1 }] } }
---
{ apiVersion: v1, kind: Node, metadata: { name: n2 }, status: { addresses: [{ type: InternalIP, address: 192.168.0.2 }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: client, namespace: shop, labels: { app: client } }, spec: { nodeName: n1, containers: [{ name: c, image: i }] }, status: { phase: Running, podIP: 10.244.0.5, conditions: [{ type: Ready, status: 'True' }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: web, namespace: shop, labels: { app: web } }, spec: { nodeName: n2, containers: [{ name: c, image: i, ports: [{ containerPort: 8443 }] }] }, status: { phase: Running, podIP: 10.244.1.6, conditions: [{ type: Ready, status: 'True' }] } }
";

fn egress(rules: &str) -> String {
    format!(
        "{{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{ name: limit, namespace: shop }}, spec: {{ podSelector: {{ matchLabels: {{ app: client }} }}, policyTypes: [Egress], egress: [{rules}] }} }}"
    )
}

fn hop(more: &str, to: &str) -> Hop {
    let mut world = World::new(Origin::Files, Timestamp::UNIX_EPOCH);
    let loaded = load_text("world.yaml", &format!("{CLIENT}---\n{more}"), "shop");
    assert!(loaded.unreadable.is_empty(), "{:?}", loaded.unreadable);
    for delta in loaded.deltas {
        world.apply(delta);
    }
    let from = parse::from("pod/client", &world, "shop").unwrap();
    let to = parse::to(to, &world, "shop", &parse::Request::default()).unwrap();
    let path = trace_via(&View::new(&world), &from, &to, None);
    let mut hops = path.hops.into_iter();
    hops.find(|hop| hop.stage == Stage::Egress).unwrap()
}

const URL: &str = "https://www.example.com/";

#[test]
fn an_isolated_pod_reaches_no_public_name() {
    for rules in [
        "",
        "{ to: [{ namespaceSelector: {}, podSelector: { matchLabels: { k8s-app: kube-dns } } }], ports: [{ port: 53, protocol: UDP }, { port: 53 }] }",
        "{ to: [{ ipBlock: { cidr: 0.0.0.0/0 } }], ports: [{ port: 80 }] }",
        "{ to: [{ ipBlock: { cidr: 0.0.0.0/0 } }], ports: [{ port: 443, protocol: UDP }] }",
        "{ to: [], ports: [{ port: 53 }] }",
        "{ to: [{ podSelector: {} }] }",
        "{ to: [{ ipBlock: { cidr: 8.8.8.8/32 } }], ports: [{ port: https }] }",
    ] {
        let hop = hop(&egress(rules), URL);
        assert_eq!(hop.verdict, Verdict::Fail, "{rules}: {}", hop.reason);
        assert!(
            hop.reason.contains("NetworkPolicy shop/limit"),
            "{}",
            hop.reason
        );
        assert!(
            hop.reason.contains("any address outside on 443/TCP"),
            "{}",
            hop.reason
        );
    }
}

#[test]
fn where_something_that_could_be_meant_is_admitted_it_is_not_known() {
    for rules in [
        "{ to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8] } }] }",
        "{ to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [0.0.0.0/1] } }], ports: [{ port: 443 }] }",
        // A public name may stand for a private address.
        "{ to: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }",
        "{ to: [{ ipBlock: { cidr: 203.0.113.7/32 } }], ports: [{ port: 400, endPort: 500 }] }",
        "{ to: [{ ipBlock: { cidr: 2001:db8::/32 } }] }",
        // Cannot be read: it may be meant to admit.
        "{ to: [{ ipBlock: { cidr: 10.0.0.0/99 } }] }",
    ] {
        let hop = hop(&egress(rules), URL);
        assert_eq!(hop.verdict, Verdict::Unknown, "{rules}: {}", hop.reason);
    }
}

#[test]
fn what_admits_everything_passes_or_is_not_known_but_is_never_denied() {
    for rules in ["{}", "{ to: [] }", "{ ports: [{ port: 443 }] }"] {
        assert_ne!(hop(&egress(rules), URL).verdict, Verdict::Fail, "{rules}");
    }
    let none = egress("").replace("app: client", "app: nobody");
    assert_eq!(hop(&none, URL).verdict, Verdict::Pass);
}

#[test]
fn a_name_may_lead_back_into_the_cluster() {
    let inside = egress("{ to: [{ podSelector: { matchLabels: { app: web } } }] }");
    let service = |kind: &str, port: u16| {
        format!(
            "{inside}\n---\n{{ apiVersion: v1, kind: Service, metadata: {{ name: web, namespace: shop }}, spec: {{ type: {kind}, selector: {{ app: web }}, ports: [{{ port: {port}, targetPort: 8443 }}] }} }}"
        )
    };
    assert_eq!(hop(&inside, URL).verdict, Verdict::Fail);
    // A node translates a load balancer's address at once, so that the pod is what policies see.
    assert_eq!(
        hop(&service("LoadBalancer", 443), URL).verdict,
        Verdict::Unknown
    );
    assert_eq!(
        hop(&service("ClusterIP", 443), URL).verdict,
        Verdict::Unknown
    );
    assert_eq!(
        hop(&service("LoadBalancer", 80), URL).verdict,
        Verdict::Fail
    );
    let listens = format!(
        "{}\n---\n{{ apiVersion: v1, kind: Pod, metadata: {{ name: edge, namespace: shop }}, spec: {{ nodeName: n1, hostNetwork: true, containers: [{{ name: c, image: i, ports: [{{ containerPort: 443 }}] }}] }}, status: {{ phase: Running, podIP: 192.168.0.1 }} }}",
        egress("")
    );
    // The name may be that of the sender's own node, which it always reaches.
    assert_eq!(hop(&listens, URL).verdict, Verdict::Unknown);
}

#[test]
fn other_apis_are_heard_first() {
    let admits = format!(
        "{}\n---\n{{ apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {{ name: out }}, spec: {{ priority: 1, subject: {{ namespaces: {{}} }}, egress: [{{ action: Allow, to: [{{ networks: [198.51.100.0/24] }}] }}] }} }}",
        egress("")
    );
    assert_eq!(hop(&admits, URL).verdict, Verdict::Unknown);
    let by_name = format!(
        "{}\n---\n{{ apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {{ name: out }}, spec: {{ priority: 1, subject: {{ namespaces: {{}} }}, egress: [{{ action: Allow, to: [{{ domainNames: [www.example.com] }}] }}] }} }}",
        egress("")
    );
    assert_eq!(hop(&by_name, URL).verdict, Verdict::Unknown);
    let cilium = "{ apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: { name: out, namespace: shop }, spec: { endpointSelector: {}, egress: [{ toFQDNs: [{ matchName: www.example.com }] }] } }";
    assert_eq!(hop(cilium, URL).verdict, Verdict::Unknown);
    let calico = format!(
        "{}\n---\n{{ apiVersion: crd.projectcalico.org/v1, kind: GlobalNetworkPolicy, metadata: {{ name: out }}, spec: {{ selector: all(), types: [Egress], egress: [{{ action: Allow }}] }} }}",
        egress("")
    );
    assert_eq!(hop(&calico, URL).verdict, Verdict::Unknown);
    let denies = "{ apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: { name: out }, spec: { priority: 1, subject: { namespaces: {} }, egress: [{ action: Deny, to: [{ networks: [0.0.0.0/0] }, { namespaces: {} }, { nodes: {} }] }] } }";
    let hop = hop(denies, URL);
    assert_ne!(hop.verdict, Verdict::Pass, "{}", hop.reason);
}

#[test]
fn the_internet_is_an_end_and_its_ranges_are_told_apart() {
    let to = "internet:443";
    let whole = hop(&egress(""), to);
    assert_eq!(whole.verdict, Verdict::Fail, "{}", whole.reason);
    let open = hop(
        &egress("{ to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8] } }] }"),
        to,
    );
    assert_eq!(open.verdict, Verdict::Pass, "{}", open.reason);
    let part = hop(&egress("{ to: [{ ipBlock: { cidr: 0.0.0.0/1 } }] }"), to);
    assert_eq!(part.verdict, Verdict::Unknown);
    assert!(
        part.reason.starts_with("admitted to 1.0.0.0-"),
        "{}",
        part.reason
    );
    assert!(
        part.reason.contains("; denied to 128.0.0.0-"),
        "{}",
        part.reason
    );
    let private = hop(&egress("{ to: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }"), to);
    assert_eq!(private.verdict, Verdict::Fail, "{}", private.reason);
    let world = World::new(Origin::Files, Timestamp::UNIX_EPOCH);
    for wrong in ["internet", "internet:http"] {
        assert!(parse::to(wrong, &world, "shop", &parse::Request::default()).is_err());
    }
}

/// Two pods with both families, a Service on addresses of these, and what admits the client by a range.
fn dual(cluster_ips: &str, ranges: &str) -> (String, Verdict) {
    let text = format!(
        "
{{ apiVersion: v1, kind: Pod, metadata: {{ name: client, namespace: shop }}, spec: {{ nodeName: n1, containers: [{{ name: c, image: i }}] }}, status: {{ phase: Running, podIP: 10.0.0.1, podIPs: [{{ ip: 10.0.0.1 }}, {{ ip: 'fd00::1' }}], conditions: [{{ type: Ready, status: 'True' }}] }} }}
---
{{ apiVersion: v1, kind: Pod, metadata: {{ name: web, namespace: shop, labels: {{ app: web }} }}, spec: {{ nodeName: n2, containers: [{{ name: c, image: i, ports: [{{ containerPort: 80 }}] }}] }}, status: {{ phase: Running, podIP: 10.0.0.2, podIPs: [{{ ip: 10.0.0.2 }}, {{ ip: 'fd00::2' }}], conditions: [{{ type: Ready, status: 'True' }}] }} }}
---
{{ apiVersion: v1, kind: Service, metadata: {{ name: web, namespace: shop }}, spec: {{ selector: {{ app: web }}, clusterIPs: [{cluster_ips}], ports: [{{ port: 80 }}] }} }}
---
{{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{ name: web, namespace: shop }}, spec: {{ podSelector: {{ matchLabels: {{ app: web }} }}, ingress: [{{ from: [{ranges}] }}] }} }}
"
    );
    let mut world = World::new(Origin::Files, Timestamp::UNIX_EPOCH);
    let loaded = load_text("world.yaml", &text, "shop");
    assert!(loaded.unreadable.is_empty(), "{:?}", loaded.unreadable);
    for delta in loaded.deltas {
        world.apply(delta);
    }
    let from = parse::from("pod/client", &world, "shop").unwrap();
    let to = parse::to("svc/web:80", &world, "shop", &parse::Request::default()).unwrap();
    let path = trace_via(&View::new(&world), &from, &to, None);
    let mut hops = path.hops.into_iter();
    let hop = hops.find(|hop| hop.stage == Stage::Ingress).unwrap();
    (hop.reason, hop.verdict)
}

#[test]
fn a_pod_with_both_families_is_judged_by_the_address_that_the_service_leads_to() {
    let (four, six) = (
        "{ ipBlock: { cidr: 10.0.0.0/8 } }",
        "{ ipBlock: { cidr: 'fd00::/64' } }",
    );
    for (cluster_ips, ranges, expected) in [
        ("10.96.0.1", four, Verdict::Pass),
        ("10.96.0.1", six, Verdict::Fail),
        ("'fd01::1'", four, Verdict::Fail),
        ("'fd01::1'", six, Verdict::Pass),
        // DNS tells both addresses: which of them is asked is the client's choice.
        ("'fd01::1', 10.96.0.1", six, Verdict::Unknown),
        ("10.96.0.1, 'fd01::1'", four, Verdict::Unknown),
        ("'fd01::1'", "{ podSelector: {} }", Verdict::Pass),
    ] {
        let (reason, is) = dual(cluster_ips, ranges);
        assert_eq!(is, expected, "{cluster_ips} {ranges}: {reason}");
    }
}

#[test]
fn a_pod_is_judged_at_the_address_that_is_asked() {
    let pod = |name: &str, at: u8| {
        format!(
            "
---
{{ apiVersion: v1, kind: Pod, metadata: {{ name: {name}, namespace: shop, labels: {{ app: {name} }} }}, spec: {{ nodeName: n1, containers: [{{ name: c, image: i }}] }}, status: {{ phase: Running, podIPs: [{{ ip: 10.0.0.{at} }}, {{ ip: 'fd00::{at}' }}], conditions: [{{ type: Ready, status: 'True' }}] }} }}
"
        )
    };
    let policy = "
---
{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: out, namespace: shop }, spec: { podSelector: { matchLabels: { app: client } }, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }] } }
";
    let text = format!("{}{}{policy}", pod("client", 1), pod("web", 2));
    let mut world = World::new(Origin::Files, Timestamp::UNIX_EPOCH);
    for delta in load_text("world.yaml", &text, "shop").deltas {
        world.apply(delta);
    }
    for (asked, expected) in [
        ("10.0.0.2:80", Verdict::Pass),
        ("[fd00::2]:80", Verdict::Fail),
        ("pod/web:80", Verdict::Unknown),
    ] {
        let from = parse::from("pod/client", &world, "shop").unwrap();
        let to = parse::to(asked, &world, "shop", &parse::Request::default()).unwrap();
        assert_eq!(to.to_string(), "shop/Pod/web:80/TCP");
        let path = trace_via(&View::new(&world), &from, &to, None);
        assert_eq!(path.verdict(), expected, "{asked}");
    }
}
