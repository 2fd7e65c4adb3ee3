//! `IngressClassParams` of the AWS Load Balancer Controller.

use crate::lower::Lower;
use crate::lower::context::{Context, selector};
use crate::model::class_params::ClassParams;
use crate::model::object::Fact;
use crate::wire::class_params as wire;

impl Lower for wire::ClassParams {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let namespaces = self.spec.and_then(|spec| spec.namespaces);
        Fact::ClassParams(ClassParams {
            meta,
            namespaces: namespaces.as_ref().map(selector),
        })
    }
}
