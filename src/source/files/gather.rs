//! Documents become objects.

use crate::lower::{self, Identity, Manner};
use crate::model::delta::Delta;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::object::{Object, Place};
use crate::model::world::Origin;
use crate::source::files::cut::{Piece, pieces};
use crate::source::files::hint::{Hint, item_hint, supply, told};
use crate::source::files::json::{Lines, top};
use crate::source::files::message::{self, Fault};
use crate::source::files::outline::outline;
use crate::source::files::{Unreadable, yaml};
use crate::source::snapshot::{self, Header};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// How deep lists may stand in lists.
const DEEPEST: u32 = 8;

/// What was found so far.
pub(super) struct Gathered<'n> {
    /// The namespace of documents that name none.
    pub(super) namespace: &'n str,
    /// Every object; of two with the same key the later one.
    pub(super) objects: BTreeMap<Key, Object>,
    /// Slices mirrored from Endpoints objects.
    pub(super) mirrored: Vec<Object>,
    /// Objects of kinds that are not known.
    pub(super) unrecognised: Vec<Delta>,
    pub(super) unreadable: Vec<Unreadable>,
    /// What a snapshot says of itself.
    pub(super) snapshot: Option<Header>,
    /// Objects of a snapshot: whatever follows from them stands there too.
    pub(super) settled: BTreeSet<Key>,
    /// How many objects were read.
    pub(super) read: usize,
    /// Documents in folders that have nothing to do with Kubernetes.
    pub(super) foreign: usize,
    /// Documents of the current file that say nothing of Kubernetes.
    kindless: Vec<Unreadable>,
    /// Whether the current file holds any object.
    of_kubernetes: bool,
    /// Whether the current file is a snapshot.
    in_snapshot: bool,
}

/// One object's document.
#[derive(Clone, Copy)]
enum Document<'t> {
    Json(&'t str),
    Yaml(&'t str),
}

impl<'n> Gathered<'n> {
    pub(super) fn new(namespace: &'n str) -> Self {
        Self {
            namespace,
            objects: BTreeMap::new(),
            mirrored: Vec::new(),
            unrecognised: Vec::new(),
            unreadable: Vec::new(),
            snapshot: None,
            settled: BTreeSet::new(),
            read: 0,
            foreign: 0,
            kindless: Vec::new(),
            of_kubernetes: false,
            in_snapshot: false,
        }
    }

    /// Notes that a whole file could not be read.
    pub(super) fn whole_file(&mut self, file: &Name, why: &str) {
        self.unreadable.push(Unreadable {
            file: file.clone(),
            document: 0,
            line: 0,
            message: Name::from(why),
        });
    }

    /// Reads every document of a file. In a file that the user did not name himself, documents that have nothing
    /// to do with Kubernetes are only counted.
    pub(super) fn file(&mut self, file: &Name, named: bool, bytes: Vec<u8>) {
        let text = match decoded(bytes) {
            Ok(text) => text,
            Err((line, why)) => {
                self.unreadable.push(Unreadable {
                    file: file.clone(),
                    document: 0,
                    line,
                    message: Name::from(why),
                });
                return;
            }
        };
        self.of_kubernetes = false;
        self.in_snapshot = false;
        let text = text.trim_start_matches('\u{feff}');
        let faults = self.unreadable.len();
        let mut place = Place {
            file: file.clone(),
            document: 0,
            line: 1,
        };
        for piece in pieces(text) {
            self.piece(piece, &mut place);
        }
        let kindless = std::mem::take(&mut self.kindless);
        if named || self.of_kubernetes {
            self.unreadable.extend(kindless);
        } else {
            self.foreign += kindless.len();
            if is_chart(file) {
                self.foreign += self.unreadable.split_off(faults).len();
            }
        }
    }

    fn piece(&mut self, piece: Piece<'_>, place: &mut Place) {
        if piece.text.trim_start().starts_with(['{', '[']) && self.json_piece(piece, place) {
            return;
        }
        place.document += 1;
        place.line = piece.line;
        self.yaml(piece.text, &Hint::default(), place, 0);
    }

    /// Reads JSON documents that follow one another; false where the text may be YAML instead.
    fn json_piece(&mut self, piece: Piece<'_>, place: &mut Place) -> bool {
        let mut lines = Lines::new(piece.text, piece.line);
        let documents = serde_json::Deserializer::from_str(piece.text).into_iter::<&RawValue>();
        for (at, document) in documents.enumerate() {
            match document {
                Ok(document) => {
                    place.document += 1;
                    place.line = lines.of(document.get());
                    self.json(document.get(), &Hint::default(), place, Some(&mut lines), 0);
                }
                Err(_) if at == 0 && is_flow_yaml(piece.text) => return false,
                Err(error) => {
                    place.document += 1;
                    place.line = piece.line;
                    let fault = message::of_json(&error);
                    self.fault(fault, place);
                    break;
                }
            }
        }
        true
    }

    /// Reads one JSON value: an object, a list of a Kubernetes kind, or an array of objects. Where the text is not
    /// the file's own, `lines` is none and every part stands where the whole stands.
    fn json(
        &mut self,
        json: &str,
        hint: &Hint,
        place: &Place,
        mut lines: Option<&mut Lines<'_>>,
        depth: u32,
    ) {
        let (items, inner) = if json.starts_with('[') {
            (Some(json), Hint::default())
        } else {
            let Some(top) = top(json) else {
                return self.fault(not_an_object(), place);
            };
            let (hint, identity) = told(&top, hint);
            let items = top.items.map(RawValue::get);
            // A list without items may be written with none: Go's empty slice.
            let items = items.map(|items| if items == "null" { "[]" } else { items });
            match items.filter(|items| items.starts_with('[')) {
                Some(items) if identity.kind.ends_with("List") => (Some(items), hint),
                _ => {
                    self.object(Document::Json(json), identity, place);
                    (None, hint)
                }
            }
        };
        let Some(items) = items else { return };
        if depth >= DEEPEST {
            return self.fault(too_deep(), place);
        }
        let items: Vec<&RawValue> = serde_json::from_str(items).unwrap_or_default();
        self.of_kubernetes |= !inner.kind.is_empty();
        let mut place = place.clone();
        for item in items {
            if let Some(lines) = lines.as_deref_mut() {
                place.line = lines.of(item.get());
            }
            self.json(item.get(), &inner, &place, lines.as_deref_mut(), depth + 1);
        }
    }

    /// Reads one YAML document, or one item of a list.
    fn yaml(&mut self, text: &str, hint: &Hint, place: &Place, depth: u32) {
        let seen = outline(text);
        let kind = seen.kind.unwrap_or(&hint.kind);
        if let Some(items) = seen.items.filter(|_| kind.ends_with("List")) {
            if depth >= DEEPEST {
                return self.fault(too_deep(), place);
            }
            let shared = text.contains('&') && text.contains('*');
            if shared && self.yaml_as_json(text, hint, place).is_ok() {
                // An anchor may stand in one item and its alias in another.
                return;
            }
            let inner = item_hint(seen.api_version.unwrap_or(&hint.api_version), kind);
            self.of_kubernetes = true;
            for item in items {
                let place = Place {
                    line: place.line.saturating_add(item.line),
                    ..place.clone()
                };
                self.yaml(&item.document(), &inner, &place, depth + 1);
            }
            return;
        }
        if let Err(fault) = self.yaml_object(text, hint, place, seen.api_version, seen.kind) {
            self.fault(fault, place);
        }
    }

    fn yaml_object(
        &mut self,
        text: &str,
        hint: &Hint,
        place: &Place,
        api_version: Option<&str>,
        kind: Option<&str>,
    ) -> Result<(), Fault> {
        let faulty = |error| message::of_yaml(text, &error);
        if text.contains("{{") {
            // Braces of a template may pass for a mapping whose key is a mapping; JSON has no such keys.
            yaml::to_json(text).map_err(faulty)?;
        }
        let mut identity = match (api_version, kind) {
            (Some(api_version), Some(kind)) => Identity {
                api_version: Name::from(api_version),
                kind: Name::from(kind),
                ..Identity::default()
            },
            _ => yaml::read(text, |document| lower::identify_document(document)).map_err(faulty)?,
        };
        let says_nothing = identity.kind.is_empty() && identity.api_version.is_empty();
        if says_nothing && yaml::to_json(text).is_ok_and(|json| json.trim() == "null") {
            // What a template leaves of an object that is switched off; kubectl passes it over too.
            return Ok(());
        }
        let is_list = identity.kind.ends_with("List");
        if is_list || text.starts_with('-') || is_snapshot(&identity) {
            return self.yaml_as_json(text, hint, place);
        }
        supply(&mut identity, hint);
        if identity.known().is_none() && !is_endpoints(&identity) {
            let read = yaml::read(text, |document| lower::identify_document(document));
            identity = read.map_err(faulty)?;
            supply(&mut identity, hint);
        }
        self.object(Document::Yaml(text), identity, place);
        Ok(())
    }

    /// Reads YAML that is written in an unusual way by way of JSON.
    fn yaml_as_json(&mut self, text: &str, hint: &Hint, place: &Place) -> Result<(), Fault> {
        let json = yaml::to_json(text).map_err(|error| message::of_yaml(text, &error))?;
        self.json(&json, hint, place, None, 0);
        Ok(())
    }

    fn object(&mut self, document: Document<'_>, identity: Identity, place: &Place) {
        if identity.kind.is_empty() {
            return self.no_kind(&identity, place);
        }
        self.of_kubernetes = true;
        if is_snapshot(&identity) {
            if let Document::Json(json) = document {
                self.snapshot = Some(snapshot::header(json));
                self.in_snapshot = true;
            }
            return;
        }
        let manner = self.manner();
        if is_endpoints(&identity) {
            match mirrored(document, manner) {
                Ok(slices) => {
                    let placed = slices.into_iter().map(|slice| at(slice, place));
                    self.mirrored.extend(placed);
                }
                Err(fault) => self.fault(fault, place),
            }
            return;
        }
        let Some(kind) = identity.known() else {
            return self.unknown(document, identity);
        };
        match lowered(document, kind, manner) {
            Ok(object) => {
                self.read += 1;
                let mut object = at(object, place);
                if let Some(header) = self.snapshot.as_ref().filter(|_| self.in_snapshot) {
                    header.restore(&mut object);
                    self.settled.insert(object.key().clone());
                } else {
                    self.settled.remove(object.key());
                }
                self.objects.insert(object.key().clone(), object);
            }
            Err(fault) => self.fault(fault, place),
        }
    }

    /// A snapshot of a live cluster speaks as that cluster did.
    fn manner(&self) -> Manner<'n> {
        match &self.snapshot {
            Some(header) if self.in_snapshot && matches!(header.origin, Origin::Live { .. }) => {
                Manner::Observed
            }
            _ => Manner::Manifest {
                namespace: self.namespace,
            },
        }
    }

    fn unknown(&mut self, document: Document<'_>, identity: Identity) {
        let named = match document {
            Document::Json(json) => lower::identify(json),
            Document::Yaml(_) => identity.clone(),
        };
        let namespace = if named.namespace.is_empty() {
            Name::from(self.namespace)
        } else {
            named.namespace
        };
        self.unrecognised.push(Delta::Unrecognised {
            api_version: identity.api_version,
            kind: identity.kind,
            namespace,
            name: named.name,
        });
    }

    fn no_kind(&mut self, identity: &Identity, place: &Place) {
        let has_version = !identity.api_version.is_empty();
        let message = message::of_kindless(&place.file, has_version);
        let unreadable = Unreadable {
            file: place.file.clone(),
            document: place.document,
            line: place.line,
            message: Name::from(message),
        };
        if has_version {
            self.unreadable.push(unreadable);
        } else {
            self.kindless.push(unreadable);
        }
    }

    fn fault(&mut self, fault: Fault, place: &Place) {
        self.unreadable.push(Unreadable {
            file: place.file.clone(),
            document: place.document,
            line: place.line.saturating_add(fault.lines_down),
            message: Name::from(fault.message),
        });
    }
}

/// What Helm says of a chart has an `apiVersion` and is no object.
fn is_chart(file: &Name) -> bool {
    let name = file.rsplit(['/', '\\']).next();
    matches!(name, Some("Chart.yaml" | "Chart.yml"))
}

fn at(mut object: Object, place: &Place) -> Object {
    object.place = Some(place.clone());
    object
}

fn lowered(document: Document<'_>, kind: Kind, manner: Manner<'_>) -> Result<Object, Fault> {
    match document {
        Document::Json(json) => Ok(lower::lower_json(kind, json, manner)),
        Document::Yaml(text) => yaml::read(text, |yaml| lower::lower_document(kind, yaml, manner))
            .map_err(|error| message::of_yaml(text, &error)),
    }
}

fn mirrored(document: Document<'_>, manner: Manner<'_>) -> Result<Vec<Object>, Fault> {
    match document {
        Document::Json(json) => Ok(lower::mirror_json(json, manner)),
        Document::Yaml(text) => yaml::read(text, |yaml| lower::mirror_document(yaml, manner))
            .map_err(|error| message::of_yaml(text, &error)),
    }
}

fn is_endpoints(identity: &Identity) -> bool {
    identity.kind == "Endpoints" && identity.group().is_empty()
}

fn is_snapshot(identity: &Identity) -> bool {
    identity.kind == snapshot::KIND && identity.group() == snapshot::GROUP
}

fn not_an_object() -> Fault {
    Fault {
        lines_down: 0,
        message: "not an object".to_owned(),
    }
}

fn too_deep() -> Fault {
    Fault {
        lines_down: 0,
        message: "lists within lists, too deep to be read".to_owned(),
    }
}

/// JSON's keys stand in quotes; a brace with anything else behind it is YAML's.
fn is_flow_yaml(text: &str) -> bool {
    let inner = text.trim_start().trim_start_matches('[').trim_start();
    let key = inner.strip_prefix('{').unwrap_or(inner).trim_start();
    !key.is_empty() && !key.starts_with(['"', '}', ']'])
}

/// UTF-8, or UTF-16 with a byte order mark as Windows shells write it.
fn decoded(bytes: Vec<u8>) -> Result<String, (u32, String)> {
    let order: Option<fn([u8; 2]) -> u16> = match bytes.get(..2) {
        Some([0xff, 0xfe]) => Some(u16::from_le_bytes),
        Some([0xfe, 0xff]) => Some(u16::from_be_bytes),
        _ => None,
    };
    if let Some(order) = order {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|pair| order(*pair));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        return text.map_err(|_| (0, "not UTF-16 text, though it begins like it".to_owned()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        message::of_bytes(error.as_bytes(), valid)
    })
}
