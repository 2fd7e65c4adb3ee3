//! Lowering: from what the API sends to facts, kind by kind, whatever the document holds.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use portolan::lower::{Manner, identify, lower, lower_document, lower_json, mirror_json};
use portolan::model::endpoints::{AddressType, EndpointSlice};
use portolan::model::ingress::{Backend, BackendPort, Ingress, PathType};
use portolan::model::kind::Kind;
use portolan::model::labels::{Demand, Labels};
use portolan::model::meta::Truth;
use portolan::model::object::{Fact, Object};
use portolan::model::pod::{ContainerState, Phase, Pod, ProbeAction, Role, Standing};
use portolan::model::port::{PortRef, Protocol};
use portolan::model::service::{Family, Service, ServiceType, TrafficPolicy};
use portolan::model::workload::Workload;

const MANIFEST: Manner<'_> = Manner::Manifest { namespace: "shop" };

fn pod(object: &Object) -> &Pod {
    match &object.fact {
        Fact::Pod(pod) => pod,
        other => panic!("no pod: {other:?}"),
    }
}

fn service(object: &Object) -> &Service {
    match &object.fact {
        Fact::Service(service) => service,
        other => panic!("no service: {other:?}"),
    }
}

fn slice(object: &Object) -> &EndpointSlice {
    match &object.fact {
        Fact::EndpointSlice(slice) => slice,
        other => panic!("no slice: {other:?}"),
    }
}

fn ingress(object: &Object) -> &Ingress {
    match &object.fact {
        Fact::Ingress(ingress) => ingress,
        other => panic!("no ingress: {other:?}"),
    }
}

fn workload(object: &Object) -> &Workload {
    match &object.fact {
        Fact::Workload(workload) => workload,
        other => panic!("no workload: {other:?}"),
    }
}

/// Field, observed, expected of every defect.
fn defects(object: &Object) -> Vec<(&str, &str, &str)> {
    let all = object.defects.iter();
    all.map(|defect| {
        (
            defect.field.as_str(),
            defect.observed.as_str(),
            defect.expected.as_str(),
        )
    })
    .collect()
}

fn fields(object: &Object) -> Vec<&str> {
    defects(object)
        .into_iter()
        .map(|(field, ..)| field)
        .collect()
}

const POD: &str = r#"{
  "apiVersion": "v1", "kind": "Pod",
  "metadata": {
    "name": "web-7d4-x2", "namespace": "shop", "uid": "5f1c", "generation": 2,
    "creationTimestamp": "2026-11-22T10:00:00Z", "deletionTimestamp": null,
    "labels": {"app": "web", "pod-template-hash": "7d4"},
    "annotations": {
      "kubectl.kubernetes.io/last-applied-configuration": "{\"a\":1}",
      "checksum/config": "abc", "sidecar.istio.io/inject": "false"
    },
    "managedFields": [{"manager": "kubelet", "fieldsV1": {"f:status": {"f:phase": {}}}}],
    "ownerReferences": [
      {"apiVersion": "example.com/v1", "kind": "Note", "name": "n", "uid": "1"},
      {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d4", "uid": "9a", "controller": true}
    ]
  },
  "spec": {
    "nodeName": "n1", "hostname": "h", "subdomain": "s", "dnsPolicy": "Default",
    "readinessGates": [{"conditionType": "example.com/lb"}],
    "initContainers": [
      {"name": "setup", "image": "setup:1"},
      {"name": "mesh", "image": "proxy:1", "restartPolicy": "Always", "ports": [{"name": "stats", "containerPort": 15090}]}
    ],
    "containers": [{
      "name": "web", "image": "web:2",
      "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 53, "protocol": "UDP", "hostPort": 5353}],
      "readinessProbe": {"httpGet": {"path": "/ready", "port": "http", "scheme": "HTTPS"}, "periodSeconds": 5},
      "startupProbe": {"tcpSocket": {"port": 8080}, "failureThreshold": 30},
      "livenessProbe": {"exec": {"command": ["true"]}, "initialDelaySeconds": 7}
    }]
  },
  "status": {
    "phase": "Running", "podIP": "10.244.0.7", "podIPs": [{"ip": "10.244.0.7"}, {"ip": "fd00::7"}],
    "hostIP": "192.168.0.4", "startTime": "2026-11-22T10:00:02Z",
    "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady",
      "message": "containers with unready status: [web]", "lastTransitionTime": "2026-11-22T10:00:05Z", "lastProbeTime": null}],
    "initContainerStatuses": [
      {"name": "setup", "ready": true, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}},
      {"name": "mesh", "ready": true, "state": {"running": {"startedAt": "2026-11-22T10:00:03Z"}}}
    ],
    "containerStatuses": [{
      "name": "web", "ready": false, "restartCount": 4,
      "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 1m20s"}},
      "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-22T10:04:00Z"}}
    }]
  }
}"#;

#[test]
fn a_pod_keeps_what_decides_about_its_traffic() {
    let object = lower(Kind::Pod, POD);
    assert_eq!(defects(&object), []);
    assert_eq!(object.key().to_string(), "shop/Pod/web-7d4-x2");
    let pod = pod(&object);
    assert_eq!(
        pod.meta.labels,
        Labels::from_iter([("app", "web"), ("pod-template-hash", "7d4")])
    );
    assert_eq!(
        pod.meta.annotations,
        Labels::from_iter([("sidecar.istio.io/inject", "false")])
    );
    let owner = pod.meta.owner.as_ref().expect("the controller");
    assert_eq!(
        (&*owner.group, &*owner.kind, &*owner.name),
        ("apps", "ReplicaSet", "web-7d4")
    );
    assert_eq!(pod.node.as_deref(), Some("n1"));
    assert_eq!(pod.dns_policy, "Default");
    assert_eq!(pod.ips.len(), 2);
    assert_eq!(pod.phase, Phase::Running);
    assert_eq!(pod.standing, Standing::Observed);
    assert!(!pod.is_ready());
    let ready = pod.condition("Ready").expect("the condition");
    assert_eq!(
        (ready.status, &*ready.reason),
        (Truth::False, "ContainersNotReady")
    );
    assert_eq!(
        pod.readiness_gates
            .iter()
            .map(|gate| &**gate)
            .collect::<Vec<_>>(),
        ["example.com/lb"]
    );
    let roles: Vec<_> = pod.containers.iter().map(|c| (&*c.name, c.role)).collect();
    assert_eq!(
        roles,
        [
            ("web", Role::App),
            ("setup", Role::Init),
            ("mesh", Role::Sidecar)
        ]
    );
}

#[test]
fn a_container_carries_its_ports_probes_and_state() {
    let object = lower(Kind::Pod, POD);
    let web = &pod(&object).containers[0];
    assert_eq!(
        (web.ports[0].port, web.ports[0].protocol),
        (8080, Protocol::Tcp)
    );
    assert_eq!(
        (web.ports[1].protocol, web.ports[1].host_port),
        (Protocol::Udp, Some(5353))
    );
    let readiness = web.readiness.as_ref().expect("a probe");
    assert_eq!(readiness.action.to_string(), "GET https :http/ready");
    assert_eq!(
        (
            readiness.initial_delay,
            readiness.period,
            readiness.timeout,
            readiness.failures
        ),
        (0, 5, 1, 3)
    );
    let startup = web.startup.as_ref().expect("a probe");
    assert_eq!(startup.action, ProbeAction::Tcp(PortRef::Number(8080)));
    assert_eq!(startup.failures, 30);
    assert_eq!(
        web.liveness.as_ref().expect("a probe").action,
        ProbeAction::Exec
    );
    assert!(
        matches!(&web.state, ContainerState::Waiting { reason, .. } if *reason == "CrashLoopBackOff")
    );
    let end = web.last_end.as_ref().expect("the last end");
    assert_eq!((end.exit_code, &*end.reason), (137, "OOMKilled"));
    assert_eq!((web.ready, web.restarts), (false, 4));
}
