//! The journal: what counts as a change, which problem came of it, and that it stays small.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test support fails loudly"
)]

#[path = "support/documents.rs"]
mod documents;

use documents::{endpoint, object, pod, service, slice, world};
use jiff::{SignedDuration, Timestamp};
use portolan::diagnosis::engine::Engine;
use portolan::diagnosis::journal::{CAPACITY, Journal, What};
use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::key::{Key, Name};
use portolan::model::kind::Kind;
use portolan::model::world::Origin;
use portolan::output::table::{Facts, Sheet};
use serde_json::{Value, json};

fn start() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a time")
}

fn blank() -> Engine {
    let origin = Origin::Live {
        context: Name::from("test"),
    };
    Engine::new(origin, start())
}

/// An engine that has read these objects, kind by kind, and judged them.
fn engine(documents: &[Value]) -> Engine {
    reading(blank().keeping_a_journal(), documents)
}

fn reading(mut engine: Engine, documents: &[Value]) -> Engine {
    let read = world(documents);
    for kind in Kind::ALL {
        let objects = read.all(*kind).map(|object| (**object).clone()).collect();
        engine.apply(Delta::Replace {
            kind: *kind,
            namespace: None,
            objects,
        });
        engine.apply(Delta::Coverage {
            kind: *kind,
            namespace: None,
            state: State::Ready,
        });
        engine.judge();
    }
    engine
}

fn web(selector: &str, ip: &str) -> Value {
    let mut web = service(
        "web",
        json!({"selector": {"app": selector}, "clusterIP": ip, "clusterIPs": [ip],
               "ports": [{"port": 80, "targetPort": 8080}]}),
    );
    web["metadata"]["uid"] = json!(ip);
    web
}

fn endpoints() -> Value {
    let ports = json!([{"name": "", "port": 8080, "protocol": "TCP"}]);
    let listed = json!([endpoint("w1", "10.1.0.1", "n1", json!({"ready": true}))]);
    slice("web-1", "web", ports, listed)
}

fn healthy() -> Vec<Value> {
    vec![
        web("web", "10.96.0.1"),
        pod("w1", "10.1.0.1", "n1", true, json!([])),
        endpoints(),
    ]
}

fn upsert(engine: &mut Engine, document: &Value) {
    engine.apply(Delta::Upsert(Box::new(object(document))));
}

/// `object: what` of each row, the oldest first.
fn told(journal: &Journal) -> Vec<String> {
    let rows = journal.rows();
    rows.map(|row| {
        let what = match &row.what {
            What::Came => "came".to_owned(),
            What::Went => "went".to_owned(),
            What::Field { path, from, to } => format!("{path}: {from} → {to}"),
            What::Appeared(problem) => format!("+{} by {:?}", problem.id.code, problem.by),
            What::Vanished(problem) => format!("-{} by {:?}", problem.id.code, problem.by),
        };
        format!("{}/{}: {what}", row.about.kind, row.about.name)
    })
    .collect()
}

#[test]
fn what_is_read_first_is_no_change() {
    let engine = engine(&healthy());
    assert_eq!(told(&engine.journal()), Vec::<String>::new());
}

/// As the demo's, which is whole from the first frame on.
#[test]
fn a_journal_that_begins_after_everything_was_read_tells_what_follows() {
    let mut engine = reading(blank(), &healthy()).keeping_a_journal();
    engine.judge();
    upsert(&mut engine, &web("wep", "10.96.0.1"));
    engine.judge();
    assert_eq!(
        told(&engine.journal()).first().map(String::as_str),
        Some("Service/web: spec.selector: app=web → app=wep")
    );
}

#[test]
fn an_engine_that_keeps_none_has_none() {
    let mut engine = Engine::new(Origin::Files, start());
    upsert(&mut engine, &web("web", "10.96.0.1"));
    engine.judge();
    assert_eq!(engine.journal().rows().count(), 0);
}

#[test]
fn a_changed_selector_is_told_with_the_problem_that_it_made_and_its_end() {
    let mut engine = engine(&healthy());
    let later = start() + SignedDuration::from_secs(60);
    engine.apply(Delta::Clock(later));
    upsert(&mut engine, &web("wep", "10.96.0.1"));
    engine.apply(Delta::Delete(Key::new(Kind::EndpointSlice, "a", "web-1")));
    engine.judge();
    upsert(&mut engine, &web("web", "10.96.0.1"));
    upsert(&mut engine, &endpoints());
    engine.judge();
    let journal = engine.journal();
    assert_eq!(
        told(&journal),
        [
            "Service/web: spec.selector: app=web → app=wep",
            "EndpointSlice/web-1: went",
            "Service/web: +SVC001 by Some(0)",
            "Service/web: spec.selector: app=wep → app=web",
            "EndpointSlice/web-1: came",
            "Service/web: -SVC001 by Some(3)",
        ]
    );
    assert!(journal.rows().all(|row| row.at == later));
}

#[test]
fn a_problem_is_laid_to_the_object_that_its_judgement_read() {
    let mut engine = engine(&healthy());
    let mut failing = pod("w1", "10.1.0.1", "n1", false, json!([]));
    failing["status"]["containerStatuses"][0]["ready"] = json!(false);
    upsert(&mut engine, &failing);
    let listed = json!([endpoint("w1", "10.1.0.1", "n1", json!({"ready": false}))]);
    let ports = json!([{"name": "", "port": 8080, "protocol": "TCP"}]);
    upsert(&mut engine, &slice("web-1", "web", ports, listed));
    engine.judge();
    let journal = engine.journal();
    let appeared = journal.rows().find_map(|row| match &row.what {
        What::Appeared(problem) => Some(problem.clone()),
        _ => None,
    });
    let problem = appeared.expect("a problem");
    let by = journal.row(problem.by.expect("a row")).expect("kept");
    assert!(
        matches!(by.about.kind, Kind::Pod | Kind::EndpointSlice),
        "{by:?}"
    );
    let fields = told(&journal);
    assert!(
        fields.contains(&"EndpointSlice/web-1: endpoints[w1]: ready → not ready".to_owned()),
        "{fields:?}"
    );
}

#[test]
fn an_equal_object_and_an_event_are_no_change() {
    let mut engine = engine(&healthy());
    upsert(&mut engine, &web("web", "10.96.0.1"));
    upsert(
        &mut engine,
        &json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "a"}, "type": "Warning",
                "reason": "Unhealthy", "message": "x", "involvedObject": {"kind": "Pod", "namespace": "a", "name": "w1"}}),
    );
    engine.judge();
    assert_eq!(told(&engine.journal()), Vec::<String>::new());
}

#[test]
fn a_relist_after_an_outage_tells_what_was_missed() {
    let mut engine = engine(&healthy());
    engine.apply(Delta::Replace {
        kind: Kind::Pod,
        namespace: None,
        objects: vec![object(&pod("w2", "10.1.0.2", "n1", true, json!([])))],
    });
    assert_eq!(told(&engine.journal()), ["Pod/w1: went", "Pod/w2: came"]);
}

#[test]
fn a_service_made_anew_with_another_address_is_recognised() {
    let mut engine = engine(&healthy());
    engine.apply(Delta::Delete(Key::new(Kind::Service, "a", "web")));
    upsert(&mut engine, &web("web", "10.96.0.77"));
    let rows = told(&engine.journal());
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(
        rows.iter()
            .any(|row| row.contains("10.96.0.1 → 10.96.0.77 (made anew")),
        "{rows:?}"
    );
    // The same in one relist.
    engine.apply(Delta::Replace {
        kind: Kind::Service,
        namespace: None,
        objects: vec![object(&web("web", "10.96.0.78"))],
    });
    let rows = told(&engine.journal());
    assert!(
        rows.iter()
            .any(|row| row.contains("10.96.0.77 → 10.96.0.78 (made anew")),
        "{rows:?}"
    );
}

#[test]
fn a_service_made_anew_with_its_old_address_is_not() {
    let mut engine = engine(&healthy());
    engine.apply(Delta::Delete(Key::new(Kind::Service, "a", "web")));
    upsert(&mut engine, &web("web", "10.96.0.1"));
    assert_eq!(
        told(&engine.journal()),
        ["Service/web: went", "Service/web: came"]
    );
}

#[test]
fn the_journal_is_bounded() {
    let mut engine = engine(&healthy());
    for at in 0..CAPACITY {
        let selector = if at % 2 == 0 { "x" } else { "web" };
        upsert(&mut engine, &web(selector, "10.96.0.1"));
    }
    upsert(&mut engine, &web("last", "10.96.0.1"));
    let journal = engine.journal();
    assert_eq!(journal.rows().count(), CAPACITY);
    let last = told(&journal).pop().expect("a row");
    assert!(last.ends_with("app=last"), "{last}");
}

#[test]
fn the_table_shows_the_latest_first_with_what_did_it() {
    let mut engine = engine(&healthy());
    upsert(&mut engine, &web("wep", "10.96.0.1"));
    engine.apply(Delta::Delete(Key::new(Kind::EndpointSlice, "a", "web-1")));
    let report = engine.judge();
    let journal = engine.journal();
    let facts = Facts::new(engine.world(), &report).telling(&journal);
    let rows: Vec<String> = Sheet::Changes
        .rows(&facts, None)
        .into_iter()
        .map(|row| {
            let cells: Vec<String> = row.cells.into_iter().map(|cell| cell.text).collect();
            cells.join("|")
        })
        .collect();
    assert_eq!(
        rows,
        [
            "12:00:00|a|Service/web|SVC001 appears||selector matches no pod|Service/web spec.selector",
            "12:00:00|a|EndpointSlice/web-1|is gone|||",
            "12:00:00|a|Service/web|spec.selector|app=web|app=wep|",
        ]
    );
    let elsewhere = Name::from("b");
    assert!(Sheet::Changes.rows(&facts, Some(&elsewhere)).is_empty());
}
