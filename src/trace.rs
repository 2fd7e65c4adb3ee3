//! One request followed hop by hop. A hop carries a verdict, its evidence and a typed [`Cause`](cause::Cause),
//! never a finding's code: `diagnosis::cite` names those.
//!
//! Deterministic and without I/O: what it cannot see it calls unknown, naming the kind.

pub mod cause;
pub mod end;
pub mod hop;
pub mod path;
