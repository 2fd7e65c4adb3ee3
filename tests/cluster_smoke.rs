//! The test cluster itself: what other tests rest on is there and goes away.

#[path = "support/cluster.rs"]
mod cluster;

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use cluster::{Cluster, eventually};

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: registry.example/web:1, ports: [{name: http, containerPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
";

/// Addresses of `web` that the EndpointSlice controller calls ready.
fn ready_addresses(cluster: &Cluster) -> Vec<String> {
    let slices = cluster.get(&[
        "endpointslices",
        "--selector=kubernetes.io/service-name=web",
    ]);
    let endpoints = slices
        .pointer("/items/0/endpoints")
        .and_then(serde_json::Value::as_array)
        .cloned()
        .unwrap_or_default();
    endpoints
        .iter()
        .filter(|endpoint| endpoint.pointer("/conditions/ready") == Some(&true.into()))
        .filter_map(|endpoint| {
            endpoint
                .pointer("/addresses/0")?
                .as_str()
                .map(str::to_owned)
        })
        .collect()
}

fn wait_for_ready(cluster: &Cluster, count: usize) {
    eventually(&format!("{count} ready endpoints"), || {
        (ready_addresses(cluster).len() == count).then_some(())
    });
}

#[test]
fn a_cluster_starts_recovers_and_goes_without_a_trace() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    cluster.apply(WEB);
    wait_for_ready(&cluster, 3);

    // The label makes a living pod fail, and its address leaves the slice.
    let pod = cluster.ask(&["get", "pods", "--output=jsonpath={.items[0].metadata.name}"]);
    cluster.ask(&["label", "pod", &pod, "bed/fault=notready"]);
    wait_for_ready(&cluster, 2);
    cluster.ask(&["label", "pod", &pod, "bed/fault-"]);
    wait_for_ready(&cluster, 3);

    let guest = cluster.user("guest", &["visitors"]);
    let refused = cluster.kubectl(&[
        OsStr::new("get"),
        OsStr::new("pods"),
        OsStr::new("--kubeconfig"),
        guest.as_os_str(),
    ]);
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(
        words.contains(r#"User "guest" cannot list resource "pods""#),
        "{words}"
    );

    cluster.kill_apiserver();
    assert!(!cluster.kubectl(&["get", "pods"]).status.success());
    cluster.start_apiserver();
    assert_eq!(ready_addresses(&cluster).len(), 3);
    // The controllers have come back to it too.
    cluster.ask(&["scale", "deployment", "web", "--replicas=1"]);
    wait_for_ready(&cluster, 1);

    let processes = cluster.processes();
    let names: Vec<_> = processes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "etcd",
            "guard",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kwok"
        ]
    );
    let dir = cluster.dir().to_owned();
    drop(cluster);
    for (name, pid) in processes {
        eventually(&format!("the end of {name}"), || {
            (!std::fs::exists(format!("/proc/{pid}")).unwrap()).then_some(())
        });
    }
    assert!(!dir.exists());
}

#[test]
fn a_forwarded_port_reaches_its_pod_until_that_is_gone() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    cluster.apply(WEB);
    wait_for_ready(&cluster, 3);
    let pod = cluster.ask(&["get", "pods", "--output=jsonpath={.items[0].metadata.name}"]);
    let mut forward = Command::new(cluster.dir().join("bin/kubectl"))
        .arg("--kubeconfig")
        .arg(cluster.kubeconfig())
        .args(["port-forward", &pod, ":8080"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(forward.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let address = line.split_whitespace().nth(2).unwrap();

    let mut connection = TcpStream::connect(address).unwrap();
    connection
        .write_all(b"GET /hostname HTTP/1.0\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with(&format!("{pod}\n")), "{answer}");

    cluster.ask(&["delete", "pod", &pod]);
    eventually("the end of the forward", || forward.try_wait().unwrap());
}

#[test]
fn a_cluster_goes_when_its_parent_is_killed() {
    if Cluster::available().is_err() {
        return; // said by the others
    }
    let dir = tempfile::tempdir().unwrap();
    let mut parent = Command::new("sleep").arg("600").spawn().unwrap();
    let started = Command::new("tests/cluster/up")
        .arg(format!("--parent={}", parent.id()))
        .arg(dir.path().join("state"))
        .arg("1")
        .status()
        .unwrap();
    let guard = std::fs::read_to_string(dir.path().join("state/pids/guard"));
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(started.success());
    let guard = guard.unwrap();
    let guard = guard.split_whitespace().next().unwrap();
    eventually("the end of the guard", || {
        (!std::fs::exists(format!("/proc/{guard}")).unwrap()).then_some(())
    });
    assert!(!dir.path().join("state").exists());
}
