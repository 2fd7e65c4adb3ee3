//! A Service that kube-proxy leaves to somebody else.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::ServiceType;
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC018",
    slug: "proxy-ignores",
    title: "kube-proxy ignores it",
    on: &[Kind::Service],
    page: include_str!("proxy_ignores.md"),
    check,
};

const PROXY_NAME: &str = "service.kubernetes.io/service-proxy-name";
const HEADLESS: &str = "service.kubernetes.io/headless";

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    if service.headless || service.kind == ServiceType::ExternalName {
        return;
    }
    let labels = &service.meta.labels;
    let (label, value, severity, told) = if let Some(proxy) = labels.get(PROXY_NAME) {
        let told = format!("Only a proxy called {proxy} serves it.");
        (PROXY_NAME, proxy, Severity::Info, told)
    } else if let Some(value) = labels.get(HEADLESS) {
        let told =
            "The label is for headless Services, and this one has an address that nobody serves.";
        (HEADLESS, value, Severity::Warning, told.to_owned())
    } else {
        return;
    };
    sink.report(
        ports::draft(severity, key, "kube-proxy ignores it")
            .at("metadata.labels")
            .says(format!("kube-proxy passes over Services with the label {label}. {told}"))
            .evidence(Evidence::new(key, "metadata.labels", format!("{label}={value}"), "without it"))
            .confirm(kubectl::get(key).flag("--show-labels"))
            .fix("See to it that the proxy which is meant runs on every node; else remove the label."),
    );
}
