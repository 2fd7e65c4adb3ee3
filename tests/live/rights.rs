//! Whoever may read little gets a truthful answer: what could not be read is named, and nothing is claimed of it.

use crate::cluster::Cluster;
use crate::world::{broken, coverage, findings, portolan};

/// Binds a user to a role that reads these resources in one namespace.
pub(crate) fn may_read(cluster: &Cluster, namespace: &str, user: &str, rules: &str) {
    cluster.apply(&format!(
        "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: {user}, namespace: {namespace}}}
rules: {rules}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: {user}, namespace: {namespace}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {user}}}
subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {user}}}]
"
    ));
}

pub(crate) const EVERYTHING: &str =
    "[{apiGroups: ['*'], resources: ['*'], verbs: [get, list, watch]}]";
const SERVICES: &str = "[{apiGroups: [''], resources: [services], verbs: [get, list, watch]}]";

#[test]
fn one_namespace_is_judged_by_what_can_be_read_of_it() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    broken(cluster, "narrow");
    cluster.namespace("foreign");
    may_read(cluster, "narrow", "narrow-reader", EVERYTHING);
    let kubeconfig = cluster.user("narrow-reader", &[]);

    let check = portolan(&kubeconfig, &["check", "-n", "narrow", "-o", "json"]);
    let judged = check.json();
    assert_eq!(check.code, Some(1), "{}", check.err);
    assert!(
        findings(&judged).contains(&"SVC001 narrow/Service/api".to_owned()),
        "{}",
        check.out
    );
    for kind in ["Pod", "Service", "EndpointSlice", "Ingress"] {
        let state = coverage(&judged, kind, Some("narrow"));
        assert_eq!(state.as_deref(), Some("ready"), "{kind}: {}", check.out);
    }
    assert_eq!(
        coverage(&judged, "Node", None).as_deref(),
        Some("forbidden")
    );
    assert!(check.err.contains("Node"), "stderr names it: {}", check.err);

    let strict = portolan(
        &kubeconfig,
        &["check", "-n", "narrow", "--require-coverage"],
    );
    assert_eq!(strict.code, Some(2));
}

#[test]
fn what_rests_on_forbidden_kinds_is_unknown_and_no_fault_is_claimed() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    broken(cluster, "blind");
    may_read(cluster, "blind", "blind-reader", SERVICES);
    let kubeconfig = cluster.user("blind-reader", &[]);

    let check = portolan(&kubeconfig, &["check", "-n", "blind", "-o", "json"]);
    let judged = check.json();
    assert_eq!(findings(&judged), [] as [&str; 0], "nobody could know");
    assert_eq!(check.code, Some(0), "{}", check.err);
    for kind in ["Pod", "EndpointSlice", "Ingress"] {
        let state = coverage(&judged, kind, Some("blind"));
        assert_eq!(state.as_deref(), Some("forbidden"), "{kind}: {}", check.out);
        assert!(check.err.contains(kind), "{kind} on stderr: {}", check.err);
    }
    let services = portolan(&kubeconfig, &["list", "svc", "-n", "blind", "-o", "json"]).json();
    assert_eq!(services["rows"][0]["object"], "blind/Service/api");
    assert_eq!(services["rows"][0]["mark"], "unknown");

    let trace = portolan(
        &kubeconfig,
        &[
            "trace",
            "-n",
            "blind",
            "internet",
            "blind/svc/api:80",
            "-o",
            "json",
        ],
    );
    assert_ne!(trace.json()["verdict"], "pass", "{}", trace.out);
}
