//! Kubernetes' own algorithms, each pure and alone: what the endpoint controller, kube-proxy, the kubelet and an
//! Ingress controller make of the objects. Every module names the source that it follows.

pub mod alias;
pub mod class_params;
pub mod controller;
pub mod empty;
pub mod endpoints;
pub mod ingress;
pub mod issuance;
pub mod near;
pub mod network;
pub mod nginx;
pub mod node_ports;
pub mod other_routes;
pub mod owner;
pub mod policy;
pub mod proxy;
pub mod readiness;
pub mod rollout;
pub mod source_ranges;
pub mod speech;
pub mod tls;
pub mod unseen;
