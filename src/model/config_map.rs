//! ConfigMaps, reduced to the settings that decide where traffic goes. Nothing else of them is kept.

use crate::model::key::Name;
use crate::model::meta::Meta;

/// The keys under which kube-proxy's own configuration stands: as kubeadm writes it, and as EKS does.
pub const PROXY_KEYS: &[&str] = &["config.conf", "config"];

/// The settings of ingress-nginx that are kept, as they are written.
pub const SETTINGS: &[&str] = &["allow-snippet-annotations", "annotations-risk-level"];

/// A ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigMap {
    /// Metadata, without annotations.
    pub meta: Meta,
    /// What is known of its data.
    pub contents: Contents,
}

/// What is known of a ConfigMap's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    /// The cluster has been asked and has not answered yet.
    Awaited,
    /// It was read.
    Known {
        /// What it tells kube-proxy; none where it tells it nothing.
        proxy: Option<Proxy>,
        /// Those of [`SETTINGS`] that it has, with their values, sorted by name.
        settings: Box<[(Name, Name)]>,
    },
}

/// A document of kind `KubeProxyConfiguration`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// It cannot be read as one.
    Unreadable,
    /// What it says.
    Told {
        /// `mode`; empty where unset, which means iptables on Linux.
        mode: Name,
        /// `nodePortAddresses`, as written.
        addresses: Box<[Name]>,
    },
}

impl ConfigMap {
    /// The value of one of [`SETTINGS`]; none where it is not set, or not yet known.
    pub fn setting(&self, name: &str) -> Option<&Name> {
        let Contents::Known { settings, .. } = &self.contents else {
            return None;
        };
        let mut all = settings.iter();
        all.find(|(known, _)| known == name).map(|(_, value)| value)
    }
}
