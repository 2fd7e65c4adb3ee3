//! Worlds from files: what is read, what is completed, and what is reported as unreadable.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use portolan::lower::Manner;
use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::endpoints::{EndpointSlice, SliceOrigin};
use portolan::model::key::Key;
use portolan::model::kind::Kind;
use portolan::model::object::{Fact, Object};
use portolan::model::pod::{Phase, Pod, Standing};
use portolan::model::world::{Origin, World};
use portolan::source::files::{LoadError, Loaded, Unreadable, load, load_text, raw};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

fn text(yaml: &str) -> Loaded {
    load_text("a.yaml", yaml, "default")
}

fn clean(yaml: &str) -> Loaded {
    let loaded = text(yaml);
    assert_eq!(loaded.unreadable, []);
    loaded
}

fn world(loaded: Loaded) -> World {
    let mut world = World::new(
        loaded.origin,
        "2026-11-22T12:00:00Z".parse().expect("a time"),
    );
    for delta in loaded.deltas {
        world.apply(delta);
    }
    world
}

fn keys(world: &World, kind: Kind) -> Vec<String> {
    world
        .all(kind)
        .map(|object| object.key().to_string())
        .collect()
}

fn pods(world: &World) -> Vec<Pod> {
    let all = world.all(Kind::Pod);
    all.filter_map(|object| match &object.fact {
        Fact::Pod(pod) => Some(pod.clone()),
        _ => None,
    })
    .collect()
}

fn slices(world: &World) -> Vec<EndpointSlice> {
    let all = world.all(Kind::EndpointSlice);
    all.filter_map(|object| match &object.fact {
        Fact::EndpointSlice(slice) => Some(slice.clone()),
        _ => None,
    })
    .collect()
}

fn places(loaded: &Loaded) -> Vec<(String, u32, u32)> {
    let objects = loaded.deltas.iter().filter_map(|delta| match delta {
        Delta::Upsert(object) => Some(object),
        _ => None,
    });
    objects
        .filter_map(|object| {
            let place = object.place.as_ref()?;
            Some((object.key().to_string(), place.document, place.line))
        })
        .collect()
}

fn at(unreadable: &Unreadable) -> (u32, u32, &str) {
    (unreadable.document, unreadable.line, &unreadable.message)
}

fn from_paths(paths: &[&Path]) -> Result<Loaded, LoadError> {
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
    load(&paths, &mut std::io::empty(), "default")
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}\n";
const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}\n";

#[test]
fn documents_carry_their_number_and_line() {
    let loaded = clean(&format!(
        "# head\n---\n{POD}---\n# of the service\n\n{SERVICE}"
    ));
    let mut found = places(&loaded);
    found.retain(|(key, ..)| !key.contains("EndpointSlice"));
    assert_eq!(
        found,
        [
            ("default/Pod/web".to_owned(), 1, 3),
            ("default/Service/web".to_owned(), 2, 10)
        ]
    );
}

#[test]
fn a_list_and_a_typed_list_whose_items_say_nothing() {
    for list in [
        "apiVersion: v1\nkind: PodList\nitems:\n- metadata:\n    name: a\n- metadata:\n    name: b\n",
        "apiVersion: v1\nitems:\n  - metadata: {name: a}\n  -\n    metadata: {name: b}\nkind: PodList\n",
        "{apiVersion: v1, kind: PodList, items: [{metadata: {name: a}}, {metadata: {name: b}}]}",
        "apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: a}}, {metadata: {name: b}}]\n",
        r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}"#,
        r#"{"items":[{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}},{"kind":"Pod","apiVersion":"v1","metadata":{"name":"b"}}],"kind":"List","apiVersion":"v1"}"#,
        r#"[{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}},{"kind":"Pod","apiVersion":"v1","metadata":{"name":"b"}}]"#,
        "- {kind: Pod, apiVersion: v1, metadata: {name: a}}\n- kind: Pod\n  apiVersion: v1\n  metadata: {name: b}\n",
    ] {
        let world = world(clean(list));
        assert_eq!(
            keys(&world, Kind::Pod),
            ["default/Pod/a", "default/Pod/b"],
            "{list}"
        );
    }
}

#[test]
fn items_carry_their_own_lines() {
    let yaml = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: a\n# between\n- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: b\n";
    let expected = [
        ("Namespace/a".to_owned(), 1, 4),
        ("Namespace/b".to_owned(), 1, 9),
    ];
    assert_eq!(places(&clean(yaml)), expected);
    let json = "\n{\n\"kind\": \"List\", \"apiVersion\": \"v1\", \"items\": [\n\n{\"apiVersion\": \"v1\", \"kind\": \"Namespace\",\n\"metadata\": {\"name\": \"a\"}},\n\n\n{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"b\"}}]}";
    let expected = [
        ("Namespace/a".to_owned(), 1, 5),
        ("Namespace/b".to_owned(), 1, 9),
    ];
    assert_eq!(places(&clean(json)), expected);
}

#[test]
fn lists_within_lists_end_somewhere() {
    let inner = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}"#;
    let nested = |deep: usize| {
        let open = r#"{"kind":"List","apiVersion":"v1","items":["#.repeat(deep);
        format!("{open}{inner}{}", "]}".repeat(deep))
    };
    assert_eq!(
        keys(&world(clean(&nested(4))), Kind::Pod),
        ["default/Pod/a"]
    );
    let loaded = text(&nested(40));
    assert_eq!(loaded.unreadable.len(), 1);
}

#[test]
fn a_broken_document_is_reported_and_the_rest_is_read() {
    let loaded = text(&format!(
        "{POD}---\nkind: Service\nmetadata:\n\tname: x\n---\n{SERVICE}"
    ));
    assert_eq!(loaded.unreadable.len(), 1);
    let (document, line, message) = at(&loaded.unreadable[0]);
    assert_eq!((document, line), (2, 8));
    assert!(
        message.starts_with("not valid YAML: ") && message.contains("tabs"),
        "{message}"
    );
    let world = world(loaded);
    assert_eq!(keys(&world, Kind::Service), ["default/Service/web"]);
}

#[test]
fn a_broken_item_does_not_take_the_list_with_it() {
    let yaml = "kind: List\napiVersion: v1\nitems:\n- kind: Pod\n  apiVersion: v1\n  metadata: {name: a}\n- kind: Pod\n  apiVersion: v1\n  metadata: {name: b\n- kind: Pod\n  apiVersion: v1\n  metadata: {name: c}\n";
    let loaded = text(yaml);
    assert_eq!(loaded.unreadable.len(), 1);
    assert!(
        (9..=10).contains(&loaded.unreadable[0].line),
        "{:?}",
        loaded.unreadable
    );
    assert_eq!(
        keys(&world(loaded), Kind::Pod),
        ["default/Pod/a", "default/Pod/c"]
    );
}

#[test]
fn broken_json_says_where() {
    let loaded = text(
        "{\"kind\": \"Pod\",\n \"apiVersion\": \"v1\",\n \"metadata\": {\"name\": \"a\",}\n}\n",
    );
    let (document, line, message) = at(&loaded.unreadable[0]);
    assert_eq!((document, line), (1, 3));
    assert!(message.starts_with("not valid JSON: "), "{message}");
}

#[test]
fn json_documents_may_follow_one_another() {
    let one = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}"#;
    let two = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"b"}}"#;
    for between in ["\n", "", "\n---\n", "\n\n  "] {
        let loaded = clean(&format!("{one}{between}{two}\n"));
        let numbers: Vec<u32> = places(&loaded)
            .iter()
            .map(|(_, number, _)| *number)
            .collect();
        assert_eq!(numbers, [1, 2]);
        assert_eq!(
            keys(&world(loaded), Kind::Pod),
            ["default/Pod/a", "default/Pod/b"]
        );
    }
}

#[test]
fn templates_say_that_they_must_be_rendered() {
    for template in [
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n",
        "{{- if .Values.enabled }}\napiVersion: v1\nkind: Service\nmetadata: {name: x}\n{{- end }}\n",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  replicas: {{ .Values.replicas }}\n",
        "{{ include \"chart.service\" . }}\n",
    ] {
        let loaded = text(template);
        assert_eq!(loaded.unreadable.len(), 1, "{template}");
        let message = &loaded.unreadable[0].message;
        assert!(message.contains("render it first"), "{message}");
    }
}

#[test]
fn braces_in_quotes_are_no_template() {
    let yaml = "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n  annotations: {note: '{{ $value }}'}\n  labels:\n    a: \"{{x}}\"\nspec: {}\n";
    assert_eq!(
        keys(&world(clean(yaml)), Kind::Service),
        ["default/Service/x"]
    );
}

#[test]
fn nothing_but_comments_is_nothing() {
    for empty in [
        "",
        "\n\n",
        "# a\n---\n---\n# b\n",
        "\u{feff}",
        "---\n...\n---\n",
    ] {
        let loaded = clean(empty);
        assert_eq!(loaded.summary.objects, 0);
    }
}

#[test]
fn marks_line_ends_and_encodings_of_other_systems() {
    let dos = format!("\u{feff}---\r\n{}---\r\n{}", POD, SERVICE)
        .replace('\n', "\r\n")
        .replace("\r\r", "\r");
    let world_of_dos = world(clean(&dos));
    assert_eq!(keys(&world_of_dos, Kind::Pod), ["default/Pod/web"]);
    assert_eq!(keys(&world_of_dos, Kind::Service), ["default/Service/web"]);
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in [
        (
            "le.yaml",
            POD.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>(),
        ),
        (
            "be.yaml",
            POD.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
    ] {
        let mark: [u8; 2] = if name == "le.yaml" {
            [0xff, 0xfe]
        } else {
            [0xfe, 0xff]
        };
        let path = folder.path().join(name);
        fs::write(&path, [&mark[..], &bytes].concat()).expect("a file");
        let loaded = from_paths(&[&path]).expect("loaded");
        assert_eq!(loaded.unreadable, []);
        assert_eq!(keys(&world(loaded), Kind::Pod), ["default/Pod/web"]);
    }
}

#[test]
fn anchors_work_within_a_document_and_across_items() {
    let yaml = "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: &l {app: web}}\nspec:\n  selector: *l\n  ports: [{port: 80}]\n";
    let one = world(clean(yaml));
    let Some(Fact::Service(service)) = one.all(Kind::Service).next().map(|object| &object.fact)
    else {
        panic!("no service");
    };
    assert!(service.selector.has("app", "web"));
    let list = "kind: List\napiVersion: v1\nitems:\n- kind: Pod\n  apiVersion: v1\n  metadata: {name: a, labels: &l {app: web}}\n- kind: Pod\n  apiVersion: v1\n  metadata:\n    name: b\n    labels: *l\n";
    let both = pods(&world(clean(list)));
    assert!(both.iter().all(|pod| pod.meta.labels.has("app", "web")));
    assert_eq!(both.len(), 2);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (name, of) in ["b", "c", "d", "e", "f", "g", "h", "i"]
        .iter()
        .zip(["a", "b", "c", "d", "e", "f", "g", "h"])
    {
        bomb.push_str(&format!(
            "{name}: &{name} [{}]\n",
            vec![format!("*{of}"); 10].join(",")
        ));
    }
    let loaded = text(&format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\n{bomb}"
    ));
    assert_eq!(loaded.unreadable.len(), 1, "{:?}", loaded.unreadable);
}

#[test]
fn kinds_that_are_not_known_are_counted_and_no_fault() {
    let loaded = clean(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: x}\ndata: {a: b}\n---\napiVersion: example.com/v1\nkind: Service\nmetadata:\n  name: s\n---\napiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: d}\n",
    );
    assert_eq!(loaded.summary.unrecognised, 3);
    let world = world(loaded);
    let found: Vec<String> = world
        .unrecognised()
        .iter()
        .flat_map(|((version, kind), held)| {
            held.iter()
                .map(move |(ns, name)| format!("{version} {kind} {ns}/{name}"))
        })
        .collect();
    assert_eq!(
        found,
        [
            "example.com/v1 Service default/s",
            "v1 ConfigMap default/d",
            "v1 ConfigMap x/c"
        ]
    );
    assert_eq!(world.count(Kind::Service), 0);
}

#[test]
fn a_document_without_kind_is_a_fault_where_it_was_meant_as_an_object() {
    let loaded = text("apiVersion: v1\nmetadata: {name: a}\n");
    assert_eq!(
        at(&loaded.unreadable[0]),
        (1, 1, "no kind: every Kubernetes object has one")
    );
    assert_eq!(text("replicas: 3\n").unreadable.len(), 1);
    assert_eq!(text("just words\n").unreadable.len(), 1);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("values.yaml"), "replicas: 3\n").expect("a file");
    fs::write(folder.path().join("package.json"), "{\"name\": \"x\"}").expect("a file");
    fs::write(folder.path().join("pod.yaml"), POD).expect("a file");
    let loaded = from_paths(&[folder.path()]).expect("loaded");
    assert_eq!(loaded.unreadable, []);
    assert_eq!(loaded.summary.foreign, 2);
    // In a file that does hold an object, such a document was meant as one.
    fs::write(
        folder.path().join("pod.yaml"),
        format!("{POD}---\nreplicas: 3\n"),
    )
    .expect("a file");
    let loaded = from_paths(&[folder.path()]).expect("loaded");
    assert_eq!(loaded.unreadable.len(), 1);
    assert_eq!(at(&loaded.unreadable[0]).1, 6);
}
