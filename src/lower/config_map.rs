//! ConfigMap: what its data tell kube-proxy and ingress-nginx.

use crate::lower::Lower;
use crate::lower::context::Context;
use crate::model::config_map::{ConfigMap, Contents, PROXY_KEYS, Proxy, SETTINGS};
use crate::model::key::Name;
use crate::model::object::Fact;
use crate::wire::config_map as wire;
use serde::Deserialize;

/// The kind of the document that kube-proxy reads.
const KIND: &str = "KubeProxyConfiguration";

/// `kubeproxy.config.k8s.io/v1alpha1` `KubeProxyConfiguration`, as far as it decides about node ports.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Written {
    kind: Option<String>,
    mode: Option<String>,
    node_port_addresses: Option<Vec<String>>,
}

impl Lower for wire::ConfigMap {
    fn lower(mut self, context: &mut Context<'_>) -> Fact {
        if let Some(metadata) = &mut self.metadata {
            // `last-applied-configuration` would hold the whole data again.
            metadata.annotations = None;
        }
        let meta = context.meta(self.metadata);
        let awaited = self.facts.and_then(|facts| facts.contents);
        let contents = if awaited.as_deref() == Some("awaited") {
            Contents::Awaited
        } else {
            let data = self.data.unwrap_or_default().0;
            let mut told = data
                .iter()
                .filter(|(key, _)| PROXY_KEYS.contains(&&**key))
                .filter_map(|(_, value)| proxy(value));
            let proxy = told.next();
            let kept = data.iter().filter(|(key, _)| SETTINGS.contains(&&**key));
            let mut settings: Vec<(Name, Name)> = kept
                .map(|(key, value)| (Name::from(&**key), Name::from(&**value)))
                .collect();
            settings.sort();
            Contents::Known {
                proxy,
                settings: settings.into(),
            }
        };
        Fact::ConfigMap(ConfigMap { meta, contents })
    }
}

/// What a text tells kube-proxy; none where it is not meant for it.
fn proxy(text: &str) -> Option<Proxy> {
    if !text.contains(KIND) {
        return None;
    }
    let Ok(written) = serde_saphyr::from_str::<Written>(text) else {
        return Some(Proxy::Unreadable);
    };
    (written.kind.as_deref() == Some(KIND)).then(|| {
        let addresses = written.node_port_addresses.unwrap_or_default();
        Proxy::Told {
            mode: Name::from(written.mode.unwrap_or_default()),
            addresses: addresses.into_iter().map(Name::from).collect(),
        }
    })
}
