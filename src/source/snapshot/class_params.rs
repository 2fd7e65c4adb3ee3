//! `IngressClassParams` of the AWS Load Balancer Controller.

use crate::model::class_params::ClassParams;
use crate::source::snapshot::doc::Doc;
use crate::source::snapshot::meta::selector;

pub(super) fn class_params(head: Doc, params: &ClassParams) -> Doc {
    let Some(namespaces) = &params.namespaces else {
        return head;
    };
    head.put(
        "spec",
        Doc::new().keep("namespaceSelector", selector(namespaces)),
    )
}
