//! `assets/rbac.yaml`: the least that a user of Portolan must be allowed.

use crate::model::kind::{Kind, Live};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The ClusterRole, from the table of kinds.
pub fn document() -> String {
    let mut out = String::from(
        "# The least that Portolan needs to see a whole cluster. Fewer rights are fine: what cannot be read is named,\n\
         # and verdicts that rest on it say unknown. Generated from the table of kinds.\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: portolan\nrules:\n",
    );
    let mut by_group: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for kind in Kind::ALL {
        let info = kind.info();
        if matches!(info.live, Live::Watched | Live::WhereInstalled) {
            by_group.entry(info.group).or_default().push(info.plural);
        }
    }
    for (group, plurals) in by_group {
        let _ = writeln!(
            out,
            "  - apiGroups: [\"{group}\"]\n    resources: [{}]\n    verbs: [get, list, watch]",
            plurals.join(", ")
        );
    }
    out.push_str(
        "  # Secrets that an Ingress or its controller's arguments name, each by its name: never listed, never watched,\n  \
         # reduced to the public facts of the certificate. Leave this out and verdicts on TLS say unknown.\n  \
         - apiGroups: [\"\"]\n    resources: [secrets]\n    verbs: [get]\n  \
         # ConfigMaps of kube-proxy and of ingress-nginx, by their names: where node ports are open, whether snippets are\n  \
         # allowed. The controller may be told another name: add it.\n  \
         - apiGroups: [\"\"]\n    resources: [configmaps]\n    \
         resourceNames: [kube-proxy, kube-proxy-config, ingress-nginx-controller]\n    verbs: [get]\n  \
         # Logs of pods.\n  - apiGroups: [\"\"]\n    resources: [pods/log]\n    verbs: [get]\n\
         ---\n# Port-forwards, for those who may open them. Bind it beside the role above.\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: portolan-forward\nrules:\n  \
         - apiGroups: [\"\"]\n    resources: [pods/portforward]\n    verbs: [get, create]\n",
    );
    out
}
