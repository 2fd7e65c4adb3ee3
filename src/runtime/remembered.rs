//! The local ports that forwards had the last time, kept between sessions: names and numbers, no secrets. A file that
//! cannot be read or written is as good as none.

use crate::model::key::Name;
use crate::ui::msg::PortsBefore;
use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// More than these are not kept.
const MOST: usize = 512;

/// A larger file is something else.
const LARGEST: u64 = 1024 * 1024;

/// Several forwards may begin at once: one is kept after the other.
static WRITING: Mutex<()> = Mutex::new(());

#[derive(Debug, Default, Serialize, Deserialize)]
struct File {
    #[serde(default)]
    ports: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    context: String,
    target: String,
    local: u16,
}

/// `portolan/ports.toml` in the user's state folder (XDG); none where there is no home.
pub fn place() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
    Some(state.join("portolan").join("ports.toml"))
}

/// What is remembered in a file; nothing where it cannot be understood.
pub fn read(place: &Path) -> PortsBefore {
    let fits = fs::metadata(place).is_ok_and(|found| found.len() <= LARGEST);
    let text = fits.then(|| fs::read_to_string(place).ok()).flatten();
    let file: File = text
        .and_then(|text| toml::from_str(&text).ok())
        .unwrap_or_default();
    let entries = file.ports.into_iter().filter(|entry| entry.local != 0);
    entries
        .take(MOST)
        .map(|entry| ((Name::from(entry.context), entry.target), entry.local))
        .collect()
}

/// Keeps one more, or forgets it where `local` is none; what another session has written meanwhile stays.
pub fn keep(place: &Path, context: &Name, target: &str, local: Option<u16>) -> io::Result<()> {
    let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut ports = read(place);
    let key = (context.clone(), target.to_owned());
    let before = match local {
        Some(local) => ports.insert(key, local),
        None => ports.remove(&key),
    };
    if before == local {
        return Ok(());
    }
    let file = File {
        ports: ports
            .into_iter()
            .map(|((context, target), local)| Entry {
                context: context.to_string(),
                target,
                local,
            })
            .collect(),
    };
    let text = toml::to_string(&file).map_err(io::Error::other)?;
    let folder = place.parent().unwrap_or(place);
    fs::create_dir_all(folder)?;
    // Written beside and moved, so that nobody ever reads half of it.
    let fresh = place.with_extension(format!("new-{}", std::process::id()));
    let written = fs::write(&fresh, text).and_then(|()| fs::rename(&fresh, place));
    if written.is_err() {
        // Half a file is of no use to anybody; the first error is the one to tell.
        let _ = fs::remove_file(&fresh);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_can_be_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("deep/ports.toml");
        let (dev, prod) = (Name::from("dev"), Name::from("prod"));
        assert!(read(&place).is_empty());
        keep(&place, &dev, "shop/Service/cart:80", Some(18080)).unwrap();
        keep(&place, &prod, "shop/Service/cart:80", Some(28080)).unwrap();
        keep(&place, &dev, "shop/Service/cart:80", Some(18081)).unwrap();
        let ports = read(&place);
        assert_eq!(
            ports.get(&(dev.clone(), "shop/Service/cart:80".into())),
            Some(&18081)
        );
        assert_eq!(ports.len(), 2);
        keep(&place, &dev, "shop/Service/cart:80", None).unwrap();
        assert_eq!(read(&place).len(), 1);
        let left: Vec<_> = fs::read_dir(place.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_is_no_such_file_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("ports.toml");
        for text in [
            "",
            "ports = 3",
            "not toml",
            "[[ports]]\ncontext = \"a\"\n",
            "\u{0}",
        ] {
            fs::write(&place, text).unwrap();
            assert!(read(&place).is_empty(), "{text}");
        }
        assert!(read(folder.path()).is_empty(), "a folder");
        keep(&place, &"dev".into(), "a/Service/b:1", Some(2)).unwrap();
        assert_eq!(read(&place).len(), 1, "and is written anew");
    }
}
