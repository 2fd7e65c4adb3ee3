//! What annotations tell a cloud's load balancer about its targets: facts beneath a rule, for nothing in the cluster
//! shows how the load balancer took them.
//!
//! Follows the guides of the AWS Load Balancer Controller, of GKE Ingress and of the Application Gateway Ingress
//! Controller.

use crate::model::ingress::{Backend, Ingress};
use crate::model::kind::Kind;
use crate::model::service::{Service, ServiceType};
use crate::model::view::View;
use crate::semantics::controller::Known;
use crate::trace::entry::Entry;
use crate::trace::hop::{Note, Verdict};

/// The lines beneath a rule that a cloud's load balancer serves.
pub(super) fn notes(
    view: &View<'_>,
    entry: &Entry<'_>,
    ingress: &Ingress,
    backend: &Backend,
) -> Vec<Note> {
    let name = backend.service_name();
    let key = name.map(|name| ingress.meta.key.sibling(Kind::Service, name.clone()));
    let service = key.and_then(|key| view.service(&key));
    let lines = match entry.known.map(Known::reads) {
        Some("ingress.k8s.aws/alb") => aws(ingress, service),
        Some("k8s.io/ingress-gce") => gke(service),
        Some("azure/application-gateway") => azure(ingress),
        _ => Vec::new(),
    };
    lines
        .into_iter()
        .map(|text| Note {
            subject: Some(ingress.meta.key.clone()),
            verdict: Verdict::Skipped,
            text,
        })
        .collect()
}

/// An annotation of the Service comes before one of the Ingress.
fn aws(ingress: &Ingress, service: Option<&Service>) -> Vec<String> {
    let said = |name: &str| {
        let key = format!("alb.ingress.kubernetes.io/{name}");
        let own = service.and_then(|service| service.meta.annotations.get(&key));
        own.or_else(|| ingress.meta.annotations.get(&key))
    };
    let type_ = said("target-type").map_or(
        "instance, unless the controller has another default",
        |word| word,
    );
    let mut lines = vec![if type_ == "ip" {
        "target-type ip: the load balancer asks pods at their own addresses".to_owned()
    } else {
        let none = service.is_some_and(|service| service.kind == ServiceType::ClusterIp);
        let lacks = if none {
            ", and the Service has none: it is a ClusterIP"
        } else {
            ""
        };
        format!("target-type {type_}: the load balancer asks node ports{lacks}")
    }];
    if let Some(path) = said("healthcheck-path") {
        lines.push(format!(
            "a target counts as healthy by its answer at {path}"
        ));
    }
    if let Some(scheme) = said("scheme") {
        lines.push(format!("the load balancer is {scheme}"));
    }
    lines
}

fn gke(service: Option<&Service>) -> Vec<String> {
    let said = |name: &str| service.and_then(|service| service.meta.annotations.get(name));
    let mut lines = Vec::new();
    if let Some(neg) = said("cloud.google.com/neg") {
        lines.push(format!("cloud.google.com/neg {neg}: with ingress true the load balancer asks pods, else node ports"));
    }
    let config = said("cloud.google.com/backend-config");
    if let Some(config) = config.or_else(|| said("beta.cloud.google.com/backend-config")) {
        lines.push(format!(
            "BackendConfig {config} has the health check, which is not read"
        ));
    }
    lines
}

fn azure(ingress: &Ingress) -> Vec<String> {
    let key = "appgw.ingress.kubernetes.io/health-probe-path";
    let path = ingress.meta.annotations.get(key);
    path.map(|path| format!("a pod counts as healthy by its answer at {path}"))
        .into_iter()
        .collect()
}
