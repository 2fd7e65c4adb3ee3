//! Laws of lowering that hold for any document.

use portolan::lower::{Manner, lower, lower_document, lower_json, mirror_json};
use portolan::model::kind::Kind;
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Names that mean something to one kind or another.
const FIELDS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "status",
    "name",
    "namespace",
    "labels",
    "annotations",
    "ownerReferences",
    "controller",
    "ports",
    "port",
    "targetPort",
    "nodePort",
    "protocol",
    "containerPort",
    "containers",
    "initContainers",
    "image",
    "readinessProbe",
    "httpGet",
    "path",
    "periodSeconds",
    "phase",
    "podIPs",
    "ip",
    "podIP",
    "conditions",
    "type",
    "reason",
    "lastTransitionTime",
    "containerStatuses",
    "state",
    "waiting",
    "terminated",
    "exitCode",
    "selector",
    "matchLabels",
    "matchExpressions",
    "key",
    "operator",
    "values",
    "clusterIP",
    "clusterIPs",
    "loadBalancerSourceRanges",
    "ipFamilies",
    "sessionAffinity",
    "loadBalancer",
    "ingress",
    "rules",
    "host",
    "http",
    "paths",
    "pathType",
    "backend",
    "service",
    "number",
    "serviceName",
    "servicePort",
    "defaultBackend",
    "tls",
    "hosts",
    "template",
    "jobTemplate",
    "replicas",
    "suspend",
    "addressType",
    "endpoints",
    "addresses",
    "targetRef",
    "hints",
    "forZones",
    "topology",
    "subsets",
    "notReadyAddresses",
    "involvedObject",
    "series",
    "count",
    "lastTimestamp",
    "podCIDRs",
    "taints",
    "effect",
];

const TEXTS: &[&str] = &[
    "",
    "web",
    "TCP",
    "tcp",
    "http",
    "80",
    "0",
    "None",
    "10.0.0.1",
    "fd00::1",
    "10.0.0.0/8",
    "Running",
    "True",
    "ClientIP",
    "Prefix",
    "IPv6",
    "In",
    "2026-11-22T10:00:00Z",
    "Always",
    "Pod",
    "true",
    "\u{202e}\u{0}",
];

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0_u32..70_000).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(TEXTS).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(8, 96, 8, |inner| {
        let key = prop_oneof![
            8 => prop::sample::select(FIELDS).prop_map(str::to_owned),
            1 => any::<String>(),
        ];
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            3 => prop::collection::vec((key, inner), 0..10)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL)
}

const MANIFEST: Manner<'_> = Manner::Manifest { namespace: "shop" };

proptest! {
    #[test]
    fn any_document_becomes_an_object_of_its_kind(kind in kind(), document in value()) {
        let json = document.to_string();
        for manner in [Manner::Observed, MANIFEST] {
            let object = lower_json(kind, &json, manner);
            prop_assert_eq!(object.key().kind, kind);
            prop_assert_eq!(object.key().namespace.is_some(), kind.namespaced());
        }
        mirror_json(&json, MANIFEST);
    }

    #[test]
    fn any_text_becomes_an_object_of_its_kind(kind in kind(), text in any::<String>()) {
        let object = lower(kind, &text);
        prop_assert_eq!(object.key().kind, kind);
        prop_assert!(!object.defects.is_empty());
    }

    #[test]
    fn a_broken_document_becomes_an_object_that_says_so(kind in kind(), document in value(), cut in 0_usize..400) {
        let json = document.to_string();
        let cut = (0..=cut.min(json.len())).rev().find(|at| json.is_char_boundary(*at)).unwrap_or(0);
        let (part, _) = json.split_at(cut);
        let object = lower(kind, part);
        prop_assert_eq!(object.key().kind, kind);
        if serde_json::from_str::<Value>(part).is_err() {
            prop_assert!(object.defects.iter().any(|defect| defect.field == "(document)"));
        }
    }

    #[test]
    fn text_and_tree_are_lowered_alike(kind in kind(), document in value()) {
        let json = document.to_string();
        // Through text and back, so that both sides hold the same numbers.
        let tree: Value = serde_json::from_str(&json).unwrap_or_default();
        let read = lower_document(kind, &tree, MANIFEST);
        let mut expected = lower_json(kind, &tree.to_string(), MANIFEST);
        let mut object = read.unwrap_or_else(|_| expected.clone());
        object.defects.sort();
        expected.defects.sort();
        prop_assert_eq!(object, expected);
    }
}
