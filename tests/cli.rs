//! The binary from outside: exit codes, answers on standard output, diagnostics on standard error.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use portolan::forward::profile::Profiles;
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A Service whose selector has a typo, its pods, and an Ingress that leads there.
const BROKEN: &str = "\
apiVersion: v1
kind: Service
metadata: { name: api, namespace: shop }
spec:
  selector: { app: apii }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: api, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api } }
    spec: { containers: [{ name: api, image: api }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  rules:
    - host: shop.example.com
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: api, port: { number: 80 } } } }] }
";

const HEALTHY: &str = "\
apiVersion: v1
kind: Service
metadata: { name: api, namespace: shop }
spec:
  selector: { app: api }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: api-1, namespace: shop, labels: { app: api } }
spec: { containers: [{ name: api, image: api }] }
";

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    fn with(text: &str) -> (Self, PathBuf) {
        let place = Self::new();
        let path = place.file("world.yaml", text);
        (place, path)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

/// The binary in an environment where no kubeconfig can be found.
fn portolan() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
    command
        .env_remove("KUBECONFIG")
        .env_remove("KUBERNETES_SERVICE_HOST")
        .env_remove("KUBERNETES_SERVICE_PORT")
        .env("HOME", "/nonexistent")
        .stdin(Stdio::null());
    command
}

fn run(words: &[&str]) -> Output {
    portolan().args(words).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The answer as JSON, valid by the schema that it names.
fn valid(output: &Output) -> Value {
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", out(output), err(output));
    });
    let name = answer["schema"].as_str().unwrap();
    let file = format!(
        "{}.json",
        name.strip_prefix("portolan/").unwrap().replace('/', ".")
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/schema")
        .join(file);
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&answer)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    answer
}

#[test]
fn check_says_in_its_exit_code_how_it_is() {
    let (_place, broken) = Place::with(BROKEN);
    let (_other, healthy) = Place::with(HEALTHY);
    assert_eq!(code(&run(&["check", "--from", text(&healthy)])), 0);
    assert_eq!(code(&run(&["check", "--from", text(&broken)])), 1);
    assert_eq!(code(&run(&["check", "--from", "/nonexistent/at/all"])), 2);
}

#[test]
fn check_json_holds_what_the_contract_says() {
    let (_place, broken) = Place::with(BROKEN);
    let output = run(&["check", "--from", text(&broken), "-o", "json"]);
    assert_eq!(code(&output), 1);
    assert_eq!(err(&output), "");
    let answer = valid(&output);
    assert_eq!(answer["schema"], "portolan/check/v1");
    assert_eq!(answer["source"], "files");
    assert_eq!(answer["unreadable"], Value::Array(Vec::new()));
    let findings = answer["findings"].as_array().unwrap();
    let root = findings
        .iter()
        .find(|finding| finding["code"] == "SVC001")
        .unwrap();
    assert_eq!(root["id"], "SVC001 shop/Service/api");
    assert_eq!(root["slug"], "selector-matches-nothing");
    assert_eq!(root["severity"], "error");
    assert_eq!(root["subject"], "shop/Service/api");
    assert_eq!(root["field"], "spec.selector");
    assert_eq!(root["confirm"], "kubectl -n shop get pods -l app=apii");
    assert_eq!(root["cause"], Value::Null);
    assert_eq!(root["file"], text(&broken));
    assert_eq!(root["line"], 1);
    assert!(!root["evidence"].as_array().unwrap().is_empty());
    assert!(
        root["patch"]
            .as_str()
            .unwrap()
            .starts_with("kubectl -n shop patch")
    );
    let effect = findings
        .iter()
        .find(|finding| finding["code"] == "ING003")
        .unwrap();
    assert_eq!(effect["cause"], root["id"]);
    assert!(root["effects"].as_array().unwrap().contains(&effect["id"]));
    let roots = findings
        .iter()
        .filter(|f| f["cause"].is_null() && f["severity"] == "error");
    assert_eq!(answer["summary"]["error"], roots.count());
    let kinds = answer["coverage"].as_array().unwrap();
    let state = |kind: &str| kinds.iter().find(|one| one["kind"] == kind).unwrap()["state"].clone();
    assert_eq!(state("Service"), "ready");
    assert_eq!(state("NetworkPolicy"), "absent");
}

#[test]
fn severities_codes_and_baselines_choose_what_counts() {
    let (place, broken) = Place::with(BROKEN);
    let from = text(&broken);
    let ends = |words: &[&str]| {
        let mut all = vec!["check", "--from", from];
        all.extend(words);
        code(&run(&all))
    };
    assert_eq!(ends(&["--only", "SVC002"]), 0);
    assert_eq!(ends(&["--only", "svc001"]), 1);
    assert_eq!(ends(&["--only", "SVC"]), 1);
    assert_eq!(ends(&["--only", "selector-matches-nothing"]), 1);
    assert_eq!(ends(&["--skip", "SVC001,ING003"]), 0);
    assert_eq!(ends(&["--only", "XYZ999"]), 2);
    assert_eq!(ends(&["-n", "elsewhere"]), 0);
    assert_eq!(ends(&["-n", "shop"]), 1);
    assert_eq!(ends(&["-n", "elsewhere", "-A"]), 1);
    let known = run(&["check", "--from", from, "-o", "json"]);
    let baseline = place.file("known.json", &out(&known));
    assert_eq!(ends(&["--baseline", text(&baseline)]), 0);
    let ids = place.file(
        "known.txt",
        "# accepted\nSVC001 shop/Service/api\nING003 shop/Ingress/web api:80\n",
    );
    assert_eq!(
        ends(&["--baseline", text(&ids), "--only", "SVC001,ING003"]),
        0
    );
    assert_eq!(ends(&["--baseline", "/nonexistent"]), 2);
    assert_eq!(ends(&["--fail-on", "never"]), 2);
}

#[test]
fn a_namespace_filters_what_is_reported_and_not_what_is_known() {
    let two = format!(
        "{BROKEN}---\n{}",
        HEALTHY.replace("namespace: shop", "namespace: pay")
    );
    let (_place, world) = Place::with(&two);
    let answer = valid(&run(&[
        "check",
        "--from",
        text(&world),
        "-n",
        "pay",
        "-o",
        "json",
    ]));
    assert_eq!(answer["findings"], Value::Array(Vec::new()));
    let services = answer["coverage"].as_array().unwrap();
    let services = services
        .iter()
        .find(|one| one["kind"] == "Service")
        .unwrap();
    assert_eq!(services["objects"], 2);
}

#[test]
fn a_document_without_a_namespace_is_in_the_named_one() {
    let (_place, world) = Place::with(&HEALTHY.replace(", namespace: shop", ""));
    let list = |words: &[&str]| {
        let mut all = vec!["list", "svc", "--from", text(&world), "-o", "json"];
        all.extend(words);
        valid(&run(&all))["rows"][0]["object"].clone()
    };
    assert_eq!(list(&[]), "default/Service/api");
    assert_eq!(list(&["-n", "mine"]), "mine/Service/api");
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_judged() {
    let text_of = format!(
        "{BROKEN}---\nkind: [unclosed\n---\n{}",
        HEALTHY.replace("shop", "pay")
    );
    let (_place, world) = Place::with(&text_of);
    let output = run(&["check", "--from", text(&world), "-o", "json"]);
    assert_eq!(code(&output), 2);
    let answer = valid(&output);
    let unreadable = &answer["unreadable"][0];
    assert_eq!(unreadable["file"], text(&world));
    assert_eq!(unreadable["document"], 4);
    assert!(unreadable["line"].as_u64().unwrap() > 25, "{unreadable}");
    assert!(err(&output).contains(text(&world)), "{}", err(&output));
    assert_eq!(answer["findings"][0]["code"], "SVC001");
    let lenient = run(&["check", "--from", text(&world), "--lenient"]);
    assert_eq!(code(&lenient), 1);
    let listed = run(&["list", "svc", "--from", text(&world)]);
    assert_eq!(code(&listed), 2);
    assert!(out(&listed).contains("pay"), "{}", out(&listed));
}

#[test]
fn kinds_that_are_not_known_are_counted_and_change_nothing() {
    let text_of = format!(
        "{HEALTHY}---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {{ name: x, namespace: far }}\n"
    );
    let (_place, world) = Place::with(&text_of);
    let output = run(&["check", "--from", text(&world), "-o", "json"]);
    assert_eq!(code(&output), 0);
    let answer = valid(&output);
    let coverage = answer["coverage"].as_array().unwrap();
    let widget = coverage
        .iter()
        .find(|one| one["kind"] == "Widget.example.com")
        .unwrap();
    assert_eq!(widget["objects"], 1);
}

#[test]
fn nothing_found_is_not_called_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let empty = run(&["check", "--from", text(folder.path())]);
    assert_eq!(code(&empty), 0);
    assert!(
        out(&empty).starts_with("Nothing to judge"),
        "{}",
        out(&empty)
    );
    let config = folder.path().join("settings.yaml");
    fs::write(
        &config,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\n",
    )
    .unwrap();
    let unknown = run(&["check", "--from", text(&config)]);
    assert!(
        out(&unknown).starts_with("Nothing to judge"),
        "{}",
        out(&unknown)
    );
    assert!(
        out(&unknown).contains("1 unknown kind skipped"),
        "{}",
        out(&unknown)
    );
}

#[test]
fn standard_input_is_a_file() {
    let mut child = portolan()
        .args(["check", "--from", "-", "-o", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(BROKEN.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 1);
    assert_eq!(valid(&output)["findings"][0]["file"], "-");
}

#[test]
fn several_paths_are_one_world() {
    let (place, service) = Place::with(HEALTHY.split("---").next().unwrap());
    let alone = run(&["check", "--from", text(&service)]);
    assert_eq!(code(&alone), 1, "{}", out(&alone));
    let pod = place.file("pod.yaml", HEALTHY.split("---").nth(1).unwrap());
    let both = run(&["check", "--from", text(&service), "--from", text(&pod)]);
    assert_eq!(code(&both), 0, "{}", out(&both));
}

#[test]
fn hostile_text_reaches_no_terminal() {
    let hostile = BROKEN.replace("app: apii", "app: \"a\\e]0;gone\\a\\u202e\\u009b2J\"");
    let (_place, world) = Place::with(&hostile);
    for words in [
        &["check"] as &[&str],
        &["check", "-o", "json"],
        &["check", "-o", "sarif"],
        &["check", "-o", "github"],
        &["list", "problems"],
        &["list", "svc", "-o", "json"],
        &["trace", "internet", "http://shop.example.com/"],
    ] {
        let mut all = words.to_vec();
        all.extend(["--from", text(&world)]);
        let output = run(&all);
        let said = format!("{}{}", out(&output), err(&output));
        let bad = said
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bad, None, "{words:?}: {said}");
        assert!(said.len() > 20, "{words:?}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let mut child = portolan()
        .args(["check", "--demo", "-o", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(err(&output), "");
    assert_eq!(code(&output), 1);
}

#[test]
fn without_a_kubeconfig_the_demo_is_offered() {
    for words in [
        &["check"] as &[&str],
        &["list", "svc"],
        &["trace", "internet", "svc/a"],
    ] {
        let output = run(words);
        assert_eq!(code(&output), 2);
        assert_eq!(out(&output), "");
        let said = err(&output);
        assert!(
            said.contains("--demo") && said.contains("kubeconfig"),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn files_and_the_demo_read_no_kubeconfig() {
    let (place, world) = Place::with(HEALTHY);
    let broken = place.file("kubeconfig", "{{{ not yaml");
    for source in [&["--from", text(&world)] as &[&str], &["--demo"]] {
        let mut command = portolan();
        command
            .env("KUBECONFIG", &broken)
            .args(["list", "svc"])
            .args(source);
        let output = command.output().unwrap();
        assert_eq!(code(&output), 0, "{}", err(&output));
        assert_eq!(err(&output), "");
    }
    let live = portolan()
        .env("KUBECONFIG", &broken)
        .arg("check")
        .output()
        .unwrap();
    assert_eq!(code(&live), 2);
}

#[test]
fn a_server_that_refuses_is_one_sentence() {
    let place = Place::new();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let kubeconfig = place.file(
        "kubeconfig",
        &format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: lab\n\
             clusters: [{{name: lab, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]\n\
             users: [{{name: ada, user: {{}}}}]\n\
             contexts: [{{name: lab, context: {{cluster: lab, user: ada}}}}]\n"
        ),
    );
    let output = run(&[
        "check",
        "--kubeconfig",
        text(&kubeconfig),
        "--timeout",
        "10s",
    ]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("refuses"), "{}", err(&output));
    assert_eq!(err(&output).lines().count(), 1, "{}", err(&output));
    let unknown = run(&[
        "check",
        "--kubeconfig",
        text(&kubeconfig),
        "--context",
        "labb",
    ]);
    assert_eq!(code(&unknown), 2);
    assert!(
        err(&unknown).contains("did you mean lab"),
        "{}",
        err(&unknown)
    );
}

#[test]
fn usage_errors_end_with_two() {
    for words in [
        &["--nonsense"] as &[&str],
        &["check", "-o", "xml"],
        &["check", "--from"],
        &["check", "--demo", "--from", "x"],
        &["check", "--timeout", "soon"],
        &["list"],
        &["list", "nothing", "--demo"],
        &["trace", "internet", "--demo"],
        &["explain", "SVC999"],
        &["completions", "tcsh"],
        &["resolve", "db.b", "--pod", "a/b"],
        &["reach", "-o", "json"],
        &["routes", "-o", "json"],
        &["nothing-of-this-name"],
    ] {
        let output = run(words);
        assert_eq!(code(&output), 2, "{words:?}");
        assert_eq!(out(&output), "", "{words:?}");
        assert!(!err(&output).is_empty(), "{words:?}");
        assert!(!err(&output).contains("panicked"), "{words:?}");
    }
}

#[test]
fn help_version_and_documents_are_answers() {
    for words in [
        &["--help"] as &[&str],
        &["--version"],
        &["check", "--help"],
        &["man"],
        &["completions", "bash"],
        &["explain"],
        &["explain", "svc001"],
        &["explain", "selector-matches-nothing"],
    ] {
        let output = run(words);
        assert_eq!(code(&output), 0, "{words:?}");
        assert!(!out(&output).is_empty(), "{words:?}");
        assert_eq!(err(&output), "", "{words:?}");
    }
    assert!(out(&run(&["explain", "SVC001"])).contains("Why traffic fails"));
}

#[test]
fn as_a_plugin_of_kubectl_it_says_so() {
    let place = Place::new();
    let plugin = place.folder.path().join("kubectl-portolan");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_portolan"), &plugin).unwrap();
    let output = Command::new(plugin).arg("--help").output().unwrap();
    assert!(
        out(&output).contains("Usage: kubectl portolan"),
        "{}",
        out(&output)
    );
}

#[test]
fn every_table_lists_in_both_forms() {
    for view in [
        "problems", "routes", "ing", "ic", "svc", "eps", "po", "no", "ns", "netpol", "events",
        "changes", "info", ":svc",
    ] {
        let table = run(&["list", view, "--demo"]);
        assert_eq!(code(&table), 0, "{view}");
        let answer = valid(&run(&["list", view, "--demo", "-o", "json"]));
        let rows = answer["rows"].as_array().unwrap();
        assert_eq!(out(&table).lines().count(), rows.len() + 1, "{view}");
        let columns = answer["columns"].as_array().unwrap();
        for row in rows {
            assert_eq!(
                row["fields"].as_object().unwrap().len(),
                columns.len(),
                "{view}"
            );
        }
    }
}

#[test]
fn routes_say_of_each_rule_whether_it_answers() {
    let (_place, broken) = Place::with(BROKEN);
    let answer = valid(&run(&["routes", "-o", "json", "--from", text(&broken)]));
    assert_eq!(answer["gateways"], json!([]));
    assert_eq!(answer["listenerSets"], json!([]));
    assert_eq!(answer["routes"], json!([]));
    let demo = valid(&run(&["routes", "-o", "json", "--demo"]));
    let ingresses = demo["ingresses"].as_array().unwrap();
    let portal = ingresses
        .iter()
        .find(|one| one["ingress"] == "pay/Ingress/portal")
        .unwrap();
    assert_eq!(portal["class"], "nginx");
    assert_eq!(portal["defaultBackend"], Value::Null);
    let rules = portal["rules"].as_array().unwrap();
    assert_eq!(
        rules[0],
        json!({"host": "pay.example.com", "path": "/", "pathType": "Prefix",
               "backend": "pay/Service/portal:8080", "verdict": "fail", "codes": ["ING002"]})
    );
    assert_eq!(rules[1]["codes"], json!(["ING003", "SVC001"]));
    let one = valid(&run(&["routes", "-o", "json", "--demo", "-n", "shop"]));
    let ingresses = one["ingresses"].as_array().unwrap();
    assert!(!ingresses.is_empty());
    for one in ingresses {
        assert!(one["ingress"].as_str().unwrap().starts_with("shop/"));
    }
    let rows = out(&run(&["routes", "--demo"])).lines().count();
    assert_eq!(
        rows,
        out(&run(&["list", "routes", "--demo"])).lines().count()
    );
}

#[test]
fn routes_name_the_ways_in_that_are_not_judged() {
    let (_place, file) = Place::with(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: web, namespace: shop }\n---\n\
         apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: w, namespace: shop }\n",
    );
    let output = run(&["routes", "-o", "json", "--from", text(&file)]);
    assert_eq!(
        valid(&output)["notJudged"],
        json!([{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "objects": 1}])
    );
    assert!(err(&output).contains("HTTPRoute"), "{}", err(&output));
}

/// A rule's lines say what the load balancer of a cloud asks.
#[test]
fn a_path_through_a_cloud_says_what_its_targets_are() {
    let world = |annotations: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{ name: alb }}\nspec: {{ controller: ingress.k8s.aws/alb }}\n---\n\
             apiVersion: v1\nkind: Service\nmetadata: {{ name: web, namespace: shop }}\nspec: {{ selector: {{ app: web }}, ports: [ {{ port: 80 }} ] }}\n---\n\
             apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{ name: web, namespace: shop, annotations: {{ {annotations} }} }}\n\
             spec: {{ ingressClassName: alb, rules: [ {{ host: shop.example.com, http: {{ paths: [ {{ path: /, pathType: Prefix, backend: {{ service: {{ name: web, port: {{ number: 80 }} }} }} }} ] }} }} ] }}\n"
        )
    };
    let notes = |annotations: &str| {
        let (_place, file) = Place::with(&world(annotations));
        let url = "http://shop.example.com/";
        let answer = valid(&run(&[
            "trace",
            "internet",
            url,
            "-o",
            "json",
            "--from",
            text(&file),
        ]));
        let hops = answer["hops"].as_array().unwrap().clone();
        let route = hops
            .into_iter()
            .find(|hop| hop["stage"] == "route")
            .unwrap();
        route["notes"].to_string()
    };
    let ip = notes(
        "alb.ingress.kubernetes.io/target-type: ip, alb.ingress.kubernetes.io/healthcheck-path: /ok",
    );
    assert!(
        ip.contains("pods at their own addresses") && ip.contains("/ok"),
        "{ip}"
    );
    let instance = notes("alb.ingress.kubernetes.io/target-type: instance");
    assert!(instance.contains("ClusterIP"), "{instance}");
}

#[test]
fn ascii_is_ascii() {
    for words in [
        &["check", "--demo", "--ascii"] as &[&str],
        &["list", "svc", "--demo", "--ascii"],
        &[
            "trace",
            "internet",
            "https://shop.example.com/cart",
            "--demo",
            "--ascii",
        ],
    ] {
        let output = run(words);
        assert!(out(&output).is_ascii(), "{words:?}");
        assert!(out(&output).lines().count() > 2, "{words:?}");
    }
}

#[test]
fn trace_says_in_its_exit_code_whether_it_gets_through() {
    let trace = |from: &str, to: &str| {
        let output = run(&["trace", from, to, "--demo", "-o", "json"]);
        let answer = valid(&output);
        (code(&output), answer)
    };
    let (passes, path) = trace("shop/deploy/web", "svc/catalog:80");
    assert_eq!(passes, 0, "{path}");
    assert_eq!(path["verdict"], "pass");
    assert_eq!(path["to"], "shop/Service/catalog:80/TCP");
    assert_eq!(path["endpoints"].as_array().unwrap().len(), 3);
    let (fails, path) = trace("internet", "https://shop.example.com/cart");
    assert_eq!(fails, 1, "{path}");
    assert_eq!(path["verdict"], "fail");
    assert_eq!(path["http"]["status"], 503);
    assert_eq!(path["http"]["backend"], "shop/Service/cart:80");
    let hops = path["hops"].as_array().unwrap();
    let failed = hops.iter().find(|hop| hop["verdict"] == "fail").unwrap();
    assert_eq!(failed["stage"], "endpoints");
    assert!(
        failed["codes"]
            .as_array()
            .unwrap()
            .contains(&"SVC003".into())
    );
    let gone = run(&["trace", "shop/deploy/nobody", "svc/catalog:80", "--demo"]);
    assert_eq!(code(&gone), 2);
    let ports = run(&["trace", "deploy/web", "svc/my-app", "-n", "shop", "--demo"]);
    assert_eq!(code(&ports), 1, "{}", err(&ports));
    let ambiguous = run(&[
        "trace",
        "production/deploy/frontend",
        "svc/my-app",
        "--demo",
    ]);
    assert_eq!(code(&ambiguous), 2);
    assert!(err(&ambiguous).contains("9090"), "{}", err(&ambiguous));
}

#[test]
fn policies_decide_a_path_and_those_that_are_not_judged_make_it_unknown() {
    let world = |api_version: &str, kind: &str| {
        format!(
            "{HEALTHY}---\napiVersion: v1\nkind: Pod\nmetadata: {{ name: web-1, namespace: shop }}\n\
             spec: {{ containers: [{{ name: web, image: web }}] }}\n---\n\
             apiVersion: {api_version}\nkind: {kind}\nmetadata: {{ name: deny, namespace: shop }}\n\
             spec: {{ podSelector: {{}} }}\n"
        )
    };
    let trace = |text_of: &str| {
        let (_place, world) = Place::with(text_of);
        let words = [
            "trace",
            "shop/pod/web-1",
            "svc/api:80",
            "-o",
            "json",
            "--from",
        ];
        let output = run(&[&words[..], &[text(&world)]].concat());
        (code(&output), valid(&output))
    };
    let (fails, path) = trace(&world("networking.k8s.io/v1", "NetworkPolicy"));
    assert_eq!((fails, &path["verdict"]), (1, &Value::from("fail")));
    let hops = path["hops"].as_array().unwrap();
    let denied = hops.iter().find(|hop| hop["verdict"] == "fail").unwrap();
    assert_eq!(denied["stage"], "ingress");
    assert_eq!(denied["subject"], "shop/NetworkPolicy/deny");
    assert!(!denied["codes"].as_array().unwrap().is_empty());
    let (unknown, path) = trace(&world("cilium.io/v2", "CiliumNetworkPolicy"));
    assert_eq!((unknown, &path["verdict"]), (3, &Value::from("unknown")));
}

#[test]
fn a_snapshot_is_read_back_as_the_same_world() {
    let place = Place::new();
    let path = place.folder.path().join("world.snapshot");
    let output = run(&["snapshot", "--demo", "-o", text(&path)]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let direct = valid(&run(&["list", "svc", "--demo", "-o", "json"]));
    let read = valid(&run(&["list", "svc", "--from", text(&path), "-o", "json"]));
    assert_eq!(
        direct["rows"].as_array().unwrap().len(),
        read["rows"].as_array().unwrap().len()
    );
    let ids = |answer: &Value| -> Vec<Value> {
        let findings = answer["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|finding| finding["id"].clone())
            .collect()
    };
    let direct = valid(&run(&["check", "--demo", "-o", "json"]));
    let read = valid(&run(&["check", "--from", text(&path), "-o", "json"]));
    assert_eq!(ids(&direct), ids(&read));
}

#[test]
fn sarif_names_rules_files_and_lines() {
    let (_place, world) = Place::with(BROKEN);
    let output = run(&["check", "--from", text(&world), "-o", "sarif"]);
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let result = &run["results"][0];
    let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(rules[rule]["id"], result["ruleId"]);
    let physical = &result["locations"][0]["physicalLocation"];
    assert_eq!(physical["region"]["startLine"], 1);
    assert!(
        physical["artifactLocation"]["uri"]
            .as_str()
            .unwrap()
            .ends_with("world.yaml")
    );
}

#[test]
fn annotations_name_file_and_line() {
    let (_place, world) = Place::with(BROKEN);
    let output = run(&["check", "--from", text(&world), "-o", "github"]);
    let first = out(&output).lines().next().unwrap().to_owned();
    assert!(first.starts_with("::error file="), "{first}");
    assert!(first.contains("world.yaml,line=1,title=SVC001"), "{first}");
}

#[test]
fn saved_sets_that_cannot_be_used_end_it_before_a_cluster_is_asked() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("portolan");
    fs::create_dir(&place).unwrap();
    let run = |words: &[&str]| {
        portolan()
            .env("XDG_CONFIG_HOME", folder.path())
            .args(words)
            .output()
            .unwrap()
    };
    let none = run(&["forward", "--profile", "shop"]);
    assert_eq!((code(&none), out(&none)), (2, String::new()));
    assert!(err(&none).contains("the file has none"), "{}", err(&none));
    assert!(err(&none).contains("forwards.toml"), "{}", err(&none));

    let file = place.join("forwards.toml");
    fs::write(&file, "[profiles.shop]\ncontxt = \"x\"\n").unwrap();
    let typo = run(&["forward", "--profile", "shop"]);
    assert_eq!(code(&typo), 2);
    assert!(
        err(&typo).contains("line 2") && err(&typo).contains("contxt"),
        "{}",
        err(&typo)
    );
    fs::write(&file, "[profiles.shop]\n").unwrap();
    let near = run(&["forward", "--profile", "shp"]);
    assert!(err(&near).contains("there is `shop`"), "{}", err(&near));

    for words in [
        &["forward"][..],
        &["forward", "svc/api"],
        &["forward", "svc/api", "80", "--profile", "shop"],
    ] {
        assert_eq!(code(&run(words)), 2, "{words:?}");
    }
}

#[test]
fn a_kftray_export_becomes_a_file_of_profiles() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("kftray.json");
    fs::write(
        &file,
        r#"[{"service": "cart", "namespace": "shop", "local_port": 8080, "remote_port": 80, "context": "prod",
             "workload_type": "service", "protocol": "tcp"},
            {"service": "dns", "namespace": "kube-system", "remote_port": 53, "protocol": "udp"}]"#,
    )
    .unwrap();
    let output = run(&["forward", "--import", text(&file)]);
    assert_eq!(code(&output), 0);
    assert_eq!(
        out(&output),
        "[profiles.\"prod\"]\ncontext = \"prod\"\n\n[[profiles.\"prod\".forwards]]\ntarget = \"shop/svc/cart\"\nports = [\"8080:80\"]\n\n"
    );
    assert!(
        err(&output).contains("left out: entry 2"),
        "{}",
        err(&output)
    );
    let absent = run(&["forward", "--import", "/nowhere/at/all"]);
    assert_eq!(code(&absent), 2);
}

/// Two pods of one Deployment, a pod of nobody's, and three Services, as k9s and kftray want them annotated.
const ANNOTATED: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec: {selector: {matchLabels: {app: api}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: api-5d
  namespace: shop
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: api, uid: d, controller: true}]
spec: {selector: {matchLabels: {app: api}}}
---
apiVersion: v1
kind: Pod
metadata:
  name: api-5d-a
  namespace: shop
  annotations: {k9scli.io/port-forwards: "api::9090:metrics"}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: api-5d, uid: r, controller: true}]
spec: {containers: [{name: api, image: x, ports: [{name: metrics, containerPort: 9100}]}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: api-5d-b
  namespace: shop
  annotations: {k9scli.io/port-forwards: "api::9090:metrics"}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: api-5d, uid: r, controller: true}]
spec: {containers: [{name: api, image: x, ports: [{name: metrics, containerPort: 9100}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: alone, namespace: shop, annotations: {k9scli.io/auto-port-forwards: "api::9191:metrics"}}
spec: {containers: [{name: api, image: x, ports: [{name: metrics, containerPort: 9100}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: cache, namespace: data, annotations: {k9scli.io/port-forwards: "16379:6379"}}
spec: {selector: {app: cache}, ports: [{port: 6379}]}
---
apiVersion: v1
kind: Service
metadata:
  name: db
  namespace: data
  annotations: {kftray.app/enabled: "true", kftray.app/configs: "db-9090-5432"}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: silent, namespace: data}
spec: {selector: {app: silent}, ports: [{port: 80}]}
"#;

#[test]
fn annotations_of_k9s_and_kftray_become_a_profile_that_can_start() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("all.yaml"), ANNOTATED).unwrap();
    let import = |namespace: &[&str]| {
        let mut words = vec!["--from", text(folder.path())];
        words.extend(namespace);
        words.extend(["forward", "--import-annotations"]);
        run(&words)
    };
    let all = import(&[]);
    assert_eq!(code(&all), 0, "{}", err(&all));
    let profiles = Profiles::parse(&out(&all)).unwrap();
    let set = profiles.get("imported").unwrap();
    assert!(!set.autostart, "nothing that is imported starts by itself");
    let wanted = set.wanted("imported", &"default".into()).unwrap();
    let said = wanted
        .iter()
        .map(|one| format!("{} {:?}", one.target, one.target.local));
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "shop/Pod/alone:metrics Exactly(9191)",
            "data/Service/cache:6379 Exactly(16379)",
            "data/Service/db:5432 Exactly(9090)",
        ]
    );
    assert_eq!(
        err(&all).trim_end(),
        "portolan: left out: shop/Deployment/api:metrics: data/Service/db:5432 has local port 9090 already"
    );

    let one = import(&["-n", "shop"]);
    let outliving = "target = \"shop/deployment/api\"\nports = [\"9090:metrics\"]";
    assert_eq!(out(&one).matches(outliving).count(), 1, "{}", out(&one));
    assert_eq!(err(&one), "");

    let none = import(&["-n", "empty"]);
    assert_eq!(out(&none), "");
    assert!(
        err(&none).contains("has an annotation of k9s or kftray"),
        "{}",
        err(&none)
    );
}

#[test]
fn endpoints_without_the_port_that_is_asked_for_are_not_told_as_good() {
    let folder = TempDir::new().unwrap();
    let slice = |service: &str, ports: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {service}, namespace: shop}}\nspec: {{selector: {{app: x}}, \
             {ports}}}\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: {service}-1, \
             namespace: shop, labels: {{kubernetes.io/service-name: {service}}}}}\naddressType: IPv4\nports: []\n\
             endpoints: [{{addresses: [10.0.0.1], conditions: {{ready: true}}}}]\n---\n"
        )
    };
    // A headless Service may do without ports: what it is for is the names of its pods.
    let headless = slice("names", "clusterIP: None");
    let asks = slice("web", "ports: [{port: 80, targetPort: http}]");
    fs::write(folder.path().join("all.yaml"), headless + &asks).unwrap();
    let output = run(&["--from", text(folder.path()), "list", "eps", "-o", "json"]);
    let told: Value = serde_json::from_str(&out(&output)).unwrap();
    let of = |service: &str, column: &str| {
        let mut rows = told["rows"].as_array().unwrap().iter();
        let row = rows
            .find(|row| row["fields"]["service"] == service)
            .unwrap();
        (row["mark"].clone(), row["fields"][column].clone())
    };
    assert_eq!(of("web", "ports"), (json!("fail"), json!("none")));
    assert_eq!(of("web", "ready").1, "yes", "the pod itself is");
    let (_, reason) = of("web", "reason");
    assert!(
        reason.as_str().unwrap().contains("no port of the name"),
        "{reason}"
    );
    assert_eq!(of("names", "ports"), (json!("pass"), json!("")));
    assert_eq!(of("names", "reason").1, "");
}

#[test]
fn the_screen_needs_a_terminal() {
    let output = run(&["--demo"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("terminal"), "{}", err(&output));
}

#[test]
fn under_readonly_forwards_are_allowed_until_a_setting_forbids_them() {
    let place = Place::new();
    let config = place.folder.path().join("config");
    let file = config.join("portolan/forwards.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let said = |arguments: &[&str], variable: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
        command
            .args(["forward", "svc/api", "80"])
            .args(["--kubeconfig", "/nonexistent"])
            .args(arguments)
            .env("XDG_CONFIG_HOME", &config)
            .env_remove("PORTOLAN_READONLY_FORWARDS")
            .envs(variable.map(|value| ("PORTOLAN_READONLY_FORWARDS", value)));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let off = "port-forwards are off under --readonly";
    // What is not off gets as far as the kubeconfig that is not there.
    for allowed in [&[][..], &["--readonly"]] {
        assert!(!said(allowed, None).contains(off), "{allowed:?}");
    }
    assert!(said(&["--readonly"], Some("forbid")).contains(off));
    fs::write(&file, "readonly_forwards = \"forbid\"\n").unwrap();
    let forbidden = said(&["--readonly"], None);
    assert!(
        forbidden.contains(off) && forbidden.contains("forwards.toml"),
        "{forbidden}"
    );
    assert!(!said(&[], None).contains(off), "only under --readonly");
    let overruled = ["--readonly", "--readonly-forwards", "allow"];
    assert!(!said(&overruled, None).contains(off));
    fs::write(&file, "readonly_forwards = \"perhaps\"\n").unwrap();
    let unreadable = said(&["--readonly"], None);
    assert!(
        unreadable.contains(off) && unreadable.contains("cannot be read"),
        "{unreadable}"
    );
}
