//! What went wrong with one request, told apart by what is to be done about it.

use crate::client::error::ConnectError;
use crate::client::text::one_line;
use kube::client::AuthError;
use std::error::Error;
use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There was no answer, or none that can be trusted; also every trouble with credentials.
    Connection(ConnectError),
    /// 401: the credentials are not, or no longer, accepted.
    Unauthorised,
    /// 403, with the server's words.
    Forbidden(String),
    /// 404.
    NotFound(String),
    /// 410: the resource version or the continue token is too old.
    Expired,
    /// 429, or 503 with a time: the server asks to wait.
    Busy(Option<Duration>),
    /// Any other refusal, with code and words.
    Refused(u16, String),
    /// The answer breaks off or is no JSON.
    Garbled(String),
}

impl Fault {
    /// Whether the server did answer: the way to it is good.
    pub fn answered(&self) -> bool {
        !matches!(self, Self::Connection(_) | Self::Garbled(_))
    }

    /// The fault as an error for a person, where it keeps the whole program from its work.
    pub fn into_connect_error(self, server: &str, context: &str) -> ConnectError {
        match self {
            Self::Connection(error) => error,
            Self::Unauthorised => ConnectError::Unauthorised {
                server: server.to_owned(),
                context: context.to_owned(),
            },
            other => ConnectError::NotKubernetes {
                server: server.to_owned(),
                why: other.to_string(),
            },
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(error) => error.fmt(f),
            Self::Unauthorised => f.write_str("the server does not accept the credentials"),
            Self::Forbidden(message) | Self::NotFound(message) => f.write_str(message),
            Self::Expired => f.write_str("the resource version is too old"),
            Self::Busy(Some(after)) => {
                write!(f, "the server asks to wait {} s", after.as_secs().max(1))
            }
            Self::Busy(None) => f.write_str("the server has too many requests"),
            Self::Refused(code, message) if message.is_empty() => write!(f, "HTTP {code}"),
            Self::Refused(code, message) => write!(f, "HTTP {code}: {message}"),
            Self::Garbled(what) => f.write_str(what),
        }
    }
}

/// What an error is judged with.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// `host:port` of the API server.
    pub server: String,
    /// The context's name.
    pub context: String,
    /// The proxy, without its password.
    pub proxy: Option<String>,
    /// The credential plugin of the user.
    pub plugin: Option<Plugin>,
    /// How long a connection may take.
    pub patience: Duration,
}

/// What errors say of a credential plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// The program as the kubeconfig names it, without arguments: those may hold secrets.
    pub command: String,
    /// What the kubeconfig says of installing it.
    pub hint: String,
    /// Whether it may ask on a terminal.
    pub may_prompt: bool,
}

impl Site {
    /// What an error of kube (or of anything below it) means.
    pub fn judge(&self, error: &(dyn Error + 'static)) -> ConnectError {
        let chain = chain(error);
        for link in &chain {
            if let Some(auth) = link.downcast_ref::<AuthError>() {
                return self.judge_auth(auth);
            }
        }
        let texts: Vec<String> = chain.iter().map(ToString::to_string).collect();
        let all = texts.join(": ");
        self.judge_tls(&all)
            .or_else(|| self.judge_proxy(&all))
            .or_else(|| self.judge_io(&chain, &all))
            .unwrap_or_else(|| ConnectError::Unreachable {
                server: self.server.clone(),
                why: one_line(texts.last().map_or("", String::as_str)),
            })
    }

    fn judge_auth(&self, error: &AuthError) -> ConnectError {
        let plugin = self.plugin.clone().unwrap_or(Plugin {
            command: String::from("of the kubeconfig"),
            hint: String::new(),
            may_prompt: false,
        });
        match error {
            AuthError::AuthExecStart(io) if io.kind() == ErrorKind::NotFound => {
                ConnectError::PluginAbsent {
                    command: plugin.command,
                    context: self.context.clone(),
                    hint: plugin.hint,
                }
            }
            AuthError::AuthExecStart(io) => ConnectError::PluginFailed {
                command: plugin.command,
                status: String::from("it does not start"),
                stderr: one_line(&io.to_string()),
                may_prompt: false,
            },
            AuthError::AuthExecRun { out, .. } => ConnectError::PluginFailed {
                command: plugin.command,
                status: out.status.to_string(),
                stderr: last_words(&out.stderr),
                may_prompt: plugin.may_prompt,
            },
            AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed => {
                ConnectError::PluginFailed {
                    command: plugin.command,
                    status: String::from("exit status: 0"),
                    stderr: String::from("its output holds no credentials"),
                    may_prompt: plugin.may_prompt,
                }
            }
            AuthError::ReadTokenFile(io, path) => self.no_credentials(&format!(
                "the token file {} cannot be read: {io}",
                path.display()
            )),
            AuthError::AuthExec(why) => self.no_credentials(why),
            AuthError::InvalidBasicAuth(_) | AuthError::InvalidBearerToken(_) => {
                self.no_credentials("the token has characters that no header may carry")
            }
            AuthError::Oidc(_) => self.no_credentials("the OIDC token could not be refreshed"),
            _ => self.no_credentials("they could not be obtained"),
        }
    }

    fn no_credentials(&self, why: &str) -> ConnectError {
        ConnectError::Credentials {
            context: self.context.clone(),
            why: one_line(why),
        }
    }

    fn judge_tls(&self, all: &str) -> Option<ConnectError> {
        let server = self.server.clone();
        let says = |part: &str| all.contains(part);
        if says("invalid peer certificate") {
            return Some(
                if says("expired")
                    || says("Expired")
                    || says("NotValidYet")
                    || says("not valid yet")
                {
                    ConnectError::ServerCertificateExpired { server }
                } else if says("UnknownIssuer") || says("BadSignature") || says("CaUsedAsEndEntity")
                {
                    ConnectError::UnknownAuthority { server }
                } else if says("not valid for name") || says("NotValidForName") {
                    ConnectError::WrongServerName { server }
                } else {
                    ConnectError::Tls {
                        server,
                        why: tail(all, "invalid peer certificate"),
                    }
                },
            );
        }
        for sign in [
            "received fatal alert",
            "received corrupt message",
            "InvalidContentType",
            "peer is incompatible",
            "invalid dnsname",
            "invalid server name",
        ] {
            if says(sign) {
                return Some(ConnectError::Tls {
                    server,
                    why: tail(all, sign),
                });
            }
        }
        None
    }

    fn judge_proxy(&self, all: &str) -> Option<ConnectError> {
        let proxy = self.proxy.clone()?;
        let through = ["tunnel error", "SOCKS", "socks", "proxy"];
        through
            .iter()
            .find(|sign| all.contains(**sign))
            .map(|sign| ConnectError::Proxy {
                proxy,
                server: self.server.clone(),
                why: tail(all, sign),
            })
    }

    fn judge_io(&self, chain: &[&(dyn Error + 'static)], all: &str) -> Option<ConnectError> {
        let server = self.server.clone();
        if all.contains("dns error") || all.contains("failed to lookup address") {
            return Some(ConnectError::NameNotFound { server });
        }
        let io = chain
            .iter()
            .filter_map(|link| link.downcast_ref::<std::io::Error>())
            .find(|io| io.kind() != ErrorKind::Other)?;
        Some(match io.kind() {
            ErrorKind::ConnectionRefused => match &self.proxy {
                Some(proxy) => ConnectError::Proxy {
                    proxy: proxy.clone(),
                    server,
                    why: String::from("the connection is refused"),
                },
                None => ConnectError::Refused { server },
            },
            ErrorKind::TimedOut => ConnectError::TimedOut {
                server,
                within: self.patience,
            },
            _ => ConnectError::Unreachable {
                server,
                why: one_line(&io.to_string()),
            },
        })
    }
}

/// An error and all that caused it, the outermost first; kube's own boxes are looked into.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    const DEEPEST: usize = 24;
    let mut links: Vec<&'e (dyn Error + 'static)> = vec![error];
    let mut at = error;
    while links.len() < DEEPEST {
        let inside = at
            .downcast_ref::<std::io::Error>()
            .and_then(|io| io.get_ref())
            .map(|inner| inner as &(dyn Error + 'static));
        let Some(next) = inside.or_else(|| at.source()) else {
            break;
        };
        links.push(next);
        at = next;
    }
    links
}

/// The last lines of what a plugin said: the reason stands at the end.
pub(crate) fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let from = lines.len().saturating_sub(3);
    one_line(&lines.get(from..).unwrap_or_default().join(" "))
}

fn tail(text: &str, from: &str) -> String {
    let at = text.find(from).unwrap_or(0);
    one_line(text.get(at..).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::{Fault, Site};
    use crate::client::error::ConnectError;
    use std::io::{Error, ErrorKind};
    use std::time::Duration;

    fn site(proxy: Option<&str>) -> Site {
        Site {
            server: String::from("api:6443"),
            context: String::from("test"),
            proxy: proxy.map(str::to_owned),
            plugin: None,
            patience: Duration::from_secs(10),
        }
    }

    fn judged(kind: ErrorKind, text: &str) -> ConnectError {
        site(None).judge(&Error::new(kind, text.to_owned()))
    }

    #[test]
    fn certificates_by_the_words_of_the_tls_library() {
        let server = || String::from("api:6443");
        let tls = |text: &str| {
            judged(
                ErrorKind::InvalidData,
                &format!("invalid peer certificate: {text}"),
            )
        };
        assert_eq!(
            tls(
                "certificate expired: verification time 1700000000 (UNIX), but certificate is not valid after 1600000000"
            ),
            ConnectError::ServerCertificateExpired { server: server() }
        );
        assert_eq!(
            tls(
                "certificate not valid yet: verification time 1 (UNIX), but certificate is not valid before 2"
            ),
            ConnectError::ServerCertificateExpired { server: server() }
        );
        assert_eq!(
            tls("UnknownIssuer"),
            ConnectError::UnknownAuthority { server: server() }
        );
        assert_eq!(
            tls(
                "certificate not valid for name \"api\"; certificate is only valid for DnsName(\"b\")"
            ),
            ConnectError::WrongServerName { server: server() }
        );
        assert!(matches!(tls("BadEncoding"), ConnectError::Tls { .. }));
    }

    #[test]
    fn sockets_by_kind() {
        assert!(matches!(
            judged(ErrorKind::ConnectionRefused, "x"),
            ConnectError::Refused { .. }
        ));
        assert!(matches!(
            judged(ErrorKind::TimedOut, "x"),
            ConnectError::TimedOut { .. }
        ));
        assert!(matches!(
            judged(ErrorKind::HostUnreachable, "x"),
            ConnectError::Unreachable { .. }
        ));
        assert!(matches!(
            judged(ErrorKind::ConnectionReset, "x"),
            ConnectError::Unreachable { .. }
        ));
    }

    #[test]
    fn a_cause_is_found_behind_wrappers() {
        let inner = Error::new(ErrorKind::ConnectionRefused, "no");
        let outer = Error::other(Error::other(inner));
        assert!(matches!(
            site(None).judge(&outer),
            ConnectError::Refused { .. }
        ));
    }

    #[test]
    fn behind_a_proxy_the_proxy_is_named() {
        let through = site(Some("proxy:3128"));
        for error in [
            Error::new(ErrorKind::ConnectionRefused, "no"),
            Error::other("tunnel error: unsuccessful"),
        ] {
            let judged = through.judge(&error);
            assert!(
                matches!(&judged, ConnectError::Proxy { proxy, .. } if proxy == "proxy:3128"),
                "{judged}"
            );
        }
    }

    #[test]
    fn only_answers_count_as_answers() {
        assert!(Fault::Busy(None).answered() && Fault::Forbidden(String::new()).answered());
        assert!(!Fault::Garbled(String::new()).answered());
    }
}
