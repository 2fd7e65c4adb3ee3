//! `snapshot`: a redacted dump of the world.

use crate::cli::answer;
use crate::cli::args::Snapshot;
use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use crate::cli::world;
use crate::source::files::STDIN;
use crate::source::snapshot;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

/// Writes the world to a file. The file is there whole or not at all.
pub fn run(invocation: &Invocation, args: &Snapshot) -> Result<u8, Failure> {
    let seen = world::open(invocation)?;
    let world = seen.engine.world();
    if args.output.as_os_str() == STDIN {
        answer(|mut out| snapshot::write(world, &mut out))?;
    } else {
        write_whole(&args.output, |out| snapshot::write(world, out)).map_err(|error| {
            let path = args.output.display();
            Failure::new(format!("the snapshot {path} cannot be written: {error}"))
        })?;
    }
    Ok(seen.exit_code(invocation))
}

/// Writes beside the file and then takes its place. What is no file (a device, a pipe) is written to as it is, and a
/// link stays one: what it leads to is replaced.
fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<fs::File>) -> io::Result<()>,
) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let file = OpenOptions::new().write(true).open(path)?;
        let mut out = BufWriter::new(file);
        return write(&mut out).and_then(|()| out.flush());
    }
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&part)?;
    let mut out = BufWriter::new(file);
    let written = write(&mut out)
        .and_then(|()| out.flush())
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // What is left of it is of no use; the first error is the one to tell.
        let _ = fs::remove_file(&part);
    }
    written
}
