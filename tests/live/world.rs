//! What the tests put into a cluster, and how they run the binary.

use crate::cluster::{Cluster, eventually};
use crate::terminal::PORTOLAN;
use serde_json::Value;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

/// A Service whose selector has a typo, the pods it was meant for, and an Ingress that leads there. Each namespace has
/// a host of its own: a host that two Ingresses of a class claim belongs to the older one.
const BROKEN: &str = "
apiVersion: v1
kind: Service
metadata: {name: api}
spec:
  selector: {app: apii}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, labels: {app: api}}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - {name: main, image: registry.example/api:1, ports: [{name: http, containerPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: live
  rules:
  - host: NAMESPACE.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {name: http}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: live}
spec: {controller: example.com/live}
";

/// The JSON patch by which a person mends the Service of [`broken`].
pub(crate) const MENDED: &str = r#"{"spec":{"selector":{"app":"api"}}}"#;

/// The broken route in a new namespace of this name, its pods ready.
pub(crate) fn broken(cluster: &Cluster, namespace: &str) {
    cluster.namespace(namespace);
    // IngressClass has no namespace, and kubectl does not mind that one is named.
    cluster.apply(&placed(BROKEN, namespace));
    eventually("two ready pods", || {
        let ready = cluster.ask(&[
            "-n",
            namespace,
            "get",
            "deployment",
            "api",
            "--output=jsonpath={.status.readyReplicas}",
        ]);
        (ready == "2").then_some(())
    });
}

/// Mends the Service of [`broken`] and waits until its endpoints are ready.
pub(crate) fn mend(cluster: &Cluster, namespace: &str) {
    cluster.ask(&[
        "-n", namespace, "patch", "service", "api", "--patch", MENDED,
    ]);
    eventually("two ready endpoints", || {
        (ready_endpoints(cluster, namespace) == 2).then_some(())
    });
}

/// How many endpoints of the Service `api` are ready, as the cluster sees it.
pub(crate) fn ready_endpoints(cluster: &Cluster, namespace: &str) -> usize {
    let slices = cluster.get(&[
        "endpointslices",
        "-n",
        namespace,
        "--selector=kubernetes.io/service-name=api",
    ]);
    let items = slices["items"].as_array().cloned().unwrap_or_default();
    let endpoints = items.iter().filter_map(|item| item["endpoints"].as_array());
    endpoints
        .flatten()
        .filter(|endpoint| endpoint["conditions"]["ready"] == true)
        .count()
}

/// The documents with this namespace in each, but for those that have none.
fn placed(documents: &str, namespace: &str) -> String {
    let each = documents.split("\n---\n").map(|document| {
        if document.contains("kind: IngressClass") {
            document.to_owned()
        } else {
            let named = document.replace("NAMESPACE", namespace);
            named.replacen(
                "metadata: {",
                &format!("metadata: {{namespace: {namespace}, "),
                1,
            )
        }
    });
    each.collect::<Vec<_>>().join("\n---\n")
}

/// What the binary answered.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| {
            panic!("{error} in the answer {:?}, {}", self.out, self.err);
        })
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The binary with a kubeconfig, and nothing else of this machine's.
pub(crate) fn command(kubeconfig: &Path) -> Command {
    let mut command = Command::new(PORTOLAN);
    command
        .env_remove("KUBECONFIG")
        .arg("--kubeconfig")
        .arg(kubeconfig);
    command
}

/// Runs the binary to its end.
pub(crate) fn portolan<A: AsRef<OsStr>>(kubeconfig: &Path, arguments: &[A]) -> Answer {
    command(kubeconfig).args(arguments).output().unwrap().into()
}

/// The findings of `check -o json` as `CODE subject`.
pub(crate) fn findings(check: &Value) -> Vec<String> {
    let mut all: Vec<String> = check["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let text = |field: &str| finding[field].as_str().unwrap().to_owned();
            format!("{} {}", text("code"), text("subject"))
        })
        .collect();
    all.sort();
    all
}

/// The state of a kind in `check -o json`, for the whole cluster or for one namespace.
pub(crate) fn coverage(check: &Value, kind: &str, namespace: Option<&str>) -> Option<String> {
    let rows = check["coverage"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|row| row["kind"] == kind && row["namespace"].as_str() == namespace)?;
    Some(row["state"].as_str().unwrap().to_owned())
}
