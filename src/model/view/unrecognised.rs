//! What the files hold of kinds that Portolan does not know: that they are there is all that is known of them.

use super::View;
use crate::model::index::Read;
use crate::model::key::Name;

impl<'w> View<'w> {
    /// Kinds Portolan does not know of which the files hold objects in a namespace, each with its `apiVersion`.
    pub fn unrecognised_in(&self, namespace: &Name) -> Vec<(&'w Name, &'w Name)> {
        self.record(|| Read::Unrecognised);
        let seen = self.world.unrecognised().iter();
        let here = seen.filter(|(_, objects)| objects.iter().any(|(place, _)| place == namespace));
        here.map(|((version, kind), _)| (version, kind)).collect()
    }

    /// Kinds Portolan does not know of which the files hold objects: the API group, the kind and how many.
    pub fn unrecognised(&self) -> Vec<(String, String, usize)> {
        self.record(|| Read::Unrecognised);
        let seen = self.world.unrecognised().iter();
        seen.map(|((api_version, kind), objects)| {
            let group = api_version.split_once('/').map_or("", |(group, _)| group);
            (group.to_owned(), kind.to_string(), objects.len())
        })
        .collect()
    }

    /// The namespaces and names of the objects of a kind that Portolan does not know, of any version, as files hold
    /// them.
    pub fn unrecognised_of(&self, group: &str, kind: &str) -> Vec<(&'w Name, &'w Name)> {
        self.record(|| Read::Unrecognised);
        let seen = self.world.unrecognised().iter();
        let of_kind = seen.filter(|((version, named), _)| {
            let own = version.split_once('/').map_or("", |(group, _)| group);
            own == group && named == kind
        });
        of_kind
            .flat_map(|(_, objects)| objects.iter().map(|(place, name)| (place, name)))
            .collect()
    }
}
