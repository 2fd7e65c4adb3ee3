//! Ingress and IngressClass, of every version that ever was.

use crate::wire::meta::Metadata;
use crate::wire::notes::Text;
use crate::wire::scalar::{MaybePort, PortWord};
use crate::wire::service::LoadBalancerStatus;
use crate::wire::shape::{choice, object};

object! {
    /// An Ingress.
    Ingress {
        api_version: Text = "apiVersion",
        metadata: Metadata = "metadata" required,
        spec: IngressSpec = "spec",
        status: IngressStatus = "status",
    }
}

object! {
    /// `spec`; `backend` is what `defaultBackend` was called before `v1`.
    IngressSpec {
        class: Text = "ingressClassName",
        default_backend: Backend = "defaultBackend",
        old_default_backend: Backend = "backend",
        rules: Vec<Rule> = "rules",
        tls: Vec<Tls> = "tls",
    }
}

object! {
    /// `spec.rules[]`.
    Rule {
        host: Text = "host",
        http: Http = "http",
    }
}

object! {
    /// `http` of a rule.
    Http { paths: Vec<Path> = "paths", }
}

object! {
    /// `http.paths[]`.
    Path {
        path: Text = "path",
        kind: PathWord = "pathType",
        backend: Backend = "backend" required,
    }
}

choice! {
    /// `pathType`.
    PathWord, "Exact, Prefix or ImplementationSpecific" {
        Exact = "Exact",
        Prefix = "Prefix",
        ImplementationSpecific = "ImplementationSpecific",
    }
}

object! {
    /// A backend: `service` or `resource`; before `v1` `serviceName` and `servicePort`.
    Backend {
        service: ServiceBackend = "service",
        resource: ResourceBackend = "resource",
        old_name: Text = "serviceName",
        old_port: PortWord = "servicePort",
    }
}

object! {
    /// `service` of a backend.
    ServiceBackend {
        name: Text = "name" required,
        port: ServicePort = "port" required,
    }
}

object! {
    /// `service.port`: a number or a name.
    ServicePort {
        number: MaybePort = "number",
        name: Text = "name",
    }
}

object! {
    /// `resource` of a backend.
    ResourceBackend {
        group: Text = "apiGroup",
        kind: Text = "kind",
        name: Text = "name",
    }
}

object! {
    /// `spec.tls[]`.
    Tls {
        hosts: Vec<Text> = "hosts",
        secret: Text = "secretName",
    }
}

object! {
    /// `status`.
    IngressStatus { load_balancer: LoadBalancerStatus = "loadBalancer", }
}

object! {
    /// An IngressClass.
    IngressClass {
        metadata: Metadata = "metadata" required,
        spec: IngressClassSpec = "spec",
    }
}

object! {
    /// `spec` of a class.
    IngressClassSpec {
        controller: Text = "controller",
        parameters: Parameters = "parameters",
    }
}

object! {
    /// `spec.parameters` of a class.
    Parameters {
        group: Text = "apiGroup",
        kind: Text = "kind",
        name: Text = "name",
        namespace: Text = "namespace",
    }
}
