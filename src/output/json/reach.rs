//! `portolan/reach/v1`, written connection by connection: a large map is never held as text.

use crate::output::json::Escaping;
use crate::semantics::policy::ports::PortSet;
use crate::semantics::policy::reach::difference::Change;
use crate::semantics::policy::reach::outcomes::ByFamily;
use crate::semantics::policy::reach::{Connection, Focus, Part, Reach};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// The answer of `portolan reach -o json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReachJson {
    /// Names this shape and its version.
    pub schema: Schema,
    /// Set where nobody is seen to enforce policies, with the reason: what is listed nowhere is then denied only if
    /// somebody does.
    #[serde(rename = "deniedIfEnforced")]
    pub denied_if_enforced: Option<String>,
    /// What is possible, by sender, then receiver.
    pub connections: Vec<ConnectionJson>,
    /// What cannot be told, by sender, then receiver.
    pub unknown: Vec<UnknownJson>,
}

/// The name of the shape.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub enum Schema {
    /// The first version.
    #[serde(rename = "portolan/reach/v1")]
    V1,
}

/// A connection that is possible.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConnectionJson {
    /// The sender: `NAMESPACE/Kind/name` or `external:FIRST-LAST`.
    pub src: String,
    /// The receiver.
    pub dst: String,
    /// Every port of TCP, UDP and SCTP; `ports` is then empty.
    pub all: bool,
    /// Sorted, minimal and disjoint.
    pub ports: Vec<PortsJson>,
}

/// Ports of one protocol, both ends included.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct PortsJson {
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'static str,
    /// The first port.
    pub port: u16,
    /// The last port.
    #[serde(rename = "endPort")]
    pub end_port: u16,
}

/// A connection of which it cannot be told.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnknownJson {
    /// The sender.
    pub src: String,
    /// The receiver.
    pub dst: String,
    /// Why not.
    pub reason: String,
    /// Every port of TCP, UDP and SCTP; `ports` is then empty.
    pub all: bool,
    /// The ports in question.
    pub ports: Vec<PortsJson>,
    /// What each family of addresses admits of these ports, where that is what it hangs on: a family that is not here
    /// admits none of them for certain. Left out elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub families: Option<Vec<FamilyJson>>,
}

/// What a family of addresses admits.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FamilyJson {
    /// `IPv4` or `IPv6`.
    pub family: &'static str,
    /// Every port of TCP, UDP and SCTP; `ports` is then empty.
    pub all: bool,
    /// Sorted, minimal and disjoint.
    pub ports: Vec<PortsJson>,
}

/// The answer of `portolan reach --with FILE -o json`: what the change makes of the map.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DifferenceJson {
    /// Names this shape and its version.
    pub schema: DifferenceSchema,
    /// Set where nobody is seen to enforce policies, with the reason: what is cut is then cut only if somebody does.
    #[serde(rename = "deniedIfEnforced")]
    pub denied_if_enforced: Option<String>,
    /// What was not admitted and would be.
    pub opened: Vec<ConnectionJson>,
    /// What was admitted and would not be.
    pub cut: Vec<ConnectionJson>,
    /// What can be told now and then could not.
    pub uncertain: Vec<ConnectionJson>,
}

/// The name of the shape.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub enum DifferenceSchema {
    /// The first version.
    #[serde(rename = "portolan/reach-difference/v1")]
    V1,
}

impl DifferenceJson {
    /// The answer of some changes, in a world in which nobody may enforce policies for this reason.
    pub fn new(changes: &[Change], unenforced: Option<&str>) -> Self {
        let listed = |of: fn(&Change) -> &PortSet| -> Vec<ConnectionJson> {
            let some = changes.iter().filter(|change| !of(change).is_empty());
            some.map(|change| ConnectionJson {
                src: change.src.clone(),
                dst: change.dst.clone(),
                all: of(change).is_all(),
                ports: ports(of(change)),
            })
            .collect()
        };
        Self {
            schema: DifferenceSchema::V1,
            denied_if_enforced: unenforced.map(str::to_owned),
            opened: listed(|change| &change.opened),
            cut: listed(|change| &change.cut),
            uncertain: listed(|change| &change.uncertain),
        }
    }
}

/// The ports of a set, as the contract lists them: none where it is all of them.
pub fn ports(set: &PortSet) -> Vec<PortsJson> {
    if set.is_all() {
        return Vec::new();
    }
    set.ranges()
        .map(|range| PortsJson {
            protocol: range.protocol.as_str(),
            port: range.first,
            end_port: range.last,
        })
        .collect()
}

/// Writes the map.
pub fn write(out: &mut dyn Write, reach: &mut Reach<'_>, focus: &Focus) -> io::Result<()> {
    out.write_all(b"{\n  \"schema\": \"portolan/reach/v1\",\n  \"deniedIfEnforced\": ")?;
    let mut why = Vec::new();
    match reach.unenforced() {
        Some(words) => text(&mut why, words)?,
        None => why.extend_from_slice(b"null"),
    }
    out.write_all(&why)?;
    out.write_all(b",\n  \"connections\": [")?;
    part(out, reach, focus, Part::Connections)?;
    out.write_all(b"],\n  \"unknown\": [")?;
    part(out, reach, focus, Part::Unknown)?;
    out.write_all(b"]\n}\n")
}

fn part(out: &mut dyn Write, reach: &mut Reach<'_>, focus: &Focus, part: Part) -> io::Result<()> {
    let mut first = true;
    // Most connections are the last one's sender, and many have the ports of the one before.
    let mut src: (String, Vec<u8>) = Default::default();
    let mut tail = Tail::default();
    let mut line = Vec::new();
    reach.tell(part, focus, &mut |connection: Connection<'_>| {
        line.clear();
        line.extend_from_slice(if first { b"\n    " } else { b",\n    " });
        first = false;
        if src.0 != connection.src || src.1.is_empty() {
            connection.src.clone_into(&mut src.0);
            src.1.clear();
            src.1.extend_from_slice(b"{\"src\": ");
            text(&mut src.1, connection.src)?;
        }
        line.extend_from_slice(&src.1);
        line.extend_from_slice(b", \"dst\": ");
        text(&mut line, connection.dst)?;
        let same = tail.ports.as_ref() == Some(connection.ports)
            && tail.reason.as_deref() == connection.reason
            && tail.families.as_ref() == connection.families;
        if !same {
            tail.ports = Some(connection.ports.clone());
            tail.reason = connection.reason.map(str::to_owned);
            tail.families = connection.families.cloned();
            tail.text.clear();
            ending(&mut tail.text, &connection)?;
        }
        line.extend_from_slice(&tail.text);
        out.write_all(&line)
    })?;
    if !first {
        out.write_all(b"\n  ")?;
    }
    Ok(())
}

/// The end of a line and what it was made of.
#[derive(Default)]
struct Tail {
    ports: Option<PortSet>,
    reason: Option<String>,
    families: Option<ByFamily>,
    text: Vec<u8>,
}

fn ending(out: &mut Vec<u8>, connection: &Connection<'_>) -> io::Result<()> {
    if let Some(reason) = connection.reason {
        out.extend_from_slice(b", \"reason\": ");
        text(out, reason)?;
    }
    listed(out, connection.ports)?;
    if let Some(families) = connection.families {
        out.extend_from_slice(b", \"families\": [");
        let mut comma = "";
        for (family, ports) in families.iter().filter(|(_, ports)| !ports.is_empty()) {
            write!(out, "{comma}{{\"family\": \"{family}\"")?;
            listed(out, ports)?;
            out.extend_from_slice(b"}");
            comma = ", ";
        }
        out.extend_from_slice(b"]");
    }
    out.extend_from_slice(b"}");
    Ok(())
}

fn listed(out: &mut Vec<u8>, set: &PortSet) -> io::Result<()> {
    write!(out, ", \"all\": {}, \"ports\": [", set.is_all())?;
    for (at, range) in ports(set).iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(
            out,
            "{comma}{{\"protocol\": \"{}\", \"port\": {}, \"endPort\": {}}}",
            range.protocol, range.port, range.end_port
        )?;
    }
    out.extend_from_slice(b"]");
    Ok(())
}

fn text(out: &mut Vec<u8>, text: &str) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Escaping::default());
    text.serialize(&mut serializer).map_err(io::Error::from)
}
