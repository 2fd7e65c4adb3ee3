//! OpenShift's Route, Traefik's IngressRoute and Contour's HTTPProxy, as far as they name hosts and Services.

use crate::wire::meta::Metadata;
use crate::wire::notes::Text;
use crate::wire::shape::object;

object! {
    /// An OpenShift Route.
    Route {
        metadata: Metadata = "metadata" required,
        spec: RouteSpec = "spec",
    }
}

object! {
    /// `spec` of a Route.
    RouteSpec {
        host: Text = "host",
        path: Text = "path",
        to: Target = "to",
        others: Vec<Target> = "alternateBackends",
        wildcard: Text = "wildcardPolicy",
    }
}

object! {
    /// Something that a route leads to: a Service unless it says otherwise.
    Target {
        kind: Text = "kind",
        namespace: Text = "namespace",
        name: Text = "name",
    }
}

object! {
    /// A Traefik IngressRoute.
    IngressRoute {
        metadata: Metadata = "metadata" required,
        spec: IngressRouteSpec = "spec",
    }
}

object! {
    /// `spec` of an IngressRoute.
    IngressRouteSpec { routes: Vec<TraefikRule> = "routes", }
}

object! {
    /// `spec.routes[]` of an IngressRoute.
    TraefikRule {
        expression: Text = "match",
        services: Vec<Target> = "services",
    }
}

object! {
    /// A Contour HTTPProxy.
    HttpProxy {
        metadata: Metadata = "metadata" required,
        spec: HttpProxySpec = "spec",
    }
}

object! {
    /// `spec` of an HTTPProxy.
    HttpProxySpec {
        host: VirtualHost = "virtualhost",
        routes: Vec<ContourRule> = "routes",
    }
}

object! {
    /// `spec.virtualhost`.
    VirtualHost { fqdn: Text = "fqdn", }
}

object! {
    /// `spec.routes[]` of an HTTPProxy.
    ContourRule {
        conditions: Vec<Condition> = "conditions",
        services: Vec<Target> = "services",
    }
}

object! {
    /// `conditions[]` of a rule.
    Condition { prefix: Text = "prefix", exact: Text = "exact", }
}
