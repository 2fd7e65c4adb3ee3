//! Profiles out of what other programs are told: kftray's exported configuration, and the annotations by which k9s and
//! kftray find their forwards in a cluster.
//!
//! What comes out is the text of a file of profiles, for a person to read and to keep; nothing in it starts by itself.

use crate::forward::offer::{Offer, offers};
use crate::forward::past::outliving;
use crate::forward::profile::LOOPBACK;
use crate::forward::suggest::suggestions;
use crate::forward::target::Target;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::text::visible;
use crate::model::view::View;
use crate::model::world::World;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::IpAddr;

/// The name of a profile whose context is not known.
const NAMELESS: &str = "imported";

/// An entry of kftray's configuration file.
#[derive(Debug, Deserialize)]
struct Kftray {
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    local_port: Option<u16>,
    #[serde(default)]
    remote_port: Option<u16>,
    #[serde(default)]
    context: Option<String>,
    #[serde(default)]
    workload_type: Option<String>,
    #[serde(default)]
    protocol: Option<String>,
    #[serde(default)]
    local_address: Option<String>,
}

/// What another program's file says, as a file of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The text of a file of profiles, one profile a context.
    pub text: String,
    /// What could not be taken over, and why.
    pub left_out: Vec<String>,
}

/// The profiles that a kftray configuration (its JSON export) amounts to; the fault where it is none. Entries that
/// select pods by label, UDP and proxies have no like and are named.
pub fn from_kftray(text: &str) -> Result<Import, String> {
    let entries: Vec<Kftray> =
        serde_json::from_str(text).map_err(|error| visible(&error.to_string()).into_owned())?;
    let mut left_out = Vec::new();
    let mut contexts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (number, entry) in (1..).zip(entries) {
        match lines_of(&entry) {
            Ok(lines) => contexts
                .entry(entry.context.unwrap_or_default())
                .or_default()
                .push(lines),
            Err(why) => left_out.push(format!("entry {number}: {why}")),
        }
    }
    let text = contexts
        .iter()
        .map(|(context, forwards)| profile(context, forwards));
    Ok(Import {
        text: text.collect(),
        left_out,
    })
}

/// The profile that the annotations of a world's pods and Services amount to, of one namespace or of all. `context` is
/// that of the world, empty where it has none. A pod stands for the workload that it belongs to, so that the forward
/// outlives it; a local port that two want goes to the first.
pub fn from_annotations(world: &World, namespace: Option<&Name>, context: &str) -> Import {
    let view = View::new(world);
    let within = |key: &Key| namespace.is_none_or(|name| key.namespace.as_ref() == Some(name));
    let mut annotated: BTreeSet<Key> = BTreeSet::new();
    for object in view.all(Kind::Service).chain(view.all(Kind::Pod)) {
        let meta = object.meta();
        if !within(&meta.key) || suggestions(&meta.annotations).is_empty() {
            continue;
        }
        let target = view.pod(&meta.key).map(|pod| outliving(&view, pod));
        annotated.insert(target.unwrap_or_else(|| meta.key.clone()));
    }
    let mut taken: BTreeMap<u16, Target> = BTreeMap::new();
    let (mut forwards, mut left_out) = (Vec::new(), Vec::new());
    for object in &annotated {
        let suggested = offers(world, object);
        for offer in suggested.into_iter().filter(|offer| offer.by.is_some()) {
            let other = taken.get(&offer.local).filter(|_| offer.local != 0);
            if let Some(other) = other {
                left_out.push(format!(
                    "{}: {other} has local port {} already",
                    offer.target, offer.local
                ));
            } else {
                forwards.push(lines_of_offer(&offer));
                taken.insert(offer.local, offer.target);
            }
        }
    }
    let text = if forwards.is_empty() {
        String::new()
    } else {
        profile(context, &forwards)
    };
    Import { text, left_out }
}

fn lines_of_offer(offer: &Offer) -> String {
    let object = &offer.target.object;
    let target = format!(
        "{}/{}/{}",
        object.namespace_str(),
        object.kind.name().to_lowercase(),
        object.name
    );
    // 0 where the pod whose port is named has no number for it yet.
    let port = match offer.local {
        0 => offer.target.remote.to_string(),
        local => format!("{local}:{}", offer.target.remote),
    };
    lines(&target, &port)
}

/// A profile of the forwards of one context, each as its lines.
fn profile(context: &str, forwards: &[String]) -> String {
    let name = if context.is_empty() {
        NAMELESS
    } else {
        context
    };
    let key = quoted(name);
    let mut text = format!("[profiles.{key}]\n");
    // Writing to a String cannot fail.
    if !context.is_empty() {
        let _ = writeln!(text, "context = {}", quoted(context));
    }
    for lines in forwards {
        let _ = write!(text, "\n[[profiles.{key}.forwards]]\n{lines}");
    }
    text.push('\n');
    text
}

fn lines(target: &str, port: &str) -> String {
    format!("target = {}\nports = [{}]\n", quoted(target), quoted(port))
}

fn lines_of(entry: &Kftray) -> Result<String, String> {
    let kind = entry.workload_type.as_deref().unwrap_or("service");
    if kind != "service" {
        return Err(format!(
            "{} is no Service: name the workload or pod yourself",
            visible(kind)
        ));
    }
    let protocol = entry.protocol.as_deref().unwrap_or("tcp");
    if !protocol.eq_ignore_ascii_case("tcp") {
        return Err(format!(
            "{} cannot be forwarded: the kubelet's port-forward stream carries TCP only",
            visible(protocol)
        ));
    }
    let (Some(service), Some(remote)) = (&entry.service, entry.remote_port) else {
        return Err("it names no service or no remote port".to_owned());
    };
    let namespace = entry.namespace.as_deref().unwrap_or("default");
    let target = format!("{namespace}/svc/{service}");
    let port = match entry.local_port {
        Some(local) if local > 0 => format!("{local}:{remote}"),
        _ => remote.to_string(),
    };
    Target::parse(&target, &Name::from(namespace), &[&port]).map_err(|error| error.to_string())?;
    let mut lines = lines(&target, &port);
    if let Some(address) = &entry.local_address {
        let address: IpAddr = match address.as_str() {
            "localhost" => LOOPBACK,
            text => text
                .parse()
                .map_err(|_| format!("`{}` is no address", visible(text)))?,
        };
        if address != LOOPBACK {
            let _ = writeln!(lines, "address = {}", quoted(&address.to_string()));
        }
    }
    Ok(lines)
}

/// A TOML basic string, which JSON's strings are.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forward::profile::Profiles;

    #[test]
    fn kftrays_export_becomes_profiles_and_what_cannot_is_named() {
        let export = r#"[
            {"service": "cart", "namespace": "shop", "local_port": 8080, "remote_port": 80, "context": "prod-eu",
             "workload_type": "service", "protocol": "tcp", "local_address": "127.0.0.2", "alias": "cart"},
            {"service": "api", "namespace": "shop", "remote_port": 8443, "context": "prod-eu"},
            {"namespace": "shop", "remote_port": 80, "context": "prod-eu", "workload_type": "pod", "target": "app=x"},
            {"service": "dns", "namespace": "kube-system", "remote_port": 53, "context": "dev", "protocol": "udp"},
            {"service": "ev\"il", "namespace": "shop", "remote_port": 80, "context": "dev"}
        ]"#;
        let import = from_kftray(export).unwrap();
        let profiles = Profiles::parse(&import.text).unwrap();
        let names: Vec<&str> = profiles.all().map(|(name, _)| name).collect();
        assert_eq!(names, ["prod-eu"]);
        let set = profiles.get("prod-eu").unwrap();
        assert_eq!(set.context.as_deref(), Some("prod-eu"));
        assert!(!set.autostart, "nothing that is imported starts by itself");
        let wanted = set.wanted("prod-eu", &Name::from("default")).unwrap();
        let said: Vec<String> = wanted
            .iter()
            .map(|wanted| {
                format!(
                    "{} {:?} {}",
                    wanted.target, wanted.target.local, wanted.address
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                "shop/Service/cart:80 Exactly(8080) 127.0.0.2",
                "shop/Service/api:8443 Proposed 127.0.0.1",
            ]
        );
        assert_eq!(import.left_out.len(), 3, "{:?}", import.left_out);
        assert!(import.left_out[0].starts_with("entry 3: pod is no Service"));
        assert!(import.left_out[1].contains("TCP only"));
        assert!(from_kftray("{}").is_err());
    }
}
