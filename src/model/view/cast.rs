//! The fact of an object, where it is of the kind that is wanted.

use crate::model::class_params::ClassParams;
use crate::model::config_map::ConfigMap;
use crate::model::endpoints::EndpointSlice;
use crate::model::event::Event;
use crate::model::ingress::{Ingress, IngressClass};
use crate::model::issuance::Issuance;
use crate::model::namespace::Namespace;
use crate::model::node::Node;
use crate::model::object::{Fact, Object};
use crate::model::other_route::OtherRoute;
use crate::model::pod::Pod;
use crate::model::policy::Policy;
use crate::model::secret::Secret;
use crate::model::service::Service;
use crate::model::workload::Workload;

macro_rules! casts {
    ($($(#[$doc:meta])* $function:ident: $variant:ident -> $fact:ty;)*) => {
        $($(#[$doc])* pub fn $function(object: &Object) -> Option<&$fact> {
            match &object.fact { Fact::$variant(fact) => Some(fact), _ => None }
        })*
    };
}

casts! {
    /// The fact of a namespace.
    as_namespace: Namespace -> Namespace;
    /// The fact of a pod.
    as_pod: Pod -> Pod;
    /// The fact of a Service.
    as_service: Service -> Service;
    /// The fact of an EndpointSlice.
    as_slice: EndpointSlice -> EndpointSlice;
    /// The fact of an Ingress.
    as_ingress: Ingress -> Ingress;
    /// The fact of an IngressClass.
    as_ingress_class: IngressClass -> IngressClass;
    /// The fact of an object of cert-manager.
    as_issuance: Issuance -> Issuance;
    /// The fact of a Secret.
    as_secret: Secret -> Secret;
    /// The fact of what AWS reads for a class.
    as_class_params: ClassParams -> ClassParams;
    /// The fact of a ConfigMap.
    as_config_map: ConfigMap -> ConfigMap;
    /// The fact of a way in beside Ingress.
    as_other_route: OtherRoute -> OtherRoute;
    /// The fact of a node.
    as_node: Node -> Node;
    /// The fact of a workload.
    as_workload: Workload -> Workload;
    /// The fact of a network policy.
    as_policy: Policy -> Policy;
    /// The fact of an event.
    as_event: Event -> Event;
}
