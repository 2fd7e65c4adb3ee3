//! Why a hop failed or is unknown, typed. `diagnosis::cite` turns a cause into the codes of findings.

use crate::model::coverage::Gap;
use crate::model::key::{Key, Name};
use crate::semantics::readiness::NotReady;

/// Why a hop failed or is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// What the request is for is not in the world.
    DestinationMissing,
    /// The Service has no such port.
    PortNotServed,
    /// No rule of any entry matches host and path: 404.
    NoRoute,
    /// An Ingress names a Service that is not there.
    BackendServiceMissing(Key),
    /// An Ingress names a port that its Service does not have.
    BackendPortMissing(Key),
    /// The Ingress's class is not there.
    ClassMissing(Key),
    /// The parameters of the Ingress's class do not admit its namespace.
    ClassClosed(Key),
    /// The Ingress has no class and no class is the default.
    NoClass(Key),
    /// The controller's own pods are not ready.
    ControllerNotReady(Key),
    /// An annotation of the Ingress lets only some clients through, and this is none of them.
    ClientNotAllowed(Key),
    /// What a login needs by an annotation of the Ingress is not there: nobody is let in.
    LoginImpossible(Key),
    /// The Service that an annotation of the Ingress has asked about each request is not there.
    LoginServiceMissing(Key),
    /// An annotation of the Ingress has a value that closes its paths.
    AnnotationInvalid(Key),
    /// The Ingress names a Secret that is not there.
    SecretMissing(Key),
    /// No certificate and key can be taken from the Secret.
    SecretUnusable(Key),
    /// The key of the Secret belongs to another certificate.
    KeyMismatch(Key),
    /// The certificate has ended, or not begun.
    CertificateOutOfDate(Key),
    /// The certificate is not for servers.
    NotForServers(Key),
    /// The certificate that the Ingress names is for other hosts.
    HostNotCovered(Key),
    /// The certificate that is shown was not seen.
    CertificateUnseen,
    /// The Service's selector matches no pod.
    SelectorMatchesNothing(Key),
    /// What the selector would match is scaled to zero on purpose.
    ScaledToZero(Key),
    /// No selected pod has the named target port.
    TargetPortNameMissing(Key),
    /// The named target port exists with another protocol only.
    TargetPortProtocol(Key),
    /// Pods are there, none is ready.
    NoReadyEndpoint(Key),
    /// No selector, and nobody wrote a slice.
    NoSelectorNoSlices(Key),
    /// An ExternalName that is an address.
    ExternalNameIsAddress(Key),
    /// An ExternalName that is the name of a Service which is not there.
    AliasOfNothing(Key),
    /// The pod cannot take traffic.
    PodNotReady(Key, NotReady),
    /// The Service has no address outside the cluster.
    NoWayIn,
    /// Endpoints are there, but on other nodes, and the traffic policy is Local.
    OnlyElsewhere,
    /// The load balancer's source ranges keep the client out, or may.
    SourceRanges,
    /// The client has no address of a family that the Service has.
    FamilyMismatch,
    /// kube-proxy passes over the Service.
    ProxyIgnores(Key),
    /// Endpoints are there, but none of the family that was asked.
    FamilyGap(Key),
    /// Policies drop it: the first that does.
    PolicyDenies(Key),
    /// What policies decide hangs on something that Kubernetes leaves open or that is not known.
    PolicyOpen,
    /// Policies of an API whose rules are not judged.
    PoliciesNotJudged,
    /// A way in that is not judged may take the request.
    WayNotJudged,
    /// The controller of the entry was not seen.
    ControllerUnseen(Name),
    /// A kind could not be read.
    Unreadable(Gap),
    /// It lies outside what Kubernetes' objects can tell.
    OutsideCluster,
}
