//! Service.

use crate::wire::meta::{Condition, Metadata};
use crate::wire::notes::Text;
use crate::wire::scalar::{Cidr, ClusterIp, Ip, MaybePort, Pairs, Port, PortWord, ProtocolWord};
use crate::wire::shape::{choice, object};

object! {
    /// A Service.
    Service {
        metadata: Metadata = "metadata" required,
        spec: ServiceSpec = "spec" required,
        status: ServiceStatus = "status",
    }
}

object! {
    /// `spec`.
    ServiceSpec {
        kind: TypeWord = "type",
        selector: Pairs = "selector",
        ports: Vec<ServicePort> = "ports",
        cluster_ip: ClusterIp = "clusterIP",
        cluster_ips: Vec<ClusterIp> = "clusterIPs",
        external_name: Text = "externalName",
        external_ips: Vec<Ip> = "externalIPs",
        load_balancer_class: Text = "loadBalancerClass",
        source_ranges: Vec<Cidr> = "loadBalancerSourceRanges",
        allocate_node_ports: bool = "allocateLoadBalancerNodePorts",
        internal_policy: PolicyWord = "internalTrafficPolicy",
        external_policy: PolicyWord = "externalTrafficPolicy",
        health_check_node_port: MaybePort = "healthCheckNodePort",
        session_affinity: AffinityWord = "sessionAffinity",
        session_affinity_config: AffinityConfig = "sessionAffinityConfig",
        publish_not_ready: bool = "publishNotReadyAddresses",
        families: Vec<FamilyWord> = "ipFamilies",
        family_policy: Text = "ipFamilyPolicy",
        traffic_distribution: Text = "trafficDistribution",
    }
}

choice! {
    /// `spec.type`.
    TypeWord, "ClusterIP, NodePort, LoadBalancer or ExternalName" {
        ClusterIp = "ClusterIP",
        NodePort = "NodePort",
        LoadBalancer = "LoadBalancer",
        ExternalName = "ExternalName",
    }
}

choice! {
    /// `internalTrafficPolicy` and `externalTrafficPolicy`.
    PolicyWord, "Cluster or Local" { Cluster = "Cluster", Local = "Local", }
}

choice! {
    /// `sessionAffinity`.
    AffinityWord, "None or ClientIP" { None = "None", ClientIp = "ClientIP", }
}

choice! {
    /// An entry of `ipFamilies`.
    FamilyWord, "IPv4 or IPv6" { V4 = "IPv4", V6 = "IPv6", }
}

object! {
    /// `sessionAffinityConfig`.
    AffinityConfig { client_ip: ClientIpConfig = "clientIP", }
}

object! {
    /// `sessionAffinityConfig.clientIP`.
    ClientIpConfig { timeout: u32 = "timeoutSeconds", }
}

object! {
    /// `spec.ports[]`.
    ServicePort {
        name: Text = "name",
        port: Port = "port" required,
        protocol: ProtocolWord = "protocol",
        target: PortWord = "targetPort",
        node_port: MaybePort = "nodePort",
        app_protocol: Text = "appProtocol",
    }
}

object! {
    /// `status`.
    ServiceStatus {
        load_balancer: LoadBalancerStatus = "loadBalancer",
        conditions: Vec<Condition> = "conditions",
    }
}

object! {
    /// `status.loadBalancer`, of a Service or an Ingress.
    LoadBalancerStatus { ingress: Vec<LoadBalancerIngress> = "ingress", }
}

object! {
    /// `status.loadBalancer.ingress[]`.
    LoadBalancerIngress {
        ip: Ip = "ip",
        hostname: Text = "hostname",
        ip_mode: IpMode = "ipMode",
        ports: Vec<PortStatus> = "ports",
    }
}

choice! {
    /// `ipMode`.
    IpMode, "VIP or Proxy" { Vip = "VIP", Proxy = "Proxy", }
}

object! {
    /// `ports[]` of a load balancer's address.
    PortStatus {
        port: Port = "port",
        error: Text = "error",
    }
}
