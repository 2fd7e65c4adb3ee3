//! What an Ingress refers to: each Service and port once, with every place that names it.

use crate::diagnosis::patch;
use crate::model::evidence::Evidence;
use crate::model::ingress::{Backend, BackendPort, Ingress};
use crate::model::key::{Key, Name};
use serde_json::Value;

/// A Service and port that an Ingress leads to.
#[derive(Clone, Debug)]
pub struct Reference<'w> {
    /// The Service's name, in the Ingress's namespace.
    pub service: &'w Name,
    /// The port as it is named.
    pub port: &'w BackendPort,
    /// Where the Ingress says so, in the order of the spec.
    pub places: Vec<Place>,
}

/// One backend of an Ingress.
#[derive(Clone, Debug)]
pub struct Place {
    /// `shop.example.com/cart`, or `the default backend`.
    pub words: String,
    /// The path of the backend in the object.
    pub field: String,
    /// The same as a JSON pointer.
    pub pointer: String,
}

/// The most places that are told one by one.
const TOLD: usize = 5;

impl Reference<'_> {
    /// The part of the Ingress that is at fault: `api:80`.
    pub fn detail(&self) -> String {
        format!("{}:{}", self.service, self.port)
    }
}

/// Every Service and port, in the order in which the Ingress first names them; the default backend comes first.
pub fn references(ingress: &Ingress) -> Vec<Reference<'_>> {
    let mut found: Vec<Reference<'_>> = Vec::new();
    for (backend, place) in backends(ingress) {
        let Backend::Service { name, port } = backend else {
            continue;
        };
        match found
            .iter_mut()
            .find(|known| known.service == name && known.port == port)
        {
            Some(known) => known.places.push(place),
            None => found.push(Reference {
                service: name,
                port,
                places: vec![place],
            }),
        }
    }
    found
}

fn backends(ingress: &Ingress) -> impl Iterator<Item = (&Backend, Place)> {
    let default = ingress.default_backend.iter().map(|backend| {
        let place = Place {
            words: "the default backend".to_owned(),
            field: "spec.defaultBackend".to_owned(),
            pointer: "/spec/defaultBackend".to_owned(),
        };
        (backend, place)
    });
    let ruled = ingress.rules.iter().enumerate().flat_map(|(at, rule)| {
        rule.paths.iter().enumerate().map(move |(nth, path)| {
            let host = if rule.host.is_empty() {
                "*"
            } else {
                &*rule.host
            };
            let place = Place {
                words: format!("{host}{}", path.path),
                field: format!("spec.rules[{at}].http.paths[{nth}].backend"),
                pointer: format!("/spec/rules/{at}/http/paths/{nth}/backend"),
            };
            (&path.backend, place)
        })
    });
    default.chain(ruled)
}

/// The places in words: `shop.example.com/a, shop.example.com/b and 3 more`.
pub fn places(places: &[Place]) -> String {
    let told: Vec<&str> = places
        .iter()
        .take(TOLD)
        .map(|place| place.words.as_str())
        .collect();
    let told = told.join(", ");
    match places.len().saturating_sub(TOLD) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}

/// Evidence at each place (the first few): what stands in a field of the backend.
pub fn evidence(
    ingress: &Key,
    places: &[Place],
    field: &str,
    observed: &str,
    expected: &str,
) -> Vec<Evidence> {
    let told = places.iter().take(TOLD);
    told.map(|place| {
        let field = format!("{}.{field}", place.field);
        Evidence::new(ingress, &field, observed, expected)
    })
    .collect()
}

/// A patch that replaces a field of the backend at every place.
pub fn change(ingress: &Key, places: &[Place], field: &str, old: &Value, new: &Value) -> String {
    let at = places.iter();
    let at = at.map(|place| format!("{}/{field}", place.pointer));
    let changes: Vec<(String, &Value, &Value)> = at.map(|pointer| (pointer, old, new)).collect();
    patch::replace_each(ingress, &changes)
}
