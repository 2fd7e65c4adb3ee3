//! Real connections through a real engine: pods of a cluster that enforces policies try each other's ports, and what
//! they find is what `reach` and `trace` say.
//!
//! `PORTOLAN_REAL_CLUSTER` is the kubeconfig of such a cluster; without it nothing is tried. `PORTOLAN_KUBECTL` is the
//! kubectl to use, `PORTOLAN_REAL_IMAGE` the image of the pods: Kubernetes' own test server `agnhost`, by default the
//! one that its nodes have. Two namespaces are made and removed again, and ClusterNetworkPolicies about them, where the
//! cluster has that API.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long the engine may take to act on what it is told.
const PATIENCE: Duration = Duration::from_secs(30);

/// The pods: namespace, name and label, and the port that they call `http`.
const PODS: &[(usize, &str, &str, u16)] = &[
    (0, "web", "web", 8080),
    (0, "web2", "web", 9090),
    (0, "client", "client", 8080),
    (1, "client", "client", 8080),
    (1, "other", "other", 8080),
];

/// The ports on which every pod listens.
const PORTS: &[(&str, u16)] = &[("TCP", 8080), ("TCP", 9090), ("UDP", 8081)];

struct Real {
    kubeconfig: String,
    kubectl: String,
    places: [String; 2],
    outer: bool,
}

impl Real {
    /// The cluster; none where there is none to try, which is said.
    fn start() -> Option<Self> {
        let Ok(kubeconfig) = std::env::var("PORTOLAN_REAL_CLUSTER") else {
            let _ = writeln!(
                std::io::stderr(),
                "test skipped: real_cluster, which needs PORTOLAN_REAL_CLUSTER, a kubeconfig of a cluster with real pods and an engine that enforces policies"
            );
            return None;
        };
        let id = std::process::id();
        let mut real = Self {
            kubeconfig,
            kubectl: std::env::var("PORTOLAN_KUBECTL").unwrap_or_else(|_| "kubectl".to_owned()),
            places: [format!("portolan-a-{id}"), format!("portolan-b-{id}")],
            outer: false,
        };
        let outer = real.run(
            &["get", "clusternetworkpolicies.policy.networking.k8s.io"],
            None,
        );
        real.outer = outer.status.success();
        let image = std::env::var("PORTOLAN_REAL_IMAGE").unwrap_or_else(|_| real.image());
        real.make(&image);
        Some(real)
    }

    fn run(&self, arguments: &[&str], input: Option<&Value>) -> Output {
        let mut child = Command::new(&self.kubectl)
            .args(["--kubeconfig", &self.kubeconfig])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.kubectl));
        let mut stdin = child.stdin.take().unwrap();
        if let Some(input) = input {
            stdin.write_all(input.to_string().as_bytes()).unwrap();
        }
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    fn ask(&self, arguments: &[&str], input: Option<&Value>) -> String {
        let output = self.run(arguments, input);
        assert!(
            output.status.success(),
            "kubectl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// The test server that some node has.
    fn image(&self) -> String {
        let nodes: Value =
            serde_json::from_str(&self.ask(&["get", "nodes", "-o", "json"], None)).unwrap();
        let nodes = nodes["items"].as_array().unwrap();
        let images = nodes
            .iter()
            .filter_map(|node| node["status"]["images"].as_array());
        let names = images
            .flatten()
            .filter_map(|image| image["names"].as_array());
        let mut known = names.flatten().filter_map(Value::as_str);
        let found = known.find(|name| name.contains("agnhost") && !name.contains('@'));
        found
            .unwrap_or_else(|| {
                panic!("no node has agnhost: name an image with PORTOLAN_REAL_IMAGE")
            })
            .to_owned()
    }

    fn make(&self, image: &str) {
        let mut items: Vec<Value> = self
            .places
            .iter()
            .map(|name| json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }))
            .collect();
        // Where no vector reaches.
        let sentinel = (1, "sentinel", "sentinel", 8080);
        for (place, name, label, http) in PODS.iter().copied().chain([sentinel]) {
            let container = |name: &str, port: u16| {
                let ports = if port == http {
                    json!([{ "name": "http", "containerPort": port }])
                } else {
                    json!([])
                };
                json!({
                    "name": name, "image": image, "imagePullPolicy": "IfNotPresent", "ports": ports,
                    "args": ["netexec", format!("--http-port={port}"), format!("--udp-port={}", port + 1)],
                })
            };
            items.push(json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": { "name": name, "namespace": self.places[place], "labels": { "app": label, "name": name } },
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    "containers": [container("main", 8080), container("second", 9090)],
                },
            }));
        }
        items.push(json!({
            // Of one pod: where several differ, what a connection meets is chance.
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web", "namespace": self.places[0] },
            "spec": { "selector": { "name": "web" }, "ports": [{ "port": 80, "targetPort": 8080 }] },
        }));
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": items });
        self.ask(&["apply", "-f", "-"], Some(&list));
        for place in &self.places {
            self.ask(
                &[
                    "wait",
                    "-n",
                    place,
                    "pod",
                    "--all",
                    "--for=condition=Ready",
                    "--timeout=180s",
                ],
                None,
            );
        }
    }

    fn address(&self, kind: &str, place: usize, name: &str, path: &str) -> String {
        let path = format!("-o=jsonpath={{{path}}}");
        self.ask(&["get", "-n", &self.places[place], kind, name, &path], None)
    }

    /// What becomes of a connection from a pod, by its own test client: `TIMEOUT`, `REFUSED`, `DNS`; nothing where it
    /// is made.
    fn connect(&self, from: (usize, &str), to: &str, protocol: &str, seconds: u32) -> String {
        let timeout = format!("--timeout={seconds}s");
        let protocol = format!("--protocol={}", protocol.to_ascii_lowercase());
        let place = &self.places[from.0];
        let words = [
            "exec", "-n", place, from.1, "-c", "main", "--", "/agnhost", "connect", to, &timeout,
            &protocol,
        ];
        let output = self.run(&words, None);
        if output.status.success() {
            return String::new();
        }
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let known = ["TIMEOUT", "REFUSED", "DNS", "OTHER"];
        let word = known
            .into_iter()
            .find(|word| said.lines().any(|line| line.starts_with(word)));
        word.unwrap_or_else(|| panic!("{from:?} to {to}: {said}"))
            .to_owned()
    }

    fn portolan(&self, words: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_portolan"))
            .args(words)
            .args(["--kubeconfig", &self.kubeconfig, "-o", "json"])
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{words:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Waits until the engine has seen what was told it: it reads objects of a kind in order, so whatever was said
    /// before a policy that shows, and before its end, is known as well.
    fn settle(&self) {
        let ip = self.address("pod", 1, "sentinel", ".status.podIP");
        let target = format!("{ip}:8080");
        let mut flips = vec![network_policy(
            &self.places[1],
            "sentinel",
            &json!({ "podSelector": { "matchLabels": { "app": "sentinel" } }, "policyTypes": ["Ingress"] }),
        )];
        if self.outer {
            flips.push(outer(&self.places[0], "sentinel", &json!({
                "tier": "Admin", "priority": 0,
                "subject": { "pods": { "namespaceSelector": named(&self.places[1]), "podSelector": { "matchLabels": { "app": "sentinel" } } } },
                "ingress": [{ "action": "Deny", "from": [{ "namespaces": {} }] }],
            })));
        }
        for flip in flips {
            for (act, open) in [("apply", false), ("delete", true)] {
                self.ask(&[act, "-f", "-"], Some(&flip));
                let since = Instant::now();
                while self.connect((1, "other"), &target, "TCP", 1).is_empty() != open {
                    assert!(
                        since.elapsed() < PATIENCE,
                        "nobody enforces {}",
                        flip["kind"]
                    );
                }
            }
        }
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        if self.outer {
            let selector = format!("portolan-test={}", self.places[0]);
            let words = [
                "delete",
                "clusternetworkpolicies.policy.networking.k8s.io",
                "-l",
                &selector,
            ];
            let _ = self.run(&words, None);
        }
        let [a, b] = &self.places;
        let _ = self.run(&["delete", "namespace", a, b, "--wait=false"], None);
    }
}

fn named(place: &str) -> Value {
    json!({ "matchLabels": { "kubernetes.io/metadata.name": place } })
}

fn network_policy(place: &str, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": { "name": name, "namespace": place }, "spec": spec,
    })
}

/// A ClusterNetworkPolicy that its test finds again.
fn outer(place: &str, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
        "metadata": { "name": format!("{place}-{name}"), "labels": { "portolan-test": place } }, "spec": spec,
    })
}

/// What stands in the cluster while every connection is tried.
struct Step {
    name: &'static str,
    policies: Vec<Value>,
}

const fn step(name: &'static str, policies: Vec<Value>) -> Step {
    Step { name, policies }
}

/// A NetworkPolicy about the pods that serve, with the rest of its spec.
fn on_web(real: &Real, rest: &Value) -> Vec<Value> {
    let mut spec = json!({ "podSelector": { "matchLabels": { "app": "web" } } });
    let fields = rest.as_object().unwrap().clone();
    spec.as_object_mut().unwrap().extend(fields);
    vec![network_policy(&real.places[0], "tried", &spec)]
}

/// The vectors: what pods receive.
fn ingress_steps(real: &Real) -> Vec<Step> {
    let [a, b] = &real.places;
    let client = json!({ "matchLabels": { "app": "client" } });
    let ip = real.address("pod", 1, "client", ".status.podIP");
    let other = real.address("pod", 1, "other", ".status.podIP");
    let closed = network_policy(
        a,
        "tried",
        &json!({ "podSelector": {}, "policyTypes": ["Ingress"] }),
    );
    let from = |name, peers: Value| {
        step(
            name,
            on_web(real, &json!({ "ingress": [{ "from": peers }] })),
        )
    };
    let at = |name, ports: Value| {
        step(
            name,
            on_web(real, &json!({ "ingress": [{ "ports": ports }] })),
        )
    };
    vec![
        step("no policy", Vec::new()),
        step("default deny", vec![closed]),
        step(
            "an empty rule admits everyone",
            on_web(real, &json!({ "ingress": [{}] })),
        ),
        from(
            "podSelector is of the own namespace",
            json!([{ "podSelector": {} }]),
        ),
        from("namespaceSelector", json!([{ "namespaceSelector": {} }])),
        from(
            "one peer: and",
            json!([{ "namespaceSelector": named(b), "podSelector": client }]),
        ),
        from(
            "two peers: or",
            json!([{ "namespaceSelector": named(b) }, { "podSelector": client }]),
        ),
        from(
            "ipBlock",
            json!([{ "ipBlock": { "cidr": format!("{ip}/32") } }]),
        ),
        from(
            "ipBlock with an exception",
            json!([{ "ipBlock": { "cidr": "0.0.0.0/0", "except": [format!("{other}/32")] } }]),
        ),
        at("named port", json!([{ "port": "http" }])),
        at("endPort", json!([{ "port": 8000, "endPort": 8080 }])),
        at("a protocol without port", json!([{ "protocol": "UDP" }])),
    ]
}

/// The vectors: what a pod sends.
fn egress_steps(real: &Real) -> Vec<Step> {
    let service = real.address("service", 0, "web", ".spec.clusterIP");
    let web = json!({ "matchLabels": { "app": "web" } });
    let to = |name, rule: Value| {
        let spec = json!({
            "podSelector": { "matchLabels": { "app": "client" } }, "policyTypes": ["Egress"], "egress": [rule],
        });
        step(name, vec![network_policy(&real.places[0], "tried", &spec)])
    };
    vec![
        to(
            "egress to the pod's port, by way of a Service",
            json!({ "to": [{ "podSelector": web }], "ports": [{ "port": 8080 }] }),
        ),
        to(
            "egress to the Service's port",
            json!({ "ports": [{ "port": 80 }] }),
        ),
        to(
            "egress to the Service's address",
            json!({ "to": [{ "ipBlock": { "cidr": format!("{service}/32") } }] }),
        ),
        to(
            "egress without DNS",
            json!({ "to": [{ "podSelector": {} }] }),
        ),
    ]
}

/// The vectors of the tiers around them.
fn outer_steps(real: &Real) -> Vec<Step> {
    let [a, b] = &real.places;
    let tier = |name: &str, tier: &str, priority: u32, rule: Value| {
        let spec = json!({
            "tier": tier, "priority": priority, "subject": { "namespaces": named(a) }, "ingress": [rule],
        });
        outer(a, name, &spec)
    };
    let all_of_b = json!([{ "namespaces": named(b) }]);
    let client = json!([{ "pods": {
        "namespaceSelector": named(b), "podSelector": { "matchLabels": { "app": "client" } },
    } }]);
    let open = network_policy(a, "tried", &json!({ "podSelector": {}, "ingress": [{}] }));
    let closed = network_policy(
        a,
        "tried",
        &json!({ "podSelector": {}, "policyTypes": ["Ingress"] }),
    );
    let own = json!([{ "podSelector": { "matchLabels": { "app": "client" } } }]);
    let denied = tier(
        "deny",
        "Admin",
        5,
        json!({ "action": "Deny", "from": all_of_b }),
    );
    let port = json!([{ "tcp": { "destinationPort": { "number": 8080 } } }]);
    let denied_port = json!({ "action": "Deny", "from": all_of_b, "protocols": port });
    let accepted = json!({ "action": "Accept", "from": client });
    let passed = json!({ "action": "Pass", "from": client });
    let everyone = json!({ "action": "Deny", "from": [{ "namespaces": {} }] });
    let mut isolated = on_web(real, &json!({ "ingress": [{ "from": own }] }));
    isolated.push(tier("base", "Baseline", 5, everyone));
    vec![
        step(
            "Admin denies what a NetworkPolicy admits",
            vec![open.clone(), denied.clone()],
        ),
        step(
            "Admin denies one port",
            vec![tier("port", "Admin", 5, denied_port)],
        ),
        step(
            "Admin accepts what a NetworkPolicy denies",
            vec![closed, tier("accept", "Admin", 1, accepted)],
        ),
        step(
            "Pass leaves the tier",
            vec![open, tier("pass", "Admin", 1, passed), denied],
        ),
        step("Baseline is for what nothing isolates", isolated),
    ]
}

/// What Portolan says: none where it is unknown.
type Told = Option<bool>;

struct Try {
    from: (usize, &'static str),
    to: String,
    target: String,
    protocol: &'static str,
    told: Told,
}

/// What the map says of a port of a pair of pods.
fn mapped(map: &Value, from: &str, to: &str, protocol: &str, port: u16) -> Told {
    let of_pair = |row: &&Value| row["src"] == from && row["dst"] == to;
    let rows = |field: &str| map[field].as_array().unwrap().iter();
    let holds = |row: &Value| {
        let fits = |range: &Value| {
            let (first, last) = (
                range["port"].as_u64().unwrap(),
                range["endPort"].as_u64().unwrap(),
            );
            range["protocol"] == protocol && (first..=last).contains(&u64::from(port))
        };
        row["all"] == true || row["ports"].as_array().unwrap().iter().any(fits)
    };
    if rows("connections").filter(of_pair).any(holds) {
        Some(true)
    } else if rows("unknown").any(|row| of_pair(&row)) {
        None
    } else {
        Some(false)
    }
}

/// Every connection that is tried, with what `reach` says of pods, and `trace` of Services and of names.
fn tries(real: &Real) -> Vec<Try> {
    let map = real.portolan(&["reach"]);
    let full = |(place, name): (usize, &str)| format!("{}/Pod/{name}", real.places[place]);
    let mut all = Vec::new();
    for (place, name, ..) in PODS {
        let ip = real.address("pod", *place, name, ".status.podIP");
        for (from, sender, ..) in PODS.iter().filter(|one| (one.0, one.1) != (*place, *name)) {
            for (protocol, port) in PORTS {
                let (src, dst) = (full((*from, sender)), full((*place, name)));
                all.push(Try {
                    from: (*from, sender),
                    told: mapped(&map, &src, &dst, protocol, *port),
                    to: format!("{dst}:{port}/{protocol}"),
                    target: format!("{ip}:{port}"),
                    protocol,
                });
            }
        }
    }
    let traced = |from: (usize, &str), to: &str| -> Told {
        let from = format!("{}/pod/{}", real.places[from.0], from.1);
        let path = real.portolan(&["trace", &from, to]);
        match path["verdict"].as_str().unwrap() {
            "pass" => Some(true),
            "fail" => Some(false),
            _ => None,
        }
    };
    let a = &real.places[0];
    let service = real.address("service", 0, "web", ".spec.clusterIP");
    for from in [(0, "client"), (1, "client"), (1, "other")] {
        let to = format!("{a}/svc/web:80");
        all.push(Try {
            from,
            told: traced(from, &to),
            to,
            target: format!("{service}:80"),
            protocol: "TCP",
        });
        // The same by pod, so that the map and the path are seen to agree.
        let to = format!("{a}/pod/web:8080");
        all.push(Try {
            from,
            told: traced(from, &to),
            to,
            target: format!("{}:8080", real.address("pod", 0, "web", ".status.podIP")),
            protocol: "TCP",
        });
    }
    for from in [(0, "client"), (1, "client")] {
        all.push(Try {
            from,
            told: traced(from, "kube-system/svc/kube-dns:53/UDP"),
            to: "a name".to_owned(),
            target: format!("kubernetes.default.svc.cluster.local.:{}", 443),
            protocol: "DNS",
        });
    }
    all
}

/// Whether a connection is made; of a name only whether it is found.
fn made(real: &Real, one: &Try, seconds: u32) -> bool {
    if one.protocol == "DNS" {
        return real.connect(one.from, &one.target, "TCP", seconds) != "DNS";
    }
    real.connect(one.from, &one.target, one.protocol, seconds)
        .is_empty()
}

/// Whether a connection goes as told. What goes otherwise is tried again: a busy machine is slow, and a backend that a
/// Service picks may be another one.
fn agrees(real: &Real, one: &Try) -> (bool, bool) {
    let mut is = made(real, one, 1);
    for _ in 0..2 {
        if one.told.is_none_or(|told| told == is) {
            break;
        }
        is = made(real, one, 5);
    }
    (is, one.told.is_none_or(|told| told == is))
}

#[test]
fn real_connections_go_as_reach_and_trace_say() {
    let Some(real) = Real::start() else {
        return;
    };
    let mut steps = ingress_steps(&real);
    steps.extend(egress_steps(&real));
    if real.outer {
        steps.extend(outer_steps(&real));
    } else {
        println!("no ClusterNetworkPolicy here: its vectors are not tried");
    }
    let mut different = Vec::new();
    let mut total = [0_usize; 3];
    for step in &steps {
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": step.policies });
        if !step.policies.is_empty() {
            real.ask(&["apply", "-f", "-"], Some(&list));
        }
        real.settle();
        let tries = tries(&real);
        let chunks = tries.chunks(tries.len().div_ceil(6));
        let found: Vec<(bool, bool)> = std::thread::scope(|scope| {
            let real = &real;
            let each = |chunk| scope.spawn(move || one_by_one(real, chunk));
            let running: Vec<_> = chunks.map(each).collect();
            running
                .into_iter()
                .flat_map(|one| one.join().unwrap())
                .collect()
        });
        let count = |wanted: &dyn Fn(&Try, bool) -> bool| {
            tries
                .iter()
                .zip(&found)
                .filter(|(one, (is, _))| wanted(one, *is))
                .count()
        };
        let figures = [
            count(&|one, is| one.told.is_some() && is),
            count(&|one, is| one.told.is_some() && !is),
            count(&|one, _| one.told.is_none()),
        ];
        println!(
            "{}: {} made, {} dropped, {} unknown",
            step.name, figures[0], figures[1], figures[2]
        );
        for (one, (is, right)) in tries.iter().zip(&found) {
            if !right {
                different.push(format!(
                    "{}: {:?} to {}: told {:?}, is {is}",
                    step.name, one.from, one.to, one.told
                ));
            }
        }
        total
            .iter_mut()
            .zip(figures)
            .for_each(|(sum, one)| *sum += one);
        if !step.policies.is_empty() {
            real.ask(&["delete", "-f", "-"], Some(&list));
        }
    }
    println!(
        "{} made, {} dropped, {} unknown",
        total[0], total[1], total[2]
    );
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(
        total[0] > 100 && total[1] > 100 && total[2] * 20 < total[0],
        "{total:?} compares too little"
    );
}

fn one_by_one(real: &Real, tries: &[Try]) -> Vec<(bool, bool)> {
    tries.iter().map(|one| agrees(real, one)).collect()
}
