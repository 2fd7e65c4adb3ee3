//! Every kind that Portolan knows, in one table: discovery, watching, RBAC, naming on the command
//! line and coverage all follow from the rows of [`Kind::ALL`].

use std::fmt;

/// How a live cluster is asked for a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// Watched from the start; every cluster serves it.
    Watched,
    /// Watched where discovery finds it; otherwise its coverage is *not installed*.
    WhereInstalled,
    /// Read object by object, and only what something in the world names; never listed or watched.
    Named,
    /// Known from files only.
    FilesOnly,
}

/// Whether objects of a kind live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// They do.
    Namespaced,
    /// They do not.
    Cluster,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident: $group:literal, $version:literal, $name:literal, $plural:literal, [$($alias:literal),*], $scope:ident, $live:ident;)*) => {
        /// A kind of object.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// Every kind, in the order of tables and coverage.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant,)*];

            /// What is known of the kind itself.
            pub const fn info(self) -> KindInfo {
                match self {
                    $(Kind::$variant => KindInfo {
                        group: $group, version: $version, name: $name, plural: $plural,
                        aliases: &[$($alias),*], scope: Scope::$scope, live: Live::$live,
                    },)*
                }
            }
        }
    };
}

/// One row of the table of kinds.
#[derive(Clone, Copy, Debug)]
pub struct KindInfo {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// The version asked for.
    pub version: &'static str,
    /// The API's own spelling of the kind.
    pub name: &'static str,
    /// The resource in URLs and RBAC rules.
    pub plural: &'static str,
    /// Singular and short names that kubectl accepts.
    pub aliases: &'static [&'static str],
    /// Namespaced or not.
    pub scope: Scope,
    /// How a live cluster is asked.
    pub live: Live,
}

kinds! {
    /// `v1` Namespace.
    Namespace: "", "v1", "Namespace", "namespaces", ["namespace", "ns"], Cluster, Watched;
    /// `v1` Node.
    Node: "", "v1", "Node", "nodes", ["node", "no"], Cluster, Watched;
    /// `v1` Pod.
    Pod: "", "v1", "Pod", "pods", ["pod", "po"], Namespaced, Watched;
    /// `v1` Service.
    Service: "", "v1", "Service", "services", ["service", "svc"], Namespaced, Watched;
    /// `discovery.k8s.io/v1` EndpointSlice.
    EndpointSlice: "discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", ["endpointslice"], Namespaced, Watched;
    /// `networking.k8s.io/v1` Ingress.
    Ingress: "networking.k8s.io", "v1", "Ingress", "ingresses", ["ingress", "ing"], Namespaced, Watched;
    /// `networking.k8s.io/v1` IngressClass.
    IngressClass: "networking.k8s.io", "v1", "IngressClass", "ingressclasses", ["ingressclass", "ic"], Cluster, Watched;
    /// `elbv2.k8s.aws/v1beta1` IngressClassParams.
    IngressClassParams: "elbv2.k8s.aws", "v1beta1", "IngressClassParams", "ingressclassparams", [], Cluster, WhereInstalled;
    /// `v1` Secret, reduced to public facts.
    Secret: "", "v1", "Secret", "secrets", ["secret"], Namespaced, Named;
    /// `v1` ConfigMap, reduced to the settings that decide where traffic goes.
    ConfigMap: "", "v1", "ConfigMap", "configmaps", ["configmap", "cm"], Namespaced, Named;
    /// `cert-manager.io/v1` Issuer.
    Issuer: "cert-manager.io", "v1", "Issuer", "issuers", ["issuer"], Namespaced, WhereInstalled;
    /// `cert-manager.io/v1` ClusterIssuer.
    ClusterIssuer: "cert-manager.io", "v1", "ClusterIssuer", "clusterissuers", ["clusterissuer", "ciss"], Cluster, WhereInstalled;
    /// `cert-manager.io/v1` Certificate.
    Certificate: "cert-manager.io", "v1", "Certificate", "certificates", ["certificate", "cert"], Namespaced, WhereInstalled;
    /// `cert-manager.io/v1` CertificateRequest.
    CertificateRequest: "cert-manager.io", "v1", "CertificateRequest", "certificaterequests", ["certificaterequest", "cr"], Namespaced, WhereInstalled;
    /// `acme.cert-manager.io/v1` Order.
    Order: "acme.cert-manager.io", "v1", "Order", "orders", ["order"], Namespaced, WhereInstalled;
    /// `acme.cert-manager.io/v1` Challenge.
    Challenge: "acme.cert-manager.io", "v1", "Challenge", "challenges", ["challenge"], Namespaced, WhereInstalled;
    /// `route.openshift.io/v1` Route.
    Route: "route.openshift.io", "v1", "Route", "routes", ["route"], Namespaced, WhereInstalled;
    /// `traefik.io/v1alpha1` IngressRoute.
    IngressRoute: "traefik.io", "v1alpha1", "IngressRoute", "ingressroutes", ["ingressroute"], Namespaced, WhereInstalled;
    /// `projectcontour.io/v1` HTTPProxy.
    HttpProxy: "projectcontour.io", "v1", "HTTPProxy", "httpproxies", ["httpproxy", "proxy"], Namespaced, WhereInstalled;
    /// `networking.k8s.io/v1` NetworkPolicy.
    NetworkPolicy: "networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", ["networkpolicy", "netpol", "np"], Namespaced, Watched;
    /// `v1` Event, warnings only.
    Event: "", "v1", "Event", "events", ["event", "ev"], Namespaced, Watched;
    /// `apps/v1` ReplicaSet.
    ReplicaSet: "apps", "v1", "ReplicaSet", "replicasets", ["replicaset", "rs"], Namespaced, Watched;
    /// `apps/v1` Deployment.
    Deployment: "apps", "v1", "Deployment", "deployments", ["deployment", "deploy", "dp"], Namespaced, Watched;
    /// `apps/v1` StatefulSet.
    StatefulSet: "apps", "v1", "StatefulSet", "statefulsets", ["statefulset", "sts"], Namespaced, Watched;
    /// `apps/v1` DaemonSet.
    DaemonSet: "apps", "v1", "DaemonSet", "daemonsets", ["daemonset", "ds"], Namespaced, Watched;
    /// `batch/v1` Job.
    Job: "batch", "v1", "Job", "jobs", ["job"], Namespaced, FilesOnly;
    /// `batch/v1` CronJob.
    CronJob: "batch", "v1", "CronJob", "cronjobs", ["cronjob", "cj"], Namespaced, FilesOnly;
    /// `v1` ReplicationController.
    ReplicationController: "", "v1", "ReplicationController", "replicationcontrollers", ["replicationcontroller", "rc"], Namespaced, FilesOnly;
    /// `policy.networking.k8s.io/v1alpha1` AdminNetworkPolicy.
    AdminNetworkPolicy: "policy.networking.k8s.io", "v1alpha1", "AdminNetworkPolicy", "adminnetworkpolicies", ["adminnetworkpolicy", "anp"], Cluster, WhereInstalled;
    /// `policy.networking.k8s.io/v1alpha1` BaselineAdminNetworkPolicy.
    BaselineAdminNetworkPolicy: "policy.networking.k8s.io", "v1alpha1", "BaselineAdminNetworkPolicy", "baselineadminnetworkpolicies", ["baselineadminnetworkpolicy", "banp"], Cluster, WhereInstalled;
    /// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicy.
    ClusterNetworkPolicy: "policy.networking.k8s.io", "v1alpha2", "ClusterNetworkPolicy", "clusternetworkpolicies", ["clusternetworkpolicy", "cnp"], Cluster, WhereInstalled;
    /// `cilium.io/v2` CiliumNetworkPolicy.
    CiliumNetworkPolicy: "cilium.io", "v2", "CiliumNetworkPolicy", "ciliumnetworkpolicies", ["ciliumnetworkpolicy", "ciliumnp"], Namespaced, WhereInstalled;
    /// `cilium.io/v2` CiliumClusterwideNetworkPolicy.
    CiliumClusterwideNetworkPolicy: "cilium.io", "v2", "CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies", ["ciliumclusterwidenetworkpolicy", "ccnp"], Cluster, WhereInstalled;
    /// `crd.projectcalico.org/v1` NetworkPolicy.
    CalicoNetworkPolicy: "crd.projectcalico.org", "v1", "NetworkPolicy", "networkpolicies", ["caliconetworkpolicy"], Namespaced, WhereInstalled;
    /// `crd.projectcalico.org/v1` GlobalNetworkPolicy.
    CalicoGlobalNetworkPolicy: "crd.projectcalico.org", "v1", "GlobalNetworkPolicy", "globalnetworkpolicies", ["globalnetworkpolicy"], Cluster, WhereInstalled;
}

impl Kind {
    /// The kinds that decide by themselves whether two pods may talk.
    pub const POLICIES: &'static [Kind] = &[
        Kind::NetworkPolicy,
        Kind::AdminNetworkPolicy,
        Kind::BaselineAdminNetworkPolicy,
        Kind::ClusterNetworkPolicy,
        Kind::CiliumNetworkPolicy,
        Kind::CiliumClusterwideNetworkPolicy,
        Kind::CalicoNetworkPolicy,
        Kind::CalicoGlobalNetworkPolicy,
    ];

    /// The kinds whose objects make pods from a template.
    pub const WORKLOADS: &'static [Kind] = &[
        Kind::Deployment,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::ReplicaSet,
        Kind::Job,
        Kind::CronJob,
        Kind::ReplicationController,
    ];

    /// The API's own spelling, without a group.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The spelling in output: a kind that shares its name with one of Kubernetes' own carries its group.
    pub fn qualified_name(self) -> &'static str {
        match self {
            Kind::CalicoNetworkPolicy => "NetworkPolicy.crd.projectcalico.org",
            Kind::CalicoGlobalNetworkPolicy => "GlobalNetworkPolicy.crd.projectcalico.org",
            _ => self.name(),
        }
    }

    /// The resource as kubectl takes it on its command line.
    pub fn kubectl_name(self) -> String {
        let info = self.info();
        match self {
            Kind::Pod | Kind::Service | Kind::Node | Kind::Namespace | Kind::Event => {
                info.name.to_lowercase()
            }
            _ if info.group.is_empty()
                || info.group.ends_with("k8s.io")
                || matches!(info.group, "apps" | "batch") =>
            {
                info.name.to_lowercase()
            }
            _ => format!("{}.{}", info.plural, info.group),
        }
    }

    /// Whether objects of this kind live in a namespace.
    pub fn namespaced(self) -> bool {
        self.info().scope == Scope::Namespaced
    }

    /// The kind of a document, by group (version is unified while lowering) and kind.
    pub fn of_document(group: &str, kind: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|known| {
            let info = known.info();
            info.name == kind && (info.group == group || known.also_in(group))
        })
    }

    /// Other groups that serve, or once served, the same objects.
    fn also_in(self, group: &str) -> bool {
        match group {
            "events.k8s.io" => self == Kind::Event,
            "traefik.containo.us" => self == Kind::IngressRoute,
            "extensions" => matches!(
                self,
                Kind::Ingress
                    | Kind::NetworkPolicy
                    | Kind::Deployment
                    | Kind::ReplicaSet
                    | Kind::DaemonSet
            ),
            "projectcalico.org" => matches!(
                self,
                Kind::CalicoNetworkPolicy | Kind::CalicoGlobalNetworkPolicy
            ),
            _ => false,
        }
    }

    /// The kind that a person means: kubectl's singular, plural, short name or the API's spelling, any case.
    pub fn of_word(word: &str) -> Option<Kind> {
        let word = word.to_ascii_lowercase();
        let bare = word.split('.').next().unwrap_or(&word);
        Kind::ALL.iter().copied().find(|kind| {
            let info = kind.info();
            let full = format!("{}.{}", info.plural, info.group);
            word == full
                || (bare == word || word.ends_with(info.group))
                    && (info.plural == bare
                        || info.aliases.contains(&bare)
                        || info.name.to_ascii_lowercase() == bare)
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.qualified_name())
    }
}
