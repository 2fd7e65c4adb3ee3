//! The map of who may talk to whom: small worlds to the letter, random ones against the judge and against a plain
//! reading of the API that shares no code with it.
//!
//! `PORTOLAN_LONG=1` tries 10,000 random worlds instead of 300.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::format_collect,
    clippy::format_push_string,
    reason = "a test ends at the first surprise"
)]

use jiff::Timestamp;
use portolan::model::kind::Kind;
use portolan::model::labels::{Labels, Selector};
use portolan::model::pod::Pod;
use portolan::model::policy::{Direction, Force, Peer, Places, Policy, PortMatch};
use portolan::model::port::{PortRef, Protocol};
use portolan::model::service::Family;
use portolan::model::view::{View, as_node, as_pod, as_policy};
use portolan::model::world::{Origin, World};
use portolan::output::json;
use portolan::semantics::policy::addition::addition;
use portolan::semantics::policy::end::{End, Span};
use portolan::semantics::policy::judge::{Answer, Asked, Judge};
use portolan::semantics::policy::matching::pod_end;
use portolan::semantics::policy::ports::PortSet;
use portolan::semantics::policy::reach::difference::difference;
use portolan::semantics::policy::reach::summary::Sum;
use portolan::semantics::policy::reach::{Connection, Focus, Part, Reach, owners};
use portolan::source::files::load_text;
use portolan::trace::end::{From, Port, To};
use portolan::trace::follow::trace_via;
use portolan::trace::hop::{Hop, Stage, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

fn world(text: &str) -> World {
    let mut world = World::new(Origin::Files, Timestamp::UNIX_EPOCH);
    let loaded = load_text("world.yaml", text, "shop");
    assert!(
        loaded.unreadable.is_empty(),
        "{:?}\n{text}",
        loaded.unreadable
    );
    for delta in loaded.deltas {
        world.apply(delta);
    }
    world
}

type Map = BTreeMap<(String, String), PortSet>;

/// What is admitted, and what is not known.
fn both(reach: &mut Reach<'_>) -> (Map, Map) {
    (map(reach, Part::Connections), map(reach, Part::Unknown))
}

fn map(reach: &mut Reach<'_>, part: Part) -> Map {
    let mut found = Map::new();
    let mut order: Vec<(String, String)> = Vec::new();
    let told: Result<(), Infallible> = reach.tell(part, &Focus::All, &mut |it: Connection<'_>| {
        assert!(!it.ports.is_empty());
        let ends = (it.src.to_owned(), it.dst.to_owned());
        order.push(ends.clone());
        assert!(found.insert(ends, it.ports.clone()).is_none(), "told twice");
        Ok(())
    });
    told.unwrap();
    assert!(order.is_sorted(), "by sender, then receiver: {order:#?}");
    found
}

fn json(text: &str, focus: &Focus) -> serde_json::Value {
    let world = world(text);
    let view = View::new(&world);
    let mut out = Vec::new();
    json::reach::write(&mut out, &mut Reach::new(&view), focus).unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let schema = json::schema::<json::reach::ReachJson>();
    jsonschema::validate(&schema, &answer).unwrap();
    answer
}

/// `src → dst ports` of each line.
fn lines(answer: &serde_json::Value, part: &str) -> Vec<String> {
    let lines = answer[part].as_array().unwrap().iter();
    lines
        .map(|line| {
            let ports: Vec<String> = line["ports"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| {
                    format!(
                        "{}-{}/{}",
                        it["port"],
                        it["endPort"],
                        it["protocol"].as_str().unwrap()
                    )
                })
                .collect();
            let ports = if line["all"] == true {
                "all".to_owned()
            } else {
                ports.join(",")
            };
            format!(
                "{} → {} {ports}",
                line["src"].as_str().unwrap(),
                line["dst"].as_str().unwrap()
            )
        })
        .collect()
}

fn deployment(name: &str, extra: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: {name}, namespace: shop }}\nspec: {{ selector: {{ matchLabels: {{ app: {name} }} }}, template: {{ metadata: {{ labels: {{ app: {name} }} }}, spec: {{ {extra} containers: [ {{ name: c, image: i }} ] }} }} }}\n"
    )
}

fn netpol(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{ name: {name}, namespace: shop }}\nspec: {{ {spec} }}\n"
    )
}

const ALL4: &str = "external:0.0.0.0-255.255.255.255";

#[test]
fn without_policies_everyone_talks_to_everyone() {
    let text = deployment("web", "") + &deployment("db", "");
    assert_eq!(
        lines(&json(&text, &Focus::All), "connections"),
        [
            format!("{ALL4} → shop/Deployment/db all"),
            format!("{ALL4} → shop/Deployment/web all"),
            format!("shop/Deployment/db → {ALL4} all"),
            "shop/Deployment/db → shop/Deployment/web all".to_owned(),
            format!("shop/Deployment/web → {ALL4} all"),
            "shop/Deployment/web → shop/Deployment/db all".to_owned(),
        ]
    );
}

#[test]
fn ports_and_ranges_are_minimal() {
    let policy = netpol(
        "db",
        "podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 5432 }, { port: 5433 }, { port: 5430, endPort: 5432 }, { port: 53, protocol: UDP }] }, { from: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }, { ipBlock: { cidr: 11.0.0.0/8 } }] }]",
    );
    let text = deployment("web", "") + &deployment("db", "") + &policy;
    let answer = json(&text, &Focus::Owner("shop/Deployment/db".to_owned()));
    assert_eq!(
        lines(&answer, "connections"),
        [
            "external:10.0.0.0-10.0.255.255 → shop/Deployment/db all".to_owned(),
            "external:10.2.0.0-11.255.255.255 → shop/Deployment/db all".to_owned(),
            format!("shop/Deployment/db → {ALL4} all"),
            "shop/Deployment/db → shop/Deployment/web all".to_owned(),
            "shop/Deployment/web → shop/Deployment/db 5430-5433/TCP,53-53/UDP".to_owned(),
        ]
    );
    let unknown = lines(&answer, "unknown");
    assert_eq!(unknown.len(), 1, "web's address is not known: {unknown:?}");
    assert!(
        unknown[0]
            .starts_with("shop/Deployment/web → shop/Deployment/db 1-5429/TCP,5434-65535/TCP,")
    );
}

fn pod(name: &str, labels: &str, ip: &str, more: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{ name: {name}, namespace: shop, labels: {{ {labels} }} {more} }}\nspec: {{ containers: [ {{ name: c, image: i }} ] }}\nstatus: {{ phase: Running, podIP: {ip} }}\n"
    )
}

const OWNED: &str = ", ownerReferences: [ { apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: r, uid: u, controller: true } ]";

#[test]
fn an_owner_is_split_only_where_its_pods_differ() {
    let text = pod("a-0", "app: a, n: zero", "10.0.0.1", OWNED)
        + &pod("a-1", "app: a, n: one", "10.0.0.2", OWNED)
        + &pod("b", "app: b", "10.0.0.3", "")
        + &netpol(
            "only-zero",
            "podSelector: { matchLabels: { app: b } }, ingress: [{ from: [{ podSelector: { matchLabels: { n: zero } } }] }]",
        );
    assert_eq!(
        lines(&json(&text, &Focus::All), "connections"),
        [
            format!("{ALL4} → shop/Rollout/r all"),
            "shop/Pod/a-0 → shop/Pod/b all".to_owned(),
            format!("shop/Pod/b → {ALL4} all"),
            "shop/Pod/b → shop/Rollout/r all".to_owned(),
            format!("shop/Rollout/r → {ALL4} all"),
        ]
    );
}

#[test]
fn addresses_of_pods_never_cut_the_space() {
    let text = pod("a", "app: a", "10.0.0.1", "")
        + &pod("b", "app: b", "10.0.0.2", "")
        + &netpol(
            "block",
            "podSelector: { matchLabels: { app: a } }, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.2/32 } }] }, { from: [{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.2/32] } }], ports: [{ port: 80 }] }]",
        );
    assert_eq!(
        lines(&json(&text, &Focus::All), "connections"),
        [
            format!("{ALL4} → shop/Pod/a 80-80/TCP"),
            format!("{ALL4} → shop/Pod/b all"),
            format!("shop/Pod/a → {ALL4} all"),
            "shop/Pod/a → shop/Pod/b all".to_owned(),
            format!("shop/Pod/b → {ALL4} all"),
            "shop/Pod/b → shop/Pod/a all".to_owned(),
        ]
    );
}

#[test]
fn finished_pods_are_no_ends_and_ipv6_is_told_where_it_is() {
    let done = pod("done", "app: x", "10.0.0.9", "").replace("Running", "Succeeded");
    let text = pod("six", "app: a", "'fd00::1'", "") + &pod("b", "app: b", "10.0.0.3", "") + &done;
    let answer = json(&text, &Focus::Owner("shop/Pod/six".to_owned()));
    let all6 = "external:::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    let told = lines(&answer, "connections");
    assert!(
        told.contains(&format!("shop/Pod/six → {all6} all")),
        "{told:#?}"
    );
    assert!(!told.iter().any(|line| line.contains("done")));
}

#[test]
fn ends_with_both_families_are_told_over_each() {
    let dual = |name: &str, at: u8| {
        let more = format!(
            "status: {{ phase: Running, podIPs: [ {{ ip: 10.0.0.{at} }}, {{ ip: 'fd00::{at}' }} ] }}"
        );
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{ name: {name}, namespace: shop, labels: {{ app: {name} }} }}\nspec: {{ containers: [ {{ name: c, image: i }} ] }}\n{more}\n"
        )
    };
    let ends = format!("{}{}", dual("a", 1), dual("b", 2));
    let out = |peer: &str| {
        let spec = format!(
            "podSelector: {{ matchLabels: {{ app: a }} }}, policyTypes: [Egress], egress: [ {{ to: [ {peer} ], ports: [ {{ port: 80 }} ] }} ]"
        );
        netpol("out", &spec)
    };
    let into = |peer: &str| {
        let spec = format!(
            "podSelector: {{ matchLabels: {{ app: b }} }}, ingress: [ {{ from: [ {peer} ] }} ]"
        );
        netpol("into", &spec)
    };
    let pair = |answer: &serde_json::Value, part: &str| -> Vec<serde_json::Value> {
        let all = answer[part].as_array().unwrap().iter();
        all.filter(|it| it["src"] == "shop/Pod/a" && it["dst"] == "shop/Pod/b")
            .cloned()
            .collect()
    };
    let (four, six) = (
        "{ ipBlock: { cidr: 10.0.0.0/8 } }",
        "{ ipBlock: { cidr: 'fd00::/8' } }",
    );
    // Over one family only: not known, with the family that admits it.
    for (peer, family, reason) in [
        (four, "IPv4", "admitted over IPv4, denied over IPv6"),
        (six, "IPv6", "admitted over IPv6, denied over IPv4"),
    ] {
        let answer = json(&format!("{ends}{}", out(peer)), &Focus::All);
        assert!(pair(&answer, "connections").is_empty());
        let [only] = pair(&answer, "unknown").try_into().unwrap();
        let tcp80 = serde_json::json!([{ "protocol": "TCP", "port": 80, "endPort": 80 }]);
        assert_eq!(only["reason"], reason);
        assert_eq!(only["ports"], tcp80);
        assert_eq!(
            only["families"],
            serde_json::json!([{ "family": family, "all": false, "ports": tcp80 }])
        );
    }
    // Over both.
    let answer = json(
        &format!("{ends}{}", out(&format!("{four}, {six}"))),
        &Focus::All,
    );
    assert_eq!(pair(&answer, "connections").len(), 1);
    assert!(pair(&answer, "unknown").is_empty());
    // Out over one family, in over the other: over neither.
    let text = format!("{ends}{}{}", out(four), into(six));
    let answer = json(&text, &Focus::All);
    assert!(pair(&answer, "connections").is_empty() && pair(&answer, "unknown").is_empty());
    // A selector means both addresses.
    let answer = json(
        &format!("{ends}{}", into("{ podSelector: {} }")),
        &Focus::All,
    );
    assert_eq!(pair(&answer, "connections").len(), 1);
    // The trace agrees: denied over neither's hop alone, and yet over each of the families.
    let world = world(&text);
    let view = View::new(&world);
    let pods = pods(&world);
    let probe = (Protocol::Tcp, 80);
    assert_eq!(traced(&view, pods[0], pods[1], probe), Answer::Deny);
}

#[test]
fn only_pods_of_one_node_are_in_doubt_where_an_end_is_on_its_network() {
    let on = |name: &str, owner: &str, node: &str, spec: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{ name: {name}, namespace: shop, labels: {{ app: {owner} }}, ownerReferences: [ {{ apiVersion: apps/v1, kind: DaemonSet, name: {owner}, uid: u, controller: true }} ] }}\nspec: {{ {spec}nodeName: {node}, containers: [ {{ name: c, image: i }} ] }}\nstatus: {{ phase: Running }}\n"
        )
    };
    let ends = format!(
        "{}{}{}{}{}",
        on("probe-1", "probe", "m1", "hostNetwork: true, "),
        on("probe-2", "probe", "m2", "hostNetwork: true, "),
        on("web-1", "web", "m1", ""),
        on("web-2", "web", "m1", ""),
        on("web-3", "web", "m3", ""),
    );
    let closed = netpol("closed", "podSelector: { matchLabels: { app: web } }");
    let answer = json(&format!("{ends}{closed}"), &Focus::All);
    assert_eq!(
        lines(&answer, "connections")
            .iter()
            .filter(|it| it.contains("→ shop/DaemonSet/web"))
            .count(),
        0
    );
    assert_eq!(
        lines(&answer, "unknown"),
        [
            "shop/Pod/probe-1 → shop/Pod/web-1 all",
            "shop/Pod/probe-1 → shop/Pod/web-2 all"
        ]
    );
    // A port that is admitted stays the owners'; of the others it is as before.
    let some = netpol(
        "closed",
        "podSelector: { matchLabels: { app: web } }, ingress: [ { ports: [ { port: 80 } ] } ]",
    );
    let answer = json(&format!("{ends}{some}"), &Focus::All);
    assert!(
        lines(&answer, "connections")
            .contains(&"shop/DaemonSet/probe → shop/DaemonSet/web 80-80/TCP".to_owned())
    );
    assert_eq!(lines(&answer, "unknown").len(), 2);
    // Where all share the one node there is, nobody is told apart.
    let one = ends.replace("m2", "m1").replace("m3", "m1");
    let answer = json(&format!("{one}{closed}"), &Focus::All);
    assert_eq!(
        lines(&answer, "unknown"),
        ["shop/DaemonSet/probe → shop/DaemonSet/web all"]
    );
}

#[test]
fn policies_that_are_not_judged_are_named() {
    let cilium = "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: { name: x, namespace: shop }\nspec: { endpointSelector: { matchLabels: { app: b } }, ingress: [{ fromEntities: [all], toPorts: [{ ports: [{ port: '80', protocol: TCP }], rules: { http: [{ method: GET }] } }] }, { fromRequires: [{ matchLabels: { app: a } }] }] }\n";
    let text = pod("a", "app: a", "10.0.0.1", "") + &pod("b", "app: b", "10.0.0.2", "") + cilium;
    let answer = json(&text, &Focus::All);
    let reasons: Vec<&str> = answer["unknown"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons.len(), 2, "it touches what b receives: {answer:#}");
    assert!(
        reasons
            .iter()
            .all(|reason| *reason == "CiliumNetworkPolicy shop/x is not judged")
    );
}

// --- random worlds ---

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.roll(from.len() as u64)).unwrap()]
    }
}

const SELECTORS: &[&str] = &[
    "{}",
    "{ matchLabels: { app: a } }",
    "{ matchLabels: { app: b, tier: x } }",
    "{ matchExpressions: [ { key: app, operator: In, values: [a, c] } ] }",
    "{ matchExpressions: [ { key: tier, operator: DoesNotExist } ] }",
    "{ matchExpressions: [ { key: app, operator: NotIn, values: [b] }, { key: tier, operator: Exists } ] }",
];
const PLACES: &[&str] = &[
    "{}",
    "{ matchLabels: { kubernetes.io/metadata.name: n1 } }",
    "{ matchLabels: { team: red } }",
    "{ matchExpressions: [ { key: team, operator: NotIn, values: [red] } ] }",
];
const BLOCKS: &[&str] = &[
    "{ cidr: 10.0.0.0/8 }",
    "{ cidr: 10.0.0.0/29 }",
    "{ cidr: 10.0.0.3/32 }",
    "{ cidr: 0.0.0.0/0 }",
    "{ cidr: 0.0.0.0/0, except: [10.0.0.0/30, 192.0.2.0/24] }",
    "{ cidr: 192.0.2.0/24 }",
    "{ cidr: 'fd00::/125' }",
    "{ cidr: '::/0', except: ['fd00::/126'] }",
];
const PORTS: &[&str] = &[
    "{ port: 80 }",
    "{ port: http }",
    "{ port: 8000, endPort: 8100 }",
    "{ protocol: UDP }",
    "{ protocol: UDP, port: 53 }",
    "{ protocol: SCTP, port: 80 }",
    "{ port: http, protocol: UDP }",
];
const CONTAINER_PORTS: &[&str] = &[
    "",
    "{ name: http, containerPort: 80 }",
    "{ name: http, containerPort: 8080 }",
    "{ name: http, containerPort: 53, protocol: UDP }",
];
const PROBES: &[(Protocol, u16)] = &[
    (Protocol::Tcp, 80),
    (Protocol::Tcp, 8050),
    (Protocol::Tcp, 8080),
    (Protocol::Tcp, 1),
    (Protocol::Udp, 53),
    (Protocol::Udp, 80),
    (Protocol::Sctp, 80),
];

fn list(dice: &mut Dice, most: u64, mut one: impl FnMut(&mut Dice) -> String) -> String {
    let count = dice.roll(most + 1);
    let items: Vec<String> = (0..count).map(|_| one(dice)).collect();
    format!("[ {} ]", items.join(", "))
}

fn peer(dice: &mut Dice) -> String {
    match dice.roll(5) {
        0 => format!("{{ podSelector: {} }}", dice.pick(SELECTORS)),
        1 => format!("{{ namespaceSelector: {} }}", dice.pick(PLACES)),
        2 | 3 => format!(
            "{{ namespaceSelector: {}, podSelector: {} }}",
            dice.pick(PLACES),
            dice.pick(SELECTORS)
        ),
        _ => format!("{{ ipBlock: {} }}", dice.pick(BLOCKS)),
    }
}

fn section(dice: &mut Dice, peers: &str) -> String {
    list(dice, 2, |dice| {
        let mut fields = Vec::new();
        if dice.roll(4) > 0 {
            fields.push(format!("{peers}: {}", list(dice, 2, peer)));
        }
        if dice.roll(3) > 0 {
            fields.push(format!(
                "ports: {}",
                list(dice, 2, |dice| dice.pick(PORTS).to_owned())
            ));
        }
        format!("{{ {} }}", fields.join(", "))
    })
}

fn random_policy(dice: &mut Dice, at: u64) -> String {
    let mut spec = vec![format!("podSelector: {}", dice.pick(SELECTORS))];
    if dice.roll(4) > 0 {
        spec.push(format!("ingress: {}", section(dice, "from")));
    }
    if dice.roll(2) > 0 {
        spec.push(format!("egress: {}", section(dice, "to")));
    }
    match dice.roll(5) {
        0 => spec.push("policyTypes: [Ingress]".to_owned()),
        1 => spec.push("policyTypes: [Egress]".to_owned()),
        2 => spec.push("policyTypes: [Ingress, Egress]".to_owned()),
        3 => spec.push("policyTypes: []".to_owned()),
        _ => {}
    }
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{ name: p{at}, namespace: n{} }}\nspec: {{ {} }}\n",
        dice.roll(2),
        spec.join(", ")
    )
}

fn random_admin(dice: &mut Dice, at: u64) -> String {
    let peer = |dice: &mut Dice, egress: bool| match dice.roll(if egress { 3 } else { 2 }) {
        0 => format!("{{ namespaces: {} }}", dice.pick(PLACES)),
        1 => format!(
            "{{ pods: {{ namespaceSelector: {}, podSelector: {} }} }}",
            dice.pick(PLACES),
            dice.pick(SELECTORS)
        ),
        _ => format!(
            "{{ networks: [ {} ] }}",
            dice.pick(&["10.0.0.0/29", "0.0.0.0/0", "192.0.2.0/25"])
        ),
    };
    let rules = |dice: &mut Dice, field: &str, egress: bool| {
        list(dice, 2, |dice| {
            let action = dice.pick(&["Accept", "Deny", "Pass"]);
            let protocols = match dice.roll(3) {
                0 => ", protocols: [ { tcp: { destinationPort: { number: 80 } } } ]",
                1 => ", protocols: [ { udp: {} }, { destinationNamedPort: http } ]",
                _ => "",
            };
            format!(
                "{{ action: {action}, {field}: [ {} ]{protocols} }}",
                peer(dice, egress)
            )
        })
    };
    let (ingress, egress) = (rules(dice, "from", false), rules(dice, "to", true));
    let tier = dice.pick(&["Admin", "Admin", "Baseline"]);
    let priority = dice.roll(3);
    format!(
        "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{ name: c{at} }}\nspec: {{ tier: {tier}, priority: {priority}, subject: {{ pods: {{ namespaceSelector: {}, podSelector: {} }} }}, ingress: {ingress}, egress: {egress} }}\n",
        dice.pick(PLACES),
        dice.pick(SELECTORS)
    )
}

fn random_cilium(dice: &mut Dice, at: u64) -> String {
    let direction = |dice: &mut Dice, side: &str| {
        let peer = |dice: &mut Dice| {
            match dice.roll(6) {
            0 => format!("{side}Entities: [{}]", dice.pick(&["world", "cluster", "all", "host", "host, remote-node", "kube-apiserver"])),
            1 => format!("{side}CIDR: [{}]", dice.pick(&["10.0.0.0/8", "192.0.2.0/24, 10.0.0.200", "0.0.0.0/0"])),
            2 => format!("{side}CIDRSet: [{{ cidr: 192.0.2.0/24, except: [192.0.2.128/25] }}]"),
            3 => String::new(),
            _ => format!(
                "{side}Endpoints: [{}]",
                dice.pick(&[
                    "{}",
                    "{ matchLabels: { app: a } }",
                    "{ matchLabels: { 'k8s:app': b, 'k8s:io.kubernetes.pod.namespace': n0 } }",
                    "{ matchLabels: { 'io.cilium.k8s.namespace.labels.team': red } }, { matchLabels: { tier: x } }",
                ])
            ),
        }
        };
        let ports = |dice: &mut Dice| {
            dice.pick(&[
            "",
            "",
            "toPorts: [{ ports: [{ port: '80', protocol: TCP }] }]",
            "toPorts: [{ ports: [{ port: '8000', endPort: 8100 }, { port: '53', protocol: UDP }] }]",
            "toPorts: [{ ports: [{ port: http, protocol: TCP }] }]",
            "toPorts: [{ ports: [{ port: '80', protocol: TCP }], rules: { http: [{ method: GET }] } }]",
        ]).to_owned()
        };
        list(dice, 2, |dice| {
            let parts: Vec<String> = [peer(dice), ports(dice)]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect();
            format!("{{ {} }}", parts.join(", "))
        })
    };
    let mut spec = vec![format!(
        "endpointSelector: {}",
        dice.pick(&[
            "{}",
            "{ matchLabels: { app: a } }",
            "{ matchLabels: { 'k8s:tier': x } }"
        ])
    )];
    for (field, side) in [
        ("ingress", "from"),
        ("ingressDeny", "from"),
        ("egress", "to"),
        ("egressDeny", "to"),
    ] {
        if dice.roll(3) == 0 {
            let rules = direction(dice, side);
            let rules = if field.ends_with("Deny") {
                rules.replace(", rules: { http: [{ method: GET }] }", "")
            } else {
                rules
            };
            spec.push(format!("{field}: {rules}"));
        }
    }
    if dice.roll(4) == 0 {
        spec.push("enableDefaultDeny: { ingress: false, egress: false }".to_owned());
    }
    let (kind, place) = match dice.roll(3) {
        0 => ("CiliumClusterwideNetworkPolicy", String::new()),
        _ => (
            "CiliumNetworkPolicy",
            format!(", namespace: n{}", dice.roll(2)),
        ),
    };
    format!(
        "---\napiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{ name: x{at}{place} }}\nspec: {{ {} }}\n",
        spec.join(", ")
    )
}

fn random_world(seed: u64, admin: bool) -> String {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let dual = dice.roll(2) == 0;
    let mut text = "---\napiVersion: v1\nkind: Namespace\nmetadata: { name: n0, labels: { team: red } }\n---\napiVersion: v1\nkind: Namespace\nmetadata: { name: n1 }\n".to_owned();
    for at in 0..(2 + dice.roll(5)) {
        let app = dice.pick(&["a", "b", "c"]);
        let tier = dice.pick(&["", ", tier: x", ", tier: y"]);
        let owner = match dice.roll(3) {
            0 => String::new(),
            _ => format!(
                ", ownerReferences: [ {{ apiVersion: apps/v1, kind: ReplicaSet, name: o{}, uid: u, controller: true }} ]",
                dice.roll(2)
            ),
        };
        let status = if dice.roll(6) == 0 {
            String::new()
        } else {
            let four = format!("10.0.0.{}", at + 1);
            let six = format!("'fd00::{}'", at + 1);
            let listed = match if dual { dice.roll(6) } else { 5 } {
                0 | 1 => vec![four, six],
                2 => vec![six, four],
                3 => vec![six],
                _ => vec![four],
            };
            let listed: Vec<String> = listed.iter().map(|ip| format!("{{ ip: {ip} }}")).collect();
            format!(
                "status: {{ phase: Running, podIPs: [ {} ] }}",
                listed.join(", ")
            )
        };
        let host = if admin && dice.roll(7) == 0 {
            "hostNetwork: true, "
        } else {
            ""
        };
        let node = dice.pick(&["", "nodeName: m1, ", "nodeName: m2, "]);
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{ name: p{at}, namespace: n{}, labels: {{ app: {app}{tier} }}{owner} }}\nspec: {{ {host}{node}containers: [ {{ name: c, image: i, ports: [ {} ] }} ] }}\n{status}\n",
            dice.roll(2),
            dice.pick(CONTAINER_PORTS)
        );
    }
    for at in 0..=dice.roll(4) {
        text.push_str(&random_policy(&mut dice, at));
    }
    if admin {
        for at in 0..=dice.roll(3) {
            text.push_str(&random_admin(&mut dice, at));
        }
    }
    if admin && dice.roll(2) == 0 {
        text.push_str("---\napiVersion: v1\nkind: Node\nmetadata: { name: m1 }\nstatus: { addresses: [{ type: InternalIP, address: 192.0.2.200 }] }\n");
        for at in 0..=dice.roll(2) {
            text.push_str(&random_cilium(&mut dice, at));
        }
        if dice.roll(2) == 0 {
            // Seen to run, it changes how the others are read.
            text.push_str("---\napiVersion: v1\nkind: Pod\nmetadata: { name: cilium-x, namespace: kube-system, labels: { k8s-app: cilium } }\nspec: { nodeName: m1, hostNetwork: true, containers: [ { name: cilium-agent, image: quay.io/cilium/cilium } ] }\nstatus: { phase: Running, podIP: 192.0.2.200 }\n");
        }
    }
    text
}

fn worlds() -> u64 {
    if std::env::var_os("PORTOLAN_LONG").is_some() {
        10_000
    } else {
        300
    }
}

fn pods(world: &World) -> Vec<&Pod> {
    world
        .all(Kind::Pod)
        .filter_map(|object| as_pod(object))
        .collect()
}

/// The families of a pod; where its addresses are not known, those of the world.
fn families(world: &World, pod: &Pod) -> BTreeSet<Family> {
    let of = |pod: &Pod| -> BTreeSet<Family> { pod.ips.iter().map(|ip| Family::of(*ip)).collect() };
    let own = of(pod);
    if !own.is_empty() {
        return own;
    }
    let mut known: BTreeSet<Family> = pods(world).into_iter().flat_map(of).collect();
    let nodes = world.all(Kind::Node).filter_map(|object| as_node(object));
    known.extend(nodes.flat_map(|node| node.internal_ips.iter().map(|ip| Family::of(*ip))));
    if known.is_empty() {
        known.insert(Family::V4);
    }
    known
}

/// Two pods judged over every family that they share, and what each says; certain is what all say.
fn judged_over_all(
    world: &World,
    judge: &Judge<'_, '_>,
    (from, to): (&End<'_>, &End<'_>),
    probe: (Protocol, u16),
) -> (Answer, BTreeMap<Family, Answer>) {
    let mut said = BTreeMap::new();
    let (End::Pod(a), End::Pod(b)) = (from, to) else {
        return (judged(judge, from, to, probe), said);
    };
    let shared = families(world, a.pod);
    for family in shared.intersection(&families(world, b.pod)) {
        let (from, to) = (met(from, *family), met(to, *family));
        said.insert(*family, judged(judge, &from, &to, probe));
    }
    let answers: BTreeSet<Answer> = said.values().copied().collect();
    let answer = match answers.len() {
        0 => judged(judge, from, to, probe),
        1 => answers.into_iter().next().unwrap(),
        _ => Answer::Unknown,
    };
    (answer, said)
}

fn met<'w>(end: &End<'w>, family: Family) -> End<'w> {
    let mut end = end.clone();
    if let End::Pod(pod) = &mut end {
        pod.family = Some(family);
    }
    end
}

fn judged(
    judge: &Judge<'_, '_>,
    from: &End<'_>,
    to: &End<'_>,
    (protocol, port): (Protocol, u16),
) -> Answer {
    let asked = Asked {
        protocol,
        port,
        via: None,
    };
    let out = judge.judge(Direction::Egress, from, to, asked).answer;
    let into = judge.judge(Direction::Ingress, from, to, asked).answer;
    // One direction that drops decides, however unknown the other is.
    if out == Answer::Deny || into == Answer::Deny {
        Answer::Deny
    } else {
        out.max(into)
    }
}

/// What the map says of a pair, by whichever names it tells it.
fn told(
    map: &(Map, Map),
    from: &[String],
    to: &[String],
    (protocol, port): (Protocol, u16),
) -> Answer {
    let has = |map: &Map| {
        from.iter().any(|src| {
            to.iter().any(|dst| {
                map.get(&(src.clone(), dst.clone()))
                    .is_some_and(|ports| ports.contains(protocol, port))
            })
        })
    };
    match (has(&map.0), has(&map.1)) {
        (true, false) => Answer::Allow,
        (false, true) => Answer::Unknown,
        (false, false) => Answer::Deny,
        (true, true) => panic!("both admitted and unknown"),
    }
}

type Families = BTreeMap<(String, String), Vec<(Family, PortSet)>>;

/// What the map says that each family admits, of what it cannot tell.
fn by_family(reach: &mut Reach<'_>) -> Families {
    let mut found = Families::new();
    let mut note = |it: Connection<'_>| -> Result<(), Infallible> {
        let families = it.families.map(|families| families.to_vec());
        for (_, ports) in families.iter().flatten() {
            assert!(ports.minus(it.ports).is_empty(), "of what cannot be told");
        }
        found.insert(
            (it.src.to_owned(), it.dst.to_owned()),
            families.unwrap_or_default(),
        );
        Ok(())
    };
    reach.tell(Part::Unknown, &Focus::All, &mut note).unwrap();
    found
}

fn over_family(
    map: &Families,
    from: &[String],
    to: &[String],
    family: Family,
    (protocol, port): (Protocol, u16),
) -> bool {
    let mut pairs = from
        .iter()
        .flat_map(|src| to.iter().map(move |dst| (src.clone(), dst.clone())));
    pairs.any(|pair| {
        let families = map.get(&pair).into_iter().flatten();
        families
            .filter(|(of, _)| *of == family)
            .any(|(_, ports)| ports.contains(protocol, port))
    })
}

fn spans(
    map: &Map,
    outbound: bool,
    names: &[String],
    ip: IpAddr,
    (protocol, port): (Protocol, u16),
) -> bool {
    map.iter().any(|((src, dst), ports)| {
        let (own, other) = if outbound { (src, dst) } else { (dst, src) };
        let Some((first, last)) = other
            .strip_prefix("external:")
            .and_then(|span| span.split_once('-'))
        else {
            return false;
        };
        let inside =
            first.parse::<IpAddr>().unwrap() <= ip && ip <= last.parse::<IpAddr>().unwrap();
        inside && names.contains(own) && ports.contains(protocol, port)
    })
}

#[test]
fn the_map_agrees_with_the_judge_on_every_pair_of_random_worlds() {
    for seed in 1..=worlds() {
        let text = random_world(seed, seed % 2 == 0);
        let world = world(&text);
        let view = View::new(&world);
        let mut reach = Reach::new(&view);
        let map = both(&mut reach);
        let by_family = by_family(&mut reach);
        let judge = Judge::new(&view);
        let ends: Vec<(End<'_>, Vec<String>)> = pods(&world)
            .into_iter()
            .map(|pod| {
                let names = vec![pod.meta.key.to_string(), owners::top(&view, pod)];
                (End::Pod(pod_end(&view, pod)), names)
            })
            .collect();
        for (from, senders) in &ends {
            for (to, receivers) in ends.iter().filter(|(_, names)| names[1] != senders[1]) {
                for probe in PROBES {
                    let (is, over) = judged_over_all(&world, &judge, (from, to), *probe);
                    let said = told(&map, senders, receivers, *probe);
                    for (family, answer) in over.iter().filter(|_| said == Answer::Unknown) {
                        let listed = over_family(&by_family, senders, receivers, *family, *probe);
                        assert_eq!(
                            listed && is == Answer::Unknown,
                            *answer == Answer::Allow,
                            "seed {seed}: {senders:?} → {receivers:?} {probe:?} over {family}\n{text}"
                        );
                    }
                    assert_eq!(
                        is, said,
                        "seed {seed}: {senders:?} → {receivers:?} {probe:?}: judged {is:?}, told {said:?}\n{text}"
                    );
                }
            }
            let dual = pods(&world)
                .iter()
                .any(|pod| pod.ips.iter().any(IpAddr::is_ipv6));
            let six: &[&str] = if dual {
                &["fd00::99", "fd00::", "2001:db8::1"]
            } else {
                &[]
            };
            let four: &[&str] = &[
                "192.0.2.1",
                "192.0.2.200",
                "8.8.8.8",
                "10.0.0.200",
                "10.0.0.0",
            ];
            for ip in four.iter().chain(six) {
                let ip: IpAddr = ip.parse().unwrap();
                let outside = End::Outside(Span::one(ip));
                for probe in PROBES {
                    for outbound in [true, false] {
                        let is = if outbound {
                            judged(&judge, from, &outside, *probe)
                        } else {
                            judged(&judge, &outside, from, *probe)
                        };
                        let said = match (
                            spans(&map.0, outbound, senders, ip, *probe),
                            spans(&map.1, outbound, senders, ip, *probe),
                        ) {
                            (true, _) => Answer::Allow,
                            (_, true) => Answer::Unknown,
                            _ => Answer::Deny,
                        };
                        assert_eq!(
                            is, said,
                            "seed {seed}: {senders:?} {ip} outbound {outbound} {probe:?}\n{text}"
                        );
                    }
                }
            }
        }
    }
}

/// What the policy hops of a trace say together.
fn traced(view: &View<'_>, from: &Pod, to: &Pod, (protocol, port): (Protocol, u16)) -> Answer {
    let port = Port {
        port: PortRef::Number(port),
        protocol,
    };
    let from = From::Pod(from.meta.key.clone());
    let to = To::Pod(to.meta.key.clone(), Some(port));
    let path = trace_via(view, &from, &to, None);
    let hops = path.hops.iter();
    let policy = hops.filter(|hop| matches!(hop.stage, Stage::Egress | Stage::Ingress));
    let answer = |hop: &Hop| match hop.verdict {
        Verdict::Pass | Verdict::Skipped => Answer::Allow,
        Verdict::Unknown => Answer::Unknown,
        Verdict::Fail => Answer::Deny,
    };
    let answers: Vec<Answer> = policy.map(answer).collect();
    assert_eq!(answers.len(), 2);
    answers.into_iter().max().unwrap()
}

#[test]
fn the_map_agrees_with_traces_on_sampled_pairs_of_random_worlds() {
    for seed in 1..=worlds() / 5 {
        let text = random_world(seed + 50_000, seed % 2 == 0);
        let world = world(&text);
        let view = View::new(&world);
        let mut reach = Reach::new(&view);
        let map = both(&mut reach);
        let mut dice = Dice(seed | 1);
        let names = |pod: &Pod| vec![pod.meta.key.to_string(), owners::top(&view, pod)];
        let pods = pods(&world);
        for _ in 0..12 {
            let pick =
                |dice: &mut Dice| pods[usize::try_from(dice.roll(pods.len() as u64)).unwrap()];
            let (from, to) = (pick(&mut dice), pick(&mut dice));
            let (senders, receivers) = (names(from), names(to));
            if senders[1] == receivers[1] {
                continue;
            }
            let probe = dice.pick(PROBES);
            let (is, said) = (
                traced(&view, from, to, probe),
                told(&map, &senders, &receivers, probe),
            );
            assert_eq!(
                is, said,
                "seed {seed}: {senders:?} → {receivers:?} {probe:?}: traced {is:?}, told {said:?}\n{text}"
            );
        }
    }
}

#[test]
fn a_cell_of_the_grid_says_what_the_map_tells() {
    for seed in 1..=worlds() / 5 {
        let text = random_world(seed + 70_000, seed % 2 == 0);
        let world = world(&text);
        let view = View::new(&world);
        let mut reach = Reach::new(&view);
        let map = both(&mut reach);
        let by_family = by_family(&mut reach);
        let owners: Vec<(String, Vec<String>)> = reach
            .owners()
            .map(|owner| {
                let pods = owner.parts.iter().flat_map(|(_, pods)| pods.clone());
                (owner.name.clone(), pods.collect())
            })
            .collect();
        for (src, (from, senders)) in owners.iter().enumerate() {
            for (dst, (to, receivers)) in owners.iter().enumerate().filter(|(dst, _)| *dst != src) {
                let summary = reach.between(src, dst);
                for probe in PROBES {
                    let mut answers = Vec::new();
                    let mut one_family = false;
                    for pod in senders {
                        for other in receivers {
                            let names =
                                |pod: &String, owner: &String| vec![pod.clone(), owner.clone()];
                            let (src, dst) = (names(pod, from), names(other, to));
                            answers.push(told(&map, &src, &dst, *probe));
                            one_family |= [Family::V4, Family::V6]
                                .iter()
                                .any(|family| over_family(&by_family, &src, &dst, *family, *probe));
                        }
                    }
                    let asked = PortSet::one(probe.0, probe.1);
                    let expected = if answers.iter().all(|one| *one == Answer::Allow) {
                        Sum::All
                    } else if answers.contains(&Answer::Allow) || one_family {
                        Sum::Part
                    } else if answers.contains(&Answer::Unknown) {
                        Sum::Unknown
                    } else {
                        Sum::None
                    };
                    assert_eq!(
                        summary.of(&asked),
                        expected,
                        "seed {seed}: {from} → {to} {probe:?}\n{text}"
                    );
                }
            }
        }
    }
}

/// NetworkPolicy as the API documents it, read plainly: for pods with addresses, and addresses outside.
mod plainly {
    use super::*;

    pub(super) enum Side<'w> {
        /// As it is met over a family.
        Pod(&'w Pod, Family),
        Address(Ipv4Addr),
    }

    impl Side<'_> {
        fn ip(&self) -> IpAddr {
            match self {
                Side::Pod(pod, family) => *pod
                    .ips
                    .iter()
                    .find(|ip| Family::of(**ip) == *family)
                    .unwrap(),
                Side::Address(ip) => IpAddr::V4(*ip),
            }
        }
    }

    fn label_fits(selector: &Selector, labels: &Labels) -> bool {
        selector.matches(labels)
    }

    fn peer_fits(world: &World, policy: &Policy, peer: &Peer, side: &Side<'_>) -> bool {
        match peer {
            Peer::Pods(subject) => {
                let Side::Pod(pod, _) = side else {
                    return false;
                };
                let place = pod.meta.key.namespace.clone().unwrap();
                let labels = &world
                    .all(Kind::Namespace)
                    .find(|it| it.key().name == place)
                    .unwrap()
                    .meta()
                    .labels;
                let there = match &subject.namespaces {
                    Places::Own => policy.meta.key.namespace.as_ref() == Some(&place),
                    Places::Selected(selector) => label_fits(selector, labels),
                };
                there && label_fits(&subject.pods, &pod.meta.labels)
            }
            Peer::Addresses { nets, except } => {
                nets[0].contains(&side.ip()) && !except.iter().any(|net| net.contains(&side.ip()))
            }
            _ => unreachable!(),
        }
    }

    fn port_fits(port: &PortMatch, to: &Side<'_>, (protocol, number): (Protocol, u16)) -> bool {
        match port {
            PortMatch::All(of) => *of == protocol,
            PortMatch::Range(of, first, last) => {
                *of == protocol && (*first..=*last).contains(&number)
            }
            PortMatch::Named(of, name) => match to {
                Side::Pod(pod, _) => pod.containers[0].ports.iter().any(|it| {
                    it.name == *name
                        && *of == Some(it.protocol)
                        && it.protocol == protocol
                        && it.port == number
                }),
                Side::Address(_) => false,
            },
            PortMatch::Beyond(_) | PortMatch::Malformed => unreachable!(),
        }
    }

    pub(super) fn admits(
        world: &World,
        direction: Direction,
        from: &Side<'_>,
        to: &Side<'_>,
        probe: (Protocol, u16),
    ) -> bool {
        let (own, other) = if direction == Direction::Egress {
            (from, to)
        } else {
            (to, from)
        };
        let Side::Pod(pod, _) = own else { return true };
        let policies = world
            .all(Kind::NetworkPolicy)
            .filter_map(|object| as_policy(object));
        let mine: Vec<&Policy> = policies
            .filter(|policy| policy.meta.key.namespace == pod.meta.key.namespace)
            .filter(|policy| label_fits(&policy.subject.pods, &pod.meta.labels))
            .filter(|policy| policy.section(direction).force == Force::Yes)
            .collect();
        mine.is_empty()
            || mine.iter().any(|policy| {
                policy.section(direction).rules.iter().any(|rule| {
                    let whom = rule.peers.as_ref().is_none_or(|peers| {
                        peers
                            .iter()
                            .any(|peer| peer_fits(world, policy, peer, other))
                    });
                    let what = rule
                        .ports
                        .as_ref()
                        .is_none_or(|ports| ports.iter().any(|port| port_fits(port, to, probe)));
                    whom && what
                })
            })
    }
}

#[test]
fn the_judge_agrees_with_a_plain_reading_of_the_api() {
    for seed in 1..=worlds() {
        let text = random_world(seed.wrapping_mul(7919), false);
        let world = world(&text);
        let view = View::new(&world);
        let judge = Judge::new(&view);
        let known: Vec<&Pod> = pods(&world)
            .into_iter()
            .filter(|pod| !pod.ips.is_empty())
            .collect();
        let outside: Vec<Ipv4Addr> = ["192.0.2.1", "8.8.8.8", "10.9.9.9"]
            .iter()
            .map(|ip| ip.parse().unwrap())
            .collect();
        let mut sides: Vec<plainly::Side<'_>> = Vec::new();
        for pod in &known {
            let families = families(&world, pod).into_iter();
            sides.extend(families.map(|family| plainly::Side::Pod(pod, family)));
        }
        sides.extend(outside.into_iter().map(plainly::Side::Address));
        let end = |side: &plainly::Side<'_>| match side {
            plainly::Side::Pod(pod, family) => {
                let key = pod.meta.key.clone();
                met(&End::Pod(pod_end(&view, view.pod(&key).unwrap())), *family)
            }
            plainly::Side::Address(ip) => End::Outside(Span::one(IpAddr::V4(*ip))),
        };
        for from in &sides {
            for to in &sides {
                if let (plainly::Side::Pod(a, over), plainly::Side::Pod(b, other)) = (from, to)
                    && (a.meta.key == b.meta.key || over != other)
                {
                    continue;
                }
                for probe in PROBES {
                    let plain = plainly::admits(&world, Direction::Egress, from, to, *probe)
                        && plainly::admits(&world, Direction::Ingress, from, to, *probe);
                    let is = judged(&judge, &end(from), &end(to), *probe);
                    assert_eq!(
                        is == Answer::Allow,
                        plain,
                        "seed {seed} {probe:?} {is:?}\n{text}"
                    );
                    assert_ne!(is, Answer::Unknown, "seed {seed}");
                }
            }
        }
    }
}

#[test]
fn an_allowing_rule_more_never_takes_traffic_away_and_order_does_not_matter() {
    for seed in 1..=worlds() / 3 {
        let text = random_world(seed.wrapping_mul(104_729), false);
        // Isolation is there already, so that one more policy can only add.
        let isolate = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: isolate, namespace: n0 }\nspec: { podSelector: {}, policyTypes: [Ingress, Egress] }\n";
        let mut dice = Dice(seed | 1);
        let more = random_policy(&mut dice, 99).replace("namespace: n1", "namespace: n0");
        let before = world(&format!("{text}{isolate}"));
        let after = world(&format!("{text}{isolate}{more}"));
        let (view, later) = (View::new(&before), View::new(&after));
        let first = map(&mut Reach::new(&view), Part::Connections);
        let second = map(&mut Reach::new(&later), Part::Connections);
        let judge = Judge::new(&later);
        let names = |pod: &Pod| vec![pod.meta.key.to_string(), owners::top(&later, pod)];
        for from in pods(&after) {
            for to in pods(&after)
                .into_iter()
                .filter(|to| names(to)[1] != names(from)[1])
            {
                for probe in PROBES {
                    let empty = Map::new();
                    let was = told(
                        &(first.clone(), empty.clone()),
                        &names(from),
                        &names(to),
                        *probe,
                    );
                    if was == Answer::Allow {
                        let is = told(&(second.clone(), empty), &names(from), &names(to), *probe);
                        assert_eq!(is, Answer::Allow, "seed {seed} {probe:?}\n{text}{more}");
                    }
                }
            }
        }
        drop(judge);
        let mut documents: Vec<&str> = text.split("---\n").filter(|it| !it.is_empty()).collect();
        documents.reverse();
        let reversed = world(&format!(
            "---\n{}{isolate}",
            documents
                .iter()
                .map(|it| format!("---\n{it}"))
                .collect::<String>()
        ));
        assert_eq!(
            map(&mut Reach::new(&View::new(&reversed)), Part::Connections),
            first,
            "seed {seed}"
        );
    }
}

#[test]
fn what_is_offered_admits_the_denied_pair_and_takes_nothing_away() {
    let mut offered = 0;
    for seed in 1..=worlds() / 3 {
        let text = random_world(seed.wrapping_mul(15_485_863), false);
        let before = world(&text);
        let view = View::new(&before);
        let judge = Judge::new(&view);
        let was = map(&mut Reach::new(&view), Part::Connections);
        let keys: Vec<_> = pods(&before)
            .iter()
            .map(|pod| pod.meta.key.clone())
            .collect();
        let probe = (Protocol::Tcp, 4321);
        let asked = Asked {
            protocol: probe.0,
            port: probe.1,
            via: None,
        };
        let Some((from, to)) = keys
            .iter()
            .flat_map(|a| keys.iter().map(move |b| (a, b)))
            .find(|(a, b)| {
                let end = |key: &portolan::model::key::Key| {
                    End::Pod(pod_end(&view, view.pod(key).unwrap()))
                };
                a != b && judged(&judge, &end(a), &end(b), probe) == Answer::Deny
            })
        else {
            continue;
        };
        let end =
            |key: &portolan::model::key::Key| End::Pod(pod_end(&view, view.pod(key).unwrap()));
        let ends = (end(from), end(to));
        let mut added = String::new();
        let mut whole = true;
        for direction in [Direction::Egress, Direction::Ingress] {
            let decision = judge.judge(direction, &ends.0, &ends.1, asked);
            if decision.answer == Answer::Allow {
                continue;
            }
            match addition(
                &view,
                &judge,
                direction,
                (&ends.0, &ends.1),
                probe,
                &decision,
            ) {
                Some(yaml) => added.push_str(&format!("---\n{yaml}")),
                None => whole = false,
            }
        }
        if !whole {
            continue;
        }
        offered += 1;
        let after = world(&format!("{text}{added}"));
        assert_eq!(
            after.count(Kind::NetworkPolicy),
            before.count(Kind::NetworkPolicy) + added.matches("kind:").count(),
            "seed {seed}\n{added}"
        );
        let later = View::new(&after);
        let judge = Judge::new(&later);
        let end =
            |key: &portolan::model::key::Key| End::Pod(pod_end(&later, later.pod(key).unwrap()));
        assert_eq!(
            judged(&judge, &end(from), &end(to), probe),
            Answer::Allow,
            "seed {seed}: {from} → {to}\n{text}{added}"
        );
        let is = map(&mut Reach::new(&later), Part::Connections);
        let names = |key: &portolan::model::key::Key| {
            vec![
                key.to_string(),
                owners::top(&later, later.pod(key).unwrap()),
            ]
        };
        for a in &keys {
            for b in keys.iter().filter(|b| names(b)[1] != names(a)[1]) {
                for probe in PROBES {
                    let empty = Map::new();
                    if told(&(was.clone(), empty.clone()), &names(a), &names(b), *probe)
                        == Answer::Allow
                    {
                        assert_eq!(
                            told(&(is.clone(), empty), &names(a), &names(b), *probe),
                            Answer::Allow,
                            "seed {seed}\n{text}{added}"
                        );
                    }
                }
            }
        }
    }
    assert!(offered > 10, "only {offered} were offered");
}

fn changes(before: &str, after: &str) -> Vec<String> {
    let (was, is) = (world(before), world(after));
    let (was, is) = (View::new(&was), View::new(&is));
    let found = difference(&mut Reach::new(&was), &mut Reach::new(&is), &Focus::All);
    let answer = serde_json::to_value(json::reach::DifferenceJson::new(&found, None)).unwrap();
    jsonschema::validate(&json::schema::<json::reach::DifferenceJson>(), &answer).unwrap();
    let parts = [("opened", "+"), ("cut", "-"), ("uncertain", "?")];
    parts
        .iter()
        .flat_map(|(part, mark)| {
            lines(&answer, part)
                .into_iter()
                .map(move |line| format!("{mark} {line}"))
        })
        .collect()
}

#[test]
fn a_planned_policy_shows_what_it_cuts_and_what_it_opens() {
    let pods = pod("a", "app: a", "10.0.0.1", "") + &pod("b", "app: b", "10.0.0.2", "");
    let deny = netpol(
        "deny",
        "podSelector: { matchLabels: { app: b } }, policyTypes: [Ingress]",
    );
    let allow = netpol(
        "allow",
        "podSelector: { matchLabels: { app: b } }, ingress: [{ from: [{ podSelector: {} }, { ipBlock: { cidr: 192.0.2.0/24 } }], ports: [{ port: 80 }] }]",
    );
    assert_eq!(
        changes(&pods, &format!("{pods}{deny}")),
        [
            format!("- {ALL4} → shop/Pod/b all"),
            "- shop/Pod/a → shop/Pod/b all".to_owned()
        ]
    );
    assert_eq!(
        changes(&format!("{pods}{deny}"), &format!("{pods}{deny}{allow}")),
        [
            "+ external:192.0.2.0-192.0.2.255 → shop/Pod/b 80-80/TCP",
            "+ shop/Pod/a → shop/Pod/b 80-80/TCP"
        ]
    );
    assert!(changes(&pods, &pods).is_empty());
}

#[test]
fn a_difference_that_splits_an_owner_names_its_pods() {
    let pods = pod("a-0", "app: a, n: zero", "10.0.0.1", OWNED)
        + &pod("a-1", "app: a, n: one", "10.0.0.2", OWNED)
        + &pod("b", "app: b", "10.0.0.3", "");
    let policy = netpol(
        "not-zero",
        "podSelector: { matchLabels: { app: b } }, ingress: [{ from: [{ podSelector: { matchLabels: { n: one } } }, { ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.1/32] } }] }]",
    );
    assert_eq!(
        changes(&pods, &format!("{pods}{policy}")),
        ["- shop/Pod/a-0 → shop/Pod/b all"]
    );
}
