//! Objects as the API holds them, as YAML.

use crate::client::{Connection, fetch};
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::object::Place;
use crate::source::files;
use serde_json::Value;

/// An object of a cluster, without what only tools read.
pub(super) async fn of_cluster(connection: &Connection, key: &Key) -> Result<String, String> {
    match fetch::raw(connection, key).await {
        Ok(value) => words(&value),
        Err(fault) => {
            let site = connection.site();
            let error = fault.into_connect_error(&site.server, &site.context);
            Err(error.to_string())
        }
    }
}

/// An object of a file, as it stands there.
pub(super) fn of_file(place: Option<&Place>, key: &Key) -> Result<String, String> {
    if key.kind == Kind::Secret {
        return Err("Portolan never shows the values of Secrets".to_owned());
    }
    let place = place.ok_or("it stands in no file: Portolan made it, as a cluster would")?;
    let gone = || format!("{} no longer holds it", place.file);
    let text = files::raw(place, key).ok_or_else(gone)?;
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => words(&value),
        Err(_) => Ok(text),
    }
}

fn words(value: &Value) -> Result<String, String> {
    serde_saphyr::to_string(value).map_err(|error| error.to_string())
}
