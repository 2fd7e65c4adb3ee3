//! Where saved sets of forwards lie, and what stands there.

use crate::forward::profile::Profiles;
use etcetera::BaseStrategy as _;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

/// A file of profiles is written by hand; one larger than this is something else.
const LARGEST: u64 = 1024 * 1024;

/// `portolan/forwards.toml` in the user's configuration folder (XDG); none where there is no home.
pub fn place() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.config_dir().join("portolan").join("forwards.toml"))
}

/// What stands there; one sentence where it cannot be used. A file that is not there holds none, nor does a user
/// without a home.
pub fn read() -> Result<Profiles, String> {
    let Some(place) = place() else {
        return Ok(Profiles::default());
    };
    let shown = place.display();
    let said = |why: &dyn std::fmt::Display| format!("{shown}: {why}");
    match fs::metadata(&place) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Profiles::default()),
        Err(error) => return Err(said(&error)),
        Ok(found) if found.len() > LARGEST => return Err(said(&"it is too large")),
        Ok(_) => {}
    }
    let text = fs::read_to_string(&place).map_err(|error| said(&error))?;
    Profiles::parse(&text).map_err(|error| said(&error))
}
