//! ConfigMaps: the settings that are kept, as they would stand in one.

use crate::model::config_map::{ConfigMap, Contents, PROXY_KEYS, Proxy};
use crate::source::snapshot::doc::{Doc, texts};

pub(super) fn config_map(head: Doc, map: &ConfigMap) -> Doc {
    let (proxy, settings) = match &map.contents {
        Contents::Awaited => return head.keep("facts", Doc::new().put("contents", "awaited")),
        Contents::Known { proxy, settings } => (proxy, settings),
    };
    let data = settings.iter().fold(Doc::new(), |data, (key, value)| {
        data.put(key, value.as_str())
    });
    let key = PROXY_KEYS.first().copied().unwrap_or_default();
    let data = match proxy {
        None => data,
        // Brackets that are not closed: no document.
        Some(Proxy::Unreadable) => data.put(key, "kind: [KubeProxyConfiguration"),
        Some(Proxy::Told { mode, addresses }) => {
            let told = Doc::new()
                .put("kind", "KubeProxyConfiguration")
                .put("mode", mode.as_str())
                .put("nodePortAddresses", texts(addresses));
            data.put(key, told.done().to_string())
        }
    };
    head.keep("data", data)
}
