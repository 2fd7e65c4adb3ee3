//! The controllers behind classes: which pods carry the traffic of an Ingress class.
//!
//! Managed controllers run outside the cluster and have no pods; several controllers only configure a load
//! balancer and are not in the path of a request.

use crate::model::ingress::IngressClass;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::labels::Labels;
use crate::model::pod::Pod;
use crate::model::view::View;

/// A controller that Portolan knows by the `spec.controller` of its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// A few words.
    pub name: &'static str,
    /// `spec.controller`, or its beginning up to a slash.
    pub controller: &'static str,
    /// The usual class name, for Ingresses whose class object is not there.
    pub class: &'static str,
    /// Labels of the pods that carry requests, each set alone; empty where requests pass no pod of it.
    pub pods: &'static [&'static [(&'static str, &'static str)]],
}

/// The known controllers.
pub const KNOWN: &[Known] = &[
    Known {
        name: "ingress-nginx",
        controller: "k8s.io/ingress-nginx",
        class: "nginx",
        pods: &[
            &[
                ("app.kubernetes.io/component", "controller"),
                ("app.kubernetes.io/name", "ingress-nginx"),
            ],
            &[
                ("app.kubernetes.io/component", "controller"),
                ("app.kubernetes.io/name", "rke2-ingress-nginx"),
            ],
        ],
    },
    Known {
        name: "NGINX Ingress Controller",
        controller: "nginx.org/ingress-controller",
        class: "nginx-org",
        pods: &[
            &[("app.kubernetes.io/name", "nginx-ingress")],
            &[("app", "nginx-ingress")],
        ],
    },
    Known {
        name: "Traefik",
        controller: "traefik.io/ingress-controller",
        class: "traefik",
        pods: &[&[("app.kubernetes.io/name", "traefik")]],
    },
    Known {
        name: "HAProxy",
        controller: "haproxy.org/ingress-controller",
        class: "haproxy",
        pods: &[
            &[("app.kubernetes.io/name", "kubernetes-ingress")],
            &[("run", "haproxy-ingress")],
        ],
    },
    Known {
        name: "HAProxy Ingress",
        controller: "haproxy-ingress.github.io/controller",
        class: "haproxy",
        pods: &[&[("app.kubernetes.io/name", "haproxy-ingress")]],
    },
    Known {
        name: "Contour",
        controller: "projectcontour.io",
        class: "contour",
        pods: &[
            &[
                ("app.kubernetes.io/component", "envoy"),
                ("app.kubernetes.io/name", "contour"),
            ],
            &[("app", "envoy")],
        ],
    },
    Known {
        name: "Kong",
        controller: "ingress-controllers.konghq.com/kong",
        class: "kong",
        pods: &[
            &[
                ("app.kubernetes.io/component", "app"),
                ("app.kubernetes.io/name", "kong"),
            ],
            &[("app", "proxy-kong")],
        ],
    },
    Known {
        name: "AWS Load Balancer Controller",
        controller: "ingress.k8s.aws/alb",
        class: "alb",
        pods: &[],
    },
    Known {
        name: "GCE",
        controller: "k8s.io/ingress-gce",
        class: "gce",
        pods: &[],
    },
    Known {
        name: "Application Gateway Ingress Controller",
        controller: "azure/application-gateway",
        class: "azure-application-gateway",
        pods: &[],
    },
    Known {
        name: "OpenShift router",
        controller: "openshift.io/ingress-to-route",
        class: "openshift-default",
        pods: &[&[(
            "ingresscontroller.operator.openshift.io/deployment-ingresscontroller",
            "default",
        )]],
    },
    Known {
        name: "Cilium",
        controller: "cilium.io/ingress-controller",
        class: "cilium",
        pods: &[&[("k8s-app", "cilium")]],
    },
    Known {
        name: "Istio",
        controller: "istio.io/ingress-controller",
        class: "istio",
        pods: &[&[("istio", "ingressgateway")]],
    },
];

/// The known controller of a class: by its object's `spec.controller`, else by the usual class name.
pub fn known(class: Option<&IngressClass>, class_name: &str) -> Option<&'static Known> {
    match class {
        Some(class) => KNOWN.iter().find(|known| {
            let rest = class.controller.strip_prefix(known.controller);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }),
        None => KNOWN.iter().find(|known| known.class == class_name),
    }
}

/// The pods that carry a known controller's requests, in any namespace. Advisory: that none is seen says nothing,
/// for it may run where we may not look, or outside the cluster.
pub fn pods<'w>(view: &View<'w>, known: &Known) -> Vec<&'w Pod> {
    view.advisory(|view| {
        let places: Vec<Name> = view
            .all(Kind::Namespace)
            .map(|object| object.key().name.clone())
            .collect();
        let sets = known
            .pods
            .iter()
            .map(|set| set.iter().copied().collect::<Labels>());
        let mut found: Vec<&'w Pod> = sets
            .flat_map(|labels| {
                let pods = places
                    .iter()
                    .flat_map(|place| view.pods_labelled(place, &labels));
                pods.collect::<Vec<_>>()
            })
            .filter(|pod| !pod.is_terminal())
            .collect();
        found.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
        found.dedup_by(|a, b| a.meta.key == b.meta.key);
        found
    })
}
