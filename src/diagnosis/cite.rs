//! Which findings stand behind a failed or unknown hop.

use crate::semantics::readiness::NotReady;
use crate::trace::cause::Cause;

/// The codes that a cause cites, the most telling first.
pub fn cite(cause: &Cause) -> &'static [&'static str] {
    match cause {
        Cause::SelectorMatchesNothing(_) => &["SVC001"],
        Cause::TargetPortNameMissing(_) => &["SVC002"],
        Cause::NoReadyEndpoint(_) => &["SVC003"],
        Cause::NoSelectorNoSlices(_) => &["SVC004"],
        Cause::TargetPortProtocol(_) => &["SVC007"],
        Cause::ScaledToZero(_) => &["SVC008"],
        Cause::ExternalNameIsAddress(_) => &["SVC009"],
        Cause::ProxyIgnores(_) => &["SVC018"],
        Cause::FamilyGap(_) => &["SVC019"],
        Cause::AliasOfNothing(_) => &["SVC029"],
        Cause::BackendServiceMissing(_) => &["ING001"],
        Cause::BackendPortMissing(_) => &["ING002"],
        Cause::ClassMissing(_) => &["ING004"],
        Cause::NoClass(_) => &["ING005"],
        Cause::ControllerNotReady(_) => &["ING006"],
        Cause::ClassClosed(_) => &["ING029"],
        Cause::WayNotJudged => &["REQ015"],
        Cause::LoginImpossible(_) => &["ING024"],
        Cause::LoginServiceMissing(_) => &["ING025"],
        Cause::AnnotationInvalid(_) => &["ING019"],
        Cause::ClientNotAllowed(_) => &["REQ014"],
        Cause::SecretMissing(_) => &["TLS001"],
        Cause::SecretUnusable(_) => &["TLS002"],
        Cause::KeyMismatch(_) => &["TLS003"],
        Cause::CertificateOutOfDate(_) => &["TLS004"],
        Cause::HostNotCovered(_) => &["TLS006"],
        Cause::NotForServers(_) => &["TLS010"],
        Cause::CertificateUnseen => &["TLS020"],
        Cause::PodNotReady(_, reason) => of_pod(reason),
        Cause::DestinationMissing => &["REQ001"],
        Cause::PortNotServed => &["REQ002"],
        Cause::NoRoute => &["REQ003"],
        Cause::PolicyDenies(_) => &["NP001"],
        Cause::PolicyOpen => &["NP002"],
        Cause::PoliciesNotJudged => &["REQ004"],
        Cause::ControllerUnseen(_) => &["REQ005"],
        Cause::Unreadable(_) => &["REQ006"],
        Cause::OutsideCluster => &["REQ007"],
        Cause::NoWayIn => &["REQ008"],
        Cause::OnlyElsewhere => &["REQ009"],
        Cause::FamilyMismatch => &["REQ010"],
        Cause::SourceRanges => &["REQ011"],
    }
}

/// The code of a pod that takes no traffic.
pub fn of_pod(reason: &NotReady) -> &'static [&'static str] {
    match reason {
        NotReady::ProbeFailing { .. } => &["POD001"],
        NotReady::CrashLoop { .. } => &["POD002"],
        NotReady::ImagePull { .. } => &["POD003"],
        NotReady::ReadinessGate { .. } => &["POD004"],
        NotReady::Pending { .. } => &["POD005"],
        NotReady::NoAddress { .. } => &["POD006"],
        NotReady::CannotStart { .. }
        | NotReady::Initialising { .. }
        | NotReady::NodeLost { .. }
        | NotReady::Terminating
        | NotReady::Finished { .. }
        | NotReady::Other { .. } => &["POD007"],
        NotReady::Settling(_) => &["POD008"],
    }
}
