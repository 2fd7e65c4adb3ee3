//! Pods whose egress is limited, and that cannot ask the cluster's DNS.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::Labels;
use crate::model::pod::Pod;
use crate::model::policy::{Action, Direction, Force, Policy};
use crate::model::port::Protocol;
use crate::model::service::Service;
use crate::model::view::{View, as_policy, as_service};
use crate::semantics::endpoints::backends;
use crate::semantics::network::unenforced;
use crate::semantics::policy::end::End;
use crate::semantics::policy::judge::{Answer, Asked, Judge};
use crate::semantics::policy::matching::pod_end;
use crate::semantics::policy::meant::ports;
use crate::semantics::policy::select;
use serde_json::{Value, json};

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP008",
    slug: "dns-blocked",
    title: "DNS is not admitted",
    on: &[Kind::NetworkPolicy],
    page: include_str!("dns_blocked.md"),
    check,
};

const DNS_NAMESPACE: &str = "kube-system";
const DNS_PORTS: [u16; 2] = [53, 5353];

/// The cluster's DNS: the pods and the port on which each answers, and the labels by which they can be selected.
struct Resolvers<'w> {
    service: &'w Service,
    at: Vec<(&'w Pod, u16)>,
}

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(policy) = view.object(key).and_then(as_policy) else {
        return;
    };
    if policy.egress.force != Force::Yes || is_local(view) {
        return;
    }
    let judge = Judge::new(view);
    let resolvers = resolvers(view);
    let blocked: Vec<&Pod> = select::pods_of(view, policy)
        .into_iter()
        .filter(|pod| !pod.host_network && pod.dns_policy.starts_with("ClusterFirst"))
        .filter(|pod| {
            is_first(&judge, view, pod, key) && is_blocked(&judge, view, pod, resolvers.as_ref())
        })
        .collect();
    // Where nothing enforces policies, nothing is blocked.
    if let Some(first) = blocked.first()
        && unenforced(view).is_none()
    {
        sink.report(told(key, policy, first, blocked.len(), resolvers.as_ref()));
    }
}

/// Node-local DNS answers on the pod's own node, which no policy touches.
fn is_local(view: &View<'_>) -> bool {
    let labels: Labels = [("k8s-app", "node-local-dns")].into_iter().collect();
    view.advisory(|view| {
        !view
            .pods_labelled(&Name::from(DNS_NAMESPACE), &labels)
            .is_empty()
    })
}

fn resolvers<'w>(view: &View<'w>) -> Option<Resolvers<'w>> {
    let namespace = Name::from(DNS_NAMESPACE);
    let services = view
        .in_namespace(Kind::Service, &namespace)
        .filter_map(as_service);
    let service = services
        .filter(|service| {
            service.meta.key.name == "kube-dns" || service.meta.labels.has("k8s-app", "kube-dns")
        })
        .min_by(|a, b| a.meta.key.cmp(&b.meta.key))?;
    let port = service
        .ports
        .iter()
        .find(|port| port.port == 53 && port.protocol == Protocol::Udp)?;
    let at: Vec<_> = backends(view, service)
        .iter()
        .filter_map(|backend| Some((view.pod(backend.pod.as_ref()?)?, backend.port_for(port)?)))
        .collect();
    (!at.is_empty()).then_some(Resolvers { service, at })
}

/// Whether this policy is the first that isolates the pod: each pod is told of once.
fn is_first(judge: &Judge<'_, '_>, view: &View<'_>, pod: &Pod, key: &Key) -> bool {
    let Some(pod) = view.pod(&pod.meta.key) else {
        return false;
    };
    let applicable = judge.applicable(&pod_end(view, pod), Direction::Egress);
    applicable
        .isolating()
        .next()
        .is_some_and(|chosen| chosen.policy.meta.key == *key)
}

fn is_blocked(
    judge: &Judge<'_, '_>,
    view: &View<'_>,
    pod: &Pod,
    resolvers: Option<&Resolvers<'_>>,
) -> bool {
    let Some(pod) = view.pod(&pod.meta.key) else {
        return false;
    };
    let sender = End::Pod(pod_end(view, pod));
    let Some(resolvers) = resolvers else {
        return !any_rule_for_dns(judge, &sender);
    };
    resolvers.at.iter().all(|(resolver, port)| {
        let Some(resolver) = view.pod(&resolver.meta.key) else {
            return false;
        };
        let asked = Asked {
            protocol: Protocol::Udp,
            port: *port,
            via: resolvers.service.cluster_ips.first().map(|ip| (*ip, 53)),
        };
        let receiver = End::Pod(pod_end(view, resolver));
        judge
            .judge(Direction::Egress, &sender, &receiver, asked)
            .answer
            == Answer::Deny
    })
}

/// Where no DNS is seen: whether any rule, whoever it means, is about a port of DNS.
fn any_rule_for_dns(judge: &Judge<'_, '_>, sender: &End<'_>) -> bool {
    let End::Pod(pod) = sender else { return true };
    let applicable = judge.applicable(pod, Direction::Egress);
    if !applicable.foreign.is_empty() || !applicable.admin.is_empty() {
        return true;
    }
    let mut rules = applicable
        .namespaced
        .iter()
        .flat_map(|chosen| chosen.rules(Direction::Egress))
        .filter(|rule| rule.action != Action::Deny);
    rules.any(|rule| {
        let meant = ports(rule, sender);
        let set = meant.certain.or(&meant.perhaps);
        DNS_PORTS
            .iter()
            .any(|port| set.contains(Protocol::Udp, *port))
    })
}

fn pods(count: usize) -> String {
    format!("{count} pod{}", if count == 1 { "" } else { "s" })
}

fn told(
    key: &Key,
    policy: &Policy,
    first: &Pod,
    count: usize,
    resolvers: Option<&Resolvers<'_>>,
) -> Draft {
    let (whom, port) = match resolvers {
        Some(resolvers) => {
            let port = resolvers.at.first().map_or(53, |(_, port)| *port);
            (
                format!(
                    "{} ({}, port {port})",
                    resolvers.service.meta.key.short(),
                    pods(resolvers.at.len())
                ),
                port,
            )
        }
        None => ("the cluster's DNS".to_owned(), 53),
    };
    Draft::warning(key, "DNS is not admitted")
        .at("spec.egress")
        .says(format!("What {} may send is limited, and nothing admits UDP to {whom}: every name lookup there times out.", pods(count)))
        .evidence(Evidence::new(key, "spec.egress", format!("no rule for {port}/UDP to {whom}"), "a rule that admits DNS"))
        .evidence(Evidence::new(&first.meta.key, "spec.dnsPolicy", &*first.dns_policy, ""))
        .confirm(kubectl::get(key).option("-o", "jsonpath={.spec.egress}"))
        .fix(format!("Admit {port} over UDP and TCP to the pods of the cluster's DNS."))
        .patch(Some(change(key, policy, resolvers, port)))
}

/// One more egress rule, aimed at the pods that answer.
fn change(key: &Key, policy: &Policy, resolvers: Option<&Resolvers<'_>>, port: u16) -> String {
    let namespace = json!({ "matchLabels": { "kubernetes.io/metadata.name": DNS_NAMESPACE } });
    let mut peer = json!({ "namespaceSelector": namespace });
    if let Some(resolvers) = resolvers {
        let labels: serde_json::Map<String, Value> = resolvers
            .service
            .selector
            .iter()
            .map(|(key, value)| (key.to_string(), json!(value)))
            .collect();
        if let Some(peer) = peer.as_object_mut() {
            peer.insert("podSelector".to_owned(), json!({ "matchLabels": labels }));
        }
    }
    let rule = json!({
        "to": [peer],
        "ports": [{ "protocol": "UDP", "port": port }, { "protocol": "TCP", "port": port }],
    });
    let (path, value) = if policy.egress.rules.is_empty() {
        ("/spec/egress", json!([rule]))
    } else {
        ("/spec/egress/-", rule)
    };
    let change = json!([{ "op": "add", "path": path, "value": value }]);
    kubectl::patch(key)
        .flag("--type=json")
        .option("-p", &change.to_string())
        .into()
}
