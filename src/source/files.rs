//! Worlds from files: YAML and JSON documents, lists, snapshots, standard input. No cluster is contacted.
//!
//! A document that cannot be read is reported with its place and the rest is still read. What a cluster would
//! add to manifests is added here (`complete`): stand-in pods, computed slices, implied namespaces.

mod complete;
mod cut;
mod find;
mod gather;
mod hint;
mod json;
mod message;
mod outline;
mod raw;
mod yaml;

use crate::model::coverage::State;
use crate::model::delta::Delta;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::world::Origin;
use find::Input;
use gather::Gathered;
pub use raw::raw;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The name of standard input among the paths.
pub const STDIN: &str = "-";

/// The largest file that is read.
const LARGEST: u64 = 1 << 30;

/// What files hold.
#[derive(Debug)]
pub struct Loaded {
    /// Everything that was found, and what follows from it.
    pub deltas: Vec<Delta>,
    /// What could not be read, by file and line.
    pub unreadable: Vec<Unreadable>,
    /// How much was read.
    pub summary: Summary,
    /// What a world of these deltas is judged as: files, or what a snapshot was taken of.
    pub origin: Origin,
}

/// A document that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// The file as the user named it; `-` for standard input.
    pub file: Name,
    /// Which document of the file, from 1; 0 where it is the whole file.
    pub document: u32,
    /// The line of the fault, from 1; 0 where it is the whole file.
    pub line: u32,
    /// What is wrong.
    pub message: Name,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files, standard input included.
    pub files: usize,
    /// Objects of kinds that Portolan knows.
    pub objects: usize,
    /// Objects of kinds that it does not know.
    pub unrecognised: usize,
    /// Documents of files that lie in a folder and have nothing to do with Kubernetes.
    pub foreign: usize,
}

/// Why nothing could be loaded at all.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A path that the user named is not there.
    #[error("{0}: no such file or folder")]
    Missing(PathBuf),
    /// A path that the user named cannot be opened.
    #[error("{path}: {why}")]
    Closed {
        /// The path as named.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
}

/// Reads every document under these paths; `-` is standard input.
///
/// Folders are read recursively: their `.yaml`, `.yml` and `.json` files, by name, without hidden ones. Where an
/// object stands twice the later one wins. Documents that name no namespace are in `default_namespace`.
pub fn load(
    paths: &[PathBuf],
    stdin: &mut dyn Read,
    default_namespace: &str,
) -> Result<Loaded, LoadError> {
    let found = find::inputs(paths)?;
    let mut gathered = Gathered::new(default_namespace);
    gathered.unreadable.extend(found.unreadable);
    for input in &found.inputs {
        let text = match text_of(input, stdin) {
            Ok(text) => text,
            Err(why) if input.is_named() => return Err(closed(input, why)),
            Err(why) => {
                gathered.whole_file(&input.name(), &why.to_string());
                continue;
            }
        };
        gathered.file(&input.name(), input.is_named(), text);
    }
    Ok(loaded(gathered, found.inputs.len()))
}

/// Reads documents that are already in memory, under a name of their own.
pub fn load_text(name: &str, text: &str, default_namespace: &str) -> Loaded {
    let mut gathered = Gathered::new(default_namespace);
    gathered.file(&Name::from(name), true, text.as_bytes().to_vec());
    loaded(gathered, 1)
}

fn closed(input: &Input, why: io::Error) -> LoadError {
    LoadError::Closed {
        path: PathBuf::from(input.name().as_str()),
        why,
    }
}

fn text_of(input: &Input, stdin: &mut dyn Read) -> io::Result<Vec<u8>> {
    match input {
        Input::Stdin => bytes(stdin),
        Input::File { path, .. } => read(path),
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    bytes(&mut std::fs::File::open(path)?)
}

fn bytes(from: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        let why = "larger than 1 GiB, too large to be read";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

fn loaded(mut gathered: Gathered<'_>, files: usize) -> Loaded {
    complete::complete(&mut gathered);
    let snapshot = gathered.snapshot.take();
    gathered.unreadable.sort();
    let summary = Summary {
        files,
        objects: gathered.read,
        unrecognised: gathered.unrecognised.len(),
        foreign: gathered.foreign,
    };
    let (origin, mut deltas) = match snapshot {
        Some(header) => {
            let added = also_there(&gathered, &header.deltas);
            (header.origin, [header.deltas, added].concat())
        }
        None => (Origin::Files, coverage(&gathered)),
    };
    deltas.extend(gathered.unrecognised);
    let objects = gathered.objects.into_values();
    deltas.extend(objects.map(|object| Delta::Upsert(Box::new(object))));
    Loaded {
        deltas,
        unreadable: gathered.unreadable,
        summary,
        origin,
    }
}

/// Kinds of which a snapshot knew none, and of which other files hold some.
fn also_there(gathered: &Gathered<'_>, notes: &[Delta]) -> Vec<Delta> {
    let none = notes.iter().filter_map(|note| match note {
        Delta::Coverage {
            kind,
            namespace: None,
            state: State::Absent | State::NotInstalled,
        } => Some(*kind),
        _ => None,
    });
    let now_there = none.filter(|kind| gathered.objects.keys().any(|key| key.kind == *kind));
    let ready = |kind| Delta::Coverage {
        kind,
        namespace: None,
        state: State::Ready,
    };
    now_there.map(ready).collect()
}

/// A kind without any object is known to be absent.
fn coverage(gathered: &Gathered<'_>) -> Vec<Delta> {
    let held = |kind: Kind| gathered.objects.keys().any(|key| key.kind == kind);
    let note = |kind: Kind| Delta::Coverage {
        kind,
        namespace: None,
        state: if held(kind) {
            State::Ready
        } else {
            State::Absent
        },
    };
    Kind::ALL.iter().copied().map(note).collect()
}
