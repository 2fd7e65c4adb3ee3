//! A port of an Ingress that its load balancer refused.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING021",
    slug: "ingress-port-refused",
    title: "load balancer refused a port",
    on: &[Kind::Ingress],
    page: include_str!("ingress_port_refused.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    for (at, address) in ingress.addresses.iter().enumerate() {
        for (port, error) in &address.port_errors {
            let field = format!("status.loadBalancer.ingress[{at}].ports");
            sink.report(
                Draft::warning(key, format!("load balancer refused port {port}"))
                    .detail(format!("{at}/{port}"))
                    .at(field.as_str())
                    .says(format!("The load balancer of the Ingress does not serve port {port}: {error}."))
                    .evidence(Evidence::new(key, &field, &**error, "no error"))
                    .confirm(kubectl::get(key).option("-o", "yaml"))
                    .fix("Look up the reason in the documentation of the load balancer; the events of the Ingress may say more."),
            );
        }
    }
}
