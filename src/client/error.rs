//! Why there is no connection: each a sentence with its remedy.

use std::fmt::Write as _;
use std::time::Duration;
use thiserror::Error;

/// Why a cluster cannot be reached. Every text from outside has been made safe to print.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConnectError {
    /// There is no kubeconfig at any of the usual places.
    #[error(
        "no kubeconfig was found (looked at {looked}); set KUBECONFIG or pass --kubeconfig FILE, or try --demo"
    )]
    NoKubeconfig {
        /// The places, as a list.
        looked: String,
    },
    /// A kubeconfig is there and cannot be read.
    #[error(
        "the kubeconfig {path} cannot be read: {why}; pass another with --kubeconfig FILE, or try --demo"
    )]
    KubeconfigUnreadable {
        /// The file.
        path: String,
        /// The system's words.
        why: String,
    },
    /// A kubeconfig does not parse.
    #[error("the kubeconfig {path}{} is broken: {why}; mend it, or pass another with --kubeconfig FILE", at_line(*.line))]
    KubeconfigBroken {
        /// The file, or all of them where merging failed.
        path: String,
        /// The line, from 1.
        line: Option<u64>,
        /// What is wrong, without any value of the file.
        why: String,
    },
    /// No context was named and the kubeconfig has no current one.
    #[error("the kubeconfig has no current context; pass --context with one of: {}", list(.known))]
    NoCurrentContext {
        /// The contexts that there are.
        known: Vec<String>,
    },
    /// The context is not in the kubeconfig.
    #[error("no context named {wanted} in the kubeconfig; {}", nearest(.near, .known))]
    UnknownContext {
        /// What was asked for.
        wanted: String,
        /// The nearest names, best first.
        near: Vec<String>,
        /// The contexts that there are.
        known: Vec<String>,
    },
    /// The context is there and cannot be used.
    #[error(
        "the context {context} cannot be used: {why}; mend the kubeconfig, or pass another with --context"
    )]
    ContextBroken {
        /// The context.
        context: String,
        /// What is wrong with it.
        why: String,
    },
    /// The API server's name does not resolve.
    #[error(
        "the name of the API server {server} does not resolve; check the VPN or DNS, and `server:` in the kubeconfig"
    )]
    NameNotFound {
        /// `host:port`.
        server: String,
    },
    /// Nothing listens at the API server's address.
    #[error(
        "the API server {server} refuses the connection; check that it runs and that `server:` in the kubeconfig is right"
    )]
    Refused {
        /// `host:port`.
        server: String,
    },
    /// The API server does not answer in time.
    #[error("the API server {server} has not answered within {} s; check the VPN, the firewall and the server", .within.as_secs().max(1))]
    TimedOut {
        /// `host:port`.
        server: String,
        /// How long was waited.
        within: Duration,
    },
    /// The network does not lead there, or the connection broke.
    #[error(
        "the connection to the API server {server} failed: {why}; check the network or the VPN"
    )]
    Unreachable {
        /// `host:port`.
        server: String,
        /// The system's words.
        why: String,
    },
    /// The server's certificate is no longer, or not yet, valid.
    #[error(
        "the certificate of the API server {server} has expired or is not valid yet; renew it, and check this machine's clock"
    )]
    ServerCertificateExpired {
        /// `host:port`.
        server: String,
    },
    /// The server's certificate is signed by an authority that the kubeconfig does not name.
    #[error(
        "the certificate of the API server {server} is signed by an unknown authority; check `certificate-authority` in the kubeconfig"
    )]
    UnknownAuthority {
        /// `host:port`.
        server: String,
    },
    /// The server's certificate is for another name.
    #[error(
        "the certificate of the API server {server} is for another name; check `server:` or `tls-server-name` in the kubeconfig"
    )]
    WrongServerName {
        /// `host:port`.
        server: String,
    },
    /// TLS failed for another reason.
    #[error(
        "TLS with the API server {server} failed: {why}; check `server:` and the certificates in the kubeconfig"
    )]
    Tls {
        /// `host:port`.
        server: String,
        /// The library's words.
        why: String,
    },
    /// The client certificate of the kubeconfig has run out.
    #[error(
        "the client certificate of context {context} expired at {at}; renew it (on kubeadm clusters: kubeadm certs renew)"
    )]
    ClientCertificateExpired {
        /// The context.
        context: String,
        /// Since when.
        at: jiff::Timestamp,
    },
    /// The server does not accept the credentials.
    #[error(
        "the API server {server} does not accept the credentials of context {context}; log in again or renew them"
    )]
    Unauthorised {
        /// `host:port`.
        server: String,
        /// The context.
        context: String,
    },
    /// The credential plugin is not installed.
    #[error("the credential plugin {command} of context {context} was not found; {}", hint_or_path(.hint))]
    PluginAbsent {
        /// The program.
        command: String,
        /// The context.
        context: String,
        /// What the kubeconfig says of installing it; may be empty.
        hint: String,
    },
    /// The credential plugin ran and failed.
    #[error("the credential plugin {command} failed ({status}): {}; log in with it, then try again", said(.stderr))]
    PluginFailed {
        /// The program.
        command: String,
        /// Its exit status.
        status: String,
        /// What it wrote to standard error.
        stderr: String,
        /// Whether it may ask on a terminal, so that logging in from here can help.
        may_prompt: bool,
    },
    /// The credential plugin asks questions, which the screen would swallow.
    #[error(
        "the credential plugin {command} of context {context} wants to ask on the terminal; log in first"
    )]
    PluginNeedsTerminal {
        /// The program.
        command: String,
        /// The context.
        context: String,
    },
    /// The credential plugin does not come to an end.
    #[error("the credential plugin {command} has not finished within {} s; run it by hand to see why", .within.as_secs())]
    PluginSlow {
        /// The program.
        command: String,
        /// How long was waited.
        within: Duration,
    },
    /// Credentials could not be obtained in another way.
    #[error(
        "no credentials for context {context}: {why}; check the user's entry in the kubeconfig"
    )]
    Credentials {
        /// The context.
        context: String,
        /// What is wrong.
        why: String,
    },
    /// The proxy in between does not let the connection through.
    #[error(
        "the proxy {proxy} does not lead to the API server {server}: {why}; check HTTPS_PROXY, NO_PROXY or `proxy-url` in the kubeconfig"
    )]
    Proxy {
        /// The proxy without its password.
        proxy: String,
        /// `host:port`.
        server: String,
        /// What is wrong.
        why: String,
    },
    /// The server answers, but not as a Kubernetes API server does.
    #[error(
        "{server} does not answer as a Kubernetes API server: {why}; check `server:` in the kubeconfig"
    )]
    NotKubernetes {
        /// `host:port`.
        server: String,
        /// What it said.
        why: String,
    },
}

impl ConnectError {
    /// Whether giving the terminal to the credential plugin may help.
    pub fn wants_login(&self) -> bool {
        matches!(
            self,
            Self::PluginNeedsTerminal { .. }
                | Self::PluginFailed {
                    may_prompt: true,
                    ..
                }
        )
    }

    /// Whether the trouble lies in files on this machine, so that trying again changes nothing.
    pub fn is_permanent(&self) -> bool {
        matches!(
            self,
            Self::NoKubeconfig { .. }
                | Self::KubeconfigUnreadable { .. }
                | Self::KubeconfigBroken { .. }
                | Self::NoCurrentContext { .. }
                | Self::UnknownContext { .. }
                | Self::ContextBroken { .. }
                | Self::PluginAbsent { .. }
        )
    }
}

fn at_line(line: Option<u64>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line},"))
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 8;
    if names.is_empty() {
        return String::from("(it has none)");
    }
    let mut text = names
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        let _ = write!(text, " and {} more", names.len() - SHOWN);
    }
    text
}

fn nearest(near: &[String], known: &[String]) -> String {
    if near.is_empty() {
        format!("it has: {}", list(known))
    } else {
        format!("did you mean {}?", near.join(" or "))
    }
}

fn hint_or_path(hint: &str) -> String {
    if hint.is_empty() {
        String::from("install it or put it on PATH")
    } else {
        format!("its kubeconfig says: {hint}")
    }
}

fn said(stderr: &str) -> &str {
    if stderr.is_empty() {
        "it said nothing"
    } else {
        stderr
    }
}
