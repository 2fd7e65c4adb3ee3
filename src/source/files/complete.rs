//! What a cluster would add to manifests: pods of workloads, slices of Services, namespaces that are named.

use crate::model::endpoints::EndpointSlice;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::Labels;
use crate::model::meta::{Meta, Owner};
use crate::model::namespace::Namespace;
use crate::model::object::{Fact, Object, Place};
use crate::model::pod::{Pod, Standing};
use crate::model::service::Service;
use crate::model::workload::Workload;
use crate::semantics::endpoints::{Nodes, computed_slices};
use crate::source::files::gather::Gathered;
use std::collections::{BTreeMap, BTreeSet};

/// The most pods that one StatefulSet stands for: a mistyped number must not fill the memory.
const MOST_PODS: u32 = 5_000;

/// Adds everything, in the order in which one thing follows from another.
pub(super) fn complete(gathered: &mut Gathered<'_>) {
    mirror(gathered);
    let mut pods = stand_ins(&gathered.objects);
    pods.retain(|pod| !owner_key(pod.meta()).is_some_and(|key| gathered.settled.contains(&key)));
    add(gathered, pods);
    let slices = slices(gathered);
    add(gathered, slices);
    let namespaces = namespaces(gathered);
    add(gathered, namespaces);
}

/// What the files say themselves always wins.
fn add(gathered: &mut Gathered<'_>, objects: Vec<Object>) {
    for object in objects {
        let key = object.key().clone();
        gathered.objects.entry(key).or_insert(object);
    }
}

/// Mirrored slices count where the files hold no slice of that Service: a dump often has both forms.
fn mirror(gathered: &mut Gathered<'_>) {
    let written = services_with_slices(&gathered.objects);
    let mirrored = std::mem::take(&mut gathered.mirrored);
    let new = mirrored.into_iter().filter(|object| {
        let service = match &object.fact {
            Fact::EndpointSlice(slice) => slice.service.clone(),
            _ => None,
        };
        let namespace = object.key().namespace.clone();
        service.is_some_and(|service| !written.contains(&(namespace, service)))
    });
    let new = new.collect();
    add(gathered, new);
}

type Objects = BTreeMap<Key, Object>;

fn services_with_slices(objects: &Objects) -> BTreeSet<(Option<Name>, Name)> {
    let slices = objects.values().filter_map(|object| match &object.fact {
        Fact::EndpointSlice(slice) => {
            Some((object.key().namespace.clone(), slice.service.clone()?))
        }
        _ => None,
    });
    slices.collect()
}

fn pods(objects: &Objects) -> impl Iterator<Item = &Pod> {
    objects.values().filter_map(|object| match &object.fact {
        Fact::Pod(pod) => Some(pod),
        _ => None,
    })
}

fn workloads(objects: &Objects) -> impl Iterator<Item = (&Workload, Option<&Place>)> {
    objects.values().filter_map(|object| match &object.fact {
        Fact::Workload(workload) => Some((workload, object.place.as_ref())),
        _ => None,
    })
}

/// The key of the controller, where it is of a kind that is known.
fn owner_key(meta: &Meta) -> Option<Key> {
    let owner = meta.owner.as_ref()?;
    let kind = Kind::of_document(&owner.group, &owner.kind)?;
    Some(meta.key.sibling(kind, owner.name.clone()))
}

/// Pods for the workloads whose own are not in the files.
fn stand_ins(objects: &Objects) -> Vec<Object> {
    let peopled = peopled(objects);
    let mut stand_ins = Vec::new();
    for (workload, place) in workloads(objects) {
        if workload.suspended || workload.wanted == 0 || peopled.contains(&workload.meta.key) {
            continue;
        }
        let made = made(workload);
        stand_ins.extend(made.into_iter().map(|pod| Object {
            fact: Fact::Pod(pod),
            defects: Box::default(),
            place: place.cloned(),
        }));
    }
    stand_ins
}

/// The workloads that need no stand-in: those that own an object in the files, and those whose selector fits a
/// pod that nobody in the files owns (the ReplicaSet between may be missing; a bare pod would be adopted).
fn peopled(objects: &Objects) -> BTreeSet<Key> {
    let mut peopled: BTreeSet<Key> = objects
        .values()
        .filter_map(|object| owner_key(object.meta()))
        .collect();
    let mut orphans: BTreeMap<Option<&Name>, Vec<&Pod>> = BTreeMap::new();
    // What ran beside a workload and has ended is nobody's.
    let hook = |pod: &Pod| pod.standing == Standing::Assumed && pod.is_terminal();
    for pod in pods(objects).filter(|pod| !hook(pod)) {
        if owner_key(&pod.meta).is_none_or(|owner| !objects.contains_key(&owner)) {
            let namespace = pod.meta.key.namespace.as_ref();
            orphans.entry(namespace).or_default().push(pod);
        }
    }
    for (workload, _) in workloads(objects) {
        let Key {
            kind, namespace, ..
        } = &workload.meta.key;
        // Jobs know their pods by uid alone.
        if workload.selector.is_empty() || matches!(kind, Kind::Job | Kind::CronJob) {
            continue;
        }
        let fits = |pod: &&Pod| workload.selector.matches(&pod.meta.labels);
        let near = orphans.get(&namespace.as_ref());
        if near.is_some_and(|pods| pods.iter().any(fits)) {
            peopled.insert(workload.meta.key.clone());
        }
    }
    peopled
}

/// The pods that a workload's template makes.
fn made(workload: &Workload) -> Vec<Pod> {
    let Some(template) = &workload.template else {
        return Vec::new();
    };
    let name = &workload.meta.key.name;
    match workload.meta.key.kind {
        Kind::StatefulSet => (0..workload.wanted.min(MOST_PODS))
            .map(|at| member(workload, template, at))
            .collect(),
        Kind::Job => {
            let own = [("batch.kubernetes.io/job-name", name), ("job-name", name)];
            let pod = owned(workload, template, stand_in_name(workload), &own);
            vec![pod]
        }
        _ => vec![owned(workload, template, stand_in_name(workload), &[])],
    }
}

/// No pod in a cluster can bear this name, so it can be no other's; its kind keeps namesakes apart.
fn stand_in_name(workload: &Workload) -> Name {
    let Key { kind, name, .. } = &workload.meta.key;
    Name::from(match kind {
        Kind::Deployment => format!("{name}-*"),
        _ => format!("{name}-*{}", kind.info().aliases.last().unwrap_or(&"")),
    })
}

fn member(workload: &Workload, template: &Pod, at: u32) -> Pod {
    let name = Name::from(format!("{}-{at}", workload.meta.key.name));
    let index = Name::from(at.to_string());
    let own = [
        ("statefulset.kubernetes.io/pod-name", &name),
        ("apps.kubernetes.io/pod-index", &index),
    ];
    let mut pod = owned(workload, template, name.clone(), &own);
    pod.hostname = Some(name);
    pod.subdomain.clone_from(&workload.service_name);
    pod
}

fn owned(workload: &Workload, template: &Pod, name: Name, own: &[(&str, &Name)]) -> Pod {
    let mut pod = template.clone();
    let labels = template.meta.labels.iter().cloned();
    let own = own
        .iter()
        .map(|(key, value)| (Name::from(*key), Name::clone(value)));
    let labels: Labels = labels.chain(own).collect();
    let key = &workload.meta.key;
    pod.meta.key = key.sibling(Kind::Pod, name);
    pod.meta.labels = labels;
    pod.meta.owner = Some(Owner {
        group: Name::from(key.kind.info().group),
        kind: Name::from(key.kind.name()),
        name: key.name.clone(),
        uid: workload.meta.uid.clone(),
    });
    pod
}

/// The slices that the endpoint controller would write for Services that have none in the files.
fn slices(gathered: &Gathered<'_>) -> Vec<Object> {
    let objects = &gathered.objects;
    let written = services_with_slices(objects);
    let mut labelled: BTreeMap<(Option<&Name>, &Name, &Name), Vec<&Pod>> = BTreeMap::new();
    for pod in pods(objects) {
        for (key, value) in pod.meta.labels.iter() {
            let namespace = pod.meta.key.namespace.as_ref();
            labelled
                .entry((namespace, key, value))
                .or_default()
                .push(pod);
        }
    }
    let mut slices = Vec::new();
    for object in objects.values() {
        let Fact::Service(service) = &object.fact else {
            continue;
        };
        let Key {
            namespace, name, ..
        } = object.key();
        let settled = gathered.settled.contains(object.key());
        if settled || written.contains(&(namespace.clone(), name.clone())) {
            continue;
        }
        let Some(first) = service
            .effective_selector()
            .and_then(|all| all.iter().next())
        else {
            continue;
        };
        let near = labelled.get(&(namespace.as_ref(), &first.0, &first.1));
        let selected = selected(service, near.map_or(&[], |pods| pods.as_slice()));
        let computed = computed_slices(service, &selected, &Nodes::Unknown).into_iter();
        slices.extend(computed.map(|slice| slice_object(slice, object.place.as_ref())));
    }
    slices
}

fn selected<'p>(service: &Service, pods: &[&'p Pod]) -> Vec<&'p Pod> {
    let fits = |pod: &&&Pod| {
        let mut demanded = service.selector.iter();
        demanded.all(|(key, value)| pod.meta.labels.has(key, value))
    };
    pods.iter().filter(fits).copied().collect()
}

fn slice_object(slice: EndpointSlice, place: Option<&Place>) -> Object {
    Object {
        fact: Fact::EndpointSlice(slice),
        defects: Box::default(),
        place: place.cloned(),
    }
}

/// The namespaces that any object is in.
fn namespaces(gathered: &Gathered<'_>) -> Vec<Object> {
    let own = gathered.objects.keys();
    let named: BTreeSet<&Name> = own
        .filter(|key| !gathered.settled.contains(*key))
        .filter_map(|key| key.namespace.as_ref())
        .collect();
    let implied = named.into_iter().map(|name| {
        let mut meta = Meta::of(Key::cluster(Kind::Namespace, name.clone()));
        meta.labels = Labels::from_iter([("kubernetes.io/metadata.name", name.clone())]);
        Object {
            fact: Fact::Namespace(Namespace {
                meta,
                terminating: false,
            }),
            defects: Box::default(),
            place: None,
        }
    });
    implied.collect()
}
