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

/// pflag: a value after `=` or as the next argument, the last one counts. Nothing else of the arguments is kept.
#[test]
fn of_the_arguments_only_those_that_decide_are_kept() {
    let of = |command: &str, args: &str| {
        let json = format!(
            r#"{{"metadata":{{"name":"c"}},"spec":{{"containers":[{{"name":"c","command":{command},"args":{args}}}]}}}}"#
        );
        lower(Kind::Pod, &json)
    };
    let flags = |object: &Object| {
        let flags = pod(object).containers[0].flags.iter();
        flags.map(ToString::to_string).collect::<Vec<_>>()
    };
    let whole = of(
        r#"["/ctl"]"#,
        r#"["--password=hunter2", "--default-ssl-certificate", "edge/wild", "--enable-ssl-passthrough", "--v=2"]"#,
    );
    assert_eq!(
        flags(&whole),
        [
            "--default-ssl-certificate=edge/wild",
            "--enable-ssl-passthrough"
        ]
    );
    assert_eq!(
        pod(&whole).containers[0].flag("--default-ssl-certificate"),
        Some("edge/wild")
    );
    assert_eq!(
        pod(&whole).containers[0].flag("--enable-ssl-passthrough"),
        Some("")
    );
    assert_eq!(pod(&whole).containers[0].flag("--enable-ssl"), None);
    let script = of(
        r#"["sh", "-c"]"#,
        r#"["exec /ctl --controller-class=a --controller-class='b' --token=t"]"#,
    );
    assert_eq!(
        pod(&script).containers[0].flag("--controller-class"),
        Some("b")
    );
    // The API server refuses these; what stands there is nobody's business.
    let odd = of("7", r#"[1234, {"a": 1}, null, true]"#);
    assert!(flags(&odd).is_empty());
    let told = format!("{:?}", defects(&odd));
    assert!(!told.contains("1234"), "{told}");
}

#[test]
fn a_live_pod_without_status_is_pending_and_a_manifest_s_is_assumed_to_run() {
    let json = r#"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c"}],"initContainers":[{"name":"i"}]}}"#;
    let live = lower(Kind::Pod, json);
    assert_eq!(
        (pod(&live).phase, pod(&live).standing),
        (Phase::Pending, Standing::Observed)
    );
    assert!(!pod(&live).is_ready());
    let planned = lower_json(Kind::Pod, json, MANIFEST);
    assert_eq!(
        (pod(&planned).phase, pod(&planned).standing),
        (Phase::Running, Standing::Assumed)
    );
    assert!(pod(&planned).is_ready());
    assert!(pod(&planned).containers[0].ready && !pod(&planned).containers[1].ready);
    assert_eq!(planned.key().to_string(), "shop/Pod/a");
    assert_eq!(live.key().to_string(), "default/Pod/a");
}

#[test]
fn a_service_s_defaults_are_kubernetes_own() {
    let object = lower(
        Kind::Service,
        r#"{"metadata":{"name":"web","namespace":"shop"},"spec":{"selector":{"app":"web"},"ports":[{"port":80},{"name":"dns","port":53,"protocol":"UDP","targetPort":"dns"},{"name":"z","port":90,"targetPort":0}]}}"#,
    );
    assert_eq!(defects(&object), []);
    let service = service(&object);
    assert_eq!(service.kind, ServiceType::ClusterIp);
    assert_eq!(
        (service.internal_policy, service.external_policy),
        (TrafficPolicy::Cluster, TrafficPolicy::Cluster)
    );
    assert!(service.allocate_node_ports && !service.headless && !service.publish_not_ready);
    assert_eq!(service.client_ip_affinity, None);
    let ports: Vec<_> = service
        .ports
        .iter()
        .map(|port| (port.port, port.protocol, port.target.to_string()))
        .collect();
    assert_eq!(
        ports,
        [
            (80, Protocol::Tcp, "80".to_owned()),
            (53, Protocol::Udp, "dns".to_owned()),
            (90, Protocol::Tcp, "90".to_owned())
        ]
    );
}

#[test]
fn a_service_with_everything() {
    let object = lower(
        Kind::Service,
        r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop"},"spec":{
          "type":"LoadBalancer","clusterIP":"10.96.0.10","clusterIPs":["10.96.0.10","fd00::a"],"ipFamilies":["IPv4","IPv6"],"ipFamilyPolicy":"PreferDualStack",
          "ports":[{"name":"http","port":80,"targetPort":"http","nodePort":30080,"appProtocol":"http"}],
          "externalTrafficPolicy":"Local","internalTrafficPolicy":"Local","healthCheckNodePort":31000,"sessionAffinity":"ClientIP",
          "loadBalancerSourceRanges":["198.51.100.0/24"," 10.0.0.0/8 "],"loadBalancerClass":"x/y","allocateLoadBalancerNodePorts":false,
          "publishNotReadyAddresses":true,"trafficDistribution":"PreferClose","externalIPs":["203.0.113.7"]},
          "status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.9","ipMode":"Proxy","ports":[{"port":80,"protocol":"TCP","error":"x/busy"}]},{"hostname":"lb.example.com"}]}}}"#,
    );
    assert_eq!(defects(&object), []);
    let service = service(&object);
    assert_eq!(service.kind, ServiceType::LoadBalancer);
    assert_eq!(service.cluster_ips.len(), 2);
    assert_eq!(*service.families, [Family::V4, Family::V6]);
    assert_eq!(
        (
            service.ports[0].node_port,
            service.ports[0].app_protocol.as_deref()
        ),
        (Some(30080), Some("http"))
    );
    assert_eq!(service.external_policy, TrafficPolicy::Local);
    assert_eq!(service.client_ip_affinity, Some(10_800));
    assert_eq!(service.source_ranges.len(), 2);
    assert!(!service.allocate_node_ports && service.publish_not_ready);
    assert!(service.addresses[0].proxy_mode && !service.addresses[1].proxy_mode);
    assert_eq!(service.addresses[0].port_errors[0].1, "x/busy");
    assert_eq!(
        service.addresses[1].hostname.as_deref(),
        Some("lb.example.com")
    );
}

#[test]
fn headless_and_external_name() {
    for ip in [
        r#""clusterIP":"None""#,
        r#""clusterIP":"None","clusterIPs":["None"]"#,
    ] {
        let object = lower(
            Kind::Service,
            &format!(r#"{{"metadata":{{"name":"a"}},"spec":{{{ip}}}}}"#),
        );
        assert_eq!(defects(&object), []);
        assert!(service(&object).headless && service(&object).cluster_ips.is_empty());
    }
    let object = lower(
        Kind::Service,
        r#"{"metadata":{"name":"a"},"spec":{"type":"ExternalName","externalName":"db.example.com","clusterIP":""}}"#,
    );
    assert_eq!(defects(&object), []);
    assert_eq!(
        service(&object).external_name.as_deref(),
        Some("db.example.com")
    );
    assert_eq!(service(&object).effective_selector(), None);
}

#[test]
fn what_does_not_fit_is_noted_and_given_the_nearest_value() {
    let object = lower(
        Kind::Service,
        r#"{"metadata":{"name":"a","labels":{"n":5}},"spec":{"type":"Sideways","clusterIP":"10.0.0.300","publishNotReadyAddresses":"true",
          "selector":["app"],"loadBalancerSourceRanges":["10.0.0.0/99","010.1.0.0/16"],
          "ports":[{"port":"80","targetPort":"8080"},{"name":"x"},{"port":70000},{"port":81,"protocol":"tcp"},{"port":82,"protocol":"QUIC"},"no",{"port":83,"nodePort":-1}]}}"#,
    );
    let number = "a number from 1 to 65535";
    let range = "a range of addresses as 10.0.0.0/8";
    assert_eq!(
        defects(&object),
        [
            ("metadata.labels[n]", "5", "a string"),
            (
                "spec.type",
                "\"Sideways\"",
                "ClusterIP, NodePort, LoadBalancer or ExternalName"
            ),
            ("spec.clusterIP", "\"10.0.0.300\"", "an IP address or None"),
            ("spec.publishNotReadyAddresses", "\"true\"", "true or false"),
            ("spec.selector", "a list", "an object of strings"),
            ("spec.loadBalancerSourceRanges[0]", "\"10.0.0.0/99\"", range),
            (
                "spec.loadBalancerSourceRanges[1]",
                "\"010.1.0.0/16\"",
                range
            ),
            ("spec.ports[0].port", "\"80\"", number),
            (
                "spec.ports[0].targetPort",
                "\"8080\"",
                "a number without quotes, or a port's name"
            ),
            ("spec.ports[1].port", "nothing", number),
            ("spec.ports[2].port", "70000", number),
            ("spec.ports[3].protocol", "\"tcp\"", "TCP, UDP or SCTP"),
            ("spec.ports[4].protocol", "\"QUIC\"", "TCP, UDP or SCTP"),
            ("spec.ports[5]", "\"no\"", "an object"),
            ("spec.ports[6].nodePort", "-1", number),
        ]
    );
    let service = service(&object);
    assert_eq!(service.kind, ServiceType::Other("Sideways".into()));
    assert!(
        service.publish_not_ready && service.selector.is_empty() && service.cluster_ips.is_empty()
    );
    assert_eq!(service.source_ranges.len(), 1);
    assert_eq!(
        service
            .ports
            .iter()
            .map(|port| port.port)
            .collect::<Vec<_>>(),
        [80, 81, 82, 83]
    );
    assert_eq!(service.ports[0].target, PortRef::Number(8080));
    assert_eq!(service.ports[1].protocol, Protocol::Tcp);
    assert!(service.meta.labels.has("n", "5"));
}

#[test]
fn fields_that_stand_twice_are_noted_and_the_later_counts() {
    let object = lower(
        Kind::Service,
        r#"{"metadata":{"name":"a"},"spec":{"ports":[{"port":80,"port":81}]}}"#,
    );
    assert_eq!(fields(&object), ["spec.ports[0].port"]);
    assert_eq!(service(&object).ports[0].port, 81);
}

#[test]
fn null_is_the_same_as_nothing() {
    for kind in Kind::ALL {
        let object = lower(
            *kind,
            r#"{"metadata":{"name":"a","labels":null,"annotations":{"a":null},"ownerReferences":null,"creationTimestamp":null},"spec":null,"status":null}"#,
        );
        let expected: &[&str] = match kind {
            Kind::Service => &["spec"],
            Kind::EndpointSlice => &["addressType"],
            // Their definitions require a subject, and where they have one a priority and a tier.
            Kind::AdminNetworkPolicy => &["spec", "spec.priority", "spec.subject"],
            Kind::BaselineAdminNetworkPolicy => &["spec", "spec.subject"],
            Kind::ClusterNetworkPolicy => &["spec", "spec.priority", "spec.tier", "spec.subject"],
            _ => &[],
        };
        assert_eq!(fields(&object), expected, "{kind}");
    }
}

#[test]
fn every_kind_takes_every_text() {
    let deep = "[".repeat(5_000) + &"]".repeat(5_000);
    let nested = format!(r#"{{"metadata":{deep},"spec":{deep},"status":{{"x":{deep}}}}}"#);
    let texts = [
        "",
        "null",
        "1",
        "\"x\"",
        "[]",
        "{}",
        "not json",
        "{\"metadata\":",
        "\u{0}",
        &nested,
        r#"{"metadata":1,"spec":"x","status":[]}"#,
        r#"{"metadata":{"name":{"a":1},"labels":[],"ownerReferences":{}},"spec":{"ports":{"a":1},"containers":"x","rules":[[]],"selector":7}}"#,
        "{} {}",
    ];
    for kind in Kind::ALL {
        for text in texts {
            let object = lower(*kind, text);
            assert_eq!(object.key().kind, *kind);
            assert_eq!(object.key().namespace.is_some(), kind.namespaced());
            assert!(!object.defects.is_empty(), "{kind} {text}");
        }
    }
}

#[test]
fn text_that_is_not_json_says_so() {
    let object = lower(Kind::Pod, "{\"metadata\": }");
    assert_eq!(object.defects[0].field, "(document)");
    assert_eq!(object.defects[0].expected, "JSON");
    assert_eq!(
        object.defects.len(),
        2,
        "and that there is no name: {:?}",
        object.defects
    );
}

#[test]
fn halves_of_characters_and_numbers_beyond_any_range_do_not_cost_the_object() {
    let object = lower(
        Kind::Deployment,
        r#"{"metadata":{"name":"a","labels":{"x":"\ud800"}},"spec":{"replicas":1e999}}"#,
    );
    assert_eq!(object.key().name, "a");
    assert!(workload(&object).meta.labels.has("x", "\u{fffd}"));
    assert_eq!(
        defects(&object),
        [("spec.replicas", "\"1e999\"", "a whole number, 0 or more")]
    );
    assert_eq!(workload(&object).wanted, 1);
}

#[test]
fn a_hostile_document_does_not_make_a_hostile_number_of_defects() {
    let ports = vec!["7"; 100_000].join(",");
    let object = lower(
        Kind::Service,
        &format!(r#"{{"metadata":{{"name":"a"}},"spec":{{"ports":[{ports}]}}}}"#),
    );
    assert_eq!(object.defects.len(), 64);
    let long = "x".repeat(1_000_000);
    let object = lower(
        Kind::Pod,
        &format!(r#"{{"metadata":{{"name":"a"}},"spec":{{"hostNetwork":"{long}"}}}}"#),
    );
    assert!(object.defects[0].observed.len() < 100);
}

#[test]
fn whole_numbers_with_a_point_are_whole_numbers() {
    let object = lower(
        Kind::Deployment,
        r#"{"metadata":{"name":"a"},"spec":{"replicas":3.0}}"#,
    );
    assert_eq!((defects(&object), workload(&object).wanted), (vec![], 3));
    let object = lower(
        Kind::Deployment,
        r#"{"metadata":{"name":"a"},"spec":{"replicas":2.5}}"#,
    );
    assert_eq!(fields(&object), ["spec.replicas"]);
}

#[test]
fn a_slice_of_today() {
    let object = lower(
        Kind::EndpointSlice,
        r#"{"metadata":{"name":"web-x","namespace":"shop","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4",
          "ports":[{"name":"http","port":8080,"protocol":"TCP"},{"name":"all","port":null}],
          "endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":false,"serving":true,"terminating":true},"nodeName":"n1","zone":"z1","hostname":"h",
            "targetRef":{"kind":"Pod","namespace":"shop","name":"web-1","uid":"u"},"hints":{"forZones":[{"name":"z1"}],"forNodes":[{"name":"n1"}]}},
            {"addresses":["10.0.0.2"],"conditions":{},"targetRef":{"kind":"Node","name":"n"}}]}"#,
    );
    assert_eq!(defects(&object), []);
    let slice = slice(&object);
    assert_eq!(
        (slice.service.as_deref(), slice.address_type),
        (Some("web"), AddressType::V4)
    );
    assert_eq!(
        (slice.ports[0].port, slice.ports[1].port),
        (Some(8080), None)
    );
    let first = &slice.endpoints[0];
    assert_eq!(
        (first.ready, first.serving, first.terminating),
        (Some(false), Some(true), Some(true))
    );
    assert_eq!(
        (
            first.pod.as_deref(),
            first.node.as_deref(),
            first.zone.as_deref()
        ),
        (Some("web-1"), Some("n1"), Some("z1"))
    );
    assert_eq!((&*first.zone_hints[0], &*first.node_hints[0]), ("z1", "n1"));
    assert_eq!(
        (slice.endpoints[1].ready, slice.endpoints[1].pod.as_deref()),
        (None, None)
    );
    assert!(slice.endpoints[1].is_ready());
}

#[test]
fn a_slice_of_v1beta1_keeps_node_and_zone_in_its_topology() {
    let object = lower(
        Kind::EndpointSlice,
        r#"{"apiVersion":"discovery.k8s.io/v1beta1","metadata":{"name":"a"},"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"],
          "topology":{"kubernetes.io/hostname":"n1","topology.kubernetes.io/zone":"z1"}}]}"#,
    );
    let endpoint = &slice(&object).endpoints[0];
    assert_eq!(
        (endpoint.node.as_deref(), endpoint.zone.as_deref()),
        (Some("n1"), Some("z1"))
    );
}

#[test]
fn endpoints_are_mirrored_by_subset_and_family() {
    let json = r#"{"metadata":{"name":"db","namespace":"shop","labels":{"a":"b"}},"subsets":[
      {"addresses":[{"ip":"10.0.0.1","hostname":"h","nodeName":"n1","targetRef":{"kind":"Pod","name":"db-0","uid":"u"}}],"notReadyAddresses":[{"ip":"10.0.0.2"}],"ports":[{"name":"pg","port":5432}]},
      {"addresses":[{"ip":"fd00::1"},{"ip":"nonsense"}],"ports":[{"port":5432,"protocol":"UDP"}]}]}"#;
    let objects = mirror_json(json, MANIFEST);
    let slices: Vec<_> = objects.iter().map(slice).collect();
    assert_eq!(slices.len(), 2);
    assert!(
        slices
            .iter()
            .all(|slice| slice.service.as_deref() == Some("db"))
    );
    assert_eq!(
        slices[0]
            .endpoints
            .iter()
            .map(|e| (e.is_ready(), e.pod.as_deref()))
            .collect::<Vec<_>>(),
        [(true, Some("db-0")), (false, None)]
    );
    assert_eq!(
        (slices[1].address_type, slices[1].ports[0].protocol),
        (AddressType::V6, Protocol::Udp)
    );
    assert_eq!(fields(&objects[0]), ["subsets[1].addresses[1].ip"]);
    let skipped = json.replace(
        "\"a\":\"b\"",
        "\"endpointslice.kubernetes.io/skip-mirror\":\"true\"",
    );
    assert_eq!(mirror_json(&skipped, MANIFEST), []);
    assert_eq!(mirror_json("nonsense", MANIFEST), []);
}

fn backends(object: &Object) -> Vec<Backend> {
    ingress(object).backends().cloned().collect()
}

fn to(name: &str, port: BackendPort) -> Backend {
    Backend::Service {
        name: name.into(),
        port,
    }
}

#[test]
fn an_ingress_of_today() {
    let object = lower(
        Kind::Ingress,
        r#"{"apiVersion":"networking.k8s.io/v1","metadata":{"name":"web","namespace":"shop"},"spec":{"ingressClassName":"nginx",
          "defaultBackend":{"resource":{"apiGroup":"x","kind":"Bucket","name":"b"}},
          "rules":[{"host":"Shop.Example.COM","http":{"paths":[
             {"path":"/v1","pathType":"Prefix","backend":{"service":{"name":"a","port":{"number":80}}}},
             {"path":"/v2","pathType":"Exact","backend":{"service":{"name":"b","port":{"name":"http"}}}},
             {"pathType":"ImplementationSpecific","backend":{"service":{"name":"c","port":{"name":"http","number":80}}}}]}},{"host":"*.example.com"}],
          "tls":[{"hosts":["Shop.Example.COM"],"secretName":"tls"}]},
          "status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.9","ports":[{"port":80,"protocol":"TCP"}]}]}}}"#,
    );
    assert_eq!(defects(&object), []);
    let ingress = ingress(&object);
    assert_eq!(ingress.class.as_deref(), Some("nginx"));
    assert_eq!(ingress.rules[0].host, "shop.example.com");
    assert_eq!(
        ingress.rules[0]
            .paths
            .iter()
            .map(|path| path.kind.clone())
            .collect::<Vec<_>>(),
        [
            PathType::Prefix,
            PathType::Exact,
            PathType::ImplementationSpecific
        ]
    );
    assert!(ingress.rules[1].paths.is_empty());
    assert_eq!(
        (&*ingress.tls[0].hosts[0], ingress.tls[0].secret.as_deref()),
        ("shop.example.com", Some("tls"))
    );
    assert_eq!(ingress.addresses.len(), 1);
    assert_eq!(
        backends(&object),
        [
            Backend::Resource {
                group: "x".into(),
                kind: "Bucket".into(),
                name: "b".into()
            },
            to("a", BackendPort::Number(80)),
            to("b", BackendPort::Name("http".into())),
            to("c", BackendPort::Both(80, "http".into())),
        ]
    );
}

#[test]
fn an_ingress_of_v1beta1_reads_as_one_of_v1() {
    let object = lower(
        Kind::Ingress,
        r#"{"apiVersion":"extensions/v1beta1","metadata":{"name":"web","annotations":{"kubernetes.io/ingress.class":"nginx"}},"spec":{
          "backend":{"serviceName":"d","servicePort":"http"},"rules":[{"http":{"paths":[{"backend":{"serviceName":"a","servicePort":80}},{"backend":{"serviceName":"b"}}]}}]}}"#,
    );
    assert_eq!(defects(&object), []);
    assert_eq!(
        backends(&object),
        [
            to("d", BackendPort::Name("http".into())),
            to("a", BackendPort::Number(80)),
            to("b", BackendPort::Missing)
        ]
    );
    assert_eq!(
        ingress(&object).rules[0].paths[0].kind,
        PathType::ImplementationSpecific
    );
    assert_eq!(
        object
            .meta()
            .annotations
            .get("kubernetes.io/ingress.class")
            .map(|class| &**class),
        Some("nginx")
    );
}

#[test]
fn an_ingress_of_v1_must_say_its_path_types_and_backends() {
    let object = lower(
        Kind::Ingress,
        r#"{"apiVersion":"networking.k8s.io/v1","metadata":{"name":"web"},"spec":{"rules":[{},{"http":{"paths":[{"path":"/","backend":{"service":{"name":"a"}}},{"pathType":"prefix"}]}}]}}"#,
    );
    assert_eq!(
        fields(&object),
        [
            "spec.rules[1].http.paths[0].backend.service.port",
            "spec.rules[1].http.paths[1].pathType",
            "spec.rules[1].http.paths[1].backend",
            "spec.rules[1].http.paths[0].pathType",
        ]
    );
    assert_eq!(ingress(&object).rules[1].paths[1].kind, PathType::Prefix);
    assert_eq!(
        backends(&object),
        [to("a", BackendPort::Missing), Backend::Missing]
    );
}

#[test]
fn an_ingress_class() {
    let json = r#"{"metadata":{"name":"nginx","annotations":{"ingressclass.kubernetes.io/is-default-class":"true"}},"spec":{"controller":"k8s.io/ingress-nginx","parameters":{"apiGroup":"x","kind":"Config","name":"c"}}}"#;
    let object = lower(Kind::IngressClass, json);
    let Fact::IngressClass(class) = &object.fact else {
        panic!("no class")
    };
    assert!(class.is_default);
    assert_eq!(
        (
            &*class.controller,
            class
                .parameters
                .as_ref()
                .map(ToString::to_string)
                .as_deref()
        ),
        ("k8s.io/ingress-nginx", Some("Config/c"))
    );
    assert_eq!(object.key().to_string(), "IngressClass/nginx");
}

#[test]
fn workloads_by_the_words_of_each_kind() {
    let cases = [
        (
            Kind::Deployment,
            r#""replicas":3"#,
            r#""readyReplicas":1,"updatedReplicas":2"#,
            (3, Some(1), Some(2)),
        ),
        (Kind::Deployment, r#""replicas":0"#, "", (0, None, None)),
        (
            Kind::StatefulSet,
            "",
            r#""readyReplicas":0"#,
            (1, Some(0), None),
        ),
        (
            Kind::DaemonSet,
            "",
            r#""desiredNumberScheduled":4,"numberReady":3,"updatedNumberScheduled":2"#,
            (4, Some(3), Some(2)),
        ),
        (Kind::DaemonSet, "", "", (1, None, None)),
        (
            Kind::Job,
            r#""parallelism":5"#,
            r#""ready":1"#,
            (1, Some(1), None),
        ),
    ];
    for (kind, spec, status, expected) in cases {
        let object = lower(
            kind,
            &format!(r#"{{"metadata":{{"name":"a"}},"spec":{{{spec}}},"status":{{{status}}}}}"#),
        );
        let workload = workload(&object);
        assert_eq!(
            (workload.wanted, workload.ready, workload.updated),
            expected,
            "{kind}"
        );
    }
}

#[test]
fn selectors_and_templates_of_workloads() {
    let json = r#"{"metadata":{"name":"web","namespace":"shop"},"spec":{"selector":{"matchLabels":{"app":"web"},"matchExpressions":[
        {"key":"tier","operator":"In","values":["a","b"]},{"key":"x","operator":"Exists"},{"key":"y","operator":"Sideways"}]},
        "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","ports":[{"containerPort":8080}]}]}}}}"#;
    let live = lower(Kind::Deployment, json);
    assert_eq!(workload(&live).template, None);
    assert_eq!(
        workload(&live).template_labels,
        Labels::from_iter([("app", "web")])
    );
    let planned = lower_json(Kind::Deployment, json, MANIFEST);
    let template = workload(&planned).template.as_ref().expect("the template");
    assert_eq!(template.containers[0].ports[0].port, 8080);
    assert_eq!(template.standing, Standing::Assumed);
    assert_eq!(
        fields(&planned),
        ["spec.selector.matchExpressions[2].operator"]
    );
    let demands: Vec<_> = workload(&planned)
        .selector
        .0
        .iter()
        .map(|(key, demand)| (&**key, demand.clone()))
        .collect();
    assert_eq!(
        demands,
        [
            ("app", Demand::In(["web".into()].into())),
            ("tier", Demand::In(["a".into(), "b".into()].into())),
            ("x", Demand::Exists),
            ("y", Demand::Unknown("Sideways".into())),
        ]
    );
}

#[test]
fn a_plain_selector_is_right_for_a_replication_controller_only() {
    let json = r#"{"metadata":{"name":"a"},"spec":{"selector":{"app":"web"}}}"#;
    let old = lower(Kind::ReplicationController, json);
    assert_eq!(defects(&old), []);
    assert!(
        workload(&old)
            .selector
            .matches(&Labels::from_iter([("app", "web")]))
    );
    let new = lower(Kind::Deployment, json);
    assert_eq!(
        defects(&new),
        [(
            "spec.selector",
            "app=web",
            "matchLabels or matchExpressions"
        )]
    );
    assert!(
        !workload(&new)
            .selector
            .matches(&Labels::from_iter([("app", "other")]))
    );
}

#[test]
fn events_of_both_apis() {
    let core = lower(
        Kind::Event,
        r#"{"metadata":{"name":"e","namespace":"shop"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"web-1","uid":"u"},"type":"Warning","reason":"Unhealthy",
          "message":"Readiness probe failed","count":12,"firstTimestamp":"2026-11-22T10:00:00Z","lastTimestamp":"2026-11-22T10:05:00Z"}"#,
    );
    let new = lower(
        Kind::Event,
        r#"{"apiVersion":"events.k8s.io/v1","metadata":{"name":"e","namespace":"shop"},"regarding":{"kind":"Pod","namespace":"shop","name":"web-1","uid":"u"},"type":"Warning","reason":"Unhealthy",
          "note":"Readiness probe failed","eventTime":"2026-11-22T10:00:00.000000Z","series":{"count":12,"lastObservedTime":"2026-11-22T10:05:00.000000Z"}}"#,
    );
    assert_eq!(core, new);
    let Fact::Event(event) = &core.fact else {
        panic!("no event")
    };
    assert_eq!(
        (event.count, event.warning, &*event.about_name),
        (12, true, "web-1")
    );
    assert_eq!(event.last, "2026-11-22T10:05:00Z".parse().ok());
    assert_eq!(defects(&core), []);
}

#[test]
fn nodes_and_namespaces() {
    let object = lower(
        Kind::Node,
        r#"{"metadata":{"name":"n1","namespace":"ignored"},"spec":{"podCIDR":"10.244.0.0/24","taints":[{"key":"a","value":"b","effect":"NoSchedule"},{"key":"c","effect":"NoExecute"}]},
          "status":{"addresses":[{"type":"Hostname","address":"n1"},{"type":"InternalIP","address":"192.168.0.4"},{"type":"ExternalIP","address":"nonsense"}],"conditions":[{"type":"Ready","status":"True"}]}}"#,
    );
    let Fact::Node(node) = &object.fact else {
        panic!("no node")
    };
    assert_eq!(object.key().to_string(), "Node/n1");
    assert_eq!(
        (
            node.internal_ips.len(),
            node.external_ips.len(),
            node.pod_cidrs.len()
        ),
        (1, 0, 1)
    );
    assert_eq!(
        node.taints.iter().map(|taint| &**taint).collect::<Vec<_>>(),
        ["a=b:NoSchedule", "c:NoExecute"]
    );
    assert_eq!(node.ready(), Truth::True);
    assert_eq!(fields(&object), ["status.addresses[2].address"]);
    for (json, terminating) in [
        (
            r#"{"metadata":{"name":"a"},"status":{"phase":"Active"}}"#,
            false,
        ),
        (
            r#"{"metadata":{"name":"a"},"status":{"phase":"Terminating"}}"#,
            true,
        ),
        (
            r#"{"metadata":{"name":"a","deletionTimestamp":"2026-11-22T10:00:00Z","labels":{"kubernetes.io/metadata.name":"forged"}}}"#,
            true,
        ),
    ] {
        let object = lower(Kind::Namespace, json);
        let Fact::Namespace(namespace) = &object.fact else {
            panic!("no namespace")
        };
        assert_eq!(namespace.terminating, terminating);
        assert!(
            namespace
                .meta
                .labels
                .has("kubernetes.io/metadata.name", "a")
        );
    }
}

#[test]
fn policies_are_known_by_their_names() {
    for kind in Kind::POLICIES {
        let object = lower(
            *kind,
            r#"{"metadata":{"name":"p","namespace":"shop"},"spec":{"anything":[1,{}]}}"#,
        );
        assert!(matches!(object.fact, Fact::Policy(_)));
        let group = kind.info().group;
        if group == "cilium.io" || group == "crd.projectcalico.org" {
            assert_eq!(defects(&object), [], "{kind}");
        }
        let namespace = if kind.namespaced() { "shop" } else { "" };
        assert_eq!(object.key().namespace_str(), namespace);
    }
}

#[test]
fn documents_say_what_they_are() {
    let identity = identify(
        r#"{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"a","namespace":"b"},"spec":{}}"#,
    );
    assert_eq!(
        (identity.group(), identity.known()),
        ("networking.k8s.io", Some(Kind::Ingress))
    );
    assert_eq!((&*identity.namespace, &*identity.name), ("b", "a"));
    for (group, kind, known) in [
        ("extensions/v1beta1", "Ingress", Some(Kind::Ingress)),
        ("extensions/v1beta1", "Service", None),
        (
            "projectcalico.org/v3",
            "NetworkPolicy",
            Some(Kind::CalicoNetworkPolicy),
        ),
        ("serving.knative.dev/v1", "Service", None),
        ("events.k8s.io/v1", "Event", Some(Kind::Event)),
        ("v1", "pod", None),
    ] {
        let identity = identify(&format!(r#"{{"apiVersion":"{group}","kind":"{kind}"}}"#));
        assert_eq!(identity.known(), known, "{group} {kind}");
    }
    assert_eq!(identify("nonsense"), portolan::lower::Identity::default());
    assert_eq!(
        identify(r#"{"kind":"Job","metadata":{"generateName":"import-"}}"#).name,
        "import-"
    );
}

#[test]
fn yaml_and_json_become_the_same_object() {
    let yaml = "metadata:\n  name: web\n  labels: {app: web}\nspec:\n  selector: {app: web}\n  ports:\n  - {port: 80, targetPort: http}\n  - port: \"81\"\n";
    let read = serde_saphyr::with_deserializer_from_str(yaml, |document| {
        lower_document(Kind::Service, document, MANIFEST)
    });
    let json = r#"{"metadata":{"name":"web","labels":{"app":"web"}},"spec":{"selector":{"app":"web"},"ports":[{"port":80,"targetPort":"http"},{"port":"81"}]}}"#;
    assert_eq!(
        read.expect("YAML"),
        lower_json(Kind::Service, json, MANIFEST)
    );
}
