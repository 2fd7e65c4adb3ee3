//! An EndpointSlice that somebody wrote, with ports that the Service does not call so.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::service::writer;
use crate::model::endpoints::SlicePort;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::ServicePort;
use crate::model::view::{View, as_slice};

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC014",
    slug: "slice-port-name",
    title: "slice port is no port of the Service",
    on: &[Kind::EndpointSlice],
    page: include_str!("slice_port_name.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(slice) = view.object(key).and_then(as_slice) else {
        return;
    };
    let by_hand = writer::is_foreign(slice);
    let Some(name) = slice.service.as_ref().filter(|_| by_hand) else {
        return;
    };
    let service = key.sibling(Kind::Service, name.clone());
    let Some(service) = view.service(&service).filter(|service| !service.headless) else {
        return;
    };
    let same = |port: &ServicePort, listed: &SlicePort| {
        port.name == listed.name && port.protocol == listed.protocol
    };
    let slices = view.slices_of(&service.meta.key);
    let listed = |port: &&ServicePort| {
        let mut all = slices.iter().flat_map(|slice| slice.ports.iter());
        all.any(|listed| same(port, listed))
    };
    let Some(lacking) = service.ports.iter().find(|port| !listed(port)) else {
        return;
    };
    let stray = slice.ports.iter().enumerate().find(|(_, listed)| {
        let mut ports = service.ports.iter();
        !ports.any(|port| same(port, listed))
    });
    let Some((at, stray)) = stray else {
        return;
    };
    let (is, wanted) = (told(&stray.name), told(&lacking.name));
    let field = format!("ports[{at}].name");
    sink.report(
        Draft::error(key, "slice port is no port of the Service")
            .detail(lacking.to_string())
            .at(field.as_str())
            .says(format!("Port {lacking} of Service {name} is called {wanted}; the slice's port is called {is} ({}), and no slice has one of the Service's name and protocol. Nothing is wired to it, and connections are refused.", stray.protocol))
            .evidence(Evidence::new(key, &field, is, wanted.clone()))
            .evidence(Evidence::new(&service.meta.key, "spec.ports[].name", wanted.clone(), ""))
            .confirm(kubectl::get(key).option("-o", "yaml"))
            .fix(format!("Give the slice's port the Service port's name ({wanted}) and protocol ({}).", lacking.protocol)),
    );
}

fn told(name: &str) -> String {
    if name.is_empty() {
        "nothing (no name)".to_owned()
    } else {
        name.to_owned()
    }
}
