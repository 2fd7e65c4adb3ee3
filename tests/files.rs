//! Worlds from files: what is read, what is completed, and what is reported as unreadable.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::endpoints::{EndpointSlice, SliceOrigin};
use portolan::model::key::Key;
use portolan::model::kind::Kind;
use portolan::model::object::Fact;
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
    let dos = format!("\u{feff}---\r\n{POD}---\r\n{SERVICE}")
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
        let ten = vec![format!("*{of}"); 10].join(",");
        bomb.extend([name, ": &", name, " [", &ten, "]\n"]);
    }
    let loaded = text(&format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\n{bomb}"
    ));
    assert_eq!(loaded.unreadable.len(), 1, "{:?}", loaded.unreadable);
}

#[test]
fn kinds_that_are_not_known_are_counted_and_no_fault() {
    let loaded = clean(
        "apiVersion: v1\nkind: LimitRange\nmetadata: {name: c, namespace: x}\ndata: {a: b}\n---\napiVersion: example.com/v1\nkind: Service\nmetadata:\n  name: s\n---\napiVersion: v1\nkind: LimitRangeList\nitems:\n- metadata: {name: d}\n",
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
            "v1 LimitRange default/d",
            "v1 LimitRange x/c"
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

fn workload(kind: &str, spec: &str) -> String {
    let version = match kind {
        "Job" | "CronJob" => "batch/v1",
        "ReplicationController" => "v1",
        _ => "apps/v1",
    };
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web, namespace: shop, uid: u1}}\nspec:\n{spec}"
    )
}

const TEMPLATE: &str = "  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}\n";

#[test]
fn a_workload_without_pods_stands_for_one_ready_pod() {
    for kind in [
        "Deployment",
        "ReplicaSet",
        "DaemonSet",
        "Job",
        "ReplicationController",
    ] {
        let loaded = clean(&workload(kind, &format!("  replicas: 3\n{TEMPLATE}")));
        let pods = pods(&world(loaded));
        assert_eq!(pods.len(), 1, "{kind}");
        let pod = &pods[0];
        assert_eq!(pod.standing, Standing::Assumed);
        assert_eq!(pod.phase, Phase::Running);
        assert!(pod.is_ready() && pod.ips.is_empty());
        assert!(pod.meta.labels.has("app", "web"));
        assert_eq!(pod.containers[0].ports[0].port, 8080);
        let owner = pod.meta.owner.as_ref().expect("an owner");
        assert_eq!(
            (&*owner.kind, &*owner.name, &*owner.uid),
            (kind, "web", "u1")
        );
        assert_eq!(pod.meta.key.namespace_str(), "shop");
    }
}

#[test]
fn a_cron_job_stands_for_a_pod_of_its_job_template() {
    let spec = format!(
        "  jobTemplate:\n    spec:\n{}",
        TEMPLATE
            .replace("\n  ", "\n      ")
            .replacen("  template", "      template", 1)
    );
    let pods = pods(&world(clean(&workload("CronJob", &spec))));
    assert_eq!(pods.len(), 1);
    assert!(pods[0].meta.labels.has("app", "web"));
}

#[test]
fn a_job_s_pod_carries_the_labels_of_its_job() {
    let pods = pods(&world(clean(&workload("Job", TEMPLATE))));
    assert!(pods[0].meta.labels.has("job-name", "web"));
    assert!(
        pods[0]
            .meta
            .labels
            .has("batch.kubernetes.io/job-name", "web")
    );
}

#[test]
fn a_stateful_set_stands_for_its_members() {
    let spec = format!("  replicas: 3\n  serviceName: db\n{TEMPLATE}");
    let pods = pods(&world(clean(&workload("StatefulSet", &spec))));
    let names: Vec<&str> = pods.iter().map(|pod| &*pod.meta.key.name).collect();
    assert_eq!(names, ["web-0", "web-1", "web-2"]);
    for (at, pod) in pods.iter().enumerate() {
        assert!(pod.meta.labels.has("app", "web"));
        assert!(
            pod.meta
                .labels
                .has("statefulset.kubernetes.io/pod-name", names[at])
        );
        assert!(
            pod.meta
                .labels
                .has("apps.kubernetes.io/pod-index", &at.to_string())
        );
        assert_eq!(pod.hostname.as_deref(), Some(names[at]));
        assert_eq!(pod.subdomain.as_deref(), Some("db"));
    }
}

#[test]
fn a_mistyped_number_of_members_does_not_fill_the_memory() {
    let spec = format!("  replicas: 2000000000\n{TEMPLATE}");
    assert!(pods(&world(clean(&workload("StatefulSet", &spec)))).len() <= 5_000);
}

#[test]
fn nothing_stands_for_what_is_scaled_to_zero_or_suspended() {
    for (kind, spec) in [
        ("Deployment", "  replicas: 0\n"),
        ("StatefulSet", "  replicas: 0\n"),
        ("Job", "  suspend: true\n"),
    ] {
        let world = world(clean(&workload(kind, &format!("{spec}{TEMPLATE}"))));
        assert_eq!(pods(&world).len(), 0, "{kind}");
    }
}

#[test]
fn pods_in_the_files_leave_no_room_for_stand_ins() {
    let selector = "  selector: {matchLabels: {app: web}}\n";
    let deployment = workload("Deployment", &format!("{selector}{TEMPLATE}"));
    let set = workload("ReplicaSet", &format!("{selector}{TEMPLATE}"))
        .replace("name: web, namespace: shop, uid: u1", "name: web-1, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, controller: true}]");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web-1-x, namespace: shop, labels: {app: web}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-1, controller: true}]}\nspec: {}\nstatus: {phase: Pending}\n";
    for files in [
        format!("{deployment}---\n{set}---\n{pod}"),
        // The ReplicaSet between is not in the files.
        format!("{deployment}---\n{pod}"),
        // A bare pod would be adopted.
        format!("{deployment}---\n{}", pod.replace(", ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-1, controller: true}]", "")),
    ] {
        let pods = pods(&world(clean(&files)));
        assert_eq!(pods.len(), 1, "{files}");
        assert_eq!(pods[0].standing, Standing::Observed);
    }
    // Without any pod the ReplicaSet stands for one, and the Deployment for none beside it.
    let only = pods(&world(clean(&format!("{deployment}---\n{set}"))));
    let owners: Vec<&str> = only
        .iter()
        .filter_map(|pod| Some(&*pod.meta.owner.as_ref()?.kind))
        .collect();
    assert_eq!(owners, ["ReplicaSet"]);
    // A pod of somebody else, or one in another namespace, is not the Deployment's.
    for other in [
        pod.replace("labels: {app: web}", "labels: {app: other}"),
        pod.replace("namespace: shop", "namespace: other"),
    ] {
        assert_eq!(
            pods(&world(clean(&format!("{deployment}---\n{other}")))).len(),
            2
        );
    }
}

#[test]
fn namesakes_of_two_kinds_stand_for_two_pods() {
    let two = format!(
        "{}---\n{}",
        workload("Deployment", TEMPLATE),
        workload("DaemonSet", TEMPLATE)
    );
    assert_eq!(pods(&world(clean(&two))).len(), 2);
}

#[test]
fn a_pod_without_status_is_taken_as_ready_and_one_with_status_as_told() {
    for (status, standing) in [
        ("", Standing::Assumed),
        ("status: {}\n", Standing::Assumed),
        ("status: {phase: Running}\n", Standing::Observed),
    ] {
        let pods = pods(&world(clean(&format!("{POD}{status}"))));
        assert_eq!(pods[0].standing, standing, "{status}");
        assert_eq!(pods[0].is_ready(), standing == Standing::Assumed);
    }
}

#[test]
fn a_service_gets_the_slices_that_a_cluster_would_write() {
    let world = world(clean(&format!("{POD}---\n{SERVICE}")));
    let slices = slices(&world);
    assert_eq!(slices.len(), 1);
    assert_eq!(slices[0].origin, SliceOrigin::Computed);
    assert_eq!(slices[0].service.as_deref(), Some("web"));
    assert_eq!(slices[0].ports[0].port, Some(8080));
    assert_eq!(slices[0].endpoints[0].pod.as_deref(), Some("web"));
    assert!(slices[0].endpoints[0].addresses.is_empty());
}

#[test]
fn slices_and_endpoints_of_the_files_come_first() {
    let slice = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-x, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\nports: [{port: 8080}]\nendpoints: [{addresses: [10.0.0.1]}]\n";
    let endpoints = "apiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\nsubsets:\n- addresses: [{ip: 10.0.0.2, targetRef: {kind: Pod, name: web}}]\n  notReadyAddresses: [{ip: 'fd00::1'}]\n  ports: [{name: http, port: 8080, protocol: TCP}]\n";
    let both = slices(&world(clean(&format!(
        "{POD}---\n{SERVICE}---\n{slice}---\n{endpoints}"
    ))));
    assert_eq!(
        both.iter()
            .map(|slice| &*slice.meta.key.name)
            .collect::<Vec<_>>(),
        ["web-x"]
    );
    let mirrored = slices(&world(clean(&format!(
        "{POD}---\n{SERVICE}---\n{endpoints}"
    ))));
    assert_eq!(mirrored.len(), 2, "one for each family");
    assert!(
        mirrored
            .iter()
            .all(|slice| slice.origin == SliceOrigin::Written)
    );
    assert_eq!(mirrored[0].endpoints[0].addresses[0], "10.0.0.2");
    assert_eq!(mirrored[0].endpoints[0].pod.as_deref(), Some("web"));
    assert!(mirrored[0].endpoints[0].is_ready() && !mirrored[1].endpoints[0].is_ready());
}

#[test]
fn a_service_without_selector_gets_no_slices() {
    let service = SERVICE.replace("selector: {app: web}, ", "");
    assert_eq!(
        slices(&world(clean(&format!("{POD}---\n{service}")))).len(),
        0
    );
}

#[test]
fn namespaces_that_are_named_exist() {
    let yaml = format!(
        "{POD}---\n{}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: bare, labels: {{team: a}}}}\n",
        POD.replace("name: web,", "name: web, namespace: shop,")
    );
    let world = world(clean(&yaml));
    assert_eq!(
        keys(&world, Kind::Namespace),
        ["Namespace/bare", "Namespace/default", "Namespace/shop"]
    );
    for object in world.all(Kind::Namespace) {
        assert!(
            object
                .meta()
                .labels
                .has("kubernetes.io/metadata.name", &object.key().name)
        );
    }
    let bare = world
        .get(&Key::cluster(Kind::Namespace, "bare"))
        .expect("the namespace");
    assert!(bare.meta().labels.has("team", "a"));
}

#[test]
fn the_default_namespace_is_the_one_that_was_asked_for() {
    let loaded = load_text("a.yaml", POD, "prod");
    assert_eq!(keys(&world(loaded), Kind::Pod), ["prod/Pod/web"]);
}

#[test]
fn a_kind_is_ready_or_known_to_be_absent() {
    let world = world(clean(POD));
    assert_eq!(world.coverage().state(Kind::Pod, None), State::Ready);
    assert_eq!(world.coverage().state(Kind::Namespace, None), State::Ready);
    for kind in [
        Kind::IngressClass,
        Kind::Ingress,
        Kind::NetworkPolicy,
        Kind::Node,
    ] {
        assert_eq!(world.coverage().state(kind, None), State::Absent);
    }
    assert_eq!(*world.origin(), Origin::Files);
}

#[test]
fn of_two_documents_of_one_object_the_later_wins() {
    let world = world(clean(&format!(
        "{POD}---\n{}",
        POD.replace("containerPort: 8080", "containerPort: 9090")
    )));
    assert_eq!(pods(&world)[0].containers[0].ports[0].port, 9090);
}

#[test]
fn folders_are_read_by_name_without_hidden_files_and_circles() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    fs::create_dir_all(root.join("b/deep")).expect("folders");
    fs::create_dir_all(root.join(".git")).expect("a folder");
    for (name, pod) in [
        ("z.yml", "z"),
        ("a.YAML", "a"),
        ("b/deep/c.json", "c"),
        (".git/x.yaml", "x"),
        (".x.yaml", "x"),
        ("notes.txt", "x"),
    ] {
        let json = format!(
            "{{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{{\"name\":\"{pod}\"}}}}"
        );
        fs::write(root.join(name), json).expect("a file");
    }
    std::os::unix::fs::symlink(root, root.join("b/again")).expect("a link");
    std::os::unix::fs::symlink(root.join("z.yml"), root.join("b/same.yaml")).expect("a link");
    let loaded = from_paths(&[root]).expect("loaded");
    assert_eq!(loaded.unreadable, []);
    assert_eq!(loaded.summary.files, 3);
    assert_eq!(
        keys(&world(loaded), Kind::Pod),
        ["default/Pod/a", "default/Pod/c", "default/Pod/z"]
    );
}

#[test]
fn what_lies_beside_manifests_is_no_fault_unless_it_cannot_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    for (name, text) in [
        ("tsconfig.json", "{\"strict\": true}\n"),
        ("playbook.yaml", "a: b\n"),
        ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        (
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
        ),
    ] {
        fs::write(root.join(name), text).expect("a file");
    }
    let loaded = from_paths(&[root]).expect("loaded");
    assert_eq!(loaded.unreadable, []);
    assert_eq!(loaded.summary.foreign, 3);
    assert_eq!(loaded.summary.objects, 1);
    // Named by the user himself, each is meant.
    let chart = from_paths(&[&root.join("Chart.yaml")]).expect("loaded");
    assert_eq!(chart.unreadable.len(), 1);
    // What cannot be parsed might have held an object, whatever is left of it.
    for (name, text) in [
        ("cut.yaml", "apiVersion: v1\nkind: Pod\n  x: y\n"),
        ("a.yaml", "kind: [\n"),
        ("b.yaml", "a: b\n  c: d\n"),
        ("c.json", "{\"strict\": true,,}\n"),
    ] {
        fs::write(root.join(name), text).expect("a file");
        let loaded = from_paths(&[root]).expect("loaded");
        assert_eq!(loaded.unreadable.len(), 1, "{name}");
        fs::remove_file(root.join(name)).expect("a file");
    }
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let error = from_paths(&[Path::new("/nowhere/at/all.yaml")]).expect_err("no such file");
    assert!(matches!(error, LoadError::Missing(_)));
    assert_eq!(
        error.to_string(),
        "/nowhere/at/all.yaml: no such file or folder"
    );
}

#[test]
fn binary_files_and_other_encodings_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.yaml"), b"\x7fELF\0\0\xff\xfe").expect("a file");
    fs::write(folder.path().join("b.yaml"), b"kind: Pod\n# gr\xfc\xdfe\n").expect("a file");
    fs::write(folder.path().join("c.yaml"), POD).expect("a file");
    let loaded = from_paths(&[folder.path()]).expect("loaded");
    let told: Vec<_> = loaded.unreadable.iter().map(at).collect();
    assert_eq!(
        told,
        [
            (0, 0, "a binary file, not YAML or JSON"),
            (0, 2, "not UTF-8 text")
        ]
    );
    assert_eq!(keys(&world(loaded), Kind::Pod), ["default/Pod/web"]);
}

#[test]
fn standard_input_is_a_path_like_others() {
    let mut stdin = POD.as_bytes();
    let loaded = load(&[PathBuf::from("-")], &mut stdin, "default").expect("loaded");
    let place = loaded.deltas.iter().find_map(|delta| match delta {
        Delta::Upsert(object) if object.key().kind == Kind::Pod => object.place.clone(),
        _ => None,
    });
    assert_eq!(
        place.map(|place| place.file.to_string()),
        Some("-".to_owned())
    );
}

/// A reader that fails.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("torn"))
    }
}

#[test]
fn standard_input_that_breaks_is_told() {
    let error = load(&[PathBuf::from("-")], &mut Broken, "default").expect_err("broken");
    assert_eq!(error.to_string(), "-: torn");
}

#[test]
fn an_object_s_own_text_can_be_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("all.yaml");
    let list = "kind: List\napiVersion: v1\nitems:\n- kind: Pod\n  apiVersion: v1\n  metadata:\n    name: a\n- kind: Pod\n  apiVersion: v1\n  metadata:\n    name: b\n";
    let json = "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"c\"}},{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"d\"}}]}";
    fs::write(&path, format!("# head\n{POD}---\n{list}---\n{json}\n")).expect("a file");
    let loaded = from_paths(&[&path]).expect("loaded");
    let texts: Vec<(String, String)> = loaded
        .deltas
        .iter()
        .filter_map(|delta| match delta {
            Delta::Upsert(object) if object.key().kind == Kind::Pod => {
                let own = raw(object.place.as_ref()?, object.key()).expect("its text");
                Some((object.key().name.to_string(), own))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        texts,
        [
            (
                "a".to_owned(),
                "kind: Pod\napiVersion: v1\nmetadata:\n  name: a\n".to_owned()
            ),
            (
                "b".to_owned(),
                "kind: Pod\napiVersion: v1\nmetadata:\n  name: b\n".to_owned()
            ),
            (
                "c".to_owned(),
                "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"c\"}}".to_owned()
            ),
            (
                "d".to_owned(),
                "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"d\"}}".to_owned()
            ),
            ("web".to_owned(), POD.to_owned()),
        ]
    );
    fs::write(&path, "kind: Other\n").expect("a file");
    let place = portolan::model::object::Place {
        file: path.to_string_lossy().as_ref().into(),
        document: 1,
        line: 2,
    };
    assert_eq!(raw(&place, &Key::new(Kind::Pod, "default", "web")), None);
}
