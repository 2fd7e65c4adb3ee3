use super::*;
use crate::diagnosis::engine::{Engine, diagnose};
use crate::model::world::{Origin, World};

fn start() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn world_at(elapsed: i64) -> World {
    let demo = Demo::new(start());
    let mut world = World::new(Origin::Demo, start());
    let later = demo.at(SignedDuration::from_secs(elapsed));
    for delta in demo.initial().into_iter().chain(later) {
        world.apply(delta);
    }
    world
}

#[test]
fn ages_become_times() {
    let text = with_times("a: <90s ago>, b: <2d ago> < ago> x", start());
    assert_eq!(
        text,
        "a: 2026-03-01T11:58:30Z, b: 2026-02-27T12:00:00Z < ago> x"
    );
}

#[test]
fn every_document_of_every_manifest_becomes_an_object_without_defects() {
    let demo = Demo::new(start());
    let written: usize = MANIFESTS
        .iter()
        .map(|text| text.lines().filter(|line| *line == "---").count())
        .sum();
    assert_eq!(demo.objects.len(), written);
    for object in demo.objects.values() {
        assert_eq!(&*object.defects, &[], "{}", object.key());
    }
}

#[test]
fn a_moment_depends_on_the_time_alone() {
    let demo = Demo::new(start());
    let mut lived = World::new(Origin::Demo, start());
    for delta in demo.initial() {
        lived.apply(delta);
    }
    for second in 1..=400 {
        for delta in demo.at(SignedDuration::from_secs(second)) {
            lived.apply(delta);
        }
    }
    assert!(lived == world_at(400));
}

#[test]
fn it_moves_and_comes_back() {
    let codes = |elapsed| {
        let report = diagnose(&world_at(elapsed));
        let roots = report
            .roots()
            .filter(|f| f.severity != crate::diagnosis::finding::Severity::Info);
        roots
            .map(|finding| finding.id.to_string())
            .collect::<Vec<_>>()
    };
    let calm = codes(0);
    assert_ne!(codes(25), calm, "an endpoint flaps");
    assert_eq!(codes(35), calm, "and recovers");
    assert_eq!(codes(43), calm, "a rollout is no problem");
    assert_eq!(codes(48), calm);
    assert_eq!(codes(80), calm, "a restarted pod is ready again");
    assert_eq!(codes(90 * 7 + 60), calm, "and so it goes on");
}

#[test]
fn judging_as_it_lives_equals_judging_anew() {
    let demo = Demo::new(start());
    let mut engine = Engine::new(Origin::Demo, start());
    for delta in demo.initial() {
        engine.apply(delta);
    }
    for second in (0..200).step_by(3) {
        for delta in demo.at(SignedDuration::from_secs(second)) {
            engine.apply(delta);
        }
        let report = engine.judge();
        assert_eq!(*report, diagnose(engine.world()), "second {second}");
    }
}

#[derive(serde::Deserialize)]
struct Planted {
    code: String,
    subject: String,
    #[expect(dead_code, reason = "for readers of the file")]
    what: String,
}

#[test]
fn home_names_each_planted_fault_and_nothing_else() {
    use crate::output::table::{Facts, RowId, Sheet};
    let world = world_at(0);
    let report = diagnose(&world);
    let shown = Sheet::Problems.ids(&Facts::new(&world, &report), None);
    let shown: Vec<(String, String)> = shown
        .into_iter()
        .map(|id| match id {
            RowId::Finding(id) => (id.code.to_owned(), id.subject.to_string()),
            other => panic!("{other:?} is no finding"),
        })
        .collect();
    let planted: Vec<Planted> = serde_saphyr::from_str(PLANTED).unwrap();
    let is = |fault: &Planted, code: &str, subject: &str| {
        let same = match fault.subject.strip_suffix('*') {
            Some(start) => subject.starts_with(start),
            None => subject == fault.subject,
        };
        same && code == fault.code
    };
    for fault in &planted {
        let named = shown
            .iter()
            .filter(|(code, subject)| is(fault, code, subject));
        assert_eq!(named.count(), 1, "{} {}", fault.code, fault.subject);
    }
    for (code, subject) in &shown {
        let meant = planted.iter().any(|fault| is(fault, code, subject));
        assert!(meant, "{code} {subject} was not planted");
    }
}
