//! Pods, as a network person needs them.

use super::{Cell, Column, Facts, Row, RowId, joined, left, namespace_cell, right};
use crate::model::pod::{Pod, Role, Standing};
use crate::output::glyph::Mark;
use crate::semantics::readiness;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("namespace", "NAMESPACE", 0),
        left("name", "NAME", 0),
        right("ready", "READY", 0),
        left("status", "STATUS", 1),
        right("restarts", "RESTARTS", 5),
        left("ip", "IP", 2),
        left("node", "NODE", 4),
        left("ports", "PORTS", 3),
        right("services", "SERVICES", 7),
        left("dnsPolicy", "DNS", 8),
        left("labels", "LABELS", 9),
        right("age", "AGE", 6),
    ]
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let key = id.object()?;
    let pod = facts.view().pod(key)?;
    let why = readiness::why_not_ready(facts.view(), pod);
    let mark = match &why {
        Some(why) if why.is_benign() => Mark::Quiet,
        Some(_) => Mark::Fail,
        None => facts.mark(key, &[]),
    };
    let status = match (&why, pod.standing) {
        (Some(why), _) => why.to_string(),
        (None, Standing::Assumed) => "assumed running".to_owned(),
        (None, Standing::Observed) => "Running".to_owned(),
    };
    let namespace = key.namespace.clone().unwrap_or_default();
    let services = facts
        .view()
        .services_selecting(&namespace, &pod.meta.labels);
    let restarts: u32 = pod
        .containers
        .iter()
        .map(|container| container.restarts)
        .sum();
    Some(Row {
        id: id.clone(),
        mark,
        cells: vec![
            namespace_cell(key),
            Cell::new(&key.name),
            ready(pod, mark),
            Cell::new(status).marked(mark),
            Cell::number(usize::try_from(restarts).unwrap_or(usize::MAX)),
            Cell::new(addresses(pod)),
            Cell::new(pod.node.as_deref().unwrap_or_default()),
            Cell::new(ports(pod)),
            Cell::number(services.len()),
            Cell::new(&pod.dns_policy),
            Cell::new(&pod.meta.labels),
            facts.age(key),
        ],
    })
}

fn ready(pod: &Pod, mark: Mark) -> Cell {
    let counted = || {
        pod.containers
            .iter()
            .filter(|container| container.role != Role::Init)
    };
    let all = counted().count();
    let ready = match pod.standing {
        Standing::Assumed => all,
        Standing::Observed => counted().filter(|container| container.ready).count(),
    };
    Cell::new(format!("{ready}/{all}"))
        .ranked(i64::try_from(ready).unwrap_or(i64::MAX))
        .marked(mark)
}

fn addresses(pod: &Pod) -> String {
    match (pod.ips.is_empty(), pod.standing) {
        (true, Standing::Assumed) => "unknown".to_owned(),
        _ => joined(&pod.ips),
    }
}

fn ports(pod: &Pod) -> String {
    let all = pod
        .serving_containers()
        .flat_map(|container| container.ports.iter());
    joined(all.map(|port| match &*port.name {
        "" => format!("{}/{}", port.port, port.protocol),
        name => format!("{name}:{}/{}", port.port, port.protocol),
    }))
}
