//! The vectors for Ingress paths and hosts, each named after its row.

#[path = "support/documents.rs"]
#[expect(
    dead_code,
    reason = "shared by several test programs, each uses a part"
)]
mod documents;

use documents::world;
use portolan::model::ingress::PathType;
use portolan::model::kind::Kind;
use portolan::model::view::{as_ingress, as_ingress_class, as_other_route};
use portolan::semantics::controller::known;
use portolan::semantics::ingress::{OwnPaths, choose, host_fit, path_matches};
use portolan::semantics::other_routes::{Claim, claim};
use serde_json::{Value, json};

fn matches(kind: &PathType, rule: &str, request: &str) -> bool {
    path_matches(kind, rule, request, OwnPaths::Elements)
}

fn check(kind: &PathType, rule: &str, yes: &[&str], no: &[&str]) {
    for request in yes {
        assert!(
            matches(kind, rule, request),
            "{kind} {rule} must match {request}"
        );
    }
    for request in no {
        assert!(
            !matches(kind, rule, request),
            "{kind} {rule} must not match {request}"
        );
    }
}

#[test]
fn prefix_root_matches_anything() {
    check(
        &PathType::Prefix,
        "/",
        &["/", "/foo", "/foo/bar", "/FOO/"],
        &[],
    );
}

#[test]
fn exact_foo() {
    check(
        &PathType::Exact,
        "/foo",
        &["/foo"],
        &["/bar", "/foo/", "/FOO"],
    );
}

#[test]
fn exact_foo_slash() {
    check(&PathType::Exact, "/foo/", &["/foo/"], &["/foo"]);
}

#[test]
fn prefix_foo() {
    check(
        &PathType::Prefix,
        "/foo",
        &["/foo", "/foo/"],
        &["/FOO", "/foobar"],
    );
}

#[test]
fn prefix_foo_slash() {
    check(&PathType::Prefix, "/foo/", &["/foo", "/foo/"], &["/fo"]);
}

#[test]
fn prefix_aaa_bb_does_not_match_within_an_element() {
    check(&PathType::Prefix, "/aaa/bb", &["/aaa/bb/c"], &["/aaa/bbb"]);
}

#[test]
fn prefix_aaa_bbb() {
    check(
        &PathType::Prefix,
        "/aaa/bbb",
        &["/aaa/bbb", "/aaa/bbb/", "/aaa/bbb/ccc"],
        &["/aaa/bbbxyz"],
    );
}

#[test]
fn prefix_aaa_is_not_aaaccc() {
    check(&PathType::Prefix, "/aaa", &["/aaa/ccc"], &["/aaaccc"]);
}

fn ingress(rules: &[(&str, &str, &str)]) -> Value {
    let paths: Vec<Value> = rules
        .iter()
        .map(|(kind, path, service)| {
            json!({"path": path, "pathType": kind, "backend": {"service": {"name": service, "port": {"number": 80}}}})
        })
        .collect();
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "namespace": "a"},
           "spec": {"rules": [{"host": "x.test", "http": {"paths": paths}}]}})
}

fn chosen(documents: &[Value], host: &str, path: &str) -> Option<String> {
    let world = world(documents);
    let ingresses: Vec<_> = world
        .all(Kind::Ingress)
        .filter_map(|object| as_ingress(object))
        .collect();
    let chosen = choose(&ingresses, host, path, OwnPaths::Elements)?;
    chosen.backend.service_name().map(ToString::to_string)
}

#[test]
fn the_longest_prefix_wins() {
    let rules = [ingress(&[
        ("Prefix", "/", "root"),
        ("Prefix", "/aaa", "aaa"),
        ("Prefix", "/aaa/bbb", "bbb"),
    ])];
    assert_eq!(chosen(&rules, "x.test", "/aaa/bbb").as_deref(), Some("bbb"));
    assert_eq!(chosen(&rules, "x.test", "/aaa/ccc").as_deref(), Some("aaa"));
    assert_eq!(chosen(&rules, "x.test", "/ccc").as_deref(), Some("root"));
}

#[test]
fn exact_beats_prefix_of_the_same_length() {
    let rules = [ingress(&[
        ("Prefix", "/foo", "prefix"),
        ("Exact", "/foo", "exact"),
    ])];
    assert_eq!(chosen(&rules, "x.test", "/foo").as_deref(), Some("exact"));
    assert_eq!(
        chosen(&rules, "x.test", "/foo/bar").as_deref(),
        Some("prefix")
    );
}

#[test]
fn without_a_match_the_default_backend_answers_or_nobody() {
    let mut one = ingress(&[("Exact", "/foo", "exact")]);
    assert_eq!(chosen(std::slice::from_ref(&one), "x.test", "/bar"), None);
    one["spec"]["defaultBackend"] =
        json!({"service": {"name": "fallback", "port": {"number": 80}}});
    assert_eq!(
        chosen(&[one], "x.test", "/bar").as_deref(),
        Some("fallback")
    );
}

#[test]
fn a_wildcard_host_covers_exactly_one_label() {
    assert!(host_fit("*.foo.com", "bar.foo.com").is_some());
    assert!(host_fit("*.foo.com", "baz.bar.foo.com").is_none());
    assert!(host_fit("*.foo.com", "foo.com").is_none());
    assert!(host_fit("*.foo.com", ".foo.com").is_none());
}

#[test]
fn an_exact_host_beats_a_wildcard_and_that_beats_none() {
    let with_host = |name: &str, host: Value| {
        let mut one = ingress(&[("Prefix", "/", name)]);
        one["metadata"]["name"] = json!(name);
        one["spec"]["rules"][0]["host"] = host;
        one
    };
    let rules = [
        with_host("any", json!(null)),
        with_host("wild", json!("*.foo.com")),
        with_host("exact", json!("bar.foo.com")),
    ];
    assert_eq!(chosen(&rules, "bar.foo.com", "/").as_deref(), Some("exact"));
    assert_eq!(chosen(&rules, "qux.foo.com", "/").as_deref(), Some("wild"));
    assert_eq!(chosen(&rules, "else.test", "/").as_deref(), Some("any"));
}

#[test]
fn of_two_ingresses_with_the_same_path_the_older_is_met() {
    let dated = |name: &str, created: &str| {
        let mut one = ingress(&[("Prefix", "/", name)]);
        one["metadata"]["name"] = json!(name);
        one["metadata"]["creationTimestamp"] = json!(created);
        one
    };
    let rules = [
        dated("a-new", "2026-02-01T00:00:00Z"),
        dated("b-old", "2026-01-01T00:00:00Z"),
    ];
    assert_eq!(chosen(&rules, "x.test", "/").as_deref(), Some("b-old"));
}

/// What installations of the controllers write into `spec.controller`.
#[test]
fn controllers_are_known_by_the_word_of_their_class() {
    for (controller, name) in [
        ("k8s.io/ingress-nginx", "ingress-nginx"),
        ("nginx.org/ingress-controller", "NGINX Ingress Controller"),
        ("traefik.io/ingress-controller", "Traefik"),
        ("haproxy.org/ingress-controller", "HAProxy"),
        ("haproxy.org/ingress-controller/haproxy", "HAProxy"),
        ("haproxy-ingress.github.io/controller", "HAProxy Ingress"),
        ("projectcontour.io/contour/contour", "Contour"),
        ("ingress-controllers.konghq.com/kong", "Kong"),
        ("ingress.k8s.aws/alb", "AWS Load Balancer Controller"),
        ("k8s.io/ingress-gce", "GCE"),
        (
            "azure/application-gateway",
            "Application Gateway Ingress Controller",
        ),
        ("cilium.io/ingress-controller", "Cilium"),
        ("istio.io/ingress-controller", "Istio"),
        ("openshift.io/ingress-to-route", "OpenShift router"),
        // Whoever runs several gives each a name of its own, as the guide of ingress-nginx does.
        ("k8s.io/internal-ingress-nginx", "ingress-nginx"),
        ("example.com/ingress-nginx1", "ingress-nginx"),
        (
            "webapprouting.kubernetes.azure.com/nginx",
            "AKS application routing",
        ),
        (
            "approuting.kubernetes.azure.com/internal",
            "AKS application routing",
        ),
        ("eks.amazonaws.com/alb", "EKS Auto Mode"),
        ("k8s.io/nginx-of-my-own", ""),
        ("ingress-nginx", ""),
    ] {
        let class = json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
                           "metadata": {"name": "any"}, "spec": {"controller": controller}});
        let world = world(&[class]);
        let mut classes = world
            .all(Kind::IngressClass)
            .filter_map(|object| as_ingress_class(object));
        let known = known(classes.next(), "any").map_or("", |known| known.name);
        assert_eq!(known, name, "{controller}");
    }
}

/// Rules of Traefik, as its reference writes them: which hosts they are for.
#[test]
fn hosts_of_traefik_rules() {
    for (rule, host, expected) in [
        ("Host(`a.test`) && PathPrefix(`/x`)", "a.test", Claim::Yes),
        ("Host(`A.test`)", "a.test", Claim::Yes),
        ("Host(`b.test`, `a.test`)", "a.test", Claim::Yes),
        ("Host(`b.test`) || Host(`a.test`)", "a.test", Claim::Yes),
        ("Host(`b.test`) && Path(`/Host`)", "a.test", Claim::No),
        ("PathPrefix(`/x`)", "a.test", Claim::Perhaps),
        ("Host(`b.test`) || Path(`/x`)", "a.test", Claim::Perhaps),
        ("HostRegexp(`.+[.]test`)", "a.test", Claim::Perhaps),
        ("!Host(`b.test`)", "a.test", Claim::Perhaps),
    ] {
        let route = json!({"apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute",
            "metadata": {"name": "r", "namespace": "a"}, "spec": {"routes": [{"match": rule}]}});
        let world = world(&[route]);
        let mut routes = world
            .all(Kind::IngressRoute)
            .filter_map(|object| as_other_route(object));
        let claimed = routes.next().map(|route| claim(route, host));
        assert_eq!(claimed, Some(expected), "{rule}");
    }
}
