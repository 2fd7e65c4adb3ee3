//! The view: a world seen by one judgement, which remembers everything that it read.
//!
//! From these reads the engine knows which judgements a delta touches, which kinds a verdict rests on
//! (a kind that cannot be read makes it unknown), and what the evidence was.

mod cast;
mod unrecognised;

use crate::model::config_map::ConfigMap;
use crate::model::coverage::{Gap, State};
use crate::model::endpoints::EndpointSlice;
use crate::model::event::Event;
use crate::model::index::{IndexKey, Read};
use crate::model::ingress::{Ingress, IngressClass};
use crate::model::issuance::Issuance;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::{Labels, Selector};
use crate::model::meta::Meta;
use crate::model::namespace::Namespace;
use crate::model::node::Node;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::secret::Secret;
use crate::model::service::Service;
use crate::model::workload::Workload;
use crate::model::world::{Origin, World};
pub use cast::{
    as_class_params, as_config_map, as_event, as_ingress, as_ingress_class, as_issuance,
    as_namespace, as_node, as_other_route, as_pod, as_policy, as_secret, as_service, as_slice,
    as_workload,
};
use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;

/// A world and the record of what was read of it.
#[derive(Debug)]
pub struct View<'w> {
    world: &'w World,
    reads: Option<RefCell<Vec<Read>>>,
    rests_on: RefCell<Vec<RestsOn>>,
    advisory: Cell<bool>,
    subject: Option<&'w Object>,
    memory: RefCell<FxHashMap<Key, Vec<Remembered>>>,
    /// Whether it is noted what a verdict rests on.
    notes_rests: bool,
}

/// A kind that a verdict rests on, in a namespace or (none) in the whole cluster.
type RestsOn = (Kind, Option<Name>);

/// An answer that was worked out before, with what it rests on.
#[derive(Debug)]
struct Remembered {
    question: &'static str,
    part: usize,
    answer: Rc<dyn Any>,
    rests_on: Vec<RestsOn>,
}

impl<'w> View<'w> {
    /// A view that records what kinds it rests on, but not each read: for one-off answers.
    pub fn new(world: &'w World) -> Self {
        Self {
            world,
            reads: None,
            rests_on: RefCell::default(),
            advisory: Cell::new(false),
            subject: None,
            memory: RefCell::default(),
            notes_rests: true,
        }
    }

    /// The same view, for a world of which every kind can be read: what a verdict rests on need not be noted.
    pub fn of_all_seen(mut self) -> Self {
        self.notes_rests = false;
        self
    }

    /// The same view, for the judgement of one subject, which every rule reads first.
    pub fn about(mut self, subject: &'w Object) -> Self {
        self.subject = Some(subject);
        self
    }

    /// A view that also records each read, so that its judgement can be kept until one is touched.
    pub fn recording(world: &'w World) -> Self {
        Self {
            reads: Some(RefCell::default()),
            ..Self::new(world)
        }
    }

    /// The reads so far, and a fresh record.
    pub fn take_reads(&self) -> Vec<Read> {
        self.reads
            .as_ref()
            .map(|reads| std::mem::take(&mut *reads.borrow_mut()))
            .unwrap_or_default()
    }

    /// The kinds (and namespaces) that what was read so far rests on, and a fresh record.
    pub fn take_rests_on(&self) -> Vec<(Kind, Option<Name>)> {
        std::mem::take(&mut *self.rests_on.borrow_mut())
    }

    /// Forgets what was rested on so far.
    pub fn forget_rests_on(&self) {
        self.rests_on.borrow_mut().clear();
    }

    /// The answer to a question about an object (and a part of it), worked out once for all rules on a subject.
    /// What it rests on counts for everyone who asks. Not for advisory reads: their answers rest on nothing.
    pub fn remember<T: Clone + 'static>(
        &self,
        question: &'static str,
        about: &Key,
        part: usize,
        work_out: impl FnOnce(&Self) -> T,
    ) -> T {
        if self.advisory.get() {
            return work_out(self);
        }
        let before = self.take_rests_on();
        let known = self.recall(question, about, part).unwrap_or_else(|| {
            let answer = work_out(self);
            let remembered = Remembered {
                question,
                part,
                answer: Rc::new(answer.clone()),
                rests_on: self.rests_on.borrow().clone(),
            };
            let mut memory = self.memory.borrow_mut();
            memory.entry(about.clone()).or_default().push(remembered);
            answer
        });
        for (kind, namespace) in before {
            self.rest_on(kind, namespace.as_ref());
        }
        known
    }

    fn recall<T: Clone + 'static>(
        &self,
        question: &'static str,
        about: &Key,
        part: usize,
    ) -> Option<T> {
        let memory = self.memory.borrow();
        let mut known = memory.get(about)?.iter();
        let known = known.find(|it| it.question == question && it.part == part)?;
        let answer = known.answer.downcast_ref::<T>()?.clone();
        self.rests_on.borrow_mut().clone_from(&known.rests_on);
        Some(answer)
    }

    /// The first kind among those read so far that cannot be read in the cluster.
    pub fn first_gap(&self) -> Option<Gap> {
        let rests_on = self.rests_on.borrow();
        rests_on
            .iter()
            .find_map(|(kind, namespace)| self.world.coverage().gap(*kind, namespace.as_deref()))
    }

    /// Reads made by `look` refine a message but no verdict rests on them: a kind that cannot be read
    /// there makes nothing unknown. They are recorded as dependencies all the same.
    pub fn advisory<T>(&self, look: impl FnOnce(&Self) -> T) -> T {
        let before = self.advisory.replace(true);
        let seen = look(self);
        self.advisory.set(before);
        seen
    }

    /// Why nothing can be said of a kind in a namespace (`None`: the whole cluster).
    pub fn gap(&self, kind: Kind, namespace: Option<&Name>) -> Option<Gap> {
        self.world.coverage().gap(kind, namespace.map(Name::as_str))
    }

    /// Whether the cluster serves a kind at all, as far as is known.
    pub fn is_installed(&self, kind: Kind) -> bool {
        self.world.coverage().state(kind, None) != State::NotInstalled
    }

    /// Where the world comes from.
    pub fn origin(&self) -> &'w Origin {
        self.world.origin()
    }

    /// Whether the world was made from files.
    pub fn is_offline(&self) -> bool {
        *self.world.origin() == Origin::Files
    }

    /// Whether less than a span has gone by since a moment. A judgement that asks is made anew when it has, and not
    /// before: what holds for minutes is not looked at every second.
    pub fn is_within(&self, span: SignedDuration, since: Timestamp) -> bool {
        let end = since.checked_add(span).unwrap_or(Timestamp::MAX);
        self.record(|| Read::Passed(end));
        self.world.now() < end
    }

    /// The time. Judgements that ask for it are made anew as it passes.
    pub fn now(&self) -> Timestamp {
        self.record(|| Read::Clock);
        self.world.now()
    }

    /// Any object.
    pub fn object(&self, key: &Key) -> Option<&'w Object> {
        self.rest_on(key.kind, key.namespace.as_ref());
        // Nearly every rule asks for its subject by the very key that it was given.
        let is_subject =
            |subject: &&Object| std::ptr::eq(subject.key(), key) || subject.key() == key;
        if let Some(subject) = self.subject.filter(is_subject) {
            return Some(subject);
        }
        self.record(|| Read::Object(key.clone()));
        self.world.get(key).map(|object| &**object)
    }

    /// A pod.
    pub fn pod(&self, key: &Key) -> Option<&'w Pod> {
        self.object(key).and_then(as_pod)
    }

    /// A Service.
    pub fn service(&self, key: &Key) -> Option<&'w Service> {
        self.object(key).and_then(as_service)
    }

    /// An Ingress.
    pub fn ingress(&self, key: &Key) -> Option<&'w Ingress> {
        self.object(key).and_then(as_ingress)
    }

    /// An IngressClass.
    pub fn ingress_class(&self, name: &Name) -> Option<&'w IngressClass> {
        self.object(&Key::cluster(Kind::IngressClass, name.clone()))
            .and_then(as_ingress_class)
    }

    /// A Secret.
    pub fn secret(&self, key: &Key) -> Option<&'w Secret> {
        self.object(key).and_then(as_secret)
    }

    /// A ConfigMap.
    pub fn config_map(&self, key: &Key) -> Option<&'w ConfigMap> {
        self.object(key).and_then(as_config_map)
    }

    /// A namespace.
    pub fn namespace(&self, name: &Name) -> Option<&'w Namespace> {
        self.object(&Key::cluster(Kind::Namespace, name.clone()))
            .and_then(as_namespace)
    }

    /// A node.
    pub fn node(&self, name: &Name) -> Option<&'w Node> {
        self.object(&Key::cluster(Kind::Node, name.clone()))
            .and_then(as_node)
    }

    /// A workload.
    pub fn workload(&self, key: &Key) -> Option<&'w Workload> {
        self.object(key).and_then(as_workload)
    }

    /// All objects of a kind.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &'w Object> + use<'w> {
        self.rest_on(kind, None);
        self.record(|| Read::All(kind));
        self.world.all(kind).map(|object| &**object)
    }

    /// Whether there is any object of a kind.
    pub fn any(&self, kind: Kind) -> bool {
        self.all(kind).next().is_some()
    }

    /// All objects of a kind in a namespace.
    pub fn in_namespace(
        &self,
        kind: Kind,
        namespace: &Name,
    ) -> impl Iterator<Item = &'w Object> + use<'w> {
        self.rest_on(kind, Some(namespace));
        self.record(|| Read::InNamespace(kind, namespace.clone()));
        self.world
            .in_namespace(kind, namespace)
            .map(|object| &**object)
    }

    /// All ingress classes.
    pub fn ingress_classes(&self) -> impl Iterator<Item = &'w IngressClass> + use<'w> {
        self.all(Kind::IngressClass).filter_map(as_ingress_class)
    }

    /// The pods of a namespace.
    pub fn pods_in(&self, namespace: &Name) -> impl Iterator<Item = &'w Pod> + use<'w> {
        self.in_namespace(Kind::Pod, namespace).filter_map(as_pod)
    }

    /// The pods of a namespace that carry all these labels; none for an empty set (a Service's rule).
    pub fn pods_labelled(&self, namespace: &Name, labels: &Labels) -> Vec<&'w Pod> {
        let Some((key, value)) = labels.iter().next() else {
            return Vec::new();
        };
        let index = IndexKey::PodsLabelled(namespace.clone(), key.clone(), value.clone());
        let pods = self
            .find(Kind::Pod, Some(namespace), index)
            .into_iter()
            .filter_map(as_pod);
        pods.filter(|pod| {
            labels
                .iter()
                .all(|(key, value)| pod.meta.labels.has(key, value))
        })
        .collect()
    }

    /// The pods of a namespace that a label selector matches; all of them for the empty one.
    pub fn pods_selected(&self, namespace: &Name, selector: &Selector) -> Vec<&'w Pod> {
        let candidates: Vec<&'w Pod> = match selector.required_pair() {
            Some((key, value)) => {
                let index = IndexKey::PodsLabelled(namespace.clone(), key.clone(), value.clone());
                self.find(Kind::Pod, Some(namespace), index)
                    .into_iter()
                    .filter_map(as_pod)
                    .collect()
            }
            None => self.pods_in(namespace).collect(),
        };
        candidates
            .into_iter()
            .filter(|pod| selector.matches(&pod.meta.labels))
            .collect()
    }

    /// The Services whose selector matches a pod with these labels.
    pub fn services_selecting(&self, namespace: &Name, labels: &Labels) -> Vec<&'w Service> {
        let mut found: Vec<&'w Service> = labels
            .iter()
            .flat_map(|(key, value)| {
                let index =
                    IndexKey::ServicesSelecting(namespace.clone(), key.clone(), value.clone());
                self.find(Kind::Service, Some(namespace), index)
            })
            .filter_map(as_service)
            .filter(|service| {
                service
                    .selector
                    .iter()
                    .all(|(key, value)| labels.has(key, value))
            })
            .collect();
        found.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
        found
    }

    /// The EndpointSlices of a Service, by name.
    pub fn slices_of(&self, service: &Key) -> Vec<&'w EndpointSlice> {
        let namespace = service.namespace.clone().unwrap_or_default();
        let index = IndexKey::SlicesOf(namespace, service.name.clone());
        let found = self.find(Kind::EndpointSlice, service.namespace.as_ref(), index);
        found.into_iter().filter_map(as_slice).collect()
    }

    /// The Ingresses that name a Service as a backend.
    pub fn ingresses_to(&self, service: &Key) -> Vec<&'w Ingress> {
        let namespace = service.namespace.clone().unwrap_or_default();
        let index = IndexKey::IngressesTo(namespace, service.name.clone());
        let found = self.find(Kind::Ingress, service.namespace.as_ref(), index);
        found.into_iter().filter_map(as_ingress).collect()
    }

    /// The Ingresses whose TLS entries name a Secret.
    pub fn ingresses_with(&self, secret: &Key) -> Vec<&'w Ingress> {
        let namespace = secret.namespace.clone().unwrap_or_default();
        let index = IndexKey::IngressesWithSecret(namespace, secret.name.clone());
        let found = self.find(Kind::Ingress, secret.namespace.as_ref(), index);
        found.into_iter().filter_map(as_ingress).collect()
    }

    /// The Certificates of cert-manager that write a Secret.
    pub fn certificates_for(&self, secret: &Key) -> Vec<&'w Issuance> {
        let namespace = secret.namespace.clone().unwrap_or_default();
        let index = IndexKey::CertificatesFor(namespace, secret.name.clone());
        let found = self.find(Kind::Certificate, secret.namespace.as_ref(), index);
        found.into_iter().filter_map(as_issuance).collect()
    }

    /// An object of cert-manager.
    pub fn issuance(&self, key: &Key) -> Option<&'w Issuance> {
        self.object(key).and_then(as_issuance)
    }

    /// The Ingresses of any namespace whose TLS entries list a host, by key.
    pub fn ingresses_securing(&self, host: &Name) -> Vec<&'w Ingress> {
        let found = self.find(
            Kind::Ingress,
            None,
            IndexKey::IngressesSecuring(host.clone()),
        );
        found.into_iter().filter_map(as_ingress).collect()
    }

    /// The pods that hold an address.
    pub fn pods_at(&self, ip: IpAddr) -> Vec<&'w Pod> {
        self.find(Kind::Pod, None, IndexKey::PodAt(ip))
            .into_iter()
            .filter_map(as_pod)
            .collect()
    }

    /// The Services that hold an address.
    pub fn services_at(&self, ip: IpAddr) -> Vec<&'w Service> {
        self.find(Kind::Service, None, IndexKey::ServiceAt(ip))
            .into_iter()
            .filter_map(as_service)
            .collect()
    }

    /// The pods on a node.
    pub fn pods_on(&self, node: &Name) -> Vec<&'w Pod> {
        self.find(Kind::Pod, None, IndexKey::PodsOn(node.clone()))
            .into_iter()
            .filter_map(as_pod)
            .collect()
    }

    /// The objects of a kind whose controller is this one.
    pub fn owned_by(&self, owner: &Key, kind: Kind) -> Vec<&'w Object> {
        let namespace = owner.namespace.clone().unwrap_or_default();
        let index = IndexKey::OwnedBy(namespace, Name::from(owner.kind.name()), owner.name.clone());
        let found = self.find(kind, owner.namespace.as_ref(), index);
        found
            .into_iter()
            .filter(|object| object.key().kind == kind)
            .collect()
    }

    /// The objects of the same kind that have the same controller, itself among them; none where it has none.
    pub fn siblings(&self, meta: &Meta) -> Vec<&'w Object> {
        let Some(owner) = &meta.owner else {
            return Vec::new();
        };
        let namespace = meta.key.namespace.clone().unwrap_or_default();
        let index = IndexKey::OwnedBy(namespace, owner.kind.clone(), owner.name.clone());
        let found = self.find(meta.key.kind, meta.key.namespace.as_ref(), index);
        found
            .into_iter()
            .filter(|object| object.key().kind == meta.key.kind)
            .collect()
    }

    /// The warnings about an object, latest first. Advisory: no verdict rests on them.
    pub fn warnings_on(&self, about: &Key) -> Vec<&'w Event> {
        let namespace = about.namespace.clone().unwrap_or_default();
        let index =
            IndexKey::EventsOn(Name::from(about.kind.name()), namespace, about.name.clone());
        let found = self.advisory(|view| view.find(Kind::Event, about.namespace.as_ref(), index));
        let mut events: Vec<&'w Event> = found.into_iter().filter_map(as_event).collect();
        events.sort_by(|a, b| {
            b.last
                .cmp(&a.last)
                .then_with(|| a.meta.key.cmp(&b.meta.key))
        });
        events
    }

    fn find(&self, kind: Kind, namespace: Option<&Name>, index: IndexKey) -> Vec<&'w Object> {
        self.rest_on(kind, namespace);
        let found = self.world.find(&index).map(|object| &**object).collect();
        self.record(|| Read::Index(index));
        found
    }

    fn rest_on(&self, kind: Kind, namespace: Option<&Name>) {
        if !self.notes_rests || self.advisory.get() {
            return;
        }
        let mut rests_on = self.rests_on.borrow_mut();
        let held = rests_on
            .iter()
            .any(|(known, place)| *known == kind && place.as_ref() == namespace);
        if !held {
            rests_on.push((kind, namespace.cloned()));
        }
    }

    fn record(&self, read: impl FnOnce() -> Read) {
        if let Some(reads) = &self.reads {
            reads.borrow_mut().push(read());
        }
    }
}
