//! What ingress-nginx makes of hosts, paths and annotations, each test named after what its source or guide says.
#![expect(clippy::expect_used, reason = "a test that cannot run fails")]

#[path = "support/documents.rs"]
#[expect(
    dead_code,
    reason = "shared by several test programs, each uses a part"
)]
mod documents;

use documents::world;
use portolan::model::ingress::Ingress;
use portolan::model::key::Name;
use portolan::model::kind::Kind;
use portolan::model::view::as_ingress;
use portolan::semantics::nginx::annotation::Form;
use portolan::semantics::nginx::canary::{self, Goes};
use portolan::semantics::nginx::location::{Met, meet};
use portolan::semantics::nginx::rewrite::{Rewritten, missing_group, rewritten};
use portolan::semantics::nginx::{redirect, sources, uri};
use serde_json::{Map, Value, json};

/// An Ingress of namespace `a`: its name is that of its Services, its annotations lack their prefix.
fn ingress(name: &str, annotations: &Value, host: &str, paths: &[(&str, &str)]) -> Value {
    let annotations: Map<String, Value> = annotations
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (format!("nginx.ingress.kubernetes.io/{key}"), value.clone()))
        .collect();
    let paths: Vec<Value> = paths
        .iter()
        .enumerate()
        .map(|(at, (kind, path))| {
            json!({"path": path, "pathType": kind,
                   "backend": {"service": {"name": format!("{name}-{at}"), "port": {"number": 80}}}})
        })
        .collect();
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
           "metadata": {"name": name, "namespace": "a", "annotations": annotations},
           "spec": {"rules": [{"host": host, "http": {"paths": paths}}]}})
}

/// Looks at what a request meets.
fn met<T>(documents: &[Value], host: &str, path: &str, look: impl FnOnce(Met<'_>) -> T) -> T {
    let world = world(documents);
    let ingresses: Vec<&Ingress> = world
        .all(Kind::Ingress)
        .filter_map(|object| as_ingress(object))
        .collect();
    look(meet(&ingresses, host, path))
}

/// The Service that a request reaches, or what it meets in its place.
fn reached(documents: &[Value], host: &str, path: &str) -> String {
    met(documents, host, path, |met| match met {
        Met::Location(_, at) => at
            .backend
            .and_then(|backend| backend.service_name())
            .map(ToString::to_string)
            .unwrap_or_default(),
        Met::Nothing => "404".to_owned(),
        Met::Slash(_) => "301".to_owned(),
        Met::Www(_, host) => format!("308 {host}"),
        Met::Unclear(_, pattern) => format!("? {pattern}"),
    })
}

/// The path that the backend is asked for.
fn upstream(documents: &[Value], path: &str) -> Rewritten {
    met(documents, "x.test", path, |met| match met {
        Met::Location(_, at) => rewritten(&at, path),
        _ => Rewritten::Stays,
    })
}

fn to(path: &str) -> Rewritten {
    Rewritten::To(path.to_owned())
}

fn annotated<T>(annotations: &Value, look: impl FnOnce(&Ingress) -> T) -> T {
    let world = world(&[ingress("one", annotations, "x.test", &[("Prefix", "/")])]);
    let mut all = world.all(Kind::Ingress).filter_map(|one| as_ingress(one));
    look(all.next().expect("the Ingress"))
}

const NONE: Value = Value::Null;

#[test]
fn implementation_specific_is_prefix() {
    let one = [ingress(
        "i",
        &NONE,
        "x.test",
        &[("ImplementationSpecific", "/foo")],
    )];
    assert_eq!(reached(&one, "x.test", "/foo/bar"), "i-0");
    assert_eq!(reached(&one, "x.test", "/foobar"), "404");
}

#[test]
fn a_path_with_a_slash_at_its_end_answers_301_without_it() {
    let one = [ingress("i", &NONE, "x.test", &[("Prefix", "/foo/")])];
    assert_eq!(reached(&one, "x.test", "/foo/bar"), "i-0");
    assert_eq!(reached(&one, "x.test", "/foo"), "301");
}

#[test]
fn exact_and_prefix_of_the_same_path() {
    let one = [ingress(
        "i",
        &NONE,
        "x.test",
        &[("Prefix", "/foo"), ("Exact", "/foo")],
    )];
    assert_eq!(reached(&one, "x.test", "/foo"), "i-1");
    assert_eq!(reached(&one, "x.test", "/foo/x"), "i-0");
}

#[test]
fn a_neighbour_with_use_regex_makes_patterns_of_the_host() {
    let plain = ingress("plain", &NONE, "x.test", &[("Exact", "/foo")]);
    let regex = ingress(
        "regex",
        &json!({"use-regex": "true"}),
        "x.test",
        &[("ImplementationSpecific", "/bar/.*")],
    );
    let other = ingress("other", &NONE, "y.test", &[("Exact", "/foo")]);
    let all = [plain, regex, other];
    assert_eq!(reached(&all, "x.test", "/FOOBAR"), "plain-0");
    assert_eq!(reached(&all, "y.test", "/foobar"), "404");
}

/// The example of the guide: the longest text is tried first.
#[test]
fn path_matching_guide_longest_text_first() {
    let one = [ingress(
        "i",
        &json!({"use-regex": "true"}),
        "x.test",
        &[
            ("ImplementationSpecific", "/foo/bar/bar"),
            ("ImplementationSpecific", "/foo/bar/[A-Z0-9]{3}"),
        ],
    )];
    assert_eq!(reached(&one, "x.test", "/foo/bar/bar"), "i-1");
}

/// The warning of the guide: a pattern hides the literal path that is shorter.
#[test]
fn path_matching_guide_warning() {
    let one = ingress("one", &NONE, "x.test", &[("Prefix", "/foo/bar/bar")]);
    let two = ingress(
        "two",
        &json!({"rewrite-target": "/$1"}),
        "x.test",
        &[("ImplementationSpecific", "/foo/bar/(.+)")],
    );
    assert_eq!(reached(&[one, two], "x.test", "/foo/bar/bar"), "two-0");
}

#[test]
fn rewrite_target_that_is_the_path_makes_no_pattern_of_it() {
    let one = [ingress(
        "i",
        &json!({"rewrite-target": "/"}),
        "x.test",
        &[("Prefix", "/")],
    )];
    assert_eq!(upstream(&one, "/a/b"), Rewritten::Stays);
}

/// The three lines of the guide's example.
#[test]
fn rewrite_guide() {
    let one = [ingress(
        "i",
        &json!({"rewrite-target": "/$2"}),
        "x.test",
        &[("ImplementationSpecific", "/something(/|$)(.*)")],
    )];
    assert_eq!(upstream(&one, "/something"), to("/"));
    assert_eq!(upstream(&one, "/something/"), to("/"));
    assert_eq!(upstream(&one, "/something/new"), to("/new"));
}

#[test]
fn rewrite_without_groups_sends_all_to_the_target() {
    let one = [ingress(
        "i",
        &json!({"rewrite-target": "/v1"}),
        "x.test",
        &[("Prefix", "/api")],
    )];
    assert_eq!(upstream(&one, "/api/users"), to("/v1"));
}

#[test]
fn rewrite_with_a_variable_is_not_told() {
    let one = [ingress(
        "i",
        &json!({"rewrite-target": "/$host/$1"}),
        "x.test",
        &[("ImplementationSpecific", "/a/(.*)")],
    )];
    assert_eq!(upstream(&one, "/a/b"), Rewritten::Unclear);
}

#[test]
fn groups_that_the_path_lacks() {
    assert_eq!(missing_group("/api", "/$1"), Some((1, 0)));
    assert_eq!(missing_group("/api(/|$)(.*)", "/$2"), None);
    assert_eq!(missing_group("/api/(.*)", "/x/$2"), Some((2, 1)));
    assert_eq!(missing_group("/api", "/"), None);
    assert_eq!(
        missing_group("/(?!a)(.*)", "/$2"),
        None,
        "not understood here"
    );
}

#[test]
fn a_pattern_that_only_pcre_has_is_not_told() {
    let one = [ingress(
        "i",
        &json!({"use-regex": "true"}),
        "x.test",
        &[("ImplementationSpecific", "/(?!admin).*"), ("Prefix", "/a")],
    )];
    assert_eq!(reached(&one, "x.test", "/a"), "? /(?!admin).*");
}

#[test]
fn of_ingresses_of_one_age_the_last_name_is_taken_first() {
    let dated = |name: &str, created: &str| {
        let mut one = ingress(name, &NONE, "x.test", &[("Prefix", "/")]);
        one["metadata"]["creationTimestamp"] = json!(created);
        one
    };
    let same = [
        dated("a", "2026-01-01T00:00:00Z"),
        dated("b", "2026-01-01T00:00:00Z"),
    ];
    assert_eq!(reached(&same, "x.test", "/"), "b-0");
    let older = [
        dated("a", "2026-01-01T00:00:00Z"),
        dated("b", "2026-01-02T00:00:00Z"),
    ];
    assert_eq!(reached(&older, "x.test", "/"), "a-0");
}

#[test]
fn a_host_with_rules_has_no_other_ones_default_backend() {
    let host = ingress("host", &NONE, "x.test", &[("Exact", "/foo")]);
    let catch_all = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "all", "namespace": "a"},
        "spec": {"defaultBackend": {"service": {"name": "all", "port": {"number": 80}}}}});
    let both = [host, catch_all];
    assert_eq!(reached(&both, "x.test", "/bar"), "404");
    assert_eq!(reached(&both, "y.test", "/bar"), "all");
}

#[test]
fn its_own_default_backend_answers_for_a_host() {
    let mut host = ingress("host", &NONE, "x.test", &[("Exact", "/foo")]);
    host["spec"]["defaultBackend"] = json!({"service": {"name": "rest", "port": {"number": 80}}});
    assert_eq!(reached(&[host], "x.test", "/bar"), "rest");
}

#[test]
fn an_alias_is_served_by_the_server_of_its_ingress() {
    let one = [ingress(
        "i",
        &json!({"server-alias": "y.test, z.test"}),
        "x.test",
        &[("Prefix", "/")],
    )];
    assert_eq!(reached(&one, "z.test", "/"), "i-0");
    assert_eq!(reached(&one, "w.test", "/"), "404");
    let other = ingress("own", &NONE, "y.test", &[("Exact", "/foo")]);
    let both = [one[0].clone(), other];
    assert_eq!(
        reached(&both, "y.test", "/"),
        "404",
        "a host of its own wins"
    );
}

#[test]
fn from_to_www_redirects_the_other_host_only() {
    let flag = json!({"from-to-www-redirect": "true"});
    let bare = [ingress("i", &flag, "x.test", &[("Prefix", "/")])];
    assert_eq!(reached(&bare, "www.x.test", "/"), "308 x.test");
    assert_eq!(reached(&bare, "x.test", "/"), "i-0");
    let www = [ingress("i", &flag, "www.x.test", &[("Prefix", "/")])];
    assert_eq!(reached(&www, "x.test", "/"), "308 www.x.test");
    let both = [
        bare[0].clone(),
        ingress("w", &NONE, "www.x.test", &[("Prefix", "/")]),
    ];
    assert_eq!(reached(&both, "www.x.test", "/"), "w-0");
}

#[test]
fn a_canary_has_no_rules_of_its_own() {
    let canary = [ingress(
        "c",
        &json!({"canary": "true", "canary-weight": "10"}),
        "x.test",
        &[("Prefix", "/")],
    )];
    assert_eq!(reached(&canary, "x.test", "/"), "404");
}

fn goes(annotations: &Value, headers: &[(&str, &str)]) -> Goes {
    let headers: Vec<(Name, Name)> = headers
        .iter()
        .map(|(name, value)| (Name::from(*name), Name::from(*value)))
        .collect();
    annotated(annotations, |one| canary::decide(one, &headers))
}

fn to_canary(goes: &Goes) -> bool {
    matches!(goes, Goes::Canary(_))
}

/// The guide: by header, then by cookie, then by weight.
#[test]
fn canary_precedence() {
    let all = json!({"canary": "true", "canary-by-header": "X-New", "canary-by-cookie": "new", "canary-weight": "25"});
    assert!(to_canary(&goes(&all, &[("x-new", "always")])));
    assert_eq!(
        goes(&all, &[("x-new", "never"), ("cookie", "new=always")]),
        Goes::Main
    );
    assert!(to_canary(&goes(
        &all,
        &[("x-new", "perhaps"), ("cookie", "a=b; new=always")]
    )));
    assert_eq!(goes(&all, &[("cookie", "new=never")]), Goes::Main);
    assert_eq!(goes(&all, &[]), Goes::Split(250_000));
}

#[test]
fn canary_by_header_value_and_pattern() {
    let value = json!({"canary-by-header": "X-New", "canary-by-header-value": "eu"});
    assert!(to_canary(&goes(&value, &[("x-new", "eu")])));
    assert_eq!(goes(&value, &[("x-new", "always")]), Goes::Main);
    let pattern = json!({"canary-by-header": "X-New", "canary-by-header-pattern": "^eu-"});
    assert!(to_canary(&goes(&pattern, &[("x-new", "eu-1")])));
    assert_eq!(goes(&pattern, &[("x-new", "EU-1")]), Goes::Main);
}

#[test]
fn canary_weights() {
    assert_eq!(goes(&json!({"canary-weight": "0"}), &[]), Goes::Main);
    assert!(to_canary(&goes(&json!({"canary-weight": "100"}), &[])));
    let of_more = json!({"canary-weight": "5", "canary-weight-total": "1000"});
    assert_eq!(goes(&of_more, &[]), Goes::Split(5_000));
    let of_less = json!({"canary-weight": "5", "canary-weight-total": "10"});
    assert_eq!(
        goes(&of_less, &[]),
        Goes::Split(50_000),
        "less than 100 counts as 100"
    );
}

#[test]
fn sources_deny_before_they_allow() {
    let lists = json!({"whitelist-source-range": "10.0.0.0/8, 192.0.2.7", "denylist-source-range": "10.1.0.0/16"});
    annotated(&lists, |one| {
        let sources = sources::of(one);
        let out = |ip: &str| sources.keeps_out(ip.parse().expect("an address"));
        assert_eq!(out("10.2.0.1"), None);
        assert_eq!(out("192.0.2.7"), None);
        assert_eq!(out("10.1.0.1"), Some("denylist-source-range"));
        assert_eq!(out("192.0.2.8"), Some("whitelist-source-range"));
        assert_eq!(out("2001:db8::1"), Some("whitelist-source-range"));
    });
}

#[test]
fn a_list_with_one_part_that_is_no_network_is_no_list() {
    annotated(
        &json!({"allowlist-source-range": "10.0.0.0/8,office"}),
        |one| {
            assert_eq!(sources::of(one).unreadable, Some("allowlist-source-range"));
        },
    );
}

#[test]
fn temporal_before_permanent_and_only_to_http() {
    let both =
        json!({"temporal-redirect": "https://a.test", "permanent-redirect": "https://b.test"});
    annotated(&both, |one| {
        let sent = redirect::elsewhere(one).expect("a redirect");
        assert_eq!(
            (sent.status, sent.location.as_str()),
            (302, "https://a.test")
        );
    });
    let code = json!({"permanent-redirect": "https://b.test", "permanent-redirect-code": "308"});
    annotated(&code, |one| {
        assert_eq!(redirect::elsewhere(one).map(|sent| sent.status), Some(308));
    });
    let strange = json!({"permanent-redirect": "https://b.test", "permanent-redirect-code": "200"});
    annotated(&strange, |one| {
        assert_eq!(redirect::elsewhere(one).map(|sent| sent.status), Some(301));
    });
    annotated(&json!({"permanent-redirect": "b.test"}), |one| {
        assert_eq!(redirect::elsewhere(one), None);
    });
}

#[test]
fn forms_of_values() {
    assert!(Form::Number.takes("60") && !Form::Number.takes("60s"));
    assert!(Form::Size.takes("8m") && Form::Size.takes("0") && Form::Size.takes("1G"));
    assert!(!Form::Size.takes("8Mi") && !Form::Size.takes("10MB") && !Form::Size.takes("m"));
    assert!(Form::Truth.takes("True") && Form::Truth.takes("0") && !Form::Truth.takes("yes"));
    assert!(Form::Protocol.takes("grpc") && !Form::Protocol.takes("h2c"));
    assert!(Form::Networks.takes("10.0.0.0/8, ::1") && !Form::Networks.takes("10.0.0.0/8,"));
    assert!(Form::Address.takes("https://x.test$request_uri") && !Form::Address.takes("/new"));
}

#[test]
fn paths_are_matched_unescaped_and_merged() {
    assert_eq!(uri::normalised("/a%2Fb//c/./d/../e/"), "/a/b/c/e/");
    assert_eq!(uri::normalised("/"), "/");
    assert_eq!(uri::normalised("/.."), "/");
    assert_eq!(uri::normalised("/100%"), "/100%");
}
