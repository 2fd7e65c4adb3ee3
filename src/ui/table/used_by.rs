//! Who leads to an object: the path, backwards.

use crate::model::ingress::Backend;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::object::Fact;
use crate::model::view::View;
use crate::output::glyph::Mark;
use crate::output::table::{Align, Column};
use crate::ui::table::{Cell, Row, RowId, Source, role_of_mark};
use crate::ui::theme::Role;
use std::collections::BTreeSet;

/// The columns.
pub fn columns() -> Vec<Column> {
    let column = |id, title, rank| Column {
        id,
        title,
        align: Align::Left,
        rank,
    };
    vec![
        column("kind", "KIND", 0),
        column("object", "OBJECT", 0),
        column("how", "HOW", 1),
        column("says", "SAYS", 2),
    ]
}

/// Who leads to an object, directly or through Services, the nearest first. For a class or a namespace: its users.
pub fn rows(source: &Source<'_>, key: &Key) -> Vec<RowId> {
    leading_to(source.facts.view(), key)
        .into_iter()
        .map(RowId::of)
        .collect()
}

/// The objects that lead to another.
pub fn leading_to(view: &View<'_>, key: &Key) -> Vec<Key> {
    let Some(object) = view.object(key) else {
        return Vec::new();
    };
    match &object.fact {
        Fact::Pod(pod) => {
            let namespace = key.namespace.clone().unwrap_or_default();
            let services = view.services_selecting(&namespace, &pod.meta.labels);
            with_ways_in(
                view,
                services.iter().map(|service| service.meta.key.clone()),
            )
        }
        Fact::EndpointSlice(slice) => {
            let service = slice.service.iter();
            let services = service.map(|name| key.sibling(Kind::Service, name.clone()));
            with_ways_in(view, services)
        }
        Fact::Service(_) => with_ways_in(view, [key.clone()])
            .into_iter()
            .filter(|found| found != key)
            .collect(),
        Fact::Workload(workload) => {
            let namespace = key.namespace.clone().unwrap_or_default();
            let pods = view.pods_selected(&namespace, &workload.selector);
            let services: BTreeSet<Key> = pods
                .iter()
                .flat_map(|pod| view.services_selecting(&namespace, &pod.meta.labels))
                .map(|service| service.meta.key.clone())
                .collect();
            with_ways_in(view, services)
        }
        Fact::Issuance(of) => {
            let secret = of.secret.iter();
            let secrets = secret.map(|name| key.sibling(Kind::Secret, name.clone()));
            let users = secrets.flat_map(|secret| view.ingresses_with(&secret));
            users.map(|ingress| ingress.meta.key.clone()).collect()
        }
        Fact::Secret(_) => view
            .ingresses_with(key)
            .into_iter()
            .map(|ingress| ingress.meta.key.clone())
            .collect(),
        Fact::IngressClass(_) => {
            let mut ingresses: Vec<Key> = Vec::new();
            for object in view.all(Kind::Ingress) {
                let Fact::Ingress(ingress) = &object.fact else {
                    continue;
                };
                let annotated = ingress.meta.annotations.get("kubernetes.io/ingress.class");
                if ingress.class.as_ref().or(annotated) == Some(&key.name) {
                    ingresses.push(ingress.meta.key.clone());
                }
            }
            ingresses
        }
        Fact::Node(_) => {
            let pods = view.pods_on(&key.name);
            pods.iter().map(|pod| pod.meta.key.clone()).collect()
        }
        Fact::Namespace(_)
        | Fact::ClassParams(_)
        | Fact::ConfigMap(_)
        | Fact::Ingress(_)
        | Fact::OtherRoute(_)
        | Fact::Policy(_)
        | Fact::Event(_) => Vec::new(),
    }
}

fn with_ways_in(view: &View<'_>, services: impl IntoIterator<Item = Key>) -> Vec<Key> {
    let services: Vec<Key> = services.into_iter().collect();
    let mut ways: BTreeSet<Key> = BTreeSet::new();
    for service in &services {
        let ingresses = view.ingresses_to(service);
        ways.extend(ingresses.iter().map(|ingress| ingress.meta.key.clone()));
    }
    services.into_iter().chain(ways).collect()
}

/// One that leads to the object.
pub fn row(source: &Source<'_>, to: &Key, id: &RowId) -> Option<Row> {
    let key = id.object()?;
    let object = source.facts.world.get(key)?;
    let worst = source.facts.worst(key);
    let mark = worst.map_or(Mark::Pass, |finding| Mark::of_severity(finding.severity));
    let says = worst.map_or("", |finding| finding.title.as_str());
    Some(Row {
        mark,
        cells: vec![
            Cell::of(Role::Dim, key.kind.qualified_name()),
            Cell::of(Role::Strong, key.short()),
            Cell::of(Role::Text, how(&object.fact, to)),
            Cell::of(role_of_mark(mark), says),
        ],
    })
}

/// By what an object leads there.
fn how(fact: &Fact, to: &Key) -> String {
    match fact {
        Fact::Service(service) if !service.selector.is_empty() => {
            format!("selects {}", service.selector)
        }
        Fact::Service(_) => "by an EndpointSlice".into(),
        Fact::Ingress(ingress) if to.kind == Kind::IngressClass => {
            let hosts = ingress.rules.iter().map(|rule| rule.host.to_string());
            hosts.collect::<Vec<_>>().join(", ")
        }
        Fact::Ingress(ingress) => {
            let mut ways = Vec::new();
            for rule in &ingress.rules {
                for path in &rule.paths {
                    let other =
                        to.kind == Kind::Service && path.backend.service_name() != Some(&to.name);
                    if let (Backend::Service { name, port }, false) = (&path.backend, other) {
                        ways.push(format!("{}{} → {name}:{port}", rule.host, path.path));
                    }
                }
            }
            ways.truncate(3);
            ways.join(", ")
        }
        Fact::Pod(_) => "runs here".into(),
        _ => String::new(),
    }
}
