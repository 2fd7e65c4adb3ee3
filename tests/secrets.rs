//! Secrets are reduced to public facts while they are decoded, and no value of one appears anywhere.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "`json!` values read best in place"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portolan::lower::lower;
use portolan::model::kind::Kind;
use portolan::model::object::{Fact, Object};
use portolan::model::secret::{Chain, Contents, PrivateKey, Secret};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A value that must never be seen again.
const MARK: &str = "hunter2-hunter2-hunter2";

/// A self-signed pair for a host, as PEM.
fn pair(host: &str) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![host.to_owned()]).expect("names");
    let certificate = params.self_signed(&key).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

fn document(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
           "metadata": {"name": "web-tls", "namespace": "shop"}, "data": data})
}

fn secret(document: &Value) -> (Secret, Object) {
    let object = lower(Kind::Secret, &document.to_string());
    let Fact::Secret(secret) = &object.fact else {
        panic!("no Secret")
    };
    (secret.clone(), object.clone())
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Everything that would give a private key away: the lines of its PEM, and the base64 of it.
fn traces(key: &str) -> Vec<String> {
    let lines = key.lines().filter(|line| !line.starts_with("-----"));
    let mut all: Vec<String> = lines.map(str::to_owned).collect();
    let packed = encoded(key);
    all.push(packed.chars().skip(40).take(40).collect());
    all.push(MARK.to_owned());
    all.push(encoded(MARK));
    all
}

fn clean(what: &str, text: &str, traces: &[String]) {
    for trace in traces {
        assert!(!trace.is_empty());
        assert!(!text.contains(trace.as_str()), "{what} holds {trace}");
    }
}

#[test]
fn a_pair_that_belongs_together_is_known_by_its_public_side() {
    let (certificate, key) = pair("shop.example.com");
    let (secret, object) = secret(&document(
        json!({"tls.crt": encoded(&certificate), "tls.key": encoded(&key)}),
    ));
    assert_eq!(object.defects.len(), 0);
    let leaf = secret.leaf().expect("a certificate");
    assert_eq!(leaf.hosts.iter().collect::<Vec<_>>(), ["shop.example.com"]);
    assert!(leaf.self_signed && leaf.for_servers && !leaf.is_ca);
    assert_eq!(leaf.fingerprint.len(), 64);
    let Contents::Known { key, .. } = &secret.contents else {
        panic!("not known")
    };
    assert_eq!(*key, PrivateKey::OfLeaf);
}

#[test]
fn values_are_in_no_fact_no_defect_and_no_debug_output() {
    let (certificate, key) = pair("shop.example.com");
    let traces = traces(&key);
    let annotated = json!({"name": "web-tls", "namespace": "shop", "annotations": {
        "kubectl.kubernetes.io/last-applied-configuration": MARK, "team/password": MARK}});
    let mut documents = vec![
        document(
            json!({"tls.crt": encoded(&certificate), "tls.key": encoded(&key), "password": encoded(MARK)}),
        ),
        // Values that do not fit are odd, and what is odd is told: without the value.
        document(json!(MARK)),
        document(json!([MARK])),
        document(json!({"tls.key": MARK, "tls.crt": key})),
        document(json!({"tls.key": {"inner": MARK}, "tls.crt": [MARK]})),
        document(json!({"tls.crt": encoded(&key), "tls.key": encoded(MARK)})),
    ];
    documents.push(json!({"metadata": annotated, "stringData": {"tls.key": key, "x": MARK}}));
    documents
        .push(json!({"metadata": {"name": "a"}, "stringData": MARK, "data": {"tls.key": MARK}}));
    for document in documents {
        let (_, object) = secret(&document);
        clean("a fact", &format!("{object:?} {object:#?}"), &traces);
    }
    let broken = format!(r#"{{"metadata":{{"name":"a"}},"data":{{"tls.key":"{MARK}" "{MARK}"}}}}"#);
    let object = lower(Kind::Secret, &broken);
    assert!(!object.defects.is_empty());
    clean("a defect", &format!("{object:?}"), &traces);
}

#[test]
fn whatever_stands_in_the_values_is_survived() {
    let (certificate, key) = pair("shop.example.com");
    let (_, other) = pair("shop.example.com");
    let texts: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\xff\xfe\x00".to_vec(),
        b"-----BEGIN CERTIFICATE-----".to_vec(),
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec(),
        b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n".to_vec(),
        certificate.replace('\n', "\r\n").into_bytes(),
        format!("Bag Attributes\n  friendlyName: x\n{certificate}").into_bytes(),
        certificate.clone().into_bytes(),
        key.clone().into_bytes(),
        other.into_bytes(),
    ];
    for one in &texts {
        for another in &texts {
            secret(&document(
                json!({"tls.crt": encoded(one), "tls.key": encoded(another)}),
            ));
        }
    }
    // Every cut, and every byte turned over.
    for (at, _) in certificate.bytes().enumerate() {
        let mut turned = certificate.clone().into_bytes();
        if let Some(byte) = turned.get_mut(at) {
            *byte ^= 1;
        }
        let cut: Vec<u8> = certificate.bytes().take(at).collect();
        for bytes in [turned, cut] {
            let (secret, _) = secret(&document(
                json!({"tls.crt": encoded(&bytes), "tls.key": encoded(&bytes)}),
            ));
            let Contents::Known { chain, .. } = secret.contents else {
                panic!("not known")
            };
            assert_ne!(chain, Chain::Absent);
        }
    }
}

#[test]
fn layouts_that_servers_read_are_read() {
    let (certificate, key) = pair("shop.example.com");
    let layouts: [fn(&str) -> String; 4] = [
        |pem| pem.replace('\n', "\r\n"),
        |pem| format!("subject=CN = x\n\n{pem}\n\n"),
        |pem| pem.trim_end().to_owned(),
        |pem| {
            pem.lines().fold(String::new(), |mut all, line| {
                let _ = writeln!(all, "{line}  ");
                all
            })
        },
    ];
    for (nth, layout) in layouts.iter().enumerate() {
        let (secret, _) = secret(&document(
            json!({"tls.crt": encoded(layout(&certificate)), "tls.key": encoded(layout(&key))}),
        ));
        let Contents::Known { chain, key } = &secret.contents else {
            panic!("not known")
        };
        assert_eq!(*key, PrivateKey::OfLeaf, "layout {nth}: {chain:?}");
    }
}

fn portolan(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
    let output = command
        .args([
            "--from",
            "cluster.yaml",
            "--log-file",
            "log",
            "--log-level",
            "trace",
        ])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("it runs");
    let mut all = String::from_utf8_lossy(&output.stdout).into_owned();
    all.push_str(&String::from_utf8_lossy(&output.stderr));
    all
}

#[test]
fn values_are_in_no_answer_no_snapshot_and_no_log() {
    let (certificate, key) = pair("shop.example.com");
    let traces = traces(&key);
    let folder = tempfile::tempdir().expect("a folder");
    let indented = |pem: &str| {
        pem.lines().fold(String::new(), |mut all, line| {
            let _ = writeln!(all, "    {line}");
            all
        })
    };
    let yaml = format!(
        "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nmetadata: {{name: web-tls, namespace: shop}}\nstringData:\n  tls.crt: |\n{}  tls.key: |\n{}  password: {MARK}\n---\n\
         apiVersion: v1\nkind: Secret\nmetadata: {{name: odd, namespace: shop}}\ndata: {{tls.key: {MARK}, tls.crt: 7}}\n---\n\
         apiVersion: v1\nkind: Secret\nmetadata: {{name: broken, namespace: shop}}\ndata:\n  tls.key: *{MARK}\n---\n\
         apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, namespace: shop}}\nspec:\n  ingressClassName: nginx\n  \
         tls: [{{hosts: [shop.example.com], secretName: web-tls}}, {{hosts: [b.example.com], secretName: odd}}]\n  rules:\n  \
         - {{host: shop.example.com, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: a, port: {{number: 80}}}}}}}}]}}}}\n  \
         - {{host: b.example.com, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: a, port: {{number: 80}}}}}}}}]}}}}\n",
        indented(&certificate),
        indented(&key),
    );
    fs::write(folder.path().join("cluster.yaml"), yaml).expect("written");
    let mut answers = 0;
    for arguments in [
        &["check"][..],
        &["check", "-o", "json"],
        &["check", "-o", "sarif"],
        &["check", "-o", "github"],
        &["trace", "internet", "https://shop.example.com/"],
        &["trace", "internet", "https://b.example.com/", "-o", "json"],
        &["list", "routes", "-o", "json"],
        &["list", "problems"],
        &["snapshot", "-o", "snapshot.json"],
    ] {
        let said = portolan(folder.path(), arguments);
        answers += usize::from(said.contains("TLS00") || said.contains("web-tls"));
        clean(&arguments.join(" "), &said, &traces);
    }
    assert!(answers >= 6, "only {answers} answers speak of the Secret");
    let snapshot = fs::read_to_string(folder.path().join("snapshot.json")).expect("a snapshot");
    assert!(snapshot.contains("shop.example.com") && snapshot.contains("fingerprint"));
    clean("the snapshot", &snapshot, &traces);
    let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    clean("the log", &log, &traces);
}
