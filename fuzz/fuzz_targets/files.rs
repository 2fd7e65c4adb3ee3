//! Reading a file never fails: any text becomes deltas and a list of what could not be read, and what was read
//! can be written as a snapshot and read back whole.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use portolan::model::world::World;
use portolan::source::files::load_text;
use portolan::source::snapshot::write;

fuzz_target!(|text: &str| {
    let loaded = load_text("fuzz.yaml", text, "shop");
    let mut world = World::new(loaded.origin, Timestamp::UNIX_EPOCH);
    for delta in loaded.deltas {
        world.apply(delta);
    }
    let mut dump = Vec::new();
    write(&world, &mut dump).expect("written to memory");
    let dump = String::from_utf8(dump).expect("JSON is text");
    let again = load_text("snapshot.json", &dump, "shop");
    assert!(again.unreadable.is_empty(), "{:?}", again.unreadable);
});
