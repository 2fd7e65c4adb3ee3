//! Networks that do not enforce policies, told by what runs in the cluster.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const SHOP: &str = "
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { nodeName: n1, containers: [ { name: c, image: i } ] }
status: { phase: Running, podIP: 10.0.0.1, conditions: [ { type: Ready, status: 'True' } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: db, namespace: shop, labels: { app: db } }
spec: { nodeName: n1, containers: [ { name: c, image: i, ports: [ { containerPort: 5432 } ] } ] }
status: { phase: Running, podIP: 10.0.0.2, conditions: [ { type: Ready, status: 'True' } ] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
";

fn system(name: &str, labels: &str, images: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{ name: {name}, namespace: kube-system, labels: {{ {labels} }} }}\nspec: {{ nodeName: n1, hostNetwork: true, containers: [ {images} ] }}\nstatus: {{ phase: Running, podIP: 192.168.0.1 }}\n"
    )
}

fn node(label: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Node\nmetadata: {{ name: n1, labels: {{ {label} }} }}\nstatus: {{ addresses: [ {{ type: InternalIP, address: 192.168.0.1 }} ] }}\n"
    )
}

fn run(words: &[&str], world: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(words)
        .args(["--from", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(world.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// The verdict of web → db, and the reasons of the policy hops.
fn trace(more: &str) -> (String, Vec<String>) {
    let words = ["trace", "shop/pod/web", "pod/db:5432", "-o", "json"];
    let output = run(&words, &format!("{SHOP}{more}"));
    let path: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verdict = path["verdict"].as_str().unwrap().to_owned();
    let expected = match verdict.as_str() {
        "pass" => 0,
        "fail" => 1,
        _ => 3,
    };
    assert_eq!(output.status.code(), Some(expected));
    let hops = path["hops"].as_array().unwrap().iter();
    let policy = hops.filter(|hop| hop["stage"] == "egress" || hop["stage"] == "ingress");
    let reasons = policy.map(|hop| hop["reason"].as_str().unwrap().to_owned());
    (verdict, reasons.collect())
}

#[test]
fn what_is_denied_on_a_network_that_does_not_enforce_is_denied_if_enforced() {
    for (network, words) in [
        (
            system(
                "kube-flannel-ds-x",
                "app: flannel",
                "{ name: f, image: docker.io/flannel/flannel:v0.26.1 }",
            ),
            "flannel",
        ),
        (
            system(
                "aws-node-x",
                "k8s-app: aws-node",
                "{ name: aws-node, image: x/amazon-k8s-cni:v1.18 }",
            ),
            "Amazon VPC CNI",
        ),
        (
            system(
                "kindnet-x",
                "k8s-app: kindnet",
                "{ name: k, image: docker.io/kindest/kindnetd:v20230511-dc714da8 }",
            ),
            "kindnet",
        ),
        (
            "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: { name: kube-flannel-ds, namespace: elsewhere }\nspec: { selector: { matchLabels: { app: flannel } }, template: { metadata: { labels: { app: flannel } }, spec: { containers: [ { name: f, image: docker.io/flannel/flannel:v0.26.1 } ] } } }\n".to_owned(),
            "flannel",
        ),
        (
            node("kubernetes.azure.com/cluster: mine")
                + &system(
                    "coredns-x",
                    "k8s-app: kube-dns",
                    "{ name: d, image: coredns:1 }",
                ),
            "AKS",
        ),
        (
            node("cloud.google.com/gke-nodepool: default")
                + &system(
                    "kube-dns-x",
                    "k8s-app: kube-dns",
                    "{ name: d, image: kube-dns:1 }",
                ),
            "GKE",
        ),
    ] {
        let (verdict, reasons) = trace(&network);
        assert_eq!(verdict, "unknown", "{words}");
        assert_eq!(reasons.len(), 2);
        assert!(
            reasons
                .iter()
                .all(|reason| reason.starts_with("denied if enforced: ")),
            "{reasons:?}"
        );
        let said = reasons
            .iter()
            .filter(|reason| reason.contains(words))
            .count();
        assert_eq!(said, 1, "said once: {reasons:?}");
        let map = run(&["reach"], &format!("{SHOP}{network}"));
        let map = String::from_utf8(map.stdout).unwrap();
        assert_eq!(map.matches("denied if enforced").count(), 1, "{map}");
    }
}

#[test]
fn what_is_denied_stays_denied_where_something_enforces_or_nothing_is_recognised() {
    let flannel = system(
        "kube-flannel-ds-x",
        "app: flannel",
        "{ name: f, image: docker.io/flannel/flannel:v0.26.1 }",
    );
    for network in [
        String::new(),
        system("canal-x", "k8s-app: canal", "{ name: c, image: docker.io/calico/node:v3.29 }, { name: f, image: docker.io/flannel/flannel:v0.26.1 }"),
        flannel.clone() + &system("kube-router-x", "k8s-app: kube-router", "{ name: k, image: cloudnativelabs/kube-router:v2 }"),
        system("aws-node-x", "k8s-app: aws-node", "{ name: aws-node, image: x/amazon-k8s-cni:v1.18 }, { name: a, image: x/amazon/aws-network-policy-agent:v1.1 }"),
        system("kindnet-x", "k8s-app: kindnet", "{ name: k, image: docker.io/kindest/kindnetd:v20250512-df8de77b }"),
        system("kindnet-x", "k8s-app: kindnet", "{ name: k, image: kindnetd:latest }"),
        node("cloud.google.com/gke-nodepool: default") + &system("anetd-x", "k8s-app: cilium", "{ name: a, image: gke.gcr.io/cilium/cilium:v1.14 }"),
        // Nothing of the system is seen.
        node("kubernetes.azure.com/cluster: mine"),
        // An application by that name.
        "---\napiVersion: v1\nkind: Pod\nmetadata: { name: x, namespace: shop, labels: { name: x } }\nspec: { containers: [ { name: c, image: example.com/flannel-shirts:1 } ] }\n".to_owned(),
    ] {
        let (verdict, reasons) = trace(&network);
        assert_eq!(verdict, "fail", "{network}");
        assert!(reasons.iter().all(|reason| !reason.contains("if enforced")), "{reasons:?}");
    }
    let open = SHOP.replace(
        "spec: { podSelector: {}, policyTypes",
        "spec: { podSelector: { matchLabels: { app: nobody } }, policyTypes",
    );
    let words = ["trace", "shop/pod/web", "pod/db:5432"];
    assert_eq!(
        run(&words, &format!("{open}{flannel}")).status.code(),
        Some(0),
        "what is admitted is admitted"
    );
}

#[test]
fn ranges_of_a_network_policy_mean_no_pods_for_certain_where_cilium_enforces() {
    let open = SHOP.replace(
        "policyTypes: [Ingress, Egress]",
        "ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }]",
    );
    let words = ["trace", "shop/pod/web", "pod/db:5432"];
    assert_eq!(run(&words, &open).status.code(), Some(0));
    let cilium = system(
        "cilium-x",
        "k8s-app: cilium",
        "{ name: a, image: quay.io/cilium/cilium:v1.18 }",
    );
    assert_eq!(
        run(&words, &format!("{open}{cilium}")).status.code(),
        Some(3)
    );
}

#[test]
fn every_form_of_the_map_says_that_it_is_denied_if_enforced() {
    let flannel = system(
        "kube-flannel-ds-x",
        "app: flannel",
        "{ name: f, image: docker.io/flannel/flannel:v0.26.1 }",
    );
    let map = |more: &str| -> (Value, String) {
        let world = format!("{SHOP}{more}");
        let json = run(&["reach", "-o", "json"], &world).stdout;
        let dot = run(&["reach", "-o", "dot"], &world).stdout;
        let dot = String::from_utf8(dot).unwrap();
        (serde_json::from_slice(&json).unwrap(), dot)
    };
    let (json, dot) = map(&flannel);
    let said = json["deniedIfEnforced"].as_str().unwrap();
    assert!(said.contains("flannel"), "{said}");
    assert!(dot.contains("label=\"what is not drawn is denied if enforced: "));
    let (json, dot) = map("");
    assert!(json["deniedIfEnforced"].is_null());
    assert!(!dot.contains("if enforced"));
}
