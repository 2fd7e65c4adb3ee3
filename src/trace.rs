//! One request followed hop by hop. A hop carries a verdict, its evidence and a typed [`Cause`](cause::Cause),
//! never a finding's code: `diagnosis::cite` names those.
//!
//! Deterministic and without I/O: what it cannot see it calls unknown, naming the kind.

mod alias;
mod backing;
pub mod behind;
pub mod cause;
mod cloud;
pub mod end;
mod entry;
pub mod follow;
mod guard;
pub mod hop;
mod nginx;
pub mod nodes;
pub mod parse;
pub mod path;
mod pod;
mod policy;
mod route;
mod service;
mod tls;
mod url;
mod walk;
mod way;

pub use follow::trace;
