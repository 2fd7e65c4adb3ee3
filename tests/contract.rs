//! What the command line promises, tried from outside with manifests as people write them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A Service whose selector has a typo, an Ingress that leads there, and pods that other policies select.
const BROKEN: &str = "
{ apiVersion: v1, kind: Service, metadata: { name: api, namespace: shop }, spec: { selector: { app: apii }, ports: [{ port: 80 }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: api-1, namespace: shop, labels: { app: api } }, spec: { containers: [{ name: api, image: api }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: db-1, namespace: shop, labels: { app: db } }, spec: { containers: [{ name: db, image: db }] } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db, namespace: shop }
spec: { podSelector: { matchLabels: { app: db } }, ingress: [{}] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  ingressClassName: nginx
  rules:
    - host: shop.example.com
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: api, port: { number: 80 } } } }] }
";

const HEALTHY: &str = "
{ apiVersion: v1, kind: Service, metadata: { name: api }, spec: { selector: { app: api }, ports: [{ port: 80 }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: api-1, labels: { app: api } }, spec: { containers: [{ name: api, image: api }] } }
";

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn with(name: &str, text: impl AsRef<[u8]>) -> Self {
        let place = Self::new();
        place.file(name, text);
        place
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Runs in the folder, as in a checkout.
    fn run(&self, line: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_portolan"))
            .args(line.split_whitespace())
            .current_dir(self.0.path())
            .env("HOME", self.0.path())
            .env_remove("KUBECONFIG")
            .output()
            .unwrap()
    }

    fn json(&self, line: &str) -> (Option<i32>, Value) {
        let output = self.run(line);
        let answer = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), answer)
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn codes(check: &Value) -> Vec<&str> {
    let findings = check["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["code"].as_str().unwrap())
        .collect()
}

/// Every id that a finding points at is one of the answer's own, and the summary counts what points at none.
fn holds_together(check: &Value) {
    let findings = check["findings"].as_array().unwrap();
    let held: Vec<&Value> = findings.iter().map(|finding| &finding["id"]).collect();
    for finding in findings {
        let effects = finding["effects"].as_array().unwrap().iter();
        let cause = Some(&finding["cause"]).filter(|cause| !cause.is_null());
        for id in effects.chain(cause) {
            assert!(held.contains(&id), "{id} is not in the answer");
        }
    }
    for severity in ["error", "warning", "info"] {
        let roots = findings
            .iter()
            .filter(|finding| finding["cause"].is_null() && finding["severity"] == severity);
        assert_eq!(check["summary"][severity], roots.count(), "{severity}");
    }
}

#[test]
fn what_is_left_out_explains_nothing_in_the_answer() {
    let place = Place::with("world.yaml", BROKEN);
    let (code, whole) = place.json("check -o json --from world.yaml");
    assert_eq!(code, Some(1));
    holds_together(&whole);
    let cause = |check: &Value| {
        let mut findings = check["findings"].as_array().unwrap().iter();
        let effect = findings.find(|finding| finding["code"] == "ING003");
        effect.unwrap()["cause"].clone()
    };
    assert_eq!(cause(&whole), "SVC001 shop/Service/api");
    for line in ["--only ING003", "--skip SVC001"] {
        let (code, part) = place.json(&format!("check -o json --from world.yaml {line}"));
        assert_eq!(code, Some(1), "{line}");
        holds_together(&part);
        assert!(cause(&part).is_null());
    }
    let table = out(&place.run("check --from world.yaml --only ING003"));
    assert!(table.contains("\n1 error, 0 warnings, 0 infos"), "{table}");
}

#[test]
fn a_finding_stands_beneath_the_nearest_cause_that_is_reported() {
    let place = Place::new();
    let (_, whole) = place.json("check -o json --demo");
    holds_together(&whole);
    let (_, part) = place.json("check -o json --demo --skip SVC003");
    holds_together(&part);
    let findings = part["findings"].as_array().unwrap().iter();
    let cart = findings
        .filter(|finding| finding["code"] == "ING003")
        .find(|finding| finding["subject"] == "shop/Ingress/web")
        .unwrap();
    let cause = cart["cause"].as_str().unwrap();
    assert!(cause.starts_with("POD002 shop/Pod/cart-"), "{cause}");
    for namespace in ["pay", "shop", "edge"] {
        let (_, part) = place.json(&format!("check -o json --demo -n {namespace}"));
        holds_together(&part);
    }
}

#[test]
fn what_is_said_of_a_namespace_is_reported_in_it() {
    let place = Place::with("world.yaml", BROKEN);
    let (_, here) = place.json("check -o json --from world.yaml -n shop");
    let (_, elsewhere) = place.json("check -o json --from world.yaml -n other");
    assert!(codes(&here).contains(&"NP012"), "{:?}", codes(&here));
    assert!(codes(&elsewhere).is_empty(), "{:?}", codes(&elsewhere));
}

#[test]
fn a_namespace_that_nobody_knows_is_named() {
    let place = Place::with("world.yaml", BROKEN);
    for line in ["check", "list svc", "reach", "routes"] {
        let said = |namespace: &str| {
            let output = place.run(&format!("{line} --from world.yaml -n {namespace}"));
            String::from_utf8(output.stderr).unwrap()
        };
        assert_eq!(
            said("shpo"),
            "portolan: nothing is known of namespace shpo: no object is in it\n"
        );
        assert_eq!(said("shop"), "");
    }
}

#[test]
fn annotations_name_files_as_a_pull_request_does() {
    let place = Place::with("world.yaml", BROKEN);
    let said = out(&place.run("check -o github --from ."));
    assert!(said.starts_with("::error file=world.yaml,line="), "{said}");
    let (_, log) = place.json("check -o sarif --from .");
    let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "world.yaml");
}

#[test]
fn a_document_that_cannot_be_read_is_annotated_too() {
    let text = format!("{HEALTHY}---\nkind: [\n");
    let place = Place::with("world.yaml", text);
    let output = place.run("check -o github --from world.yaml");
    assert_eq!(output.status.code(), Some(2));
    let said = out(&output);
    assert!(
        said.starts_with("::error file=world.yaml,line=6,title=unreadable::not valid YAML"),
        "{said}"
    );
    let (_, log) = place.json("check -o sarif --from world.yaml");
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let told = &invocation["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"];
    assert_eq!(told["artifactLocation"]["uri"], "world.yaml");
    assert_eq!(told["region"]["startLine"], 6);
}

#[test]
fn what_a_template_leaves_empty_is_passed_over() {
    let texts = [
        format!("null\n---\n~\n---\n# off\n---\n{HEALTHY}"),
        format!("{HEALTHY}---\n{{ apiVersion: v1, kind: List, items: null }}"),
        format!("{HEALTHY}---\napiVersion: v1\nkind: List\nitems:\n"),
        format!("{HEALTHY}---\n{{\"apiVersion\": \"v1\", \"kind\": \"PodList\", \"items\": null}}"),
    ];
    for text in texts {
        let place = Place::with("world.yaml", &text);
        let (code, check) = place.json("check -o json --from world.yaml");
        assert_eq!(code, Some(0), "{text}\n{}", check["unreadable"]);
        let unknown = check["coverage"].as_array().unwrap().iter();
        let lists = unknown.filter(|row| row["kind"].as_str().unwrap().ends_with("List"));
        assert_eq!(lists.count(), 0, "{text}");
    }
}

#[test]
fn aliases_that_unfold_without_end_are_refused_in_plain_words() {
    let mut bomb = String::from(
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: &a [x, x, x, x, x, x, x, x, x]\n",
    );
    for (before, after) in "abcdefghi".chars().zip("bcdefghij".chars()) {
        let all = vec![format!("*{before}"); 9].join(", ");
        writeln!(bomb, "  {after}: &{after} [{all}]").unwrap();
    }
    let place = Place::with("world.yaml", format!("{bomb}---\n{HEALTHY}"));
    let (code, check) = place.json("check -o json --from world.yaml");
    assert_eq!(code, Some(2));
    let message = check["unreadable"][0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("not valid YAML: aliases that unfold to more than can be read"),
        "{message}"
    );
}

#[test]
fn the_map_speaks_ascii_and_says_when_it_is_about_nobody() {
    let place = Place::with("world.yaml", BROKEN);
    let policy = "{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: all, namespace: shop }, spec: { podSelector: {} } }";
    place.file("plan.yaml", policy);
    for line in ["reach", "reach --with plan.yaml"] {
        let said = out(&place.run(&format!("{line} --from world.yaml --ascii")));
        assert!(said.is_ascii() && said.contains(" -> "), "{said}");
    }
    let said = out(&place.run("reach --from world.yaml -n other"));
    assert_eq!(
        said,
        "no running pod in namespace other: nobody to ask about\n"
    );
    let output = place.run("reach --from world.yaml --focus shop/deploy/nobody");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("shop/Deployment/nobody is not there"),
        "{said}"
    );
}

/// The leg behind the cluster is as advisory as the one before it, where the address is surely outside.
#[test]
fn a_pod_that_may_send_outside_passes() {
    let policy = "
{ apiVersion: v1, kind: Node, metadata: { name: n1 }, status: { addresses: [{ type: InternalIP, address: 192.168.0.1 }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: web, labels: { app: web } }, spec: { containers: [{ name: web, image: web }] } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: limit }
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Egress]
  egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [192.168.7.0/24, 8.8.4.0/24] } }], ports: [{ port: 443 }] }]
";
    let place = Place::with("world.yaml", policy);
    for (from, to, verdict) in [
        ("pod/web", "9.9.9.9:443", 0),
        ("pod/web", "203.0.113.7:443", 0),
        ("pod/web", "8.8.4.4:443", 1),
        ("pod/web", "9.9.9.9:80", 1),
        ("pod/web", "internet:80", 1),
        // Part of the internet is not admitted.
        ("pod/web", "internet:443", 3),
        // Somebody of this cluster may have had the address.
        ("pod/web", "10.20.30.40:443", 3),
        ("pod/web", "192.168.7.1:443", 1),
        // No policy has a say.
        ("node/n1", "9.9.9.9:443", 3),
        ("internet", "9.9.9.9:443", 3),
    ] {
        let output = place.run(&format!("trace {from} {to} --from world.yaml -n default"));
        assert_eq!(
            output.status.code(),
            Some(verdict),
            "{from} {to}\n{}",
            out(&output)
        );
    }
}

#[test]
fn an_end_that_cannot_be_asked_says_what_can() {
    let place = Place::with("world.yaml", BROKEN);
    let refused = |from: &str, to: &str| {
        let output = place.run(&format!("trace {from} {to} --from world.yaml -n shop"));
        assert_eq!(output.status.code(), Some(2), "{from} {to}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused("pod/api-1", "ing/web").contains("name the URL that the Ingress serves"));
    assert!(refused("pod/api-1", "2001:db8::1").contains("for example [2001:db8::1]:443"));
    for host in [
        "api",
        "api.shop",
        "api.shop.svc",
        "api.shop.svc.cluster.local",
    ] {
        let said = refused("pod/db-1", &format!("http://{host}/x"));
        assert!(said.contains("ask for shop/svc/api:80"), "{said}");
    }
    // Outside, the name of a Service means nothing; and a host that an Ingress serves is the Ingress's.
    for (from, to) in [
        ("internet", "http://api/"),
        ("pod/db-1", "http://nobody/"),
        ("pod/db-1", "http://shop.example.com/"),
    ] {
        let output = place.run(&format!("trace {from} {to} --from world.yaml -n shop"));
        assert_eq!(output.status.code(), Some(1), "{from} {to}");
    }
}

#[cfg(unix)]
#[test]
fn a_snapshot_takes_the_place_of_files_only() {
    use std::io::Read as _;
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    let place = Place::with("world.yaml", HEALTHY);
    let at = |name: &str| place.0.path().join(name);
    // A link stays one, and what it leads to is written.
    place.file("kept.json", "old");
    symlink("kept.json", at("link.json")).unwrap();
    let output = place.run("snapshot --from world.yaml -o link.json");
    assert_eq!(output.status.code(), Some(0));
    assert!(at("link.json").is_symlink());
    let kept = fs::read_to_string(at("kept.json")).unwrap();
    assert!(kept.contains("portolan.dev/v1"), "{kept}");
    // A pipe stays one, and whoever reads from it gets the snapshot.
    let made = Command::new("mkfifo").arg(at("pipe")).status().unwrap();
    assert!(made.success());
    let pipe = at("pipe");
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        fs::File::open(pipe)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    });
    let output = place.run("snapshot --from world.yaml -o pipe");
    assert_eq!(output.status.code(), Some(0));
    assert!(fs::metadata(at("pipe")).unwrap().file_type().is_fifo());
    let got: Value = serde_json::from_str(&reader.join().unwrap()).unwrap();
    assert_eq!(got["items"][0]["apiVersion"], "portolan.dev/v1");
    // A folder is neither.
    fs::create_dir(at("folder")).unwrap();
    let output = place.run("snapshot --from world.yaml -o folder");
    assert_eq!(output.status.code(), Some(2));
    let left = fs::read_dir(place.0.path()).unwrap();
    let names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!names.into_iter().any(|name| name.contains(".part")));
}
