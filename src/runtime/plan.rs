//! Policies that are planned, read from a file for the screen.

use crate::model::delta::Delta;
use crate::source::files;
use std::io;
use std::path::PathBuf;

/// What a file or folder holds; why not, where a part of it cannot be read. Standard input is the keyboard's.
pub(super) fn read(file: &str, namespace: &str) -> Result<Vec<Delta>, String> {
    if file == files::STDIN {
        return Err("name a file: standard input is the keyboard's".to_owned());
    }
    let paths = [PathBuf::from(file)];
    let loaded =
        files::load(&paths, &mut io::empty(), namespace).map_err(|error| error.to_string())?;
    match loaded.unreadable.first() {
        Some(document) => Err(format!(
            "{}, line {}: {}",
            document.file, document.line, document.message
        )),
        None => Ok(loaded.deltas),
    }
}
