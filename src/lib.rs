//! Portolan: why does my Kubernetes traffic not arrive?
