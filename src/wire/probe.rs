//! Probes.

use crate::wire::notes::Text;
use crate::wire::scalar::PortWord;
use crate::wire::shape::object;

object! {
    /// A probe of a container.
    Probe {
        http: HttpGet = "httpGet",
        tcp: TcpSocket = "tcpSocket",
        grpc: Grpc = "grpc",
        initial_delay: u32 = "initialDelaySeconds",
        period: u32 = "periodSeconds",
        timeout: u32 = "timeoutSeconds",
        failures: u32 = "failureThreshold",
    }
}

object! {
    /// `httpGet`.
    HttpGet {
        path: Text = "path",
        port: PortWord = "port" required,
        scheme: Text = "scheme",
    }
}

object! {
    /// `tcpSocket`.
    TcpSocket { port: PortWord = "port" required, }
}

object! {
    /// `grpc`.
    Grpc { port: PortWord = "port" required, }
}
