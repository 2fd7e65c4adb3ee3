//! The controllers behind classes: which pods carry the traffic of an Ingress class.
//!
//! Managed controllers run outside the cluster and have no pods; several controllers only configure a load
//! balancer and are not in the path of a request.

use crate::model::coverage::Gap;
use crate::model::ingress::IngressClass;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::labels::Labels;
use crate::model::pod::Pod;
use crate::model::view::View;
use crate::semantics::nginx;

/// A controller that Portolan knows by the `spec.controller` of its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// A few words.
    pub name: &'static str,
    /// `spec.controller`, or its beginning up to a slash.
    pub controller: &'static str,
    /// The usual class names, for Ingresses whose class object is not there.
    pub classes: &'static [&'static str],
    /// The controller that it is a build of, and whose annotations it reads; empty where it is its own.
    pub build_of: &'static str,
    /// Labels of the pods that carry requests, each set alone; empty where requests pass no pod of it.
    pub pods: &'static [&'static [(&'static str, &'static str)]],
}

/// The labels of the controllers that application routing makes, whatever their class.
const AKS: &[&[(&str, &str)]] = &[&[("app.kubernetes.io/component", "ingress-controller")]];

/// The known controllers.
pub const KNOWN: &[Known] = &[
    Known {
        name: "ingress-nginx",
        controller: nginx::CONTROLLER,
        classes: &["nginx"],
        build_of: "",
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
        name: "AKS application routing",
        controller: "webapprouting.kubernetes.azure.com",
        classes: &["webapprouting.kubernetes.azure.com"],
        build_of: nginx::CONTROLLER,
        pods: AKS,
    },
    Known {
        name: "AKS application routing",
        controller: "approuting.kubernetes.azure.com",
        classes: &[],
        build_of: nginx::CONTROLLER,
        pods: AKS,
    },
    Known {
        name: "NGINX Ingress Controller",
        controller: "nginx.org/ingress-controller",
        classes: &["nginx-org"],
        build_of: "",
        pods: &[
            &[("app.kubernetes.io/name", "nginx-ingress")],
            &[("app", "nginx-ingress")],
        ],
    },
    Known {
        name: "Traefik",
        controller: "traefik.io/ingress-controller",
        classes: &["traefik"],
        build_of: "",
        pods: &[&[("app.kubernetes.io/name", "traefik")]],
    },
    Known {
        name: "HAProxy",
        controller: "haproxy.org/ingress-controller",
        classes: &["haproxy"],
        build_of: "",
        pods: &[
            &[("app.kubernetes.io/name", "kubernetes-ingress")],
            &[("run", "haproxy-ingress")],
        ],
    },
    Known {
        name: "HAProxy Ingress",
        controller: "haproxy-ingress.github.io/controller",
        classes: &["haproxy"],
        build_of: "",
        pods: &[&[("app.kubernetes.io/name", "haproxy-ingress")]],
    },
    Known {
        name: "Contour",
        controller: "projectcontour.io",
        classes: &["contour"],
        build_of: "",
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
        classes: &["kong"],
        build_of: "",
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
        classes: &["alb"],
        build_of: "",
        pods: &[],
    },
    Known {
        name: "EKS Auto Mode",
        controller: "eks.amazonaws.com/alb",
        classes: &[],
        build_of: "ingress.k8s.aws/alb",
        pods: &[],
    },
    Known {
        name: "GCE",
        controller: "k8s.io/ingress-gce",
        classes: &["gce", "gce-internal"],
        build_of: "",
        pods: &[],
    },
    Known {
        name: "Application Gateway Ingress Controller",
        controller: "azure/application-gateway",
        classes: &["azure-application-gateway"],
        build_of: "",
        pods: &[],
    },
    Known {
        name: "OpenShift router",
        controller: "openshift.io/ingress-to-route",
        classes: &["openshift-default"],
        build_of: "",
        pods: &[&[(
            "ingresscontroller.operator.openshift.io/deployment-ingresscontroller",
            "default",
        )]],
    },
    Known {
        name: "Cilium",
        controller: "cilium.io/ingress-controller",
        classes: &["cilium"],
        build_of: "",
        pods: &[&[("k8s-app", "cilium")]],
    },
    Known {
        name: "Istio",
        controller: "istio.io/ingress-controller",
        classes: &["istio"],
        build_of: "",
        pods: &[&[("istio", "ingressgateway")]],
    },
];

impl Known {
    /// The controller whose annotations it reads: its own, or that which it is a build of.
    pub const fn reads(&self) -> &'static str {
        if self.build_of.is_empty() {
            self.controller
        } else {
            self.build_of
        }
    }

    /// Whether it is ingress-nginx, whoever built it.
    pub fn is_nginx(&self) -> bool {
        self.reads() == nginx::CONTROLLER
    }
}

/// The known controller of a class: by its object's `spec.controller`, else by the usual class name.
///
/// Whoever runs several of ingress-nginx gives each a name of its own, by its guide one like
/// `k8s.io/internal-ingress-nginx`: a last part with `ingress-nginx` in it is taken for one.
pub fn known(class: Option<&IngressClass>, class_name: &str) -> Option<&'static Known> {
    let Some(class) = class else {
        return KNOWN
            .iter()
            .find(|known| known.classes.contains(&class_name));
    };
    let named = &class.controller;
    let listed = KNOWN.iter().find(|known| {
        let rest = named.strip_prefix(known.controller);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    listed.or_else(|| {
        let (_, last) = named.rsplit_once('/')?;
        let own = last.contains("ingress-nginx");
        KNOWN
            .iter()
            .find(|known| own && known.controller == nginx::CONTROLLER)
    })
}

/// The pods that carry a known controller's requests for a class, in any namespace. Advisory: that none is seen says
/// nothing, for it may run where we may not look, or outside the cluster.
pub fn pods<'w>(view: &View<'w>, known: &Known, class: Option<&IngressClass>) -> Vec<&'w Pod> {
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
            .filter(|pod| !pod.is_terminal() && takes(pod, known, class))
            .collect();
        found.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
        found.dedup_by(|a, b| a.meta.key == b.meta.key);
        found
    })
}

/// The class of a controller whose pods are seen to take Ingresses without a class, the first by name.
///
/// ingress-nginx does where it is told (`--watch-ingress-without-class`); Traefik wherever it is not told a class
/// (`shouldProcessIngress` of its Kubernetes provider).
pub fn of_classless<'w>(view: &View<'w>) -> Option<&'w IngressClass> {
    let mut classes: Vec<&IngressClass> = view.ingress_classes().collect();
    classes.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    classes.into_iter().find(|class| {
        let Some(known) = known(Some(class), &class.meta.key.name) else {
            return false;
        };
        let takes: fn(&Pod) -> bool = match known.reads() {
            nginx::CONTROLLER => takes_classless,
            "traefik.io/ingress-controller" => is_told_no_class,
            _ => return false,
        };
        pods(view, known, Some(class)).into_iter().any(takes)
    })
}

/// Why it is not known whether a controller takes Ingresses without a class: there is one that may, and its pods cannot
/// be seen.
pub fn classless_gap(view: &View<'_>) -> Option<Gap> {
    let may = |class: &IngressClass| {
        let known = known(Some(class), &class.meta.key.name);
        known.is_some_and(|known| known.is_nginx() || known.name == "Traefik")
    };
    let gap = || view.gap(Kind::Pod, None);
    let gap = || gap().or_else(|| view.gap(Kind::Namespace, None));
    view.ingress_classes().any(may).then(gap).flatten()
}

fn takes_classless(pod: &Pod) -> bool {
    let flag = "--watch-ingress-without-class";
    let told = pod.serving_containers().find_map(|one| one.flag(flag));
    told.is_some_and(|word| word.is_empty() || nginx::annotation::truth(word) == Some(true))
}

fn is_told_no_class(pod: &Pod) -> bool {
    let flag = "--providers.kubernetesingress.ingressclass";
    let told = pod.serving_containers().find_map(|one| one.flag(flag));
    told.is_none_or(str::is_empty)
}

/// Whether a pod carries the labels of ingress-nginx, whoever built it.
pub fn is_nginx(pod: &Pod) -> bool {
    let labels = &pod.meta.labels;
    let mut sets = KNOWN.iter().filter(|known| known.is_nginx());
    sets.any(|known| {
        let mut sets = known.pods.iter();
        sets.any(|set| set.iter().all(|(name, value)| labels.has(name, value)))
    })
}

/// Whether a pod of ingress-nginx serves the class: by `--controller-class`, and without it the usual one.
fn takes(pod: &Pod, known: &Known, class: Option<&IngressClass>) -> bool {
    if !known.is_nginx() {
        return true;
    }
    let wanted = class.map_or(known.controller, |class| class.controller.as_str());
    let told = pod
        .serving_containers()
        .find_map(|container| container.flag("--controller-class"));
    match told {
        // Without the class's object only the start of its controller's name is known.
        Some(told) if class.is_none() => told.starts_with(wanted),
        Some(told) => told == wanted,
        None => wanted == nginx::CONTROLLER,
    }
}
