//! What a `ConfigMap` says of traffic.

use crate::model::config_map::{ConfigMap, Contents, Proxy};
use crate::model::key::Name;
use crate::ui::describe::Sheet;
use crate::ui::theme::Role;

/// The settings that are kept.
pub(super) fn of(sheet: &mut Sheet, map: &ConfigMap) {
    sheet.heading("ConfigMap");
    let Contents::Known { proxy, settings } = &map.contents else {
        sheet.pair("data", Role::Unknown, "not read yet");
        return;
    };
    match proxy {
        None => {}
        Some(Proxy::Unreadable) => {
            sheet.pair(
                "kube-proxy",
                Role::Unknown,
                "a document that cannot be read",
            );
        }
        Some(Proxy::Told { mode, addresses }) => {
            sheet.text("mode", mode.as_str());
            let all: Vec<&str> = addresses.iter().map(Name::as_str).collect();
            sheet.text("node ports on", all.join(", "));
        }
    }
    for (name, value) in settings {
        sheet.text(name, value.as_str());
    }
}
