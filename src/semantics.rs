//! Kubernetes' own algorithms, each pure and alone: what the endpoint controller, kube-proxy, the kubelet and an
//! Ingress controller make of the objects. Every function names the source that it follows.

pub mod readiness;
