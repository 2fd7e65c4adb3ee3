//! Why a connection to a pod could not be made or broke off, read from what the API server and the
//! kubelet say.

use std::fmt;

/// The longest text that is kept of what a server said, in bytes.
const KEPT: usize = 2048;

/// Why a dial failed or a stream broke.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Nothing listens on the port in the pod.
    Refused {
        /// The container port.
        port: u16,
    },
    /// The pod, or its sandbox, is gone.
    PodGone,
    /// The pod is there but does not run yet, or no longer.
    NotRunning(String),
    /// The user may not do it: the API server's words, which name verb and resource.
    Forbidden(String),
    /// The API server does not accept the credentials.
    Unauthorized(String),
    /// The API server answers, but cannot reach the pod's node.
    Node(String),
    /// The API server cannot be reached.
    Unreachable(String),
    /// No answer in time.
    TimedOut,
    /// The API server asks to slow down.
    TooBusy,
    /// The connection to the pod broke while it was in use.
    Reset(String),
    /// The WebSocket ended without its closing handshake: something on the way was cut.
    Cut(String),
    /// The server does not keep to the protocol.
    Protocol(String),
    /// Anything else, in the server's words.
    Other(String),
}

impl Cause {
    /// The cause behind an HTTP answer other than 101 to the request for a port-forward.
    pub fn of_status(code: u16, message: &str) -> Self {
        let said = kept(message);
        match code {
            401 => Self::Unauthorized(said),
            403 => Self::Forbidden(said),
            404 => Self::PodGone,
            408 | 504 => Self::TimedOut,
            429 => Self::TooBusy,
            _ if is_unreachable_node(message) => Self::Node(said),
            400 | 409 | 500 if is_not_running(message) => Self::NotRunning(said),
            502 | 503 => Self::Unreachable(format!("HTTP {code}: {said}")),
            _ => Self::Other(format!("HTTP {code}: {said}")),
        }
    }

    /// The cause behind the text of a port-forward's error channel.
    pub fn of_error_channel(text: &str, port: u16) -> Self {
        let lower = text.to_lowercase();
        let said = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        if said(&["connection refused"]) {
            Self::Refused { port }
        } else if is_gone(&lower) {
            Self::PodGone
        } else if is_not_running(text) {
            Self::NotRunning(kept(text))
        } else if said(&["connection reset", "broken pipe"]) {
            Self::Reset(kept(text))
        } else if said(&["i/o timeout", "timed out", "deadline exceeded"]) {
            Self::TimedOut
        } else {
            Self::Other(kept(text))
        }
    }

    /// The fault lies with the one pod: another endpoint may well work.
    pub fn is_of_the_pod(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::PodGone
                | Self::NotRunning(_)
                | Self::Node(_)
                | Self::TimedOut
                | Self::Reset(_)
                | Self::Other(_)
        )
    }

    /// The pod is on its way out or not yet in: the world will soon say so.
    pub fn is_of_the_moment(&self) -> bool {
        matches!(self, Self::PodGone | Self::NotRunning(_) | Self::TooBusy)
    }

    /// What a person can do about it; empty where nothing general can be said.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Refused { .. } => {
                "the process in the pod does not listen on this port, or on another address than localhost"
            }
            Self::Forbidden(_) => "a role with get and create on pods/portforward is needed",
            Self::Unauthorized(_) => "log in again",
            Self::Node(_) => "the pod's node or its kubelet does not answer",
            Self::Unreachable(_) => "check the network, VPN and the cluster's address",
            Self::Cut(_) => "the API server, a proxy or the network on the way dropped it",
            _ => "",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { port } => write!(f, "connection refused in the pod on port {port}"),
            Self::PodGone => f.write_str("the pod is gone"),
            Self::NotRunning(said) => write!(f, "the pod is not running: {said}"),
            Self::Forbidden(said) => write!(f, "forbidden: {said}"),
            Self::Unauthorized(said) if said.is_empty() => {
                f.write_str("the API server does not accept the credentials")
            }
            Self::Unauthorized(said) => {
                write!(f, "the API server does not accept the credentials: {said}")
            }
            Self::Node(said) => write!(f, "the pod's node cannot be reached: {said}"),
            Self::Unreachable(said) => write!(f, "the API server cannot be reached: {said}"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::TooBusy => f.write_str("the API server asks to slow down"),
            Self::Reset(said) => write!(f, "the pod reset the connection: {said}"),
            Self::Cut(said) => write!(f, "the stream was cut: {said}"),
            Self::Protocol(said) => write!(f, "the server broke the protocol: {said}"),
            Self::Other(said) => f.write_str(said),
        }
    }
}

/// The API server's words for "the kubelet does not answer": the dial it made failed.
fn is_unreachable_node(message: &str) -> bool {
    let lower = message.to_lowercase();
    let dialled = lower.contains("error dialing backend") || lower.contains("dial tcp");
    let node = [
        "no route to host",
        "i/o timeout",
        "connection refused",
        "host is down",
    ];
    lower.contains("no agent available") || dialled && node.iter().any(|word| lower.contains(word))
}

/// The runtime's words for a sandbox that has ended.
fn is_gone(lower: &str) -> bool {
    let place = lower.contains("network namespace") || lower.contains("sandbox");
    let ended = [
        "closed",
        "not found",
        "no such file",
        "notready",
        "not ready",
        "is not running",
    ];
    place && ended.iter().any(|word| lower.contains(word)) || lower.contains("pod not found")
}

fn is_not_running(message: &str) -> bool {
    let lower = message.to_lowercase();
    let words = [
        "pod is not running",
        "container not running",
        "container is not running",
        "containercreating",
        "podinitializing",
        "current phase is",
        "does not have a host assigned",
        "not in running phase",
    ];
    words.iter().any(|word| lower.contains(word))
}

/// The text in one line, bounded.
fn kept(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.len() > KEPT {
        line.truncate(line.floor_char_boundary(KEPT));
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubelets_say_of_a_refused_port() {
        let said = "error forwarding port 9999 to pod 3f2, uid : failed to execute portforward in network namespace \
             \"/var/run/netns/cni-1\": failed to connect to localhost:9999 inside namespace \"3f2\", IPv4: dial tcp4 \
             127.0.0.1:9999: connect: connection refused IPv6 dial tcp6 [::1]:9999: connect: connection refused";
        assert_eq!(
            Cause::of_error_channel(said, 9999),
            Cause::Refused { port: 9999 }
        );
    }

    #[test]
    fn what_kubelets_say_of_a_dead_sandbox() {
        for said in [
            "error forwarding port 80 to pod 3f2, uid : network namespace for sandbox \"3f2\" is closed",
            "error forwarding port 80 to pod 3f2: failed to find sandbox \"3f2\" in store: not found",
            "sandbox 3f2 is not running",
            "failed to execute portforward in network namespace \"/var/run/netns/x\": open: no such file or directory",
        ] {
            assert_eq!(Cause::of_error_channel(said, 80), Cause::PodGone, "{said}");
        }
    }

    #[test]
    fn other_words_of_the_error_channel() {
        let reset = Cause::of_error_channel(
            "read tcp4 127.0.0.1:1->127.0.0.1:80: read: connection reset by peer",
            80,
        );
        assert!(matches!(reset, Cause::Reset(_)));
        assert_eq!(
            Cause::of_error_channel("dial tcp4: i/o timeout", 80),
            Cause::TimedOut
        );
        assert_eq!(
            Cause::of_error_channel("strange\n  things", 80),
            Cause::Other("strange things".into())
        );
    }

    #[test]
    fn statuses_of_the_api_server() {
        assert_eq!(
            Cause::of_status(404, "pods \"web-1\" not found"),
            Cause::PodGone
        );
        let said =
            "pods \"web-1\" is forbidden: User \"ada\" cannot create resource \"pods/portforward\"";
        assert_eq!(Cause::of_status(403, said), Cause::Forbidden(said.into()));
        assert!(matches!(
            Cause::of_status(401, "Unauthorized"),
            Cause::Unauthorized(_)
        ));
        assert_eq!(Cause::of_status(429, ""), Cause::TooBusy);
        assert_eq!(Cause::of_status(504, ""), Cause::TimedOut);
        assert!(matches!(
            Cause::of_status(503, "apiserver is shutting down"),
            Cause::Unreachable(_)
        ));
        let node = "error dialing backend: dial tcp 10.0.0.4:10250: connect: no route to host";
        assert!(matches!(Cause::of_status(500, node), Cause::Node(_)));
        assert!(matches!(Cause::of_status(502, node), Cause::Node(_)));
        let pending = "unable to forward port because pod is not running. Current status=Pending";
        assert!(matches!(
            Cause::of_status(400, pending),
            Cause::NotRunning(_)
        ));
        assert_eq!(
            Cause::of_status(500, "boom"),
            Cause::Other("HTTP 500: boom".into())
        );
    }

    #[test]
    fn a_servers_text_is_bounded() {
        let said = "word ".repeat(100_000);
        let Cause::Other(text) = Cause::of_error_channel(&said, 1) else {
            panic!("not Other")
        };
        assert!(text.len() <= KEPT + '…'.len_utf8());
        let Cause::Other(text) = Cause::of_error_channel(&"ä".repeat(100_000), 1) else {
            panic!("not Other")
        };
        assert_eq!(text.len(), KEPT + '…'.len_utf8());
    }

    #[test]
    fn only_faults_of_one_pod_lead_to_another() {
        assert!(Cause::Refused { port: 1 }.is_of_the_pod());
        assert!(Cause::PodGone.is_of_the_pod());
        assert!(!Cause::Forbidden(String::new()).is_of_the_pod());
        assert!(!Cause::Unreachable(String::new()).is_of_the_pod());
    }
}
