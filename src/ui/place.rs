//! The places one can be: every `:` command and what can be reached from a row.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::output::table::Sheet;

/// What a table shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// One of the tables of the world; problems are home.
    Sheet(Sheet),
    /// The contexts of the kubeconfig.
    Contexts,
    /// The port-forwards.
    Forwards,
    /// The ways in of the Ingresses of a class.
    RoutesOfClass(Name),
    /// The endpoints of a Service.
    EndpointsOf(Key),
    /// The pods on a node.
    PodsOn(Name),
    /// Who leads to an object.
    UsedBy(Key),
    /// The forwards that lead to an object.
    ForwardsTo(Key),
}

const CONTEXTS: &[&str] = &["contexts", "context", "ctx"];
const FORWARDS: &[&str] = &["forwards", "forward", "portforwards", "portforward", "pf"];

impl Place {
    /// Where the screen begins.
    pub const HOME: Place = Place::Sheet(Sheet::Problems);

    /// Every place that has a name, its names (the first is the one that completion writes) and what it shows.
    pub fn named() -> impl Iterator<Item = (&'static [&'static str], Place, &'static str)> {
        let sheets = Sheet::ALL
            .iter()
            .map(|sheet| (sheet.words(), Place::Sheet(*sheet), words(*sheet)));
        sheets.chain([
            (CONTEXTS, Place::Contexts, "contexts of the kubeconfig"),
            (FORWARDS, Place::Forwards, "port-forwards and how they are"),
        ])
    }

    /// The place of a name on the `:` line, with or without its colon, any case.
    pub fn of_word(word: &str) -> Option<Self> {
        let word = word.trim().trim_start_matches(':').to_ascii_lowercase();
        if word == "home" {
            return Some(Self::HOME);
        }
        Self::named()
            .find(|(names, ..)| names.contains(&word.as_str()))
            .map(|(_, place, _)| place)
    }

    /// The table of the world that it is, whole or in part.
    pub fn sheet(&self) -> Option<Sheet> {
        match self {
            Self::Sheet(sheet) => Some(*sheet),
            Self::RoutesOfClass(_) => Some(Sheet::Ingresses),
            Self::EndpointsOf(_) => Some(Sheet::Endpoints),
            Self::PodsOn(_) => Some(Sheet::Pods),
            Self::Contexts | Self::Forwards | Self::UsedBy(_) | Self::ForwardsTo(_) => None,
        }
    }

    /// The title of the table.
    pub fn title(&self) -> String {
        match self {
            Self::Sheet(sheet) => title(*sheet).to_owned(),
            Self::Contexts => "Contexts".into(),
            Self::Forwards => "Forwards".into(),
            Self::RoutesOfClass(class) => format!("Routes of class {class}"),
            Self::EndpointsOf(service) => format!("Endpoints of {}", service.short()),
            Self::PodsOn(node) => format!("Pods on {node}"),
            Self::UsedBy(key) => format!("Who leads to {} {}", key.kind, key.short()),
            Self::ForwardsTo(key) => format!("Forwards to {} {}", key.kind, key.short()),
        }
    }

    /// Its word in file names.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Contexts => "contexts",
            Self::Forwards | Self::ForwardsTo(_) => "forwards",
            Self::UsedBy(_) => "used-by",
            _ => self.sheet().map_or("table", Sheet::name),
        }
    }

    /// Whether its rows lie in namespaces, so that a scope narrows them.
    pub fn is_namespaced(&self) -> bool {
        match self {
            Self::Sheet(sheet) => !matches!(
                sheet,
                Sheet::IngressClasses | Sheet::Nodes | Sheet::Namespaces | Sheet::Info
            ),
            Self::PodsOn(_) | Self::RoutesOfClass(_) => true,
            _ => false,
        }
    }

    /// The kinds of objects whose absence makes it empty, for what is said then.
    pub fn kinds(&self) -> &'static [Kind] {
        match self.sheet() {
            Some(Sheet::Routes) => &[Kind::Ingress, Kind::Service],
            Some(Sheet::Ingresses) => &[Kind::Ingress],
            Some(Sheet::IngressClasses) => &[Kind::IngressClass],
            Some(Sheet::Services) => &[Kind::Service],
            Some(Sheet::Endpoints) => &[Kind::EndpointSlice],
            Some(Sheet::Pods) => &[Kind::Pod],
            Some(Sheet::Nodes) => &[Kind::Node],
            Some(Sheet::Namespaces) => &[Kind::Namespace],
            Some(Sheet::Policies) => Kind::POLICIES,
            Some(Sheet::Events) => &[Kind::Event],
            Some(Sheet::Problems | Sheet::Changes | Sheet::Info) | None => &[],
        }
    }
}

const fn title(sheet: Sheet) -> &'static str {
    match sheet {
        Sheet::Problems => "Problems",
        Sheet::Routes => "Routes",
        Sheet::Ingresses => "Ingress rules",
        Sheet::IngressClasses => "Ingress classes",
        Sheet::Services => "Services",
        Sheet::Endpoints => "Endpoints",
        Sheet::Pods => "Pods",
        Sheet::Nodes => "Nodes",
        Sheet::Namespaces => "Namespaces",
        Sheet::Policies => "Policies",
        Sheet::Events => "Events",
        Sheet::Changes => "Changes",
        Sheet::Info => "Info",
    }
}

const fn words(sheet: Sheet) -> &'static str {
    match sheet {
        Sheet::Problems => "root causes, ranked",
        Sheet::Routes => "every way in, with its verdict",
        Sheet::Ingresses => "the rules of Ingresses",
        Sheet::IngressClasses => "Ingress classes and who uses them",
        Sheet::Services => "Services and who backs them",
        Sheet::Endpoints => "the addresses behind Services",
        Sheet::Pods => "pods, and why they are not ready",
        Sheet::Nodes => "nodes",
        Sheet::Namespaces => "namespaces",
        Sheet::Policies => "network policies",
        Sheet::Events => "warnings of the cluster",
        Sheet::Changes => {
            "what changed while it was watched, and the problems that came and went with it"
        }
        Sheet::Info => "what could be read, and at what cost",
    }
}

/// Which namespaces are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All that can be read.
    #[default]
    All,
    /// One.
    One(Name),
}

impl Scope {
    /// The namespace, where there is one.
    pub fn one(&self) -> Option<&Name> {
        match self {
            Self::All => None,
            Self::One(name) => Some(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_leads_to_one_place() {
        let mut seen = HashSet::new();
        for (names, place, _) in Place::named() {
            for name in names {
                assert!(seen.insert(*name), "{name}");
                assert_eq!(Place::of_word(name), Some(place.clone()));
            }
        }
        assert_eq!(Place::of_word(":SVC"), Some(Place::Sheet(Sheet::Services)));
        assert_eq!(Place::of_word("nonsense"), None);
    }
}
