//! Who listens on a local port, where the system tells: on Linux, by `/proc`.

use crate::tunnel::forward::peers::{LISTEN, Row, rows};
use std::fs;
use std::path::Path;

/// A process that listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// Its name; may be empty.
    pub name: String,
    /// Whether it is this very process: another forward.
    pub own: bool,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self { own: true, .. } => f.write_str("another forward of this Portolan"),
            Self { pid, name, .. } if name.is_empty() => write!(f, "process {pid}"),
            Self { pid, name, .. } => {
                write!(f, "{} (process {pid})", crate::model::text::visible(name))
            }
        }
    }
}

/// The process that listens on a port, on any address; none where it belongs to another user or cannot be told.
/// Reads files: not to be called from an async task.
pub(super) fn of_port(port: u16) -> Option<Holder> {
    let listening = |row: &Row| row.state == LISTEN && row.local.port() == port;
    let inodes: Vec<u64> = rows().filter(listening).map(|row| row.inode).collect();
    let links: Vec<String> = inodes
        .iter()
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let processes = fs::read_dir("/proc").ok()?;
    let pids = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let pid = pids.into_iter().find(|pid| holds(*pid, &links))?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(Holder {
        pid,
        name: name.trim_end().to_owned(),
        own: pid == std::process::id(),
    })
}

fn holds(pid: u32, links: &[String]) -> bool {
    let Ok(files) = fs::read_dir(Path::new("/proc").join(pid.to_string()).join("fd")) else {
        return false;
    };
    let mut targets = files
        .flatten()
        .filter_map(|file| fs::read_link(file.path()).ok());
    targets.any(|target| links.iter().any(|link| target.as_os_str() == link.as_str()))
}
