//! Which files the user means.

use crate::model::key::Name;
use crate::source::files::{LoadError, STDIN, Unreadable};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// Something to read.
#[derive(Debug)]
pub(super) enum Input {
    Stdin,
    File {
        path: PathBuf,
        /// The user named it, rather than a folder that holds it.
        named: bool,
    },
}

impl Input {
    pub(super) fn name(&self) -> Name {
        match self {
            Self::Stdin => Name::from(STDIN),
            Self::File { path, .. } => Name::from(&*path.to_string_lossy()),
        }
    }

    pub(super) fn is_named(&self) -> bool {
        !matches!(self, Self::File { named: false, .. })
    }
}

#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) inputs: Vec<Input>,
    pub(super) unreadable: Vec<Unreadable>,
    /// Folders that were entered and files that were taken, by what they really are: links may lead in circles.
    seen: BTreeSet<PathBuf>,
}

/// The files under these paths, in the order of the paths and by name below them; each file once.
pub(super) fn inputs(paths: &[PathBuf]) -> Result<Found, LoadError> {
    let mut found = Found::default();
    for path in paths {
        if path.as_os_str() == STDIN {
            if !found
                .inputs
                .iter()
                .any(|input| matches!(input, Input::Stdin))
            {
                found.inputs.push(Input::Stdin);
            }
            continue;
        }
        let about = path.metadata().map_err(|why| refused(path, why))?;
        if about.is_dir() {
            if let Err(why) = found.enter(path) {
                return Err(refused(path, why));
            }
        } else if found.is_new(path) {
            let path = path.clone();
            found.inputs.push(Input::File { path, named: true });
        }
    }
    Ok(found)
}

fn refused(path: &Path, why: io::Error) -> LoadError {
    let path = path.to_path_buf();
    match why.kind() {
        io::ErrorKind::NotFound => LoadError::Missing(path),
        _ => LoadError::Closed { path, why },
    }
}

impl Found {
    fn is_new(&mut self, path: &Path) -> bool {
        // A pipe has no path of its own that could be compared.
        path.canonicalize()
            .map_or(true, |real| self.seen.insert(real))
    }

    fn enter(&mut self, folder: &Path) -> io::Result<()> {
        if !self.is_new(folder) {
            return Ok(());
        }
        let mut entries = Vec::new();
        for entry in folder.read_dir()? {
            entries.push(entry?.path());
        }
        entries.sort();
        for path in entries {
            let hidden = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden {
                continue;
            }
            if path.is_dir() {
                if let Err(why) = self.enter(&path) {
                    self.unreadable.push(Unreadable {
                        file: Name::from(&*path.to_string_lossy()),
                        document: 0,
                        line: 0,
                        message: Name::from(why.to_string()),
                    });
                }
            } else if is_manifest(&path) && self.is_new(&path) {
                self.inputs.push(Input::File { path, named: false });
            }
        }
        Ok(())
    }
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}
