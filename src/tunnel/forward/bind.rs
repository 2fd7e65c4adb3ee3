//! Binds the local port, and says in full why it cannot be had.

use crate::tunnel::forward::holder::{self, Holder};
use std::io::ErrorKind;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpSocket};

/// How many ports after a busy one are tried for a proposal.
const TRIED: u16 = 64;

/// Why the local port cannot be bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindError {
    /// Somebody listens there.
    Busy {
        /// The address and port that were wanted.
        wanted: SocketAddr,
        /// Who, where the system tells.
        holder: Option<Holder>,
        /// The next port that is free.
        next: Option<u16>,
    },
    /// The system reserves the port to others.
    NotAllowed {
        /// The address and port that were wanted.
        wanted: SocketAddr,
        /// A port that is free.
        next: Option<u16>,
    },
    /// This machine has no such address.
    NoSuchAddress(SocketAddr),
    /// Anything else, in the system's words.
    Other(SocketAddr, String),
}

impl BindError {
    /// A local port that would do instead.
    pub fn next(&self) -> Option<u16> {
        match self {
            Self::Busy { next, .. } | Self::NotAllowed { next, .. } => *next,
            Self::NoSuchAddress(_) | Self::Other(..) => None,
        }
    }
}

impl std::error::Error for BindError {}

impl std::fmt::Display for BindError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Busy { wanted, holder, .. } => {
                write!(f, "{wanted} is in use")?;
                holder
                    .iter()
                    .try_for_each(|holder| write!(f, " by {holder}"))?;
            }
            Self::NotAllowed { wanted, .. } => {
                write!(f, "{wanted} may only be bound by a privileged user")?;
            }
            Self::NoSuchAddress(wanted) => {
                write!(f, "this machine has no address {}", wanted.ip())?;
            }
            Self::Other(wanted, why) => write!(f, "{wanted} cannot be bound: {why}")?,
        }
        self.next()
            .iter()
            .try_for_each(|next| write!(f, "; {next} is free"))
    }
}

/// How many connections may knock at once before one is accepted. Where more do, some systems answer with a reset.
const KNOCKING: u32 = 4096;

/// The listener and the address it really has.
pub(super) async fn bind(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    match listen(wanted) {
        Ok(bound) => Ok(bound),
        Err(error) => Err(explain(wanted, &error).await),
    }
}

fn listen(wanted: SocketAddr) -> std::io::Result<(TcpListener, SocketAddr)> {
    let socket = if wanted.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A port whose last connections still linger can be taken again, as by `TcpListener::bind`.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(wanted)?;
    let listener = socket.listen(KNOCKING)?;
    let local = listener.local_addr()?;
    Ok((listener, local))
}

async fn explain(wanted: SocketAddr, error: &std::io::Error) -> BindError {
    match error.kind() {
        ErrorKind::AddrInUse => BindError::Busy {
            wanted,
            holder: tokio::task::spawn_blocking(move || holder::of_port(wanted.port()))
                .await
                .ok()
                .flatten(),
            next: next_free(wanted, wanted.port()).await,
        },
        ErrorKind::PermissionDenied => BindError::NotAllowed {
            wanted,
            next: next_free(
                wanted,
                crate::forward::plan::proposed(wanted.port()).saturating_sub(1),
            )
            .await,
        },
        ErrorKind::AddrNotAvailable => BindError::NoSuchAddress(wanted),
        _ => BindError::Other(wanted, error.to_string()),
    }
}

/// The first port after one that can be bound on the same address.
async fn next_free(wanted: SocketAddr, after: u16) -> Option<u16> {
    let ports = after.checked_add(1)?..=after.saturating_add(TRIED);
    for port in ports {
        if TcpListener::bind(SocketAddr::new(wanted.ip(), port))
            .await
            .is_ok()
        {
            return Some(port);
        }
    }
    None
}
